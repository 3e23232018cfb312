//! Published items (公开事项): what was posted, for which month, from when until when, with which figures.

use async_trait::async_trait;
use kernel::{Date, Timestamp};
use serde::Serialize;
use store::{Database, Row, StoreError, Tx};

use super::{Entry, Position, Show, happened::Acted, opt_number, opt_text, position, text};

/// The read model.
pub struct Items;

/// Service and table prefix, for [`position::of`].
pub const OF: (&str, &str) = ("funds", "portal_item");

const TABLES: &[&str] = &[
    "CREATE TABLE portal_item~ (item TEXT NOT NULL, unit TEXT NOT NULL, catalogue TEXT NOT NULL, month TEXT, content TEXT, \
     begins TEXT, ends TEXT, opening BIGINT, income BIGINT, expense BIGINT, closing BIGINT, at BIGINT NOT NULL, \
     actor TEXT NOT NULL, log TEXT NOT NULL, idx BIGINT NOT NULL, leaf TEXT NOT NULL, PRIMARY KEY (log, idx))",
    "CREATE INDEX portal_item_unit~ ON portal_item~ (unit, catalogue, month)",
    "CREATE INDEX portal_item_id~ ON portal_item~ (item)",
    // By when a month is to be posted, as the month's own event says.
    "CREATE TABLE portal_item_due~ (unit TEXT NOT NULL, catalogue TEXT NOT NULL, month TEXT NOT NULL, publish_by TEXT NOT NULL, \
     PRIMARY KEY (unit, catalogue, month))",
    "CREATE TABLE portal_item_asof~ (log TEXT PRIMARY KEY, idx BIGINT NOT NULL, at BIGINT NOT NULL)",
];

/// An item as it was posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Its id.
    pub item: String,
    /// The unit.
    pub unit: String,
    /// Its place in the catalogue: `G5` is the month's money.
    pub catalogue: String,
    /// The month it is about.
    pub month: Option<String>,
    /// SHA-256 of what was posted.
    pub content: Option<String>,
    /// First day on the board.
    pub from: Option<String>,
    /// Last day on the board.
    pub until: Option<String>,
    /// The figures as posted, fen: opening, income, expense, closing.
    pub figures: Option<[i64; 4]>,
    /// When.
    pub at: Timestamp,
    /// Who.
    #[serde(flatten)]
    pub actor: Acted,
    /// The entry.
    #[serde(flatten)]
    pub position: Position,
}

#[async_trait]
impl Show for Items {
    fn name(&self) -> &'static str {
        "portal-items"
    }

    fn source(&self) -> &'static str {
        OF.0
    }

    fn tables(&self) -> &'static [&'static str] {
        TABLES
    }

    async fn apply(&self, tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<(), StoreError> {
        let event = entry.event;
        if event.fact() == "item-published.v1" {
            tx.execute(
                "INSERT INTO portal_item~ (item, unit, catalogue, month, content, begins, ends, opening, income, expense, \
                 closing, at, actor, log, idx, leaf) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
                 ON CONFLICT (log, idx) DO NOTHING",
                &[
                    text(event, "item")?.into(),
                    event.unit.as_str().into(),
                    text(event, "catalogue")?.into(),
                    opt_text(event, "month").into(),
                    opt_text(event, "content").into(),
                    opt_text(event, "from").into(),
                    opt_text(event, "until").into(),
                    opt_number(event, "opening").into(),
                    opt_number(event, "income").into(),
                    opt_number(event, "expense").into(),
                    opt_number(event, "closing").into(),
                    event.time.micros().into(),
                    event.actor.as_str().into(),
                    event.log.as_str().into(),
                    event.index.into(),
                    entry.leaf_hex().into(),
                ],
            )
            .await?;
        }
        if event.fact() == "disclosure-due.v1" {
            tx.execute(
                "INSERT INTO portal_item_due~ (unit, catalogue, month, publish_by) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (unit, catalogue, month) DO UPDATE SET publish_by = excluded.publish_by",
                &[
                    event.unit.as_str().into(),
                    text(event, "catalogue")?.into(),
                    text(event, "month")?.into(),
                    text(event, "publish_by")?.into(),
                ],
            )
            .await?;
        }
        position::note(tx, OF.1, entry).await
    }
}

