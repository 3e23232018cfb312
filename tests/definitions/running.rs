//! The examples in a running program: adopted at once by the demo, by two administrators in real use.

use std::time::{Duration, Instant};

use cunwu_tests::{client, cunwu, fetch, fetch_json, launch};
use serde_json::{Value, json};

use super::{
    examples,
    visitor::{Answer, Visitor, send},
};

async fn village(base: &str) -> String {
    let found = fetch_json(&format!("{base}/api/organisation/units?q=%E6%9D%91")).await;
    let units = found["units"].as_array().unwrap();
    let village = units.iter().find(|unit| unit["level"] == "village").unwrap();
    village["unit"].as_str().unwrap().to_owned()
}

/// Waits until an answer is as wanted: what was adopted or recorded a moment ago has to be heard first.
async fn until(what: &str, ask: impl AsyncFn() -> Option<Answer>) -> Answer {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "not within a minute: {what}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn done(answer: &Answer) {
    assert!(answer.status == 200 && answer.body["outcome"] == "accepted", "{answer:?}");
}

/// The entries of the open logs of a service, as text.
async fn entries(base: &str) -> String {
    let mut all = String::new();
    for log in fetch_json(&format!("{base}/logs")).await.as_array().unwrap() {
        let id = log["log"].as_str().unwrap();
        let bytes = fetch(&format!("{base}/logs/{id}/entries?from=0&limit=1024")).await;
        all.push_str(&String::from_utf8_lossy(&bytes));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_with_the_examples_does_all_that_their_files_say() {
    let folder = examples();
    let arguments = ["demo", "--listen", "127.0.0.1:0", "--villages", "1", "--months", "1"];
    let server = launch()
        .args(arguments)
        .args(["--definitions", folder.to_str().unwrap()])
        .patience(Duration::from_secs(300))
        .start()
        .unwrap();
    let base = server.url().to_owned();
    let here = village(&base).await;
    let secret = "cunwu-demo-2026";
    let representative = Visitor::sign_in(&base, "daibiao", secret).await;
    let director = Visitor::sign_in(&base, "zhuren", secret).await;
    let mediator = Visitor::sign_in(&base, "tiaojie", secret).await;

    // The form, in both languages, with the words of the file.
    let form = format!("/services/units/{here}/yl-ceremony/file");
    let zh = representative.page(&format!("{form}?lang=zh")).await;
    for words in ["预计桌数", "婚事", "满月、周岁", "报备"] {
        assert!(zh.contains(words), "{words}");
    }
    assert!(representative.page(&format!("{form}?lang=en")).await.contains("Tables planned"));

    // A refusal with its article; what would be right is the formula's own sentence.
    let begin = format!("/api/services/units/{here}/yl-ceremony/file");
    let many = json!({ "fields": { "kind": "wedding", "tables": 30, "household": "三组某户" } });
    let refused = representative.post(&begin, "too-many", &many).await;
    assert_eq!((refused.status, refused.code()), (409, "too-many-tables"), "{refused:?}");
    assert_eq!(refused.body["law"]["article"], "village-rules");
    assert!(refused.body["remedy"].as_str().unwrap().contains("20"), "{refused:?}");
    let other = mediator.post(&begin, "not-mine", &many).await;
    assert_eq!(other.status, 409, "{other:?}");
    assert_eq!(other.code(), "not-competent", "{other:?}");

    // A case from beginning to end.
    let few = json!({ "fields": { "kind": "wedding", "tables": 12, "household": "三组某户" } });
    let begun = representative.post(&begin, "filed", &few).await;
    let case = format!("/api/services/yl-ceremony/{}", begun.id());
    let again = representative.post(&begin, "filed", &few).await;
    assert_eq!(again.body["receipt"], begun.body["receipt"], "the first receipt");
    let early = json!({ "fields": { "tables_held": 12 }, "outcome": "kept" });
    let early = representative.go_on(&case, "tell-held", "early", &early).await;
    assert_eq!(early.code(), "out-of-order", "{early:?}");
    let advice = json!({ "fields": { "advice": "建议从简" } });
    done(&director.go_on(&case, "advise", "advised", &advice).await);
    let held = json!({ "fields": { "tables_held": 12 }, "outcome": "kept" });
    done(&representative.go_on(&case, "tell-held", "held", &held).await);
    let seen = director.get(&case).await;
    assert_eq!(seen.body["ended"], true, "{seen:?}");
    let page = director.page(&case.replace("/api", "")).await;
    assert!(page.contains("未超标准") && page.contains("婚事"), "the words of the file");

    // The other one: two outcomes, a window that the next step waits for, an objection and its answer.
    let begin = format!("/api/disputes/units/{here}/yl-boundary/ask");
    let asked = json!({ "fields": { "land": "forest", "place": "后山东坡" } });
    let begun = representative.post(&begin, "walk", &asked).await;
    let case = format!("/api/disputes/yl-boundary/{}", begun.id());
    let walked =
        json!({ "fields": { "stones": 4, "record": "东西两家都在" }, "outcome": "agreed" });
    done(&mediator.go_on(&case, "walk", "walked", &walked).await);
    done(&mediator.go_on(&case, "post", "posted", &json!({})).await);
    let waits = mediator.go_on(&case, "set", "set", &json!({})).await;
    assert_eq!((waits.status, waits.code()), (409, "window-open"), "{waits:?}");
    assert_eq!(waits.body["law"]["article"], "PML", "{waits:?}");
    let objection = json!({ "fields": { "objection": "界线偏东" } });
    let raised = representative.go_on(&case, "object", "objected", &objection).await;
    let event = raised.body["receipt"]["events"][0]["id"].as_str().unwrap().to_owned();
    let reply = json!({ "fields": { "reply": "以承包合同附图为准" }, "about": event });
    done(&mediator.go_on(&case, "answer", "answered", &reply).await);

    // Events in the log, with their types and their schemas; nothing that is not public in plain.
    let log = entries(&base).await;
    for kind in [
        "cn.cunwu.services.local.yl.ceremony-filed.v1",
        "cn.cunwu.services.local.yl.host-advised.v1",
        "cn.cunwu.services.local.yl.ceremony-held.v1",
        "cn.cunwu.disputes.local.yl.boundary-agreed.v1",
        "cn.cunwu.disputes.local.yl.objection-raised.v1",
    ] {
        assert!(log.contains(&format!("\"type\":\"{kind}\"")), "{kind}");
        assert!(log.contains(&format!("\"dataschema\":\"urn:cunwu:{kind}\"")), "{kind}");
        let schema = fetch_json(&format!("{base}/schemas/{kind}")).await;
        assert_eq!(schema["$id"], format!("urn:cunwu:{kind}"));
    }
    let schema =
        fetch_json(&format!("{base}/schemas/cn.cunwu.services.local.yl.ceremony-filed.v1")).await;
    assert_eq!(schema["properties"]["tables"]["type"], "integer", "{schema}");
    assert_eq!(
        schema["properties"]["household"]["required"],
        json!(["sha256", "class"]),
        "{schema}"
    );
    for secret in ["三组某户", "建议从简", "后山东坡", "东西两家都在", "界线偏东"]
    {
        assert!(!log.contains(secret), "{secret}");
    }

    // The API's description lists the steps; the adopted text is served, and named by the events.
    let described = String::from_utf8(fetch(&format!("{base}/api/openapi.json")).await).unwrap();
    assert!(described.contains("/api/services/yl-ceremony/{id}/advise"));
    let rules = fetch_json(&format!("{base}/api/organisation/definitions")).await;
    let offered = rules["offered"].as_array().unwrap();
    assert!(offered.iter().all(|one| one["standing"] == "adopted"), "{rules}");
    let reference = offered.iter().find(|one| one["definition"] == "yl-ceremony").unwrap();
    let reference = reference["reference"].as_str().unwrap();
    let text = fetch(&format!("{base}/definitions/{reference}")).await;
    assert_eq!(text, std::fs::read(examples().join("ceremony.toml")).unwrap());
    assert!(log.contains(&format!("\"definition\":\"{reference}\"")));
    assert!(
        log.contains("definition-adopted.v1") && log.contains("婚丧喜事报备"),
        "the text on record"
    );
}

const PASSWORD: &str = "a long phrase 42";

/// A real installation with a province, a county, a township and a village, and its two administrators.
async fn installed(folder: &std::path::Path) -> (testbed::Cunwu, Visitor, Visitor) {
    let (data, csv) = (folder.join("data"), folder.join("register.csv"));
    std::fs::write(
        &csv,
        "code,name,level\n990000000000,云岭省,province\n990100000000,清江市,prefecture\n990121000000,临川县,county\n\
         990121100000,河口镇,township\n990121100200,青禾村,village\n",
    )
    .unwrap();
    let data = data.to_str().unwrap();
    let ran = cunwu(&["import", "divisions", csv.to_str().unwrap(), "--data", data]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let definitions = examples();
    let server = launch()
        .args(["up", "--listen", "127.0.0.1:0", "--data", data])
        .args(["--definitions", definitions.to_str().unwrap()])
        .start()
        .unwrap();
    let base = server.url().to_owned();
    let start = Instant::now();
    let token = loop {
        let log = server.log();
        if let Some((_, rest)) = log.split_once("first-administrator?code=") {
            break rest.split_whitespace().next().unwrap().to_owned();
        }
        assert!(start.elapsed() < Duration::from_secs(60), "no token: {log}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let form = [
        ("code", token.as_str()),
        ("system-name", "甘春和"),
        ("system-person", "p-0001"),
        ("system-login", "first.admin"),
        ("password", PASSWORD),
        ("again", PASSWORD),
        ("security-name", "柏长青"),
        ("security-person", "p-0002"),
        ("security-login", "second.admin"),
    ];
    let begun = client()
        .post(format!("{base}/organisation/first-administrator?lang=en"))
        .header("origin", &base)
        .header("sec-fetch-site", "same-origin")
        .form(&form)
        .send()
        .await
        .unwrap();
    let page = begun.text().await.unwrap();
    let (_, rest) = page.split_once("One-time code").unwrap_or_else(|| panic!("{page}"));
    let mut words = rest.split(['<', '>']).map(str::trim);
    let code = words.find(|word| word.len() >= 8 && !word.contains(['=', '/', ' '])).unwrap();
    set_password(&base, "second.admin", code).await;
    let system = Visitor::sign_in(&base, "first.admin", PASSWORD).await;
    let security = Visitor::sign_in(&base, "second.admin", PASSWORD).await;
    (server, system, security)
}

async fn set_password(base: &str, login: &str, code: &str) {
    let body = json!({ "login": login, "code": code, "password": PASSWORD });
    let answer = send(base, "/api/organisation/password", &[], &body).await;
    assert!(answer.status < 300, "{login}: {answer:?}");
}

/// Seats somebody in the village, opens the account, signs in.
async fn seated(base: &str, by: &Visitor, unit: &str, post: (&str, &str), login: &str) -> Visitor {
    let body = json!({
        "unit": unit, "name": "何安", "person": format!("p-{login}"), "body": post.0, "post": post.1,
        "from": "2026-01-01", "to": "2030-12-31", "households": 10,
    });
    let filled = by.post("/api/organisation/seats", &format!("seat-{login}"), &body).await;
    assert!(filled.status < 300, "{filled:?}");
    let seats = fetch_json(&format!("{base}/api/organisation/seats?unit={unit}")).await;
    let seat =
        seats["seats"].as_array().unwrap().iter().find(|seat| seat["post"] == post.1).unwrap();
    let seat = seat["seat"].as_str().unwrap();
    let body = json!({ "do": "open", "login": login });
    let path = format!("/api/organisation/seats/{seat}/account");
    let opened = by.post(&path, &format!("account-{login}"), &body).await;
    let code = opened.body["code"].as_str().unwrap_or_else(|| panic!("{opened:?}")).to_owned();
    set_password(base, login, &code).await;
    Visitor::sign_in(base, login, PASSWORD).await
}

#[tokio::test(flavor = "multi_thread")]
async fn in_real_use_two_administrators_adopt_what_is_offered_and_only_then_it_governs() {
    let folder = tempfile::tempdir().unwrap();
    let (server, system, security) = installed(folder.path()).await;
    let base = server.url().to_owned();
    let here = village(&base).await;
    let representative =
        seated(&base, &security, &here, ("representatives", "representative"), "daibiao").await;
    let begin = format!("/api/services/units/{here}/yl-ceremony/file");
    let filed = json!({ "fields": { "kind": "birth", "tables": 3, "household": "一组某户" } });
    let try_it = async |key: &str| representative.post(&begin, key, &filed).await;

    // Offered, not adopted: said in the village's words, with what to do. The seat has to be heard first.
    let refused = until("the seat is heard", async || {
        let answer = try_it("early").await;
        (answer.status != 503 && answer.code() != "not-competent").then_some(answer)
    })
    .await;
    assert_eq!((refused.status, refused.code()), (409, "not-adopted"), "{refused:?}");
    assert!(refused.body["detail"].as_str().unwrap().contains("婚丧喜事报备"), "{refused:?}");
    assert!(!refused.body["law"]["article"].is_null(), "{refused:?}");

    // The page lists it; whoever is no administrator is told whose business it is.
    let listed = representative.page("/organisation/definitions?lang=zh").await;
    assert!(listed.contains("婚丧喜事报备") && listed.contains("等待提出"), "{listed}");
    let rules = fetch_json(&format!("{base}/api/organisation/definitions")).await;
    let offer =
        rules["offered"].as_array().unwrap().iter().find(|o| o["definition"] == "yl-ceremony");
    let hash = offer.unwrap()["hash"].as_str().unwrap().to_owned();
    let one = "/api/organisation/definitions/yl-ceremony";
    let body = json!({ "hash": hash });
    let stranger = representative.post(&format!("{one}/propose"), "stranger", &body).await;
    assert_eq!(stranger.code(), "not-competent", "{stranger:?}");

    // One proposes; the same one cannot adopt; another text cannot be adopted; the other adopts.
    let alone = system.post(&format!("{one}/adopt"), "unproposed", &body).await;
    assert_eq!(alone.code(), "not-proposed", "{alone:?}");
    let proposed = system.post(&format!("{one}/propose"), "proposed", &body).await;
    assert!(proposed.status < 300, "{proposed:?}");
    let alone = system.post(&format!("{one}/adopt"), "alone", &body).await;
    assert_eq!(alone.code(), "two-persons", "{alone:?}");
    let wrong = json!({ "hash": "0".repeat(64) });
    assert_eq!(security.post(&format!("{one}/adopt"), "wrong", &wrong).await.status, 422);
    assert_eq!(try_it("between").await.code(), "not-adopted");
    let page = security.page("/organisation/definitions/yl-ceremony?lang=en").await;
    assert!(page.contains("waits for a second person") && page.contains("In force from"), "{page}");
    let adopted = security.post(&format!("{one}/adopt"), "adopted", &body).await;
    assert!(adopted.status < 300, "{adopted:?}");
    let again = security.post(&format!("{one}/adopt"), "again", &body).await;
    assert_eq!(again.code(), "version-not-newer", "{again:?}");

    // Now it governs; the other one, which nobody adopted, does not.
    let begun = until("the adoption is heard", async || {
        let answer = try_it("filed").await;
        (answer.code() != "not-adopted").then_some(answer)
    })
    .await;
    assert_eq!(begun.status, 201, "{begun:?}");
    let asked = json!({ "fields": { "land": "field", "place": "村口" } });
    let begin = format!("/api/disputes/units/{here}/yl-boundary/ask");
    assert_eq!(representative.post(&begin, "walk", &asked).await.code(), "not-adopted");

    // On record: text, hash, both persons, from when.
    let log = entries(&base).await;
    let adoption = log
        .lines()
        .flat_map(|line| line.split("{\"specversion\""))
        .find(|event| event.contains("definition-adopted.v1") && event.contains("yl-ceremony"))
        .unwrap();
    for part in [hash.as_str(), "\"persons\":[", "\"from\":", "CeremonyFiled"] {
        assert!(adoption.contains(part), "{part}: {adoption}");
    }
    let _: Value = rules;
}
