//! Whether each crate that is built in may be, by the licences that deny.toml allows; reads SPDX expressions and no files.

use std::iter::Peekable;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Violation;
use super::architecture::Package;

#[derive(Deserialize)]
struct Deny {
    licenses: Licences,
}

#[derive(Deserialize)]
struct Licences {
    allow: Vec<String>,
    /// Further licences, each for one crate.
    #[serde(default)]
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<String>,
}

impl Licences {
    fn allowed_to(&self, name: &str) -> Vec<String> {
        let excepted = self.exceptions.iter().filter(|one| one.name == name);
        let excepted = excepted.flat_map(|one| one.allow.iter());
        self.allow.iter().chain(excepted).cloned().collect()
    }
}

/// Judges all packages but our own by the text of deny.toml.
pub fn violations<'a>(
    deny: &str,
    packages: impl Iterator<Item = &'a Package>,
) -> Result<Vec<Violation>> {
    let deny: Deny = toml::from_str(deny).context("deny.toml is not understood")?;
    let found = packages.filter(|package| package.manifest.is_none()).filter(|package| {
        let stated = package.licence.as_deref().unwrap_or("");
        !satisfied(stated, &deny.licenses.allowed_to(&package.name))
    });
    Ok(found
        .map(|package| Violation {
            file: "deny.toml".to_owned(),
            line: 1,
            what: format!(
                "the crate {} is under {}, which is not allowed",
                package.name,
                package.licence.as_deref().unwrap_or("no stated licence")
            ),
            remedy: "take another crate, or have the licence judged and add it to [licenses] allow",
        })
        .collect())
}

/// Whether the allowed licences satisfy an expression; what is not understood is not satisfied.
fn satisfied(expression: &str, allowed: &[String]) -> bool {
    // Before SPDX expressions, cargo took `MIT/Apache-2.0` for `OR`.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    any(&mut words, allowed).is_some_and(|fine| fine && words.next().is_none())
}

/// One or more parts joined by `OR`, which binds less than `AND`.
fn any<'a>(
    words: &mut Peekable<impl Iterator<Item = &'a str>>,
    allowed: &[String],
) -> Option<bool> {
    let mut fine = all(words, allowed)?;
    while words.next_if_eq(&"OR").is_some() {
        fine |= all(words, allowed)?;
    }
    Some(fine)
}

fn all<'a>(
    words: &mut Peekable<impl Iterator<Item = &'a str>>,
    allowed: &[String],
) -> Option<bool> {
    let mut fine = one(words, allowed)?;
    while words.next_if_eq(&"AND").is_some() {
        fine &= one(words, allowed)?;
    }
    Some(fine)
}

/// A licence, with its exception if it has one, or a group in brackets.
fn one<'a>(
    words: &mut Peekable<impl Iterator<Item = &'a str>>,
    allowed: &[String],
) -> Option<bool> {
    let word = words.next()?;
    if word == "(" {
        let fine = any(words, allowed)?;
        return (words.next()? == ")").then_some(fine);
    }
    let name = if words.next_if_eq(&"WITH").is_some() {
        format!("{word} WITH {}", words.next()?)
    } else {
        word.to_owned()
    };
    Some(allowed.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fine(expression: &str) -> bool {
        let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"];
        satisfied(expression, &allowed.map(str::to_owned))
    }

    #[test]
    fn expressions_are_satisfied_or_not() {
        assert!(fine("MIT"));
        assert!(fine("GPL-3.0 OR MIT"));
        assert!(fine("Apache-2.0/MIT"));
        assert!(fine("(GPL-3.0 OR MIT) AND ISC"));
        assert!(fine("GPL-3.0 AND BSD-3-Clause OR MIT"));
        assert!(fine("Apache-2.0 WITH LLVM-exception"));
        assert!(!fine("Apache-2.0"));
        assert!(!fine("MIT AND GPL-3.0"));
        assert!(!fine("(MIT OR ISC) AND AGPL-3.0"));
        assert!(!fine("MIT WITH Some-exception"));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for expression in ["", "OR", "(MIT", "MIT MIT", "MIT OR", "MIT)"] {
            assert!(!fine(expression), "{expression}");
        }
    }

    #[test]
    fn crates_are_judged_but_not_our_own_rooms() {
        let deny = r#"
            [licenses]
            allow = ["MIT"]
            exceptions = [{ crate = "excepted", allow = ["MIT-0"] }]
        "#;
        let package = |name: &str, manifest: Option<&str>, licence: Option<&str>| Package {
            name: name.to_owned(),
            manifest: manifest.map(str::to_owned),
            licence: licence.map(str::to_owned),
            ..Package::default()
        };
        let packages = [
            package("kernel", Some("crates/kernel/Cargo.toml"), None),
            package("good", None, Some("MIT")),
            package("bad", None, Some("AGPL-3.0")),
            package("silent", None, None),
            package("excepted", None, Some("MIT-0")),
            package("alike", None, Some("MIT-0")),
        ];
        let found = violations(deny, packages.iter()).unwrap();
        assert_eq!(
            found.into_iter().map(|v| v.what).collect::<Vec<_>>(),
            [
                "the crate bad is under AGPL-3.0, which is not allowed",
                "the crate silent is under no stated licence, which is not allowed",
                "the crate alike is under MIT-0, which is not allowed",
            ]
        );
    }
}
