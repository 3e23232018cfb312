//! Procedures whose events are their own: all cases beside them, names that mean nothing, and what no file may do.

mod village;

use casework::trial::act_of;
use definitions::{
    Definitions, FindingCode,
    cases::{CaseLine, parse_cases},
    mutate,
};
use engines::cases::{Failure, run_cases};
use kernel::{Refusal, Verdict};
use organisation::{
    Ask, State,
    cases::stream,
    catalogue::{DEFINITIONS, catalogue},
};
use village::{
    Village, day, embedded, morning,
    own::{CASES, Own},
    seated,
};

fn text(file: &str) -> &'static str {
    DEFINITIONS.iter().find(|(name, _)| *name == file).unwrap().1
}

fn told(failures: &[Failure]) -> String {
    failures.iter().map(|f| format!("{}: {}\n    {}\n", f.line, f.case, f.what)).collect()
}

/// The embedded set with another text of one file.
fn set_with(file: &str, text: &str) -> Definitions {
    let texts: Vec<(&str, &str)> = DEFINITIONS
        .iter()
        .map(|(name, own)| (*name, if *name == file { text } else { *own }))
        .collect();
    Definitions::check(&texts, &catalogue())
        .unwrap_or_else(|f| panic!("{}", f.iter().map(|f| format!("{f}\n")).collect::<String>()))
}

/// Cases of a file, also with other texts than the embedded one.
fn failures(file: &str, text: &str, cases: &str) -> Vec<Failure> {
    let set = set_with(file, text);
    let definition = set.iter().find(|one| one.file == file).unwrap().clone();
    run_cases(&definition, &parse_cases(file, cases).unwrap(), &mut Own::new(set))
}

#[test]
fn every_case_holds() {
    for (file, cases) in CASES {
        let failures = failures(file, text(file), cases);
        assert!(failures.is_empty(), "{file}\n{}", told(&failures));
    }
}

/// The five stages of joining the party: nothing that is said of a person is plain, and each event has a name of its own.
#[test]
fn the_stages_of_membership_are_closed() {
    let set = embedded();
    let stages: Vec<_> = set.iter().filter(|one| one.capabilities.contains(&24)).collect();
    assert_eq!(stages.len(), 5);
    let mut events = std::collections::BTreeSet::new();
    for stage in stages {
        assert!(stage.is_closed(), "{}", stage.id);
        for field in stage.fields.values() {
            assert_eq!(field.class.strictest(), kernel::Class::Sealed, "{}", field.name);
        }
        for local in &stage.locals {
            assert!(events.insert(local.event.clone()), "{} is told twice", local.event);
        }
    }
}

/// Without the guard, kin of the applicant acts; without the stages, nobody knows whose kin they are.
#[test]
fn who_steps_aside_is_what_the_guard_asks() {
    let (file, cases) = CASES[4];
    let mut lax = catalogue();
    for guard in &mut lax.guards {
        guard.mandatory_in_closed = false;
    }
    let without = mutate::without_guard(text(file), "no-conflict").unwrap();
    let texts: Vec<(&str, &str)> = DEFINITIONS
        .iter()
        .map(|(name, own)| (*name, if *name == file { without.as_str() } else { *own }))
        .collect();
    let found = Definitions::check(&texts, &catalogue()).unwrap_err();
    assert!(found.iter().any(|f| f.code == FindingCode::MandatoryGuard), "{found:?}");
    assert!(Definitions::check(&texts, &lax).is_ok());
    let alone = Definitions::check(&[(file, text(file))], &catalogue()).unwrap();
    let definition = alone.iter().next().unwrap().clone();
    let failed = run_cases(&definition, &parse_cases(file, cases).unwrap(), &mut Own::new(alone));
    assert!(
        failed.iter().any(|failure| failure.what.contains("conflict-unknown")),
        "{}",
        told(&failed)
    );
}

#[test]
fn names_of_steps_mean_nothing() {
    for (file, cases) in CASES {
        let (text, cases) = mutate::rename_ids(text(file), cases, &catalogue()).unwrap();
        let failures = failures(file, &text, &cases);
        assert!(failures.is_empty(), "{file}\n{}", told(&failures));
    }
}

/// Every outcome that people bring about, and every clock, stands in a case.
#[test]
fn the_cases_cover_every_event() {
    for (file, cases) in CASES {
        let set = embedded();
        let cases = parse_cases(file, cases).unwrap();
        let then: Vec<&String> =
            cases.iter().flat_map(|case| &case.then).map(|line| &line.what).collect();
        for local in &set.iter().find(|one| one.file == *file).unwrap().locals {
            assert!(then.contains(&&local.event), "{file}: no case shows {}", local.event);
        }
    }
}

#[test]
fn a_changed_rule_fails_a_case() {
    let changes = [
        ("\"party-secretary\"], not_also = [\"raise\"]", "\"party-secretary\"]"),
        ("is = 10, source", "is = 12, source"),
        ("is = 5, source", "is = 9, source"),
        (
            "after  = [\"invite\", \"hold\"]\nrounds = 4",
            "after  = [\"invite\", \"hold\"]\nrounds = 3",
        ),
        ("after = [\"agree\", \"disagree\"]", "after = [\"agree\"]"),
        (
            "by    = { post = [\"party-secretary\", \"branch-member\"] }",
            "by    = { post = [\"party-secretary\", \"village-director\"] }",
        ),
    ];
    let (file, cases) = CASES[0];
    for (from, to) in changes {
        let changed = text(file).replace(from, to);
        assert_ne!(changed, text(file), "{from}");
        assert!(!failures(file, &changed, cases).is_empty(), "{from} → {to} fails no case");
    }
}

