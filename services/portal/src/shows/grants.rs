//! Money from above (专项资金): what was offered, what of it was taken, which payments it went to, what came back.

use async_trait::async_trait;
use serde::Serialize;
use store::{Database, Row, StoreError, Tx};

use super::{Entry, Position, Show, number, opt_text, position, text};

/// The read model.
pub struct Grants;

/// Service and table prefix, for [`position::of`].
pub const OF: (&str, &str) = ("funds", "portal_grant");

const TABLES: &[&str] = &[
    "CREATE TABLE portal_grant~ (allocation TEXT PRIMARY KEY, giver TEXT NOT NULL, unit TEXT NOT NULL, reference TEXT NOT NULL, \
     offered BIGINT NOT NULL, accepted BIGINT, returned BIGINT NOT NULL, closed BIGINT NOT NULL, log TEXT NOT NULL, \
     idx BIGINT NOT NULL, leaf TEXT NOT NULL)",
    "CREATE INDEX portal_grant_unit~ ON portal_grant~ (unit, reference)",
    // Every headroom that a payment draws on: which of them are grants is known where they are read.
    "CREATE TABLE portal_grant_draw~ (payment TEXT PRIMARY KEY, reserve TEXT NOT NULL)",
    "CREATE INDEX portal_grant_draw_reserve~ ON portal_grant_draw~ (reserve)",
    "CREATE TABLE portal_grant_asof~ (log TEXT PRIMARY KEY, idx BIGINT NOT NULL, at BIGINT NOT NULL)",
];

/// Money that was offered to a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Grant {
    /// Its id.
    pub allocation: String,
    /// The unit that gives.
    pub giver: String,
    /// The unit that gets it.
    pub unit: String,
    /// The document number.
    pub reference: String,
    /// Fen.
    pub offered: i64,
    /// Fen; none before it is answered.
    pub accepted: Option<i64>,
    /// Fen that went back.
    pub returned: i64,
    /// Nothing is left of it.
    pub closed: bool,
    /// The entry of the offer.
    #[serde(flatten)]
    pub position: Position,
}

#[async_trait]
impl Show for Grants {
    fn name(&self) -> &'static str {
        "portal-grants"
    }

    fn source(&self) -> &'static str {
        OF.0
    }

    fn tables(&self) -> &'static [&'static str] {
        TABLES
    }

    async fn apply(&self, tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<(), StoreError> {
        let event = entry.event;
        let id = event.stream.key();
        match event.fact() {
            "fund-allocated.v1" => {
                let sql = "INSERT INTO portal_grant~ (allocation, giver, unit, reference, offered, accepted, returned, closed, \
                     log, idx, leaf) VALUES ($1, $2, $3, $4, $5, NULL, 0, 0, $6, $7, $8) ON CONFLICT (allocation) DO NOTHING";
                let values = [
                    id.into(),
                    event.unit.as_str().into(),
                    text(event, "to_unit")?.into(),
                    text(event, "reference")?.into(),
                    number(event, "amount")?.into(),
                    event.log.as_str().into(),
                    event.index.into(),
                    entry.leaf_hex().into(),
                ];
                tx.execute(sql, &values).await?;
            }
            // What is heard at the giver's comes from the same log as the offer: never before it.
            "allocation-taken.v1" | "allocation-taken-in-part.v1" | "allocation-refused.v1" => {
                let sql = "UPDATE portal_grant~ SET accepted = $2 WHERE allocation = $1";
                tx.execute(sql, &[id.into(), number(event, "accepted")?.into()]).await?;
            }
            "grant-returned.v1" => {
                let sql = "UPDATE portal_grant~ SET returned = returned + $2 WHERE allocation = $1";
                tx.execute(sql, &[id.into(), number(event, "amount")?.into()]).await?;
            }
            "allocation-closed.v1" => {
                let sql =
                    "UPDATE portal_grant~ SET returned = $2, closed = 1 WHERE allocation = $1";
                tx.execute(sql, &[id.into(), number(event, "returned")?.into()]).await?;
            }
            "payment-requested.v1" | "payment-corrected.v1" => {
                if let Some(reserve) = opt_text(event, "reserve") {
                    let sql = "INSERT INTO portal_grant_draw~ (payment, reserve) VALUES ($1, $2) \
                         ON CONFLICT (payment) DO UPDATE SET reserve = excluded.reserve";
                    tx.execute(sql, &[id.into(), reserve.into()]).await?;
                }
            }
            _ => {}
        }
        position::note(tx, OF.1, entry).await
    }
}

fn read(row: &Row) -> Result<Grant, StoreError> {
    Ok(Grant {
        allocation: row.text(0)?.to_owned(),
        giver: row.text(1)?.to_owned(),
        unit: row.text(2)?.to_owned(),
        reference: row.text(3)?.to_owned(),
        offered: row.i64(4)?,
        accepted: row.opt_i64(5)?,
        returned: row.i64(6)?,
        closed: row.i64(7)? != 0,
        position: Position::read(row, 8)?,
    })
}

/// What was offered to a unit, the latest first; at most 200.
///
/// # Errors
/// When the database is out of reach.
pub async fn of_unit(db: &Database, unit: &str) -> Result<Vec<Grant>, StoreError> {
    let sql = "SELECT allocation, giver, unit, reference, offered, accepted, returned, closed, log, idx, leaf \
         FROM portal_grant WHERE unit = $1 ORDER BY log, idx DESC LIMIT 200";
    db.query(sql, &[unit.into()]).await?.iter().map(read).collect()
}

/// The payments that draw on a grant, by id.
///
/// # Errors
/// When the database is out of reach.
pub async fn payments(db: &Database, allocation: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT payment FROM portal_grant_draw WHERE reserve = $1 ORDER BY payment";
    let rows = db.query(sql, &[allocation.into()]).await?;
    rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}
