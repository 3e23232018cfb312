//! The store of one service: opening, the logs as they are read, padding, figures. Knows no decision.

use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
    time::Duration,
};

use kernel::{LogId, LogKind, StreamId, Timestamp, UnitId};
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use crate::{
    committer::keys::Seeds,
    database::{Database, Tx},
    error::StoreError,
    schema,
    value::{Column, Row, Value},
};

/// How often other processes' commits are looked for.
const POLL: Duration = Duration::from_millis(500);
/// Closed logs are filled up to a multiple of this.
const PADDING: u64 = 256;

const LOGS: &str = "SELECT id, keeper, kind, size, last_time, epoch FROM core_log";
const ENTRIES: &str =
    "SELECT idx, bytes, leaf FROM core_entry WHERE log = $1 AND idx >= $2 ORDER BY idx LIMIT $3";
const PARTS: &str = "SELECT p.idx, p.subject, p.class, p.ciphertext, p.keep_until, p.purpose, p.basis \
     FROM core_part p JOIN {rows} ON p.idx = r.c1 WHERE p.log = {1} AND p.field = {2} ORDER BY p.idx";

/// A log, as its head row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogInfo {
    /// Opaque id.
    pub id: LogId,
    /// The unit that keeps it.
    pub keeper: UnitId,
    /// Open or closed.
    pub kind: LogKind,
    /// Number of entries.
    pub size: u64,
    /// Time of the last entry.
    pub last: Timestamp,
    /// Raised when a successor takes over.
    pub epoch: u64,
}

/// An entry of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Dense from 0.
    pub index: u64,
    /// The bytes: an event, or in a closed log a commitment of 32 bytes.
    pub bytes: Vec<u8>,
    /// Leaf hash (RFC 6962).
    pub leaf: [u8; 32],
}

/// Which entries of a log a filtered reader wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this unit alone.
    pub unit: Option<UnitId>,
    /// Of these facts alone (`payment-executed.v1`); empty: all.
    pub facts: Vec<String>,
}

/// A sealed part as it lies beside the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedPart {
    /// Index of its event.
    pub index: u64,
    /// Whose data it is.
    pub subject: String,
    /// `public`, `members`, `staff` or `sealed`.
    pub class: String,
    /// The ciphertext.
    pub ciphertext: Vec<u8>,
    /// Until when it must be kept.
    pub keep_until: Timestamp,
    /// What it is needed for.
    pub purpose: String,
    /// The article that demands keeping it.
    pub basis: String,
}

/// Figures of a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Entries per fact; those of closed logs under `closed`.
    pub facts: BTreeMap<String, u64>,
    /// Commands accepted since the beginning.
    pub commands: u64,
    /// Entries in all logs.
    pub entries: u64,
    /// Bytes of all entries.
    pub entry_bytes: u64,
    /// Sealed parts that exist.
    pub sealed_parts: u64,
    /// Deadlines that are open.
    pub deadlines: u64,
    /// Events that readers hold back: above zero is an alarm.
    pub parked: u64,
}

struct Inner {
    database: Database,
    service: String,
    wake: watch::Sender<u64>,
    facts: watch::Sender<u64>,
}

/// The store of one service. Cloning is cheap.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

impl Store {
    /// Opens or creates the store of a service. `url` as for [`Database::open`]; a schema or a file of its own.
    ///
    /// # Errors
    /// [`StoreError::Setup`] with the remedy.
    pub async fn open(url: &str, service: &str) -> Result<Self, StoreError> {
        let database = Database::open(url, service).await?;
        database.migrate("store", schema::STEPS).await?;
        own(&database, service).await?;
        let inner = Arc::new(Inner {
            database,
            service: service.to_owned(),
            wake: watch::Sender::new(0),
            facts: watch::Sender::new(0),
        });
        tokio::spawn(poll(Arc::downgrade(&inner)));
        Ok(Self(inner))
    }

    /// The service's name.
    pub fn service(&self) -> &str {
        &self.0.service
    }

    /// The database beneath.
    pub fn database(&self) -> &Database {
        &self.0.database
    }

