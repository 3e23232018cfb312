//! JSON Schema (2020-12) of what a step takes and what the API answers, from the definition. Knows no service.

use definitions::{Definition, Field, FieldType, Optional, Step};
use serde_json::{Map, Value, json};

use crate::{ask::outcomes, show::label, sitting::Table};

/// The body of a step: fields, and what else the step needs.
pub(crate) fn request(definition: &Definition, step: &Step) -> Value {
    let form = definition.form(step);
    let properties: Map<String, Value> =
        form.iter().map(|field| (field.name.clone(), of_field(definition, field))).collect();
    let required: Vec<&str> = form
        .iter()
        .filter(|field| field.optional == Optional::No)
        .map(|field| field.name.as_str())
        .collect();
    let mut needed = Vec::new();
    let mut parts = Map::new();
    parts.insert(
        "fields".to_owned(),
        json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false }),
    );
    if !required.is_empty() {
        needed.push("fields");
    }
    let outcomes = outcomes(step);
    if !outcomes.is_empty() {
        parts.insert(
            "outcome".to_owned(),
            json!({ "enum": outcomes, "description": "决定 · the decision" }),
        );
        needed.push("outcome");
    }
    if Table::is_for(step) {
        parts.insert("sitting".to_owned(), sitting(step));
        needed.push("sitting");
    }
    if step.answers.is_some() {
        parts.insert(
            "about".to_owned(),
            json!({ "type": "string", "description": "所答复的记录 · the id of the event that is answered; the oldest open one when absent" }),
        );
    }
    parts.insert("seat".to_owned(), seat());
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("{} · {}", step.name.zh, step.name.en),
        "type": "object",
        "properties": parts,
        "required": needed,
        "additionalProperties": false,
    })
}

fn of_field(definition: &Definition, field: &Field) -> Value {
    let mut schema = match &field.kind {
        FieldType::Money => json!({ "oneOf": [
            { "type": "integer", "minimum": 1, "description": "分 · fen" },
            { "type": "string", "pattern": "^[0-9]+(\\.[0-9]{1,2})?$", "description": "元 · yuan, such as 1234.50" },
        ] }),
        FieldType::Enum(words) => json!({ "enum": words }),
        FieldType::Text { most, .. } => {
            json!({ "type": "string", "minLength": 1, "maxLength": most })
        }
        FieldType::Date => json!({ "type": "string", "format": "date" }),
        FieldType::Month => json!({ "type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$" }),
        FieldType::Count => json!({ "type": "integer", "minimum": 0 }),
        FieldType::MatterType => {
            let ids: Vec<&str> =
                definition.matters.iter().map(|matter| matter.id.as_str()).collect();
            json!({ "enum": ids })
        }
        FieldType::YesNo => json!({ "type": "boolean" }),
        FieldType::Period => json!({ "type": "string", "pattern": "^[0-9]+ (days|working-days)$" }),
        FieldType::Ref(_) | FieldType::Holder => {
            json!({ "type": "string", "minLength": 1, "maxLength": 200 })
        }
        FieldType::Party => json!({ "oneOf": [
            { "type": "object", "properties": { "organisation": { "type": "string", "minLength": 1, "maxLength": 200 } }, "required": ["organisation"], "additionalProperties": false },
            { "type": "object", "properties": { "person": { "type": "string", "minLength": 1, "maxLength": 200 } }, "required": ["person"], "additionalProperties": false },
        ] }),
        FieldType::Attachment | FieldType::Photo => json!({ "oneOf": [
            { "type": "string", "pattern": "^[0-9a-fA-F]{64}$" },
            { "type": "array", "items": { "type": "string", "pattern": "^[0-9a-fA-F]{64}$" }, "minItems": 1, "maxItems": 20 },
        ] }),
    };
    let label = label(field);
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".to_owned(), format!("{} · {}", label.zh, label.en).into());
        if !field.why.is_empty() {
            object.insert("description".to_owned(), field.why.clone().into());
        }
    }
    schema
}

