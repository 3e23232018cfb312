//! The tables that the desk's lists read: cases by unit and procedure with what is due, and whom each waits for.
//! Applies the service's own events; needs nothing sealed.

use std::sync::Arc;

use async_trait::async_trait;
use definitions::Definitions;
use desk::Wanted;
use engines::procedure::{History, governing, open_steps};
use kernel::{Event, LogId, Position, StreamId, Timestamp, UnitId};
use store::{Reader, ReaderError, Store, StoreError, Tx, Value};

use crate::openings::OPENING;

/// The reader of the own logs.
pub struct Board {
    name: String,
    definitions: Arc<Definitions>,
}

impl Board {
    /// `<service>-board`, under these definitions.
    pub fn new(service: &str, definitions: Arc<Definitions>) -> Arc<Self> {
        Arc::new(Self { name: format!("{service}-board"), definitions })
    }
}

const TABLES: [&str; 7] = [
    // `sort_due`: µs of what is due first, the largest number where nothing is; `newest`: minus the µs of the last event.
    "CREATE TABLE board_case~ (stream TEXT NOT NULL PRIMARY KEY, procedure_id TEXT NOT NULL, unit TEXT NOT NULL, \
     sort_due BIGINT NOT NULL, newest BIGINT NOT NULL, ended BIGINT NOT NULL, history TEXT NOT NULL)",
    "CREATE INDEX board_case_unit~ ON board_case~ (unit, procedure_id, sort_due, newest)",
    "CREATE TABLE board_wait~ (stream TEXT NOT NULL, who TEXT NOT NULL, PRIMARY KEY (stream, who))",
    "CREATE INDEX board_wait_who~ ON board_wait~ (who, stream)",
    "CREATE TABLE board_record~ (event TEXT NOT NULL PRIMARY KEY, stream TEXT NOT NULL, version BIGINT NOT NULL, \
     log TEXT NOT NULL, idx BIGINT NOT NULL, at BIGINT NOT NULL, body TEXT NOT NULL)",
    "CREATE INDEX board_record_stream~ ON board_record~ (stream, version)",
    "CREATE INDEX board_record_at~ ON board_record~ (at)",
];

const CASE: &str = "INSERT INTO board_case~ (stream, procedure_id, unit, sort_due, newest, ended, history) \
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (stream) DO UPDATE SET unit = excluded.unit, \
     sort_due = excluded.sort_due, newest = excluded.newest, ended = excluded.ended, history = excluded.history";
const RECORD: &str = "INSERT INTO board_record~ (event, stream, version, log, idx, at, body) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";

#[async_trait]
impl Reader for Board {
    fn name(&self) -> &str {
        &self.name
    }

    fn schema(&self, _: &str) -> Vec<String> {
        TABLES.iter().map(|sql| (*sql).to_owned()).collect()
    }

    async fn apply(&self, tx: &mut Tx<'_>, event: &Event) -> Result<(), ReaderError> {
        if event.stream.kind() == OPENING {
            return Ok(());
        }
        let stream = event.stream.as_str();
        let sql = "SELECT procedure_id, history FROM board_case~ WHERE stream = $1";
        let found = tx.fetch(sql, &[stream.into()]).await?;
        let (procedure, before) = match found.first() {
            Some(row) => {
                (row.text(0)?.to_owned(), Some(serde_json::from_str::<History>(row.text(1)?)?))
            }
            None => {
                let under = event.definition.as_ref().and_then(|d| d.as_str().split_once('@'));
                let first = || ReaderError::Poison(format!("{stream} begins under no definition"));
                (under.map(|(id, _)| id.to_owned()).ok_or_else(first)?, None)
            }
        };
        let history = History::evolve(before, event);
        let open = governing(&self.definitions, &procedure, Some(&history))
            .map(|definition| open_steps(definition, Some(&history), event.time))
            .unwrap_or_default();
        let due = open.iter().filter_map(|open| open.due).min();
        let values = [
            stream.into(),
            procedure.into(),
            event.unit.as_str().into(),
            due.map_or(i64::MAX, Timestamp::micros).into(),
            (-event.time.micros()).into(),
            history.ended.into(),
            serde_json::to_string(&history)?.into(),
        ];
        tx.execute(CASE, &values).await?;
        tx.execute("DELETE FROM board_wait~ WHERE stream = $1", &[stream.into()]).await?;
        let mut who: Vec<&String> = open.iter().flat_map(|open| &open.who).collect();
        who.sort();
        who.dedup();
        for who in who {
            let sql = "INSERT INTO board_wait~ (stream, who) VALUES ($1, $2)";
            tx.execute(sql, &[stream.into(), who.as_str().into()]).await?;
        }
        let record = [
            event.id.as_str().into(),
            stream.into(),
            event.version.into(),
            event.log.as_str().into(),
            event.index.into(),
            event.time.micros().into(),
            serde_json::to_string(&event.data)?.into(),
        ];
        tx.execute(RECORD, &record).await?;
        Ok(())
    }
}

