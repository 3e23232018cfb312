//! `cunwu events tail`: the events of the open logs as they come, for people and for scripts.

use std::collections::BTreeMap;

use kernel::{DivisionCode, Event, LogId, LogKind};
use store::Store;

use crate::{cli::Service, exit::Exit, house::open::Ground, out::say};

/// Which events to print.
pub struct Tail {
    /// Only this service's.
    pub service: Option<Service>,
    /// Only this code's.
    pub village: Option<String>,
    /// Go on as they come.
    pub follow: bool,
    /// Whole events.
    pub json: bool,
}

/// Prints the events of a data folder.
///
/// # Errors
/// When a database cannot be read, or the code is none.
pub async fn tail(ground: &Ground, tail: Tail) -> anyhow::Result<Exit> {
    let village = tail
        .village
        .as_deref()
        .map(|code| DivisionCode::parse(code).map_err(|e| anyhow::anyhow!("--village: {e}")))
        .transpose()?;
    let mut stores = Vec::new();
    for service in ["organisation", "services", "disputes", "funds"] {
        if tail.service.is_some_and(|wanted| wanted.stream_name() != service)
            || !ground.data.join(format!("{service}.sqlite")).exists()
        {
            continue;
        }
        stores.push(Store::open(&ground.database(service), service).await?);
    }
    anyhow::ensure!(
        !stores.is_empty(),
        "{} holds no service's data; run `cunwu up` or `cunwu demo --data DIR` first",
        ground.data.display()
    );
    let mut next: BTreeMap<LogId, u64> = BTreeMap::new();
    loop {
        let mut quiet = true;
        for store in &stores {
            for log in store.logs().await? {
                if log.kind == LogKind::Closed {
                    continue;
                }
                let from = next.entry(log.id.clone()).or_default();
                for entry in store.entries(&log.id, *from, 256).await? {
                    quiet = false;
                    *from = entry.index + 1;
                    let Ok(event) = Event::decode(&entry.bytes) else { continue };
                    if village.is_some_and(|code| event.village != code) {
                        continue;
                    }
                    if tail.json {
                        say!("{}", String::from_utf8_lossy(&entry.bytes));
                    } else {
                        say!(
                            "{} {} {} {} {} {}:{}",
                            event.time,
                            event.village,
                            event.fact(),
                            event.stream,
                            event.actor,
                            event.log,
                            event.index
                        );
                    }
                }
            }
        }
        if quiet {
            if !tail.follow {
                return Ok(Exit::Done);
            }
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
    }
}
