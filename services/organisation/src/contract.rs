//! The contract of this service: its events with their fields, as JSON Schemas; and what may change within a version.
//!
//! `contract/` is generated from here and committed. Knows the shapes of facts, none of their rules.

use serde_json::{Map, Value, json};

/// One type of event. Fields are written `name:type` with `!` required, `?` required and possibly null, else optional.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// The fact: `unit-formed.v1`.
    pub fact: &'static str,
    /// In the closed log: others see a commitment to the whole event.
    pub closed: bool,
    /// What it says.
    pub says: &'static str,
    /// Its own fields.
    pub fields: &'static str,
    /// Whether a procedure decided it: then the engine's fields may stand beside.
    pub procedure: bool,
}

const fn open(fact: &'static str, says: &'static str, fields: &'static str) -> Shape {
    Shape { fact, closed: false, says, fields, procedure: false }
}

const fn closed(fact: &'static str, says: &'static str, fields: &'static str) -> Shape {
    Shape { fact, closed: true, says, fields, procedure: false }
}

const fn step(fact: &'static str, says: &'static str, fields: &'static str) -> Shape {
    Shape { fact, closed: false, says, fields, procedure: true }
}

/// What the engine writes into any event of a procedure.
const ENGINE: &str = "parameters:object due:object stops:array window:object concluded:bool relied_on:object \
     about:text was_due:micros overdue_about:text";
/// What a sitting leaves.
const SITTING: &str = "held_on:date noticed_on:date present_at_vote:count recused:count minutes:text channels:object \
     ballot:text witness:id difference_noted:bool";
const TALLY: &str = "body:text! should_attend:count! present:count! for:count against:count abstain:count spoilt:count";
const POSTED: &str = "resolution:id! from:date! until:date!";

