//! Formulas: read, typed, evaluated exactly, said as a sentence; what is wrong is found with its place.

use std::collections::BTreeMap;

use definitions::{
    Tighten,
    formula::{Ast, Computed, EvalError, Flaw, Name, Names, Ratio, Row, Scope, Unit, Words},
};
use kernel::Text;
use proptest::prelude::*;

/// A shed: what names mean, and their values.
#[derive(Default)]
struct Shed {
    values: BTreeMap<&'static str, Computed<'static>>,
    rows: Vec<Shed>,
}

impl Shed {
    fn with(pairs: &[(&'static str, Computed<'static>)]) -> Self {
        Self { values: pairs.iter().cloned().collect(), rows: Vec::new() }
    }
}

impl Names for Shed {
    fn name(&self, name: &str) -> Option<Name> {
        let (unit, always) = match name {
            "deposit" | "limit" | "price" => (Some(Unit::Money), true),
            "surety" => (Some(Unit::Money), false),
            "length" | "term" => (Some(Unit::Days), true),
            "notice" => (Some(Unit::WorkingDays), true),
            "pieces" => (Some(Unit::Count), true),
            "part" => (Some(Unit::Share), true),
            "from" | "until" => (Some(Unit::Date), true),
            "trained" => (Some(Unit::Truth), true),
            "colour" => (Some(Unit::Word(vec!["red".into(), "blue".into()])), true),
            "purpose" => (None, true),
            _ => return None,
        };
        Some(Name { unit, always })
    }

    fn all(&self) -> Vec<&str> {
        vec!["deposit", "limit", "surety", "length", "pieces", "colour"]
    }

    fn rows(&self, of: &str) -> Option<Box<dyn Names + '_>> {
        (of == "loan").then(|| Box::new(Self::default()) as Box<dyn Names>)
    }

    fn sources(&self) -> Vec<&str> {
        vec!["loan"]
    }
}

impl Scope for Shed {
    fn value(&self, name: &str) -> Option<Computed<'_>> {
        self.values.get(name).cloned()
    }

    fn rows(&self, of: &str, over: Option<u16>) -> Vec<Row<'_>> {
        assert_eq!(of, "loan");
        let within = |row: &&Self| match (over, row.values.get("age")) {
            (Some(days), Some(Computed::Number(age))) => age.as_whole().unwrap() <= i64::from(days),
            _ => true,
        };
        self.rows.iter().filter(within).map(|row| row as Row<'_>).collect()
    }
}

impl Words for Shed {
    fn name(&self, name: &str) -> Text {
        match name {
            "deposit" => Text::new("押金", "the deposit"),
            "limit" => Text::new("500.00元", "500.00 yuan"),
            "surety" => Text::new("担保", "the surety"),
            "colour" => Text::new("颜色", "the colour"),
            "loan" => Text::new("借用", "loans"),
            other => Text::new(other, other),
        }
    }

    fn word(&self, field: Option<&str>, word: &str) -> Text {
        match (field, word) {
            (Some("colour"), "red") => Text::new("红", "red"),
            _ => Text::new(word, word),
        }
    }
}

fn number(number: i64) -> Computed<'static> {
    Computed::Number(Ratio::whole(number))
}

fn holds(text: &str, shed: &Shed) -> bool {
    let ast = Ast::parse(text).unwrap();
    assert_eq!(ast.unit(&Shed::default()), Ok(Unit::Truth), "{text}");
    ast.holds(shed).unwrap()
}

fn flaw(text: &str) -> Flaw {
    match Ast::parse(text) {
        Err(flaw) => flaw,
        Ok(ast) => ast.unit(&Shed::default()).unwrap_err().remove(0),
    }
}

#[test]
fn conditions_are_evaluated_exactly() {
    let shed = Shed::with(&[
        ("deposit", number(30_000)),
        ("limit", number(50_000)),
        ("price", number(100_001)),
        ("pieces", number(3)),
        ("part", Computed::Number(Ratio::new(1, 3).unwrap())),
        ("from", Computed::Date(jiff::civil::date(2026, 2, 27))),
        ("until", Computed::Date(jiff::civil::date(2026, 3, 2))),
        ("trained", Computed::Truth(true)),
        ("colour", Computed::Word("red".into())),
        ("length", number(15)),
        ("term", number(20)),
    ]);
    for (text, is) in [
        ("deposit <= limit", true),
        ("deposit ≤ 300.00 yuan", true),
        ("deposit < 300.00 yuan", false),
        ("deposit + 200.00 yuan = limit", true),
        ("deposit * pieces > limit", true),
        ("deposit * 2/3 = 200 yuan", true),
        // a third of 1000.01 yuan is no whole fen, and is not rounded
        ("price * part > 333.33 yuan and price * part < 333.34 yuan", true),
        ("price * 1/3 + price * 1/3 + price * 1/3 = price", true),
        ("until - from = 3 days", true),
        ("from + 3 days = until and until - 3 days = from", true),
        ("from < until and until > 2026-03-01", true),
        ("trained = yes and not (colour = 'blue')", true),
        ("trained", true),
        ("not trained or colour != 'red'", false),
        ("1 <= 2 and (2 <= 1 or 3 != 4)", true),
        ("length <= term - 5 days", true),
        ("90% * limit >= deposit", true),
    ] {
        assert_eq!(holds(text, &shed), is, "{text}");
    }
}

