//! Values as people read them: labels, amounts in capitals, days, names. Knows no request.

use definitions::{Definition, Field, FieldType};
use kernel::{Period, Text, Timestamp};
use pages::{Lang, SummaryList, SummaryRow, long_date, parse_date_input};
use serde_json::{Map, Value};

use crate::{
    Choice,
    terms::{Terms, said},
};

/// What the form calls a field.
pub(crate) fn label(field: &Field) -> Text {
    if field.label.is_complete() {
        field.label.clone()
    } else {
        Text::new(field.name.replace(['_', '-'], " "), field.name.replace(['_', '-'], " "))
    }
}

/// The counts of a sitting that events carry, in the order in which they are read out.
const COUNTS: [(&str, &str, &str); 7] = [
    ("should_attend", "应到", "should attend"),
    ("present", "实到", "present"),
    ("recused", "回避", "recused"),
    ("for", "赞成", "for"),
    ("against", "反对", "against"),
    ("abstain", "弃权", "abstained"),
    ("spoilt", "废票", "spoilt"),
];

/// All known values of a case: those of its fields in the order of the file, then the counts of a sitting.
pub(crate) fn facts(
    lang: Lang,
    terms: &Terms,
    definition: &Definition,
    known: &Map<String, Value>,
    called: &[Choice],
) -> Vec<SummaryRow> {
    let mut fields: Vec<&Field> = definition.fields.values().collect();
    fields.sort_by_key(|field| field.order);
    let typed = fields.into_iter().filter_map(|field| {
        let value = known.get(&field.name)?;
        Some(row(lang, terms, definition, field, value, called))
    });
    typed.chain(counts(lang, definition, known)).collect()
}

/// `应到 35，实到 30，赞成 28，…`, when there was a sitting.
fn counts(lang: Lang, definition: &Definition, known: &Map<String, Value>) -> Option<SummaryRow> {
    let said = COUNTS.iter().filter_map(|(key, zh, en)| {
        let number = known.get(*key).and_then(Value::as_u64)?;
        let own = definition.fields.contains_key(*key) || (*key == "recused" && number == 0);
        (!own).then(|| format!("{} {number}", lang.pick(zh, en)))
    });
    let said: Vec<String> = said.collect();
    let voted = known.contains_key("for");
    let label =
        if voted { lang.pick("表决", "The vote") } else { lang.pick("到会", "Attendance") };
    (!said.is_empty()).then(|| SummaryRow::text(label, said.join(lang.pick("，", ", "))))
}

/// A field with its value.
pub(crate) fn row(
    lang: Lang,
    terms: &Terms,
    definition: &Definition,
    field: &Field,
    value: &Value,
    choices: &[Choice],
) -> SummaryRow {
    let label = said(lang, &label(field));
    if field.kind == FieldType::Money
        && let Some(fen) = value.as_i64()
    {
        return SummaryRow::money(label, fen);
    }
    SummaryRow::text(label, text(lang, terms, definition, field, value, choices))
}

/// A value in words.
pub(crate) fn text(
    lang: Lang,
    terms: &Terms,
    definition: &Definition,
    field: &Field,
    value: &Value,
    choices: &[Choice],
) -> String {
    if let Some(class) = committed(value) {
        return match class {
            "members" => {
                lang.pick("不公开，仅本集体成员可看", "Not public: for members of the collective")
            }
            "staff" => lang.pick("不公开，仅履职人员可看", "Not public: for staff on duty"),
            "public" => lang.pick("已删除或已到期", "Deleted, or its time is over"),
            _ => lang.pick("不公开，仅承办人可看", "Not public: for the case officers"),
        }
        .to_owned();
    }
    let word = value.as_str().unwrap_or_default();
    let chosen = |key: &str| {
        let choice = choices.iter().find(|choice| choice.value == key);
        choice.map(|choice| said(lang, &choice.label))
    };
    match &field.kind {
        FieldType::Money => match value.as_i64() {
            Some(fen) => pages::yuan_with_unit(lang, fen),
            None => word.to_owned(),
        },
        FieldType::Enum(_) => said(lang, &terms.choice(field, word)),
        FieldType::MatterType => definition
            .matter(word)
            .map_or_else(|| word.to_owned(), |matter| said(lang, &matter.name)),
        FieldType::Date => {
            parse_date_input(word).map_or_else(|_| word.to_owned(), |day| day.long(lang))
        }
        FieldType::Month => month(lang, word),
        FieldType::Count => value.as_u64().map_or_else(|| word.to_owned(), |n| n.to_string()),
        FieldType::YesNo => match value.as_bool() {
            Some(true) => lang.pick("是", "Yes").to_owned(),
            Some(false) => lang.pick("否", "No").to_owned(),
            None => word.to_owned(),
        },
        FieldType::Period => word
            .parse::<Period>()
            .map_or_else(|_| word.to_owned(), |period| said(lang, &period_words(period))),
        FieldType::Party => party(lang, value, choices),
        FieldType::Holder | FieldType::Ref(_) => chosen(word).unwrap_or_else(|| word.to_owned()),
        FieldType::Text { .. } => word.to_owned(),
        FieldType::Attachment | FieldType::Photo => files(lang, value),
    }
}

