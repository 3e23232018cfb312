//! Reads the table of citations.

use std::collections::BTreeMap;

use kernel::{Date, Period};

use super::table::{Reader, Table};
use crate::{
    citations::{CitationEntry, Citations},
    finding::{Finding, FindingCode as Code},
    model::Tighten,
    number::Value,
};

/// Reads `[[law]]` (short, name, from) with its articles.
///
/// # Errors
/// Findings with lines.
pub(crate) fn citations(file: &str, text: &str) -> Result<Citations, Vec<Finding>> {
    let mut reader = Reader::new(file, text);
    let parsed = reader.parse(text);
    let mut root = Table::new(&parsed, 1, "this file");
    let mut entries = BTreeMap::new();
    for row in root.tables(&mut reader, "law") {
        law(row, &mut reader, &mut entries);
    }
    root.finish(&mut reader);
    if reader.findings.is_empty() {
        Ok(Citations { entries })
    } else {
        Finding::sort(&mut reader.findings);
        Err(reader.findings)
    }
}

fn law(mut row: Table<'_, '_>, reader: &mut Reader, entries: &mut BTreeMap<String, CitationEntry>) {
    let short = row.need_text(reader, "short", "Give its short name: `OLVC`.");
    let name = row.words(reader, "name").unwrap_or_default();
    let from = date(&mut row, reader, "from");
    let until = date(&mut row, reader, "until");
    let mark = row.text(reader, "mark").unwrap_or_default();
    let articles = row.tables(reader, "article");
    let line = row.line;
    row.finish(reader);
    let (Some(short), Some(from)) = (short, from) else {
        reader.find(
            Code::MissingKey,
            Some(line),
            "a law has no `from`.",
            "Say since when it is in force.",
        );
        return;
    };
    for mut row in articles {
        let number = row.need_text(reader, "no", "Give the article's number.").unwrap_or_default();
        let about = row.words(reader, "about").unwrap_or_default();
        let own_mark = row.text(reader, "mark").unwrap_or_else(|| mark.clone());
        let own_from = date(&mut row, reader, "from").unwrap_or(from);
        let mut bounds = Vec::new();
        for (key, tighter) in [("least", Tighten::Up), ("most", Tighten::Down)] {
            for text in row.texts(reader, key) {
                if let Ok(period) = text.parse::<Period>() {
                    bounds.push((tighter, Value::Period(period)));
                } else if let Ok(share) = text.parse() {
                    bounds.push((tighter, Value::Share(share)));
                } else {
                    let line = row.line_of(reader, key);
                    reader.find(
                        Code::BadValue,
                        Some(line),
                        format!("`{text}` is no bound."),
                        "Write `15 days` or `2/3`.",
                    );
                }
            }
        }
        row.finish(reader);
        let article = if number.is_empty() { short.clone() } else { format!("{short} {number}") };
        let zh = if number == "-" { name.zh.clone() } else { format!("{}{}", name.zh, about.zh) };
        let en = if number == "-" { name.en.clone() } else { format!("{}, {}", name.en, about.en) };
        let article = if number == "-" { short.clone() } else { article };
        entries.insert(
            article.clone(),
            CitationEntry {
                article,
                name: kernel::Text { zh, en },
                from: own_from,
                until,
                mark: own_mark,
                bounds,
            },
        );
    }
}

fn date(row: &mut Table<'_, '_>, reader: &mut Reader, key: &'static str) -> Option<Date> {
    let text = row.text(reader, key)?;
    let line = row.line_of(reader, key);
    text.parse().ok().or_else(|| {
        reader.find(
            Code::BadValue,
            Some(line),
            format!("`{text}` is not a day."),
            "Write `YYYY-MM-DD`.",
        );
        None
    })
}
