//! Payments (付款): who asked, who approved, who paid, how much, under which resolution. Knows no procedure.

use std::collections::BTreeMap;

use async_trait::async_trait;
use engines::procedure::History;
use kernel::{Event, Timestamp};
use serde::Serialize;
use store::{Database, Row, StoreError, Tx};

use super::{
    Entry, Position, Show,
    happened::{self, Happening, TextRef},
    json, number, opt_text, position, text, unjson,
};

/// The read model.
pub struct Payments;

/// Service and table prefix, for [`position::of`].
pub const OF: (&str, &str) = ("funds", "portal_payment");
const EVENTS: &str = "portal_payment_event";

const TABLES: &[&str] = &[
    "CREATE TABLE portal_payment~ (payment TEXT PRIMARY KEY, unit TEXT NOT NULL, amount BIGINT NOT NULL, method TEXT, \
     account TEXT, payee TEXT, resolution TEXT, month TEXT, requested BIGINT NOT NULL, executed BIGINT, voucher TEXT, \
     returned TEXT, purpose TEXT, history TEXT NOT NULL, log TEXT NOT NULL, idx BIGINT NOT NULL, leaf TEXT NOT NULL)",
    "CREATE INDEX portal_payment_unit~ ON portal_payment~ (unit, requested)",
    "CREATE INDEX portal_payment_resolution~ ON portal_payment~ (resolution, requested)",
    "CREATE INDEX portal_payment_voucher~ ON portal_payment~ (voucher)",
    "CREATE TABLE portal_payment_event~ (about TEXT NOT NULL, log TEXT NOT NULL, idx BIGINT NOT NULL, leaf TEXT NOT NULL, \
     fact TEXT NOT NULL, at BIGINT NOT NULL, actor TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (log, idx))",
    "CREATE INDEX portal_payment_event_about~ ON portal_payment_event~ (about, at)",
    "CREATE TABLE portal_payment_asof~ (log TEXT PRIMARY KEY, idx BIGINT NOT NULL, at BIGINT NOT NULL)",
];

/// A payment and how far it has come.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Payment {
    /// Its id.
    pub payment: String,
    /// The unit whose collective pays.
    pub unit: String,
    /// Fen.
    pub amount: i64,
    /// `bank` or `cash`.
    pub method: Option<String>,
    /// Account of the chart.
    pub account: Option<String>,
    /// The organisation that is paid; absent for a private person, whose name is sealed.
    pub payee: Option<String>,
    /// The resolution it rests on: its own, or the budget's.
    pub resolution: Option<String>,
    /// The month it was asked for.
    pub month: Option<String>,
    /// When it was asked for.
    pub requested: Timestamp,
    /// When it was paid.
    pub executed: Option<Timestamp>,
    /// The voucher that records it.
    pub voucher: Option<String>,
    /// Why the bank or a reviewer sent it back (a code).
    pub returned: Option<String>,
    /// What it is for, which the owner shows.
    pub purpose: Option<TextRef>,
    /// All that happened.
    pub history: History,
    /// The entry of the request, or of the last correction.
    #[serde(flatten)]
    pub position: Position,
}

/// How far a payment is, as people say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Asked for.
    Requested,
    /// Approved, not paid yet.
    Approved,
    /// Paid.
    Paid,
    /// Sent back.
    Returned,
}

impl Payment {
    /// How far it is.
    pub fn stage(&self) -> Stage {
        let approved = self.history.last("payment-approved.v1").is_some();
        match (self.executed, &self.returned) {
            (_, Some(_)) => Stage::Returned,
            (Some(_), None) => Stage::Paid,
            (None, None) if approved => Stage::Approved,
            (None, None) => Stage::Requested,
        }
    }
}

#[async_trait]
impl Show for Payments {
    fn name(&self) -> &'static str {
        "portal-payments"
    }

    fn source(&self) -> &'static str {
        OF.0
    }

    fn tables(&self) -> &'static [&'static str] {
        TABLES
    }

    async fn apply(&self, tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<(), StoreError> {
        let event = entry.event;
        if event.stream.kind() == "payment" {
            match event.fact() {
                "payment-requested.v1" => requested(tx, entry).await?,
                "payment-corrected.v1" => corrected(tx, entry).await?,
                _ => {}
            }
            fold(tx, entry).await?;
            happened::add(tx, EVENTS, event.stream.key(), entry).await?;
        }
        position::note(tx, OF.1, entry).await
    }
}

