//! PostgreSQL 15 or newer: a schema per service; short limits on every lock and statement that writes. Knows no table.

use std::time::Duration;

use async_trait::async_trait;
use futures::TryStreamExt;
use sqlx::{
    AssertSqlSafe, Column as _, Either, Encode, PgPool, Postgres, Row as _, Transaction, Type,
    TypeInfo, ValueRef,
    encode::IsNull,
    pool::PoolOptions,
    postgres::{PgArgumentBuffer, PgArguments, PgConnectOptions, PgRow, PgTypeInfo, types::Oid},
    query::Query,
};

use super::{Backend, Link, Outcome, Words, spell};
use crate::{
    error::StoreError,
    value::{Column, Row, Value},
};

/// `server_version_num` of the oldest version that works.
const OLDEST: i32 = 150_000;
const WRITERS: u32 = 6;
const READERS: u32 = 8;
/// Guards the making of schemas and tables by several processes that start at once.
pub(crate) const SETUP_LOCK: i64 = 0x0063_756e_7775;

const WORDS: Words = Words {
    rows,
    now: "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::int8",
    update: "FOR UPDATE",
    share: "FOR SHARE",
    taken: <[Column]>::len,
};

pub(crate) struct PostgresBackend {
    writers: PgPool,
    readers: PgPool,
}

impl PostgresBackend {
    pub async fn open(url: &str, schema: &str) -> Result<Self, StoreError> {
        let options: PgConnectOptions = url.parse().map_err(|_| {
            StoreError::Setup(
                "the database URL is not of the form postgres://user@host:5432/database".to_owned(),
            )
        })?;
        let options = options
            .application_name(&format!("cunwu-{schema}"))
            .options([("search_path", format!("\"{schema}\"")), ("timezone", "UTC".to_owned())]);
        let writing = options.clone().options([
            ("lock_timeout", "2s"),
            ("statement_timeout", "2s"),
            ("idle_in_transaction_session_timeout", "2s"),
        ]);
        let pool = |most| {
            PoolOptions::<Postgres>::new()
                .max_connections(most)
                .acquire_timeout(Duration::from_secs(5))
                .idle_timeout(Duration::from_secs(300))
        };
        let writers = pool(WRITERS).connect_with(writing).await.map_err(|error| {
            StoreError::Setup(format!("cannot connect to the database of {schema}: {error}"))
        })?;
        let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int4")
            .fetch_one(&writers)
            .await
            .map_err(failure)?;
        if version < OLDEST {
            return Err(StoreError::Setup(format!(
                "PostgreSQL {}.{} is too old; 15 or newer is needed",
                version / 10_000,
                version % 10_000
            )));
        }
        let mut setup = writers.begin().await.map_err(failure)?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(SETUP_LOCK)
            .execute(&mut *setup)
            .await
            .map_err(failure)?;
        sqlx::query(AssertSqlSafe(format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\"")))
            .execute(&mut *setup)
            .await
            .map_err(failure)?;
        setup.commit().await.map_err(failure)?;
        let reading = options.options([("statement_timeout", "30s")]);
        let readers = pool(READERS).connect_lazy_with(reading);
        Ok(Self { writers, readers })
    }
}

#[async_trait]
impl Backend for PostgresBackend {
    async fn begin(&self) -> Result<Box<dyn Link>, StoreError> {
        Ok(Box::new(PostgresLink(self.writers.begin().await.map_err(failure)?)))
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

    async fn scrub(&self, tables: &[&str]) -> Result<(), StoreError> {
        // A large table takes longer than a page may wait for.
        let mut connection = self.readers.acquire().await.map_err(failure)?;
        sqlx::query("SET statement_timeout = 0")
            .execute(&mut *connection)
            .await
            .map_err(failure)?;
        let mut result = Ok(());
        for table in tables {
            let sql = AssertSqlSafe(format!("VACUUM \"{table}\""));
            result = sqlx::query(sql).execute(&mut *connection).await.map(|_| ());
            if result.is_err() {
                break;
            }
        }
        sqlx::query("SET statement_timeout = '30s'")
            .execute(&mut *connection)
            .await
            .map_err(failure)?;
        result.map_err(failure)
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writers.close().await;
    }
}

struct PostgresLink(Transaction<'static, Postgres>);

#[async_trait]
impl Link for PostgresLink {
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
        self.0.commit().await.map_err(|error| match &error {
            // An answer that says no is an answer; 57 (shutdown) and 08 (connection) may come after the commit.
            sqlx::Error::Database(inner)
                if !inner.code().is_some_and(|c| c.starts_with("57") || c.starts_with("08")) =>
            {
                failure(error)
            }
            _ => StoreError::Unknown(error.to_string()),
        })
    }

    async fn rollback(self: Box<Self>) -> Result<(), StoreError> {
        self.0.rollback().await.map_err(failure)
    }
}

fn rows(columns: &[Column]) -> String {
    let mut arrays = Vec::new();
    let mut names = Vec::new();
    for (n, column) in columns.iter().enumerate() {
        let kind = match column {
            Column::Int(_) => "int8",
            Column::Text(_) => "text",
            Column::Bytes(_) => "bytea",
        };
        arrays.push(format!("${}::{kind}[]", n + 1));
        names.push(format!("c{}", n + 1));
    }
    format!("UNNEST({}) AS r({})", arrays.join(", "), names.join(", "))
}

/// NULL without a type: the column it goes into decides.
struct Untyped;

impl Type<Postgres> for Untyped {
    fn type_info() -> PgTypeInfo {
        // 705 is the pseudo-type `unknown`, whose place the server fills in.
        PgTypeInfo::with_oid(Oid(705))
    }
}

impl Encode<'_, Postgres> for Untyped {
    fn encode_by_ref(
        &self,
        _buffer: &mut PgArgumentBuffer,
    ) -> Result<IsNull, Box<dyn std::error::Error + Send + Sync>> {
        Ok(IsNull::Yes)
    }
}

