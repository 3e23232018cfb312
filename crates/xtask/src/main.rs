//! Developer commands: `cargo xtask setup | test | lint | fault`; knows the layout of the repository and nothing of the product.

mod fault;
mod lint;
mod setup;
mod shell;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Commands for developing Cunwu.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what tests need and this machine lacks (PostgreSQL, nats-server, Chromium, a Chinese font).
    Setup,
    /// Run all tests against real servers; what follows goes to the test runner (a name, say).
    Test {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
    /// Run the program under load and faults, then check what it leaves (`--minutes`, `--seed`, `--callers`, `--only`).
    Fault {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
    /// Check the architecture's rules, formatting and clippy.
    Lint {
        /// Only this part.
        #[arg(value_enum)]
        only: Option<lint::Part>,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Setup => setup::run().map(|()| true),
        Command::Test { rest } => test::run(&rest),
        Command::Fault { rest } => fault::run(&rest),
        Command::Lint { only } => lint::run(only),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
