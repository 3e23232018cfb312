//! Due dates: calendar days (日) and working days (工作日), as 《民法典》 arts 200–204 count them.
//!
//! The day of the event is not counted; when the last day is a rest day the period ends on the next working day
//! (CC 203). Holidays come as a table a year from the State Council's notice; a year without a table is provisional.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::time::{Date, Timestamp};

/// A length of time that a rule names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Period {
    /// 日、天
    Days(u16),
    /// 工作日
    WorkingDays(u16),
}

impl FromStr for Period {
    type Err = String;

    /// `15 days` or `10 working-days`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a period: write `15 days` or `10 working-days`");
        let (number, unit) = text.split_once(' ').ok_or_else(wrong)?;
        let number = number.parse().map_err(|_| wrong())?;
        match unit {
            "day" | "days" => Ok(Self::Days(number)),
            "working-day" | "working-days" => Ok(Self::WorkingDays(number)),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for Period {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.to_string()
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(n) => write!(f, "{n} days"),
            Self::WorkingDays(n) => write!(f, "{n} working-days"),
        }
    }
}

/// When a period ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// The last instant of the last day.
    pub at: Timestamp,
    /// The last day falls in a year without a holiday table: the date may move.
    pub provisional: bool,
}

/// The rest days and make-up working days of one year.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct YearTable {
    /// The notice it was taken from.
    pub source: String,
    /// Days off besides ordinary weekends.
    pub off: Vec<Date>,
    /// Weekend days on which people work.
    pub work: Vec<Date>,
}

/// The holiday tables, a year each.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WorkCalendar(BTreeMap<i16, YearTable>);

impl WorkCalendar {
    /// With these tables.
    pub fn new(years: BTreeMap<i16, YearTable>) -> Self {
        Self(years)
    }

    /// Whether the year's table is known.
    pub fn knows(&self, year: i16) -> bool {
        self.0.contains_key(&year)
    }

    /// Whether people work that day.
    pub fn is_working_day(&self, date: Date) -> bool {
        let weekend =
            matches!(date.weekday(), jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday);
        match self.0.get(&date.year()) {
            Some(table) if table.work.contains(&date) => true,
            Some(table) if table.off.contains(&date) => false,
            _ => !weekend,
        }
    }

    /// The end of a period that starts with an event.
    pub fn due(&self, from: Timestamp, period: Period) -> Due {
        let mut day = from.date();
        match period {
            Period::Days(n) => {
                for _ in 0..n {
                    day = next(day);
                }
                while !self.is_working_day(day) && n > 0 {
                    day = next(day);
                }
            }
            Period::WorkingDays(n) => {
                let mut left = n;
                while left > 0 {
                    day = next(day);
                    if self.is_working_day(day) {
                        left -= 1;
                    }
                }
            }
        }
        Due { at: Timestamp::end_of(day), provisional: !self.knows(day.year()) }
    }

    /// How much has run from one instant to another, in the unit of a period: the first day is not counted, the last is.
    pub fn run(&self, from: Timestamp, to: Timestamp, unit: Period) -> Period {
        let (mut day, last) = (from.date(), to.date());
        let (mut days, mut working): (u16, u16) = (0, 0);
        while day < last {
            day = next(day);
            days = days.saturating_add(1);
            working = working.saturating_add(u16::from(self.is_working_day(day)));
        }
        match unit {
            Period::Days(_) => Period::Days(days),
            Period::WorkingDays(_) => Period::WorkingDays(working),
        }
    }

    /// What is left of a period that began at `from` when it stops at `at`. The day on which it stops has run: a pause
    /// that ends on its first day changes no due date.
    pub fn left(&self, from: Timestamp, period: Period, at: Timestamp) -> Period {
        match (period, self.run(from, at, period)) {
            (Period::Days(n), Period::Days(run) | Period::WorkingDays(run)) => {
                Period::Days(n.saturating_sub(run))
            }
            (Period::WorkingDays(n), Period::Days(run) | Period::WorkingDays(run)) => {
                Period::WorkingDays(n.saturating_sub(run))
            }
        }
    }

