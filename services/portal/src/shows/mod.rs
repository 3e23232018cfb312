//! Read models of the portal: each owns its tables, follows one service's open logs and can be rebuilt from them.
//! Knows events and SQL; no page, no owner, no clock.

pub mod contracts;
pub mod decisions;
pub mod divisions;
pub mod figures;
pub mod grams;
pub mod grants;
pub mod happened;
pub mod items;
pub mod matters;
pub mod measured;
pub mod month;
pub mod payments;
pub mod position;
pub mod queries;
mod reader;
pub mod rules;
pub mod seats;
pub mod tally;
pub mod vouchers;

use async_trait::async_trait;
use kernel::Event;
use store::{StoreError, Tx};

pub use position::{AsOf, Position};
pub use reader::ShowReader;

/// An entry of an open log, read.
pub struct Entry<'a> {
    /// The event.
    pub event: &'a Event,
    /// Leaf hash of the entry's bytes as stored (RFC 6962).
    pub leaf: [u8; 32],
}

impl Entry<'_> {
    /// The leaf hash in hexadecimal, as rows keep it.
    pub fn leaf_hex(&self) -> String {
        hex::encode(self.leaf)
    }
}

/// One read model (读模型).
#[async_trait]
pub trait Show: Send + Sync {
    /// Its name as a reader: `portal-seats`.
    fn name(&self) -> &'static str;
    /// Whose events: the service's name in types.
    fn source(&self) -> &'static str;
    /// The statements that make its tables; `~` stands for the suffix while they are rebuilt.
    fn tables(&self) -> &'static [&'static str];
    /// Takes in one event. An event of no interest is no error.
    ///
    /// # Errors
    /// When the event lacks what it must have, or the database refuses.
    async fn apply(&self, tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<(), StoreError>;
}

/// All read models of the portal.
pub const ALL: &[&dyn Show] = &[
    &divisions::Divisions,
    &seats::Seats,
    &decisions::Decisions,
    &rules::Rules,
    &vouchers::Vouchers,
    &payments::Payments,
    &items::Items,
    &queries::Queries,
    &contracts::Contracts,
    &grants::Grants,
    &matters::ORGANISATION,
    &matters::FUNDS,
    &matters::SERVICES,
    &matters::DISPUTES,
    &tally::ORGANISATION,
    &tally::FUNDS,
    &tally::SERVICES,
    &tally::DISPUTES,
];

/// A text field that an event must have.
pub(crate) fn text<'a>(event: &'a Event, field: &str) -> Result<&'a str, StoreError> {
    opt_text(event, field).ok_or_else(|| missing(event, field, "a text"))
}

/// A text field that an event may have.
pub(crate) fn opt_text<'a>(event: &'a Event, field: &str) -> Option<&'a str> {
    event.data.get(field).and_then(serde_json::Value::as_str)
}

/// A whole number that an event must have.
pub(crate) fn number(event: &Event, field: &str) -> Result<i64, StoreError> {
    opt_number(event, field).ok_or_else(|| missing(event, field, "a whole number"))
}

/// A whole number that an event may have.
pub(crate) fn opt_number(event: &Event, field: &str) -> Option<i64> {
    event.data.get(field).and_then(serde_json::Value::as_i64)
}

/// Why an event is parked: what it lacks.
pub(crate) fn missing(event: &Event, field: &str, wanted: &str) -> StoreError {
    StoreError::Corrupt(format!(
        "{} at {} {}: `{field}` is not {wanted}",
        event.kind, event.log, event.index
    ))
}

/// A value as JSON text for a column.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// JSON text of a column as a value.
pub(crate) fn unjson<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::Corrupt(format!("a read model needs a rebuild: {error}")))
}
