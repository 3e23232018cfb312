//! A pond is let over years: rent falls due by itself, once each and in order, also after days of silence; what is paid goes
//! to the oldest; and no file of a hostile province lets it twice, too cheap or too long.
mod village;

use definitions::Definitions;
use funds_oversight::{Ask, State, facts::contract::Contract, funds::EMBEDDED};
use kernel::{Event, Money, StreamId, UnitId, Verdict};
use serde_json::{Map, Value, json};
use village::*;

fn fields(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn take(
    v: &mut Village,
    name: &str,
    step: &str,
    on: Option<&str>,
    typed: Value,
) -> Result<Vec<Event>, Verdict> {
    let body = v.step("lease", step, on, fields(typed));
    v.ask(who(name), body)
}

fn listed(v: &mut Village, typed: Value) -> Result<String, Verdict> {
    Ok(take(v, "Li", "list", None, typed)?[0].stream.key().to_owned())
}

fn terms(asset: &str, from: &str, every: u32, payments: u32) -> Value {
    json!({"asset": asset, "rent": "100.00", "from": from, "every": every, "payments": payments})
}

/// A pond let from 2026-03-15, twelve months, by month, without bids on a resolution.
fn signed(v: &mut Village) -> String {
    let pond = v.registered("ZC-001");
    let mut typed = terms(&pond, "2026-03-15", 1, 12);
    typed["resolution"] = "r-budget".into();
    let id = listed(v, typed).unwrap();
    v.now = noon("2026-03-10");
    v.log.pass(v.now);
    let award =
        json!({"tenant": {"person": "n-Stranger"}, "agreed": "120.00", "basis": "resolved"});
    take(v, "Wang", "award", Some(&id), award).unwrap();
    take(v, "Wang", "sign", Some(&id), json!({"contract_no": "HT-1"})).unwrap();
    id
}

fn contract<'a>(v: &'a Village, id: &str) -> &'a Contract {
    match v.log.state(&StreamId::of("contract", id)) {
        Some(State::Contract(case)) => &case.core,
        other => panic!("no contract {id}: {other:?}"),
    }
}

fn code(result: Result<Vec<Event>, Verdict>) -> String {
    refusal(result.expect_err("the core must refuse")).code
}

fn balance(v: &Village, account: &str) -> i64 {
    let code = funds_oversight::facts::accounts::AccountCode::parse(account).unwrap();
    v.book().balances().get(&code).map_or(0, |sum| sum.fen())
}

fn balanced(v: &Village) -> bool {
    v.book().balances().values().copied().sum::<Money>().is_zero()
}

#[test]
fn rent_falls_due_once_each_and_in_order_after_months_of_silence() {
    let mut v = Village::new();
    v.start("1000.00");
    let id = signed(&mut v);
    v.both(Ask::SignPeriodOpening { month: month("2026-04") });
    v.now = noon("2026-06-16");
    v.log.pass(v.now);
    v.log.pass(v.now);
    let dues: Vec<(u64, String, bool)> = v
        .log
        .events()
        .iter()
        .filter(|e| e.fact() == "due-arisen.v1")
        .map(|e| {
            let on = e.data["due_on"].as_str().unwrap().to_owned();
            (e.data["number"].as_u64().unwrap(), on, e.data.contains_key("voucher"))
        })
        .collect();
    // May and June were not opened: what fell due in them is owed all the same.
    let expected = [
        (1, "2026-03-15", true),
        (2, "2026-04-15", true),
        (3, "2026-05-15", false),
        (4, "2026-06-15", false),
    ];
    assert_eq!(dues, expected.map(|(n, on, booked)| (n, on.to_owned(), booked)));
    assert_eq!(balance(&v, "112"), 24_000);
    assert_eq!(contract(&v, &id).owed(), yuan("480.00"));
    let late: Vec<u32> =
        contract(&v, &id).dues.iter().map(|due| due.days_late(v.now.date())).collect();
    assert_eq!(late, [93, 62, 32, 1]);
    // 300 of 480: the first two are settled, of the third a part, which becomes income as it comes in.
    for open in ["2026-05", "2026-06"] {
        v.both(Ask::SignPeriodOpening { month: month(open) });
    }
    let paid = json!({"amount": "300.00", "bank_account": "basic"});
    let events = take(&mut v, "Li", "receive", Some(&id), paid).unwrap();
    let settled: Vec<(u64, i64, i64)> = events
        .iter()
        .filter(|e| e.fact() == "due-settled.v1")
        .map(|e| {
            let number = |name: &str| e.data[name].as_i64().unwrap();
            (e.data["number"].as_u64().unwrap(), number("amount"), number("left"))
        })
        .collect();
    assert_eq!(settled, [(1, 12_000, 0), (2, 12_000, 0), (3, 6_000, 6_000)]);
    assert_eq!((balance(&v, "112"), balance(&v, "501")), (0, -30_000));
    assert!(balanced(&v));
    // It stays with its course, and the last due is the twelfth.
    v.now = noon("2028-01-01");
    v.log.pass(v.now);
    assert_eq!(contract(&v, &id).dues.len(), 12);
    assert!(contract(&v, &id).next_due().is_none());
    assert_eq!(contract(&v, &id).owed(), yuan("1140.00"));
}

