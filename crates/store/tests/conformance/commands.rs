//! Commands: three outcomes, group commit, claims, idempotency.

use kernel::{Answer, LogKind, Sent, Verdict};

use crate::support::*;

on_both!(
    three_outcomes,
    the_same_request_is_the_same_command,
    one_duplicate_among_many_fails_alone,
    statements_do_not_grow_with_the_batch,
    a_hot_stream_takes_few_commits,
    concurrent_writers_keep_the_order,
    a_changed_thing_is_said,
    what_is_faulty_fails_alone,
    an_event_elsewhere_goes_to_its_own_log,
    streams_that_name_others_are_loaded,
    a_foreign_fact_is_waited_for,
    a_dropped_caller_changes_nothing,
    the_clock_must_agree_with_the_database,
    one_seed_gives_one_history,
    figures_count,
);

async fn three_outcomes(db: Db) {
    let (handle, _) = db.committer().await;
    let first = handle.submit(command("k1", opening("a"))).await.unwrap();
    assert!(matches!(first, Answer::Accepted(_)));
    let again = handle.submit(command("k1", opening("a"))).await.unwrap();
    assert_eq!(again, Answer::AlreadyDone(first.receipt().clone()));
    assert_eq!(first.receipt().promises.len(), 1);
    let other = handle.submit(command("k1", opening("b"))).await;
    assert_eq!(other, Err(Verdict::KeyReused));
    let refused = handle.submit(command("k2", opening("a"))).await;
    assert!(matches!(refused, Err(Verdict::Refused(r)) if r.code == "exists"));
    // A refused command wrote nothing: its key is free.
    assert!(handle.submit(command("k2", pay("a", 5))).await.is_ok());
    assert_eq!(handle.store().statistics().await.unwrap().commands, 2);
    replay(handle.store()).await;
}

async fn together(
    handle: &store::CommitterHandle<Accounts>,
    commands: Vec<kernel::Command<Ask>>,
) -> Vec<Result<Answer, Verdict>> {
    futures::future::join_all(commands.into_iter().map(|c| handle.submit(c))).await
}

async fn the_same_request_is_the_same_command(db: Db) {
    let (handle, _) = db.committer().await;
    let sent = |what: &str| Sent::of("/open", &what);
    let first = handle.submit_sent(command("k1", opening("a")), sent("mine")).await.unwrap();
    // What the service added to the command may be another meanwhile.
    let again = handle.submit_sent(command("k1", opening("b")), sent("mine")).await.unwrap();
    assert_eq!(again, Answer::AlreadyDone(first.receipt().clone()));
    let other = handle.submit_sent(command("k1", opening("a")), sent("another")).await;
    assert_eq!(other, Err(Verdict::KeyReused));
    // Nor does a command without a request pass for one with it.
    assert_eq!(handle.submit(command("k1", opening("a"))).await, Err(Verdict::KeyReused));
    replay(handle.store()).await;
}

async fn one_duplicate_among_many_fails_alone(db: Db) {
    let (handle, _) = db.committer().await;
    handle.submit(command("open", opening("a"))).await.unwrap();
    let commands = (0..512)
        .map(|n| {
            let invoice = if n == 300 { 17 } else { n };
            let invoice = Some(format!("INV-{invoice}"));
            let body = Ask::Pay { account: "a".into(), amount: 1, invoice, note: None };
            command(&format!("k{n}"), body)
        })
        .collect();
    let results = together(&handle, commands).await;
    let failed: Vec<_> = (0..).zip(&results).filter(|(_, r)| r.is_err()).collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0].0 == 17 || failed[0].0 == 300);
    assert!(matches!(failed[0].1, Err(Verdict::Refused(r)) if r.code == "already-used"));
    let (_, state) = handle.state(&account("a")).await.unwrap();
    assert_eq!(state.unwrap().balance, 511);
    replay(handle.store()).await;
}

async fn statements_do_not_grow_with_the_batch(db: Db) {
    let clock = Hand::new();
    let options = options();
    let faults = options.faults.clone();
    let handle = db.committer_with(&clock, options).await;
    handle.submit(command("open", opening("a"))).await.unwrap();
    let paying = |n: usize| {
        let invoice = Some(format!("INV-{n}"));
        let note = Some("说明".to_owned());
        let body = Ask::Pay { account: "a".into(), amount: 1, invoice, note };
        command(&format!("k{n}"), body)
    };
    handle.submit(paying(1000)).await.unwrap();
    let (one, commits) = handle.counters();
    // While a slow commit is in flight, five hundred gather into the next.
    faults.hold(std::time::Duration::from_millis(700));
    let slow = tokio::spawn({
        let (handle, command) = (handle.clone(), paying(1001));
        async move { handle.submit(command).await }
    });
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let many = together(&handle, (0..500).map(paying).collect()).await;
    assert!(many.iter().all(Result::is_ok));
    slow.await.unwrap().unwrap();
    let (five_hundred, later) = handle.counters();
    assert_eq!(later, commits + 2, "five hundred in one commit");
    assert_eq!(one, five_hundred, "statements for 1 and for 500");
    assert!(one <= 15, "{one} round trips");
}

