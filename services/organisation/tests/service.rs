//! A township records who sits where; a village decides, by page and by API; what is somebody else's business is refused.

mod hall;

use hall::{Answer, Hall};
use serde_json::{Value, json};

/// A village with its branch and committee, and those who act signed in.
struct Village {
    hall: Hall,
    unit: String,
    other: String,
    officer: String,
    secretary: String,
    director: String,
}

impl Village {
    async fn new() -> Self {
        Self::in_hall(Hall::new().await).await
    }

    async fn in_hall(hall: Hall) -> Self {
        hall.divisions().await;
        let security = hall.security().await;
        let town = hall.unit("云溪镇").await;
        done(&hall.appoint(&security, &town, "township", "township-officer", "田野").await);
        let officer = hall.let_in(&security, &town, "township-officer", "tian").await;
        let (unit, other) = (hall.unit("青禾村").await, hall.unit("南山村").await);
        for (body, post, name) in [
            ("branch-committee", "party-secretary", "石坚"),
            ("branch-committee", "branch-member", "白桦"),
            ("branch-committee", "branch-member", "边城"),
            ("village-committee", "village-director", "王平"),
            ("supervision-committee", "supervision-chair", "简明"),
        ] {
            done(&hall.appoint(&officer, &unit, body, post, name).await);
        }
        let secretary = hall.let_in(&officer, &unit, "party-secretary", "shi").await;
        let director = hall.let_in(&officer, &unit, "village-director", "wang").await;
        Self { hall, unit, other, officer, secretary, director }
    }

    fn proposal(&self) -> Value {
        json!({ "fields": {
            "title": "修建村口文化广场", "matter": "public-welfare", "limit": 8_000_000,
            "grounds": "老人和孩子没有活动的地方。", "proposer": "party-organisation",
        } })
    }
}

