//! Matters (办理事项): every case of a procedure under an adopted definition, folded from its public events alone. One read
//! model for each service heard. Knows no procedure: what the events mean stands in the definition that they name.

mod read;

use std::collections::BTreeMap;

use async_trait::async_trait;
use engines::procedure::History;
use kernel::Timestamp;
use serde::Serialize;
use store::{StoreError, Tx};

use super::{
    Entry, Position, Show,
    happened::{Happening, TextRef, public_commitment},
    json, position, unjson,
};

pub use read::{Among, Count, counts, events, events_of_unit, get, lately, of_unit, running};

/// The matters of one service.
pub struct Matters {
    source: &'static str,
    name: &'static str,
    table: &'static str,
    tables: &'static [&'static str],
    /// Kinds of streams that have read models of their own, or are no matters.
    elsewhere: &'static [&'static str],
}

macro_rules! matters {
    ($source:literal) => {
        matters!($source, [])
    };
    ($source:literal, $elsewhere:expr) => {
        Matters {
            elsewhere: &$elsewhere,
            source: $source,
            name: concat!("portal-matters-", $source),
            table: concat!("portal_matter_", $source),
            tables: &[
                concat!(
                    "CREATE TABLE portal_matter_", $source, "~ (stream TEXT PRIMARY KEY, kind TEXT NOT NULL, \
                     id TEXT NOT NULL, opened_under TEXT NOT NULL, definition TEXT NOT NULL, unit TEXT NOT NULL, began BIGINT NOT NULL, \
                     last BIGINT NOT NULL, ended BIGINT NOT NULL, due BIGINT, history TEXT NOT NULL, texts TEXT NOT NULL, \
                     log TEXT NOT NULL, idx BIGINT NOT NULL, leaf TEXT NOT NULL)"
                ),
                concat!(
                    "CREATE INDEX portal_matter_", $source, "_unit~ ON portal_matter_", $source,
                    "~ (unit, opened_under, ended, last)"
                ),
                concat!(
                    "CREATE INDEX portal_matter_", $source, "_open~ ON portal_matter_", $source, "~ (unit, ended, last)"
                ),
                concat!(
                    "CREATE INDEX portal_matter_", $source, "_last~ ON portal_matter_", $source, "~ (last)"
                ),
                concat!(
                    "CREATE INDEX portal_matter_", $source, "_id~ ON portal_matter_", $source, "~ (opened_under, id)"
                ),
                concat!(
                    "CREATE TABLE portal_matter_", $source, "_event~ (about TEXT NOT NULL, log TEXT NOT NULL, \
                     idx BIGINT NOT NULL, leaf TEXT NOT NULL, fact TEXT NOT NULL, at BIGINT NOT NULL, actor TEXT NOT NULL, \
                     data TEXT NOT NULL, event TEXT NOT NULL, definition TEXT, PRIMARY KEY (log, idx))"
                ),
                concat!(
                    "CREATE INDEX portal_matter_", $source, "_event_about~ ON portal_matter_", $source,
                    "_event~ (about, at)"
                ),
                concat!(
                    "CREATE TABLE portal_matter_", $source,
                    "_asof~ (log TEXT PRIMARY KEY, idx BIGINT NOT NULL, at BIGINT NOT NULL)"
                ),
            ],
        }
    };
}

/// Of services.
pub const SERVICES: Matters = matters!("services");
/// Of disputes.
pub const DISPUTES: Matters = matters!("disputes");
/// Of organisation.
pub const ORGANISATION: Matters = matters!("organisation");
/// Of funds-oversight: what its core does not keep.
pub const FUNDS: Matters =
    matters!("funds", ["account", "book", "item", "payment", "query", "reserve", "warning"]);
/// All that are kept.
pub const KEPT: [&Matters; 4] = [&ORGANISATION, &FUNDS, &SERVICES, &DISPUTES];

/// A case and how far it has come.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Matter {
    /// The service that keeps it.
    pub service: &'static str,
    /// The kind of stream in which it lies.
    pub kind: String,
    /// Id of the definition under which it began.
    pub procedure: String,
    /// Its own id.
    pub id: String,
    /// The definition that it follows now, `id@hash`.
    pub definition: String,
    /// The unit whose matter it is.
    pub unit: String,
    /// When it began.
    pub began: Timestamp,
    /// When the last thing happened.
    pub last: Timestamp,
    /// Whether no step is left.
    pub ended: bool,
    /// The first deadline or end of a window that runs.
    pub due: Option<Timestamp>,
    /// All that happened.
    pub history: History,
    /// The texts that everybody may read, the latest of each field.
    pub texts: BTreeMap<String, TextRef>,
    /// The last entry of its stream.
    #[serde(flatten)]
    pub position: Position,
}

