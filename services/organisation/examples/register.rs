//! Measures an import: a made-up register of about 65,000 units into a fresh database.
//!
//! `/usr/bin/time -v cargo run -p organisation --example register` tells time and memory.

use std::sync::Arc;

use definitions::Definitions;
use host::{Host, Secrets, Settings, clock::SystemClock};
use kernel::{Clock, WorkCalendar};
use organisation::{
    Organisation,
    catalogue::{DEFINITIONS, catalogue},
    import_divisions, laws,
};
use sealed::{MasterKey, Vault, VaultConfig};
use store::Store;

/// Eleven prefectures of nine counties with fifteen townships of forty-three villages.
fn register() -> String {
    let mut csv = String::from("code,name,level\n330000000000,云岭省,province\n");
    let mut line = |code: String, name: String, level: &str| {
        csv.push_str(&format!("{code},{name},{level}\n"));
    };
    for p in 1..=11 {
        line(format!("33{p:02}00000000"), format!("第{p}市"), "prefecture");
        for c in 1..=9 {
            line(format!("33{p:02}{c:02}000000"), format!("第{p}-{c}县"), "county");
            for t in 1..=15 {
                line(format!("33{p:02}{c:02}{t:03}000"), format!("第{t}镇"), "township");
                for v in 1..=43 {
                    line(
                        format!("33{p:02}{c:02}{t:03}{:03}", 200 + v),
                        format!("第{v}村"),
                        "village",
                    );
                }
            }
        }
    }
    csv
}

fn most_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM unknown").to_owned()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let file = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    let store = Store::open(&file("organisation.sqlite"), "organisation").await?;
    let config = VaultConfig {
        keys: file("keys.sqlite"),
        name: "organisation_keys".into(),
        master: MasterKey::from_file_or_new(&folder.path().join("master"))?,
        tombstones: folder.path().join("tombstones"),
    };
    let vault = Arc::new(Vault::open(config, store.clone()).await?);
    let settings = Settings {
        store,
        tiles: folder.path().join("tiles"),
        signer_state: folder.path().join("signer"),
        secrets: Secrets::open(&folder.path().join("secrets.json"))?,
        sealer: vault,
        clock: Arc::new(SystemClock),
        seed: [1; 32],
        check_clock: false,
        keep_keys: false,
        calendar: WorkCalendar::default(),
        holder: "measure".into(),
    };
    let definitions = Definitions::check(DEFINITIONS, &catalogue()).map_err(|findings| {
        findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    })?;
    let domain = Organisation::new(definitions, laws::table().clone());
    let host = Host::open(settings, domain, Vec::new(), Vec::new()).await?;
    let csv = register();
    println!("{} lines; before: {}", csv.lines().count() - 1, most_memory());
    for round in ["first", "again"] {
        let began = SystemClock.now();
        let recorded = |done, planned| {
            if done == planned {
                println!(
                    "{round}: recorded after {} ms",
                    (SystemClock.now().micros() - began.micros()) / 1000
                );
            }
        };
        let report = import_divisions(&host, csv.as_bytes(), recorded).await?;
        let millis = (SystemClock.now().micros() - began.micros()) / 1000;
        println!(
            "{round}: formed {}, unchanged {}, {millis} ms; {}",
            report.formed,
            report.unchanged,
            most_memory()
        );
    }
    Ok(())
}