fn sitting(step: &Step) -> Value {
    let channels = match &step.roll {
        Some(roll) if !roll.channels.is_empty() => roll.channels.clone(),
        _ => vec!["hall".to_owned()],
    };
    let number = || json!({ "type": "integer", "minimum": 0 });
    let count = json!({
        "type": "object",
        "properties": { "for": number(), "against": number(), "abstain": number(), "spoilt": number() },
        "additionalProperties": false,
    });
    let votes: Map<String, Value> =
        channels.iter().map(|channel| (channel.clone(), count.clone())).collect();
    let holders = json!({ "type": "array", "items": { "type": "string" } });
    json!({
        "type": "object",
        "properties": {
            "held_on": { "type": "string", "format": "date" },
            "place": { "type": "string" },
            "noticed_on": { "type": "string", "format": "date" },
            "should_attend": number(),
            "attendance": { "type": "array", "items": {
                "type": "object",
                "properties": { "holder": { "type": "string" }, "channel": { "enum": channels } },
                "required": ["holder", "channel"],
            } },
            "left_before_vote": holders,
            "recused": holders,
            "votes": { "type": "object", "properties": votes, "additionalProperties": false },
            "ballot": { "enum": ["show-of-hands", "secret"] },
            "difference": { "type": "string" },
            "witness": { "type": "string" },
            "minutes": { "type": "string", "pattern": "^[0-9a-fA-F]{64}$" },
        },
        "required": ["held_on", "should_attend", "attendance"],
    })
}

fn seat() -> Value {
    json!({
        "type": "object",
        "description": "以哪个任职办理；只有一个合适时可不填 · the seat acted in; may be left out where only one fits",
        "properties": { "unit": { "type": "string" }, "body": { "type": "string" }, "post": { "type": "string" } },
        "required": ["post"],
        "additionalProperties": false,
    })
}

/// The receipt.
pub(crate) fn receipt() -> Value {
    json!({
        "type": "object",
        "properties": {
            "outcome": { "enum": ["accepted", "already-done"] },
            "receipt": { "type": "object", "properties": {
                "at": { "type": "integer", "description": "µs UTC" },
                "events": { "type": "array", "items": { "type": "object", "properties": {
                    "id": { "type": "string" }, "fact": { "type": "string" }, "stream": { "type": "string" },
                    "version": { "type": "integer" }, "log": { "type": "string" }, "index": { "type": "integer" },
                }, "required": ["id", "version", "log", "index"] } },
                "promises": { "type": "array" },
            }, "required": ["at", "events", "promises"] },
            "thing": { "type": "object", "properties": {
                "procedure": { "type": "string" }, "id": { "type": "string" }, "version": { "type": "integer" }, "href": { "type": "string" },
            } },
        },
        "required": ["outcome", "receipt"],
    })
}

/// A thing.
pub(crate) fn thing() -> Value {
    json!({
        "type": "object",
        "properties": {
            "procedure": { "type": "string" }, "id": { "type": "string" }, "unit": { "type": "string" }, "version": { "type": "integer" },
            "definition": { "type": "string" }, "title": { "type": "object" }, "ended": { "type": "boolean" },
            "values": { "type": "object" }, "opened": { "type": "object" },
            "path": { "type": "array" }, "open": { "type": "array" }, "records": { "type": "array" },
        },
        "required": ["procedure", "id", "unit", "version", "ended", "values", "open", "records"],
    })
}

/// A page of a list.
pub(crate) fn list() -> Value {
    json!({
        "type": "object",
        "properties": { "items": { "type": "array", "items": { "type": "object" } }, "next": { "type": "string" } },
        "required": ["items"],
    })
}

/// A file kept.
pub(crate) fn kept() -> Value {
    json!({
        "type": "object",
        "properties": {
            "sha256": { "type": "string" }, "name": { "type": "string" }, "media_type": { "type": "string" }, "bytes": { "type": "integer" },
        },
        "required": ["sha256", "name", "media_type", "bytes"],
    })
}
