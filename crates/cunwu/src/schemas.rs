//! The schemas of events (`/schemas/<type>`): what `dataschema` of an envelope, `urn:cunwu:<type>`, names. For the events of
//! the core and for those that definitions declare, a region's own among them.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{Path, State},
    http::{Method, header},
    response::{IntoResponse, Response},
};
use kernel::{Class, Text};
use serde_json::Value;
use web::{Problem, RouteInfo, Routes};

use crate::house::book::Rulebook;

/// The schemas by type.
struct Schemas(BTreeMap<String, Value>);

/// The routes, under these definitions.
pub fn routes(rules: &Rulebook) -> Routes {
    let info = RouteInfo::new(
        Method::GET,
        "/schemas/{type}",
        "event-schema",
        Text::new("一种事件的数据结构", "JSON Schema of a type of event"),
        ("logs", "open", Class::Public),
    );
    Routes::new()
        .add(info.media("application/schema+json"), schema)
        .with_state(Arc::new(Schemas(all(rules))))
}

fn all(rules: &Rulebook) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    let mut put = |service: &str, fact: &str, mut schema: Value| {
        let kind = format!("cn.cunwu.{service}.{fact}");
        if let Value::Object(schema) = &mut schema {
            schema.insert("$id".to_owned(), format!("urn:cunwu:{kind}").into());
        }
        all.insert(kind, schema);
    };
    for shape in organisation::contract::EVENTS {
        put("organisation", shape.fact, shape.schema());
    }
    for (fact, schema) in funds_oversight::contract::schemas() {
        put("funds", fact, schema);
    }
    // the core's own shape of an event is the one that holds, also where a procedure brings it about
    let core = |service: &str, fact: &str| match service {
        "organisation" => organisation::contract::EVENTS.iter().any(|shape| shape.fact == fact),
        _ => funds_oversight::contract::facts().any(|known| known == fact),
    };
    for service in ["organisation", "funds"] {
        // what lies in a closed log is said to nobody
        for definition in rules.of(service).iter().filter(|one| !one.is_closed()) {
            for (fact, schema) in casework::contract::of_definition(definition, &[]) {
                if !core(service, &fact) {
                    put(service, &fact, schema);
                }
            }
        }
    }
    for service in ["services", "disputes"] {
        for (fact, schema) in casework::contract::schemas(&rules.of(service)) {
            put(service, &fact, schema);
        }
    }
    all
}

async fn schema(State(schemas): State<Arc<Schemas>>, Path(kind): Path<String>) -> Response {
    match schemas.0.get(kind.strip_prefix("urn:cunwu:").unwrap_or(&kind)) {
        Some(schema) => ([(header::CONTENT_TYPE, "application/schema+json")], schema.to_string())
            .into_response(),
        None => Problem::not_found().into_response(),
    }
}
