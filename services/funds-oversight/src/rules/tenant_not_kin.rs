//! `tenant-not-kin`: who rents what the collective owns is no kin of, and has no interest in common with, anybody who listed
//! it, opened the bids or awards it (RCEO 35). Unknown is refused: without a declaration nobody counts as unrelated.

use kernel::{Refusal, Text, Verdict};
use serde_json::{Value, json};

use super::law;
use crate::{
    facts::{contract::Contract, party::Payee},
    scene::Scene,
};

/// The key in definitions.
pub const KEY: &str = "tenant-not-kin";
/// The article.
pub const LAW: &str = "RCEO 35";

/// Checks the tenant against all who acted and who acts now.
///
/// # Errors
/// When one of them is kin, or it cannot be known.
pub fn check(
    scene: &Scene<'_>,
    contract: Option<&Contract>,
    tenant: &Payee,
    holder: Option<&str>,
) -> Result<Value, Verdict> {
    let Some(person) = tenant.person() else { return Ok(json!("organisation")) };
    let before = contract.into_iter().flat_map(Contract::actors);
    let (zh, en) = match before.chain(holder).find_map(|who| match scene.conflicted(who, person) {
        Some(false) => None,
        other => Some(other),
    }) {
        None => return Ok(json!("no-conflict")),
        Some(Some(_)) => (
            "承租人与挂牌、开标或确定成交的人是亲属或有利害关系",
            "The tenant is kin of, or has an interest in common with, somebody who lists, opens or awards",
        ),
        Some(None) => (
            "有人没有申报亲属关系，无法核对",
            "Somebody has not declared relatives, so kinship cannot be checked",
        ),
    };
    Err(Refusal::new(
        KEY,
        Text::new(zh, en),
        Text::new(
            "请相关人员回避，或者先申报近亲属",
            "Whoever is concerned steps back, or declares relatives first",
        ),
    )
    .by_law(law(LAW))
    .at("tenant")
    .warns("W06")
    .into())
}
