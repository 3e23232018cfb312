//! A month's money (一个月的账): one statement from which page, picture, table, print and API take their figures.

use std::collections::BTreeMap;

use kernel::{LogId, Timestamp};
use serde::Serialize;
use store::{Database, Row, StoreError};

use super::{
    Position,
    happened::{Acted, TextRef},
};

/// 库存现金
pub const CASH: &str = "101";
/// 银行存款
pub const BANK: &str = "102";

fn is_money(account: &str) -> bool {
    account == CASH || account == BANK
}

/// One line of a voucher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The account's code.
    pub account: String,
    /// Debit less credit, fen.
    pub net: i64,
}

/// A voucher with what it does to cash and bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Voucher {
    /// Its id.
    pub voucher: String,
    /// Number in its month.
    pub number: i64,
    /// The day of the business.
    pub day: String,
    /// Money in, fen.
    pub income: i64,
    /// Money out, fen.
    pub expense: i64,
    /// Its lines.
    pub lines: Vec<Line>,
    /// The payment it records.
    pub payment: Option<String>,
    /// The voucher it takes back.
    pub reverses: Option<String>,
    /// The voucher that takes it back.
    pub reversed_by: Option<String>,
    /// When it was posted.
    pub at: Timestamp,
    /// Who posted it.
    #[serde(flatten)]
    pub actor: Acted,
    /// Its text, which the owner shows.
    pub summary: Option<TextRef>,
    /// Where it stands.
    #[serde(flatten)]
    pub position: Position,
}

impl Voucher {
    /// The accounts on the other side of cash and bank; all of them for an entry that moves no money.
    pub fn others(&self) -> Vec<&Line> {
        let others: Vec<&Line> = self.lines.iter().filter(|l| !is_money(&l.account)).collect();
        if others.is_empty() { self.lines.iter().collect() } else { others }
    }

    /// The sum of its debits, fen.
    pub fn total(&self) -> i64 {
        self.lines.iter().map(|l| l.net.max(0)).fold(0, i64::saturating_add)
    }

    /// Whether it moves money in or out.
    pub fn moves_money(&self) -> bool {
        self.income != 0 || self.expense != 0
    }
}

/// What one account brought in and took out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Flow {
    /// The account's code.
    pub account: String,
    /// Money in through it, fen.
    pub income: i64,
    /// Money out through it, fen.
    pub expense: i64,
}

/// A month: opening + income − expense = closing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Month {
    /// The unit.
    pub unit: String,
    /// The month.
    pub month: String,
    /// Cash and bank at the start, fen.
    pub opening: i64,
    /// Money in, fen.
    pub income: i64,
    /// Money out, fen.
    pub expense: i64,
    /// Cash and bank at the end, fen.
    pub closing: i64,
    /// Of which in the bank, by the books.
    pub bank: i64,
    /// Of which cash on hand.
    pub cash: i64,
    /// In and out by account; sums to income and expense.
    pub accounts: Vec<Flow>,
    /// The vouchers, by number.
    pub vouchers: Vec<Voucher>,
}

/// Everything before the month summed by account, then the lines of the month one by one: one statement, one snapshot.
const SQL: &str = "SELECT CAST(0 AS BIGINT) AS part, account, CAST(SUM(net) AS BIGINT) AS net, CAST(0 AS BIGINT) AS pos, \
     CAST(0 AS BIGINT) AS number, '' AS voucher, '' AS day, '' AS payment, '' AS reverses, '' AS reversed_by, '' AS actor, \
     CAST(0 AS BIGINT) AS at, '' AS summary, '' AS log, CAST(0 AS BIGINT) AS idx, '' AS leaf \
     FROM portal_line WHERE unit = $1 AND account IN ('101', '102') AND month < $2 GROUP BY account \
     UNION ALL \
     SELECT 1, l.account, l.net, l.pos, v.number, v.voucher, v.day, COALESCE(v.payment, ''), COALESCE(v.reverses, ''), \
     COALESCE(v.reversed_by, ''), v.actor, v.at, COALESCE(v.summary, ''), v.log, v.idx, v.leaf \
     FROM portal_line l JOIN portal_voucher v ON v.voucher = l.voucher WHERE l.unit = $1 AND l.month = $2 \
     ORDER BY 1, 5, 4";

