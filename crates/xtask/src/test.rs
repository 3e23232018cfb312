//! `cargo xtask test`: the whole test run against real servers, which it starts and stops.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use testbed::{Nats, Postgres};

use crate::setup;
use crate::shell::{cargo, must, probe, succeeds};

/// Runs everything; whether all passed. `rest` goes to the runner and leaves out the documentation's tests.
pub fn run(rest: &[String]) -> Result<bool> {
    setup::run()?;
    must(&mut cargo(&["build", "--locked", "--package", "cunwu"])?)?;

    let postgres = Postgres::start()?;
    let nats = Nats::start()?;
    let nats_server = testbed::find::nats_server()?;
    let with_servers = |command: &mut Command| {
        command
            .env("CUNWU_TEST_POSTGRES_URL", postgres.url())
            .env("CUNWU_TEST_NATS_URL", nats.url())
            .env("CUNWU_NATS_SERVER", &nats_server);
    };

    if !probe(&mut cargo(&["nextest", "--version"])?) {
        println!("cargo-nextest is not installed: using cargo test");
        let mut tests = cargo(&["test", "--workspace", "--locked", "--no-fail-fast"])?;
        with_servers(tests.args(rest));
        return run_and_sum(&mut tests);
    }

    // The documentation's tests go first, so that the runner's summary is the last thing printed.
    let mut documented = true;
    if rest.is_empty() {
        let mut tests = cargo(&["test", "--workspace", "--locked", "--doc", "--quiet"])?;
        with_servers(tests.arg("--no-fail-fast"));
        documented = succeeds(&mut tests)?;
    }
    let mut tests = cargo(&["nextest", "run", "--workspace", "--locked"])?;
    with_servers(tests.args(rest));
    let passed = succeeds(&mut tests)?;
    if !documented {
        println!("Documentation tests FAILED: see above.");
    }
    Ok(passed && documented)
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
