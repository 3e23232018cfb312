//! Exact numbers of definitions: fractions, thresholds and typed parameter values. Knows no field and no file.

use std::{cmp::Ordering, fmt, str::FromStr};

use kernel::{Money, Period};
use serde::{Deserialize, Serialize};

/// A fraction of a body, exact: `2/3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fraction {
    /// Above the line.
    pub num: u32,
    /// Below the line; never 0.
    pub den: u32,
}

impl Fraction {
    /// A fraction; `None` when the lower part is 0.
    pub const fn new(num: u32, den: u32) -> Option<Self> {
        if den == 0 { None } else { Some(Self { num, den }) }
    }

    /// How `part` of `whole` compares with this fraction. Exact: compares products of integers.
    pub fn compare(self, part: u64, whole: u64) -> Ordering {
        (u128::from(part) * u128::from(self.den)).cmp(&(u128::from(whole) * u128::from(self.num)))
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Fraction {
    fn cmp(&self, other: &Self) -> Ordering {
        (u64::from(self.num) * u64::from(other.den))
            .cmp(&(u64::from(other.num) * u64::from(self.den)))
            .then(self.den.cmp(&other.den).reverse())
    }
}

impl FromStr for Fraction {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a fraction: write `1/2` or `2/3`");
        let (num, den) = text.trim().split_once('/').ok_or_else(wrong)?;
        let num = num.trim().parse().map_err(|_| wrong())?;
        let den = den.trim().parse().map_err(|_| wrong())?;
        match Self::new(num, den) {
            Some(fraction) if num <= den => Ok(fraction),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for Fraction {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Fraction> for String {
    fn from(fraction: Fraction) -> Self {
        fraction.to_string()
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.num, self.den)
    }
}

/// A threshold as the law says it: more than a fraction (过半数), or at least a fraction (三分之二以上).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Threshold {
    /// The fraction.
    pub fraction: Fraction,
    /// `>`: exactly the fraction is not enough.
    pub strictly: bool,
}

impl Threshold {
    /// At least the fraction.
    pub const fn at_least(fraction: Fraction) -> Self {
        Self { fraction, strictly: false }
    }

    /// More than the fraction.
    pub const fn more_than(fraction: Fraction) -> Self {
        Self { fraction, strictly: true }
    }

    /// Whether `part` of `whole` reaches it. Nothing of nothing never does.
    pub fn reached(self, part: u64, whole: u64) -> bool {
        whole > 0
            && match self.fraction.compare(part, whole) {
                Ordering::Greater => true,
                Ordering::Equal => !self.strictly,
                Ordering::Less => false,
            }
    }

    /// Whether this one asks for less than `other`.
    pub fn is_weaker_than(self, other: Self) -> bool {
        let a = u64::from(self.fraction.num) * u64::from(other.fraction.den);
        let b = u64::from(other.fraction.num) * u64::from(self.fraction.den);
        a < b || (a == b && !self.strictly && other.strictly)
    }

    /// The fewest of `whole` that reach it; `None` when even all do not.
    pub fn fewest(self, whole: u64) -> Option<u64> {
        let floor =
            u128::from(whole) * u128::from(self.fraction.num) / u128::from(self.fraction.den);
        let floor = u64::try_from(floor).ok()?;
        (floor..=floor.saturating_add(1)).find(|part| *part <= whole && self.reached(*part, whole))
    }

    /// Reads a quorum: a bare fraction means at least that much.
    ///
    /// # Errors
    /// Says what to write.
    pub fn parse_quorum(text: &str) -> Result<Self, String> {
        Self::parse(text, |_| false)
    }

    /// Reads a majority: a bare `1/2` means more than half (过半数), any other bare fraction at least that much.
    ///
    /// # Errors
    /// Says what to write.
    pub fn parse_majority(text: &str) -> Result<Self, String> {
        Self::parse(text, |fraction| u64::from(fraction.num) * 2 == u64::from(fraction.den))
    }

    fn parse(text: &str, bare: impl Fn(Fraction) -> bool) -> Result<Self, String> {
        let text = text.trim();
        if let Some(rest) = text.strip_prefix(">=") {
            return Ok(Self::at_least(rest.parse()?));
        }
        if let Some(rest) = text.strip_prefix('>') {
            return Ok(Self::more_than(rest.parse()?));
        }
        let fraction = text.parse()?;
        Ok(Self { fraction, strictly: bare(fraction) })
    }
}

impl TryFrom<String> for Threshold {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse_quorum(&text)
    }
}

impl From<Threshold> for String {
    fn from(threshold: Threshold) -> Self {
        threshold.to_string()
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", if self.strictly { ">" } else { ">=" }, self.fraction)
    }
}

/// A value of a parameter, with its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// Fen.
    Money(Money),
    /// Calendar days or working days.
    Period(Period),
    /// A number of things.
    Count(i64),
    /// A part of a whole.
    Share(Fraction),
}

impl Value {
    /// The name of the unit, as files write it.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Money(_) => "money",
            Self::Period(Period::Days(_)) => "days",
            Self::Period(Period::WorkingDays(_)) => "working-days",
            Self::Count(_) => "count",
            Self::Share(_) => "share",
        }
    }

    /// Compares two values of one unit; `None` across units. Days and working days are both lengths, but not comparable.
    pub fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Money(a), Self::Money(b)) => Some(a.cmp(&b)),
            (Self::Period(Period::Days(a)), Self::Period(Period::Days(b)))
            | (Self::Period(Period::WorkingDays(a)), Self::Period(Period::WorkingDays(b))) => {
                Some(a.cmp(&b))
            }
            (Self::Count(a), Self::Count(b)) => Some(a.cmp(&b)),
            (Self::Share(a), Self::Share(b)) => {
                Some(a.compare(u64::from(b.num), u64::from(b.den)).reverse())
            }
            _ => None,
        }
    }

    /// The amount, when it is money.
    pub fn money(self) -> Option<Money> {
        match self {
            Self::Money(money) => Some(money),
            _ => None,
        }
    }

    /// The length, when it is a period.
    pub fn period(self) -> Option<Period> {
        match self {
            Self::Period(period) => Some(period),
            _ => None,
        }
    }

    /// As an event records it: fen, `15 days`, a number, `9/10`.
    pub fn to_json(self) -> serde_json::Value {
        match self {
            Self::Money(money) => money.fen().into(),
            Self::Period(period) => period.to_string().into(),
            Self::Count(count) => count.into(),
            Self::Share(share) => share.to_string().into(),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Money(money) => write!(f, "{} yuan", yuan(*money)),
            Self::Period(period) => write!(f, "{period}"),
            Self::Count(count) => write!(f, "{count}"),
            Self::Share(share) => write!(f, "{share}"),
        }
    }
}

/// Yuan with commas, for messages to people: `50,000.00`.
pub fn yuan(money: Money) -> String {
    let plain = money.to_string();
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |rest| ("-", rest));
    let (whole, cents) = digits.split_once('.').unwrap_or((digits, "00"));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}.{cents}")
}
