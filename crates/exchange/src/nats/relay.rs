//! The relay: publishes each log in index order and compares what the stream has with the log.
//!
//! JetStream may lose acknowledged messages, in the middle too. A stream whose generation, length or density does not
//! agree with what was published is given a new generation: deleted, created, published again from the logs. Readers
//! ignore what they have already.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_nats::{
    HeaderMap,
    jetstream::stream::{Config, DiscardPolicy, Info, StorageType},
};
use async_trait::async_trait;
use kernel::{DivisionCode, LogId, LogKind};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{CLOUDEVENT, COMMITMENT, CONTENT_TYPE, Connection, INDEX, LOG};
use crate::{
    message::{closed_subject, event_subject, stream_name},
    source::{Entries, LogHead, Source},
};

/// Entries published before their acknowledgements are awaited.
const WINDOW: u32 = 512;
/// How often the stream is compared with what was published.
const COMPARE_EVERY: Duration = Duration::from_secs(2);
/// Pause after a failure.
const PAUSE: Duration = Duration::from_millis(300);
/// Stream metadata: which generation this is.
const GENERATION: &str = "cunwu-generation";
/// How long a stream keeps entries: 35 days. Older ones come from the tiles.
const KEPT: Duration = Duration::from_secs(35 * 24 * 3600);

/// What a relay has published.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RelayState {
    /// Raised each time the stream was found damaged.
    pub generation: u64,
    /// The last sequence that the broker acknowledged.
    pub last_sequence: u64,
    /// Next index to publish, a log each.
    pub published: BTreeMap<LogId, u64>,
}

/// Where a relay keeps its state. Saving fails when another process has taken the role over.
#[async_trait]
pub trait RelayBook: Send + Sync {
    /// The last state; empty at first. Takes the role, waiting until it is free.
    async fn load(&self) -> Result<RelayState, String>;
    /// Keeps the state, if the role is still ours.
    async fn save(&self, state: &RelayState) -> Result<(), String>;
}

/// Publishes one service's logs.
pub struct Relay {
    /// The broker.
    pub connection: Connection,
    /// The service's name in subjects.
    pub service: String,
    /// The logs.
    pub owner: Arc<dyn Source>,
    /// The state.
    pub book: Arc<dyn RelayBook>,
    /// Copies of the stream in the cluster: 1 alone, 3 in a cluster.
    pub replicas: usize,
}

