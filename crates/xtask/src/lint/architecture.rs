//! Which room may depend on which; judges the output of `cargo metadata`, reads no files itself.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Violation;

/// Rooms without IO, clock and randomness, and the only rooms of ours that each may use.
pub const PURE: &[(&str, &[&str])] = &[
    ("kernel", &[]),
    ("proof", &[]),
    ("definitions", &["kernel"]),
    ("engines", &["kernel", "definitions"]),
];

/// Crates of IO: a pure room must not reach them by any path.
const IO: &[&str] = &[
    "tokio",
    "mio",
    "socket2",
    "hyper",
    "axum",
    "reqwest",
    "async-nats",
    "sqlx",
    "sqlx-core",
    "libsqlite3-sys",
];

/// Rooms that put services together.
const MAY_USE_SERVICES: &[&str] = &["cunwu"];

/// What is read of `cargo metadata`.
#[derive(Debug, Deserialize)]
pub struct Metadata {
    packages: Vec<MetaPackage>,
    workspace_members: Vec<String>,
    workspace_root: String,
    resolve: Resolve,
}

#[derive(Debug, Deserialize)]
struct MetaPackage {
    id: String,
    name: String,
    manifest_path: String,
    license: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<NodeDependency>,
}

#[derive(Debug, Deserialize)]
struct NodeDependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Debug, Deserialize)]
struct Kind {
    kind: Option<String>,
}

/// One package of the build, ours or another's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    pub(super) name: String,
    /// `crates/kernel/Cargo.toml`, for rooms of ours.
    pub(super) manifest: Option<String>,
    /// SPDX expression, where the package states one.
    pub(super) licence: Option<String>,
    /// Packages used by the program itself (by id).
    pub(super) normal: BTreeSet<String>,
    /// Packages used only by its tests or build script.
    pub(super) other: BTreeSet<String>,
}

/// The packages of the build by id.
pub fn packages(metadata: &Metadata) -> Result<BTreeMap<String, Package>> {
    let mut packages = BTreeMap::new();
    for package in &metadata.packages {
        let manifest = if metadata.workspace_members.contains(&package.id) {
            let path = package.manifest_path.strip_prefix(&metadata.workspace_root);
            Some(path.context("a member lies outside the workspace")?)
        } else {
            None
        };
        packages.insert(
            package.id.clone(),
            Package {
                name: package.name.clone(),
                licence: package.license.clone(),
                manifest: manifest.map(|path| path.trim_start_matches('/').to_owned()),
                ..Package::default()
            },
        );
    }
    for node in &metadata.resolve.nodes {
        let package =
            packages.get_mut(&node.id).context("cargo metadata resolves an unknown package")?;
        for dependency in &node.deps {
            for kind in &dependency.dep_kinds {
                let set = match kind.kind {
                    None => &mut package.normal,
                    Some(_) => &mut package.other,
                };
                set.insert(dependency.pkg.clone());
            }
        }
    }
    Ok(packages)
}

/// Judges all rooms; `read` gives the text of a manifest, for the line of a finding.
pub fn violations(
    packages: &BTreeMap<String, Package>,
    read: impl Fn(&str) -> String,
) -> Vec<Violation> {
    let mut found = Vec::new();
    for package in packages.values() {
        let Some(manifest) = &package.manifest else {
            continue;
        };
        let mut add = |dependency: &str, what: String, remedy| {
            found.push(Violation {
                file: manifest.clone(),
                line: line_of(&read(manifest), dependency),
                what,
                remedy,
            });
        };
        let room = package.name.as_str();
        let rooms = |ids: &BTreeSet<String>| -> Vec<Package> {
            ids.iter()
                .filter_map(|id| packages.get(id))
                .filter(|used| used.manifest.is_some())
                .cloned()
                .collect()
        };
        let is_service = |used: &Package| {
            used.manifest.as_ref().is_some_and(|path| path.starts_with("services/"))
        };

        if manifest.starts_with("crates/") && !MAY_USE_SERVICES.contains(&room) {
            for used in rooms(&package.normal).iter().chain(&rooms(&package.other)) {
                if is_service(used) {
                    add(
                        &used.name,
                        format!("{room} depends on the service {}", used.name),
                        "crates/ knows no service: move what is shared down, or pass it in from crates/cunwu",
                    );
                }
            }
        }
        if manifest.starts_with("services/") {
            for used in rooms(&package.normal).iter().chain(&rooms(&package.other)) {
                if is_service(used) {
                    add(
                        &used.name,
                        format!("the service {room} depends on the service {}", used.name),
                        "read the other service's published events in hears/, with a reader of your own",
                    );
                }
            }
        }
        if let Some((_, may_use)) = PURE.iter().find(|(name, _)| *name == room) {
            for used in rooms(&package.normal) {
                if !may_use.contains(&used.name.as_str()) {
                    add(
                        &used.name,
                        format!("the pure room {room} depends on {}", used.name),
                        "dependencies point one way: services → engines → definitions → kernel; proof stands alone",
                    );
                }
            }
            for path in paths_to_io(packages, package) {
                add(
                    &path[1],
                    format!("the pure room {room} reaches IO: {}", path.join(" → ")),
                    "leave the crate out or switch off the feature that brings it; IO belongs to store, exchange and publish",
                );
            }
        }
    }
    found
}

