//! How the value of a public field is said, by its type.

use std::collections::BTreeMap;

use definitions::{Definition, Field, FieldType};
use pages::SummaryRow;
use serde_json::Value;

use super::Ask;
use crate::words;

/// A choice by its name in the definition; else a post or body of that key; else as it is.
pub(super) fn choice(ask: &Ask<'_>, field: &Field, value: &str) -> String {
    let known = || Some(words::post(value)).filter(|name| name.zh != value);
    match field.words.get(value).cloned().or_else(known) {
        Some(name) => words::pick(ask.prefs.lang, &name).to_owned(),
        None => value.replace('-', " "),
    }
}

/// A field with its value, plain in the log. `names` are those of office holders.
pub(super) fn row(
    ask: &Ask<'_>,
    definition: &Definition,
    field: &Field,
    value: &Value,
    names: &BTreeMap<String, String>,
) -> SummaryRow {
    let label = words::pick(ask.prefs.lang, &field.label).to_owned();
    match (&field.kind, value.as_i64()) {
        (FieldType::Money, Some(fen)) => SummaryRow::money(label, fen),
        _ => SummaryRow::text(label, said(ask, definition, field, value, names)),
    }
}

/// A value in words.
pub(super) fn said(
    ask: &Ask<'_>,
    definition: &Definition,
    field: &Field,
    value: &Value,
    names: &BTreeMap<String, String>,
) -> String {
    let l = ask.prefs.lang;
    let text = || value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match &field.kind {
        FieldType::Enum(_) => choice(ask, field, &text()),
        FieldType::Money => value.as_i64().map_or_else(text, |fen| pages::yuan_with_unit(l, fen)),
        FieldType::Count => value.as_i64().map_or_else(text, pages::money::count),
        FieldType::Date => words::day(l, &text()),
        FieldType::Month => words::month(l, &text()),
        FieldType::YesNo => match value.as_bool() {
            Some(true) => ask.pick("是", "yes").to_owned(),
            Some(false) => ask.pick("否", "no").to_owned(),
            None => text(),
        },
        FieldType::MatterType => definition.matter(&text()).map_or_else(
            || words::pick(l, &words::matter(&text())).to_owned(),
            |matter| words::pick(l, &matter.name).to_owned(),
        ),
        FieldType::Holder => names.get(&text()).cloned().unwrap_or_else(text),
        FieldType::Party => {
            let organisation = value.get("organisation").and_then(Value::as_str);
            super::super::decision::payee(ask, organisation)
        }
        FieldType::Attachment | FieldType::Photo => {
            let n = value.as_array().map_or(1, Vec::len);
            match l {
                pages::Lang::Zh => format!("{n} 份"),
                pages::Lang::En if n == 1 => "1 file".to_owned(),
                pages::Lang::En => format!("{n} files"),
            }
        }
        FieldType::Period => period(ask, &text()),
        FieldType::Ref(_) | FieldType::Text { .. } => text(),
    }
}

/// `15 days` in words.
fn period(ask: &Ask<'_>, text: &str) -> String {
    match (text.split_once(' '), ask.prefs.lang) {
        (Some((n, "working-days")), pages::Lang::Zh) => format!("{n} 个工作日"),
        (Some((n, "days")), pages::Lang::Zh) => format!("{n} 天"),
        (Some((n, "working-days")), pages::Lang::En) => format!("{n} working days"),
        _ => text.to_owned(),
    }
}
