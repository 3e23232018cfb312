//! A database of one service, whichever of the two it is, and transactions on it. Knows no table of the store.

use std::{path::PathBuf, sync::Arc};

use kernel::{Loaded, StreamId};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    backend::{Backend, Link, Outcome, postgres::PostgresBackend, sqlite::SqliteBackend},
    error::StoreError,
    value::{Column, Row, Value},
};

/// A handle to one database; cloning it is cheap.
#[derive(Clone)]
pub struct Database {
    backend: Arc<dyn Backend>,
    postgres: bool,
}

impl Database {
    /// Opens or creates it. `url` is `postgres://…` (then `name` is the schema), or a SQLite file, with or without
    /// `sqlite:`; a folder holds the file `<name>.sqlite`.
    ///
    /// # Errors
    /// [`StoreError::Setup`] with the remedy when it cannot be opened.
    pub async fn open(url: &str, name: &str) -> Result<Self, StoreError> {
        let proper = !name.is_empty()
            && name.len() <= 40
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !proper {
            return Err(StoreError::Setup(format!(
                "`{name}` cannot name a schema: use lower-case letters, digits and `_`"
            )));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let backend = PostgresBackend::open(url, name).await?;
            return Ok(Self { backend: Arc::new(backend), postgres: true });
        }
        let path = url.strip_prefix("sqlite://").or(url.strip_prefix("sqlite:")).unwrap_or(url);
        if path.is_empty() || path.contains("://") || path.contains(":memory:") {
            return Err(StoreError::Setup(format!(
                "`{url}` is no database: name a SQLite file or a postgres:// URL"
            )));
        }
        let mut path = PathBuf::from(path);
        if path.is_dir() || url.ends_with('/') {
            path.push(format!("{name}.sqlite"));
        }
        Ok(Self { backend: Arc::new(SqliteBackend::open(&path).await?), postgres: false })
    }

    /// Whether several machines can share it (PostgreSQL).
    pub fn is_shared(&self) -> bool {
        self.postgres
    }

    /// Begins a transaction that may write. Dropped without [`Tx::commit`], it is rolled back.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when the lock or the connection is not there in time.
    pub async fn begin(&self) -> Result<Tx<'static>, StoreError> {
        Ok(Tx { link: self.backend.begin().await?, scope: Scope::default() })
    }

    pub(crate) async fn link(&self) -> Result<Box<dyn Link>, StoreError> {
        self.backend.begin().await
    }

    /// Reads outside a transaction, from one snapshot. `$1`, `$2`, … are the values; `~` in the text is nothing.
    ///
    /// # Errors
    /// When the database refuses or is out of reach.
    pub async fn query(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.backend.read(&sql.replace('~', ""), &[], values).await
    }

    pub(crate) async fn read(
        &self,
        sql: &str,
        columns: &[Column],
        values: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        self.backend.read(sql, columns, values).await
    }

    /// Takes the traces of deleted rows out of the files: to be called after an erasure, outside a transaction.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when others are writing.
    pub async fn scrub(&self, tables: &[&str]) -> Result<(), StoreError> {
        self.backend.scrub(tables).await
    }

    /// Ends all connections.
    pub async fn close(&self) {
        self.backend.close().await;
    }

    /// Makes tables once. Each text of `steps` is a step of the schema, run once in order and never changed later.
    ///
    /// # Errors
    /// [`StoreError::Setup`] when the database is newer than this program.
    pub async fn migrate(&self, of: &str, steps: &[&[&str]]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        if self.postgres {
            let lock = crate::backend::postgres::SETUP_LOCK;
            tx.fetch("SELECT CAST(pg_advisory_xact_lock($1) AS text)", &[lock.into()]).await?;
        }
        tx.execute(
            "CREATE TABLE IF NOT EXISTS core_schema (of TEXT PRIMARY KEY, step BIGINT NOT NULL)",
            &[],
        )
        .await?;
        let found = tx.fetch("SELECT step FROM core_schema WHERE of = $1", &[of.into()]).await?;
        let done = found.first().map_or(Ok(0), |row| row.u64(0))?;
        let known = steps.len() as u64;
        if done > known {
            return Err(StoreError::Setup(format!(
                "the database ({of}) is at step {done}, this program knows {known}: start the newer program"
            )));
        }
        for step in steps.iter().skip(usize::try_from(done).unwrap_or(usize::MAX)) {
            for sql in *step {
                tx.execute(sql, &[]).await?;
            }
        }
        tx.execute(
            "INSERT INTO core_schema (of, step) VALUES ($1, $2) ON CONFLICT (of) DO UPDATE SET step = excluded.step",
            &[of.into(), known.into()],
        )
        .await?;
        tx.commit().await
    }
}

