//! What goes wrong: one fault after another, drawn from a seed, and all of it mended at the end.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use kernel::Entropy;

use crate::deployment::{Deployment, FIVE};

/// The kinds of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A service is killed (-9) and started again.
    Kill,
    /// A service stands still past every timeout, and goes on where it was.
    Freeze,
    /// The broker is killed and started again.
    BrokerKilled,
    /// The broker loses all that it has stored.
    BrokerWiped,
    /// The broker stands still.
    BrokerFrozen,
    /// All connections of a service to its database are cut, in the middle of what they do.
    Cut,
    /// The database server is killed (-9) and started again.
    DatabaseKilled,
    /// A second process of a service works beside the first on the same database.
    Twice,
}

/// What went wrong, how often.
pub type Counts = BTreeMap<Kind, u32>;

/// Draws faults until the time is over.
pub fn run(
    deployment: &Arc<Deployment>,
    seed: [u8; 32],
    until: Instant,
    over: &AtomicBool,
) -> Counts {
    let mut dice = Entropy::from_seed(seed);
    let mut below = |limit: u64| u64::from_be_bytes(dice.bytes()) % limit;
    let apart = deployment.nats.is_some();
    let mut counts = Counts::new();
    while Instant::now() < until && !over.load(Ordering::SeqCst) {
        sleep(Duration::from_millis(500 + below(2_500)));
        let service = FIVE[usize::try_from(below(FIVE.len() as u64)).unwrap_or(0)];
        let away = Duration::from_millis(below(2_000));
        let long = Duration::from_millis(2_000 + below(10_000));
        let kind = match below(if apart { 20 } else { 6 }) {
            0..=3 => Kind::Kill,
            4..=5 => Kind::Freeze,
            6..=8 => Kind::BrokerKilled,
            9..=10 => Kind::BrokerWiped,
            11..=12 => Kind::BrokerFrozen,
            13..=15 => Kind::Cut,
            16 => Kind::DatabaseKilled,
            _ => Kind::Twice,
        };
        match kind {
            Kind::Kill => deployment.shoot(service, away),
            Kind::Freeze => freeze(deployment, service, long),
            Kind::BrokerKilled => deployment.shoot_broker(false, away),
            Kind::BrokerWiped => deployment.shoot_broker(true, away),
            Kind::BrokerFrozen => freeze_broker(deployment, long),
            Kind::Cut => cut(deployment, service),
            Kind::DatabaseKilled => kill_database(deployment),
            Kind::Twice => deployment.beside(service, long),
        }
        *counts.entry(kind).or_default() += 1;
        println!("{kind:?} {service}");
    }
    counts
}

fn freeze(deployment: &Deployment, service: &str, long: Duration) {
    let mut process = deployment.process(service);
    if process.freeze().is_ok() {
        sleep(long);
        process.thaw().expect("it was frozen");
    }
}

fn freeze_broker(deployment: &Deployment, long: Duration) {
    let Some(nats) = &deployment.nats else { return };
    let mut nats = nats.lock().expect("nobody panicked with it");
    if nats.freeze().is_ok() {
        sleep(long);
        nats.thaw().expect("it was frozen");
    }
}

/// The server ends the sessions; what was sent and not answered is of unknown outcome.
fn cut(deployment: &Deployment, service: &str) {
    let Some(postgres) = &deployment.postgres else { return };
    let postgres = postgres.lock().expect("nobody panicked with it");
    let url = &deployment.databases[service];
    let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    // A server that is just coming up again has nobody to cut off.
    let _ = postgres.sql(url, sql);
}

fn kill_database(deployment: &Deployment) {
    let Some(postgres) = &deployment.postgres else { return };
    let mut postgres = postgres.lock().expect("nobody panicked with it");
    if postgres.kill().is_ok() {
        postgres.restart().expect("it starts again on what it holds");
    }
}
