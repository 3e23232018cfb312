//! The books (账簿): opening balances, months, vouchers and their lines, as posted. Sums are made where they are read.

use async_trait::async_trait;
use kernel::{Event, Timestamp};
use serde::Serialize;
use serde_json::Value;
use store::{Database, StoreError, Tx};

use super::{Entry, Show, happened, missing, number, opt_text, position, text};

/// The read model.
pub struct Vouchers;

/// Service and table prefix, for [`position::of`].
pub const OF: (&str, &str) = ("funds", "portal_voucher");

const TABLES: &[&str] = &[
    "CREATE TABLE portal_book~ (unit TEXT NOT NULL, month TEXT NOT NULL, opened BIGINT NOT NULL, closed BIGINT, \
     trial_balance TEXT, log TEXT NOT NULL, idx BIGINT NOT NULL, leaf TEXT NOT NULL, PRIMARY KEY (unit, month))",
    "CREATE TABLE portal_voucher~ (voucher TEXT PRIMARY KEY, unit TEXT NOT NULL, month TEXT NOT NULL, number BIGINT NOT NULL, \
     day TEXT NOT NULL, payment TEXT, reverses TEXT, reversed_by TEXT, actor TEXT NOT NULL, at BIGINT NOT NULL, \
     summary TEXT, log TEXT NOT NULL, idx BIGINT NOT NULL, leaf TEXT NOT NULL)",
    "CREATE INDEX portal_voucher_month~ ON portal_voucher~ (unit, month, number)",
    // `net` is debit less credit, in fen. Opening balances are lines of the voucher '' in the month before the first.
    "CREATE TABLE portal_line~ (voucher TEXT NOT NULL, pos BIGINT NOT NULL, unit TEXT NOT NULL, month TEXT NOT NULL, \
     account TEXT NOT NULL, net BIGINT NOT NULL, PRIMARY KEY (unit, month, voucher, pos))",
    "CREATE INDEX portal_line_account~ ON portal_line~ (unit, account, month)",
    "CREATE TABLE portal_voucher_asof~ (log TEXT PRIMARY KEY, idx BIGINT NOT NULL, at BIGINT NOT NULL)",
];

#[async_trait]
impl Show for Vouchers {
    fn name(&self) -> &'static str {
        "portal-vouchers"
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
            "opening-balances-signed.v1" => {
                // Before every month that exists, so that the first month opens with them.
                lines(tx, event, "", "").await?;
            }
            "period-opened.v1" => {
                tx.execute(
                    "INSERT INTO portal_book~ (unit, month, opened, closed, trial_balance, log, idx, leaf) \
                     VALUES ($1, $2, $3, NULL, NULL, $4, $5, $6) ON CONFLICT (unit, month) DO NOTHING",
                    &[
                        event.unit.as_str().into(),
                        month(event)?.into(),
                        event.time.micros().into(),
                        event.log.as_str().into(),
                        event.index.into(),
                        entry.leaf_hex().into(),
                    ],
                )
                .await?;
            }
            "period-closed.v1" => {
                tx.execute(
                    "UPDATE portal_book~ SET closed = $3, trial_balance = $4, log = $5, idx = $6, leaf = $7 \
                     WHERE unit = $1 AND month = $2",
                    &[
                        event.unit.as_str().into(),
                        month(event)?.into(),
                        event.time.micros().into(),
                        opt_text(event, "trial_balance").into(),
                        event.log.as_str().into(),
                        event.index.into(),
                        entry.leaf_hex().into(),
                    ],
                )
                .await?;
            }
            "voucher-posted.v1" => posted(tx, entry).await?,
            "voucher-reversed.v1" => {
                tx.execute(
                    "UPDATE portal_voucher~ SET reversed_by = $2 WHERE voucher = $1",
                    &[text(event, "voucher")?.into(), opt_text(event, "by").into()],
                )
                .await?;
            }
            _ => {}
        }
        position::note(tx, OF.1, entry).await
    }
}

