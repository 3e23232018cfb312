//! `cargo xtask lint`: gathers the repository's facts, has them judged, prints what is wrong and how to mend it.

mod architecture;
mod bans;
mod licences;
mod mechanisms;
mod sources;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::shell::{cargo, output, root, succeeds};

/// A part of the lint that can be run alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// The architecture's rules and the words (quick).
    Rules,
    /// `cargo fmt --check`.
    Format,
    /// `cargo clippy` with warnings refused.
    Clippy,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Relative to the workspace.
    file: String,
    /// Counted from 1.
    line: usize,
    what: String,
    remedy: &'static str,
}

/// A tracked text file.
#[derive(Clone, Debug)]
pub struct Source {
    path: String,
    text: String,
}

/// Runs one part or all; whether nothing was found.
pub fn run(only: Option<Part>) -> Result<bool> {
    let wanted = |part| only.is_none_or(|only| only == part);
    let mut clean = true;
    if wanted(Part::Rules) {
        clean &= rules(&root()?)?;
    }
    if wanted(Part::Format) {
        let fine = succeeds(&mut cargo(&["fmt", "--all", "--check"])?)?;
        report("format", fine, "run `cargo fmt --all`");
        clean &= fine;
    }
    if wanted(Part::Clippy) {
        let mut clippy = cargo(&["clippy", "--workspace", "--all-targets", "--locked"])?;
        let fine = succeeds(clippy.args(["--quiet", "--", "--deny", "warnings"]))?;
        report("clippy", fine, "mend what is shown above");
        clean &= fine;
    }
    Ok(clean)
}

fn report(part: &str, fine: bool, remedy: &str) {
    if fine {
        println!("lint {part}: ok");
    } else {
        println!("lint {part}: FAILED; {remedy}");
    }
}

fn rules(root: &Path) -> Result<bool> {
    let metadata = output(&mut cargo(&["metadata", "--format-version=1", "--locked"])?)?;
    let metadata: architecture::Metadata =
        serde_json::from_slice(&metadata).context("cargo metadata is not understood")?;
    let packages = architecture::packages(&metadata)?;
    let files = tracked(root)?;

    let mut violations = architecture::violations(&packages, |manifest| {
        std::fs::read_to_string(root.join(manifest)).unwrap_or_default()
    });
    let deny = std::fs::read_to_string(root.join("deny.toml")).context("can't read deny.toml")?;
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).context("can't read Cargo.lock")?;
    violations.extend(bans::violations(&deny, &lock)?);
    violations.extend(licences::violations(&deny, packages.values())?);
    for file in &files {
        violations.extend(sources::violations(file));
        violations.extend(mechanisms::violations(file));
    }
    for violation in &violations {
        println!("{}:{}: {}", violation.file, violation.line, violation.what);
        println!("    {}", violation.remedy);
    }
    for (path, lines) in files.iter().filter_map(sources::long) {
        println!("warning: {path}: {lines} lines; ask what it really holds, and split it by that");
    }
    let fine = violations.is_empty();
    report("rules", fine, &format!("{} found", violations.len()));
    Ok(fine)
}

/// All text files that git tracks or would track; what is ignored is nobody's concern.
fn tracked(root: &Path) -> Result<Vec<Source>> {
    let listed = output(
        Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root),
    )?;
    let mut files = Vec::new();
    for path in String::from_utf8_lossy(&listed).split('\0') {
        // Deleted but not yet committed, a link to a folder, or not a text: nothing to read.
        let bytes = match std::fs::read(root.join(path)) {
            Ok(bytes) if !path.is_empty() => bytes,
            _ => continue,
        };
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(Source { path: path.to_owned(), text });
        }
    }
    Ok(files)
}
