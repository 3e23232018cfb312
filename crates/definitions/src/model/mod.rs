//! What a definition says, typed. Knows no file, no catalogue and no mechanism.

mod field;
mod ledger;
mod people;
mod require;
mod step;

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Date, DefinitionRef, LogKind, Text};

pub use field::*;
pub use ledger::*;
pub use people::*;
pub use require::*;
pub use step::*;

use crate::number::Value;

/// A procedure as one definition file says it: people, order, clock and words around a typed core.
#[derive(Debug, Clone)]
pub struct Definition {
    /// The file it was read from, for findings.
    pub file: String,
    /// Its id: `lending`.
    pub id: String,
    /// Its version, from 1.
    pub version: u32,
    /// What people call it (名称).
    pub term: Text,
    /// The kind of stream its events lie in: `loan/<id>`.
    pub stream: String,
    /// In which log its events lie: in a closed one as commitments alone.
    pub log: LogKind,
    /// Whether a closed log is that of the level above the unit concerned (上一级).
    pub kept_above: bool,
    /// The built-in definition that this one replaces in a region.
    pub extends: Option<String>,
    /// The service that runs it, as the file names it; a built-in file need not say.
    pub service: Option<String>,
    /// The region whose own definition it is: `yl`. Its id and the types of the events that it declares bear that name.
    pub region: Option<String>,
    /// What it carries of the mission, by the numbers of the map of capabilities.
    pub capabilities: Vec<u16>,
    /// The page on which everybody sees it, where it is another than that of all procedures.
    pub page: Option<String>,
    /// `id@hash`: SHA-256 of the text, in hexadecimal.
    pub reference: DefinitionRef,
    /// The article or rule that the order and the competences rest on, where a step names none.
    pub law: Option<String>,
    /// What a new version means for what is under way.
    pub running: Running,
    /// Dated parameters by name.
    pub parameters: BTreeMap<String, Parameter>,
    /// The fields by name; [`Definition::form`] gives those of a step in the order of the file.
    pub fields: BTreeMap<String, Field>,
    /// Tiers (分级): rows that cover every amount exactly once.
    pub tiers: Vec<Tier>,
    /// The steps in the order of the file.
    pub steps: Vec<Step>,
    /// Kinds of matter (事项) with the body, notice, quorum and majority that each needs.
    pub matters: Vec<Matter>,
    /// What must hold on every path.
    pub proves: Vec<Prove>,
    /// Events that this definition declares itself.
    pub locals: Vec<LocalEvent>,
    /// Ledgers of count on which its steps book.
    pub ledgers: Vec<Ledger>,
    /// Events that the definition declares which this one replaces: bound here by their names.
    pub inherited: Vec<String>,
    /// The law that a burden over the budget rests on.
    pub burden_law: Option<String>,
    /// The text itself: what is adopted, hashed and shown.
    pub text: String,
}

impl Definition {
    /// A step by id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// Whether its events lie in a closed log.
    pub fn is_closed(&self) -> bool {
        self.log == LogKind::Closed
    }

    /// Whose data a step takes: the name of a person of the case, or nobody's but the case's.
    pub fn whose(&self, step: &Step) -> Option<&str> {
        self.form(step).into_iter().find_map(|field| field.whose.as_deref())
    }

    /// A kind of matter by its id.
    pub fn matter(&self, id: &str) -> Option<&Matter> {
        self.matters.iter().find(|matter| matter.id == id)
    }

    /// The fields typed at a step, in the order of the file.
    pub fn form(&self, step: &Step) -> Vec<&Field> {
        let mut fields: Vec<&Field> =
            step.takes.iter().filter_map(|name| self.fields.get(name)).collect();
        fields.sort_by_key(|field| field.order);
        fields
    }

    /// Whether an event belongs to the procedure itself, not to a core.
    pub fn is_local(&self, event: &str) -> bool {
        self.locals.iter().any(|local| local.event == event)
            || self.inherited.iter().any(|own| own == event)
    }

    /// The fact of an event that this procedure names.
    pub fn fact_of(&self, event: &str) -> Option<&str> {
        self.steps.iter().find_map(|step| {
            let outcome = step.events.iter().find(|outcome| outcome.event == event);
            let missed = step.missed.as_ref().filter(|missed| missed.event == event);
            let closes = step.window.as_ref().and_then(|window| window.closes.as_ref());
            outcome
                .map(|outcome| outcome.fact.as_str())
                .or_else(|| missed.map(|missed| missed.fact.as_str()))
                .or_else(|| closes.filter(|(name, _)| name == event).map(|(_, fact)| fact.as_str()))
        })
    }

    /// The step and outcome that an event of this procedure means. Names are unique, so events need not say it.
    pub fn meaning(&self, fact: &str) -> Option<(&Step, &str)> {
        self.steps.iter().find_map(|step| {
            if let Some(outcome) = step.events.iter().find(|outcome| outcome.fact == fact) {
                return Some((step, outcome.outcome.as_str()));
            }
            if step.missed.as_ref().is_some_and(|missed| missed.fact == fact) {
                return Some((step, MISSED));
            }
            let closes = step.window.as_ref().and_then(|window| window.closes.as_ref());
            closes.is_some_and(|(_, closes)| closes == fact).then_some((step, CLOSED))
        })
    }

