//! What is left of headroom, the bank accounts, the vouchers of each month. Applies the service's own events; knows no
//! procedure, and needs nothing sealed: balances themselves are the book's.

use async_trait::async_trait;
use kernel::{Event, LogId, Money, Position, UnitId};
use serde::Serialize;
use store::{Reader, ReaderError, Row, Store, StoreError, Tx};

use crate::facts::{
    bank::BankAccountOpened,
    book::{VoucherPosted, VoucherReversed},
    reserve::{
        AmountAllotted, AmountReserved, AmountReturned, AmountSpent, BudgetAdopted, FundReceived,
        ReservationReleased, ResolutionLimitOpened,
    },
    voucher::{Line, flow},
};

/// The reader of the own logs.
pub struct Ledger;

const TABLES: [&str; 6] = [
    "CREATE TABLE funds_reserve~ (reserve TEXT NOT NULL PRIMARY KEY, unit TEXT NOT NULL, source TEXT NOT NULL, \
     line TEXT, year BIGINT, reference TEXT, resolution TEXT, granted BIGINT NOT NULL, available BIGINT NOT NULL, \
     allotted BIGINT NOT NULL, spent BIGINT NOT NULL)",
    "CREATE INDEX funds_reserve_unit~ ON funds_reserve~ (unit, source, reserve)",
    "CREATE TABLE funds_account~ (account TEXT NOT NULL PRIMARY KEY, unit TEXT NOT NULL, kind TEXT NOT NULL, \
     ends_with TEXT NOT NULL)",
    "CREATE INDEX funds_account_unit~ ON funds_account~ (unit)",
    "CREATE TABLE funds_voucher~ (voucher TEXT NOT NULL PRIMARY KEY, unit TEXT NOT NULL, month TEXT NOT NULL, \
     number BIGINT NOT NULL, day TEXT NOT NULL, lines TEXT NOT NULL, payment TEXT, reverses TEXT, reversed_by TEXT, \
     income BIGINT NOT NULL, expense BIGINT NOT NULL, log TEXT NOT NULL, idx BIGINT NOT NULL)",
    "CREATE INDEX funds_voucher_month~ ON funds_voucher~ (unit, month, number)",
];

const RESERVE: &str = "INSERT INTO funds_reserve~ (reserve, unit, source, line, year, reference, resolution, granted, \
     available, allotted, spent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, 0, 0) ON CONFLICT (reserve) DO NOTHING";
const LEFT: &str = "UPDATE funds_reserve~ SET available = $2 WHERE reserve = $1";
const VOUCHER: &str = "INSERT INTO funds_voucher~ (voucher, unit, month, number, day, lines, payment, reverses, \
     income, expense, log, idx) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

#[async_trait]
impl Reader for Ledger {
    fn name(&self) -> &str {
        "funds-ledger"
    }

    fn schema(&self, _: &str) -> Vec<String> {
        TABLES.iter().map(|sql| (*sql).to_owned()).collect()
    }

