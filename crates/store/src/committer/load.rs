//! Loads what a batch needs, one statement a kind. Knows no decision.

use std::collections::BTreeSet;

use kernel::{Claim, Domain, Event, LogId, LogKind, Receipt, StreamId, Timestamp, UnitId};

use super::{
    base::{Base, Head, Held, LogKey, Mac, kind_name},
    keys::Macs,
    session::Session,
};
use crate::{
    error::StoreError,
    ports::{CipherPart, Sealer},
    value::{Column, Value},
};

const HEADS: &str = "SELECT l.keeper, l.kind, l.id, l.size, l.last_time, l.epoch FROM core_log l JOIN {rows} \
     ON l.keeper = r.c1 AND l.kind = r.c2 ORDER BY l.id {update}";
const KEYS: &str =
    "SELECT {now}, k.hmac, k.body, k.receipt FROM {rows} LEFT JOIN core_key k ON k.hmac = r.c1";
const STATES: &str = "SELECT s.stream, s.version, s.format, s.body, s.subject, s.log FROM core_state s JOIN {rows} \
     ON s.stream = r.c1 ORDER BY s.stream {share}";
const FOLD: &str = "SELECT e.stream, e.bytes FROM core_entry e JOIN {rows} ON e.stream = r.c1 ORDER BY e.stream, e.version";
const CLOSED: &str = "SELECT p.log, p.idx, p.subject, p.ciphertext FROM core_part p JOIN {rows} ON p.log = r.c1 \
     WHERE p.field = '' AND (p.log > {1} OR (p.log = {1} AND p.idx > {2})) ORDER BY p.log, p.idx LIMIT {3}";
const SEQUENCES: &str = "SELECT s.log, s.unit, s.last FROM core_sequence s JOIN {rows} ON s.log = r.c1 AND s.unit = r.c2";
const CLAIMS: &str =
    "SELECT c.kind, c.hmac FROM core_claim c JOIN {rows} ON c.kind = r.c1 AND c.hmac = r.c2";

/// Locks the heads of these logs, in the order of their ids. A log that does not exist is noted as such.
pub(crate) async fn heads<S>(
    session: &mut Session,
    base: &mut Base<S>,
    logs: &BTreeSet<LogKey>,
) -> Result<(), StoreError> {
    let keepers = Column::texts(logs.iter().map(|(keeper, _)| keeper.as_str()));
    let kinds = Column::texts(logs.iter().map(|(_, kind)| kind_name(*kind)));
    base.heads = logs.iter().map(|key| (key.clone(), None)).collect();
    for row in session.run(HEADS, &[keepers, kinds], &[]).await?.rows {
        let kind = if row.text(1)? == "open" { LogKind::Open } else { LogKind::Closed };
        let size = row.u64(3)?;
        let head = Head {
            id: LogId::from(row.text(2)?),
            size,
            last: Timestamp::from_micros(row.i64(4)?),
            epoch: row.i64(5)?,
            stored: Some(size),
        };
        base.heads.insert((UnitId::from(row.text(0)?), kind), Some(head));
    }
    Ok(())
}

/// Looks the commands' keys up; gives the database's time.
pub(crate) async fn keys<S>(
    session: &mut Session,
    base: &mut Base<S>,
    keys: &[Mac],
) -> Result<Timestamp, StoreError> {
    let mut now = None;
    // Without a key (deadlines alone) one that nobody has: the row with the time comes all the same.
    let wanted = if keys.is_empty() { Column::blobs([[0; 32]]) } else { Column::blobs(keys) };
    for row in session.run(KEYS, &[wanted], &[]).await?.rows {
        now = Some(row.i64(0)?);
        if row.opt_bytes(1)?.is_none() {
            continue;
        }
        let receipt: Receipt = serde_json::from_str(row.text(3)?)
            .map_err(|error| StoreError::Corrupt(format!("a receipt: {error}")))?;
        base.done.insert(row.array(1)?, (row.array(2)?, receipt));
    }
    now.map(Timestamp::from_micros)
        .ok_or_else(|| StoreError::Corrupt("the database told no time".to_owned()))
}

/// Loads states. Those of an older format are folded anew from their entries.
pub(crate) async fn states<D: Domain>(
    session: &mut Session,
    base: &mut Base<D::State>,
    sealer: &dyn Sealer,
    streams: &BTreeSet<StreamId>,
) -> Result<(), StoreError> {
    let mut old = Vec::new();
    let mut emptied = BTreeSet::new();
    let mut sealed = Vec::new();
    for stream in streams {
        base.states.insert(stream.clone(), Held::default());
    }
    let rows = session.run(STATES, &[Column::texts(streams)], &[]).await?.rows;
    for row in rows {
        let stream = StreamId::from(row.text(0)?);
        let mut held: Held<D::State> = Held {
            version: row.u64(1)?,
            state: None,
            log: row.opt_text(5)?.map(LogId::from),
            subject: row.opt_text(4)?.map(str::to_owned),
        };
        let fresh = row.i64(2)? == i64::from(D::STATE_FORMAT);
        match (row.opt_bytes(3)?, &held.subject) {
            // Emptied by an erasure, or of an older format.
            (None, Some(_)) => {
                emptied.insert(stream.clone());
            }
            (Some(_), Some(_)) if !fresh => {
                emptied.insert(stream.clone());
            }
            (None, None) => {}
            (Some(bytes), Some(subject)) => sealed.push(CipherPart {
                subject: subject.clone(),
                log: held.log.clone().unwrap_or_else(|| LogId::from("")),
                index: held.version,
                field: format!("state:{stream}"),
                ciphertext: bytes.to_vec(),
            }),
            (Some(_), None) if !fresh && !stream.is_foreign() => old.push(stream.clone()),
            (Some(bytes), None) => match serde_json::from_slice(bytes) {
                Ok(state) => held.state = Some(state),
                // A copy in an old shape counts as not known here until its reader is rebuilt.
                Err(error) if stream.is_foreign() => {
                    tracing::warn!(%stream, %error, "a copy of a foreign fact has an old shape; rebuild its reader");
                    held.version = 0;
                }
                Err(error) => return Err(StoreError::Corrupt(format!("{stream}: {error}"))),
            },
        }
        base.states.insert(stream, held);
    }
    if !old.is_empty() {
        fold::<D>(session, base, &old).await?;
    }
    if !emptied.is_empty() {
        fold_closed::<D>(session, base, sealer, &emptied).await?;
    }
    if !sealed.is_empty() {
        open::<D>(base, sealer, &sealed).await?;
    }
    Ok(())
}

