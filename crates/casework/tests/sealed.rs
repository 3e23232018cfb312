//! Cases of a closed log, with a real store and vault: what the log and the database tell, who sees them, what looking
//! leaves behind, deadlines over days of outage, erasure and a board made again.

mod house;

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use casework::{closed, sealed_case};
use desk::{Office, Wanted};
use house::House;
use kernel::{LogKind, StreamId, Timestamp};
use sealed::canary::Canary;
use serde_json::{Value, json};
use tower::ServiceExt;

const START: &str = "/api/hall/units/u-village/safe/leave";
const VALUED: &str = "祖传玉镯一只";
const SEEN: &str = "隔壁老宋在场";

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
    (path, key): (&str, &str),
    seen: Option<u64>,
    fields: Value,
) -> (StatusCode, Value) {
    let mut request = Request::post(path)
        .header("authorization", house.bearer(who))
        .header("content-type", "application/json")
        .header("idempotency-key", key);
    if let Some(seen) = seen {
        request = request.header("if-match", format!("\"{seen}\""));
    }
    let body = json!({ "fields": fields });
    send(app, request.body(Body::from(body.to_string())).unwrap()).await
}

/// The clerks and who has left something are known to be unrelated.
async fn declared(house: &House) {
    for who in ["gao", "lin", "bao"] {
        let person = format!("p-{who}");
        house.hear("u-village", "holder-known.v1", json!({"holder": who, "person": person})).await;
        house.hear("u-village", "declaration-filed.v1", json!({"party": person, "pairs": 0})).await;
    }
}

fn left() -> Value {
    json!({"owner": {"person": "p-zhou"}, "valued": VALUED})
}

/// Leaves something; gives the case's id.
async fn leave(house: &House, app: &Router, key: &str) -> String {
    let (status, done) = post(house, app, "gao", (START, key), None, left()).await;
    assert_eq!(status, 201, "{done}");
    assert!(done["receipt"]["events"][0].get("fact").is_none(), "{done}");
    done["thing"]["id"].as_str().unwrap().to_owned()
}

/// The board has come as far as the logs.
async fn settled(house: &House) {
    for log in house.store.logs().await.unwrap() {
        let patience = std::time::Duration::from_secs(5);
        assert!(
            house.readers.wait_for("hall-board", &log.id, log.size - 1, patience).await.unwrap()
        );
    }
}

fn wanted() -> Wanted {
    let unit = Some("u-village".into());
    Wanted { unit, procedure: Some("safe".into()), limit: 50, ..Wanted::default() }
}

async fn the_log_and_the_database_tell_nothing(house: House) {
    declared(&house).await;
    let app = house.desk();
    let id = leave(&house, &app, "k1").await;
    // The same key: the first receipt, and the same case.
    let (status, again) = post(&house, &app, "gao", (START, "k1"), None, left()).await;
    assert_eq!((status.as_u16(), again["thing"]["id"].as_str()), (200, Some(id.as_str())));
    let seen = json!({ "seen": SEEN });
    let path = format!("/api/hall/safe/{id}/witness");
    let (status, done) = post(&house, &app, "lin", (&path, "k2"), Some(1), seen).await;
    assert_eq!(status.as_u16(), 200, "{done}");
    settled(&house).await;

    let logs = house.store.logs().await.unwrap();
    assert!(logs.iter().all(|log| log.kind == LogKind::Closed), "nothing lies in an open log");
    for log in &logs {
        for entry in house.store.entries(&log.id, 0, 1000).await.unwrap() {
            assert_eq!(entry.bytes.len(), 32);
        }
    }
    let columns = "SELECT COUNT(*) FROM core_entry WHERE stream IS NOT NULL OR fact IS NOT NULL OR unit IS NOT NULL";
    assert_eq!(house.store.query(columns, &[]).await.unwrap()[0].i64(0).unwrap(), 0);
    for text in [VALUED, SEEN, "p-zhou\""] {
        let found = Canary::new(text, text.as_bytes()).in_folder(house.folder.path()).unwrap();
        assert!(found.is_empty(), "{text}: {found:?}");
    }
}

