//! Runs the cases beside reports and indicators: given figures, then lines or a band.

use std::collections::BTreeMap;

use definitions::{
    figure::cases::{FigureCase, Given},
    formula::{EvalError, Unit},
    indicator::Indicator,
    report::{Column, Report},
};

use super::{Figures, Said, compute, measure};

/// A case that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The case.
    pub case: String,
    /// What came instead.
    pub what: String,
    /// Its line.
    pub line: usize,
}

/// The figures of a case, the same in every column; what is not given is nothing.
struct Book<'a>(&'a BTreeMap<String, i64>);

impl Figures for Book<'_> {
    fn figure(&self, name: &str, _: &Column) -> Option<i64> {
        Some(self.0.get(name).copied().unwrap_or(0))
    }
}

/// Runs the cases beside a report.
pub fn run_report_cases(report: &Report, cases: &[FigureCase]) -> Vec<Failure> {
    let used = |name: &str| report.lines.iter().any(|l| report.figures_of(&l.id).contains(&name));
    all(cases, used, |case| {
        let sheet = compute(report, &Book(&case.given))?;
        let mut wrong = Vec::new();
        for (id, wanted) in &case.then {
            let Some((_, cells)) = sheet.lines.iter().find(|(line, _)| line == id) else {
                wrong.push(format!("there is no line `{id}`"));
                continue;
            };
            for found in cells.iter().filter(|found| *wanted != Given::Number(**found)) {
                wrong.push(format!("`{id}` is {found}"));
            }
        }
        for (proof, broken) in &sheet.proofs {
            let expected = case.broken.contains(&proof.that.text);
            if expected == broken.is_empty() {
                let holds = if broken.is_empty() { "holds" } else { "does not hold" };
                wrong.push(format!("`{}` {holds}", proof.that.text));
            }
        }
        Ok(wrong)
    })
}

/// Runs the cases beside an indicator: `value` (a share as `9/10`), `band` (`too-few` where nothing is said).
pub fn run_indicator_cases(indicator: &Indicator, cases: &[FigureCase]) -> Vec<Failure> {
    let formulas = [Some(&indicator.is), indicator.of.as_ref(), Some(&indicator.things)];
    let used = |name: &str| formulas.iter().flatten().any(|ast| ast.names().contains(&name));
    all(cases, used, |case| {
        let figures = |name: &str| Some(case.given.get(name).copied().unwrap_or(0));
        let (value, band) = match measure(indicator, &figures)?.said {
            Said::TooFew => (None, "too-few".to_owned()),
            Said::Value { part, whole: Some(whole), band } if indicator.unit == Unit::Share => {
                (Some(Given::Word(format!("{part}/{whole}"))), band.id.clone())
            }
            Said::Value { part, band, .. } => (Some(Given::Number(part)), band.id.clone()),
        };
        let mut wrong = Vec::new();
        for (key, wanted) in &case.then {
            match key.as_str() {
                "band" if *wanted == Given::Word(band.clone()) => {}
                "band" => wrong.push(format!("the band is `{band}`")),
                "value" if Some(wanted) == value.as_ref() => {}
                "value" => wrong.push(match &value {
                    Some(Given::Number(number)) => format!("the value is {number}"),
                    Some(Given::Word(share)) => format!("the value is {share}"),
                    None => "no value is said".to_owned(),
                }),
                other => wrong.push(format!("`{other}` is neither `value` nor `band`")),
            }
        }
        Ok(wrong)
    })
}

fn all(
    cases: &[FigureCase],
    used: impl Fn(&str) -> bool,
    run: impl Fn(&FigureCase) -> Result<Vec<String>, EvalError>,
) -> Vec<Failure> {
    let mut failures = Vec::new();
    for case in cases {
        let unused = case.given.keys().filter(|name| !used(name));
        let mut wrong: Vec<String> =
            unused.map(|name| format!("`{name}` is given, and nothing is made of it")).collect();
        match run(case) {
            Ok(mut found) => wrong.append(&mut found),
            Err(error) => wrong.push(error.to_string()),
        }
        if !wrong.is_empty() {
            let what = wrong.join("; ");
            failures.push(Failure { case: case.name.clone(), what, line: case.line });
        }
    }
    failures
}
