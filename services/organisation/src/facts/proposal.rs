//! Proposal and resolution (四议两公开): what holds whatever a definition says.
//!
//! A resolution is adopted only after the party study, the two committees and the party members' review, by a body that
//! may decide the matter, with notice, quorum and majority of the law, witnessed, within the amount tabled; it is cited
//! only when it is on the board. Sources: OLVC 25–30, 35, 37, 41; RCEO 26–28, 57.

use engines::procedure::{Outcome, Sitting};
use kernel::{Actor, Date, Money, Refusal, StreamId, Text, Timestamp, Verdict};
use serde_json::{Map, Value, json};

use super::{
    check_id,
    conflict::Conflicts,
    progress::{Ending, Proposal},
    roll,
    seat::Seats,
    sitting::{self, Tally, unfounded},
    unit::Unit,
    village::Village,
};
use crate::{
    bodies::{self, SittingLaw},
    laws::law,
    matters::{self, MatterKind},
};

/// Days that a resolution or a result stays on the board at least (OLVC 35).
pub const DISPLAY_DAYS: i64 = 15;

/// The stream of a proposal; the resolution has its id.
pub fn stream(proposal: &str) -> StreamId {
    StreamId::of("proposal", proposal)
}

/// What a decision about a proposal reads besides the proposal.
pub struct Around<'a> {
    /// The proposal's id.
    pub id: &'a str,
    /// The village.
    pub unit: Option<&'a Unit>,
    /// Its seats.
    pub seats: Option<&'a Seats>,
    /// Its lists and sizes.
    pub village: Option<&'a Village>,
    /// Its declared conflicts.
    pub conflicts: Option<&'a Conflicts>,
    /// When.
    pub now: Timestamp,
}

impl Around<'_> {
    fn today(&self) -> Date {
        self.now.date()
    }

    /// Whether a member has a declared conflict with somebody who has an interest in this proposal; `None` when unknown.
    /// A number on a posted list is nobody's name: whoever is concerned steps aside without being looked up.
    pub fn conflicted(&self, member: &str) -> Option<bool> {
        let Some(conflicts) = self.conflicts else {
            return Some(false);
        };
        conflicts.conflicted(member, self.id)
    }
}

/// Turns the engine's outcome into the event's data, after the invariants of that event.
///
/// # Errors
/// A refusal with the article that the invariant rests on.
pub fn settle(
    outcome: &Outcome,
    sitting: Option<&Sitting>,
    proposal: Option<&Proposal>,
    actor: &Actor,
    around: &Around<'_>,
) -> Result<Map<String, Value>, Verdict> {
    let mut data = outcome.data.clone();
    if outcome.fact == "proposal-tabled.v1" {
        table(&mut data, proposal, around)?;
        return Ok(data);
    }
    let Some(proposal) = proposal else {
        return Err(refuse(
            "no-such-proposal",
            "OLVC 28",
            Text::new("没有这项提案。", "There is no such proposal."),
            Text::new("请先提出提案。", "Table the proposal first."),
        ));
    };
    if let Some(ending) = proposal.ended
        && !(outcome.fact == "resolution-annulled.v1" && ending == Ending::Shown)
    {
        return Err(refuse(
            "proposal-ended",
            "OLVC 28",
            Text::new("该提案已经结束。", "This proposal has ended."),
            Text::new("如有需要，请另行提出提案。", "Table a new proposal if there is need."),
        ));
    }
    match outcome.fact.as_str() {
        "proposal-revised.v1" => limit_of(&data, find_matter(&proposal.matter)?).map(drop)?,
        "proposal-endorsed-by-party.v1" => {
            hold(&mut data, "branch-committee", sitting, true, around)?;
        }
        "proposal-consulted.v1" => {
            demand(proposal.endorsed, proposal, "endorsed")?;
            hold(&mut data, "two-committees", sitting, true, around)?;
        }
        "proposal-reviewed.v1" => {
            demand(proposal.endorsed && proposal.consulted, proposal, "consulted")?;
            hold(&mut data, "party-members-meeting", sitting, true, around)?;
        }
        "proposal-rejected-by-members.v1" => {
            hold(&mut data, "party-members-meeting", sitting, false, around)?;
        }
        "meeting-called.v1" | "meeting-called-again.v1" => call(&mut data, proposal, around)?,
        "resolution-adopted.v1" => decide(&mut data, sitting, proposal, true, around)?,
        "resolution-rejected.v1" => decide(&mut data, sitting, proposal, false, around)?,
        "resolution-published.v1" | "notice-posted-anew.v1" => {
            demand_adopted(proposal)?;
            post(&mut data, around)?;
        }
        "result-accepted.v1" => accept(proposal)?,
        "result-published.v1" => {
            accept(proposal)?;
            if !proposal.accepted {
                return Err(out_of_order("结果尚未验收。", "The result was not accepted yet."));
            }
            post(&mut data, around)?;
        }
        "proposal-withdrawn.v1" if proposal.adopted.is_some() => {
            return Err(refuse(
                "adopted-already",
                "OLVC 28",
                Text::new(
                    "决议已经通过，不能撤回。",
                    "The resolution is adopted: it cannot be withdrawn.",
                ),
                Text::new(
                    "如须取消，请由原决定机构另行决议。",
                    "The body that decided may decide anew.",
                ),
            ));
        }
        "resolution-annulled.v1" => {
            demand_adopted(proposal)?;
            if actor.post().is_some_and(|post| !is_above(post)) {
                return Err(refuse(
                    "annulled-from-above",
                    "OLVC 41",
                    Text::new(
                        "决议由人民法院撤销或由乡镇责令改正，村内不能自行登记撤销。",
                        "A court annuls a resolution, or the township orders it set right; the village does not.",
                    ),
                    Text::new("请由乡镇登记。", "Let the township record it."),
                ));
            }
            data.insert("resolution".into(), json!(around.id));
        }
        _ => {}
    }
    Ok(data)
}

