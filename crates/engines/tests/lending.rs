//! The procedure engine on a made-up mechanism: order, people, votes, windows, clocks, values.

#[path = "../../definitions/tests/sample/mod.rs"]
mod sample;
mod shed;

use engines::procedure::{Attendee, Channel, Count, Sitting, Status, open_steps, stepper};
use serde_json::json;
use shed::{Shed, neighbour, official};

#[test]
fn the_whole_way() {
    let mut shed = Shed::new();
    let out = shed.request("300.00").unwrap();
    assert_eq!(out.event, "ToolRequested");
    assert_eq!(out.fact, "tool-requested.v1");
    assert!(!out.local);
    assert_eq!(out.data["deposit"], 30_000);
    assert_eq!(out.data["parameters"]["deposit_limit"], 50_000);
    assert!(out.data["due"]["decision-overdue"].is_i64());
    assert_eq!(out.claims, [("tool".to_owned(), "t1".to_owned())]);
    let sealed: Vec<&str> = out.sealed.iter().map(|part| part.field.as_str()).collect();
    assert_eq!(sealed, ["borrower", "purpose"]);
    assert!(!out.data.contains_key("borrower") && !out.data.contains_key("purpose"));
    assert_eq!(out.data["relied_on"]["tool-free"], json!({"log": "l", "index": 3}));

    shed.days(4);
    let out = shed.vote(3, 1).unwrap();
    assert_eq!((out.outcome.as_str(), out.fact.as_str()), ("passed", "lending-agreed.v1"));
    assert_eq!(out.data["for"], 3);
    assert_eq!(out.data["should_attend"], 5);
    assert_eq!(out.data["present"], 4);
    assert_eq!(out.data["stops"], json!(["decision-overdue"]));
    assert!(out.data["due"]["posting-overdue"].is_i64());

    let posted = shed.act("post", official("keeper", "li"), json!({})).unwrap();
    assert!(posted.local);
    assert_eq!(posted.tell[0].0, "followers");
    assert!(posted.data["window"]["ends"].is_i64());
    let refused = shed.act("approve", official("warden", "wang"), json!({})).unwrap_err();
    assert_eq!(shed::code(&refused), "window-open");
    shed.days(18);
    let closed = shed.pass();
    assert_eq!(closed, ["posting-ended.v1"]);
    let approved = shed.act("approve", official("warden", "wang"), json!({})).unwrap();
    assert_eq!(approved.signs[0], ("tool".to_owned(), json!("t1")));
    let lent = shed.act("hand-over", official("porter", "zhao"), json!({})).unwrap();
    assert_eq!(lent.fact, "tool-lent.v2");
    assert_eq!(lent.posts.as_deref(), Some("lending"));
    let back =
        shed.act("give-back", official("porter", "zhao"), json!({"damage": "none"})).unwrap();
    assert_eq!(back.data["concluded"], true);
    assert!(shed.history().ended);
    assert!(shed.history().deadlines().is_empty());
    let again =
        shed.act("give-back", official("porter", "zhao"), json!({"damage": "none"})).unwrap_err();
    assert_eq!(shed::code(&again), "ended");
}

#[test]
fn steps_come_in_order_and_once() {
    let mut shed = Shed::new();
    let early = shed.act("approve", official("warden", "wang"), json!({})).unwrap_err();
    assert_eq!(shed::code(&early), "out-of-order");
    shed.request("300.00").unwrap();
    let twice = shed.request("300.00").unwrap_err();
    assert_eq!(shed::code(&twice), "out-of-order");
    assert_eq!(shed::law(&twice), "county-finance");
    let odd = shed.act("aprove", official("warden", "wang"), json!({})).unwrap_err();
    assert!(shed::refusal(&odd).remedy.en.contains("`approve`"));
}

#[test]
fn people_are_competent_and_two() {
    let mut shed = Shed::new();
    shed.request("300.00").unwrap();
    shed.agree();
    shed.posted();
    let keeper = shed.act("approve", official("porter", "zhao"), json!({})).unwrap_err();
    assert_eq!(shed::code(&keeper), "not-competent");
    assert!(shed::refusal(&keeper).remedy.zh.contains("warden"));
    // Li holds the warden's post too, but took the request: persons count, not seats.
    let both = shed.act("approve", official("warden", "li"), json!({})).unwrap_err();
    assert_eq!(shed::code(&both), "four-eyes");
    shed.act("approve", official("warden", "wang"), json!({})).unwrap();
    let third = shed.act("hand-over", official("porter", "wang"), json!({})).unwrap_err();
    assert_eq!(shed::code(&third), "four-eyes");
    assert_eq!(shed::law(&third), "default");
}

