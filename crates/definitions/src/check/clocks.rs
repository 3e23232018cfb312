//! Clocks that pause: what pauses one, what lets it go on, what lengthens it; in one unit, and no clock stands still for ever.

use kernel::Period;

use super::{Check, names::step_item};
use crate::{
    finding::FindingCode as Code,
    model::{Definition, Step, Within},
    number::Value,
};

pub(super) fn check(check: &mut Check<'_>) {
    let definition = check.definition;
    for step in &definition.steps {
        let longer = step.lengthens.as_ref().map(|lengthens| (&lengthens.step, lengthens.line));
        let turned = step.pauses.iter().chain(&step.resumes).map(|id| (id, step.line));
        for (id, line) in turned.chain(longer) {
            if step_item(check, id, line) {
                beside(check, step, id, line);
                has_clock(check, step, id, line);
            }
        }
        for id in &step.pauses {
            goes_on(check, step, id);
        }
        for id in &step.resumes {
            if !definition.steps.iter().any(|other| other.pauses.contains(id)) {
                check.find(
                    Code::ConsumerWithoutTimer,
                    step.line,
                    format!(
                        "step `{}` lets the clock of `{id}` go on, which nothing pauses.",
                        step.id
                    ),
                    format!("Add `pauses = [\"{id}\"]` to a step, or take `resumes` out."),
                );
            }
        }
        longer_in_its_unit(check, step);
    }
}

/// Moving on stops the clock anyway: only a step beside the main line can pause it.
fn beside(check: &mut Check<'_>, step: &Step, id: &str, line: usize) {
    if step.is_main() || step.answers.is_some() {
        check.find(
            Code::BadValue,
            line,
            format!("step `{}` turns the clock of `{id}`, but does not run beside it.", step.id),
            "Give it `during`, without `after` and `answers`.",
        );
    }
}

fn has_clock(check: &mut Check<'_>, step: &Step, id: &str, line: usize) {
    let definition = check.definition;
    let Some(of) = definition.step(id) else { return };
    // A clock that ends on a day somebody named has no length that could be left.
    let mut lengths = definition.set_by(of).filter(|within| !matches!(within, Within::Date(_)));
    if !of.is_main() || of.missed.is_none() || lengths.next().is_none() {
        check.find(
            Code::ConsumerWithoutTimer,
            line,
            format!("step `{}` turns the clock of `{id}`, which has none.", step.id),
            format!("Give `{id}` a `missed`, and the step before it `next.within`."),
        );
    }
}

/// Wherever the clock was paused, a step that lets it go on is open.
fn goes_on(check: &mut Check<'_>, step: &Step, id: &str) {
    let definition = check.definition;
    let pairs = |step: &Step| -> Vec<(String, String)> {
        let all = step.during.iter().flat_map(|item| definition.expand(item));
        all.map(|(step, outcome)| (step.to_owned(), outcome.to_owned())).collect()
    };
    let onward: Vec<(String, String)> = definition
        .steps
        .iter()
        .filter(|other| other.resumes.iter().any(|resumed| resumed == id))
        .flat_map(pairs)
        .collect();
    if let Some((before, outcome)) = pairs(step).iter().find(|pair| !onward.contains(pair)) {
        check.find(
            Code::NeverEnds,
            step.line,
            format!(
                "step `{}` pauses the clock of `{id}` after `{before}.{outcome}`, and nothing there lets it go on.",
                step.id
            ),
            format!("Add a step with `resumes = [\"{id}\"]` during the same."),
        );
    }
}

fn longer_in_its_unit(check: &mut Check<'_>, step: &Step) {
    let definition = check.definition;
    let Some(lengthens) = &step.lengthens else { return };
    let Some(of) = definition.step(&lengthens.step) else { return };
    let given = units(definition, &lengthens.by);
    let own: Vec<&str> =
        definition.set_by(of).flat_map(|within| units(definition, within)).collect();
    if own.iter().any(|unit| given.iter().any(|other| other != unit)) {
        check.find(
            Code::Units,
            lengthens.line,
            format!(
                "step `{}` lengthens the clock of `{}` in another unit than its own.",
                step.id, of.id
            ),
            "Give both in days, or both in working days.",
        );
    }
    if step.rounds.is_none() {
        check.find(
            Code::UnboundedLoop,
            lengthens.line,
            format!("step `{}` may give more time again and again.", step.id),
            "Say how often at most: `rounds = 1`.",
        );
    }
}

/// The units of all values of a length.
fn units(definition: &Definition, within: &Within) -> Vec<&'static str> {
    let unit = |period: Period| match period {
        Period::Days(_) => "days",
        Period::WorkingDays(_) => "working-days",
    };
    match within {
        Within::Period(period) | Within::MonthEnd(period) => vec![unit(*period)],
        Within::Date(_) => Vec::new(),
        Within::Matter => {
            definition.matters.iter().flat_map(|m| units(definition, &m.notice)).collect()
        }
        Within::Parameter(name) => {
            let values = definition.parameters.get(name).into_iter().flat_map(|p| &p.values);
            values.filter_map(|value| Some(unit(Value::period(value.is)?))).collect()
        }
    }
}
