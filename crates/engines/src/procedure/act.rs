//! What somebody asks of a procedure, and what comes of it.

use std::collections::BTreeMap;

use crate::ledger::Booked;
use kernel::{Class, Date, DefinitionRef, Draft, LogKind, Retention, SealedValue, StreamId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A step that somebody takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Act {
    /// The definition's id.
    pub procedure: String,
    /// The step's id.
    pub step: String,
    /// Where a step has several outcomes and no vote: the one that the actor chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// What was typed, sealed values too.
    #[serde(default)]
    pub fields: Map<String, Value>,
    /// For a step decided in a sitting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sitting: Option<Sitting>,
    /// For an answer: the event that it answers. The oldest open one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
}

impl Act {
    /// A step with fields and nothing else.
    pub fn new(
        procedure: impl Into<String>,
        step: impl Into<String>,
        fields: Map<String, Value>,
    ) -> Self {
        Self {
            procedure: procedure.into(),
            step: step.into(),
            outcome: None,
            fields,
            sitting: None,
            about: None,
        }
    }
}

/// How somebody took part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// In the hall (到场).
    Hall,
    /// On paper (书面).
    Paper,
    /// By phone (线上).
    Phone,
}

impl Channel {
    /// The word that definitions use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hall => "hall",
            Self::Paper => "paper",
            Self::Phone => "phone",
        }
    }
}

/// Somebody on the roll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attendee {
    /// The member: an office holder's id, or an id on the body's roll.
    pub holder: String,
    /// How.
    pub channel: Channel,
}

/// The votes of one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Count {
    /// 赞成
    #[serde(rename = "for", default)]
    pub for_: u32,
    /// 反对
    #[serde(default)]
    pub against: u32,
    /// 弃权
    #[serde(default)]
    pub abstain: u32,
    /// 废票
    #[serde(default)]
    pub spoilt: u32,
}

impl Count {
    /// All ballots of the channel.
    pub fn total(self) -> u64 {
        u64::from(self.for_)
            + u64::from(self.against)
            + u64::from(self.abstain)
            + u64::from(self.spoilt)
    }
}

/// What is recorded of a sitting (会议).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sitting {
    /// The day it was held; not after the day of recording.
    pub held_on: Date,
    /// Where.
    #[serde(default)]
    pub place: String,
    /// The day notice was given; absent: the day of the step before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noticed_on: Option<Date>,
    /// How many should attend, as read out at the sitting; must agree with the body's roll.
    pub should_attend: u32,
    /// Present at the opening (清点到会人数).
    pub attendance: Vec<Attendee>,
    /// Who of them had left before the vote.
    #[serde(default)]
    pub left_before_vote: Vec<String>,
    /// Who left for this item because of an interest (回避).
    #[serde(default)]
    pub recused: Vec<String>,
    /// The votes by channel; empty for a sitting without vote.
    #[serde(default)]
    pub votes: BTreeMap<Channel, Count>,
    /// `show-of-hands` or `secret`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ballot: Option<String>,
    /// Why ballots differ from marks on the roll, when they do; signed by the witness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// The office holder who witnessed the roll and the count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness: Option<String>,
    /// The minutes, by the hash of their attachment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<String>,
}

/// A value that goes beside the log, before the service says whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Sealing {
    /// The field in the event.
    pub field: String,
    /// The value.
    pub value: Value,
    /// Who may see it.
    pub class: Class,
    /// Purpose, basis and period.
    pub retention: Retention,
}

impl Sealing {
    /// With the subject under whose key it is sealed.
    pub fn of(self, subject: impl Into<String>) -> SealedValue {
        SealedValue {
            field: self.field,
            value: self.value,
            class: self.class,
            subject: subject.into(),
            retention: self.retention,
        }
    }
}

/// What comes of a step: which event, with which data.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The step's id. Not written.
    pub step: String,
    /// Its outcome. Not written.
    pub outcome: String,
    /// The event's name in the definition: `ToolRequested`, bound or local.
    pub event: String,
    /// Its type without the producer's prefix.
    pub fact: String,
    /// Whether the definition declares it itself (else it is one of the core's).
    pub local: bool,
    /// Plain fields: those typed, and what the engine resolved (`parameters`, `due`, `stops`, `window`, counts, `relied_on`).
    /// An event of the core must carry the engine's own keys too: see [`Outcome::engine_data`].
    pub data: Map<String, Value>,
    /// The fields that go beside the log.
    pub sealed: Vec<Sealing>,
    /// The fields with which natural keys are claimed, and their values as text.
    pub claims: Vec<(String, String)>,
    /// The core's posting template.
    pub posts: Option<String>,
    /// What it books on ledgers of count: to be written in the same decision, or the step is refused.
    pub books: Vec<Booked>,
    /// SHA-256 input of what the actor signs: the fields named by `signs`, in order; the service hashes it.
    pub signs: Vec<(String, Value)>,
    /// The item of the list of small powers that was exercised.
    pub power: Option<String>,
    /// Who is told, with the words: `(who, template)`.
    pub tell: Vec<(String, kernel::Text)>,
    /// The definition it was decided under.
    pub reference: DefinitionRef,
}

/// The keys of event data that belong to the engine: [`super::History::evolve`] reads these alone.
pub const ENGINE_KEYS: [&str; 10] = [
    "parameters",
    "due",
    "runs",
    "paused",
    "stops",
    "window",
    "concluded",
    "relied_on",
    "about",
    "books",
];

impl Outcome {
    /// What the engine needs in the event to fold it: put these into the data of an event that the core builds.
    pub fn engine_data(&self) -> Map<String, Value> {
        self.data
            .iter()
            .filter(|(key, _)| ENGINE_KEYS.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// The event as it is, for a local event: `subject` names under whose key sealed values go.
    pub fn into_draft(self, stream: StreamId, subject: &str) -> Draft {
        Draft {
            log: LogKind::Open,
            place: None,
            stream,
            kind: self.fact,
            data: self.data,
            sealed: self.sealed.into_iter().map(|part| part.of(subject)).collect(),
            definition: Some(self.reference),
        }
    }
}