async fn only_case_officers_see_it_and_each_look_is_on_record(house: House) {
    declared(&house).await;
    let app = house.desk();
    let id = leave(&house, &app, "k1").await;
    let (there, absent) =
        (format!("/api/hall/safe/{id}"), "/api/hall/safe/nothing-here".to_owned());
    for who in ["li", "he", "tao", "bao"] {
        let answers = [get(&house, &app, who, &there).await, get(&house, &app, who, &absent).await];
        assert_eq!(answers[0].0.as_u16(), 404, "{who}");
        let said = |answer: &Value| {
            let mut answer = answer.clone();
            if let Some(object) = answer.as_object_mut() {
                object.remove("instance");
            }
            answer
        };
        assert_eq!(said(&answers[0].1), said(&answers[1].1), "{who}");
        let step = format!("{there}/take-out");
        let (status, _) = post(&house, &app, who, (&step, "k9"), Some(1), json!({})).await;
        assert_eq!(status.as_u16(), 404, "{who}");
        let (status, _) = get(&house, &app, who, "/api/hall/units/u-village/safe").await;
        assert_eq!(status.as_u16(), 404, "{who}");
    }
    let case = StreamId::of("safe", &id);
    assert_eq!(
        sealed_case::looks(&*house.office, &case).await.unwrap().len(),
        0,
        "who saw nothing did not look"
    );
    for _ in 0..2 {
        let (status, thing) = get(&house, &app, "lin", &there).await;
        assert_eq!((status.as_u16(), &thing["values"]["valued"]), (200, &json!(VALUED)), "{thing}");
        assert_eq!(thing["version"], 1, "looking changes nothing in the case");
    }
    house.at("2026-03-03");
    get(&house, &app, "lin", &there).await;
    let looks = sealed_case::looks(&*house.office, &case).await.unwrap();
    assert_eq!(looks.len(), 2, "one a day: {looks:?}");
    assert!(looks.iter().all(|look| look.name == "lin先生" && look.post == "window-clerk"));
    let (_, page) = get(&house, &app, "lin", &format!("/hall/safe/{id}")).await;
    assert!(
        page.as_str().is_some_and(|page| page.contains("谁查看过") && page.contains("lin先生"))
    );

    settled(&house).await;
    let (status, list) = get(&house, &app, "lin", "/api/hall/units/u-village/safe").await;
    assert_eq!((status.as_u16(), list["items"].as_array().unwrap().len()), (200, 1), "{list}");
    assert_eq!(list["items"][0]["id"], id.as_str());
}

async fn kin_and_the_unknown_step_aside(house: House) {
    let app = house.desk();
    let (status, refused) = post(&house, &app, "gao", (START, "k1"), None, left()).await;
    assert_eq!((status.as_u16(), &refused["code"]), (409, &json!("conflict-unknown")), "{refused}");
    declared(&house).await;
    let pair = json!({"party_a": "p-lin", "party_b": "p-zhou", "degree": "kin"});
    house.hear("u-village", "conflict-declared.v1", pair).await;
    let id = leave(&house, &app, "k2").await;
    let (status, refused) = post(&house, &app, "lin", (START, "k3"), None, left()).await;
    assert_eq!((status.as_u16(), &refused["code"]), (409, &json!("conflict")), "{refused}");
    // It is not even there for kin of the one it concerns.
    let (status, _) = get(&house, &app, "lin", &format!("/api/hall/safe/{id}")).await;
    assert_eq!(status.as_u16(), 404);
    assert_eq!(get(&house, &app, "gao", &format!("/api/hall/safe/{id}")).await.0.as_u16(), 200);
}

