//! Notice of a meeting (会议通知): so many days before, by the body that decides.
//!
//! Article: OLVC 25 (ten days for the villagers' meeting), RCEO 27 (ten for the members' assembly), local rules for
//! representatives. A region's longer notice stands in the matter's row.

use definitions::Within;
use engines::procedure::GuardInput;
use kernel::{Date, Period, Text};
use serde_json::{Value, json};

use super::{Rule, Scene};
use crate::matters;

/// The guard.
pub const RULE: Rule = Rule {
    key: "notice-period",
    law: "OLVC 25",
    mandatory_for: &["MeetingCalled"],
    reads: &["matter", "held_on"],
    parameters: &[],
    says: ("开会日期离通知之日太近。", "The meeting is too soon after the notice."),
    shows: &[],
    check,
};

fn check(input: &GuardInput<'_>, _scene: &Scene<'_>) -> Result<Value, Text> {
    let key = input.value("matter").and_then(Value::as_str).unwrap_or_default();
    let lawful = matters::find(key)
        .and_then(|matter| matter.law_of(matter.body_of(key)))
        .map_or(10, |law| law.notice_days);
    let local = match input.definition.matter(key).map(|matter| &matter.notice) {
        Some(Within::Period(Period::Days(days) | Period::WorkingDays(days))) => *days,
        _ => 0,
    };
    let days = lawful.max(local);
    let earliest = input.today().saturating_add(jiff::Span::new().days(i64::from(days)));
    let held_on =
        input.value("held_on").and_then(Value::as_str).and_then(|day| day.parse::<Date>().ok());
    match held_on {
        Some(held_on) if held_on >= earliest => Ok(json!({ "days": days })),
        _ => Err(Text::new(
            format!("须提前{days}天通知，最早可定在{earliest}。"),
            format!("People are told {days} days before: {earliest} at the earliest."),
        )),
    }
}
