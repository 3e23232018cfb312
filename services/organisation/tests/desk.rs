//! Procedures whose events are their own on organisation's desk: a consultation that becomes a proposal, and one that a stranger
//! wrote, with what is sealed in it, its clock, and who may see it.

mod hall;

use hall::village::{Village, done};
use organisation::catalogue::DEFINITIONS;
use serde_json::json;

const STRANGE: &str = include_str!("samples/key-lending.toml");

#[tokio::test]
async fn a_consultation_becomes_a_proposal() {
    let village = Village::new(DEFINITIONS).await;
    let raise =
        json!({ "topic": "村口要不要装路灯", "kind": "welfare", "grounds": "夜里看不见路。" });
    // not before the province has adopted it
    let early = village.begin("miao", "consultation", "raise", raise.clone()).await;
    assert_eq!(early.status, 503, "{}", early.text);
    village.hall.adopt().await;
    let raised = village.begin("miao", "consultation", "raise", raise).await;
    done(&raised);
    let id = raised.json()["thing"]["id"].as_str().unwrap().to_owned();
    let thing = format!("consultation/{id}");

    // whose turn it is sees it on the desk by its topic; who raised it does not take it up
    let desk = village.page("wang", "/organisation/").await;
    assert!(desk.text.contains("村口要不要装路灯"), "{}", desk.text);
    let own = village.take("miao", &thing, "take-up", json!({})).await;
    assert!(own.status.is_client_error(), "{}", own.text);
    done(&village.take("wang", &thing, "take-up", json!({})).await);
    let invite = json!({ "invited": "各组组长、镇供电所", "held_on": "2026-03-02" });
    done(&village.take("wang", &thing, "invite", invite).await);
    let hold = json!({ "present": 31, "record": "都同意装，钱从哪里来要开会定。" });
    done(&village.take("deng", &thing, "hold", hold).await);
    done(
        &village
            .take("deng", &thing, "agree", json!({ "agreement": "装十二盏，位置已看过。" }))
            .await,
    );

    // it is offered to a proposal only when it was referred
    let form = format!("/organisation/units/{}/decision/propose", village.unit);
    assert!(!village.page("shi", &form).await.text.contains(&id));
    done(&village.take("shi", &thing, "refer", json!({})).await);
    let offered = village.page("shi", &form).await;
    assert!(
        offered.text.contains(&id) && offered.text.contains("村口要不要装路灯"),
        "{}",
        offered.text
    );
    let proposal = json!({
        "title": "安装路灯", "matter": "public-welfare", "limit": 3_600_000, "grounds": "协商一致。",
        "proposer": "party-organisation", "consultation": id,
    });
    let tabled = village.begin("shi", "decision", "propose", proposal).await;
    done(&tabled);
    let proposal = tabled.json()["thing"]["id"].as_str().unwrap().to_owned();
    assert!(!village.page("shi", &form).await.text.contains(&id), "it is on its way already");

    // each page leads to the other
    let page = village.page("wang", &format!("/organisation/{thing}")).await;
    assert!(page.text.contains(&format!("/organisation/decision/{proposal}")), "{}", page.text);
    assert!(page.text.contains("安装路灯"));
    assert!(page.text.contains("公益事业"), "a choice has its word: {}", page.text);
    let page = village.page("wang", &format!("/organisation/decision/{proposal}")).await;
    assert!(page.text.contains(&format!("/organisation/{thing}")), "{}", page.text);
    let list =
        village.page("wang", &format!("/organisation/units/{}/consultation", village.unit)).await;
    assert!(list.text.contains("村口要不要装路灯"), "{}", list.text);
    let api = format!("/api/organisation/units/{}/consultation", village.unit);
    let listed = village.hall.api_get(&api, village.token("wang")).await.json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
}

/// Nobody wrote a line of Rust for it.
#[tokio::test]
async fn what_a_stranger_wrote_works() {
    let texts: Vec<(&str, &str)> =
        DEFINITIONS.iter().copied().chain([("key-lending.toml", STRANGE)]).collect();
    let village = Village::new(&texts).await;
    village.hall.adopt().await;
    let form = village
        .page("wang", &format!("/organisation/units/{}/yl-key-lending/lend", village.unit))
        .await;
    assert_eq!(form.status, 200, "{}", form.text);
    assert!(form.text.contains("借哪把钥匙"), "{}", form.text);
    let lend = json!({ "key": "meeting-room", "borrower": "冯桂兰", "receipt": "收-001" });
    let lent = village.begin("wang", "yl-key-lending", "lend", lend.clone()).await;
    done(&lent);
    let id = lent.json()["thing"]["id"].as_str().unwrap().to_owned();
    let thing = format!("yl-key-lending/{id}");
    // the same receipt again, and somebody without the seat
    let again = village.begin("wang", "yl-key-lending", "lend", lend.clone()).await;
    assert_eq!(again.json()["code"], "used-before", "{}", again.text);
    let other = village.begin("jian", "yl-key-lending", "lend", lend).await;
    assert_eq!(other.json()["code"], "not-competent", "{}", other.text);

    // who borrowed it is for those who act in it; each look leaves a trace
    let seen = village
        .hall
        .api_get(&format!("/api/organisation/{thing}"), village.token("wang"))
        .await
        .json();
    assert_eq!(seen["opened"]["borrower"], "冯桂兰", "{seen}");
    let seen = village
        .hall
        .api_get(&format!("/api/organisation/{thing}"), village.token("jian"))
        .await
        .json();
    assert!(seen["opened"]["borrower"].is_null(), "{seen}");
    let store = &village.hall.host.store;
    let mut traces = 0;
    for log in store.logs().await.unwrap() {
        for entry in store.entries(&log.id, 0, 1000).await.unwrap() {
            let text = String::from_utf8_lossy(&entry.bytes).into_owned();
            assert!(!text.contains("冯桂兰"), "{text}");
            traces += usize::from(text.contains("organisation.text-opened.v1"));
        }
    }
    assert_eq!(traces, 1);

    // three days pass: it is overdue, whoever notices; then it comes back
    village.hall.wait(5 * 24 * 60);
    village.hall.host.committer.due(village.hall.host.committer.now()).await.unwrap();
    let late = village
        .hall
        .host
        .store
        .query(
            "SELECT fact FROM core_entry WHERE stream = $1 ORDER BY idx",
            &[format!("yl-key-lending/{id}").into()],
        )
        .await
        .unwrap();
    let facts: Vec<&str> = late.iter().map(|row| row.text(0).unwrap()).collect();
    assert_eq!(facts, ["local.yl.key-lent.v1", "local.yl.key-overdue.v1"]);
}
