//! Wrong passwords in a row: after a few, the account waits. Knows no clock and no account.

use kernel::{Refusal, Text, Timestamp};
use serde::{Deserialize, Serialize};

const FREE: u32 = 5;
const MINUTE: i64 = 60_000_000;
const LONGEST_WAIT: i64 = 15 * MINUTE;

/// The wrong tries since the last right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Attempts {
    /// How many in a row.
    pub wrong: u32,
    /// When the last one was.
    pub last: Timestamp,
}

impl Attempts {
    /// Whether a try is allowed now. Ask before the password is compared, also for accounts that do not exist.
    ///
    /// # Errors
    /// `too-many-attempts`, with the minutes to wait.
    pub fn check(&self, now: Timestamp) -> Result<(), Refusal> {
        let left = self.open_from().micros() - now.micros();
        if left <= 0 {
            return Ok(());
        }
        let minutes = ((left + MINUTE - 1) / MINUTE).to_string();
        Err(Refusal::new(
            "too-many-attempts",
            Text::new("密码连续输错次数过多。", "The password was wrong too often in a row."),
            Text::new("请{minutes}分钟后再试。", "Try again in {minutes} minutes.")
                .fill(&[("minutes", &minutes)]),
        ))
    }

    /// From when on a try is allowed: at once for the first five, then after 1, 2, 4, 8 and at most 15 minutes.
    pub fn open_from(&self) -> Timestamp {
        match self.wrong.checked_sub(FREE) {
            None => Timestamp::default(),
            Some(more) => {
                let wait = MINUTE.checked_shl(more.min(10)).unwrap_or(LONGEST_WAIT);
                self.last.plus_micros(wait.min(LONGEST_WAIT))
            }
        }
    }

    /// A wrong try more.
    #[must_use]
    pub fn wrong(self, now: Timestamp) -> Self {
        Self { wrong: self.wrong.saturating_add(1), last: now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stop_growing() {
        let now = Timestamp::from_micros(1_000 * MINUTE);
        let waits: Vec<i64> = (0..14)
            .scan(Attempts::default(), |tries, _| {
                *tries = tries.wrong(now);
                Some((tries.open_from().micros() - now.micros()).max(0) / MINUTE)
            })
            .collect();
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 15, 15, 15, 15, 15, 15]);
        let many = Attempts { wrong: u32::MAX, last: now };
        let refusal = many.wrong(now).check(now.plus_micros(30_000_000)).unwrap_err();
        assert_eq!(refusal.code, "too-many-attempts");
        assert!(refusal.remedy.en.contains("15 minutes"), "{}", refusal.remedy.en);
        assert_eq!(many.check(now.plus_micros(15 * MINUTE)), Ok(()));
    }
}
