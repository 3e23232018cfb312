//! The decider: `decide(state, command, now) -> events | refusal`, `evolve(state, event) -> state`.
//!
//! A command has three outcomes: accepted (a receipt), already done (the first receipt), refused (code, article, what
//! would be right). There is no silent no-op.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    actor::Actor,
    calendar::WorkCalendar,
    division::DivisionCode,
    entropy::Entropy,
    event::{Draft, Event, Position},
    ids::{EventId, StreamId, UnitId},
    refusal::Refusal,
    text::Text,
    time::Timestamp,
};

/// Where something happens: the unit, its code today, and the unit whose log it is written in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The unit concerned.
    pub unit: UnitId,
    /// Its 12-digit code today.
    pub code: DivisionCode,
    /// The county that keeps the log (or the unit above the townships where no county exists; the province for its own).
    pub keeper: UnitId,
}

/// A command: who asks, where, under which key, and what.
#[derive(Debug, Clone)]
pub struct Command<C> {
    /// The scope of the key: an account, a reader, the due worker. Never shown.
    pub principal: String,
    /// The idempotency key, unique for the principal.
    pub key: String,
    /// In which seat.
    pub actor: Actor,
    /// Where.
    pub place: Place,
    /// For an existing thing: the stream and the version the caller saw.
    pub seen: Option<(StreamId, u64)>,
    /// The event this answers.
    pub causation: Option<EventId>,
    /// What is asked.
    pub body: C,
}

/// A natural key that may be used once: the number of a paper, of a contract. Kept as an HMAC of the value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Claim {
    /// What is claimed: `paper`.
    pub kind: &'static str,
    /// The natural key.
    pub value: String,
}

/// A deadline that a stream has open. Takes effect at `due_at`, whoever notices.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Deadline {
    /// What falls due, unique in the stream.
    pub name: String,
    /// When.
    pub due_at: Timestamp,
}

/// What a decision comes to when the command is accepted. Empty drafts are a programming error.
#[derive(Debug, Clone, Default)]
pub struct Decision {
    /// The events, in order.
    pub events: Vec<Draft>,
    /// The natural keys taken; each must have been declared by [`Domain::claims`].
    pub claims: Vec<Claim>,
}

/// Why a command has no receipt.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Verdict {
    /// Against a rule, or malformed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Cites a fact of another service that is not known here yet (named here): try again soon.
    #[error("not known here yet: {0}")]
    NotKnownYet(Text),
    /// The key was used with another body.
    #[error("this key was used for another command")]
    KeyReused,
    /// The thing has changed since the caller saw it.
    #[error("{stream} is at version {now}, not {seen}")]
    Changed {
        /// The stream.
        stream: StreamId,
        /// The version the caller saw.
        seen: u64,
        /// The version now.
        now: u64,
    },
    /// Cannot write at present; nothing was done.
    #[error("not available: {0}")]
    Unavailable(String),
    /// The answer to COMMIT was lost: the same key tells what became of it.
    #[error("the outcome is unknown; send the same command with the same key again")]
    Unknown,
}

impl Verdict {
    /// A thing, said in Chinese and English, that is not known here yet under this id.
    pub fn not_known((zh, en): (&str, &str), id: impl std::fmt::Display) -> Self {
        Self::NotKnownYet(Text::new(format!("{zh}{id}"), format!("{en} {id}")))
    }
}

/// Where one event of an accepted command lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The event's id.
    pub id: EventId,
    /// Its type, `tool-requested.v1`; absent for a closed log.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fact: Option<String>,
    /// Its stream; absent for a closed log.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stream: Option<StreamId>,
    /// Version of the stream after it.
    pub version: u64,
    /// Log and index.
    #[serde(flatten)]
    pub position: Position,
}

/// The receipt of an accepted command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// When it was recorded.
    pub at: Timestamp,
    /// Its events, in order.
    pub events: Vec<Recorded>,
    /// The signed promises of inclusion, one a log touched (`proof::Receipt`).
    pub promises: Vec<serde_json::Value>,
}

