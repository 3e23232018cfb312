//! `period-open`: business of a closed month is not entered any more (ACC-2023).

use kernel::Verdict;
use serde_json::{Value, json};

use super::Asked;
use crate::{
    facts::{book, bookkeeping::started, month::Month},
    scene::Scene,
};

/// The key in definitions.
pub const KEY: &str = "period-open";
/// The article.
pub const LAW: &str = "ACC-2023";

/// Checks the month of the business.
///
/// # Errors
/// When it is closed or was never opened.
pub fn check(scene: &Scene<'_>, asked: &Asked<'_>) -> Result<Value, Verdict> {
    let month = Month::of(asked.on);
    let known = started(scene.book())?;
    match known.months.get(&month) {
        Some(found) if !found.closed => Ok(json!(month)),
        found => {
            let mut refusal = book::not_open(month, found.is_some());
            KEY.clone_into(&mut refusal.code);
            Err(refusal.into())
        }
    }
}
