//! `cunwu verify`: what was served is proved offline, and one changed byte in a row, a tile or both is named.
#![allow(clippy::disallowed_methods, reason = "tests run on the machine's clock")]

use std::path::{Path, PathBuf};

use cunwu_tests::{Copied, Demo, Ran, client, cunwu, fetch, fetch_json, launch};
use proof::{Level, Tile};
use serde_json::{Value, json};
use store::Store;

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn verify(file: &Path, keys: &[&str]) -> Ran {
    let mut arguments = vec!["verify".to_owned(), text(file), "--json".to_owned()];
    arguments.extend(keys.iter().flat_map(|key| ["--key".to_owned(), (*key).to_owned()]));
    cunwu(&arguments)
}

fn audit(data: &Path) -> Ran {
    cunwu(&["verify", "--data", &text(data), "--json"])
}

fn written(folder: &Path, name: &str, value: &Value) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, value.to_string()).unwrap();
    path
}

/// The log of a service that has more than one full tile.
fn long_log(demo: &Demo, service: &str) -> (String, u64) {
    let logs = demo.summary["logs"].as_array().unwrap();
    let log = logs
        .iter()
        .find(|log| {
            log["service"] == service && log["kind"] == "open" && log["size"].as_u64() > Some(256)
        })
        .unwrap_or_else(|| panic!("a log of {service} longer than a tile: {logs:?}"));
    (log["log"].as_str().unwrap().to_owned(), log["size"].as_u64().unwrap())
}

