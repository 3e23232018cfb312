//! Readers: in order, once, nothing skipped, a poison event alone; rebuilt beside the live tables.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use kernel::{Event, LogId, StreamId, Timestamp, UnitId, Verdict};
use store::{Applied, Reader, ReaderError, Readers, Tx};

use crate::support::*;

on_both!(
    repeats_are_ignored_and_holes_told,
    a_poison_event_parks_its_unit_alone,
    one_can_be_skipped_for_a_reason,
    what_is_no_event_is_parked,
    a_reader_that_panics_holds_up_one_unit,
    commits_of_another_process_are_seen,
    slow_writers_and_a_reader_that_skips_nothing,
    a_rebuild_stands_beside_the_live_tables,
    copies_of_foreign_facts_are_states,
    a_broken_rebuild_is_begun_again,
);

#[derive(Default)]
struct Seen {
    /// Whether an amount of 13 cannot be applied.
    superstitious: AtomicBool,
    /// Waits before each event, so that others run in between.
    slow: AtomicBool,
}

#[async_trait]
impl Reader for Seen {
    fn name(&self) -> &str {
        "seen"
    }

    fn schema(&self, _suffix: &str) -> Vec<String> {
        vec![
            "CREATE TABLE seen~ (n BIGINT NOT NULL, unit TEXT NOT NULL, amount BIGINT, at_log TEXT NOT NULL, idx BIGINT NOT NULL, PRIMARY KEY (at_log, idx))".into(),
            "CREATE INDEX seen_unit~ ON seen~ (unit)".into(),
        ]
    }

    async fn apply(&self, tx: &mut Tx<'_>, event: &Event) -> Result<(), ReaderError> {
        if self.slow.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        let n = tx.fetch("SELECT COUNT(*) FROM seen~", &[]).await?[0].i64(0)?;
        let amount = event.data.get("amount").and_then(serde_json::Value::as_i64);
        let values = [
            n.into(),
            event.unit.as_str().into(),
            amount.into(),
            event.log.as_str().into(),
            event.index.into(),
        ];
        // Not "or ignore": a second application fails.
        tx.execute(
            "INSERT INTO seen~ (n, unit, amount, at_log, idx) VALUES ($1, $2, $3, $4, $5)",
            &values,
        )
        .await?;
        assert!(amount != Some(666), "a fault in a reader");
        if amount == Some(13) && self.superstitious.load(Ordering::SeqCst) {
            return Err(ReaderError::Poison("thirteen".into()));
        }
        let copy = StreamId::foreign("accounts", "seen", &event.unit);
        let known = Account { balance: n, count: 0, due: vec![], place: None, links: None };
        tx.put_state(&copy, &known, 1).await?;
        Ok(())
    }
}

async fn seen(store: &store::Store) -> Vec<(String, Option<i64>)> {
    let rows = store.query("SELECT unit, amount FROM seen~ ORDER BY n", &[]).await.unwrap();
    rows.iter().map(|row| (row.text(0).unwrap().to_owned(), row.opt_i64(1).unwrap())).collect()
}

/// Entries as another service gives them, and its log's id.
async fn given(db: &Db, amounts: &[(&str, i64)]) -> (LogId, Vec<(u64, Vec<u8>)>) {
    let (handle, _) = db.committer().await;
    for (n, (unit, amount)) in amounts.iter().enumerate() {
        let account = format!("a-{unit}");
        let mut ask = command(&format!("open{n}"), opening(&account));
        ask.place.unit = (*unit).into();
        let _ = handle.submit(ask).await;
        let mut ask = command(&format!("p{n}"), pay(&account, *amount));
        ask.place.unit = (*unit).into();
        handle.submit(ask).await.unwrap();
    }
    let log = handle.store().logs().await.unwrap().remove(0).id;
    let entries = handle.store().entries(&log, 0, 1000).await.unwrap();
    (log, entries.into_iter().map(|e| (e.index, e.bytes)).collect())
}