/// The month of a unit's book; zeros and no vouchers where nothing was posted.
///
/// # Errors
/// When the database is out of reach.
pub async fn load(db: &Database, unit: &str, month: &str) -> Result<Month, StoreError> {
    let rows = db.query(SQL, &[unit.into(), month.into()]).await?;
    let (mut opening, mut bank, mut cash) = (0_i64, 0_i64, 0_i64);
    let mut vouchers: Vec<Voucher> = Vec::new();
    for row in &rows {
        let (account, net) = (row.text(1)?, row.i64(2)?);
        match account {
            BANK => bank = bank.saturating_add(net),
            CASH => cash = cash.saturating_add(net),
            _ => {}
        }
        if row.i64(0)? == 0 {
            opening = opening.saturating_add(net);
            continue;
        }
        let voucher = row.text(5)?;
        if vouchers.last().is_none_or(|v| v.voucher != voucher) {
            vouchers.push(read(row)?);
        }
        if let Some(last) = vouchers.last_mut() {
            last.lines.push(Line { account: account.to_owned(), net });
        }
    }
    let mut accounts: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    let (mut income, mut expense) = (0_i64, 0_i64);
    for voucher in &mut vouchers {
        let comes_in = settle(voucher);
        income = income.saturating_add(voucher.income);
        expense = expense.saturating_add(voucher.expense);
        if !voucher.moves_money() {
            continue;
        }
        for line in voucher.lines.iter().filter(|l| !is_money(&l.account)) {
            let flow = accounts.entry(line.account.clone()).or_default();
            if comes_in {
                flow.0 = flow.0.saturating_sub(line.net);
            } else {
                flow.1 = flow.1.saturating_add(line.net);
            }
        }
    }
    Ok(Month {
        unit: unit.to_owned(),
        month: month.to_owned(),
        opening,
        income,
        expense,
        closing: cash.saturating_add(bank),
        bank,
        cash,
        accounts: accounts
            .into_iter()
            .map(|(account, (income, expense))| Flow { account, income, expense })
            .collect(),
        vouchers,
    })
}

/// What a voucher does to cash and bank: a reversal takes back what its original did, as a red-letter entry (红字) does,
/// so a payment taken back lowers spending and raises no income. True when it counts as money in.
fn settle(voucher: &mut Voucher) -> bool {
    let money = voucher.lines.iter().filter(|l| is_money(&l.account));
    let net = money.map(|l| l.net).fold(0, i64::saturating_add);
    let comes_in = (net > 0) != voucher.reverses.is_some();
    if comes_in {
        voucher.income = net;
    } else {
        voucher.expense = net.saturating_neg();
    }
    comes_in
}

fn read(row: &Row) -> Result<Voucher, StoreError> {
    let some = |column: usize| -> Result<Option<String>, StoreError> {
        Ok(Some(row.text(column)?).filter(|text| !text.is_empty()).map(str::to_owned))
    };
    let position = Position {
        log: LogId::from(row.text(13)?),
        index: row.u64(14)?,
        leaf: row.text(15)?.to_owned(),
    };
    Ok(Voucher {
        voucher: row.text(5)?.to_owned(),
        number: row.i64(4)?,
        day: row.text(6)?.to_owned(),
        income: 0,
        expense: 0,
        lines: Vec::new(),
        payment: some(7)?,
        reverses: some(8)?,
        reversed_by: some(9)?,
        at: Timestamp::from_micros(row.i64(11)?),
        actor: Acted::read(row.text(10)?),
        summary: some(12)?.map(|sha256| TextRef {
            position: position.clone(),
            field: "summary".to_owned(),
            sha256,
        }),
        position,
    })
}

/// The last day of a month; the month itself where it is none.
pub fn last_day(month: &str) -> String {
    let first = format!("{month}-01").parse::<kernel::Date>();
    first.map_or_else(|_| month.to_owned(), |day| day.last_of_month().to_string())
}