fn raise(village: &mut Village, id: &str) -> Result<(), Verdict> {
    let set = village.memory.domain().definitions().clone();
    let definition = set.get("consultation").or_else(|| set.iter().next()).unwrap();
    let step = definition.steps.first().unwrap();
    let line = CaseLine::parse("raise").unwrap();
    let act = act_of(definition, step, &line, &[], Some(village.now.date()));
    let mut command = village.command(Ask::Act { subject: id.to_owned(), act: Box::new(act) });
    command.actor = seated("party-secretary", "Shi");
    village.memory.execute(&command, village.now).map(drop)
}

fn refusal(result: Result<(), Verdict>) -> Refusal {
    match result {
        Err(Verdict::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_nobody_adopted_governs_nothing() {
    let mut village = Village::new(embedded());
    village.now = morning(day("2026-03-02"));
    assert!(matches!(raise(&mut village, "c1"), Err(Verdict::NotKnownYet(_))));
    village.adopt_definitions();
    raise(&mut village, "c1").unwrap();
    let set = embedded();
    let state = village.memory.state(&stream(set.get("consultation").unwrap(), "c1"));
    assert!(matches!(state, Some(State::Case(case)) if case.place.keeper == "county".into()));
}

/// A file that a province wrote, with its guards dropped and its names chosen with care, writes nothing of the core.
#[test]
fn no_file_speaks_in_the_name_of_the_core() {
    let file = "consultation.toml";
    // The checker refuses an event of the core under the file's own declaration, and a stream of the core.
    let posing = text(file).replace("TopicTakenUp", "SeatFilled");
    let findings = Definitions::check(&[(file, &posing)], &catalogue()).unwrap_err();
    assert!(findings.iter().any(|f| f.code == FindingCode::Duplicate), "{findings:?}");
    let squatting = text(file).replace("stream  = \"consultation\"", "stream  = \"seats\"");
    assert!(Definitions::check(&[(file, &squatting)], &catalogue()).is_err());

    // A process that runs such files all the same refuses their acts.
    let mut lax = catalogue();
    lax.reserved = definitions::Reserved::default();
    for hostile in [
        squatting,
        text(file).replace("TopicRaised", "SeatFilled"),
        text(file).replace("TopicRaised", "UnitFormed"),
    ] {
        let set = Definitions::check(&[(file, &hostile)], &lax).unwrap();
        let mut village = Village::new(set);
        village.adopt_definitions();
        village.now = morning(day("2026-03-02"));
        let before = village.memory.events().len();
        let refused = refusal(raise(&mut village, "c1"));
        assert_eq!(
            refused.code,
            if hostile.contains("\"seats\"") { "malformed" } else { "not-its-own-event" }
        );
        assert_eq!(village.memory.events().len(), before);
    }
}

/// What came of a consultation is a proposal that cites it: of this village, and referred.
#[test]
fn a_proposal_cites_only_what_was_referred() {
    let mut village = Village::new(embedded());
    village.adopt_definitions();
    village.now = morning(day("2026-03-02"));
    let take = |village: &mut Village, procedure: &str, subject: &str, line: &str, who| {
        let set = village.memory.domain().definitions().clone();
        let definition = set.get(procedure).unwrap();
        let line = CaseLine::parse(line).unwrap();
        let step = definition.step(&line.what).unwrap();
        let act = act_of(definition, step, &line, &[], Some(village.now.date()));
        let mut command =
            village.command(Ask::Act { subject: subject.to_owned(), act: Box::new(act) });
        command.actor = who;
        village.memory.execute(&command, village.now).map(drop)
    };
    let shi = || seated("party-secretary", "Shi");
    let deng = || seated("deputy-director", "Deng");
    let propose =
        "propose matter=public-welfare limit=80000.00 proposer=party-organisation consultation=c1";
    let unknown = refusal(take(&mut village, "decision", "p1", propose, shi()));
    assert_eq!(
        (unknown.code.as_str(), unknown.field.as_deref()),
        ("no-such-consultation", Some("/fields/consultation"))
    );
    for step in ["raise", "take-up", "invite", "hold", "agree"] {
        let who = if step == "raise" { shi() } else { deng() };
        take(&mut village, "consultation", "c1", step, who).unwrap();
    }
    let early = refusal(take(&mut village, "decision", "p1", propose, shi()));
    assert_eq!(early.code, "not-referred");
    assert_eq!(early.law.unwrap().article, "OLVC 33");
    take(&mut village, "consultation", "c1", "refer", shi()).unwrap();
    take(&mut village, "decision", "p1", propose, shi()).unwrap();
    let tabled = village.memory.events().last().unwrap();
    assert_eq!((tabled.fact(), &tabled.data["consultation"]), ("proposal-tabled.v1", &"c1".into()));
}
