//! The reports that the program brings along: proved, and true of every book that balances.

use std::collections::BTreeMap;

use definitions::report::{Column, Edge};
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

#[test]
fn the_embedded_reports_are_proved() {
    let found = reports::embedded().unwrap_or_else(|findings| {
        panic!("{}", findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    });
    let ids: Vec<&str> = found.iter().map(|report| report.id.as_str()).collect();
    assert_eq!(ids, ["balance-sheet", "income-statement"]);
    assert_eq!(reports::figures().len(), 42 * 4);
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
        for report in reports::embedded().unwrap() {
            let sheet = compute(&report, &book).unwrap();
            for (proof, broken) in &sheet.proofs {
                prop_assert!(broken.is_empty(), "{}", proof.that.text);
            }
        }
    }
}

#[test]
fn a_book_that_does_not_balance_is_seen() {
    let mut before = balanced(&[(0, 30, 500)]);
    *before.get_mut("101").unwrap() += 1;
    let report = reports::embedded().unwrap().remove(0);
    let book = Book { before, since: BTreeMap::new() };
    let sheet = compute(&report, &book).unwrap();
    assert_eq!(sheet.proofs[0].1.len(), 2, "both columns");
}
