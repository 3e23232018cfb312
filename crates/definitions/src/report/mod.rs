//! Reports (报表): lines computed from figures, columns that say of which time, and what must hold between lines.
//!
//! ```toml
//! [report]
//! id = "balance-sheet"  term = { zh, en }  version = 1  law = "ACC-2023"  capabilities = [17]
//! [[column]]
//! id = "closing"  zh, en  from = "start | year-start | month-start"  to = "month-end | year-start | month-start"
//! [[line]]
//! id = "A01"  zh, en  is = "balance.101 + balance.102"  unit = "money | count"  total = false
//! [[prove]]
//! that = "A40 = T40"  zh, en
//! ```
//!
//! A line names figures that a service offers or that the file counts ([`crate::figure`]), and lines above it: so no line
//! depends on itself. A line is money, or a count where it says so; both may be below zero.

mod check;
mod read;

use kernel::Text;

use crate::{
    figure::{Figure, FigureCatalogue},
    finding::Finding,
    formula::{Ast, Unit, Words},
    head::Head,
    indicator::Called,
    read::Reader,
};

/// A report as its file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What it is called, on what it rests, whose it is.
    pub head: Head,
    /// Which of a month's pages show it first: the sheet that must be disclosed.
    pub disclosed: bool,
    /// What the file counts itself.
    pub figures: Vec<Figure>,
    /// Of which times.
    pub columns: Vec<Column>,
    /// The lines, in order.
    pub lines: Vec<Line>,
    /// What must hold between lines.
    pub proves: Vec<Proof>,
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
    /// Money, or a count.
    pub unit: Unit,
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
    /// Reads and proves a report.
    ///
    /// # Errors
    /// All findings, sorted by line.
    pub fn check(
        file: &str,
        text: &str,
        catalogue: &FigureCatalogue,
    ) -> Result<Self, Vec<Finding>> {
        Reader::proved(file, text, read::report, |one| check::report(one, catalogue))
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
            for name in line.is.names() {
                if self.line(name).is_some() {
                    open.push(name);
                } else if !found.contains(&name) {
                    found.push(name);
                }
            }
        }
        found.sort_unstable();
        found
    }

    /// What it says, line by line; `called` names the figures that services offer.
    pub fn told(&self, called: &dyn Words) -> Vec<Text> {
        let names = Named { report: self, others: called };
        let mut told: Vec<Text> = self.figures.iter().map(Figure::told).collect();
        for line in &self.lines {
            let is = line.is.sentence(&names);
            told.push(Text::new(
                format!("{} {} = {}", line.id, line.name.zh, is.zh),
                format!("{} {} = {}", line.id, line.name.en, is.en),
            ));
        }
        for proof in &self.proves {
            told.push(Text::new(
                format!("必须：{}", proof.says.zh),
                format!("Must hold: {}", proof.says.en),
            ));
        }
        told
    }
}

/// What lines and figures of a report are called; all others by `others`.
pub struct Named<'a> {
    /// The report.
    pub report: &'a Report,
    /// The names of what services offer.
    pub others: &'a dyn Words,
}

impl Words for Named<'_> {
    fn name(&self, name: &str) -> Text {
        match self.report.line(name) {
            Some(line) => line.name.clone(),
            None => Called { figures: &self.report.figures, others: self.others }.name(name),
        }
    }
}
