//! Looks for what is planted, and for ids of closed logs, in folders, logs and answers.

use std::{collections::BTreeSet, path::Path};

use host::Host;
use kernel::{Domain, LogKind};
use serde_json::Value;

use crate::{
    planted::Planted,
    rooms::{Rooms, store},
};

/// The bytes of all open logs' entries, of every service.
pub async fn open_logs(data: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for service in ["organisation", "funds", "services", "disputes"] {
        let store = store(data, service).await;
        for log in store.logs().await.unwrap() {
            for entry in store.entries(&log.id, 0, 1_000_000).await.unwrap() {
                // A closed log's entries are commitments, and are searched as such.
                all.extend(entry.bytes);
                all.push(b'\n');
            }
        }
        store.close().await;
    }
    all
}

/// Ids that occur in closed logs alone: of their events and of the persons and cases in them.
pub async fn closed_ids(rooms: &Rooms) -> BTreeSet<String> {
    let mut ids = ids_of(&rooms.organisation.host).await;
    ids.extend(ids_of(&rooms.disputes.host).await);
    ids
}

async fn ids_of<D: Domain>(host: &Host<D>) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for log in host.store.logs().await.unwrap().iter().filter(|log| log.kind == LogKind::Closed) {
        for index in 0..log.size {
            let Some(event) = host.committer.closed_event(&log.id, index).await.unwrap() else {
                continue;
            };
            ids.insert(event.id.to_string());
            if event.definition.is_some() {
                ids.insert(event.stream.key().to_owned());
            }
            for field in ["party", "party_a", "party_b", "person"] {
                ids.extend(event.data.get(field).and_then(Value::as_str).map(str::to_owned));
            }
        }
    }
    ids
}

pub fn leaks<'a>(ids: &'a BTreeSet<String>, text: &[u8]) -> Vec<&'a String> {
    let words: BTreeSet<&[u8]> =
        text.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-').collect();
    ids.iter().filter(|id| words.contains(id.as_bytes())).collect()
}

/// Where each canary was found in the folder and should not have been.
fn in_folder(data: &Path, planted: &[Planted]) -> Vec<String> {
    let mut found = Vec::new();
    for one in planted {
        for hit in one.canary.in_folder(data).unwrap() {
            let file = hit.file.strip_prefix(data).unwrap().to_string_lossy().into_owned();
            let file = file.trim_end_matches("-wal").trim_end_matches("-shm");
            if !one.files.contains(&file) {
                found.push(format!("{}: {} in {file}", one.what, hit.spelling));
            }
        }
    }
    found
}

pub fn in_bytes(place: &str, bytes: &[u8], planted: &[Planted], pages: bool) -> Vec<String> {
    planted
        .iter()
        .filter(|one| !(pages && one.shown))
        .flat_map(|one| {
            one.canary
                .in_bytes(bytes)
                .into_iter()
                .map(move |spelling| format!("{}: {spelling} in {place}", one.what))
        })
        .collect()
}

/// Everything at rest and in the open that must not hold what is planted.
pub async fn at_rest(
    data: &Path,
    nats: &Path,
    planted: &[Planted],
    ids: &BTreeSet<String>,
) -> Vec<String> {
    let mut found = in_folder(data, planted);
    for one in planted {
        let hits = one.canary.in_folder(nats).unwrap();
        found.extend(hits.iter().map(|hit| {
            format!("{}: {} in the stream's {}", one.what, hit.spelling, hit.file.display())
        }));
    }
    let logs = open_logs(data).await;
    found.extend(in_bytes("the logs", &logs, planted, false));
    found.extend(leaks(ids, &logs).iter().map(|id| format!("{id} of a closed log in an open one")));
    found
}
