//! On the board long enough (公示期不少于十五日): a resolution, and the result of carrying it out.
//!
//! Article: OLVC 35.

use definitions::{Tighten, Value as Parameter};
use engines::procedure::GuardInput;
use kernel::{Date, Period, Text};
use serde_json::{Value, json};

use super::{Rule, Scene};
use crate::facts::proposal::DISPLAY_DAYS;

/// The guard.
pub const RULE: Rule = Rule {
    key: "display-not-short",
    law: "OLVC 35",
    mandatory_for: &["ResolutionPublished", "ResultPublished"],
    reads: &["until"],
    parameters: &[("resolution_notice", "days", Tighten::Up)],
    says: ("公示时间太短。", "The notice is not on the board long enough."),
    shows: &[],
    check,
};

fn check(input: &GuardInput<'_>, _scene: &Scene<'_>) -> Result<Value, Text> {
    let days = match input.parameters.get("resolution_notice") {
        Some(Parameter::Period(Period::Days(days) | Period::WorkingDays(days))) => {
            i64::from(*days).max(DISPLAY_DAYS)
        }
        _ => DISPLAY_DAYS,
    };
    let least = input.today().saturating_add(jiff::Span::new().days(days));
    match input.fields.get("until").and_then(Value::as_str).map(str::parse::<Date>) {
        None => Ok(json!({ "days": days })),
        Some(Ok(until)) if until >= least => Ok(json!({ "days": days })),
        Some(_) => Err(Text::new(
            format!("公示不少于{days}天，请公示至{least}或更晚。"),
            format!("{days} days at least: leave it on the board until {least} or later."),
        )),
    }
}
