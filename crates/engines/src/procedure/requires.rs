//! Conditions that a definition writes as formulas, evaluated on what was typed, what is known and the parameters in force.

use std::collections::BTreeMap;

use definitions::{
    Books, Definition, FieldType, Require, Value as Parameter,
    formula::{Computed, EvalError, Kind, Ratio, Scope},
    model::{DONE, PASSED},
    number::yuan,
};
use kernel::{Money, Refusal, Timestamp};
use serde_json::{Map, Value};

use super::{
    history::History,
    say::{Say, both},
};
use crate::ledger::{self, Booked, Entry};

/// Refuses a step when one of its conditions does not hold.
pub(super) fn check(
    say: &Say<'_>,
    history: Option<&History>,
    typed: &Map<String, Value>,
    parameters: &BTreeMap<String, Parameter>,
    now: Timestamp,
) -> Result<(), Refusal> {
    let seen = Seen { definition: say.definition, history, typed, parameters };
    for require in &say.step.requires {
        match require.that.holds(&seen) {
            Ok(true) => {}
            Ok(false) => return Err(refused(say, require, &seen, now)),
            Err(error) => return Err(cannot(say, require, &error)),
        }
    }
    Ok(())
}

/// What a step books, or takes back, with this outcome.
pub(super) fn books(
    say: &Say<'_>,
    outcome: &str,
    history: Option<&History>,
    typed: &Map<String, Value>,
    parameters: &BTreeMap<String, Parameter>,
) -> Result<Vec<Booked>, Refusal> {
    let Say { definition, step, .. } = *say;
    if outcome != DONE && outcome != PASSED {
        return Ok(Vec::new());
    }
    let seen = Seen { definition, history, typed, parameters };
    let nothing = || {
        say.refuse(
            "nothing-to-book",
            both("没有可记的数量", "there is nothing to book"),
            both("数量应大于零", "give a number above zero"),
        )
    };
    let amount = |one: &Books| match one.amount.value(&seen) {
        Ok(Some(Computed::Number(number))) => number.as_whole().ok_or_else(nothing),
        _ => Err(nothing()),
    };
    let mut values = history.map(|history| history.values.clone()).unwrap_or_default();
    values.extend(typed.clone());
    let mut all = ledger::booked(definition, step, &values, amount, nothing)?;
    if !step.reverses.is_empty() {
        let made: Vec<(u64, &str, Entry)> = history
            .iter()
            .flat_map(|history| &history.booked)
            .filter_map(|made| {
                let (by, _) = definition.meaning(&made.fact)?;
                Some((made.number, by.id.as_str(), made.entry.clone()))
            })
            .collect();
        all.extend(ledger::taken_back(definition, step, &made));
        if all.is_empty() {
            return Err(say.refuse(
                "nothing-booked",
                both("没有可冲正的记账，或已冲正", "nothing is booked, or it was taken back"),
                both("请核对账页", "look at the account"),
            ));
        }
    }
    Ok(all)
}

fn refused(say: &Say<'_>, require: &Require, seen: &Seen<'_>, now: Timestamp) -> Refusal {
    let shown: Vec<(String, String)> = say
        .definition
        .fields
        .keys()
        .filter_map(|name| Some((name.clone(), seen.said(name)?)))
        .chain(seen.parameters.iter().map(|(name, value)| (name.clone(), value.to_string())))
        .collect();
    let fill: Vec<(&str, &str)> =
        shown.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let right = say.definition.sentence(&require.that, now.date());
    let remedy = both(format!("应当：{}", right.zh), format!("It must be so: {}", right.en));
    let refusal = Refusal::new(&require.code, require.says.fill(&fill), remedy)
        .by_law(say.citations.cite(&require.law));
    match at(say, require) {
        Some(field) => refusal.at(format!("/fields/{field}")),
        None => refusal,
    }
}

fn cannot(say: &Say<'_>, require: &Require, error: &EvalError) -> Refusal {
    let (zh, en) = match error {
        EvalError::NotKnown(name) => (
            format!("“{name}”现在没有生效的数值，无法核对"),
            format!("`{name}` has no value in force, so this cannot be checked"),
        ),
        EvalError::TooLarge => {
            ("数值过大，无法核对".to_owned(), "a number is too large to be checked".to_owned())
        }
    };
    Refusal::new(
        "parameter-not-in-force",
        both(zh, en),
        both("请先补充该参数，再办理", "adopt the parameter first"),
    )
    .by_law(say.citations.cite(&require.law))
}

/// The first field of the condition that is typed at this step: where the form marks it.
fn at<'a>(say: &Say<'_>, require: &'a Require) -> Option<&'a str> {
    let mut found = None;
    require.that.root.walk(&mut |expr| {
        if let Kind::Name(name) | Kind::Known(name) = &expr.kind
            && found.is_none()
            && say.step.takes.iter().any(|taken| taken == name)
        {
            found = Some(name.as_str());
        }
    });
    found
}

/// What is known at the step.
struct Seen<'a> {
    definition: &'a Definition,
    history: Option<&'a History>,
    typed: &'a Map<String, Value>,
    parameters: &'a BTreeMap<String, Parameter>,
}

impl Seen<'_> {
    fn field(&self, name: &str) -> Option<(&FieldType, &Value)> {
        let field = self.definition.fields.get(name)?;
        let value = self.typed.get(name).or_else(|| self.history?.values.get(name))?;
        Some((&field.kind, value))
    }

    /// A value as a refusal shows it. Only public fields are named there (the checker sees to it).
    fn said(&self, name: &str) -> Option<String> {
        let (kind, value) = self.field(name)?;
        match kind {
            FieldType::Money => Some(yuan(Money::from_fen(value.as_i64()?))),
            _ => Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
        }
    }
}

impl Scope for Seen<'_> {
    fn value(&self, name: &str) -> Option<Computed<'_>> {
        if let Some(parameter) = self.parameters.get(name) {
            return Some(Computed::Number(match parameter {
                Parameter::Money(money) => Ratio::whole(money.fen()),
                Parameter::Period(
                    kernel::Period::Days(days) | kernel::Period::WorkingDays(days),
                ) => Ratio::whole(i64::from(*days)),
                Parameter::Count(count) => Ratio::whole(*count),
                Parameter::Share(share) => {
                    Ratio::new(i128::from(share.num), i128::from(share.den))?
                }
            }));
        }
        let (kind, value) = self.field(name)?;
        match kind {
            FieldType::Money | FieldType::Count => {
                value.as_i64().map(|number| Computed::Number(Ratio::whole(number)))
            }
            FieldType::Date => value.as_str()?.parse().ok().map(Computed::Date),
            FieldType::YesNo => value.as_bool().map(Computed::Truth),
            FieldType::Enum(_) | FieldType::MatterType => {
                value.as_str().map(|word| Computed::Word(word.into()))
            }
            _ => None,
        }
    }

    fn knows(&self, name: &str) -> bool {
        self.typed.contains_key(name)
            || self.history.is_some_and(|history| history.knows(name))
            || self.parameters.contains_key(name)
    }
}
