//! The office with a real store and vault, through the desk's own API: acting, lists, what each may see, traces, rebuild.

mod house;

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use desk::{Office, Wanted};
use house::House;
use kernel::Event;
use serde_json::{Value, json};
use tower::ServiceExt;

const START: &str = "/api/hall/units/u-village/room-loan/lend";

async fn send(app: &Router, request: Request<Body>) -> (StatusCode, Value) {
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 22).await.unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::String(text)))
}

async fn get(house: &House, app: &Router, who: &str, path: &str) -> (StatusCode, Value) {
    let request = Request::get(path).header("authorization", house.bearer(who));
    send(app, request.body(Body::empty()).unwrap()).await
}

async fn post(
    house: &House,
    app: &Router,
    who: &str,
    path: &str,
    key: &str,
    seen: Option<u64>,
    body: Value,
) -> (StatusCode, Value) {
    let mut request = Request::post(path)
        .header("authorization", house.bearer(who))
        .header("content-type", "application/json")
        .header("idempotency-key", key);
    if let Some(seen) = seen {
        request = request.header("if-match", format!("\"{seen}\""));
    }
    send(app, request.body(Body::from(body.to_string())).unwrap()).await
}

fn loan(receipt: &str) -> Value {
    json!({"fields": {"room": "large", "purpose": "排练", "name": "周老师", "receipt": receipt}})
}

async fn events(house: &House) -> Vec<Event> {
    let mut all = Vec::new();
    for log in house.store.logs().await.unwrap() {
        for entry in house.store.entries(&log.id, 0, 1000).await.unwrap() {
            all.push(Event::decode(&entry.bytes).unwrap());
        }
    }
    all
}

/// The board has come as far as the log.
async fn settled(house: &House) {
    for log in house.store.logs().await.unwrap() {
        let patience = std::time::Duration::from_secs(5);
        let there = house.readers.wait_for("hall-board", &log.id, log.size - 1, patience);
        assert!(there.await.unwrap());
    }
}

fn facts(events: &[Event]) -> Vec<&str> {
    events.iter().map(Event::fact).collect()
}

async fn a_case_from_beginning_to_end_each_step_twice(house: House) {
    let app = house.desk();
    let (status, done) = post(&house, &app, "gao", START, "k1", None, loan("r1")).await;
    assert_eq!(status, 201, "{done}");
    let (status, again) = post(&house, &app, "gao", START, "k1", None, loan("r1")).await;
    assert_eq!((status.as_u16(), &again["outcome"]), (200, &json!("already-done")));
    let (status, used) = post(&house, &app, "gao", START, "k2", None, loan("r1")).await;
    assert_eq!((status.as_u16(), &used["code"]), (409, &json!("used-before")), "{used}");
    assert_eq!(used["errors"][0]["pointer"], "/fields/receipt");

    let id = done["thing"]["id"].as_str().unwrap();
    let back = format!("/api/hall/room-loan/{id}/return");
    let (status, same) = post(&house, &app, "gao", &back, "k3", Some(1), json!({})).await;
    assert_eq!((status.as_u16(), &same["code"]), (409, &json!("four-eyes")), "{same}");
    let (status, ok) = post(&house, &app, "lin", &back, "k4", Some(1), json!({})).await;
    assert_eq!(status.as_u16(), 200, "{ok}");
    let (status, _) = post(&house, &app, "lin", &back, "k4", Some(1), json!({})).await;
    assert_eq!(status.as_u16(), 200);
    let (status, late) = post(&house, &app, "lin", &back, "k5", Some(2), json!({})).await;
    assert_eq!((status.as_u16(), &late["code"]), (409, &json!("ended")), "{late}");
    let mut all = events(&house).await;
    // The desk shows a case to whoever acts in it: that leaves traces, elsewhere.
    all.retain(|event| event.stream.kind() == "loan");
    assert_eq!(facts(&all), ["room-lent.v1", "room-given-back.v1"]);
    assert_eq!(all[0].data["keeper"], "u-county");
    assert!(all[0].data["relied_on"]["positions"].as_array().is_some_and(|p| !p.is_empty()));
    assert!(!String::from_utf8(all[0].encode().unwrap()).unwrap().contains("周老师"));
}

