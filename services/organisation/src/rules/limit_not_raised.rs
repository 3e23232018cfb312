//! The meeting may lower an amount, never raise it (金额不得突破): what was not studied and reviewed is not resolved.
//!
//! Article: OLVC 28, RCEO 26.

use engines::procedure::GuardInput;
use kernel::Text;
use serde_json::{Value, json};

use super::{Rule, Scene};

/// The guard.
pub const RULE: Rule = Rule {
    key: "limit-not-raised",
    law: "OLVC 28",
    mandatory_for: &["ResolutionAdopted"],
    reads: &[],
    parameters: &[],
    says: ("决议金额高于提案金额。", "The resolution has a higher amount than the proposal."),
    shows: &[],
    check,
};

fn check(input: &GuardInput<'_>, scene: &Scene<'_>) -> Result<Value, Text> {
    let asked = input.fields.get("resolved_limit").and_then(Value::as_i64);
    let tabled = scene.proposal.and_then(|proposal| proposal.limit).map(kernel::Money::fen);
    if asked.is_none_or(|asked| tabled.is_some_and(|tabled| asked <= tabled)) {
        return Ok(json!({ "tabled": tabled }));
    }
    Err(Text::new(
        "请按提案金额或更低的金额决议；增加金额须重新提案。",
        "Resolve the tabled amount or less; more money means a new proposal.",
    ))
}
