//! Faults: a process that ends between two statements, a lost answer, a lock that is held, two at once.

use std::time::Duration;

use kernel::{Answer, Verdict};
use tokio::time::Instant;

use crate::support::*;

on_both!(
    a_crash_between_any_two_statements_leaves_nothing,
    a_lost_answer_is_settled_by_the_other_committer,
    a_claim_taken_twice_at_once_is_taken_once,
    a_stream_made_twice_at_once_is_made_once,
    two_counties_that_read_each_other_go_on,
    a_held_head_refuses_in_time,
    an_older_format_is_folded_anew,
    leases_fence,
    another_hmac_key_or_service_is_refused,
);

fn rich(n: u64) -> kernel::Command<Ask> {
    let body = Ask::Pay {
        account: "a".into(),
        amount: 1,
        invoice: Some(format!("INV-{n}")),
        note: Some("说明".into()),
    };
    command(&format!("k{n}"), body)
}

async fn a_crash_between_any_two_statements_leaves_nothing(db: Db) {
    let clock = Hand::new();
    let options = options();
    let faults = options.faults.clone();
    let handle = db.committer_with(&clock, options).await;
    handle.submit(command("open", opening("a"))).await.unwrap();
    let mut crashes = 0;
    for n in 2.. {
        faults.fail_at(n);
        let before = audit(handle.store()).await.len();
        match handle.submit(rich(n)).await {
            Err(Verdict::Unavailable(_)) => {
                crashes += 1;
                assert_eq!(audit(handle.store()).await.len(), before, "statement {n}");
                let again = handle.submit(rich(n)).await.unwrap();
                assert!(matches!(again, Answer::Accepted(_)), "statement {n}");
            }
            // No statement of that number any more.
            other => {
                other.unwrap();
                break;
            }
        }
    }
    assert!(crashes >= 12, "{crashes}");
    let found = handle.store().statistics().await.unwrap();
    assert_eq!(found.commands, crashes + 2);
    assert_eq!(found.sealed_parts, crashes + 1);
    replay(handle.store()).await;
}

async fn a_lost_answer_is_settled_by_the_other_committer(db: Db) {
    let clock = Hand::new();
    let options = options();
    let faults = options.faults.clone();
    let one = db.committer_with(&clock, options).await;
    let two = db.committer_with(&clock, crate::support::options()).await;
    one.submit(command("open", opening("a"))).await.unwrap();
    faults.lose_answer();
    assert_eq!(one.submit(rich(1)).await, Err(Verdict::Unknown));
    let settled = two.submit(rich(1)).await.unwrap();
    assert!(matches!(settled, Answer::AlreadyDone(_)));
    assert_eq!(one.submit(rich(1)).await.unwrap().receipt(), settled.receipt());
    assert_eq!(audit(one.store()).await.len(), 2);
    replay(two.store()).await;
}

/// Submits until it is available.
async fn surely(
    handle: &store::CommitterHandle<Accounts>,
    command: kernel::Command<Ask>,
) -> Result<Answer, Verdict> {
    loop {
        match handle.submit(command.clone()).await {
            Err(Verdict::Unavailable(_)) => tokio::time::sleep(Duration::from_millis(5)).await,
            other => return other,
        }
    }
}

async fn a_claim_taken_twice_at_once_is_taken_once(db: Db) {
    let (one, _) = db.committer().await;
    let (two, _) = db.committer().await;
    // Two counties, two heads: only the claim stands between them.
    for (key, account, keeper) in [("o1", "a", "county"), ("o2", "b", "other")] {
        let mut open = command(key, opening(account));
        open.place = place(keeper);
        one.submit(open).await.unwrap();
    }
    for n in 0..20 {
        let paying = |key: &str, account: &str, keeper: &str| {
            let invoice = Some(format!("INV-{n}"));
            let body = Ask::Pay { account: account.into(), amount: 1, invoice, note: None };
            let mut ask = command(&format!("{key}{n}"), body);
            ask.place = place(keeper);
            ask
        };
        let (a, b) = tokio::join!(
            surely(&one, paying("x", "a", "county")),
            surely(&two, paying("y", "b", "other"))
        );
        assert!(a.is_ok() != b.is_ok(), "{n}: {a:?} {b:?}");
        let refused = a.err().or(b.err()).unwrap();
        assert!(matches!(refused, Verdict::Refused(r) if r.code == "already-used"));
    }
    replay(one.store()).await;
}

async fn a_stream_made_twice_at_once_is_made_once(db: Db) {
    let (one, _) = db.committer().await;
    let (two, _) = db.committer().await;
    for n in 0..10 {
        let asking = |key: &str| command(&format!("{key}{n}"), opening(&format!("a{n}")));
        let (a, b) = tokio::join!(surely(&one, asking("x")), surely(&two, asking("y")));
        assert!(a.is_ok() != b.is_ok(), "{n}: {a:?} {b:?}");
        let refused = a.err().or(b.err()).unwrap();
        assert!(matches!(refused, Verdict::Refused(r) if r.code == "exists"));
    }
    replay(one.store()).await;
}

