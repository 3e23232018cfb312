//! `invoice-unused`: one invoice, one payment, in the whole province (W17; FIN-2021).

use kernel::{Refusal, Text, Verdict};
use serde_json::{Value, json};

use super::{Asked, law};
use crate::scene::Scene;

/// The key in definitions.
pub const KEY: &str = "invoice-unused";
/// The article.
pub const LAW: &str = "FIN-2021";

/// Checks the invoice's claim.
///
/// # Errors
/// When it was used before.
pub fn check(code: &str, scene: &Scene<'_>, asked: &Asked<'_>) -> Result<Value, Verdict> {
    match &asked.claim {
        Some(claim) if scene.taken.contains(claim) => Err(Refusal::new(
            code,
            Text::new(
                "这张发票（单据）已经报销过",
                "This invoice or paper was used for a payment before",
            ),
            Text::new("请换成这笔付款自己的票据", "Give the paper of this payment"),
        )
        .by_law(law(LAW))
        .at("invoice")
        .warns("W17")
        .into()),
        _ => Ok(json!("unused")),
    }
}
