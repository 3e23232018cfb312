//! Readers: apply the entries of logs in order, each once, with the position in the same transaction. Know no page.
//!
//! A repeat is ignored, a hole is reported, a poison event parks its unit alone. Everything a reader keeps can be
//! deleted and made again from the logs, also when every sealed part is absent.

mod follow;
mod parked;
mod rebuild;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use futures::FutureExt;
use kernel::{Event, LogId};

pub use parked::Parked;
pub use rebuild::Rebuild;

use crate::{
    database::{Scope, Tx},
    error::StoreError,
    ports::Sealer,
    store::Store,
    value::{Column, Value},
};

/// Why a reader could not apply an event.
#[derive(Debug, thiserror::Error)]
pub enum ReaderError {
    /// The event cannot be applied now or ever: its unit is parked and people are told.
    #[error("{0}")]
    Poison(String),
    /// The database: nothing was applied; the same is tried again when it was a matter of the moment.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<serde_json::Error> for ReaderError {
    fn from(error: serde_json::Error) -> Self {
        Self::Poison(error.to_string())
    }
}

/// Anything that applies events in order: read models of the own logs, copies of foreign facts.
#[async_trait]
pub trait Reader: Send + Sync + 'static {
    /// Its name, unique in the service.
    fn name(&self) -> &str;

    /// Its tables, with this suffix behind each name: statements in SQL that both databases understand, with the types
    /// `BIGINT`, `TEXT` and `BYTEA`. `~` stands for the suffix as in [`Tx`]. Changed tables need a rebuild.
    fn schema(&self, suffix: &str) -> Vec<String>;

    /// Whether it also wants the events of the own closed logs, opened.
    fn wants_closed(&self) -> bool {
        false
    }

    /// Applies one event. Sealed values are not in it: they may be absent for ever.
    ///
    /// # Errors
    /// [`ReaderError::Poison`] parks the event's unit; database errors that pass are tried again.
    async fn apply(&self, tx: &mut Tx<'_>, event: &Event) -> Result<(), ReaderError>;
}

/// What a batch came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// All is applied, or was before.
    UpTo {
        /// The index expected next.
        next: u64,
    },
    /// An entry is missing before those given; what came before it is applied.
    Hole {
        /// The index expected.
        expected: u64,
    },
}

/// Applies entries to readers.
#[derive(Clone)]
pub struct Readers {
    pub(crate) store: Store,
    pub(crate) sealer: Option<Arc<dyn Sealer>>,
}

const POSITION: &str =
    "SELECT next FROM core_position WHERE reader = {1} AND source = {2} AND log = {3} {update}";
const START: &str = "INSERT INTO core_position (reader, source, log, next) VALUES ($1, $2, $3, 0) \
     ON CONFLICT (reader, source, log) DO NOTHING";
const MOVE: &str =
    "UPDATE core_position SET next = $4 WHERE reader = $1 AND source = $2 AND log = $3";
const PARKED_UNITS: &str =
    "SELECT DISTINCT unit FROM core_parked WHERE reader = $1 AND source = $2";
pub(crate) const PARK: &str = "INSERT INTO core_parked (reader, source, log, idx, unit, bytes, reason, retries) \
     SELECT {1}, {2}, {3}, c1, c2, c3, c4, 0 FROM {rows} WHERE true";

/// One entry on its way to a reader. In place of a closed entry stands the opened event, or the commitment itself when
/// it cannot be opened.
pub(crate) type Given = (u64, Vec<u8>);

impl Readers {
    /// `sealer` opens events of the own closed logs for the readers that want them.
    pub fn new(store: Store, sealer: Option<Arc<dyn Sealer>>) -> Self {
        Self { store, sealer }
    }

    /// The store beneath.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Makes the reader's tables when they are not there yet.
    ///
    /// # Errors
    /// [`StoreError::Setup`] when the tables have changed since: rebuild the reader.
    pub async fn prepare(&self, reader: &dyn Reader) -> Result<(), StoreError> {
        rebuild::prepare(&self.store, reader).await
    }

