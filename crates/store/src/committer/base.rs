//! What a batch knows: the rows it has loaded under its locks. Pure; knows no SQL.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use kernel::{Claim, LogId, LogKind, Receipt, StreamId, Timestamp, UnitId};

/// A log is found by the unit that keeps it and its kind.
pub(crate) type LogKey = (UnitId, LogKind);

/// The head of a log.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub id: LogId,
    pub size: u64,
    pub last: Timestamp,
    pub epoch: i64,
    /// Size in the database; `None` for a log that is made in this batch.
    pub stored: Option<u64>,
}

/// The state of a stream.
#[derive(Debug, Clone)]
pub(crate) struct Held<S> {
    pub version: u64,
    pub state: Option<S>,
    /// The log it lies in; none for a copy of a foreign fact or a stream without events.
    pub log: Option<LogId>,
    /// Set for a stream of a closed log: the key its state is sealed under.
    pub subject: Option<String>,
}

impl<S> Default for Held<S> {
    fn default() -> Self {
        Self { version: 0, state: None, log: None, subject: None }
    }
}

/// HMAC of an idempotency key, of a body, of a claim.
pub(crate) type Mac = [u8; 32];

/// Everything loaded so far, unchanged by decisions.
pub(crate) struct Base<S> {
    /// Locked logs; `None`: the log does not exist yet.
    pub heads: BTreeMap<LogKey, Option<Head>>,
    /// Last number per log and unit.
    pub sequences: HashMap<(LogId, UnitId), u64>,
    pub states: HashMap<StreamId, Held<S>>,
    pub claims_known: HashSet<Claim>,
    pub claims_taken: HashSet<Claim>,
    /// Commands done before: HMAC of the body, receipt.
    pub done: HashMap<Mac, (Mac, Receipt)>,
}

impl<S> Default for Base<S> {
    fn default() -> Self {
        Self {
            heads: BTreeMap::new(),
            sequences: HashMap::new(),
            states: HashMap::new(),
            claims_known: HashSet::new(),
            claims_taken: HashSet::new(),
            done: HashMap::new(),
        }
    }
}

/// What is still to be loaded before a batch can be decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Need {
    pub logs: BTreeSet<LogKey>,
    pub sequences: BTreeSet<(LogId, UnitId)>,
    pub streams: BTreeSet<StreamId>,
    pub claims: BTreeSet<Claim>,
}

impl Need {
    pub fn is_empty(&self) -> bool {
        self.logs.is_empty()
            && self.sequences.is_empty()
            && self.streams.is_empty()
            && self.claims.is_empty()
    }

    pub fn add(&mut self, other: Self) {
        self.logs.extend(other.logs);
        self.sequences.extend(other.sequences);
        self.streams.extend(other.streams);
        self.claims.extend(other.claims);
    }
}

/// A part that goes beside the log, before it is sealed.
#[derive(Debug, Clone)]
pub(crate) struct NewPart {
    pub field: String,
    pub subject: String,
    pub class: &'static str,
    pub bytes: Vec<u8>,
    pub keep_until: Timestamp,
    pub purpose: String,
    pub basis: String,
}

/// An entry to be written.
#[derive(Debug, Clone)]
pub(crate) struct NewEntry {
    pub log: LogId,
    pub index: u64,
    pub bytes: Vec<u8>,
    pub leaf: [u8; 32],
    /// Stream, version, fact, unit, time: for open logs alone.
    pub plain: Option<(StreamId, u64, String, UnitId, Timestamp)>,
    pub parts: Vec<NewPart>,
}

/// The name of a class, as it is stored.
pub(crate) fn class_name(class: kernel::Class) -> &'static str {
    match class {
        kernel::Class::Public => "public",
        kernel::Class::Members => "members",
        kernel::Class::Staff => "staff",
        kernel::Class::Sealed => "sealed",
    }
}

/// The name of a kind of log, as it is stored.
pub(crate) fn kind_name(kind: LogKind) -> &'static str {
    match kind {
        LogKind::Open => "open",
        LogKind::Closed => "closed",
    }
}
