//! The contract: schemas and golden samples as committed; every event the service writes keeps to them.
//!
//! `UPDATE_CONTRACT=1 cargo test -p funds-oversight --test contract` writes what may be written.
mod village;

use std::{collections::BTreeMap, fs, path::PathBuf};

use funds_oversight::{
    Ask, contract,
    facts::{
        bookkeeping::Original,
        proposal::{PaymentProposed, ProposalKind},
        voucher::Template,
    },
    hears::own,
};
use kernel::{Command, Event};
use serde_json::{Map, Value, json};
use village::*;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("contract").join(name)
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap() + "\n"
}

fn fields(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// A quarter in the village in which every fact happens at least once.
fn everything() -> Village {
    let mut v = Village::new();
    v.start("5000.00");
    v.resolved("r-toilets", "100000.00");
    let grant = Ask::ReceiveGrant {
        reserve: "grant".into(),
        reference: "YN-2026-7".into(),
        from_unit: TOWNSHIP.into(),
        amount: yuan("60000.00"),
        resolution: Some("r-toilets".into()),
        bank_account: "basic".into(),
        summary: "厕所改造补助".into(),
    };
    v.ask(who("Li"), grant).unwrap();
    v.paid(Village::request("300.00", 1)).unwrap();
    // Paid to a person, on a resolution of its own.
    v.resolved("r-repairs", "80000.00");
    let mut request = Village::request("1200.00", 2);
    request.insert("payee".into(), json!({"person": "n-Stranger"}));
    request.insert("resolution".into(), "r-repairs".into());
    v.paid(request).unwrap();
    // Handed back, corrected; nobody approves in time.
    let id = v.requested(Village::request("90.00", 3));
    let why = fields(json!({"code": "wrong-amount", "reason": "金额不符"}));
    v.pay_step(who("Zhao"), "return", Some(&id), why).unwrap();
    v.pay_step(who("Li"), "correct", Some(&id), Village::request("80.00", 3)).unwrap();
    // A receipt that was wrong and is taken back.
    let rent = Template::Receipt {
        into: funds_oversight::facts::accounts::AccountCode::BANK,
        from: funds_oversight::facts::accounts::AccountCode::parse("501").unwrap(),
        amount: yuan("700.00"),
        bank_account: Some("basic".into()),
    };
    let post =
        Ask::PostVoucher { entry: rent, date: day("2026-03-02"), summary: "鱼塘租金".into() };
    let posted = v.ask(who("Li"), post).unwrap().remove(0);
    let original = Original {
        voucher: posted.data["voucher"].as_str().unwrap().into(),
        date: day("2026-03-02"),
        lines: serde_json::from_value(posted.data["lines"].clone()).unwrap(),
        reverses: None,
        month: Vec::new(),
    };
    v.ask(who("Li"), Ask::ReverseVoucher { original, reason: "重复入账".into() }).unwrap();
    // Three questions: accepted, taken to the township, not answered.
    let about = || fields(json!({"voucher": format!("{VILLAGE}.2026-03.1"), "text": "买了什么"}));
    let mut queries = Vec::new();
    for _ in 0..3 {
        let raise = v.step("supervision-query", "raise", None, about());
        queries.push(v.ask(who("Zhou"), raise).unwrap()[0].stream.key().to_owned());
    }
    for (id, outcome) in queries.iter().zip(["accepted", "referred"]) {
        let words = fields(json!({"text": "办公用品，附清单"}));
        let answer = v.step("supervision-query", "answer", Some(id), words);
        v.ask(who("Sun"), answer).unwrap();
        judged(&mut v, "supervision-query", "judge", id, outcome);
    }
    // Three warnings: explained and cleared, checked by the township, taken up by nobody.
    let held = v.requested(Village::request("70.00", 4));
    let warning = v.warned("yellow", &["h-Li".into()], std::slice::from_ref(&held));
    v.found(Some(&warning), "yellow", &["h-Li".into()], std::slice::from_ref(&held));
    let step = |v: &mut Village, who: &str, id: &str, step: &str, outcome: Option<&str>, data| {
        let Ask::Take(mut take) = v.step("warning", step, Some(id), fields(data)) else {
            unreachable!()
        };
        take.act.outcome = outcome.map(str::to_owned);
        v.ask(self::who(who), Ask::Take(take)).unwrap();
    };
    step(&mut v, "Lin", &warning, "take", Some("asked"), json!({}));
    step(&mut v, "Sun", &warning, "explain", None, json!({"explanation": "分两次送货"}));
    let result = json!({"result": "rectified", "reason": "已按合计重新审批"});
    step(&mut v, "Guo", &warning, "verify", None, result);
    step(&mut v, "Lin", &warning, "clear", Some("cleared"), json!({"reason": "同意"}));
    let red = v.warned("red", &["h-Li".into()], &[]);
    step(&mut v, "Lin", &red, "take", Some("above"), json!({}));
    v.warned("red", &["h-Li".into()], &[]);
    // March is closed and published, its display ends; April stays silent.
    v.both(Ask::SignPeriodOpening { month: month("2026-04") });
    v.now = noon("2026-04-02");
    v.log.pass(v.now);
    let item = format!("{VILLAGE}.g5.2026-03");
    for (name, step) in [("Li", "submit"), ("Guo", "draw-up")] {
        let body = v.step("month-close", step, Some(&item), Map::new());
        v.ask(who(name), body).unwrap();
    }
    judged(&mut v, "month-close", "review", &item, "passed");
    let publish = v.step("month-close", "publish", Some(&item), Map::new());
    v.ask(who("Sun"), publish).unwrap();
    v.log.pass(noon("2026-05-20"));
    let proposed = PaymentProposed {
        kind: ProposalKind::Points,
        amount: yuan("600.00"),
        reserve: "grant".into(),
    };
    let answer = Ask::AnswerProposal { proposal: "services.c1".into(), proposed };
    v.ask(kernel::Actor::System("heard".to_owned()), answer).unwrap();
    letting(&mut v);
    granted(&mut v);
    v
}

/// Three offers of the township: refused; taken; taken in part, sent back and closed. Each answer is heard.
fn granted(v: &mut Village) {
    let offers: Vec<String> =
        ["SM-1", "SM-2", "SM-3"].iter().map(|reference| v.offered(reference, "900.00")).collect();
    let answers = [
        ("refused", json!({"allocation": offers[0], "reason": "没有配套"})),
        ("taken", json!({"allocation": offers[1], "accepted": "900.00", "bank_account": "basic"})),
        ("part", json!({"allocation": offers[2], "accepted": "800.00", "bank_account": "basic"})),
    ];
    for (outcome, typed) in answers {
        grant(v, "Li", ("answer", Some(outcome)), None, typed);
    }
    let back = json!({"amount": "800.00", "bank_account": "basic"});
    grant(v, "Zhao", ("return", None), Some(&offers[2]), back);
    grant(v, "Li", ("close", None), Some(&offers[2]), json!({}));
    for event in v.log.events().to_vec() {
        let Some(needed) = own::needs(&event) else { continue };
        let command = own::reaction(&event, v.log.state(&needed)).unwrap();
        let key = event.id.to_string();
        v.log.execute(&Command { principal: "hears/funds".into(), key, ..command }, v.now).unwrap();
    }
}

fn grant(
    v: &mut Village,
    name: &str,
    (step, outcome): (&str, Option<&str>),
    on: Option<&str>,
    typed: Value,
) {
    let mut body = v.step("earmarked-fund", step, on, fields(typed));
    if let Ask::Take(take) = &mut body {
        take.act.outcome = outcome.map(str::to_owned);
    }
    v.ask(who(name), body).unwrap();
}

/// A pond is let for a year, half a rent comes in, the contract is changed, ended and closed; a shed is sold.
fn letting(v: &mut Village) {
    v.now = noon("2026-05-20");
    v.both(Ask::SignPeriodOpening { month: month("2026-05") });
    let shed = v.registered("ZC-002");
    let pond = v.registered("ZC-001");
    let take =
        |v: &mut Village, who_: &str, (procedure, step): (&str, &str), on: Option<&str>, typed| {
            let body = v.step(procedure, step, on, fields(typed));
            v.ask(who(who_), body).unwrap()[0].stream.key().to_owned()
        };
    let look = json!({"condition": "idle", "used_by": "没人用"});
    take(v, "Zhou", ("asset", "look"), Some(&pond), look);
    let sale = json!({"manner": "sold", "proceeds": "300.00", "resolution": "r-budget"});
    take(v, "Wang", ("asset", "dispose"), Some(&shed), sale);
    let terms =
        json!({"asset": pond, "rent": "600.00", "from": "2026-05-28", "every": 6, "payments": 2});
    let id = take(v, "Li", ("lease", "list"), None, terms);
    let on = Some(id.as_str());
    let bid = json!({"bidder": {"person": "n-Stranger"}, "offer": "650.00"});
    take(v, "Li", ("lease", "bid"), on, bid);
    v.now = noon("2026-05-28");
    v.log.pass(v.now);
    take(v, "Zhou", ("lease", "open"), on, json!({"bids": 1, "highest": "650.00"}));
    let award =
        json!({"tenant": {"person": "n-Stranger"}, "agreed": "650.00", "basis": "highest-bid"});
    take(v, "Wang", ("lease", "award"), on, award);
    take(v, "Wang", ("lease", "sign"), on, json!({"contract_no": "HT-2026-1"}));
    v.log.pass(v.now);
    let rent = |amount: &str| json!({"amount": amount, "bank_account": "basic"});
    take(v, "Li", ("lease", "receive"), on, rent("300.00"));
    let change = json!({"new_rent": "600.00", "new_payments": 3, "reason": "旱灾"});
    take(v, "Wang", ("lease", "vary"), on, change);
    take(v, "Wang", ("lease", "end"), on, json!({"ending": "by-agreement"}));
    take(v, "Li", ("lease", "receive"), on, rent("350.00"));
    take(v, "Li", ("lease", "close"), on, json!({}));
}

fn judged(v: &mut Village, procedure: &str, step: &str, on: &str, outcome: &str) {
    let Ask::Take(mut take) = v.step(procedure, step, Some(on), Map::new()) else { unreachable!() };
    take.act.outcome = Some(outcome.into());
    v.ask(who("Zhou"), Ask::Take(take)).unwrap();
}

/// Facts that no run of sound definitions brings about.
const ONLY_WITH_ANOTHER_FILE: [&str; 1] = ["time-passed.v1"];

#[test]
fn schemas_and_samples_are_as_committed() {
    let village = everything();
    let mut first: BTreeMap<&str, &Event> = BTreeMap::new();
    for event in village.log.events() {
        first.entry(event.fact()).or_insert(event);
    }
    let update = std::env::var_os("UPDATE_CONTRACT").is_some();
    let mut wrong = Vec::new();
    for (fact, schema) in contract::schemas() {
        let path = file(&format!("{fact}.schema.json"));
        let text = pretty(&schema);
        let committed = fs::read_to_string(&path).ok();
        if let Some(published) = committed.as_deref().and_then(|t| serde_json::from_str(t).ok()) {
            let breaks = contract::breaks(&published, &schema);
            assert!(breaks.is_empty(), "{fact} needs a new version: {breaks:?}");
        }
        settle(update, &path, committed.as_deref(), &text, &mut wrong);
        let Some(event) = first.get(fact) else {
            assert!(ONLY_WITH_ANOTHER_FILE.contains(&fact), "{fact} never happens");
            continue;
        };
        let path = file(&format!("{fact}.sample.json"));
        let sample = pretty(&serde_json::from_slice(&event.encode().unwrap()).unwrap());
        let committed = fs::read_to_string(&path).ok();
        settle(update, &path, committed.as_deref(), &sample, &mut wrong);
    }
    let present = fs::read_dir(file("")).unwrap().count();
    let known = contract::facts().count() * 2 - ONLY_WITH_ANOTHER_FILE.len();
    assert!(update || present == known, "{present} files where {known} are known");
    assert!(wrong.is_empty(), "not as committed (UPDATE_CONTRACT=1 writes them): {wrong:#?}");
}

fn settle(
    update: bool,
    path: &PathBuf,
    committed: Option<&str>,
    now: &str,
    wrong: &mut Vec<String>,
) {
    if committed == Some(now) {
        return;
    }
    if update {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, now).unwrap();
    } else {
        wrong.push(path.file_name().unwrap().to_string_lossy().into_owned());
    }
}