fn done(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// The service adds the day to a command: the request is the same all the same, also on another one.
#[tokio::test]
async fn a_request_that_comes_again_on_another_day_is_known() {
    let village = Village::new().await;
    let hall = &village.hall;
    let seat = hall.seat_of(&village.unit, "supervision-chair").await;
    let path = format!("/api/organisation/seats/{seat}/vacate");
    let cause = |cause: &str| json!({ "cause": cause });
    let first = hall.api(&path, &village.officer, "v1", cause("resigned")).await;
    done(&first);
    assert_eq!(first.json()["outcome"], "accepted");
    hall.wait(26 * 60);
    let officer = hall.token("tian", hall::PASSWORD).await;
    let again = hall.api(&path, &officer, "v1", cause("resigned")).await;
    done(&again);
    assert_eq!(again.json()["outcome"], "already-done");
    assert_eq!(again.json()["receipt"], first.json()["receipt"]);
    let other = hall.api(&path, &officer, "v1", cause("recalled")).await;
    assert_eq!((other.status.as_u16(), &other.json()["code"]), (422, &json!("key-reused")));
}

#[tokio::test]
async fn a_village_decides_step_by_step() {
    decides(Village::new().await).await;
}

/// The same on PostgreSQL: the read models' SQL is common to both.
#[tokio::test]
async fn and_on_postgresql() {
    let url = testbed::Postgres::shared().unwrap().fresh_database().unwrap();
    let hall = Hall::on(&url, tempfile::tempdir().unwrap()).await;
    let village = Village::in_hall(hall).await;
    decides(village).await;
}

/// Read models made anew from the logs are the ones that were there.
#[tokio::test]
async fn read_models_are_made_anew_from_the_logs() {
    let village = Village::new().await;
    let store = &village.hall.host.store;
    let tables = ["org_unit", "org_seat", "org_account", "org_adopted"];
    let mut before = Vec::new();
    for table in tables {
        before.push(store.query(&format!("SELECT * FROM {table} ORDER BY 1"), &[]).await.unwrap());
    }
    assert!(before[0].len() == 8 && before[1].len() >= 6 && before[2].len() >= 4);
    let definitions =
        std::sync::Arc::new(village.hall.host.committer.domain().definitions().clone());
    for reader in organisation::shows::all(definitions) {
        village.hall.host.readers.rebuild(reader.as_ref(), |_| {}).await.unwrap();
    }
    for (table, before) in tables.into_iter().zip(before) {
        let now = store.query(&format!("SELECT * FROM {table} ORDER BY 1"), &[]).await.unwrap();
        assert_eq!(now, before, "{table}");
    }
}

async fn decides(village: Village) {
    let hall = &village.hall;
    let path = format!("/api/organisation/units/{}/decision/propose", village.unit);
    let key = hall.key();
    let tabled = hall.api(&path, &village.secretary, &key, village.proposal()).await;
    assert!(tabled.status.is_success(), "{}", tabled.text);
    let id = tabled.json()["thing"]["id"].as_str().unwrap().to_owned();
    let again = hall.api(&path, &village.secretary, &key, village.proposal()).await;
    assert_eq!(again.json()["outcome"], "already-done", "{}", again.text);

    // the title is a public text, shown by asking; it is in no read model
    let cookie = format!("__Host-cunwu-session={}", village.secretary);
    let page = hall.get(&format!("/organisation/decision/{id}"), &cookie).await;
    assert_eq!(page.status, 200);
    assert!(
        page.text.contains("修建村口文化广场") && page.text.contains("村党组织研究"),
        "{}",
        page.text
    );
    let desk = hall.get("/organisation/", &cookie).await;
    assert!(desk.text.contains("修建村口文化广场"), "{}", desk.text);
    let rows = hall.host.store.query("SELECT history FROM org_case", &[]).await.unwrap();
    assert!(!rows[0].text(0).unwrap().contains("文化广场"));

    // the branch sits: those on its roll
    let seats =
        hall.get(&format!("/api/organisation/seats?unit={}", village.unit), "").await.json();
    let branch: Vec<Value> = seats["seats"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|seat| seat["body"] == "branch-committee")
        .map(|seat| json!({ "holder": seat["holder"], "channel": "hall" }))
        .collect();
    assert_eq!(branch.len(), 3);
    let study = json!({ "sitting": {
        "held_on": "2026-03-02", "should_attend": 3, "attendance": branch, "votes": { "hall": { "for": 3 } },
    } });
    let path = format!("/api/organisation/decision/{id}/study");
    let endorsed =
        hall.api_seeing(&path, &village.secretary, &hall.key(), study.clone(), Some(1)).await;
    assert!(endorsed.status.is_success(), "{}", endorsed.text);
    let stale = hall.api_seeing(&path, &village.secretary, &hall.key(), study, Some(1)).await;
    assert_eq!(stale.status, 412, "{}", stale.text);

    // whoever is not on duty there is told that there is nothing
    let foreign = format!("/organisation/units/{}/decision", village.other);
    assert_eq!(hall.get(&foreign, &cookie).await.status, 404);
    assert_eq!(
        hall.get(&format!("/organisation/units/{}", village.other), &cookie).await.status,
        404
    );
    let there = format!("/api/organisation/units/{}/decision/propose", village.other);
    assert_eq!(
        hall.api(&there, &village.secretary, &hall.key(), village.proposal()).await.status,
        404
    );
    // the township sees it and does not write in the village's name
    let from_above = format!("__Host-cunwu-session={}", village.officer);
    assert_eq!(hall.get(&format!("/organisation/decision/{id}"), &from_above).await.status, 200);
    let path = format!("/api/organisation/units/{}/decision/propose", village.unit);
    let written = hall.api(&path, &village.officer, &hall.key(), village.proposal()).await;
    assert!(written.status.is_client_error(), "{}", written.text);
}

#[tokio::test]
async fn a_step_by_form_and_its_refusal_with_the_article() {
    let village = Village::new().await;
    let hall = &village.hall;
    let cookie = format!("__Host-cunwu-session={}", village.secretary);
    let path = format!("/organisation/units/{}/decision/propose", village.unit);
    let form = hall.get(&path, &cookie).await;
    assert_eq!(form.status, 200, "{}", form.text);
    assert!(
        form.text.contains("提案名称") && form.text.contains("public-welfare"),
        "{}",
        form.text
    );
    let mut fields = vec![
        ("desk-key", "form-1"),
        ("desk-stage", "send"),
        ("title", "修路"),
        ("matter", "public-welfare"),
        ("limit", "1,000.00"),
        ("grounds", "路坏了。"),
        ("proposer", "villagers"),
        ("supporters", "1"),
    ];
    let refused = hall.form(&path, &cookie, &fields).await;
    assert!(refused.status.is_client_error());
    // nobody has counted the villagers: a tenth of them cannot be told
    assert!(
        refused.text.contains("第二十五条") && refused.text.contains("修路"),
        "{}",
        refused.text
    );
    fields[6].1 = "party-organisation";
    fields.pop();
    let sent = hall.form(&path, &cookie, &fields).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    assert!(sent.header("location").contains("/receipts/"), "{}", sent.header("location"));
    assert_eq!(hall.get(sent.header("location"), &cookie).await.status, 200);
}

#[tokio::test]
async fn posts_are_recorded_by_the_township_and_by_nobody_for_themselves() {
    let village = Village::new().await;
    let hall = &village.hall;
    // the village does not appoint its own
    let own = hall
        .appoint(&village.director, &village.unit, "finance-office", "bookkeeper", "包算")
        .await;
    let refused = own.json();
    assert_eq!((own.status.as_u16(), refused["code"].as_str()), (409, Some("not-competent")));
    assert_eq!(refused["law"]["article"], "OLVC 14", "{refused}");
    assert_eq!(
        hall.appoint(&village.director, &village.other, "finance-office", "bookkeeper", "包算")
            .await
            .status,
        404
    );
    assert_eq!(
        hall.appoint("", &village.unit, "finance-office", "bookkeeper", "包算").await.status,
        401
    );
    // the page says why, and greys nothing
    let cookie = format!("__Host-cunwu-session={}", village.director);
    let page = hall.get(&format!("/organisation/units/{}/fill-seat", village.unit), &cookie).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("第十四条") && !page.text.contains("disabled"), "{}", page.text);

    // the core's own rules come through with their articles
    let held = hall
        .appoint(&village.officer, &village.unit, "village-committee", "village-director", "另一")
        .await;
    assert_eq!((held.status.as_u16(), held.json()["code"].as_str().unwrap()), (409, "post-held"));
    let cookie = format!("__Host-cunwu-session={}", village.officer);
    let path = format!("/organisation/units/{}/fill-seat", village.unit);
    let key = hall.key();
    let mut fields = vec![
        ("key", key.as_str()),
        ("post", "village-committee/committee-member"),
        ("name", "蔡芹"),
        ("person", "n-cai"),
        ("from", "2026年3月1日"),
        ("to", "2036-03-01"),
    ];
    let long = hall.form(&path, &cookie, &fields).await;
    assert!(
        long.text.contains("超过五年")
            && long.text.contains("第十四条")
            && long.text.contains("蔡芹"),
        "{}",
        long.text
    );
    fields[5].1 = "2031-02-28";
    let filled = hall.form(&path, &cookie, &fields).await;
    assert_eq!(filled.status, 303, "{}", filled.text);
    let shown = hall.get(filled.header("location"), &cookie).await;
    assert!(
        shown.text.contains("蔡芹") && shown.text.contains("已登记：登记任职"),
        "{}",
        shown.text
    );
    assert_eq!(
        hall.form(&path, &cookie, &fields).await.status,
        303,
        "the same form again is one act"
    );
    let seats = hall.get(&format!("/api/organisation/seats?unit={}", village.unit), "").await;
    assert_eq!(seats.text.matches("蔡芹").count(), 1);

    // suspended: signed in still, and without any right at once; resumed; given up
    let seat = hall.seat_of(&village.unit, "village-director").await;
    let act = |what: &str| format!("/api/organisation/seats/{seat}/{what}");
    done(&hall.api(&act("suspend"), &village.officer, &hall.key(), json!({})).await);
    let director = format!("__Host-cunwu-session={}", village.director);
    assert_eq!(
        hall.get(&format!("/organisation/units/{}", village.unit), &director).await.status,
        404
    );
    let twice = hall.api(&act("suspend"), &village.officer, &hall.key(), json!({})).await;
    assert_eq!(twice.json()["code"], "seat-unchanged");
    done(&hall.api(&act("resume"), &village.officer, &hall.key(), json!({})).await);
    assert_eq!(
        hall.get(&format!("/organisation/units/{}", village.unit), &director).await.status,
        200
    );
    let wrong =
        hall.api(&act("vacate"), &village.officer, &hall.key(), json!({ "cause": "bored" })).await;
    assert_eq!(
        (wrong.status.as_u16(), wrong.json()["errors"][0]["pointer"].as_str()),
        (422, Some("/cause"))
    );
    done(
        &hall
            .api(&act("vacate"), &village.officer, &hall.key(), json!({ "cause": "resigned" }))
            .await,
    );
    assert_eq!(
        hall.get(&format!("/organisation/units/{}", village.unit), &director).await.status,
        404
    );
}

