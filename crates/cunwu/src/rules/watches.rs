//! Watches among the rules: which are sound, what their cases come to, what they say in words.

use definitions::{
    Definitions, Finding, FindingCode, Watch,
    cases::parse_cases,
    watch::{Looks, shown_by},
};
use engines::watch::run_cases;

use super::cases::Ran;
use crate::house::{
    book::Given,
    builtin::{Room, rooms},
};

/// A watch that is sound, with what came of its cases.
pub struct SoundWatch {
    /// The service that looks.
    pub service: &'static str,
    /// The same as files name it.
    pub named: &'static str,
    /// What it says.
    pub watch: Watch,
    /// Its cases; those of a guard stand beside its procedure.
    pub cases: Ran,
}

/// The watches that are built in, as files.
pub fn built_in(rooms: &[Room]) -> Vec<Given> {
    let of_room = |room: &Room| {
        let cases = room.cases.clone();
        room.watches.clone().into_iter().map(move |(name, text)| {
            let beside = name.replace(".toml", ".cases.toml");
            let found = cases.iter().find(|(name, _)| *name == beside);
            Given {
                name: name.to_owned(),
                text: text.to_owned(),
                cases: found.map(|(name, text)| ((*name).to_owned(), (*text).to_owned())),
            }
        })
    };
    rooms.iter().flat_map(of_room).collect()
}

/// The room whose sources or procedures a watch names; of two the one with fewer findings.
fn checked(rooms: &[Room], file: &Given) -> (usize, Result<Watch, Vec<Finding>>) {
    let tried = rooms.iter().enumerate().filter(|(_, room)| !room.watched.posts.is_empty());
    let tried =
        tried.map(|(index, room)| (index, Watch::check(&file.name, &file.text, &room.watched)));
    tried
        .min_by_key(|(_, result)| result.as_ref().err().map_or(0, Vec::len))
        .unwrap_or_else(|| (0, Err(Vec::new())))
}

/// What is sound of these files; what is wrong goes to the findings.
pub fn check(rooms: &[Room], files: &[Given], findings: &mut Vec<Finding>) -> Vec<SoundWatch> {
    let mut sound = Vec::new();
    for file in files {
        let (index, result) = checked(rooms, file);
        let Some(room) = rooms.get(index) else { continue };
        match result {
            Ok(watch) => {
                let cases = cases(room, &watch, file, findings);
                let (service, named) = (room.service, room.named);
                sound.push(SoundWatch { service, named, watch, cases });
            }
            Err(mut found) => {
                found.iter_mut().for_each(|finding| finding.aim(&file.text));
                findings.append(&mut found);
            }
        }
    }
    sound
}

fn cases(room: &Room, watch: &Watch, file: &Given, findings: &mut Vec<Finding>) -> Ran {
    if let Looks::Guard { of, comes, .. } = &watch.looks {
        let is_it = |(name, text): &&(&'static str, &'static str)| {
            Definitions::glance(name, text).is_some_and(|head| head.id == *of)
        };
        let file = room.files.iter().find(is_it).map_or("", |(name, _)| *name);
        let beside = file.replace(".toml", ".cases.toml");
        let of_procedure = room.cases.iter().find(|(name, _)| *name == beside);
        let cases = of_procedure.and_then(|(name, text)| parse_cases(name, text).ok());
        let shows = |case: &&definitions::cases::Case| {
            shown_by(of, std::slice::from_ref(*case)).iter().any(|(_, what)| what == comes)
        };
        return Ran::ByItsTests(cases.iter().flatten().filter(shows).count());
    }
    let Some((name, text)) = &file.cases else { return Ran::None };
    match parse_cases(name, text) {
        Ok(cases) => {
            let failures = run_cases(watch, &cases, &room.watched);
            for failure in &failures {
                let what =
                    format!("the case \"{}\" does not hold: {}.", failure.case, failure.what);
                let remedy = "Correct the watch, or the case where it expects the wrong thing.";
                let code = FindingCode::CaseFails;
                findings.push(Finding::new(name, Some(failure.line), code, what, remedy));
            }
            if failures.is_empty() { Ran::Hold(cases.len()) } else { Ran::Wrong }
        }
        Err(mut found) => {
            found.iter_mut().for_each(|finding| finding.aim(text));
            findings.append(&mut found);
            Ran::Wrong
        }
    }
}

/// A built-in watch by its id or number, or one in a file, in words; `None` when there is none.
pub fn told(id: &str, file: Option<&Given>, zh: bool) -> Option<Result<String, Vec<Finding>>> {
    let rooms = rooms();
    let files = match file {
        Some(file) => vec![file.clone()],
        None => built_in(&rooms),
    };
    let mut findings = Vec::new();
    let sound = check(&rooms, &files, &mut findings);
    if file.is_some() && !findings.is_empty() {
        return Some(Err(findings));
    }
    let named = |one: &&SoundWatch| file.is_some() || one.watch.id == id || one.watch.rule == id;
    let one = sound.iter().find(named)?;
    let room = rooms.iter().find(|room| room.service == one.service)?;
    let watch = &one.watch;
    let dates = watch.parameters.values().flat_map(|parameter| &parameter.values);
    let on = dates.map(|value| value.from).max().unwrap_or(kernel::Date::MIN);
    let pick = |text: &kernel::Text| if zh { text.zh.clone() } else { text.en.clone() };
    let mut text = match zh {
        true => {
            format!("{}（{} {}，第{}版）\n", watch.term.zh, watch.rule, watch.id, watch.version)
        }
        false => {
            format!("{} ({} {}, version {})\n", watch.term.en, watch.rule, watch.id, watch.version)
        }
    };
    for line in watch.told(&room.watched, on) {
        text.push_str(&format!("  {}\n", pick(&line)));
    }
    Some(Ok(text))
}
