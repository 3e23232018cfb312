//! The description of the API (OpenAPI 3.1, JSON Schema 2020-12), made from the registry of routes alone.

use kernel::Text;
use serde_json::{Map, Value, json};

use crate::{
    catalogue,
    problem::MEDIA_TYPE,
    routes::{Media, RouteInfo},
};

/// The document. Pages for people are left out; every operation lists the errors it can give, all of them problems.
pub fn openapi(title: &Text, version: &str, routes: &[RouteInfo]) -> Value {
    let mut paths = Map::new();
    let mut sorted: Vec<&RouteInfo> =
        routes.iter().filter(|route| route.media != Media::Html).collect();
    sorted.sort_by_key(|route| (route.path.as_str(), route.method.as_str()));
    for route in sorted {
        let item = paths.entry(plain(&route.path)).or_insert_with(|| json!({}));
        item[route.method.as_str().to_ascii_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.1.1",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": title.zh,
            "description": title.en,
            "version": version,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": { "Problem": problem_schema() },
            "responses": { "Problem": {
                "description": "错误（RFC 9457）。Problem details (RFC 9457).",
                "content": { (MEDIA_TYPE): { "schema": { "$ref": "#/components/schemas/Problem" } } },
            } },
            "parameters": parameters(),
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer" },
                "session": { "type": "apiKey", "in": "cookie", "name": "__Host-cunwu-session" },
            },
        },
    })
}

/// OpenAPI knows no wildcard: `{*rest}` is a parameter as any other.
fn plain(path: &str) -> String {
    path.replace("{*", "{")
}

fn operation(route: &RouteInfo) -> Value {
    let parameter = |name: &str| json!({ "$ref": format!("#/components/parameters/{name}") });
    let mut listed: Vec<Value> = names(&route.path)
        .map(|name| {
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
        })
        .collect();
    listed.push(parameter("AcceptLanguage"));
    if route.keyed {
        listed.push(parameter("IdempotencyKey"));
    }
    if route.versioned {
        listed.push(parameter("IfMatch"));
    }
    if route.action == "read" && route.media == Media::Json {
        listed.push(parameter("AtLeast"));
    }
    let mut operation = json!({
        "operationId": route.operation,
        "summary": route.summary.zh,
        "description": route.summary.en,
        "tags": [route.service],
        "x-cunwu-action": route.action,
        "x-cunwu-class": route.class,
        "parameters": listed,
        "responses": responses(route),
    });
    let everybody =
        route.action == "open" || (route.action == "read" && route.class == kernel::Class::Public);
    if !everybody {
        operation["security"] = json!([{ "token": [] }, { "session": [] }]);
    }
    if let Some(schema) = &route.request {
        let media = if route.upload { "multipart/form-data" } else { "application/json" };
        operation["requestBody"] =
            json!({ "required": true, "content": { (media): { "schema": schema } } });
    }
    operation
}

fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| {
        Some(segment.strip_prefix('{')?.strip_suffix('}')?.trim_start_matches('*'))
    })
}

fn responses(route: &RouteInfo) -> Value {
    let media = match route.media {
        Media::Json => "application/json",
        Media::Html => "text/html",
        Media::Other(other) => other,
    };
    let schema = route.response.clone().unwrap_or(Value::Bool(true));
    let mut responses = json!({
        "200": { "description": "成功。Done.", "content": { (media): { "schema": schema } } },
    });
    let mut statuses = vec![404, 500, 503];
    if route.action != "open" {
        statuses.extend([401, 403]);
    }
    if route.request.is_some() {
        statuses.extend([413, 415, 422]);
    }
    if route.keyed {
        statuses.extend([400, 409, 422]);
    }
    if route.versioned {
        statuses.extend([412, 428]);
    }
    statuses.sort_unstable();
    statuses.dedup();
    for status in statuses {
        responses[status.to_string()] = json!({ "$ref": "#/components/responses/Problem" });
    }
    responses["default"] = json!({ "$ref": "#/components/responses/Problem" });
    responses
}

fn parameters() -> Value {
    let header = |name: &str, required: bool, zh: &str, en: &str, schema: Value| {
        json!({
            "name": name, "in": "header", "required": required,
            "description": format!("{zh} {en}"), "schema": schema,
        })
    };
    let text = |longest: u32| json!({ "type": "string", "minLength": 1, "maxLength": longest });
    json!({
        "AcceptLanguage": header(
            "Accept-Language", false, "中文（默认）或英文。", "Chinese (default) or English.",
            json!({ "type": "string", "examples": ["zh-CN", "en"] }),
        ),
        "IdempotencyKey": header(
            "Idempotency-Key", true, "幂等键：重发时不变。", "The same for a repeat.", text(128),
        ),
        "IfMatch": header(
            "If-Match", true, "所见版本的 ETag。", "The ETag of the version seen.", text(24),
        ),
        "AtLeast": header(
            "X-Cunwu-At-Least", false, "至少读到此位置：日志:序号。",
            "At least as of this position: log:index.", text(160),
        ),
    })
}

