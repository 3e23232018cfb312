//! Order: which steps can be taken after what has happened.

use definitions::{
    Definition, Step,
    model::{CLOSED, INQUORATE, MISSED},
};
use kernel::Timestamp;

use super::{
    history::{Happened, History},
    pause::clock_of,
};

/// Where a case stands.
pub(super) struct Order<'a> {
    definition: &'a Definition,
    history: Option<&'a History>,
    /// Index of the event that moved the case on last.
    current: Option<usize>,
}

/// Why a step cannot be taken now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Closed {
    /// The case has ended.
    Ended,
    /// Not its turn; these come first or next.
    OutOfOrder,
    /// It has been taken as often as it may be.
    RoundsExhausted(u32),
    /// A window still runs until then.
    WindowOpen(Timestamp),
    /// Objections have not been answered.
    Unanswered(usize),
    /// The window ended then.
    TooLate(Timestamp),
    /// Nothing is open that it could answer.
    NothingToAnswer,
    /// The clock that it would pause stands still already.
    Paused,
    /// The clock that it would let go on does not stand still.
    NotPaused,
    /// The clock that it would lengthen has run out.
    RunOut,
}

impl<'a> Order<'a> {
    pub(super) fn new(definition: &'a Definition, history: Option<&'a History>) -> Self {
        let mut order = Self { definition, history, current: None };
        order.current = order.happened().iter().rposition(|happened| {
            definition.meaning(&happened.fact).is_some_and(|(step, outcome)| moves(step, outcome))
        });
        order
    }

