//! The JSON API of a made-up procedure: statuses, receipts, versions, seats, schemas.

mod shed;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, request::Builder},
};
use serde_json::{Value, json};
use shed::ShedOffice;
use tower::ServiceExt;

const START: &str = "/api/shed/units/v1/lending/request";

fn app(office: &Arc<ShedOffice>) -> Router {
    office.desk().routes().finish().unwrap().into_router()
}

async fn send(app: &Router, request: Builder, body: Body) -> (StatusCode, HeaderMap, Value) {
    let response = app.clone().oneshot(request.body(body).unwrap()).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 22).await.unwrap();
    (status, headers, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

fn ask(who: &str, path: &str, key: Option<&str>, seen: Option<&str>) -> Builder {
    let mut request = Request::post(path).header("content-type", "application/json");
    if !who.is_empty() {
        request = request.header("authorization", format!("Bearer {who}"));
    }
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    if let Some(seen) = seen {
        request = request.header("if-match", format!("\"{seen}\""));
    }
    request
}

fn loan(tool: &str, deposit: Value) -> Value {
    json!({ "fields": {
        "tool": tool, "deposit": deposit, "borrower": { "person": "p-17" }, "purpose": "秋收", "until": "2026-04-01",
    } })
}

async fn act(
    app: &Router,
    who: &str,
    path: &str,
    key: Option<&str>,
    seen: Option<&str>,
    body: &Value,
) -> (u16, Value) {
    let (status, _, body) =
        send(app, ask(who, path, key, seen), Body::from(body.to_string())).await;
    (status.as_u16(), body)
}

async fn get(app: &Router, who: &str, path: &str) -> (u16, HeaderMap, Value) {
    let request = Request::get(path).header("authorization", format!("Bearer {who}"));
    let (status, headers, body) = send(app, request, Body::empty()).await;
    (status.as_u16(), headers, body)
}

fn sitting() -> Value {
    let came = ["chen", "zhou", "wu", "zheng"]
        .map(|holder| json!({ "holder": holder, "channel": "hall" }));
    json!({ "sitting": {
        "held_on": "2026-03-02", "should_attend": 6, "attendance": came, "votes": { "hall": { "for": 3, "against": 1 } },
        "ballot": "secret", "witness": "sun",
    } })
}

#[tokio::test]
async fn accepted_once_and_already_done_after() {
    let office = ShedOffice::new();
    let app = app(&office);
    let body = loan("thresher", json!("300.00"));
    let (status, headers, done) =
        send(&app, ask("li", START, Some("k1"), None), Body::from(body.to_string())).await;
    assert_eq!(status, 201, "{done}");
    assert_eq!(
        (&done["outcome"], &headers["etag"]),
        (&json!("accepted"), &"\"1\"".parse().unwrap())
    );
    let href = done["thing"]["href"].as_str().unwrap();
    assert_eq!(headers["location"], href);
    assert_eq!(done["receipt"]["events"][0]["log"], "county-open");
    let (status, again) = act(&app, "li", START, Some("\"k1\""), None, &body).await;
    assert_eq!((status, &again["outcome"]), (200, &json!("already-done")));
    assert_eq!(again["receipt"], done["receipt"]);
    let (status, reused) =
        act(&app, "li", START, Some("k1"), None, &loan("thresher", json!(1))).await;
    assert_eq!((status, &reused["code"]), (422, &json!("key-reused")));

    let (status, headers, thing) = get(&app, "li", href).await;
    assert_eq!((status, &headers["etag"]), (200, &"\"1\"".parse().unwrap()));
    assert_eq!(headers["x-cunwu-as-of"], "county-open:0");
    assert_eq!(
        (&thing["values"]["deposit"], &thing["opened"]["purpose"]),
        (&json!(30_000), &json!("秋收"))
    );
    assert_eq!(
        (thing["values"].get("borrower"), thing["opened"].get("borrower")),
        (None, None),
        "a person is sealed"
    );
    assert_eq!(thing["open"][0]["who"][0]["name"]["zh"], "村民代表会议");
    let request = Request::get(href)
        .header("authorization", "Bearer li")
        .header("x-cunwu-at-least", "county-open:7");
    assert_eq!(send(&app, request, Body::empty()).await.0, 503);
}

#[tokio::test]
async fn each_wrong_request_has_its_status() {
    let office = ShedOffice::new();
    let app = app(&office);
    let good = loan("pump", json!(30_000));
    let (_, done) = act(&app, "li", START, Some("k0"), None, &good).await;
    let id = done["thing"]["id"].as_str().unwrap();
    let agree = format!("/api/shed/lending/{id}/agree");
    let unknown = format!("/api/shed/lending/{id}/nothing");
    let cases = [
        ("", START, Some("k"), None, good.clone(), 401, "unauthenticated", ""),
        ("he", START, Some("k"), None, good.clone(), 404, "not-found", ""),
        ("he", &agree, Some("k"), Some("1"), sitting(), 404, "not-found", ""),
        ("inspector", START, Some("k"), None, good.clone(), 403, "no-right", ""),
        ("li", START, None, None, good.clone(), 400, "idempotency-key-missing", ""),
        ("zhou", &agree, Some("k"), None, sitting(), 428, "precondition-required", ""),
        ("zhou", &agree, Some("k"), Some("7"), sitting(), 412, "changed", ""),
        ("li", START, Some("k"), None, json!({ "field": {} }), 422, "malformed", "/field"),
        (
            "li",
            START,
            Some("k"),
            None,
            loan("tiller", json!("3百")),
            422,
            "malformed",
            "/fields/deposit",
        ),
        (
            "li",
            START,
            Some("k"),
            None,
            loan("tiller", json!(200_001)),
            409,
            "deposit-too-high",
            "/fields/deposit",
        ),
        ("li", START, Some("k"), None, loan("pump", json!(1)), 409, "tool-lent", "/fields/tool"),
        ("li", START, Some("k"), None, loan("far-away", json!(1)), 503, "not-known-here-yet", ""),
        ("sun", START, Some("k"), None, loan("tiller", json!(1)), 409, "not-competent", ""),
        ("chen", &agree, Some("k"), Some("1"), sitting(), 422, "malformed", "/seat"),
        ("zhou", &agree, Some("k"), Some("1"), json!({}), 422, "malformed", "/sitting"),
        ("li", &unknown, Some("k"), Some("1"), json!({}), 404, "", ""),
    ];
    for (who, path, key, seen, body, status, code, pointer) in cases {
        let (got, problem) = act(&app, who, path, key, seen, &body).await;
        assert_eq!(got, status, "{who} {path} {body}: {problem}");
        if !code.is_empty() {
            assert_eq!(problem["code"], code, "{problem}");
        }
        if !pointer.is_empty() {
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        }
        if got == 409 {
            assert!(problem["law"]["name"].is_string(), "{problem}");
        }
    }
    assert_eq!(office.events().len(), 1, "nothing of all this was done");
    let plain = Request::post(START)
        .header("authorization", "Bearer li")
        .header("idempotency-key", "k")
        .header("content-type", "text/plain");
    assert_eq!(send(&app, plain, Body::from("{}")).await.0, 415);
}

#[tokio::test]
async fn the_whole_way_by_program_with_the_seat_named() {
    let office = ShedOffice::new();
    let app = app(&office);
    let (_, done) = act(&app, "li", START, Some("k0"), None, &loan("pump", json!(30_000))).await;
    let at =
        |step: &str| format!("/api/shed/lending/{}/{step}", done["thing"]["id"].as_str().unwrap());
    let mut vote = sitting();
    vote["seat"] = json!({ "post": "mayor" });
    let (status, wrong) = act(&app, "chen", &at("agree"), Some("k1"), Some("1"), &vote).await;
    assert_eq!((status, &wrong["errors"][0]["pointer"]), (422, &json!("/seat")));
    vote["seat"] = json!({ "post": "convener" });
    let (status, voted) = act(&app, "chen", &at("agree"), Some("k1"), Some("1"), &vote).await;
    assert_eq!((status, &voted["thing"]["version"]), (200, &json!(2)), "{voted}");
    assert_eq!(office.events()[1].actor, "convener/chen");
    let (status, _) =
        act(&app, "wang", &at("approve"), Some("k2"), Some("2"), &json!({ "outcome": "approved" }))
            .await;
    assert_eq!(status, 200);
    let (status, _) = act(&app, "zhao", &at("hand-over"), Some("k3"), Some("3"), &json!({})).await;
    assert_eq!(status, 200);
    let (status, done) = act(
        &app,
        "zhao",
        &at("give-back"),
        Some("k4"),
        Some("4"),
        &json!({ "fields": { "damage": "none" } }),
    )
    .await;
    assert_eq!(status, 200, "{done}");
    let facts: Vec<String> = office.events().iter().map(|event| event.fact().to_owned()).collect();
    assert_eq!(
        facts,
        [
            "tool-requested.v1",
            "lending-agreed.v1",
            "lending-approved.v1",
            "tool-lent.v1",
            "tool-given-back.v1"
        ]
    );
    let (_, _, open) = get(&app, "li", "/api/shed/units/v1/lending?open=true").await;
    assert_eq!(open["items"], json!([]));
}

#[tokio::test]
async fn lists_go_on_by_cursor_and_strangers_get_none() {
    let office = ShedOffice::new();
    let app = app(&office);
    for (key, tool) in [("a", "pump"), ("b", "tiller"), ("c", "thresher")] {
        assert_eq!(act(&app, "li", START, Some(key), None, &loan(tool, json!(1))).await.0, 201);
    }
    let (status, headers, first) =
        get(&app, "inspector", "/api/shed/units/v1/lending?limit=2").await;
    assert_eq!((status, first["items"].as_array().unwrap().len()), (200, 2));
    let link = headers["link"]
        .to_str()
        .unwrap()
        .trim_start_matches('<')
        .split('>')
        .next()
        .unwrap()
        .to_owned();
    let (_, _, rest) = get(&app, "inspector", &link).await;
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    assert_eq!(rest.get("next"), None);
    assert_eq!(get(&app, "he", "/api/shed/units/v1/lending").await.0, 404);
    assert_eq!(get(&app, "li", "/api/shed/units/none/lending").await.0, 404);
    assert_eq!(get(&app, "li", "/api/shed/units/v1/lending?cursor=zz").await.0, 422);
}

#[tokio::test]
async fn attachments_are_kept_before_they_are_named() {
    let office = ShedOffice::new();
    let app = app(&office);
    let body = |name: &str, bytes: &str| {
        Body::from(format!(
            "--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"../x.pdf\"\r\nContent-Type: application/pdf\r\n\r\n{bytes}\r\n--b--\r\n"
        ))
    };
    let to = |who: &str| {
        Request::post("/api/shed/units/v1/attachments")
            .header("authorization", format!("Bearer {who}"))
            .header("content-type", "multipart/form-data; boundary=b")
    };
    let (status, _, kept) = send(&app, to("li"), body("file", "%PDF")).await;
    assert_eq!((status.as_u16(), &kept["name"]), (201, &json!("x.pdf")));
    for (who, name, bytes, expected) in [
        ("li", "file", "", 422),
        ("li", "other", "x", 422),
        ("he", "file", "x", 404),
        ("inspector", "file", "x", 403),
    ] {
        assert_eq!(send(&app, to(who), body(name, bytes)).await.0, expected, "{who} {name}");
    }
}

#[tokio::test]
async fn routes_describe_themselves() {
    let office = ShedOffice::new();
    let routes = office.desk().routes();
    let info = |operation: &str| {
        routes.infos().iter().find(|info| info.operation == operation).unwrap().clone()
    };
    let start = info("shed-lending-request");
    assert!(start.keyed && !start.versioned);
    let schema = start.request.unwrap();
    assert_eq!(
        schema["properties"]["fields"]["required"],
        json!(["tool", "deposit", "borrower", "purpose", "until"])
    );
    assert_eq!(schema["properties"]["fields"]["properties"]["purpose"]["maxLength"], 200);
    let approve = info("shed-lending-approve");
    assert!(approve.versioned);
    let schema = approve.request.unwrap();
    assert_eq!(
        (&schema["properties"]["outcome"]["enum"], &schema["required"]),
        (&json!(["approved", "returned"]), &json!(["outcome"]))
    );
    let agree = info("shed-lending-agree").request.unwrap();
    assert_eq!(agree["required"], json!(["sitting"]));
    // Every route stands in the matrix of access: the village's own seats act, nobody from elsewhere.
    let matrix: Vec<access::matrix::Route> = routes
        .infos()
        .iter()
        .map(|info| access::matrix::Route {
            method: info.method.to_string(),
            path: info.path.clone(),
            service: info.service.clone(),
            action: info.action.clone(),
            class: info.class,
        })
        .collect();
    let text = access::matrix::compute(&access::Gate::new(), &matrix).unwrap();
    let head: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let column = |name: &str| head.iter().position(|cell| *cell == name).unwrap();
    for line in text.lines().filter(|line| line.contains("POST")) {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(
            (cells[column("bookkeeper")], cells[column("discipline-inspector")]),
            ("+--", "---"),
            "{line}"
        );
    }
    assert!(text.lines().count() > 15);
}
