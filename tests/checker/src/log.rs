//! A log as its rows say it: dense, every event once, sums of zero at every prefix.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use crate::{Report, tree};

/// An entry of a log.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its index.
    pub index: u64,
    /// Its bytes: an event, or in a closed log a commitment.
    pub bytes: Vec<u8>,
    /// The leaf's hash as the row has it.
    pub leaf: Vec<u8>,
    /// The event, in an open log.
    pub event: Option<Value>,
}

/// A log.
#[derive(Debug, Clone)]
pub struct Log {
    /// Its id.
    pub id: String,
    /// Whether its entries are events.
    pub open: bool,
    /// Its size, as the head says.
    pub size: u64,
    /// All entries, by index.
    pub entries: Vec<Entry>,
}

/// I3, I7: indices without holes, numbers of each village without holes, each leaf the hash of its bytes.
pub fn dense(service: &str, log: &Log, report: &mut Report) {
    let mut wrong = |what: String| report.violations.push(format!("{service}/{}: {what}", log.id));
    if log.size != log.entries.len() as u64 {
        wrong(format!("the head says {} entries, there are {}", log.size, log.entries.len()));
    }
    let mut villages: HashMap<String, u64> = HashMap::new();
    let mut streams: HashMap<String, u64> = HashMap::new();
    for (at, entry) in log.entries.iter().enumerate() {
        if entry.index != at as u64 {
            wrong(format!("index {} stands where {at} should", entry.index));
        }
        if entry.leaf != tree::leaf(&entry.bytes) {
            wrong(format!("the leaf of {} is not the hash of its bytes", entry.index));
        }
        let Some(event) = &entry.event else { continue };
        if event["index"].as_u64() != Some(entry.index)
            || event["log"].as_str() != Some(log.id.as_str())
        {
            wrong(format!("entry {} says that it lies elsewhere", entry.index));
        }
        let mut next = |numbers: &mut HashMap<String, u64>, of: &str, number: &str| {
            let (Some(of), Some(number)) = (event[of].as_str(), event[number].as_u64()) else {
                return wrong(format!("entry {} has no `{of}` or `{number}`", entry.index));
            };
            let last = numbers.entry(of.to_owned()).or_insert(0);
            if number != *last + 1 {
                wrong(format!("`{number}` of {of} follows {last} at {}", entry.index));
            }
            *last = number;
        };
        next(&mut villages, "unit", "villageseq");
        next(&mut streams, "stream", "version");
    }
}

/// I1: no event lies in two places.
pub fn once(all: &BTreeMap<String, Vec<Log>>, report: &mut Report) {
    for (service, logs) in all {
        let mut seen: HashMap<&str, (&str, u64)> = HashMap::new();
        for log in logs {
            for entry in &log.entries {
                let Some(id) = entry.event.as_ref().and_then(|event| event["id"].as_str()) else {
                    continue;
                };
                if let Some(before) = seen.insert(id, (&log.id, entry.index)) {
                    report.violations.push(format!(
                        "{service}: {id} lies at {before:?} and at {} {}",
                        log.id, entry.index
                    ));
                }
            }
        }
    }
}

/// I5: the lines of all vouchers sum to zero in each village, after every entry.
pub fn postings(service: &str, log: &Log, report: &mut Report) {
    let mut sums: HashMap<&str, i64> = HashMap::new();
    for entry in &log.entries {
        let Some(event) = &entry.event else { continue };
        let Some(lines) = event["data"]["lines"].as_array() else { continue };
        let unit = event["unit"].as_str().unwrap_or_default();
        for line in lines {
            let side = |name: &str| line[name].as_i64().unwrap_or(0);
            *sums.entry(unit).or_default() += side("debit") - side("credit");
            report.postings += 1;
        }
        if sums.get(unit).is_some_and(|sum| *sum != 0) {
            report.violations.push(format!(
                "{service}/{}: the books of {unit} are out by {} after {}",
                log.id, sums[unit], entry.index
            ));
        }
    }
}
