//! Quarrels that a demo village's mediators settle, and what somebody there writes to the level above. All made up; all of
//! it lies in closed logs.

use casework::{Take, own};
use engines::procedure::Act;
use kernel::Actor;
use serde_json::{Value, json};

use super::{teller::Teller, village::Village};

/// A step: days after the first one, who, which, with which outcome.
type Course = &'static [(i64, &'static str, &'static str, Option<&'static str>)];

const SETTLED: Course = &[
    (0, "mediation-chair", "apply", Some("applied")),
    (1, "mediation-chair", "ask-other", Some("agreed")),
    (1, "mediation-chair", "confirm-applicant", Some("agreed")),
    (2, "mediation-chair", "choose", None),
    (4, "mediation-chair", "sit-down", None),
    (7, "mediation-chair", "agree", None),
    (7, "mediation-chair", "sign", None),
    (20, "mediation-chair", "perform", Some("performed")),
];
/// None against a refusal: both are told where else to turn.
const REFUSED: Course = &[
    (0, "mediation-chair", "apply", Some("offered")),
    (2, "mediation-chair", "ask-other", Some("refused")),
    (2, "mediation-chair", "tell-remedies", None),
];

/// Who writes: the person whose case it is, without an account.
const WRITER: &str = "person-concerned";

const ANSWERED: Course = &[
    (0, WRITER, "write", None),
    (6, "petition-officer", "sort", Some("request")),
    (9, "petition-officer", "accept", None),
    (30, "petition-officer", "answer", Some("supported")),
];
const NOT_SATISFIED: Course = &[
    (0, WRITER, "write", None),
    (5, "petition-officer", "sort", Some("request")),
    (8, "petition-officer", "accept", None),
    (24, "petition-officer", "answer", Some("explained")),
    (30, WRITER, "ask-review", None),
];
/// An accusation leaves for discipline inspection and comes back to nobody here.
const ACCUSED: Course = &[
    (0, WRITER, "write", None),
    (2, "petition-officer", "sort", Some("accusation")),
    (3, "discipline-inspector", "take-over", None),
];

/// Something that happens in a closed case on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    pub procedure: &'static str,
    pub post: &'static str,
    pub step: &'static str,
    pub outcome: Option<&'static str>,
}

/// What happens in a village's closed cases, by days from its first.
pub fn course(number: usize) -> Vec<(i64, Sealed)> {
    let mediation = match number % 3 {
        1 => SETTLED,
        2 => REFUSED,
        _ => &[],
    };
    let petition = match number % 4 {
        0 => ANSWERED,
        1 => ACCUSED,
        2 => NOT_SATISFIED,
        _ => &[],
    };
    let of = |procedure: &'static str, from: i64, course: Course| {
        course.iter().map(move |(after, post, step, outcome)| {
            (from + after, Sealed { procedure, post, step, outcome: *outcome })
        })
    };
    of("mediation", 15, mediation).chain(of("petition", 20, petition)).collect()
}

/// What is typed at a step.
fn typed(step: &str, chair: &str) -> Value {
    match step {
        "apply" => json!({
            "kind": "neighbours", "applicant": { "person": "demo-applicant" },
            "quarrel": "两家之间的排水沟改了道，雨天积水。",
        }),
        "ask-other" => json!({ "other": { "person": "demo-other-side" } }),
        "choose" => json!({ "mediator": chair }),
        "sit-down" => json!({ "heard": "到现场看了沟，双方都同意恢复原来的走向。" }),
        "agree" => json!({
            "facts": "沟是去年翻修院墙时改的，双方当时没有商量。",
            "agreed": "沟恢复原走向，费用各半。",
            "how": "由两家一起动手，村里借给工具。",
            "perform_by": "2026-02-10",
        }),
        "tell-remedies" => json!({ "told_of": "court" }),
        "write" => json!({ "matter": "村里去年卖树的钱用到哪里去了，希望公开明细。" }),
        "answer" => json!({ "reply": "经核查，款项已入账，明细已在村务公开栏和网页公开。" }),
        "ask-review" => json!({ "again": "公开的明细里看不到卖了多少棵。" }),
        _ => json!({}),
    }
}

impl Village {
    pub(super) async fn sealed(&mut self, teller: &mut Teller, what: Sealed) -> anyhow::Result<()> {
        let Sealed { procedure, post, step, outcome } = what;
        let chair = self.official("mediation-chair")?.holder.clone();
        let Value::Object(fields) = typed(step, &chair) else { anyhow::bail!("fields have names") };
        let mut act = Act::new(procedure, step, fields);
        act.outcome = outcome.map(str::to_owned);
        let begun = self.closed.get(procedure).cloned();
        let id = match &begun {
            Some(id) => id.clone(),
            None if post == WRITER => {
                let code = self.door.code();
                let id = own::id_of(&code);
                self.query_code = Some(code);
                id
            }
            None => self.door.opaque(),
        };
        let mut take = Take::new(act);
        match begun {
            Some(id) => take.on = Some(id),
            None => {
                take.new = Some(id.clone());
                self.closed.insert(procedure, id.clone());
            }
        }
        let actor = if post == WRITER { Actor::Resident(id) } else { self.actor(post)? };
        // What lies at the level above is acted on there.
        let place = if lies_above(procedure, step) { &self.above } else { &self.place };
        teller.disputes(place, actor, take).await
    }
}

/// Whether a step is taken at the level above the village: all of a petition but its writing.
fn lies_above(procedure: &str, step: &str) -> bool {
    procedure == "petition" && step != "write"
}
