//! Random bookkeeping: at every prefix the trial balance is zero, headrooms add up and sheets do too.
mod village;

use std::collections::BTreeMap;

use funds_oversight::{
    Ask, State,
    facts::{
        accounts::AccountCode, book::Book, bookkeeping::Original, item::adds_up, month::Month,
        voucher::Template,
    },
};
use kernel::{Domain, Event, Money, StreamId};
use proptest::prelude::*;
use serde_json::{Map, json};
use village::*;

/// What somebody does; whether it is accepted is the village's business.
#[derive(Debug, Clone)]
enum Deed {
    Receipt { into: u8, from: u8, fen: i64 },
    Transfer { fen: i64 },
    Journal { lines: Vec<(u8, bool, i64)> },
    Pay { fen: i64, cash: bool, upto: u8 },
    HandBack,
    Reverse { which: usize, tamper: bool },
    NextMonth,
    CloseMonth,
}

const CODES: [&str; 8] = ["112", "211", "241", "501", "503", "513", "514", "401"];

fn deed() -> impl Strategy<Value = Deed> {
    let fen = prop_oneof![1_i64..500_000, Just(0), Just(-5), Just(i64::MAX)];
    prop_oneof![
        4 => (0..2_u8, 0..8_u8, fen.clone()).prop_map(|(into, from, fen)| Deed::Receipt { into, from, fen }),
        2 => fen.clone().prop_map(|fen| Deed::Transfer { fen }),
        3 => prop::collection::vec((0..8_u8, any::<bool>(), 1..1000_i64), 0..5)
            .prop_map(|lines| Deed::Journal { lines }),
        6 => (1..60_000_i64, any::<bool>(), 0..4_u8).prop_map(|(fen, cash, upto)| Deed::Pay { fen, cash, upto }),
        1 => Just(Deed::HandBack),
        2 => (0..8_usize, any::<bool>()).prop_map(|(which, tamper)| Deed::Reverse { which, tamper }),
        1 => Just(Deed::NextMonth),
        1 => Just(Deed::CloseMonth),
    ]
}

struct Run {
    village: Village,
    invoice: u32,
    open: Vec<String>,
}

impl Run {
    fn last_month(&self) -> Month {
        *self.village.book().months.keys().next_back().unwrap()
    }

    fn post(&mut self, entry: Template) {
        let date = self.village.now.date();
        let _ =
            self.village.ask(who("Guo"), Ask::PostVoucher { entry, date, summary: "记账".into() });
    }

    fn both(&mut self, body: Ask) {
        let _ = self.village.ask(who("Li"), body.clone());
        let _ = self.village.ask(who("Guo"), body);
    }

    fn do_it(&mut self, deed: Deed) {
        let code = |index: u8| AccountCode::parse(CODES[usize::from(index)]).unwrap();
        let money = [AccountCode::CASH, AccountCode::BANK];
        match deed {
            Deed::Receipt { into, from, fen } => self.post(Template::Receipt {
                into: money[usize::from(into)],
                from: code(from),
                amount: Money::from_fen(fen),
                bank_account: None,
            }),
            Deed::Transfer { fen } => self.post(Template::Transfer {
                out_of: AccountCode::BANK,
                into: AccountCode::CASH,
                amount: Money::from_fen(fen),
            }),
            Deed::Journal { lines } => {
                let lines = lines
                    .into_iter()
                    .map(|(account, debit, fen)| {
                        let side = if debit { "debit" } else { "credit" };
                        json!({"account": CODES[usize::from(account)], side: fen})
                    })
                    .collect::<Vec<_>>();
                let lines = serde_json::from_value(json!(lines)).unwrap();
                self.post(Template::Journal { lines });
            }
            Deed::Pay { fen, cash, upto } => {
                self.invoice += 1;
                let mut fields = Village::request("1.00", self.invoice);
                fields.insert("amount".into(), fen.into());
                fields.insert("method".into(), if cash { "cash" } else { "bank" }.into());
                let Ok(events) = self.village.pay_step(who("Li"), "request", None, fields) else {
                    return;
                };
                let id = events[0].stream.key().to_owned();
                if upto > 1 {
                    let _ = self.village.pay_step(who("Wang"), "approve", Some(&id), Map::new());
                }
                if upto > 2 {
                    let _ = self.village.pay_step(who("Zhao"), "pay", Some(&id), Village::bank());
                } else {
                    self.open.push(id);
                }
            }
            Deed::HandBack => {
                if let Some(id) = self.open.pop() {
                    let why = json!({"code": "not-agreed", "reason": "不同意"});
                    let why = why.as_object().unwrap().clone();
                    let _ = self.village.pay_step(who("Zhao"), "return", Some(&id), why);
                }
            }
            Deed::Reverse { which, tamper } => self.reverse(which, tamper),
            Deed::NextMonth => {
                let next = self.last_month().next();
                self.both(Ask::SignPeriodOpening { month: next });
                let at = noon(&next.first().to_string());
                self.village.now = self.village.now.max(at);
                self.village.log.pass(self.village.now);
            }
            Deed::CloseMonth => {
                let first = self.village.book().months.iter().find(|(_, m)| !m.closed);
                if let Some(month) = first.map(|(month, _)| *month) {
                    self.both(Ask::SignPeriodClosing { month });
                }
            }
        }
    }

