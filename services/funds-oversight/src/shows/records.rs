//! The events of one thing, in order, and what was sealed beside them. Opens for a decision; whom a value may be shown
//! to is decided elsewhere.

use std::collections::BTreeMap;

use host::Host;
use kernel::{Event, StreamId, Verdict};
use store::{CipherPart, Store, StoreError};

use super::away;
use crate::{
    Funds,
    facts::{
        party::Opened,
        payment::Payment,
        warning::{self, Finding},
    },
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
    let opened = opened(host, request).await?;
    Ok((core.map(|core| core.shown(payment)), opened))
}

/// The sealed parts of an event, opened for a decision alone.
async fn opened(host: &Host<Funds>, event: &Event) -> Result<BTreeMap<String, Opened>, Verdict> {
    let mut parts = Vec::new();
    for field in event.data.keys().filter(|field| event.commitment(field).is_some()) {
        let part = host.store.sealed_part(&event.log, event.index, field).await.map_err(away)?;
        // What was erased stays absent: whoever needs it is refused by the core.
        let Some(part) = part else { continue };
        parts.push(CipherPart {
            subject: part.subject,
            log: event.log.clone(),
            index: event.index,
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
        let value = serde_json::from_slice(json).map_err(|_| {
            Verdict::Unavailable(format!("a sealed part of {} is damaged", event.stream))
        })?;
        opened.insert(part.field, Opened { value, salt: hex::encode(salt) });
    }
    Ok(opened)
}

/// What was found, as a warning at a version has it, with the opened part for the decision.
///
/// # Errors
/// When the database or the keys are out of reach.
pub async fn finding(
    host: &Host<Funds>,
    warning: &str,
) -> Result<(Option<Finding>, BTreeMap<String, Opened>), Verdict> {
    let events = events(&host.store, &warning::stream(warning)).await.map_err(away)?;
    let last = events.iter().rev().find(|event| event.commitment(warning::FINDING).is_some());
    let Some(last) = last else { return Ok((None, BTreeMap::new())) };
    let mut opened = opened(host, last).await?;
    opened.retain(|field, _| field == warning::FINDING);
    let finding = opened.get(warning::FINDING).map(|part| part.value.clone());
    Ok((finding.and_then(|value| serde_json::from_value(value).ok()), opened))
}
