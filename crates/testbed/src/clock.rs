//! A clock that a test moves under real programs: a small preloaded library stands between them and the system's. Knows
//! no program.
//!
//! All programs look at one shared offset from the real clock, so that they agree however far the day has moved. Durations
//! stay real: timers and time limits go by the monotonic clock, which is left alone. (Debian's libfaketime does not serve: a
//! signal that comes while PostgreSQL waits sees the real time there, and ends whatever has a time limit.)

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

const SOURCE: &str = include_str!("clock.c");
const LIBRARY: &str = "clock.so";
const OFFSET: &str = "offset";

/// The clock of the programs that were started with its [`Clock::environment`].
#[derive(Debug)]
pub struct Clock {
    folder: TempDir,
    /// What the programs' clock is ahead of the real one, µs; and where they read it.
    offset: Mutex<(i64, File)>,
}

impl Clock {
    /// A clock that shows this instant (µs since 1970 UTC), and goes on from there.
    ///
    /// # Errors
    /// When there is no C compiler, or the files can't be written.
    pub fn at(instant: i64) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("cunwu-clock-").tempdir()?;
        // PostgreSQL runs under an account of its own, which must find the files.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
        compile(folder.path())?;
        let path = folder.path().join(OFFSET);
        let file = OpenOptions::new().create_new(true).write(true).open(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o644))?;
        let offset = instant - real();
        write(&file, offset)?;
        Ok(Self { folder, offset: Mutex::new((offset, file)) })
    }

    /// The instant that it shows, µs since 1970 UTC.
    #[must_use]
    pub fn now(&self) -> i64 {
        real() + self.offset.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// Moves it on to an instant, for all programs at once; never back.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn move_to(&self, instant: i64) -> Result<()> {
        let mut held = self.offset.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = instant - real();
        if wanted > held.0 {
            write(&held.1, wanted)?;
            held.0 = wanted;
        }
        Ok(())
    }

    /// What puts a program on this clock.
    #[must_use]
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        let path = |name: &str| self.folder.path().join(name).into_os_string();
        vec![("LD_PRELOAD".into(), path(LIBRARY)), ("TESTBED_CLOCK".into(), path(OFFSET))]
    }
}

fn real() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

fn compile(folder: &Path) -> Result<()> {
    let source = folder.join("clock.c");
    fs::write(&source, SOURCE)?;
    let made = Command::new("cc")
        .args(["-shared", "-fPIC", "-O2", "-Wall", "-o"])
        .arg(folder.join(LIBRARY))
        .arg(&source)
        .output()
        .context("there is no C compiler `cc`, which building the program needs too")?;
    if !made.status.success() {
        bail!("the clock's library: {}", String::from_utf8_lossy(&made.stderr));
    }
    Ok(())
}

/// The offset with its complement, by which a reader sees that it has read both whole.
fn write(file: &File, offset: i64) -> Result<()> {
    let mut both = [0; 16];
    both[..8].copy_from_slice(&offset.to_ne_bytes());
    both[8..].copy_from_slice(&(!offset).to_ne_bytes());
    file.write_all_at(&both, 0).context("the clock can't be moved")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    const MICROS: i64 = 1_000_000;
    /// 2026-01-05 00:00 UTC.
    const THEN: i64 = 1_767_571_200 * MICROS;
    const DAY: i64 = 86_400 * MICROS;

    fn asked(clock: &Clock) -> i64 {
        let printed = Command::new("date").arg("+%s").envs(clock.environment()).output().unwrap();
        String::from_utf8(printed.stdout).unwrap().trim().parse::<i64>().unwrap() * MICROS
    }

    #[test]
    fn a_program_sees_the_instant_and_every_move_but_back() {
        let clock = Clock::at(THEN).unwrap();
        let near = |instant: i64| (instant - asked(&clock)).abs() <= 5 * MICROS;
        assert!(near(THEN), "{}", asked(&clock));
        clock.move_to(THEN + DAY).unwrap();
        assert!(near(THEN + DAY) && near(clock.now()), "{}", asked(&clock));
        clock.move_to(THEN).unwrap();
        assert!(near(THEN + DAY), "{}", asked(&clock));
    }
}