#[test]
fn what_may_be_missing_is_asked_for_first() {
    let without = Shed::with(&[("deposit", number(60_000)), ("limit", number(50_000))]);
    let mut with = Shed::with(&[("deposit", number(60_000)), ("limit", number(50_000))]);
    with.values.insert("surety", number(70_000));
    for (text, of_without, of_with) in [
        ("deposit <= limit or known(surety) and surety >= deposit", false, true),
        ("not known(surety) or surety >= deposit", true, true),
        ("not (known(surety) and surety < deposit)", true, true),
    ] {
        assert_eq!(holds(text, &without), of_without, "{text}");
        assert_eq!(holds(text, &with), of_with, "{text}");
    }
    for text in
        ["surety >= deposit", "known(surety) or surety > limit", "surety > limit and known(surety)"]
    {
        let flaw = flaw(text);
        assert!(flaw.what.contains("`surety` may not be given"), "{text}: {flaw:?}");
    }
    let ast = Ast::parse("surety > limit").unwrap();
    assert_eq!(ast.holds(&without), Err(EvalError::NotKnown("surety".into())));
}

#[test]
fn many_rows_come_to_one_number() {
    let loan = |deposit: i64, age: i64, colour: &'static str| {
        Shed::with(&[
            ("deposit", number(deposit)),
            ("age", number(age)),
            ("colour", Computed::Word(colour.into())),
        ])
    };
    let rows = vec![loan(100, 1, "red"), loan(200, 20, "blue"), loan(400, 40, "red")];
    let shed = Shed { rows, ..Shed::with(&[("limit", number(300)), ("term", number(20))]) };
    for (text, is) in [
        ("sum(deposit of loan) = 7.00 yuan", true),
        ("sum(deposit of loan over 30 days) <= limit", true),
        ("sum(deposit of loan over term where colour = 'red') = 1.00 yuan", true),
        ("count(loan where deposit >= limit) = 1", true),
        ("max(deposit of loan) = 4.00 yuan and min(deposit of loan) = 1.00 yuan", true),
        ("sum(deposit of loan over 0 days) = 0.00 yuan", true),
        // of no rows there is no least one: neither above nor below
        ("min(deposit of loan over 0 days) >= limit", false),
        ("min(deposit of loan over 0 days) < limit", false),
    ] {
        assert_eq!(holds(text, &shed), is, "{text}");
    }
}

#[test]
fn each_flaw_has_its_place_and_its_remedy() {
    for (text, at, what, remedy) in [
        ("deposit <= limi", 11, "`limi` is neither", "Did you mean `limit`?"),
        ("deposit <= length", 0, "money is compared with days", "one unit"),
        ("deposit + pieces > limit", 0, "money + count", "one unit"),
        ("deposit * deposit > limit", 0, "money * money", "count or a share"),
        ("length < notice", 0, "days is compared with working-days", "one unit"),
        ("from + notice > until", 0, "date + working-days", "one unit"),
        ("deposit", 0, "", ""),
        ("deposit <= limit and pieces", 21, "this is count, not a condition", "Compare it"),
        ("colour = 'green'", 0, "`'green'` is none of its words", "`red`"),
        ("colour < 'red'", 0, "enum is compared with enum", "one unit"),
        ("purpose = 'x'", 0, "`purpose` cannot be computed with", "known(purpose)"),
        ("1 < 2 < 3", 6, "two comparisons", "a <= b and b <= c"),
        ("deposit <= 500.001 yuan", 0, "", ""),
        ("deposit <=", 10, "is missing here", "Name one"),
        ("(deposit <= limit", 17, "`)` is missing", "Write `)`"),
        ("deposit <= limit limit", 17, "should end here", "and"),
        ("deposit ? limit", 8, "`?` means nothing", "Use names"),
        ("colour = 'red", 9, "has no end", "Close it"),
        ("deposit <= 70000 days", 11, "", ""),
        ("part > 120%", 0, "", ""),
        (
            "sum(deposit of loans) > limit",
            0,
            "`loans` is nothing that can be counted",
            "Did you mean `loan`?",
        ),
        ("sum(loan) > limit", 0, "not said of which field", "sum(amount of loan)"),
        ("count(deposit of loan) > 3", 0, "counts rows", "count(loan)"),
        ("sum(colour of loan) > 3", 0, "`colour` is not a number", "money"),
        ("count(loan over pieces) > 3", 0, "no number of days", "days"),
        ("count(loan over 5 working-days) > 3", 0, "calendar days", "over 30 days"),
    ] {
        if what.is_empty() {
            let ast = Ast::parse(text);
            assert!(
                ast.is_err() || ast.unwrap().unit(&Shed::default()) != Ok(Unit::Truth),
                "{text}"
            );
            continue;
        }
        let flaw = flaw(text);
        assert_eq!(flaw.at, at, "{text}: {flaw:?}");
        assert!(flaw.what.contains(what), "{text}: {flaw:?}");
        assert!(flaw.remedy.contains(remedy), "{text}: {flaw:?}");
    }
    let deep = format!("{}1 < 2{}", "(".repeat(60), ")".repeat(60));
    assert!(Ast::parse(&deep).unwrap_err().what.contains("too deep"));
    let deep = format!("{}trained", "not ".repeat(60));
    assert!(Ast::parse(&deep).unwrap_err().what.contains("too deep"));
}

