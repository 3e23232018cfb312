//! The ends of the exchange for the suite: an owner with three logs in memory, a reader that keeps what it applied, and a
//! carrier that delays, repeats and drops.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use exchange::{
    Apply, ApplyError, Batch, Entries, Feed, FeedError, LogHead, Message, RelayBook, RelayState,
    Source, SourceError,
};
use kernel::{DivisionCode, Event, LogId, LogKind, StreamId, Timestamp};
use rand_core::{Rng, SeedableRng};
use tokio::sync::Notify;

/// A seeded generator.
pub fn generator(seed: u64) -> impl Rng {
    rand_chacha::ChaCha20Rng::seed_from_u64(seed)
}

/// Waits for a condition.
pub async fn until(limit: Duration, condition: impl Fn() -> bool) {
    until_async(limit, || std::future::ready(condition())).await;
}

/// Waits for a condition that has to ask.
pub async fn until_async<F: Future<Output = bool>>(limit: Duration, condition: impl Fn() -> F) {
    let start = tokio::time::Instant::now();
    while !condition().await {
        assert!(start.elapsed() < limit, "not true within {limit:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Two open logs and a closed one.
pub struct Owner {
    logs: Mutex<BTreeMap<LogId, (LogKind, Vec<Bytes>)>>,
    relay: Mutex<RelayState>,
    wake: Notify,
}

impl Owner {
    pub fn new() -> Self {
        let logs =
            [("north", LogKind::Open), ("south", LogKind::Open), ("sealed", LogKind::Closed)]
                .map(|(name, kind)| (LogId::new(name), (kind, Vec::new())));
        Self { logs: Mutex::new(logs.into()), relay: Mutex::default(), wake: Notify::new() }
    }

    pub fn write(&self, which: u64) {
        let mut logs = self.logs.lock().unwrap();
        let name = LogId::new(["north", "south", "sealed"][which as usize]);
        let (kind, entries) = logs.get_mut(&name).unwrap();
        let index = entries.len() as u64;
        let bytes = match kind {
            LogKind::Open => event(&name, index),
            LogKind::Closed => vec![index as u8; 32],
        };
        entries.push(Bytes::from(bytes));
        drop(logs);
        self.wake.notify_waiters();
    }

    pub fn content(&self) -> Vec<(String, u64, Vec<u8>)> {
        let logs = self.logs.lock().unwrap();
        let mut content: Vec<_> = logs
            .iter()
            .flat_map(|(log, (_, entries))| {
                (0..).zip(entries).map(|(index, bytes)| (log.to_string(), index, bytes.to_vec()))
            })
            .collect();
        content.sort();
        content
    }
}

fn event(log: &LogId, index: u64) -> Vec<u8> {
    Event {
        id: format!("{log}-{index}").into(),
        source: "/funds".into(),
        kind: "cn.cunwu.funds.payment-executed.v1".into(),
        time: Timestamp::from_micros(1_772_668_800_000_000),
        log: log.clone(),
        index,
        unit: "u1".into(),
        village: DivisionCode::parse("330102001203").unwrap(),
        villageseq: index + 1,
        stream: StreamId::of("payment", index),
        version: 1,
        actor: "cashier/h1".into(),
        definition: None,
        causation: None,
        data: serde_json::Map::new(),
    }
    .encode()
    .unwrap()
}

#[async_trait]
impl Source for Owner {
    async fn logs(&self) -> Result<Vec<LogHead>, SourceError> {
        let logs = self.logs.lock().unwrap();
        Ok(logs
            .iter()
            .map(|(log, (kind, entries))| LogHead {
                log: log.clone(),
                kind: *kind,
                size: entries.len() as u64,
            })
            .collect())
    }

    async fn entries(&self, log: &LogId, from: u64, limit: u32) -> Result<Entries, SourceError> {
        let logs = self.logs.lock().unwrap();
        let (_, entries) = logs.get(log).ok_or_else(|| SourceError("no such log".into()))?;
        Ok((0..).zip(entries.iter().cloned()).skip(from as usize).take(limit as usize).collect())
    }

    async fn changed(&self, seen: u64) -> u64 {
        let _ = tokio::time::timeout(Duration::from_millis(100), self.wake.notified()).await;
        seen
    }
}

#[async_trait]
impl RelayBook for Owner {
    async fn load(&self) -> Result<RelayState, String> {
        Ok(self.relay.lock().unwrap().clone())
    }

    async fn save(&self, state: &RelayState) -> Result<(), String> {
        *self.relay.lock().unwrap() = state.clone();
        Ok(())
    }
}

/// Keeps what it applied; entries and position change together.
pub struct Reader {
    name: String,
    applied: Mutex<BTreeMap<LogId, Vec<(u64, Bytes)>>>,
}

impl Reader {
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), applied: Mutex::default() }
    }

    pub fn as_str(&self) -> &str {
        &self.name
    }

    pub fn has_all_of(&self, owner: &Owner) -> bool {
        let applied = self.applied.lock().unwrap();
        applied.values().map(Vec::len).sum::<usize>() >= owner.content().len()
    }

    /// Takes some of the owner's entries past the rules: the negative control.
    pub fn force(&self, owner: &Owner, take: impl Fn(u64) -> bool) {
        let mut applied = self.applied.lock().unwrap();
        for (log, index, bytes) in owner.content() {
            if take(index) {
                applied.entry(LogId::new(log)).or_default().push((index, Bytes::from(bytes)));
            }
        }
    }

    pub fn assert_equals(&self, owner: &Owner) {
        let applied = self.applied.lock().unwrap();
        for (log, entries) in applied.iter() {
            for (expected, (index, _)) in (0..).zip(entries) {
                assert_eq!(*index, expected, "index {expected} of {log}");
            }
        }
        let mut flat: Vec<_> = applied
            .iter()
            .flat_map(|(log, entries)| {
                entries.iter().map(|(index, bytes)| (log.to_string(), *index, bytes.to_vec()))
            })
            .collect();
        flat.sort();
        assert!(flat == owner.content(), "the bytes applied are not the owner's");
    }
}

