//! 512 redemptions at once against one stock and the points of twenty households, on both databases: exactly what is there
//! goes out, nobody pays more points than they have, every refusal cites its rule, and every ledger sums to zero.
//! How many commits that takes depends on the machine: it is told.
#![allow(clippy::disallowed_methods, reason = "a test waits on the machine's clock")]

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use casework::{
    Ask, Casework, State, Take,
    hears::copy,
    trial::{Trial, UNITS, noon},
};
use engines::procedure::{Act, Attendee, Channel, Count, Sitting};
use kernel::{
    Actor, Clock, Command, Date, DivisionCode, Domain, Entropy, Place, StreamId, Timestamp,
    Verdict, WorkCalendar,
};
use sealed::{MasterKey, Vault, VaultConfig};
use serde_json::{Value, json};
use services::Services;
use store::{Committer, CommitterHandle, KeySigner, Options, Ports, Store};

const HOUSEHOLDS: usize = 20;
const PIECES: i64 = 300;

struct Fixed(AtomicI64);

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

struct Station {
    committer: CommitterHandle<Casework<Services>>,
    clock: Arc<Fixed>,
    store: Store,
    trial: Trial<Services>,
}

impl Station {
    async fn open(url: &str, keys: &str, folder: &std::path::Path) -> Self {
        let set = services::definitions().unwrap();
        let mut trial = Trial::<Services>::new(set.clone());
        for (post, name) in [
            ("window-clerk", "Gao"),
            ("grid-worker", "Wen"),
            ("committee-member", "Sun"),
            ("village-director", "Li"),
            ("representative", "He"),
            ("representative", "Tao"),
            ("representative", "Yu"),
        ] {
            trial.seat(post, name);
        }
        let store = Store::open(url, "services").await.unwrap();
        let mut streams: Vec<StreamId> =
            set.iter().map(|definition| copy("definition", &definition.id)).collect();
        for (unit, ..) in UNITS {
            streams.extend(["unit", "seats", "conflicts"].map(|kind| copy(kind, unit)));
        }
        let mut tx = store.begin().await.unwrap();
        for stream in streams {
            if let Some(state) = trial.log.state(&stream) {
                tx.put_state(&stream, state, Casework::<Services>::STATE_FORMAT).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
        let config = VaultConfig {
            keys: keys.to_owned(),
            name: "services_keys".to_owned(),
            master: MasterKey::from_file_or_new(&folder.join("master")).unwrap(),
            tombstones: folder.join("tombstones"),
        };
        let vault = Vault::open(config, store.clone()).await.unwrap();
        let key = proof::SignerKey::from_seed("cunwu/services", &[5; 32]).unwrap();
        let clock = Arc::new(Fixed(AtomicI64::new(noon(Date::constant(2026, 3, 2)).micros())));
        let ports = Ports {
            clock: clock.clone(),
            entropy: Entropy::from_seed([3; 32]),
            calendar: WorkCalendar::default(),
            sealer: Arc::new(vault),
            signer: Arc::new(KeySigner::new(key, publish::origin)),
            hmac_key: [8; 32],
            options: Options { check_clock: false, ..Options::default() },
        };
        let committer = Committer::start(store.clone(), services::domain(set), ports);
        Self { committer, clock, store, trial }
    }

    fn command(&mut self, by: (&str, &str), key: &str, take: Take) -> Command<Ask> {
        let actor: Actor = self.trial.seat(by.0, by.1);
        let (unit, code, ..) = UNITS[3];
        Command {
            principal: actor.to_string(),
            key: key.to_owned(),
            actor,
            place: Place {
                unit: unit.into(),
                code: DivisionCode::parse(code).unwrap(),
                keeper: "u-county".into(),
            },
            seen: None,
            causation: None,
            body: Ask::Take(Box::new(take)),
        }
    }

    async fn take(&mut self, by: (&str, &str), on: &str, act: Act, first: bool) {
        let key = format!("{}/{}/{on}", act.procedure, act.step);
        let mut take = Take::on((!first).then(|| on.to_owned()), act);
        take.new = first.then(|| on.to_owned());
        let command = self.command(by, &key, take);
        self.committer.submit(command).await.unwrap_or_else(|verdict| panic!("{key}: {verdict}"));
    }

    async fn state(&self, stream: &StreamId) -> State {
        self.store.state::<State>(stream).await.unwrap().1.unwrap()
    }
}

fn act(procedure: &str, step: &str, fields: Value) -> Act {
    Act::new(procedure, step, fields.as_object().cloned().unwrap())
}

fn voted(mut act: Act, held_on: Date) -> Act {
    let attendance = ["He", "Tao", "Yu"]
        .map(|name| Attendee { holder: format!("h-{name}"), channel: Channel::Hall })
        .to_vec();
    let votes = [(Channel::Hall, Count { for_: 3, ..Count::default() })].into();
    act.sitting = Some(Sitting {
        held_on,
        place: String::new(),
        noticed_on: None,
        should_attend: 3,
        attendance,
        left_before_vote: Vec::new(),
        recused: Vec::new(),
        votes,
        ballot: Some("show-of-hands".to_owned()),
        difference: None,
        witness: None,
        minutes: None,
    });
    act
}

async fn twenty_households_with_twenty_points(station: &mut Station) {
    let (clerk, grid) = (("window-clerk", "Gao"), ("grid-worker", "Wen"));
    let (member, he) = (("committee-member", "Sun"), ("representative", "He"));
    let day = Date::constant(2026, 3, 2);
    let year = json!({"year": 2026, "total": 1000, "budget": "1000.00"});
    let director = ("village-director", "Li");
    station.take(director, "y1", act("points-year", "propose", year), true).await;
    station.take(he, "y1", voted(act("points-year", "agree", json!({})), day), false).await;
    for n in 0..HOUSEHOLDS {
        let (house, claim) = (format!("h{n}"), format!("c{n}"));
        let join = act("points-household", "join", json!({"name": format!("{n}号")}));
        station.take(clerk, &house, join, true).await;
        let fields =
            json!({"kind": "public-work", "household": house, "deed": "修路", "points": 20});
        station.take(grid, &claim, act("points", "claim", fields), true).await;
        let doer = json!({"doer": {"person": format!("p-{n}")}});
        station.take(he, &claim, voted(act("points", "weigh", doer), day), false).await;
        station.take(member, &claim, act("points", "post", json!({})), false).await;
    }
    station.clock.0.store(noon(Date::constant(2026, 3, 11)).micros(), Ordering::SeqCst);
    for n in 0..HOUSEHOLDS {
        station.take(member, &format!("c{n}"), act("points", "book", json!({})), false).await;
    }
    let shelve = json!({"goods": "soap", "pieces": PIECES, "price": 1});
    station.take(member, "soap", act("points-goods", "shelve", shelve), true).await;
}

async fn five_hundred_and_twelve_at_once(url: &str, keys: &str, folder: &std::path::Path) {
    let mut station = Station::open(url, keys, folder).await;
    twenty_households_with_twenty_points(&mut station).await;
    let (_, before) = station.committer.counters();
    let mut tasks = Vec::new();
    for n in 0..512 {
        let fields = json!({"household": format!("h{}", n % HOUSEHOLDS), "taken": 1});
        let take = Take::on(Some("soap".to_owned()), act("points-goods", "redeem", fields));
        let command = station.command(("window-clerk", "Gao"), &format!("r{n}"), take);
        let committer = station.committer.clone();
        tasks.push(tokio::spawn(async move { committer.submit(command).await }));
    }
    let (mut accepted, mut refused) = (0, 0);
    let mut entries = BTreeSet::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(answer) => {
                assert_eq!(answer.receipt().events.len(), 3, "the step, points and a piece");
                assert!(entries.insert(answer.receipt().events[0].position.index));
                accepted += 1;
            }
            Err(Verdict::Refused(refusal)) => {
                assert_eq!(refusal.code, "not-enough");
                assert!(refusal.law.is_some(), "a refusal cites its rule");
                refused += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    let (_, after) = station.committer.counters();
    assert_eq!((accepted, refused), (PIECES, 512 - PIECES), "exactly what the shelf holds");
    let ledger = |stream: State| match stream {
        State::Ledger(ledger) => ledger,
        other => panic!("{other:?}"),
    };
    let village = "u-village".into();
    let points = ledger(station.state(&casework::books::stream("points", &village)).await);
    let goods = ledger(station.state(&casework::books::stream("goods", &village)).await);
    assert_eq!((goods.balance("stock/soap"), goods.balance("handed-out/soap")), (0, PIECES));
    assert_eq!(points.balance("redeemed"), PIECES);
    let of_households: Vec<i64> =
        points.balances().filter(|(a, _)| a.starts_with("household/")).map(|(_, b)| b).collect();
    assert_eq!(of_households.len(), HOUSEHOLDS);
    assert!(of_households.iter().all(|balance| *balance >= 0));
    for ledger in [&points, &goods] {
        assert_eq!(ledger.balances().map(|(_, balance)| balance).sum::<i64>(), 0);
    }
    println!(
        "512 redemptions at once: {accepted} taken, {refused} refused, {} commits",
        after - before
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_hands_out_exactly_the_stock() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("services.sqlite").display());
    let keys = format!("sqlite:{}", folder.path().join("keys.sqlite").display());
    five_hundred_and_twelve_at_once(&url, &keys, folder.path()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_hands_out_exactly_the_stock() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let url = testbed::Postgres::shared().unwrap().fresh_database().unwrap();
    let folder = tempfile::tempdir().unwrap();
    five_hundred_and_twelve_at_once(&url, &url, folder.path()).await;
}
