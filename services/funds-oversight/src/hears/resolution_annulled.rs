//! `resolution-annulled.v1`: a court or a body above annulled it; from then on it covers nothing.

use kernel::Event;

use super::{known::Known, resolution_adopted::resolution};

pub(super) fn apply(this: Option<Known>, _: &Event) -> Result<Known, serde_json::Error> {
    let mut copy = resolution(this);
    copy.annulled = true;
    Ok(Known::Resolution(copy))
}
