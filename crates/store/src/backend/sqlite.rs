//! SQLite: one file, one writer, many readers. Durable at COMMIT (WAL, `synchronous=FULL`). Knows no table.

use std::{path::Path, time::Duration};

use async_trait::async_trait;
use futures::TryStreamExt;
use sqlx::{
    AssertSqlSafe, Column as _, Either, Row as _, Sqlite, SqlitePool, Transaction, TypeInfo,
    ValueRef,
    pool::PoolOptions,
    query::Query,
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous,
    },
};

use super::{Backend, Link, Outcome, Words, spell};
use crate::{
    error::StoreError,
    value::{Column, Row, Value},
};

/// 3.7.0 to 3.51.2 can lose a WAL reset; 3.52.0 was withdrawn.
const OLDEST: (u32, u32, u32) = (3, 51, 3);
const BUSY: Duration = Duration::from_secs(2);
const READERS: u32 = 4;

const WORDS: Words = Words {
    rows,
    now: "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
    update: "",
    share: "",
    taken: |columns| usize::from(!columns.is_empty()),
};

pub(crate) struct SqliteBackend {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqliteBackend {
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| {
                StoreError::Setup(format!(
                    "cannot make the folder {}: {error}; name one that can be written",
                    folder.display()
                ))
            })?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .pragma("secure_delete", "ON")
            .pragma("temp_store", "MEMORY");
        let writer = PoolOptions::<Sqlite>::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(10))
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone())
            .await
            .map_err(|error| {
                StoreError::Setup(format!("cannot open the database {}: {error}", path.display()))
            })?;
        let version: String = sqlx::query_scalar("SELECT sqlite_version()")
            .fetch_one(&writer)
            .await
            .map_err(failure)?;
        require(&version)?;
        let readers = PoolOptions::<Sqlite>::new()
            .max_connections(READERS)
            .acquire_timeout(Duration::from_secs(10))
            .connect_lazy_with(options.pragma("query_only", "ON"));
        Ok(Self { writer, readers })
    }
}

