//! `resolution-published.v1`: the resolution is on the board; before that nothing is paid on it.

use kernel::{Date, Event};
use serde::Deserialize;

use super::{known::Known, resolution_adopted::resolution};

#[derive(Deserialize)]
struct ResolutionPublished {
    from: Date,
}

pub(super) fn apply(this: Option<Known>, event: &Event) -> Result<Known, serde_json::Error> {
    let published: ResolutionPublished = event.read()?;
    let mut copy = resolution(this);
    copy.published = Some(published.from);
    Ok(Known::Resolution(copy))
}