impl Relay {
    /// Runs until told to stop; failures are waited out.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => return,
                outcome = self.session() => {
                    if let Err(error) = outcome {
                        warn!(service = self.service, %error, "relay");
                    }
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// One spell in the role: until something fails.
    async fn session(&self) -> Result<(), String> {
        let mut state = self.book.load().await?;
        self.compare(&mut state, true).await?;
        let mut compared = Instant::now();
        let mut seen = 0;
        loop {
            let mut published = false;
            for head in self.owner.logs().await.map_err(|e| e.to_string())? {
                published |= self.publish_log(&head, &mut state).await?;
            }
            if compared.elapsed() >= COMPARE_EVERY {
                self.book.save(&state).await?;
                self.compare(&mut state, false).await?;
                compared = Instant::now();
            }
            if !published {
                seen = self.owner.changed(seen).await;
            }
        }
    }

    async fn publish_log(&self, head: &LogHead, state: &mut RelayState) -> Result<bool, String> {
        let mut any = false;
        loop {
            let from = state.published.get(&head.log).copied().unwrap_or(0);
            if from >= head.size {
                return Ok(any);
            }
            let entries =
                self.owner.entries(&head.log, from, WINDOW).await.map_err(|e| e.to_string())?;
            if entries.is_empty() {
                return Ok(any);
            }
            self.publish(head, &entries, state).await?;
            self.book.save(state).await?;
            any = true;
        }
    }

    async fn publish(
        &self,
        head: &LogHead,
        entries: &Entries,
        state: &mut RelayState,
    ) -> Result<(), String> {
        let mut acks = Vec::with_capacity(entries.len());
        for (index, bytes) in entries {
            let (subject, id, content_type) = match head.kind {
                LogKind::Open => {
                    let lean: Lean<'_> = serde_json::from_slice(bytes)
                        .map_err(|e| format!("{} {index} is not an event: {e}", head.log))?;
                    let fact = lean.kind.splitn(4, '.').nth(3).unwrap_or(lean.kind);
                    let subject = event_subject(&self.service, &lean.village, fact);
                    (subject, lean.id.to_owned(), CLOUDEVENT)
                }
                LogKind::Closed => {
                    (closed_subject(&self.service), format!("{}:{index}", head.log), COMMITMENT)
                }
            };
            let mut headers = HeaderMap::new();
            // Within one generation a repeat inside the broker's window is dropped; a new generation has other ids.
            headers.insert("Nats-Msg-Id", id);
            headers.insert(CONTENT_TYPE, content_type);
            headers.insert(LOG, head.log.as_str());
            headers.insert(INDEX, index.to_string());
            let ack = self.connection.0.publish_with_headers(subject, headers, bytes.clone());
            acks.push((*index, ack.await.map_err(|e| e.to_string())?));
        }
        for (index, ack) in acks {
            let ack = ack.await.map_err(|e| e.to_string())?;
            state.last_sequence = state.last_sequence.max(ack.sequence);
            state.published.insert(head.log.clone(), index + 1);
        }
        Ok(())
    }

    /// Makes the stream agree with what was published: adopts what it has beyond (a crash before saving), or starts a new
    /// generation where it has less or has holes.
    async fn compare(&self, state: &mut RelayState, adopt: bool) -> Result<(), String> {
        let name = stream_name(&self.service);
        match self.connection.0.get_stream(&name).await {
            Ok(stream) => {
                let info = stream.get_info().await.map_err(|e| e.to_string())?;
                if let Some(damage) = damage(&info, state) {
                    warn!(
                        service = self.service,
                        damage, "the stream does not agree with the logs"
                    );
                    self.connection.0.delete_stream(&name).await.map_err(|e| e.to_string())?;
                    return self.new_generation(state).await;
                }
                if adopt {
                    self.adopt(&stream, &info, state).await?;
                }
                Ok(())
            }
            Err(error) => match error.kind() {
                async_nats::jetstream::context::GetStreamErrorKind::JetStream(cause)
                    if cause.code() == 404 =>
                {
                    self.new_generation(state).await
                }
                _ => Err(error.to_string()),
            },
        }
    }

    async fn adopt(
        &self,
        stream: &async_nats::jetstream::stream::Stream,
        info: &Info,
        state: &mut RelayState,
    ) -> Result<(), String> {
        for sequence in state.last_sequence + 1..=info.state.last_sequence {
            let message = stream.get_raw_message(sequence).await.map_err(|e| e.to_string())?;
            let log = message.headers.get(LOG).map(|v| LogId::new(v.as_str()));
            let index = message.headers.get(INDEX).and_then(|v| v.as_str().parse::<u64>().ok());
            if let (Some(log), Some(index)) = (log, index) {
                let next = state.published.entry(log).or_default();
                *next = (*next).max(index + 1);
            }
            state.last_sequence = sequence;
        }
        Ok(())
    }

    async fn new_generation(&self, state: &mut RelayState) -> Result<(), String> {
        *state = RelayState { generation: state.generation + 1, ..RelayState::default() };
        self.book.save(state).await?;
        let config = Config {
            name: stream_name(&self.service),
            subjects: vec![
                format!("cunwu.event.{}.>", self.service),
                closed_subject(&self.service),
            ],
            storage: StorageType::File,
            num_replicas: self.replicas,
            discard: DiscardPolicy::Old,
            max_age: KEPT,
            allow_direct: true,
            duplicate_window: Duration::from_secs(120),
            metadata: [(GENERATION.to_owned(), state.generation.to_string())].into(),
            ..Config::default()
        };
        self.connection.0.create_stream(config).await.map_err(|e| e.to_string())?;
        info!(
            service = self.service,
            generation = state.generation,
            "a new generation of the stream"
        );
        Ok(())
    }
}

/// What the relay needs of an event.
#[derive(Deserialize)]
struct Lean<'a> {
    #[serde(borrow)]
    id: &'a str,
    #[serde(borrow, rename = "type")]
    kind: &'a str,
    village: DivisionCode,
}

/// In which way a stream is less than what was published.
fn damage(info: &Info, state: &RelayState) -> Option<&'static str> {
    let held = &info.state;
    let generation = info.config.metadata.get(GENERATION).and_then(|g| g.parse::<u64>().ok());
    if generation != Some(state.generation) {
        Some("it is of another generation")
    } else if held.last_sequence < state.last_sequence {
        Some("its tail is missing")
    } else if held.deleted_count.unwrap_or(0) > 0
        || (held.messages > 0 && held.last_sequence + 1 - held.first_sequence != held.messages)
    {
        Some("messages in the middle are missing")
    } else {
        None
    }
}
