//! The product's own program as a process under test; knows its start and end, not its pages.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::http_get;
use crate::process::{Running, Signal};

/// How a `cunwu` process is started; made by [`Cunwu::program`].
#[derive(Debug)]
pub struct Launch {
    program: PathBuf,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    health: Option<String>,
    patience: Duration,
    folder: TempDir,
}

/// A running (or killed) `cunwu` process in a temporary folder, ended on drop.
#[derive(Debug)]
pub struct Cunwu {
    running: Option<Running>,
    url: String,
    launch: Launch,
}

impl Cunwu {
    /// Prepares a start of `program` (the path that cargo gives as `CARGO_BIN_EXE_cunwu`, or of another build).
    ///
    /// # Errors
    /// When the file is missing or no temporary folder can be made.
    pub fn program(program: impl Into<PathBuf>) -> Result<Launch> {
        let program = program.into();
        anyhow::ensure!(
            program.is_file(),
            "{} is missing; run `cargo build -p cunwu`",
            program.display()
        );
        Ok(Launch {
            program,
            arguments: Vec::new(),
            variables: Vec::new(),
            health: None,
            patience: Duration::from_secs(60),
            folder: tempfile::Builder::new().prefix("cunwu-run-").tempdir()?,
        })
    }

    /// The address it listens on, `http://host:port`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its working folder, which stays over restarts.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.launch.folder()
    }

    /// All that it has printed, on both outputs and over restarts.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read(self.launch.log())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Ends it at once, as a power cut does (`kill -9`).
    pub fn kill(&mut self) {
        self.running = None;
    }

    /// Asks for an orderly end (SIGTERM) and gives the exit status.
    ///
    /// # Errors
    /// When it does not run or has to be killed after 30 seconds.
    pub fn terminate(&mut self) -> Result<ExitStatus> {
        let mut running = self.running.take().context("cunwu does not run")?;
        running.terminate(Duration::from_secs(30))
    }

    /// Freezes it (SIGSTOP), as a machine without air does.
    ///
    /// # Errors
    /// When it does not run.
    pub fn freeze(&mut self) -> Result<()> {
        self.running()?.signal(Signal::Stop)
    }

    /// Lets it go on after [`Cunwu::freeze`].
    ///
    /// # Errors
    /// When it does not run.
    pub fn thaw(&mut self) -> Result<()> {
        self.running()?.signal(Signal::Continue)
    }

    /// The exit status, if it has ended by itself.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.running.as_mut()?.ended()
    }

    /// Starts it again with the same arguments in the same folder, killing it first if it runs.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn restart(&mut self) -> Result<()> {
        self.kill();
        let (running, url) = self.launch.run()?;
        self.running = Some(running);
        self.url = url;
        Ok(())
    }

    fn running(&mut self) -> Result<&mut Running> {
        self.running.as_mut().context("cunwu does not run")
    }
}

impl Launch {
    /// Adds command-line arguments.
    #[must_use]
    pub fn args<S: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Takes it as ready when `GET {url}/healthz` answers 200, instead of by what it prints.
    #[must_use]
    pub fn healthy_at(mut self, url: impl Into<String>) -> Self {
        self.health = Some(url.into().trim_end_matches('/').to_owned());
        self
    }

    /// How long to wait for readiness; 60 seconds unless set.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The working folder, to prepare files in before the start.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts it and waits until it is ready.
    ///
    /// # Errors
    /// When it ends early or is not ready in time; the error shows what it printed last.
    pub fn start(self) -> Result<Cunwu> {
        let (running, url) = self.run()?;
        Ok(Cunwu { running: Some(running), url, launch: self })
    }

    fn log(&self) -> PathBuf {
        self.folder().join("cunwu.log")
    }

    fn run(&self) -> Result<(Running, String)> {
        // Earlier runs have announced themselves in the same file.
        let old = std::fs::metadata(self.log()).map_or(0, |file| file.len());
        let old = usize::try_from(old).unwrap_or(usize::MAX);
        let mut running = Running::spawn(
            "cunwu",
            Command::new(&self.program)
                .args(&self.arguments)
                .envs(self.variables.iter().map(|(name, value)| (name, value)))
                .current_dir(self.folder()),
            &self.log(),
            self.folder(),
        )?;
        let url = running.wait_until(self.patience, |running| match &self.health {
            Some(url) => {
                let (status, _) = http_get(&format!("{url}/healthz")).ok()?;
                (status == 200).then(|| url.clone())
            }
            None => announced_url(running.printed().get(old..)?),
        })?;
        Ok((running, url))
    }
}

/// The address in a complete line `… listening on http://host:port …`.
fn announced_url(printed: &str) -> Option<String> {
    let (_, after) = printed.split_once("listening on http://")?;
    // Wait for the line's end, or a port could be read half.
    let (line, _) = after.split_once('\n')?;
    let authority: String =
        line.chars().take_while(|c| c.is_ascii_alphanumeric() || ".:[]-".contains(*c)).collect();
    let authority = authority.trim_end_matches(['.', ':']);
    (!authority.is_empty()).then(|| format!("http://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    /// A stand-in for the program, which this crate must not build: it announces itself and waits.
    fn stand_in(folder: &Path, script: &str) -> PathBuf {
        let path = folder.join("stand-in");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn announced_url_needs_the_whole_line() {
        assert_eq!(announced_url("listening on http://127.0.0.1:80"), None);
        assert_eq!(
            announced_url("x\nINFO listening on http://127.0.0.1:8080/ now\n").as_deref(),
            Some("http://127.0.0.1:8080")
        );
    }

    #[test]
    fn starts_is_killed_restarted_and_terminated() {
        let folder = tempfile::tempdir().unwrap();
        let program = stand_in(
            folder.path(),
            "trap 'echo bye; exit 7' TERM\necho \"$1 $WORD listening on http://127.0.0.1:1$(date +%N | cut -c1-4)\"\nwhile :; do sleep 0.05; done",
        );
        let mut cunwu =
            Cunwu::program(program).unwrap().args(["first"]).env("WORD", "second").start().unwrap();
        assert!(cunwu.url().starts_with("http://127.0.0.1:1"));
        assert!(cunwu.log().contains("first second listening"));
        cunwu.kill();
        assert!(cunwu.terminate().is_err());
        cunwu.restart().unwrap();
        assert_eq!(cunwu.log().matches("listening").count(), 2);
        assert!(cunwu.log().trim_end().ends_with(cunwu.url().trim_start_matches("http://")));
        assert_eq!(cunwu.terminate().unwrap().code(), Some(7));
        assert!(cunwu.log().contains("bye"));
    }

    #[test]
    fn a_failed_start_shows_what_was_printed() {
        let folder = tempfile::tempdir().unwrap();
        let program = stand_in(folder.path(), "echo 'the key is the example key' >&2; exit 2");
        let error = Cunwu::program(program).unwrap().start().unwrap_err();
        assert!(error.to_string().contains("the key is the example key"), "{error}");
        assert!(Cunwu::program(folder.path().join("absent")).is_err());
    }
}
