//! `unit-renamed.v1`: a unit has another name; nothing else changes.

use kernel::Event;
use serde::Deserialize;

use super::known::Known;

#[derive(Deserialize)]
struct UnitRenamed {
    name: String,
}

pub(super) fn apply(
    this: Option<Known>,
    event: &Event,
) -> Result<Option<Known>, serde_json::Error> {
    let renamed: UnitRenamed = event.read()?;
    Ok(this.map(|known| match known {
        Known::Unit(mut unit) => {
            unit.name = renamed.name;
            Known::Unit(unit)
        }
        other => other,
    }))
}
