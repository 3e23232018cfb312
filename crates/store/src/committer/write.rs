//! Writes what a batch has decided, one statement a table. Knows no decision.

use std::collections::BTreeSet;

use kernel::{Deadline, Domain, StreamId};

use super::{
    base::{Base, Held, Mac, kind_name},
    keys::Macs,
    session::Session,
    work::Changes,
};
use crate::{
    error::StoreError,
    ports::{PlainPart, Sealer},
    value::{Column, Value},
};

const NEW_HEADS: &str = "INSERT INTO core_log (id, keeper, kind, size, last_time, epoch) \
     SELECT c1, c2, c3, c4, c5, 1 FROM {rows} WHERE true";
const HEADS: &str = "UPDATE core_log SET size = r.c2, last_time = r.c3 FROM {rows} \
     WHERE core_log.id = r.c1 AND core_log.size = r.c4 AND core_log.epoch = r.c5";
const SEQUENCES: &str = "INSERT INTO core_sequence (log, unit, last) SELECT c1, c2, c3 FROM {rows} WHERE true \
     ON CONFLICT (log, unit) DO UPDATE SET last = excluded.last";
const ENTRIES: &str = "INSERT INTO core_entry (log, idx, bytes, leaf, stream, version, fact, unit, at) \
     SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9 FROM {rows} WHERE true";
const STATES: &str = "INSERT INTO core_state (stream, version, format, body, subject, log, owner) \
     SELECT c1, c2, {1}, c3, c4, c5, NULL FROM {rows} WHERE true ON CONFLICT (stream) DO UPDATE SET \
     version = excluded.version, format = excluded.format, body = excluded.body, subject = excluded.subject";
const SUBJECTS: &str = "INSERT INTO core_subject (stream, subject) SELECT c1, c2 FROM {rows} WHERE true \
     ON CONFLICT (stream, subject) DO NOTHING";
const PASSED: &str =
    "DELETE FROM core_deadline WHERE (stream, name) IN (SELECT c1, c2 FROM {rows})";
const DEADLINES: &str = "INSERT INTO core_deadline (stream, name, due_at, version, keeper) \
     SELECT c1, c2, c3, c4, c5 FROM {rows} WHERE true ON CONFLICT (stream, name) DO UPDATE SET \
     due_at = excluded.due_at, version = excluded.version, keeper = excluded.keeper";
const CLAIMS: &str = "INSERT INTO core_claim (kind, hmac) SELECT c1, c2 FROM {rows} WHERE true";
const PARTS: &str = "INSERT INTO core_part (log, idx, field, subject, class, ciphertext, size, keep_until, purpose, basis) \
     SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10 FROM {rows} WHERE true";
const KEYS: &str = "INSERT INTO core_key (hmac, body, receipt, at, for_ever) SELECT c1, c2, c3, c4, {1} FROM {rows} WHERE true";

/// The ciphertexts of everything that is not plain: the entries' parts, then the states of closed streams.
pub(crate) struct Sealed {
    parts: Vec<Vec<u8>>,
    states: Vec<(StreamId, Vec<u8>)>,
}

/// Seals all parts and states of a batch in one call.
pub(crate) async fn seal<D: Domain>(
    changes: &Changes<D::State>,
    sealer: &dyn Sealer,
) -> Result<Sealed, StoreError> {
    let mut plain: Vec<PlainPart> = changes
        .entries
        .iter()
        .flat_map(|entry| {
            entry.parts.iter().map(|part| PlainPart {
                subject: part.subject.clone(),
                log: entry.log.clone(),
                index: entry.index,
                field: part.field.clone(),
                bytes: part.bytes.clone(),
            })
        })
        .collect();
    let count = plain.len();
    let mut streams = Vec::new();
    for (stream, held) in sorted(changes) {
        let (Some(subject), Some(state), Some(log)) = (&held.subject, &held.state, &held.log)
        else {
            continue;
        };
        streams.push(stream.clone());
        plain.push(PlainPart {
            subject: subject.clone(),
            log: log.clone(),
            index: held.version,
            field: format!("state:{stream}"),
            bytes: serde_json::to_vec(state).map_err(|e| StoreError::Database(e.to_string()))?,
        });
    }
    if plain.is_empty() {
        return Ok(Sealed { parts: Vec::new(), states: Vec::new() });
    }
    let mut parts = sealer.seal(&plain).await.map_err(|e| StoreError::Seal(e.to_string()))?;
    if parts.len() != plain.len() {
        return Err(StoreError::Seal("the sealer gave another number of ciphertexts".to_owned()));
    }
    let states = streams.into_iter().zip(parts.split_off(count)).collect();
    Ok(Sealed { parts, states })
}

fn sorted<S>(changes: &Changes<S>) -> Vec<(&StreamId, &Held<S>)> {
    let mut list: Vec<_> = changes.states.iter().collect();
    list.sort_by_key(|(stream, _)| *stream);
    list
}

