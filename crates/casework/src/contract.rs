//! What a service of casework says to others: the schema of every event's data, from its definitions; and the folder in
//! which schemas and golden samples are kept. Within a version only additive change.

use std::{collections::BTreeMap, fs, io, path::Path};

use definitions::{Definition, Definitions, Field, FieldType, Optional, Step};
use kernel::{Class, Event};
use serde_json::{Map, Value, json};

use crate::{case::KEEPER, domain::TIME_PASSED, openings::TEXT_OPENED};

/// The schema of every event's data, by fact, in the order of the definitions.
pub fn schemas(set: &Definitions) -> Vec<(String, Value)> {
    // What lies in a closed log is said to nobody.
    let open = set.iter().filter(|one| !one.is_closed());
    let mut all: Vec<(String, Value)> =
        open.flat_map(|one| of_definition(one, &["relied_on"])).collect();
    all.extend(of_ledgers(set));
    let plain = |fields: &[(&str, &str)]| {
        let of = |(name, kind): &(&str, &str)| ((*name).to_owned(), json!({ "type": kind }));
        let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        object(fields.iter().map(of).collect(), &names)
    };
    let opened =
        [("log", "string"), ("index", "integer"), ("field", "string"), ("reason", "string")];
    all.push((TEXT_OPENED.to_owned(), plain(&opened)));
    let passed = [("deadline", "string"), ("stops", "array"), ("was_due", "integer")];
    all.push((TIME_PASSED.to_owned(), plain(&passed)));
    all
}

/// The schemas of bookings, one for each ledger and way, whichever files book on it.
fn of_ledgers(set: &Definitions) -> BTreeMap<String, Value> {
    let ledgers = set.iter().flat_map(|definition| &definition.ledgers);
    let facts = ledgers.flat_map(|ledger| {
        let back = ledger.reversed.iter().map(|(_, fact)| (fact, true));
        [(&ledger.booked.1, false)].into_iter().chain(back)
    });
    let of = |(fact, back): (&String, bool)| {
        let properties = json!({
            "ledger": {"type": "string"},
            "lines": {
                "type": "array", "minItems": 2, "description": "they sum to zero",
                "items": {"type": "object", "required": ["account", "amount"], "properties": {
                    "account": {"type": "string"}, "amount": {"type": "integer"},
                }},
            },
            "case": {"type": "string", "description": "the stream of the case"},
            "entry": {"type": "integer", "minimum": 1, "description": "which event of the case, from 1"},
            "because": {"type": "string", "description": "the fact of that event"},
            "reverses": {"type": "integer", "minimum": 1, "description": "the event of the case whose booking is taken back"},
        });
        let mut required = vec!["ledger", "lines", "case", "entry", "because"];
        if back {
            required.push("reverses");
        }
        (fact.clone(), object(properties.as_object().cloned().unwrap_or_default(), &required))
    };
    facts.map(of).collect()
}

/// The schema of every event's data of one procedure, by fact; `always` are the engine's fields that the service puts into each
/// event of a step.
pub fn of_definition(definition: &Definition, always: &[&str]) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    // what it binds of the definition that it replaces, that one's schema describes
    let of_its_base = |fact: &String| {
        definition.extends.is_some() && !definition.locals.iter().any(|l| l.fact == *fact)
    };
    for step in &definition.steps {
        for event in step.events.iter().filter(|event| !of_its_base(&event.fact)) {
            all.push((event.fact.clone(), of_step(definition, step, always)));
        }
        let missed = step.missed.as_ref().map(|missed| &missed.fact);
        let closes = step.window.as_ref().and_then(|w| w.closes.as_ref()).map(|(_, fact)| fact);
        for fact in missed.into_iter().chain(closes).filter(|fact| !of_its_base(fact)) {
            let mut properties = engine();
            properties.insert(
                "was_due".to_owned(),
                json!({"type": "integer", "description": "µs since 1970, UTC"}),
            );
            properties.insert("overdue_about".to_owned(), json!({"type": "string"}));
            all.push((fact.clone(), object(properties, &["stops", "was_due"])));
        }
    }
    all
}

fn object(properties: Map<String, Value>, required: &[&str]) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object", "properties": properties, "required": required,
    })
}

fn engine() -> Map<String, Value> {
    let fields = json!({
        "parameters": {"type": "object", "description": "in force at the decision"},
        "due": {"type": "object", "additionalProperties": {"type": "integer"}, "description": "what falls due: µs since 1970, UTC"},
        "stops": {"type": "array", "items": {"type": "string"}},
        "window": {"type": "object", "required": ["fact", "ends"]},
        "concluded": {"type": "boolean"},
        "relied_on": {"type": "object", "description": "positions of the facts relied on"},
        "about": {"type": "string", "description": "the event that is answered"},
    });
    fields.as_object().cloned().unwrap_or_default()
}

