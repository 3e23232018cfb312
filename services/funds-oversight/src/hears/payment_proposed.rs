//! Heard from the other services: that a payment is proposed. It becomes an answer, once.

use kernel::{Event, UnitId};
use serde::Deserialize;

use crate::{
    ask::Ask,
    facts::proposal::{self, PaymentProposed},
};

/// The services that may propose, by the source of their events.
const MAY_PROPOSE: [&str; 1] = ["services"];

#[derive(Deserialize)]
struct Kept {
    keeper: UnitId,
}

/// The command that a proposal becomes, and the unit that keeps the log; its key is the event's id. `None`: it is none.
pub fn reaction(event: &Event) -> Option<(Ask, UnitId)> {
    let service = event.source.strip_prefix('/').filter(|service| MAY_PROPOSE.contains(service))?;
    if event.fact() != "payment-proposed.v1" {
        return None;
    }
    let proposed: PaymentProposed = event.read().ok()?;
    let Kept { keeper } = event.read().ok()?;
    let id = proposal::id_of(service, event.stream.key());
    Some((Ask::AnswerProposal { proposal: id, proposed }, keeper))
}