#[test]
fn the_level_above_acts_only_where_all_are_barred() {
    let mut shed = Shed::new();
    shed.request("300.00").unwrap();
    shed.agree();
    shed.posted();
    let above = official("township", "sun");
    let early = shed.act("approve", above.clone(), json!({})).unwrap_err();
    assert_eq!(shed::code(&early), "not-competent");
    shed.kin.insert("wang".to_owned(), true);
    shed.act("approve", above, json!({})).unwrap();
}

#[test]
fn tiers_decide_who_and_what_is_needed() {
    let mut shed = Shed::new();
    shed.request("600.00").unwrap();
    shed.agree();
    shed.posted();
    let need = shed.act("approve", official("board", "qian"), json!({})).unwrap_err();
    assert_eq!(shed::code(&need), "needed-in-tier");
    let mut shed = Shed::new();
    shed.fields["surety"] = json!("s1");
    shed.request("600.00").unwrap();
    shed.agree();
    shed.posted();
    let low = shed.act("approve", official("warden", "wang"), json!({})).unwrap_err();
    assert_eq!(shed::code(&low), "not-competent");
    shed.act("approve", official("board", "qian"), json!({})).unwrap();
    // From July the limit is lower: the values at the day of the decision count.
    let mut shed = Shed::new();
    shed.request("450.00").unwrap();
    shed.agree();
    shed.days(120);
    shed.posted();
    let low = shed.act("approve", official("warden", "wang"), json!({})).unwrap_err();
    assert_eq!(shed::code(&low), "needed-in-tier");
}

#[test]
fn guards_refuse_with_their_own_article() {
    let mut shed = Shed::new();
    shed.refuse = Some("tool-free");
    let refused = shed.request("300.00").unwrap_err();
    assert_eq!((shed::code(&refused), shed::law(&refused)), ("tool-free", "county-finance"));
}

#[test]
fn values_are_typed_and_errors_name_the_field() {
    for (field, value, words) in [
        ("deposit", json!(1.5), "yuan with at most two decimals"),
        ("deposit", json!("0"), "above zero"),
        ("deposit", json!(-5), "above zero"),
        ("deposit", json!("1,000"), "two decimals"),
        ("kind", json!("odd"), "choose one of ordinary, precious"),
        ("borrower", json!("Zhou"), "{\"person\": id}"),
        ("borrower", json!({"person": "p", "organisation": "o"}), "{\"person\": id}"),
        ("purpose", json!("x".repeat(41)), "at most 40 characters"),
        ("purpose", json!("  "), "give `purpose`"),
        ("tool", json!(null), "give `tool`"),
    ] {
        let mut shed = Shed::new();
        shed.fields[field] = value;
        let refused = shed.request_as_is().unwrap_err();
        let refusal = shed::refusal(&refused);
        assert_eq!(refusal.code, "malformed", "{field}");
        assert_eq!(refusal.field.as_deref(), Some(format!("/fields/{field}").as_str()));
        assert!(refusal.remedy.en.contains(words), "{field}: {}", refusal.remedy.en);
        assert!(refusal.what.is_complete() && refusal.remedy.is_complete());
    }
    let mut shed = Shed::new();
    shed.fields["deposits"] = json!("1");
    let refused = shed.request("300.00").unwrap_err();
    assert_eq!(shed::code(&refused), "unknown-field");
    assert!(shed::refusal(&refused).remedy.en.contains("`deposit`"));
    let mut shed = Shed::new();
    shed.fields["borrower"] = json!({"organisation": "School"});
    let out = shed.request("300.00").unwrap();
    assert_eq!(
        out.data["borrower"],
        json!({"organisation": "School"}),
        "an organisation is public"
    );
}