/// The last day on which a month is posted in time, where the month's own event says it.
///
/// # Errors
/// When the database is out of reach.
pub async fn due(
    db: &Database,
    unit: &str,
    catalogue: &str,
    month: &str,
) -> Result<Option<Date>, StoreError> {
    let sql =
        "SELECT publish_by FROM portal_item_due WHERE unit = $1 AND catalogue = $2 AND month = $3";
    let rows = db.query(sql, &[unit.into(), catalogue.into(), month.into()]).await?;
    Ok(rows.first().map(|row| row.text(0)).transpose()?.and_then(|day| day.parse().ok()))
}

const COLUMNS: &str = "i.item, i.unit, i.catalogue, i.month, i.content, i.begins, i.ends, i.opening, i.income, i.expense, \
     i.closing, i.at, i.actor, i.log, i.idx, i.leaf";

fn read(row: &Row) -> Result<Item, StoreError> {
    let some = |column: usize| row.opt_text(column).map(|text| text.map(str::to_owned));
    let fen = [row.opt_i64(7)?, row.opt_i64(8)?, row.opt_i64(9)?, row.opt_i64(10)?];
    let figures = match fen {
        [Some(opening), Some(income), Some(expense), Some(closing)] => {
            Some([opening, income, expense, closing])
        }
        _ => None,
    };
    Ok(Item {
        item: row.text(0)?.to_owned(),
        unit: row.text(1)?.to_owned(),
        catalogue: row.text(2)?.to_owned(),
        month: some(3)?,
        content: some(4)?,
        from: some(5)?,
        until: some(6)?,
        figures,
        at: Timestamp::from_micros(row.i64(11)?),
        actor: Acted::read(row.text(12)?),
        position: Position::read(row, 13)?,
    })
}

/// What was posted of one kind for a month, the latest first.
///
/// # Errors
/// When the database is out of reach.
pub async fn of_month(
    db: &Database,
    unit: &str,
    catalogue: &str,
    month: &str,
) -> Result<Vec<Item>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM portal_item i WHERE i.unit = $1 AND i.catalogue = $2 AND i.month = $3 \
         ORDER BY i.at DESC, i.idx DESC"
    );
    let values = [unit.into(), catalogue.into(), month.into()];
    db.query(&sql, &values).await?.iter().map(read).collect()
}

/// What a unit posted last, of any kind.
///
/// # Errors
/// When the database is out of reach.
pub async fn latest(db: &Database, unit: &str, limit: i64) -> Result<Vec<Item>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM portal_item i WHERE i.unit = $1 ORDER BY i.at DESC, i.idx DESC LIMIT $2"
    );
    db.query(&sql, &[unit.into(), limit.into()]).await?.iter().map(read).collect()
}

/// An item by its id, as posted last.
///
/// # Errors
/// When the database is out of reach.
pub async fn get(db: &Database, item: &str) -> Result<Option<Item>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM portal_item i WHERE i.item = $1 ORDER BY i.at DESC LIMIT 1");
    db.query(&sql, &[item.into()]).await?.first().map(read).transpose()
}

/// The units below one that posted this kind for this month.
///
/// # Errors
/// When the database is out of reach.
pub async fn posted_below(
    db: &Database,
    above: &str,
    catalogue: &str,
    month: &str,
) -> Result<std::collections::BTreeSet<String>, StoreError> {
    let sql = "SELECT DISTINCT i.unit FROM portal_item i JOIN portal_above a ON a.unit = i.unit \
               WHERE a.above = $1 AND i.catalogue = $2 AND i.month = $3";
    let rows = db.query(sql, &[above.into(), catalogue.into(), month.into()]).await?;
    rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}
