//! `conflict-declared.v1` (closed log, by grant): two persons are kin or have an interest in common, to a degree.

use kernel::Event;
use serde::Deserialize;

use super::known::{Conflicts, Known};

#[derive(Deserialize)]
pub(super) struct Parties {
    pub(super) party_a: String,
    pub(super) party_b: String,
    #[serde(default)]
    degree: Option<String>,
}

pub(super) fn conflicts(this: Option<Known>) -> Conflicts {
    match this {
        Some(Known::Conflicts(conflicts)) => conflicts,
        _ => Conflicts::default(),
    }
}

pub(super) fn apply(this: Option<Known>, event: &Event) -> Result<Known, serde_json::Error> {
    let declared: Parties = event.read()?;
    let mut copy = conflicts(this);
    copy.set(&declared.party_a, &declared.party_b, Some(declared.degree.unwrap_or_default()));
    Ok(Known::Conflicts(copy))
}
