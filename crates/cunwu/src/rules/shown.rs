//! Reports and indicators among the rules: which are sound, what their cases come to, what they say in words.

use definitions::{Finding, FindingCode, Shown, figure::cases::parse};
use engines::report::{run_indicator_cases, run_report_cases};

use super::cases::Ran;
use crate::house::{
    book::{Given, built_in_shown, examine, shown},
    builtin::{Room, rooms},
    figures::Offered,
};

/// A report or an indicator that is sound, with what came of its cases.
pub struct SoundShown {
    /// The service that keeps it.
    pub service: &'static str,
    /// The same as files name it.
    pub named: &'static str,
    /// What it says.
    pub shown: Shown,
    /// Its cases.
    pub cases: Ran,
}

impl SoundShown {
    /// Where everybody sees it.
    pub fn page(&self) -> String {
        match &self.shown {
            Shown::Report(report) => {
                format!("/villages/{{unit}}/reports/{}/{{month}}", report.head.id)
            }
            Shown::Indicator(one) => format!("/villages/{{unit}}/indicators/{}", one.head.id),
        }
    }
}

/// What is sound of these files; what is wrong goes to the findings.
pub fn check(rooms: &[Room], files: &[Given], findings: &mut Vec<Finding>) -> Vec<SoundShown> {
    if files.is_empty() {
        return Vec::new();
    }
    // the events that they count are those of the cores and of the built-in definitions
    let sets = examine(rooms, &[]).sets;
    let (sound, mut wrong) = shown(rooms, files, &sets);
    findings.append(&mut wrong);
    let mut all = Vec::new();
    for (service, shown) in sound {
        let file = files.iter().find(|file| file.name == shown.head().file);
        let cases = file.map_or(Ran::None, |file| cases(&shown, file, findings));
        let named = rooms.iter().find(|room| room.service == service);
        let named = named.map_or(service, |room| room.named);
        all.push(SoundShown { service, named, shown, cases });
    }
    all
}

fn cases(shown: &Shown, file: &Given, findings: &mut Vec<Finding>) -> Ran {
    let Some((name, text)) = &file.cases else { return Ran::None };
    let cases = match parse(name, text) {
        Ok(cases) => cases,
        Err(mut found) => {
            found.iter_mut().for_each(|finding| finding.aim(text));
            findings.append(&mut found);
            return Ran::Wrong;
        }
    };
    let failures = match shown {
        Shown::Report(report) => run_report_cases(report, &cases),
        Shown::Indicator(indicator) => run_indicator_cases(indicator, &cases),
    };
    for failure in &failures {
        let what = format!("the case \"{}\" does not hold: {}.", failure.case, failure.what);
        let remedy = "Correct the file, or the case where it expects the wrong thing.";
        let code = FindingCode::CaseFails;
        findings.push(Finding::new(name, Some(failure.line), code, what, remedy));
    }
    if failures.is_empty() { Ran::Hold(cases.len()) } else { Ran::Wrong }
}

/// A report or an indicator by its id, built in or of these files, in words; `None` when there is none.
pub fn told(id: &str, own: &[Given], zh: bool) -> Option<Result<String, Vec<Finding>>> {
    let rooms = rooms();
    let files = [built_in_shown(&rooms), own.to_vec()].concat();
    let mut findings = Vec::new();
    let sound = check(&rooms, &files, &mut findings);
    let wanted = |file: &Given| {
        file.name == id
            || Shown::read_unproved(&file.name, &file.text).is_some_and(|one| one.head().id == id)
    };
    let file = files.iter().rev().find(|file| wanted(file))?;
    findings.retain(|finding| finding.file == file.name);
    if !findings.is_empty() {
        return Some(Err(findings));
    }
    let one = sound.iter().find(|one| one.shown.head().file == file.name)?;
    let head = one.shown.head();
    let pick = |text: &kernel::Text| if zh { text.zh.clone() } else { text.en.clone() };
    let mut text = match zh {
        true => format!("{}（{}，第{}版）\n", head.term.zh, head.id, head.version),
        false => format!("{} ({}, version {})\n", head.term.en, head.id, head.version),
    };
    for line in one.shown.told(&Offered) {
        text.push_str(&format!("  {}\n", pick(&line)));
    }
    Some(Ok(text))
}