fn problem_schema() -> Value {
    let string = json!({ "type": "string" });
    let codes: Vec<&str> = catalogue::ALL.iter().map(|generic| generic.code).collect();
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail", "code", "remedy"],
        "properties": {
            "type": { "type": "string", "format": "uri-reference" },
            "title": string,
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "detail": string,
            "code": { "type": "string", "examples": codes },
            "remedy": string,
            "law": {
                "type": "object",
                "required": ["article", "name"],
                "properties": { "article": string, "name": string },
            },
            "errors": { "type": "array", "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": { "type": "string", "format": "json-pointer" },
                    "detail": string,
                },
            } },
            "warning": string,
            "version": { "type": "integer", "minimum": 0 },
            "request": string,
        },
    })
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use kernel::Class;

    use super::*;

    fn document() -> Value {
        let text = || Text::new("付款", "Payments");
        let to = |action| ("funds", action, Class::Staff);
        let routes = [
            RouteInfo::new(Method::POST, "/api/payments/{payment}", "approve", text(), to("act"))
                .takes(json!({ "type": "object" }))
                .keyed()
                .versioned(),
            RouteInfo::new(Method::GET, "/api/payments/{payment}", "payment", text(), to("read"))
                .gives(json!({ "type": "object", "required": ["amount"] })),
            RouteInfo::new(
                Method::GET,
                "/logs/{log}/tile/{*rest}",
                "tile",
                text(),
                ("funds", "open", Class::Public),
            )
            .media("application/octet-stream"),
            RouteInfo::new(Method::GET, "/page", "page", text(), to("read")).html(),
        ];
        openapi(&Text::new("村务", "Cunwu"), "1.2.3", &routes)
    }

    #[test]
    fn operations_keep_their_ids_and_pages_are_left_out() {
        let document = document();
        let paths = document["paths"].as_object().unwrap();
        let listed: Vec<&String> = paths.keys().collect();
        assert_eq!(listed, ["/api/payments/{payment}", "/logs/{log}/tile/{rest}"]);
        let both = &paths["/api/payments/{payment}"];
        assert_eq!(both["post"]["operationId"], "approve");
        assert_eq!(both["get"]["operationId"], "payment");
        let names = |operation: &Value| {
            operation["parameters"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|p| p["name"].as_str().map(str::to_owned))
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&paths["/logs/{log}/tile/{rest}"]["get"]), ["log", "rest"]);
        assert_eq!(
            both["get"]["responses"]["200"]["content"]["application/json"]["schema"]["required"][0],
            "amount"
        );
        assert!(both["get"]["security"].is_array());
        assert!(paths["/logs/{log}/tile/{rest}"]["get"].get("security").is_none());
    }

    #[test]
    fn every_error_is_a_problem_and_every_reference_leads_somewhere() {
        let document = document();
        let mut seen = 0;
        for (_, item) in document["paths"].as_object().unwrap() {
            for (_, operation) in item.as_object().unwrap() {
                for (status, response) in operation["responses"].as_object().unwrap() {
                    if status != "200" {
                        assert_eq!(response["$ref"], "#/components/responses/Problem");
                        seen += 1;
                    }
                }
            }
        }
        assert!(seen > 12);
        let post = &document["paths"]["/api/payments/{payment}"]["post"]["responses"];
        for status in ["400", "401", "403", "404", "409", "412", "413", "415", "422", "428", "503"]
        {
            assert!(post.get(status).is_some(), "{status}");
        }
        assert!(
            document["components"]["responses"]["Problem"]["content"].get(MEDIA_TYPE).is_some()
        );
        references(&document, &document);
    }

    fn references(whole: &Value, part: &Value) {
        match part {
            Value::Object(map) => {
                if let Some(Value::String(to)) = map.get("$ref") {
                    let found = whole.pointer(to.trim_start_matches('#'));
                    assert!(found.is_some(), "{to}");
                }
                map.values().for_each(|value| references(whole, value));
            }
            Value::Array(items) => items.iter().for_each(|value| references(whole, value)),
            _ => {}
        }
    }
}