async fn what_each_may_see_and_who_looked(house: House) {
    let app = house.desk();
    let (_, done) = post(&house, &app, "gao", START, "k1", None, loan("r1")).await;
    let id = done["thing"]["id"].as_str().unwrap();
    let remark = format!("/api/hall/room-loan/{id}/remark");
    let words = json!({"fields": {"remark": "灯要修"}});
    let (status, ok) = post(&house, &app, "li", &remark, "k2", Some(1), words).await;
    assert_eq!(status.as_u16(), 200, "{ok}");
    let path = format!("/api/hall/room-loan/{id}");
    // The officers of the main line, those of the level above among them, and the committee.
    for (who, name, remark) in [("lin", true, false), ("li", false, true), ("tao", true, true)] {
        let (status, thing) = get(&house, &app, who, &path).await;
        assert_eq!(status.as_u16(), 200, "{who} {thing}");
        assert_eq!(thing["opened"]["purpose"], "排练", "{who}");
        assert_eq!(thing["opened"]["name"] == "周老师", name, "{who} {}", thing["opened"]);
        assert_eq!(thing["opened"]["remark"] == "灯要修", remark, "{who} {}", thing["opened"]);
        assert_eq!(thing["values"]["room"], "large");
    }
    let (status, _) = get(&house, &app, "bao", &path).await;
    assert_eq!(status.as_u16(), 404, "the next village's clerk");
    let opened = |all: &[Event]| -> Vec<String> {
        all.iter().filter(|e| e.fact() == "text-opened.v1").map(|e| e.actor.clone()).collect()
    };
    let who: Vec<String> = opened(&events(&house).await);
    assert_eq!(who[0], "window-clerk/lin");
    assert!(
        who.len() > 1 && who[1..].iter().all(|actor| actor == "township-officer/tao"),
        "{who:?}"
    );
    // One trace a day, and looking changes nothing in the case.
    get(&house, &app, "lin", &path).await;
    assert_eq!(opened(&events(&house).await), who);
    house.at("2026-03-03");
    let (_, thing) = get(&house, &app, "lin", &path).await;
    assert_eq!(opened(&events(&house).await).len(), who.len() + 1);
    assert_eq!(thing["version"], 2, "{thing}");
}

async fn lists_by_unit_body_and_due_date(house: House) {
    let app = house.desk();
    for (day, key) in [("2026-03-02", "r1"), ("2026-03-03", "r2"), ("2026-03-04", "r3")] {
        house.at(day);
        let (status, done) = post(&house, &app, "gao", START, key, None, loan(key)).await;
        assert_eq!(status, 201, "{done}");
    }
    let other = START.replace("u-village", "u-other");
    let (status, _) = post(&house, &app, "bao", &other, "r4", None, loan("r4")).await;
    assert_eq!(status, 201);
    settled(&house).await;

    let titles = |wanted: Wanted| {
        let office = house.office.clone();
        async move {
            let listing = office.things(&wanted).await.unwrap();
            let titles: Vec<String> =
                listing.items.iter().map(|i| format!("{} {}", i.place.zh, i.title.zh)).collect();
            (titles, listing.next, listing.as_of)
        }
    };
    let at = |unit: &str| Wanted { unit: Some(unit.into()), limit: 2, ..Wanted::default() };
    let (first, next, as_of) = titles(at("u-village")).await;
    assert_eq!(
        first,
        ["青禾村 借用活动室·大活动室 2026-03-02", "青禾村 借用活动室·大活动室 2026-03-03"]
    );
    assert_eq!(as_of.unwrap().1.index, 3);
    let (rest, end, _) = titles(Wanted { after: next, ..at("u-village") }).await;
    assert_eq!(rest, ["青禾村 借用活动室·大活动室 2026-03-04"]);
    assert_eq!(end, None);
    let below = Wanted { below: true, limit: 50, ..at("u-county") };
    assert_eq!(titles(below.clone()).await.0.len(), 4);
    assert_eq!(titles(at("u-county")).await.0.len(), 0, "nothing lies in the county itself");
    let waits = |who: &str| Wanted { who: vec![who.to_owned()], ..below.clone() };
    assert_eq!(titles(waits("window-clerk")).await.0.len(), 4);
    assert_eq!(titles(waits("village-committee")).await.0.len(), 4);
    assert_eq!(titles(waits("supervision-chair")).await.0.len(), 0);
    let none = Wanted { procedure: Some("notice".into()), ..below.clone() };
    assert_eq!(titles(none).await.0.len(), 0);

    // A deadline passes: written once, whoever notices.
    house.at("2026-03-11");
    house.committer.due(kernel::Timestamp::end_of("2026-03-11".parse().unwrap())).await.unwrap();
    let all = events(&house).await;
    assert_eq!(
        all.iter().filter(|e| e.fact() == "room-overdue.v1").count(),
        2,
        "{:?}",
        facts(&all)
    );

    // The board made again from the logs is the same.
    house.readers.catch_up(house.board.as_ref()).await.unwrap();
    let before = titles(below.clone()).await;
    house.readers.rebuild(house.board.as_ref(), |_| {}).await.unwrap();
    assert_eq!(titles(below).await, before);
}