    fn happened(&self) -> &'a [Happened] {
        self.history.map_or(&[], |history| history.happened.as_slice())
    }

    /// The event that moved the case on last.
    pub(super) fn last(&self) -> Option<&'a Happened> {
        self.current.and_then(|index| self.happened().get(index))
    }

    fn fact(&self, step: &str, outcome: &str) -> Option<&'a str> {
        let step = self.definition.step(step)?;
        match outcome {
            MISSED => step.missed.as_ref().map(|missed| missed.fact.as_str()),
            CLOSED => step.window.as_ref()?.closes.as_ref().map(|(_, fact)| fact.as_str()),
            outcome => step.event_of(outcome).map(|event| event.fact.as_str()),
        }
    }

    /// The last time something happened, if that was not before the case moved on.
    fn since_current(&self, step: &str, outcome: &str) -> Option<&'a Happened> {
        let fact = self.fact(step, outcome)?;
        let from = self.current.unwrap_or(0);
        self.happened().iter().skip(from).rev().find(|happened| happened.fact == fact)
    }

    /// How often a step was taken.
    pub(super) fn times(&self, step: &Step) -> usize {
        self.happened()
            .iter()
            .filter(|h| step.events.iter().any(|e| e.fact == h.fact && e.outcome != INQUORATE))
            .count()
    }

    /// All events of a step, by whom.
    pub(super) fn of_step(&self, step: &'a Step) -> impl Iterator<Item = &'a Happened> {
        self.happened().iter().filter(move |h| step.events.iter().any(|event| event.fact == h.fact))
    }

    /// Events of the asked step that were not answered yet, oldest first.
    pub(super) fn unanswered(&self, answers: &'a Step) -> Vec<&'a Happened> {
        let Some(asked) = answers.answers.as_ref().and_then(|id| self.definition.step(id)) else {
            return Vec::new();
        };
        let done: Vec<&str> =
            self.of_step(answers).filter_map(|answer| answer.about.as_deref()).collect();
        self.of_step(asked).filter(|h| !done.contains(&h.event.as_str())).collect()
    }

    /// The event that enables a step now.
    pub(super) fn enabled_by(&self, step: &Step) -> Option<&'a Happened> {
        self.definition
            .after(step)
            .iter()
            .filter_map(|(before, outcome)| self.since_current(before, outcome))
            .max_by_key(|happened| happened.at)
    }

    /// Whether a step can be taken, as far as order and windows go.
    pub(super) fn check(&self, step: &'a Step, now: Timestamp) -> Result<(), Closed> {
        if step.answers.is_some() {
            return if self.unanswered(step).is_empty() {
                Err(Closed::NothingToAnswer)
            } else {
                Ok(())
            };
        }
        if self.history.is_some_and(|history| history.ended) {
            return Err(Closed::Ended);
        }
        if !step.is_main() {
            self.beside(step, now)?;
        } else if step.after.is_empty() {
            if self.current.is_some() {
                return Err(Closed::OutOfOrder);
            }
        } else {
            let Some(enabling) = self.current.and_then(|_| self.enabled_by(step)) else {
                return Err(Closed::OutOfOrder);
            };
            self.waits(step, now)?;
            // A window that nothing waits for is a time within which: what runs during it ends with it.
            if let Some((before, outcome)) = self.definition.meaning(&enabling.fact)
                && ends_with(self.definition, before, outcome, step)
                && let Some(ends) = self.window(&enabling.fact).filter(|ends| now > *ends)
            {
                return Err(Closed::TooLate(ends));
            }
        }
        match step.rounds {
            Some(rounds) if self.times(step) >= usize::try_from(rounds).unwrap_or(usize::MAX) => {
                Err(Closed::RoundsExhausted(rounds))
            }
            _ => Ok(()),
        }
    }

    fn beside(&self, step: &Step, now: Timestamp) -> Result<(), Closed> {
        let pairs: Vec<(&str, &str)> =
            step.during.iter().flat_map(|item| self.definition.expand(item)).collect();
        let enabling = pairs
            .iter()
            .find_map(|(before, outcome)| self.since_current(before, outcome))
            .ok_or(Closed::OutOfOrder)?;
        match self.window(&enabling.fact) {
            Some(ends) if now > ends => Err(Closed::TooLate(ends)),
            _ => self.turns(step),
        }
    }

    /// A pause has one end, an end one pause, whether or not the clock had run out before.
    fn turns(&self, step: &Step) -> Result<(), Closed> {
        let in_pause = |id: &String| {
            let since = self.happened().iter().skip(self.current.unwrap_or(0)).rev();
            let mut turns = since.filter_map(|happened| self.definition.meaning(&happened.fact));
            turns
                .find(|(other, _)| other.pauses.contains(id) || other.resumes.contains(id))
                .is_some_and(|(other, _)| other.pauses.contains(id))
        };
        if step.pauses.iter().any(in_pause) {
            return Err(Closed::Paused);
        }
        if !step.resumes.is_empty() && !step.resumes.iter().any(in_pause) {
            return Err(Closed::NotPaused);
        }
        let known = |name: &str| {
            self.history.is_some_and(|history| history.clocks().any(|clock| clock == name))
        };
        let longer = step.lengthens.as_ref();
        match longer.and_then(|longer| clock_of(self.definition, &longer.step)) {
            Some(name) if !known(&name) => Err(Closed::RunOut),
            _ => Ok(()),
        }
    }

    fn window(&self, fact: &str) -> Option<Timestamp> {
        self.history?.windows.iter().find(|window| window.fact == fact).map(|window| window.ends)
    }

    /// A step waits for the window of the step before, and for the answers.
    fn waits(&self, step: &Step, now: Timestamp) -> Result<(), Closed> {
        if !step.during.is_empty() {
            return Ok(());
        }
        let Some(last) = self.last() else { return Ok(()) };
        let Some((before, _)) = self.definition.meaning(&last.fact) else { return Ok(()) };
        let Some(window) = before.window.as_ref().filter(|window| window.blocks) else {
            return Ok(());
        };
        if let Some(ends) = self.window(&last.fact).filter(|ends| now <= *ends) {
            return Err(Closed::WindowOpen(ends));
        }
        let answerer = window.objections.as_ref().and_then(|objection| {
            self.definition.steps.iter().find(|other| other.answers.as_ref() == Some(objection))
        });
        let open = answerer.map_or(0, |answerer| self.unanswered(answerer).len());
        if open > 0 { Err(Closed::Unanswered(open)) } else { Ok(()) }
    }
}

/// Whether a step is open only until the window of the one before ends.
pub(super) fn ends_with(
    definition: &Definition,
    before: &Step,
    outcome: &str,
    step: &Step,
) -> bool {
    let open = before.window.as_ref().is_some_and(|window| !window.blocks);
    let mut during = step.during.iter().flat_map(|item| definition.expand(item));
    open && during.any(|pair| pair == (before.id.as_str(), outcome))
}

/// Whether an outcome moves the case on.
pub(super) fn moves(step: &Step, outcome: &str) -> bool {
    step.is_main() && ![INQUORATE, MISSED, CLOSED].contains(&outcome)
}

/// The main steps that may follow an outcome.
pub(super) fn followers<'a>(
    definition: &'a Definition,
    step: &str,
    outcome: &str,
) -> Vec<&'a Step> {
    definition
        .steps
        .iter()
        .filter(|next| next.is_main() && definition.after(next).contains(&(step, outcome)))
        .collect()
}
