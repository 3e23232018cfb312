//! The figures that reports are made of (报表取数): sums of posted lines by account and month, and the lines behind them.

use std::collections::BTreeMap;

use definitions::{
    figure::Figure,
    report::{Column, Edge},
};
use engines::report::Figures;
use kernel::{LogId, Timestamp};
use store::{Database, StoreError};

use super::{
    Position,
    tally::{Between, Tally},
};
use crate::words;

/// What was posted in a unit's book up to a month, by account and month; debit less credit, in fen. Opening balances have
/// the month `""`, before every other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Posted {
    month: String,
    net: BTreeMap<(String, String), i64>,
    /// What cash and bank took in through an account, and paid out through it.
    flows: [BTreeMap<(String, String), i64>; 2],
}

/// Everything by account and month; then the other sides of what moved cash and bank, as money in and money out. A reversal
/// takes back what its original did, as a month's own page counts it.
const SQL: &str = "SELECT CAST(0 AS BIGINT), account, month, CAST(SUM(net) AS BIGINT) FROM portal_line \
     WHERE unit = $1 AND month <= $2 GROUP BY account, month \
     UNION ALL \
     SELECT CASE WHEN (m.net > 0 AND v.reverses IS NULL) OR (m.net < 0 AND v.reverses IS NOT NULL) THEN CAST(1 AS BIGINT) \
     ELSE CAST(2 AS BIGINT) END AS part, l.account, l.month, CAST(SUM(l.net) AS BIGINT) FROM portal_line l \
     JOIN (SELECT voucher, SUM(net) AS net FROM portal_line WHERE unit = $1 AND month <= $2 AND voucher <> '' \
     AND account IN ('101', '102') GROUP BY voucher HAVING SUM(net) <> 0) m ON m.voucher = l.voucher \
     JOIN portal_voucher v ON v.voucher = l.voucher \
     WHERE l.unit = $1 AND l.account NOT IN ('101', '102') GROUP BY part, l.account, l.month";

/// Loads it in one statement, so that all cells of a report are of one moment.
///
/// # Errors
/// When the database is out of reach.
pub async fn load(db: &Database, unit: &str, month: &str) -> Result<Posted, StoreError> {
    let rows = db.query(SQL, &[unit.into(), month.into()]).await?;
    let mut posted = Posted { month: month.to_owned(), ..Posted::default() };
    for row in &rows {
        // sub-accounts count with their first-level account
        let account = row.text(1)?.get(..3).unwrap_or_default().to_owned();
        let net = row.i64(3)?;
        let (sums, net) = match row.i64(0)? {
            0 => (&mut posted.net, net),
            1 => (&mut posted.flows[0], net.saturating_neg()),
            _ => (&mut posted.flows[1], net),
        };
        *sums.entry((account, row.text(2)?.to_owned())).or_insert(0) += net;
    }
    Ok(posted)
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
    fn sum(&self, account: &str, months: &Months) -> i64 {
        summed(&self.net, account, months)
    }

    /// A figure of the books over some months, in fen; `None` for a name that is none.
    pub fn over(&self, name: &str, months: &Months) -> Option<i64> {
        let (kind, account) = name.split_once('.')?;
        let (from, to) = months;
        let credit = words::is_credit(account)?;
        let own = |net: i64| if credit { net.saturating_neg() } else { net };
        let balance = || self.sum(account, &(None, to.clone()));
        match kind {
            "balance" => Some(own(balance())),
            // before the beginning of the book there is nothing
            "opening" if from.is_none() => Some(0),
            "opening" => Some(own(self.sum(account, &(None, from.clone())))),
            "debit" => Some(balance().max(0)),
            "credit" => Some(balance().saturating_neg().max(0)),
            "moved" => Some(own(self.sum(account, months))),
            "received" => Some(summed(&self.flows[0], account, months)),
            "spent" => Some(summed(&self.flows[1], account, months)),
            _ => None,
        }
    }
}

fn summed(sums: &BTreeMap<(String, String), i64>, account: &str, (from, to): &Months) -> i64 {
    let of = (account.to_owned(), from.clone().unwrap_or_default());
    sums.range(of..)
        .take_while(|((found, month), _)| {
            found == account && to.as_ref().is_none_or(|to| month < to)
        })
        .map(|(_, net)| *net)
        .fold(0, i64::saturating_add)
}

/// The moments between which some months lie.
pub fn between((from, to): &Months) -> Between {
    let start =
        |month: &str| format!("{month}-01").parse::<kernel::Date>().ok().map(Timestamp::start_of);
    let before = to.as_deref().and_then(start);
    (from.as_deref().and_then(start), before.unwrap_or(Timestamp::from_micros(i64::MAX)))
}

/// The books and what happened, as a report names them.
pub struct Told<'a> {
    /// What the report counts.
    pub counted: &'a [Figure],
    /// The books.
    pub posted: &'a Posted,
    /// What happened.
    pub tally: &'a Tally,
}

impl Told<'_> {
    /// A figure over some months; `None` for a name that is none.
    pub fn over(&self, name: &str, months: &Months) -> Option<i64> {
        match self.counted.iter().find(|figure| figure.id == name) {
            Some(figure) => Some(self.tally.figure(figure, between(months))),
            None => self.posted.over(name, months),
        }
    }
}

impl Figures for Told<'_> {
    fn figure(&self, name: &str, column: &Column) -> Option<i64> {
        self.over(name, &months_of(&self.posted.month, column))
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
        posted.flows[0].insert(("501".into(), "2026-03".into()), 70);
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
            ("opening.102", &closing, 0),
            ("opening.102", &month, 1200),
            ("opening.102", &year, 1500),
            ("received.501", &month, 70),
            ("received.501", &year, 70),
            ("spent.501", &month, 0),
        ] {
            let months = months_of("2026-03", column);
            assert_eq!(posted.over(name, &months), Some(fen), "{name} {column:?}");
        }
        for name in ["balance.999", "sum.102", "102"] {
            assert_eq!(posted.over(name, &months_of("2026-03", &closing)), None, "{name}");
        }
    }
}
