//! What a service tells the engine about people and facts, per command.

use std::collections::BTreeMap;

use definitions::{Definition, Step, Value as Parameter};
use kernel::{Actor, Date, Seat, Timestamp, Verdict};
use serde_json::{Map, Value};

use super::{History, Sitting};

/// The members of a body at an instant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roll {
    /// Everybody who should attend, by id.
    pub members: Vec<String>,
}

/// What a guard is asked about.
pub struct GuardInput<'a> {
    /// The definition in force.
    pub definition: &'a Definition,
    /// The step.
    pub step: &'a Step,
    /// The outcome that is about to be written.
    pub outcome: &'a str,
    /// What was typed now, sealed values too, in normal form (money in fen).
    pub fields: &'a Map<String, Value>,
    /// The plain values known from before.
    pub values: &'a Map<String, Value>,
    /// The parameters in force.
    pub parameters: &'a BTreeMap<String, Parameter>,
    /// The history, `None` at the first step.
    pub history: Option<&'a History>,
    /// Who acts.
    pub actor: &'a Actor,
    /// The sitting as recorded, for a step decided in one; not checked yet.
    pub sitting: Option<&'a Sitting>,
    /// When.
    pub now: Timestamp,
    /// The row of the tiers that the values fall into, from 0.
    pub tier: Option<usize>,
}

impl GuardInput<'_> {
    /// A field as typed now, or as known from before.
    pub fn value(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).or_else(|| self.values.get(field))
    }

    /// The day, in Asia/Shanghai.
    pub fn today(&self) -> Date {
        self.now.date()
    }
}

/// Implemented by a service for each command, over the states it loaded.
pub trait Facts {
    /// The members of a body now; `None` when unknown: the engine refuses.
    fn roll(&self, body: &str) -> Option<Roll>;

    /// Whether this seat is, now, competent as that post, as a member of that body, or at that level (`township`).
    fn holds(&self, seat: &Seat, post_or_body: &str) -> bool;

    /// Whether this resident is of that kind now. By default nobody is.
    fn is_resident(&self, id: &str, kind: &str) -> bool {
        let _ = (id, kind);
        false
    }

    /// Runs a named guard. What it returns is recorded under `relied_on`: positions and resolved facts, never what is sealed.
    ///
    /// # Errors
    /// A refusal, or not known here yet.
    fn guard(&self, key: &str, input: &GuardInput<'_>) -> Result<Value, Verdict>;

    /// Whether this person has an interest in, or is kin to somebody with an interest in, what is decided; `None` when
    /// unknown: the engine refuses.
    fn conflicted(&self, holder: &str, with: &Value) -> Option<bool>;
}
