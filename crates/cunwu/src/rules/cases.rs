//! Runs the cases beside definitions, on the decisions of their own service, in memory.

use casework::trial;
use definitions::{Definitions, Finding, FindingCode, cases::parse_cases};

/// What came of the cases beside one definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ran {
    /// There is no file of cases.
    None,
    /// So many, and all hold.
    Hold(usize),
    /// So many; they need the core of their service, whose tests run them.
    ByItsTests(usize),
    /// Something is wrong: it stands among the findings.
    Wrong,
}

impl Ran {
    /// How many cases there are.
    pub fn count(self) -> usize {
        match self {
            Self::None | Self::Wrong => 0,
            Self::Hold(count) | Self::ByItsTests(count) => count,
        }
    }
}

/// Runs the cases of a definition of a service; what fails goes to the findings.
pub fn run(
    service: &str,
    set: &Definitions,
    id: &str,
    cases: Option<(&str, &str)>,
    findings: &mut Vec<Finding>,
) -> Ran {
    let Some((file, text)) = cases else { return Ran::None };
    let count = match parse_cases(file, text) {
        Ok(cases) => cases.len(),
        Err(mut found) => {
            for finding in &mut found {
                finding.aim(text);
            }
            findings.append(&mut found);
            return Ran::Wrong;
        }
    };
    let ran = match service {
        "services" => trial::run::<services::Services>(set, id, file, text),
        "disputes" => trial::run::<disputes::Disputes>(set, id, file, text),
        _ => return Ran::ByItsTests(count),
    };
    let failures = ran.unwrap_or_default();
    for failure in &failures {
        findings.push(Finding::new(
            file,
            Some(failure.line),
            FindingCode::CaseFails,
            format!(
                "the case \"{}\" does not hold: {}.",
                failure.case,
                failure.what.trim_end_matches('.')
            ),
            "Correct the definition, or the case where it expects the wrong thing.",
        ));
    }
    if failures.is_empty() { Ran::Hold(count) } else { Ran::Wrong }
}