/// Every event of this service.
pub const EVENTS: &[Shape] = &[
    open(
        "unit-formed.v1",
        "设立单位 A unit exists from a day on",
        "unit:id! code:code! name:text! level:level! kind:kind parent:id? keeper:id! province:id! from:date!",
    ),
    open("unit-renamed.v1", "单位更名 A unit bears another name", "unit:id! name:text! from:date!"),
    open(
        "village-set-up.v1",
        "村级组织定员 How large a village's bodies are",
        "unit:id! committee:count! supervision:count! board:count groups:count!",
    ),
    open(
        "electorate-counted.v1",
        "名册人数 How many stand on the posted lists",
        "unit:id! adults:count! households:count! party_members:count! capable_members:count on:date!",
    ),
    open(
        "definition-proposed.v1",
        "提出规则文本 One of two persons proposes a text",
        "definition:text! version:count! hash:text! holder:id! text:text",
    ),
    open(
        "definition-adopted.v1",
        "规则启用 A text governs",
        "definition:text! version:count! hash:text! persons:array! from:date! running:text! text:text",
    ),
    open(
        "seat-filled.v1",
        "任职 Somebody holds a post for a term",
        "seat:id! holder:id! name:text! body:text! post:text! from:date! to:date! households:count keeper:id! person:commitment!",
    ),
    open(
        "seat-suspended.v1",
        "停职 The holder may not act for now",
        "seat:id! holder:id! body:text! post:text! since:date law:text",
    ),
    open(
        "seat-resumed.v1",
        "恢复履职 The holder may act again",
        "seat:id! holder:id! body:text! post:text!",
    ),
    open(
        "seat-vacated.v1",
        "离任 The holder has the seat no more",
        "seat:id! holder:id! body:text! post:text! on:date! cause:text!",
    ),
    open(
        "account-opened.v1",
        "开立账号 Somebody may log in",
        "account:id! owner:object! person:commitment",
    ),
    open("account-suspended.v1", "停用账号 Logging in is barred for now", "account:id!"),
    open("account-resumed.v1", "恢复账号 Logging in is possible again", "account:id!"),
    open("account-closed.v1", "注销账号 The account ends for good", "account:id!"),
    open("access-revoked.v1", "撤销登录 All sessions and tokens so far are void", "account:id!"),
    closed(
        "conflict-declared.v1",
        "申报回避关系 Two people have a conflict",
        "party_a:id! party_b:id! degree:text!",
    ),
    closed("conflict-ended.v1", "回避关系终止 They have none any more", "party_a:id! party_b:id!"),
    closed(
        "declaration-filed.v1",
        "亲属申报 Somebody has declared all relatives in office",
        "party:id! pairs:count!",
    ),
    closed(
        "holder-known.v1",
        "任职人员对应 Which person an office holder is",
        "holder:id! person:id!",
    ),
    closed(
        "interest-declared.v1",
        "申报利害关系 A person has an interest in a proposal",
        "proposal:id! person:id!",
    ),
    open(
        "text-opened.v1",
        "查阅密封内容 Somebody opened a sealed value",
        "log:id! index:count! field:text! reason:text!",
    ),
    step(
        "proposal-tabled.v1",
        "提出提案 A matter is put on the table",
        "matter:text! limit:fen title:commitment grounds:commitment proposer:text supporters:count consultation:id interested:party keeper:id!",
    ),
    step(
        "proposal-revised.v1",
        "修改提案 A returned proposal is revised",
        "limit:fen grounds:commitment",
    ),
    step(
        "proposal-endorsed-by-party.v1",
        "村党组织研究同意 The party organisation endorses it",
        "@tally",
    ),
    step(
        "proposal-returned-by-party.v1",
        "村党组织退回 The party organisation sends it back",
        "@count",
    ),
    step("proposal-consulted.v1", "“两委”商议同意 The two committees agree", "@tally"),
    step(
        "proposal-returned-by-committees.v1",
        "“两委”退回 The two committees send it back",
        "@count",
    ),
    step(
        "proposal-reviewed-by-supervision.v1",
        "监督委员会核议 Supervision gives its opinion",
        "note:commitment",
    ),
    step("materials-sent-to-members.v1", "送达审议材料 The party members have the papers", ""),
    step("proposal-reviewed.v1", "党员大会审议通过 The party members agree", "@tally"),
    step(
        "proposal-rejected-by-members.v1",
        "党员大会未通过 The party members do not agree",
        "@tally",
    ),
    step("party-meeting-inquorate.v1", "党员大会人数不足 Too few party members came", "@count"),
    step(
        "meeting-called.v1",
        "召集会议 The deciding meeting is called",
        "body:text! held_on:date! told_on:date!",
    ),
    step(
        "meeting-called-again.v1",
        "另行召集会议 Another meeting is called",
        "body:text! held_on:date! told_on:date!",
    ),
    step(
        "resolution-adopted.v1",
        "通过决议 The body has adopted it",
        "@tally resolution:id! matter:text! limit:fen? valid_from:date! read_out:bool",
    ),
    step(
        "resolution-rejected.v1",
        "未通过决议 The body has not adopted it",
        "@tally read_out:bool",
    ),
    step("meeting-inquorate.v1", "会议人数不足 Too few came to decide", "@count read_out:bool"),
    step("resolution-published.v1", "决议公开 The resolution is on the board", "@posted"),
    step(
        "notice-posted-anew.v1",
        "重新公示 A notice that came down early hangs anew",
        "@posted note:commitment",
    ),
    step("resolution-display-ended.v1", "决议公示期满 The resolution has hung long enough", ""),
    step("disclosure-overdue.v1", "决议逾期未公开 Nobody has posted the resolution in time", ""),
    step("objection-filed.v1", "提出异议 A villager objects", "objection:commitment!"),
    step("objection-answered.v1", "答复异议 The objection is answered", "note:commitment!"),
    step("answer-overdue.v1", "异议逾期未答复 An objection has no answer in time", ""),
    step(
        "execution-reported.v1",
        "报告实施情况 The village hears how it is carried out",
        "note:commitment!",
    ),
    open(
        "resolution-drawn.v1",
        "决议支出 A payment was made under the resolution",
        "resolution:id! payment:id! amount:fen! on:date! drawn:fen! left:fen?",
    ),
    step("result-accepted.v1", "验收结果 Supervision accepts the result", "note:commitment"),
    step("result-published.v1", "实施结果公开 The result is on the board", "@posted"),
    step("result-display-ended.v1", "结果公示期满 The result has hung long enough", ""),
    step("result-overdue.v1", "结果逾期未公开 Nobody has posted the result in time", ""),
    step("proposal-withdrawn.v1", "撤回提案 The proposal is withdrawn", "note:commitment!"),
    step(
        "resolution-annulled.v1",
        "撤销决议 A court or the authority above has undone it",
        "resolution:id! grounds:commitment!",
    ),
    open(
        "deadline-passed.v1",
        "期限届满 A deadline passed that no definition here knows",
        "deadline:text! due_at:micros! stops:array!",
    ),
];

fn expanded(shape: &Shape) -> String {
    let counted = TALLY.replace('!', "");
    let mut fields = shape
        .fields
        .replace("@tally", &format!("{TALLY} {SITTING}"))
        .replace("@count", &format!("{counted} {SITTING}"))
        .replace("@posted", POSTED);
    if shape.procedure {
        fields.push(' ');
        fields.push_str(ENGINE);
    }
    fields
}

