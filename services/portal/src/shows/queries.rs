//! Questions of the supervision committee and objections of villagers to what was posted (询问、异议): asked, due, answered.

use async_trait::async_trait;
use kernel::{Event, Timestamp};
use serde::Serialize;
use serde_json::Value;
use store::{Database, Row, StoreError, Tx};

use super::{Entry, Position, Show, happened, happened::TextRef, opt_text, position};

/// The read model.
pub struct Queries;

/// Service and table prefix, for [`position::of`].
pub const OF: (&str, &str) = ("funds", "portal_query");

const TABLES: &[&str] = &[
    "CREATE TABLE portal_query~ (query TEXT PRIMARY KEY, kind TEXT NOT NULL, unit TEXT NOT NULL, item TEXT, voucher TEXT, \
     due BIGINT, raised BIGINT NOT NULL, words TEXT, answered BIGINT, answer TEXT, escalated BIGINT, log TEXT NOT NULL, \
     idx BIGINT NOT NULL, leaf TEXT NOT NULL, answer_log TEXT, answer_idx BIGINT, answer_leaf TEXT)",
    "CREATE INDEX portal_query_unit~ ON portal_query~ (unit, raised)",
    "CREATE INDEX portal_query_voucher~ ON portal_query~ (voucher)",
    "CREATE TABLE portal_query_asof~ (log TEXT PRIMARY KEY, idx BIGINT NOT NULL, at BIGINT NOT NULL)",
];

/// A question or an objection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Query {
    /// Its id.
    pub query: String,
    /// `query` or `objection`.
    pub kind: String,
    /// The unit.
    pub unit: String,
    /// The posted item it is about.
    pub item: Option<String>,
    /// The voucher it is about.
    pub voucher: Option<String>,
    /// To be answered before this instant.
    pub due: Option<Timestamp>,
    /// When it was asked.
    pub raised: Timestamp,
    /// What was asked, which the owner shows.
    pub text: Option<TextRef>,
    /// When it was answered.
    pub answered: Option<Timestamp>,
    /// The answer, which the owner shows.
    pub answer: Option<TextRef>,
    /// When it went to the township.
    pub escalated: Option<Timestamp>,
    /// The entry.
    #[serde(flatten)]
    pub position: Position,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Waits for an answer, in time.
    Open,
    /// Waits for an answer and the day has passed.
    Late,
    /// Answered in time.
    Answered,
    /// Answered after the day.
    AnsweredLate,
}

impl Query {
    /// How far it is at an instant.
    pub fn state(&self, now: Timestamp) -> State {
        match (self.answered, self.due) {
            (Some(at), Some(due)) if at >= due => State::AnsweredLate,
            (Some(_), _) => State::Answered,
            (None, Some(due)) if now >= due => State::Late,
            (None, _) => State::Open,
        }
    }
}

#[async_trait]
impl Show for Queries {
    fn name(&self) -> &'static str {
        "portal-queries"
    }

    fn source(&self) -> &'static str {
        OF.0
    }

    fn tables(&self) -> &'static [&'static str] {
        TABLES
    }

    async fn apply(&self, tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<(), StoreError> {
        match entry.event.fact() {
            "query-raised.v1" => raised(tx, entry, "query").await?,
            "objection-filed.v1" => raised(tx, entry, "objection").await?,
            "query-answered.v1" => answered(tx, entry, "query").await?,
            "objection-answered.v1" => answered(tx, entry, "objection").await?,
            "query-escalated.v1" | "objection-escalated.v1" => {
                tx.execute(
                    "UPDATE portal_query~ SET escalated = $2 WHERE query = $1",
                    &[id(entry.event, kind(entry.event)).into(), entry.event.time.micros().into()],
                )
                .await?;
            }
            _ => {}
        }
        position::note(tx, OF.1, entry).await
    }
}

/// Whether a fact is of a question or of an objection.
fn kind(event: &Event) -> &'static str {
    if event.fact().starts_with("query") { "query" } else { "objection" }
}

/// The id in the event, else the stream's key.
fn id<'a>(event: &'a Event, kind: &str) -> &'a str {
    opt_text(event, kind).unwrap_or_else(|| event.stream.key())
}

/// The first instant that is too late: from the day by which to answer, else from the earliest of the clocks started.
fn due(event: &Event) -> Option<i64> {
    let day = opt_text(event, "answer_by").or_else(|| opt_text(event, "due"));
    if let Some(day) = day.and_then(|day| day.parse::<kernel::Date>().ok()) {
        return Some(Timestamp::end_of(day).micros() + 1);
    }
    event.data.get("due")?.as_object()?.values().filter_map(Value::as_i64).min()
}

