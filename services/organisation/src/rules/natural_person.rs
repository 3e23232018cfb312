//! Somebody who joins the party is a person (申请人是自然人): an organisation has no kin, and nobody would step aside for one.
//!
//! Article: PMD.

use definitions::FieldType;
use engines::procedure::GuardInput;
use kernel::Text;
use serde_json::Value;

use super::{Rule, Scene};

/// The guard.
pub const RULE: Rule = Rule {
    key: "natural-person",
    law: "PMD",
    mandatory_for: &[],
    reads: &[],
    parameters: &[],
    says: ("申请入党的是个人，不是组织。", "A person asks to join, not an organisation."),
    shows: &[],
    check,
};

fn check(input: &GuardInput<'_>, _: &Scene<'_>) -> Result<Value, Text> {
    let parties = input.definition.fields.values();
    let mut parties = parties.filter(|field| field.kind == FieldType::Party && field.recuse);
    let is_person = |value: &Value| value.get("person").is_some();
    if parties.all(|field| input.fields.get(&field.name).is_none_or(is_person)) {
        return Ok(Value::Null);
    }
    Err(Text::new("请填写本人的人员登记编号。", "Give the id of the person in the register."))
}
