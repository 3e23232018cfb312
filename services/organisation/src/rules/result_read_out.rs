//! The result is read out on the spot (当场宣布表决结果), before people leave.
//!
//! Article: OLVC 39 (records of decisions); the local rules for village decisions.

use engines::procedure::GuardInput;
use kernel::Text;
use serde_json::{Value, json};

use super::{Rule, Scene};

/// The guard.
pub const RULE: Rule = Rule {
    key: "result-read-out",
    law: "OLVC 39",
    mandatory_for: &["ResolutionAdopted"],
    reads: &["read_out"],
    parameters: &[],
    says: ("表决结果没有当场宣布。", "The result was not read out on the spot."),
    shows: &[],
    check,
};

fn check(input: &GuardInput<'_>, _scene: &Scene<'_>) -> Result<Value, Text> {
    if input.fields.get("read_out").and_then(Value::as_bool) == Some(true) {
        return Ok(json!(true));
    }
    Err(Text::new(
        "请当场宣布结果后再登记；没有宣布的，请重新开会宣布。",
        "Read the result out, then record it; if it was not read out, read it at another sitting.",
    ))
}