    fn reverse(&mut self, which: usize, tamper: bool) {
        let posted: Vec<Event> = self
            .village
            .log
            .events()
            .iter()
            .filter(|e| e.fact() == "voucher-posted.v1")
            .cloned()
            .collect();
        let Some(event) = posted.get(which) else { return };
        let mut lines: Vec<funds_oversight::facts::voucher::Line> =
            serde_json::from_value(event.data["lines"].clone()).unwrap();
        let of_month = |e: &&Event| e.data["month"] == event.data["month"];
        let digests = posted
            .iter()
            .filter(of_month)
            .map(|e| {
                funds_oversight::facts::voucher::digest(
                    e.data["voucher"].as_str().unwrap(),
                    day(e.data["date"].as_str().unwrap()),
                    e.data.get("reverses").and_then(|r| r.as_str()),
                    &serde_json::from_value::<Vec<_>>(e.data["lines"].clone()).unwrap(),
                )
            })
            .collect();
        if tamper {
            for line in &mut lines {
                line.debit = line.debit.map(|m| m.saturating_add(Money::from_fen(1)));
                line.credit = line.credit.map(|m| m.saturating_add(Money::from_fen(1)));
            }
        }
        let voucher = event.data["voucher"].as_str().unwrap().to_owned();
        let reverses = event.data.get("reverses").map(|r| r.as_str().unwrap().to_owned());
        let date = day(event.data["date"].as_str().unwrap());
        let original = Original { voucher: voucher.clone(), date, lines, reverses, month: digests };
        let reversed = self.village.ask(
            who("Guo"),
            Ask::ReverseVoucher { original: original.clone(), reason: "记错".into() },
        );
        assert!(!(tamper && reversed.is_ok()), "a voucher is taken back as it was posted");
        if reversed.is_ok() {
            let again = self
                .village
                .ask(who("Guo"), Ask::ReverseVoucher { original, reason: "再冲".into() });
            assert_eq!(refusal(again.unwrap_err()).code, "used-before");
        }
    }
}

/// Folds the log's prefixes from the events alone and checks each.
fn check_prefixes(village: &Village) -> Result<(), TestCaseError> {
    let mut states: BTreeMap<StreamId, State> = BTreeMap::new();
    for event in village.log.events() {
        let before = states.remove(&event.stream);
        if let Some(state) = funds_oversight::Funds::evolve(before, event) {
            check(&state)?;
            states.insert(event.stream.clone(), state);
        }
    }
    for (stream, state) in &states {
        prop_assert_eq!(Some(state), village.log.state(stream), "replay of {}", stream);
    }
    Ok(())
}

fn check(state: &State) -> Result<(), TestCaseError> {
    match state {
        State::Book(book) => check_book(book),
        State::Reserve(r) => {
            let kept: Money = r.reserved.values().copied().sum();
            let sum = r.available.saturating_add(kept).saturating_add(r.allotted);
            prop_assert_eq!(sum.saturating_add(r.spent), r.granted);
            prop_assert!(!r.available.is_negative());
            Ok(())
        }
        _ => Ok(()),
    }
}

fn check_book(book: &Book) -> Result<(), TestCaseError> {
    let sum: Money = book.balances().values().copied().sum();
    prop_assert_eq!(sum, Money::ZERO);
    let mut carried = None;
    for month in book.months.keys() {
        let figures = book.figures(*month).unwrap();
        prop_assert!(adds_up(&figures), "{month}: {figures:?}");
        if let Some(carried) = carried {
            prop_assert_eq!(figures.opening, carried, "{} opens as the month before closed", month);
        }
        carried = Some(figures.closing);
    }
    let money: Money =
        book.balances().iter().filter(|(code, _)| code.is_money()).map(|(_, m)| *m).sum();
    prop_assert_eq!(carried.unwrap_or(money), money);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_books_balance_at_every_prefix(deeds in prop::collection::vec(deed(), 1..60)) {
        let mut village = Village::new();
        village.start("3000.00");
        let mut run = Run { village, invoice: 0, open: Vec::new() };
        for deed in deeds {
            run.do_it(deed);
        }
        check_prefixes(&run.village)?;
    }
}