fn bind<'q>(text: &str, columns: &[Column], values: &[Value]) -> Query<'q, Postgres, PgArguments> {
    let mut query = sqlx::query(AssertSqlSafe(text.to_owned()));
    for column in columns {
        query = match column {
            Column::Int(values) => query.bind(values.clone()),
            Column::Text(values) => query.bind(values.clone()),
            Column::Bytes(values) => query.bind(values.clone()),
        };
    }
    for value in values {
        query = match value {
            Value::Null => query.bind(Untyped),
            Value::I64(number) => query.bind(*number),
            Value::Text(text) => query.bind(text.clone()),
            Value::Bytes(bytes) => query.bind(bytes.clone()),
        };
    }
    query
}

fn read_row(row: &PgRow) -> Result<Row, StoreError> {
    row.columns()
        .iter()
        .map(|column| {
            let n = column.ordinal();
            let raw = row.try_get_raw(n).map_err(failure)?;
            if raw.is_null() {
                return Ok(Value::Null);
            }
            match column.type_info().name() {
                "INT8" => row.try_get(n).map(Value::I64).map_err(failure),
                "INT4" => row.try_get::<i32, _>(n).map(Value::from).map_err(failure),
                "INT2" => row.try_get::<i16, _>(n).map(|v| Value::I64(v.into())).map_err(failure),
                "BOOL" => row.try_get::<bool, _>(n).map(Value::from).map_err(failure),
                "NUMERIC" => {
                    let bytes = raw.as_bytes().map_err(|e| StoreError::Corrupt(e.to_string()))?;
                    whole_number(bytes).map(Value::I64).ok_or_else(|| {
                        StoreError::Corrupt(format!("column {} is no whole number", column.name()))
                    })
                }
                "BYTEA" => row.try_get(n).map(Value::Bytes).map_err(failure),
                "TEXT" | "VARCHAR" | "CHAR" | "NAME" | "UNKNOWN" => {
                    row.try_get_unchecked(n).map(Value::Text).map_err(failure)
                }
                other => Err(StoreError::Corrupt(format!(
                    "column {} is {other}; use BIGINT, TEXT or BYTEA",
                    column.name()
                ))),
            }
        })
        .collect::<Result<Vec<_>, _>>()
        .map(Row)
}

/// A NUMERIC in the binary format (`SUM` of BIGINT gives one): base 10,000 digits from weight down.
fn whole_number(bytes: &[u8]) -> Option<i64> {
    let word = |n: usize| -> Option<i16> {
        Some(i16::from_be_bytes([*bytes.get(2 * n)?, *bytes.get(2 * n + 1)?]))
    };
    let (digits, weight, sign) = (word(0)?, word(1)?, word(2)?);
    if digits > weight.checked_add(1)? && digits > 0 {
        return None;
    }
    let mut number: i128 = 0;
    for n in 0..=weight {
        let digit = if n < digits { word(4 + usize::try_from(n).ok()?)? } else { 0 };
        number = number.checked_mul(10_000)?.checked_add(digit.into())?;
    }
    match sign {
        0 => i64::try_from(number).ok(),
        0x4000 => i64::try_from(-number).ok(),
        _ => None,
    }
}

fn failure(error: sqlx::Error) -> StoreError {
    let text = error.to_string();
    match &error {
        sqlx::Error::Database(inner) => match inner.code().as_deref() {
            // unique violation
            Some("23505") => StoreError::Duplicate(text),
            // deadlock, serialization failure
            Some("40P01" | "40001") => StoreError::Conflict(text),
            // lock not available, query cancelled by its time limit, too many connections, disk full
            Some("55P03" | "57014" | "53300" | "53100") => StoreError::Busy(text),
            // connection, shutdown, idle in transaction too long (25P03 arrives on the next statement)
            Some(code) if code.starts_with("08") || code.starts_with("57P") || code == "25P03" => {
                StoreError::Busy(text)
            }
            _ => StoreError::Database(text),
        },
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::WorkerCrashed => StoreError::Busy(text),
        _ => StoreError::Database(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_whole_numbers() {
        let numeric = |digits: &[i16], weight: i16, sign: i16| {
            let mut bytes = Vec::new();
            for word in [i16::try_from(digits.len()).unwrap(), weight, sign, 0] {
                bytes.extend(word.to_be_bytes());
            }
            digits.iter().for_each(|d| bytes.extend(d.to_be_bytes()));
            whole_number(&bytes)
        };
        assert_eq!(numeric(&[], 0, 0), Some(0));
        assert_eq!(numeric(&[12, 3456], 1, 0), Some(123_456));
        assert_eq!(numeric(&[5], 1, 0x4000), Some(-50_000));
        assert_eq!(numeric(&[5, 5000], 0, 0), None);
    }
}
