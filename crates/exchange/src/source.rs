//! The three ends of an exchange: the owner's log, the carrier, and the reader that applies.

use async_trait::async_trait;
use bytes::Bytes;
use kernel::{LogId, LogKind};
use serde::{Deserialize, Serialize};

use crate::message::Message;

/// A log and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogHead {
    /// The log.
    pub log: LogId,
    /// Open or closed.
    pub kind: LogKind,
    /// Number of entries.
    pub size: u64,
}

/// Entries of one log, dense and in order: `(index, bytes)`.
pub type Entries = Vec<(u64, Bytes)>;

/// The owner did not answer.
#[derive(Debug, thiserror::Error)]
#[error("the log's owner does not answer: {0}")]
pub struct SourceError(pub String);

/// The owner of logs: gives the same bytes as the carrier, also those that are not in tiles yet.
#[async_trait]
pub trait Source: Send + Sync {
    /// All logs of the service.
    async fn logs(&self) -> Result<Vec<LogHead>, SourceError>;
    /// Entries from an index on, at most `limit`; empty at the end.
    async fn entries(&self, log: &LogId, from: u64, limit: u32) -> Result<Entries, SourceError>;
    /// Returns when there may be something new since `seen`, or after a short while; gives the mark to wait from next.
    /// The default just waits.
    async fn changed(&self, seen: u64) -> u64 {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        seen
    }
}

/// Why entries were not applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// An entry is missing before these: the reader expects this index.
    #[error("index {expected} of {log} is missing")]
    Hole {
        /// The log.
        log: LogId,
        /// The next index the reader needs.
        expected: u64,
    },
    /// Nothing was applied; try again.
    #[error("could not apply: {0}")]
    Failed(String),
}

/// A reader of another service's logs: applies entries and its position in one transaction.
#[async_trait]
pub trait Apply: Send + Sync {
    /// The next index the reader needs in a log.
    async fn position(&self, log: &LogId) -> Result<u64, ApplyError>;
    /// Applies entries of one log. Those before the position are ignored.
    async fn apply(&self, log: &LogId, entries: &Entries) -> Result<(), ApplyError>;
    /// How the reader is called in logs and as a durable consumer: `funds-hears`.
    fn name(&self) -> &str;
}

/// The carrier failed; the follower asks again.
#[derive(Debug, thiserror::Error)]
#[error("the carrier failed: {0}")]
pub struct FeedError(pub String);

/// Messages with what is needed to say that they were applied.
#[derive(Default)]
pub struct Batch {
    /// In the order of arrival.
    pub messages: Vec<Message>,
    /// Acknowledged after the messages were applied.
    pub acks: Vec<async_nats::jetstream::message::Acker>,
}

/// The carrier, seen from a reader.
#[async_trait]
pub trait Feed: Send + Sync {
    /// What came; empty after a short while without anything.
    async fn next(&mut self) -> Result<Batch, FeedError>;
    /// These were applied.
    async fn done(&mut self, batch: Batch) -> Result<(), FeedError>;
}
