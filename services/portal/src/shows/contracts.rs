//! Contracts of lease and their rent (租金台账): what fell due, what of it is paid, how late the rest is.

use async_trait::async_trait;
use kernel::{Date, Event};
use serde::Serialize;
use store::{Database, Row, StoreError, Tx};

use super::{Entry, Position, Show, number, opt_number, opt_text, position, text};

/// The read model.
pub struct Contracts;

/// Service and table prefix, for [`position::of`].
pub const OF: (&str, &str) = ("funds", "portal_contract");

const TABLES: &[&str] = &[
    "CREATE TABLE portal_contract~ (contract TEXT PRIMARY KEY, unit TEXT NOT NULL, contract_no TEXT NOT NULL, asset TEXT NOT NULL, \
     tenant TEXT, first_day TEXT NOT NULL, last_day TEXT NOT NULL, every BIGINT NOT NULL, payments BIGINT NOT NULL, \
     rent BIGINT NOT NULL, total BIGINT NOT NULL, resolution TEXT, renews TEXT, ended TEXT, log TEXT NOT NULL, idx BIGINT NOT NULL, \
     leaf TEXT NOT NULL)",
    "CREATE INDEX portal_contract_unit~ ON portal_contract~ (unit, last_day)",
    // Who got it stands in the award, before there is a contract.
    "CREATE TABLE portal_contract_award~ (contract TEXT PRIMARY KEY, tenant TEXT)",
    "CREATE TABLE portal_contract_due~ (contract TEXT NOT NULL, number BIGINT NOT NULL, due_on TEXT NOT NULL, \
     amount BIGINT NOT NULL, paid BIGINT NOT NULL, voucher TEXT, PRIMARY KEY (contract, number))",
    "CREATE TABLE portal_contract_asof~ (log TEXT PRIMARY KEY, idx BIGINT NOT NULL, at BIGINT NOT NULL)",
];

/// A contract that was signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contract {
    /// Its id.
    pub contract: String,
    /// Its number on paper.
    pub contract_no: String,
    /// The card of the asset.
    pub asset: String,
    /// The tenant's name; none for a private person.
    pub tenant: Option<String>,
    /// First day of the term.
    pub from: String,
    /// Last day of the term.
    pub until: String,
    /// Months between two payments.
    pub every: i64,
    /// How many payments.
    pub payments: i64,
    /// The rent of a period, fen.
    pub rent: i64,
    /// How it ended.
    pub ended: Option<String>,
    /// The resolution that carries it.
    pub resolution: Option<String>,
    /// The contract that it renews.
    pub renews: Option<String>,
    /// What fell due, by number.
    pub dues: Vec<Due>,
    /// The entry.
    #[serde(flatten)]
    pub position: Position,
}

/// One rent that fell due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Due {
    /// Its number, from 1.
    pub number: i64,
    /// When.
    pub due_on: String,
    /// Fen.
    pub amount: i64,
    /// Paid of it, fen.
    pub paid: i64,
    /// The voucher that made it a claim.
    pub voucher: Option<String>,
}

impl Due {
    /// Unpaid, fen.
    pub fn left(&self) -> i64 {
        self.amount - self.paid
    }

    /// Days since it fell due.
    pub fn days_late(&self, today: Date) -> i64 {
        let due: Option<Date> = self.due_on.parse().ok();
        due.map_or(0, |due| i64::from((today - due).get_days()).max(0))
    }
}

impl Contract {
    /// Fallen due, fen.
    pub fn due(&self) -> i64 {
        self.dues.iter().map(|due| due.amount).sum()
    }

    /// Paid, fen.
    pub fn paid(&self) -> i64 {
        self.dues.iter().map(|due| due.paid).sum()
    }

    /// Unpaid, fen.
    pub fn owed(&self) -> i64 {
        self.due() - self.paid()
    }

    /// Days since the oldest unpaid rent fell due.
    pub fn days_late(&self, today: Date) -> i64 {
        let unpaid = self.dues.iter().filter(|due| due.left() > 0);
        unpaid.map(|due| due.days_late(today)).max().unwrap_or(0)
    }

    /// The day on which the next rent falls due, while it runs.
    pub fn next_due(&self) -> Option<Date> {
        let next = self.dues.last().map_or(0, |due| due.number);
        (next < self.payments && self.ended.is_none()).then_some(())?;
        let from: Date = self.from.parse().ok()?;
        let months = jiff::Span::new().try_months(self.every.checked_mul(next)?).ok()?;
        from.checked_add(months).ok()
    }
}

