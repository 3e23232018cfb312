//! Instants (µs UTC) as days and times in China (UTC+08:00, no summer time); reads no clock.

use crate::lang::Lang;
use crate::money::half_width;

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
const CHINA_OFFSET_SECONDS: i64 = 8 * 3600;

/// A civil day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    /// Days since 1970-01-01.
    number: i64,
}

impl Day {
    /// The day in China at an instant (µs UTC).
    pub fn at(micros: i64) -> Self {
        let seconds = micros.div_euclid(MICROS_PER_SECOND) + CHINA_OFFSET_SECONDS;
        Self { number: seconds.div_euclid(SECONDS_PER_DAY) }
    }

    /// A day of the Gregorian calendar between the years 1 and 9999; None when there is no such day.
    pub fn new(year: i64, month: u32, day: u32) -> Option<Self> {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        if !(1..=9999).contains(&year) || day == 0 || day > length {
            return None;
        }
        // days_from_civil: years begin in March, so the leap day is the last one
        let y = if month <= 2 { year - 1 } else { year };
        let era = y.div_euclid(400);
        let year_of_era = y.rem_euclid(400);
        let shifted = i64::from((month + 9) % 12);
        let day_of_year = (153 * shifted + 2) / 5 + i64::from(day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Some(Self { number: era * 146_097 + day_of_era - 719_468 })
    }

    /// Year, month (1–12), day (1–31).
    pub fn civil(self) -> (i64, u32, u32) {
        let z = self.number + 719_468;
        let era = z.div_euclid(146_097);
        let day_of_era = z.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * shifted + 2) / 5 + 1) as u32;
        let month = (if shifted < 10 { shifted + 3 } else { shifted - 9 }) as u32;
        (year_of_era + era * 400 + i64::from(month <= 2), month, day)
    }

    /// Days from `self` to `later` (negative when `later` is earlier).
    pub fn days_until(self, later: Day) -> i64 {
        later.number - self.number
    }

    /// The instant at which the day begins in China (µs UTC).
    pub fn start_micros(self) -> i64 {
        self.number
            .saturating_mul(SECONDS_PER_DAY)
            .saturating_sub(CHINA_OFFSET_SECONDS)
            .saturating_mul(MICROS_PER_SECOND)
    }

    /// `周日` / `Sun`.
    pub fn weekday(self, lang: Lang) -> &'static str {
        const ZH: [&str; 7] = ["周四", "周五", "周六", "周日", "周一", "周二", "周三"];
        const EN: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        let at = self.number.rem_euclid(7) as usize;
        match lang {
            Lang::Zh => ZH[at],
            Lang::En => EN[at],
        }
    }

    /// For tables: `2026-03-05`.
    pub fn iso(self) -> String {
        let (y, m, d) = self.civil();
        format!("{y:04}-{m:02}-{d:02}")
    }

    /// For sentences: `2026年3月5日` / `5 March 2026`.
    pub fn long(self, lang: Lang) -> String {
        let (y, m, d) = self.civil();
        match lang {
            Lang::Zh => format!("{y}年{m}月{d}日"),
            Lang::En => format!("{d} {} {y}", month_name(m)),
        }
    }

    /// Without the year: `3月5日` / `5 March`.
    pub fn short(self, lang: Lang) -> String {
        let (_, m, d) = self.civil();
        match lang {
            Lang::Zh => format!("{m}月{d}日"),
            Lang::En => format!("{d} {}", month_name(m)),
        }
    }
}

fn month_name(month: u32) -> &'static str {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    NAMES.get((month as usize).wrapping_sub(1)).copied().unwrap_or("")
}

/// A month: `2026年3月` / `March 2026`.
pub fn month(lang: Lang, year: i64, month: u32) -> String {
    match lang {
        Lang::Zh => format!("{year}年{month}月"),
        Lang::En => format!("{} {year}", month_name(month)),
    }
}

/// The day of an instant for sentences: `2026年3月5日` / `5 March 2026`.
pub fn long_date(lang: Lang, micros: i64) -> String {
    Day::at(micros).long(lang)
}