async fn raised(tx: &mut Tx<'_>, entry: &Entry<'_>, kind: &str) -> Result<(), StoreError> {
    let event = entry.event;
    tx.execute(
        "INSERT INTO portal_query~ (query, kind, unit, item, voucher, due, raised, words, answered, answer, escalated, log, \
         idx, leaf, answer_log, answer_idx, answer_leaf) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, NULL, NULL, $9, $10, $11, NULL, NULL, NULL) \
         ON CONFLICT (query) DO NOTHING",
        &[
            id(event, kind).into(),
            kind.into(),
            event.unit.as_str().into(),
            opt_text(event, "item").into(),
            opt_text(event, "voucher").into(),
            due(event).into(),
            event.time.micros().into(),
            happened::public_text(event, "text").into(),
            event.log.as_str().into(),
            event.index.into(),
            entry.leaf_hex().into(),
        ],
    )
    .await
    .map(|_| ())
}

async fn answered(tx: &mut Tx<'_>, entry: &Entry<'_>, kind: &str) -> Result<(), StoreError> {
    let event = entry.event;
    tx.execute(
        "UPDATE portal_query~ SET answered = $2, answer = $3, answer_log = $4, answer_idx = $5, answer_leaf = $6 \
         WHERE query = $1 AND answered IS NULL",
        &[
            id(event, kind).into(),
            event.time.micros().into(),
            happened::public_text(event, "text").into(),
            event.log.as_str().into(),
            event.index.into(),
            entry.leaf_hex().into(),
        ],
    )
    .await
    .map(|_| ())
}

const COLUMNS: &str = "q.query, q.kind, q.unit, q.item, q.voucher, q.due, q.raised, q.words, q.answered, q.answer, q.escalated, \
     q.log, q.idx, q.leaf, q.answer_log, q.answer_idx, q.answer_leaf";

fn read(row: &Row) -> Result<Query, StoreError> {
    let some = |column: usize| row.opt_text(column).map(|text| text.map(str::to_owned));
    let time = |column: usize| row.opt_i64(column).map(|at| at.map(Timestamp::from_micros));
    let position = Position::read(row, 11)?;
    let words =
        |sha256: String, position: Position| TextRef { position, field: "text".to_owned(), sha256 };
    let answer = match some(9)? {
        Some(sha256) => Some(words(sha256, Position::read(row, 14)?)),
        None => None,
    };
    Ok(Query {
        query: row.text(0)?.to_owned(),
        kind: row.text(1)?.to_owned(),
        unit: row.text(2)?.to_owned(),
        item: some(3)?,
        voucher: some(4)?,
        due: time(5)?,
        raised: Timestamp::from_micros(row.i64(6)?),
        text: some(7)?.map(|sha256| words(sha256, position.clone())),
        answered: time(8)?,
        answer,
        escalated: time(10)?,
        position,
    })
}

/// The questions and objections of a unit: those that wait first, then the latest.
///
/// # Errors
/// When the database is out of reach.
pub async fn of_unit(db: &Database, unit: &str, limit: i64) -> Result<Vec<Query>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM portal_query q WHERE q.unit = $1 \
         ORDER BY CASE WHEN q.answered IS NULL THEN 0 ELSE 1 END, q.raised DESC LIMIT $2"
    );
    db.query(&sql, &[unit.into(), limit.into()]).await?.iter().map(read).collect()
}

/// The questions about a voucher, or about items and vouchers of a month.
///
/// # Errors
/// When the database is out of reach.
pub async fn of_voucher(db: &Database, voucher: &str) -> Result<Vec<Query>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM portal_query q WHERE q.voucher = $1 ORDER BY q.raised");
    db.query(&sql, &[voucher.into()]).await?.iter().map(read).collect()
}

/// The questions about what was posted for a month, and about its vouchers.
///
/// # Errors
/// When the database is out of reach.
pub async fn of_month(db: &Database, unit: &str, month: &str) -> Result<Vec<Query>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM portal_query q WHERE q.unit = $1 AND (q.voucher IN \
         (SELECT v.voucher FROM portal_voucher v WHERE v.unit = $1 AND v.month = $2) OR q.item IN \
         (SELECT i.item FROM portal_item i WHERE i.unit = $1 AND i.month = $2)) ORDER BY q.raised"
    );
    db.query(&sql, &[unit.into(), month.into()]).await?.iter().map(read).collect()
}

/// How many wait for an answer in a unit and all below it, and how many of them are late.
///
/// # Errors
/// When the database is out of reach.
pub async fn counts(db: &Database, unit: &str, now: Timestamp) -> Result<(i64, i64), StoreError> {
    let sql = "SELECT COUNT(*), COUNT(CASE WHEN q.due <= $2 THEN 1 END) FROM portal_query q \
               JOIN portal_above a ON a.unit = q.unit WHERE a.above = $1 AND q.answered IS NULL";
    let rows = db.query(sql, &[unit.into(), now.micros().into()]).await?;
    rows.first().map_or(Ok((0, 0)), |row| Ok((row.i64(0)?, row.i64(1)?)))
}
