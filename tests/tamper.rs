//! One byte changed in a stored entry, in a row alone, in a tile alone: `cunwu verify` names the log and the index.
#![allow(clippy::disallowed_methods, reason = "a test waits on the machine's clock")]

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use kernel::LogId;
use serde_json::Value;
use store::Store;

fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().and_then(Path::parent).unwrap().join("cunwu");
    assert!(path.is_file(), "{} is missing: run `cargo build -p cunwu`", path.display());
    path
}

/// A demo of two villages whose funds log has a full bundle; made once.
fn made() -> &'static Path {
    static MADE: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let output = Command::new(program())
            .args(["demo", "--once", "--villages", "4", "--months", "2", "--data"])
            .arg(&data)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        folder
    });
    folder.path()
}

/// A copy of the demo's data to spoil.
fn copy() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new("cp")
        .args(["-a"])
        .arg(made().join("data"))
        .arg(folder.path())
        .status()
        .unwrap();
    assert!(status.success());
    let data = folder.path().join("data");
    (folder, data)
}

fn verify(data: &Path) -> (i32, Value) {
    let output =
        Command::new(program()).args(["verify", "--json", "--data"]).arg(data).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!errors.contains("panicked"), "{errors}");
    let json = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{errors}"));
    (output.status.code().unwrap(), json)
}

async fn funds(data: &Path) -> (Store, LogId) {
    let url = format!("sqlite:{}", data.join("funds.sqlite").display());
    let store = Store::open(&url, "funds").await.unwrap();
    let log = store.logs().await.unwrap().into_iter().max_by_key(|log| log.size).unwrap();
    assert!(log.size > 300, "a full bundle and a partial one: {}", log.size);
    (store, log.id)
}

/// Changes one byte of a row.
async fn spoil_row(data: &Path, index: u64) -> LogId {
    let (store, log) = funds(data).await;
    let entry = store.entries(&log, index, 1).await.unwrap().remove(0);
    let mut bytes = entry.bytes;
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    let mut tx = store.begin().await.unwrap();
    tx.execute(
        "UPDATE core_entry SET bytes = $1 WHERE log = $2 AND idx = $3",
        &[bytes.into(), log.as_str().into(), index.into()],
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    log
}

/// Changes one byte of a full tile.
fn spoil_tile(data: &Path, log: &LogId, tile: &str, at: usize) {
    let path = data.join("tiles/funds").join(log.as_str()).join(tile);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[at] ^= 1;
    std::fs::write(&path, bytes).unwrap();
}

/// The findings name this log and this index.
fn named(json: &Value, log: &LogId, index: u64) {
    let log = publish::origin(log);
    let check = json["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["log"] == Value::String(log.clone()))
        .unwrap_or_else(|| panic!("{log} is not in {json}"));
    assert_eq!(check["verified"], false, "{check}");
    let findings = check["findings"].to_string();
    assert!(
        check["first_index"] == index || findings.contains(&format!(" {index}")),
        "index {index} is not named: {check}"
    );
}

#[tokio::test]
async fn what_is_untouched_verifies() {
    let (_folder, data) = copy();
    let (code, json) = verify(&data);
    assert_eq!((code, &json["verified"]), (0, &Value::Bool(true)), "{json}");
}

#[tokio::test]
async fn a_row_alone_is_named_in_a_full_bundle_and_in_the_partial_one() {
    for index in [17, 290] {
        let (_folder, data) = copy();
        let log = spoil_row(&data, index).await;
        let (code, json) = verify(&data);
        assert_eq!(code, 1);
        named(&json, &log, index);
    }
}

#[tokio::test]
async fn a_tile_alone_is_named() {
    let (_folder, data) = copy();
    let (store, log) = funds(&data).await;
    store.close().await;
    // In the level-0 tile each leaf hash has 32 bytes: the 42nd is of entry 41.
    spoil_tile(&data, &log, "tile/0/000", 41 * 32 + 5);
    let (code, json) = verify(&data);
    assert_eq!(code, 1);
    named(&json, &log, 41);

    let (_folder, data) = copy();
    spoil_tile(&data, &log, "tile/entries/000", 1000);
    let (code, json) = verify(&data);
    assert_eq!(code, 1);
    let check = json["checks"].as_array().unwrap().iter().find(|c| c["verified"] == false).unwrap();
    assert!(check["first_index"].as_u64().unwrap() < 5, "{check}");
}

#[tokio::test]
async fn an_entry_changed_everywhere_no_longer_leads_to_the_signed_root() {
    let (_folder, data) = copy();
    let log = spoil_row(&data, 17).await;
    let (store, _) = funds(&data).await;
    let entries = store.entries(&log, 0, 256).await.unwrap();
    store.close().await;
    // Whoever has the machine rewrites bundle, leaf hash and row; the signature he cannot make is over the old root.
    let bundle = proof::encode_entries(entries.iter().map(|entry| &entry.bytes)).unwrap();
    let leaves: Vec<_> = entries.iter().map(|entry| proof::leaf_hash(&entry.bytes)).collect();
    let folder = data.join("tiles/funds").join(log.as_str());
    std::fs::write(folder.join("tile/entries/000"), bundle).unwrap();
    std::fs::write(folder.join("tile/0/000"), proof::tile::tile_bytes(&leaves)).unwrap();
    let (code, json) = verify(&data);
    assert_eq!(code, 1);
    named(&json, &log, 17);
}

#[test]
fn garbage_is_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    for text in ["", "{}", "[1,2", "{\"format\":\"cunwu-proof/v1\"}", "\u{0}\u{1}"] {
        let path = folder.path().join("proof.json");
        std::fs::write(&path, text).unwrap();
        let output = Command::new(program())
            .arg("verify")
            .arg(&path)
            .args([
                "--key",
                "cunwu/77f5qmgnqh6u88dg+0b1f3629+AYRvHIu+fenYU4UIJw+PYmbp2V2N7COHoxOzb2uH5XQg",
            ])
            .output()
            .unwrap();
        assert!(matches!(output.status.code(), Some(1 | 2)), "{text:?}");
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(said.len() > 20 && !said.contains("panicked"), "{text:?}: {said}");
    }
}