/// The answer to a command that was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome", content = "receipt")]
pub enum Answer {
    /// Done now.
    Accepted(Receipt),
    /// Done before under the same key; the first receipt.
    AlreadyDone(Receipt),
}

impl Answer {
    /// The receipt, first or repeated.
    pub fn receipt(&self) -> &Receipt {
        match self {
            Self::Accepted(receipt) | Self::AlreadyDone(receipt) => receipt,
        }
    }
}

/// The streams loaded for a command: state and version of each. A stream without events has version 0 and no state.
#[derive(Debug, Clone)]
pub struct Loaded<S>(BTreeMap<StreamId, (u64, Option<S>)>);

impl<S> Default for Loaded<S> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<S> Loaded<S> {
    /// Puts a stream in.
    pub fn put(&mut self, stream: StreamId, version: u64, state: Option<S>) {
        self.0.insert(stream, (version, state));
    }

    /// Whether the stream was loaded, with or without events.
    pub fn has(&self, stream: &StreamId) -> bool {
        self.0.contains_key(stream)
    }

    /// The state, if the stream has events.
    pub fn state(&self, stream: &StreamId) -> Option<&S> {
        self.0.get(stream).and_then(|(_, state)| state.as_ref())
    }

    /// The version; 0 without events.
    pub fn version(&self, stream: &StreamId) -> u64 {
        self.0.get(stream).map_or(0, |(version, _)| *version)
    }

    /// All streams, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (&StreamId, u64, Option<&S>)> {
        self.0.iter().map(|(stream, (version, state))| (stream, *version, state.as_ref()))
    }
}

/// What a decision may use besides the state.
pub struct Context<'a> {
    /// The instant: never before the log's last entry.
    pub now: Timestamp,
    /// Holidays and make-up working days.
    pub calendar: &'a WorkCalendar,
    /// For the ids of new things.
    pub entropy: &'a mut Entropy,
    /// The declared claims that are taken already.
    pub taken: &'a HashSet<Claim>,
}

/// A service's decisions: pure.
pub trait Domain: Send + Sync + 'static {
    /// What can be asked.
    type Command: Clone + Send + Sync + Serialize + 'static;
    /// The state of any stream, own or a copy of another service's fact.
    type State: Clone + Send + Sync + Serialize + DeserializeOwned + 'static;

    /// The producer's name in types and subjects: `organisation`, `services`, `disputes`, `funds`.
    const SERVICE: &'static str;
    /// Raised when the shape of `State` changes: stored states of another format are folded anew.
    const STATE_FORMAT: i32;

    /// The streams that the command reads, given what is loaded so far. Asked again until nothing new comes.
    fn reads(
        &self,
        command: &Command<Self::Command>,
        loaded: &Loaded<Self::State>,
    ) -> Vec<StreamId>;

    /// The natural keys that the command would take.
    fn claims(&self, command: &Self::Command) -> Vec<Claim>;

    /// Decides.
    ///
    /// # Errors
    /// A [`Verdict`] other than unknown.
    fn decide(
        &self,
        context: &mut Context<'_>,
        command: &Command<Self::Command>,
        loaded: &Loaded<Self::State>,
    ) -> Result<Decision, Verdict>;

    /// What the consequence of a passing deadline reads and may write besides its own stream, of the same unit.
    fn beside(_state: &Self::State) -> Vec<StreamId> {
        Vec::new()
    }

    /// What happens when a deadline of a stream passes. Sees that stream and what lies [`Domain::beside`] it, and must
    /// consume the deadline: at least one event, after which the state has it open no more.
    fn lapse(
        &self,
        context: &mut Context<'_>,
        stream: &StreamId,
        deadline: &Deadline,
        loaded: &Loaded<Self::State>,
    ) -> Vec<Draft>;

    /// The deadlines a state has open.
    fn deadlines(state: &Self::State) -> Vec<Deadline>;

    /// The place of a stream, kept in its state: where what falls due is recorded.
    fn place(state: &Self::State) -> Option<Place>;

    /// The state after the event. Reads nothing but state and event; committed fields may be absent for ever.
    fn evolve(state: Option<Self::State>, event: &Event) -> Option<Self::State>;
}
