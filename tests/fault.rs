//! `cargo xtask fault`: the whole program under load, while services, broker and database are killed, frozen, wiped and cut
//! off; afterwards a checker that shares no code with it reads tables, streams and tiles and says what does not hold.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    dead_code,
    reason = "a developer's command on the machine's clock; it borrows a part of the slice's story"
)]

#[path = "slice/client.rs"]
mod client;
#[path = "slice/demo.rs"]
mod demo;
#[path = "slice/deployment.rs"]
mod deployment;
#[path = "fault/faults.rs"]
mod faults;
#[path = "slice/known.rs"]
mod known;
#[path = "fault/load.rs"]
mod load;
#[path = "fault/planted.rs"]
mod planted;
#[path = "slice/setup.rs"]
mod setup;
#[path = "slice/teller.rs"]
mod teller;
#[path = "slice/trouble.rs"]
mod trouble;

use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context;
use clap::Parser;
use cunwu_checker::{Effects, Outcome, Report, Service, check};
use deployment::Deployment;
use load::Template;
use teller::Teller;
use tokio::task::spawn_blocking;
use trouble::Trouble;

/// Runs the program under load and faults, and checks what it leaves.
#[derive(Parser)]
#[command(name = "cargo xtask fault")]
struct Arguments {
    /// Minutes of faults in each form
    #[arg(long, default_value_t = 2.0)]
    minutes: f64,
    /// Of faults and load; the same seed draws the same faults
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Callers at once
    #[arg(long, default_value_t = 16)]
    callers: u64,
    /// One form alone: `sqlite` or `cluster`
    #[arg(long)]
    only: Option<String>,
}

/// Starts a deployment whose clock shows this instant.
type Start = fn(kernel::Timestamp) -> Deployment;

/// Days of the story that are told before: budgets are adopted, books open, a bill was paid.
const DAYS: i64 = 24;
/// What is sent again and again: the ends of paths of the story's requests.
const SENT: [&str; 5] =
    ["/notice/post", "/bookkeeping/receipt", "/payment/request", "/mediation/apply", "/electorate"];
/// What only the load brings about.
const EFFECTS: [&str; 4] =
    [".notice-posted.v1", ".voucher-posted.v1", ".payment-requested.v1", ".electorate-counted.v1"];

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut sound = true;
    let forms: [(&str, Start); 2] =
        [("sqlite", Deployment::together), ("cluster", Deployment::apart)];
    for (name, start) in forms {
        if arguments.only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        match runtime.block_on(one(name, start, &arguments)) {
            Ok(ok) => sound &= ok,
            Err(error) => {
                println!("{name}: {error:#}");
                sound = false;
            }
        }
    }
    if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn one(name: &str, start: Start, arguments: &Arguments) -> anyhow::Result<bool> {
    let deployment = Arc::new(spawn_blocking(move || start(demo::beginning())).await?);
    let mut teller = Teller::new(&deployment, Trouble::none()).await;
    demo::tell_until(&mut teller, DAYS).await?;
    teller.heard_back().await?;
    let templates = templates(&mut teller).await?;
    let services = services(&deployment);
    let effects = Effects::from_now(&services, &EFFECTS).await?;
    println!("{name}: {} kinds of request are ready", templates.len());

    let length = Duration::from_secs_f64(arguments.minutes * 60.0);
    let seed = demo::seed(arguments.seed, name);
    let over = Arc::new(AtomicBool::new(false));
    let troubled = {
        let (deployment, over) = (deployment.clone(), over.clone());
        let until = Instant::now() + length;
        spawn_blocking(move || faults::run(&deployment, seed, until, &over))
    };
    let until = tokio::time::Instant::now() + length;
    let sent = load::run(&deployment, &templates, arguments.callers, seed, until).await;
    over.store(true, Ordering::SeqCst);
    let counts = troubled.await?;
    calm(&mut teller).await?;

    let report = check(&services, &sent.history, &effects).await?;
    let done = sent.history.iter().filter(|l| matches!(l.outcome, Outcome::Done(_))).count();
    let refused: Vec<&str> = sent
        .history
        .iter()
        .filter_map(|line| match &line.outcome {
            Outcome::Refused(why) => Some(why.as_str()),
            _ => None,
        })
        .collect();
    told(name, &report, arguments);
    println!(
        "  commands: {done} acknowledged, {} refused, {} answers asked for again",
        refused.len(),
        sent.again
    );
    println!("  faults:   {counts:?}");
    if let Some(first) = refused.first() {
        println!("  the first refusal: {first}");
    }
    let (planted, missed) = planted::catch(&services, &sent.history, &effects).await?;
    println!("  planted:  {} of {planted} caught", planted - missed.len());
    for name in &missed {
        println!("    not caught: {name}");
    }
    drop(teller);
    let all = Arc::into_inner(deployment).context("somebody still holds the deployment")?;
    spawn_blocking(move || drop(all)).await?;
    Ok(report.violations.is_empty() && missed.is_empty() && done > 0)
}

fn told(name: &str, report: &Report, arguments: &Arguments) {
    println!("{name}, seed {}: {} violations", arguments.seed, report.violations.len());
    for violation in report.violations.iter().take(20) {
        println!("    {violation}");
    }
    println!(
        "  checked:  {} entries, {} under checkpoints, {} in streams, {} postings",
        report.entries, report.under_checkpoints, report.carried, report.postings
    );
}

/// Waits until everybody is back and has heard everything.
async fn calm(teller: &mut Teller) -> anyhow::Result<()> {
    for name in deployment::FIVE {
        let ready = teller.client.get(name, "/readyz", None).await?.json()?;
        anyhow::ensure!(ready["ready"] == true, "{name}: {ready}");
    }
    teller.heard_back().await?;
    // The signer publishes every few seconds.
    tokio::time::sleep(Duration::from_secs(5)).await;
    Ok(())
}

fn services(deployment: &Deployment) -> Vec<Service> {
    let four = deployment::FIVE.into_iter().filter(|name| *name != "portal");
    four.map(|name| Service {
        name: name.to_owned(),
        database: deployment.databases[name].clone(),
        base: deployment.base(name).to_owned(),
        broker: deployment.broker(),
    })
    .collect()
}

/// One request of each kind that the story has sent, with a fresh token of whoever sent it.
async fn templates(teller: &mut Teller) -> anyhow::Result<Vec<Template>> {
    let mut templates = Vec::new();
    for end in SENT {
        let mut of_kind = teller.told.iter().rev().map(|(request, _)| request);
        let request = of_kind.find(|r| r.path.ends_with(end) && r.seen.is_none()).cloned();
        let request = request.with_context(|| format!("the story sends no {end}"))?;
        let token = teller.client.sign_in(&request.login).await?;
        templates.push(Template { request, token });
    }
    Ok(templates)
}
