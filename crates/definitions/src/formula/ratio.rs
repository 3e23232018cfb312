//! Exact numbers: a fraction of two whole numbers. Whatever does not fit is an error, never a rounded value.

use std::{cmp::Ordering, fmt};

/// An exact number; below the line always above 0, in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ratio {
    num: i128,
    den: i128,
}

impl Ratio {
    /// A whole number.
    pub const fn whole(number: i64) -> Self {
        Self { num: number as i128, den: 1 }
    }

    /// A fraction; `None` when the lower part is 0 or it is out of range.
    pub fn new(num: i128, den: i128) -> Option<Self> {
        if den == 0 {
            return None;
        }
        if den == 1 {
            return Some(Self { num, den });
        }
        let divisor = i128::try_from(gcd(num.unsigned_abs(), den.unsigned_abs())).ok()?;
        let sign = den.signum();
        Some(Self { num: (num / divisor).checked_mul(sign)?, den: (den / divisor).checked_abs()? })
    }

    /// The number, when it is whole and fits.
    pub fn as_whole(self) -> Option<i64> {
        (self.den == 1).then(|| i64::try_from(self.num).ok()).flatten()
    }

    /// `self + other`; `None` when it does not fit.
    pub fn plus(self, other: Self) -> Option<Self> {
        if self.den == other.den {
            return Self::new(self.num.checked_add(other.num)?, self.den);
        }
        let left = self.num.checked_mul(other.den)?;
        let right = other.num.checked_mul(self.den)?;
        Self::new(left.checked_add(right)?, self.den.checked_mul(other.den)?)
    }

    /// `self - other`; `None` when it does not fit.
    pub fn minus(self, other: Self) -> Option<Self> {
        self.plus(Self { num: other.num.checked_neg()?, den: other.den })
    }

    /// `self * other`; `None` when it does not fit.
    pub fn times(self, other: Self) -> Option<Self> {
        Self::new(self.num.checked_mul(other.num)?, self.den.checked_mul(other.den)?)
    }

    /// Compares; `None` when the cross products do not fit.
    pub fn compare(self, other: Self) -> Option<Ordering> {
        if self.den == other.den {
            return Some(self.num.cmp(&other.num));
        }
        Some(self.num.checked_mul(other.den)?.cmp(&other.num.checked_mul(self.den)?))
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.den == 1 {
            write!(f, "{}", self.num)
        } else {
            write!(f, "{}/{}", self.num, self.den)
        }
    }
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(num: i128, den: i128) -> Ratio {
        Ratio::new(num, den).unwrap()
    }

    #[test]
    fn numbers_are_exact() {
        assert_eq!(ratio(1, 3).plus(ratio(1, 6)), Some(ratio(1, 2)));
        assert_eq!(ratio(1, 3).times(ratio(3, 1)).and_then(Ratio::as_whole), Some(1));
        assert_eq!(ratio(2, -4), ratio(-1, 2));
        assert_eq!(ratio(1, 2).minus(ratio(1, 2)), Some(Ratio::whole(0)));
        assert_eq!(ratio(2, 3).compare(ratio(3, 5)), Some(Ordering::Greater));
        assert_eq!(Ratio::new(1, 0), None);
    }

    #[test]
    fn what_does_not_fit_is_no_number() {
        let most = Ratio { num: i128::MAX, den: 1 };
        assert_eq!(most.plus(Ratio::whole(1)), None);
        assert_eq!(most.times(Ratio::whole(2)), None);
        assert_eq!(Ratio { num: i128::MIN, den: 1 }.minus(Ratio::whole(1)), None);
    }
}
