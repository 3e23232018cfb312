//! The embedded definition: every check, every case, each guard needed, step names that carry no meaning.

mod village;

use definitions::cases::{Case, parse_cases};
use engines::cases::{Failure, run_cases};
use organisation::{
    catalogue::{DEFINITIONS, catalogue},
    matters,
    rules::RULES,
};
use village::{checked, embedded, host::Host};

const FILE: &str = "four-deliberations-two-disclosures.cases.toml";
const CASES: &str = include_str!("../definitions/four-deliberations-two-disclosures.cases.toml");

fn text() -> &'static str {
    DEFINITIONS[0].1
}

#[test]
fn the_embedded_definitions_pass_every_check() {
    if let Err(findings) = checked(DEFINITIONS) {
        panic!("{findings}");
    }
}

#[test]
fn every_case_holds() {
    let definitions = embedded();
    let definition = definitions.get("decision").unwrap().clone();
    let cases = parse_cases(FILE, CASES).unwrap();
    assert!(cases.len() > 60);
    let failures = run_cases(&definition, &cases, &mut Host::new(definitions));
    assert!(failures.is_empty(), "{}", told(&failures));
}

fn told(failures: &[Failure]) -> String {
    failures.iter().map(|f| format!("{}: {}\n    {}\n", f.line, f.case, f.what)).collect()
}

/// Every step that people take and every outcome stands in a case; so does every guard's refusal.
#[test]
fn the_cases_cover_every_outcome_and_every_guard() {
    let definitions = embedded();
    let definition = definitions.get("decision").unwrap();
    let cases = parse_cases(FILE, CASES).unwrap();
    let then: Vec<_> = cases.iter().flat_map(|case| &case.then).map(|line| &line.what).collect();
    for step in &definition.steps {
        for event in &step.events {
            let given = cases.iter().flat_map(|case| &case.given).any(|l| l.what == event.event);
            assert!(then.contains(&&event.event) || given, "no case shows {}", event.event);
        }
        if let Some(missed) = &step.missed {
            assert!(then.contains(&&missed.event), "no case shows {}", missed.event);
        }
    }
    for rule in RULES.iter().filter(|rule| text().contains(rule.key)) {
        let refused = cases.iter().filter_map(|case| case.refused.as_ref());
        assert!(refused.clone().any(|r| r.code == rule.key), "no case refuses by {}", rule.key);
    }
}

#[test]
fn without_a_guard_a_case_fails_and_the_check_says_so() {
    let cases = parse_cases(FILE, CASES).unwrap();
    for rule in RULES.iter().filter(|rule| text().contains(rule.key)) {
        let without = without(text(), rule.key);
        assert_ne!(without, text(), "{} is in no step", rule.key);
        // the checker refuses the file; a hostile process that runs it all the same fails its cases
        let findings = checked(&[("hostile.toml", &without)]).unwrap_err();
        assert!(findings.contains(rule.key), "{findings}");
        let mut lax = catalogue();
        for guard in &mut lax.guards {
            guard.mandatory_for.clear();
        }
        let set = definitions::Definitions::check(&[("hostile.toml", &without)], &lax).unwrap();
        let definition = set.get("decision").unwrap().clone();
        let own = |case: &&Case| case.refused.as_ref().is_some_and(|r| r.code == rule.key);
        let own: Vec<Case> = cases.iter().filter(own).cloned().collect();
        let failures = run_cases(&definition, &own, &mut Host::new(set));
        assert!(!failures.is_empty(), "no case needs {}", rule.key);
    }
}

fn without(text: &str, guard: &str) -> String {
    text.lines()
        .filter_map(|line| {
            if !line.trim_start().starts_with("guard") || !line.contains(guard) {
                return Some(line.to_owned());
            }
            let quoted = format!("\"{guard}\"");
            let line = line
                .replace(&format!("{quoted}, "), "")
                .replace(&format!(", {quoted}"), "")
                .replace(&quoted, "");
            (!line.contains("[]")).then_some(line)
        })
        .map(|line| format!("{line}\n"))
        .collect()
}

/// No meaning hangs on the names of steps: with other names the same cases hold.
#[test]
fn a_renamed_definition_gives_the_same_results() {
    let ids: Vec<String> =
        embedded().get("decision").unwrap().steps.iter().map(|step| step.id.clone()).collect();
    let fresh = |id: &str| ids.iter().position(|own| own == id).map(|at| format!("s{at}"));
    let rename = |item: &str| -> Option<String> {
        let (id, rest) = item.split_once('.').map_or((item, None), |(id, rest)| (id, Some(rest)));
        let id = fresh(id)?;
        Some(rest.map_or_else(|| id.clone(), |rest| format!("{id}.{rest}")))
    };
    let renamed: String = text()
        .split('"')
        .enumerate()
        .map(|(at, part)| {
            if at % 2 == 0 {
                return part.to_owned();
            }
            let property = [" without ", " after ", " leads to "].iter().any(|w| part.contains(w));
            let new = if property {
                let words = part.split(' ').map(|w| rename(w).unwrap_or_else(|| w.to_owned()));
                words.collect::<Vec<_>>().join(" ")
            } else {
                rename(part).unwrap_or_else(|| part.to_owned())
            };
            format!("\"{new}\"")
        })
        .collect();
    // a field may have the name of a step: put those back
    let renamed = restore_fields(&renamed, &fresh);
    let set = checked(&[("renamed.toml", &renamed)]).unwrap_or_else(|found| panic!("{found}"));
    let definition = set.get("decision").unwrap().clone();
    assert!(definition.step("propose").is_none());
    let mut cases = parse_cases(FILE, CASES).unwrap();
    for case in &mut cases {
        if let Some(id) = fresh(&case.when.what) {
            case.when.what = id;
        }
    }
    let failures = run_cases(&definition, &cases, &mut Host::new(set));
    assert!(failures.is_empty(), "{}", told(&failures));
}

fn restore_fields(text: &str, fresh: &dyn Fn(&str) -> Option<String>) -> String {
    let fields = ["title", "matter", "limit", "note", "objection", "until"];
    text.lines()
        .map(|line| {
            let mut line = line.to_owned();
            if line.trim_start().starts_with("takes") {
                for field in fields {
                    if let Some(new) = fresh(field) {
                        line = line.replace(&format!("\"{new}\""), &format!("\"{field}\""));
                    }
                }
            }
            line + "\n"
        })
        .collect()
}

/// The definition asks for no less than the core's own table, matter by matter, body by body.
#[test]
fn the_matters_of_the_definition_are_those_of_the_core() {
    let definitions = embedded();
    let definition = definitions.get("decision").unwrap();
    for kind in matters::MATTERS {
        assert!(definition.matter(kind.key).is_some(), "{} is missing", kind.key);
    }
    for row in &definition.matters {
        let kind = matters::find(&row.id).unwrap_or_else(|| panic!("{} is unknown", row.id));
        assert_eq!(row.body, kind.body_of(&row.id), "{}", row.id);
        assert_eq!(row.spends, kind.spends, "{}", row.id);
        let law = kind.law_of(&row.body).unwrap();
        assert!(!row.quorum.is_weaker_than(law.quorum), "{}", row.id);
        assert!(!row.majority.is_weaker_than(law.majority), "{}", row.id);
        assert_eq!(row.counted, law.counted, "{}", row.id);
    }
}
