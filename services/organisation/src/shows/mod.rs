//! Read models (读模型) of the own events: units, seats, cases, accounts, adopted definitions. Know events and SQL; no
//! page and no decision. Each can be deleted and made again from the logs; no sealed value is ever copied into one.

pub mod accounts;
pub mod adopted;
pub mod cases;
pub mod seats;
pub mod units;

use std::{sync::Arc, time::Duration};

use definitions::Definitions;
use kernel::{Domain, LogKind, Receipt};
use store::{Reader, StoreError};

/// How long a caller waits to see its own receipt in the read models.
const PATIENCE: Duration = Duration::from_secs(2);

/// All read models of this service.
pub fn all(definitions: Arc<Definitions>) -> Vec<Arc<dyn Reader>> {
    vec![
        Arc::new(units::Units),
        Arc::new(seats::Seats),
        Arc::new(accounts::Accounts),
        Arc::new(adopted::Adopted),
        Arc::new(cases::Cases::new(definitions)),
    ]
}

/// Waits until a read model has taken in a receipt, at most two seconds: people see what they have just done.
///
/// # Errors
/// When the database is out of reach.
pub async fn seen<D: Domain>(
    host: &host::Host<D>,
    reader: &str,
    receipt: &Receipt,
) -> Result<bool, StoreError> {
    let mut all = true;
    for event in &receipt.events {
        // what lies in a closed log is in no read model
        let open = host.store.log(&event.position.log).await?;
        if open.is_none_or(|log| log.kind == LogKind::Closed) {
            continue;
        }
        let at = &event.position;
        all &= host.readers.wait_for(reader, &at.log, at.index, PATIENCE).await?;
    }
    Ok(all)
}

/// The fact of an event in its own shape; one in another shape parks its unit and is looked at.
pub(crate) fn fact<T: serde::de::DeserializeOwned>(
    event: &kernel::Event,
) -> Result<T, store::ReaderError> {
    event.read().map_err(|error| store::ReaderError::Poison(format!("{}: {error}", event.kind)))
}
