//! `conflict-ended.v1` (closed log, by grant): the two are no longer in conflict.

use kernel::Event;

use super::{
    conflict_declared::{Parties, conflicts},
    known::Known,
};

pub(super) fn apply(
    this: Option<Known>,
    event: &Event,
) -> Result<Option<Known>, serde_json::Error> {
    let ended: Parties = event.read()?;
    let mut copy = conflicts(this);
    copy.set(&ended.party_a, &ended.party_b, None);
    // The declaration counted this pair.
    for party in [&ended.party_a, &ended.party_b] {
        if let Some(pairs) = copy.declared.get_mut(party) {
            *pairs = pairs.saturating_sub(1);
        }
    }
    Ok(Some(Known::Conflicts(copy)))
}
