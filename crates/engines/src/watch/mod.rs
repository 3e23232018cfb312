//! The watch engine (预警引擎): what a watch finds among rows. Pure: the same rows and day find the same. Knows no watch.
//!
//! Time is that of the events: a row is as old as the event that it was made of, never as the process that looks at it.

mod cases;

use std::collections::BTreeMap;

use definitions::{
    Value as Number, Watch,
    formula::{Ast, Computed, EvalError, Ratio, Row as Inner, Scope},
    watch::{Level, Looks, On, Severity},
};
use kernel::{Date, EventId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use cases::{rows as rows_of, run as run_cases};

/// A row: the few fields of an event that watches look at. Money in fen, days as `YYYY-MM-DD`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The source it belongs to.
    pub source: String,
    /// Its natural key in the source.
    pub key: String,
    /// The event it was made of last: the evidence.
    pub event: EventId,
    /// That event's day.
    pub on: Date,
    /// The fields.
    pub fields: Map<String, Value>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// How grave.
    pub severity: Severity,
    /// The natural key: with the watch and the unit, the same warning.
    pub key: String,
    /// What was measured: fen, or a number.
    pub value: String,
    /// Against what.
    pub threshold: String,
    /// The events that show it, the oldest first.
    pub evidence: Vec<EventId>,
    /// The keys of their rows.
    pub rows: Vec<String>,
    /// The values of the parameters then.
    pub parameters: BTreeMap<String, Value>,
    /// Working days within which somebody takes it up.
    pub answer_in: u16,
    /// Working days within which there is a result.
    pub result_in: u16,
}

/// Rows beside the one that is judged: all of one unit.
pub struct Rows<'a> {
    /// The rows, each source's and time's mixed.
    pub all: &'a [Row],
}

struct Judging<'a> {
    row: &'a Row,
    rows: Vec<Seen<'a>>,
    parameters: BTreeMap<&'a str, Number>,
    today: Date,
}

struct Seen<'a>(&'a Row);

fn computed(value: &Value) -> Option<Computed<'_>> {
    match value {
        Value::Number(number) => Some(Computed::Number(Ratio::whole(number.as_i64()?))),
        Value::Bool(truth) => Some(Computed::Truth(*truth)),
        Value::String(text) if text.len() == 10 && text.as_bytes().get(4) == Some(&b'-') => {
            Some(text.parse().map_or_else(|_| Computed::Word(text.into()), Computed::Date))
        }
        Value::String(text) => Some(Computed::Word(text.into())),
        _ => None,
    }
}

impl Scope for Seen<'_> {
    fn value(&self, name: &str) -> Option<Computed<'_>> {
        self.0.fields.get(name).and_then(computed)
    }
}

impl Scope for Judging<'_> {
    fn value(&self, name: &str) -> Option<Computed<'_>> {
        if name == "today" {
            return Some(Computed::Date(self.today));
        }
        if let Some(parameter) = self.parameters.get(name) {
            return Some(Computed::Number(match parameter {
                Number::Money(money) => Ratio::whole(money.fen()),
                Number::Period(kernel::Period::Days(days) | kernel::Period::WorkingDays(days)) => {
                    Ratio::whole(i64::from(*days))
                }
                Number::Count(count) => Ratio::whole(*count),
                Number::Share(share) => Ratio::new(i128::from(share.num), i128::from(share.den))?,
            }));
        }
        self.row.fields.get(name).and_then(computed)
    }

    fn rows(&self, of: &str, over: Option<u16>) -> Vec<Inner<'_>> {
        self.within(of, over).map(|seen| seen as Inner<'_>).collect()
    }
}

