//! The harness of the cases beside a watch: given rows, one more row or a day, then a warning or none. Knows no watch.

use definitions::{
    Watch, WatchCatalogue,
    cases::{Case, CaseLine},
    formula::Unit,
};
use kernel::{Date, EventId, Money};
use serde_json::{Map, Value};

use super::{Found, Row, Rows, judge};
use crate::cases::Failure;

/// The rows of lines: `lent amount=1900.00 to=x on=2026-03-02`. A `key` names the row; a later one takes its place.
///
/// # Errors
/// A sentence for the first line that is none.
pub fn rows(lines: &[CaseLine], catalogue: &WatchCatalogue) -> Result<Vec<Row>, String> {
    let mut rows: Vec<Row> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let row = row(line, index, catalogue)?;
        rows.retain(|other| (&other.source, &other.key) != (&row.source, &row.key));
        rows.push(row);
    }
    Ok(rows)
}

fn row(line: &CaseLine, index: usize, catalogue: &WatchCatalogue) -> Result<Row, String> {
    let source = catalogue
        .source(&line.what)
        .ok_or_else(|| format!("`{}` is nothing that can be watched", line.what))?;
    let on = line.value("on").unwrap_or("2026-03-02");
    let on: Date = on.parse().map_err(|_| format!("`{on}` is not a day"))?;
    let mut fields = Map::new();
    for (name, text) in &line.values {
        if name == "on" || name == "key" {
            continue;
        }
        let field = source.field(name).ok_or_else(|| format!("`{}` has no `{name}`", line.what))?;
        fields.insert(name.clone(), typed(field.unit.as_ref(), text)?);
    }
    // a measure that a case does not speak of measures nothing
    for field in source.fields.iter().filter(|field| field.measure.is_some()) {
        if field.unit == Some(Unit::Truth) {
            fields.entry(field.name.clone()).or_insert(false.into());
        }
    }
    let missing = source.fields.iter().find(|f| f.always && !fields.contains_key(&f.name));
    if let Some(field) = missing {
        return Err(format!("`{}` needs `{}`", line.what, field.name));
    }
    let key = line.value("key").map_or_else(|| format!("row-{index}"), str::to_owned);
    let event = EventId::from(format!("event-{index:04}").as_str());
    Ok(Row { source: line.what.clone(), key, event, on, fields })
}

fn typed(unit: Option<&Unit>, text: &str) -> Result<Value, String> {
    let wrong = || format!("`{text}` does not fit its field");
    Ok(match unit {
        Some(Unit::Money) => {
            let (sign, digits) = match text.strip_prefix('-') {
                Some(digits) => (-1, digits),
                None => (1, text),
            };
            (sign * digits.parse::<Money>().map_err(|_| wrong())?.fen()).into()
        }
        Some(Unit::Count | Unit::Days | Unit::WorkingDays) => {
            text.parse::<i64>().map_err(|_| wrong())?.into()
        }
        Some(Unit::Truth) => match text {
            "yes" => true.into(),
            "no" => false.into(),
            _ => return Err(wrong()),
        },
        _ => text.into(),
    })
}

/// Runs the cases of a watch.
pub fn run(watch: &Watch, cases: &[Case], catalogue: &WatchCatalogue) -> Vec<Failure> {
    let failed =
        |case: &Case, what: String| Failure { case: case.name.clone(), line: case.line, what };
    cases
        .iter()
        .filter_map(|case| one(watch, case, catalogue).err().map(|what| failed(case, what)))
        .collect()
}

fn one(watch: &Watch, case: &Case, catalogue: &WatchCatalogue) -> Result<(), String> {
    let mut lines = case.given.clone();
    let found: Vec<Found> = if case.when.what == "day" {
        let on = case.when.value("on").and_then(|on| on.parse::<Date>().ok());
        let on = on.ok_or("`day` says on=YYYY-MM-DD")?;
        let rows = rows(&lines, catalogue)?;
        let all = Rows { all: &rows };
        let judged = rows.iter().map(|row| judge(watch, row, &all, on));
        judged.filter_map(Result::transpose).collect::<Result<_, _>>().map_err(|e| e.to_string())?
    } else {
        lines.push(case.when.clone());
        let rows = rows(&lines, catalogue)?;
        let row = rows.last().ok_or("there is no row")?;
        let found = judge(watch, row, &Rows { all: &rows }, row.on);
        found.map_err(|error| error.to_string())?.into_iter().collect()
    };
    let wanted =
        case.then.first().ok_or("a watch refuses nothing: say `Warning …` or `Nothing`")?;
    match (wanted.what.as_str(), found.first()) {
        ("Nothing", None) => Ok(()),
        ("Nothing", Some(found)) => Err(format!("found {found:?}")),
        ("Warning", None) => Err("nothing was found".to_owned()),
        ("Warning", Some(found)) => compare(wanted, found),
        (other, _) => Err(format!("`{other}` is neither `Warning` nor `Nothing`")),
    }
}

fn compare(wanted: &CaseLine, found: &Found) -> Result<(), String> {
    for (name, value) in &wanted.values {
        let is = match name.as_str() {
            "severity" => found.severity.word().to_owned(),
            "value" => found.value.clone(),
            "threshold" => found.threshold.clone(),
            "evidence" => found.evidence.len().to_string(),
            "key" => found.key.clone(),
            other => return Err(format!("a warning shows no `{other}`")),
        };
        if is != *value {
            return Err(format!("`{name}` is `{is}`, not `{value}`"));
        }
    }
    Ok(())
}
