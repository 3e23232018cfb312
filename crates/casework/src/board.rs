//! The tables that the desk's lists read: cases by unit and procedure with what is due, and whom each waits for.
//! Applies the service's own events; needs nothing sealed.

use std::sync::Arc;

use async_trait::async_trait;
use definitions::{Definition, Definitions};
use desk::Wanted;
use engines::procedure::{History, governing, open_steps};
use kernel::{Event, LogId, Position, StreamId, Timestamp, UnitId};
use store::{Reader, ReaderError, Row, Store, StoreError, Tx, Value};

use crate::{
    books::LEDGER,
    closed::CONCERNS,
    openings::OPENING,
    sealed_case::{SealedLine, SealedPlace},
    state::LOOKED,
};

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

/// The table of sealed cases: of each nothing but where to look for it.
pub const SEALED_TABLE: [&str; 2] = [
    "CREATE TABLE board_sealed~ (stream TEXT NOT NULL PRIMARY KEY, procedure_id TEXT NOT NULL, unit TEXT NOT NULL, \
     ended BIGINT NOT NULL)",
    "CREATE INDEX board_sealed_unit~ ON board_sealed~ (unit, procedure_id)",
];

const CASE: &str = "INSERT INTO board_case~ (stream, procedure_id, unit, sort_due, newest, ended, history) \
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (stream) DO UPDATE SET unit = excluded.unit, \
     sort_due = excluded.sort_due, newest = excluded.newest, ended = excluded.ended, history = excluded.history";
const RECORD: &str = "INSERT INTO board_record~ (event, stream, version, log, idx, at, body) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";

const SEALED: &str = "INSERT INTO board_sealed~ (stream, procedure_id, unit, ended) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (stream) DO UPDATE SET unit = excluded.unit, ended = excluded.ended";

#[async_trait]
impl Reader for Board {
    fn name(&self) -> &str {
        &self.name
    }

    fn schema(&self, _: &str) -> Vec<String> {
        TABLES.iter().chain(&SEALED_TABLE).map(|sql| (*sql).to_owned()).collect()
    }

    fn wants_closed(&self) -> bool {
        self.definitions.iter().any(Definition::is_closed)
    }