impl Judging<'_> {
    /// The rows of a source on the day itself and so many days before it; all without a span.
    fn within(&self, of: &str, over: Option<u16>) -> impl Iterator<Item = &Seen<'_>> {
        self.rows.iter().filter(move |seen| {
            let age = (self.today - seen.0.on).get_days();
            seen.0.source == of && over.is_none_or(|days| age < i32::from(days))
        })
    }

    fn said(&self, ast: &Ast) -> Result<String, EvalError> {
        Ok(match ast.value(self)? {
            Some(Computed::Number(number)) => number.to_string(),
            Some(Computed::Date(date)) => date.to_string(),
            Some(Computed::Truth(truth)) => truth.to_string(),
            Some(Computed::Word(word)) => word.into_owned(),
            None => String::new(),
        })
    }

    /// The rows that a condition looked at: those of the sources it names that pass its filters, and the one judged.
    fn evidence(&self, ast: &Ast) -> Result<Vec<&Row>, EvalError> {
        let mut found: Vec<&Row> = vec![self.row];
        let mut spans: Vec<(&str, Option<u16>, Option<&definitions::formula::Expr>)> = Vec::new();
        let mut failed = None;
        ast.root.walk(&mut |expr| {
            use definitions::formula::{Kind, Span};
            let Kind::Aggregate { of, over, filter, .. } = &expr.kind else { return };
            let days = match over {
                None => None,
                Some(Span::Period(
                    kernel::Period::Days(days) | kernel::Period::WorkingDays(days),
                )) => Some(*days),
                Some(Span::Parameter(name)) => match self.value(name) {
                    Some(Computed::Number(days)) => {
                        days.as_whole().and_then(|days| u16::try_from(days).ok())
                    }
                    _ => {
                        failed = Some(EvalError::NotKnown(name.clone()));
                        None
                    }
                },
            };
            spans.push((of, days, filter.as_deref()));
        });
        if let Some(error) = failed {
            return Err(error);
        }
        for (of, days, filter) in spans {
            for seen in self.within(of, days) {
                let passes = match filter {
                    Some(filter) => {
                        let ast = Ast { text: String::new(), root: filter.clone() };
                        ast.holds(&Inside { row: seen, around: self })?
                    }
                    None => true,
                };
                if passes && !found.iter().any(|known| known.event == seen.0.event) {
                    found.push(seen.0);
                }
            }
        }
        found.sort_by(|a, b| (a.on, &a.event).cmp(&(b.on, &b.event)));
        Ok(found)
    }
}

struct Inside<'a> {
    row: &'a Seen<'a>,
    around: &'a Judging<'a>,
}

impl Scope for Inside<'_> {
    fn value(&self, name: &str) -> Option<Computed<'_>> {
        self.row.value(name).or_else(|| self.around.value(name))
    }
}

/// The natural key of a row: the values in which rows are alike, or its own key.
fn natural_key(alike: &[String], row: &Row) -> String {
    if alike.is_empty() {
        return row.key.clone();
    }
    let values = alike.iter().map(|field| match row.fields.get(field) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    });
    values.collect::<Vec<_>>().join("|")
}

fn is_alike(alike: &[String], a: &Row, b: &Row) -> bool {
    // a row of another source is alike where it has the field; where it has not, nothing sets it apart
    let same = |field: &String| match (a.fields.get(field), b.fields.get(field)) {
        (Some(a), Some(b)) => a == b,
        (_, None) => a.source != b.source,
        (None, Some(_)) => false,
    };
    alike.iter().all(same)
}

/// Judges a row on a day: its own, or for a watch of each day the one that is looked at.
///
/// # Errors
/// When a formula has no value, which the checker excludes, or a number is out of range.
pub fn judge(
    watch: &Watch,
    row: &Row,
    rows: &Rows<'_>,
    today: Date,
) -> Result<Option<Found>, EvalError> {
    let Looks::Rows { source, alike, levels, .. } = &watch.looks else { return Ok(None) };
    if *source != row.source {
        return Ok(None);
    }
    let parameters = watch
        .parameters
        .iter()
        .filter_map(|(name, parameter)| Some((name.as_str(), parameter.at(today)?.is)))
        .collect();
    let near = rows.all.iter().filter(|other| other.on <= today && is_alike(alike, row, other));
    let judging = Judging { row, rows: near.map(Seen).collect(), parameters, today };
    for level in levels {
        if level.when.holds(&judging)? {
            return found(level, alike, &judging).map(Some);
        }
    }
    Ok(None)
}

fn found(level: &Level, alike: &[String], judging: &Judging<'_>) -> Result<Found, EvalError> {
    let evidence = judging.evidence(&level.when)?;
    let days = |name: &str| match judging.parameters.get(name) {
        Some(Number::Period(kernel::Period::WorkingDays(days))) => *days,
        _ => 0,
    };
    let resolved = judging.parameters.iter();
    Ok(Found {
        severity: level.severity,
        key: natural_key(alike, judging.row),
        value: judging.said(&level.value)?,
        threshold: judging.said(&level.threshold)?,
        evidence: evidence.iter().map(|row| row.event.clone()).collect(),
        rows: evidence.iter().map(|row| row.key.clone()).collect(),
        parameters: resolved.map(|(name, value)| ((*name).to_owned(), value.to_json())).collect(),
        answer_in: days(&level.answer_in),
        result_in: days(&level.result_in),
    })
}

/// Whether a watch is judged when such a row comes.
pub fn is_judged_on_row(watch: &Watch, of: &str) -> bool {
    matches!(&watch.looks, Looks::Rows { on: On::Row, source, .. } if source == of)
}

/// Whether a watch is judged each day for such rows.
pub fn is_judged_by_day(watch: &Watch, of: &str) -> bool {
    matches!(&watch.looks, Looks::Rows { on: On::Day, source, .. } if source == of)
}
