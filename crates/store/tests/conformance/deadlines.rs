//! Deadlines: they take effect at their time, whoever notices, exactly once.

use kernel::{Event, Timestamp};

use crate::support::*;

on_both!(
    an_early_command_applies_what_is_due,
    days_of_outage_are_caught_up_in_order,
    two_workers_fire_once,
    a_clock_that_goes_back_does_not,
);

fn with_term(account: &str, seconds: i64) -> Ask {
    let due = Some(seconds * SECOND);
    Ask::Open { account: account.into(), due, links: None, closed: false }
}

fn facts(events: &[Event]) -> Vec<(&str, &str)> {
    events.iter().map(|e| (e.stream.key(), e.fact())).collect()
}

async fn an_early_command_applies_what_is_due(db: Db) {
    let (handle, clock) = db.committer().await;
    handle.submit(command("open", with_term("a", 60))).await.unwrap();
    handle.submit(command("p1", pay("a", 1))).await.unwrap();
    clock.set(START + 65 * SECOND);
    handle.submit(command("p2", pay("a", 1))).await.unwrap();
    // A late worker finds that nothing is left to do.
    assert_eq!(handle.due(handle.now()).await.unwrap(), 0);
    let events = audit(handle.store()).await;
    let expected =
        ["account-opened.v1", "paid-in.v1", "term-ended.v1", "paid-in.v1"].map(|f| ("a", f));
    assert_eq!(facts(&events), expected);
    assert_eq!(events[2].actor, "system/due");
    assert_eq!(handle.store().statistics().await.unwrap().deadlines, 1, "the grace is armed");
    replay(handle.store()).await;
}

async fn days_of_outage_are_caught_up_in_order(db: Db) {
    let (handle, clock) = db.committer().await;
    for (account, seconds) in [("a", 300), ("b", 100), ("c", 200)] {
        handle.submit(command(account, with_term(account, seconds))).await.unwrap();
    }
    assert_eq!(handle.due(handle.now()).await.unwrap(), 0);
    clock.set(START + 5 * 86_400 * SECOND);
    // A process that starts again after five days.
    let fresh = db.committer_with(&clock, options()).await;
    assert_eq!(fresh.due(fresh.now()).await.unwrap(), 6);
    let events = audit(fresh.store()).await;
    let ended: Vec<_> =
        events.iter().filter(|e| e.fact() == "term-ended.v1").map(|e| e.stream.key()).collect();
    // The three terms in order of time, then the graces that they armed.
    assert_eq!(ended, ["b", "c", "a", "b", "c", "a"]);
    assert_eq!(fresh.due(fresh.now()).await.unwrap(), 0);
    replay(fresh.store()).await;
}

async fn two_workers_fire_once(db: Db) {
    let (one, clock) = db.committer().await;
    for n in 0..30 {
        let account = format!("a{n}");
        one.submit(command(&account, with_term(&account, n))).await.unwrap();
    }
    clock.set(START + 40 * SECOND);
    let two = db.committer_with(&clock, options()).await;
    let now = Timestamp::from_micros(START + 40 * SECOND);
    let (a, b) = tokio::join!(one.due(now), two.due(now));
    let mut total = a.unwrap() + b.unwrap();
    // Whoever lost against the other's lock tries again.
    loop {
        match one.due(now).await.unwrap() {
            0 => break,
            more => total += more,
        }
    }
    let events = audit(one.store()).await;
    let ended = events.iter().filter(|e| e.fact() == "term-ended.v1").count();
    // Thirty terms of 0 to 29 s, and their graces of ten seconds more.
    assert_eq!((ended, total), (60, 60));
    replay(one.store()).await;
}

async fn a_clock_that_goes_back_does_not(db: Db) {
    let (handle, clock) = db.committer().await;
    clock.set(START + 100 * SECOND);
    handle.submit(command("open", opening("a"))).await.unwrap();
    clock.set(START);
    let answer = handle.submit(command("p", pay("a", 1))).await.unwrap();
    assert_eq!(answer.receipt().at.micros(), START + 100 * SECOND);
    let events = audit(handle.store()).await;
    assert_eq!(events[1].time, events[0].time);
}
