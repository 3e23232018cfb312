//! Everything that is shown can be deleted and computed again from the logs; also when every sealed part is gone. The
//! ledger balances at every prefix of the log.
#![allow(clippy::disallowed_methods, reason = "a test waits on the machine's clock")]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use kernel::{Domain, Event, LogKind};
use store::{Database, Store, Value};

fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().and_then(Path::parent).unwrap().join("cunwu");
    assert!(path.is_file(), "{} is missing: run `cargo build -p cunwu`", path.display());
    path
}

fn run(arguments: &[&str]) -> String {
    let output = Command::new(program()).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cunwu {arguments:?}: {errors}");
    assert!(!errors.contains("panicked"), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// All rows of the portal's read models, by table.
async fn shown(data: &Path) -> BTreeMap<String, Vec<String>> {
    let url = format!("sqlite:{}", data.join("portal.sqlite").display());
    let database = Database::open(&url, "portal").await.unwrap();
    let names = database
        .query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name", &[])
        .await
        .unwrap();
    let mut tables = BTreeMap::new();
    for name in &names {
        let name = name.text(0).unwrap().to_owned();
        if name.starts_with("core_") || name.starts_with("sqlite_") || name == "migrations" {
            continue;
        }
        let columns = database
            .query(&format!("SELECT COUNT(*) FROM pragma_table_info('{name}')"), &[])
            .await
            .unwrap()[0]
            .i64(0)
            .unwrap();
        let rows = database.query(&format!("SELECT * FROM {name}"), &[]).await.unwrap();
        let mut lines: Vec<String> = rows
            .iter()
            .map(|row| {
                (0..usize::try_from(columns).unwrap())
                    .map(|column| match row.value(column) {
                        Value::Null => "-".to_owned(),
                        other => format!("{other:?}"),
                    })
                    .collect::<Vec<_>>()
                    .join("|")
            })
            .collect();
        lines.sort();
        tables.insert(name, lines);
    }
    database.close().await;
    tables
}

/// Sums of all accounts at every prefix of the funds log; the last balances by unit and account.
async fn ledger(data: &Path) -> BTreeMap<(String, String), i64> {
    let url = format!("sqlite:{}", data.join("funds.sqlite").display());
    let store = Store::open(&url, "funds").await.unwrap();
    let mut balances: BTreeMap<(String, String), i64> = BTreeMap::new();
    for log in store.logs().await.unwrap() {
        if log.kind == LogKind::Closed {
            continue;
        }
        for entry in store.entries(&log.id, 0, 1_000_000).await.unwrap() {
            let event = Event::decode(&entry.bytes).unwrap();
            let Some(lines) = event.data.get("lines").and_then(|lines| lines.as_array()) else {
                continue;
            };
            for line in lines {
                let amount = |side: &str| line.get(side).and_then(|v| v.as_i64()).unwrap_or(0);
                let account = line["account"]
                    .as_str()
                    .map_or_else(|| line["account"].to_string(), str::to_owned);
                *balances.entry((event.unit.to_string(), account)).or_default() +=
                    amount("debit") - amount("credit");
            }
            let total: i64 = balances.values().sum();
            assert_eq!(total, 0, "trial balance after {} {}", log.id, entry.index);
        }
    }
    assert!(balances.len() > 5, "the books have accounts");
    store.close().await;
    balances
}

/// The states that decisions read, folded anew from the log.
async fn states(data: &Path) -> BTreeMap<String, String> {
    let url = format!("sqlite:{}", data.join("funds.sqlite").display());
    let store = Store::open(&url, "funds").await.unwrap();
    let rows = store
        .query("SELECT stream, body FROM core_state WHERE subject IS NULL AND owner IS NULL", &[])
        .await
        .unwrap();
    let stored: BTreeMap<String, String> = rows
        .iter()
        .map(|row| {
            let body = String::from_utf8(row.bytes(1).unwrap().to_vec()).unwrap();
            (row.text(0).unwrap().to_owned(), body)
        })
        .collect();
    let mut folded: BTreeMap<String, funds_oversight::State> = BTreeMap::new();
    for log in store.logs().await.unwrap() {
        if log.kind == LogKind::Closed {
            continue;
        }
        for entry in store.entries(&log.id, 0, 1_000_000).await.unwrap() {
            let event = Event::decode(&entry.bytes).unwrap();
            let stream = event.stream.to_string();
            let before = folded.remove(&stream);
            if let Some(after) = funds_oversight::Funds::evolve(before, &event) {
                folded.insert(stream, after);
            }
        }
    }
    let folded: BTreeMap<String, String> = folded
        .into_iter()
        .map(|(stream, state)| (stream, serde_json::to_string(&state).unwrap()))
        .collect();
    assert_eq!(folded.keys().collect::<Vec<_>>(), stored.keys().collect::<Vec<_>>());
    for (stream, state) in &folded {
        assert_eq!(
            state, &stored[stream],
            "{stream} folded from the log differs from what is stored"
        );
    }
    store.close().await;
    folded
}

#[tokio::test]
async fn without_any_sealed_part_everything_shown_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let at = data.to_str().unwrap();
    run(&["demo", "--once", "--villages", "2", "--months", "2", "--data", at]);
    run(&["rebuild", "portal", "--data", at]);
    let (before, books, folded) = (shown(&data).await, ledger(&data).await, states(&data).await);
    assert!(before.values().map(Vec::len).sum::<usize>() > 100, "there is something to compare");

    // All sealed parts and all keys are gone.
    for service in ["organisation", "funds", "services", "disputes"] {
        let url = format!("sqlite:{}", data.join(format!("{service}.sqlite")).display());
        let store = Store::open(&url, service).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let parts =
            tx.execute("DELETE FROM core_part WHERE 1 = $1", &[1_i64.into()]).await.unwrap();
        assert!(parts > 0, "{service} had sealed parts");
        tx.commit().await.unwrap();
        store.close().await;
    }
    run(&["rebuild", "all", "--data", at]);
    assert_eq!(shown(&data).await, before);
    assert_eq!(ledger(&data).await, books);
    assert_eq!(states(&data).await, folded);
    run(&["verify", "--data", at]);
}
