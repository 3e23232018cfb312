//! The report engine: computes the lines of a report and the bands of indicators from figures, says whether what must hold
//! does, and runs the cases beside both. Knows no report and no indicator.

mod cases;
mod indicator;

use std::collections::BTreeMap;

use definitions::{
    formula::{Computed, EvalError, Ratio, Scope},
    report::{Column, Proof, Report},
};

pub use cases::{Failure, run_indicator_cases, run_report_cases};
pub use indicator::{Measured, Said, measure};

/// Where figures come from.
pub trait Figures {
    /// A figure in a column, money in fen; `None` for a name that is not offered.
    fn figure(&self, name: &str, column: &Column) -> Option<i64>;
}

/// A report with its numbers, money in fen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet<'r> {
    /// By line in the report's order, a number for each column.
    pub lines: Vec<(&'r str, Vec<i64>)>,
    /// What must hold, with the columns in which it does not.
    pub proofs: Vec<(&'r Proof, Vec<&'r Column>)>,
}

/// Computes a report.
///
/// # Errors
/// A figure that is not offered, or a number out of range.
pub fn compute<'r>(report: &'r Report, figures: &dyn Figures) -> Result<Sheet<'r>, EvalError> {
    let mut lines: Vec<(&str, Vec<i64>)> =
        report.lines.iter().map(|line| (line.id.as_str(), Vec::new())).collect();
    let mut proofs: Vec<(&Proof, Vec<&Column>)> =
        report.proves.iter().map(|proof| (proof, Vec::new())).collect();
    for column in &report.columns {
        let mut seen = Seen { figures, column, lines: BTreeMap::new() };
        for (line, (_, cells)) in report.lines.iter().zip(&mut lines) {
            let number = match line.is.value(&seen)? {
                Some(Computed::Number(number)) => number.as_whole().ok_or(EvalError::TooLarge)?,
                _ => return Err(EvalError::TooLarge),
            };
            cells.push(number);
            seen.lines.insert(&line.id, number);
        }
        for (proof, broken) in &mut proofs {
            if !proof.that.holds(&seen)? {
                broken.push(column);
            }
        }
    }
    Ok(Sheet { lines, proofs })
}

struct Seen<'a> {
    figures: &'a dyn Figures,
    column: &'a Column,
    lines: BTreeMap<&'a str, i64>,
}

impl Scope for Seen<'_> {
    fn value(&self, name: &str) -> Option<Computed<'_>> {
        let number = self.lines.get(name).copied();
        let number = number.or_else(|| self.figures.figure(name, self.column))?;
        Some(Computed::Number(Ratio::whole(number)))
    }
}
