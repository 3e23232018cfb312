//! A stage of joining the party begins when the one before it is over (发展党员不得越级).
//!
//! Article: PMD. The stage before is named by its id, lies in the same village, and leads on once (`claim`).

use definitions::FieldType;
use engines::procedure::GuardInput;
use kernel::Text;
use serde_json::Value;

use super::{Rule, Scene};
use crate::facts::membership;

/// The guard.
pub const RULE: Rule = Rule {
    key: "stage-before-ended",
    law: "PMD",
    mandatory_for: &[],
    reads: &["before"],
    parameters: &[],
    says: (
        "上一阶段没有完成，不能进入下一阶段。",
        "The stage before is not over: the next one cannot begin.",
    ),
    shows: &[],
    check,
};

fn check(input: &GuardInput<'_>, scene: &Scene<'_>) -> Result<Value, Text> {
    let kind = match input.definition.fields.get("before").map(|field| &field.kind) {
        Some(FieldType::Ref(kind)) => kind.as_str(),
        _ => "",
    };
    let here = scene.around.unit.map(|unit| unit.place().unit);
    let over = scene.cited.is_some_and(|case| {
        Some(&case.place.unit) == here.as_ref() && membership::leads_on(kind, &case.history)
    });
    if over {
        return Ok(Value::Null);
    }
    Err(Text::new(
        "请先在本村完成上一阶段，并选择它。",
        "Bring the stage before to its end in this village, and choose it.",
    ))
}