/// Writes everything. [`StoreError::Conflict`] when another process was faster.
pub(crate) async fn write<D: Domain>(
    session: &mut Session,
    base: &Base<D::State>,
    changes: &Changes<D::State>,
    sealed: Sealed,
    macs: &Macs,
    keep_for_ever: bool,
) -> Result<(), StoreError> {
    heads(session, changes).await?;
    let mut at: Vec<_> = changes.sequences.iter().collect();
    at.sort();
    let columns = [
        Column::texts(at.iter().map(|((log, _), _)| log)),
        Column::texts(at.iter().map(|((_, unit), _)| unit)),
        Column::ints(at.iter().map(|(_, last)| **last)),
    ];
    session.run(SEQUENCES, &columns, &[]).await?;
    entries(session, changes).await?;
    states::<D>(session, changes, &sealed.states).await?;
    deadlines::<D>(session, base, changes).await?;
    if !changes.claims.is_empty() {
        let kinds = Column::texts(changes.claims.iter().map(|claim| claim.kind));
        let values = Column::blobs(changes.claims.iter().map(|claim| macs.claim(claim)));
        session.run(CLAIMS, &[kinds, values], &[]).await?;
    }
    parts(session, changes, &sealed.parts).await?;
    keys(session, changes, keep_for_ever).await
}

/// Writes states that were folded anew for another format, and arms all their deadlines.
pub(crate) async fn renewed<D: Domain>(
    session: &mut Session,
    base: &Base<D::State>,
    changes: &Changes<D::State>,
    sealed: &Sealed,
) -> Result<(), StoreError> {
    states::<D>(session, changes, &sealed.states).await?;
    deadlines::<D>(session, base, changes).await
}

async fn heads<S>(session: &mut Session, changes: &Changes<S>) -> Result<(), StoreError> {
    let (made, moved): (Vec<_>, Vec<_>) =
        changes.heads.iter().partition(|(_, head)| head.stored.is_none());
    if !made.is_empty() {
        let columns = [
            Column::texts(made.iter().map(|(_, head)| &head.id)),
            Column::texts(made.iter().map(|((keeper, _), _)| keeper)),
            Column::texts(made.iter().map(|((_, kind), _)| kind_name(*kind))),
            Column::ints(made.iter().map(|(_, head)| head.size)),
            Column::numbers(made.iter().map(|(_, head)| head.last.micros())),
        ];
        session.run(NEW_HEADS, &columns, &[]).await?;
    }
    if !moved.is_empty() {
        let columns = [
            Column::texts(moved.iter().map(|(_, head)| &head.id)),
            Column::ints(moved.iter().map(|(_, head)| head.size)),
            Column::numbers(moved.iter().map(|(_, head)| head.last.micros())),
            Column::ints(moved.iter().map(|(_, head)| head.stored.unwrap_or(0))),
            Column::numbers(moved.iter().map(|(_, head)| head.epoch)),
        ];
        let count = session.run(HEADS, &columns, &[]).await?.affected;
        if count != moved.len() as u64 {
            return Err(StoreError::Conflict("a log's head moved under the lock".to_owned()));
        }
    }
    Ok(())
}

async fn entries<S>(session: &mut Session, changes: &Changes<S>) -> Result<(), StoreError> {
    let list = &changes.entries;
    let plain = || list.iter().map(|e| e.plain.as_ref());
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let columns = [
        Column::texts(list.iter().map(|e| &e.log)),
        Column::ints(list.iter().map(|e| e.index)),
        Column::blobs(list.iter().map(|e| &e.bytes)),
        Column::blobs(list.iter().map(|e| &e.leaf)),
        Column::Text(plain().map(|p| p.map(|p| p.0.to_string())).collect()),
        Column::Int(plain().map(|p| p.map(|p| number(p.1))).collect()),
        Column::Text(plain().map(|p| p.map(|p| p.2.clone())).collect()),
        Column::Text(plain().map(|p| p.map(|p| p.3.to_string())).collect()),
        Column::Int(plain().map(|p| p.map(|p| p.4.micros())).collect()),
    ];
    session.run(ENTRIES, &columns, &[]).await.map(|_| ())
}

