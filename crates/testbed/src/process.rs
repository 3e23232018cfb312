//! A started process with its guardian; knows no particular server.
//!
//! A test may be killed, or keep its server in a `static` that is never dropped. So each
//! process has a *guardian*: a small shell that waits for the end of a pipe which the
//! test process holds. When the pipe ends, for whatever reason, the guardian kills the
//! process with all that descends from it and removes its folder. An orderly stop
//! is the same path, with the word `keep` sent first so that the folder stays.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// $1 is the process, $2 its folder. Descendants are listed before anything is killed,
/// since an orphan no longer tells whose it was.
const GUARDIAN: &str = r#"
tree() { for c in $(cat /proc/"$1"/task/*/children 2>/dev/null); do tree "$c"; done; echo "$1"; }
read -r word
all=$(tree "$1")
kill -s KILL $all 2>/dev/null
[ "$word" = keep ] && exit 0
n=0
while [ $n -lt 50 ] && ! rm -rf -- "$2" 2>/dev/null; do n=$((n+1)); sleep 0.1; done
"#;

/// A signal that a test may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Freeze: the process keeps its connections and answers nothing.
    Stop,
    /// Go on after [`Signal::Stop`].
    Continue,
    /// Ask for an orderly end.
    Terminate,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Stop => "STOP",
            Self::Continue => "CONT",
            Self::Terminate => "TERM",
        }
    }
}

/// A process that this crate started and will end.
#[derive(Debug)]
pub struct Running {
    name: &'static str,
    child: Child,
    guardian: Child,
    log: PathBuf,
    reaped: Option<ExitStatus>,
}

impl Running {
    /// Starts `command` with both outputs appended to `log`; `folder` is removed should the test process die.
    ///
    /// # Errors
    /// When the log can't be written or the program not be started.
    pub fn spawn(
        name: &'static str,
        command: &mut Command,
        log: &Path,
        folder: &Path,
    ) -> Result<Self> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .with_context(|| format!("can't write {}", log.display()))?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("{name} can't be started: {:?}", command.get_program()))?;
        // Its own process group: a Ctrl-C or a runner's timeout must not end it before it has cleaned up.
        let guardian = Command::new("sh")
            .args(["-c", GUARDIAN, "guardian", &child.id().to_string()])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        match guardian {
            Ok(guardian) => Ok(Self { name, child, guardian, log: log.to_owned(), reaped: None }),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(error).context("`sh` can't be started")
            }
        }
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What the process has printed so far.
    #[must_use]
    pub fn printed(&self) -> String {
        std::fs::read(&self.log)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// The exit status, if the process has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.reaped.is_none()
            && let Ok(Some(status)) = self.child.try_wait()
        {
            // The id is free for others from now on: the guardian must not use it any more.
            self.reaped = Some(status);
            let _ = self.guardian.kill();
            let _ = self.guardian.wait();
        }
        self.reaped
    }

    /// Sends `signal` to this process alone.
    ///
    /// # Errors
    /// When the process has ended.
    pub fn signal(&mut self, signal: Signal) -> Result<()> {
        if let Some(status) = self.ended() {
            bail!("{} has already ended ({status})", self.name);
        }
        let done = Command::new("sh")
            .args(["-c", r#"kill -s "$1" "$2""#, "kill", signal.name()])
            .arg(self.pid().to_string())
            .status()
            .context("`sh` can't be started")?;
        if !done.success() {
            bail!("{}: signal {} was not delivered", self.name, signal.name());
        }
        Ok(())
    }

    /// Kills the process and its descendants at once (SIGKILL) and waits until it is gone; the folder stays.
    pub fn kill(&mut self) {
        if self.ended().is_some() {
            return;
        }
        if let Some(mut pipe) = self.guardian.stdin.take() {
            let _ = pipe.write_all(b"keep\n");
        }
        let _ = self.guardian.wait();
        // Normally dead by now; this covers a guardian that somebody has killed.
        let _ = self.child.kill();
        self.reaped = self.child.wait().ok();
    }

    /// Asks for an orderly end and waits; past `patience` it kills and says so.
    ///
    /// # Errors
    /// When the process had to be killed or had already ended.
    pub fn terminate(&mut self, patience: Duration) -> Result<ExitStatus> {
        self.signal(Signal::Terminate)?;
        let until = Instant::now() + patience;
        while Instant::now() < until {
            if let Some(status) = self.ended() {
                return Ok(status);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.kill();
        bail!(
            "{} did not end within {patience:?} of SIGTERM; it printed:\n{}",
            self.name,
            tail(&self.printed())
        )
    }

    /// Polls `ready` every 20 ms until it answers.
    ///
    /// # Errors
    /// When the process ends first or `patience` is over; the error shows the last lines printed.
    pub fn wait_until<T>(
        &mut self,
        patience: Duration,
        mut ready: impl FnMut(&Self) -> Option<T>,
    ) -> Result<T> {
        let until = Instant::now() + patience;
        loop {
            if let Some(answer) = ready(self) {
                return Ok(answer);
            }
            let why = if let Some(status) = self.ended() {
                format!("ended ({status}) before it was ready")
            } else if Instant::now() >= until {
                format!("was not ready within {patience:?}")
            } else {
                std::thread::sleep(Duration::from_millis(20));
                continue;
            };
            bail!("{} {why}; it printed:\n{}", self.name, tail(&self.printed()));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The last 20 lines.
pub(crate) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alive(pid: u32) -> bool {
        // A zombie that nobody reaps (a container without init) counts as gone.
        std::fs::read_to_string(format!("/proc/{pid}/stat"))
            .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or("").starts_with(" Z"))
    }

    fn wait_gone(pid: u32) {
        for _ in 0..200 {
            if !alive(pid) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("process {pid} is still there");
    }

    fn sleeper(folder: &Path) -> Running {
        let mut running = Running::spawn(
            "sleeper",
            Command::new("sh").args(["-c", "sleep 300 & echo child $!; wait"]),
            &folder.join("log"),
            folder,
        )
        .unwrap();
        running
            .wait_until(Duration::from_secs(10), |r| r.printed().contains("child").then_some(()))
            .unwrap();
        running
    }

    fn child_of(running: &Running) -> u32 {
        let printed = running.printed();
        let word = printed.split_whitespace().nth(1).unwrap();
        word.parse().unwrap()
    }

    #[test]
    fn kill_takes_descendants_and_leaves_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let mut running = sleeper(folder.path());
        let (parent, child) = (running.pid(), child_of(&running));
        assert!(alive(parent) && alive(child));
        running.kill();
        wait_gone(parent);
        wait_gone(child);
        assert!(folder.path().join("log").exists());
        assert!(running.signal(Signal::Stop).is_err());
    }

    #[test]
    fn guardian_cleans_up_when_the_owner_vanishes() {
        let folder = tempfile::tempdir().unwrap().keep();
        let mut running = sleeper(&folder);
        let (parent, child) = (running.pid(), child_of(&running));
        // What the system does with our end of the pipe when this process is killed.
        drop(running.guardian.stdin.take());
        running.guardian.wait().unwrap();
        running.child.wait().unwrap();
        wait_gone(parent);
        wait_gone(child);
        assert!(!folder.exists());
    }

    #[test]
    fn an_early_end_is_reported_with_its_words() {
        let folder = tempfile::tempdir().unwrap();
        let mut running = Running::spawn(
            "grumbler",
            Command::new("sh").args(["-c", "echo no such luck >&2; exit 3"]),
            &folder.path().join("log"),
            folder.path(),
        )
        .unwrap();
        let error = running.wait_until(Duration::from_secs(10), |_| None::<()>).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("no such luck") && text.contains("grumbler"), "{text}");
    }
}
