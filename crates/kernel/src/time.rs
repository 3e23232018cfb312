//! Instants and days. An instant is i64 microseconds UTC; people see it in Asia/Shanghai.

use std::fmt;

use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A calendar day (日) as it is on the wall in Asia/Shanghai.
pub type Date = jiff::civil::Date;

/// An instant: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// Where the time comes from. The one real clock lives in the program; tests and the demo pass their own.
pub trait Clock: Send + Sync {
    /// The instant now.
    fn now(&self) -> Timestamp;
}

/// Microseconds in a day.
pub const DAY: i64 = 86_400_000_000;
/// China has had no daylight saving since 1991: a fixed offset of eight hours.
const SHANGHAI_SECONDS: i32 = 8 * 3600;

impl Timestamp {
    /// From microseconds since the epoch, UTC.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch, UTC.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// This instant moved by so many microseconds, kept inside the type's bounds.
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// The calendar day in Asia/Shanghai.
    pub fn date(self) -> Date {
        shanghai(self).date()
    }

    /// Midnight at the start of a day in Asia/Shanghai.
    pub fn start_of(date: Date) -> Self {
        let zone = TimeZone::fixed(offset());
        date.to_zoned(zone).map_or(Self(0), |z| Self(z.timestamp().as_microsecond()))
    }

    /// The last microsecond of a day in Asia/Shanghai: a period that ends on this day ends here.
    pub fn end_of(date: Date) -> Self {
        Self::start_of(date).plus_micros(DAY - 1)
    }

    /// The date and wall-clock time in Asia/Shanghai.
    pub fn shanghai(self) -> jiff::civil::DateTime {
        shanghai(self)
    }
}

fn offset() -> Offset {
    Offset::from_seconds(SHANGHAI_SECONDS).unwrap_or(Offset::UTC)
}

fn shanghai(at: Timestamp) -> jiff::civil::DateTime {
    let instant = jiff::Timestamp::from_microsecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    offset().to_datetime(instant)
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with six decimals: the form the CloudEvents `time` attribute has.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = jiff::Timestamp::from_microsecond(self.0).map_err(|_| fmt::Error)?;
        write!(f, "{at:.6}")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Timestamp {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, jiff::Error> {
        text.parse::<jiff::Timestamp>().map(|t| Self(t.as_microsecond()))
    }
}

impl Serialize for Timestamp {
    /// In facts and state: the number of microseconds. The envelope prints `time` as RFC 3339 itself.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_a_shanghai_day() {
        let late: Timestamp = "2026-03-05T16:00:00Z".parse().unwrap();
        assert_eq!(late.date().to_string(), "2026-03-06");
        assert_eq!(Timestamp::start_of(late.date()), late);
        assert_eq!(Timestamp::end_of(late.date()).date().to_string(), "2026-03-06");
        assert_eq!(late.to_string(), "2026-03-05T16:00:00.000000Z");
    }
}
