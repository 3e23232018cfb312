//! What readers could not apply: list, retry, skip with a reason.

use kernel::{Event, LogId, Timestamp, UnitId};

use super::{Reader, Readers, apply_one};
use crate::{
    database::{Scope, Tx},
    error::StoreError,
};

/// An event that a reader holds back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// The reader.
    pub reader: String,
    /// The service it comes from.
    pub source: String,
    /// The log.
    pub log: LogId,
    /// The index.
    pub index: u64,
    /// The unit that is parked; empty for bytes that are no event.
    pub unit: UnitId,
    /// Why.
    pub reason: String,
    /// How often it was tried again.
    pub retries: u64,
}

const LIST: &str = "SELECT reader, source, log, idx, unit, reason, retries FROM core_parked \
     ORDER BY reader, source, log, idx";
const UNIT: &str = "SELECT log, idx, bytes FROM core_parked WHERE reader = $1 AND source = $2 AND unit = $3 \
     ORDER BY log, idx";
const GONE: &str =
    "DELETE FROM core_parked WHERE reader = $1 AND source = $2 AND log = $3 AND idx = $4";
const AGAIN: &str = "UPDATE core_parked SET retries = retries + 1, reason = $5 \
     WHERE reader = $1 AND source = $2 AND log = $3 AND idx = $4";
const SKIPPED: &str = "INSERT INTO core_skipped (reader, source, log, idx, reason, at) VALUES ($1, $2, $3, $4, $5, $6)";

impl Readers {
    /// Everything that is held back, by all readers.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn parked(&self) -> Result<Vec<Parked>, StoreError> {
        self.store
            .query(LIST, &[])
            .await?
            .iter()
            .map(|row| {
                Ok(Parked {
                    reader: row.text(0)?.to_owned(),
                    source: row.text(1)?.to_owned(),
                    log: LogId::from(row.text(2)?),
                    index: row.u64(3)?,
                    unit: UnitId::from(row.text(4)?),
                    reason: row.text(5)?.to_owned(),
                    retries: row.u64(6)?,
                })
            })
            .collect()
    }

    /// Tries a unit's events again, in order, until one fails. Gives how many were applied.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn retry(
        &self,
        reader: &dyn Reader,
        source: &str,
        unit: &UnitId,
    ) -> Result<u64, StoreError> {
        let mut tx = self.store.begin().await?;
        tx.scope = Scope::of(reader.name(), "");
        let applied = retry_in(&mut tx, reader, source, unit).await?;
        tx.commit().await?;
        if source != self.store.service() {
            self.store.bump_facts();
        }
        Ok(applied)
    }

    /// Leaves one event out for good, for a reason that is kept, then tries the rest of its unit. `false` when it is
    /// not held back.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn skip(
        &self,
        reader: &dyn Reader,
        (source, log, index): (&str, &LogId, u64),
        reason: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.store.begin().await?;
        tx.scope = Scope::of(reader.name(), "");
        let key = || {
            [
                reader.name().into(),
                source.into(),
                log.as_str().into(),
                crate::value::Value::from(index),
            ]
        };
        let unit = "SELECT unit FROM core_parked WHERE reader = $1 AND source = $2 AND log = $3 AND idx = $4";
        let rows = tx.fetch(unit, &key()).await?;
        let Some(row) = rows.first() else { return Ok(false) };
        let unit = UnitId::from(row.text(0)?);
        tx.execute(GONE, &key()).await?;
        let [a, b, c, d] = key();
        tx.execute(SKIPPED, &[a, b, c, d, reason.into(), at.micros().into()]).await?;
        retry_in(&mut tx, reader, source, &unit).await?;
        tx.commit().await?;
        Ok(true)
    }
}

async fn retry_in(
    tx: &mut Tx<'_>,
    reader: &dyn Reader,
    source: &str,
    unit: &UnitId,
) -> Result<u64, StoreError> {
    let values = [reader.name().into(), source.into(), unit.as_str().into()];
    let mut applied = 0;
    for row in tx.fetch(UNIT, &values).await? {
        let key = [reader.name().into(), source.into(), row.text(0)?.into(), row.i64(1)?.into()];
        let reason = match Event::decode(row.bytes(2)?) {
            Ok(event) => apply_one(tx, reader, &event, true).await?,
            Err(error) => Some(error.to_string()),
        };
        match reason {
            None => {
                tx.execute(GONE, &key).await?;
                applied += 1;
            }
            Some(reason) => {
                let [a, b, c, d] = key;
                tx.execute(AGAIN, &[a, b, c, d, reason.into()]).await?;
                break;
            }
        }
    }
    Ok(applied)
}
