//! Proves a report: every name is a figure or a line above, everything is money, every line is said in both languages.

use std::collections::BTreeSet;

use super::{Report, find};
use crate::{
    citations::Citations,
    finding::{Finding, FindingCode as Code},
    formula::{Ast, Name, Names, Unit},
    read::did_you_mean,
};

/// The names that a line may use.
struct Figures<'a> {
    offered: &'a [String],
    above: &'a [&'a str],
}

impl Names for Figures<'_> {
    fn name(&self, name: &str) -> Option<Name> {
        let known = self.above.contains(&name) || self.offered.iter().any(|one| one == name);
        known.then_some(Name { unit: Some(Unit::Money), always: true })
    }

    fn all(&self) -> Vec<&str> {
        self.above.iter().copied().chain(self.offered.iter().map(String::as_str)).collect()
    }
}

pub(super) fn report(report: &Report, offered: &[String], citations: &Citations) -> Vec<Finding> {
    let mut findings = Vec::new();
    let file = report.file.as_str();
    if citations.entry(&report.law).is_none() {
        let articles = citations.articles().map(|entry| entry.article.as_str());
        findings.push(find(
            file,
            1,
            Code::UnknownCitation,
            format!("`{}` is not in the table of citations.", report.law),
            did_you_mean(&report.law, articles),
        ));
    }
    let mut columns = BTreeSet::new();
    for column in report.columns.iter().filter(|column| !columns.insert(column.id.as_str())) {
        findings.push(find(
            file,
            column.line,
            Code::Duplicate,
            format!("there are two columns `{}`.", column.id),
            "Give one of them another id.".to_owned(),
        ));
    }
    let mut above: Vec<&str> = Vec::new();
    for line in &report.lines {
        if above.contains(&line.id.as_str()) || offered.contains(&line.id) {
            findings.push(find(
                file,
                line.line,
                Code::Duplicate,
                format!("`{}` is the name of something else too.", line.id),
                "Give this line another id.".to_owned(),
            ));
        }
        let names = Figures { offered, above: &above };
        typed(file, line.line, &line.is, &Unit::Money, &names, &mut findings);
        above.push(&line.id);
    }
    for proof in &report.proves {
        let names = Figures { offered: &[], above: &above };
        typed(file, proof.line, &proof.that, &Unit::Truth, &names, &mut findings);
    }
    findings
}

fn typed(
    file: &str,
    line: usize,
    ast: &Ast,
    wanted: &Unit,
    names: &Figures<'_>,
    findings: &mut Vec<Finding>,
) {
    match ast.unit(names) {
        Ok(unit) if unit == *wanted => {}
        Ok(unit) => findings.push(find(
            file,
            line,
            Code::Units,
            format!("`{}` is {}, not {}.", ast.text, unit.word(), wanted.word()),
            match wanted {
                Unit::Truth => "Compare two lines: `A40 = T40`.".to_owned(),
                _ => "Add and subtract figures and lines.".to_owned(),
            },
        )),
        Err(flaws) => {
            for flaw in flaws {
                let flaw = flaw.marked(&ast.text);
                findings.push(find(file, line, flaw.code, flaw.what, flaw.remedy));
            }
        }
    }
}
