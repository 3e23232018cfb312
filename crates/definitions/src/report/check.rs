//! Proves a report: every name is a figure or a line above, every line is of its unit and said in both languages.

use std::collections::BTreeSet;

use super::Report;
use crate::{
    figure::{FigureCatalogue, Offered, counted, typed},
    finding::{Finding, FindingCode as Code},
    formula::Unit,
};

pub(super) fn report(report: &Report, catalogue: &FigureCatalogue) -> Vec<Finding> {
    let file = report.head.file.as_str();
    let mut findings = report.head.check(&catalogue.citations);
    findings.append(&mut counted(file, &report.figures, catalogue));
    let mut twice = |line, what: String, remedy: &str| {
        findings.push(Finding::new(file, Some(line), Code::Duplicate, what, remedy));
    };
    let mut columns = BTreeSet::new();
    for column in report.columns.iter().filter(|column| !columns.insert(column.id.as_str())) {
        let what = format!("there are two columns `{}`.", column.id);
        twice(column.line, what, "Give one of them another id.");
    }
    let mut above: Vec<(&str, Unit)> = Vec::new();
    for line in &report.lines {
        let taken = above.iter().any(|(id, _)| *id == line.id)
            || report.figures.iter().any(|one| one.id == line.id)
            || catalogue.offered.iter().any(|(id, _)| *id == line.id);
        if taken {
            let what = format!("`{}` is the name of something else too.", line.id);
            twice(line.line, what, "Give this line another id.");
        }
        above.push((&line.id, line.unit.clone()));
    }
    for (at, line) in report.lines.iter().enumerate() {
        let above = above.get(..at).unwrap_or_default();
        let names = Offered { catalogue: Some(catalogue), counted: &report.figures, above };
        typed((file, line.line), &line.is, &line.unit, &names, &mut findings);
    }
    for proof in &report.proves {
        let names = Offered { catalogue: None, counted: &[], above: &above };
        typed((file, proof.line), &proof.that, &Unit::Truth, &names, &mut findings);
    }
    findings
}
