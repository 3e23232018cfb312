//! What is not public: parts beside the log, closed logs, sealed states, padding.

use kernel::{Actor, LogKind};

use crate::support::*;

on_both!(
    a_field_is_a_commitment_and_its_part_lies_beside,
    a_closed_log_tells_nothing,
    closed_logs_are_padded,
    a_closed_reader_gets_the_events,
);

async fn a_field_is_a_commitment_and_its_part_lies_beside(db: Db) {
    let (handle, _) = db.committer().await;
    handle.submit(command("open", opening("a"))).await.unwrap();
    let note = Some("张秘密".to_owned());
    let body = Ask::Pay { account: "a".into(), amount: 1, invoice: None, note };
    let answer = handle.submit(command("p", body)).await.unwrap();
    let at = &answer.receipt().events[0].position;
    let store = handle.store();
    let event = audit(store).await.remove(1);
    let (hash, class) = event.commitment("note").unwrap();
    assert_eq!(class, kernel::Class::Staff);
    let part = store.sealed_part(&at.log, at.index, "note").await.unwrap().unwrap();
    assert_eq!((part.subject.as_str(), part.class.as_str()), ("person-a", "staff"));
    assert!(part.keep_until.micros() > START + 9 * 365 * 86_400 * SECOND);
    let plain: Vec<u8> = part.ciphertext.iter().map(|b| !b).collect();
    let (salt, json) = plain.split_first_chunk::<32>().unwrap();
    assert_eq!(json, "\"张秘密\"".as_bytes());
    assert_eq!(proof::commitment(salt, json).to_base64(), hash);
    assert!(store.delete_part(&at.log, at.index, "note").await.unwrap());
    assert_eq!(store.sealed_part(&at.log, at.index, "note").await.unwrap(), None);
    replay(store).await;
}

fn closed_opening() -> Ask {
    Ask::Open { account: "c".into(), due: Some(60 * SECOND), links: None, closed: true }
}

async fn a_closed_log_tells_nothing(db: Db) {
    let (handle, clock) = db.committer().await;
    let mut ask = command("open", closed_opening());
    ask.actor = Actor::Resident("r1".into());
    let answer = handle.submit(ask).await.unwrap();
    let recorded = &answer.receipt().events[0];
    assert_eq!((&recorded.fact, &recorded.stream), (&None, &None));
    let store = handle.store();
    let log = store.log_of(&"county".into(), LogKind::Closed).await.unwrap().unwrap();
    let entry = store.entries(&log.id, 0, 10).await.unwrap().remove(0);
    assert_eq!(entry.bytes.len(), 32);
    let sql = "SELECT stream, version, fact, unit, at FROM core_entry";
    let row = store.query(sql, &[]).await.unwrap().remove(0);
    assert!((0..5).all(|n| row.value(n) == &store::Value::Null));
    let row = store.query("SELECT body FROM core_state", &[]).await.unwrap().remove(0);
    assert!(!String::from_utf8_lossy(row.bytes(0).unwrap()).contains("balance"));
    let event = handle.closed_event(&log.id, 0).await.unwrap().unwrap();
    assert_eq!(event.data["name"], "张秘密", "in a closed event the value itself");
    let (version, state) = handle.state(&account("c")).await.unwrap();
    assert_eq!((version, state.unwrap().count), (1, 1));
    assert_eq!(handle.store().state::<Account>(&account("c")).await.unwrap(), (1, None));
    // Its deadline works as any other; the lapse of this domain is an open event, which a closed stream cannot take.
    clock.set(START + 61 * SECOND);
    assert_eq!(handle.due(handle.now()).await.unwrap(), 0);
    // A sealed part put in another place is noticed.
    let mut tx = store.begin().await.unwrap();
    let other = [store::Value::Bytes(vec![!7; 80])];
    tx.execute("UPDATE core_part SET ciphertext = $1", &other).await.unwrap();
    tx.commit().await.unwrap();
    assert!(handle.closed_event(&log.id, 0).await.is_err());
}

async fn closed_logs_are_padded(db: Db) {
    let (handle, _) = db.committer().await;
    handle.submit(command("open", closed_opening())).await.unwrap();
    handle.submit(command("open2", opening("a"))).await.unwrap();
    let closed = handle.store().log_of(&"county".into(), LogKind::Closed).await.unwrap().unwrap();
    let open = handle.store().log_of(&"county".into(), LogKind::Open).await.unwrap().unwrap();
    assert_eq!(handle.pad_closed(&closed.id).await.unwrap(), 255);
    assert_eq!(handle.pad_closed(&closed.id).await.unwrap(), 0);
    assert!(handle.pad_closed(&open.id).await.is_err());
    let entries = handle.store().entries(&closed.id, 0, 1000).await.unwrap();
    assert_eq!(entries.len(), 256);
    let different: std::collections::HashSet<_> = entries.iter().map(|e| e.leaf).collect();
    assert_eq!(different.len(), 256);
    assert_eq!(handle.closed_event(&closed.id, 17).await.unwrap(), None);
    let mut ask = command("open3", closed_opening());
    if let Ask::Open { account, .. } = &mut ask.body {
        *account = "d".into();
    }
    let answer = handle.submit(ask).await.unwrap();
    assert_eq!(answer.receipt().events[0].position.index, 256);
    audit(handle.store()).await;
}

async fn a_closed_reader_gets_the_events(db: Db) {
    struct Names;
    #[async_trait::async_trait]
    impl store::Reader for Names {
        fn name(&self) -> &str {
            "names"
        }
        fn schema(&self, _suffix: &str) -> Vec<String> {
            vec!["CREATE TABLE IF NOT EXISTS names~ (name TEXT)".into()]
        }
        fn wants_closed(&self) -> bool {
            true
        }
        async fn apply(
            &self,
            tx: &mut store::Tx<'_>,
            event: &kernel::Event,
        ) -> Result<(), store::ReaderError> {
            let name = event.data.get("name").and_then(|n| n.as_str());
            tx.execute("INSERT INTO names~ (name) VALUES ($1)", &[name.into()]).await?;
            Ok(())
        }
    }
    let (handle, _) = db.committer().await;
    handle.submit(command("open", closed_opening())).await.unwrap();
    handle.submit(command("open2", opening("a"))).await.unwrap();
    let closed = handle.store().log_of(&"county".into(), LogKind::Closed).await.unwrap().unwrap();
    handle.pad_closed(&closed.id).await.unwrap();
    let readers = store::Readers::new(db.store().await, Some(handle.sealer().clone()));
    readers.prepare(&Names).await.unwrap();
    assert_eq!(readers.catch_up(&Names).await.unwrap(), 257);
    let count = async || {
        let rows = readers.store().query("SELECT COUNT(name), COUNT(*) FROM names~", &[]).await;
        let row = rows.unwrap().remove(0);
        (row.i64(0).unwrap(), row.i64(1).unwrap())
    };
    assert_eq!(count().await, (1, 2));
    let mut tx = readers.store().begin().await.unwrap();
    tx.execute("DELETE FROM core_part", &[]).await.unwrap();
    tx.commit().await.unwrap();
    readers.rebuild(&Names, |_| ()).await.unwrap();
    assert_eq!(count().await, (0, 1), "erased events are left out");
}
