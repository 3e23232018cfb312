//! The events of one thing, in order, and what was sealed beside them. Opens for a decision; whom a value may be shown
//! to is decided elsewhere.

use std::collections::BTreeMap;

use host::Host;
use kernel::{Event, StreamId, Verdict};
use store::{CipherPart, Store, StoreError};

use super::away;
use crate::{
    Funds,
    facts::{party::Opened, payment::Payment},
};

/// The events of a stream, first to last.
///
/// # Errors
/// When the database is out of reach.
pub async fn events(store: &Store, stream: &StreamId) -> Result<Vec<Event>, StoreError> {
    let sql = "SELECT bytes FROM core_entry WHERE stream = $1 ORDER BY version";
    let rows = store.query(sql, &[stream.as_str().into()]).await?;
    rows.iter()
        .map(|row| {
            Event::decode(row.bytes(0)?)
                .map_err(|error| StoreError::Corrupt(format!("{stream}: {error}")))
        })
        .collect()
}

/// What somebody was shown of a payment at a version: the hash that an approval signs, and the sealed parts of the request
/// as it then stood, opened for the decision alone.
///
/// # Errors
/// When the database or the keys are out of reach.
pub async fn shown(
    host: &Host<Funds>,
    payment: &str,
    seen: Option<u64>,
) -> Result<(Option<String>, BTreeMap<String, Opened>), Verdict> {
    let events =
        events(&host.store, &crate::facts::payment::stream(payment)).await.map_err(away)?;
    let mut core: Option<Payment> = None;
    let mut request: Option<&Event> = None;
    for event in events.iter().filter(|event| seen.is_none_or(|seen| event.version <= seen)) {
        core = Payment::evolve(core, event);
        if matches!(event.fact(), "payment-requested.v1" | "payment-corrected.v1") {
            request = Some(event);
        }
    }
    let Some(request) = request else { return Ok((None, BTreeMap::new())) };
    let mut parts = Vec::new();
    for field in request.data.keys().filter(|field| request.commitment(field).is_some()) {
        let part =
            host.store.sealed_part(&request.log, request.index, field).await.map_err(away)?;
        // What was erased stays absent: whoever needs it is refused by the core.
        let Some(part) = part else { continue };
        parts.push(CipherPart {
            subject: part.subject,
            log: request.log.clone(),
            index: request.index,
            field: field.clone(),
            ciphertext: part.ciphertext,
        });
    }
    let plain = host.committer.sealer().open(&parts).await;
    let plain = plain.map_err(|error| Verdict::Unavailable(error.to_string()))?;
    let mut opened = BTreeMap::new();
    for (part, plain) in parts.into_iter().zip(plain) {
        let Some(plain) = plain else { continue };
        let Some((salt, json)) = plain.split_first_chunk::<32>() else { continue };
        let value = serde_json::from_slice(json)
            .map_err(|_| Verdict::Unavailable(format!("a sealed part of {payment} is damaged")))?;
        opened.insert(part.field, Opened { value, salt: hex::encode(salt) });
    }
    Ok((core.map(|core| core.shown(payment)), opened))
}
