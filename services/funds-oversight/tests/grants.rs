//! Money from the township: offered in its log, taken in part in the village's, spent by payments, the rest sent back; and
//! both sides' sums agree, however often the answer is heard.
mod village;

use funds_oversight::{State, facts::allocation::Allocation, hears::own};
use kernel::{Command, Event, StreamId, Verdict};
use serde_json::{Map, Value, json};
use village::*;

fn fields(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn grant(
    v: &mut Village,
    name: &str,
    (step, outcome): (&str, Option<&str>),
    on: Option<&str>,
    typed: Value,
) -> Result<Vec<Event>, Verdict> {
    let mut body = v.step("earmarked-fund", step, on, fields(typed));
    if let funds_oversight::Ask::Take(take) = &mut body {
        take.act.outcome = outcome.map(str::to_owned);
    }
    v.ask(who(name), body)
}

/// Every event is heard by the service itself, once under its id, as the carrier does.
fn heard(v: &mut Village, again: bool) -> usize {
    let events: Vec<Event> = v.log.events().to_vec();
    let mut recorded = 0;
    for event in &events {
        let Some(needed) = own::needs(event) else { continue };
        let Some(command) = own::reaction(event, v.log.state(&needed)) else { continue };
        let command = Command {
            principal: "hears/funds".into(),
            key: event.id.to_string(),
            causation: Some(event.id.clone()),
            ..command
        };
        let answer = v.log.execute(&command, v.now).unwrap();
        recorded += usize::from(matches!(answer, kernel::Answer::Accepted(_)));
    }
    assert!(!again || recorded == 0);
    recorded
}

fn allocation<'a>(v: &'a Village, id: &str) -> &'a Allocation {
    match v.log.state(&StreamId::of("allocation", id)) {
        Some(State::Allocation(case)) => &case.core,
        other => panic!("no allocation {id}: {other:?}"),
    }
}

#[test]
fn what_was_given_is_taken_spent_and_returned_to_the_last_fen() {
    let mut v = Village::new();
    v.start("5000.00");
    let id = v.offered("SM-2026-7", "60000.00");
    // Another village does not answer it, and nobody answers what was not offered.
    let nothing = json!({"allocation": "a-9", "accepted": "1.00", "bank_account": "basic"});
    let refused = grant(&mut v, "Li", ("answer", Some("part")), None, nothing).unwrap_err();
    assert_eq!(refusal(refused).field.as_deref(), Some("allocation"));
    v.resolved("r-toilets", "100000.00");
    let part = json!({"allocation": id, "accepted": "50000.00", "bank_account": "basic",
        "resolution": "r-toilets", "reason": "分期拨付"});
    grant(&mut v, "Li", ("answer", Some("part")), None, part).unwrap();
    assert_eq!(heard(&mut v, false), 1);
    heard(&mut v, true);
    assert_eq!(allocation(&v, &id).accepted, Some(yuan("50000.00")));
    let mut bill = Village::request("48000.00", 1);
    bill.insert("reserve".into(), id.as_str().into());
    v.paid(bill).unwrap();
    let back = |amount: &str| json!({"amount": amount, "bank_account": "basic"});
    let over = grant(&mut v, "Zhao", ("return", None), Some(&id), back("2000.01")).unwrap_err();
    assert_eq!(refusal(over).code, "below-zero");
    let early = grant(&mut v, "Li", ("close", None), Some(&id), json!({})).unwrap_err();
    assert_eq!(refusal(early).code, "grant-not-used-up");
    grant(&mut v, "Zhao", ("return", None), Some(&id), back("2000.00")).unwrap();
    grant(&mut v, "Li", ("close", None), Some(&id), json!({})).unwrap();
    assert_eq!(heard(&mut v, false), 1);
    let closed = v.log.events().iter().find(|e| e.fact() == "allocation-closed.v1").unwrap();
    let sum = |name: &str| closed.data[name].as_i64().unwrap();
    assert_eq!((sum("spent"), sum("returned"), sum("difference")), (4_800_000, 200_000, 0));
    // The giver's record lies in the giver's place and names what it answers; the ledger balances.
    assert_eq!(closed.unit.as_str(), TOWNSHIP);
    assert!(closed.causation.is_some());
    let reserve = v.reserve(&id);
    assert!(reserve.available.is_zero());
    assert_eq!(reserve.spent.checked_add(reserve.returned), Some(reserve.granted));
    assert!(v.book().balances().values().copied().sum::<kernel::Money>().is_zero());
}

#[test]
fn what_is_refused_comes_into_no_book() {
    let mut v = Village::new();
    v.start("5000.00");
    let id = v.offered("SM-2026-8", "60000.00");
    let no = json!({"allocation": id, "reason": "没有配套资金"});
    grant(&mut v, "Li", ("answer", Some("refused")), None, no).unwrap();
    heard(&mut v, false);
    assert_eq!(allocation(&v, &id).accepted, Some(kernel::Money::ZERO));
    assert!(v.log.state(&StreamId::of("reserve", &id)).is_none());
    let back = json!({"amount": "1.00", "bank_account": "basic"});
    let ended = grant(&mut v, "Zhao", ("return", None), Some(&id), back).unwrap_err();
    assert_eq!(refusal(ended).code, "ended");
}
