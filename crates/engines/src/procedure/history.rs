//! What has happened in one case, folded from its events alone.

use kernel::{Deadline, DefinitionRef, Event, EventId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{act::ENGINE_KEYS, pause::Span};
use crate::ledger::Entry;

/// One event of the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    /// Its type without the producer's prefix.
    pub fact: String,
    /// When.
    pub at: Timestamp,
    /// In which post, for officials.
    pub post: Option<String>,
    /// By whom, for officials.
    pub holder: Option<String>,
    /// The event.
    pub event: EventId,
    /// The event that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
}

/// A booking that an event of the case made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The number of the event in its case, from 1.
    pub number: u64,
    /// Its type without the producer's prefix.
    pub fact: String,
    /// What it booked.
    pub entry: Entry,
}

/// A window for objections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenWindow {
    /// The fact that opened it.
    pub fact: String,
    /// When it ends.
    pub ends: Timestamp,
}

/// The history of one case. Serializable: part of a service's state.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct History {
    /// The definition of the last event.
    pub definition: Option<DefinitionRef>,
    /// The definition of the first event: what keeps governing when a new version says `keep`.
    pub began_under: Option<DefinitionRef>,
    /// All events, in order.
    pub happened: Vec<Happened>,
    /// The plain values known so far.
    pub values: Map<String, Value>,
    /// Fields that lie beside the log: known to exist, whatever became of them.
    #[serde(default)]
    pub committed: Vec<String>,
    /// Deadlines open, by name.
    pub deadlines: Vec<Deadline>,
    /// From when and how long the clocks run that may be paused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Span>,
    /// Clocks that stand still, with what is left of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paused: Vec<Span>,
    /// Windows, the latest for each fact.
    pub windows: Vec<OpenWindow>,
    /// What it booked on ledgers of count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub booked: Vec<Made>,
    /// No step is left.
    pub ended: bool,
}

impl History {
    /// Folds an event. Reads nothing but the event.
    #[must_use]
    pub fn evolve(this: Option<Self>, event: &Event) -> Self {
        let mut history = this.unwrap_or_default();
        if event.definition.is_some() {
            history.definition.clone_from(&event.definition);
            if history.began_under.is_none() {
                history.began_under.clone_from(&event.definition);
            }
        }
        let official = kernel::Actor::parse_official(&event.actor);
        let text = |key: &str| event.data.get(key).and_then(Value::as_str).map(str::to_owned);
        history.happened.push(Happened {
            fact: event.fact().to_owned(),
            at: event.time,
            post: official.map(|(post, _)| post.to_owned()),
            holder: official.map(|(_, holder)| holder.to_owned()),
            event: event.id.clone(),
            about: text("about"),
        });
        if let Some(stops) = event.data.get("stops").and_then(Value::as_array) {
            for name in stops.iter().filter_map(Value::as_str) {
                history.forget(name);
            }
        }
        if let Some(due) = event.data.get("due").and_then(Value::as_object) {
            for (name, at) in due {
                let Some(micros) = at.as_i64() else { continue };
                history.forget(name);
                history
                    .deadlines
                    .push(Deadline { name: name.clone(), due_at: Timestamp::from_micros(micros) });
            }
        }
        for span in Span::read(event.data.get("paused")) {
            history.forget(&span.name);
            history.paused.push(span);
        }
        history.runs.extend(Span::read(event.data.get("runs")));
        if let Some(window) = event.data.get("window") {
            let opened = window.get("fact").and_then(Value::as_str).unwrap_or(event.fact());
            if let Some(ends) = window.get("ends").and_then(Value::as_i64) {
                let opened = opened.to_owned();
                history.windows.retain(|open| open.fact != opened);
                history
                    .windows
                    .push(OpenWindow { fact: opened, ends: Timestamp::from_micros(ends) });
            }
        }
        let number = history.happened.len() as u64;
        for entry in event.data.get("books").and_then(Value::as_array).into_iter().flatten() {
            let entry = serde_json::from_value(entry.clone()).ok();
            let fact = event.fact().to_owned();
            history.booked.extend(entry.map(|entry| Made { number, fact, entry }));
        }
        for (key, value) in &event.data {
            if ENGINE_KEYS.contains(&key.as_str()) {
                continue;
            }
            if event.commitment(key).is_none() {
                history.values.insert(key.clone(), value.clone());
            } else if !history.committed.contains(key) {
                history.committed.push(key.clone());
            }
        }
        history.ended |= event.data.get("concluded").and_then(Value::as_bool) == Some(true);
        history
    }

    /// The clock is neither running nor paused any more.
    fn forget(&mut self, name: &str) {
        self.deadlines.retain(|deadline| deadline.name != name);
        self.runs.retain(|span| span.name != name);
        self.paused.retain(|span| span.name != name);
    }

    /// The names of all clocks, running and paused.
    pub(super) fn clocks(&self) -> impl Iterator<Item = &str> {
        let running = self.deadlines.iter().map(|deadline| deadline.name.as_str());
        running.chain(self.paused.iter().map(|span| span.name.as_str()))
    }

    /// A clock that stands still, with what is left of it.
    pub fn paused(&self, clock: &str) -> Option<&Span> {
        self.paused.iter().find(|span| span.name == clock)
    }

    /// Whether a field was given, plain or beside the log.
    pub fn knows(&self, field: &str) -> bool {
        self.values.contains_key(field) || self.committed.iter().any(|name| name == field)
    }

    /// The deadlines open.
    pub fn deadlines(&self) -> &[Deadline] {
        &self.deadlines
    }

    /// The first event of a fact.
    pub fn first(&self, fact: &str) -> Option<&Happened> {
        self.happened.iter().find(|happened| happened.fact == fact)
    }

    /// The last event of a fact.
    pub fn last(&self, fact: &str) -> Option<&Happened> {
        self.happened.iter().rev().find(|happened| happened.fact == fact)
    }
}