async fn requested(tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<(), StoreError> {
    let event = entry.event;
    tx.execute(
        "INSERT INTO portal_payment~ (payment, unit, amount, method, account, payee, resolution, month, requested, executed, \
         voucher, returned, purpose, history, log, idx, leaf) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, NULL, NULL, $10, $11, $12, $13, $14) \
         ON CONFLICT (payment) DO NOTHING",
        &[
            event.stream.key().into(),
            event.unit.as_str().into(),
            number(event, "amount")?.into(),
            opt_text(event, "method").into(),
            opt_text(event, "account").into(),
            organisation(event).into(),
            resolution(event).into(),
            opt_text(event, "month").into(),
            event.time.micros().into(),
            happened::public_text(event, "purpose").into(),
            json(&History::default())?.into(),
            event.log.as_str().into(),
            event.index.into(),
            entry.leaf_hex().into(),
        ],
    )
    .await
    .map(|_| ())
}

/// Asked again after it was sent back (更正重报): what is asked now replaces what was asked before.
async fn corrected(tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<(), StoreError> {
    let event = entry.event;
    tx.execute(
        "UPDATE portal_payment~ SET amount = $2, method = COALESCE($3, method), account = COALESCE($4, account), \
         payee = $5, resolution = $6, purpose = $7, returned = NULL, log = $8, idx = $9, leaf = $10 WHERE payment = $1",
        &[
            event.stream.key().into(),
            number(event, "amount")?.into(),
            opt_text(event, "method").into(),
            opt_text(event, "account").into(),
            organisation(event).into(),
            resolution(event).into(),
            happened::public_text(event, "purpose").into(),
            event.log.as_str().into(),
            event.index.into(),
            entry.leaf_hex().into(),
        ],
    )
    .await
    .map(|_| ())
}

/// The resolution it rests on: its own, else the one that adopted the budget line it draws on.
fn resolution(event: &Event) -> Option<&str> {
    opt_text(event, "resolution").or_else(|| opt_text(event, "covered_by"))
}

/// The payee's name, when it is an organisation.
fn organisation(event: &Event) -> Option<&str> {
    event.data.get("payee")?.get("organisation")?.as_str()
}

async fn fold(tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<(), StoreError> {
    let event = entry.event;
    let payment = event.stream.key();
    let rows = tx
        .fetch("SELECT history FROM portal_payment~ WHERE payment = $1", &[payment.into()])
        .await?;
    // An event of a payment whose request is not known is kept in the list of events alone.
    let Some(row) = rows.first() else { return Ok(()) };
    let history = History::evolve(Some(unjson(row.text(0)?)?), event);
    tx.execute(
        "UPDATE portal_payment~ SET history = $2 WHERE payment = $1",
        &[payment.into(), json(&history)?.into()],
    )
    .await?;
    match event.fact() {
        "payment-executed.v1" => {
            tx.execute(
                "UPDATE portal_payment~ SET executed = $2, voucher = $3, amount = $4, returned = NULL WHERE payment = $1",
                &[
                    payment.into(),
                    event.time.micros().into(),
                    text(event, "voucher")?.into(),
                    number(event, "amount")?.into(),
                ],
            )
            .await?;
        }
        "payment-returned.v1" => {
            tx.execute(
                "UPDATE portal_payment~ SET returned = $2 WHERE payment = $1",
                &[payment.into(), opt_text(event, "code").unwrap_or("returned").into()],
            )
            .await?;
        }
        _ => {}
    }
    Ok(())
}

const COLUMNS: &str = "payment, unit, amount, method, account, payee, resolution, month, requested, executed, voucher, returned, \
     purpose, history, log, idx, leaf";

fn read(row: &Row) -> Result<Payment, StoreError> {
    let some = |column: usize| row.opt_text(column).map(|text| text.map(str::to_owned));
    let position = Position::read(row, 14)?;
    Ok(Payment {
        payment: row.text(0)?.to_owned(),
        unit: row.text(1)?.to_owned(),
        amount: row.i64(2)?,
        method: some(3)?,
        account: some(4)?,
        payee: some(5)?,
        resolution: some(6)?,
        month: some(7)?,
        requested: Timestamp::from_micros(row.i64(8)?),
        executed: row.opt_i64(9)?.map(Timestamp::from_micros),
        voucher: some(10)?,
        returned: some(11)?,
        purpose: some(12)?.map(|sha256| TextRef {
            position: position.clone(),
            field: "purpose".to_owned(),
            sha256,
        }),
        history: unjson(row.text(13)?)?,
        position,
    })
}

/// A payment by its id.
///
/// # Errors
/// When the database is out of reach.
pub async fn get(db: &Database, payment: &str) -> Result<Option<Payment>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM portal_payment WHERE payment = $1");
    db.query(&sql, &[payment.into()]).await?.first().map(read).transpose()
}

/// The payment that a voucher records.
///
/// # Errors
/// When the database is out of reach.
pub async fn of_voucher(db: &Database, voucher: &str) -> Result<Option<Payment>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM portal_payment WHERE voucher = $1");
    db.query(&sql, &[voucher.into()]).await?.first().map(read).transpose()
}

/// The payments that the vouchers of a month record, by voucher.
///
/// # Errors
/// When the database is out of reach.
pub async fn of_month(
    db: &Database,
    unit: &str,
    month: &str,
) -> Result<BTreeMap<String, Payment>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM portal_payment WHERE voucher IN \
         (SELECT v.voucher FROM portal_voucher v WHERE v.unit = $1 AND v.month = $2)"
    );
    let rows = db.query(&sql, &[unit.into(), month.into()]).await?;
    let payments = rows.iter().map(read);
    payments.map(|payment| payment.map(|p| (p.voucher.clone().unwrap_or_default(), p))).collect()
}

/// The payments asked for that are neither paid nor sent back, the oldest first.
///
/// # Errors
/// When the database is out of reach.
pub async fn under_way(db: &Database, unit: &str) -> Result<Vec<Payment>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM portal_payment WHERE unit = $1 AND executed IS NULL AND returned IS NULL \
         ORDER BY requested LIMIT 50"
    );
    db.query(&sql, &[unit.into()]).await?.iter().map(read).collect()
}

/// The payments made under a resolution, the first first.
///
/// # Errors
/// When the database is out of reach.
pub async fn under(db: &Database, resolution: &str) -> Result<Vec<Payment>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM portal_payment WHERE resolution = $1 ORDER BY requested, payment LIMIT 500"
    );
    db.query(&sql, &[resolution.into()]).await?.iter().map(read).collect()
}

/// What was paid under a resolution, fen: executed and not sent back.
pub fn spent(payments: &[Payment]) -> i64 {
    let paid = payments.iter().filter(|p| p.stage() == Stage::Paid);
    paid.map(|p| p.amount).fold(0, i64::saturating_add)
}

/// The events of a payment, first to last.
///
/// # Errors
/// When the database is out of reach.
pub async fn events(db: &Database, payment: &str) -> Result<Vec<Happening>, StoreError> {
    happened::list(db, EVENTS, payment).await
}
