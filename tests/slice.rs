//! The same slice end to end in three forms from one body: one process on SQLite; a process for each service on PostgreSQL
//! and NATS; and so while the broker and the services are killed (-9) at random moments.
//!
//! All of it goes over the services' API, as people signed in to their accounts. The clock of the processes and of their
//! database is moved by hand, so that the law's waiting periods pass: a decision, its display, a budget, payments,
//! vouchers, the month's closing and publication, a question and its answer.
#![allow(clippy::disallowed_methods, reason = "a test waits on the machine's clock")]

#[path = "slice/check.rs"]
mod check;
#[path = "slice/client.rs"]
mod client;
#[allow(dead_code, reason = "the demo's own script; pages show more of it")]
#[path = "slice/demo.rs"]
mod demo;
#[allow(dead_code, reason = "faults that only `cargo xtask fault` brings about")]
#[path = "slice/deployment.rs"]
mod deployment;
#[path = "slice/known.rs"]
mod known;
#[path = "slice/setup.rs"]
mod setup;
#[path = "slice/teller.rs"]
mod teller;
#[path = "slice/trouble.rs"]
mod trouble;

use std::{sync::Arc, time::Instant};

use check::Left;
use deployment::Deployment;
use teller::Teller;
use tokio::{sync::OnceCell, task::spawn_blocking};
use trouble::Trouble;

/// Tells the story, waits for quiet, and checks what it left.
async fn told(start: fn(kernel::Timestamp) -> Deployment, trouble: Trouble) -> Left {
    let began = Instant::now();
    let deployment = spawn_blocking(move || start(demo::beginning())).await.unwrap();
    let deployment = Arc::new(deployment);
    let mut teller = Teller::new(&deployment, trouble).await;
    let outcome = demo::tell(&mut teller).await;
    if let Err(error) = &outcome {
        for (name, printed) in deployment.logs() {
            let from = printed.floor_char_boundary(printed.len().saturating_sub(4_000));
            println!("{name}: …{}", &printed[from..]);
        }
        panic!("the story stops at {}: {error:#}", deployment.now());
    }
    teller.client.trouble.over().await;
    let trouble = &teller.client.trouble;
    println!(
        "{} requests in {:?}; broker killed {} times, wiped {}; services killed: {:?}; {} answers asked for again",
        teller.told.len(),
        began.elapsed(),
        trouble.broker.0,
        trouble.broker.1,
        trouble.services,
        teller.client.again,
    );
    let left = check::check(&mut teller).await;
    println!("checked after {:?}", began.elapsed());
    // Processes and servers are ended off the runtime: that waits for them.
    drop(teller);
    let all = Arc::into_inner(deployment).expect("nobody else holds it");
    spawn_blocking(move || drop(all)).await.unwrap();
    left
}

/// What the story leaves in the plainest form: the measure of the others.
async fn measure() -> &'static Left {
    static ONCE: OnceCell<Left> = OnceCell::const_new();
    ONCE.get_or_init(|| told(Deployment::together, Trouble::none())).await
}

/// Of the moments at which the broker and the services are killed, unless the environment names another.
const SEED: u64 = 20_260_105;
const SEED_VARIABLE: &str = "CUNWU_TEST_SEED";

#[tokio::test(flavor = "multi_thread")]
async fn cluster_slice_in_one_process_on_sqlite() {
    println!("{:#?}", measure().await.facts);
}

#[tokio::test(flavor = "multi_thread")]
async fn cluster_slice_in_five_processes_on_postgres_and_nats() {
    let (left, measure) = tokio::join!(told(Deployment::apart, Trouble::none()), measure());
    assert_eq!(&left, measure);
}

#[tokio::test(flavor = "multi_thread")]
async fn cluster_slice_in_five_processes_while_broker_and_services_are_killed() {
    let seed = std::env::var(SEED_VARIABLE).map_or(SEED, |seed| seed.parse().unwrap());
    println!("{SEED_VARIABLE}={seed}");
    let trouble = Trouble::of(demo::seed(seed, "trouble"));
    let (left, measure) = tokio::join!(told(Deployment::apart, trouble), measure());
    assert_eq!(&left, measure);
}
