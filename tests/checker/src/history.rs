//! What the clients saw: every command with its key and outcome, against what the logs hold.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::{Effects, Log, Report};

/// One command as its client saw it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Line {
    /// To which service it was sent.
    pub service: String,
    /// Its idempotency key.
    pub key: String,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Acknowledged: its events by id, log and index.
    Done(Vec<(String, String, u64)>),
    /// Refused: it has no events.
    Refused(String),
    /// No answer came, not even to a repeat.
    Unknown,
}

/// I1, I2, I4: what was acknowledged lies where its receipt says, once; what lies there was asked for.
pub fn check(
    all: &BTreeMap<String, Vec<Log>>,
    history: &[Line],
    effects: &Effects,
    report: &mut Report,
) {
    let mut places: HashMap<(&str, &str, u64), Option<&str>> = HashMap::new();
    for (service, logs) in all {
        for log in logs {
            for entry in &log.entries {
                let id = entry.event.as_ref().and_then(|event| event["id"].as_str());
                places.insert((service, &log.id, entry.index), id);
            }
        }
    }
    let mut claimed: HashMap<(&str, &str, u64), &str> = HashMap::new();
    let mut asked: HashSet<&str> = HashSet::new();
    for line in history {
        let key = line.key.as_str();
        let events = match &line.outcome {
            Outcome::Done(events) => events,
            Outcome::Refused(_) => continue,
            Outcome::Unknown => {
                report.violations.push(format!("{key}: its outcome was never settled"));
                continue;
            }
        };
        if events.is_empty() {
            report.violations.push(format!("{key}: acknowledged without an event"));
        }
        for pair in events.windows(2) {
            if let [(_, log, index), (_, other, next)] = pair
                && log == other
                && *next != index + 1
            {
                report.violations.push(format!("{key}: {index} and {next} are not together"));
            }
        }
        for (id, log, index) in events {
            asked.insert(id);
            let place = (line.service.as_str(), log.as_str(), *index);
            match places.get(&place) {
                None => report.violations.push(format!("{key}: nothing lies at {place:?}")),
                Some(Some(there)) if there != id => {
                    report.violations.push(format!("{key}: {there} lies at {place:?}, not {id}"));
                }
                Some(_) => {}
            }
            if let Some(other) = claimed.insert(place, key) {
                report.violations.push(format!("{key} and {other} both claim {place:?}"));
            }
        }
    }
    for (service, logs) in all {
        for log in logs {
            let since = effects.since.get(&(service.clone(), log.id.clone())).copied().unwrap_or(0);
            let new = log.entries.iter().filter(|entry| entry.index >= since);
            for event in new.filter_map(|entry| entry.event.as_ref()) {
                let kind = event["type"].as_str().unwrap_or_default();
                let id = event["id"].as_str().unwrap_or_default();
                if effects.facts.iter().any(|fact| kind.ends_with(fact)) && !asked.contains(id) {
                    report.violations.push(format!("{service}: nobody was told of {kind} {id}"));
                }
            }
        }
    }
}
