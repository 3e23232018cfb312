//! The definitions in force (已采用的办事规则): id, version, hash and since when. The texts stay with their owner.

use async_trait::async_trait;
use serde::Serialize;
use store::{Database, Row, StoreError, Tx};

use super::{Entry, Position, Show, number, position, text};

/// The read model.
pub struct Rules;

/// Service and table prefix, for [`position::of`].
pub const OF: (&str, &str) = ("organisation", "portal_rule");

const TABLES: &[&str] = &[
    "CREATE TABLE portal_rule~ (definition TEXT NOT NULL, version BIGINT NOT NULL, hash TEXT NOT NULL, begins TEXT NOT NULL, \
     log TEXT NOT NULL, idx BIGINT NOT NULL, leaf TEXT NOT NULL, PRIMARY KEY (log, idx))",
    "CREATE TABLE portal_rule_asof~ (log TEXT PRIMARY KEY, idx BIGINT NOT NULL, at BIGINT NOT NULL)",
];

/// A definition as it was adopted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Its id.
    pub definition: String,
    /// Its version.
    pub version: i64,
    /// SHA-256 of its text.
    pub hash: String,
    /// In force from.
    pub from: String,
    /// The entry that adopted it.
    #[serde(flatten)]
    pub position: Position,
}

#[async_trait]
impl Show for Rules {
    fn name(&self) -> &'static str {
        "portal-rules"
    }

    fn source(&self) -> &'static str {
        OF.0
    }

    fn tables(&self) -> &'static [&'static str] {
        TABLES
    }

    async fn apply(&self, tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<(), StoreError> {
        let event = entry.event;
        if event.fact() == "definition-adopted.v1" {
            tx.execute(
                "INSERT INTO portal_rule~ (definition, version, hash, begins, log, idx, leaf) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (log, idx) DO NOTHING",
                &[
                    text(event, "definition")?.into(),
                    number(event, "version")?.into(),
                    text(event, "hash")?.into(),
                    text(event, "from")?.into(),
                    event.log.as_str().into(),
                    event.index.into(),
                    entry.leaf_hex().into(),
                ],
            )
            .await?;
        }
        position::note(tx, OF.1, entry).await
    }
}

/// All that were ever adopted, latest first.
///
/// # Errors
/// When the database is out of reach.
pub async fn all(db: &Database) -> Result<Vec<Rule>, StoreError> {
    let sql = "SELECT definition, version, hash, begins, log, idx, leaf FROM portal_rule ORDER BY definition, version DESC";
    db.query(sql, &[]).await?.iter().map(read).collect()
}

/// All that were ever adopted under one id, latest first.
///
/// # Errors
/// When the database is out of reach.
pub async fn of(db: &Database, definition: &str) -> Result<Vec<Rule>, StoreError> {
    let sql = "SELECT definition, version, hash, begins, log, idx, leaf FROM portal_rule WHERE definition = $1 \
               ORDER BY version DESC";
    db.query(sql, &[definition.into()]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Rule, StoreError> {
    Ok(Rule {
        definition: row.text(0)?.to_owned(),
        version: row.i64(1)?,
        hash: row.text(2)?.to_owned(),
        from: row.text(3)?.to_owned(),
        position: Position::read(row, 4)?,
    })
}
