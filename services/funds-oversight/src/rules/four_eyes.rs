//! Two persons (四眼原则): holders are compared, never seats. Used by the acts that no definition orders.

use kernel::{Actor, Refusal, Text};

use super::law;

/// The holder behind an official act.
///
/// # Errors
/// When it is no official's act.
pub fn holder(actor: &Actor) -> Result<&str, Refusal> {
    actor.holder().ok_or_else(|| {
        Refusal::new(
            "officials-only",
            Text::new("这一步要由任职的人办理", "An office holder must do this"),
            Text::new("请用任职身份登录", "Log in with your seat"),
        )
        .by_law(law("county-finance"))
    })
}