#[tokio::test]
async fn figures_and_declarations() {
    let village = Village::new().await;
    let hall = &village.hall;
    let path = format!("/api/organisation/units/{}/set-up", village.unit);
    let sizes = |committee: u32| json!({ "committee": committee, "supervision": 3, "groups": 4 });
    let wrong = hall.api(&path, &village.director, &hall.key(), sizes(9)).await;
    assert_eq!(wrong.json()["law"]["article"], "OLVC 8", "{}", wrong.text);
    done(&hall.api(&path, &village.director, &hall.key(), sizes(5)).await);
    let cookie = format!("__Host-cunwu-session={}", village.director);
    let form = format!("/organisation/units/{}/electorate", village.unit);
    let key = hall.key();
    let fields = [
        ("key", key.as_str()),
        ("adults", "１，２００"),
        ("households", "400"),
        ("party_members", "40"),
        ("capable_members", ""),
        ("on", "2026-03-01"),
    ];
    let counted = hall.form(&form, &cookie, &fields).await;
    assert_eq!(counted.status, 303, "{}", counted.text);
    let page = hall.get(&format!("/organisation/units/{}", village.unit), &cookie).await;
    assert!(page.text.contains("1200") && page.text.contains("未登记"), "{}", page.text);
    let english = hall.get(&format!("/organisation/units/{}?lang=en", village.unit), &cookie).await;
    assert!(
        english.text.contains("Villagers of eighteen") && english.text.contains("in office"),
        "{}",
        english.text
    );

    let path = format!("/api/organisation/units/{}/declaration", village.unit);
    let kin = json!({ "relatives": [{ "person": "n-secret-cousin", "degree": "kin" }] });
    done(&hall.api(&path, &village.director, &hall.key(), kin).await);
    let officer = hall.api(&path, &village.officer, &hall.key(), json!({ "relatives": [] })).await;
    assert_eq!(officer.json()["law"]["article"], "OLVC 37", "{}", officer.text);
    // it is in no entry and on no page
    for log in hall.host.store.logs().await.unwrap() {
        for entry in hall.host.store.entries(&log.id, 0, 1000).await.unwrap() {
            assert!(!String::from_utf8_lossy(&entry.bytes).contains("n-secret-cousin"));
        }
    }
    let page =
        hall.get(&format!("/organisation/units/{}/declaration", village.unit), &cookie).await;
    assert!(!page.text.contains("n-secret-cousin"));
}