    /// Begins a transaction that may write.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when the lock or the connection is not there in time.
    pub async fn begin(&self) -> Result<Tx<'static>, StoreError> {
        self.0.database.begin().await
    }

    /// Reads outside a transaction, as [`Database::query`].
    ///
    /// # Errors
    /// When the database refuses or is out of reach.
    pub async fn query(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.0.database.query(sql, values).await
    }

    /// Changes after each commit, of this process at once, of others within half a second.
    pub fn wake(&self) -> watch::Receiver<u64> {
        self.0.wake.subscribe()
    }

    pub(crate) fn bump(&self) {
        self.0.wake.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// Changes whenever a reader of this process has applied foreign facts.
    pub(crate) fn facts(&self) -> watch::Receiver<u64> {
        self.0.facts.subscribe()
    }

    pub(crate) fn bump_facts(&self) {
        self.0.facts.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// Ends all connections; handles that are left find the database out of reach.
    pub async fn close(&self) {
        self.0.database.close().await;
    }

    /// All logs, in the order of their ids.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn logs(&self) -> Result<Vec<LogInfo>, StoreError> {
        let rows = self.query(&format!("{LOGS} ORDER BY id"), &[]).await?;
        rows.iter().map(log_info).collect()
    }

    /// One log.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn log(&self, id: &LogId) -> Result<Option<LogInfo>, StoreError> {
        let rows = self.query(&format!("{LOGS} WHERE id = $1"), &[id.as_str().into()]).await?;
        rows.first().map(log_info).transpose()
    }

    /// The log that a unit keeps.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn log_of(
        &self,
        keeper: &UnitId,
        kind: LogKind,
    ) -> Result<Option<LogInfo>, StoreError> {
        let values = [keeper.as_str().into(), crate::committer::base::kind_name(kind).into()];
        let rows = self.query(&format!("{LOGS} WHERE keeper = $1 AND kind = $2"), &values).await?;
        rows.first().map(log_info).transpose()
    }

    /// The number of entries of a log; 0 for one that does not exist.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn head(&self, log: &LogId) -> Result<u64, StoreError> {
        Ok(self.log(log).await?.map_or(0, |info| info.size))
    }

    /// Up to `limit` entries from an index on, in order, without a hole.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn entries(
        &self,
        log: &LogId,
        from: u64,
        limit: u64,
    ) -> Result<Vec<Entry>, StoreError> {
        let values = [log.as_str().into(), from.into(), limit.into()];
        self.query(ENTRIES, &values)
            .await?
            .iter()
            .map(|row| {
                Ok(Entry { index: row.u64(0)?, bytes: row.bytes(1)?.to_vec(), leaf: row.array(2)? })
            })
            .collect()
    }

    /// Up to `limit` indices, from an index on, of the entries that a filter lets through: what a filtered reader
    /// checks itself against. A closed log tells nothing.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn indices(
        &self,
        log: &LogId,
        from: u64,
        filter: &Filter,
        limit: u64,
    ) -> Result<Vec<u64>, StoreError> {
        let mut sql = String::from(
            "SELECT idx FROM core_entry WHERE log = $1 AND idx >= $2 AND stream IS NOT NULL",
        );
        let mut values: Vec<Value> = vec![log.as_str().into(), from.into(), limit.into()];
        if let Some(unit) = &filter.unit {
            values.push(unit.as_str().into());
            sql.push_str(&format!(" AND unit = ${}", values.len()));
        }
        if !filter.facts.is_empty() {
            let first = values.len() + 1;
            values.extend(filter.facts.iter().map(|f| Value::from(f.as_str())));
            let list: Vec<String> = (first..=values.len()).map(|n| format!("${n}")).collect();
            sql.push_str(&format!(" AND fact IN ({})", list.join(", ")));
        }
        sql.push_str(" ORDER BY idx LIMIT $3");
        self.query(&sql, &values).await?.iter().map(|row| row.u64(0)).collect()
    }

    /// Version and state of an open stream or of a copy of a foreign fact; version 0 without either. The state of a
    /// closed stream is `None` here: [`crate::CommitterHandle::state`] opens it.
    ///
    /// # Errors
    /// When the state does not have the shape of `S`.
    pub async fn state<S: DeserializeOwned>(
        &self,
        stream: &StreamId,
    ) -> Result<(u64, Option<S>), StoreError> {
        let rows = self
            .query(
                "SELECT version, body, subject FROM core_state WHERE stream = $1",
                &[stream.as_str().into()],
            )
            .await?;
        let Some(row) = rows.first() else { return Ok((0, None)) };
        let state = match (row.opt_bytes(1)?, row.opt_text(2)?) {
            (Some(bytes), None) => Some(
                serde_json::from_slice(bytes)
                    .map_err(|e| StoreError::Corrupt(format!("{stream}: {e}")))?,
            ),
            _ => None,
        };
        Ok((row.u64(0)?, state))
    }

    /// A sealed part; `None` when there never was one, or it was erased or has expired.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn sealed_part(
        &self,
        log: &LogId,
        index: u64,
        field: &str,
    ) -> Result<Option<SealedPart>, StoreError> {
        Ok(self.parts_of(log, &[index], field).await?.into_iter().next())
    }

    /// The sealed parts of a whole page of entries, in one statement; those that are gone are left out.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn parts_of(
        &self,
        log: &LogId,
        indices: &[u64],
        field: &str,
    ) -> Result<Vec<SealedPart>, StoreError> {
        let columns = [Column::ints(indices.iter().copied())];
        let rows =
            self.0.database.read(PARTS, &columns, &[log.as_str().into(), field.into()]).await?;
        rows.iter()
            .map(|row| {
                Ok(SealedPart {
                    index: row.u64(0)?,
                    subject: row.text(1)?.to_owned(),
                    class: row.text(2)?.to_owned(),
                    ciphertext: row.bytes(3)?.to_vec(),
                    keep_until: Timestamp::from_micros(row.i64(4)?),
                    purpose: row.text(5)?.to_owned(),
                    basis: row.text(6)?.to_owned(),
                })
            })
            .collect()
    }

    pub(crate) async fn parts(
        &self,
        log: &LogId,
        indices: &[u64],
    ) -> Result<Vec<SealedPart>, StoreError> {
        self.parts_of(log, indices, "").await
    }

    /// Deletes one sealed part (expiry, hiding); the commitment in the log stays.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn delete_part(
        &self,
        log: &LogId,
        index: u64,
        field: &str,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let values = [log.as_str().into(), index.into(), field.into()];
        let sql = "DELETE FROM core_part WHERE log = $1 AND idx = $2 AND field = $3";
        let count = tx.execute(sql, &values).await?;
        tx.commit().await?;
        Ok(count > 0)
    }

    /// Forgets idempotency records made before an instant, except those kept for ever. Gives how many.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn forget_keys(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let sql = "DELETE FROM core_key WHERE at < $1 AND for_ever = 0";
        let count = tx.execute(sql, &[before.micros().into()]).await?;
        let total = match tx
            .fetch("SELECT value FROM core_meta WHERE name = $1", &[FORGOTTEN.into()])
            .await?
            .first()
        {
            Some(row) => row.text(0)?.parse().unwrap_or(0),
            None => 0_u64,
        } + count;
        tx.execute(
            "INSERT INTO core_meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            &[FORGOTTEN.into(), total.to_string().into()],
        )
        .await?;
        tx.commit().await?;
        Ok(count)
    }

    /// Figures of the whole store.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn statistics(&self) -> Result<Statistics, StoreError> {
        let mut found = Statistics::default();
        let facts = "SELECT fact, COUNT(*), SUM(LENGTH(bytes)) FROM core_entry GROUP BY fact";
        for row in self.query(facts, &[]).await? {
            let count = row.u64(1)?;
            found.entries += count;
            found.entry_bytes += row.u64(2)?;
            found.facts.insert(row.opt_text(0)?.unwrap_or("closed").to_owned(), count);
        }
        let counts = "SELECT (SELECT COUNT(*) FROM core_key), (SELECT COUNT(*) FROM core_part), \
             (SELECT COUNT(*) FROM core_deadline), (SELECT COUNT(*) FROM core_parked), (SELECT value FROM core_meta WHERE name = $1)";
        if let Some(row) = self.query(counts, &[FORGOTTEN.into()]).await?.first() {
            let forgotten = row.opt_text(4)?.and_then(|t| t.parse().ok()).unwrap_or(0);
            found.commands = row.u64(0)? + forgotten;
            found.sealed_parts = row.u64(1)?;
            found.deadlines = row.u64(2)?;
            found.parked = row.u64(3)?;
        }
        Ok(found)
    }

    /// How many streams of closed logs there are of each kind: the entries themselves tell no type.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn sealed_streams(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        let sql = "SELECT stream FROM core_state WHERE subject IS NOT NULL AND owner IS NULL";
        let mut found = BTreeMap::new();
        for row in self.query(sql, &[]).await? {
            *found.entry(StreamId::from(row.text(0)?).kind().to_owned()).or_default() += 1;
        }
        Ok(found)
    }

    pub(crate) async fn pad(
        &self,
        log: &LogId,
        now: Timestamp,
        seeds: &Seeds,
    ) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let lock = "SELECT kind, size, last_time FROM core_log WHERE id = {1} {update}";
        let rows = tx.run(lock, &[], &[log.as_str().into()]).await?.rows;
        let Some(row) = rows.first() else {
            return Err(StoreError::Database(format!("there is no log {log}")));
        };
        if row.text(0)? != "closed" {
            return Err(StoreError::Database(format!(
                "{log} is open: only closed logs are padded"
            )));
        }
        let size = row.u64(1)?;
        let count = (PADDING - size % PADDING) % PADDING;
        if count == 0 {
            return Ok(0);
        }
        let mut entropy = seeds.padding(log.as_str(), size);
        let dummies: Vec<[u8; 32]> = (0..count).map(|_| entropy.bytes()).collect();
        let columns = [
            Column::ints(size..size + count),
            Column::blobs(&dummies),
            Column::blobs(dummies.iter().map(|d| *proof::leaf_hash(d).as_bytes())),
        ];
        let insert = "INSERT INTO core_entry (log, idx, bytes, leaf) SELECT {1}, c1, c2, c3 FROM {rows} WHERE true";
        tx.run(insert, &columns, &[log.as_str().into()]).await?;
        let last = now.micros().max(row.i64(2)?);
        let head = "UPDATE core_log SET size = $1, last_time = $2 WHERE id = $3";
        tx.execute(head, &[(size + count).into(), last.into(), log.as_str().into()]).await?;
        tx.commit().await?;
        Ok(count)
    }
}

