//! What another service proposes is answered once: taken where the line has so much, else refused with the article.
mod village;

use funds_oversight::{
    Ask, State,
    facts::proposal::{self, PaymentProposed, ProposalKind},
    hears::payment_proposed,
};
use kernel::{Actor, Event, StreamId, Verdict};
use serde_json::{Value, json};
use village::*;

fn proposed(amount: i64, reserve: &str) -> Event {
    let data = json!({"kind": "points", "amount": amount, "reserve": reserve, "keeper": COUNTY,
        "purpose": {"sha256": "x", "class": "public"}});
    let Value::Object(data) = data else { panic!("fields") };
    Event {
        id: "e1".into(),
        source: "/services".into(),
        kind: "cn.cunwu.services.payment-proposed.v1".into(),
        time: noon("2026-03-02"),
        log: "log-s".into(),
        index: 3,
        unit: VILLAGE.into(),
        village: place().code,
        villageseq: 1,
        stream: StreamId::of("cost-proposal", "c1"),
        version: 1,
        actor: "committee-member/h".into(),
        definition: None,
        causation: None,
        data,
    }
}

fn heard() -> Actor {
    Actor::System("heard".to_owned())
}

fn with_a_grant() -> Village {
    let mut v = Village::new();
    v.start("5000.00");
    v.resolved("r-toilets", "100000.00");
    let grant = Ask::ReceiveGrant {
        reserve: "grant".into(),
        reference: "YN-2026-7".into(),
        from_unit: TOWNSHIP.into(),
        amount: yuan("600.00"),
        resolution: Some("r-toilets".into()),
        bank_account: "basic".into(),
        summary: "积分兑换".into(),
    };
    v.ask(who("Li"), grant).unwrap();
    v
}

fn answered(v: &mut Village, event: &Event) -> Event {
    let (ask, keeper) = payment_proposed::reaction(event).unwrap();
    assert_eq!(keeper.as_str(), COUNTY);
    v.ask(heard(), ask).unwrap().remove(0)
}

#[test]
fn what_the_line_has_is_taken_and_known() {
    let mut v = with_a_grant();
    let event = answered(&mut v, &proposed(60_000, "grant"));
    assert_eq!(event.fact(), "payment-proposal-answered.v1");
    assert_eq!(event.data["answer"], "taken");
    assert_eq!(event.data["proposal"], "services.c1");
    assert!(event.data.get("law").is_none());
    let Some(State::Proposal(known)) = v.log.state(&proposal::stream("services.c1")) else {
        panic!("it is known")
    };
    assert_eq!(known.answered.amount, yuan("600.00"));
    // Taken is not paid, and keeps nothing: the bookkeeper's request does.
    let Some(State::Reserve(grant)) = v.log.state(&StreamId::of("reserve", "grant")) else {
        panic!("a grant")
    };
    assert_eq!(grant.available, yuan("600.00"));
}

#[test]
fn one_fen_more_is_refused_with_the_article() {
    let mut v = with_a_grant();
    let event = answered(&mut v, &proposed(60_001, "grant"));
    assert_eq!(event.data["answer"], "refused");
    assert_eq!(event.data["because"], "below-zero");
    assert_eq!(event.data["law"], "RCEO 26(7)");
    let event = {
        let mut other = proposed(100, "nowhere");
        other.stream = StreamId::of("cost-proposal", "c2");
        answered(&mut v, &other)
    };
    assert_eq!(event.data["answer"], "refused");
    assert_eq!(event.data["law"], "RCEO 26(7)");
}

#[test]
fn it_is_answered_once() {
    let mut v = with_a_grant();
    let first = answered(&mut v, &proposed(100, "grant"));
    let (ask, _) = payment_proposed::reaction(&proposed(50_000, "grant")).unwrap();
    let Err(Verdict::Refused(refusal)) = v.ask(heard(), ask) else { panic!("once") };
    assert!(refusal.law.is_some(), "{refusal:?}");
    let Some(State::Proposal(known)) = v.log.state(&proposal::stream("services.c1")) else {
        panic!("it is known")
    };
    assert_eq!(json!(known.answered.amount), first.data["amount"]);
}

#[test]
fn nobody_answers_in_person_and_nothing_else_is_a_proposal() {
    let mut v = with_a_grant();
    let proposed_one = PaymentProposed {
        kind: ProposalKind::Points,
        amount: yuan("1.00"),
        reserve: "grant".into(),
    };
    let ask = Ask::AnswerProposal { proposal: "services.c1".into(), proposed: proposed_one };
    let Err(Verdict::Refused(refusal)) = v.ask(who("Li"), ask) else { panic!("in person") };
    assert_eq!(refusal.code, "not-competent");
    let mut foreign = proposed(100, "grant");
    foreign.source = "/portal".into();
    assert!(payment_proposed::reaction(&foreign).is_none());
    let mut other = proposed(100, "grant");
    other.kind = "cn.cunwu.services.notice-posted.v1".into();
    assert!(payment_proposed::reaction(&other).is_none());
    let mut unread = proposed(100, "grant");
    unread.data.remove("amount");
    assert!(payment_proposed::reaction(&unread).is_none());
}