#[test]
fn a_due_takes_effect_before_the_command_that_comes_late() {
    let mut v = Village::new();
    v.start("1000.00");
    let id = signed(&mut v);
    // No worker has passed by: the receipt itself finds what has fallen due.
    v.now = noon("2026-03-20");
    let paid = json!({"amount": "120.00", "bank_account": "basic"});
    take(&mut v, "Li", "receive", Some(&id), paid).unwrap();
    assert!(contract(&v, &id).owed().is_zero());
    assert_eq!((balance(&v, "112"), balance(&v, "501")), (0, -12_000));
}

#[test]
fn who_rented_before_rents_again_from_the_day_after() {
    let mut v = Village::new();
    v.start("1000.00");
    let old = signed(&mut v);
    let pond = format!("{VILLAGE}.ZC-001");
    let mut again = terms(&pond, "2027-03-14", 12, 3);
    again["renews"] = old.as_str().into();
    assert_eq!(code(listed(&mut v, again.clone()).map(|_| Vec::new())), "asset-let-already");
    again["from"] = "2027-03-15".into();
    let new = listed(&mut v, again).unwrap();
    v.now = noon("2026-03-20");
    v.log.pass(v.now);
    let award =
        json!({"tenant": {"person": "n-Stranger"}, "agreed": "100.00", "basis": "priority"});
    take(&mut v, "Wang", "award", Some(&new), award).unwrap();
    let twice = take(&mut v, "Wang", "sign", Some(&new), json!({"contract_no": "HT-1"}));
    assert_eq!(code(twice), "used-before");
    take(&mut v, "Wang", "sign", Some(&new), json!({"contract_no": "HT-2"})).unwrap();
    // The old one is not drawn over it, and the pond is sold to nobody meanwhile.
    let longer =
        json!({"new_rent": "120.00", "new_payments": 13, "resolution": "r-more", "reason": "延期"});
    v.resolved("r-more", "1.00");
    assert_eq!(code(take(&mut v, "Wang", "vary", Some(&old), longer)), "malformed");
    let sale = fields(json!({"manner": "sold", "resolution": "r-budget"}));
    let body = v.step("asset", "dispose", Some(&pond), sale);
    assert_eq!(code(v.ask(who("Wang"), body)), "asset-let-already");
}