#[test]
fn every_event_keeps_to_its_schema() {
    let schemas: BTreeMap<&str, Value> = contract::schemas().into_iter().collect();
    let village = everything();
    let declared: Vec<String> = village
        .log
        .domain()
        .definitions()
        .iter()
        .flat_map(|d| d.locals.iter().map(|local| local.fact.clone()))
        .collect();
    for event in village.log.events() {
        let data = Value::Object(event.data.clone());
        match schemas.get(event.fact()) {
            Some(schema) => {
                let validator = jsonschema::validator_for(schema).unwrap();
                let errors: Vec<String> =
                    validator.iter_errors(&data).map(|e| e.to_string()).collect();
                assert!(errors.is_empty(), "{}: {errors:?}\n{data}", event.fact());
            }
            None => assert!(
                declared.iter().any(|fact| fact == event.fact()),
                "{} has no schema",
                event.fact()
            ),
        }
    }
}

#[test]
fn the_ids_of_closed_logs_and_the_words_of_people_stay_out() {
    for event in everything().log.events() {
        let bytes = String::from_utf8(event.encode().unwrap()).unwrap();
        for secret in
            ["n-Stranger", "买了什么", "金额不符", "鱼塘", "33112500012345678", "旱灾", "没人用"]
        {
            assert!(!bytes.contains(secret), "{secret} in {bytes}");
        }
    }
}
