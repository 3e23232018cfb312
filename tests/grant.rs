//! 512 payments at once against one grant, on both databases: exactly the grant is reserved and never one fen more, the
//! rest is refused with the article, in a handful of commits.
#![allow(clippy::disallowed_methods, reason = "a test waits on the machine's clock")]

#[path = "../services/funds-oversight/tests/village/mod.rs"]
mod village;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use engines::procedure::Act;
use funds_oversight::{Ask, Funds, State, ask::Take, facts::bank};
use kernel::{
    Actor, Clock, Command, Domain, Entropy, Money, StreamId, Timestamp, Verdict, WorkCalendar,
};
use sealed::{MasterKey, Vault, VaultConfig};
use serde_json::json;
use store::{Committer, CommitterHandle, KeySigner, Options, Ports, Store};
use village::{COUNTY, PEOPLE, TOWNSHIP, VILLAGE, Village, month, noon, place, who, yuan};

struct Fixed(AtomicI64);

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// The foreign facts that the village knows, copied into a store.
async fn copy_facts(village: &Village, store: &Store) {
    let mut streams = Vec::new();
    for unit in [COUNTY, TOWNSHIP, VILLAGE] {
        for kind in ["unit", "seats", "conflicts"] {
            streams.push(StreamId::foreign("organisation", kind, unit));
        }
    }
    for definition in ["payment", "month-close", "supervision-query"] {
        streams.push(StreamId::foreign("organisation", "definition", definition));
    }
    streams.push(StreamId::foreign("organisation", "resolution", "r-toilets"));
    let mut tx = store.begin().await.unwrap();
    for stream in streams {
        if let Some(state) = village.log.state(&stream) {
            tx.put_state(&stream, state, Funds::STATE_FORMAT).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
}

fn command(key: &str, actor: Actor, body: Ask) -> Command<Ask> {
    Command {
        principal: actor.to_string(),
        key: key.to_owned(),
        actor,
        place: place(),
        seen: None,
        causation: None,
        body,
    }
}

async fn funds(store: &Store, keys: &str, folder: &std::path::Path) -> CommitterHandle<Funds> {
    let vault = Vault::open(
        VaultConfig {
            keys: keys.to_owned(),
            name: "funds_keys".to_owned(),
            master: MasterKey::from_file_or_new(&folder.join("master")).unwrap(),
            tombstones: folder.join("tombstones"),
        },
        store.clone(),
    )
    .await
    .unwrap();
    let key = proof::SignerKey::from_seed("cunwu/funds", &[5; 32]).unwrap();
    let ports = Ports {
        clock: Arc::new(Fixed(AtomicI64::new(noon("2026-03-02").micros()))),
        entropy: Entropy::from_seed([3; 32]),
        calendar: WorkCalendar::default(),
        sealer: Arc::new(vault),
        signer: Arc::new(KeySigner::new(key, publish::origin)),
        hmac_key: [8; 32],
        options: Options { check_clock: false, ..Options::default() },
    };
    Committer::start(store.clone(), Funds::embedded().unwrap(), ports)
}

async fn five_hundred_and_twelve_at_once(url: &str, keys: &str, folder: &std::path::Path) {
    let mut village = Village::new();
    village.resolved("r-toilets", "100000.00");
    let store = Store::open(url, "funds").await.unwrap();
    copy_facts(&village, &store).await;
    let funds = funds(&store, keys, folder).await;
    let line = |code: &str, debit: Option<i64>, credit: Option<i64>| {
        serde_json::from_value(json!({"account": code, "debit": debit, "credit": credit})).unwrap()
    };
    let opening = Ask::SignOpeningBalances {
        month: month("2026-03"),
        lines: vec![line("102", Some(100_000_000), None), line("301", None, Some(100_000_000))],
    };
    let setup = [
        ("o1", who("Li"), opening.clone()),
        ("o2", who("Guo"), opening),
        (
            "b1",
            who("Li"),
            Ask::RecordBankAccount {
                account: "basic".into(),
                kind: bank::AccountKind::Basic,
                held_by: bank::HeldBy::Collective,
                number: "33112500012345678".into(),
            },
        ),
        (
            "g1",
            who("Li"),
            Ask::ReceiveGrant {
                reserve: "grant".into(),
                reference: "YN-2026-7".into(),
                from_unit: TOWNSHIP.into(),
                amount: yuan("100000.00"),
                resolution: Some("r-toilets".into()),
                bank_account: "basic".into(),
                summary: "厕所改造补助".into(),
            },
        ),
    ];
    for (key, actor, body) in setup {
        funds.submit(command(key, actor, body)).await.unwrap();
    }
    let (_, before) = funds.counters();
    let requests = (0..512).map(|invoice| {
        let mut fields = Village::request("333.33", invoice);
        fields.insert("reserve".into(), json!("grant"));
        let take = Take {
            on: None,
            act: Act::new("payment", "request", fields),
            shown: None,
            opened: Default::default(),
        };
        let body = Ask::Take(Box::new(take));
        let funds = funds.clone();
        tokio::spawn(
            async move { funds.submit(command(&format!("r{invoice}"), who("Li"), body)).await },
        )
    });
    let tasks: Vec<_> = requests.collect();
    let (mut accepted, mut refused) = (0, 0);
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => accepted += 1,
            Err(Verdict::Refused(refusal)) => {
                assert_eq!(refusal.code, "reserves-headroom");
                assert!(refusal.law.is_some(), "a refusal cites the article");
                refused += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    let (_, after) = funds.counters();
    assert_eq!((accepted, refused), (300, 212), "exactly what the grant holds");
    assert!(after - before <= 12, "{} commits for 512 payments", after - before);
    let (_, state) = store.state::<State>(&StreamId::of("reserve", "grant")).await.unwrap();
    let Some(State::Reserve(grant)) = state else { panic!("no grant") };
    let reserved: Money = grant.reserved.values().copied().sum();
    assert_eq!(grant.available.saturating_add(reserved), yuan("100000.00"));
    assert!(!grant.available.is_negative());
    println!("512 payments at once: 300 taken, 212 refused, {} commits", after - before);
    assert!(!PEOPLE.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_spends_exactly_the_grant() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("funds.sqlite").display());
    let keys = format!("sqlite:{}", folder.path().join("keys.sqlite").display());
    five_hundred_and_twelve_at_once(&url, &keys, folder.path()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_spends_exactly_the_grant() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let url = testbed::Postgres::shared().unwrap().fresh_database().unwrap();
    let folder = tempfile::tempdir().unwrap();
    five_hundred_and_twelve_at_once(&url, &url, folder.path()).await;
}
