//! The program as processes of their own over a real broker, and everything that anyone can fetch of it.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::Path,
    time::{Duration, Instant},
};

use cunwu_tests::{Copied, get, launch};
use serde_json::Value;
use testbed::{Cunwu, Nats};

use crate::{planted::control, rooms::store};

/// The services and the portal as processes of their own, over a real broker.
pub struct Deployment {
    pub nats: Nats,
    pub processes: Vec<Cunwu>,
}

impl Deployment {
    pub fn start(copied: &Copied) -> Self {
        let nats = Nats::start().unwrap();
        let [organisation, funds, services, disputes, portal] =
            [(); 5].map(|()| testbed::free_port().unwrap());
        let start = |service: &str, port: u16| {
            launch()
                .args([
                    "serve",
                    service,
                    "--data",
                    copied.data().to_str().unwrap(),
                    "--nats",
                    &nats.url(),
                ])
                .args(["--listen", &format!("127.0.0.1:{port}")])
                .args(["--organisation", &format!("http://127.0.0.1:{organisation}")])
                .args(["--funds", &format!("http://127.0.0.1:{funds}")])
                .args(["--services", &format!("http://127.0.0.1:{services}")])
                .args(["--disputes", &format!("http://127.0.0.1:{disputes}")])
                .env(
                    "CUNWU_SERVICE_KEY",
                    "3d1f0a5be94c7726d8b2e6f013a94c58af7106c2d95e3b84170ad6e2f4c98b53",
                )
                .env("CUNWU_LOG", "debug")
                .env("CUNWU_LOG_FORMAT", "json")
                .start()
                .unwrap()
        };
        let processes = vec![
            start("organisation", organisation),
            start("funds-oversight", funds),
            start("services", services),
            start("disputes", disputes),
            start("portal", portal),
        ];
        Self { nats, processes }
    }

    /// The portal's address.
    pub fn portal(&self) -> &str {
        self.processes.last().unwrap().url()
    }

    /// Waits until the services have heard all that organisation wrote before, and the portal all.
    pub async fn settle(&self, data: &Path) {
        let until = Instant::now() + Duration::from_secs(120);
        let mut behind = Vec::new();
        while Instant::now() < until {
            behind.clear();
            for (reader, source) in [
                ("funds", "organisation"),
                ("services", "organisation"),
                ("disputes", "organisation"),
                ("portal", "organisation"),
                ("portal", "funds"),
                ("portal", "services"),
                ("portal", "disputes"),
            ] {
                let (from, to) = (store(data, source).await, store(data, reader).await);
                let sql = "SELECT log, MIN(next) FROM core_position WHERE source = $1 GROUP BY log";
                let heard: BTreeMap<String, u64> = to
                    .query(sql, &[source.into()])
                    .await
                    .unwrap()
                    .iter()
                    .map(|row| (row.text(0).unwrap().to_owned(), row.u64(1).unwrap()))
                    .collect();
                for log in from.logs().await.unwrap() {
                    let next = heard.get(log.id.as_str()).copied().unwrap_or(0);
                    if next < log.size {
                        behind.push(format!(
                            "{reader} is at {next} of {} of {source}/{}",
                            log.size, log.id
                        ));
                    }
                }
                from.close().await;
                to.close().await;
            }
            if behind.is_empty() && !control().in_folder(&self.nats.store()).unwrap().is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        panic!("{behind:?}\n{}", self.logs());
    }

    /// Everything that anyone can fetch: pages and what they link to, APIs, metrics, logs.
    pub async fn public(&self, payment: &str) -> Vec<(String, Vec<u8>)> {
        let mut fetched = Vec::new();
        for process in &self.processes {
            let base = process.url();
            let (_, logs) = get(&format!("{base}/logs")).await;
            let logs: Vec<Value> = serde_json::from_slice(&logs).unwrap_or_default();
            let mut wanted: VecDeque<String> = [
                "/",
                "/metrics",
                "/healthz",
                "/readyz",
                "/api/openapi.json",
                "/logs",
                &format!("/payments/{payment}"),
            ]
            .map(str::to_owned)
            .into();
            for log in logs.iter().map(|log| log["log"].as_str().unwrap()) {
                let published = logs.iter().find(|one| one["log"] == log).unwrap()["published"]
                    .as_u64()
                    .unwrap();
                wanted.extend(
                    ["checkpoint", "key", "entries?from=0&limit=1024"]
                        .map(|what| format!("/logs/{log}/{what}")),
                );
                wanted.extend(
                    (0..published / 256).map(|tile| format!("/logs/{log}/tile/entries/{tile:03}")),
                );
                if published % 256 > 0 {
                    let (tile, width) = (published / 256, published % 256);
                    wanted.push_back(format!("/logs/{log}/tile/entries/{tile:03}.p/{width}"));
                }
                wanted.push_back(format!("/logs/{log}/proof/0"));
            }
            let mut seen = BTreeSet::new();
            while let Some(path) = wanted.pop_front() {
                if !seen.insert(path.clone()) || seen.len() > 600 {
                    continue;
                }
                let (_, body) = get(&format!("{base}{path}")).await;
                let text = String::from_utf8_lossy(&body);
                for link in text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next())
                {
                    if link.starts_with('/')
                        && !link.starts_with("//")
                        && !link.starts_with("/assets")
                    {
                        let link = link.split('#').next().unwrap_or_default().replace("&amp;", "&");
                        wanted.push_back(link);
                    }
                }
                fetched.push((format!("{base}{path}"), body));
            }
        }
        fetched
    }

    /// What the processes have said.
    pub fn logs(&self) -> String {
        self.processes.iter().map(Cunwu::log).collect::<Vec<_>>().join("\n")
    }

    pub fn stop(&mut self) {
        for process in &mut self.processes {
            process.terminate().unwrap();
        }
    }
}