#[tokio::test]
async fn what_a_running_service_serves_is_proved_with_the_service_gone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut running = launch()
        .args(["demo", "--villages", "1", "--months", "1", "--listen", "127.0.0.1:0", "--data"])
        .args([text(&data)])
        .start()
        .unwrap();
    let url = running.url().to_owned();
    let logs = fetch_json(&format!("{url}/logs")).await;
    let mut files = Vec::new();
    for log in logs.as_array().unwrap() {
        let (id, size) = (log["log"].as_str().unwrap(), log["published"].as_u64().unwrap());
        if size == 0 {
            continue;
        }
        let key = log["key"].as_str().unwrap().to_owned();
        assert_eq!(fetch(&format!("{url}/logs/{id}/key")).await, format!("{key}\n").into_bytes());
        for index in [0, size / 2, size - 1] {
            let proof = fetch_json(&format!("{url}/logs/{id}/proof/{index}")).await;
            files.push((id.to_owned(), index, key.clone(), proof));
        }
        let (status, _) = cunwu_tests::get(&format!("{url}/logs/{id}/proof/{size}")).await;
        assert_eq!(status, 404, "an entry that is not published has no proof");
    }
    assert!(files.len() >= 9, "three logs and more are published");
    running.terminate().unwrap();
    // Offline means: without the service and without the data.
    std::fs::rename(&data, folder.path().join("moved-away")).unwrap();
    let (other, ..) = &files[0];
    let other_key =
        files.iter().find(|(id, ..)| id != other).map(|(_, _, key, _)| key.clone()).unwrap();
    for (id, index, key, proof) in &files {
        let file = written(folder.path(), "proof.json", proof);
        let ran = verify(&file, &[key]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let check = &ran.json()["checks"][0];
        assert_eq!(check["log"], format!("cunwu/{id}"));
        assert_eq!(check["index"], json!(index));

        // One byte of the entry is another.
        let mut changed = proof.clone();
        flip_base64(&mut changed["entry"]);
        let ran = verify(&written(folder.path(), "changed.json", &changed), &[key]);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.out.contains(id) && ran.out.contains(&index.to_string()), "{ran:?}");
        // Another place in the log.
        let mut moved = proof.clone();
        moved["index"] = json!(index + 1);
        assert_eq!(verify(&written(folder.path(), "moved.json", &moved), &[key]).code, Some(1));
    }
    // The key of another log proves nothing, and no key is no trust at all.
    let (_, _, _, proof) = &files[0];
    let file = written(folder.path(), "proof.json", proof);
    let ran = verify(&file, &[&other_key]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(ran.json()["verified"], false);
    let ran = verify(&file, &[]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("--key is missing"), "{ran:?}");
    let ran = verify(&file, &["cunwu/nobody+00000000+AAAA"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
}

/// Changes the first byte of base64 bytes.
fn flip_base64(value: &mut Value) {
    let text = value.as_str().unwrap();
    let first = if text.starts_with('A') { 'B' } else { 'A' };
    *value = json!(format!("{first}{}", &text[1..]));
}

#[tokio::test]
async fn two_checkpoints_are_consistent_and_a_receipt_holds() {
    let copied = Demo::of(1, 1, 1).copy();
    let (log, _) = Demo::of(1, 1, 1).summary["logs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|log| log["service"] == "funds")
        .map(|log| (log["log"].as_str().unwrap().to_owned(), ()))
        .unwrap();
    let folder = copied.data().join("tiles/funds").join(&log);
    let old = std::fs::read_to_string(folder.join("checkpoint")).unwrap();
    let key = std::fs::read_to_string(folder.join("key")).unwrap().trim().to_owned();

    // The house goes on a while: one command more, published.
    let (receipt, receipts_key) = goes_on(&copied).await;
    let new = std::fs::read_to_string(folder.join("checkpoint")).unwrap();
    assert_ne!(old, new, "the log has grown");

    let mut running = launch()
        .args(["up", "--listen", "127.0.0.1:0", "--data", &text(&copied.data())])
        .start()
        .unwrap();
    let answer = client()
        .post(format!("{}/logs/{log}/consistency", running.url()))
        .body(old.clone())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let consistency: Value = answer.json().await.unwrap();
    let mut lines: Vec<String> = old.lines().map(str::to_owned).collect();
    let size: u64 = lines[1].parse().unwrap();
    lines[1] = (size - 1).to_string();
    let forged = lines.join("\n") + "\n";
    let answer = client()
        .post(format!("{}/logs/{log}/consistency", running.url()))
        .body(forged)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 422, "a checkpoint that this log never signed");
    running.terminate().unwrap();

    let place = tempfile::tempdir().unwrap();
    let file = written(place.path(), "consistency.json", &consistency);
    let ran = verify(&file, &[&key]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let check = &ran.json()["checks"][0];
    assert!(check["old"].as_u64() < check["new"].as_u64(), "{check}");
    let mut changed = consistency.clone();
    flip_base64(&mut changed["path"][0]);
    let ran = verify(&written(place.path(), "changed.json", &changed), &[&key]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains(&log), "{ran:?}");

    let file = written(place.path(), "receipt.json", &receipt);
    let ran = verify(&file, &[&receipts_key]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.json()["checks"][0]["log"], format!("cunwu/{log}"));
    let mut changed = receipt.clone();
    changed["first_index"] = json!(receipt["first_index"].as_u64().unwrap() + 1);
    assert_eq!(
        verify(&written(place.path(), "changed.json", &changed), &[&receipts_key]).code,
        Some(1)
    );
    assert_eq!(verify(&file, &[&key]).code, Some(1), "the log's key signs no receipts");
}

/// Funds-oversight opened on the folder as the program opens it, one command more, published.
async fn goes_on(copied: &Copied) -> (Value, String) {
    let house = house::Funds::open(&copied.data(), &copied.signer()).await;
    let answer = house.bank_account("another", "990121000000009999").await;
    let promise = answer.receipt().promises[0].clone();
    house.host.publish_now(false).await.unwrap();
    let key = house.receipts_key();
    house.close().await;
    (promise, key)
}

#[path = "house/mod.rs"]
mod house;

async fn store(data: &Path) -> Store {
    Store::open(&format!("sqlite:{}", data.join("funds.sqlite").display()), "funds").await.unwrap()
}

/// Changes one byte in the middle of a stored entry.
async fn change_row(data: &Path, log: &str, index: u64) -> Vec<u8> {
    let store = store(data).await;
    let log = kernel::LogId::from(log);
    let mut bytes = store.entries(&log, index, 1).await.unwrap().remove(0).bytes;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let mut tx = store.begin().await.unwrap();
    let changed = tx
        .execute(
            "UPDATE core_entry SET bytes = $1 WHERE log = $2 AND idx = $3",
            &[bytes.clone().into(), log.as_str().into(), index.into()],
        )
        .await
        .unwrap();
    assert_eq!(changed, 1);
    tx.commit().await.unwrap();
    store.close().await;
    bytes
}

/// Writes other bytes of an entry, of the same length, into the full bundle that holds it.
fn change_bundle(data: &Path, log: &str, index: u64) {
    let tile = Tile::new(Level::Entries, index / 256, 256).unwrap();
    let path = data.join("tiles/funds").join(log).join(tile.to_string());
    let bytes = std::fs::read(&path).unwrap();
    let mut entries: Vec<Vec<u8>> =
        proof::decode_entries(&bytes, 256).unwrap().into_iter().map(<[u8]>::to_vec).collect();
    let entry = &mut entries[usize::try_from(index % 256).unwrap()];
    let middle = entry.len() / 2;
    entry[middle] ^= 1;
    std::fs::write(path, proof::encode_entries(&entries).unwrap()).unwrap();
}

/// Changes one byte of a leaf hash in the full hash tile.
fn change_hash_tile(data: &Path, log: &str, index: u64) {
    let tile = Tile::new(Level::Hashes(0), index / 256, 256).unwrap();
    let path = data.join("tiles/funds").join(log).join(tile.to_string());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[usize::try_from(index % 256).unwrap() * 32 + 7] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

/// The audit finds this log alone, and that index first.
fn named(ran: &Ran, log: &str, index: u64) {
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let report = ran.json();
    assert_eq!(report["verified"], false);
    let wrong: Vec<&Value> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["verified"] == false)
        .collect();
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert_eq!(wrong[0]["log"], format!("cunwu/{log}"));
    assert_eq!(wrong[0]["first_index"], json!(index), "{}", wrong[0]);
    let told = wrong[0]["findings"].to_string();
    assert!(
        told.contains(&format!("entry {index}")) || told.contains(&format!("position {index}")),
        "{told}"
    );
}

#[tokio::test]
async fn one_changed_byte_is_named_by_log_and_index() {
    let demo = Demo::of(3, 2, 1);
    let (log, size) = long_log(&demo, "funds");
    assert!(size % 256 > 1, "there is a partial tile too: {size}");
    let sound = audit(&demo.copy().data());
    assert_eq!(sound.code, Some(0), "{sound:?}");
    assert_eq!(sound.json()["verified"], true);

    // In a row alone: first, within the full tile, and in the partial one.
    for index in [0, 100, 255, size - 1] {
        let copied = demo.copy();
        change_row(&copied.data(), &log, index).await;
        named(&audit(&copied.data()), &log, index);
    }
    // In a full tile of entries alone; in a tile of hashes alone.
    for index in [0, 37, 255] {
        let copied = demo.copy();
        change_bundle(&copied.data(), &log, index);
        named(&audit(&copied.data()), &log, index);
        let copied = demo.copy();
        change_hash_tile(&copied.data(), &log, index);
        let ran = audit(&copied.data());
        assert_eq!(ran.code, Some(1), "{ran:?}");
        let wrong = ran.json();
        let wrong = wrong["checks"]
            .as_array()
            .unwrap()
            .iter()
            .find(|c| c["verified"] == false)
            .unwrap()
            .clone();
        assert_eq!(wrong["log"], format!("cunwu/{log}"));
        assert_eq!(wrong["first_index"], json!(index), "{wrong}");
    }
    // In the row and the tile of entries, equally.
    let copied = demo.copy();
    change_row(&copied.data(), &log, 77).await;
    change_bundle(&copied.data(), &log, 77);
    named(&audit(&copied.data()), &log, 77);
}

#[test]
fn a_changed_checkpoint_or_a_foreign_key_is_refused() {
    let demo = Demo::of(1, 1, 1);
    let copied = demo.copy();
    let log = demo.summary["logs"][0]["log"].as_str().unwrap();
    let service = demo.summary["logs"][0]["service"].as_str().unwrap();
    let path = copied.data().join("tiles").join(service).join(log).join("checkpoint");
    let note = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<String> = note.lines().map(str::to_owned).collect();
    lines[1] = (lines[1].parse::<u64>().unwrap() - 1).to_string();
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    let ran = audit(&copied.data());
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains(log), "{ran:?}");

    // A key from elsewhere: nothing can be trusted.
    let key =
        proof::SignerKey::from_seed("cunwu/elsewhere", &[9; 32]).unwrap().verifier().to_string();
    let ran = cunwu(&["verify", "--data", &text(&demo.copy().data()), "--key", &key]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
}

#[test]
fn a_served_log_is_audited_over_http() {
    let mut running = launch()
        .args(["demo", "--villages", "1", "--months", "1", "--listen", "127.0.0.1:0"])
        .start()
        .unwrap();
    let (_, logs) = testbed::http_get(&format!("{}/logs", running.url())).unwrap();
    let logs: Value = serde_json::from_str(&logs).unwrap();
    let log = logs.as_array().unwrap().iter().find(|log| log["kind"] == "closed").unwrap();
    let url = format!("{}/logs/{}", running.url(), log["log"].as_str().unwrap());
    let key = log["key"].as_str().unwrap();
    let ran = cunwu(&["verify", "--url", &url, "--key", key, "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.json()["checks"][0]["size"], log["published"]);
    let absent = cunwu(&["verify", "--url", &format!("{url}x"), "--key", key]);
    assert_eq!(absent.code, Some(2), "{absent:?}");
    running.terminate().unwrap();
}

#[test]
fn what_is_no_proof_gives_an_error_and_exit_2() {
    let folder = tempfile::tempdir().unwrap();
    let key =
        proof::SignerKey::from_seed("cunwu/elsewhere", &[9; 32]).unwrap().verifier().to_string();
    let cases: [(&str, &[u8], &str); 7] = [
        ("empty.json", b"", "not JSON"),
        ("garbage.json", b"\xff\xfe\x00\x01", "reading"),
        ("truncated.json", br#"{"format":"cunwu-proof/v1","log":"cunwu/a","ind"#, "not JSON"),
        ("list.json", b"[1,2,3]", "neither a proof"),
        ("number.json", b"7", "neither a proof"),
        ("other.json", br#"{"format":"cunwu-proof/v2"}"#, "neither a proof"),
        ("deep.json", &[b'['; 100_000], "not JSON"),
    ];
    for (name, bytes, words) in cases {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let ran = verify(&path, &[&key]);
        assert_eq!(ran.code, Some(2), "{name}: {ran:?}");
        assert!(ran.err.contains(name) && ran.err.contains(words), "{name}: {ran:?}");
    }
    // Of the right format and otherwise empty: read, and not verified.
    for format in ["cunwu-proof/v1", "cunwu-consistency/v1", "cunwu-receipt/v1"] {
        let ran =
            verify(&written(folder.path(), "bare.json", &json!({ "format": format })), &[&key]);
        assert_eq!(ran.code, Some(1), "{format}: {ran:?}");
        assert!(ran.out.contains("missing field"), "{ran:?}");
    }
    let ran = verify(&folder.path().join("absent.json"), &[&key]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("absent.json"), "{ran:?}");
    // A folder that holds no log, and one that is not there.
    let ran = audit(folder.path());
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("no published log"), "{ran:?}");
    assert_eq!(audit(&folder.path().join("absent")).code, Some(2));
}
