//! `bank-account-not-personal`: collective money is never in an account opened in a person's name (RCEO 44).

use kernel::{Refusal, Text, Verdict};
use serde_json::{Value, json};

use super::{Asked, law};
use crate::{
    facts::{bank::HeldBy, payment::Method},
    scene::Scene,
};

/// The key in definitions.
pub const KEY: &str = "bank-account-not-personal";
/// The article.
pub const LAW: &str = "RCEO 44";

/// Checks in whose name an account stands.
///
/// # Errors
/// When it is a person's.
pub fn check_holder(code: &str, held_by: HeldBy) -> Result<(), Refusal> {
    match held_by {
        HeldBy::Collective => Ok(()),
        HeldBy::Person => Err(refuse(
            code,
            "集体的钱不能存在以个人名义开的账户里",
            "Collective money may not lie in an account in a person's name",
        )),
    }
}

/// Checks that a payment by bank leaves from an account of this collective.
///
/// # Errors
/// When the account is not recorded here, another's, or a person's.
pub fn check(code: &str, scene: &Scene<'_>, asked: &Asked<'_>) -> Result<Value, Verdict> {
    if asked.method == Method::Cash {
        return Ok(json!("cash"));
    }
    let account = asked.bank_account.as_deref().and_then(|id| scene.account(id));
    match account {
        Some(account) if account.unit == *scene.unit() => {
            check_holder(code, account.held_by)?;
            Ok(json!(account.kind))
        }
        _ => Err(refuse(
            code,
            "付款账户不是本集体登记的账户",
            "The money would leave from an account that is not recorded as this collective's",
        )
        .into()),
    }
}

fn refuse(code: &str, zh: &str, en: &str) -> Refusal {
    Refusal::new(
        code,
        Text::new(zh, en),
        Text::new(
            "请用以集体经济组织名义开立、已登记的账户",
            "Use a recorded account in the collective's own name",
        ),
    )
    .by_law(law(LAW))
    .at("bank_account")
}
