//! A warning (预警), stream `warning/<id>`: what a watch found, who took it up, what came of it. Knows no watch.
//!
//! Under any definition: whoever is concerned, and their kin, neither take it up nor explain, check or clear it; what is red
//! goes past the village; the result needs two persons; a payment that it holds stays unpaid until it is cleared. What was
//! found is sealed for those who check (class staff): the open log says that there is a warning, how grave, and what became
//! of it, never about what or whom.

use definitions::watch::Severity;
use engines::watch::Found;
use kernel::{
    Actor, Class, Date, Deadline, Draft, Event, Refusal, Retention, SealedValue, StreamId, Text,
    Timestamp, UnitId, Verdict,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{fact, one_person, party::Opened};
use crate::{rules::law, scene::Scene};

/// The last day to take it up.
pub const ANSWER_BY: &str = "warning-taken-up";
/// The last day for the result.
pub const RESULT_BY: &str = "warning-result";
/// The fact that begins it.
pub const RAISED: &str = "warning-raised.v1";
/// The sealed field.
pub const FINDING: &str = "finding";

/// What was found, whole: sealed, for those who check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Its number in the catalogue of warnings.
    pub rule: String,
    /// The watch, `id@hash`.
    pub watch: String,
    /// What the engine found.
    pub found: Found,
    /// The office holders whom it concerns.
    pub concerns: Vec<String>,
}

/// How a warning ended (处理结果).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// 已整改
    Rectified,
    /// 误报
    FalsePositive,
    /// 转为问题线索
    Clue,
}

/// `warning-raised.v1`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WarningRaised {
    /// The warning.
    pub warning: String,
    /// How grave.
    pub severity: Severity,
    /// The payments that wait for it.
    pub holds: Vec<String>,
    /// The last day to take it up.
    pub answer_by: Date,
    /// The last day for the result.
    pub result_by: Date,
    /// The unit that keeps the log.
    pub keeper: UnitId,
    /// The warning of the same thing that was cleared before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again_after: Option<String>,
}

/// `warning-repeated.v1`: the same was found once more while it is open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WarningRepeated {
    /// The warning.
    pub warning: String,
    /// How grave it is now: never less than before.
    pub severity: Severity,
    /// The payments that wait for it now.
    pub holds: Vec<String>,
}

/// `explanation-asked.v1` (要求说明), `warning-taken-up.v1` (上级直接核查)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfWarning {
    /// The warning.
    pub warning: String,
}

/// `warning-verified.v1` (核查结论), `warning-cleared.v1` (解除)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WarningResult {
    /// The warning.
    pub warning: String,
    /// What it came to.
    pub result: Ended,
}

/// `warning-escalated.v1` (逾期升级): a day passed, the next level takes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WarningEscalated {
    /// The warning.
    pub warning: String,
    /// Which day: to take it up, or for the result.
    pub of: String,
    /// The day.
    pub due: Date,
}

/// `payment-held.v1` (暂缓支付), `payment-hold-lifted.v1` (恢复支付)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaymentHeld {
    /// The payment.
    pub payment: String,
    /// The warning that it waits for.
    pub warning: String,
}

/// The state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Warning {
    /// Whose money it is about.
    pub unit: UnitId,
    /// The unit that keeps the log.
    pub keeper: UnitId,
    /// How grave.
    pub severity: Severity,
    /// The payments that wait for it.
    pub holds: Vec<String>,
    /// The last day to take it up.
    pub answer_by: Date,
    /// The last day for the result.
    pub result_by: Date,
    /// Somebody took it up.
    pub taken: bool,
    /// The result as it was checked, and by whom.
    pub verified: Option<(Ended, String)>,
    /// How it ended.
    pub ended: Option<Ended>,
    /// The days that passed.
    pub passed: Vec<String>,
    /// What stands for what was found, the last time.
    pub finding: String,
    /// How often it was found.
    pub occurrences: u32,
}

/// The stream of a warning.
pub fn stream(warning: &str) -> StreamId {
    StreamId::of("warning", warning)
}

fn sealed(warning: &str, finding: &Finding) -> Result<SealedValue, Verdict> {
    let value = serde_json::to_value(finding)
        .map_err(|error| Verdict::Unavailable(format!("a finding cannot be written: {error}")))?;
    Ok(SealedValue {
        field: FINDING.to_owned(),
        value,
        class: Class::Staff,
        subject: format!("warning-{warning}"),
        retention: Retention {
            purpose: "those who check can follow what was found and what came of it".to_owned(),
            basis: "ARCHIVES-2015".to_owned(),
            years: 10,
        },
    })
}

/// Raises a warning (预警); the payments named are held from now on.
///
/// # Errors
/// When the finding cannot be written.
pub fn raise(
    raised: &WarningRaised,
    finding: &Finding,
    scene: &Scene<'_>,
) -> Result<Vec<Draft>, Verdict> {
    let id = &raised.warning;
    let first = fact(stream(id), RAISED, raised)?.sealing(sealed(id, finding)?);
    let mut drafts = vec![first];
    drafts.extend(hold(scene, id, &raised.holds)?);
    Ok(drafts)
}

