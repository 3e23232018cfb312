//! `reserves-headroom`: the budget line or grant still has the amount (RCEO 26(7)).

use kernel::{Refusal, Text, Verdict};
use serde_json::{Value, json};

use super::{Asked, law};
use crate::scene::Scene;

/// The key in definitions.
pub const KEY: &str = "reserves-headroom";
/// The article.
pub const LAW: &str = "RCEO 26(7)";

/// Checks what is left. A resolution's limit on which nobody drew yet is judged by `covered-by-resolution`.
///
/// # Errors
/// When less than the amount is left.
pub fn check(scene: &Scene<'_>, asked: &Asked<'_>) -> Result<Value, Verdict> {
    let Some(reserve) = scene.reserve(&asked.reserve) else {
        return Ok(json!("not-opened"));
    };
    if reserve.available >= asked.amount {
        return Ok(json!({ "available": reserve.available }));
    }
    Err(Refusal::new(
        KEY,
        Text::new(
            format!("额度只剩{}元，不够{}元", reserve.available, asked.amount),
            format!("{} yuan are left, not {}", reserve.available, asked.amount),
        ),
        Text::new(
            "请减少金额，或者按程序调整预算",
            "Ask for less, or change the budget by a resolution",
        ),
    )
    .by_law(law(LAW))
    .at("amount")
    .into())
}
