//! `unit-formed.v1`: a unit exists, with its level, the unit above and the keeper of its log.

use kernel::{AsOf, Event, Level, UnitId};
use serde::Deserialize;

use super::known::{Known, Unit};

#[derive(Deserialize)]
struct UnitFormed {
    name: String,
    level: Level,
    parent: Option<UnitId>,
    keeper: UnitId,
}

pub(super) fn apply(event: &Event) -> Result<Known, serde_json::Error> {
    let UnitFormed { name, level, parent, keeper } = event.read()?;
    Ok(Known::Unit(Unit { level, parent, keeper, name, as_of: AsOf::default() }))
}
