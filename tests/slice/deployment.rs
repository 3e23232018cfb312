//! The program as people run it: `cunwu up` on SQLite, or `cunwu serve` for each service on PostgreSQL and NATS. Its
//! clock is moved by hand; the broker and each process can be killed at any moment. Knows no story.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::Path,
    sync::{Mutex, MutexGuard},
    thread::sleep,
    time::Duration,
};

use cunwu_tests::launch;
use kernel::Timestamp;
use store::Store;
use tempfile::TempDir;
use testbed::{Clock, Cunwu, Nats, Postgres};

/// The services, by the names of their events and databases.
pub const FIVE: [&str; 5] = ["organisation", "funds", "services", "disputes", "portal"];
/// What proves the services' names to each other.
const KEY: &str = "8f2c1be04d7a96e35b10c8ff23d94a7716e0b5a9c3d2817f604e9ab8d15c3372";

/// Running processes, and where what they keep lies.
pub struct Deployment {
    pub processes: BTreeMap<&'static str, Mutex<Cunwu>>,
    bases: BTreeMap<&'static str, String>,
    pub databases: BTreeMap<&'static str, String>,
    pub nats: Option<Mutex<Nats>>,
    pub postgres: Option<Mutex<Postgres>>,
    clock: Clock,
    folder: TempDir,
    started: BTreeMap<&'static str, Started>,
}

/// How a process was started.
struct Started {
    arguments: Vec<OsString>,
    environment: Vec<(&'static str, String)>,
}

impl Deployment {
    /// All services in one process on SQLite, from this instant on.
    pub fn together(start: Timestamp) -> Self {
        let (folder, clock) = ground(start);
        let data = folder.path().join("data");
        let arguments = ["up", "--data", data.to_str().unwrap(), "--listen"];
        let up = run(&clock, arguments.map(Into::into), testbed::free_port().unwrap(), []);
        let base = up.url().to_owned();
        Self {
            bases: FIVE.map(|name| (name, base.clone())).into(),
            databases: FIVE.map(|name| (name, sqlite(&data, name))).into(),
            processes: [("up", Mutex::new(up))].into(),
            nats: None,
            postgres: None,
            clock,
            folder,
            started: BTreeMap::new(),
        }
    }

    /// Each service a process of its own, on databases of one PostgreSQL, hearing each other over NATS.
    pub fn apart(start: Timestamp) -> Self {
        let (folder, clock) = ground(start);
        let postgres = Postgres::start_with(clock.environment()).unwrap();
        let nats = Nats::start().unwrap();
        let ports = FIVE.map(|name| (name, testbed::free_port().unwrap()));
        let bases: BTreeMap<_, _> =
            ports.map(|(name, port)| (name, format!("http://127.0.0.1:{port}"))).into();
        let databases: BTreeMap<_, _> =
            FIVE.map(|name| (name, postgres.fresh_database().unwrap())).into();
        let mut processes = BTreeMap::new();
        let mut started = BTreeMap::new();
        for (name, port) in ports {
            let data = folder.path().join(name);
            let service = if name == "funds" { "funds-oversight" } else { name };
            let arguments = ["serve", service, "--data", data.to_str().unwrap(), "--listen"];
            let environment = [
                ("CUNWU_DATABASE_URL", databases[name].clone()),
                ("CUNWU_NATS_URL", nats.url()),
                ("CUNWU_SERVICE_KEY", KEY.to_owned()),
                ("CUNWU_ORGANISATION_URL", bases["organisation"].clone()),
                ("CUNWU_FUNDS_URL", bases["funds"].clone()),
                ("CUNWU_SERVICES_URL", bases["services"].clone()),
                ("CUNWU_DISPUTES_URL", bases["disputes"].clone()),
            ];
            let how = Started {
                arguments: arguments.map(Into::into).into(),
                environment: environment.clone().into(),
            };
            let process = run(&clock, arguments.map(Into::into), port, environment);
            processes.insert(name, Mutex::new(process));
            started.insert(name, how);
        }
        let (nats, postgres) = (Some(Mutex::new(nats)), Some(Mutex::new(postgres)));
        Self { processes, bases, databases, nats, postgres, clock, folder, started }
    }