/// Whose copies of foreign facts a transaction writes, and into which tables.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    /// The reader, with its suffix during a rebuild.
    pub owner: String,
    /// What tables and copies carry behind their names while they are rebuilt.
    pub suffix: String,
}

/// A transaction. SQL that both databases understand, with the types `BIGINT`, `TEXT` and `BYTEA`.
///
/// `$1`, `$2`, … are the values. `~` in the text stands for the suffix that tables have while they are rebuilt beside
/// the live ones: write `INSERT INTO payments~ …` for every table of a reader. Text from users goes into values alone.
pub struct Tx<'a> {
    link: Box<dyn Link + 'a>,
    pub(crate) scope: Scope,
}

impl Tx<'_> {
    pub(crate) async fn run(
        &mut self,
        sql: &str,
        columns: &[Column],
        values: &[Value],
    ) -> Result<Outcome, StoreError> {
        let text = sql.replace('~', &self.scope.suffix);
        self.link.run(&text, columns, values).await
    }

    /// Runs a statement; gives how many rows it wrote.
    ///
    /// # Errors
    /// When the database refuses or is out of reach.
    pub async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        self.run(sql, &[], values).await.map(|outcome| outcome.affected)
    }

    /// Runs a statement; gives its rows.
    ///
    /// # Errors
    /// When the database refuses or is out of reach.
    pub async fn fetch(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.run(sql, &[], values).await.map(|outcome| outcome.rows)
    }

    /// The suffix that tables have in this transaction: empty except during a rebuild.
    pub fn suffix(&self) -> &str {
        &self.scope.suffix
    }

    /// Commits.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] when the answer was lost.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.link.commit().await
    }

    /// Rolls back.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn rollback(self) -> Result<(), StoreError> {
        self.link.rollback().await
    }

    /// The copies of foreign facts kept under these streams; a stream without a copy is in it at version 0.
    ///
    /// # Errors
    /// When a copy does not have the shape of `S`: rebuild the reader.
    pub async fn load_states<S: DeserializeOwned>(
        &mut self,
        streams: &[StreamId],
    ) -> Result<Loaded<S>, StoreError> {
        let mut loaded = Loaded::default();
        for stream in streams {
            loaded.put(stream.clone(), 0, None);
        }
        let suffix = self.scope.suffix.clone();
        let names = Column::texts(streams.iter().map(|s| format!("{s}{suffix}")));
        let rows = self.run(LOAD, &[names], &[]).await?.rows;
        for row in rows {
            let name = row.text(0)?;
            let stream = StreamId::from(name.strip_suffix(suffix.as_str()).unwrap_or(name));
            let state = match row.opt_bytes(2)? {
                None => None,
                Some(bytes) => Some(serde_json::from_slice(bytes).map_err(|error| {
                    StoreError::Corrupt(format!("the copy {stream}: {error}; rebuild its reader"))
                })?),
            };
            loaded.put(stream, row.u64(1)?, state);
        }
        Ok(loaded)
    }

    /// Keeps the copy of a foreign fact as the state that decisions read; its version goes up by one. `format` is the
    /// domain's `STATE_FORMAT`.
    ///
    /// # Errors
    /// [`StoreError::Database`] for a stream that is not foreign: own streams are written by events alone.
    pub async fn put_state<S: Serialize + Sync>(
        &mut self,
        stream: &StreamId,
        state: &S,
        format: i32,
    ) -> Result<(), StoreError> {
        if !stream.is_foreign() {
            return Err(StoreError::Database(format!(
                "{stream} is a stream of this service: events alone change it"
            )));
        }
        let body =
            serde_json::to_vec(state).map_err(|error| StoreError::Database(error.to_string()))?;
        let name = format!("{stream}{}", self.scope.suffix);
        let owner = self.scope.owner.clone();
        self.execute(PUT, &[name.into(), i64::from(format).into(), body.into(), owner.into()])
            .await
            .map(|_| ())
    }

    /// Forgets the copy of a foreign fact.
    ///
    /// # Errors
    /// As [`Tx::put_state`].
    pub async fn drop_state(&mut self, stream: &StreamId) -> Result<(), StoreError> {
        if !stream.is_foreign() {
            return Err(StoreError::Database(format!(
                "{stream} is a stream of this service: events alone change it"
            )));
        }
        let name = format!("{stream}{}", self.scope.suffix);
        self.execute("DELETE FROM core_state WHERE stream = $1", &[name.into()]).await.map(|_| ())
    }
}

const LOAD: &str =
    "SELECT s.stream, s.version, s.body FROM core_state s JOIN {rows} ON s.stream = r.c1";
const PUT: &str = "INSERT INTO core_state (stream, version, format, body, subject, log, owner) \
     VALUES ($1, 1, $2, $3, NULL, NULL, $4) ON CONFLICT (stream) DO UPDATE SET \
     version = core_state.version + 1, format = excluded.format, body = excluded.body, owner = excluded.owner";
