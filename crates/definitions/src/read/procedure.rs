//! Reads a procedure: head, parameters, fields, tiers, matters, properties, local events.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Date, DefinitionRef, LogKind, Money, Period, Text};
use sha2::{Digest, Sha256};
use toml::{Spanned, de::DeValue};

use super::{
    field, ledger, step,
    table::{Reader, Table, did_you_mean, whole},
    vote,
};
use crate::{
    finding::FindingCode as Code,
    model::{
        Definition, LocalEvent, Parameter, ParameterValue, Prove, Running, RunningMode, Tighten,
    },
    names::{fact_of, local_fact},
    number::{Fraction, Value},
};

const UNITS: [&str; 5] = ["money", "days", "working-days", "count", "share"];

/// Reads a definition. `None` when not even its head can be read; what is wrong stands in the reader.
pub(crate) fn definition(reader: &mut Reader, file: &str, text: &str) -> Option<Definition> {
    let parsed = reader.parse(text);
    let mut root = Table::new(&parsed, 1, "this file");
    let Some(mut head) = root.table(reader, "procedure") else {
        reader.find(
            Code::MissingKey,
            None,
            "there is no `[procedure]`.",
            "Begin with `[procedure]`: id, term, version, stream, running.",
        );
        return None;
    };
    head.name("`[procedure]`");
    let id = head.need_text(reader, "id", "Name it: `id = \"lending\"`.");
    let term = need_words(&mut head, reader, "term");
    let version = head.whole(reader, "version");
    if version.is_none() && !head.has("version") {
        head.missing(
            reader,
            "version",
            "Number it: `version = 1`; a changed text takes the next number.",
        );
    }
    let version = version.and_then(|number| {
        let line = head.line_of(reader, "version");
        u32::try_from(number).ok().filter(|v| *v > 0).or_else(|| {
            reader.find(
                Code::BadValue,
                Some(line),
                format!("version {number} is not a version."),
                "Count from 1.",
            );
            None
        })
    });
    let log = log(&mut head, reader);
    let kept_above = kept_above(&mut head, reader);
    let extends = head.text(reader, "extends");
    let law = head.text(reader, "law");
    let running = running(&mut head, reader);
    let owner = owner(&mut head, reader, id.as_deref());
    let stream = match &owner.region {
        // A region's own has a kind of stream of its own: its id, unless it says another.
        Some(_) => head.text(reader, "stream"),
        None => head.need_text(reader, "stream", "Name the kind of stream its events lie in."),
    };
    let capabilities = head.wholes(reader, "capabilities");
    let page = head.text(reader, "page");
    head.finish(reader);

    let parameters = parameters(&mut root, reader);
    let fields = field::fields(&mut root, reader);
    let tiers =
        root.tables(reader, "tier").into_iter().map(|row| vote::tier(row, reader)).collect();
    let matters = root
        .tables(reader, "matter")
        .into_iter()
        .filter_map(|row| vote::matter(row, reader))
        .collect();
    let proves =
        root.tables(reader, "prove").into_iter().filter_map(|row| prove(row, reader)).collect();
    let locals =
        root.tables(reader, "local").into_iter().filter_map(|row| local(row, reader)).collect();
    let ledgers = root
        .tables(reader, "ledger")
        .into_iter()
        .filter_map(|row| ledger::ledger(row, reader))
        .collect();
    let mut burden_law = None;
    if let Some(mut burden) = root.table(reader, "burden") {
        burden_law = burden.need_text(reader, "law", "Cite the article that asks for so much.");
        burden.finish(reader);
    }
    let steps = step::steps(&mut root, reader, &fields);
    root.finish(reader);

    let id = id?;
    let hash = hex::encode(Sha256::digest(text.as_bytes()));
    let mut definition = Definition {
        file: file.to_owned(),
        reference: DefinitionRef::new(format!("{id}@{hash}")),
        version: version.unwrap_or(1),
        term,
        stream: stream.unwrap_or_else(|| id.clone()),
        id,
        log,
        kept_above,
        extends,
        service: owner.service,
        region: owner.region,
        capabilities,
        page,
        law,
        running,
        parameters,
        fields,
        tiers,
        steps,
        matters,
        proves,
        locals,
        ledgers,
        inherited: Vec::new(),
        burden_law,
        text: text.to_owned(),
    };
    if let Some(region) = definition.region.clone() {
        own_facts(&mut definition, &region);
    }
    Some(definition)
}

