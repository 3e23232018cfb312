//! The ledger against random bookings: it balances at every prefix, nothing falls below zero that may not, no event books
//! twice, and what is taken back is as if it had never been, from that day on.

use engines::ledger::{Booking, Journal, Ledger, Line, Posting, Unbalanced, Unposted};
use kernel::Date;
use proptest::prelude::*;

const ACCOUNTS: [&str; 4] = ["source", "pool", "household/a", "household/b"];

fn day(n: u8) -> Date {
    Date::constant(2026, 3, 1).checked_add(jiff_days(n)).unwrap()
}

fn jiff_days(n: u8) -> std::time::Duration {
    std::time::Duration::from_secs(u64::from(n) * 86_400)
}

fn source(account: &str) -> bool {
    account == "source"
}

fn line(account: &str, amount: i64) -> Line {
    Line { account: account.to_owned(), amount }
}

/// From, to, how much, on which day later, and whether it takes back an earlier one instead.
fn wishes() -> impl Strategy<Value = Vec<(usize, usize, i64, u8, Option<usize>)>> {
    let one =
        (0..4_usize, 0..4_usize, 0..50_i64, 0..3_u8, prop::option::weighted(0.3, 0..20_usize));
    prop::collection::vec(one, 0..40)
}

proptest! {
    #[test]
    fn books_balance_at_every_prefix_and_limits_hold(wishes in wishes()) {
        let mut journal = Journal::default();
        let mut today = 0_u8;
        for (number, (from, to, amount, later, back)) in wishes.into_iter().enumerate() {
            today = today.saturating_add(later);
            let before = journal.clone();
            let earlier = back.and_then(|at| journal.postings().get(at).cloned());
            let (booking, reverses) = match earlier {
                Some(earlier) => (earlier.booking.reversed(), Some(earlier.source)),
                None => match Booking::new(ACCOUNTS[from], ACCOUNTS[to], amount) {
                    Ok(booking) => (booking, None),
                    Err(_) => { prop_assert!(from == to || amount <= 0); continue }
                },
            };
            let posting = Posting {
                source: format!("e{number}"), on: day(today), reverses: reverses.clone(), booking,
            };
            match journal.post(posting.clone(), source) {
                Ok(()) => {
                    prop_assert_eq!(journal.post(posting.clone(), source), Err(Unposted::Again));
                    if let Some(of) = reverses {
                        // as if it had never been, from that day on; before that day it stands
                        let of = before.postings().iter().find(|p| p.source == of).unwrap();
                        for line in of.booking.lines() {
                            prop_assert_eq!(
                                journal.ledger().balance(&line.account),
                                before.ledger().balance(&line.account) - line.amount
                            );
                        }
                        prop_assert!(posting.on >= of.on);
                    }
                }
                Err(Unposted::Short(short)) => {
                    prop_assert!(short.needs > 0 && short.has < short.needs && short.account != "source");
                    prop_assert_eq!(&journal, &before);
                }
                Err(Unposted::NotItsReversal) => {
                    prop_assert!(reverses.is_some());
                    prop_assert_eq!(&journal, &before);
                }
                Err(other) => prop_assert!(false, "{other:?}"),
            }
            prop_assert_eq!(journal.ledger().balances().map(|(_, b)| b).sum::<i64>(), 0);
            for (account, balance) in journal.ledger().balances() {
                prop_assert!(balance >= 0 || account == "source", "{account} {balance}");
                prop_assert_eq!(journal.balance_at(account, day(255)), balance);
            }
        }
        // Folded from its bookings alone it is the same ledger.
        let mut folded = Ledger::default();
        for posting in journal.postings() {
            folded.apply(&posting.booking);
        }
        prop_assert_eq!(&folded, journal.ledger());
    }
}

#[test]
fn lines_that_do_not_balance_are_no_booking() {
    let of = |lines: Vec<Line>| Booking::try_from(lines);
    assert_eq!(of(vec![]), Err(Unbalanced::Empty));
    assert_eq!(of(vec![line("a", 1), line("b", -2)]), Err(Unbalanced::Sum));
    assert_eq!(of(vec![line("a", 0), line("b", 0)]), Err(Unbalanced::Empty));
    assert_eq!(of(vec![line("a", 1), line("a", -1)]), Err(Unbalanced::Twice));
    assert_eq!(
        of(vec![line("a", i64::MIN), line("b", i64::MAX), line("c", 1)]),
        Err(Unbalanced::TooLarge)
    );
    assert!(of(vec![line("a", 3), line("b", -2), line("c", -1)]).is_ok());
    assert!(serde_json::from_str::<Booking>(r#"[{"account":"a","amount":1}]"#).is_err());
    assert!(Booking::new("a", "b", -1).is_err());
}

#[test]
fn a_correction_has_its_own_day_and_comes_once() {
    let mut journal = Journal::default();
    let post = |source: &str, on: u8, reverses: Option<&str>, booking: Booking| Posting {
        source: source.to_owned(),
        on: day(on),
        reverses: reverses.map(str::to_owned),
        booking,
    };
    let given = Booking::new("source", "household/a", 5).unwrap();
    journal.post(post("e1", 1, None, given.clone()), source).unwrap();
    let back = given.reversed();
    let wrong = Booking::new("household/a", "source", 4).unwrap();
    assert_eq!(
        journal.post(post("e2", 3, Some("e1"), wrong), source),
        Err(Unposted::NotItsReversal)
    );
    assert_eq!(
        journal.post(post("e2", 0, Some("e1"), back.clone()), source),
        Err(Unposted::Backdated)
    );
    journal.post(post("e2", 3, Some("e1"), back.clone()), source).unwrap();
    assert_eq!(
        journal.post(post("e3", 4, Some("e1"), back), source),
        Err(Unposted::NotItsReversal)
    );
    assert_eq!(
        [0, 1, 2, 3].map(|n| journal.balance_at("household/a", day(n))),
        [0, 5, 5, 0],
        "what stood on a day stands for ever"
    );
}
