//! `approver-not-payee`: nobody approves or pays money to themselves (RCEO 35).

use kernel::{Refusal, Text, Verdict};
use serde_json::{Value, json};

use super::{Asked, law};
use crate::scene::Scene;

/// The key in definitions.
pub const KEY: &str = "approver-not-payee";
/// The article.
pub const LAW: &str = "RCEO 35";

/// Checks that the payee is not the one who acts. Unknown is refused.
///
/// # Errors
/// When they are one person, or it cannot be known.
pub fn check(scene: &Scene<'_>, asked: &Asked<'_>) -> Result<Value, Verdict> {
    let refuse = |zh: &str, en: &str, remedy: Text| {
        Err(Refusal::new(KEY, Text::new(zh, en), remedy).by_law(law(LAW)).at("payee").into())
    };
    let Some(payee) = &asked.payee else {
        return refuse(
            "收款人没有出示，无法核对",
            "The payee was not shown and cannot be checked",
            Text::new("请打开收款人信息后再办理", "Open the payee's name first"),
        );
    };
    let Some(person) = payee.person() else {
        return Ok(json!("organisation"));
    };
    match asked.holder.and_then(|holder| scene.person_behind(holder)) {
        Some(own) if own != person => Ok(json!("another-person")),
        Some(_) => refuse(
            "收款人就是经办的人自己",
            "The payee is the person who acts",
            Text::new("请由没有关系的人办理", "Somebody without an interest must do this"),
        ),
        None => refuse(
            "查不到经办人的身份，无法核对",
            "Who acts is not known as a person and cannot be checked",
            Text::new("请乡镇核对任职登记", "Let the township check the register of seats"),
        ),
    }
}
