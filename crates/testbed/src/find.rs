//! Where the programs that tests need lie on this machine; starts none of them as a server.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::REMEDY;

/// The oldest nats-server that carries what the exchange relies on.
pub const NATS_AT_LEAST: (u32, u32) = (2, 14);
/// The oldest PostgreSQL that the SQL is written for.
pub const POSTGRES_AT_LEAST: u32 = 15;

/// `nats-server`: `CUNWU_NATS_SERVER`, the folder of `cargo xtask setup`, `PATH`, Python's scripts folder.
///
/// # Errors
/// When none is found or all are too old (Debian 12 has 2.9.10).
pub fn nats_server() -> Result<PathBuf> {
    if let Some(given) = std::env::var_os("CUNWU_NATS_SERVER") {
        let given = PathBuf::from(given);
        check_nats(&given).with_context(|| format!("CUNWU_NATS_SERVER={}", given.display()))?;
        return Ok(given);
    }
    let mut refused = Vec::new();
    // Asked one by one: starting Python takes longer than all the rest.
    let places: [fn(&str) -> Option<PathBuf>; 3] = [setup_folder_program, on_path, python_script];
    for candidate in places.iter().filter_map(|find| find("nats-server")) {
        match check_nats(&candidate) {
            Ok(()) => return Ok(candidate),
            Err(error) => refused.push(format!("{error:#}")),
        }
    }
    let (major, minor) = NATS_AT_LEAST;
    bail!("nats-server {major}.{minor} or later is missing{}; {REMEDY}", because(&refused))
}

fn because(refused: &[String]) -> String {
    if refused.is_empty() { String::new() } else { format!(" ({})", refused.join("; ")) }
}

fn check_nats(program: &Path) -> Result<()> {
    let output = Command::new(program)
        .arg("--version")
        .output()
        .with_context(|| format!("{} can't be run", program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    accept_nats(&text).with_context(|| program.display().to_string())
}

/// Judges the output of `nats-server --version`.
fn accept_nats(printed: &str) -> Result<()> {
    let version = printed
        .trim()
        .strip_prefix("nats-server: v")
        .with_context(|| format!("does not print a version but {:?}", printed.trim()))?;
    let mut numbers = version.split('.').map(|n| n.parse::<u32>().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found < NATS_AT_LEAST {
        bail!("version {version} is too old, {}.{} is needed", NATS_AT_LEAST.0, NATS_AT_LEAST.1);
    }
    Ok(())
}

/// The folder with `initdb`, `postgres` and `psql`: `CUNWU_POSTGRES_BIN`, Debian's place, `pg_config`.
///
/// # Errors
/// When none is found or all are older than 15.
pub fn postgres_bin() -> Result<PathBuf> {
    if let Some(given) = std::env::var_os("CUNWU_POSTGRES_BIN") {
        let given = PathBuf::from(given);
        if !has_postgres(&given) {
            bail!("CUNWU_POSTGRES_BIN={} lacks initdb, postgres or psql", given.display());
        }
        return Ok(given);
    }
    let mut versions: Vec<u32> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|version| *version >= POSTGRES_AT_LEAST)
        .collect();
    // The oldest supported one first: what passes there passes later.
    versions.sort_unstable();
    for version in versions {
        let bin = PathBuf::from(format!("/usr/lib/postgresql/{version}/bin"));
        if has_postgres(&bin) {
            return Ok(bin);
        }
    }
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        let bin = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        if has_postgres(&bin) && postgres_version(&bin) >= POSTGRES_AT_LEAST {
            return Ok(bin);
        }
    }
    bail!("PostgreSQL {POSTGRES_AT_LEAST} or later (server and psql) is missing; {REMEDY}")
}

fn has_postgres(bin: &Path) -> bool {
    ["initdb", "postgres", "psql"].iter().all(|name| bin.join(name).is_file())
}

fn postgres_version(bin: &Path) -> u32 {
    Command::new(bin.join("postgres"))
        .arg("--version")
        .output()
        .ok()
        .and_then(|output| {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            text.split_whitespace().nth(2)?.split('.').next()?.parse().ok()
        })
        .unwrap_or(0)
}

/// The browser: `CUNWU_CHROMIUM`, else `chromium` on `PATH`.
///
/// # Errors
/// When it is not found.
pub fn chromium() -> Result<PathBuf> {
    named("chromium", "CUNWU_CHROMIUM")
}

/// The browser's WebDriver server: `CUNWU_CHROMEDRIVER`, else `chromedriver` on `PATH`.
///
/// # Errors
/// When it is not found.
pub fn chromedriver() -> Result<PathBuf> {
    named("chromedriver", "CUNWU_CHROMEDRIVER")
}

fn named(name: &str, variable: &str) -> Result<PathBuf> {
    if let Some(given) = std::env::var_os(variable) {
        let given = PathBuf::from(given);
        if !given.is_file() {
            bail!("{variable}={} is no file", given.display());
        }
        return Ok(given);
    }
    on_path(name).with_context(|| format!("{name} is missing; {REMEDY}"))
}

fn on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// `cargo xtask setup` makes a Python environment in the build folder; test programs lie below the same folder.
fn setup_folder_program(name: &str) -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    program
        .ancestors()
        .skip(1)
        .map(|folder| folder.join("xtask/venv/bin").join(name))
        .find(|file| file.is_file())
}

fn python_script(name: &str) -> Option<PathBuf> {
    let output = Command::new("python3")
        .args(["-c", "import sysconfig; print(sysconfig.get_path('scripts'))"])
        .output()
        .ok()?;
    let file = Path::new(String::from_utf8_lossy(&output.stdout).trim()).join(name);
    file.is_file().then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_nats_is_refused() {
        let error = accept_nats("nats-server: v2.9.10\n").unwrap_err().to_string();
        assert!(error.contains("2.9.10 is too old, 2.14 is needed"), "{error}");
        assert!(accept_nats("nats-server: v2.13.9").is_err());
        assert!(accept_nats("nats-server: v1.99.0").is_err());
        assert!(accept_nats("hello").is_err());
    }

    #[test]
    fn new_nats_is_accepted() {
        for version in ["2.14.0", "2.15.1", "2.16.0-dev", "3.0.0"] {
            accept_nats(&format!("nats-server: v{version}\n")).unwrap();
        }
    }
}
