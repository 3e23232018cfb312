//! A real PostgreSQL server and fresh databases on it; knows no schema.

use std::ffi::OsString;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, anyhow, bail};
use tempfile::TempDir;

use crate::process::{Running, tail};
use crate::{REMEDY, find, free_port};

const PATIENCE: Duration = Duration::from_secs(60);
/// The account that a server started by root runs under: PostgreSQL refuses root.
const ACCOUNT: &str = "postgres";

/// A PostgreSQL server, either started here (then ended on drop) or given by `CUNWU_TEST_POSTGRES_URL`.
///
/// Durability settings (`fsync`, `synchronous_commit`) keep their defaults, so a killed server loses no commit.
#[derive(Debug)]
pub struct Postgres {
    bin: PathBuf,
    /// Up to the database's name: `postgres://postgres@127.0.0.1:5432`.
    base: String,
    /// What follows the database's name, with its `?`.
    query: String,
    own: Option<Server>,
}

#[derive(Debug)]
struct Server {
    running: Option<Running>,
    port: u16,
    folder: TempDir,
    /// User and group when this process is root.
    run_as: Option<(u32, u32)>,
    /// What the server is started with besides: a clock of its own.
    environment: Vec<(OsString, OsString)>,
}

impl Postgres {
    /// Makes a cluster in a temporary folder and starts it on a free port.
    ///
    /// # Errors
    /// When PostgreSQL 15 or later is missing, or does not start.
    pub fn start() -> Result<Self> {
        Self::start_with(Vec::new())
    }

    /// As [`Postgres::start`], with environment variables for the server: see [`crate::Clock::environment`].
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub fn start_with(environment: Vec<(OsString, OsString)>) -> Result<Self> {
        let bin = find::postgres_bin()?;
        let mut server = Server::prepare(&bin)?;
        server.environment = environment;
        let mut attempts = 0;
        loop {
            server.port = free_port()?;
            match server.launch(&bin) {
                Ok(()) => break,
                // Another process may have taken the port in the meantime.
                Err(error) if attempts < 4 && format!("{error:#}").contains("in use") => {
                    attempts += 1;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Self {
            bin,
            base: format!("postgres://{ACCOUNT}@127.0.0.1:{}", server.port),
            query: String::new(),
            own: Some(server),
        })
    }

    /// The server that tests share: that of `CUNWU_TEST_POSTGRES_URL`, else one for this test process.
    ///
    /// Tests that kill a server start their own; this one can't be killed through a shared reference.
    ///
    /// # Errors
    /// As [`Postgres::start`]; the first failure is repeated to later callers.
    pub fn shared() -> Result<&'static Self> {
        static SHARED: OnceLock<Result<Postgres, String>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| {
            match std::env::var("CUNWU_TEST_POSTGRES_URL") {
                Ok(url) => Self::at(&url),
                Err(_) => Self::start(),
            }
            .map_err(|error| format!("{error:#}"))
        });
        shared.as_ref().map_err(|text| anyhow!("{text}"))
    }

    fn at(url: &str) -> Result<Self> {
        let (base, query) = split_url(url)?;
        Ok(Self { bin: find::postgres_bin()?, base, query, own: None })
    }

    /// The URL of the maintenance database.
    #[must_use]
    pub fn url(&self) -> String {
        self.database(ACCOUNT)
    }

    fn database(&self, name: &str) -> String {
        format!("{}/{name}{}", self.base, self.query)
    }

