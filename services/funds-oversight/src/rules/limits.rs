//! Dated bounds that hold under every definition, as data with their sources. Knows no payment.

use std::sync::LazyLock;

use kernel::{Date, Money};
use serde::Deserialize;

#[derive(Deserialize)]
struct Row {
    rule: String,
    from: Date,
    value: i64,
    source: String,
}

static LIMITS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    csv::Reader::from_reader(include_str!("limits.csv").as_bytes())
        .deserialize::<Row>()
        .filter_map(Result::ok)
        .collect()
});

/// The value in force on a day and its source; before the first row the first row's value holds.
fn on(rule: &str, day: Date) -> Option<(i64, &'static str)> {
    let mut rows: Vec<&'static Row> = LIMITS.iter().filter(|row| row.rule == rule).collect();
    rows.sort_by_key(|row| row.from);
    let row = rows.iter().rev().find(|row| row.from <= day).or_else(|| rows.first())?;
    Some((row.value, row.source.as_str()))
}

fn number<T: TryFrom<i64>>(rule: &str, day: Date, strictest: T) -> T {
    on(rule, day).and_then(|(value, _)| T::try_from(value).ok()).unwrap_or(strictest)
}

/// The most that one payment in cash may be, in fen (《现金管理暂行条例》结算起点).
pub fn cash(day: Date) -> Money {
    on("cash_single_payment", day).map_or(Money::ZERO, |(fen, _)| Money::from_fen(fen))
}

/// The least days on the board (OLVC 35).
pub fn display_days(day: Date) -> u16 {
    number("display_days", day, u16::MAX)
}

/// The day of the next month by which a month's money is published.
pub fn publish_day(day: Date) -> u8 {
    number("publish_day", day, 1)
}

/// The most days for an answer to the supervision committee.
pub fn answer_days(day: Date) -> u16 {
    number("answer_days", day, 0)
}

/// From which whole rent on a lease needs a resolution, in fen.
pub fn lease_total(day: Date) -> Money {
    on("lease_total", day).map_or(Money::ZERO, |(fen, _)| Money::from_fen(fen))
}

/// Beyond how many months a lease needs a resolution.
pub fn lease_months(day: Date) -> u32 {
    number("lease_months", day, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bound_is_known_with_its_source() {
        let day: Date = "2026-03-05".parse().unwrap();
        assert_eq!(LIMITS.len(), 6);
        assert!(LIMITS.iter().all(|row| !row.source.is_empty()));
        assert_eq!(cash(day), Money::from_fen(100_000));
        assert_eq!((lease_total(day), lease_months(day)), (Money::from_fen(5_000_000), 60));
        assert_eq!((display_days(day), publish_day(day), answer_days(day)), (15, 15, 15));
    }
}