    async fn apply(&self, tx: &mut Tx<'_>, event: &Event) -> Result<(), ReaderError> {
        if [OPENING, LOOKED, LEDGER].contains(&event.stream.kind()) {
            return Ok(());
        }
        if apply_sealed(tx, event).await? {
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

/// Notes where a sealed case lies; tells whether the event is one of such a case.
///
/// # Errors
/// When the database is out of reach.
pub async fn apply_sealed(tx: &mut Tx<'_>, event: &Event) -> Result<bool, ReaderError> {
    if !event.data.contains_key(CONCERNS) {
        return Ok(false);
    }
    let Some(under) = &event.definition else { return Ok(true) };
    let procedure = under.as_str().split_once('@').map_or(under.as_str(), |(id, _)| id);
    let ended = event.data.get("concluded").and_then(serde_json::Value::as_bool) == Some(true);
    let values: [Value; 4] =
        [event.stream.as_str().into(), procedure.into(), event.unit.as_str().into(), ended.into()];
    tx.execute(SEALED, &values).await?;
    Ok(true)
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

impl Line {
    /// Of a sealed case, which was opened for it.
    pub fn sealed(sealed: SealedLine) -> Self {
        let SealedLine { at: SealedPlace { stream, procedure, unit }, history, due, last, .. } =
            sealed;
        let key =
            format!("{}.{}.{stream}", due.map_or(i64::MAX, Timestamp::micros), -last.micros());
        Self { stream, procedure, unit, history, key }
    }

    /// Its place in a list: what is due first, then the newest.
    pub fn order(&self) -> (i64, i64, String) {
        parse_key(&self.key).map_or((i64::MAX, 0, String::new()), |(due, newest, stream)| {
            (due, newest, stream.to_owned())
        })
    }

    /// Whether it comes after the item with this key.
    pub fn comes_after(&self, key: Option<&str>) -> bool {
        let after = key.and_then(parse_key);
        after.is_none_or(|(due, newest, stream)| self.order() > (due, newest, stream.to_owned()))
    }
}

/// Where sealed cases lie; at most so many.
///
/// # Errors
/// When the database is out of reach.
pub async fn sealed(
    store: &Store,
    wanted: &Wanted,
    most: u32,
) -> Result<Vec<SealedPlace>, StoreError> {
    let mut asked = Asked::of(
        wanted,
        "SELECT c.stream, c.procedure_id, c.unit FROM board_sealed~ c WHERE true",
    );
    let limit = asked.put(i64::from(most).into());
    let sql = format!("{} ORDER BY c.stream LIMIT {limit}", asked.sql());
    store.query(&sql, &asked.values).await?.iter().map(sealed_place).collect()
}

/// A row of that table: stream, procedure, unit.
///
/// # Errors
/// When the row has other columns.
pub fn sealed_place(row: &Row) -> Result<SealedPlace, StoreError> {
    Ok(SealedPlace {
        stream: row.text(0)?.into(),
        procedure: row.text(1)?.to_owned(),
        unit: row.text(2)?.into(),
    })
}

/// A question over a table of cases `c`, with its values: in which unit, of which procedure, ended or not.
struct Asked {
    below: String,
    sql: String,
    values: Vec<Value>,
}

impl Asked {
    fn of(wanted: &Wanted, select: &str) -> Self {
        let mut asked = Self { below: String::new(), sql: select.to_owned(), values: Vec::new() };
        if let Some(unit) = &wanted.unit {
            let at = asked.put(unit.as_str().into());
            if wanted.below {
                asked.below = format!(
                    "WITH RECURSIVE below(unit) AS (SELECT CAST({at} AS TEXT) UNION SELECT u.unit FROM directory_unit~ u \
                     JOIN below b ON u.parent = b.unit) "
                );
                asked.sql.push_str(" AND c.unit IN (SELECT unit FROM below)");
            } else {
                asked.sql.push_str(&format!(" AND c.unit = {at}"));
            }
        }
        if let Some(procedure) = &wanted.procedure {
            let id = asked.put(procedure.as_str().into());
            asked.sql.push_str(&format!(" AND c.procedure_id = {id}"));
        }
        if wanted.open_only {
            asked.sql.push_str(" AND c.ended = 0");
        }
        asked
    }

    fn put(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    fn sql(&self) -> String {
        format!("{}{}", self.below, self.sql)
    }
}

/// One more than `wanted.limit` cases, if there are so many: what is due first, then the newest.
///
/// # Errors
/// When the database is out of reach.
pub async fn lines(store: &Store, wanted: &Wanted) -> Result<Vec<Line>, StoreError> {
    let mut asked = Asked::of(
        wanted,
        "SELECT c.stream, c.procedure_id, c.unit, c.history, c.sort_due, c.newest FROM board_case~ c WHERE true",
    );
    if !wanted.who.is_empty() {
        let who: Vec<String> =
            wanted.who.iter().map(|who| asked.put(who.as_str().into())).collect();
        asked.sql.push_str(&format!(
            " AND EXISTS (SELECT 1 FROM board_wait~ w WHERE w.stream = c.stream AND w.who IN ({}))",
            who.join(", ")
        ));
    }
    if let Some((due, newest, stream)) = wanted.after.as_deref().and_then(parse_key) {
        let after = [due.into(), newest.into(), stream.into()].map(|value| asked.put(value));
        let after = after.join(", ");
        asked.sql.push_str(&format!(" AND (c.sort_due, c.newest, c.stream) > ({after})"));
    }
    let limit = asked.put((i64::from(wanted.limit) + 1).into());
    let sql = format!("{} ORDER BY c.sort_due, c.newest, c.stream LIMIT {limit}", asked.sql());
    let rows = store.query(&sql, &asked.values).await?;
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
