//! Reads an indicator file.

use kernel::Money;

use super::{Band, Indicator};
use crate::{
    figure::{figures, formula},
    finding::FindingCode as Code,
    formula::{Ratio, Unit},
    head::Head,
    number::Fraction,
    read::{Reader, Table},
};

/// `None` when not even its head can be read; what is wrong stands in the reader.
pub(super) fn indicator(reader: &mut Reader, file: &str, text: &str) -> Option<Indicator> {
    let parsed = reader.parse(text);
    let mut root = Table::new(&parsed, 1, "this file");
    let Some(mut table) = root.table(reader, "indicator") else {
        let remedy =
            "Begin with `[indicator]`: id, term, version, law, dimension, owner, months, smallest.";
        reader.find(Code::MissingKey, None, "there is no `[indicator]`.", remedy);
        return None;
    };
    table.name("`[indicator]`");
    let head = Head::read(&mut table, reader, file, text);
    if !table.has("dimension") {
        let remedy = "Say in both languages under what it stands: `{ zh = \"…\", en = \"…\" }`.";
        table.missing(reader, "dimension", remedy);
    }
    let dimension = table.words(reader, "dimension").unwrap_or_default();
    let owner =
        table.need_text(reader, "owner", "Say which level settles it: `owner = \"county\"`.");
    let seen = table.need_text(reader, "visibility", "Write `\"public\"`, or `\"staff\"`.");
    if let Some(other) = seen.as_deref().filter(|word| !["public", "staff"].contains(word)) {
        let line = table.line_of(reader, "visibility");
        let what = format!("`{other}` is no visibility.");
        reader.find(Code::BadValue, Some(line), what, "Write `\"public\"`, or `\"staff\"`.");
    }
    let months = table.whole(reader, "months").and_then(|n| u8::try_from(n).ok());
    let months = months.filter(|months| (1..=60).contains(months));
    if months.is_none() {
        table.missing(reader, "months", "Say how many closed months it looks at, from 1 to 60.");
    }
    let smallest = table.whole(reader, "smallest").filter(|smallest| *smallest >= 1);
    if smallest.is_none() {
        let remedy = "Say below which number of things nothing is said: `smallest = 3`.";
        table.missing(reader, "smallest", remedy);
    }
    table.finish(reader);
    let figures = figures(&mut root, reader);
    let Some(mut value) = root.table(reader, "value") else {
        root.missing(reader, "value", "Add `[value]` with unit, is, things; `of` for a share.");
        return None;
    };
    let unit = match value.need_text(reader, "unit", "One of `share`, `count`, `money`.").as_deref()
    {
        Some("share") => Some(Unit::Share),
        Some("count") => Some(Unit::Count),
        Some("money") => Some(Unit::Money),
        Some(other) => {
            let line = value.line_of(reader, "unit");
            let what = format!("`{other}` is no unit of an indicator.");
            reader.find(Code::BadValue, Some(line), what, "One of `share`, `count`, `money`.");
            None
        }
        None => None,
    };
    let is = formula(&mut value, reader, "is", "Say how it is computed.");
    let of = match value.has("of") {
        true => formula(&mut value, reader, "of", "Say of what it is a share."),
        false => None,
    };
    let things = formula(&mut value, reader, "things", "Say on how many things it rests.");
    let line = value.line;
    value.finish(reader);
    let bands = root.tables(reader, "band");
    if bands.is_empty() {
        root.missing(reader, "band", "Add `[[band]]` with id, from, zh, en, meaning.");
    }
    let bands = bands.into_iter().filter_map(|row| band(row, unit.as_ref(), reader)).collect();
    root.finish(reader);
    Some(Indicator {
        head: head?,
        dimension,
        owner: owner?,
        public: seen? == "public",
        months: months?,
        smallest: smallest?,
        figures,
        unit: unit?,
        is: is?,
        of,
        things: things?,
        line,
        bands,
    })
}

fn band(mut row: Table<'_, '_>, unit: Option<&Unit>, reader: &mut Reader) -> Option<Band> {
    let id = row.need_text(reader, "id", "Name the band: `id = \"steady\"`.");
    if let Some(id) = &id {
        row.name(format!("band `{id}`"));
    }
    let name = row.both(reader);
    if !row.has("meaning") {
        row.missing(reader, "meaning", "Say in both languages what it means.");
    }
    let meaning = row.words(reader, "meaning").unwrap_or_default();
    let written = row.text(reader, "from");
    let from = written.as_deref().map(|text| value_of(text, unit));
    if from == Some(None) {
        let line = row.line_of(reader, "from");
        let what =
            format!("`{}` is no value of this unit.", written.as_deref().unwrap_or_default());
        let remedy = "Write a share as \"9/10\", a count as \"3\", money as \"100000.00\".";
        reader.find(Code::BadValue, Some(line), what, remedy);
    }
    let line = row.line;
    row.finish(reader);
    Some(Band { id: id?, from: from.flatten(), written, name, meaning, line })
}

fn value_of(text: &str, unit: Option<&Unit>) -> Option<Ratio> {
    match unit? {
        Unit::Share => {
            let share: Fraction = text.parse().ok()?;
            Ratio::new(i128::from(share.num), i128::from(share.den))
        }
        Unit::Money => text.parse::<Money>().ok().map(|money| Ratio::whole(money.fen())),
        _ => text.parse::<i64>().ok().map(Ratio::whole),
    }
}