    /// Creates an empty database, of a name used by nobody else, and gives its URL.
    ///
    /// # Errors
    /// When the server does not answer or refuses.
    pub fn fresh_database(&self) -> Result<String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let moment = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |age| age.as_micros());
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("t{}_{moment}_{count}", std::process::id());
        self.sql(&self.url(), &format!("CREATE DATABASE {name}"))?;
        Ok(self.database(&name))
    }

    /// Runs `sql` on the database of `url` with psql; rows come as lines, columns divided by `|`.
    ///
    /// # Errors
    /// When the server does not answer or the statement fails.
    pub fn sql(&self, url: &str, sql: &str) -> Result<String> {
        psql(&self.bin, url, sql)
    }

    /// Ends the server at once, all its processes, as a power cut does (`kill -9`).
    ///
    /// # Errors
    /// When the server was not started here.
    pub fn kill(&mut self) -> Result<()> {
        self.own_server()?.running = None;
        Ok(())
    }

    /// Starts the server again on the same port and files, killing it first if it runs.
    ///
    /// # Errors
    /// When the server was not started here or does not start.
    pub fn restart(&mut self) -> Result<()> {
        let bin = self.bin.clone();
        let server = self.own_server()?;
        server.running = None;
        server.launch(&bin)
    }

    /// Whether the server was started by this handle (and may so be killed).
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.own.is_some()
    }

    fn own_server(&mut self) -> Result<&mut Server> {
        self.own.as_mut().context("this PostgreSQL was not started here; use Postgres::start()")
    }
}

impl Server {
    fn prepare(bin: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("cunwu-postgres-").tempdir()?;
        // Our own folder tells who we are, without asking the system through unsafe code.
        let run_as = if std::fs::metadata(folder.path())?.uid() == 0 {
            let account = account_ids(ACCOUNT)?;
            chown(folder.path(), Some(account.0), Some(account.1))?;
            Some(account)
        } else {
            None
        };
        let server = Self { running: None, port: 0, folder, run_as, environment: Vec::new() };
        // --no-sync leaves out one flush of the empty cluster; the server itself keeps fsync on.
        let made = server
            .command(&bin.join("initdb"), &[])
            .arg("--pgdata")
            .arg(server.data())
            .args(["--username", ACCOUNT, "--auth", "trust"])
            .args(["--encoding", "UTF8", "--no-locale", "--no-sync"])
            .output()
            .context("initdb can't be run")?;
        if !made.status.success() {
            bail!(
                "initdb failed ({}):\n{}",
                made.status,
                tail(&String::from_utf8_lossy(&made.stderr))
            );
        }
        Ok(server)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// `setpriv` and `env` replace themselves with the program, so that the process we start is the server.
    /// The environment is set last: what it names concerns the server's account alone.
    fn command(&self, program: &Path, environment: &[(OsString, OsString)]) -> Command {
        let mut command =
            match self.run_as {
                None => Command::new("env"),
                Some((user, group)) => {
                    let mut command = Command::new("setpriv");
                    command
                        .args(["--reuid", &user.to_string(), "--regid", &group.to_string()])
                        .args(["--clear-groups", "--", "env"]);
                    command
                }
            };
        for (name, value) in environment {
            let mut set = name.clone();
            set.push("=");
            set.push(value);
            command.arg(set);
        }
        command.arg(program);
        // The caller's own connection settings must not leak in; nor need the account see our folder.
        for name in ["PGDATA", "PGPORT", "PGHOST", "PGOPTIONS", "PGUSER"] {
            command.env_remove(name);
        }
        command.current_dir(self.folder.path());
        command
    }

    fn launch(&mut self, bin: &Path) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.launch_once(bin) {
                // After a kill, the last backends may hold the shared memory for a moment.
                Err(error)
                    if Instant::now() < until
                        && format!("{error:#}").contains("shared memory block") =>
                {
                    std::thread::sleep(Duration::from_millis(200));
                }
                other => return other,
            }
        }
    }

    fn launch_once(&mut self, bin: &Path) -> Result<()> {
        let log = self.folder.path().join("postgres.log");
        // The log is for this start only, or an old complaint would be taken for a new one.
        let _ = std::fs::remove_file(&log);
        let port = self.port.to_string();
        let mut command = self.command(&bin.join("postgres"), &self.environment);
        command.arg("-D").arg(self.data()).args(["-p", &port]);
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "shared_buffers=32MB",
            "max_connections=200",
            "logging_collector=off",
            // In the data folder: what a killed server leaves behind goes with it.
            "dynamic_shared_memory_type=mmap",
        ] {
            command.args(["-c", setting]);
        }
        let mut running = Running::spawn("postgres", &mut command, &log, self.folder.path())?;
        let url = format!("postgres://{ACCOUNT}@127.0.0.1:{port}/{ACCOUNT}");
        running.wait_until(PATIENCE, |running| {
            // Asking costs a process, so wait for the word first.
            running
                .printed()
                .contains("ready to accept connections")
                .then(|| psql(bin, &url, "SELECT 1").ok())
                .flatten()
        })?;
        self.running = Some(running);
        Ok(())
    }
}