    /// The index that a reader expects next of a log.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn position(
        &self,
        reader: &str,
        source: &str,
        log: &LogId,
    ) -> Result<u64, StoreError> {
        let sql = "SELECT next FROM core_position WHERE reader = $1 AND source = $2 AND log = $3";
        let values = [reader.into(), source.into(), log.as_str().into()];
        self.store.query(sql, &values).await?.first().map_or(Ok(0), |row| row.u64(0))
    }

    /// All positions of a reader: source, log, index expected next.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn positions(&self, reader: &str) -> Result<Vec<(String, LogId, u64)>, StoreError> {
        let sql =
            "SELECT source, log, next FROM core_position WHERE reader = $1 ORDER BY source, log";
        self.store
            .query(sql, &[reader.into()])
            .await?
            .iter()
            .map(|row| Ok((row.text(0)?.to_owned(), LogId::from(row.text(1)?), row.u64(2)?)))
            .collect()
    }

    /// Applies entries of one log of a source service, in order, in one transaction with the position.
    ///
    /// `entries` are (index, bytes): the event's JSON; for a closed log the opened event, checked by the caller, or the
    /// 32 bytes of the entry when it cannot be opened (the position then moves on alone).
    ///
    /// # Errors
    /// When the database is out of reach; nothing is applied then.
    pub async fn apply_batch(
        &self,
        reader: &dyn Reader,
        source: &str,
        log: &LogId,
        entries: Vec<Given>,
    ) -> Result<Applied, StoreError> {
        self.apply_as(reader, &Scope::of(reader.name(), ""), source, log, &entries).await
    }

    /// First all at once; when one event does not go, again with a savepoint around each.
    pub(crate) async fn apply_as(
        &self,
        reader: &dyn Reader,
        scope: &Scope,
        source: &str,
        log: &LogId,
        entries: &[Given],
    ) -> Result<Applied, StoreError> {
        let fast = self.attempt(reader, scope, source, log, entries, false).await;
        let applied = match fast {
            Err(error) if !error.is_passing() => {
                self.attempt(reader, scope, source, log, entries, true).await?
            }
            other => other?,
        };
        if source != self.store.service() {
            self.store.bump_facts();
        }
        Ok(applied)
    }

    async fn attempt(
        &self,
        reader: &dyn Reader,
        scope: &Scope,
        source: &str,
        log: &LogId,
        entries: &[Given],
        careful: bool,
    ) -> Result<Applied, StoreError> {
        let mut tx = self.store.begin().await?;
        tx.scope = scope.clone();
        let at: [Value; 3] = [scope.owner.as_str().into(), source.into(), log.as_str().into()];
        tx.execute(START, &at).await?;
        let rows = tx.run(POSITION, &[], &at).await?.rows;
        let mut next = rows.first().map_or(Ok(0), |row| row.u64(0))?;
        let mut parked: BTreeSet<String> = BTreeSet::new();
        for row in tx.fetch(PARKED_UNITS, &[scope.owner.as_str().into(), source.into()]).await? {
            parked.insert(row.text(0)?.to_owned());
        }
        let from = next;
        let mut hole = None;
        let mut held: Vec<(u64, String, &[u8], String)> = Vec::new();
        for (index, bytes) in entries {
            if *index < next {
                continue;
            }
            if *index > next {
                hole = Some(next);
                break;
            }
            next += 1;
            if bytes.len() == 32 {
                continue;
            }
            let event = match Event::decode(bytes) {
                Ok(event) => event,
                Err(error) => {
                    held.push((*index, String::new(), bytes, error.to_string()));
                    continue;
                }
            };
            let unit = event.unit.as_str().to_owned();
            if parked.contains(&unit) {
                held.push((*index, unit, bytes, WAITS.to_owned()));
                continue;
            }
            match apply_one(&mut tx, reader, &event, careful).await? {
                None => {}
                Some(reason) => {
                    tracing::error!(reader = %scope.owner, source, %log, index, %unit, %reason, "a reader cannot apply an event; its unit is parked");
                    held.push((*index, unit.clone(), bytes, reason));
                    parked.insert(unit);
                }
            }
        }
        if !held.is_empty() {
            let columns = [
                Column::ints(held.iter().map(|h| h.0)),
                Column::texts(held.iter().map(|h| &h.1)),
                Column::blobs(held.iter().map(|h| h.2)),
                Column::texts(held.iter().map(|h| &h.3)),
            ];
            tx.run(PARK, &columns, &at).await?;
        }
        if next > from {
            let [reader, source, log] = at;
            tx.execute(MOVE, &[reader, source, log, next.into()]).await?;
        }
        tx.commit().await?;
        Ok(match hole {
            Some(expected) => Applied::Hole { expected },
            None => Applied::UpTo { next },
        })
    }
}

/// The reason of an event that waits behind a parked one of its unit.
pub(crate) const WAITS: &str = "waits behind an earlier event of its unit";

/// Applies one event. Gives the reason when the event is poison; only then, and only in `careful`, is its own work
/// undone alone.
pub(crate) async fn apply_one(
    tx: &mut Tx<'_>,
    reader: &dyn Reader,
    event: &Event,
    careful: bool,
) -> Result<Option<String>, StoreError> {
    if !careful {
        return match guarded(tx, reader, event).await {
            Ok(()) => Ok(None),
            Err(ReaderError::Store(error)) => Err(error),
            // Ends the fast attempt; the careful one finds the event again and parks it.
            Err(ReaderError::Poison(reason)) => Err(StoreError::Database(reason)),
        };
    }
    tx.execute("SAVEPOINT one", &[]).await?;
    let reason = match guarded(tx, reader, event).await {
        Ok(()) => {
            tx.execute("RELEASE SAVEPOINT one", &[]).await?;
            return Ok(None);
        }
        Err(ReaderError::Store(error)) if error.is_passing() => return Err(error),
        Err(ReaderError::Store(error)) => error.to_string(),
        Err(ReaderError::Poison(reason)) => reason,
    };
    tx.execute("ROLLBACK TO SAVEPOINT one", &[]).await?;
    tx.execute("RELEASE SAVEPOINT one", &[]).await?;
    Ok(Some(reason))
}

/// A reader that panics holds up one unit, as any other fault of its.
async fn guarded(tx: &mut Tx<'_>, reader: &dyn Reader, event: &Event) -> Result<(), ReaderError> {
    std::panic::AssertUnwindSafe(reader.apply(tx, event))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(ReaderError::Poison("the reader panicked".to_owned())))
}

impl Scope {
    /// The live tables of a reader, or those with a suffix.
    pub(crate) fn of(reader: &str, suffix: &str) -> Self {
        Self { owner: format!("{reader}{suffix}"), suffix: suffix.to_owned() }
    }
}
