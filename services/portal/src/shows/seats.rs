//! Seats (任职): who holds which post, since when, for which term. Knows names of office holders and no other person.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kernel::{Date, Timestamp};
use serde::Serialize;
use store::{Database, Row, StoreError, Tx};

use super::{Entry, Position, Show, opt_text, position, text};

/// The read model.
pub struct Seats;

/// Service and table prefix, for [`position::of`].
pub const OF: (&str, &str) = ("organisation", "portal_seat");

const TABLES: &[&str] = &[
    "CREATE TABLE portal_seat~ (seat TEXT NOT NULL, holder TEXT NOT NULL, unit TEXT NOT NULL, name TEXT NOT NULL, \
     body TEXT NOT NULL, post TEXT NOT NULL, begins TEXT NOT NULL, ends TEXT, suspended BIGINT NOT NULL, vacated TEXT, \
     question_since TEXT, question_until BIGINT, question_law TEXT, log TEXT NOT NULL, idx BIGINT NOT NULL, leaf TEXT NOT NULL, PRIMARY KEY (log, idx))",
    "CREATE INDEX portal_seat_unit~ ON portal_seat~ (unit, vacated)",
    "CREATE INDEX portal_seat_holder~ ON portal_seat~ (holder)",
    "CREATE TABLE portal_seat_asof~ (log TEXT PRIMARY KEY, idx BIGINT NOT NULL, at BIGINT NOT NULL)",
];

/// A post held by somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeatRow {
    /// Its id.
    pub seat: String,
    /// The office holder's opaque id.
    pub holder: String,
    /// The unit whose body it is.
    pub unit: String,
    /// The holder's name.
    pub name: String,
    /// Body key.
    pub body: String,
    /// Post key.
    pub post: String,
    /// First day.
    pub from: String,
    /// Last day of the term; absent: without a term.
    pub to: Option<String>,
    /// Whether suspended (停职).
    pub suspended: bool,
    /// The day it became vacant.
    pub vacated: Option<String>,
    /// The entry that filled it.
    #[serde(flatten)]
    pub position: Position,
}

impl SeatRow {
    /// Whether the term is over and nobody has followed yet.
    pub fn is_over(&self, today: Date) -> bool {
        self.to.as_deref().is_some_and(|to| to < today.to_string().as_str())
    }
}

#[async_trait]
impl Show for Seats {
    fn name(&self) -> &'static str {
        "portal-seats"
    }

    fn source(&self) -> &'static str {
        OF.0
    }

    fn tables(&self) -> &'static [&'static str] {
        TABLES
    }

    async fn apply(&self, tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<(), StoreError> {
        let event = entry.event;
        match event.fact() {
            "seat-filled.v1" => {
                tx.execute(
                    "INSERT INTO portal_seat~ (seat, holder, unit, name, body, post, begins, ends, suspended, vacated, log, \
                     idx, leaf) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, NULL, $9, $10, $11) \
                     ON CONFLICT (log, idx) DO NOTHING",
                    &[
                        text(event, "seat")?.into(),
                        text(event, "holder")?.into(),
                        event.unit.as_str().into(),
                        text(event, "name")?.into(),
                        text(event, "body")?.into(),
                        text(event, "post")?.into(),
                        text(event, "from")?.into(),
                        opt_text(event, "to").into(),
                        event.log.as_str().into(),
                        event.index.into(),
                        entry.leaf_hex().into(),
                    ],
                )
                .await?;
            }
            "seat-suspended.v1" => {
                let seat = [text(event, "seat")?.into(), text(event, "holder")?.into()];
                tx.execute(
                    "UPDATE portal_seat~ SET suspended = 1 WHERE seat = $1 AND holder = $2 AND vacated IS NULL",
                    &seat,
                )
                .await?;
                if let Some(since) = opt_text(event, "since") {
                    let [seat, holder] = seat;
                    tx.execute(
                        "UPDATE portal_seat~ SET question_since = $3, question_until = $4, question_law = $5 \
                         WHERE seat = $1 AND holder = $2 AND vacated IS NULL",
                        &[
                            seat,
                            holder,
                            since.into(),
                            event.time.micros().into(),
                            opt_text(event, "law").into(),
                        ],
                    )
                    .await?;
                }
            }
            "seat-resumed.v1" => {
                tx.execute(
                    "UPDATE portal_seat~ SET suspended = 0 WHERE seat = $1 AND holder = $2 AND vacated IS NULL",
                    &[text(event, "seat")?.into(), text(event, "holder")?.into()],
                )
                .await?;
            }
            "seat-vacated.v1" => {
                tx.execute(
                    "UPDATE portal_seat~ SET vacated = $3 WHERE seat = $1 AND holder = $2 AND vacated IS NULL",
                    &[
                        text(event, "seat")?.into(),
                        text(event, "holder")?.into(),
                        text(event, "on")?.into(),
                    ],
                )
                .await?;
            }
            _ => {}
        }
        position::note(tx, OF.1, entry).await
    }
}