#[test]
fn a_closed_month_is_closed_and_its_vouchers_are_taken_back_today() {
    let mut village = Village::new();
    village.start("3000.00");
    village.paid(Village::request("300.00", 1)).unwrap();
    // Not before it is over, not by one person, not out of order.
    let early = Ask::SignPeriodClosing { month: month("2026-03") };
    assert_eq!(refusal(village.ask(who("Li"), early).unwrap_err()).code, "months-in-order");
    let skip = Ask::SignPeriodOpening { month: month("2026-05") };
    assert_eq!(refusal(village.ask(who("Li"), skip).unwrap_err()).code, "months-in-order");
    village.both(Ask::SignPeriodOpening { month: month("2026-04") });
    village.now = noon("2026-04-02");
    let close = Ask::SignPeriodClosing { month: month("2026-03") };
    village.ask(who("Li"), close.clone()).unwrap();
    let alone = village.ask(who("Li"), close.clone());
    assert_eq!(refusal(alone.unwrap_err()).code, "one-person");
    // A voucher between the two signatures: the first must be given again.
    let late = Ask::PostVoucher {
        entry: Template::Receipt {
            into: AccountCode::BANK,
            from: AccountCode::parse("501").unwrap(),
            amount: yuan("5.00"),
            bank_account: None,
        },
        date: day("2026-03-31"),
        summary: "三月租金".into(),
    };
    village.ask(who("Guo"), late.clone()).unwrap();
    let changed = village.ask(who("Guo"), close.clone());
    assert_eq!(refusal(changed.unwrap_err()).code, "changed-since-signed");
    village.ask(who("Li"), close.clone()).unwrap();
    let events = village.ask(who("Guo"), close).unwrap();
    assert_eq!(events[0].data["persons"], json!(["h-Li", "h-Guo"]));
    assert_eq!(refusal(village.ask(who("Guo"), late).unwrap_err()).code, "month-not-open");
    // Nobody without a seat for it keeps books.
    let other = Ask::SignPeriodOpening { month: month("2026-05") };
    assert_eq!(refusal(village.ask(who("Zhou"), other).unwrap_err()).code, "seat-not-held");
}

fn original(event: &Event, month: Vec<String>) -> Original {
    Original {
        voucher: event.data["voucher"].as_str().unwrap().into(),
        date: day(event.data["date"].as_str().unwrap()),
        reverses: event.data.get("reverses").map(|r| r.as_str().unwrap().into()),
        lines: serde_json::from_value(event.data["lines"].clone()).unwrap(),
        month,
    }
}

fn posted(village: &Village) -> Vec<Event> {
    let all = village.log.events().iter();
    all.filter(|e| e.fact() == "voucher-posted.v1").cloned().collect()
}

#[test]
fn a_voucher_is_taken_back_once_as_it_was_posted_also_from_a_closed_month() {
    let mut village = Village::new();
    village.start("3000.00");
    for invoice in [1, 2] {
        village.paid(Village::request("300.00", invoice)).unwrap();
    }
    let take_back = |village: &mut Village, original: Original| {
        village.ask(who("Guo"), Ask::ReverseVoucher { original, reason: "银行退票".into() })
    };
    let code = |result: Result<_, _>| refusal(result.map(|_: Vec<Event>| ()).unwrap_err()).code;
    let vouchers = posted(&village);
    let events = take_back(&mut village, original(&vouchers[0], Vec::new())).unwrap();
    assert_eq!(events[1].fact(), "voucher-reversed.v1");
    assert_eq!(events[1].data["voucher"], vouchers[0].data["voucher"]);
    let figures = village.book().figures(month("2026-03")).unwrap();
    assert_eq!((figures.income, figures.expense), (Money::ZERO, yuan("300.00")));
    let again = take_back(&mut village, original(&vouchers[0], Vec::new()));
    assert_eq!(code(again), "used-before");
    let back = take_back(&mut village, original(&events[0], Vec::new()));
    assert_eq!(code(back), "reversal-of-a-reversal");
    // To say that a reversal is none does not help: it is not how it was posted.
    let disguised = Original { reverses: None, ..original(&events[0], Vec::new()) };
    assert_eq!(code(take_back(&mut village, disguised)), "malformed");
    // March is closed: the hashes of its vouchers prove the second one.
    let hashes: Vec<String> = village.book().months[&month("2026-03")].digests.clone();
    village.closed_march();
    assert!(village.book().months[&month("2026-03")].digests.is_empty());
    assert_eq!(code(take_back(&mut village, original(&vouchers[1], Vec::new()))), "malformed");
    let mut forged = hashes.clone();
    forged.swap(0, 1);
    assert_eq!(code(take_back(&mut village, original(&vouchers[1], forged))), "malformed");
    let events = take_back(&mut village, original(&vouchers[1], hashes)).unwrap();
    assert_eq!(
        (&events[0].data["month"], &events[0].data["date"]),
        (&json!("2026-04"), &json!("2026-04-02"))
    );
    let april = village.book().figures(month("2026-04")).unwrap();
    assert_eq!(april.expense, yuan("-300.00"));
    assert!(adds_up(&april));
}