fn of_step(definition: &Definition, step: &Step, always: &[&str]) -> Value {
    let mut properties = engine();
    let mut required = always.to_vec();
    for field in definition.form(step) {
        properties.insert(field.name.clone(), of_field(field));
        if field.optional == Optional::No {
            required.push(&field.name);
        }
    }
    if definition.is_first(step) {
        properties.insert(KEEPER.to_owned(), json!({"type": "string", "minLength": 1}));
        required.push(KEEPER);
    }
    if !definition.ledgers_of(step).is_empty() {
        let books = json!({"type": "array", "description": "what it books, beside it, on ledgers"});
        properties.insert("books".to_owned(), books);
    }
    object(properties, &required)
}

fn of_field(field: &Field) -> Value {
    let sealed = json!({
        "type": "object", "required": ["sha256", "class"],
        "properties": {"sha256": {"type": "string"}, "class": {"enum": ["public", "members", "staff", "sealed"]}},
    });
    if matches!(field.kind, FieldType::Text { .. }) || field.class.strictest() != Class::Public {
        return sealed;
    }
    match &field.kind {
        FieldType::Money => json!({"type": "integer", "description": "fen"}),
        FieldType::Count => json!({"type": "integer", "minimum": 0}),
        FieldType::YesNo => json!({"type": "boolean"}),
        FieldType::Enum(words) => json!({"type": "string", "enum": words}),
        FieldType::Date => json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
        FieldType::Month => json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}),
        FieldType::Party => json!({"type": "object", "required": ["organisation"]}),
        FieldType::Attachment | FieldType::Photo => json!({"type": ["string", "array"]}),
        _ => json!({"type": "string", "minLength": 1}),
    }
}

/// What a change of a schema takes from its readers; empty when it only adds.
pub fn breaks(published: &Value, now: &Value) -> Vec<String> {
    let list = |schema: &Value| -> Vec<String> {
        let names = schema["required"].as_array().into_iter().flatten();
        names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
    };
    let (before, after) = (list(published), list(now));
    let mut found: Vec<String> = before
        .iter()
        .filter(|name| !after.contains(name))
        .map(|name| format!("`{name}` is not always there any more"))
        .collect();
    for (name, schema) in published["properties"].as_object().into_iter().flatten() {
        match now["properties"].get(name) {
            None => found.push(format!("`{name}` is gone")),
            Some(changed) if !widens(schema, changed) => {
                found.push(format!("`{name}` means something else"));
            }
            Some(_) => {}
        }
    }
    found
}

/// The same, or an enumeration with more words.
fn widens(before: &Value, after: &Value) -> bool {
    let without = |schema: &Value| {
        let mut schema = schema.clone();
        if let Value::Object(object) = &mut schema {
            object.remove("enum");
            object.remove("description");
        }
        schema
    };
    let words = |schema: &Value| schema["enum"].as_array().cloned().unwrap_or_default();
    without(before) == without(after)
        && words(before).iter().all(|word| words(after).contains(word))
}

/// Compares the folder with what the definitions give: a schema for each fact, and as sample the first event of it. With
/// `update` it writes what only adds. Gives what differs or breaks.
///
/// # Errors
/// When the folder cannot be written.
pub fn keep(
    folder: &Path,
    set: &Definitions,
    events: &[Event],
    update: bool,
) -> io::Result<Vec<String>> {
    let mut wrong = Vec::new();
    let mut expected = Vec::new();
    for (fact, schema) in schemas(set) {
        let path = folder.join(format!("{fact}.schema.json"));
        let published = fs::read_to_string(&path).ok();
        if let Some(published) =
            published.as_deref().and_then(|text| serde_json::from_str(text).ok())
        {
            let lost = breaks(&published, &schema);
            if !lost.is_empty() {
                wrong.push(format!("{fact} needs a new version: {}", lost.join(", ")));
                continue;
            }
        }
        let text = format!("{}\n", serde_json::to_string_pretty(&schema)?);
        expected.push((path, text));
        match events.iter().find(|event| event.fact() == fact) {
            Some(event) => {
                let bytes = event.encode().map_err(io::Error::other)?;
                let text = String::from_utf8(bytes).map_err(io::Error::other)?;
                expected.push((folder.join(format!("{fact}.sample.json")), text));
            }
            None if fact == TIME_PASSED => {}
            None => wrong.push(format!("{fact} never happens")),
        }
    }
    if update {
        fs::create_dir_all(folder)?;
    }
    for (path, text) in expected {
        if fs::read_to_string(&path).ok().as_deref() == Some(text.as_str()) {
            continue;
        }
        if update {
            fs::write(&path, text)?;
        } else {
            wrong.push(format!("{} is not as committed", path.display()));
        }
    }
    Ok(wrong)
}
