//! Reads a file of cases.

use super::table::{Reader, Table};
use crate::{
    cases::{Case, CaseLine, Refused},
    finding::{Finding, FindingCode as Code},
};

/// Reads all `[[case]]`s.
///
/// # Errors
/// Findings with lines.
pub(crate) fn cases(file: &str, text: &str) -> Result<Vec<Case>, Vec<Finding>> {
    let mut reader = Reader::new(file, text);
    let parsed = reader.parse(text);
    let mut root = Table::new(&parsed, 1, "this file");
    let rows = root.tables(&mut reader, "case");
    root.finish(&mut reader);
    let mut cases: Vec<Case> = Vec::new();
    for row in rows {
        if let Some(case) = case(row, &mut reader) {
            if cases.iter().any(|other| other.name == case.name) {
                reader.find(
                    Code::Duplicate,
                    Some(case.line),
                    format!("there are two cases \"{}\".", case.name),
                    "Give one of them another name.",
                );
            }
            cases.push(case);
        }
    }
    if reader.findings.is_empty() {
        Ok(cases)
    } else {
        Finding::sort(&mut reader.findings);
        Err(reader.findings)
    }
}

fn case(mut row: Table<'_, '_>, reader: &mut Reader) -> Option<Case> {
    let line = row.line;
    let name = row.need_text(reader, "name", "Say in a sentence what the case shows.");
    if let Some(name) = &name {
        row.name(format!("case \"{name}\""));
    }
    let given = row.texts(reader, "given");
    let when = row.need_text(reader, "when", "Say what somebody does: `when = \"approve by=…\"`.");
    let then = row.texts(reader, "then");
    let refused = row.table(reader, "refused").map(|mut table| {
        let code =
            table.need_text(reader, "code", "Name the code of the refusal.").unwrap_or_default();
        let law = table.text(reader, "law");
        let warning = table.text(reader, "warning");
        table.finish(reader);
        Refused { code, law, warning }
    });
    if then.is_empty() == refused.is_none() {
        reader.find(
            Code::MissingKey,
            Some(line),
            format!("{} says not exactly one of `then` and `refused`.", row.what()),
            "Say what must come of it: events, or a refusal.",
        );
    }
    let what = row.what().to_owned();
    row.finish(reader);
    let mut lines = |texts: &[String]| {
        texts
            .iter()
            .filter_map(|text| match CaseLine::parse(text) {
                Ok(line) => Some(line),
                Err(why) => {
                    reader.find(
                        Code::BadValue,
                        Some(line),
                        format!("{what}: `{text}` cannot be read: {why}."),
                        "Write `EventName field=value by=post:Holder`.",
                    );
                    None
                }
            })
            .collect::<Vec<_>>()
    };
    let given = lines(&given);
    let then = lines(&then);
    let when = lines(&[when?]).pop()?;
    Some(Case { name: name?, given, when, then, refused, line })
}
