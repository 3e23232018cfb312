//! Rent by schedule (租金计划): which amount falls due on which day, what of it is paid, how late the rest is. Pure
//! arithmetic over days and fen; knows no contract and no book.

use kernel::{Date, Money};
use serde::{Deserialize, Serialize};

/// How rent is owed: the same amount at the start of each period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// First day of the term, and of the first period.
    pub from: Date,
    /// Months between two payments.
    pub every: u32,
    /// How many payments.
    pub payments: u32,
}

impl Schedule {
    /// Months of the whole term.
    pub fn months(&self) -> u32 {
        self.every.saturating_mul(self.payments)
    }

    /// The day on which a payment (the first is 1) falls due; `None` past the last.
    pub fn due_on(&self, number: u32) -> Option<Date> {
        (1..=self.payments).contains(&number).then_some(())?;
        self.after(number.checked_sub(1)?)
    }

    /// The last day of the term.
    pub fn until(&self) -> Option<Date> {
        self.after(self.payments)?.yesterday().ok()
    }

    /// The day after so many periods; the last of a shorter month where the day is missing.
    fn after(&self, periods: u32) -> Option<Date> {
        let months = i64::from(self.every.checked_mul(periods)?);
        self.from.checked_add(jiff::Span::new().try_months(months).ok()?).ok()
    }
}

/// One payment that has fallen due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// Its number, from 1.
    pub number: u32,
    /// When.
    pub due_on: Date,
    /// In fen.
    pub amount: Money,
    /// Paid of it, in fen.
    pub settled: Money,
    /// The voucher that made it a claim (应收款); none where no month was open to take it.
    pub voucher: Option<String>,
}

impl Due {
    /// Not paid yet, in fen.
    pub fn left(&self) -> Money {
        self.amount.saturating_sub(self.settled)
    }

    /// Days since it fell due; zero on the day itself and before.
    pub fn days_late(&self, today: Date) -> u32 {
        u32::try_from((today - self.due_on).get_days()).unwrap_or(0)
    }
}

/// A share of money received for one due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// The due.
    pub number: u32,
    /// In fen.
    pub amount: Money,
    /// What is left of the due, in fen.
    pub left: Money,
    /// Whether the due stands in the book as a claim.
    pub booked: bool,
}

/// Everything unpaid, in fen.
pub fn owed(dues: &[Due]) -> Money {
    dues.iter().map(Due::left).sum()
}

/// Gives money to the oldest dues first. `None` when it is more than what is owed.
pub fn oldest_first(dues: &[Due], received: Money) -> Option<Vec<Settled>> {
    let mut rest = received;
    let mut settled = Vec::new();
    for due in dues.iter().filter(|due| due.left().is_positive()) {
        if !rest.is_positive() {
            break;
        }
        let amount = rest.min(due.left());
        rest = rest.saturating_sub(amount);
        settled.push(Settled {
            number: due.number,
            amount,
            left: due.left().saturating_sub(amount),
            booked: due.voucher.is_some(),
        });
    }
    (rest.is_zero() && !settled.is_empty()).then_some(settled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn due(number: u32, on: &str, yuan: i64, paid: i64) -> Due {
        Due {
            number,
            due_on: day(on),
            amount: Money::from_fen(yuan * 100),
            settled: Money::from_fen(paid * 100),
            voucher: Some(format!("v{number}")),
        }
    }

    #[test]
    fn payments_fall_due_at_the_start_of_each_period() {
        let schedule = Schedule { from: day("2026-01-31"), every: 1, payments: 3 };
        let days: Vec<String> =
            (0..=4).filter_map(|n| schedule.due_on(n)).map(|d| d.to_string()).collect();
        assert_eq!(days, ["2026-01-31", "2026-02-28", "2026-03-31"]);
        assert_eq!(schedule.until(), Some(day("2026-04-29")));
        let years = Schedule { from: day("2026-03-01"), every: 12, payments: 20 };
        assert_eq!(years.until(), Some(day("2046-02-28")));
        // What no calendar holds is no day.
        let never = Schedule { every: u32::MAX, payments: u32::MAX, ..years };
        assert_eq!((never.until(), never.due_on(3)), (None, None));
    }

    #[test]
    fn money_goes_to_the_oldest_due_first() {
        let dues = [due(1, "2026-01-01", 100, 60), due(2, "2026-02-01", 100, 0)];
        assert_eq!(owed(&dues), Money::from_fen(14_000));
        let shares = oldest_first(&dues, Money::from_fen(9_000)).unwrap();
        let told: Vec<_> =
            shares.iter().map(|s| (s.number, s.amount.fen(), s.left.fen())).collect();
        assert_eq!(told, [(1, 4_000, 0), (2, 5_000, 5_000)]);
        assert_eq!(oldest_first(&dues, Money::from_fen(14_001)), None);
        assert_eq!(oldest_first(&dues, Money::ZERO), None);
        assert_eq!(dues[0].days_late(day("2026-01-31")), 30);
        assert_eq!(dues[0].days_late(day("2025-12-31")), 0);
    }
}
