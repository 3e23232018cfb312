//! Nothing is carried out while the resolution hangs on the board (公示期满后实施).
//!
//! Article: OLVC 35. A court's annulment does not wait for it: therefore a guard of this step, not a halt of the whole.

use engines::procedure::GuardInput;
use kernel::Text;
use serde_json::{Value, json};

use super::{Rule, Scene};

/// The guard.
pub const RULE: Rule = Rule {
    key: "display-over",
    law: "OLVC 35",
    mandatory_for: &["ExecutionReported"],
    reads: &[],
    parameters: &[],
    says: (
        "公示期未满，不能实施。",
        "The resolution still hangs on the board: it is not carried out yet.",
    ),
    shows: &[],
    check,
};

fn check(input: &GuardInput<'_>, scene: &Scene<'_>) -> Result<Value, Text> {
    match scene.proposal.and_then(|proposal| proposal.posted) {
        Some(display) if display.until < input.today() => Ok(json!({ "until": display.until })),
        Some(display) => Err(Text::new(
            format!("公示至{}，请在此后办理。", display.until),
            format!("It hangs until {}: do it after that.", display.until),
        )),
        None => Err(Text::new("请先公开决议。", "Post the resolution first.")),
    }
}
