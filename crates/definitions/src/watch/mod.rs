//! Watches (预警规则): what is looked for among what happened, how grave it is, who is told and what clears it, as data.
//!
//! A watch looks at rows: the few fields of events that a service offers as a *source* ([`SourceSpec`]). It is judged when a
//! row of its source comes, or day by day for what is due; among the rows that are *alike* in the fields that it names. Its
//! formulas have units and windows (DESIGN §7). A watch that *refuses* names a guard of a core instead: the guard holds
//! whatever the file says, and stands here with its article and number. Knows no mechanism.

mod check;
mod read;
mod say;

use std::collections::BTreeMap;

use kernel::{DefinitionRef, Text};
use serde::{Deserialize, Serialize};

use crate::{
    cases::Case,
    citations::Citations,
    finding::Finding,
    formula::{Ast, Unit},
    model::Parameter,
    read::Reader,
};

/// A watch as its file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// The file it was read from, for findings.
    pub file: String,
    /// Its id.
    pub id: String,
    /// Its number in the catalogue of warnings: `W01`.
    pub rule: String,
    /// What people call it.
    pub term: Text,
    /// Its version, from 1.
    pub version: u32,
    /// The rule behind it.
    pub law: String,
    /// Which mechanisms of the map it carries.
    pub capabilities: Vec<u16>,
    /// What it does when something is found.
    pub mode: Mode,
    /// Posts that are told. Whoever is concerned is left out whatever stands here.
    pub to: Vec<String>,
    /// What clears it (解除条件).
    pub cleared_by: Text,
    /// Dated, sourced numbers.
    pub parameters: BTreeMap<String, Parameter>,
    /// What it looks at.
    pub looks: Looks,
    /// `id@hash`.
    pub reference: DefinitionRef,
    /// The text itself: what is adopted, hashed and shown.
    pub text: String,
}

/// What a watch does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The command is refused (拦截).
    Refuse,
    /// What is not done yet is held until it is cleared (暂缓).
    Hold,
    /// Somebody is told (提示).
    Alert,
}

/// What a watch looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looks {
    /// A guard refuses: the definition whose cases show it, and what comes of it.
    Guard {
        /// The procedure in which it refuses.
        of: String,
        /// The refusal's code, or the event in place of the act.
        comes: String,
        /// Line in the file.
        line: usize,
    },
    /// Rows of a source.
    Rows {
        /// When it is judged.
        on: On,
        /// The source.
        source: String,
        /// Fields in which rows are alike; what is found is one thing for each such group, or for each row without any.
        alike: Vec<String>,
        /// The grave ones first; the first whose condition holds counts.
        levels: Vec<Level>,
        /// Line in the file.
        line: usize,
    },
}

/// When a watch is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// When a row comes.
    Row,
    /// Each day, for each row there is.
    Day,
}

/// How grave a warning is (预警等级).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// 蓝色: whoever it concerns puts it right.
    Blue,
    /// 黄色: the level above checks.
    Yellow,
    /// 红色: the levels above act.
    Red,
}

impl Severity {
    /// As files and events write it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Yellow => "yellow",
            Self::Red => "red",
        }
    }
}

/// One level of a watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// How grave.
    pub severity: Severity,
    /// When it holds.
    pub when: Ast,
    /// What was measured.
    pub value: Ast,
    /// What it is measured against.
    pub threshold: Ast,
    /// The parameter that says within how many working days somebody takes it up.
    pub answer_in: String,
    /// The parameter that says within how many working days there is a result.
    pub result_in: String,
    /// Line in the file.
    pub line: usize,
}

/// What a service offers watches to look at.
#[derive(Debug, Clone, Default)]
pub struct WatchCatalogue {
    /// Its sources.
    pub sources: Vec<SourceSpec>,
    /// Procedures with what their cases show to come of a guard: codes of refusals, and events.
    pub shown: Vec<(String, String)>,
    /// The posts that may be told.
    pub posts: Vec<String>,
    /// The articles.
    pub citations: Citations,
}

/// Rows that a service makes of its events.
#[derive(Debug, Clone)]
pub struct SourceSpec {
    /// Its key in formulas.
    pub key: String,
    /// What its rows are called.
    pub name: Text,
    /// Their fields.
    pub fields: Vec<SourceField>,
}

/// A field of the rows of a source.
#[derive(Debug, Clone)]
pub struct SourceField {
    /// Its name in formulas.
    pub name: String,
    /// What it is; `None` for what can only be alike or not.
    pub unit: Option<Unit>,
    /// What it is called.
    pub label: Text,
    /// Whether every row has it.
    pub always: bool,
    /// The measure of the service, in Rust, that computes it; none for what stands in the event.
    pub measure: Option<String>,
}

impl WatchCatalogue {
    /// A source by its key.
    pub fn source(&self, key: &str) -> Option<&SourceSpec> {
        self.sources.iter().find(|source| source.key == key)
    }
}

/// What the cases beside a definition show: codes of refusals, and events.
pub fn shown_by(definition: &str, cases: &[Case]) -> Vec<(String, String)> {
    let mut shown: Vec<(String, String)> = Vec::new();
    for case in cases {
        let events = case.then.iter().map(|line| line.what.as_str());
        for what in events.chain(case.refused.iter().map(|refused| refused.code.as_str())) {
            if !shown.iter().any(|(_, known)| known == what) {
                shown.push((definition.to_owned(), what.to_owned()));
            }
        }
    }
    shown
}

impl SourceSpec {
    /// A field by its name.
    pub fn field(&self, name: &str) -> Option<&SourceField> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl Watch {
    /// Reads and proves a watch.
    ///
    /// # Errors
    /// All findings, sorted by line.
    pub fn check(file: &str, text: &str, catalogue: &WatchCatalogue) -> Result<Self, Vec<Finding>> {
        Reader::proved(file, text, read::watch, |one| check::watch(one, catalogue))
    }

    /// Whether a text is meant as a watch.
    pub fn is_meant(text: &str) -> bool {
        text.lines().any(|line| line.trim() == "[watch]")
    }

    /// What it says, line by line, with the values in force on a day.
    pub fn told(&self, catalogue: &WatchCatalogue, on: kernel::Date) -> Vec<Text> {
        say::told(self, catalogue, on)
    }
}