/// The same was found once more (再次发生).
///
/// # Errors
/// When the finding cannot be written.
pub fn repeat(
    id: &str,
    warning: &Warning,
    finding: &Finding,
    holds: &[String],
    scene: &Scene<'_>,
) -> Result<Vec<Draft>, Verdict> {
    let more: Vec<String> =
        holds.iter().filter(|one| !warning.holds.contains(one)).cloned().collect();
    let repeated = WarningRepeated {
        warning: id.to_owned(),
        severity: warning.severity.max(finding.found.severity),
        holds: warning.holds.iter().chain(&more).cloned().collect(),
    };
    let first = fact(stream(id), "warning-repeated.v1", &repeated)?.sealing(sealed(id, finding)?);
    let mut drafts = vec![first];
    drafts.extend(hold(scene, id, &more)?);
    Ok(drafts)
}

fn hold(scene: &Scene<'_>, warning: &str, payments: &[String]) -> Result<Vec<Draft>, Verdict> {
    of_payments(scene, warning, payments, "payment-held.v1", |payment| {
        payment.is_unpaid() && !payment.held_by.iter().any(|known| known == warning)
    })
}

fn of_payments(
    scene: &Scene<'_>,
    warning: &str,
    payments: &[String],
    kind: &str,
    which: impl Fn(&super::payment::Payment) -> bool,
) -> Result<Vec<Draft>, Verdict> {
    let known = payments.iter().filter(|id| {
        scene.payment(id).is_some_and(|case| case.core.unit == *scene.unit() && which(&case.core))
    });
    known
        .map(|id| {
            let held = PaymentHeld { payment: id.clone(), warning: warning.to_owned() };
            fact(super::payment::stream(id), kind, &held)
        })
        .collect()
}

/// Takes it up: the village is asked to explain, or the level above checks by itself.
///
/// # Errors
/// When it is over; when what is red would go to the village.
pub fn take_up(id: &str, warning: &Warning, kind: &str) -> Result<Draft, Verdict> {
    still_open(warning)?;
    if kind == "explanation-asked.v1" && warning.severity == Severity::Red {
        return Err(past_the_village().into());
    }
    fact(stream(id), kind, &OfWarning { warning: id.to_owned() })
}

/// Says what came of checking it (核查结论).
///
/// # Errors
/// When it is over.
pub fn verify(id: &str, warning: &Warning, result: Ended) -> Result<Draft, Verdict> {
    still_open(warning)?;
    let verified = WarningResult { warning: id.to_owned(), result };
    fact(stream(id), "warning-verified.v1", &verified)
}

/// Clears it (解除): another person than the one who checked it. What it held may be paid, unless it became a clue.
///
/// # Errors
/// When it is over or was not checked; when one person would do both.
pub fn clear(
    id: &str,
    warning: &Warning,
    by: &str,
    scene: &Scene<'_>,
) -> Result<Vec<Draft>, Verdict> {
    still_open(warning)?;
    let Some((result, checked_by)) = &warning.verified else {
        return Err(not_now(Text::new("还没有核查结论", "It was not checked yet")).into());
    };
    if checked_by == by {
        return Err(one_person(Text::new(
            "核查的人不能自己解除",
            "Who checked it may not clear it",
        ))
        .into());
    }
    let cleared = WarningResult { warning: id.to_owned(), result: *result };
    let mut drafts = vec![fact(stream(id), "warning-cleared.v1", &cleared)?];
    if *result != Ended::Clue {
        let kind = "payment-hold-lifted.v1";
        drafts.extend(of_payments(scene, id, &warning.holds, kind, |payment| {
            payment.held_by.iter().any(|known| known == id)
        })?);
    }
    Ok(drafts)
}

/// What a day that passed writes (逾期升级); nothing once it was taken up, or is over.
pub fn lapse(id: &str, warning: &Warning, name: &str) -> Option<Draft> {
    let deadline = warning.deadlines().into_iter().find(|deadline| deadline.name == name)?;
    let due = if deadline.name == ANSWER_BY { warning.answer_by } else { warning.result_by };
    let of = if deadline.name == ANSWER_BY { "answer" } else { "result" };
    let escalated = WarningEscalated { warning: id.to_owned(), of: of.to_owned(), due };
    fact(stream(id), "warning-escalated.v1", &escalated).ok()
}

/// What was found, when this is what was sealed.
pub fn opened(warning: &Warning, opened: Option<&Opened>) -> Option<Finding> {
    serde_json::from_value(opened?.proves(&warning.finding)?.clone()).ok()
}

