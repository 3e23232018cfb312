//! Cases beside a report or an indicator: figures that are given, and what comes of them.
//!
//! ```toml
//! [[case]]
//! name = "what is owed and what is owned"
//! given = { "balance.102" = "1000.00", asked = 4 }   # every other figure is nothing
//! then  = { A40 = "1000.00" }                        # lines; of an indicator `value`, `band`
//! broken = ["A40 = T40"]                             # of a report: what does not hold
//! ```

use std::collections::BTreeMap;

use kernel::Money;
use toml::de::DeValue;

use crate::{
    finding::{Finding, FindingCode as Code},
    read::{Reader, Table, whole},
};

/// A case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureCase {
    /// What it shows.
    pub name: String,
    /// Figures, money in fen.
    pub given: BTreeMap<String, i64>,
    /// What comes of them, as it stands in the file.
    pub then: BTreeMap<String, Given>,
    /// What does not hold.
    pub broken: Vec<String>,
    /// Line in the file.
    pub line: usize,
}

/// A value of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// A count, or money in fen.
    Number(i64),
    /// A word, such as a band or a share.
    Word(String),
}

/// Reads all `[[case]]`s.
///
/// # Errors
/// Findings with lines.
pub fn parse(file: &str, text: &str) -> Result<Vec<FigureCase>, Vec<Finding>> {
    let mut reader = Reader::new(file, text);
    let parsed = reader.parse(text);
    let mut root = Table::new(&parsed, 1, "this file");
    let rows = root.tables(&mut reader, "case");
    root.finish(&mut reader);
    let cases = rows.into_iter().filter_map(|row| case(row, &mut reader)).collect();
    Finding::sort(&mut reader.findings);
    if reader.findings.is_empty() { Ok(cases) } else { Err(reader.findings) }
}

fn case(mut row: Table<'_, '_>, reader: &mut Reader) -> Option<FigureCase> {
    let line = row.line;
    let name = row.need_text(reader, "name", "Say in a sentence what the case shows.");
    let mut given = BTreeMap::new();
    if let Some(table) = row.table(reader, "given") {
        for (key, value) in values(&table, reader) {
            match value {
                Given::Number(number) => drop(given.insert(key, number)),
                Given::Word(word) => {
                    let what = format!("`{word}` is no number.");
                    let remedy = "Write money as \"12.50\", a count as 3.";
                    reader.find(Code::BadValue, Some(line), what, remedy);
                }
            }
        }
    }
    let then = row.table(reader, "then").map(|table| values(&table, reader)).unwrap_or_default();
    let broken = row.texts(reader, "broken");
    if then.is_empty() && broken.is_empty() {
        row.missing(reader, "then", "Say what comes of it.");
    }
    row.finish(reader);
    Some(FigureCase { name: name?, given, then: then.into_iter().collect(), broken, line })
}

fn values(table: &Table<'_, '_>, reader: &mut Reader) -> Vec<(String, Given)> {
    let mut found = Vec::new();
    for (key, at, value) in table.entries() {
        let read = match value.get_ref() {
            DeValue::String(text) => Some(match text.parse::<Money>() {
                Ok(money) => Given::Number(money.fen()),
                Err(_) => Given::Word(text.clone().into_owned()),
            }),
            value => whole(value).map(Given::Number),
        };
        match read {
            Some(value) => found.push((key.to_owned(), value)),
            None => {
                let line = reader.line(&(at..at));
                let what = format!("`{key}` is neither a count nor an amount.");
                reader.find(Code::BadValue, Some(line), what, "Write 3, or \"12.50\".");
            }
        }
    }
    found
}
