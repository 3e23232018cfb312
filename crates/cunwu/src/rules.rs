//! `cunwu rules check`: reads and proves definitions against the core of the service they belong to.

use std::path::{Path, PathBuf};

use anyhow::Context;
use definitions::{Catalogue, Definitions, Finding};
use serde_json::json;

use crate::{exit::Exit, house::builtin};

/// A file to check.
struct Given {
    name: String,
    text: String,
}

/// Runs the check. Exit 0: sound; 1: findings.
///
/// # Errors
/// When a file cannot be read.
pub fn check(paths: &[PathBuf], as_json: bool) -> anyhow::Result<Exit> {
    let catalogues = builtin::catalogues();
    let mut findings = Vec::new();
    let mut sound = Vec::new();
    for (service, catalogue) in &catalogues {
        let files: Vec<Given> = if paths.is_empty() {
            builtin::files(service)
                .into_iter()
                .map(|(name, text)| Given { name: name.to_owned(), text: text.to_owned() })
                .collect()
        } else {
            read(paths)?
                .into_iter()
                .filter(|file| belongs(&file.text, &catalogues) == *service)
                .collect()
        };
        let texts: Vec<_> = files.iter().map(|f| (f.name.as_str(), f.text.as_str())).collect();
        match Definitions::check(&texts, catalogue) {
            Ok(set) => sound.extend(set.iter().map(|d| {
                json!({
                    "definition": d.id, "version": d.version, "service": service, "file": d.file,
                    "reference": d.reference, "burden": d.burden(),
                    "term": d.term,
                })
            })),
            Err(found) => findings.extend(found),
        }
    }
    if as_json {
        let good = findings.is_empty();
        println!(
            "{}",
            serde_json::to_string_pretty(
                &json!({ "sound": good, "definitions": sound, "findings": findings })
            )?
        );
    } else {
        report(&findings, &sound);
    }
    Ok(if findings.is_empty() { Exit::Done } else { Exit::Wrong })
}

fn report(findings: &[Finding], sound: &[serde_json::Value]) {
    for finding in findings {
        println!("{finding}");
    }
    for one in sound {
        let burden = &one["burden"];
        println!(
            "✓ {} v{} ({}): {} fields, {} mandatory attachments, {} photos, {} messages, {} hand-overs a case",
            one["definition"].as_str().unwrap_or_default(),
            one["version"],
            one["service"].as_str().unwrap_or_default(),
            burden["fields"],
            burden["attachments"],
            burden["photos"],
            burden["messages"],
            burden["handovers"],
        );
    }
    if !findings.is_empty() {
        let count = findings.len();
        println!("{count} finding{}", if count == 1 { "" } else { "s" });
    }
}

fn read(paths: &[PathBuf]) -> anyhow::Result<Vec<Given>> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let mut inside: Vec<PathBuf> = std::fs::read_dir(path)
                .with_context(|| format!("reading {}", path.display()))?
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| is_definition(path))
                .collect();
            inside.sort();
            anyhow::ensure!(!inside.is_empty(), "{} holds no definition (*.toml)", path.display());
            files.extend(inside);
        } else {
            files.push(path.clone());
        }
    }
    files
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("reading {}", path.display()))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Ok(Given { name, text })
        })
        .collect()
}

fn is_definition(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".toml") && !name.ends_with(".cases.toml")
}

/// The service whose core offers most of the events and guards that the file names.
fn belongs(text: &str, catalogues: &[(&'static str, Catalogue)]) -> &'static str {
    let names = |word: &str| text.contains(&format!("\"{word}\""));
    catalogues
        .iter()
        .rev()
        .max_by_key(|(_, catalogue)| {
            let events = catalogue.events.iter().filter(|event| names(&event.name)).count();
            let guards = catalogue.guards.iter().filter(|guard| names(&guard.key)).count();
            2 * events + guards
        })
        .map_or("services", |(service, _)| service)
}