async fn repeats_are_ignored_and_holes_told(db: Db) {
    let (log, entries) = given(&db, &[("u", 1), ("u", 2), ("u", 3)]).await;
    let readers = Readers::new(db.store().await, None);
    let reader = Seen::default();
    readers.prepare(&reader).await.unwrap();
    readers.prepare(&reader).await.unwrap();
    let apply = async |list: &[(u64, Vec<u8>)]| {
        readers.apply_batch(&reader, "other", &log, list.to_vec()).await.unwrap()
    };
    assert_eq!(apply(&entries[..2]).await, Applied::UpTo { next: 2 });
    assert_eq!(apply(&entries[..3]).await, Applied::UpTo { next: 3 });
    assert_eq!(apply(&entries[..1]).await, Applied::UpTo { next: 3 });
    let gap = [entries[2].clone(), entries[3].clone()];
    let ahead = [entries[3].clone()];
    assert_eq!(apply(&ahead).await, Applied::UpTo { next: 4 });
    assert_eq!(apply(&gap).await, Applied::UpTo { next: 4 });
    let (log, entries) = (LogId::from("second"), entries);
    let holed = [entries[0].clone(), entries[2].clone()];
    let applied = readers.apply_batch(&reader, "other", &log, holed.to_vec()).await;
    assert_eq!(applied.unwrap(), Applied::Hole { expected: 1 });
    assert_eq!(readers.position("seen", "other", &log).await.unwrap(), 1);
    assert_eq!(seen(readers.store()).await.len(), 4);
    // The reader's own table refuses what it has from the first log already: parked, not lost.
    assert_eq!(readers.parked().await.unwrap().len(), 1);
    assert_eq!(readers.positions("seen").await.unwrap().len(), 2);
}

async fn a_poison_event_parks_its_unit_alone(db: Db) {
    let amounts = [("u", 1), ("u", 13), ("v", 2), ("u", 3), ("v", 4)];
    let (log, entries) = given(&db, &amounts).await;
    let readers = Readers::new(db.store().await, None);
    let reader = Seen::default();
    reader.superstitious.store(true, Ordering::SeqCst);
    readers.prepare(&reader).await.unwrap();
    let total = entries.len() as u64;
    let applied = readers.apply_batch(&reader, "other", &log, entries).await.unwrap();
    assert_eq!(applied, Applied::UpTo { next: total });
    let amounts: Vec<i64> = seen(readers.store()).await.into_iter().filter_map(|s| s.1).collect();
    assert_eq!(amounts, [1, 2, 4], "what the poison event did before it failed is undone");
    let parked = readers.parked().await.unwrap();
    assert_eq!(parked.iter().map(|p| p.unit.as_str()).collect::<Vec<_>>(), ["u", "u"]);
    assert_eq!(parked[0].reason, "thirteen");
    let unit = UnitId::from("u");
    assert_eq!(readers.retry(&reader, "other", &unit).await.unwrap(), 0);
    assert_eq!(readers.parked().await.unwrap()[0].retries, 1);
    reader.superstitious.store(false, Ordering::SeqCst);
    assert_eq!(readers.retry(&reader, "other", &unit).await.unwrap(), 2);
    let amounts: Vec<i64> = seen(readers.store()).await.into_iter().filter_map(|s| s.1).collect();
    assert_eq!(amounts, [1, 2, 4, 13, 3]);
    assert!(readers.parked().await.unwrap().is_empty());
}

