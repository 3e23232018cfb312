//! Exact shares for quorums and majorities. Integers only; knows no body.

use std::fmt;

use kernel::Text;
use serde::{Deserialize, Serialize};

/// A bound that a part of a whole must reach (at least) or pass (more than).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Numerator.
    pub of: u32,
    /// Denominator, never zero.
    pub parts: u32,
    /// Passed (>) or reached (≥).
    pub more_than: bool,
}

impl Share {
    /// Reached: `part / whole >= of / parts`.
    pub const fn at_least(of: u32, parts: u32) -> Self {
        Self { of, parts, more_than: false }
    }

    /// Passed: `part / whole > of / parts`.
    pub const fn more_than(of: u32, parts: u32) -> Self {
        Self { of, parts, more_than: true }
    }

    /// Whether the part is enough. Nothing is ever enough of an empty whole.
    pub fn met(self, part: u32, whole: u32) -> bool {
        if whole == 0 || self.parts == 0 {
            return false;
        }
        let have = u64::from(part) * u64::from(self.parts);
        let need = u64::from(whole) * u64::from(self.of);
        if self.more_than { have > need } else { have >= need }
    }

    /// The smallest number that is enough of this whole.
    pub fn needed(self, whole: u32) -> u32 {
        let need = u64::from(whole) * u64::from(self.of);
        let parts = u64::from(self.parts.max(1));
        let least = if self.more_than { need / parts + 1 } else { need.div_ceil(parts) };
        u32::try_from(least).unwrap_or(u32::MAX)
    }

    /// In words of both languages.
    pub fn text(self) -> Text {
        let zh = format!("{}分之{}", self.parts, self.of);
        let en = format!("{}/{}", self.of, self.parts);
        if self.more_than {
            Text::new(
                if (self.of, self.parts) == (1, 2) { "过半数".to_owned() } else { format!("超过{zh}") },
                format!("more than {en}"),
            )
        } else {
            Text::new(format!("{zh}以上"), format!("at least {en}"))
        }
    }
}

impl fmt::Display for Share {
    /// `> 1/2` or `>= 2/3`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", if self.more_than { ">" } else { ">=" }, self.of, self.parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_exact() {
        let half = Share::more_than(1, 2);
        assert!(!half.met(22, 44) && half.met(23, 44) && half.met(23, 45));
        let two_thirds = Share::at_least(2, 3);
        assert!(two_thirds.met(30, 45) && !two_thirds.met(29, 45));
        assert!(!two_thirds.met(30, 46));
        assert!(!half.met(0, 0));
        assert!(two_thirds.met(u32::MAX, u32::MAX));
    }

    #[test]
    fn the_least_number_is_enough_and_one_less_is_not() {
        for share in [Share::more_than(1, 2), Share::at_least(2, 3), Share::at_least(3, 4)] {
            for whole in 1..200 {
                let least = share.needed(whole);
                assert!(share.met(least, whole), "{share} of {whole}");
                assert!(!share.met(least - 1, whole), "{share} of {whole}");
            }
        }
    }
}
