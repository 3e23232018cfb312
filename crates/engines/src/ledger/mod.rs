//! Ledgers of count (账): double entry in one unit of things that are counted. A booking is lines that sum to zero; an account that
//! may not fall below zero never does; what was booked stands, and is taken back by another booking. Knows no mechanism.

mod books;
mod journal;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use books::{Booked, Entry, booked, taken_back};
pub use journal::{Journal, Posting, Unposted};

/// So much on one account: what it gets is above zero, what it gives below.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The account: `household/h1`.
    pub account: String,
    /// How much, in the ledger's unit.
    pub amount: i64,
}

/// Lines that sum to zero, each account once, none of them empty. There is no other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Line>", into = "Vec<Line>")]
pub struct Booking(Vec<Line>);

/// Why lines are no booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unbalanced {
    /// There is nothing in them, or a line of zero.
    Empty,
    /// An account stands in two lines.
    Twice,
    /// They do not sum to zero.
    Sum,
    /// Too large to be counted.
    TooLarge,
}

impl std::fmt::Display for Unbalanced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Empty => "a booking has lines, and none of zero",
            Self::Twice => "an account stands in two lines of a booking",
            Self::Sum => "the lines of a booking sum to zero",
            Self::TooLarge => "the lines of a booking are too large to be counted",
        })
    }
}

impl std::error::Error for Unbalanced {}

impl TryFrom<Vec<Line>> for Booking {
    type Error = Unbalanced;

    fn try_from(lines: Vec<Line>) -> Result<Self, Unbalanced> {
        if lines.is_empty() || lines.iter().any(|line| line.amount == 0) {
            return Err(Unbalanced::Empty);
        }
        let twice = |(at, line): (usize, &Line)| {
            lines.iter().take(at).any(|other| other.account == line.account)
        };
        if lines.iter().enumerate().any(twice) {
            return Err(Unbalanced::Twice);
        }
        let sum = lines.iter().map(|line| i128::from(line.amount)).sum::<i128>();
        if lines.iter().any(|line| line.amount == i64::MIN) {
            return Err(Unbalanced::TooLarge);
        }
        if sum == 0 { Ok(Self(lines)) } else { Err(Unbalanced::Sum) }
    }
}

impl From<Booking> for Vec<Line> {
    fn from(booking: Booking) -> Self {
        booking.0
    }
}

impl Booking {
    /// From one account to another.
    ///
    /// # Errors
    /// When the amount is not above zero, or both are one account.
    pub fn new(from: &str, to: &str, amount: i64) -> Result<Self, Unbalanced> {
        if amount <= 0 {
            return Err(Unbalanced::Empty);
        }
        let line = |account: &str, amount| Line { account: account.to_owned(), amount };
        Self::try_from(vec![line(from, -amount), line(to, amount)])
    }

    /// Its lines.
    pub fn lines(&self) -> &[Line] {
        &self.0
    }

    /// The booking that takes this one back.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let back = |line: &Line| Line { account: line.account.clone(), amount: -line.amount };
        Self(self.0.iter().map(back).collect())
    }
}

/// What stands on the accounts of one ledger. The sum over all is zero, always.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ledger {
    balances: BTreeMap<String, i64>,
}

/// What an account lacks for a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Short {
    /// The account.
    pub account: String,
    /// What stands on it.
    pub has: i64,
    /// What would leave it.
    pub needs: i64,
}

impl Ledger {
    /// What stands on an account.
    pub fn balance(&self, account: &str) -> i64 {
        self.balances.get(account).copied().unwrap_or(0)
    }

    /// All accounts that anything was ever booked on, by name.
    pub fn balances(&self) -> impl Iterator<Item = (&str, i64)> {
        self.balances.iter().map(|(account, balance)| (account.as_str(), *balance))
    }

    /// The ledger after a booking.
    ///
    /// # Errors
    /// When an account that may not would fall below zero, or further below it. What comes in is never refused.
    pub fn book(
        &self,
        booking: &Booking,
        may_fall_below_zero: impl Fn(&str) -> bool,
    ) -> Result<Self, Short> {
        let mut after = self.clone();
        for Line { account, amount } in booking.lines() {
            let has = self.balance(account);
            let short = || Short { account: account.clone(), has, needs: -*amount };
            let left = has.checked_add(*amount).ok_or_else(short)?;
            if *amount < 0 && left < 0 && !may_fall_below_zero(account) {
                return Err(short());
            }
            after.balances.insert(account.clone(), left);
        }
        Ok(after)
    }

    /// Folds a booking that was made: it was checked when it was made.
    pub fn apply(&mut self, booking: &Booking) {
        for Line { account, amount } in booking.lines() {
            let balance = self.balances.entry(account.clone()).or_insert(0);
            *balance = balance.saturating_add(*amount);
        }
    }
}
