//! 512 payments at once against one grant: exactly the grant is spent, nothing more, nothing lost.
mod village;

use funds_oversight::Ask;
use kernel::{Money, Verdict};
use serde_json::{Map, json};
use village::*;

#[test]
fn five_hundred_and_twelve_payments_spend_exactly_the_grant() {
    let mut village = Village::new();
    village.start("1.00");
    village.resolved("r-toilets", "100000.00");
    // 300 payments of 333.33 yuan fit into 100,000 yuan; 212 do not.
    let grant = Ask::ReceiveGrant {
        reserve: "grant".into(),
        reference: "YN-2026-7".into(),
        from_unit: TOWNSHIP.into(),
        amount: yuan("100000.00"),
        resolution: Some("r-toilets".into()),
        bank_account: "basic".into(),
        summary: "厕所改造补助".into(),
    };
    village.ask(who("Li"), grant.clone()).unwrap();
    assert_eq!(refusal(village.ask(who("Li"), grant).unwrap_err()).code, "used-before");
    let (mut requested, mut refused) = (Vec::new(), 0);
    for invoice in 0..512 {
        let mut fields = Village::request("333.33", invoice);
        fields.insert("reserve".into(), json!("grant"));
        match village.pay_step(who("Li"), "request", None, fields) {
            Ok(events) => requested.push(events[0].stream.key().to_owned()),
            Err(Verdict::Refused(refusal)) => {
                assert_eq!(refusal.code, "reserves-headroom");
                refused += 1;
            }
            Err(other) => panic!("{other}"),
        }
        let grant = village.reserve("grant");
        assert!(!grant.available.is_negative());
    }
    assert_eq!((requested.len(), refused), (300, 212));
    for id in &requested {
        village.pay_step(who("Wang"), "approve", Some(id), Map::new()).unwrap();
    }
    for id in &requested {
        village.pay_step(who("Zhao"), "pay", Some(id), Village::bank()).unwrap();
    }
    // The last yuan goes too, and then nothing does.
    let mut rest = Village::request("1.00", 600);
    rest.insert("reserve".into(), json!("grant"));
    village.paid(rest).unwrap();
    let mut more = Village::request("0.01", 601);
    more.insert("reserve".into(), json!("grant"));
    let more = village.pay_step(who("Li"), "request", None, more);
    assert_eq!(refusal(more.unwrap_err()).code, "reserves-headroom");
    let grant = village.reserve("grant");
    assert_eq!(grant.spent, yuan("100000.00"));
    assert_eq!((grant.available, grant.reserved.len()), (Money::ZERO, 0));
    let executed: Money = village
        .log
        .events()
        .iter()
        .filter(|e| e.fact() == "payment-executed.v1")
        .map(|e| Money::from_fen(e.data["amount"].as_i64().unwrap()))
        .sum();
    assert_eq!(executed, yuan("100000.00"));
    let figures = village.book().figures(month("2026-03")).unwrap();
    assert_eq!((figures.income, figures.expense), (executed, executed));
    assert_eq!(figures.closing, figures.opening);
}
