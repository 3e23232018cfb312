//! Where a row comes from, and how far a read model has come. Knows no event.

use kernel::{LogId, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Database, Row, StoreError, Tx};

/// The entry that a row came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The log.
    pub log: LogId,
    /// Its index there.
    pub index: u64,
    /// Leaf hash of the entry, in hexadecimal.
    pub leaf: String,
}

impl Position {
    /// From three columns: log, index, leaf.
    pub(crate) fn read(row: &Row, at: usize) -> Result<Self, StoreError> {
        Ok(Self {
            log: LogId::from(row.text(at)?),
            index: row.u64(at + 1)?,
            leaf: row.text(at + 2)?.to_owned(),
        })
    }
}

/// The position of which a page or an answer speaks (截至).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AsOf {
    /// The service whose log it is.
    pub source: String,
    /// The log.
    pub log: LogId,
    /// Index of the last entry taken in.
    pub index: u64,
    /// When that entry was recorded.
    pub time: Timestamp,
}

/// Notes how far one read model has come in a log; its own table, so that a rebuild starts from nothing.
pub(crate) async fn note(
    tx: &mut Tx<'_>,
    table: &'static str,
    entry: &super::Entry<'_>,
) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO {table}_asof~ (log, idx, at) VALUES ($1, $2, $3) \
         ON CONFLICT (log) DO UPDATE SET idx = excluded.idx, at = excluded.at"
    );
    let event = entry.event;
    let values = [event.log.as_str().into(), event.index.into(), event.time.micros().into()];
    tx.execute(&sql, &values).await.map(|_| ())
}

/// How far one read model has come in a log; `None` before its first entry.
///
/// # Errors
/// When the database is out of reach.
pub async fn of(
    db: &Database,
    (source, table): (&'static str, &'static str),
    log: &LogId,
) -> Result<Option<AsOf>, StoreError> {
    let sql = format!("SELECT idx, at FROM {table}_asof WHERE log = $1");
    let rows = db.query(&sql, &[log.as_str().into()]).await?;
    rows.first().map(|row| read(source, log.as_str(), row)).transpose()
}

/// The logs that one read model follows, the latest first.
///
/// # Errors
/// When the database is out of reach.
pub async fn all(
    db: &Database,
    (source, table): (&'static str, &'static str),
) -> Result<Vec<AsOf>, StoreError> {
    let sql = format!("SELECT idx, at, log FROM {table}_asof ORDER BY at DESC, log");
    let rows = db.query(&sql, &[]).await?;
    rows.iter().map(|row| read(source, row.text(2)?, row)).collect()
}

fn read(source: &str, log: &str, row: &Row) -> Result<AsOf, StoreError> {
    Ok(AsOf {
        source: source.to_owned(),
        log: LogId::from(log),
        index: row.u64(0)?,
        time: Timestamp::from_micros(row.i64(1)?),
    })
}
