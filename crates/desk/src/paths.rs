//! The addresses of a desk. Knows nothing else.

use kernel::{EventId, UnitId};

/// The things of a procedure in a unit.
pub(crate) fn list(service: &str, unit: &UnitId, procedure: &str) -> String {
    format!("/{service}/units/{unit}/{procedure}")
}

/// A first step.
pub(crate) fn start(service: &str, unit: &UnitId, procedure: &str, step: &str) -> String {
    format!("/{service}/units/{unit}/{procedure}/{step}")
}

/// A thing.
pub(crate) fn thing(service: &str, procedure: &str, id: &str) -> String {
    format!("/{service}/{procedure}/{id}")
}

/// A step of a thing.
pub(crate) fn step(service: &str, procedure: &str, id: &str, step: &str) -> String {
    format!("/{service}/{procedure}/{id}/{step}")
}

/// The receipt of one record of a thing.
pub(crate) fn receipt(service: &str, procedure: &str, id: &str, event: &EventId) -> String {
    format!("/{service}/{procedure}/{id}/receipts/{event}")
}
