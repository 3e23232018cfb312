//! Who may put a matter on the table (议题提出权): the organisations by themselves, villagers and representatives in number.
//!
//! Article: OLVC 25 and 29 (a tenth of the villagers, a fifth of the representatives).

use engines::procedure::GuardInput;
use kernel::Text;
use serde_json::{Value, json};

use super::{Rule, Scene};
use crate::bodies::List;

/// The guard.
pub const RULE: Rule = Rule {
    key: "proposer-right",
    law: "OLVC 25",
    mandatory_for: &["ProposalTabled"],
    reads: &["proposer", "supporters"],
    parameters: &[],
    says: (
        "联名人数不足：村民联名须达十分之一，村民代表联名须达五分之一。",
        "Too few people support it: a tenth of the villagers, or a fifth of the representatives.",
    ),
    shows: &[],
    check,
};

fn check(input: &GuardInput<'_>, scene: &Scene<'_>) -> Result<Value, Text> {
    let proposer = input.value("proposer").and_then(Value::as_str).unwrap_or_default();
    let supporters = input.value("supporters").and_then(Value::as_u64).unwrap_or(0);
    let (whole, part) = match proposer {
        "villagers" => {
            (scene.around.village.and_then(|village| village.list(List::Adults)).map(u64::from), 10)
        }
        "representatives" => {
            let count = scene
                .around
                .seats
                .map(|seats| seats.holders(&["representatives"], input.today()).len());
            (count.and_then(|count| u64::try_from(count).ok()), 5)
        }
        _ => return Ok(json!({ "proposer": proposer })),
    };
    let Some(whole) = whole.filter(|whole| *whole > 0) else {
        return Err(Text::new(
            "名册人数尚未登记，请先登记。",
            "The length of the list is not recorded: record it first.",
        ));
    };
    let needed = whole.div_ceil(part);
    if supporters >= needed && supporters <= whole {
        return Ok(json!({ "supporters": supporters, "of": whole }));
    }
    Err(Text::new(
        format!("{whole}人中须有至少{needed}人联名。"),
        format!("At least {needed} of {whole} are needed."),
    ))
}