async fn posted(tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<(), StoreError> {
    let event = entry.event;
    let (voucher, month) = (text(event, "voucher")?, month(event)?);
    tx.execute(
        "INSERT INTO portal_voucher~ (voucher, unit, month, number, day, payment, reverses, reversed_by, actor, at, summary, \
         log, idx, leaf) VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, $8, $9, $10, $11, $12, $13) \
         ON CONFLICT (voucher) DO NOTHING",
        &[
            voucher.into(),
            event.unit.as_str().into(),
            month.into(),
            number(event, "number")?.into(),
            text(event, "date")?.into(),
            opt_text(event, "payment").into(),
            opt_text(event, "reverses").into(),
            event.actor.as_str().into(),
            event.time.micros().into(),
            happened::public_text(event, "summary").into(),
            event.log.as_str().into(),
            event.index.into(),
            entry.leaf_hex().into(),
        ],
    )
    .await?;
    if let Some(reverses) = opt_text(event, "reverses") {
        tx.execute(
            "UPDATE portal_voucher~ SET reversed_by = $2 WHERE voucher = $1",
            &[reverses.into(), voucher.into()],
        )
        .await?;
    }
    lines(tx, event, voucher, month).await
}

async fn lines(
    tx: &mut Tx<'_>,
    event: &Event,
    voucher: &str,
    month: &str,
) -> Result<(), StoreError> {
    let lines = event.data.get("lines").and_then(Value::as_array);
    let lines = lines.ok_or_else(|| missing(event, "lines", "a list"))?;
    for (pos, line) in lines.iter().enumerate() {
        let wrong = || missing(event, "lines", "lines of account and one amount in fen");
        let account = line.get("account").and_then(Value::as_str).ok_or_else(wrong)?;
        let fen = |side: &str| match line.get(side) {
            None | Some(Value::Null) => Ok(0),
            Some(amount) => amount.as_i64().ok_or_else(wrong),
        };
        let net = fen("debit")?.checked_sub(fen("credit")?).ok_or_else(wrong)?;
        tx.execute(
            "INSERT INTO portal_line~ (voucher, pos, unit, month, account, net) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (unit, month, voucher, pos) DO NOTHING",
            &[
                voucher.into(),
                (pos as u64).into(),
                event.unit.as_str().into(),
                month.into(),
                account.into(),
                net.into(),
            ],
        )
        .await?;
    }
    Ok(())
}

/// A month of the form `YYYY-MM`.
fn month(event: &Event) -> Result<&str, StoreError> {
    let month = text(event, "month")?;
    if is_month(month) {
        Ok(month)
    } else {
        Err(missing(event, "month", "a month such as 2026-03"))
    }
}

/// Whether a text is a month, `2026-03`.
pub fn is_month(text: &str) -> bool {
    text.len() == 7 && format!("{text}-01").parse::<kernel::Date>().is_ok()
}

/// Whether a month's book is open or closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Book {
    /// The month.
    pub month: String,
    /// When it was opened.
    pub opened: Timestamp,
    /// When it was closed (结账).
    pub closed: Option<Timestamp>,
    /// Hash of the trial balance.
    pub trial_balance: Option<String>,
}

/// The months of a unit's book, latest first.
///
/// # Errors
/// When the database is out of reach.
pub async fn months(db: &Database, unit: &str) -> Result<Vec<Book>, StoreError> {
    let sql = "SELECT month, opened, closed, trial_balance FROM portal_book WHERE unit = $1 ORDER BY month DESC LIMIT 240";
    let rows = db.query(sql, &[unit.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(Book {
                month: row.text(0)?.to_owned(),
                opened: Timestamp::from_micros(row.i64(1)?),
                closed: row.opt_i64(2)?.map(Timestamp::from_micros),
                trial_balance: row.opt_text(3)?.map(str::to_owned),
            })
        })
        .collect()
}

/// The units below one whose book was opened for this month.
///
/// # Errors
/// When the database is out of reach.
pub async fn opened_below(
    db: &Database,
    above: &str,
    month: &str,
) -> Result<std::collections::BTreeSet<String>, StoreError> {
    let sql = "SELECT b.unit FROM portal_book b JOIN portal_above a ON a.unit = b.unit \
               WHERE a.above = $1 AND b.month = $2";
    let rows = db.query(sql, &[above.into(), month.into()]).await?;
    rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}

/// Where a voucher is: its unit and month.
///
/// # Errors
/// When the database is out of reach.
pub async fn find(db: &Database, voucher: &str) -> Result<Option<(String, String)>, StoreError> {
    let rows = db
        .query("SELECT unit, month FROM portal_voucher WHERE voucher = $1", &[voucher.into()])
        .await?;
    rows.first().map(|row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()))).transpose()
}
