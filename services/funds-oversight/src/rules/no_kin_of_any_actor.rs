//! `no-kin-of-any-actor`: the payee is no kin of, and has no interest in common with, anybody who asks, approves or pays
//! (W06; RCEO 35). Unknown is refused: without a declaration nobody counts as unrelated.

use kernel::{Refusal, Text, Verdict};
use serde_json::{Value, json};

use super::{Asked, law};
use crate::scene::Scene;

/// The key in definitions.
pub const KEY: &str = "no-kin-of-any-actor";
/// The article.
pub const LAW: &str = "RCEO 35";

/// Checks the payee against all who acted and who acts now.
///
/// # Errors
/// When one of them is kin, or it cannot be known.
pub fn check(scene: &Scene<'_>, asked: &Asked<'_>) -> Result<Value, Verdict> {
    let refuse = |zh: &str, en: &str, remedy: Text| {
        Err(Refusal::new(KEY, Text::new(zh, en), remedy)
            .by_law(law(LAW))
            .at("payee")
            .warns("W06")
            .into())
    };
    let Some(payee) = &asked.payee else {
        return refuse(
            "收款人没有出示，无法核对亲属关系",
            "The payee was not shown, so kinship cannot be checked",
            Text::new("请打开收款人信息后再办理", "Open the payee's name first"),
        );
    };
    let Some(person) = payee.person() else {
        return Ok(json!("organisation"));
    };
    let before = asked.payment.iter().flat_map(|p| p.actors());
    for holder in before.chain(asked.holder) {
        match scene.conflicted(holder, person) {
            Some(false) => {}
            Some(true) => {
                return refuse(
                    "收款人与申请、审批或付款的人是亲属或有利害关系",
                    "The payee is kin of, or has an interest in common with, somebody who asked, approved or pays",
                    Text::new(
                        "请相关人员回避，由乡镇指定的人办理",
                        "Whoever is concerned steps back; the township names somebody else",
                    ),
                );
            }
            None => {
                return refuse(
                    "有人没有申报亲属关系，无法核对",
                    "Somebody has not declared relatives, so kinship cannot be checked",
                    Text::new(
                        "请申请、审批和付款的人先申报近亲属",
                        "Let those who ask, approve and pay declare their relatives first",
                    ),
                );
            }
        }
    }
    Ok(json!("unrelated"))
}