/// User and group number of an account.
fn account_ids(name: &str) -> Result<(u32, u32)> {
    let passwd = std::fs::read_to_string("/etc/passwd").context("can't read /etc/passwd")?;
    ids_in(&passwd, name).with_context(|| {
        format!("PostgreSQL does not run as root and the account `{name}` is missing; {REMEDY}")
    })
}

fn ids_in(passwd: &str, name: &str) -> Option<(u32, u32)> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        let mut numbers = fields.skip(1);
        Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
    })
}

/// `scheme://user@host:port` and `?query` of a database URL.
fn split_url(url: &str) -> Result<(String, String)> {
    let (head, query) = match url.split_once('?') {
        Some((head, query)) => (head, format!("?{query}")),
        None => (url, String::new()),
    };
    let authority = head
        .strip_prefix("postgres://")
        .or_else(|| head.strip_prefix("postgresql://"))
        .with_context(|| {
            format!("CUNWU_TEST_POSTGRES_URL: {url:?} is not postgres://user@host:port/database")
        })?;
    let authority = authority.split('/').next().unwrap_or(authority);
    Ok((format!("postgres://{authority}"), query))
}

fn psql(bin: &Path, url: &str, sql: &str) -> Result<String> {
    let output = Command::new(bin.join("psql"))
        .args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql])
        .env("PGCONNECT_TIMEOUT", "5")
        .output()
        .context("psql can't be run")?;
    if !output.status.success() {
        bail!("psql: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgres_keeps_commits_over_a_kill() {
        let mut postgres = Postgres::start().unwrap();
        let url = postgres.fresh_database().unwrap();
        postgres
            .sql(&url, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('村务')")
            .unwrap();
        assert_eq!(postgres.sql(&url, "SHOW fsync").unwrap(), "on");
        assert_eq!(postgres.sql(&url, "SHOW max_connections").unwrap(), "200");

        postgres.kill().unwrap();
        assert!(postgres.sql(&url, "SELECT 1").is_err());
        postgres.restart().unwrap();
        assert_eq!(postgres.sql(&url, "SELECT word FROM kept").unwrap(), "村务");
    }

    #[test]
    fn shared_server_gives_databases_of_their_own() {
        let postgres = Postgres::shared().unwrap();
        let (a, b) = (postgres.fresh_database().unwrap(), postgres.fresh_database().unwrap());
        assert_ne!(a, b);
        postgres.sql(&a, "CREATE TABLE here (n int)").unwrap();
        assert!(postgres.sql(&b, "SELECT * FROM here").is_err());
        assert_eq!(postgres.sql(&a, "SELECT count(*) FROM here").unwrap(), "0");
    }

    #[test]
    fn urls_are_taken_apart() {
        let (base, query) = split_url("postgresql://u:p@h:1/db?sslmode=disable").unwrap();
        assert_eq!((base.as_str(), query.as_str()), ("postgres://u:p@h:1", "?sslmode=disable"));
        assert_eq!(split_url("postgres://h").unwrap().0, "postgres://h");
        assert!(split_url("mysql://h/db").is_err());
    }

    #[test]
    fn accounts_are_read_from_passwd() {
        let passwd = "postgresql:x:1:2::/:/x\npostgres:x:101:104:,,,:/var:/bin/sh\n";
        assert_eq!(ids_in(passwd, "postgres"), Some((101, 104)));
        assert_eq!(ids_in(passwd, "nobody"), None);
    }
}