/// Whether somebody may deal with a warning: neither concerned nor kin of who is, as far as can be known; and for what is
/// red, not from the village itself.
///
/// # Errors
/// The refusal. Outside it is told as nothing at all.
pub fn unconcerned(
    scene: &Scene<'_>,
    warning: &Warning,
    finding: Option<&Finding>,
    actor: &Actor,
) -> Result<(), Verdict> {
    let Actor::Official(seat) = actor else { return Ok(()) };
    let Some(finding) = finding else {
        return Err(Refusal::field(
            FINDING,
            Text::new("预警内容没有出示", "What was found was not shown"),
            Text::new("请重新打开预警", "Open the warning again"),
        )
        .into());
    };
    if warning.severity == Severity::Red && seat.unit == warning.unit {
        return Err(past_the_village().into());
    }
    for concerned in &finding.concerns {
        if *concerned == seat.holder {
            return Err(about_oneself(
                Text::new("这项预警涉及您本人", "This warning is about yourself"),
                Text::new("由其他人办理", "Somebody else deals with it"),
            )
            .into());
        }
        let person = scene.person_behind(concerned);
        let kin = person.and_then(|person| scene.conflicted(&seat.holder, &person));
        if kin != Some(false) {
            return Err(about_oneself(
                Text::new(
                    "这项预警涉及您的近亲属，或者无法核对",
                    "This warning is about kin of yours, or it cannot be checked",
                ),
                Text::new(
                    "由其他人办理；没有申报亲属的先申报",
                    "Somebody else deals with it; who has not declared relatives does so first",
                ),
            )
            .into());
        }
    }
    Ok(())
}

fn about_oneself(what: Text, remedy: Text) -> Refusal {
    Refusal::new("concerned", what, remedy).by_law(law("RCEO 35"))
}

fn past_the_village() -> Refusal {
    Refusal::new(
        "past-the-village",
        Text::new("红色预警不经村办理", "What is red goes past the village"),
        Text::new("由乡镇以上直接核查", "The township or a level above checks it"),
    )
    .by_law(law("county-finance"))
}

fn still_open(warning: &Warning) -> Result<(), Refusal> {
    match warning.ended {
        None => Ok(()),
        Some(_) => Err(not_now(Text::new("这项预警已经解除", "This warning is cleared"))),
    }
}

fn not_now(what: Text) -> Refusal {
    Refusal::new("not-now", what, Text::new("请按预警的下一步办理", "Do what comes next"))
        .by_law(law("county-finance"))
}

impl Warning {
    /// What it has open by itself, whatever a definition says.
    pub fn deadlines(&self) -> Vec<Deadline> {
        if self.ended.is_some() {
            return Vec::new();
        }
        let days = [(ANSWER_BY, self.answer_by, self.taken), (RESULT_BY, self.result_by, false)];
        days.into_iter()
            .filter(|(name, _, done)| !done && !self.passed.iter().any(|passed| passed == name))
            .map(|(name, day, _)| Deadline {
                name: name.to_owned(),
                due_at: Timestamp::end_of(day).plus_micros(1),
            })
            .collect()
    }

    /// The state after an event of the stream.
    pub fn evolve(this: Option<Self>, event: &Event) -> Option<Self> {
        let finding = event.commitment(FINDING).map(|(hash, _)| hash.to_owned());
        match (event.fact(), this) {
            (RAISED, None) => {
                let raised: WarningRaised = event.read().ok()?;
                Some(Self {
                    unit: event.unit.clone(),
                    keeper: raised.keeper,
                    severity: raised.severity,
                    holds: raised.holds,
                    answer_by: raised.answer_by,
                    result_by: raised.result_by,
                    taken: false,
                    verified: None,
                    ended: None,
                    passed: Vec::new(),
                    finding: finding?,
                    occurrences: 1,
                })
            }
            (kind, Some(mut warning)) => {
                let of = |field: &str| event.data.get(field).cloned().unwrap_or(Value::Null);
                match kind {
                    "warning-repeated.v1" => {
                        let repeated: WarningRepeated = event.read().ok()?;
                        warning.severity = repeated.severity;
                        warning.holds = repeated.holds;
                        warning.occurrences = warning.occurrences.saturating_add(1);
                        warning.finding = finding.unwrap_or(warning.finding);
                    }
                    "explanation-asked.v1" | "warning-taken-up.v1" => warning.taken = true,
                    "warning-verified.v1" => {
                        let holder = kernel::Actor::parse_official(&event.actor).map(|(_, h)| h);
                        let by = holder.unwrap_or(&event.actor).to_owned();
                        warning.taken = true;
                        warning.verified =
                            serde_json::from_value(of("result")).ok().map(|result| (result, by));
                    }
                    "warning-cleared.v1" => {
                        warning.ended = serde_json::from_value(of("result")).ok();
                    }
                    "warning-escalated.v1" => warning.passed.push(
                        match of("of").as_str() {
                            Some("answer") => ANSWER_BY,
                            _ => RESULT_BY,
                        }
                        .to_owned(),
                    ),
                    _ => {}
                }
                Some(warning)
            }
            (_, None) => None,
        }
    }
}