#[async_trait]
impl Apply for Reader {
    async fn position(&self, log: &LogId) -> Result<u64, ApplyError> {
        Ok(self.applied.lock().unwrap().get(log).map_or(0, |entries| entries.len() as u64))
    }

    async fn apply(&self, log: &LogId, entries: &Entries) -> Result<(), ApplyError> {
        // A transaction takes a moment, in which the follower may be killed.
        tokio::time::sleep(Duration::from_millis(1)).await;
        let mut applied = self.applied.lock().unwrap();
        let mine = applied.entry(log.clone()).or_default();
        for (index, bytes) in entries {
            let expected = mine.len() as u64;
            if *index < expected {
                continue;
            }
            if *index > expected {
                return Err(ApplyError::Hole { log: log.clone(), expected });
            }
            mine.push((*index, bytes.clone()));
        }
        Ok(())
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// A carrier between the real one and the follower that delays, repeats, drops, and brings news of its own accord.
pub struct FaultyFeed {
    inner: Box<dyn Feed>,
    owner: Arc<Owner>,
    random: rand_chacha::ChaCha20Rng,
    kept: Vec<Message>,
}

impl FaultyFeed {
    pub fn new(inner: Box<dyn Feed>, owner: Arc<Owner>, seed: u64) -> Self {
        let random = rand_chacha::ChaCha20Rng::seed_from_u64(seed);
        Self { inner, owner, random, kept: Vec::new() }
    }
}

#[async_trait]
impl Feed for FaultyFeed {
    async fn next(&mut self) -> Result<Batch, FeedError> {
        tokio::time::sleep(Duration::from_millis(self.random.next_u64() % 20)).await;
        if self.random.next_u64().is_multiple_of(11) {
            return Err(FeedError("cut".into()));
        }
        let mut batch = self.inner.next().await?;
        if batch.messages.is_empty() {
            // The local carrier brings nothing itself: give it some of the owner's entries to spoil.
            for (log, index, bytes) in self.owner.content() {
                if self.random.next_u64().is_multiple_of(40) {
                    let kind = if log == "sealed" { LogKind::Closed } else { LogKind::Open };
                    let bytes = Bytes::from(bytes);
                    batch.messages.push(Message { log: LogId::new(log), index, kind, bytes });
                }
            }
        }
        let random = &mut self.random;
        batch.messages.retain(|_| !random.next_u64().is_multiple_of(7));
        batch.messages.append(&mut self.kept);
        self.kept = batch
            .messages
            .iter()
            .filter(|_| random.next_u64().is_multiple_of(9))
            .cloned()
            .collect();
        Ok(batch)
    }

    async fn done(&mut self, batch: Batch) -> Result<(), FeedError> {
        if self.random.next_u64().is_multiple_of(5) {
            return Err(FeedError("the acknowledgement was lost".into()));
        }
        self.inner.done(batch).await
    }
}