/// The embedded files without guards, conditions, windows and four eyes.
fn hostile() -> Definitions {
    let texts = EMBEDDED.map(|(file, text)| {
        let drop = ["guard", "require", "window", "major_lease", "listed_for", "needs"];
        let mut kept = Vec::new();
        let mut lines = text.lines().filter(|line| !drop.iter().any(|w| line.starts_with(w)));
        let all = file == "lease.toml" || file == "asset.toml";
        while let Some(line) = lines.next() {
            if all && line == "[[local]]" {
                lines.nth(1);
            } else if all && line == "[[prove]]" {
                lines.next();
            } else {
                kept.push(line.to_owned());
            }
        }
        let mut text = if all { kept.join("\n") } else { text.to_owned() };
        while let Some(at) = text.find(", not_also = [").filter(|_| all) {
            let end = text[at..].find(']').map(|end| at + end + 1).unwrap();
            text.replace_range(at..end, "");
        }
        (
            file,
            text.replace("，公告到{window.end}", "").replace("; the notice ends {window.end}", ""),
        )
    });
    let texts: Vec<(&str, &str)> = texts.iter().map(|(f, t)| (*f, t.as_str())).collect();
    Definitions::check(&texts, &lenient()).unwrap_or_else(|findings| {
        panic!("{}", findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

#[test]
fn no_file_lets_it_twice_too_cheap_too_long_or_by_one_person() {
    let mut v = Village::under(hostile());
    v.start("1000.00");
    let pond = v.registered("ZC-001");
    let too_long = listed(&mut v, terms(&pond, "2026-03-15", 12, 21)).map(|_| Vec::new());
    assert_eq!(code(too_long), "lease-too-long");
    let long = listed(&mut v, terms(&pond, "2026-03-15", 12, 6)).map(|_| Vec::new());
    assert_eq!(code(long), "lease-not-resolved");
    let ids: Vec<String> = (0..2)
        .map(|_| {
            let body = v.step("lease", "list", None, fields(terms(&pond, "2026-03-15", 1, 12)));
            v.ask(actor("bookkeeper", "Qian"), body).unwrap()[0].stream.key().to_owned()
        })
        .collect();
    let chair = || actor("legal-representative", "Qian");
    let bid = json!({"bidder": {"organisation": "甲社"}, "offer": "150.00"});
    take(&mut v, "Li", "bid", Some(&ids[0]), bid).unwrap();
    let fewer = json!({"bids": 2, "highest": "150.00"});
    assert_eq!(code(take(&mut v, "Zhou", "open", Some(&ids[0]), fewer)), "malformed");
    let opened = json!({"bids": 1, "highest": "150.00"});
    take(&mut v, "Zhou", "open", Some(&ids[0]), opened).unwrap();
    let award = |agreed: &str, basis: &str| {
        fields(json!({"tenant": {"organisation": "甲社"}, "agreed": agreed, "basis": basis}))
    };
    let body = v.step("lease", "award", Some(&ids[0]), award("150.00", "highest-bid"));
    assert_eq!(code(v.ask(chair(), body)), "one-person");
    for (agreed, basis, refused) in
        [("149.99", "highest-bid", "let-too-cheap"), ("150.00", "resolved", "malformed")]
    {
        let body = v.step("lease", "award", Some(&ids[0]), award(agreed, basis));
        assert_eq!(code(v.ask(who("Wang"), body)), refused, "{agreed} {basis}");
    }
    for id in &ids {
        if id == &ids[1] {
            let bid = json!({"bidder": {"organisation": "乙社"}, "offer": "150.00"});
            take(&mut v, "Li", "bid", Some(id), bid).unwrap();
            take(&mut v, "Zhou", "open", Some(id), json!({"bids": 1, "highest": "150.00"}))
                .unwrap();
        }
        let body = v.step("lease", "award", Some(id), award("150.00", "highest-bid"));
        v.ask(who("Wang"), body).unwrap();
    }
    let sign = |v: &Village, id: &str, no: &str| {
        v.step("lease", "sign", Some(id), fields(json!({"contract_no": no})))
    };
    let body = sign(&v, &ids[0], "HT-1");
    assert_eq!(code(v.ask(chair(), body.clone())), "one-person");
    v.ask(who("Wang"), body).unwrap();
    let body = sign(&v, &ids[1], "HT-2");
    assert_eq!(code(v.ask(who("Wang"), body)), "asset-let-already");
    // Nothing is owed yet, so nothing is received, and the books balance at every prefix.
    let paid = json!({"amount": "1.00", "bank_account": "basic"});
    assert_eq!(code(take(&mut v, "Li", "receive", Some(&ids[0]), paid)), "more-than-owed");
    v.log.pass(noon("2026-03-16"));
    assert!(balanced(&v));
    assert_eq!(v.book().unit, UnitId::new(VILLAGE));
}
