//! `cargo xtask fault`: the program under load while services, broker and database are killed, frozen, wiped and cut off; a
//! checker of its own then reads what is left. Not part of the test run: how long it takes is told to it.

use anyhow::Result;
use testbed::find;

use crate::{
    setup,
    shell::{cargo, must, succeeds},
};

/// Builds the program and the run, and starts it; whether nothing was violated and every planted fault was caught.
///
/// # Errors
/// When something needed cannot be installed or built.
pub fn run(rest: &[String]) -> Result<bool> {
    setup::run()?;
    must(&mut cargo(&["build", "--locked", "--package", "cunwu"])?)?;
    let mut run = cargo(&["run", "--locked", "--quiet", "--package", "cunwu-tests"])?;
    run.args(["--example", "fault", "--"]).args(rest);
    run.env("CUNWU_NATS_SERVER", find::nats_server()?);
    succeeds(&mut run)
}