#[test]
fn a_formula_reads_as_a_sentence() {
    for (text, zh, en) in [
        ("deposit <= limit", "押金不超过500.00元", "the deposit is at most 500.00 yuan"),
        (
            "deposit <= limit or known(surety) and surety >= deposit",
            "押金不超过500.00元，或者填写了担保，并且担保不低于押金",
            "the deposit is at most 500.00 yuan or the surety is given and the surety is at least the deposit",
        ),
        ("not (deposit > limit)", "押金不超过500.00元", "the deposit is at most 500.00 yuan"),
        ("not known(surety)", "没有填写担保", "the surety is not given"),
        ("colour = 'red'", "颜色是红", "the colour is red"),
        (
            "(deposit + limit) * 2 > surety",
            "（押金加500.00元）乘以2超过担保",
            "(the deposit plus 500.00 yuan) times 2 is above the surety",
        ),
        (
            "sum(deposit of loan over 30 days where colour = 'red') > 1000.00 yuan",
            "最近30日借用（颜色是红的）押金合计超过1,000.00元",
            "the sum of the deposit of loans in the last 30 days where the colour is red is above 1,000.00 yuan",
        ),
        ("count(loan) < 3", "借用件数低于3", "the number of loans is below 3"),
    ] {
        let said = Ast::parse(text).unwrap().sentence(&Shed::default());
        assert_eq!((said.zh.as_str(), said.en.as_str()), (zh, en), "{text}");
    }
}

#[test]
fn which_way_a_parameter_tightens_is_proved() {
    for (text, way) in [
        ("deposit <= limit", Some(Some(Tighten::Down))),
        ("limit >= deposit", Some(Some(Tighten::Down))),
        ("deposit >= limit", Some(Some(Tighten::Up))),
        ("not (deposit > limit)", Some(Some(Tighten::Down))),
        ("deposit - limit < price", Some(Some(Tighten::Down))),
        ("deposit <= limit * 2/3 and deposit < limit", Some(Some(Tighten::Down))),
        ("deposit <= limit or price >= limit", Some(None)),
        ("deposit = limit", Some(None)),
        ("(price - deposit) * 2 <= limit", Some(Some(Tighten::Down))),
        ("limit * pieces - deposit >= price", Some(Some(Tighten::Down))),
        ("count(loan where deposit > limit) <= 3", Some(Some(Tighten::Down))),
        ("sum(deposit of loan over term) <= limit", Some(Some(Tighten::Down))),
        ("deposit <= price", None),
    ] {
        assert_eq!(Ast::parse(text).unwrap().stricter("limit"), way, "{text}");
    }
    let over = Ast::parse("sum(deposit of loan over term) <= limit").unwrap();
    assert_eq!(over.stricter("term"), Some(Some(Tighten::Up)));
}

proptest! {
    /// The direction that is proved is the direction that is seen.
    #[test]
    fn a_stricter_parameter_admits_no_more(
        deposit in 1..1000_i64, limit in 1..1000_i64, more in 1..1000_i64, price in 1..1000_i64,
        which in 0..6_usize,
    ) {
        let text = [
            "deposit <= limit", "deposit >= limit", "not (deposit < limit)",
            "deposit + price <= limit * 2", "price - limit < deposit", "deposit * 2/3 > limit or price > limit",
        ][which];
        let ast = Ast::parse(text).unwrap();
        let at = |limit: i64| {
            let shed = Shed::with(&[("deposit", number(deposit)), ("limit", number(limit)), ("price", number(price))]);
            ast.holds(&shed).unwrap()
        };
        let (low, high) = (at(limit), at(limit + more));
        match ast.stricter("limit").unwrap().unwrap() {
            Tighten::Down => prop_assert!(!low || high),
            Tighten::Up => prop_assert!(!high || low),
        }
    }

    /// No text makes the reader panic.
    #[test]
    fn any_text_is_read_or_refused(text in "[a-z0-9 ()<>=+*/'%.-]{0,60}") {
        if let Ok(ast) = Ast::parse(&text) {
            let _ = ast.unit(&Shed::default());
            let _ = ast.stricter("limit");
            let _ = ast.sentence(&Shed::default());
            let _ = ast.holds(&Shed::default());
        }
    }
}
