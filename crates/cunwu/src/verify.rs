//! `cunwu verify`: one entry, two checkpoints, a receipt offline; a log's whole history from a data folder or over HTTP.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use kernel::LogId;
use proof::{
    AuditInput, AuditReport, Auditor, ConsistencyFile, Hash, ProofFile, Receipt, Row,
    SignedCheckpoint, Tile, VerifierKey,
};
use serde_json::{Value, json};

use crate::{cli::Verify, exit::Exit, out::say};

/// What one check came to.
struct Outcome {
    /// What was checked.
    what: String,
    /// All is well.
    good: bool,
    /// In words.
    lines: Vec<String>,
    /// For scripts.
    json: Value,
}

/// Runs the command. Exit 0: all is well; 1: something is not as it was signed; 2: could not be checked.
///
/// # Errors
/// When something could not be read.
pub async fn run(args: Verify) -> anyhow::Result<Exit> {
    let keys = args
        .keys
        .iter()
        .map(|text| text.parse::<VerifierKey>().with_context(|| format!("--key {text}")))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let outcomes = if let Some(data) = &args.data {
        folder(data, &keys).await?
    } else if let Some(url) = &args.url {
        vec![served(url, &keys).await?]
    } else {
        if keys.is_empty() {
            bail!(
                "--key is missing: the public key is printed beside the proof on the page and on the notice, and served at /logs/<log>/key"
            );
        }
        args.files.iter().map(|path| file(path, &keys)).collect::<anyhow::Result<_>>()?
    };
    if outcomes.is_empty() {
        bail!("there is no published log here");
    }
    let good = outcomes.iter().all(|outcome| outcome.good);
    if args.json {
        let all: Vec<_> = outcomes.iter().map(|outcome| &outcome.json).collect();
        say!("{}", serde_json::to_string_pretty(&json!({ "verified": good, "checks": all }))?);
    } else {
        for outcome in &outcomes {
            say!("{} {}", if outcome.good { "✓" } else { "✗" }, outcome.what);
            for line in &outcome.lines {
                say!("  {line}");
            }
        }
    }
    Ok(if good { Exit::Done } else { Exit::Wrong })
}

fn file(path: &Path, keys: &[VerifierKey]) -> anyhow::Result<Outcome> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let value: Value =
        serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?;
    let name = path.display();
    match value.get("format").and_then(Value::as_str) {
        Some(proof::proof_file::PROOF_FORMAT) => Ok(entry(&name.to_string(), &text, keys)),
        Some(proof::proof_file::CONSISTENCY_FORMAT) => {
            Ok(consistency(&name.to_string(), &text, keys))
        }
        Some(proof::receipt::FORMAT) => Ok(receipt(&name.to_string(), &text, keys)),
        _ => bail!("{name} is neither a proof, a consistency proof nor a receipt of Cunwu"),
    }
}

fn wrong(what: String, error: &dyn std::fmt::Display) -> Outcome {
    let error = error.to_string();
    Outcome {
        json: json!({ "what": what, "verified": false, "error": error }),
        what,
        good: false,
        lines: vec![error],
    }
}

fn entry(name: &str, text: &str, keys: &[VerifierKey]) -> Outcome {
    let file = match ProofFile::from_json(text) {
        Ok(file) => file,
        Err(error) => return wrong(name.to_owned(), &error),
    };
    let what = format!("{name}: log {}, entry {}", file.log, file.index);
    let proved = match file.verify(keys) {
        Ok(proved) => proved,
        Err(error) => return wrong(what, &error),
    };
    let mut lines = vec![format!(
        "in the log that was signed at {} entries with root {}; leaf {}",
        proved.checkpoint.size, proved.checkpoint.root, proved.leaf
    )];
    let mut shown = Value::Null;
    if let Ok(event) = kernel::Event::decode(&file.entry) {
        lines.push(format!(
            "{} · {} · {} · {} · {}",
            event.time,
            event.village,
            event.fact(),
            event.stream,
            event.actor
        ));
        shown = Value::Object(event.data);
        lines.push(shown.to_string());
    }
    for opening in &file.openings {
        let value = String::from_utf8_lossy(&opening.value);
        lines.push(format!("{} = {value} (matches its commitment)", opening.field));
    }
    let json = json!({
        "what": "entry", "verified": true, "log": file.log, "index": file.index,
        "leaf": proved.leaf, "size": proved.checkpoint.size, "root": proved.checkpoint.root,
        "openings": proved.openings, "witnesses": proved.cosignatures.len(), "data": shown,
    });
    Outcome { what, good: true, lines, json }
}

