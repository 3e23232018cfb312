//! The tables of the ledgers that units keep: what stands on each account, and its bookings. Applied from the service's own
//! events, beside the board.

use engines::ledger::Line;
use kernel::{Event, Position, StreamId, Timestamp, UnitId};
use store::{ReaderError, Store, StoreError, Tx};

use crate::books::Fact;

/// The tables.
pub const TABLES: [&str; 3] = [
    "CREATE TABLE board_account~ (unit TEXT NOT NULL, ledger TEXT NOT NULL, account TEXT NOT NULL, \
     balance BIGINT NOT NULL, PRIMARY KEY (unit, ledger, account))",
    "CREATE TABLE board_booking~ (log TEXT NOT NULL, idx BIGINT NOT NULL, unit TEXT NOT NULL, ledger TEXT NOT NULL, \
     account TEXT NOT NULL, amount BIGINT NOT NULL, at BIGINT NOT NULL, because TEXT NOT NULL, source TEXT NOT NULL, \
     reverses BIGINT NOT NULL, PRIMARY KEY (log, idx, account))",
    "CREATE INDEX board_booking_account~ ON board_booking~ (unit, ledger, account, at)",
];

const BALANCE: &str = "INSERT INTO board_account~ (unit, ledger, account, balance) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (unit, ledger, account) DO UPDATE SET balance = board_account~.balance + excluded.balance";
const BOOKING: &str = "INSERT INTO board_booking~ (log, idx, unit, ledger, account, amount, at, because, source, reverses) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

/// Puts a booking into the tables.
pub async fn apply(tx: &mut Tx<'_>, event: &Event) -> Result<(), ReaderError> {
    let fact: Fact = event.read()?;
    for Line { account, amount } in fact.lines.lines() {
        let (unit, ledger) = (event.unit.as_str(), fact.ledger.as_str());
        let values = [unit.into(), ledger.into(), account.as_str().into(), (*amount).into()];
        tx.execute(BALANCE, &values).await?;
        let values = [
            event.log.as_str().into(),
            event.index.into(),
            unit.into(),
            ledger.into(),
            account.as_str().into(),
            (*amount).into(),
            event.time.micros().into(),
            fact.because.as_str().into(),
            fact.case.as_str().into(),
            fact.reverses.is_some().into(),
        ];
        tx.execute(BOOKING, &values).await?;
    }
    Ok(())
}

/// One line of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// What it got, or gave.
    pub amount: i64,
    /// The fact of the case that brought it about.
    pub because: String,
    /// The case.
    pub case: StreamId,
    /// It takes another one back.
    pub reverses: bool,
    /// Where the booking lies.
    pub position: Position,
}

/// The bookings of an account, in order.
///
/// # Errors
/// When the database is out of reach.
pub async fn entries(
    store: &Store,
    unit: &UnitId,
    ledger: &str,
    account: &str,
) -> Result<Vec<Entry>, StoreError> {
    let sql = "SELECT at, amount, because, source, reverses, log, idx FROM board_booking~ \
               WHERE unit = $1 AND ledger = $2 AND account = $3 ORDER BY at, log, idx";
    let rows = store.query(sql, &[unit.as_str().into(), ledger.into(), account.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(Entry {
                at: Timestamp::from_micros(row.i64(0)?),
                amount: row.i64(1)?,
                because: row.text(2)?.to_owned(),
                case: row.text(3)?.into(),
                reverses: row.i64(4)? != 0,
                position: Position { log: row.text(5)?.into(), index: row.u64(6)? },
            })
        })
        .collect()
}

/// What stands on the accounts of a unit's ledger, by the accounts' names: never by what stands there.
///
/// # Errors
/// When the database is out of reach.
pub async fn balances(
    store: &Store,
    unit: &UnitId,
    ledger: &str,
) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = "SELECT account, balance FROM board_account~ WHERE unit = $1 AND ledger = $2 ORDER BY account";
    let rows = store.query(sql, &[unit.as_str().into(), ledger.into()]).await?;
    rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.i64(1)?))).collect()
}