    async fn apply(&self, tx: &mut Tx<'_>, event: &Event) -> Result<(), ReaderError> {
        match event.stream.kind() {
            "reserve" => headroom(tx, event).await,
            "book" => voucher(tx, event).await,
            "account" if event.fact() == "bank-account-opened.v1" => {
                let opened: BankAccountOpened = event.read()?;
                let kind = serde_json::to_value(opened.kind)?;
                let values = [
                    opened.account.into(),
                    event.unit.as_str().into(),
                    kind.as_str().unwrap_or_default().into(),
                    opened.ends_with.into(),
                ];
                let sql = "INSERT INTO funds_account~ (account, unit, kind, ends_with) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT (account) DO NOTHING";
                tx.execute(sql, &values).await?;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

async fn headroom(tx: &mut Tx<'_>, event: &Event) -> Result<(), ReaderError> {
    let unit = event.unit.as_str();
    match event.fact() {
        "budget-adopted.v1" => {
            let e: BudgetAdopted = event.read()?;
            let nothing: Option<&str> = None;
            let values = [
                e.reserve.into(),
                unit.into(),
                "budget".into(),
                e.line.to_string().into(),
                i64::from(e.year).into(),
                nothing.into(),
                e.resolution.into(),
                e.amount.fen().into(),
            ];
            tx.execute(RESERVE, &values).await?;
        }
        "fund-received.v1" => {
            let e: FundReceived = event.read()?;
            let nothing: Option<&str> = None;
            let values = [
                e.reserve.into(),
                unit.into(),
                "grant".into(),
                nothing.into(),
                i64::from(event.time.date().year()).into(),
                e.reference.into(),
                e.resolution.into(),
                e.amount.fen().into(),
            ];
            tx.execute(RESERVE, &values).await?;
        }
        "resolution-limit-opened.v1" => {
            let e: ResolutionLimitOpened = event.read()?;
            let nothing: Option<&str> = None;
            let values = [
                e.reserve.into(),
                unit.into(),
                "resolution".into(),
                nothing.into(),
                i64::from(event.time.date().year()).into(),
                nothing.into(),
                e.resolution.into(),
                e.limit.fen().into(),
            ];
            tx.execute(RESERVE, &values).await?;
        }
        "amount-reserved.v1" => {
            let e: AmountReserved = event.read()?;
            tx.execute(LEFT, &[e.reserve.into(), e.available.fen().into()]).await?;
        }
        "reservation-released.v1" => {
            let e: ReservationReleased = event.read()?;
            tx.execute(LEFT, &[e.reserve.into(), e.available.fen().into()]).await?;
        }
        "amount-returned.v1" => {
            // What went back was never granted: free and granted fall together.
            let e: AmountReturned = event.read()?;
            let sql = "UPDATE funds_reserve~ SET available = $2, granted = granted - $3 WHERE reserve = $1";
            let values = [e.reserve.into(), e.available.fen().into(), e.amount.fen().into()];
            tx.execute(sql, &values).await?;
        }
        "amount-allotted.v1" => {
            let e: AmountAllotted = event.read()?;
            let sql = "UPDATE funds_reserve~ SET available = $2, allotted = allotted + $3 WHERE reserve = $1";
            let values = [e.reserve.into(), e.available.fen().into(), e.amount.fen().into()];
            tx.execute(sql, &values).await?;
        }
        "amount-spent.v1" => {
            let e: AmountSpent = event.read()?;
            let sql = "UPDATE funds_reserve~ SET spent = spent + $2 WHERE reserve = $1";
            tx.execute(sql, &[e.reserve.into(), e.amount.fen().into()]).await?;
        }
        _ => {}
    }
    Ok(())
}

async fn voucher(tx: &mut Tx<'_>, event: &Event) -> Result<(), ReaderError> {
    match event.fact() {
        "voucher-posted.v1" => {
            let e: VoucherPosted = event.read()?;
            let moved = flow(&e.lines, e.reverses.is_some());
            let values = [
                e.voucher.into(),
                event.unit.as_str().into(),
                e.month.to_string().into(),
                i64::from(e.number).into(),
                e.date.to_string().into(),
                serde_json::to_string(&e.lines)?.into(),
                e.payment.into(),
                e.reverses.into(),
                moved.income.fen().into(),
                moved.expense.fen().into(),
                event.log.as_str().into(),
                event.index.into(),
            ];
            tx.execute(VOUCHER, &values).await?;
        }
        "voucher-reversed.v1" => {
            let e: VoucherReversed = event.read()?;
            let sql = "UPDATE funds_voucher~ SET reversed_by = $2 WHERE voucher = $1";
            tx.execute(sql, &[e.voucher.into(), e.by.into()]).await?;
        }
        _ => {}
    }
    Ok(())
}

/// Headroom of a line, a grant or a resolution, in fen: granted = available + reserved + allotted + spent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    /// Its id.
    pub reserve: String,
    /// `budget`, `grant` or `resolution`.
    pub source: String,
    /// The account of a budget line.
    pub line: Option<String>,
    /// The year.
    pub year: Option<i64>,
    /// The document number of a grant.
    pub reference: Option<String>,
    /// The resolution behind it.
    pub resolution: Option<String>,
    /// Fen.
    pub granted: Money,
    /// Fen that are free.
    pub available: Money,
    /// Fen kept for payments under way.
    pub reserved: Money,
    /// Fen given on to lines.
    pub allotted: Money,
    /// Fen paid.
    pub spent: Money,
}

/// The headroom of a unit: lines, grants, then resolutions.
///
/// # Errors
/// When the database is out of reach.
pub async fn left(store: &Store, unit: &UnitId) -> Result<Vec<Left>, StoreError> {
    let sql = "SELECT reserve, source, line, year, reference, resolution, granted, available, allotted, spent \
         FROM funds_reserve~ WHERE unit = $1 ORDER BY source, reserve";
    let rows = store.query(sql, &[unit.as_str().into()]).await?;
    rows.iter()
        .map(|row| {
            let some = |column: usize| row.opt_text(column).map(|text| text.map(str::to_owned));
            let fen = |column: usize| row.i64(column).map(Money::from_fen);
            let (granted, available) = (fen(6)?, fen(7)?);
            let (allotted, spent) = (fen(8)?, fen(9)?);
            let gone = available.saturating_add(allotted).saturating_add(spent);
            Ok(Left {
                reserve: row.text(0)?.to_owned(),
                source: row.text(1)?.to_owned(),
                line: some(2)?,
                year: row.opt_i64(3)?,
                reference: some(4)?,
                resolution: some(5)?,
                granted,
                available,
                reserved: granted.saturating_sub(gone),
                allotted,
                spent,
            })
        })
        .collect()
}

/// A bank account as it is chosen: id, what for, last four digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Its id.
    pub account: String,
    /// `basic`, `land-compensation`, `general`.
    pub kind: String,
    /// The last four digits.
    pub ends_with: String,
}

/// The bank accounts of a unit.
///
/// # Errors
/// When the database is out of reach.
pub async fn accounts(store: &Store, unit: &UnitId) -> Result<Vec<Account>, StoreError> {
    let sql = "SELECT account, kind, ends_with FROM funds_account~ WHERE unit = $1 ORDER BY kind, account";
    let rows = store.query(sql, &[unit.as_str().into()]).await?;
    let text = |row: &Row, column: usize| row.text(column).map(str::to_owned);
    rows.iter()
        .map(|row| {
            Ok(Account { account: text(row, 0)?, kind: text(row, 1)?, ends_with: text(row, 2)? })
        })
        .collect()
}

/// A voucher as the book of a month lists it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Voucher {
    /// Its id.
    pub voucher: String,
    /// Its number in the month.
    pub number: i64,
    /// The month.
    pub month: String,
    /// The day of the business.
    pub date: String,
    /// The entries.
    pub lines: Vec<Line>,
    /// The payment it records.
    pub payment: Option<String>,
    /// The voucher it takes back.
    pub reverses: Option<String>,
    /// The voucher that takes it back.
    pub reversed_by: Option<String>,
    /// Money in, fen.
    pub income: Money,
    /// Money out, fen.
    pub expense: Money,
    /// Log and index.
    #[serde(flatten)]
    pub position: Position,
}

const COLUMNS: &str =
    "voucher, number, month, day, lines, payment, reverses, reversed_by, income, expense, log, idx";

fn read(row: &Row) -> Result<Voucher, StoreError> {
    let some = |column: usize| row.opt_text(column).map(|text| text.map(str::to_owned));
    let voucher = row.text(0)?.to_owned();
    let lines = serde_json::from_str(row.text(4)?)
        .map_err(|error| StoreError::Corrupt(format!("voucher {voucher}: {error}")))?;
    Ok(Voucher {
        voucher,
        number: row.i64(1)?,
        month: row.text(2)?.to_owned(),
        date: row.text(3)?.to_owned(),
        lines,
        payment: some(5)?,
        reverses: some(6)?,
        reversed_by: some(7)?,
        income: Money::from_fen(row.i64(8)?),
        expense: Money::from_fen(row.i64(9)?),
        position: Position { log: LogId::from(row.text(10)?), index: row.u64(11)? },
    })
}

/// The vouchers of a month, in the order of their numbers.
///
/// # Errors
/// When the database is out of reach.
pub async fn vouchers(
    store: &Store,
    unit: &UnitId,
    month: &str,
) -> Result<Vec<Voucher>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM funds_voucher~ WHERE unit = $1 AND month = $2 ORDER BY number"
    );
    store.query(&sql, &[unit.as_str().into(), month.into()]).await?.iter().map(read).collect()
}

/// The last vouchers of a unit, the newest first; at most 100.
///
/// # Errors
/// When the database is out of reach.
pub async fn latest(store: &Store, unit: &UnitId) -> Result<Vec<Voucher>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM funds_voucher~ WHERE unit = $1 ORDER BY month DESC, number DESC LIMIT 100"
    );
    store.query(&sql, &[unit.as_str().into()]).await?.iter().map(read).collect()
}

/// One voucher of a unit.
///
/// # Errors
/// When the database is out of reach.
pub async fn one(
    store: &Store,
    unit: &UnitId,
    voucher: &str,
) -> Result<Option<Voucher>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM funds_voucher~ WHERE unit = $1 AND voucher = $2");
    store.query(&sql, &[unit.as_str().into(), voucher.into()]).await?.first().map(read).transpose()
}