async fn two_counties_that_read_each_other_go_on(db: Db) {
    let (one, _) = db.committer().await;
    let (two, _) = db.committer().await;
    for (account, links, keeper) in [("a", "b", "county"), ("b", "a", "other")] {
        let links = Some(links.to_owned());
        let body = Ask::Open { account: account.into(), due: None, links, closed: false };
        let mut open = command(account, body);
        open.place = place(keeper);
        one.submit(open).await.unwrap();
        let mut paid = command(&format!("p{account}"), pay(account, 15));
        paid.place = place(keeper);
        one.submit(paid).await.unwrap();
    }
    for n in 0..15 {
        let spending = |account: &str, keeper: &str| {
            let body = Ask::Spend { account: account.into(), amount: 1 };
            let mut ask = command(&format!("{account}{n}"), body);
            ask.place = place(keeper);
            ask
        };
        let (a, b) = tokio::join!(
            surely(&one, spending("a", "county")),
            surely(&two, spending("b", "other"))
        );
        assert!(a.is_ok() && b.is_ok(), "{n}: {a:?} {b:?}");
    }
    let (_, state) = one.state(&account("b")).await.unwrap();
    assert_eq!(state.unwrap().balance, 0);
    replay(one.store()).await;
}

async fn a_held_head_refuses_in_time(db: Db) {
    let (handle, _) = db.committer().await;
    handle.submit(command("open", opening("a"))).await.unwrap();
    let other = db.store().await;
    let mut tx = other.begin().await.unwrap();
    tx.execute("UPDATE core_log SET epoch = epoch", &[]).await.unwrap();
    let holding = tokio::spawn(async move {
        // Busy all the time, so that no limit on idle transactions frees the lock.
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until {
            tx.fetch("SELECT 1", &[]).await.unwrap();
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        tx.rollback().await.unwrap();
    });
    let asked = Instant::now();
    let verdict = handle.submit(command("p", pay("a", 1))).await.unwrap_err();
    assert!(matches!(verdict, Verdict::Unavailable(_)), "{verdict:?}");
    assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
    holding.await.unwrap();
    surely(&handle, command("p", pay("a", 1))).await.unwrap();
    replay(handle.store()).await;
}

async fn an_older_format_is_folded_anew(db: Db) {
    let (handle, _) = db.committer().await;
    handle.submit(command("open", opening("a"))).await.unwrap();
    for n in 0..5 {
        handle.submit(command(&format!("p{n}"), pay("a", 2))).await.unwrap();
    }
    let due = Ask::Open { account: "d".into(), due: Some(SECOND), links: None, closed: false };
    handle.submit(command("d", due)).await.unwrap();
    let closed = Ask::Open { account: "c".into(), due: None, links: None, closed: true };
    handle.submit(command("c", closed)).await.unwrap();
    let mut tx = handle.store().begin().await.unwrap();
    let old = [store::Value::Bytes(b"of another shape".to_vec())];
    tx.execute("UPDATE core_state SET format = 0, body = $1", &old).await.unwrap();
    tx.execute("UPDATE core_meta SET value = '0' WHERE name = 'state format'", &[]).await.unwrap();
    tx.execute("UPDATE core_deadline SET name = 'as it was called before'", &[]).await.unwrap();
    tx.commit().await.unwrap();
    // A look folds at once; the committer of the new program folds all before its first batch.
    let (version, state) = handle.state(&account("a")).await.unwrap();
    assert_eq!((version, state.unwrap().balance), (6, 10));
    let (handle, clock) = db.committer().await;
    handle.submit(command("s", Ask::Spend { account: "a".into(), amount: 10 })).await.unwrap();
    let sql = "SELECT COUNT(*) FROM core_state WHERE format = 0";
    assert_eq!(handle.store().query(sql, &[]).await.unwrap()[0].i64(0).unwrap(), 0);
    let (version, state) = handle.state(&account("c")).await.unwrap();
    assert_eq!((version, state.unwrap().count), (1, 1), "a closed stream too");
    clock.set(START + 2 * SECOND);
    assert_eq!(handle.due(handle.now()).await.unwrap(), 1, "its deadline is armed anew");
    replay(handle.store()).await;
}

async fn leases_fence(db: Db) {
    let (one, two) = (db.store().await, db.store().await);
    let short = Duration::from_millis(300);
    let lease = one.acquire("relay", "log", "p1", short).await.unwrap().unwrap();
    assert_eq!(two.acquire("relay", "log", "p2", short).await.unwrap(), None);
    assert!(two.acquire("relay", "other", "p2", short).await.unwrap().is_some());
    let longer = one.acquire("relay", "log", "p1", short).await.unwrap().unwrap();
    assert_eq!(longer.epoch, lease.epoch, "the same holder prolongs");
    assert!(one.renew(&lease, short).await.unwrap());
    let mut tx = one.begin().await.unwrap();
    tx.check(&lease).await.unwrap();
    tx.commit().await.unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;
    let taken = two.acquire("relay", "log", "p2", short).await.unwrap().unwrap();
    assert!(taken.epoch > lease.epoch);
    assert!(!one.renew(&lease, short).await.unwrap());
    let mut tx = one.begin().await.unwrap();
    assert!(matches!(tx.check(&lease).await, Err(store::StoreError::Fenced { .. })));
    drop(tx);
    two.release(&taken).await.unwrap();
    assert!(one.acquire("relay", "log", "p1", short).await.unwrap().is_some());
}

async fn another_hmac_key_or_service_is_refused(db: Db) {
    let (handle, clock) = db.committer().await;
    handle.submit(command("open", opening("a"))).await.unwrap();
    let other = start_with_key(db.store().await, &clock, [8; 32]);
    let verdict = other.submit(command("open", opening("a"))).await.unwrap_err();
    assert!(matches!(verdict, Verdict::Unavailable(text) if text.contains("HMAC key")));
    if !db.is_postgres() {
        let refused = store::Store::open(&db.url, "payments").await;
        assert!(refused.is_err_and(|error| error.to_string().contains("belongs to")));
    }
}