/// The day of an instant for tables: `2026-03-05`.
pub fn table_date(micros: i64) -> String {
    Day::at(micros).iso()
}

/// Day and minute for tables: `2026-03-05 14:30`.
pub fn table_time(micros: i64) -> String {
    format!("{} {}", table_date(micros), clock(micros))
}

/// Day and minute for sentences: `2026年3月5日14:30` / `5 March 2026, 14:30`.
pub fn long_time(lang: Lang, micros: i64) -> String {
    match lang {
        Lang::Zh => format!("{}{}", long_date(lang, micros), clock(micros)),
        Lang::En => format!("{}, {}", long_date(lang, micros), clock(micros)),
    }
}

fn clock(micros: i64) -> String {
    let seconds = micros.div_euclid(MICROS_PER_SECOND) + CHINA_OFFSET_SECONDS;
    let of_day = seconds.rem_euclid(SECONDS_PER_DAY);
    format!("{:02}:{:02}", of_day / 3600, of_day / 60 % 60)
}

/// A deadline as people say it: `3月8日（周日）前，还剩 3 天` / `by Sun 8 March, 3 days left`.
/// `due` is the first instant that is too late (µs UTC), so midnight belongs to the day before.
/// The year is told when it is not the present one.
pub fn deadline(lang: Lang, due: i64, now: i64) -> String {
    let (last, today) = (Day::at(due.saturating_sub(1)), Day::at(now));
    let date = if last.civil().0 == today.civil().0 { last.short(lang) } else { last.long(lang) };
    let (weekday, left) = (last.weekday(lang), today.days_until(last));
    let late = left.unsigned_abs().max(1);
    match lang {
        Lang::Zh if now >= due => format!("原定{date}（{weekday}）前，已迟 {late} 天"),
        Lang::Zh if left == 0 => format!("{date}（{weekday}）前，就是今天"),
        Lang::Zh => format!("{date}（{weekday}）前，还剩 {left} 天"),
        Lang::En if now >= due => {
            format!("was due by {weekday} {date}, {late} day{} late", plural(late))
        }
        Lang::En if left == 0 => format!("by today, {weekday} {date}"),
        Lang::En => format!("by {weekday} {date}, {left} day{} left", plural(left.unsigned_abs())),
    }
}

fn plural(n: u64) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// Why a typed date cannot be taken; [`DateInputError::message`] names the remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateInputError {
    /// Nothing was typed.
    Empty,
    /// Not year, month and day.
    Malformed,
    /// No such day, like 30 February.
    NoSuchDay,
}

impl DateInputError {
    /// What to type instead.
    pub fn message(self, lang: Lang) -> &'static str {
        match self {
            Self::Empty => {
                lang.pick("请填日期，例如 2026-03-05", "Enter a date, such as 2026-03-05")
            }
            Self::Malformed => lang.pick(
                "请按“年-月-日”填写，例如 2026-03-05",
                "Write year-month-day, such as 2026-03-05",
            ),
            Self::NoSuchDay => lang
                .pick("没有这一天，请核对月份和日子", "There is no such day. Check month and day"),
        }
    }
}

