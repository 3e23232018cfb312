//! Five real processes on PostgreSQL and NATS: the first administrators begin in a browser's form, the other services hear
//! it over the broker, the portal shows it; also after organisation was killed and the broker wiped.
#![allow(clippy::disallowed_methods, reason = "a test waits on the machine's clock")]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde_json::Value;
use testbed::{Cunwu, Nats, Postgres};

fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().and_then(Path::parent).unwrap().join("cunwu");
    assert!(path.is_file(), "{} is missing: run `cargo build -p cunwu`", path.display());
    path
}

const KEY: &str = "8f2c1be04d7a96e35b10c8ff23d94a7716e0b5a9c3d2817f604e9ab8d15c3372";

async fn until<T, F: Future<Output = Option<T>>>(what: &str, ask: impl Fn() -> F) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "not within a minute: {what}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn json(url: String) -> Option<Value> {
    reqwest::get(&url).await.ok()?.error_for_status().ok()?.json().await.ok()
}

/// Whether a service's logs, as it serves them, hold an event of this fact.
async fn has_fact(base: &str, fact: &str) -> Option<()> {
    let logs = json(format!("{base}/logs")).await?;
    for log in logs.as_array()? {
        let id = log["log"].as_str()?;
        let entries = reqwest::get(format!("{base}/logs/{id}/entries?from=0&limit=1024"))
            .await
            .ok()?
            .bytes()
            .await
            .ok()?;
        if String::from_utf8_lossy(&entries).contains(fact) {
            return Some(());
        }
    }
    None
}

#[tokio::test(flavor = "multi_thread")]
async fn cluster_five_processes_hear_each_other_over_the_broker() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let postgres = Postgres::shared().unwrap();
    let mut nats = Nats::start().unwrap();
    let names = ["organisation", "funds-oversight", "services", "disputes", "portal"];
    let ports: BTreeMap<&str, u16> =
        names.iter().map(|name| (*name, testbed::free_port().unwrap())).collect();
    let at = |name: &str| format!("http://127.0.0.1:{}", ports[name]);
    let folder = tempfile::tempdir().unwrap();
    let mut running = BTreeMap::new();
    for name in names {
        let server = Cunwu::program(program())
            .unwrap()
            .args(["serve", name, "--listen", &format!("127.0.0.1:{}", ports[name])])
            .args(["--data", folder.path().join(name).to_str().unwrap()])
            .env("CUNWU_DATABASE_URL", postgres.fresh_database().unwrap())
            .env("CUNWU_NATS_URL", nats.url())
            .env("CUNWU_SERVICE_KEY", KEY)
            .env("CUNWU_ORGANISATION_URL", at("organisation"))
            .env("CUNWU_FUNDS_URL", at("funds-oversight"))
            .start()
            .unwrap();
        running.insert(name, server);
    }

    // The first two administrators, by the token on organisation's terminal.
    let token = until("the one-time token", || async {
        let log = running["organisation"].log();
        let (_, rest) = log.split_once("first-administrator?code=")?;
        Some(rest.split_whitespace().next()?.to_owned())
    })
    .await;
    let form = [
        ("code", token.as_str()),
        ("province_code", "990000000000"),
        ("province_name", "云岭省"),
        ("system-name", "甘春和"),
        ("system-person", "p-0001"),
        ("system-login", "first.admin"),
        ("password", "a long phrase 42"),
        ("again", "a long phrase 42"),
        ("security-name", "柏长青"),
        ("security-person", "p-0002"),
        ("security-login", "second.admin"),
    ];
    let client =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let begun = client
        .post(format!("{}/organisation/first-administrator", at("organisation")))
        .header("origin", at("organisation"))
        .header("sec-fetch-site", "same-origin")
        .form(&form)
        .send()
        .await
        .unwrap();
    let status = begun.status();
    let body = begun.text().await.unwrap();
    assert!(status.is_success() || status.as_u16() == 303, "{status}: {body}");

    // The built-in definitions are adopted on record, and the portal shows the province.
    until("definitions adopted", || has_fact_at(at("organisation"), "definition-adopted.v1")).await;
    until("the portal shows the province", || async {
        let page =
            reqwest::get(format!("{}/?lang=zh", at("portal"))).await.ok()?.text().await.ok()?;
        page.contains("云岭省").then_some(())
    })
    .await;

    // Organisation is killed, the broker wiped; both come back, and what is written then arrives too.
    running.get_mut("organisation").unwrap().kill();
    nats.kill();
    nats.wipe().unwrap();
    nats.restart().unwrap();
    running.get_mut("organisation").unwrap().restart().unwrap();
    let signed = until("signing in after the restart", || async {
        let answer = reqwest::Client::new()
            .post(format!("{}/api/organisation/sign-in", at("organisation")))
            .json(&serde_json::json!({ "login": "first.admin", "password": "a long phrase 42" }))
            .send()
            .await
            .ok()?;
        answer.error_for_status().ok()?.json::<Value>().await.ok()
    })
    .await;
    assert_eq!(signed["administrator"], "system");
    for name in names {
        until("ready again", || async {
            json(format!("{}/readyz", at(name))).await.filter(|ready| ready["ready"] == true)
        })
        .await;
    }
    // The broker's streams are whole again: the relay publishes everything in a new generation.
    let connection = exchange::Connection::open(&nats.url(), "test").await.unwrap();
    let logs = json(format!("{}/logs", at("organisation"))).await.unwrap();
    let entries: u64 =
        logs.as_array().unwrap().iter().map(|log| log["size"].as_u64().unwrap()).sum();
    until("the stream is whole", || async {
        let stream = connection.jetstream().get_stream("CUNWU_ORGANISATION").await.ok()?;
        let info = stream.get_info().await.ok()?;
        (info.state.messages >= entries).then_some(())
    })
    .await;
}

async fn has_fact_at(base: String, fact: &'static str) -> Option<()> {
    has_fact(&base, fact).await
}
