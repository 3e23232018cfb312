//! `conflict-ended.v1` (closed log, by grant): the two are no longer in conflict.

use kernel::Event;

use super::{
    conflict_declared::{Parties, conflicts},
    known::Known,
};

pub(super) fn apply(this: Option<Known>, event: &Event) -> Result<Known, serde_json::Error> {
    let ended: Parties = event.read()?;
    let mut copy = conflicts(this);
    copy.set(&ended.party_a, &ended.party_b, None);
    Ok(Known::Conflicts(copy))
}
