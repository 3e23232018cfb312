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
    resolution::{call, decide, hold},
    seat::Seats,
    sitting::unfounded,
    unit::Unit,
    village::Village,
};
use crate::{
    bodies,
    laws::law,
    matters::{self, MatterKind},
};

/// Days that a resolution or a result stays on the board at least (OLVC 35).
pub const DISPLAY_DAYS: i64 = 15;

/// The kind of its streams.
pub const KIND: &str = "proposal";

/// The stream of a proposal; the resolution has its id.
pub fn stream(proposal: &str) -> StreamId {
    StreamId::of(KIND, proposal)
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
    pub(super) fn today(&self) -> Date {
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

pub(super) fn demand(held: bool, proposal: &Proposal, what: &str) -> Result<(), Verdict> {
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

pub(super) fn find_matter(key: &str) -> Result<&'static MatterKind, Verdict> {
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
