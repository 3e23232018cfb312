//! The figures that reports are made of (报表取数): sums of posted lines by account and month, and the lines behind them.

use std::collections::BTreeMap;

use definitions::report::{Column, Edge};
use engines::report::Figures;
use kernel::LogId;
use store::{Database, StoreError};

use super::Position;
use crate::words;

/// What was posted in a unit's book up to a month, by account and month; debit less credit, in fen. Opening balances have
/// the month `""`, before every other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Posted {
    month: String,
    net: BTreeMap<(String, String), i64>,
}

/// Loads it in one statement, so that all cells of a report are of one moment.
///
/// # Errors
/// When the database is out of reach.
pub async fn load(db: &Database, unit: &str, month: &str) -> Result<Posted, StoreError> {
    let sql = "SELECT account, month, CAST(SUM(net) AS BIGINT) FROM portal_line WHERE unit = $1 AND month <= $2 \
               GROUP BY account, month";
    let rows = db.query(sql, &[unit.into(), month.into()]).await?;
    let mut net = BTreeMap::new();
    for row in &rows {
        // sub-accounts count with their first-level account
        let account = row.text(0)?.get(..3).unwrap_or_default().to_owned();
        *net.entry((account, row.text(1)?.to_owned())).or_insert(0) += row.i64(2)?;
    }
    Ok(Posted { month: month.to_owned(), net })
}

/// Months from the first to before the second; `None`: from the beginning.
pub type Months = (Option<String>, Option<String>);

/// The months that a column's time covers, seen from a month: from this one, to before that one.
pub fn months_of(month: &str, column: &Column) -> Months {
    (edge(month, column.from), edge(month, column.to))
}

/// The first month that is not before an edge; `None` for the beginning of the book.
fn edge(month: &str, edge: Edge) -> Option<String> {
    let year = month.get(..4).unwrap_or_default();
    match edge {
        Edge::Start => None,
        Edge::YearStart => Some(format!("{year}-01")),
        Edge::MonthStart => Some(month.to_owned()),
        Edge::MonthEnd => {
            let last = format!("{month}-01").parse::<kernel::Date>().ok()?.last_of_month();
            let next = last.tomorrow().ok()?;
            Some(format!("{:04}-{:02}", next.year(), next.month()))
        }
    }
}

impl Posted {
    fn sum(&self, account: &str, (from, to): &Months) -> i64 {
        let of = (account.to_owned(), from.clone().unwrap_or_default());
        self.net
            .range(of..)
            .take_while(|((found, month), _)| {
                found == account && to.as_ref().is_none_or(|to| month < to)
            })
            .map(|(_, net)| *net)
            .fold(0, i64::saturating_add)
    }
}

impl Figures for Posted {
    fn figure(&self, name: &str, column: &Column) -> Option<i64> {
        let (kind, account) = name.split_once('.')?;
        let (from, to) = months_of(&self.month, column);
        let credit = words::is_credit(account)?;
        let own = |net: i64| if credit { net.saturating_neg() } else { net };
        let balance = || self.sum(account, &(None, to.clone()));
        match kind {
            "balance" => Some(own(balance())),
            "debit" => Some(balance().max(0)),
            "credit" => Some(balance().saturating_neg().max(0)),
            "moved" => Some(own(self.sum(account, &(from, to)))),
            _ => None,
        }
    }
}

/// A posted line behind a figure.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Behind {
    /// The account.
    pub account: String,
    /// The month; empty for opening balances.
    pub month: String,
    /// The voucher; empty for opening balances.
    pub voucher: String,
    /// Its number.
    pub number: i64,
    /// The day of the business.
    pub day: String,
    /// Debit less credit, fen.
    pub net: i64,
    /// The entry in the log; absent for opening balances.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

/// The lines of some accounts, latest first, of which at most so many.
///
/// # Errors
/// When the database is out of reach.
pub async fn behind(
    db: &Database,
    unit: &str,
    accounts: &[&str],
    (from, to): &Months,
    most: u32,
) -> Result<Vec<Behind>, StoreError> {
    let sql = "SELECT l.account, l.month, l.voucher, COALESCE(v.number, 0), COALESCE(v.day, ''), l.net, COALESCE(v.log, ''), \
               COALESCE(v.idx, 0), COALESCE(v.leaf, '') FROM portal_line l LEFT JOIN portal_voucher v ON v.voucher = l.voucher \
               WHERE l.unit = $1 AND l.account = $2 AND l.month >= $3 AND l.month < $4 \
               ORDER BY l.month DESC, v.number DESC, l.pos LIMIT $5";
    let mut found = Vec::new();
    for account in accounts {
        let values = [
            unit.into(),
            (*account).into(),
            from.as_deref().unwrap_or_default().into(),
            to.as_deref().unwrap_or("9999-99").into(),
            i64::from(most).into(),
        ];
        for row in db.query(sql, &values).await? {
            let log = row.text(6)?;
            let position = (!log.is_empty()).then(|| {
                Ok::<_, StoreError>(Position {
                    log: LogId::from(log),
                    index: row.u64(7)?,
                    leaf: row.text(8)?.to_owned(),
                })
            });
            found.push(Behind {
                account: row.text(0)?.to_owned(),
                month: row.text(1)?.to_owned(),
                voucher: row.text(2)?.to_owned(),
                number: row.i64(3)?,
                day: row.text(4)?.to_owned(),
                net: row.i64(5)?,
                position: position.transpose()?,
            });
        }
    }
    found.sort_by(|a, b| (&b.month, b.number, &a.account).cmp(&(&a.month, a.number, &b.account)));
    found.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use kernel::Text;

    use super::*;

    fn column(from: Edge, to: Edge) -> Column {
        Column { id: "c".into(), name: Text::default(), from, to, line: 1 }
    }

    #[test]
    fn each_column_counts_its_own_time() {
        let mut posted = Posted { month: "2026-03".into(), ..Posted::default() };
        for (account, month, net) in [
            ("102", "", 1000),
            ("102", "2025-12", 500),
            ("102", "2026-01", -300),
            ("102", "2026-03", 70),
            ("501", "2026-01", -400),
            ("501", "2026-03", -70),
            ("211", "2026-02", 90),
        ] {
            posted.net.insert((account.into(), month.into()), net);
        }
        let closing = column(Edge::Start, Edge::MonthEnd);
        let opening = column(Edge::Start, Edge::YearStart);
        let month = column(Edge::MonthStart, Edge::MonthEnd);
        let year = column(Edge::YearStart, Edge::MonthEnd);
        for (name, column, fen) in [
            ("balance.102", &closing, 1270),
            ("balance.102", &opening, 1500),
            ("moved.102", &month, 70),
            ("moved.102", &year, -230),
            ("moved.501", &month, 70),
            ("moved.501", &year, 470),
            ("balance.501", &closing, 470),
            ("debit.211", &closing, 90),
            ("credit.211", &closing, 0),
            ("balance.211", &closing, -90),
            ("balance.101", &closing, 0),
        ] {
            assert_eq!(posted.figure(name, column), Some(fen), "{name} {column:?}");
        }
        for name in ["balance.999", "sum.102", "102"] {
            assert_eq!(posted.figure(name, &closing), None, "{name}");
        }
    }
}
