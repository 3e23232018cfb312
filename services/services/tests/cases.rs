//! All cases beside the definitions; that names of steps and files mean nothing; that foreign guards are refused.

use casework::trial::{Trial, rehearsal, run};
use definitions::{Definitions, FindingCode, cases::parse_cases, mutate};
use engines::cases::run_cases;
use services::{CASES, EMBEDDED, Services, catalogue, definitions};

/// All files, with one of them replaced.
fn set_with(file: &str, text: &str) -> Result<Definitions, Vec<definitions::Finding>> {
    let others = EMBEDDED.iter().filter(|(other, _)| *other != file).copied();
    let texts: Vec<(&str, &str)> = others.chain([(file, text)]).collect();
    Definitions::check(&texts, &catalogue())
}

/// The id of the definition that a file of a set holds.
fn id_in(set: &Definitions, file: &str) -> String {
    set.iter().find(|definition| definition.file == file).unwrap().id.clone()
}

fn told(failures: &[engines::cases::Failure]) -> String {
    failures.iter().map(|f| format!("{} ({}): {}\n", f.case, f.line, f.what)).collect()
}

#[test]
fn every_case_holds() {
    let set = definitions()
        .unwrap_or_else(|f| panic!("{}", f.iter().map(|f| format!("{f}\n")).collect::<String>()));
    for ((file, text), cases) in EMBEDDED.iter().zip(CASES.iter().map(|(_, cases)| *cases)) {
        let id = &set.iter().find(|d| d.text == *text).unwrap().id;
        let failures = run::<Services>(&set, id, file, cases).unwrap();
        assert!(failures.is_empty(), "{file}\n{}", told(&failures));
    }
}

/// From every state that the cases reach: each step by each role, each accepted step twice, each deadline let pass.
#[test]
fn every_definition_is_rehearsed() {
    let set = definitions().unwrap();
    for ((file, text), (_, cases)) in EMBEDDED.iter().zip(CASES) {
        let id = &set.iter().find(|d| d.text == *text).unwrap().id;
        let rehearsal = rehearsal::<Services>(&set, id, (file, cases)).unwrap();
        assert!(rehearsal.failures.is_empty(), "{file}\n{}", told(&rehearsal.failures));
        assert!(rehearsal.accepted > 0, "{file}: nothing was accepted");
    }
}

#[test]
fn names_of_steps_and_files_mean_nothing() {
    for ((file, text), cases) in EMBEDDED.iter().zip(CASES.iter().map(|(_, cases)| *cases)) {
        let (text, cases) = mutate::rename_ids(text, cases, &catalogue()).unwrap();
        let set = set_with(file, &text).unwrap_or_else(|f| panic!("{f:?}"));
        let failures = run::<Services>(&set, &id_in(&set, file), file, &cases).unwrap();
        assert!(failures.is_empty(), "{file}\n{}", told(&failures));
    }
}

#[test]
fn a_guard_and_an_event_of_another_service_are_refused() {
    let (file, text) = EMBEDDED[0];
    let with_guard = text.replace(
        "takes  = [\"correction\"]",
        "takes  = [\"correction\"]\nguard  = [\"cash-limit\"]",
    );
    let findings = Definitions::check(&[(file, &with_guard)], &catalogue()).unwrap_err();
    assert!(findings.iter().any(|f| f.code == FindingCode::UnknownGuard), "{findings:?}");
    let bound = text
        .replace("NoticeCorrected", "PaymentExecuted")
        .replace("[[local]]\nevent  = \"PaymentExecuted\"\nfields = [\"correction\"]\n", "");
    assert!(Definitions::check(&[(file, &bound)], &catalogue()).is_err());
}

#[test]
fn a_case_costs_a_village_little() {
    let set = definitions().unwrap();
    let burden = set.get("notice").unwrap().burden();
    assert_eq!((burden.photos, burden.attachments), (0, 0));
    assert!(burden.fields <= 6 && burden.messages <= 1, "{burden:?}");
    // Nothing counts readers: no event of the service says that somebody read.
    let trial = Trial::<Services>::new(set);
    assert!(
        trial
            .log
            .domain()
            .definitions()
            .iter()
            .flat_map(|d| &d.locals)
            .all(|l| !l.event.contains("Read"))
    );
}