/// One event of a case, with what pages need to say what it means.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Told {
    /// The event.
    #[serde(flatten)]
    pub happening: Happening,
    /// Its id: an answer names the question by it.
    pub event: String,
    /// The definition under which it was written.
    pub definition: Option<String>,
}

impl Matters {
    /// The service heard.
    pub fn service(&self) -> &'static str {
        self.source
    }

    /// Service and table prefix, for [`position::of`].
    pub fn of(&self) -> (&'static str, &'static str) {
        (self.source, self.table)
    }
}

#[async_trait]
impl Show for Matters {
    fn name(&self) -> &'static str {
        self.name
    }

    fn source(&self) -> &'static str {
        self.source
    }

    fn tables(&self) -> &'static [&'static str] {
        self.tables
    }

    async fn apply(&self, tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<(), StoreError> {
        self.fold(tx, entry).await?;
        position::note(tx, self.table, entry).await
    }
}

impl Matters {
    /// A case begins with an event under a definition; whatever its stream says after that belongs to it.
    async fn fold(&self, tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<(), StoreError> {
        let (event, table) = (entry.event, self.table);
        if self.elsewhere.contains(&event.stream.kind()) {
            return Ok(());
        }
        let stream = event.stream.as_str();
        let sql = format!("SELECT history, texts FROM {table}~ WHERE stream = $1");
        let known = tx.fetch(&sql, &[stream.into()]).await?;
        let (history, mut texts) = match known.first() {
            Some(row) => (
                Some(unjson::<History>(row.text(0)?)?),
                unjson::<BTreeMap<String, TextRef>>(row.text(1)?)?,
            ),
            None if event.definition.is_some() => (None, BTreeMap::new()),
            None => return Ok(()),
        };
        // What a core adds on the case's stream is told, and is no part of the definition's course.
        let history = match (history, &event.definition) {
            (Some(course), None) => course,
            (history, _) => History::evolve(history, event),
        };
        let position =
            Position { log: event.log.clone(), index: event.index, leaf: entry.leaf_hex() };
        for (field, value) in &event.data {
            if let Some(sha256) = public_commitment(value) {
                let (position, sha256) = (position.clone(), sha256.to_owned());
                let text = TextRef { position, field: field.clone(), sha256 };
                texts.insert(field.clone(), text);
            }
        }
        let reference = |of: &Option<kernel::DefinitionRef>| {
            of.as_ref().map(|r| r.as_str().to_owned()).unwrap_or_default()
        };
        let opened_under = reference(&history.began_under);
        let opened_under =
            opened_under.rsplit_once('@').map_or(opened_under.as_str(), |(id, _)| id);
        let sql = format!(
            "INSERT INTO {table}~ (stream, kind, id, opened_under, definition, unit, began, last, ended, due, history, texts, \
             log, idx, leaf) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (stream) DO UPDATE SET \
             definition = excluded.definition, unit = excluded.unit, last = excluded.last, ended = excluded.ended, \
             due = excluded.due, history = excluded.history, texts = excluded.texts, log = excluded.log, idx = excluded.idx, \
             leaf = excluded.leaf"
        );
        let due = history.deadlines.iter().map(|deadline| deadline.due_at.micros()).min();
        let values = [
            stream.into(),
            event.stream.kind().into(),
            event.stream.key().into(),
            opened_under.into(),
            reference(&history.definition).into(),
            event.unit.as_str().into(),
            event.time.micros().into(),
            history.ended.into(),
            due.into(),
            json(&history)?.into(),
            json(&texts)?.into(),
            event.log.as_str().into(),
            event.index.into(),
            entry.leaf_hex().into(),
        ];
        tx.execute(&sql, &values).await?;
        let sql = format!(
            "INSERT INTO {table}_event~ (about, log, idx, leaf, fact, at, actor, data, event, definition) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (log, idx) DO NOTHING"
        );
        let values = [
            stream.into(),
            event.log.as_str().into(),
            event.index.into(),
            entry.leaf_hex().into(),
            event.fact().into(),
            event.time.micros().into(),
            event.actor.as_str().into(),
            json(&event.data)?.into(),
            event.id.as_str().into(),
            event.definition.as_ref().map(kernel::DefinitionRef::as_str).into(),
        ];
        tx.execute(&sql, &values).await.map(|_| ())
    }
}