fn consistency(name: &str, text: &str, keys: &[VerifierKey]) -> Outcome {
    let file = match ConsistencyFile::from_json(text) {
        Ok(file) => file,
        Err(error) => return wrong(name.to_owned(), &error),
    };
    let what = format!("{name}: log {}, two checkpoints", file.log);
    match file.verify(keys) {
        Ok((old, new)) => {
            let (old, new) = (old.checkpoint, new.checkpoint);
            Outcome {
                lines: vec![format!(
                    "the first {} entries are the same in the log of {} entries",
                    old.size, new.size
                )],
                json: json!({ "what": "consistency", "verified": true, "log": file.log, "old": old.size, "new": new.size }),
                what,
                good: true,
            }
        }
        Err(error) => wrong(what, &error),
    }
}

fn receipt(name: &str, text: &str, keys: &[VerifierKey]) -> Outcome {
    let receipt: Receipt = match serde_json::from_str(text) {
        Ok(receipt) => receipt,
        Err(error) => return wrong(name.to_owned(), &error),
    };
    let what = format!("{name}: receipt, log {}, from entry {}", receipt.log, receipt.first_index);
    match receipt.verify(keys) {
        Ok(()) => {
            let by = kernel::Timestamp::from_micros(receipt.include_by);
            Outcome {
                lines: vec![format!(
                    "{} entries are promised in a published checkpoint by {by}",
                    receipt.leaf_hashes.len()
                )],
                json: json!({ "what": "receipt", "verified": true, "log": receipt.log, "first_index": receipt.first_index, "leaf_hashes": receipt.leaf_hashes, "include_by": by.to_string() }),
                what,
                good: true,
            }
        }
        Err(error) => wrong(what, &error),
    }
}

/// The key that a checkpoint names among those given, or the one served or stored beside it, with a remark.
fn trusted(
    checkpoint: &str,
    keys: &[VerifierKey],
    beside: Option<String>,
    lines: &mut Vec<String>,
) -> anyhow::Result<SignedCheckpoint> {
    if keys.is_empty() {
        let beside = beside.context("no key: give the public key with --key")?;
        lines.push(
            "the key came from the same place as the log: give the one you trust with --key"
                .to_owned(),
        );
        let key: VerifierKey = beside.trim().parse()?;
        return Ok(SignedCheckpoint::open(checkpoint, &[key])?);
    }
    Ok(SignedCheckpoint::open(checkpoint, keys)?)
}

fn audited(log: &str, report: &AuditReport, mut lines: Vec<String>) -> Outcome {
    let findings: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    let what = format!("log {log}: {} entries", report.size);
    let json = json!({
        "what": "log", "log": log, "verified": report.is_clean(), "size": report.size, "root": report.root,
        "entries": report.entries, "rows": report.rows, "first_index": report.first_index(), "findings": findings,
    });
    if report.is_clean() {
        let mut line =
            format!("all {} entries lead to the signed root {}", report.entries, report.root);
        if report.rows > 0 {
            let _ = write!(line, "; {} rows agree", report.rows);
        }
        lines.push(line);
    }
    lines.extend(findings.iter().map(|finding| format!("log {log}: {finding}")));
    Outcome { what, good: report.is_clean(), lines, json }
}

/// Audits all published logs of a data folder.
async fn folder(data: &Path, keys: &[VerifierKey]) -> anyhow::Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    let mut services: Vec<PathBuf> = std::fs::read_dir(data)
        .with_context(|| format!("reading {}", data.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "sqlite"))
        .collect();
    services.sort();
    for database in services {
        let Some(service) = database.file_stem().and_then(|name| name.to_str()) else { continue };
        if service.contains('.') || !data.join("tiles").join(service).is_dir() {
            continue;
        }
        let url = format!("sqlite:{}", database.display());
        let store = store::Store::open(&url, service).await?;
        for log in store.logs().await? {
            if let Some(outcome) =
                stored(&store, &data.join("tiles").join(service), &log.id, keys).await?
            {
                outcomes.push(outcome);
            }
        }
        store.close().await;
    }
    Ok(outcomes)
}