async fn a_hot_stream_takes_few_commits(db: Db) {
    let (handle, _) = db.committer().await;
    handle.submit(command("open", opening("a"))).await.unwrap();
    let (_, before) = handle.counters();
    let commands = (0..512).map(|n| command(&format!("k{n}"), pay("a", 2))).collect();
    let results = together(&handle, commands).await;
    assert!(results.iter().all(Result::is_ok));
    let (_, after) = handle.counters();
    assert!(after - before <= 12, "{} commits", after - before);
    let (version, state) = handle.state(&account("a")).await.unwrap();
    assert_eq!((version, state.unwrap().balance), (513, 1024));
    // Each was decided on what the one before left: the balance can't be overspent.
    let spend = |n| command(&format!("s{n}"), Ask::Spend { account: "a".into(), amount: 100 });
    let results = together(&handle, (0..20).map(spend).collect()).await;
    assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 10);
    replay(handle.store()).await;
}

async fn concurrent_writers_keep_the_order(db: Db) {
    let (one, _) = db.committer().await;
    let (two, _) = db.committer().await;
    for n in 0..8 {
        one.submit(command(&format!("open{n}"), opening(&format!("a{n}")))).await.unwrap();
    }
    let mut tasks = Vec::new();
    for n in 0..200 {
        let handle = if n % 2 == 0 { one.clone() } else { two.clone() };
        let mut ask = command(&format!("k{n}"), pay(&format!("a{}", n % 8), 1));
        ask.place.unit = format!("village-{}", n % 3).into();
        tasks.push(tokio::spawn(async move {
            loop {
                match handle.submit(ask.clone()).await {
                    Err(Verdict::Unavailable(_)) => continue,
                    other => return other,
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(audit(one.store()).await.len(), 208);
    replay(two.store()).await;
}

async fn a_changed_thing_is_said(db: Db) {
    let (handle, _) = db.committer().await;
    handle.submit(command("open", opening("a"))).await.unwrap();
    let mut ask = command("k", pay("a", 1));
    ask.seen = Some((account("a"), 7));
    let verdict = handle.submit(ask.clone()).await.unwrap_err();
    assert_eq!(verdict, Verdict::Changed { stream: account("a"), seen: 7, now: 1 });
    ask.seen = Some((account("a"), 1));
    handle.submit(ask).await.unwrap();
}

async fn what_is_faulty_fails_alone(db: Db) {
    let (handle, _) = db.committer().await;
    handle.submit(command("open", opening("a"))).await.unwrap();
    let mut commands: Vec<_> = (0..20).map(|n| command(&format!("k{n}"), pay("a", 1))).collect();
    commands.push(command("huge", Ask::Huge { account: "a".into() }));
    commands.push(command("panic", Ask::Panic));
    let results = together(&handle, commands).await;
    assert!(results[..20].iter().all(Result::is_ok), "{results:?}");
    assert!(matches!(&results[20], Err(Verdict::Refused(r)) if r.code == "too-large"));
    assert!(matches!(&results[21], Err(Verdict::Unavailable(_))));
    replay(handle.store()).await;
}

async fn an_event_elsewhere_goes_to_its_own_log(db: Db) {
    let (handle, _) = db.committer().await;
    let answer = handle.submit(command("k", Ask::Elsewhere { account: "p".into() })).await.unwrap();
    let log = &answer.receipt().events[0].position.log;
    let found = handle.store().log_of(&"province".into(), LogKind::Open).await.unwrap().unwrap();
    assert_eq!((&found.id, found.size), (log, 1));
    assert!(handle.store().log_of(&"county".into(), LogKind::Open).await.unwrap().is_none());
    replay(handle.store()).await;
}

async fn streams_that_name_others_are_loaded(db: Db) {
    let (handle, _) = db.committer().await;
    handle.submit(command("b", opening("b"))).await.unwrap();
    let linked =
        Ask::Open { account: "a".into(), due: None, links: Some("b".into()), closed: false };
    handle.submit(command("a", linked)).await.unwrap();
    handle.submit(command("p", pay("a", 9))).await.unwrap();
    handle.submit(command("s", Ask::Spend { account: "a".into(), amount: 9 })).await.unwrap();
    replay(handle.store()).await;
}

async fn a_foreign_fact_is_waited_for(db: Db) {
    let (handle, _) = db.committer().await;
    handle.submit(command("open", opening("a"))).await.unwrap();
    let ask = Ask::Seated { account: "a".into(), seat: "u1".into() };
    let waiting = tokio::spawn({
        let (handle, ask) = (handle.clone(), command("k", ask));
        async move { handle.submit(ask).await }
    });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let mut tx = handle.store().begin().await.unwrap();
    let seat = kernel::StreamId::foreign("organisation", "seats", "u1");
    let known = Account { balance: 0, count: 0, due: vec![], place: None, links: None };
    tx.put_state(&seat, &known, 1).await.unwrap();
    assert!(tx.put_state(&account("a"), &known, 1).await.is_err(), "own streams are events' alone");
    tx.commit().await.unwrap();
    assert!(matches!(waiting.await.unwrap(), Ok(Answer::Accepted(_))));
    let ask = Ask::Seated { account: "a".into(), seat: "nobody".into() };
    assert!(matches!(handle.submit(command("n", ask)).await, Err(Verdict::NotKnownYet(_))));
}

async fn a_dropped_caller_changes_nothing(db: Db) {
    let clock = Hand::new();
    let options = options();
    options.faults.hold(std::time::Duration::from_millis(300));
    let handle = db.committer_with(&clock, options).await;
    let ask = command("open", opening("a"));
    let gone =
        tokio::time::timeout(std::time::Duration::from_millis(50), handle.submit(ask.clone()));
    assert!(gone.await.is_err());
    assert!(matches!(handle.submit(ask).await, Ok(Answer::AlreadyDone(_))));
}

async fn the_clock_must_agree_with_the_database(db: Db) {
    let clock = Hand::new();
    let handle = db.committer_with(&clock, store::Options::default()).await;
    let verdict = handle.submit(command("k", opening("a"))).await.unwrap_err();
    assert!(matches!(verdict, Verdict::Unavailable(text) if text.contains("clock")));
    let elapsed = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    clock.set(i64::try_from(elapsed.as_micros()).unwrap());
    handle.submit(command("k", opening("a"))).await.unwrap();
}

async fn one_seed_gives_one_history(db: Db) {
    let run = async |url: &str, service: &str| {
        let store = store::Store::open(url, service).await.unwrap();
        let clock = Hand::new();
        let handle = start(store, &clock, options(), 77);
        for n in 0..5 {
            clock.set(START + n * SECOND);
            handle.submit(command(&format!("o{n}"), opening(&format!("a{n}")))).await.unwrap();
            let note = Some("说明".to_owned());
            let body = Ask::Pay { account: format!("a{n}"), amount: n, invoice: None, note };
            handle.submit(command(&format!("p{n}"), body)).await.unwrap();
        }
        let log = handle.store().logs().await.unwrap().remove(0);
        handle.store().entries(&log.id, 0, 100).await.unwrap()
    };
    let first = run(&db.url, "one").await;
    let other = if db.is_postgres() { db } else { Db::sqlite() };
    let second = run(&other.url, "two").await;
    assert_eq!(first.len(), 10);
    assert_eq!(first, second);
}

async fn figures_count(db: Db) {
    let (handle, clock) = db.committer().await;
    handle.submit(command("open", opening("a"))).await.unwrap();
    clock.set(START + 100 * SECOND);
    handle.submit(command("p", pay("a", 1))).await.unwrap();
    let store = handle.store();
    let found = store.statistics().await.unwrap();
    assert_eq!((found.facts["account-opened.v1"], found.facts["paid-in.v1"]), (1, 1));
    assert_eq!((found.commands, found.entries), (2, 2));
    let log = store.logs().await.unwrap().remove(0);
    let filter = store::Filter { unit: None, facts: vec!["paid-in.v1".into()] };
    assert_eq!(store.indices(&log.id, 0, &filter, 10).await.unwrap(), [1]);
    let filter = store::Filter { unit: Some("nobody".into()), facts: vec![] };
    assert!(store.indices(&log.id, 0, &filter, 10).await.unwrap().is_empty());
    // Keys that are forgotten still count as commands.
    let before = kernel::Timestamp::from_micros(START + 50 * SECOND);
    assert_eq!(store.forget_keys(before).await.unwrap(), 1);
    assert_eq!(store.statistics().await.unwrap().commands, 2);
    assert!(matches!(handle.submit(command("p", pay("a", 1))).await, Ok(Answer::AlreadyDone(_))));
}

mod speed {
    use super::*;

    /// Prints commands per second; run with `--ignored --nocapture`.
    async fn measure(db: Db) {
        let (handle, _) = db.committer().await;
        for n in 0..500 {
            handle.submit(command(&format!("open{n}"), opening(&format!("a{n}")))).await.unwrap();
        }
        let from = tokio::time::Instant::now();
        let workers: Vec<_> = (0..512)
            .map(|worker| {
                let handle = handle.clone();
                tokio::spawn(async move {
                    for n in 0..20 {
                        let note = Some("说明".to_owned());
                        let invoice = Some(format!("{worker}-{n}"));
                        let account = format!("a{}", (worker * 7 + n) % 500);
                        let body = Ask::Pay { account, amount: 1, invoice, note };
                        handle.submit(command(&format!("{worker}-{n}"), body)).await.unwrap();
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.await.unwrap();
        }
        let rate = 512.0 * 20.0 / from.elapsed().as_secs_f64();
        println!("{rate:.0} commands a second, {} commits", handle.counters().1);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "a measurement"]
    async fn sqlite() {
        measure(Db::sqlite()).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "a measurement"]
    async fn postgres() {
        measure(Db::postgres()).await;
    }
}
