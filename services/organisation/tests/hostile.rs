//! Definitions that drop everything: the core still refuses what no law allows.

mod village;

use definitions::{Catalogue, Definitions};
use engines::procedure::{Act, Sitting};
use kernel::{Date, Refusal, Verdict};
use organisation::{catalogue::catalogue, facts::sitting::UNFOUNDED};
use serde_json::{Map, Value, json};
use village::{Village, day, full_sitting, morning, seated};

/// A catalogue that demands nothing, as a hostile process would have it.
fn lax() -> Catalogue {
    let mut lax = catalogue();
    for guard in &mut lax.guards {
        guard.mandatory_for.clear();
    }
    for event in &mut lax.events {
        event.needs_vote = false;
        event.needs_quorum = false;
        event.needs_notice = false;
        event.needs_window = false;
        event.four_eyes_with.clear();
        event.only_after.clear();
        event.fields.clear();
    }
    for body in &mut lax.bodies {
        body.quorum = None;
        body.majority = None;
        body.notice = None;
    }
    lax.guards.clear();
    lax
}

/// A procedure without any order: every core event is open to the director at any time.
const LAWLESS: &str = r#"
matter = [
  { id = "public-welfare", name = { zh = "公益", en = "Welfare" }, body = "branch-committee", notice = "0 days", quorum = "> 0/1", majority = "> 1/2", counted = "present", law = "default", spends = true },
  { id = "village-rules", name = { zh = "村规", en = "Rules" }, body = "branch-committee", notice = "0 days", quorum = "> 0/1", majority = "> 1/2", counted = "present", law = "default", spends = false },
]
[procedure]
id = "lawless"
term = { zh = "无规则", en = "Lawless" }
version = 1
stream = "proposal"
running = { mode = "keep", source = "default" }
[field]
matter = { type = "matter-type", class = "public", label = { zh = "事项", en = "Matter" }, why = "x" }
limit = { type = "money", class = "public", optional = true, label = { zh = "金额", en = "Limit" }, why = "x" }
held_on = { type = "date", class = "public", optional = true, label = { zh = "日期", en = "Day" }, why = "x" }
until = { type = "date", class = "public", optional = true, label = { zh = "至", en = "Until" }, why = "x" }
"#;

fn step(id: &str, event: &str, body: Option<&str>, takes: &str, after: &[&str]) -> String {
    let order = match after {
        [] => String::new(),
        after => format!("after = {after:?}\nrounds = 9\n"),
    };
    let (by, vote) = match body {
        Some(body) => (
            format!("{{ body = \"{body}\" }}"),
            "vote = { quorum = \"> 0/1\", majority = \"> 1/2\", of = \"present\", law = \"default\" }\nroll = { kept_at = \"table\", channels = [\"hall\", \"paper\", \"phone\"] }\n",
        ),
        None => ("{ post = \"village-director\" }".to_owned(), ""),
    };
    let event = match body {
        Some(_) => format!("{{ passed = \"{event}\", failed = \"{}\" }}", other(event)),
        None => format!("\"{event}\""),
    };
    format!(
        "[[step]]\nid = \"{id}\"\nname = {{ zh = \"步\", en = \"Step\" }}\nevent = {event}\nby = {by}\ntakes = [{takes}]\n{order}{vote}next = {{ zh = \"无\", en = \"none\", who = \"village-director\" }}\n"
    )
}

fn other(event: &str) -> &'static str {
    match event {
        "ResolutionAdopted" => "ResolutionRejected",
        "ProposalReviewed" => "ProposalRejectedByMembers",
        "ProposalConsulted" => "ProposalReturnedByCommittees",
        _ => "ProposalReturnedByParty",
    }
}

fn lawless(steps: &[String]) -> Definitions {
    let text = format!("{LAWLESS}\n{}", steps.concat());
    match Definitions::check(&[("lawless.toml", &text)], &lax()) {
        Ok(set) => set,
        // what the checker finds besides does not matter to a hostile process
        Err(findings) => {
            let definition = Definitions::read_unproved("lawless.toml", &text)
                .unwrap_or_else(|_| panic!("{findings:?}"));
            panic!("{} is not accepted: {findings:#?}", definition.id)
        }
    }
}

