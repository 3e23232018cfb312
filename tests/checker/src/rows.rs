//! Reads the tables of a service's database, on either kind.

use anyhow::Context;
use serde_json::Value;
use sqlx::{PgPool, SqlitePool, postgres::PgConnectOptions, sqlite::SqliteConnectOptions};

use crate::{Entry, Log, Service};

/// A database, opened to be read.
pub enum Database {
    /// A file.
    Sqlite(SqlitePool),
    /// A server's.
    Postgres(PgPool),
}

impl Database {
    /// Opens it; on a server the tables lie in a schema of the service's name.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn open(url: &str, service: &str) -> anyhow::Result<Self> {
        Ok(match url.strip_prefix("sqlite:") {
            Some(file) => {
                let options = SqliteConnectOptions::new().filename(file);
                Self::Sqlite(SqlitePool::connect_with(options).await.context(url.to_owned())?)
            }
            None => {
                let options: PgConnectOptions = url.parse()?;
                let options = options.options([("search_path", service)]);
                Self::Postgres(PgPool::connect_with(options).await.context("the database")?)
            }
        })
    }

    /// Runs a statement: for tests that spoil what is there.
    ///
    /// # Errors
    /// What the database says.
    pub async fn run(&self, sql: &'static str) -> anyhow::Result<u64> {
        Ok(match self {
            Self::Sqlite(pool) => sqlx::query(sql).execute(pool).await?.rows_affected(),
            Self::Postgres(pool) => sqlx::query(sql).execute(pool).await?.rows_affected(),
        })
    }

    async fn heads(&self) -> anyhow::Result<Vec<(String, String, i64)>> {
        let sql = "SELECT id, kind, size FROM core_log ORDER BY id";
        Ok(match self {
            Self::Sqlite(pool) => sqlx::query_as(sql).fetch_all(pool).await?,
            Self::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await?,
        })
    }

    async fn entries(&self, log: &str) -> anyhow::Result<Vec<(i64, Vec<u8>, Vec<u8>)>> {
        let sql = "SELECT idx, bytes, leaf FROM core_entry WHERE log = $1 ORDER BY idx";
        Ok(match self {
            Self::Sqlite(pool) => sqlx::query_as(sql).bind(log).fetch_all(pool).await?,
            Self::Postgres(pool) => sqlx::query_as(sql).bind(log).fetch_all(pool).await?,
        })
    }

    async fn close(self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// All logs with all entries.
pub async fn logs(service: &Service) -> anyhow::Result<Vec<Log>> {
    let database = Database::open(&service.database, &service.name).await?;
    let mut logs = Vec::new();
    for (id, kind, size) in database.heads().await? {
        let open = kind == "open";
        let mut entries = Vec::new();
        for (index, bytes, leaf) in database.entries(&id).await? {
            let event: Option<Value> = match open {
                true => Some(
                    serde_json::from_slice(&bytes)
                        .with_context(|| format!("{id} {index} is no event"))?,
                ),
                false => None,
            };
            entries.push(Entry { index: u64::try_from(index)?, bytes, leaf, event });
        }
        logs.push(Log { id, open, size: u64::try_from(size)?, entries });
    }
    database.close().await;
    Ok(logs)
}
