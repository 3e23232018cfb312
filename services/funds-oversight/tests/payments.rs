//! Payments from end to end, and every way in which the core and the rules refuse one.
mod village;

use funds_oversight::{Ask, facts::accounts::AccountCode};
use kernel::{Actor, Money, Verdict};
use serde_json::{Map, Value, json};
use village::*;

#[test]
fn an_ordinary_bill_is_asked_for_approved_paid_and_booked() {
    let mut village = Village::new();
    village.start("10000.00");
    let id = village.requested(Village::request("300.00", 1));
    assert_eq!(village.reserve("admin").available, yuan("9700.00"));
    village.pay_step(who("Wang"), "approve", Some(&id), Map::new()).unwrap();
    let events = village.pay_step(who("Zhao"), "pay", Some(&id), Village::bank()).unwrap();
    let facts: Vec<_> = events.iter().map(|e| e.fact().to_owned()).collect();
    assert_eq!(facts, ["payment-executed.v1", "voucher-posted.v1", "amount-spent.v1"]);
    let admin = village.reserve("admin");
    assert_eq!((admin.spent, admin.reserved.len()), (yuan("300.00"), 0));
    let balances = village.book().balances();
    assert_eq!(balances[&AccountCode::parse("513").unwrap()], yuan("300.00"));
    assert_eq!(balances[&AccountCode::BANK], yuan("999700.00"));
    assert_eq!(balances.values().copied().sum::<Money>(), Money::ZERO);
    assert!(events.iter().all(|e| e.definition.is_some()));
}
