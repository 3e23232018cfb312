//! The publisher on a log in memory: what it signs, what it serves, and what it refuses to sign.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use bytes::Bytes;
use exchange::{Entries, LogHead, Source, SourceError};
use kernel::{LogId, LogKind};
use proof::{Level, SignedCheckpoint, Tile, audit};
use publish::{PublishError, Publisher, SignerState};
use tempfile::TempDir;

type Log = (Option<LogKind>, Vec<Bytes>);

#[derive(Default)]
struct Owner(Mutex<BTreeMap<LogId, Log>>);

impl Owner {
    fn grow(&self, log: &LogId, kind: LogKind, size: usize) {
        let mut logs = self.0.lock().unwrap();
        let entry = logs.entry(log.clone()).or_default();
        entry.0 = Some(kind);
        for i in entry.1.len()..size {
            entry.1.push(Bytes::from(format!("entry {i}")));
        }
    }

    fn set(&self, log: &LogId, index: usize, bytes: &str) {
        self.0.lock().unwrap().get_mut(log).unwrap().1[index] = Bytes::from(bytes.to_owned());
    }

    fn truncate(&self, log: &LogId, size: usize) {
        self.0.lock().unwrap().get_mut(log).unwrap().1.truncate(size);
    }
}

#[async_trait]
impl Source for Owner {
    async fn logs(&self) -> Result<Vec<LogHead>, SourceError> {
        let logs = self.0.lock().unwrap();
        Ok(logs
            .iter()
            .map(|(log, (kind, entries))| LogHead {
                log: log.clone(),
                kind: kind.unwrap(),
                size: entries.len() as u64,
            })
            .collect())
    }

    async fn entries(&self, log: &LogId, from: u64, limit: u32) -> Result<Entries, SourceError> {
        let logs = self.0.lock().unwrap();
        let entries = &logs.get(log).unwrap().1;
        Ok((0..).zip(entries.iter().cloned()).skip(from as usize).take(limit as usize).collect())
    }
}

struct House {
    owner: Arc<Owner>,
    folder: TempDir,
    log: LogId,
}

impl House {
    fn new() -> Self {
        Self {
            owner: Arc::new(Owner::default()),
            folder: tempfile::tempdir().unwrap(),
            log: LogId::new("north"),
        }
    }

    fn publisher(&self) -> Publisher {
        let state = SignerState::open(self.folder.path().join("signer")).unwrap();
        Publisher::new(self.owner.clone(), self.folder.path().join("tiles"), state, [7; 32])
    }
}

fn audited(publisher: &Publisher, log: &LogId) -> proof::AuditReport {
    let published = publisher.published(log).unwrap();
    let key = publisher.verifier(log).unwrap();
    let signed = SignedCheckpoint::open(&published.checkpoint, &[key]).unwrap();
    audit(signed.checkpoint, |tile| publisher.tile(log, tile), |_| Ok(None)).unwrap()
}

#[tokio::test]
async fn every_size_is_served_whole_and_proved() {
    let house = House::new();
    let publisher = house.publisher();
    let mut checkpoints: Vec<String> = Vec::new();
    for size in [1, 255, 256, 257, 511, 600, 65_536, 65_537] {
        house.owner.grow(&house.log, LogKind::Open, size);
        assert_eq!(publisher.publish(false).await.unwrap(), 1);
        assert_eq!(publisher.publish(false).await.unwrap(), 0, "nothing new, nothing signed");
        let report = audited(&publisher, &house.log);
        assert!(report.is_clean(), "{size}: {:?}", report.findings);
        let key = publisher.verifier(&house.log).unwrap();
        for index in [0, size / 2, size - 1] {
            let file = publisher.proof(&house.log, index as u64).await.unwrap().unwrap();
            file.verify(std::slice::from_ref(&key)).unwrap();
            assert_eq!(file.entry, format!("entry {index}").into_bytes());
        }
        for old in &checkpoints {
            let file = publisher.consistency(&house.log, old).unwrap().unwrap();
            file.verify(std::slice::from_ref(&key)).unwrap();
        }
        checkpoints.push(publisher.published(&house.log).unwrap().checkpoint.clone());
    }
}

#[tokio::test]
async fn a_partial_tile_of_an_older_size_is_cut_from_what_is_there() {
    let house = House::new();
    let publisher = house.publisher();
    house.owner.grow(&house.log, LogKind::Open, 200);
    publisher.publish(false).await.unwrap();
    let old = Tile::in_log(Level::Hashes(0), 0, 200).unwrap();
    let bundle = Tile::in_log(Level::Entries, 0, 200).unwrap();
    let hashes = publisher.tile(&house.log, &old).unwrap().unwrap();
    let entries = publisher.tile(&house.log, &bundle).unwrap().unwrap();
    for size in [230, 300] {
        house.owner.grow(&house.log, LogKind::Open, size);
        publisher.publish(false).await.unwrap();
        assert_eq!(publisher.tile(&house.log, &old).unwrap().unwrap(), hashes);
        assert_eq!(publisher.tile(&house.log, &bundle).unwrap().unwrap(), entries);
    }
    let beyond = Tile::in_log(Level::Hashes(0), 1, 400).unwrap();
    assert_eq!(publisher.tile(&house.log, &beyond).unwrap(), None);
}

#[tokio::test]
async fn a_restart_goes_on_where_it_was() {
    let house = House::new();
    house.owner.grow(&house.log, LogKind::Open, 700);
    house.publisher().publish(false).await.unwrap();
    let again = house.publisher();
    assert_eq!(again.publish(false).await.unwrap(), 0);
    assert_eq!(again.published(&house.log).unwrap().size, 700);
    house.owner.grow(&house.log, LogKind::Open, 800);
    assert_eq!(again.publish(false).await.unwrap(), 1);
    assert!(audited(&again, &house.log).is_clean());
}

#[tokio::test]
async fn another_history_is_refused() {
    let house = House::new();
    house.owner.grow(&house.log, LogKind::Open, 300);
    house.publisher().publish(false).await.unwrap();

    // A restored backup: the log is shorter than what was signed.
    house.owner.truncate(&house.log, 290);
    let refused = house.publisher().publish(false).await.unwrap_err();
    assert!(matches!(refused, PublishError::Refused { .. }), "{refused}");

    // An entry that was signed is another one now.
    house.owner.grow(&house.log, LogKind::Open, 300);
    house.owner.set(&house.log, 299, "another entry");
    house.owner.grow(&house.log, LogKind::Open, 310);
    let refused = house.publisher().publish(false).await.unwrap_err();
    assert!(refused.to_string().contains("was signed"), "{refused}");

    // The signer's memory was taken away while checkpoints are public.
    house.owner.set(&house.log, 299, "entry 299");
    std::fs::remove_dir_all(house.folder.path().join("signer")).unwrap();
    let refused = house.publisher().publish(false).await.unwrap_err();
    assert!(refused.to_string().contains("remembers none"), "{refused}");
}

#[tokio::test]
async fn a_closed_log_waits_for_its_hour() {
    let house = House::new();
    let closed = LogId::new("sealed");
    house.owner.grow(&closed, LogKind::Closed, 256);
    let publisher = house.publisher();
    assert_eq!(publisher.publish(false).await.unwrap(), 0);
    assert_eq!(publisher.publish(true).await.unwrap(), 1);
}
