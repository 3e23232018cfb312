//! The one trait that both databases implement, and the few words in which their SQL differs. Knows no table.
//!
//! A statement is written once, in SQL that both understand, with four words that each backend spells its own way:
//! `{rows}` (arrays of columns as a table `r(c1, c2, …)`: `UNNEST` in PostgreSQL, `json_each` in SQLite), `{now}` (the
//! database's clock, µs since 1970 UTC), `{update}` and `{share}` (row locks; SQLite has one writer and needs none).
//! Scalars beside the rows are `{1}`, `{2}`, …

pub(crate) mod postgres;
pub(crate) mod sqlite;

use async_trait::async_trait;

use crate::{
    error::StoreError,
    value::{Column, Row, Value},
};

/// What a statement gave: rows, and how many it wrote.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub rows: Vec<Row>,
    pub affected: u64,
}

/// A database.
#[async_trait]
pub(crate) trait Backend: Send + Sync {
    /// Begins a transaction that may write.
    async fn begin(&self) -> Result<Box<dyn Link>, StoreError>;
    /// Reads outside a transaction, from one snapshot.
    async fn read(
        &self,
        sql: &str,
        columns: &[Column],
        values: &[Value],
    ) -> Result<Vec<Row>, StoreError>;
    /// Takes the traces of what was deleted out of the files.
    async fn scrub(&self, tables: &[&str]) -> Result<(), StoreError>;
    /// Ends all connections.
    async fn close(&self);
}

/// A transaction that may write. Dropped without commit, it is rolled back.
#[async_trait]
pub(crate) trait Link: Send {
    /// Runs one statement: one round trip.
    async fn run(
        &mut self,
        sql: &str,
        columns: &[Column],
        values: &[Value],
    ) -> Result<Outcome, StoreError>;
    /// Commits. [`StoreError::Unknown`] when the answer was lost.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
    /// Rolls back.
    async fn rollback(self: Box<Self>) -> Result<(), StoreError>;
}

/// The words in which the two differ.
pub(crate) struct Words {
    pub rows: fn(&[Column]) -> String,
    pub now: &'static str,
    pub update: &'static str,
    pub share: &'static str,
    /// How many placeholders the rows take.
    pub taken: fn(&[Column]) -> usize,
}

/// Spells a statement out for one backend.
pub(crate) fn spell(sql: &str, columns: &[Column], words: &Words) -> String {
    if !sql.contains('{') {
        return sql.to_owned();
    }
    let first = (words.taken)(columns);
    let mut text = sql
        .replace("{rows}", &(words.rows)(columns))
        .replace("{now}", words.now)
        .replace("{update}", words.update)
        .replace("{share}", words.share);
    for n in 1..=8 {
        text = text.replace(&format!("{{{n}}}"), &format!("${}", first + n));
    }
    text
}