async fn one_can_be_skipped_for_a_reason(db: Db) {
    let (log, entries) = given(&db, &[("u", 13), ("u", 3)]).await;
    let readers = Readers::new(db.store().await, None);
    let reader = Seen::default();
    reader.superstitious.store(true, Ordering::SeqCst);
    readers.prepare(&reader).await.unwrap();
    readers.apply_batch(&reader, "other", &log, entries).await.unwrap();
    let index = readers.parked().await.unwrap()[0].index;
    let at = Timestamp::from_micros(START);
    let skipped = readers.skip(&reader, ("other", &log, index), "known fault", at).await.unwrap();
    assert!(skipped);
    assert!(!readers.skip(&reader, ("other", &log, index), "again", at).await.unwrap());
    let amounts: Vec<i64> = seen(readers.store()).await.into_iter().filter_map(|s| s.1).collect();
    assert_eq!(amounts, [3]);
    let rows = readers.store().query("SELECT reason FROM core_skipped", &[]).await.unwrap();
    assert_eq!(rows[0].text(0).unwrap(), "known fault");
}

async fn what_is_no_event_is_parked(db: Db) {
    let (log, mut entries) = given(&db, &[("u", 1)]).await;
    entries[0].1 = b"{\"no\":\"event, and not thirty-two bytes\"}".to_vec();
    let readers = Readers::new(db.store().await, None);
    let reader = Seen::default();
    readers.prepare(&reader).await.unwrap();
    let applied = readers.apply_batch(&reader, "other", &log, entries).await.unwrap();
    assert_eq!(applied, Applied::UpTo { next: 2 });
    assert_eq!(readers.parked().await.unwrap().len(), 1);
    assert_eq!(seen(readers.store()).await.len(), 1);
}

async fn a_reader_that_panics_holds_up_one_unit(db: Db) {
    let (log, entries) = given(&db, &[("u", 666), ("v", 2)]).await;
    let readers = Readers::new(db.store().await, None);
    let reader = Seen::default();
    readers.prepare(&reader).await.unwrap();
    let applied = readers.apply_batch(&reader, "other", &log, entries).await.unwrap();
    assert_eq!(applied, Applied::UpTo { next: 4 });
    assert_eq!(readers.parked().await.unwrap()[0].reason, "the reader panicked");
    assert_eq!(seen(readers.store()).await.len(), 3);
    assert_eq!(readers.store().statistics().await.unwrap().parked, 1);
}

async fn commits_of_another_process_are_seen(db: Db) {
    let (handle, _) = db.committer().await;
    let watcher = db.store().await;
    let mut wake = watcher.wake();
    // The watcher must have looked once before the commit.
    tokio::time::sleep(Duration::from_millis(800)).await;
    wake.borrow_and_update();
    handle.submit(command("open", opening("a"))).await.unwrap();
    let seen = tokio::time::timeout(Duration::from_secs(3), wake.changed()).await;
    assert!(matches!(seen, Ok(Ok(()))));
}