async fn fold<D: Domain>(
    session: &mut Session,
    base: &mut Base<D::State>,
    streams: &[StreamId],
) -> Result<(), StoreError> {
    for row in session.run(FOLD, &[Column::texts(streams)], &[]).await?.rows {
        let event = Event::decode(row.bytes(1)?).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        if let Some(held) = base.states.get_mut(&event.stream) {
            held.state = D::evolve(held.state.take(), &event);
        }
    }
    Ok(())
}

/// Folds closed streams anew from what is left of their events. Their logs tell nothing of streams, so all events of
/// these logs are opened: rare, after an erasure or when the format of states has changed.
async fn fold_closed<D: Domain>(
    session: &mut Session,
    base: &mut Base<D::State>,
    sealer: &dyn Sealer,
    streams: &BTreeSet<StreamId>,
) -> Result<(), StoreError> {
    const PAGE: usize = 1000;
    let logs: BTreeSet<LogId> =
        streams.iter().filter_map(|s| base.states.get(s)?.log.clone()).collect();
    let (mut log, mut index) = (String::new(), -1);
    loop {
        let after: [Value; 3] = [log.as_str().into(), index.into(), (PAGE as u64).into()];
        let rows = session.run(CLOSED, &[Column::texts(&logs)], &after).await?.rows;
        let mut parts = Vec::with_capacity(rows.len());
        for row in &rows {
            (log, index) = (row.text(0)?.to_owned(), row.i64(1)?);
            parts.push(CipherPart {
                subject: row.text(2)?.to_owned(),
                log: LogId::from(row.text(0)?),
                index: row.u64(1)?,
                field: String::new(),
                ciphertext: row.bytes(3)?.to_vec(),
            });
        }
        let opened = sealer.open(&parts).await.map_err(|e| StoreError::Seal(e.to_string()))?;
        for bytes in opened.into_iter().flatten() {
            let json = bytes.get(32..).unwrap_or_default();
            let event = Event::decode(json).map_err(|e| StoreError::Corrupt(e.to_string()))?;
            if !streams.contains(&event.stream) {
                continue;
            }
            if let Some(held) = base.states.get_mut(&event.stream) {
                held.state = D::evolve(held.state.take(), &event);
            }
        }
        if rows.len() < PAGE {
            return Ok(());
        }
    }
}

/// A closed stream whose key was erased has a version and no state.
async fn open<D: Domain>(
    base: &mut Base<D::State>,
    sealer: &dyn Sealer,
    sealed: &[CipherPart],
) -> Result<(), StoreError> {
    let opened = sealer.open(sealed).await.map_err(|e| StoreError::Seal(e.to_string()))?;
    for (part, bytes) in sealed.iter().zip(opened) {
        let Some(bytes) = bytes else { continue };
        let stream = StreamId::from(part.field.trim_start_matches("state:"));
        let state = serde_json::from_slice(&bytes)
            .map_err(|error| StoreError::Corrupt(format!("{stream}: {error}")))?;
        if let Some(held) = base.states.get_mut(&stream) {
            held.state = Some(state);
        }
    }
    Ok(())
}

/// Loads the last number per log and unit.
pub(crate) async fn sequences<S>(
    session: &mut Session,
    base: &mut Base<S>,
    wanted: &BTreeSet<(LogId, UnitId)>,
) -> Result<(), StoreError> {
    let logs = Column::texts(wanted.iter().map(|(log, _)| log));
    let units = Column::texts(wanted.iter().map(|(_, unit)| unit));
    for at in wanted {
        base.sequences.insert(at.clone(), 0);
    }
    for row in session.run(SEQUENCES, &[logs, units], &[]).await?.rows {
        let at = (LogId::from(row.text(0)?), UnitId::from(row.text(1)?));
        base.sequences.insert(at, row.u64(2)?);
    }
    Ok(())
}

/// Looks up which claims are taken.
pub(crate) async fn claims<S>(
    session: &mut Session,
    base: &mut Base<S>,
    macs: &Macs,
    wanted: &BTreeSet<Claim>,
) -> Result<(), StoreError> {
    let hashed: Vec<(&Claim, Mac)> = wanted.iter().map(|c| (c, macs.claim(c))).collect();
    let kinds = Column::texts(hashed.iter().map(|(claim, _)| claim.kind));
    let values = Column::blobs(hashed.iter().map(|(_, mac)| mac));
    base.claims_known.extend(wanted.iter().cloned());
    for row in session.run(CLAIMS, &[kinds, values], &[]).await?.rows {
        let mac: Mac = row.array(1)?;
        let taken = hashed.iter().filter(|(_, m)| *m == mac).map(|(claim, _)| (*claim).clone());
        base.claims_taken.extend(taken);
    }
    Ok(())
}
