//! `definition-adopted.v1`: a definition's version governs from a day on.

use std::collections::BTreeMap;

use kernel::{AsOf, Date, Event};
use serde::Deserialize;

use super::known::{Definition, Known};

#[derive(Deserialize)]
struct DefinitionAdopted {
    version: u32,
    hash: String,
    from: Date,
}

pub(super) fn apply(this: Option<Known>, event: &Event) -> Result<Known, serde_json::Error> {
    let adopted: DefinitionAdopted = event.read()?;
    let mut definition = match this {
        Some(Known::Definition(definition)) => definition,
        _ => Definition { versions: BTreeMap::new(), as_of: AsOf::default() },
    };
    definition.versions.insert(adopted.version, (adopted.hash, adopted.from));
    Ok(Known::Definition(definition))
}