struct Court {
    village: Village,
    keys: u32,
}

impl Court {
    fn new(steps: &[String]) -> Self {
        let mut village = Village::new(lawless(steps));
        village.now = morning(day("2026-03-02"));
        Self { village, keys: 0 }
    }

    fn act(
        &mut self,
        step: &str,
        post: &str,
        holder: &str,
        typed: Value,
        sitting: Option<Sitting>,
    ) -> Result<(), Refusal> {
        self.keys += 1;
        let typed: Map<String, Value> = typed.as_object().cloned().unwrap_or_default();
        let mut act = Act::new("lawless", step, typed);
        act.sitting = sitting;
        match self.village.act(act, seated(post, holder), &format!("a{}", self.keys)) {
            Ok(_) => Ok(()),
            Err(Verdict::Refused(refusal)) => Err(refusal),
            Err(verdict) => panic!("{verdict:?}"),
        }
    }

    fn sitting(&self, body: &str) -> Sitting {
        let today: Date = self.village.now.date();
        full_sitting(&self.village.roll(body, today), today)
    }

    fn days(&mut self, days: i64) {
        self.village.now = self.village.now.plus_micros(days * kernel::time::DAY);
    }
}

fn unfounded(result: Result<(), Refusal>, article: &str) {
    let refusal = result.expect_err("the core must refuse");
    assert_eq!(refusal.code, UNFOUNDED, "{refusal:?}");
    assert_eq!(refusal.law.as_ref().map(|law| law.article.as_str()), Some(article), "{refusal:?}");
    assert!(refusal.what.is_complete() && refusal.remedy.is_complete());
    assert!(refusal.law.unwrap().name.is_complete());
}

const TABLE: &str = "\"matter\", \"limit\"";

#[test]
fn no_resolution_without_study_consultation_and_review() {
    let steps = [
        step("a", "ProposalTabled", None, "\"matter\", \"limit\", \"held_on\", \"until\"", &[]),
        step("b", "ResolutionAdopted", None, "", &["a"]),
    ];
    let mut court = Court::new(&steps);
    let typed = json!({ "matter": "public-welfare", "limit": "100.00" });
    court.act("a", "village-director", "Wang", typed, None).unwrap();
    unfounded(court.act("b", "village-director", "Wang", json!({}), None), "OLVC 28");
    assert!(court.village.proposal().unwrap().adopted.is_none());
}

/// All steps in order, but each with votes that ask for nothing.
fn loose() -> Vec<String> {
    vec![
        step("a", "ProposalTabled", None, TABLE, &[]),
        step("b", "ProposalEndorsedByParty", Some("branch-committee"), "", &["a"]),
        step("c", "ProposalConsulted", Some("two-committees"), "", &["b.passed"]),
        step("d", "ProposalReviewed", Some("party-members-meeting"), "", &["c.passed"]),
        step("e", "MeetingCalled", None, "\"held_on\"", &["d.passed"]),
        step("f", "ResolutionAdopted", Some("representatives-meeting"), "", &["e"]),
        step("g", "ResolutionPublished", None, "\"until\"", &["f.passed"]),
    ]
}

fn up_to_vote(court: &mut Court, ahead: i64) {
    let typed = json!({ "matter": "public-welfare", "limit": "100.00" });
    court.act("a", "village-director", "Wang", typed, None).unwrap();
    let sitting = court.sitting("branch-committee");
    court.act("b", "party-secretary", "Shi", json!({}), Some(sitting)).unwrap();
    let sitting = court.sitting("two-committees");
    court.act("c", "village-director", "Wang", json!({}), Some(sitting)).unwrap();
    let sitting = court.sitting("party-members-meeting");
    court.act("d", "party-secretary", "Shi", json!({}), Some(sitting)).unwrap();
    let held_on = court.village.now.plus_micros(ahead * kernel::time::DAY).date();
    court.act("e", "village-director", "Wang", json!({ "held_on": held_on }), None).unwrap();
    court.days(ahead);
}

