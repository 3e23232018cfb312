//! The register of administrative divisions (行政区划): read a province's file whole, or report every bad line.
//!
//! [`Register::parse`] reads `code,name,level` text and validates all or nothing; [`Plan::against`] compares it with the
//! units that exist. The same file again plans nothing; a changed name plans a renaming; a unit that the file no longer
//! has is reported, never deleted. Linear in the number of lines. Knows neither files nor databases.

mod complaint;
mod plan;
mod read;

pub use complaint::{BadLine, Complaints};
pub use plan::{Differs, KnownUnit, Plan};

use kernel::{DivisionCode, Level};

/// The most lines that a file may have: the largest province has fewer than 70,000.
pub const MAX_LINES: usize = 200_000;

/// One line of a valid register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Line number in the file, from 1.
    pub line: u32,
    /// The 12-digit code.
    pub code: DivisionCode,
    /// The name, without surrounding blanks.
    pub name: Box<str>,
    /// The level.
    pub level: Level,
    /// The row of the unit above; `None` for the province alone.
    pub parent: Option<u32>,
}

/// A valid register of one province: every row's parent is a row, and comes before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    rows: Vec<Row>,
}

impl Register {
    /// The rows, the province first, each after the unit above it.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How many units of each level, from province to village.
    pub fn counts(&self) -> [(Level, usize); 5] {
        [Level::Province, Level::Prefecture, Level::County, Level::Township, Level::Village]
            .map(|level| (level, self.rows.iter().filter(|row| row.level == level).count()))
    }
}

#[cfg(test)]
mod tests;
