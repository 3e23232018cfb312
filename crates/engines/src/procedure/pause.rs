//! Clocks that stand still and go on: what was left is counted exactly, in the clock's own unit, and stands in the event.
//!
//! A paused clock is no deadline: nothing falls due. The step beside which it is paused can still be taken.

use definitions::{Definition, Step};
use kernel::{Period, Timestamp, WorkCalendar};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    clock::{Clock, clock_name},
    history::History,
};

/// A length of time that runs, or what is left of one that stands still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The clock.
    pub name: String,
    /// From when it counts; of one that stands still: not before.
    pub from: Timestamp,
    /// How long.
    pub lasts: Period,
}

impl Span {
    /// As an event carries it, by the clock's name.
    pub(super) fn write(&self) -> Value {
        json!({ "from": self.from.micros(), "lasts": self.lasts })
    }

    /// All spans of one of an event's keys.
    pub(super) fn read(value: Option<&Value>) -> Vec<Self> {
        let all = value.and_then(Value::as_object).into_iter().flatten();
        all.filter_map(|(name, span)| {
            Some(Self {
                name: name.clone(),
                from: Timestamp::from_micros(span.get("from")?.as_i64()?),
                lasts: span.get("lasts")?.as_str()?.parse().ok()?,
            })
        })
        .collect()
    }
}

/// What an event says of clocks.
#[derive(Default)]
pub(super) struct Turned {
    pub(super) due: Map<String, Value>,
    pub(super) runs: Map<String, Value>,
    pub(super) paused: Map<String, Value>,
    pub(super) stops: Vec<String>,
}

/// The clock of a step, by the step's id.
pub(super) fn clock_of(definition: &Definition, id: &str) -> Option<String> {
    definition.step(id)?.missed.as_ref().map(clock_name)
}

impl Turned {
    /// What a step beside the main line does to the clocks of others.
    pub(super) fn turn(&mut self, clock: &Clock<'_>, history: &History, step: &Step) {
        for id in &step.pauses {
            let Some(span) = running(clock, history, id) else { continue };
            let lasts = clock.calendar.left(span.from, span.lasts, clock.now);
            self.stops.push(span.name.clone());
            self.paused.insert(span.name.clone(), Span { lasts, ..span }.write());
        }
        for name in step.resumes.iter().filter_map(|id| clock_of(clock.definition, id)) {
            let Some(span) = history.paused(&name) else { continue };
            self.run(clock.calendar, Span { from: span.from.max(clock.now), ..span.clone() });
        }
        if let Some(lengthens) = &step.lengthens
            && let Some(by) = clock.period(&lengthens.by)
        {
            let standing = clock_of(clock.definition, &lengthens.step)
                .and_then(|name| history.paused(&name).cloned());
            match (standing, running(clock, history, &lengthens.step)) {
                (Some(span), _) => {
                    let lasts = longer(span.lasts, by);
                    self.paused.insert(span.name.clone(), Span { lasts, ..span }.write());
                }
                (None, Some(span)) => {
                    let lasts = longer(span.lasts, by);
                    self.run(clock.calendar, Span { lasts, ..span });
                }
                (None, None) => {}
            }
        }
    }

    fn run(&mut self, calendar: &WorkCalendar, span: Span) {
        let due = calendar.go_on(span.from, span.lasts);
        self.due.insert(span.name.clone(), due.at.micros().into());
        self.runs.insert(span.name.clone(), span.write());
    }
}

/// How the clock of a step runs now. One that was set before its definition let anything pause it is counted back from
/// its end.
fn running(clock: &Clock<'_>, history: &History, id: &str) -> Option<Span> {
    let name = clock_of(clock.definition, id)?;
    let deadline = history.deadlines.iter().find(|deadline| deadline.name == name)?;
    if let Some(span) = history.runs.iter().find(|span| span.name == name) {
        return Some(span.clone());
    }
    let step = clock.definition.step(id)?;
    let unit = clock.definition.set_by(step).find_map(|within| clock.period(within))?;
    let lasts = clock.calendar.run(clock.now, deadline.due_at, unit);
    Some(Span { name, from: clock.now, lasts })
}

/// Both in one unit: the checker has seen to it.
fn longer(lasts: Period, by: Period) -> Period {
    match (lasts, by) {
        (Period::WorkingDays(lasts), Period::WorkingDays(by) | Period::Days(by)) => {
            Period::WorkingDays(lasts.saturating_add(by))
        }
        (Period::Days(lasts), Period::Days(by) | Period::WorkingDays(by)) => {
            Period::Days(lasts.saturating_add(by))
        }
    }
}
