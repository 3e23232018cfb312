//! The same slice end to end in three forms from one body: services on SQLite that hear each other directly; on
//! PostgreSQL over NATS; and so with the broker and the services shot at random moments while the story is told.
//!
//! The clock is moved by hand, so that the law's waiting periods pass: a decision, its display, a budget, payments,
//! vouchers, the month's closing and publication, a question and its answer.
#![allow(clippy::disallowed_methods, reason = "a test waits on the machine's clock")]

#[path = "slice/check.rs"]
mod check;
#[allow(dead_code, reason = "the demo's own script; pages show more of it")]
#[path = "slice/demo.rs"]
mod demo;
#[path = "slice/deployment.rs"]
mod deployment;
#[allow(
    dead_code,
    unused_imports,
    reason = "the program's own wiring; the test needs a part of it"
)]
#[path = "../crates/cunwu/src/house/mod.rs"]
mod house;
#[path = "slice/teller.rs"]
mod teller;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use check::Left;
use deployment::{Deployment, FIVE};
use host::clock::DemoClock;
use kernel::{Entropy, Timestamp};
use teller::Teller;
use testbed::{Nats, Postgres};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

/// What happened around a story.
#[derive(Debug, Default)]
struct Trouble {
    broker: u32,
    wiped: u32,
    services: BTreeMap<&'static str, u32>,
}

async fn told(deployment: &Arc<Deployment>, pause: Duration) -> Teller {
    let mut teller = Teller::new(deployment, pause).await;
    if let Err(error) = demo::tell(&mut teller).await {
        panic!("the story stops: {error:#}");
    }
    teller
}

async fn finish(deployment: &Arc<Deployment>, mut teller: Teller) -> Left {
    let left = check::check(&mut teller).await;
    for name in FIVE {
        deployment.shoot(name).await;
    }
    left
}

async fn one_process(folder: &Path) -> Left {
    let url = |name: &str| format!("sqlite:{}", folder.join(format!("{name}.sqlite")).display());
    let urls = FIVE.map(|name| (name, url(name))).into();
    let clock = Arc::new(DemoClock::at(Timestamp::start_of(demo::FIRST_DAY)));
    let deployment = Deployment::new(folder.to_owned(), urls, None, clock);
    deployment.start_all().await;
    let teller = told(&deployment, Duration::ZERO).await;
    finish(&deployment, teller).await
}

/// What the story leaves in the plainest form: the measure of the others.
async fn measure() -> &'static Left {
    static ONCE: OnceCell<Left> = OnceCell::const_new();
    let work = async || {
        let folder = tempfile::tempdir().unwrap();
        one_process(folder.path()).await
    };
    ONCE.get_or_init(work).await
}

fn apart(folder: &Path, nats: &Nats) -> Arc<Deployment> {
    let postgres = Postgres::shared().unwrap();
    let urls = FIVE.map(|name| (name, postgres.fresh_database().unwrap())).into();
    let clock = Arc::new(DemoClock::at(Timestamp::start_of(demo::FIRST_DAY)));
    Deployment::new(folder.to_owned(), urls, Some(nats.url()), clock)
}

#[tokio::test(flavor = "multi_thread")]
async fn cluster_slice_on_sqlite_heard_directly() {
    let left = measure().await;
    println!("{} commands; {:#?}", left.commands, left.facts);
}

#[tokio::test(flavor = "multi_thread")]
async fn cluster_slice_on_postgres_over_nats() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (folder, nats) = (tempfile::tempdir().unwrap(), Nats::start().unwrap());
    let deployment = apart(folder.path(), &nats);
    deployment.start_all().await;
    let teller = told(&deployment, Duration::ZERO).await;
    let left = finish(&deployment, teller).await;
    assert_eq!(&left, measure().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn cluster_slice_while_broker_and_services_are_shot() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (folder, nats) = (tempfile::tempdir().unwrap(), Nats::start().unwrap());
    let deployment = apart(folder.path(), &nats);
    deployment.start_all().await;
    let (nats, stop) = (Arc::new(Mutex::new(nats)), CancellationToken::new());
    let trouble =
        tokio::spawn(make_trouble(deployment.clone(), nats.clone(), 20_260_105, stop.clone()));
    let teller = told(&deployment, Duration::from_millis(150)).await;
    stop.cancel();
    let trouble = trouble.await.unwrap();
    println!("{trouble:?}; {} answers were asked for again", teller.again);
    assert!(trouble.broker >= 3 && trouble.wiped >= 1, "{trouble:?}");
    assert!(trouble.services.values().sum::<u32>() >= 5, "{trouble:?}");
    let left = finish(&deployment, teller).await;
    assert_eq!(&left, measure().await);
}

/// Shoots the broker and the services at moments drawn from a seed, and starts them again.
async fn make_trouble(
    deployment: Arc<Deployment>,
    nats: Arc<Mutex<Nats>>,
    seed: u64,
    stop: CancellationToken,
) -> Trouble {
    let mut dice = Entropy::from_seed(demo::seed(seed, "trouble"));
    let mut below = |limit: u64| u64::from_be_bytes(dice.bytes()) % limit;
    let mut trouble = Trouble::default();
    while !stop.is_cancelled() {
        tokio::time::sleep(Duration::from_millis(200 + below(900))).await;
        if below(3) == 0 {
            let (wipe, away) = (below(2) == 0, Duration::from_millis(100 + below(700)));
            let nats = nats.clone();
            let shot = move || {
                let mut nats = nats.lock().unwrap();
                nats.kill();
                if wipe {
                    nats.wipe().unwrap();
                }
                std::thread::sleep(away);
                nats.restart().unwrap();
            };
            tokio::task::spawn_blocking(shot).await.unwrap();
            trouble.broker += 1;
            trouble.wiped += u32::from(wipe);
        } else {
            let name = FIVE[usize::try_from(below(5)).unwrap()];
            deployment.shoot(name).await;
            tokio::time::sleep(Duration::from_millis(below(400))).await;
            deployment.start(name).await;
            *trouble.services.entry(name).or_default() += 1;
        }
    }
    trouble
}