#[async_trait]
impl Show for Contracts {
    fn name(&self) -> &'static str {
        "portal-contracts"
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
            "contract-awarded.v1" => {
                let tenant = event.data.get("tenant").and_then(|t| t.get("organisation")?.as_str());
                let sql = "INSERT INTO portal_contract_award~ (contract, tenant) VALUES ($1, $2) \
                     ON CONFLICT (contract) DO NOTHING";
                tx.execute(sql, &[id.into(), tenant.into()]).await?;
            }
            "contract-signed.v1" => signed(tx, entry).await?,
            "contract-varied.v1" => {
                let sql = "UPDATE portal_contract~ SET rent = $2, payments = $3, last_day = $4, \
                     resolution = COALESCE($5, resolution) WHERE contract = $1";
                let values = [
                    id.into(),
                    number(event, "rent")?.into(),
                    number(event, "payments")?.into(),
                    text(event, "until")?.into(),
                    opt_text(event, "resolution").into(),
                ];
                tx.execute(sql, &values).await?;
            }
            "contract-ended.v1" => {
                let sql = "UPDATE portal_contract~ SET ended = $2 WHERE contract = $1";
                tx.execute(sql, &[id.into(), text(event, "ending")?.into()]).await?;
            }
            "due-arisen.v1" => arisen(tx, event).await?,
            "due-settled.v1" => {
                let sql = "UPDATE portal_contract_due~ SET paid = amount - $3 WHERE contract = $1 AND number = $2";
                let left = opt_number(event, "left").unwrap_or(0);
                tx.execute(sql, &[id.into(), number(event, "number")?.into(), left.into()]).await?;
            }
            _ => {}
        }
        position::note(tx, OF.1, entry).await
    }
}

async fn signed(tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<(), StoreError> {
    let event = entry.event;
    let id = event.stream.key();
    let sql = "SELECT tenant FROM portal_contract_award~ WHERE contract = $1";
    let award = tx.fetch(sql, &[id.into()]).await?;
    let tenant = match award.first() {
        Some(row) => row.opt_text(0)?.map(str::to_owned),
        None => None,
    };
    let sql = "INSERT INTO portal_contract~ (contract, unit, contract_no, asset, tenant, first_day, last_day, every, payments, \
         rent, total, resolution, renews, ended, log, idx, leaf) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, NULL, $14, $15, $16) \
         ON CONFLICT (contract) DO NOTHING";
    let values = [
        id.into(),
        event.unit.as_str().into(),
        text(event, "contract_no")?.into(),
        text(event, "asset")?.into(),
        tenant.into(),
        text(event, "from")?.into(),
        text(event, "until")?.into(),
        number(event, "every")?.into(),
        number(event, "payments")?.into(),
        number(event, "rent")?.into(),
        number(event, "total")?.into(),
        opt_text(event, "resolution").into(),
        opt_text(event, "renews").into(),
        event.log.as_str().into(),
        event.index.into(),
        entry.leaf_hex().into(),
    ];
    tx.execute(sql, &values).await.map(|_| ())
}

async fn arisen(tx: &mut Tx<'_>, event: &Event) -> Result<(), StoreError> {
    let sql = "INSERT INTO portal_contract_due~ (contract, number, due_on, amount, paid, voucher) \
         VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT (contract, number) DO NOTHING";
    let values = [
        event.stream.key().into(),
        number(event, "number")?.into(),
        text(event, "due_on")?.into(),
        number(event, "amount")?.into(),
        opt_text(event, "voucher").into(),
    ];
    tx.execute(sql, &values).await.map(|_| ())
}

const COLUMNS: &str = "contract, contract_no, asset, tenant, first_day, last_day, every, payments, rent, ended, resolution, \
     renews, log, idx, leaf";

fn read(row: &Row) -> Result<Contract, StoreError> {
    let some = |column: usize| row.opt_text(column).map(|text| text.map(str::to_owned));
    Ok(Contract {
        contract: row.text(0)?.to_owned(),
        contract_no: row.text(1)?.to_owned(),
        asset: row.text(2)?.to_owned(),
        tenant: some(3)?,
        from: row.text(4)?.to_owned(),
        until: row.text(5)?.to_owned(),
        every: row.i64(6)?,
        payments: row.i64(7)?,
        rent: row.i64(8)?,
        ended: some(9)?,
        resolution: some(10)?,
        renews: some(11)?,
        dues: Vec::new(),
        position: Position::read(row, 12)?,
    })
}

/// The contracts of a unit with what fell due: those that run first, by their last day.
///
/// # Errors
/// When the database is out of reach.
pub async fn of_unit(db: &Database, unit: &str) -> Result<Vec<Contract>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM portal_contract WHERE unit = $1 \
         ORDER BY CASE WHEN ended IS NULL THEN 0 ELSE 1 END, last_day, contract LIMIT 500"
    );
    let rows = db.query(&sql, &[unit.into()]).await?;
    let mut found: Vec<Contract> = rows.iter().map(read).collect::<Result<_, _>>()?;
    let sql = "SELECT d.contract, d.number, d.due_on, d.amount, d.paid, d.voucher FROM portal_contract_due d \
         JOIN portal_contract c ON c.contract = d.contract WHERE c.unit = $1 ORDER BY d.contract, d.number";
    for row in &db.query(sql, &[unit.into()]).await? {
        let of = row.text(0)?;
        let Some(contract) = found.iter_mut().find(|c| c.contract == of) else { continue };
        contract.dues.push(Due {
            number: row.i64(1)?,
            due_on: row.text(2)?.to_owned(),
            amount: row.i64(3)?,
            paid: row.i64(4)?,
            voucher: row.opt_text(5)?.map(str::to_owned),
        });
    }
    Ok(found)
}
