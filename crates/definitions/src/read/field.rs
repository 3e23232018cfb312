//! Reads the fields of a procedure.

use std::collections::BTreeMap;

use kernel::{Class, Text};
use toml::{Spanned, de::DeValue};

use super::table::{Reader, Table, did_you_mean};
use crate::{
    finding::FindingCode as Code,
    model::{ClassOf, Field, FieldType, Optional},
};

const TYPES: [&str; 14] = [
    "money",
    "enum",
    "text",
    "ref",
    "date",
    "month",
    "count",
    "party",
    "matter-type",
    "yes-no",
    "holder",
    "period",
    "attachment",
    "photo",
];
const CLASSES: [&str; 4] = ["public", "members", "staff", "sealed"];
/// The longest free text when a file gives no `most`.
const TEXT_MOST: usize = 500;

pub(super) fn fields(root: &mut Table<'_, '_>, reader: &mut Reader) -> BTreeMap<String, Field> {
    let mut fields = BTreeMap::new();
    let Some(table) = root.table(reader, "field") else { return fields };
    for (order, (name, at, value)) in table.entries().into_iter().enumerate() {
        let line = reader.line(&(at..at));
        let well = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !well {
            reader.find(
                Code::BadValue,
                Some(line),
                format!("`{name}` is not the name of a field."),
                "Use lower-case letters, digits and `_`.",
            );
        }
        if ["step", "state", "instance", "payload"].contains(&name) {
            reader.find(
                Code::EventName,
                Some(line),
                format!("`{name}` is a word of a workflow tool, not of the field."),
                "Name what it is in the village.",
            );
        }
        if let Some(row) = Table::of(reader, value, format!("field `{name}`"))
            && let Some(field) = field(row.at("field.*"), reader, name, order, line)
        {
            fields.insert(name.to_owned(), field);
        }
    }
    fields
}

fn field(
    mut row: Table<'_, '_>,
    reader: &mut Reader,
    name: &str,
    order: usize,
    line: usize,
) -> Option<Field> {
    let kind = row.need_text(reader, "type", "Say what it is: `money`, `text`, `date`, …");
    let mut words = BTreeMap::new();
    let kind = kind.and_then(|kind| field_type(&mut row, reader, &kind, line, &mut words));
    let class = class(&mut row, reader);
    let why = row.text(reader, "why").unwrap_or_default();
    if why.trim().is_empty() {
        reader.find(
            Code::NoWhy,
            Some(line),
            format!("field `{name}` does not say why it is needed."),
            "Add `why = \"…\"`, or take the field out.",
        );
    }
    let label = row.words(reader, "label").unwrap_or_else(|| Text::new(name, name));
    if !row.has("label") {
        reader.find(
            Code::MissingLanguage,
            Some(line),
            format!("field `{name}` has no label in Chinese and English."),
            "Add `label = { zh = \"…\", en = \"…\" }`: the form shows it.",
        );
    }
    let claim = row.yes(reader, "claim").unwrap_or(false);
    let optional = optional(&mut row, reader, line);
    let (mut keep_years, mut keep_basis) = (0, None);
    if let Some(mut keep) = row.table(reader, "keep") {
        keep_years = keep
            .whole(reader, "years")
            .and_then(|years| u16::try_from(years).ok())
            .unwrap_or_default();
        keep_basis = keep.need_text(reader, "basis", "Cite the article that asks for keeping it.");
        keep.finish(reader);
    }
    let whose = row.text(reader, "whose");
    let recuse = row.yes(reader, "recuse").unwrap_or(false);
    row.finish(reader);
    let kind = kind?;
    let class = class?;
    if matches!(class, ClassOf::Party { .. }) && kind != FieldType::Party {
        reader.find(
            Code::BadValue,
            Some(line),
            format!("field `{name}` has a class for organisations and persons, but is no party."),
            "Give one class.",
        );
    }
    Some(Field {
        name: name.to_owned(),
        kind,
        class,
        label,
        words,
        why,
        claim,
        optional,
        keep_years,
        keep_basis,
        whose,
        recuse,
        order,
        line,
    })
}