async fn three_days_of_outage_miss_nothing_and_fire_once(house: House) {
    declared(&house).await;
    let app = house.desk();
    let mut ids = Vec::new();
    for (day, key) in [("2026-03-02", "a"), ("2026-03-03", "b"), ("2026-03-04", "c")] {
        house.at(day);
        ids.push(leave(&house, &app, key).await);
    }
    house.at("2026-03-06");
    let step = |id: &str, step: &str| format!("/api/hall/safe/{id}/{step}");
    let travel = step(&ids[1], "travel");
    let (status, done) = post(&house, &app, "lin", (&travel, "d"), Some(1), json!({})).await;
    assert_eq!(status.as_u16(), 200, "{done}");
    let rows = "SELECT stream FROM core_deadline ORDER BY due_at";
    assert_eq!(
        house.store.query(rows, &[]).await.unwrap().len(),
        2,
        "the paused one is no deadline"
    );

    // Down from the 11th on: due were the 12th, the 13th (paused) and the 16th, a Saturday's Monday.
    house.at("2026-03-17");
    let now = Timestamp::end_of("2026-03-17".parse().unwrap());
    assert_eq!(house.committer.due(now).await.unwrap(), 2);
    assert_eq!(house.committer.due(now).await.unwrap(), 0);
    let mut forgotten = Vec::new();
    for log in house.store.logs().await.unwrap() {
        for index in 0..log.size {
            let event = house.committer.closed_event(&log.id, index).await.unwrap().unwrap();
            if event.fact() == "valuable-overdue.v1" {
                forgotten.push(event.stream.key().to_owned());
            }
        }
    }
    assert_eq!(forgotten, [ids[0].clone(), ids[2].clone()], "each once, in order");
    // Back, it has the seven days that were left on the 6th, and not a day less.
    let back = step(&ids[1], "back");
    let (status, done) = post(&house, &app, "lin", (&back, "e"), Some(2), json!({})).await;
    assert_eq!(status.as_u16(), 200, "{done}");
    let due = house.store.query("SELECT due_at FROM core_deadline", &[]).await.unwrap();
    let due = Timestamp::from_micros(due[0].i64(0).unwrap());
    assert_eq!(due.date().to_string(), "2026-03-24");
    house.at("2026-03-25");
    assert_eq!(
        house.committer.due(Timestamp::end_of("2026-03-25".parse().unwrap())).await.unwrap(),
        1
    );
}

async fn a_persons_words_are_erased_alone_and_nothing_panics(house: House) {
    declared(&house).await;
    let app = house.desk();
    let id = leave(&house, &app, "k1").await;
    let there = format!("/api/hall/safe/{id}");
    let path = format!("{there}/witness");
    let seen = json!({ "seen": SEEN });
    let (status, _) = post(&house, &app, "lin", (&path, "k2"), Some(1), seen).await;
    assert_eq!(status.as_u16(), 200);
    let case = StreamId::of("safe", &id);
    let witness = format!("{}:witness", closed::own_key(&case));
    assert!(house.vault.erase_now(&witness).await.unwrap() > 0);
    let (status, thing) = get(&house, &app, "gao", &there).await;
    assert_eq!(status.as_u16(), 200, "{thing}");
    assert_eq!(thing["values"]["valued"], VALUED, "the owner's words are there");
    assert!(!thing.to_string().contains(SEEN), "{thing}");

    let set = house::definitions();
    for key in closed::keys_of(set.get("safe").unwrap(), &case) {
        house.vault.erase_now(&key).await.unwrap();
    }
    let (status, _) = get(&house, &app, "gao", &there).await;
    assert_eq!(status.as_u16(), 404, "as if it had never been");
    house.readers.rebuild(house.board.as_ref(), |_| {}).await.unwrap();
    let listing = house.office.things(&wanted()).await.unwrap();
    assert!(listing.items.is_empty());
    assert!(house.readers.parked().await.unwrap().is_empty());
    // Time passes over it all the same.
    house.at("2026-04-20");
    house.committer.due(Timestamp::end_of("2026-04-20".parse().unwrap())).await.unwrap();
    leave(&house, &app, "k5").await;
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
    the_log_and_the_database_tell_nothing,
    only_case_officers_see_it_and_each_look_is_on_record,
    kin_and_the_unknown_step_aside,
    three_days_of_outage_miss_nothing_and_fire_once,
    a_persons_words_are_erased_alone_and_nothing_panics,
);
