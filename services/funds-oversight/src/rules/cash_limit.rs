//! `cash-limit`: above a small sum money leaves by bank (《现金管理暂行条例》; W03).

use kernel::{Money, Refusal, Text, Verdict};
use serde_json::{Value, json};

use super::{Asked, law};
use crate::facts::payment::Method;

/// The key in definitions.
pub const KEY: &str = "cash-limit";
/// The article.
pub const LAW: &str = "CASH-1988";

/// Checks the amount of a payment in cash against a limit; without a limit nothing may be paid in cash.
///
/// # Errors
/// When it is above the limit.
pub fn check(code: &str, asked: &Asked<'_>, limit: Option<Money>) -> Result<Value, Verdict> {
    if asked.method == Method::Bank {
        return Ok(json!("bank"));
    }
    let limit = limit.unwrap_or_default();
    if asked.amount <= limit {
        return Ok(json!({ "limit": limit }));
    }
    Err(Refusal::new(
        code,
        Text::new(
            format!("现金付款{}元，超过限额{limit}元", asked.amount),
            format!("{} yuan in cash is above the limit of {limit}", asked.amount),
        ),
        Text::new("请改用银行转账", "Pay it by bank"),
    )
    .by_law(law(LAW))
    .at("method")
    .warns("W03")
    .into())
}
