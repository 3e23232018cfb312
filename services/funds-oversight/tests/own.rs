//! A region's own definition, run beside the core over the service's own API: nobody compiled it in.

mod hall;

use definitions::Definitions;
use funds_oversight::{catalogue, funds::EMBEDDED};
use hall::{Hall, VILLAGE};
use serde_json::{Value, json};

const OWN: (&str, &str) = ("inventory.toml", include_str!("own.toml"));
const BEGIN: &str = "/api/funds/units/u-qingxi/yl-inventory/begin";

async fn listed(hall: &Hall, who: &str) -> Value {
    let path = format!("/api/funds/units/{VILLAGE}/yl-inventory");
    for _ in 0..100 {
        let (_, list) = hall.json(who, &path).await;
        if list["items"].as_array().is_some_and(|items| !items.is_empty()) {
            return list;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the case is on no list");
}

#[tokio::test]
async fn a_regions_own_procedure_runs_beside_the_books() {
    let hall = Hall::offered(&[OWN]).await;
    hall.started().await;
    let asked = json!({ "fields": { "kind": "machines" } });
    // Offered, not adopted: nobody can begin it yet.
    let (status, _, refused) = hall.post("li", BEGIN, "b1", None, &asked).await;
    assert_eq!((status, refused["code"].as_str()), (409, Some("not-adopted")), "{refused}");
    assert!(refused["law"]["article"].is_string(), "{refused}");
    hall.adopted("yl-inventory").await;

    let (status, _, refused) = hall.post("wang", BEGIN, "b2", None, &asked).await;
    assert_eq!((status, refused["code"].as_str()), (409, Some("not-competent")), "{refused}");
    let (status, _, begun) = hall.post("qian", BEGIN, "b3", None, &asked).await;
    assert_eq!(status, 201, "{begun}");
    let (status, _, again) = hall.post("qian", BEGIN, "b3", None, &asked).await;
    assert_eq!((status, &again["receipt"]), (200, &begun["receipt"]), "{again}");
    let id = begun["thing"]["id"].as_str().unwrap();
    let case = format!("/api/funds/yl-inventory/{id}");

    // Four eyes hold over seats: Qian, who began it, is the collective's representative too.
    let check = format!("{case}/check");
    let counted = json!({ "fields": { "found": 12, "note": "水泵在三组" } });
    let mut own_seat = counted.clone();
    own_seat["seat"] = json!({ "post": "legal-representative" });
    let (status, _, refused) = hall.post("qian", &check, "c1", Some(1), &own_seat).await;
    assert_eq!((status, refused["code"].as_str()), (409, Some("four-eyes")), "{refused}");
    // Another village sees nothing of it.
    assert_eq!(hall.get("bao", &case).await.0, 404);
    assert_eq!(hall.post("bao", &check, "c2", Some(1), &counted).await.0, 404);

    let list = listed(&hall, "wang").await;
    assert!(list.to_string().contains("资产盘点·农机具"), "{list}");
    let (status, _, done) = hall.post("wang", &check, "c3", Some(1), &counted).await;
    assert_eq!(status, 200, "{done}");
    let (status, page) = hall.get("wang", &format!("/funds/yl-inventory/{id}")).await;
    assert!(status == 200 && page.contains("盘点件数") && page.contains("水泵在三组"), "{page}");

    // In the log: the region in the types, what is not public sealed.
    let log = hall.log_text().await;
    for kind in ["counting-begun", "count-checked"] {
        assert!(log.contains(&format!("cn.cunwu.funds.local.yl.{kind}.v1")), "{kind}");
    }
    assert!(log.contains("\"found\":12") && !log.contains("水泵"), "what is sealed is not plain");
}

#[tokio::test]
async fn its_clocks_run_as_those_of_the_core_do() {
    let hall = Hall::offered(&[OWN]).await;
    hall.started().await;
    hall.adopted("yl-inventory").await;
    let asked = json!({ "fields": { "kind": "houses" } });
    let (status, _, begun) = hall.post("li", BEGIN, "b1", None, &asked).await;
    assert_eq!(status, 201, "{begun}");
    hall.until("2026-03-12");
    let case = format!("/api/funds/yl-inventory/{}", begun["thing"]["id"].as_str().unwrap());
    let (status, _, late) = hall
        .post(
            "wang",
            &format!("{case}/check"),
            "c1",
            Some(2),
            &json!({ "fields": { "found": 1, "note": "无" } }),
        )
        .await;
    // What was due took effect first; the check comes after it, and late.
    assert_eq!(status, 200, "{late}");
    assert!(hall.log_text().await.contains("count-overdue.v1"), "{late}");
}

#[test]
fn no_file_takes_the_streams_or_the_events_of_the_core() {
    let check = |text: &str| {
        let texts: Vec<(&str, &str)> = EMBEDDED.into_iter().chain([(OWN.0, text)]).collect();
        Definitions::check(&texts, &catalogue()).err().unwrap_or_default()
    };
    let (_, text) = OWN;
    assert!(check(text).is_empty());
    for stream in funds_oversight::catalogue::CORE_STREAMS {
        let taken = text.replace("version  = 1", &format!("version  = 1\nstream = \"{stream}\""));
        assert!(!check(&taken).is_empty(), "{stream}");
    }
}