async fn people_and_places_come_from_what_was_heard(house: House) {
    let bearer = house.bearer("li");
    let visitor = house.office.visitor(None, Some(&bearer)).await.unwrap().unwrap();
    assert_eq!(visitor.name, "li先生");
    assert_eq!(visitor.seats(kernel::Clock::now(house.clock.as_ref())).len(), 1);
    assert!(house.office.visitor(None, None).await.unwrap().is_none());
    assert!(house.office.visitor(None, Some("Bearer x.y")).await.is_err());
    let place = house.office.place(&"u-village".into()).await.unwrap().unwrap();
    assert_eq!(
        (place.name.zh.as_str(), place.above.zh.as_str(), place.village),
        ("青禾村", "临川县 · 云溪镇", true)
    );
    assert_eq!(place.path, ["u-province", "u-county", "u-township"].map(kernel::UnitId::from));
    assert!(house.office.place(&"u-nowhere".into()).await.unwrap().is_none());
    let clerks = house.office.roll(&"u-village".into(), "village-window").await.unwrap();
    assert_eq!(clerks.iter().map(|m| m.holder.as_str()).collect::<Vec<_>>(), ["gao", "lin"]);

    // Renamed, suspended, resumed, vacated.
    house
        .hear(
            "u-village",
            "unit-renamed.v1",
            json!({"unit": "u-village", "name": "青禾社区", "from": "2026-03-02"}),
        )
        .await;
    assert_eq!(house.office.place(&"u-village".into()).await.unwrap().unwrap().name.zh, "青禾社区");
    let app = house.desk();
    let gao = json!({"seat": "gao", "holder": "gao", "body": "village-window", "post": "window-clerk", "on": "2026-03-02"});
    house.hear("u-village", "seat-suspended.v1", gao.clone()).await;
    let (status, _) = post(&house, &app, "gao", START, "k1", None, loan("r1")).await;
    assert_eq!(status.as_u16(), 404, "a suspended seat sees nothing");
    house.hear("u-village", "seat-resumed.v1", gao.clone()).await;
    let (status, _) = post(&house, &app, "gao", START, "k2", None, loan("r1")).await;
    assert_eq!(status, 201);
    house.hear("u-village", "seat-vacated.v1", gao).await;
    let (status, _) = post(&house, &app, "gao", START, "k3", None, loan("r2")).await;
    assert_eq!(status.as_u16(), 404);
    assert_eq!(house.office.roll(&"u-village".into(), "village-window").await.unwrap().len(), 1);
}

async fn its_pages_are_served(house: House) {
    let app = house.desk();
    let (_, done) = post(&house, &app, "gao", START, "k1", None, loan("r1")).await;
    let id = done["thing"]["id"].as_str().unwrap();
    let thing = format!("/hall/room-loan/{id}");
    settled(&house).await;
    let pages = [
        ("/hall/".to_owned(), "借用活动室·大活动室"),
        ("/hall/units/u-village/room-loan".to_owned(), "大活动室"),
        ("/hall/units/u-village/room-loan/lend".to_owned(), "借用人"),
        (thing.clone(), "排练"),
        (format!("{thing}/return"), "归还"),
    ];
    for (path, words) in pages {
        let (status, page) = get(&house, &app, "lin", &path).await;
        let page = page.as_str().unwrap_or_default().to_owned();
        assert_eq!(status.as_u16(), 200, "{path} {page}");
        assert!(page.contains(words), "{path} does not say {words}: {page}");
    }
}

/// Each test on both databases.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::House::on(false).await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::House::on(true).await).await;
            })+
        }
    };
}

on_both!(
    a_case_from_beginning_to_end_each_step_twice,
    what_each_may_see_and_who_looked,
    lists_by_unit_body_and_due_date,
    people_and_places_come_from_what_was_heard,
    its_pages_are_served,
);
