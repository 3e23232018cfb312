//! Reports (报表): lines computed from figures, columns that say of which time, and what must hold between lines.
//!
//! ```toml
//! [report]
//! id = "balance-sheet"  term = { zh, en }  version = 1  law = "ACC-2023"
//! [[column]]
//! id = "closing"  zh, en  from = "start | year-start | month-start"  to = "month-end | year-start | month-start"
//! [[line]]
//! id = "A01"  zh, en  is = "balance.101 + balance.102"  total = false
//! [[prove]]
//! that = "A40 = T40"  zh, en
//! ```
//!
//! A line names figures that the service offers, and lines above it: so no line depends on itself. All are money and may
//! be below zero.

mod check;
mod read;

use kernel::{DefinitionRef, Text};

use crate::{
    finding::{Finding, FindingCode as Code},
    formula::Ast,
    read::Reader,
};

/// A report as its file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The file it was read from, for findings.
    pub file: String,
    /// Its id: `balance-sheet`.
    pub id: String,
    /// Its version, from 1.
    pub version: u32,
    /// What people call it.
    pub term: Text,
    /// The rule that asks for it.
    pub law: String,
    /// Of which times.
    pub columns: Vec<Column>,
    /// The lines, in order.
    pub lines: Vec<Line>,
    /// What must hold between lines.
    pub proves: Vec<Proof>,
    /// `id@hash`.
    pub reference: DefinitionRef,
    /// The text itself: what is adopted, hashed and shown.
    pub text: String,
}

/// A column: the time that its figures are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: Text,
    /// From when movements count.
    pub from: Edge,
    /// Up to when movements count; balances are as at this.
    pub to: Edge,
    /// Line in the file.
    pub line: usize,
}

/// An edge of time, seen from the month that is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edge {
    /// The beginning of the book.
    Start,
    /// The first day of the month's year.
    YearStart,
    /// The first day of the month.
    MonthStart,
    /// The end of the month's last day.
    MonthEnd,
}

/// A line of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its id, by which lines below name it.
    pub id: String,
    /// What it is called.
    pub name: Text,
    /// How it is computed.
    pub is: Ast,
    /// Set apart as a sum.
    pub total: bool,
    /// Line in the file.
    pub line: usize,
}

/// What must hold between lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The condition.
    pub that: Ast,
    /// What it means to people.
    pub says: Text,
    /// Line in the file.
    pub line: usize,
}

impl Report {
    /// Reads and proves a report. `figures` are the names that the service offers.
    ///
    /// # Errors
    /// All findings, sorted by line.
    pub fn check(
        file: &str,
        text: &str,
        figures: &[String],
        citations: &crate::Citations,
    ) -> Result<Self, Vec<Finding>> {
        let mut reader = Reader::new(file, text);
        let report = read::report(&mut reader, file, text);
        let mut findings = reader.findings;
        if let Some(report) = &report {
            findings.append(&mut check::report(report, figures, citations));
        }
        match report {
            Some(report) if findings.is_empty() => Ok(report),
            _ => {
                Finding::sort(&mut findings);
                Err(findings)
            }
        }
    }

    /// Reads a report and proves nothing: for a reader that shows what its owner has adopted. `None`: not a report, or
    /// not to be read.
    pub fn read_unproved(file: &str, text: &str) -> Option<Self> {
        let mut reader = Reader::new(file, text);
        read::report(&mut reader, file, text).filter(|_| reader.findings.is_empty())
    }

    /// Whether a text is meant as a report.
    pub fn is_meant(text: &str) -> bool {
        text.lines().any(|line| line.trim() == "[report]")
    }

    /// A line by its id.
    pub fn line(&self, id: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.id == id)
    }

    /// The figures behind a line, its own and those of the lines that it names, each once, in order.
    pub fn figures_of(&self, id: &str) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        let mut open = vec![id];
        while let Some(next) = open.pop() {
            let Some(line) = self.line(next) else { continue };
            line.is.root.walk(&mut |expr| {
                let crate::formula::Kind::Name(name) = &expr.kind else { return };
                if self.line(name).is_some() {
                    open.push(name);
                } else if !found.contains(&name.as_str()) {
                    found.push(name);
                }
            });
        }
        found.sort_unstable();
        found
    }
}

fn find(file: &str, line: usize, code: Code, what: String, remedy: String) -> Finding {
    Finding::new(file, Some(line), code, what, remedy)
}
