//! A real `nats-server` with JetStream on files; knows no subjects and no streams.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use tempfile::TempDir;

use crate::find;
use crate::net::connect;
use crate::process::{Running, Signal};

const PATIENCE: Duration = Duration::from_secs(20);

/// One nats-server in its own temporary folder, ended on drop.
#[derive(Debug)]
pub struct Nats {
    running: Option<Running>,
    program: PathBuf,
    options: Vec<String>,
    port: u16,
    folder: TempDir,
}

impl Nats {
    /// Starts a server on a port that it chooses itself.
    ///
    /// # Errors
    /// When no nats-server of a supported version is found or it does not start.
    pub fn start() -> Result<Self> {
        Self::start_with(&[])
    }

    /// As [`Nats::start`], with further command-line options (a `--config` file for accounts, say).
    ///
    /// # Errors
    /// As [`Nats::start`].
    pub fn start_with(options: &[&str]) -> Result<Self> {
        let mut nats = Self {
            running: None,
            program: find::nats_server()?,
            options: options.iter().map(|&option| option.to_owned()).collect(),
            port: 0,
            folder: tempfile::Builder::new().prefix("cunwu-nats-").tempdir()?,
        };
        nats.launch()?;
        Ok(nats)
    }

    /// The URL of a server shared by tests: that of `CUNWU_TEST_NATS_URL`, else one for this test process.
    ///
    /// Streams and subjects are common to all its users: take names of your own. Tests that kill or freeze a server start theirs.
    ///
    /// # Errors
    /// As [`Nats::start`]; the first failure is repeated to later callers.
    pub fn shared() -> Result<String> {
        static SHARED: OnceLock<Result<Nats, String>> = OnceLock::new();
        if let Ok(url) = std::env::var("CUNWU_TEST_NATS_URL") {
            return Ok(url);
        }
        match SHARED.get_or_init(|| Nats::start().map_err(|error| format!("{error:#}"))) {
            Ok(nats) => Ok(nats.url()),
            Err(text) => Err(anyhow!("{text}")),
        }
    }

    /// `nats://127.0.0.1:port`, the same over restarts.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// The folder of the JetStream files.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.folder.path().join("jetstream")
    }

    /// What the server has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.running.as_ref().map(Running::printed).unwrap_or_default()
    }

    /// Ends the server at once, as a power cut does (`kill -9`).
    pub fn kill(&mut self) {
        self.running = None;
    }

    /// Removes everything JetStream has stored.
    ///
    /// # Errors
    /// When the server still runs ([`Nats::kill`] it first) or the files can't be removed.
    pub fn wipe(&mut self) -> Result<()> {
        if self.running.is_some() {
            bail!("kill this nats-server before its folder is wiped");
        }
        match std::fs::remove_dir_all(self.store()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).context("the JetStream folder can't be removed")
            }
            _ => Ok(()),
        }
    }

    /// Starts the server again on the same port and files, killing it first if it runs.
    ///
    /// # Errors
    /// When it does not start.
    pub fn restart(&mut self) -> Result<()> {
        self.kill();
        self.launch()
    }

    /// Freezes the server (SIGSTOP): connections stay open and nothing is answered.
    ///
    /// # Errors
    /// When it does not run.
    pub fn freeze(&mut self) -> Result<()> {
        self.signal(Signal::Stop)
    }

    /// Lets a frozen server go on (SIGCONT).
    ///
    /// # Errors
    /// When it does not run.
    pub fn thaw(&mut self) -> Result<()> {
        self.signal(Signal::Continue)
    }

    fn signal(&mut self, signal: Signal) -> Result<()> {
        self.running.as_mut().context("this nats-server does not run")?.signal(signal)
    }

    fn launch(&mut self) -> Result<()> {
        let port = if self.port == 0 { "-1".to_owned() } else { self.port.to_string() };
        let folder = self.folder.path().to_owned();
        let mut running = Running::spawn(
            "nats-server",
            Command::new(&self.program)
                .args(["--addr", "127.0.0.1", "--port", &port, "--jetstream"])
                .arg("--store_dir")
                .arg(self.store())
                .arg("--ports_file_dir")
                .arg(&folder)
                .args(&self.options),
            &folder.join("nats.log"),
            &folder,
        )?;
        let ports_file = folder.join(ports_file_name(&self.program, running.pid()));
        self.port = running.wait_until(PATIENCE, |_| {
            let port = listening_port(&ports_file)?;
            greeting(port).ok().map(|_| port)
        })?;
        self.running = Some(running);
        Ok(())
    }
}

/// nats-server names the file after its own program name and process id.
fn ports_file_name(program: &Path, pid: u32) -> String {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    format!("{name}_{pid}.ports")
}

fn listening_port(ports_file: &Path) -> Option<u16> {
    let text = std::fs::read_to_string(ports_file).ok()?;
    let ports: serde_json::Value = serde_json::from_str(&text).ok()?;
    let url = ports.get("nats")?.get(0)?.as_str()?;
    url.rsplit(':').next()?.parse().ok()
}

/// The first line that a client hears: `INFO {…}`.
fn greeting(port: u16) -> Result<String> {
    let stream = connect(&format!("127.0.0.1:{port}"), Duration::from_secs(2))?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    if !line.starts_with("INFO {") {
        bail!("port {port} does not speak NATS");
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nats_starts_is_killed_and_restarted_on_the_same_port() {
        let mut nats = Nats::start().unwrap();
        let port = nats.port;
        let info = greeting(port).unwrap();
        assert!(info.contains(r#""jetstream":true"#), "{info}");
        assert!(nats.wipe().is_err(), "a running server's files must stay");

        nats.kill();
        assert!(greeting(port).is_err());
        assert!(nats.freeze().is_err());
        std::fs::write(nats.store().join("left-over"), b"x").unwrap();
        nats.wipe().unwrap();
        assert!(!nats.store().exists());

        nats.restart().unwrap();
        assert_eq!(nats.port, port);
        greeting(port).unwrap();
        assert!(!nats.store().join("left-over").exists());
    }

    #[test]
    fn nats_frozen_answers_nothing_until_thawed() {
        let mut nats = Nats::start().unwrap();
        nats.freeze().unwrap();
        assert!(greeting(nats.port).is_err());
        nats.thaw().unwrap();
        greeting(nats.port).unwrap();
    }

    #[test]
    fn nats_says_why_it_does_not_start() {
        let error = Nats::start_with(&["--config", "/no/such.conf"]).unwrap_err();
        assert!(format!("{error:#}").contains("no/such.conf"), "{error:#}");
    }
}
