//! Money in fen (分): exact, checked, and never a float.

use std::{fmt, iter::Sum, str::FromStr};

use serde::{Deserialize, Serialize};

/// An amount of renminbi in fen (分, 1/100 yuan). Negative amounts are allowed where a ledger needs them.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Money(i64);

/// Why a text is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not digits with at most two decimals.
    #[error("`{0}` is not an amount: write yuan with at most two decimals, such as 1234.50")]
    Malformed(String),
    /// Larger than 92 quadrillion yuan.
    #[error("the amount is too large")]
    TooLarge,
}

impl Money {
    /// Nothing: 0.00 yuan.
    pub const ZERO: Self = Self(0);

    /// From fen.
    pub const fn from_fen(fen: i64) -> Self {
        Self(fen)
    }

    /// From whole yuan; `None` when it does not fit.
    pub const fn from_yuan(yuan: i64) -> Option<Self> {
        match yuan.checked_mul(100) {
            Some(fen) => Some(Self(fen)),
            None => None,
        }
    }

    /// The amount in fen.
    pub const fn fen(self) -> i64 {
        self.0
    }

    /// Sum, or `None` on overflow.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(fen) => Some(Self(fen)),
            None => None,
        }
    }

    /// Difference, or `None` on overflow.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(fen) => Some(Self(fen)),
            None => None,
        }
    }

    /// Sum that stops at the bounds of the type: for figures that were each checked when written.
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Difference that stops at the bounds of the type.
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// With the other sign.
    pub const fn negated(self) -> Self {
        Self(self.0.saturating_neg())
    }

    /// Whether above zero.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Whether below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Whether nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Self::saturating_add)
    }
}

impl fmt::Display for Money {
    /// Yuan with two decimals and no grouping: `-1234.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    /// Reads yuan with at most two decimals, such as `80000.00` or `80000`. Grouping commas are not accepted here: the
    /// pages take them away first.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let malformed = || MoneyError::Malformed(text.chars().take(40).collect());
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty()
            || !all_digits(whole)
            || !all_digits(fraction)
            || fraction.len() > 2
            || (digits.contains('.') && fraction.is_empty())
        {
            return Err(malformed());
        }
        let yuan: i64 = whole.parse().map_err(|_| MoneyError::TooLarge)?;
        let cents: i64 = match fraction.len() {
            0 => 0,
            1 => fraction.parse::<i64>().map_err(|_| malformed())? * 10,
            _ => fraction.parse().map_err(|_| malformed())?,
        };
        let fen =
            yuan.checked_mul(100).and_then(|f| f.checked_add(cents)).ok_or(MoneyError::TooLarge)?;
        Ok(Self(if negative { -fen } else { fen }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints_yuan() {
        for (text, fen) in [("0", 0), ("0.5", 50), ("1234.50", 123_450), ("-3.07", -307)] {
            assert_eq!(text.parse::<Money>(), Ok(Money::from_fen(fen)), "{text}");
        }
        assert_eq!(Money::from_fen(-307).to_string(), "-3.07");
        assert_eq!(Money::from_fen(123_450).to_string(), "1234.50");
    }

    #[test]
    fn refuses_what_is_no_amount() {
        for text in ["", ".", "1.", ".5", "1.234", "1,000", "１", "1e3", "--1", "+1", " 1"] {
            assert!(text.parse::<Money>().is_err(), "{text:?}");
        }
        assert_eq!("99999999999999999999".parse::<Money>(), Err(MoneyError::TooLarge));
        assert_eq!("99999999999999999".parse::<Money>(), Err(MoneyError::TooLarge));
    }
}
