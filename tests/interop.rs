//! What a running `cunwu` serves is a C2SP transparency log that others' implementations accept over HTTP: at 255, 256, 257
//! and 65,537 entries.
#![allow(clippy::disallowed_methods, reason = "a test waits on the machine's clock")]

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde_json::Value;
use testbed::Cunwu;
use tlog_tiles::tlog;

/// Definitions that are adopted with the first import: entries of the province's log beside the units.
const ADOPTED: usize = 44;

fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().and_then(Path::parent).unwrap().join("cunwu");
    assert!(path.is_file(), "{} is missing: run `cargo build -p cunwu`", path.display());
    path
}

/// A register of so many units.
fn register(units: usize) -> String {
    let mut csv = String::from("code,name,level\n");
    csv.push_str("990000000000,云岭省,province\n990100000000,清江市,prefecture\n990121000000,临川县,county\n");
    let (mut left, mut town) = (units - 3, 0);
    while left > 0 {
        writeln!(csv, "990121{:03}000,第{}镇,township", 100 + town, town + 1).unwrap();
        left -= 1;
        for village in 0..left.min(199) {
            writeln!(csv, "990121{:03}{},第{}村,village", 100 + town, 200 + village, village + 1)
                .unwrap();
        }
        left -= left.min(199);
        town += 1;
    }
    csv
}

struct Served {
    server: Cunwu,
    log: String,
    key: String,
    size: usize,
    _folder: tempfile::TempDir,
}

/// A real installation whose province's log has exactly `size` entries.
async fn served(size: usize) -> Served {
    let folder = tempfile::tempdir().unwrap();
    let (data, csv) = (folder.path().join("data"), folder.path().join("register.csv"));
    std::fs::write(&csv, register(size - ADOPTED)).unwrap();
    let output = Command::new(program())
        .args(["import", "divisions"])
        .arg(&csv)
        .arg("--data")
        .arg(&data)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let server = Cunwu::program(program())
        .unwrap()
        .args(["up", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()])
        .patience(Duration::from_secs(120))
        .start()
        .unwrap();
    let start = std::time::Instant::now();
    loop {
        let logs: Value = get(&format!("{}/logs", server.url())).await.json().await.unwrap();
        let found = logs.as_array().unwrap().iter().find(|log| log["published"] == size);
        if let Some(log) = found {
            let text = |field: &str| log[field].as_str().unwrap().to_owned();
            let (log, key) = (text("log"), text("key"));
            return Served { server, log, key, size, _folder: folder };
        }
        assert!(start.elapsed() < Duration::from_secs(60), "not published: {logs}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn get(url: &str) -> reqwest::Response {
    reqwest::get(url).await.unwrap().error_for_status().unwrap()
}

impl Served {
    fn base(&self) -> String {
        format!("{}/logs/{}", self.server.url(), self.log)
    }
}

/// The other implementation's storage of hashes, filled from the entries that were fetched.
#[derive(Default)]
struct Stored(Vec<tlog::Hash>);

impl tlog::HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        Ok(indexes.iter().map(|index| self.0[usize::try_from(*index).unwrap()]).collect())
    }
}

/// A port of Go's `sumdb`: opens the note, hashes every entry of every bundle, and arrives at the signed root.
async fn accepted_by_another_port(served: &Served) {
    use signed_note::{Note, StandardVerifier, VerifierList};
    let base = served.base();
    let note = get(&format!("{base}/checkpoint")).await.text().await.unwrap();
    let verifier = StandardVerifier::new(&served.key).unwrap();
    let note = Note::from_bytes(note.as_bytes()).unwrap();
    note.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
    let text = String::from_utf8(note.text().to_vec()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], format!("cunwu/{}", served.log));
    assert_eq!(lines[1], served.size.to_string());
    let mut stored = Stored::default();
    for bundle in 0..served.size.div_ceil(256) {
        let width = (served.size - bundle * 256).min(256);
        let number = match bundle {
            0..1000 => format!("{bundle:03}"),
            _ => format!("x{:03}/{:03}", bundle / 1000, bundle % 1000),
        };
        let partial = if width < 256 { format!(".p/{width}") } else { String::new() };
        let url = format!("{base}/tile/entries/{number}{partial}");
        let mut bytes = get(&url).await.bytes().await.unwrap().to_vec();
        let mut index = bundle as u64 * 256;
        while !bytes.is_empty() {
            let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
            let hashes = tlog::stored_hashes(index, &bytes[2..2 + length], &stored).unwrap();
            stored.0.extend(hashes);
            bytes.drain(..2 + length);
            index += 1;
        }
        assert_eq!(index, (bundle * 256 + width) as u64);
    }
    let root = tlog::tree_hash(served.size as u64, &stored).unwrap();
    let shown = lines[2];
    assert_eq!(base64::Engine::encode(&base64::engine::general_purpose::STANDARD, root.0), shown);
    for index in [0, served.size / 2, served.size - 1] {
        let path = tlog::prove_record(served.size as u64, index as u64, &stored).unwrap();
        let file: Value = get(&format!("{base}/proof/{index}")).await.json().await.unwrap();
        let ours: Vec<String> = serde_json::from_value(file["path"].clone()).unwrap();
        let theirs: Vec<String> = path
            .iter()
            .map(|h| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, h.0))
            .collect();
        assert_eq!(ours, theirs, "the path of entry {index}");
    }
}

/// An unrelated implementation in another language, over HTTP alone; where it can be installed.
fn accepted_in_another_language(served: &Served) {
    let Some(program) = std::env::var_os("CUNWU_LOG_READER") else {
        println!(
            "CUNWU_LOG_READER is not set: `cargo xtask test` sets it where Python 3.12 is found"
        );
        return;
    };
    let out = tempfile::NamedTempFile::new().unwrap();
    for index in [0, served.size / 2, served.size - 1] {
        let output = Command::new(&program)
            .args(["verify-inclusion", "--tiles"])
            .arg(format!("{}/", served.base()))
            .args(["--index", &index.to_string(), "--log-key", &served.key])
            .args(["--origin", &format!("cunwu/{}", served.log), "--entry-out"])
            .arg(out.path())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "entry {index} of {}: {}{}",
            served.size,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        let entry = std::fs::read(out.path()).unwrap();
        let event = kernel::Event::decode(&entry).unwrap();
        assert_eq!(event.index, index as u64);
    }
    println!("{} entries: accepted by {}", served.size, program.to_string_lossy());
}

async fn interoperates(size: usize) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let served = served(size).await;
    accepted_by_another_port(&served).await;
    accepted_in_another_language(&served);
}

#[tokio::test(flavor = "multi_thread")]
async fn others_accept_255_256_and_257_entries() {
    for size in [255, 256, 257] {
        interoperates(size).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn others_accept_65537_entries() {
    interoperates(65_537).await;
}