fn is_above(post: &str) -> bool {
    bodies::find_post(post).is_some_and(|(body, _)| !body.levels.contains(&kernel::Level::Village))
}

fn refuse(code: &str, article: &str, what: Text, remedy: Text) -> Verdict {
    Refusal::new(code, what, remedy).by_law(law(article)).into()
}

fn out_of_order(zh: &str, en: &str) -> Verdict {
    unfounded(
        "OLVC 28",
        "/step",
        Text::new(zh, en),
        Text::new("“四议两公开”须按顺序进行。", "The four discussions come in their order."),
    )
    .into()
}

fn demand(held: bool, proposal: &Proposal, what: &str) -> Result<(), Verdict> {
    if held {
        return Ok(());
    }
    if !proposal.endorsed {
        return Err(out_of_order(
            "该事项尚未经村党组织研究同意。",
            "The village party organisation has not studied and endorsed it yet.",
        ));
    }
    match what {
        "consulted" => Err(out_of_order(
            "该事项尚未经村“两委”会议商议同意。",
            "The two committees have not consulted on it and agreed yet.",
        )),
        _ => Err(out_of_order(
            "该事项尚未经党员大会审议通过。",
            "The party members have not reviewed it and agreed yet.",
        )),
    }
}

fn demand_adopted(proposal: &Proposal) -> Result<(), Verdict> {
    if proposal.adopted.is_some() {
        return Ok(());
    }
    Err(out_of_order("该事项尚未形成决议。", "There is no resolution on it yet."))
}

fn find_matter(key: &str) -> Result<&'static MatterKind, Verdict> {
    matters::find(key).ok_or_else(|| {
        Refusal::field(
            "/fields/matter",
            Text::new(
                format!("没有“{}”这一事项类别。", super::short(key)),
                format!("There is no kind of matter `{}`.", super::short(key)),
            ),
            Text::new("请从列表中选择事项类别。", "Choose a kind of matter from the list."),
        )
        .into()
    })
}