    /// The address of a service.
    pub fn base(&self, service: &str) -> &str {
        &self.bases[service]
    }

    /// A service's database, looked at from outside.
    pub async fn look(&self, service: &str) -> Store {
        Store::open(&self.databases[service], service).await.unwrap()
    }

    /// An empty database of the same kind.
    pub fn fresh_database(&self) -> String {
        match &self.postgres {
            Some(postgres) => postgres.lock().unwrap().fresh_database().unwrap(),
            None => sqlite(self.folder.path(), "anew"),
        }
    }

    /// The broker's address, where there is one.
    pub fn broker(&self) -> Option<String> {
        Some(self.nats.as_ref()?.lock().unwrap().url())
    }

    /// The instant that the processes and their database go by.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.clock.now())
    }

    /// Moves their clock on.
    pub fn move_to(&self, to: Timestamp) {
        self.clock.move_to(to.micros()).unwrap();
    }

    /// What a process has printed, over all its lives.
    pub fn log(&self, name: &str) -> String {
        self.process(name).log()
    }

    /// What all of them have printed.
    pub fn logs(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        self.processes.keys().map(|name| (*name, self.log(name)))
    }

    pub fn process(&self, name: &str) -> MutexGuard<'_, Cunwu> {
        self.processes.get(name).unwrap_or_else(|| &self.processes["up"]).lock().unwrap()
    }

    /// Kills the process of a service (-9), and starts it again on what its database holds.
    pub fn shoot(&self, service: &str, away: Duration) {
        let mut process = self.process(service);
        process.kill();
        sleep(away);
        supervised(service, || process.restart());
    }

    /// A second process of a service works for a while on the same database and folder, then is killed (-9).
    pub fn beside(&self, service: &'static str, long: Duration) {
        let Some(how) = self.started.get(service) else { return };
        let port = testbed::free_port().unwrap();
        let launch = launch().args(how.arguments.clone()).args([format!("127.0.0.1:{port}")]);
        let environment = self.clock.environment().into_iter();
        let launch = environment.fold(launch, |launch, (name, value)| launch.env(name, value));
        let environment = how.environment.iter();
        let launch = environment.fold(launch, |launch, (name, value)| launch.env(*name, value));
        // What does not start beside the other has done no harm.
        if let Ok(mut second) = launch.start() {
            sleep(long);
            second.kill();
        }
    }

    /// Kills the broker (-9), takes away what it has stored if told so, and starts it again.
    pub fn shoot_broker(&self, wipe: bool, away: Duration) {
        let mut nats = self.nats.as_ref().expect("there is a broker").lock().unwrap();
        nats.kill();
        if wipe {
            nats.wipe().unwrap();
        }
        sleep(away);
        nats.restart().unwrap();
    }
}

fn ground(start: Timestamp) -> (TempDir, Clock) {
    let folder = tempfile::Builder::new().prefix("cunwu-slice-").tempdir().unwrap();
    (folder, Clock::at(start.micros()).unwrap())
}

fn sqlite(folder: &Path, name: &str) -> String {
    format!("sqlite:{}", folder.join(format!("{name}.sqlite")).display())
}

fn run<const A: usize, const E: usize>(
    clock: &Clock,
    arguments: [OsString; A],
    port: u16,
    environment: [(&'static str, String); E],
) -> Cunwu {
    supervised("a process", || {
        let launch = launch().args(arguments.clone()).args([format!("127.0.0.1:{port}")]);
        let clock = clock.environment().into_iter();
        let launch = clock.fold(launch, |launch, (name, value)| launch.env(name, value));
        let environment = environment.iter();
        environment.fold(launch, |launch, (name, value)| launch.env(name, value)).start()
    })
}

/// Starts again what does not start, as a supervisor does: the port may be taken by somebody's connection for a moment, the
/// database too busy.
pub fn supervised<T>(what: &str, mut start: impl FnMut() -> anyhow::Result<T>) -> T {
    for attempt in 0.. {
        match start() {
            Ok(started) => return started,
            Err(error) if attempt < 5 => println!("{what} does not start yet: {error}"),
            Err(error) => panic!("{what} does not start: {error:#}"),
        }
        sleep(Duration::from_secs(1));
    }
    unreachable!("it returns or panics")
}