#[test]
fn a_changed_rule_fails_a_case() {
    let notice: &[(&str, &str)] = &[
        (
            "by     = { post = [\"representative\", \"window-clerk\"] }",
            "by     = { body = \"village-committee\" }",
        ),
        ("is = 5,", "is = 15,"),
        ("is = 15, source", "is = 60, source"),
        (", not_also = [\"ask\"]", ""),
        ("takes   = [\"reply\"]", "takes   = [\"reply\", \"correction\"]"),
    ];
    let one_stop: &[(&str, &str)] = &[
        ("after  = [\"file\"]\nrounds = 1", "after  = [\"file\", \"supplement\"]\nrounds = 1"),
        (
            ", \"accept.missed\"]\nevent  = \"ApplicationReviewed\"",
            "]\nevent  = \"ApplicationReviewed\"",
        ),
        ("\"county-officer\"], not_also = [\"review\", \"forward\"]", "\"county-officer\"]"),
        (", not_also = [\"grant\", \"refuse\"]", ""),
        ("is = 15, source", "is = 20, source"),
        ("is = 30, source", "is = 90, source"),
        (
            "by     = { post = [\"representative\", \"group-leader\", \"supervision-chair\", \"supervision-member\"] }",
            "by     = { post = [\"representative\", \"group-leader\", \"supervision-member\", \"window-clerk\"] }",
        ),
        ("takes = [\"grounds\", \"remedy\"]", "takes = [\"grounds\"]"),
    ];
    let household: &[(&str, &str)] = &[
        (", claim = true", ""),
        (
            "[\"window-clerk\", \"group-leader\", \"grid-worker\"] }\nnext  = { zh = \"凭",
            "[\"supervision-chair\"] }\nnext  = { zh = \"凭",
        ),
    ];
    let year: &[(&str, &str)] = &[
        ("is = \"1.00\"", "is = \"1.01\""),
        ("majority = \"> 1/2\"", "majority = \"> 1/4\""),
        ("to = \"pool\"", "to = \"pool2\""),
    ];
    let points: &[(&str, &str)] = &[
        (", recuse = \"kin-or-interest\"", ""),
        ("is = 20, source = \"default\" }] }\nweigh", "is = 21, source = \"default\" }] }\nweigh"),
        ("is = 7, source", "is = 30, source"),
        ("from = \"pool\", to = \"household\"", "from = \"household\", to = \"pool\""),
        (
            "[\"supervision-chair\", \"supervision-member\"] }\ntakes    = [\"slip\"]",
            "[\"committee-member\"] }\ntakes    = [\"slip\"]",
        ),
        ("reverses = [\"book\"]\n", ""),
    ];
    let goods: &[(&str, &str)] = &[
        ("amount = \"price * taken\"", "amount = \"taken\""),
        (
            "from = \"stock\", to = \"handed-out\", amount = \"taken\"",
            "from = \"stock\", to = \"handed-out\", amount = \"price\"",
        ),
        ("\"price >= 1\"", "\"price >= 0\""),
        ("is = 100, source", "is = 200, source"),
        (
            "en = \"the stock\", per = \"goods\" }",
            "en = \"the stock\", per = \"goods\", below_zero = true }",
        ),
    ];
    let cost: &[(&str, &str)] = &[(
        "[\"village-director\", \"deputy-director\", \"committee-member\"]",
        "[\"window-clerk\"]",
    )];
    for (((file, text), cases), changes) in EMBEDDED
        .iter()
        .zip(CASES.iter().map(|(_, cases)| *cases))
        .zip([notice, one_stop, household, year, points, goods, cost])
    {
        let cases = parse_cases(file, cases).unwrap();
        for (from, to) in changes {
            let changed = text.replace(from, to);
            assert_ne!(changed, *text, "{from}");
            let Ok(set) = set_with(file, &changed) else { continue };
            let definition = set.get(&id_in(&set, file)).unwrap();
            let failures = run_cases(definition, &cases, &mut Trial::<Services>::new(set.clone()));
            assert!(!failures.is_empty(), "{from} → {to} fails no case");
        }
    }
}
