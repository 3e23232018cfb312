//! Sittings that carry a proposal (会议), and the resolution: whose roll, which notice, quorum, majority and witness.
//!
//! The law's minimum for every body and matter, whatever a definition asks. Sources: OLVC 25–30, 37; RCEO 26–28; PBR 11–12.

use engines::procedure::Sitting;
use kernel::{Date, Refusal, Text, Verdict};
use serde_json::{Map, Value, json};

use super::{
    progress::Proposal,
    proposal::{Around, demand, find_matter},
    roll,
    sitting::{self, Tally, unfounded},
};
use crate::bodies::{self, SittingLaw};

/// A sitting of a body that must carry the event.
pub(super) fn hold(
    data: &mut Map<String, Value>,
    body: &str,
    sitting: Option<&Sitting>,
    passed: bool,
    around: &Around<'_>,
) -> Result<(), Verdict> {
    let Some(rules) = bodies::find(body).and_then(|body| body.sitting) else {
        return Err(Verdict::Unavailable(format!("no law for sittings of {body}")));
    };
    let tally = counted(body, &rules, sitting, around)?;
    // a study or a consultation may be recorded without ballots: then nobody objected
    let voted = sitting.is_some_and(|sitting| !sitting.votes.is_empty());
    tally.carries(&rules, passed && voted)?;
    write(data, body, tally, voted);
    Ok(())
}

fn counted(
    body: &str,
    rules: &SittingLaw,
    sitting: Option<&Sitting>,
    around: &Around<'_>,
) -> Result<Tally, Verdict> {
    let name = bodies::find(body).map(|body| body.name()).unwrap_or_default();
    let Some(sitting) = sitting else {
        return Err(unfounded(
            rules.law,
            "/sitting",
            Text::new(
                format!("没有{}的会议记录。", name.zh),
                format!("There is no record of a sitting: {}.", name.en),
            ),
            Text::new(
                "请填写应到、实到和表决情况。",
                "Record who should attend, who did, and the votes.",
            ),
        )
        .into());
    };
    let Some(members) = roll::of(body, around.seats, around.village, sitting.held_on) else {
        return Err(unfounded(
            rules.law,
            "/sitting/should_attend",
            Text::new(
                format!("{}的应到名册未登记。", name.zh),
                format!("The roll is not recorded: {}.", name.en),
            ),
            Text::new(
                "请先登记任职或名册人数。",
                "Record its seats or the length of its list first.",
            ),
        )
        .into());
    };
    if body == "representatives-meeting"
        && members.representatives.saturating_mul(5) < members.members.len().saturating_mul(4)
    {
        return Err(unfounded(
            "OLVC 29",
            "/sitting/should_attend",
            Text::new(
                format!(
                    "村民代表会议{}人中村民代表{}人，不足五分之四。",
                    members.members.len(),
                    members.representatives
                ),
                format!(
                    "{} of the {} members are villager representatives: fewer than 4/5.",
                    members.representatives,
                    members.members.len()
                ),
            ),
            Text::new("请先补足村民代表。", "Fill the seats of representatives first."),
        )
        .into());
    }
    let barred = |who: &str| around.conflicted(who) == Some(true);
    Ok(sitting::count(sitting, &members.members, around.today(), rules.law, barred)?)
}

fn write(data: &mut Map<String, Value>, body: &str, tally: Tally, voted: bool) {
    data.insert("body".into(), json!(body));
    data.insert("should_attend".into(), json!(tally.whole()));
    data.insert("present".into(), json!(tally.present));
    if voted {
        data.insert("for".into(), json!(tally.for_));
        data.insert("against".into(), json!(tally.against));
        data.insert("abstain".into(), json!(tally.abstain));
        data.insert("spoilt".into(), json!(tally.spoilt));
    }
}

/// The body that the matter's law and the tabled matter name.
fn deciding_body(matter: &str) -> Result<(&'static str, SittingLaw), Verdict> {
    let kind = find_matter(matter)?;
    let body = kind.body_of(matter);
    kind.law_of(body)
        .map(|law| (body, law))
        .ok_or_else(|| Verdict::Unavailable(format!("no law for {matter}")))
}