fn vote(court: &mut Court, change: impl FnOnce(&mut Sitting)) -> Result<(), Refusal> {
    let mut sitting = court.sitting("representatives-meeting");
    change(&mut sitting);
    court.act("f", "village-director", "Wang", json!({}), Some(sitting))
}

fn counts(sitting: &mut Sitting, present: usize, for_: u32) {
    use engines::procedure::{Channel, Count};
    sitting.attendance.truncate(present);
    let against = u32::try_from(present).unwrap() - for_;
    sitting.votes = [(Channel::Hall, Count { for_, against, ..Count::default() })].into();
}

#[test]
fn quorum_majority_notice_and_witness_are_the_laws() {
    let mut court = Court::new(&loose());
    up_to_vote(&mut court, 3);
    // 19 of 29 are no quorum, although this file asks for none
    unfounded(vote(&mut court, |s| counts(s, 19, 19)), "OLVC 30");
    unfounded(vote(&mut court, |s| s.witness = None), "OLVC 37");
    unfounded(vote(&mut court, |s| s.witness = Some("Wang".into())), "OLVC 37");
    // a lawful vote passes
    vote(&mut court, |s| counts(s, 20, 11)).unwrap();
    let adopted = court.village.proposal().unwrap().adopted.clone().unwrap();
    assert_eq!(adopted.body, "representatives-meeting");

    let mut court = Court::new(&loose());
    up_to_vote(&mut court, 2);
    unfounded(vote(&mut court, |_| ()), "OLVC 30");
}

#[test]
fn another_body_than_the_laws_resolves_nothing() {
    let mut steps = loose();
    steps[5] = step("f", "ResolutionAdopted", Some("branch-committee"), "", &["e"]);
    let mut court = Court::new(&steps);
    up_to_vote(&mut court, 10);
    // the sitting has the party committee's roll; the law's body is the representatives' meeting
    let sitting = court.sitting("branch-committee");
    unfounded(court.act("f", "party-secretary", "Shi", json!({}), Some(sitting)), "OLVC 30");
}

#[test]
fn the_party_members_review_has_its_quorum() {
    let mut court = Court::new(&loose());
    let typed = json!({ "matter": "public-welfare", "limit": "100.00" });
    court.act("a", "village-director", "Wang", typed, None).unwrap();
    let sitting = court.sitting("branch-committee");
    court.act("b", "party-secretary", "Shi", json!({}), Some(sitting)).unwrap();
    let sitting = court.sitting("two-committees");
    court.act("c", "village-director", "Wang", json!({}), Some(sitting)).unwrap();
    let mut sitting = court.sitting("party-members-meeting");
    counts(&mut sitting, 19, 19);
    unfounded(court.act("d", "party-secretary", "Shi", json!({}), Some(sitting)), "PBR 11");
    let mut sitting = court.sitting("party-members-meeting");
    counts(&mut sitting, 20, 15);
    unfounded(court.act("d", "party-secretary", "Shi", json!({}), Some(sitting)), "PBR 11");
    let mut sitting = court.sitting("party-members-meeting");
    counts(&mut sitting, 20, 16);
    court.act("d", "party-secretary", "Shi", json!({}), Some(sitting)).unwrap();
}

#[test]
fn a_short_display_publishes_nothing() {
    let mut court = Court::new(&loose());
    up_to_vote(&mut court, 3);
    vote(&mut court, |_| ()).unwrap();
    let soon = court.village.now.plus_micros(14 * kernel::time::DAY).date();
    let early = court.act("g", "village-director", "Wang", json!({ "until": soon }), None);
    unfounded(early, "OLVC 35");
    assert!(!court.village.proposal().unwrap().is_citable());
    court.act("g", "village-director", "Wang", json!({}), None).unwrap();
    assert!(court.village.proposal().unwrap().is_citable());
}

#[test]
fn a_matter_that_spends_has_a_limit_whatever_the_form_asks() {
    let mut court = Court::new(&loose());
    let none = json!({ "matter": "public-welfare" });
    unfounded(court.act("a", "village-director", "Wang", none, None), "OLVC 28");
    let some = json!({ "matter": "village-rules", "limit": "1.00" });
    unfounded(court.act("a", "village-director", "Wang", some, None), "OLVC 31");
}
