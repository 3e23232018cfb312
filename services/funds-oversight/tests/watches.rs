//! The embedded watches: proved, and all cases beside them.

use definitions::{Watch, cases::parse_cases, watch::Looks};
use engines::watch::run_cases;
use funds_oversight::watching::{EMBEDDED, WATCH_CASES, embedded, watch_catalogue};

fn watches() -> Vec<Watch> {
    embedded().unwrap_or_else(|found| {
        panic!("{}", found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

fn failures(watch: &Watch, cases: &str) -> Vec<String> {
    let file = watch.file.replace(".toml", ".cases.toml");
    let cases = parse_cases(&file, cases).unwrap();
    let failed = run_cases(watch, &cases, &watch_catalogue());
    failed.iter().map(|f| format!("{file}:{} {}: {}", f.line, f.case, f.what)).collect()
}

fn cases_of(watch: &Watch) -> Option<&'static str> {
    let file = watch.file.replace(".toml", ".cases.toml");
    WATCH_CASES.iter().find(|(name, _)| *name == file).map(|(_, text)| *text)
}

#[test]
fn every_case_of_every_watch_holds() {
    for watch in watches() {
        let cases = cases_of(&watch);
        // what a guard sees to stands in the cases of its procedure, as the checker proved
        assert_eq!(cases.is_some(), matches!(watch.looks, Looks::Rows { .. }), "{}", watch.id);
        let failed = cases.map(|cases| failures(&watch, cases)).unwrap_or_default();
        assert!(failed.is_empty(), "{}", failed.join("\n"));
    }
}

#[test]
fn a_number_that_moves_fails_a_case() {
    let moved = [
        ("paid-in-parts", "is = 10,", "is = 11,"),
        ("paid-in-parts", "is = 10,", "is = 9,"),
        ("paid-in-parts", "is = \"2000.00\"", "is = \"2000.01\""),
        ("paid-in-parts", "is = \"2000.00\"", "is = \"1999.99\""),
        ("paid-in-parts", "is = \"50000.00\"", "is = \"50000.01\""),
        ("paid-in-parts", "alike = [\"payee\", \"account\"]", "alike = [\"payee\"]"),
        ("payee-kin", "is = \"500.00\"", "is = \"500.01\""),
        ("payee-kin", "is = \"500.00\"", "is = \"499.99\""),
        ("payee-kin", "is = \"5000.00\"", "is = \"5000.01\""),
        ("payee-kin", "is = 365", "is = 366"),
        ("balance-below-zero", "lowest < 0 yuan", "lowest <= 0 yuan"),
        ("budget-overrun", "is = \"1/1\"", "is = \"9/10\""),
        ("budget-overrun", "> sum(amount of budgets)", ">= sum(amount of budgets)"),
        ("rent-overdue", "is = 30", "is = 29"),
        ("rent-overdue", "is = 30", "is = 31"),
        ("rent-overdue", "is = 90", "is = 89"),
        ("rent-overdue", "is = 90", "is = 91"),
        (
            "rent-overdue",
            "is = 1, source = \"default\" }] }\nsecond",
            "is = 0, source = \"default\" }] }\nsecond",
        ),
    ];
    for (id, from, to) in moved {
        let (file, text) = EMBEDDED.iter().find(|(name, _)| *name == format!("{id}.toml")).unwrap();
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, *text, "{id}: {from}");
        let watch = Watch::check(file, &changed, &watch_catalogue()).unwrap();
        assert!(!failures(&watch, cases_of(&watch).unwrap()).is_empty(), "{id}: {from} → {to}");
    }
}

#[test]
fn what_is_wrong_is_found() {
    let (file, text) = EMBEDDED.iter().find(|(name, _)| *name == "paid-in-parts.toml").unwrap();
    let wrong = [
        ("row   = \"payments\"", "row   = \"paymnets\"", "Did you mean `payments`?"),
        ("alike = [\"payee\"", "alike = [\"paye\"", "Did you mean `payee`?"),
        ("threshold = \"tier2\"", "threshold = \"least\"", "measured against"),
        (
            "tighten = \"up\", values = [{ from = \"2026-01-01\", is = 10",
            "tighten = \"down\", values = [{ from = \"2026-01-01\", is = 10",
            "would find less",
        ),
        ("amount < tier2 and (count", "amount < least and (count", "compared"),
        ("\"township-officer\"]", "\"townshp-officer\"]", "Did you mean `township-officer`?"),
        ("law          = \"county-finance\"", "law          = \"county-finances\"", "citations"),
        ("answer_in = \"answer\"", "answer_in = \"window\"", "working-days"),
        ("mode         = \"hold\"", "mode         = \"hould\"", "Did you mean `hold`?"),
        (
            "id           = \"paid-in-parts\"",
            "id           = \"paid-in-parts\"\nseverty = 1",
            "severty",
        ),
    ];
    for (from, to, words) in wrong {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, *text, "{from}");
        let found = Watch::check(file, &changed, &watch_catalogue()).expect_err(to);
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|line| line.contains(words)), "{to}: {told:#?}");
    }
}

#[test]
fn a_watch_says_in_words_what_it_does() {
    for watch in watches() {
        let told = watch.told(&watch_catalogue(), kernel::Date::constant(2026, 6, 1));
        assert!(
            told.len() >= 3 && told.iter().all(kernel::Text::is_complete),
            "{}: {told:?}",
            watch.id
        );
    }
    let parts = watches().into_iter().find(|watch| watch.id == "paid-in-parts").unwrap();
    let told = parts.told(&watch_catalogue(), kernel::Date::constant(2026, 6, 1));
    let en: Vec<&str> = told.iter().map(|line| line.en.as_str()).collect();
    assert!(en[2].contains("50,000.00 yuan") && en[2].contains("in the last 10 days"), "{en:#?}");
}
