//! The holiday tables that the program ships; a province may bring newer ones as a file of the same form.

use std::collections::BTreeMap;

use kernel::{WorkCalendar, calendar::YearTable};

/// The tables known when this program was made.
///
/// # Errors
/// When the embedded file is malformed, which a test excludes.
pub fn built_in() -> Result<WorkCalendar, String> {
    parse(include_str!("holidays.toml"))
}

/// Reads tables: `[2026] source = "…" off = ["2026-01-01", …] work = […]`.
///
/// # Errors
/// What is wrong, with the place.
pub fn parse(text: &str) -> Result<WorkCalendar, String> {
    let tables: BTreeMap<String, YearTable> = toml::from_str(text).map_err(|e| e.to_string())?;
    let mut years = BTreeMap::new();
    for (year, table) in tables {
        let number: i16 = year.parse().map_err(|_| format!("`{year}` is not a year"))?;
        if let Some(day) = table.off.iter().chain(&table.work).find(|day| day.year() != number) {
            return Err(format!("[{year}]: {day} lies in another year"));
        }
        years.insert(number, table);
    }
    Ok(WorkCalendar::new(years))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_read_and_make_up_days_are_weekends() {
        let calendar = built_in().unwrap();
        assert!(calendar.knows(2026) && !calendar.knows(2030));
        assert!(calendar.is_working_day("2026-02-28".parse().unwrap()));
        assert!(!calendar.is_working_day("2026-02-17".parse().unwrap()));
        assert!(parse("[2026]\nsource=\"\"\noff=[\"2025-01-01\"]\nwork=[]").is_err());
    }
}
