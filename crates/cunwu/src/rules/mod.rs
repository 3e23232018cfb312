//! `cunwu rules …`: reads, proves, shows definitions and runs the cases beside them. Works offline.

mod cases;
mod check;
mod coverage;
mod show;
mod shown;
mod watches;

use std::{collections::BTreeMap, path::Path};

use definitions::Finding;

pub use self::{check::check, show::show};
use crate::house::book::Rulebook;

/// The definitions of a process. `None` when something is wrong with the folder: then it was said, and nothing is used.
///
/// # Errors
/// When the folder cannot be read.
pub fn book(folder: Option<&Path>) -> anyhow::Result<Option<Rulebook>> {
    match Rulebook::load(folder)? {
        Ok(book) => Ok(Some(book)),
        Err(flaws) => {
            let sources = flaws.files.iter().map(|file| (file.name.as_str(), file.text.as_str()));
            eprint!("{}", told(&flaws.findings, &sources.collect()));
            Ok(None)
        }
    }
}

/// The findings with their lines quoted, and how many there are.
fn told(findings: &[Finding], sources: &BTreeMap<&str, &str>) -> String {
    let mut text = String::new();
    for finding in findings {
        text.push_str(&finding.shown(sources.get(finding.file.as_str()).copied()));
        text.push('\n');
    }
    if !findings.is_empty() {
        let count = findings.len();
        text.push_str(&format!("{count} finding{}\n", if count == 1 { "" } else { "s" }));
    }
    text
}