async fn states<D: Domain>(
    session: &mut Session,
    changes: &Changes<D::State>,
    sealed: &[(StreamId, Vec<u8>)],
) -> Result<(), StoreError> {
    let list = sorted(changes);
    let mut bodies = Vec::with_capacity(list.len());
    let mut ciphertexts = sealed.iter();
    for (stream, held) in &list {
        bodies.push(match (&held.state, &held.subject) {
            (None, _) => None,
            (Some(_), Some(_)) => match ciphertexts.next() {
                Some((of, bytes)) if of == *stream => Some(bytes.clone()),
                _ => return Err(StoreError::Seal(format!("no sealed state of {stream}"))),
            },
            (Some(state), None) => {
                Some(serde_json::to_vec(state).map_err(|e| StoreError::Database(e.to_string()))?)
            }
        });
    }
    let columns = [
        Column::texts(list.iter().map(|(stream, _)| stream)),
        Column::ints(list.iter().map(|(_, held)| held.version)),
        Column::Bytes(bodies),
        Column::Text(list.iter().map(|(_, held)| held.subject.clone()).collect()),
        Column::Text(
            list.iter().map(|(_, held)| held.log.as_ref().map(|l| l.to_string())).collect(),
        ),
    ];
    session.run(STATES, &columns, &[Value::from(D::STATE_FORMAT)]).await?;
    if !changes.subjects.is_empty() {
        let columns = [
            Column::texts(changes.subjects.iter().map(|(stream, _)| stream)),
            Column::texts(changes.subjects.iter().map(|(_, subject)| subject)),
        ];
        session.run(SUBJECTS, &columns, &[]).await?;
    }
    Ok(())
}

async fn deadlines<D: Domain>(
    session: &mut Session,
    base: &Base<D::State>,
    changes: &Changes<D::State>,
) -> Result<(), StoreError> {
    let open = |held: Option<&Held<D::State>>| -> BTreeSet<Deadline> {
        held.and_then(|h| h.state.as_ref())
            .map(D::deadlines)
            .unwrap_or_default()
            .into_iter()
            .collect()
    };
    let mut passed = Vec::new();
    let mut armed = Vec::new();
    for (stream, held) in sorted(changes) {
        let (before, after) = (open(base.states.get(stream)), open(Some(held)));
        let names: BTreeSet<&String> = after.iter().map(|d| &d.name).collect();
        passed.extend(
            before.iter().filter(|d| !names.contains(&d.name)).map(|d| (stream, d.name.clone())),
        );
        let Some(place) = held.state.as_ref().and_then(D::place) else { continue };
        for deadline in after.difference(&before) {
            let key = (stream.clone(), deadline.name.clone());
            let version = changes.armed.get(&key).copied().unwrap_or(held.version);
            armed.push((key, deadline.due_at, version, place.keeper.clone()));
        }
    }
    if !passed.is_empty() {
        let columns = [
            Column::texts(passed.iter().map(|(stream, _)| stream)),
            Column::texts(passed.iter().map(|(_, name)| name)),
        ];
        session.run(PASSED, &columns, &[]).await?;
    }
    if !armed.is_empty() {
        let columns = [
            Column::texts(armed.iter().map(|((stream, _), ..)| stream)),
            Column::texts(armed.iter().map(|((_, name), ..)| name)),
            Column::numbers(armed.iter().map(|(_, due, ..)| due.micros())),
            Column::ints(armed.iter().map(|(_, _, version, _)| *version)),
            Column::texts(armed.iter().map(|(.., keeper)| keeper)),
        ];
        session.run(DEADLINES, &columns, &[]).await?;
    }
    Ok(())
}

async fn parts<S>(
    session: &mut Session,
    changes: &Changes<S>,
    ciphertexts: &[Vec<u8>],
) -> Result<(), StoreError> {
    let list: Vec<_> = changes
        .entries
        .iter()
        .flat_map(|entry| entry.parts.iter().map(move |part| (entry, part)))
        .collect();
    if list.is_empty() {
        return Ok(());
    }
    let columns = [
        Column::texts(list.iter().map(|(entry, _)| &entry.log)),
        Column::ints(list.iter().map(|(entry, _)| entry.index)),
        Column::texts(list.iter().map(|(_, part)| &part.field)),
        Column::texts(list.iter().map(|(_, part)| &part.subject)),
        Column::texts(list.iter().map(|(_, part)| part.class)),
        Column::blobs(ciphertexts),
        Column::ints(ciphertexts.iter().map(|c| c.len() as u64)),
        Column::numbers(list.iter().map(|(_, part)| part.keep_until.micros())),
        Column::texts(list.iter().map(|(_, part)| &part.purpose)),
        Column::texts(list.iter().map(|(_, part)| &part.basis)),
    ];
    session.run(PARTS, &columns, &[]).await.map(|_| ())
}

async fn keys<S>(
    session: &mut Session,
    changes: &Changes<S>,
    keep_for_ever: bool,
) -> Result<(), StoreError> {
    let list = &changes.accepted;
    if list.is_empty() {
        return Ok(());
    }
    let mut receipts = Vec::with_capacity(list.len());
    for accepted in list {
        receipts.push(Some(
            serde_json::to_string(&accepted.receipt)
                .map_err(|e| StoreError::Database(e.to_string()))?,
        ));
    }
    let macs = |of: fn(&super::work::Accepted) -> &Mac| Column::blobs(list.iter().map(of));
    let columns = [
        macs(|a| &a.key),
        macs(|a| &a.body),
        Column::Text(receipts),
        Column::numbers(list.iter().map(|a| a.receipt.at.micros())),
    ];
    session.run(KEYS, &columns, &[Value::from(keep_for_ever)]).await.map(|_| ())
}