    /// The end of what was left of a period, when it goes on at `at`. As [`WorkCalendar::due`]; with nothing left it ends
    /// today, or on the next working day.
    pub fn go_on(&self, at: Timestamp, left: Period) -> Due {
        let due = self.due(at, left);
        let mut day = due.at.date();
        while !self.is_working_day(day) {
            day = next(day);
        }
        Due { at: Timestamp::end_of(day), provisional: !self.knows(day.year()) }
    }

    /// How many whole days lie between two instants, counted by the wall in Asia/Shanghai.
    pub fn days_between(from: Timestamp, to: Timestamp) -> i64 {
        (Timestamp::start_of(to.date()).micros() - Timestamp::start_of(from.date()).micros())
            / crate::time::DAY
    }
}

fn next(day: Date) -> Date {
    day.tomorrow().unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar() -> WorkCalendar {
        let day = |text: &str| text.parse::<Date>().unwrap();
        WorkCalendar::new(BTreeMap::from([(
            2026,
            YearTable {
                source: "sample".into(),
                off: vec![day("2026-05-01"), day("2026-05-04"), day("2026-05-05")],
                work: vec![day("2026-05-09")],
            },
        )]))
    }

    fn noon(text: &str) -> Timestamp {
        Timestamp::start_of(text.parse().unwrap()).plus_micros(crate::time::DAY / 2)
    }

    #[test]
    fn the_day_of_the_event_is_not_counted() {
        let due = calendar().due(noon("2026-03-02"), Period::Days(3));
        assert_eq!(due.at.date().to_string(), "2026-03-05");
        assert!(!due.provisional);
    }

    #[test]
    fn a_period_that_ends_on_a_rest_day_ends_on_the_next_working_day() {
        let due = calendar().due(noon("2026-04-28"), Period::Days(3));
        assert_eq!(due.at.date().to_string(), "2026-05-06");
    }

    #[test]
    fn make_up_days_are_working_days() {
        let due = calendar().due(noon("2026-05-06"), Period::WorkingDays(3));
        assert_eq!(due.at.date().to_string(), "2026-05-09");
    }

    #[test]
    fn a_year_without_a_table_is_provisional() {
        assert!(calendar().due(noon("2026-12-30"), Period::Days(5)).provisional);
    }

    #[test]
    fn a_pause_moves_the_end_by_the_days_it_lasted() {
        let (calendar, from) = (calendar(), noon("2026-04-20"));
        for period in [Period::Days(15), Period::WorkingDays(10)] {
            let left = calendar.left(from, period, noon("2026-04-24"));
            let paused_for = |day: &str| calendar.go_on(noon(day), left).at.date().to_string();
            assert_eq!(paused_for("2026-04-24"), calendar.due(from, period).at.date().to_string());
            match period {
                // 15 days end on 2026-05-05, a rest day; eleven are left.
                Period::Days(_) => {
                    assert_eq!(left, Period::Days(11));
                    assert_eq!(paused_for("2026-04-27"), "2026-05-08");
                }
                Period::WorkingDays(_) => {
                    assert_eq!(left, Period::WorkingDays(6));
                    assert_eq!(paused_for("2026-04-27"), "2026-05-08");
                }
            }
        }
    }

    #[test]
    fn what_ran_out_on_a_rest_day_goes_on_to_the_working_day_it_had() {
        // Three days from 2026-04-28 end on a holiday and are due on 2026-05-06.
        let from = noon("2026-04-28");
        let left = calendar().left(from, Period::Days(3), noon("2026-05-04"));
        assert_eq!(left, Period::Days(0));
        assert_eq!(calendar().go_on(noon("2026-05-04"), left).at.date().to_string(), "2026-05-06");
        assert_eq!(calendar().go_on(noon("2026-05-11"), left).at.date().to_string(), "2026-05-11");
    }

    #[test]
    fn periods_read_and_print() {
        for text in ["15 days", "10 working-days"] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
        assert!("15".parse::<Period>().unwrap_err().contains("15 days"));
    }
}