#[test]
fn sittings_are_checked_to_the_last_mark() {
    type Change = fn(&mut Sitting);
    let wrong: [(&str, Change); 13] = [
        ("roll-differs", |s| s.should_attend = 6),
        ("not-on-roll", |s| s.attendance[0].holder = "stranger".to_owned()),
        ("duplicate-vote", |s| {
            let mut twice = s.attendance[0].clone();
            twice.channel = Channel::Paper;
            s.attendance.push(twice);
        }),
        ("channel-not-allowed", |s| s.attendance[0].channel = Channel::Phone),
        ("duplicate-vote", |s| s.votes.entry(Channel::Hall).or_default().for_ += 1),
        ("ballots-differ", |s| s.votes.entry(Channel::Hall).or_default().against = 0),
        ("witness-missing", |s| s.witness = None),
        ("witness-missing", |s| s.witness = Some("m1".to_owned())),
        ("notice-too-short", |s| s.held_on = s.held_on.yesterday().unwrap().yesterday().unwrap()),
        ("back-dated", |s| s.held_on = "2026-02-01".parse().unwrap()),
        ("back-dated", |s| s.noticed_on = Some("2026-02-01".parse().unwrap())),
        ("malformed", |s| s.held_on = "2027-01-01".parse().unwrap()),
        ("recusal-unfounded", |s| s.recused = vec!["m5".to_owned()]),
    ];
    for (code, change) in wrong {
        let mut shed = Shed::new();
        shed.request("300.00").unwrap();
        shed.days(4);
        let mut sitting = shed.sitting(3, 1);
        change(&mut sitting);
        let refused = shed.sit(sitting).unwrap_err();
        assert_eq!(shed::code(&refused), code, "{refused:?}");
    }
}

#[test]
fn a_meeting_without_quorum_is_recorded_and_called_again() {
    let mut shed = Shed::new();
    shed.request("300.00").unwrap();
    shed.days(4);
    let mut sitting = shed.sitting(3, 1);
    sitting.left_before_vote = vec!["m1".to_owned(), "m2".to_owned()];
    let out = shed.sit(sitting).unwrap();
    assert_eq!(out.fact, "circle-inquorate.v1");
    assert!(!out.data.contains_key("for"), "nobody voted");
    assert!(!out.data.contains_key("stops"), "the clock runs on");
    let out = shed.vote(3, 1).unwrap();
    assert_eq!(out.outcome, "passed");
}

#[test]
fn who_has_an_interest_leaves_and_is_not_counted() {
    let mut shed = Shed::new();
    shed.request("300.00").unwrap();
    shed.days(4);
    shed.kin.insert("m4".to_owned(), true);
    let refused = shed.vote(2, 2).unwrap_err();
    assert_eq!(shed::code(&refused), "recusal-missing");
    let mut sitting = shed.sitting(2, 1);
    sitting.attendance.push(Attendee { holder: "m4".to_owned(), channel: Channel::Hall });
    sitting.recused = vec!["m4".to_owned()];
    let out = shed.sit(sitting).unwrap();
    assert_eq!(out.data["should_attend"], 4);
    assert_eq!(out.data["recused"], 1);
    assert_eq!(out.data["present"], 3);
    assert_eq!(out.outcome, "passed");
    let mut shed = Shed::new();
    shed.request("300.00").unwrap();
    shed.days(4);
    shed.unknown.push("m2".to_owned());
    assert_eq!(shed::code(&shed.vote(3, 1).unwrap_err()), "recusal-unknown");
}

#[test]
fn a_vote_of_all_needs_two_thirds_of_all_and_a_secret_ballot() {
    let mut shed = Shed::new();
    shed.fields["kind"] = json!("precious");
    shed.request("300.00").unwrap();
    shed.days(5);
    let mut sitting = shed.sitting_of("assembly", 6, 2);
    sitting.ballot = Some("secret".to_owned());
    assert_eq!(shed::code(&shed.sit(sitting.clone()).unwrap_err()), "notice-too-short");
    shed.days(8);
    sitting.held_on = shed.now.date();
    let mut open = sitting.clone();
    open.ballot = Some("show-of-hands".to_owned());
    assert_eq!(shed::code(&shed.sit(open).unwrap_err()), "ballot-kind");
    let out = shed.sit(sitting.clone()).unwrap();
    assert_eq!(out.outcome, "passed", "6 of 9 are two thirds");
    let mut shed = Shed::new();
    shed.fields["kind"] = json!("precious");
    shed.request("300.00").unwrap();
    shed.days(13);
    sitting = shed.sitting_of("assembly", 5, 3);
    sitting.ballot = Some("secret".to_owned());
    assert_eq!(shed.sit(sitting).unwrap().outcome, "returned", "5 of 9 are not");
}

#[test]
fn a_case_returns_at_most_so_often() {
    let mut shed = Shed::new();
    shed.request("300.00").unwrap();
    for _ in 0..2 {
        shed.days(4);
        assert_eq!(shed.vote(2, 2).unwrap().outcome, "returned", "half is not more than half");
        shed.act("revise", official("keeper", "li"), json!({})).unwrap();
    }
    shed.days(4);
    shed.vote(1, 3).unwrap();
    let refused = shed.act("revise", official("keeper", "li"), json!({})).unwrap_err();
    assert_eq!(shed::code(&refused), "rounds-exhausted");
    let out = shed.act("withdraw", official("keeper", "li"), json!({})).unwrap();
    assert_eq!(out.data["concluded"], true);
}