    /// The steps after which a step may come: `(step, outcome)`; a step named without outcome means each of its outcomes
    /// but `inquorate`.
    pub fn after<'a>(&'a self, step: &'a Step) -> Vec<(&'a str, &'a str)> {
        step.after.iter().flat_map(|item| self.expand(item)).collect()
    }

    /// Whether a step begins the procedure: main, and after nothing.
    pub fn is_first(&self, step: &Step) -> bool {
        step.is_main() && step.after.is_empty()
    }

    /// Whether another step may pause, resume or lengthen the clock of this one.
    pub fn is_pausable(&self, step: &Step) -> bool {
        self.steps.iter().any(|other| {
            let longer = other.lengthens.as_ref().map(|lengthens| &lengthens.step);
            other.pauses.iter().chain(&other.resumes).chain(longer).any(|id| *id == step.id)
        })
    }

    /// The lengths with which the clock of a step is set.
    pub fn set_by<'a>(&'a self, step: &'a Step) -> impl Iterator<Item = &'a Within> {
        self.after(step)
            .into_iter()
            .filter_map(|(before, outcome)| self.step(before)?.next_of(outcome)?.within.as_ref())
    }

    /// Resolves `step` or `step.outcome` to pairs of step and outcome.
    pub fn expand<'a>(&'a self, item: &'a str) -> Vec<(&'a str, &'a str)> {
        match item.split_once('.') {
            Some((step, outcome)) => vec![(step, outcome)],
            None => self.step(item).map_or_else(Vec::new, |step| {
                step.events
                    .iter()
                    .filter(|event| event.outcome != INQUORATE)
                    .map(|event| (step.id.as_str(), event.outcome.as_str()))
                    .collect()
            }),
        }
    }

    /// The parameters with the values in force on a date; those not in force yet are absent.
    pub fn parameters_at(&self, date: Date) -> BTreeMap<String, Value> {
        self.parameters
            .iter()
            .filter_map(|(name, parameter)| Some((name.clone(), parameter.at(date)?.is)))
            .collect()
    }

    /// The article that a step rests on, as far as the file says: its own, its vote's, the matter's, the procedure's.
    pub fn law_of<'a>(&'a self, step: &'a Step, matter: Option<&'a Matter>) -> Option<&'a str> {
        let vote = step.vote.as_ref().map(|vote| vote.law.as_ref());
        let sitting = step.sitting.as_ref().map(|sitting| sitting.law.as_ref());
        let decided = vote.or(sitting);
        step.law
            .as_deref()
            .or_else(|| decided.flatten().map(String::as_str))
            .or_else(|| decided.and(matter).map(|matter| matter.law.as_str()))
            .or(self.law.as_deref())
    }

    /// Every date on which a parameter changes, first to last.
    pub fn dates(&self) -> BTreeSet<Date> {
        self.parameters.values().flat_map(|p| p.values.iter().map(|v| v.from)).collect()
    }
}

/// Outcome of a step with one event.
pub const DONE: &str = "done";
/// Outcome of a vote that reached its majority.
pub const PASSED: &str = "passed";
/// Outcome of a sitting without quorum.
pub const INQUORATE: &str = "inquorate";
/// What a deadline writes when it passes.
pub const MISSED: &str = "missed";
/// What the end of a window writes.
pub const CLOSED: &str = "closed";

/// What a new version means for what is under way (在办事项).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Which.
    pub mode: RunningMode,
    /// On what ground: a citation or `default`.
    pub source: String,
}

/// `keep | at next step | at once`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunningMode {
    /// What began under a version ends under it.
    Keep,
    /// The new version governs from the next step on.
    AtNextStep,
    /// The new version governs from the day it is adopted.
    AtOnce,
}

/// What must hold on every path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prove {
    /// `never = "A without B"`: no path has A unless B came before.
    NeverWithout {
        /// `step` or `step.outcome`.
        what: String,
        /// What must have come before.
        without: String,
        /// Line in the file.
        line: usize,
    },
    /// `never = "A after B"`.
    NeverAfter {
        /// `step` or `step.outcome`.
        what: String,
        /// What may not have come before.
        after: String,
        /// Line in the file.
        line: usize,
    },
    /// `always = "A leads to B or C"`: every path from A ends through one of them.
    LeadsTo {
        /// `step` or `step.outcome`.
        what: String,
        /// One of these comes.
        to: Vec<String>,
        /// Line in the file.
        line: usize,
    },
}

/// An event that the definition declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalEvent {
    /// `ToolLent`.
    pub event: String,
    /// `tool-lent.v1`.
    pub fact: String,
    /// The fields it carries; `None`: all that are typed at its step.
    pub fields: Option<Vec<String>>,
    /// Line in the file.
    pub line: usize,
}
