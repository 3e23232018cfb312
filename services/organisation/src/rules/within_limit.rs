//! What was paid stays within the resolution (支出不超决议金额) when its result is accepted.
//!
//! Article: RCEO 26(7); funds-oversight refuses a payment above the limit, this guard sees what it reported.

use engines::procedure::GuardInput;
use kernel::Text;
use serde_json::{Value, json};

use super::{Rule, Scene};

/// The guard.
pub const RULE: Rule = Rule {
    key: "within-limit",
    law: "RCEO 26(7)",
    mandatory_for: &["ResultAccepted"],
    reads: &[],
    parameters: &[],
    says: ("已付金额超出决议金额。", "More was paid than the resolution allows."),
    shows: &[],
    check,
};

fn check(_input: &GuardInput<'_>, scene: &Scene<'_>) -> Result<Value, Text> {
    let Some(proposal) = scene.proposal else { return Ok(Value::Null) };
    let drawn = json!({ "drawn": proposal.drawn.fen() });
    match proposal.left() {
        Some(left) if left.is_negative() => Err(Text::new(
            "超出部分须另行提案、决议后方可验收。",
            "What exceeds it needs a resolution of its own before the result is accepted.",
        )),
        None if proposal.drawn.is_positive() => Err(Text::new(
            "该决议不涉及支出，却有付款引用；请先更正付款。",
            "Payments cite a resolution that spends nothing: correct them first.",
        )),
        _ => Ok(drawn),
    }
}
