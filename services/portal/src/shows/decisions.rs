//! Decisions (四议两公开等决策): one row a proposal, folded from its events alone. Knows no procedure.

use async_trait::async_trait;
use engines::procedure::History;
use kernel::Timestamp;
use serde::Serialize;
use store::{Database, Row, StoreError, Tx};

use super::{
    Entry, Position, Show,
    happened::{self, Happening, TextRef},
    json, opt_number, opt_text, position, unjson,
};

/// The read model.
pub struct Decisions;

/// Service and table prefix, for [`position::of`].
pub const OF: (&str, &str) = ("organisation", "portal_decision");
const EVENTS: &str = "portal_decision_event";

const TABLES: &[&str] = &[
    "CREATE TABLE portal_decision~ (proposal TEXT PRIMARY KEY, unit TEXT NOT NULL, began BIGINT NOT NULL, last BIGINT NOT NULL, \
     ended BIGINT NOT NULL, adopted BIGINT, annulled BIGINT NOT NULL, history TEXT NOT NULL, resolution TEXT, \
     title TEXT, log TEXT NOT NULL, idx BIGINT NOT NULL, leaf TEXT NOT NULL)",
    "CREATE INDEX portal_decision_unit~ ON portal_decision~ (unit, last)",
    "CREATE TABLE portal_decision_event~ (about TEXT NOT NULL, log TEXT NOT NULL, idx BIGINT NOT NULL, leaf TEXT NOT NULL, \
     fact TEXT NOT NULL, at BIGINT NOT NULL, actor TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (log, idx))",
    "CREATE INDEX portal_decision_event_about~ ON portal_decision_event~ (about, at)",
    "CREATE TABLE portal_decision_asof~ (log TEXT PRIMARY KEY, idx BIGINT NOT NULL, at BIGINT NOT NULL)",
];

/// What a body resolved (决议).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize, Default)]
pub struct Resolved {
    /// Its id: the proposal's.
    pub resolution: String,
    /// The kind of matter.
    pub matter: Option<String>,
    /// The body that decided.
    pub body: Option<String>,
    /// 赞成
    #[serde(rename = "for")]
    pub in_favour: Option<i64>,
    /// 反对
    pub against: Option<i64>,
    /// 弃权
    pub abstain: Option<i64>,
    /// 到会
    pub present: Option<i64>,
    /// 应到
    pub should_attend: Option<i64>,
    /// What may be spent under it, fen.
    pub limit: Option<i64>,
    /// In force from.
    pub valid_from: Option<String>,
    /// Posted from.
    pub posted_from: Option<String>,
    /// Posted until.
    pub posted_until: Option<String>,
    /// The court or body that annulled it.
    pub annulled_by: Option<String>,
}

/// A decision and how far it has come.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// The proposal's id.
    pub proposal: String,
    /// The unit that decides.
    pub unit: String,
    /// When it was tabled.
    pub began: Timestamp,
    /// When the last thing happened.
    pub last: Timestamp,
    /// When it was adopted.
    pub adopted: Option<Timestamp>,
    /// Whether no step is left.
    pub ended: bool,
    /// Whether annulled.
    pub annulled: bool,
    /// All that happened.
    pub history: History,
    /// The resolution, once adopted.
    pub resolved: Option<Resolved>,
    /// What it is called, which the owner shows.
    pub title: Option<TextRef>,
    /// The last entry of its stream.
    #[serde(flatten)]
    pub position: Position,
}

impl Decision {
    /// The kind of matter, from the resolution or from what was tabled.
    pub fn matter(&self) -> Option<&str> {
        self.resolved
            .as_ref()
            .and_then(|r| r.matter.as_deref())
            .or_else(|| self.history.values.get("matter").and_then(serde_json::Value::as_str))
    }

    /// What may be spent: what was resolved, or what was tabled.
    pub fn limit(&self) -> Option<i64> {
        let tabled = || {
            self.history.values.get("amount_limit").or(self.history.values.get("limit"))?.as_i64()
        };
        self.resolved.as_ref().and_then(|r| r.limit).or_else(tabled)
    }

    /// How many objections were filed.
    pub fn objections(&self) -> usize {
        self.history.happened.iter().filter(|h| h.fact.starts_with("objection-filed")).count()
    }

    /// How many of them were answered.
    pub fn objections_answered(&self) -> usize {
        self.history.happened.iter().filter(|h| h.fact.starts_with("objection-answered")).count()
    }
}

#[async_trait]
impl Show for Decisions {
    fn name(&self) -> &'static str {
        "portal-decisions"
    }

    fn source(&self) -> &'static str {
        OF.0
    }

    fn tables(&self) -> &'static [&'static str] {
        TABLES
    }

    async fn apply(&self, tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<(), StoreError> {
        if entry.event.stream.kind() == "proposal" {
            fold(tx, entry).await?;
        }
        position::note(tx, OF.1, entry).await
    }
}