/// Whose definition it is, and where it runs.
struct Owner {
    service: Option<String>,
    region: Option<String>,
}

fn owner(head: &mut Table<'_, '_>, reader: &mut Reader, id: Option<&str>) -> Owner {
    let service = head.text(reader, "service");
    let region = head.text(reader, "region");
    let Some(name) = region.as_deref() else { return Owner { service, region } };
    let line = head.line_of(reader, "region");
    let sound = (2..=12).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if !sound {
        reader.find(
            Code::BadValue,
            Some(line),
            format!("`{name}` is not the short name of a region."),
            "Write two to twelve lower-case letters and digits, a letter first: `region = \"yl\"`.",
        );
    }
    if let Some(id) = id {
        let rest = id.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
        let plain = |rest: &str| {
            rest.starts_with(|c: char| c.is_ascii_lowercase())
                && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if sound && !rest.is_some_and(plain) {
            let line = head.line_of(reader, "id");
            reader.find(
                Code::BadValue,
                Some(line),
                format!("`{id}` is not an id of the region `{name}`."),
                format!("Begin it with the region, then lower-case letters, digits and hyphens: `id = \"{name}-…\"`."),
            );
        }
    }
    Owner { service, region }
}

/// What a region declares itself bears its name in the type, so that two regions, or a later release, never mean
/// different things by one type.
fn own_facts(definition: &mut Definition, region: &str) {
    let declared: BTreeSet<String> =
        definition.locals.iter().map(|local| local.event.clone()).collect();
    let own = |event: &str, fact: &mut String| {
        if declared.contains(event) {
            *fact = local_fact(region, event);
        }
    };
    for ledger in &mut definition.ledgers {
        for (event, fact) in [&mut ledger.booked].into_iter().chain(&mut ledger.reversed) {
            *fact = local_fact(region, event);
        }
    }
    for local in &mut definition.locals {
        own(&local.event, &mut local.fact);
    }
    for step in &mut definition.steps {
        for event in &mut step.events {
            own(&event.event, &mut event.fact);
        }
        if let Some(missed) = &mut step.missed {
            own(&missed.event, &mut missed.fact);
        }
        if let Some((event, closes)) = step.window.as_mut().and_then(|w| w.closes.as_mut()) {
            own(event, closes);
        }
    }
}

/// `log = "closed"`: every event is a commitment. Without it the log is open.
fn log(head: &mut Table<'_, '_>, reader: &mut Reader) -> LogKind {
    let line = head.line_of(reader, "log");
    match head.text(reader, "log").as_deref() {
        None | Some("open") => LogKind::Open,
        Some("closed") => LogKind::Closed,
        Some(other) => {
            reader.find(
                Code::BadValue,
                Some(line),
                format!("`{other}` is no kind of log."),
                did_you_mean(other, ["open", "closed"]),
            );
            LogKind::Open
        }
    }
}

/// `kept_by = "above"`: in the log of the level above the unit concerned.
fn kept_above(head: &mut Table<'_, '_>, reader: &mut Reader) -> bool {
    let line = head.line_of(reader, "kept_by");
    match head.text(reader, "kept_by").as_deref() {
        None | Some("unit") => false,
        Some("above") => true,
        Some(other) => {
            reader.find(
                Code::BadValue,
                Some(line),
                format!("`{other}` keeps no log."),
                did_you_mean(other, ["unit", "above"]),
            );
            false
        }
    }
}

pub(super) fn need_words(
    table: &mut Table<'_, '_>,
    reader: &mut Reader,
    key: &'static str,
) -> Text {
    if !table.has(key) {
        table.missing(reader, key, "Say it in both languages: `{ zh = \"…\", en = \"…\" }`.");
    }
    table.words(reader, key).unwrap_or_default()
}

fn running(head: &mut Table<'_, '_>, reader: &mut Reader) -> Running {
    let keep = Running { mode: RunningMode::Keep, source: "default".to_owned() };
    let Some(mut table) = head.table(reader, "running") else {
        if !head.has("running") {
            head.missing(
                reader,
                "running",
                "Say what a new version means for what is under way: `{ mode = \"keep\", source = \"default\" }`.",
            );
        }
        return keep;
    };
    let mode = table.need_text(reader, "mode", "One of `keep`, `at next step`, `at once`.");
    let source = table.need_text(reader, "source", "Say on what ground: an article, or `default`.");
    let line = table.line_of(reader, "mode");
    table.finish(reader);
    let mode = match mode.as_deref() {
        None | Some("keep") => RunningMode::Keep,
        Some("at next step") => RunningMode::AtNextStep,
        Some("at once") => RunningMode::AtOnce,
        Some(other) => {
            reader.find(
                Code::BadValue,
                Some(line),
                format!("`{other}` does not say what happens to what is under way."),
                did_you_mean(other, ["keep", "at next step", "at once"]),
            );
            RunningMode::Keep
        }
    };
    Running { mode, source: source.unwrap_or_default() }
}

pub(crate) fn parameters(
    root: &mut Table<'_, '_>,
    reader: &mut Reader,
) -> BTreeMap<String, Parameter> {
    let mut parameters = BTreeMap::new();
    let Some(table) = root.table(reader, "parameters") else { return parameters };
    for (name, at, value) in table.entries() {
        let line = reader.line(&(at..at));
        if let Some(row) = Table::of(reader, value, format!("parameter `{name}`"))
            && let Some(parameter) = parameter(row.at("parameters.*"), reader, name, line)
        {
            parameters.insert(name.to_owned(), parameter);
        }
    }
    parameters
}

fn parameter(
    mut row: Table<'_, '_>,
    reader: &mut Reader,
    name: &str,
    line: usize,
) -> Option<Parameter> {
    let unit =
        row.need_text(reader, "type", "One of `money`, `days`, `working-days`, `count`, `share`.");
    let tighten = row.need_text(reader, "tighten", "Say which way is stricter: `up` or `down`.");
    let law = row.text(reader, "law");
    let rows = row.tables(reader, "values");
    if rows.is_empty() {
        row.missing(
            reader,
            "values",
            "Give at least one: `values = [{ from = \"2026-01-01\", is = …, source = \"…\" }]`.",
        );
    }
    row.finish(reader);
    let unit = unit?;
    if !UNITS.contains(&unit.as_str()) {
        reader.find(
            Code::BadValue,
            Some(line),
            format!("`{unit}` is not the type of a parameter."),
            did_you_mean(&unit, UNITS),
        );
        return None;
    }
    let tighten = match tighten.as_deref()? {
        "up" => Tighten::Up,
        "down" => Tighten::Down,
        other => {
            reader.find(
                Code::BadValue,
                Some(line),
                format!("{name} may be tightened \"{other}\", which is no direction."),
                "Write `up` or `down`.",
            );
            return None;
        }
    };
    let mut values: Vec<ParameterValue> = Vec::new();
    for mut row in rows {
        row.name(format!("a value of parameter `{name}`"));
        let from = row.need_text(reader, "from", "Say from which day: `from = \"2026-01-01\"`.");
        let source =
            row.need_text(reader, "source", "Say where it comes from: an article, or `default`.");
        let is = row.get("is");
        let line = row.line;
        if is.is_none() {
            row.missing(reader, "is", "Give the value.");
        }
        row.finish(reader);
        let is = is.and_then(|is| value(reader, name, &unit, is));
        let from = from.and_then(|from| date(reader, &from, line));
        if let (Some(from), Some(is), Some(source)) = (from, is, source) {
            if values.iter().any(|other| other.from == from) {
                reader.find(
                    Code::Duplicate,
                    Some(line),
                    format!("{name} has two values from {from}."),
                    "Keep one of the two.",
                );
            }
            values.push(ParameterValue { from, is, source, line });
        }
    }
    values.sort_by_key(|value| value.from);
    Some(Parameter { name: name.to_owned(), unit, tighten, law, values, line })
}

fn date(reader: &mut Reader, text: &str, line: usize) -> Option<Date> {
    text.parse::<Date>().ok().filter(|_| text.len() == 10).or_else(|| {
        reader.find(
            Code::BadValue,
            Some(line),
            format!("`{text}` is not a day."),
            "Write `YYYY-MM-DD`.",
        );
        None
    })
}

fn value(reader: &mut Reader, name: &str, unit: &str, is: &Spanned<DeValue<'_>>) -> Option<Value> {
    let line = reader.line(&is.span());
    let read = typed_value(unit, is.get_ref());
    if read.is_none() {
        let how = match unit {
            "money" => "Write yuan in quotes with at most two decimals: `\"1000.00\"`.",
            "share" => "Write a part of one in quotes: `\"0.90\"` or `\"9/10\"`.",
            "count" => "Write a whole number from 0.",
            _ => "Write a whole number of days.",
        };
        reader.find(
            Code::BadValue,
            Some(line),
            format!("the value of {name} is not of type {unit}."),
            how,
        );
    }
    read
}

/// A parameter's value of a unit; `None` when it is something else.
fn typed_value(unit: &str, value: &DeValue<'_>) -> Option<Value> {
    match unit {
        "money" => value
            .as_str()?
            .parse::<Money>()
            .ok()
            .filter(|money| !money.is_negative())
            .map(Value::Money),
        "days" => Some(Value::Period(Period::Days(u16::try_from(whole(value)?).ok()?))),
        "working-days" => {
            Some(Value::Period(Period::WorkingDays(u16::try_from(whole(value)?).ok()?)))
        }
        "count" => whole(value).filter(|count| *count >= 0).map(Value::Count),
        "share" => share(value.as_str()?).map(Value::Share),
        _ => None,
    }
}

fn share(text: &str) -> Option<Fraction> {
    if let Ok(fraction) = text.parse() {
        return Some(fraction);
    }
    let (whole, decimals) = text.split_once('.')?;
    let places = u32::try_from(decimals.len()).ok().filter(|n| (1..=6).contains(n))?;
    let den = 10_u32.pow(places);
    let num = whole.parse::<u32>().ok()?.checked_mul(den)?.checked_add(decimals.parse().ok()?)?;
    (num <= den).then(|| Fraction::new(num, den))?
}

fn prove(mut row: Table<'_, '_>, reader: &mut Reader) -> Option<Prove> {
    let line = row.line;
    let never = row.text(reader, "never");
    let always = row.text(reader, "always");
    row.finish(reader);
    let parts = |text: &str, by: &str| {
        text.split_once(by).map(|(a, b)| (a.trim().to_owned(), b.trim().to_owned()))
    };
    if let Some(text) = &never {
        if let Some((what, without)) = parts(text, " without ") {
            return Some(Prove::NeverWithout { what, without, line });
        }
        if let Some((what, after)) = parts(text, " after ") {
            return Some(Prove::NeverAfter { what, after, line });
        }
    }
    if let Some((what, to)) = always.as_deref().and_then(|text| parts(text, " leads to ")) {
        let to = to.split(" or ").map(|item| item.trim().to_owned()).collect();
        return Some(Prove::LeadsTo { what, to, line });
    }
    reader.find(
        Code::BadValue,
        Some(line),
        "this property cannot be read.",
        "Write `never = \"A without B\"`, `never = \"A after B\"` or `always = \"A leads to B or C\"`.",
    );
    None
}

fn local(mut row: Table<'_, '_>, reader: &mut Reader) -> Option<LocalEvent> {
    let event = row.need_text(reader, "event", "Name the event: `event = \"ToolLent\"`.");
    let given = row.has("fields");
    let fields = row.texts(reader, "fields");
    let line = row.line;
    row.finish(reader);
    let event = event?;
    Some(LocalEvent { fact: fact_of(&event), event, fields: given.then_some(fields), line })
}
