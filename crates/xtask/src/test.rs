//! `cargo xtask test`: the whole test run against real servers, which it starts and stops.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use testbed::{Nats, Postgres};

use crate::setup;
use crate::shell::{cargo, must, probe, succeeds};

/// Runs everything, or what `rest` selects; whether all passed. A selection leaves out the documentation's tests.
pub fn run(rest: &[String]) -> Result<bool> {
    setup::run()?;
    let packages = packages(rest);
    // Only the crate in tests/ runs the program itself.
    if packages.is_empty() || packages.contains(&"cunwu-tests") {
        must(&mut cargo(&["build", "--locked", "--package", "cunwu"])?)?;
    }
    let extent: &[&str] =
        if packages.is_empty() { &["--workspace", "--locked"] } else { &["--locked"] };

    let postgres = Postgres::start()?;
    let nats = Nats::start()?;
    let nats_server = testbed::find::nats_server()?;
    let log_reader = setup::log_reader()?;
    let with_servers = |command: &mut Command| {
        command
            .env("CUNWU_TEST_POSTGRES_URL", postgres.url())
            .env("CUNWU_TEST_NATS_URL", nats.url())
            .env("CUNWU_NATS_SERVER", &nats_server);
        if let Some(reader) = &log_reader {
            command.env("CUNWU_LOG_READER", reader);
        }
    };

    if !probe(&mut cargo(&["nextest", "--version"])?) {
        println!("cargo-nextest is not installed: using cargo test");
        let mut tests = cargo(&["test", "--no-fail-fast"])?;
        with_servers(tests.args(extent).args(rest));
        return run_and_sum(&mut tests);
    }

    // The documentation's tests go first, so that the runner's summary is the last thing printed.
    let mut documented = true;
    if rest.is_empty() {
        let mut tests = cargo(&["test", "--doc", "--quiet", "--no-fail-fast"])?;
        with_servers(tests.args(extent));
        documented = succeeds(&mut tests)?;
    }
    let mut tests = cargo(&["nextest", "run"])?;
    with_servers(tests.args(extent).args(rest));
    let passed = succeeds(&mut tests)?;
    if !documented {
        println!("Documentation tests FAILED: see above.");
    }
    Ok(passed && documented)
}

/// The packages that arguments select with `-p NAME` or `--package=NAME`.
fn packages(arguments: &[String]) -> Vec<&str> {
    let mut found = Vec::new();
    let mut arguments = arguments.iter().map(String::as_str);
    while let Some(argument) = arguments.next() {
        match argument {
            // What follows is for the test programs.
            "--" => break,
            "-p" | "--package" => found.extend(arguments.next()),
            _ => found.extend(argument.strip_prefix("--package=")),
        }
    }
    found
}

/// `cargo test` prints a result per program; the sum of them closes the output.
fn run_and_sum(tests: &mut Command) -> Result<bool> {
    let mut child = tests.stdout(Stdio::piped()).spawn().context("cargo can't be run")?;
    let printed = child.stdout.take().context("cargo has no output")?;
    let mut sum = Sum::default();
    let mut out = std::io::stdout();
    for line in BufReader::new(printed).lines() {
        let line = line?;
        sum.add(&line);
        writeln!(out, "{line}")?;
    }
    let passed = child.wait()?.success();
    println!("{}", sum.shown(passed));
    Ok(passed)
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Sum {
    passed: u32,
    failed: u32,
    ignored: u32,
}

impl Sum {
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; …`
    fn add(&mut self, line: &str) {
        let Some(counts) = line.strip_prefix("test result: ") else {
            return;
        };
        let words: Vec<&str> = counts.split([' ', ';', '.']).filter(|w| !w.is_empty()).collect();
        for pair in words.windows(2) {
            let Ok(count) = pair[0].parse::<u32>() else {
                continue;
            };
            match pair[1] {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.ignored += count,
                _ => {}
            }
        }
    }

    fn shown(&self, passed: bool) -> String {
        format!(
            "test result: {}. {} passed; {} failed; {} ignored in all",
            if passed { "ok" } else { "FAILED" },
            self.passed,
            self.failed,
            self.ignored
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selected_packages_are_seen() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(packages(&words("-p a --package b name --package=c")), ["a", "b", "c"]);
        assert!(packages(&words("name -- -p")).is_empty());
    }

    #[test]
    fn results_are_summed() {
        let mut sum = Sum::default();
        for line in [
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 9 filtered out; finished in 0.10s",
            "test a::b ... ok",
            "test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s",
        ] {
            sum.add(line);
        }
        assert_eq!(sum, Sum { passed: 13, failed: 2, ignored: 1 });
        assert_eq!(sum.shown(false), "test result: FAILED. 13 passed; 2 failed; 1 ignored in all");
    }
}
