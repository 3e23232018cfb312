//! Reads a report file.

use kernel::Text;

use super::{Column, Edge, Line, Proof, Report};
use crate::{
    figure::{figures, formula},
    finding::FindingCode as Code,
    formula::Unit,
    head::Head,
    read::{Reader, Table, did_you_mean},
};

/// `None` when not even its head can be read; what is wrong stands in the reader.
pub(super) fn report(reader: &mut Reader, file: &str, text: &str) -> Option<Report> {
    let parsed = reader.parse(text);
    let mut root = Table::new(&parsed, 1, "this file");
    let Some(mut head) = root.table(reader, "report") else {
        reader.find(
            Code::MissingKey,
            None,
            "there is no `[report]`.",
            "Begin with `[report]`: id, term, version, law.",
        );
        return None;
    };
    head.name("`[report]`");
    let said = Head::read(&mut head, reader, file, text);
    let disclosed = head.yes(reader, "disclosed").unwrap_or(false);
    head.finish(reader);
    let figures = figures(&mut root, reader);
    let columns = root.tables(reader, "column");
    if columns.is_empty() {
        root.missing(reader, "column", "Add `[[column]]` with id, zh, en, from, to.");
    }
    let columns = columns.into_iter().filter_map(|row| column(row, reader)).collect();
    let lines = root.tables(reader, "line");
    if lines.is_empty() {
        root.missing(reader, "line", "Add `[[line]]` with id, zh, en, is.");
    }
    let lines = lines.into_iter().filter_map(|row| line(row, reader)).collect();
    let proves =
        root.tables(reader, "prove").into_iter().filter_map(|row| proof(row, reader)).collect();
    root.finish(reader);
    Some(Report { head: said?, disclosed, figures, columns, lines, proves })
}

fn column(mut row: Table<'_, '_>, reader: &mut Reader) -> Option<Column> {
    let id = row.need_text(reader, "id", "Name the column.");
    let name = row.both(reader);
    let from = edge(&mut row, reader, "from");
    let to = edge(&mut row, reader, "to");
    let line = row.line;
    row.finish(reader);
    let (from, to) = (from?, to?);
    if from > to {
        reader.find(
            Code::BadValue,
            Some(line),
            "this column ends before it begins.",
            "Let `from` be the earlier of the two.",
        );
    }
    Some(Column { id: id?, name, from, to, line })
}

fn edge(row: &mut Table<'_, '_>, reader: &mut Reader, key: &'static str) -> Option<Edge> {
    const EDGES: [(&str, Edge); 4] = [
        ("start", Edge::Start),
        ("year-start", Edge::YearStart),
        ("month-start", Edge::MonthStart),
        ("month-end", Edge::MonthEnd),
    ];
    let text =
        row.need_text(reader, key, "One of `start`, `year-start`, `month-start`, `month-end`.")?;
    let found = EDGES.iter().find(|(word, _)| *word == text).map(|(_, edge)| *edge);
    if found.is_none() {
        let line = row.line_of(reader, key);
        reader.find(
            Code::BadValue,
            Some(line),
            format!("`{text}` is no edge of time."),
            did_you_mean(&text, EDGES.iter().map(|(word, _)| *word)),
        );
    }
    found
}

fn line(mut row: Table<'_, '_>, reader: &mut Reader) -> Option<Line> {
    let id = row.need_text(reader, "id", "Name the line: `id = \"A01\"`.");
    if let Some(id) = &id {
        row.name(format!("line `{id}`"));
    }
    let name = row.both(reader);
    let is = formula(&mut row, reader, "is", "Say how it is computed: `is = \"balance.101\"`.");
    let unit = match row.text(reader, "unit").as_deref() {
        None | Some("money") => Unit::Money,
        Some("count") => Unit::Count,
        Some(other) => {
            let at = row.line_of(reader, "unit");
            let remedy = "Write `unit = \"count\"`; a line that says nothing is money.";
            reader.find(Code::BadValue, Some(at), format!("`{other}` is no unit here."), remedy);
            Unit::Money
        }
    };
    let total = row.yes(reader, "total").unwrap_or(false);
    let line = row.line;
    row.finish(reader);
    Some(Line { id: id?, name, is: is?, unit, total, line })
}

fn proof(mut row: Table<'_, '_>, reader: &mut Reader) -> Option<Proof> {
    let that = formula(&mut row, reader, "that", "Say what must hold: `that = \"A40 = T40\"`.");
    let says: Text = row.both(reader);
    let line = row.line;
    row.finish(reader);
    Some(Proof { that: that?, says, line })
}
