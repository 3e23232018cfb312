//! Reads `[[figure]]`, and formulas.

use toml::de::DeValue;

use super::{After, Figure};
use crate::{
    finding::FindingCode as Code,
    formula::Ast,
    read::{Reader, Table},
};

/// All figures of a file.
pub(crate) fn figures(root: &mut Table<'_, '_>, reader: &mut Reader) -> Vec<Figure> {
    root.tables(reader, "figure").into_iter().filter_map(|row| figure(row, reader)).collect()
}

fn figure(mut row: Table<'_, '_>, reader: &mut Reader) -> Option<Figure> {
    let id = row.need_text(reader, "id", "Name the figure: `id = \"asked\"`.");
    if let Some(id) = &id {
        row.name(format!("figure `{id}`"));
    }
    let name = row.both(reader);
    let service = row.need_text(reader, "service", "Say whose events it counts.");
    let event = row.need_text(reader, "event", "Say which event it counts.");
    let only = match row.table(reader, "where") {
        Some(table) => values(table, reader),
        None => Vec::new(),
    };
    let sum = row.text(reader, "sum");
    let (followed, none) = (row.texts(reader, "followed_by"), row.texts(reader, "not_followed_by"));
    let line = row.line;
    if !followed.is_empty() && !none.is_empty() {
        reader.find(
            Code::BadValue,
            Some(line),
            "a figure says both `followed_by` and `not_followed_by`.",
            "Count each in a figure of its own.",
        );
    }
    let came = !followed.is_empty();
    let events = if came { followed } else { none };
    row.finish(reader);
    let after = (!events.is_empty()).then_some(After { events, came });
    Some(Figure { id: id?, name, service: service?, event: event?, only, sum, after, line })
}

fn values(table: Table<'_, '_>, reader: &mut Reader) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (key, at, value) in table.entries() {
        match value.get_ref() {
            DeValue::String(text) => found.push((key.to_owned(), text.clone().into_owned())),
            _ => {
                let line = reader.line(&(at..at));
                let what = format!("`{key}` of `where` is not a text.");
                reader.find(Code::BadValue, Some(line), what, "Write the value in quotes.");
            }
        }
    }
    found
}

/// A formula under a key.
pub(crate) fn formula(
    row: &mut Table<'_, '_>,
    reader: &mut Reader,
    key: &'static str,
    remedy: &str,
) -> Option<Ast> {
    let text = row.need_text(reader, key, remedy)?;
    let line = row.line_of(reader, key);
    match Ast::parse(&text) {
        Ok(ast) => Some(ast),
        Err(flaw) => {
            let flaw = flaw.marked(&text);
            reader.find(flaw.code, Some(line), flaw.what, flaw.remedy);
            None
        }
    }
}