fn field_type(
    row: &mut Table<'_, '_>,
    reader: &mut Reader,
    kind: &str,
    line: usize,
    words: &mut BTreeMap<String, Text>,
) -> Option<FieldType> {
    Some(match kind {
        "money" => FieldType::Money,
        "date" => FieldType::Date,
        "month" => FieldType::Month,
        "count" => FieldType::Count,
        "party" => FieldType::Party,
        "matter-type" => FieldType::MatterType,
        "yes-no" => FieldType::YesNo,
        "holder" => FieldType::Holder,
        "period" => FieldType::Period,
        "attachment" => FieldType::Attachment,
        "photo" => FieldType::Photo,
        "enum" => {
            let values = row.named(reader, "of", words);
            if values.is_empty() {
                row.missing(
                    reader,
                    "of",
                    "List its values, each with its name: `of = [{ is = \"bank\", zh = \"银行转账\", en = \"Bank transfer\" }]`.",
                );
            }
            FieldType::Enum(values)
        }
        "ref" => FieldType::Ref(
            row.need_text(reader, "to", "Say to what: `to = \"tool\"`.").unwrap_or_default(),
        ),
        "text" => {
            let written_by =
                row.text(reader, "written_by").unwrap_or_else(|| "official".to_owned());
            if !["official", "resident"].contains(&written_by.as_str()) {
                reader.find(
                    Code::BadValue,
                    Some(line),
                    format!("`{written_by}` does not write texts."),
                    did_you_mean(&written_by, ["official", "resident"]),
                );
            }
            let most = row
                .whole(reader, "most")
                .and_then(|most| usize::try_from(most).ok())
                .unwrap_or(TEXT_MOST);
            FieldType::Text { written_by, most }
        }
        other => {
            reader.find(
                Code::BadValue,
                Some(line),
                format!("`{other}` is not a type."),
                did_you_mean(other, TYPES),
            );
            return None;
        }
    })
}

fn class(row: &mut Table<'_, '_>, reader: &mut Reader) -> Option<ClassOf> {
    let Some(value) = row.get("class") else {
        row.missing(
            reader,
            "class",
            "Say who may see it: `public`, `members`, `staff` or `sealed`.",
        );
        return None;
    };
    let line = reader.line(&value.span());
    match value.get_ref() {
        DeValue::String(text) => class_word(reader, text, line).map(ClassOf::One),
        _ => {
            let what = format!("`class` of {}", row.what());
            let mut table = Table::of(reader, value, what)?.at("field.*.class");
            let organisation =
                table.need_text(reader, "organisation", "Say the class of an organisation.");
            let person = table.need_text(reader, "person", "Say the class of a person.");
            table.finish(reader);
            Some(ClassOf::Party {
                organisation: class_word(reader, &organisation?, line)?,
                person: class_word(reader, &person?, line)?,
            })
        }
    }
}

fn class_word(reader: &mut Reader, word: &str, line: usize) -> Option<Class> {
    match word {
        "public" => Some(Class::Public),
        "members" => Some(Class::Members),
        "staff" => Some(Class::Staff),
        "sealed" => Some(Class::Sealed),
        other => {
            reader.find(
                Code::BadValue,
                Some(line),
                format!("`{other}` is not a class."),
                did_you_mean(other, CLASSES),
            );
            None
        }
    }
}

fn optional(row: &mut Table<'_, '_>, reader: &mut Reader, line: usize) -> Optional {
    match row.get("optional").map(Spanned::get_ref) {
        None | Some(DeValue::Boolean(false)) => Optional::No,
        Some(DeValue::Boolean(true)) => Optional::Yes,
        Some(DeValue::String(text)) if text == "!matter.spends" => Optional::UnlessMatterSpends,
        Some(_) => {
            reader.find(
                Code::BadValue,
                Some(line),
                format!("`optional` of {} is neither yes nor no.", row.what()),
                "Write `true`, `false` or `\"!matter.spends\"`.",
            );
            Optional::No
        }
    }
}
