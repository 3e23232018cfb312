//! `holder-known.v1` (closed log, by grant): which person of the register an office holder is. For conflict checks alone.

use kernel::Event;
use serde::Deserialize;

use super::{conflict_declared::conflicts, known::Known};

#[derive(Deserialize)]
struct HolderKnown {
    holder: String,
    person: String,
}

pub(super) fn apply(this: Option<Known>, event: &Event) -> Result<Known, serde_json::Error> {
    let tied: HolderKnown = event.read()?;
    let mut copy = conflicts(this);
    copy.holders.insert(tied.holder, tied.person);
    Ok(Known::Conflicts(copy))
}
