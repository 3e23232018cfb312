//! Figures (取数): what reports and indicators are made of. A service offers some of its books by name; a file *counts* the
//! rest itself from events that everybody may read.
//!
//! ```toml
//! [[figure]]
//! id = "asked"  zh, en  service = "services"  event = "QuestionAsked"
//! where = { kind = "weather" }         # fields that must have these values
//! sum = "amount"                       # adds up a field; without it the events are counted
//! followed_by = ["QuestionAnswered"]   # only those after which one of these came
//! not_followed_by = ["…"]              # only those after which none came
//! ```
//!
//! A figure counts what happened between two days, in one unit. What came after lies in the same stream (it is of the same
//! thing) and is looked for up to the later day. Nothing says "within": where a time runs, what comes when it has run out is
//! an event, and is counted like every other.

pub mod cases;
mod check;
mod read;

use kernel::Text;

use crate::{citations::Citations, formula::Unit, names::fact_of};

pub(crate) use check::{Offered, counted, typed};
pub(crate) use read::{figures, formula};

/// A figure that a file counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Its name in formulas.
    pub id: String,
    /// What it is called.
    pub name: Text,
    /// Whose events, as files name services.
    pub service: String,
    /// Which event.
    pub event: String,
    /// Fields that must have these values.
    pub only: Vec<(String, String)>,
    /// The field that is added up; `None`: the events are counted.
    pub sum: Option<String>,
    /// What came after, when it matters.
    pub after: Option<After>,
    /// Line in the file.
    pub line: usize,
}

/// What came after an event, of the same thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// One of these events.
    pub events: Vec<String>,
    /// Whether one must have come, or none may.
    pub came: bool,
}

impl Figure {
    /// The fact that it counts: `question-asked.v1`.
    pub fn fact(&self) -> String {
        fact_of(&self.event)
    }

    /// Its unit.
    pub fn unit(&self) -> Unit {
        if self.sum.is_some() { Unit::Money } else { Unit::Count }
    }

    /// What it counts, in words.
    pub fn told(&self) -> Text {
        let Text { zh, en } = &self.name;
        let (mut said_zh, mut said_en) = match &self.sum {
            Some(field) => (
                format!("“{zh}”：事件 {} 的 {field} 之和", self.event),
                format!("“{en}”: the sum of `{field}` of {}", self.event),
            ),
            None => (
                format!("“{zh}”：事件 {} 的件数", self.event),
                format!("“{en}”: how many {}", self.event),
            ),
        };
        for (field, value) in &self.only {
            said_zh.push_str(&format!("，{field} 为 {value}"));
            said_en.push_str(&format!(", {field} being {value}"));
        }
        if let Some(after) = &self.after {
            let events = after.events.join(", ");
            match after.came {
                true => {
                    said_zh.push_str(&format!("，其后有 {events}"));
                    said_en.push_str(&format!(", followed by {events}"));
                }
                false => {
                    said_zh.push_str(&format!("，其后没有 {events}"));
                    said_en.push_str(&format!(", not followed by {events}"));
                }
            }
        }
        Text::new(said_zh, said_en)
    }
}

/// What reports and indicators may name.
#[derive(Debug, Clone, Default)]
pub struct FigureCatalogue {
    /// Figures that services offer by name, with their units.
    pub offered: Vec<(String, Unit)>,
    /// Events that everybody may read.
    pub events: Vec<PublicEvent>,
    /// The articles.
    pub citations: Citations,
}

/// An event that everybody may read, with the fields that stand in it in plain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicEvent {
    /// Its service, as files name it.
    pub service: String,
    /// Its name in files: `QuestionAsked`.
    pub event: String,
    /// Its plain fields, with the units of those that can be computed with.
    pub fields: Vec<(String, Option<Unit>)>,
}

impl FigureCatalogue {
    /// An event by service and name.
    pub fn event(&self, service: &str, event: &str) -> Option<&PublicEvent> {
        self.events.iter().find(|one| one.service == service && one.event == event)
    }
}

impl PublicEvent {
    /// What a field is; `None` when the event has no such plain field.
    pub fn field(&self, name: &str) -> Option<&Option<Unit>> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, unit)| unit)
    }
}
