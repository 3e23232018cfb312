//! All cases beside the definitions; that names of steps and files mean nothing; that the open log tells nobody's quarrel.

use casework::trial::{Trial, rehearsal, run};
use definitions::{Definitions, cases::parse_cases, mutate};
use disputes::{CASES, Disputes, EMBEDDED, catalogue, definitions};
use engines::cases::run_cases;

fn told(failures: &[engines::cases::Failure]) -> String {
    failures.iter().map(|f| format!("{} ({}): {}\n", f.case, f.line, f.what)).collect()
}

#[test]
fn every_case_holds() {
    let set = definitions()
        .unwrap_or_else(|f| panic!("{}", f.iter().map(|f| format!("{f}\n")).collect::<String>()));
    for ((file, text), (_, cases)) in EMBEDDED.iter().zip(CASES) {
        let id = &set.iter().find(|d| d.text == *text).unwrap().id;
        let failures = run::<Disputes>(&set, id, file, cases).unwrap();
        assert!(failures.is_empty(), "{file}\n{}", told(&failures));
    }
}

/// From every state that the cases reach: each step by each role, each accepted step twice, each deadline let pass.
#[test]
fn every_definition_is_rehearsed() {
    let set = definitions().unwrap();
    for ((file, text), (_, cases)) in EMBEDDED.iter().zip(CASES) {
        let id = &set.iter().find(|d| d.text == *text).unwrap().id;
        let rehearsal = rehearsal::<Disputes>(&set, id, (file, cases)).unwrap();
        assert!(rehearsal.failures.is_empty(), "{file}\n{}", told(&rehearsal.failures));
        assert!(rehearsal.accepted > 0, "{file}: nothing was accepted");
    }
}

#[test]
fn names_of_steps_and_files_mean_nothing() {
    for ((file, text), (_, cases)) in EMBEDDED.iter().zip(CASES) {
        let (text, cases) = mutate::rename_ids(text, cases, &catalogue()).unwrap();
        let set = Definitions::check(&[(file, &text)], &catalogue()).unwrap();
        let id = &set.iter().next().unwrap().id;
        let failures = run::<Disputes>(&set, id, file, &cases).unwrap();
        assert!(failures.is_empty(), "{file}\n{}", told(&failures));
    }
}

/// Each change of a definition that the checker lets through fails one of its cases.
fn each_fails_a_case(index: usize, id: &str, changes: &[(&str, &str)]) {
    let (file, text) = EMBEDDED[index];
    let cases = parse_cases(file, CASES[index].1).unwrap();
    let mut unproved = 0;
    for (from, to) in changes {
        let changed = text.replace(from, to);
        assert_ne!(changed, text, "{from}");
        let Ok(set) = Definitions::check(&[(file, &changed)], &catalogue()) else {
            unproved += 1;
            continue;
        };
        let definition = set.get(id).unwrap();
        let failures = run_cases(definition, &cases, &mut Trial::<Disputes>::new(set.clone()));
        assert!(!failures.is_empty(), "{from} → {to} fails no case");
    }
    assert!(unproved < changes.len(), "the checker refuses them all: the cases show nothing");
}

#[test]
fn a_changed_rule_fails_a_case() {
    let screening = [
        ("post = [\"mediation-chair\", \"justice-officer\"]", "post = [\"village-director\"]"),
        ("is = 15", "is = 90"),
        ("during = [\"open\"]", "during = [\"open\", \"close\"]"),
        ("takes  = [\"colour\", \"finding\"]", "takes  = [\"colour\"]"),
    ];
    each_fails_a_case(0, "screening", &screening);
    let mediation = [
        ("whose = \"applicant\", recuse = true", "whose = \"applicant\""),
        ("whose = \"other\", recuse = true", "whose = \"other\""),
        ("is = 30, source = \"PML 33\"", "is = 31, source = \"PML 33\""),
        (
            "who = \"mediation-committee\", within = \"by perform_by\"",
            "who = \"mediation-committee\"",
        ),
        ("after = [\"ask-other.agreed\"]", "after = [\"ask-other\"]"),
        ("rounds    = 1\nlengthens", "rounds    = 2\nlengthens"),
        (
            "takes  = [\"facts\", \"agreed\", \"how\", \"perform_by\"]",
            "takes  = [\"facts\", \"agreed\", \"perform_by\"]",
        ),
        ("during = [\"sign\"]", "during = [\"sign\", \"agree-by-word\"]"),
    ];
    each_fails_a_case(1, "mediation", &mediation);
}

#[test]
fn a_mediation_lies_in_the_closed_log_each_partys_words_under_a_key_of_their_own() {
    let set = definitions().unwrap();
    let definition = set.get("mediation").unwrap();
    let mut trial = Trial::<Disputes>::new(set.clone());
    let text = "[[case]]\nname = \"n\"\ngiven = [\"MediationApplied by=mediator:Ma\", \"OtherPartyAgreed by=mediator:Ma\"]\nwhen = \"confirm-applicant outcome=agreed by=mediator:Ma\"\nthen = [\"FirstPartyAgreed\"]\n";
    let failures = run_cases(definition, &parse_cases("n", text).unwrap(), &mut trial);
    assert!(failures.is_empty(), "{}", told(&failures));
    assert_eq!(trial.log.events().len(), 3);
    assert!(trial.log.events().iter().all(|event| event.log.as_str() == "u-county-closed"));
    let stream = &trial.log.events()[0].stream;
    let whose = |step: &str| {
        let key = casework::closed::key_of(definition, definition.step(step), stream);
        key.strip_prefix(&casework::closed::own_key(stream)).unwrap().to_owned()
    };
    assert_eq!([whose("apply"), whose("ask-other"), whose("agree")], [":applicant", ":other", ""]);
}

#[test]
fn the_open_log_has_colours_and_no_words() {
    let set = definitions().unwrap();
    let definition = set.get("screening").unwrap();
    let mut trial = Trial::<Disputes>::new(set.clone());
    let text = "[[case]]\nname = \"n\"\ngiven = [\"ScreeningOpened by=mediation-chair:Yang\", \"LeadReported colour=red finding=宅基地边界争执 by=grid-worker:Gu\"]\nwhen = \"close by=mediation-chair:Yang\"\nthen = [\"ScreeningClosed\"]\n";
    let cases = parse_cases("n", text).unwrap();
    let failures = run_cases(definition, &cases, &mut trial);
    assert!(failures.is_empty(), "{}", told(&failures));
    assert_eq!(trial.log.events().len(), 3);
    for event in trial.log.events() {
        let bytes = String::from_utf8(event.encode().unwrap()).unwrap();
        assert!(!bytes.contains("宅基地"), "{bytes}");
    }
    let report = &trial.log.events()[1];
    assert_eq!(report.data["colour"], "red");
    assert_eq!(report.commitment("finding").unwrap().1, kernel::Class::Sealed);
}

#[test]
fn a_round_costs_a_village_little() {
    let set = definitions().unwrap();
    let burden = set.get("screening").unwrap().burden();
    assert_eq!((burden.photos, burden.attachments), (0, 0));
    assert!(burden.fields <= 3 && burden.messages <= 1, "{burden:?}");
}
