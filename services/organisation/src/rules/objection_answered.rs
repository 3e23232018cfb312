//! Every objection has its answer (异议已答复) before the resolution is carried out, accepted and shown.
//!
//! Article: OLVC 35 (villagers may inquire, and are answered).

use engines::procedure::GuardInput;
use kernel::Text;
use serde_json::{Value, json};

use super::{Rule, Scene};

/// The guard.
pub const RULE: Rule = Rule {
    key: "objection-answered",
    law: "OLVC 35",
    mandatory_for: &["ExecutionReported", "ResultAccepted", "ResultPublished"],
    reads: &[],
    parameters: &[],
    says: ("尚有村民的异议没有答复。", "A villager's objection is not answered yet."),
    shows: &[],
    check,
};

fn check(_input: &GuardInput<'_>, scene: &Scene<'_>) -> Result<Value, Text> {
    let open = scene.proposal.map_or(0, crate::facts::progress::Proposal::unanswered);
    if open == 0 {
        return Ok(json!({ "unanswered": 0 }));
    }
    Err(Text::new(format!("请先答复{open}件异议。"), format!("Answer {open} objections first.")))
}