async fn stored(
    store: &store::Store,
    tiles: &Path,
    log: &LogId,
    keys: &[VerifierKey],
) -> anyhow::Result<Option<Outcome>> {
    let folder = publish::LogFolder::new(tiles, log);
    let Some(checkpoint) = folder.checkpoint()? else { return Ok(None) };
    let mut lines = Vec::new();
    let signed = match trusted(&checkpoint, keys, folder.key()?, &mut lines) {
        Ok(signed) => signed,
        Err(error) => return Ok(Some(wrong(format!("log {}", publish::origin(log)), &error))),
    };
    let mut auditor = Auditor::new(signed.checkpoint);
    while let Some(step) = auditor.step() {
        let limit = step.rows.end - step.rows.start;
        let entries = store.entries(log, step.rows.start, limit).await?;
        let rows: Vec<Row> = entries
            .into_iter()
            .map(|entry| Row {
                index: entry.index,
                bytes: entry.bytes,
                leaf_hash: Hash(entry.leaf),
            })
            .collect();
        let read = |tile: &Tile| publish::read_tile(tiles, log, tile);
        auditor.check(AuditInput {
            entries: read(&step.entries)?.or_else(|| bundle_of(&step.entries, &rows)),
            tiles: step
                .tiles
                .iter()
                .map(|tile| Ok(read(tile)?.or_else(|| leaves_of(tile, &rows))))
                .collect::<std::io::Result<_>>()?,
            rows: Some(rows),
        });
    }
    Ok(Some(audited(&publish::origin(log), &auditor.finish(), lines)))
}

/// Partial bundles are no files: they are what the rows are.
fn bundle_of(tile: &Tile, rows: &[Row]) -> Option<Vec<u8>> {
    (!tile.is_full()).then(|| proof::encode_entries(rows.iter().map(|row| &row.bytes)).ok())?
}

/// Partial tiles of leaf hashes are no files either: they are the hashes stored beside the rows.
fn leaves_of(tile: &Tile, rows: &[Row]) -> Option<Vec<u8>> {
    let hashes: Vec<Hash> = rows.iter().map(|row| row.leaf_hash).collect();
    (!tile.is_full() && tile.level() == proof::Level::Hashes(0))
        .then(|| proof::tile::tile_bytes(&hashes))
}

/// Audits a log over HTTP.
async fn served(url: &str, keys: &[VerifierKey]) -> anyhow::Result<Outcome> {
    let base = url.trim_end_matches('/');
    let client = reqwest::Client::builder().build()?;
    let get = async |path: &str| -> anyhow::Result<Option<Vec<u8>>> {
        let answer = client.get(format!("{base}/{path}")).send().await?;
        match answer.status() {
            reqwest::StatusCode::NOT_FOUND => Ok(None),
            _ => Ok(Some(answer.error_for_status()?.bytes().await?.to_vec())),
        }
    };
    let text = async |path: &str| -> anyhow::Result<Option<String>> {
        get(path).await?.map(String::from_utf8).transpose().context("not text")
    };
    let checkpoint = text("checkpoint").await?.context("nothing is published there")?;
    let mut lines = Vec::new();
    let signed = match trusted(&checkpoint, keys, text("key").await?, &mut lines) {
        Ok(signed) => signed,
        Err(error) => return Ok(wrong(base.to_owned(), &error)),
    };
    let log = signed.checkpoint.origin.clone();
    let mut auditor = Auditor::new(signed.checkpoint);
    while let Some(step) = auditor.step() {
        let mut tiles = Vec::new();
        for tile in &step.tiles {
            tiles.push(get(&tile.to_string()).await?);
        }
        let entries = get(&step.entries.to_string()).await?;
        auditor.check(AuditInput { entries, tiles, rows: None });
    }
    Ok(audited(&log, &auditor.finish(), lines))
}
