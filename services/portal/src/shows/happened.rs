//! The events of one case, as rows that pages list and prove. Knows no procedure.

use kernel::{Actor, Event, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::{Database, Row, StoreError, Tx};

use super::{Entry, Position, json, unjson};

/// A text that lies beside the log and may be shown while its owner has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextRef {
    /// The entry that commits to it.
    #[serde(flatten)]
    pub position: Position,
    /// The field.
    pub field: String,
    /// What the entry commits to, base64 of SHA-256(salt ‖ value).
    pub sha256: String,
}

/// Who acted: a post and its holder; neither for residents and for what happens by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
pub struct Acted {
    /// The post.
    pub post: Option<String>,
    /// The office holder's id.
    pub holder: Option<String>,
    /// `resident` or `system`, where it is no official.
    pub other: Option<String>,
}

impl Acted {
    /// From an envelope's `actor`. A resident's id is dropped: no page needs it.
    pub fn read(actor: &str) -> Self {
        match Actor::parse_official(actor) {
            Some((post, holder)) => {
                Self { post: Some(post.to_owned()), holder: Some(holder.to_owned()), other: None }
            }
            None => Self { other: actor.split('/').next().map(str::to_owned), ..Self::default() },
        }
    }
}

/// One event of a case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Happening {
    /// Where it stands.
    #[serde(flatten)]
    pub position: Position,
    /// Its type without the producer's prefix.
    pub fact: String,
    /// When it was recorded.
    pub at: Timestamp,
    /// Who.
    #[serde(flatten)]
    pub actor: Acted,
    /// Its plain fields and commitments.
    pub data: Map<String, Value>,
}

impl Happening {
    /// The texts that everybody may read.
    pub fn texts(&self) -> Vec<TextRef> {
        self.data
            .iter()
            .filter_map(|(field, value)| {
                let sha256 = public_commitment(value)?.to_owned();
                Some(TextRef { position: self.position.clone(), field: field.clone(), sha256 })
            })
            .collect()
    }

    /// A count or an amount.
    pub fn number(&self, field: &str) -> Option<i64> {
        self.data.get(field).and_then(Value::as_i64)
    }
}

/// The hash, when a value is a commitment to something public.
pub(crate) fn public_commitment(value: &Value) -> Option<&str> {
    let object = value.as_object()?;
    (object.get("class")?.as_str()? == "public").then(|| object.get("sha256")?.as_str()).flatten()
}

/// The text of a field that everybody may read, when the event has one.
pub(crate) fn public_text(event: &Event, field: &str) -> Option<String> {
    event.data.get(field).and_then(public_commitment).map(str::to_owned)
}

/// Adds an event to the table of a case's events.
pub(crate) async fn add(
    tx: &mut Tx<'_>,
    table: &'static str,
    key: &str,
    entry: &Entry<'_>,
) -> Result<(), StoreError> {
    let event = entry.event;
    let sql = format!(
        "INSERT INTO {table}~ (about, log, idx, leaf, fact, at, actor, data) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (log, idx) DO NOTHING"
    );
    let values = [
        key.into(),
        event.log.as_str().into(),
        event.index.into(),
        entry.leaf_hex().into(),
        event.fact().into(),
        event.time.micros().into(),
        event.actor.as_str().into(),
        json(&event.data)?.into(),
    ];
    tx.execute(&sql, &values).await.map(|_| ())
}

/// The events of a case, first to last.
pub(crate) async fn list(
    db: &Database,
    table: &'static str,
    key: &str,
) -> Result<Vec<Happening>, StoreError> {
    let sql = format!(
        "SELECT log, idx, leaf, fact, at, actor, data FROM {table} WHERE about = $1 ORDER BY at, log, idx"
    );
    let rows = db.query(&sql, &[key.into()]).await?;
    rows.iter().map(read).collect()
}

pub(crate) fn read(row: &Row) -> Result<Happening, StoreError> {
    Ok(Happening {
        position: Position::read(row, 0)?,
        fact: row.text(3)?.to_owned(),
        at: Timestamp::from_micros(row.i64(4)?),
        actor: Acted::read(row.text(5)?),
        data: unjson(row.text(6)?)?,
    })
}