#[test]
fn objections_are_answered_before_the_case_goes_on() {
    let mut shed = Shed::new();
    shed.request("300.00").unwrap();
    shed.agree();
    shed.act("post", official("keeper", "li"), json!({})).unwrap();
    let text = json!({"objects": "It is mine."});
    let official_objects = shed.act("object", official("keeper", "li"), text.clone()).unwrap_err();
    assert_eq!(shed::code(&official_objects), "not-competent");
    let out = shed.act("object", neighbour("n1"), text.clone()).unwrap();
    assert!(out.data["due"]["answer-overdue/1"].is_i64());
    assert_eq!(out.sealed[0].retention.basis, "OLVC 39");
    shed.act("object", neighbour("n2"), text.clone()).unwrap();
    shed.days(20);
    assert_eq!(shed.pass(), ["answer-overdue.v1", "answer-overdue.v1", "posting-ended.v1"]);
    let waits = shed.act("approve", official("warden", "wang"), json!({})).unwrap_err();
    assert_eq!(shed::code(&waits), "objection-unanswered");
    let late = shed.act("object", neighbour("n3"), text).unwrap_err();
    assert_eq!(shed::code(&late), "window-closed");
    for _ in 0..2 {
        shed.act("answer-objection", official("warden", "wang"), json!({"answered": "No."}))
            .unwrap();
    }
    let none = shed.act("answer-objection", official("warden", "wang"), json!({"answered": "No."}));
    assert_eq!(shed::code(&none.unwrap_err()), "nothing-to-answer");
    shed.act("approve", official("warden", "wang"), json!({})).unwrap();
}

#[test]
fn a_removed_notice_starts_the_window_anew() {
    let mut shed = Shed::new();
    shed.request("300.00").unwrap();
    shed.agree();
    shed.act("post", official("keeper", "li"), json!({})).unwrap();
    let first = shed.history().windows[0].ends;
    shed.days(5);
    shed.act("removed", official("watch", "wu"), json!({})).unwrap();
    assert_eq!(shed.history().windows.len(), 1);
    assert!(shed.history().windows[0].ends > first);
    shed.days(12);
    let waits = shed.act("approve", official("warden", "wang"), json!({})).unwrap_err();
    assert_eq!(shed::code(&waits), "window-open");
    // A withdrawal need not wait.
    shed.act("withdraw", official("keeper", "li"), json!({})).unwrap();
}

#[test]
fn what_is_missed_is_written_once_and_can_still_be_done() {
    let mut shed = Shed::new();
    shed.request("300.00").unwrap();
    shed.days(60);
    assert_eq!(shed.pass(), ["decision-overdue.v1"]);
    assert!(shed.history().deadlines().is_empty());
    let rows = stepper(&shed.definition, Some(shed.history()), shed.now);
    assert_eq!(rows[0].status, Status::Done);
    assert_eq!(rows[1].status, Status::Late);
    assert_eq!(shed.vote(4, 0).unwrap().outcome, "passed");
}

#[test]
fn the_stepper_and_the_open_steps_agree() {
    let mut shed = Shed::new();
    let open = open_steps(&shed.definition, None, shed.now);
    assert_eq!(open.iter().map(|o| o.step.as_str()).collect::<Vec<_>>(), ["request"]);
    shed.request("300.00").unwrap();
    let open = open_steps(&shed.definition, Some(shed.history()), shed.now);
    assert_eq!(open[0].step, "decide");
    assert_eq!(open[0].who, ["circle"]);
    assert_eq!(open[0].next.as_ref().unwrap().en, "The body decides");
    assert!(open[0].due.is_some());
    shed.agree();
    shed.act("post", official("keeper", "li"), json!({})).unwrap();
    let open = open_steps(&shed.definition, Some(shed.history()), shed.now);
    let approve = open.iter().find(|open| open.step == "approve").unwrap();
    assert!(approve.not_before.is_some());
    assert_eq!(approve.who, ["warden"]);
    assert!(open.iter().any(|open| open.step == "object" && open.beside));
}

#[test]
fn a_sitting_where_none_belongs_is_malformed() {
    let mut shed = Shed::new();
    let mut act = shed.make("request", shed.fields.clone());
    act.sitting = Some(shed.sitting(1, 0));
    let refused = shed.decide(act, official("keeper", "li")).unwrap_err();
    assert_eq!(shed::refusal(&refused).field.as_deref(), Some("/sitting"));
    let _ = Count::default();
}