async fn fold(tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<(), StoreError> {
    let event = entry.event;
    let proposal = event.stream.key();
    let known = tx
        .fetch(
            "SELECT history, resolution, title FROM portal_decision~ WHERE proposal = $1",
            &[proposal.into()],
        )
        .await?;
    let (history, resolved, title) = match known.first() {
        None => (None, None, None),
        Some(row) => (
            Some(unjson::<History>(row.text(0)?)?),
            row.opt_text(1)?.map(unjson::<Resolved>).transpose()?,
            row.opt_text(2)?.map(str::to_owned),
        ),
    };
    let history = History::evolve(history, event);
    let resolved = resolve(resolved, entry);
    // A proposal that is revised may be called otherwise.
    let title = match happened::public_text(event, "title") {
        Some(sha256) => Some(json(&TextRef {
            position: Position {
                log: event.log.clone(),
                index: event.index,
                leaf: entry.leaf_hex(),
            },
            field: "title".to_owned(),
            sha256,
        })?),
        None => title,
    };
    let adopted = history.first("resolution-adopted.v1").map(|h| h.at.micros());
    let annulled = history.first("resolution-annulled.v1").is_some();
    tx.execute(
        "INSERT INTO portal_decision~ (proposal, unit, began, last, ended, adopted, annulled, history, resolution, title, log, \
         idx, leaf) VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (proposal) DO UPDATE SET \
         last = excluded.last, ended = excluded.ended, adopted = excluded.adopted, annulled = excluded.annulled, \
         history = excluded.history, resolution = excluded.resolution, title = excluded.title, log = excluded.log, idx = excluded.idx, \
         leaf = excluded.leaf",
        &[
            proposal.into(),
            event.unit.as_str().into(),
            event.time.micros().into(),
            history.ended.into(),
            adopted.into(),
            annulled.into(),
            json(&history)?.into(),
            resolved.as_ref().map(json).transpose()?.into(),
            title.into(),
            event.log.as_str().into(),
            event.index.into(),
            entry.leaf_hex().into(),
        ],
    )
    .await?;
    happened::add(tx, EVENTS, proposal, entry).await
}

fn resolve(known: Option<Resolved>, entry: &Entry<'_>) -> Option<Resolved> {
    let event = entry.event;
    let own = |field: &str| opt_text(event, field).map(str::to_owned);
    match event.fact() {
        "resolution-adopted.v1" => Some(Resolved {
            resolution: own("resolution").unwrap_or_else(|| event.stream.key().to_owned()),
            matter: own("matter"),
            body: own("body"),
            in_favour: opt_number(event, "for"),
            against: opt_number(event, "against"),
            abstain: opt_number(event, "abstain"),
            present: opt_number(event, "present"),
            should_attend: opt_number(event, "should_attend"),
            limit: opt_number(event, "limit"),
            valid_from: own("valid_from"),
            ..Resolved::default()
        }),
        "resolution-published.v1" => {
            known.map(|r| Resolved { posted_from: own("from"), posted_until: own("until"), ..r })
        }
        "resolution-annulled.v1" => {
            known.map(|r| Resolved { annulled_by: own("court_or_body"), ..r })
        }
        _ => known,
    }
}

const COLUMNS: &str = "proposal, unit, began, last, adopted, ended, annulled, history, resolution, title, log, idx, leaf";

fn read(row: &Row) -> Result<Decision, StoreError> {
    Ok(Decision {
        proposal: row.text(0)?.to_owned(),
        unit: row.text(1)?.to_owned(),
        began: Timestamp::from_micros(row.i64(2)?),
        last: Timestamp::from_micros(row.i64(3)?),
        adopted: row.opt_i64(4)?.map(Timestamp::from_micros),
        ended: row.i64(5)? != 0,
        annulled: row.i64(6)? != 0,
        history: unjson(row.text(7)?)?,
        resolved: row.opt_text(8)?.map(unjson).transpose()?,
        title: row.opt_text(9)?.map(unjson).transpose()?,
        position: Position::read(row, 10)?,
    })
}

/// A decision by the proposal's id.
///
/// # Errors
/// When the database is out of reach.
pub async fn get(db: &Database, proposal: &str) -> Result<Option<Decision>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM portal_decision WHERE proposal = $1");
    db.query(&sql, &[proposal.into()]).await?.first().map(read).transpose()
}

/// The decisions of a unit, the one in which something happened last first.
///
/// # Errors
/// When the database is out of reach.
pub async fn of_unit(
    db: &Database,
    unit: &str,
    limit: i64,
    skip: i64,
) -> Result<Vec<Decision>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM portal_decision WHERE unit = $1 ORDER BY last DESC, proposal LIMIT $2 OFFSET $3"
    );
    db.query(&sql, &[unit.into(), limit.into(), skip.into()]).await?.iter().map(read).collect()
}

/// The events of a decision, first to last.
///
/// # Errors
/// When the database is out of reach.
pub async fn events(db: &Database, proposal: &str) -> Result<Vec<Happening>, StoreError> {
    happened::list(db, EVENTS, proposal).await
}

/// How many decisions a unit has in all.
///
/// # Errors
/// When the database is out of reach.
pub async fn number(db: &Database, unit: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM portal_decision WHERE unit = $1";
    db.query(sql, &[unit.into()]).await?.first().map_or(Ok(0), |row| row.i64(0))
}

/// How many decisions a unit and all below it have under way, and how many were adopted.
///
/// # Errors
/// When the database is out of reach.
pub async fn counts(db: &Database, unit: &str) -> Result<(i64, i64), StoreError> {
    let sql = "SELECT COUNT(CASE WHEN d.ended = 0 THEN 1 END), COUNT(d.adopted) FROM portal_decision d \
               JOIN portal_above a ON a.unit = d.unit WHERE a.above = $1";
    let rows = db.query(sql, &[unit.into()]).await?;
    rows.first().map_or(Ok((0, 0)), |row| Ok((row.i64(0)?, row.i64(1)?)))
}
