//! Banned crates and foreign sources in Cargo.lock, by deny.toml: the part of cargo-deny that needs nothing installed.

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Violation;

#[derive(Deserialize)]
struct Deny {
    bans: Bans,
    sources: Sources,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Banned>,
}

#[derive(Deserialize)]
struct Banned {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: Vec<String>,
}

/// Judges a lock file by the text of deny.toml.
pub fn violations(deny: &str, lock: &str) -> Result<Vec<Violation>> {
    let deny: Deny = toml::from_str(deny).context("deny.toml is not understood")?;
    let mut found = Vec::new();
    for (index, line) in lock.lines().enumerate() {
        let mut add = |what, remedy| {
            found.push(Violation { file: "Cargo.lock".to_owned(), line: index + 1, what, remedy });
        };
        if let Some(name) = quoted(line, "name = ")
            && let Some(banned) = deny.bans.deny.iter().find(|banned| banned.name == name)
        {
            add(
                format!("the crate {name} is banned: {}", banned.reason),
                "see who brings it with `cargo tree --invert`, and switch off that feature",
            );
        }
        if let Some(source) = quoted(line, "source = ") {
            let registry = source.strip_prefix("registry+");
            if !registry.is_some_and(|url| deny.sources.allow_registry.iter().any(|ok| ok == url)) {
                add(
                    format!("a crate comes from {source}"),
                    "take crates from crates.io only, so that everybody can build",
                );
            }
        }
    }
    Ok(found)
}

fn quoted<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.strip_prefix(key)?.strip_prefix('"')?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENY: &str = r#"
        [bans]
        deny = [{ crate = "native-tls", reason = "TLS is rustls" }]
        [sources]
        allow-registry = ["https://github.com/rust-lang/crates.io-index"]
    "#;

    #[test]
    fn banned_crates_and_foreign_sources_are_found() {
        let lock = "[[package]]\nname = \"native-tls\"\n\
            source = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
            [[package]]\nname = \"native-tls-like\"\nsource = \"git+https://example.org/x\"\n";
        let found = violations(DENY, lock).unwrap();
        assert_eq!(
            found.iter().map(|v| (v.line, v.what.as_str())).collect::<Vec<_>>(),
            [
                (2, "the crate native-tls is banned: TLS is rustls"),
                (6, "a crate comes from git+https://example.org/x"),
            ]
        );
    }

    #[test]
    fn a_broken_deny_file_is_an_error() {
        assert!(violations("[bans]", "").is_err());
    }
}