fn schema_of(kind: &str) -> Value {
    match kind {
        "code" => json!({ "type": "string", "pattern": "^[0-9]{12}$" }),
        "date" => json!({ "type": "string", "format": "date" }),
        "count" => json!({ "type": "integer", "minimum": 0 }),
        "fen" => json!({ "type": "integer", "description": "fen" }),
        "micros" => json!({ "type": "integer", "description": "microseconds since 1970, UTC" }),
        "bool" => json!({ "type": "boolean" }),
        "object" => json!({ "type": "object" }),
        "array" => json!({ "type": "array" }),
        "level" => json!({ "enum": ["province", "prefecture", "county", "township", "village"] }),
        "kind" => json!({ "enum": ["village", "community", "statistical"] }),
        "commitment" => json!({
            "type": "object",
            "required": ["sha256", "class"],
            "properties": { "sha256": { "type": "string" }, "class": { "enum": ["public", "members", "staff", "sealed"] } },
        }),
        // an organisation's name, or a commitment for a person
        "party" => json!({ "type": "object" }),
        _ => json!({ "type": "string" }),
    }
}

impl Shape {
    /// The JSON Schema of the event's `data`.
    pub fn schema(&self) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for item in expanded(self).split_whitespace() {
            let Some((name, kind)) = item.split_once(':') else { continue };
            let bare = kind.trim_end_matches(['!', '?']);
            let mut schema = schema_of(bare);
            if kind.ends_with('?') {
                schema = json!({ "anyOf": [schema, { "type": "null" }] });
            }
            if kind != bare {
                required.push(Value::from(name));
            }
            properties.insert(name.to_owned(), schema);
        }
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": format!("urn:cunwu:cn.cunwu.organisation.{}", self.fact),
            "title": self.says,
            "x-log": if self.closed { "closed" } else { "open" },
            "type": "object",
            "required": required,
            "properties": properties,
        })
    }

    /// What of this data the schema does not allow; empty when it fits.
    pub fn misfits(&self, data: &Map<String, Value>) -> Vec<String> {
        let schema = self.schema();
        let properties = schema["properties"].as_object().cloned().unwrap_or_default();
        let mut misfits: Vec<String> = data
            .iter()
            .filter_map(|(name, value)| match properties.get(name) {
                None => Some(format!("{name} is not declared")),
                Some(kind) if !fits(kind, value) => Some(format!("{name} is {value}, not {kind}")),
                Some(_) => None,
            })
            .collect();
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !data.contains_key(name) {
                misfits.push(format!("{name} is missing"));
            }
        }
        misfits
    }
}

fn fits(schema: &Value, value: &Value) -> bool {
    if let Some(any) = schema["anyOf"].as_array() {
        return any.iter().any(|one| fits(one, value));
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.contains(value);
    }
    let right_type = match schema["type"].as_str() {
        Some("string") => value.is_string(),
        Some("integer") => {
            value.is_i64() && (schema["minimum"] != json!(0) || value.as_i64() >= Some(0))
        }
        Some("boolean") => value.is_boolean(),
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("null") => value.is_null(),
        _ => true,
    };
    let has_required = schema["required"]
        .as_array()
        .is_none_or(|names| names.iter().filter_map(Value::as_str).all(|n| value.get(n).is_some()));
    right_type && has_required
}

/// What makes a new schema break readers of the old one: within a version only fields are added, none of them required.
pub fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    let empty = Map::new();
    let fresh = new["properties"].as_object().unwrap_or(&empty);
    for (name, kind) in old["properties"].as_object().unwrap_or(&empty) {
        match fresh.get(name) {
            None => broken.push(format!("{name} was taken out")),
            Some(other) if other != kind => broken.push(format!("{name} changed its type")),
            Some(_) => {}
        }
    }
    let required = |schema: &Value| -> Vec<String> {
        schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect()
    };
    let (before, after) = (required(old), required(new));
    broken.extend(
        after.iter().filter(|n| !before.contains(n)).map(|n| format!("{n} became required")),
    );
    broken.extend(
        before.iter().filter(|n| !after.contains(n)).map(|n| format!("{n} is promised no more")),
    );
    if old["x-log"] != new["x-log"] {
        broken.push("it moved to another kind of log".to_owned());
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_added_optional_fields_are_compatible() {
        let old = open("x.v1", "x", "a:id! b:count").schema();
        let same = |fields| breaks(&old, &open("x.v1", "x", fields).schema());
        assert!(same("a:id! b:count").is_empty());
        assert!(same("a:id! b:count c:date").is_empty());
        assert_eq!(same("a:id! b:count c:date!"), ["c became required"]);
        assert_eq!(same("a:id!"), ["b was taken out"]);
        assert_eq!(same("a:id! b:text"), ["b changed its type"]);
        assert_eq!(same("a:id b:count"), ["a is promised no more"]);
    }

    #[test]
    fn names_are_facts_of_the_past_and_no_workflow_words() {
        for shape in EVENTS {
            for word in ["updated", "step", "state", "instance", "payload"] {
                assert!(!shape.fact.split('-').any(|part| part == word), "{}", shape.fact);
                let named = |f: &str| f.split(':').next() == Some(word);
                assert!(!expanded(shape).split_whitespace().any(named), "{}", shape.fact);
            }
        }
    }
}
