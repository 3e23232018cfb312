//! Proves what must hold after a run with faults (`reference: invariants I1–I8`), from the tables, the streams and the tiles
//! alone.
//!
//! Architecture invariant: shares no code with the product. What it knows of it are the names of two tables, the shape of an
//! envelope, RFC 6962 and C2SP tlog-tiles.

mod history;
mod log;
mod rows;
mod stream;
mod tiles;
mod tree;

use std::collections::BTreeMap;

pub use history::{Line, Outcome};
pub use log::{Entry, Log};
pub use rows::Database;
pub use tree::{leaf, root};

/// A service, as it is looked at from outside.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its name in event types and streams.
    pub name: String,
    /// Its database: `sqlite:…` or `postgres://…`.
    pub database: String,
    /// Where its tiles are served.
    pub base: String,
    /// The broker that carries its events, if any.
    pub broker: Option<String>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Report {
    /// Entries read, all logs.
    pub entries: u64,
    /// Entries whose leaf lies under a signed checkpoint that was recomputed.
    pub under_checkpoints: u64,
    /// Entries compared with a stream.
    pub carried: u64,
    /// Commands of the history.
    pub commands: u64,
    /// Lines of vouchers summed.
    pub postings: u64,
    /// Whatever does not hold, in sentences.
    pub violations: Vec<String>,
}

/// What the history's commands alone bring about.
#[derive(Debug, Clone, Default)]
pub struct Effects {
    /// The facts: each such event belongs to one of the commands.
    pub facts: Vec<&'static str>,
    /// From which index of each log on, by service and log; of logs that are not named, from the first.
    pub since: BTreeMap<(String, String), u64>,
}

impl Effects {
    /// These facts, from now on.
    ///
    /// # Errors
    /// When a database cannot be read.
    pub async fn from_now(services: &[Service], facts: &[&'static str]) -> anyhow::Result<Self> {
        let mut since = BTreeMap::new();
        for service in services {
            for log in rows::logs(service).await? {
                since.insert((service.name.clone(), log.id), log.size);
            }
        }
        Ok(Self { facts: facts.to_vec(), since })
    }
}

/// Reads everything and says what does not hold.
///
/// # Errors
/// When a database, a stream or a tile cannot be read at all.
pub async fn check(
    services: &[Service],
    history: &[Line],
    effects: &Effects,
) -> anyhow::Result<Report> {
    let mut report = Report { commands: history.len() as u64, ..Report::default() };
    let mut all: BTreeMap<String, Vec<Log>> = BTreeMap::new();
    for service in services {
        let logs = rows::logs(service).await?;
        for log in &logs {
            report.entries += log.entries.len() as u64;
            log::dense(&service.name, log, &mut report);
            log::postings(&service.name, log, &mut report);
            tiles::check(service, log, &mut report).await?;
        }
        if let Some(broker) = &service.broker {
            stream::check(service, broker, &logs, &mut report).await?;
        }
        all.insert(service.name.clone(), logs);
    }
    log::once(&all, &mut report);
    history::check(&all, history, effects, &mut report);
    Ok(report)
}