pub(super) fn call(
    data: &mut Map<String, Value>,
    proposal: &Proposal,
    around: &Around<'_>,
) -> Result<(), Verdict> {
    demand(proposal.endorsed && proposal.consulted && proposal.reviewed, proposal, "reviewed")?;
    let (body, _) = deciding_body(&proposal.matter)?;
    let held_on = data.get("held_on").and_then(Value::as_str).and_then(|day| day.parse().ok());
    if held_on.is_none_or(|held_on: Date| held_on < around.today()) {
        return Err(Refusal::field(
            "/fields/held_on",
            Text::new(
                "没有写明开会日期，或日期已过。",
                "The day of the meeting is missing or past.",
            ),
            Text::new("请填写今天以后的日期。", "Write a day that is still to come."),
        )
        .into());
    }
    data.insert("body".into(), json!(body));
    data.insert("told_on".into(), json!(around.today()));
    Ok(())
}

pub(super) fn decide(
    data: &mut Map<String, Value>,
    sitting: Option<&Sitting>,
    proposal: &Proposal,
    passed: bool,
    around: &Around<'_>,
) -> Result<(), Verdict> {
    demand(proposal.endorsed && proposal.consulted && proposal.reviewed, proposal, "reviewed")?;
    let (body, rules) = deciding_body(&proposal.matter)?;
    let tally = counted(body, &rules, sitting, around)?;
    notice(proposal, body, &rules, sitting)?;
    witness(sitting, around)?;
    tally.carries(&rules, passed)?;
    if sitting.is_none_or(|sitting| sitting.votes.is_empty()) {
        return Err(unfounded(
            rules.law,
            "/sitting/votes",
            Text::new("没有表决结果。", "There is no count of votes."),
            Text::new(
                "请填写赞成、反对、弃权票数。",
                "Record the votes for, against and abstaining.",
            ),
        )
        .into());
    }
    write(data, body, tally, true);
    if !passed {
        return Ok(());
    }
    data.insert("resolution".into(), json!(around.id));
    data.insert("matter".into(), json!(proposal.matter));
    // what was studied and reviewed is resolved: another amount means a revised proposal
    data.insert("limit".into(), json!(proposal.limit));
    data.insert("valid_from".into(), json!(around.today()));
    Ok(())
}

fn notice(
    proposal: &Proposal,
    body: &str,
    rules: &SittingLaw,
    sitting: Option<&Sitting>,
) -> Result<(), Verdict> {
    let called = proposal.called.as_ref().filter(|called| called.body == body);
    let held_on = sitting.map(|sitting| sitting.held_on);
    let days = called
        .zip(held_on)
        .and_then(|(called, held)| called.told_on.until(held).ok())
        .map_or(-1, |span| span.get_days());
    let short = called.is_some_and(|called| called.special) && rules.short_notice;
    let enough = days >= i32::from(rules.notice_days) || (short && days >= 0);
    if enough {
        return Ok(());
    }
    let article = if rules.law == "OLVC 26" { "OLVC 25" } else { rules.law };
    Err(unfounded(
        article,
        "/sitting/held_on",
        Text::new(
            format!("会议未提前{}天通知。", rules.notice_days),
            format!("The sitting was not announced {} days before.", rules.notice_days),
        ),
        Text::new(
            format!("请召集会议并提前{}天通知。", rules.notice_days),
            format!("Call the meeting, and tell people {} days before.", rules.notice_days),
        ),
    )
    .into())
}

fn witness(sitting: Option<&Sitting>, around: &Around<'_>) -> Result<(), Verdict> {
    let held = sitting.and_then(|sitting| {
        let witness = sitting.witness.as_deref()?;
        let supervisors = around
            .seats?
            .holders(&["supervision-committee", "collective-supervisors"], sitting.held_on);
        supervisors.iter().any(|holder| holder == witness).then_some(())
    });
    held.ok_or_else(|| {
        unfounded(
            "OLVC 37",
            "/sitting/witness",
            Text::new(
                "没有监督委员会成员在场见证。",
                "No member of the supervision committee witnessed the roll and the count.",
            ),
            Text::new(
                "请由监督委员会成员到场并签名。",
                "Let a member of supervision attend and sign.",
            ),
        )
        .into()
    })
}
