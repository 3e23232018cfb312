//! `declaration-filed.v1` (closed log, by grant): a person declared so many pairs; zero is a declaration too.

use kernel::Event;
use serde::Deserialize;

use super::{conflict_declared::conflicts, known::Known};

#[derive(Deserialize)]
struct DeclarationFiled {
    party: String,
    pairs: u32,
}

pub(super) fn apply(this: Option<Known>, event: &Event) -> Result<Known, serde_json::Error> {
    let filed: DeclarationFiled = event.read()?;
    let mut copy = conflicts(this);
    copy.declared.insert(filed.party, filed.pairs);
    Ok(Known::Conflicts(copy))
}
