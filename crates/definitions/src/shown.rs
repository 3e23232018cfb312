//! What is shown and never run: reports and indicators, told apart by the first table of their file.

use kernel::Text;

use crate::{
    figure::FigureCatalogue, finding::Finding, formula::Words, head::Head, indicator::Indicator,
    report::Report,
};

/// A report or an indicator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// A report (报表).
    Report(Report),
    /// An indicator (指标).
    Indicator(Box<Indicator>),
}

impl Shown {
    /// Whether a text is meant as one.
    pub fn is_meant(text: &str) -> bool {
        Report::is_meant(text) || Indicator::is_meant(text)
    }

    /// Reads and proves it.
    ///
    /// # Errors
    /// All findings, sorted by line.
    pub fn check(
        file: &str,
        text: &str,
        catalogue: &FigureCatalogue,
    ) -> Result<Self, Vec<Finding>> {
        if Indicator::is_meant(text) {
            let indicator = Indicator::check(file, text, catalogue)?;
            return Ok(Self::Indicator(Box::new(indicator)));
        }
        Report::check(file, text, catalogue).map(Self::Report)
    }

    /// Reads it and proves nothing: for a reader that shows what its owner has adopted.
    pub fn read_unproved(file: &str, text: &str) -> Option<Self> {
        if Indicator::is_meant(text) {
            let indicator = Indicator::read_unproved(file, text)?;
            return Some(Self::Indicator(Box::new(indicator)));
        }
        Report::read_unproved(file, text).map(Self::Report)
    }

    /// What it is called, on what it rests, whose it is.
    pub fn head(&self) -> &Head {
        match self {
            Self::Report(report) => &report.head,
            Self::Indicator(indicator) => &indicator.head,
        }
    }

    /// `report` or `indicator`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Report(_) => "report",
            Self::Indicator(_) => "indicator",
        }
    }

    /// What it says, line by line; `called` names the figures that services offer.
    pub fn told(&self, called: &dyn Words) -> Vec<Text> {
        match self {
            Self::Report(report) => report.told(called),
            Self::Indicator(indicator) => indicator.told(called),
        }
    }
}
