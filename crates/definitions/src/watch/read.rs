//! Reads a watch file.

use kernel::DefinitionRef;
use sha2::{Digest, Sha256};

use super::{Level, Looks, Mode, On, Severity, Watch};
use crate::{
    finding::FindingCode as Code,
    formula::Ast,
    read::{Reader, Table, did_you_mean, parameters},
};

/// One of a few words.
fn one_of<T: Copy>(
    row: &mut Table<'_, '_>,
    reader: &mut Reader,
    key: &'static str,
    words: &[(&str, T)],
) -> Option<T> {
    let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let text = row.need_text(reader, key, &format!("One of `{}`.", all.join("`, `")))?;
    let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    if found.is_none() {
        let line = row.line_of(reader, key);
        let remedy = did_you_mean(&text, all);
        reader.find(Code::BadValue, Some(line), format!("`{text}` is no {key}."), remedy);
    }
    found
}

/// `None` when not even its head can be read; what is wrong stands in the reader.
pub(super) fn watch(reader: &mut Reader, file: &str, text: &str) -> Option<Watch> {
    let parsed = reader.parse(text);
    let mut root = Table::new(&parsed, 1, "this file");
    let Some(mut head) = root.table(reader, "watch") else {
        let remedy = "Begin with `[watch]`: id, rule, term, version, law, mode, to, cleared_by.";
        reader.find(Code::MissingKey, None, "there is no `[watch]`.", remedy);
        return None;
    };
    head.name("`[watch]`");
    let id = head.need_text(reader, "id", "Name it: `id = \"paid-in-parts\"`.");
    let rule =
        head.need_text(reader, "rule", "Give its number in the catalogue: `rule = \"W01\"`.");
    if !head.has("term") {
        head.missing(reader, "term", "Say it in both languages: `{ zh = \"…\", en = \"…\" }`.");
    }
    let term = head.words(reader, "term").unwrap_or_default();
    let version =
        head.whole(reader, "version").and_then(|v| u32::try_from(v).ok()).filter(|v| *v > 0);
    if version.is_none() {
        head.missing(reader, "version", "Number it from 1; a changed text takes the next number.");
    }
    let law = head.need_text(reader, "law", "Cite the rule behind it.");
    let capabilities = head.wholes(reader, "capabilities");
    let modes = [("refuse", Mode::Refuse), ("hold", Mode::Hold), ("alert", Mode::Alert)];
    let mode = one_of(&mut head, reader, "mode", &modes);
    let to = head.texts(reader, "to");
    if to.is_empty() {
        head.missing(reader, "to", "Say which posts are told: `to = [\"…\"]`.");
    }
    if !head.has("cleared_by") {
        head.missing(reader, "cleared_by", "Say in both languages what clears it.");
    }
    let cleared_by = head.words(reader, "cleared_by").unwrap_or_default();
    head.finish(reader);
    let parameters = parameters(&mut root, reader);
    let looks = match mode {
        Some(Mode::Refuse) => guard(&mut root, reader),
        _ => rows(&mut root, reader),
    };
    root.finish(reader);
    let id = id?;
    let hash = hex::encode(Sha256::digest(text.as_bytes()));
    Some(Watch {
        file: file.to_owned(),
        reference: DefinitionRef::new(format!("{id}@{hash}")),
        version: version.unwrap_or(1),
        rule: rule?,
        term,
        law: law?,
        capabilities,
        mode: mode?,
        to,
        cleared_by,
        parameters,
        looks: looks?,
        id,
        text: text.to_owned(),
    })
}

fn guard(root: &mut Table<'_, '_>, reader: &mut Reader) -> Option<Looks> {
    let Some(mut table) = root.table(reader, "guard") else {
        root.missing(reader, "guard", "Name it: `[guard]` with `of`, and `refusal` or `event`.");
        return None;
    };
    let of = table.need_text(reader, "of", "Name the procedure in which it is refused.");
    let (refusal, event) = (table.text(reader, "refusal"), table.text(reader, "event"));
    let line = table.line;
    if refusal.is_some() == event.is_some() {
        reader.find(
            Code::MissingKey,
            Some(line),
            "`[guard]` says not exactly one of `refusal` and `event`.",
            "`refusal`: the code with which it refuses; `event`: what happens in place of the act.",
        );
    }
    table.finish(reader);
    Some(Looks::Guard { of: of?, comes: refusal.or(event)?, line })
}

fn rows(root: &mut Table<'_, '_>, reader: &mut Reader) -> Option<Looks> {
    let Some(mut table) = root.table(reader, "on") else {
        root.missing(reader, "on", "Say what it looks at: `[on]` with `row` or `day`.");
        return None;
    };
    let (row, day) = (table.text(reader, "row"), table.text(reader, "day"));
    let alike = table.texts(reader, "alike");
    let line = table.line;
    if row.is_some() == day.is_some() {
        reader.find(
            Code::MissingKey,
            Some(line),
            "`[on]` says not exactly one of `row` and `day`.",
            "`row = \"…\"`: judged when such a row comes; `day = \"…\"`: each day, for each of them.",
        );
    }
    table.finish(reader);
    let levels = root.tables(reader, "level");
    if levels.is_empty() {
        root.missing(reader, "level", "Add `[[level]]` with severity, when, value, threshold.");
    }
    let levels = levels.into_iter().filter_map(|row| level(row, reader)).collect();
    let on = if row.is_some() { On::Row } else { On::Day };
    Some(Looks::Rows { on, source: row.or(day)?, alike, levels, line })
}

fn level(mut row: Table<'_, '_>, reader: &mut Reader) -> Option<Level> {
    let severities =
        [("blue", Severity::Blue), ("yellow", Severity::Yellow), ("red", Severity::Red)];
    let severity = one_of(&mut row, reader, "severity", &severities);
    let when = formula(&mut row, reader, "when", "Say when it holds.");
    let value = formula(&mut row, reader, "value", "Say what was measured.");
    let threshold = formula(&mut row, reader, "threshold", "Say against what it is measured.");
    let days = "Name a parameter of type `working-days`.";
    let answer_in = row.need_text(reader, "answer_in", days);
    let result_in = row.need_text(reader, "result_in", days);
    let line = row.line;
    row.finish(reader);
    Some(Level {
        severity: severity?,
        when: when?,
        value: value?,
        threshold: threshold?,
        answer_in: answer_in?,
        result_in: result_in?,
        line,
    })
}

fn formula(
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