/// Two services in one file would mix their logs.
async fn own(database: &Database, service: &str) -> Result<(), StoreError> {
    let mut tx = database.begin().await?;
    let insert =
        "INSERT INTO core_meta (name, value) VALUES ('service', $1) ON CONFLICT (name) DO NOTHING";
    tx.execute(insert, &[service.into()]).await?;
    let rows = tx.fetch("SELECT value FROM core_meta WHERE name = 'service'", &[]).await?;
    tx.commit().await?;
    let found = rows.first().map_or(Ok(""), |row| row.text(0))?;
    if found != service {
        return Err(StoreError::Setup(format!(
            "this database belongs to the service `{found}`, not `{service}`: name another file"
        )));
    }
    Ok(())
}

const FORGOTTEN: &str = "commands forgotten";

fn log_info(row: &Row) -> Result<LogInfo, StoreError> {
    Ok(LogInfo {
        id: LogId::from(row.text(0)?),
        keeper: UnitId::from(row.text(1)?),
        kind: if row.text(2)? == "open" { LogKind::Open } else { LogKind::Closed },
        size: row.u64(3)?,
        last: Timestamp::from_micros(row.i64(4)?),
        epoch: row.u64(5)?,
    })
}

/// Sees the commits of other processes. Ends with the store.
async fn poll(inner: Weak<Inner>) {
    let mut known = None;
    loop {
        tokio::time::sleep(POLL).await;
        let Some(inner) = inner.upgrade() else { return };
        let total = inner.database.query("SELECT COALESCE(SUM(size), 0) FROM core_log", &[]).await;
        let Ok(total) = total.and_then(|rows| rows.first().map_or(Ok(0), |row| row.u64(0))) else {
            continue;
        };
        if known.is_some_and(|k| k != total) {
            inner.wake.send_modify(|n| *n = n.wrapping_add(1));
        }
        known = Some(total);
    }
}
