//! `resolution-adopted.v1`: what a body resolved, and up to which sum.

use kernel::{Date, Event, Money};
use serde::Deserialize;

use super::known::{Known, Resolution};

#[derive(Deserialize)]
struct ResolutionAdopted {
    matter: String,
    body: String,
    limit: Option<Money>,
    valid_from: Date,
}

/// The copy so far, or an empty one: events of two logs may come in either order.
pub(super) fn resolution(this: Option<Known>) -> Resolution {
    match this {
        Some(Known::Resolution(resolution)) => resolution,
        _ => Resolution::default(),
    }
}

pub(super) fn apply(this: Option<Known>, event: &Event) -> Result<Known, serde_json::Error> {
    let adopted: ResolutionAdopted = event.read()?;
    let mut copy = resolution(this);
    copy.unit = Some(event.unit.clone());
    copy.matter = adopted.matter;
    copy.body = adopted.body;
    copy.limit = adopted.limit;
    copy.valid_from = Some(adopted.valid_from);
    Ok(Known::Resolution(copy))
}