/// The class of a committed value.
pub(crate) fn committed(value: &Value) -> Option<&str> {
    let object = value.as_object()?;
    if object.len() == 2 && object.contains_key("sha256") {
        object.get("class")?.as_str()
    } else {
        None
    }
}

fn party(lang: Lang, value: &Value, choices: &[Choice]) -> String {
    let part = |kind: &str| value.get(kind).and_then(Value::as_str);
    for kind in ["organisation", "person"] {
        let Some(name) = part(kind) else { continue };
        let key = format!("{kind}:{name}");
        if let Some(choice) = choices.iter().find(|choice| choice.value == key) {
            return said(lang, &choice.label);
        }
        return match (kind, lang) {
            ("organisation", _) => name.to_owned(),
            (_, Lang::Zh) => format!("个人（登记编号 {name}）"),
            (_, Lang::En) => format!("a person (register id {name})"),
        };
    }
    value.as_str().unwrap_or_default().to_owned()
}

fn files(lang: Lang, value: &Value) -> String {
    let one = |file: &Value| {
        let name = file.get("name").and_then(Value::as_str);
        let hash = file.get("sha256").and_then(Value::as_str).or_else(|| file.as_str());
        let short: String = hash.unwrap_or_default().chars().take(16).collect();
        match (name, short.is_empty()) {
            (Some(name), false) => match lang {
                Lang::Zh => format!("{name}（指纹 {short}）"),
                Lang::En => format!("{name} (fingerprint {short})"),
            },
            (Some(name), true) => name.to_owned(),
            (None, _) => short,
        }
    };
    match value {
        Value::Array(list) => list.iter().map(one).collect::<Vec<_>>().join("\n"),
        file => one(file),
    }
}

fn month(lang: Lang, text: &str) -> String {
    let parts = text
        .split_once('-')
        .and_then(|(year, month)| Some((year.parse::<i64>().ok()?, month.parse::<u32>().ok()?)));
    match parts {
        Some((year, month)) => pages::dates::month(lang, year, month),
        None => text.to_owned(),
    }
}

/// `15 天` / `15 days`.
pub(crate) fn period_words(period: Period) -> Text {
    match period {
        Period::Days(n) => Text::new(format!("{n} 天"), format!("{n} days")),
        Period::WorkingDays(n) => Text::new(format!("{n} 个工作日"), format!("{n} working days")),
    }
}

/// A deadline as people say it; due dates name their last instant, the kit the first too late.
pub(crate) fn due(lang: Lang, due: Timestamp, now: Timestamp) -> String {
    pages::deadline(lang, due.micros().saturating_add(1), now.micros())
}

/// `2026年3月5日`.
pub(crate) fn on(lang: Lang, at: Timestamp) -> String {
    long_date(lang, at.micros())
}

/// A summary, when there is anything in it.
pub(crate) fn summary(title: impl Into<String>, rows: Vec<SummaryRow>) -> Option<SummaryList> {
    if rows.is_empty() { None } else { Some(SummaryList::new(title, rows)) }
}