async fn slow_writers_and_a_reader_that_skips_nothing(db: Db) {
    let clock = Hand::new();
    let mut writers = Vec::new();
    for hold in [15, 40] {
        let options = options();
        options.faults.hold(Duration::from_millis(hold));
        writers.push(db.committer_with(&clock, options).await);
    }
    for county in 0..2 {
        let mut ask = command(&format!("open{county}"), opening(&format!("a{county}")));
        ask.place = place(&format!("county{county}"));
        writers[0].submit(ask).await.unwrap();
    }
    let readers = Readers::new(db.store().await, None);
    let reader = Arc::new(Seen::default());
    reader.slow.store(true, Ordering::SeqCst);
    let following = readers.follow(reader).await.unwrap();
    let mut tasks = Vec::new();
    for n in 0..120_i64 {
        let handle = writers[usize::try_from(n % 2).unwrap()].clone();
        let county = n % 3 % 2;
        let mut ask = command(&format!("k{n}"), pay(&format!("a{county}"), n));
        ask.place = place(&format!("county{county}"));
        tasks.push(tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(u64::try_from(n).unwrap() * 7)).await;
            loop {
                match handle.submit(ask.clone()).await {
                    Err(Verdict::Unavailable(_)) => continue,
                    other => return other.unwrap(),
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    for log in readers.store().logs().await.unwrap() {
        let patience = Duration::from_secs(20);
        assert!(readers.wait_for("seen", &log.id, log.size - 1, patience).await.unwrap());
        let sql = "SELECT idx FROM seen~ WHERE at_log = $1 ORDER BY n";
        let rows = readers.store().query(sql, &[log.id.as_str().into()]).await.unwrap();
        let order: Vec<u64> = rows.iter().map(|r| r.u64(0).unwrap()).collect();
        assert_eq!(order, (0..log.size).collect::<Vec<_>>(), "each once, in order");
    }
    following.abort();
    replay(readers.store()).await;
}

async fn a_rebuild_stands_beside_the_live_tables(db: Db) {
    given(&db, &[("u", 1), ("v", 2), ("u", 3)]).await;
    let readers = Readers::new(db.store().await, None);
    let reader = Seen::default();
    readers.prepare(&reader).await.unwrap();
    assert_eq!(readers.catch_up(&reader).await.unwrap(), 5);
    let before = seen(readers.store()).await;
    let mut tx = readers.store().begin().await.unwrap();
    tx.execute("DELETE FROM seen WHERE unit = 'u'", &[]).await.unwrap();
    // A rebuild works with every sealed part absent.
    tx.execute("DELETE FROM core_part", &[]).await.unwrap();
    tx.commit().await.unwrap();
    for _ in 0..2 {
        let mut told = 0;
        assert_eq!(readers.rebuild(&reader, |n| told = n).await.unwrap(), 5);
        assert_eq!(told, 5);
        assert_eq!(seen(readers.store()).await, before);
    }
    readers.prepare(&reader).await.unwrap();
    assert_eq!(readers.catch_up(&reader).await.unwrap(), 0);
    assert_eq!(readers.positions("seen").await.unwrap().len(), 1);
}

async fn copies_of_foreign_facts_are_states(db: Db) {
    let (_, entries) = given(&db, &[("u", 1), ("v", 2)]).await;
    let readers = Readers::new(db.store().await, None);
    let reader = Seen::default();
    readers.prepare(&reader).await.unwrap();
    let log = LogId::from("foreign");
    readers.apply_batch(&reader, "other", &log, entries.clone()).await.unwrap();
    let copy = StreamId::foreign("accounts", "seen", "v");
    let (version, state): (u64, Option<Account>) = readers.store().state(&copy).await.unwrap();
    assert_eq!((version, state.unwrap().balance), (2, 3));
    let rebuild = readers.begin_rebuild(&reader).await.unwrap();
    let one = entries[..2].to_vec();
    readers.apply_rebuild(&reader, &rebuild, "other", &log, one).await.unwrap();
    // The live copy is as before until the swap, and gone after it: the new tables have not heard of it.
    let (version, _): (u64, Option<Account>) = readers.store().state(&copy).await.unwrap();
    assert_eq!(version, 2);
    readers.finish_rebuild(&reader, rebuild).await.unwrap();
    let (version, _): (u64, Option<Account>) = readers.store().state(&copy).await.unwrap();
    assert_eq!(version, 0);
    let copy = StreamId::foreign("accounts", "seen", "u");
    let mut tx = readers.store().begin().await.unwrap();
    let loaded = tx.load_states::<Account>(std::slice::from_ref(&copy)).await.unwrap();
    assert_eq!(loaded.version(&copy), 2);
    drop(tx);
    assert_eq!(readers.position("seen", "other", &log).await.unwrap(), 2);
}

async fn a_broken_rebuild_is_begun_again(db: Db) {
    given(&db, &[("u", 1)]).await;
    let readers = Readers::new(db.store().await, None);
    let reader = Seen::default();
    readers.prepare(&reader).await.unwrap();
    readers.catch_up(&reader).await.unwrap();
    let before = seen(readers.store()).await;
    drop(readers.begin_rebuild(&reader).await.unwrap());
    assert_eq!(seen(readers.store()).await, before);
    readers.rebuild(&reader, |_| ()).await.unwrap();
    assert_eq!(seen(readers.store()).await, before);
}