/// A case on the board.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its stream.
    pub stream: StreamId,
    /// Its procedure.
    pub procedure: String,
    /// Where it lies.
    pub unit: UnitId,
    /// Its course.
    pub history: History,
    /// The key after which a next page begins.
    pub key: String,
}

/// One more than `wanted.limit` cases, if there are so many: what is due first, then the newest.
///
/// # Errors
/// When the database is out of reach.
pub async fn lines(store: &Store, wanted: &Wanted) -> Result<Vec<Line>, StoreError> {
    let mut values: Vec<Value> = Vec::new();
    let mut put = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    let mut below = String::new();
    let mut sql = "SELECT c.stream, c.procedure_id, c.unit, c.history, c.sort_due, c.newest FROM board_case~ c WHERE true".to_owned();
    if let Some(unit) = &wanted.unit {
        let at = put(unit.as_str().into());
        if wanted.below {
            below = format!(
                "WITH RECURSIVE below(unit) AS (SELECT CAST({at} AS TEXT) UNION SELECT u.unit FROM directory_unit~ u \
                 JOIN below b ON u.parent = b.unit) "
            );
            sql.push_str(" AND c.unit IN (SELECT unit FROM below)");
        } else {
            sql.push_str(&format!(" AND c.unit = {at}"));
        }
    }
    if let Some(procedure) = &wanted.procedure {
        sql.push_str(&format!(" AND c.procedure_id = {}", put(procedure.as_str().into())));
    }
    if wanted.open_only {
        sql.push_str(" AND c.ended = 0");
    }
    if !wanted.who.is_empty() {
        let who: Vec<String> = wanted.who.iter().map(|who| put(who.as_str().into())).collect();
        sql.push_str(&format!(
            " AND EXISTS (SELECT 1 FROM board_wait~ w WHERE w.stream = c.stream AND w.who IN ({}))",
            who.join(", ")
        ));
    }
    if let Some((due, newest, stream)) = wanted.after.as_deref().and_then(parse_key) {
        let (due, newest, stream) = (put(due.into()), put(newest.into()), put(stream.into()));
        sql.push_str(&format!(
            " AND (c.sort_due, c.newest, c.stream) > ({due}, {newest}, {stream})"
        ));
    }
    let limit = put((i64::from(wanted.limit) + 1).into());
    sql.push_str(&format!(" ORDER BY c.sort_due, c.newest, c.stream LIMIT {limit}"));
    let rows = store.query(&format!("{below}{sql}"), &values).await?;
    rows.iter()
        .map(|row| {
            let stream = row.text(0)?;
            let history = serde_json::from_str(row.text(3)?).map_err(|error| {
                StoreError::Corrupt(format!("{stream}: {error}; rebuild the board"))
            })?;
            Ok(Line {
                stream: stream.into(),
                procedure: row.text(1)?.to_owned(),
                unit: row.text(2)?.into(),
                history,
                key: format!("{}.{}.{stream}", row.i64(4)?, row.i64(5)?),
            })
        })
        .collect()
}

fn parse_key(key: &str) -> Option<(i64, i64, &str)> {
    let (due, rest) = key.split_once('.')?;
    let (newest, stream) = rest.split_once('.')?;
    Some((due.parse().ok()?, newest.parse().ok()?, stream))
}

/// One event of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The event.
    pub event: kernel::EventId,
    /// Where it lies.
    pub position: Position,
    /// When.
    pub at: Timestamp,
    /// Its data.
    pub data: serde_json::Map<String, serde_json::Value>,
}

/// The events of a case, in order.
///
/// # Errors
/// When the database is out of reach.
pub async fn records(store: &Store, stream: &StreamId) -> Result<Vec<Recorded>, StoreError> {
    let sql =
        "SELECT event, log, idx, at, body FROM board_record~ WHERE stream = $1 ORDER BY version";
    let rows = store.query(sql, &[stream.as_str().into()]).await?;
    rows.iter()
        .map(|row| {
            let data = serde_json::from_str(row.text(4)?).map_err(|error| {
                StoreError::Corrupt(format!("{stream}: {error}; rebuild the board"))
            })?;
            Ok(Recorded {
                event: row.text(0)?.into(),
                position: Position { log: LogId::from(row.text(1)?), index: row.u64(2)? },
                at: Timestamp::from_micros(row.i64(3)?),
                data,
            })
        })
        .collect()
}

/// The last event on the board: as of when it speaks.
///
/// # Errors
/// When the database is out of reach.
pub async fn as_of(store: &Store) -> Result<Option<(Timestamp, Position)>, StoreError> {
    let sql = "SELECT at, log, idx FROM board_record~ ORDER BY at DESC, idx DESC LIMIT 1";
    let rows = store.query(sql, &[]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let position = Position { log: LogId::from(row.text(1)?), index: row.u64(2)? };
    Ok(Some((Timestamp::from_micros(row.i64(0)?), position)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_pages_are_read_back() {
        assert_eq!(parse_key("9.-5.notice/a.b"), Some((9, -5, "notice/a.b")));
        assert_eq!(parse_key("x"), None);
    }
}