/// Reads a day as people type it: `2026-03-05`, `2026/3/5`, `2026.3.5`, `2026年3月5日`, `20260305`, full-width too.
pub fn parse_date_input(text: &str) -> Result<Day, DateInputError> {
    let plain: String = half_width(text).chars().filter(|c| !c.is_whitespace()).collect();
    if plain.is_empty() {
        return Err(DateInputError::Empty);
    }
    let plain = if plain.len() == 8 && plain.bytes().all(|b| b.is_ascii_digit()) {
        format!("{}-{}-{}", &plain[..4], &plain[4..6], &plain[6..])
    } else {
        plain.trim_end_matches(['日', '号']).replace(['年', '月', '/', '.', '。'], "-")
    };
    let parts: Vec<u32> = plain
        .split('-')
        .map(|p| {
            if p.len() <= 4 && p.bytes().all(|b| b.is_ascii_digit()) {
                p.parse().ok()
            } else {
                None
            }
        })
        .collect::<Option<_>>()
        .ok_or(DateInputError::Malformed)?;
    match parts.as_slice() {
        [year, month, day] if *year >= 1000 => {
            Day::new(i64::from(*year), *month, *day).ok_or(DateInputError::NoSuchDay)
        }
        _ => Err(DateInputError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(y: i64, m: u32, d: u32, hour: i64) -> i64 {
        Day::new(y, m, d).unwrap().start_micros() + hour * 3_600_000_000
    }

    #[test]
    fn days_turn_at_midnight_in_china() {
        // 2026-03-04T16:00:00Z is the first instant of 5 March in China
        let midnight = 1_772_640_000_000_000;
        assert_eq!(table_time(midnight), "2026-03-05 00:00");
        assert_eq!(table_time(midnight - 1), "2026-03-04 23:59");
        assert_eq!(long_date(Lang::Zh, midnight), "2026年3月5日");
        assert_eq!(long_date(Lang::En, midnight), "5 March 2026");
        assert_eq!(long_time(Lang::Zh, midnight + 60_000_000), "2026年3月5日00:01");
        assert_eq!(table_date(0), "1970-01-01");
        assert_eq!(table_date(-1_000_000 * 8 * 3600 - 1), "1969-12-31");
    }

    #[test]
    fn every_day_of_four_centuries_survives_the_round_trip() {
        let mut day = Day::new(1899, 12, 31).unwrap();
        for _ in 0..150_000 {
            let (y, m, d) = day.civil();
            assert_eq!(Day::new(y, m, d), Some(day));
            day = Day { number: day.number + 1 };
        }
        assert_eq!(Day::new(2026, 2, 29), None);
        assert_eq!(Day::new(2100, 2, 29), None);
        assert!(Day::new(2000, 2, 29).is_some());
        assert_eq!(Day::new(2026, 13, 1), None);
        assert_eq!(Day::new(2026, 1, 0), None);
    }

    #[test]
    fn deadlines_are_said_in_words() {
        let now = at(2026, 3, 5, 10);
        assert_eq!(deadline(Lang::Zh, at(2026, 3, 9, 0), now), "3月8日（周日）前，还剩 3 天");
        assert_eq!(deadline(Lang::En, at(2026, 3, 9, 0), now), "by Sun 8 March, 3 days left");
        assert_eq!(deadline(Lang::Zh, at(2026, 3, 5, 18), now), "3月5日（周四）前，就是今天");
        assert_eq!(deadline(Lang::En, at(2026, 3, 7, 0), now), "by Fri 6 March, 1 day left");
        assert_eq!(deadline(Lang::Zh, at(2026, 3, 4, 0), now), "原定3月3日（周二）前，已迟 2 天");
        assert_eq!(
            deadline(Lang::En, at(2026, 3, 5, 9), now),
            "was due by Thu 5 March, 1 day late"
        );
        assert_eq!(
            deadline(Lang::Zh, at(2027, 1, 2, 0), now),
            "2027年1月1日（周五）前，还剩 302 天"
        );
    }

    #[test]
    fn typed_dates() {
        let want = Day::new(2026, 3, 5).unwrap();
        for good in [
            "2026-03-05",
            "2026/3/5",
            "2026.3.5",
            "2026年3月5日",
            "20260305",
            "２０２６－０３－０５",
            " 2026年 3月 5号 ",
        ] {
            assert_eq!(parse_date_input(good), Ok(want), "{good}");
        }
        assert_eq!(parse_date_input("  "), Err(DateInputError::Empty));
        assert_eq!(parse_date_input("2026-02-30"), Err(DateInputError::NoSuchDay));
        for bad in ["26-3-5", "明天", "2026-3", "2026-3-5-1", "2026--5", "99999999999-1-1"] {
            assert_eq!(parse_date_input(bad), Err(DateInputError::Malformed), "{bad}");
        }
    }
}
