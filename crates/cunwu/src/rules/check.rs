//! `cunwu rules check`: reads and proves definitions against the core of the service they belong to, and runs their cases.

use std::{collections::BTreeMap, path::PathBuf};

use definitions::{Definition, Definitions, Finding, Shown, Watch};
use serde_json::{Value, json};

use super::{
    cases::{self, Ran},
    coverage,
    shown::{self, SoundShown},
    told,
    watches::{self, SoundWatch},
};
use crate::{
    exit::Exit,
    house::{
        book::{Examined, Given, built_in_shown, examine, read},
        builtin::{Room, rooms},
    },
    out::{self, say},
};

/// A definition that is sound, with what came of its cases.
pub struct Sound {
    /// The service that runs it.
    pub service: &'static str,
    /// The same as files name it.
    pub named: &'static str,
    /// What it says.
    pub definition: Definition,
    /// Its cases.
    pub cases: Ran,
}

/// Runs the check. Exit 0: sound; 1: findings.
///
/// # Errors
/// When a file cannot be read.
pub fn check(paths: &[PathBuf], with_coverage: bool, as_json: bool) -> anyhow::Result<Exit> {
    let rooms = rooms();
    let files = if paths.is_empty() {
        let mut files = built_in(&rooms);
        files.extend(watches::built_in(&rooms));
        files.extend(built_in_shown(&rooms));
        files
    } else {
        read(paths)?
    };
    let (of_watches, of_procedures): (Vec<Given>, Vec<Given>) =
        files.iter().cloned().partition(|file| Watch::is_meant(&file.text));
    let (of_shown, of_procedures): (Vec<Given>, Vec<Given>) =
        of_procedures.into_iter().partition(|file| Shown::is_meant(&file.text));
    let (sound, mut findings) = checked(&rooms, &of_procedures);
    let watches = watches::check(&rooms, &of_watches, &mut findings);
    let shown = shown::check(&rooms, &of_shown, &mut findings);
    Finding::sort(&mut findings);
    if with_coverage && findings.is_empty() {
        coverage::print(&sound, &watches, &shown, as_json)?;
    } else if as_json {
        let good = findings.is_empty();
        let definitions: Vec<Value> = sound.iter().map(in_json).collect();
        let watches: Vec<Value> = watches.iter().map(watch_in_json).collect();
        let shown: Vec<Value> = shown.iter().map(shown_in_json).collect();
        let report = json!({
            "sound": good, "definitions": definitions, "watches": watches, "shown": shown,
            "findings": findings,
        });
        say!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        let mut sources: BTreeMap<&str, &str> = BTreeMap::new();
        for file in &files {
            sources.insert(&file.name, &file.text);
            sources.extend(file.cases.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        }
        for one in &sound {
            say!("{}", in_words(one));
        }
        for one in &watches {
            say!("{}", watch_in_words(one));
        }
        for one in &shown {
            say!("{}", shown_in_words(one));
        }
        out::print(format_args!("{}", told(&findings, &sources)));
    }
    Ok(if findings.is_empty() { Exit::Done } else { Exit::Wrong })
}

fn built_in(rooms: &[Room]) -> Vec<Given> {
    let of_room = |room: &Room| {
        let cases = room.cases.clone();
        room.files.clone().into_iter().map(move |(name, text)| {
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

/// What is sound of these files, and all that is wrong.
fn checked(rooms: &[Room], files: &[Given]) -> (Vec<Sound>, Vec<Finding>) {
    let Examined { sets, mut findings, homes } = examine(rooms, files);
    let mut sound = Vec::new();
    for file in files {
        let Some(service) = homes.get(&file.name) else { continue };
        let set = sets.get(service);
        let Some(definition) = set.and_then(|set| set.iter().find(|one| one.file == file.name))
        else {
            continue;
        };
        if findings.iter().any(|finding| finding.file == file.name) {
            continue;
        }
        let cases = file.cases.as_ref().map(|(name, text)| (name.as_str(), text.as_str()));
        // what replaces a definition is no part of the world in which that one's cases hold
        let world = set.map(|set| alone(set, definition)).unwrap_or_default();
        let cases = cases::run(service, &world, &definition.id, cases, &mut findings);
        let named =
            rooms.iter().find(|room| room.service == *service).map_or(*service, |r| r.named);
        sound.push(Sound { service, named, definition: definition.clone(), cases });
    }
    Finding::sort(&mut findings);
    (sound, findings)
}

fn alone(set: &Definitions, definition: &Definition) -> Definitions {
    let others = set.iter().filter(|other| other.extends.as_ref() != Some(&definition.id));
    Definitions::of_unproved(others.cloned())
}

fn in_json(one: &Sound) -> Value {
    let definition = &one.definition;
    json!({
        "definition": definition.id, "version": definition.version, "service": one.service,
        "file": definition.file, "reference": definition.reference, "burden": definition.burden(),
        "term": definition.term, "cases": one.cases.count(),
    })
}

fn watch_in_json(one: &SoundWatch) -> Value {
    let watch = &one.watch;
    json!({
        "watch": watch.id, "rule": watch.rule, "version": watch.version, "service": one.service,
        "file": watch.file, "reference": watch.reference, "mode": watch.mode, "term": watch.term,
        "cases": one.cases.count(),
    })
}

fn watch_in_words(one: &SoundWatch) -> String {
    let watch = &one.watch;
    let cases = cases_in_words(one.cases);
    format!("✓ {} {} v{} ({}): {cases}", watch.rule, watch.id, watch.version, one.service)
}

fn shown_in_json(one: &SoundShown) -> Value {
    let head = one.shown.head();
    json!({
        one.shown.word(): head.id, "version": head.version, "service": one.service,
        "file": head.file, "reference": head.reference, "term": head.term,
        "cases": one.cases.count(),
    })
}

fn shown_in_words(one: &SoundShown) -> String {
    let (head, cases) = (one.shown.head(), cases_in_words(one.cases));
    format!("✓ {} {} v{} ({}): {cases}", one.shown.word(), head.id, head.version, one.service)
}

fn cases_in_words(cases: Ran) -> String {
    match cases {
        Ran::None => "no cases beside it".to_owned(),
        Ran::Hold(count) => format!("{count} cases hold"),
        Ran::ByItsTests(count) => format!("{count} cases, run by the tests of its service"),
        Ran::Wrong => "cases fail".to_owned(),
    }
}

fn in_words(one: &Sound) -> String {
    let burden = one.definition.burden();
    let cases = cases_in_words(one.cases);
    format!(
        "✓ {} v{} ({}): {} fields, {} mandatory attachments, {} photos, {} messages, {} hand-overs a case; {cases}",
        one.definition.id,
        one.definition.version,
        one.service,
        burden.fields,
        burden.attachments,
        burden.photos,
        burden.messages,
        burden.handovers,
    )
}