/// For each IO crate that is reached by normal dependencies, one shortest path of names.
fn paths_to_io(packages: &BTreeMap<String, Package>, from: &Package) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut edge = vec![(from, vec![from.name.clone()])];
    while !edge.is_empty() {
        let mut next = Vec::new();
        for (package, path) in edge {
            for id in &package.normal {
                let Some(used) = packages.get(id) else {
                    continue;
                };
                if !seen.insert(id) {
                    continue;
                }
                let mut path = path.clone();
                path.push(used.name.clone());
                if IO.contains(&used.name.as_str()) {
                    found.push(path);
                } else {
                    next.push((used, path));
                }
            }
        }
        edge = next;
    }
    found
}

/// The line of a manifest that names `dependency`; 1 if none does.
fn line_of(manifest: &str, dependency: &str) -> usize {
    manifest
        .lines()
        .position(|line| {
            let name = line.trim_start().trim_start_matches('"');
            name.strip_prefix(dependency)
                .is_some_and(|after| after.starts_with(['.', ' ', '=', '"']))
        })
        .map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packages from lines `manifest-or-dash name: normal … | other …`.
    fn build(lines: &[&str]) -> BTreeMap<String, Package> {
        lines
            .iter()
            .map(|line| {
                let (head, uses) = line.split_once(':').unwrap();
                let (place, name) = head.split_once(' ').unwrap();
                let (normal, other) = uses.split_once('|').unwrap_or((uses, ""));
                let set = |words: &str| words.split_whitespace().map(str::to_owned).collect();
                let package = Package {
                    name: name.to_owned(),
                    manifest: (place != "-").then(|| format!("{place}/{name}/Cargo.toml")),
                    normal: set(normal),
                    other: set(other),
                    licence: None,
                };
                (name.to_owned(), package)
            })
            .collect()
    }

    fn judged(lines: &[&str]) -> Vec<String> {
        violations(&build(lines), |_| String::new())
            .into_iter()
            .map(|violation| violation.what)
            .collect()
    }

    #[test]
    fn a_sound_house_passes() {
        let found = judged(&[
            "crates kernel: serde | tokio",
            "crates engines: kernel definitions",
            "crates definitions: kernel",
            "crates store: kernel tokio",
            "services disputes: engines store",
            "crates cunwu: disputes",
            "- serde:",
            "- tokio: mio",
            "- mio:",
        ]);
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn crates_know_no_service_not_even_in_tests() {
        let found = judged(&["crates store: | disputes", "services disputes: store"]);
        assert_eq!(found, ["store depends on the service disputes"]);
    }

    #[test]
    fn services_know_each_other_only_by_events() {
        let found = judged(&["services disputes: organisation", "services organisation:"]);
        assert_eq!(found, ["the service disputes depends on the service organisation"]);
    }

    #[test]
    fn pure_rooms_reach_no_io_by_any_path() {
        let found = judged(&[
            "crates proof: helper kernel",
            "crates kernel:",
            "- helper: deeper",
            "- deeper: tokio",
            "- tokio:",
        ]);
        assert_eq!(
            found,
            [
                "the pure room proof depends on kernel",
                "the pure room proof reaches IO: proof → helper → deeper → tokio"
            ]
        );
    }

    #[test]
    fn the_line_is_found_by_the_whole_name() {
        let manifest = "[dependencies]\nsqlx-core = \"1\"\nsqlx.workspace = true\n";
        assert_eq!(line_of(manifest, "sqlx"), 3);
        assert_eq!(line_of(manifest, "tokio"), 1);
    }

    #[test]
    fn metadata_is_understood() {
        let text = r#"{
            "workspace_root": "/w", "workspace_members": ["k"],
            "packages": [
                {"id": "k", "name": "kernel", "manifest_path": "/w/crates/kernel/Cargo.toml"},
                {"id": "t", "name": "tokio", "manifest_path": "/r/tokio/Cargo.toml"}],
            "resolve": {"nodes": [
                {"id": "k", "deps": [{"pkg": "t", "dep_kinds": [{"kind": null}, {"kind": "dev"}]}]},
                {"id": "t", "deps": []}]}}"#;
        let packages = packages(&serde_json::from_str(text).unwrap()).unwrap();
        assert_eq!(packages["k"].manifest.as_deref(), Some("crates/kernel/Cargo.toml"));
        assert_eq!(packages["t"].manifest, None);
        let found = violations(&packages, |_| "[dependencies]\ntokio = \"1\"\n".to_owned());
        assert_eq!(found[0].line, 2);
        assert!(found[0].what.contains("kernel → tokio"));
    }
}