/// The amount of a matter that spends: above zero. A matter that does not spend has none.
fn limit_of(data: &Map<String, Value>, matter: &MatterKind) -> Result<Option<Money>, Verdict> {
    let limit = data.get("limit").and_then(Value::as_i64).map(Money::from_fen);
    match (matter.spends, limit) {
        (true, Some(limit)) if limit.is_positive() => Ok(Some(limit)),
        (true, _) => Err(unfounded(
            matter.law,
            "/fields/limit",
            Text::new(
                format!("{}涉及支出，须写明金额上限。", matter.zh),
                format!("{} spends money: it has a limit.", matter.en),
            ),
            Text::new("请填写大于零的金额。", "Write an amount above zero."),
        )
        .into()),
        (false, Some(_)) => Err(unfounded(
            matter.law,
            "/fields/limit",
            Text::new(
                format!("{}不涉及支出，不填金额。", matter.zh),
                format!("{} spends no money: it has no limit.", matter.en),
            ),
            Text::new(
                "请删去金额，或改选事项类别。",
                "Leave the amount out, or choose another kind.",
            ),
        )
        .into()),
        (false, None) => Ok(None),
    }
}

fn table(
    data: &mut Map<String, Value>,
    proposal: Option<&Proposal>,
    around: &Around<'_>,
) -> Result<(), Verdict> {
    check_id("/proposal", around.id)?;
    if proposal.is_some() {
        return Err(refuse(
            "proposal-exists",
            "OLVC 28",
            Text::new("该提案已经提出。", "This proposal is tabled already."),
            Text::new("请使用新的编号。", "Use a fresh id."),
        ));
    }
    let Some(unit) = around.unit else {
        return Err(refuse(
            "no-such-unit",
            "OLVC 2",
            Text::new("没有这个村。", "There is no such village."),
            Text::new("请先导入区划。", "Import the divisions first."),
        ));
    };
    if !unit.is_village() {
        return Err(refuse(
            "no-village",
            "OLVC 2",
            Text::new(
                format!("{}不是村或社区，不能提出村级事项。", unit.formed.name),
                format!("{} is no village: it decides no village matter.", unit.formed.name),
            ),
            Text::new("请选择村或社区。", "Choose a village or community."),
        ));
    }
    let key = data.get("matter").and_then(Value::as_str).unwrap_or_default();
    let matter = find_matter(key)?;
    limit_of(data, matter)?;
    data.insert("keeper".into(), json!(unit.formed.keeper));
    Ok(())
}

/// A sitting of a body that must carry the event.
fn hold(
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

fn call(
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

fn decide(
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

/// A notice on the board: from today, for fifteen days at least.
fn post(data: &mut Map<String, Value>, around: &Around<'_>) -> Result<(), Verdict> {
    let from = around.today();
    let least = from.saturating_add(jiff::Span::new().days(DISPLAY_DAYS));
    let until = match data.get("until").and_then(Value::as_str) {
        Some(text) => text.parse::<Date>().ok(),
        None => Some(window_end(data).map_or(least, |end| end.max(least))),
    };
    match until {
        Some(until) if until >= least => {
            data.insert("resolution".into(), json!(around.id));
            data.insert("from".into(), json!(from));
            data.insert("until".into(), json!(until));
            Ok(())
        }
        _ => Err(unfounded(
            "OLVC 35",
            "/fields/until",
            Text::new(
                format!("公示少于{DISPLAY_DAYS}天。"),
                format!("The notice is on the board for fewer than {DISPLAY_DAYS} days."),
            ),
            Text::new(
                format!("请公示至{least}或更晚。"),
                format!("Leave it on the board until {least} or later."),
            ),
        )
        .into()),
    }
}

fn window_end(data: &Map<String, Value>) -> Option<Date> {
    let ends = data.get("window")?.get("ends")?.as_i64()?;
    Some(Timestamp::from_micros(ends).date())
}

fn accept(proposal: &Proposal) -> Result<(), Verdict> {
    demand_adopted(proposal)?;
    if proposal.posted.is_none() {
        return Err(out_of_order("决议尚未公开。", "The resolution was not posted yet."));
    }
    if proposal.unanswered() > 0 {
        return Err(unfounded(
            "OLVC 35",
            "/step",
            Text::new(
                format!("尚有{}件异议没有答复。", proposal.unanswered()),
                format!("{} objections are not answered.", proposal.unanswered()),
            ),
            Text::new("请先答复村民的异议。", "Answer the villagers' objections first."),
        )
        .into());
    }
    Ok(())
}