fn require(version: &str) -> Result<(), StoreError> {
    let mut numbers = version.split('.').map(|n| n.parse::<u32>().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    let found = (next(), next(), next());
    if found < OLDEST || found == (3, 52, 0) {
        return Err(StoreError::Setup(format!(
            "SQLite {version} may damage its write-ahead log; 3.51.3 or newer (but not 3.52.0) is needed"
        )));
    }
    Ok(())
}

#[async_trait]
impl Backend for SqliteBackend {
    async fn begin(&self) -> Result<Box<dyn Link>, StoreError> {
        let transaction = self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(failure)?;
        Ok(Box::new(SqliteLink(transaction)))
    }

    async fn read(
        &self,
        sql: &str,
        columns: &[Column],
        values: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        let text = spell(sql, columns, &WORDS);
        let rows = bind(&text, columns, values).fetch_all(&self.readers).await.map_err(failure)?;
        rows.iter().map(read_row).collect()
    }

    async fn scrub(&self, _tables: &[&str]) -> Result<(), StoreError> {
        // Deleted cells are zeroed already (secure_delete); this empties the write-ahead log.
        for _ in 0..40 {
            let done: i64 = sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)")
                .fetch_one(&self.writer)
                .await
                .map_err(failure)?;
            if done == 0 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(StoreError::Busy("readers keep the write-ahead log from being emptied".to_owned()))
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

struct SqliteLink(Transaction<'static, Sqlite>);

#[async_trait]
impl Link for SqliteLink {
    async fn run(
        &mut self,
        sql: &str,
        columns: &[Column],
        values: &[Value],
    ) -> Result<Outcome, StoreError> {
        let text = spell(sql, columns, &WORDS);
        let mut outcome = Outcome::default();
        #[expect(deprecated, reason = "the only call that gives both rows and their count")]
        let mut results = bind(&text, columns, values).fetch_many(&mut *self.0);
        while let Some(part) = results.try_next().await.map_err(failure)? {
            match part {
                Either::Left(done) => outcome.affected += done.rows_affected(),
                Either::Right(row) => outcome.rows.push(read_row(&row)?),
            }
        }
        Ok(outcome)
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.0.commit().await.map_err(|error| match failure(error) {
            StoreError::Busy(text) => StoreError::Busy(text),
            other => StoreError::Unknown(other.to_string()),
        })
    }

    async fn rollback(self: Box<Self>) -> Result<(), StoreError> {
        self.0.rollback().await.map_err(failure)
    }
}

fn rows(columns: &[Column]) -> String {
    let list: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(n, column)| match column {
            Column::Bytes(_) => format!("unhex(value->>{n}) AS c{}", n + 1),
            _ => format!("value->>{n} AS c{}", n + 1),
        })
        .collect();
    format!("(SELECT {} FROM json_each($1)) AS r", list.join(", "))
}

/// The rows as one JSON array of arrays; bytes in hexadecimal.
fn as_json(columns: &[Column]) -> String {
    let length = columns.first().map_or(0, |column| match column {
        Column::Int(values) => values.len(),
        Column::Text(values) => values.len(),
        Column::Bytes(values) => values.len(),
    });
    let cell = |column: &Column, row: usize| match column {
        Column::Int(values) => values.get(row).copied().flatten().map(serde_json::Value::from),
        Column::Text(values) => {
            values.get(row).and_then(Option::as_ref).map(|t| serde_json::Value::from(t.as_str()))
        }
        Column::Bytes(values) => values
            .get(row)
            .and_then(Option::as_ref)
            .map(|b| serde_json::Value::from(hex::encode(b))),
    };
    let table: Vec<Vec<serde_json::Value>> = (0..length)
        .map(|row| columns.iter().map(|c| cell(c, row).unwrap_or_default()).collect())
        .collect();
    serde_json::Value::from(table.into_iter().map(serde_json::Value::from).collect::<Vec<_>>())
        .to_string()
}

fn bind<'q>(
    text: &str,
    columns: &[Column],
    values: &[Value],
) -> Query<'q, Sqlite, SqliteArguments> {
    let mut query = sqlx::query(AssertSqlSafe(text.to_owned()));
    if !columns.is_empty() {
        query = query.bind(as_json(columns));
    }
    for value in values {
        query = match value {
            Value::Null => query.bind(Option::<i64>::None),
            Value::I64(number) => query.bind(*number),
            Value::Text(text) => query.bind(text.clone()),
            Value::Bytes(bytes) => query.bind(bytes.clone()),
        };
    }
    query
}

fn read_row(row: &SqliteRow) -> Result<Row, StoreError> {
    row.columns()
        .iter()
        .map(|column| {
            let n = column.ordinal();
            let raw = row.try_get_raw(n).map_err(failure)?;
            if raw.is_null() {
                return Ok(Value::Null);
            }
            let kind = raw.type_info().name().to_owned();
            match kind.as_str() {
                "INTEGER" | "BOOLEAN" => row.try_get_unchecked(n).map(Value::I64).map_err(failure),
                "TEXT" => row.try_get_unchecked(n).map(Value::Text).map_err(failure),
                "BLOB" => row.try_get_unchecked(n).map(Value::Bytes).map_err(failure),
                other => Err(StoreError::Corrupt(format!(
                    "column {} is {other}; use BIGINT, TEXT or BYTEA",
                    column.name()
                ))),
            }
        })
        .collect::<Result<Vec<_>, _>>()
        .map(Row)
}

fn failure(error: sqlx::Error) -> StoreError {
    let text = error.to_string();
    match &error {
        sqlx::Error::Database(inner) => {
            if inner.is_unique_violation() {
                return StoreError::Duplicate(text);
            }
            // The low byte of an extended code is the primary one: BUSY 5, LOCKED 6, READONLY 8, IOERR 10, FULL 13.
            let code = inner.code().and_then(|c| c.parse::<i32>().ok()).unwrap_or(0) & 0xff;
            match code {
                5 | 6 | 8 | 10 | 13 | 14 => StoreError::Busy(text),
                _ => StoreError::Database(text),
            }
        }
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::Io(_)
        | sqlx::Error::WorkerCrashed => StoreError::Busy(text),
        _ => StoreError::Database(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_versions_that_may_damage_the_file() {
        for bad in ["3.40.1", "3.51.2", "3.52.0"] {
            assert!(matches!(require(bad), Err(StoreError::Setup(_))), "{bad}");
        }
        assert!(require("3.51.3").is_ok() && require("3.53.0").is_ok());
    }
}
