//! A month of the books (会计期间). Knows dates, and nothing of who opens or closes it.

use std::fmt;

use kernel::Date;
use serde::{Deserialize, Serialize};

/// A calendar month, `2026-03` in events.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month(Date);

impl Month {
    /// The month in which a day lies.
    pub fn of(date: Date) -> Self {
        Self(date.first_of_month())
    }

    /// Exactly `YYYY-MM`.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 7).then(|| format!("{text}-01").parse().ok().map(Self)).flatten()
    }

    /// Its first day.
    pub fn first(self) -> Date {
        self.0
    }

    /// Its last day.
    pub fn last(self) -> Date {
        self.0.last_of_month()
    }

    /// The month after it.
    pub fn next(self) -> Self {
        self.last().tomorrow().map_or(self, Self::of)
    }

    /// Whether the day lies in it.
    pub fn contains(self, date: Date) -> bool {
        Self::of(date) == self
    }

    /// The day by which its accounts are published: the given day of the next month.
    pub fn publish_by(self, day: u8) -> Date {
        let next = self.next().0;
        let day = i8::try_from(day).unwrap_or(i8::MAX).clamp(1, next.days_in_month());
        next.with().day(day).build().unwrap_or(next)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for Month {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| {
            let shown: String = text.chars().take(12).collect();
            format!("`{shown}` is not a month: write YYYY-MM, such as 2026-03")
        })
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_follow_each_other_over_the_year() {
        let december = Month::parse("2026-12").unwrap();
        assert_eq!(december.next().to_string(), "2027-01");
        assert_eq!(december.publish_by(15).to_string(), "2027-01-15");
        assert_eq!(Month::parse("2028-01").unwrap().publish_by(31).to_string(), "2028-02-29");
        assert!(december.contains("2026-12-31".parse().unwrap()));
        for text in ["2026-13", "2026-3", "202603", "2026-03-01", ""] {
            assert!(Month::parse(text).is_none(), "{text:?}");
        }
    }
}