const COLUMNS: &str =
    "seat, holder, unit, name, body, post, begins, ends, suspended, vacated, log, idx, leaf";

fn read(row: &Row) -> Result<SeatRow, StoreError> {
    let own = |column: usize| row.text(column).map(str::to_owned);
    Ok(SeatRow {
        seat: own(0)?,
        holder: own(1)?,
        unit: own(2)?,
        name: own(3)?,
        body: own(4)?,
        post: own(5)?,
        from: own(6)?,
        to: row.opt_text(7)?.map(str::to_owned),
        suspended: row.i64(8)? != 0,
        vacated: row.opt_text(9)?.map(str::to_owned),
        position: Position::read(row, 10)?,
    })
}

/// Who holds posts in a unit on a day, in the order in which they were filled.
///
/// # Errors
/// When the database is out of reach.
pub async fn now(db: &Database, unit: &str, today: Date) -> Result<Vec<SeatRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM portal_seat WHERE unit = $1 AND (vacated IS NULL OR vacated > $2) AND begins <= $2 \
         ORDER BY begins, idx"
    );
    db.query(&sql, &[unit.into(), today.to_string().into()]).await?.iter().map(read).collect()
}

/// A time in which what somebody did in a post is in question (存疑): close kin held an office beside it that they may not
/// hold together, and it was declared late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// The office holder's opaque id.
    pub holder: String,
    /// The holder's name.
    pub name: String,
    /// Post key.
    pub post: String,
    /// The first day.
    pub since: Date,
    /// When the seat was suspended.
    pub until: Timestamp,
    /// The article that keeps the two offices apart.
    pub law: Option<String>,
}

impl Question {
    /// Whether it covers an act of this holder in this post at this time.
    pub fn covers(&self, holder: Option<&str>, post: Option<&str>, at: Timestamp) -> bool {
        holder == Some(self.holder.as_str())
            && post == Some(self.post.as_str())
            && self.since <= at.date()
            && at <= self.until
    }
}

/// The times in question of a unit's seats, earliest first.
///
/// # Errors
/// When the database is out of reach.
pub async fn in_question(db: &Database, unit: &str) -> Result<Vec<Question>, StoreError> {
    let sql = "SELECT holder, name, post, question_since, question_until, question_law FROM portal_seat \
               WHERE unit = $1 AND question_since IS NOT NULL ORDER BY question_since, idx";
    let rows = db.query(sql, &[unit.into()]).await?;
    rows.iter()
        .map(|row| {
            let since = row.text(3)?;
            Ok(Question {
                holder: row.text(0)?.to_owned(),
                name: row.text(1)?.to_owned(),
                post: row.text(2)?.to_owned(),
                since: since.parse().map_err(|_| StoreError::Corrupt(format!("day {since}")))?,
                until: Timestamp::from_micros(row.i64(4)?),
                law: row.opt_text(5)?.map(str::to_owned),
            })
        })
        .collect()
}

/// The names of office holders, by their ids: the latest name of each.
///
/// # Errors
/// When the database is out of reach.
pub async fn names(
    db: &Database,
    holders: &[&str],
) -> Result<BTreeMap<String, String>, StoreError> {
    let mut wanted: Vec<&str> = holders.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let mut names = BTreeMap::new();
    // A fixed number of places keeps the statements few, whatever a page asks for.
    for chunk in wanted.chunks(40) {
        let places: Vec<String> = (1..=chunk.len()).map(|n| format!("${n}")).collect();
        let sql = format!(
            "SELECT holder, name FROM portal_seat WHERE holder IN ({}) ORDER BY begins, idx",
            places.join(", ")
        );
        let values: Vec<store::Value> = chunk.iter().map(|h| (*h).into()).collect();
        for row in &db.query(&sql, &values).await? {
            names.insert(row.text(0)?.to_owned(), row.text(1)?.to_owned());
        }
    }
    Ok(names)
}
