//! The reports that the program brings along: proved, and true of every book that balances.

use std::collections::BTreeMap;

use definitions::report::{Column, Edge, Report};
use engines::report::{Figures, compute};
use funds_oversight::{
    facts::accounts::{self, Side},
    reports,
};
use proptest::prelude::*;

/// Net balances by account, debit less credit: at the start of the year, and what the year added.
struct Book {
    before: BTreeMap<String, i64>,
    since: BTreeMap<String, i64>,
}

impl Figures for Book {
    fn figure(&self, name: &str, column: &Column) -> Option<i64> {
        let (kind, code) = name.split_once('.')?;
        let account = accounts::chart().iter().find(|a| a.code.to_string() == code)?;
        let of = |book: &BTreeMap<String, i64>| book.get(code).copied().unwrap_or(0);
        let since = if column.to == Edge::YearStart { 0 } else { of(&self.since) };
        let net = of(&self.before) + since;
        let own = |net: i64| if account.side == Side::Credit { -net } else { net };
        Some(match kind {
            "balance" => own(net),
            "debit" => net.max(0),
            "credit" => (-net).max(0),
            "moved" => own(since),
            _ => return None,
        })
    }
}

fn balanced(entries: &[(usize, usize, i64)]) -> BTreeMap<String, i64> {
    let chart = accounts::chart();
    let code = |at: usize| chart[at % chart.len()].code.to_string();
    let mut net = BTreeMap::new();
    for (debit, credit, fen) in entries {
        *net.entry(code(*debit)).or_insert(0) += fen;
        *net.entry(code(*credit)).or_insert(0) -= fen;
    }
    net
}

/// The embedded reports, by the names of their files.
fn embedded() -> Vec<Report> {
    let read = |(file, text): &(&str, &str)| Report::read_unproved(file, text).unwrap();
    reports::EMBEDDED.iter().map(read).collect()
}

/// Proved they are by `cunwu rules check`, which knows the events of all services.
#[test]
fn every_account_stands_in_the_balance_sheet() {
    let found = embedded();
    let ids: Vec<&str> = found.iter().map(|report| report.head.id.as_str()).collect();
    assert_eq!(ids, ["balance-sheet", "income-statement", "disclosure-sheet", "assets-verified"]);
    assert_eq!(reports::figures().len(), 42 * 7);
    // what came in and what went out: every account but cash and bank, once
    for (total, kind) in [("R09", "received"), ("S19", "spent")] {
        assert_eq!(found[2].figures_of(total).len(), 40, "{total}");
        assert!(found[2].figures_of(total).iter().all(|name| name.starts_with(kind)), "{total}");
    }
    // every account of the chart stands in the balance sheet: none can be forgotten
    let sheet = &found[0];
    let both = [sheet.figures_of("A40"), sheet.figures_of("T40")].concat();
    for account in accounts::chart() {
        let code = account.code.to_string();
        assert!(both.iter().any(|name| name.ends_with(&code)), "{code} is nowhere");
    }
}

proptest! {
    #[test]
    fn the_balance_sheet_of_a_balanced_book_balances(
        before in proptest::collection::vec((0..42_usize, 0..42_usize, 1..1_000_000_000_i64), 0..40),
        since in proptest::collection::vec((0..42_usize, 0..42_usize, 1..1_000_000_000_i64), 0..40),
    ) {
        let book = Book { before: balanced(&before), since: balanced(&since) };
        for report in embedded().into_iter().filter(|report| !report.disclosed) {
            let sheet = compute(&report, &book).unwrap();
            // a difference of a count stays in its account until it is decided
            for (proof, broken) in sheet.proofs.iter().filter(|(p, _)| p.that.text != "A14 = 0.00 yuan") {
                prop_assert!(broken.is_empty(), "{}", proof.that.text);
            }
        }
    }
}

#[test]
fn a_book_that_does_not_balance_is_seen() {
    let mut before = balanced(&[(0, 30, 500)]);
    *before.get_mut("101").unwrap() += 1;
    let report = embedded().remove(0);
    let book = Book { before, since: BTreeMap::new() };
    let sheet = compute(&report, &book).unwrap();
    assert_eq!(sheet.proofs[0].1.len(), 2, "both columns");
}

#[test]
fn the_cases_beside_the_reports_hold() {
    for (report, (file, text)) in embedded().iter().zip(reports::REPORT_CASES) {
        let cases = definitions::figure::cases::parse(file, text).unwrap();
        assert!(cases.len() > 1, "{file}");
        assert_eq!(engines::report::run_report_cases(report, &cases), [], "{file}");
    }
}
