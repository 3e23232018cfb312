//! The service over HTTP: a payment from request to book, and what is refused on the way, each with its article.

mod hall;

use hall::{Hall, VILLAGE};
use serde_json::{Value, json};

const ASK: &str = "/api/funds/units/u-qingxi/payment/request";

fn id(answer: &Value) -> String {
    answer["thing"]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

fn step(payment: &str, step: &str) -> String {
    format!("/api/funds/payment/{payment}/{step}")
}

#[tokio::test]
async fn a_payment_from_request_to_the_book() {
    let hall = Hall::new().await;
    let (account, line) = hall.start().await;
    let asked = hall.request(&line, 30_000, 1);
    let (status, _, answer) = hall.post("li", ASK, "p1", None, &asked).await;
    assert_eq!(status, 201, "{answer}");
    let payment = id(&answer);
    // The same key and body again: the first receipt.
    let (status, _, again) = hall.post("li", ASK, "p1", None, &asked).await;
    assert_eq!((status, &again["receipt"]), (200, &answer["receipt"]), "{again}");
    let (status, _, other) =
        hall.post("li", ASK, "p1", None, &hall.request(&line, 30_001, 1)).await;
    assert_eq!((status, other["code"].as_str()), (422, Some("key-reused")), "{other}");

    let (status, page) = hall.get("wang", &format!("/funds/payment/{payment}")).await;
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("打印纸和墨盒") && page.contains("清溪文具店"), "{page}");
    let empty = json!({ "fields": {} });
    let approve = step(&payment, "approve");
    let (status, _, answer) = hall.post("wang", &approve, "a1", Some(1), &empty).await;
    assert_eq!(status, 200, "{answer}");
    let (_, _, again) = hall.post("wang", &approve, "a1", Some(1), &empty).await;
    assert_eq!(again["receipt"], answer["receipt"], "{again}");
    let paid = json!({ "fields": { "on": "2026-03-02", "bank_account": account } });
    let (status, _, answer) = hall.post("zhao", &step(&payment, "pay"), "z1", Some(2), &paid).await;
    assert_eq!(status, 200, "{answer}");

    let path = format!("/api/funds/units/{VILLAGE}/books/2026-03");
    let (status, mut book) = hall.json("wang", &path).await;
    assert_eq!(status, 200, "{book}");
    for _ in 0..100 {
        if !book["lines"].as_array().unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        book = hall.json("wang", &path).await.1;
    }
    assert_eq!(
        (&book["opening"], &book["income"], &book["expense"], &book["closing"]),
        (&json!(100_000_000), &json!(0), &json!(30_000), &json!(99_970_000)),
    );
    assert_eq!(book["lines"][0]["payment"], payment.as_str());
    let debit: i64 = book["trial_balance"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| b["debit"].as_i64().unwrap())
        .sum();
    assert_eq!(debit, 100_000_000);
    let (_, left) = hall.json("wang", &format!("/api/funds/units/{VILLAGE}/reserves")).await;
    let own =
        left["items"].as_array().unwrap().iter().find(|l| l["reserve"] == line.as_str()).unwrap();
    assert_eq!((&own["available"], &own["spent"]), (&json!(970_000), &json!(30_000)));
}

#[tokio::test]
async fn a_month_handed_in_again_after_its_closing_gives_the_first_receipt() {
    let hall = Hall::new().await;
    hall.start().await;
    hall.until("2026-04-02");
    let submit = format!("/api/funds/units/{VILLAGE}/month-close/submit");
    let empty = json!({ "fields": {} });
    let (status, _, first) = hall.post("li", &submit, "m1", None, &empty).await;
    assert_eq!(status, 201, "{first}");
    let item = format!("/api/funds/month-close/{}", id(&first));
    let seen = hall.json("guo", &item).await.1["version"].as_u64();
    let (status, _, closed) =
        hall.post("guo", &format!("{item}/draw-up"), "m2", seen, &empty).await;
    assert_eq!(status, 200, "{closed}");
    for next in ["none is open", "another is open"] {
        let (status, _, again) = hall.post("li", &submit, "m1", None, &empty).await;
        assert_eq!((status, &again["receipt"]), (200, &first["receipt"]), "{next}: {again}");
        if next == "none is open" {
            let (_, _, refused) = hall.post("li", &submit, "m3", None, &empty).await;
            assert_eq!(refused["code"], "no-open-month", "{refused}");
            for who in ["li", "guo"] {
                let month = json!({ "month": "2026-04" });
                hall.keep(who, "month-opening", "o3", month).await;
            }
        }
    }
}

#[tokio::test]
async fn what_is_refused_cites_its_article() {
    let hall = Hall::new().await;
    let (_, line) = hall.start().await;
    let refused = |(status, _, answer): (u16, Option<String>, Value)| {
        assert_eq!(status, 409, "{answer}");
        assert!(answer["law"]["article"].is_string(), "{answer}");
        answer["code"].as_str().unwrap().to_owned()
    };
    // By the wrong person.
    let asked = hall.request(&line, 30_000, 1);
    refused(hall.post("sun", ASK, "w1", None, &asked).await);
    // Above what was resolved.
    refused(hall.post("li", ASK, "w2", None, &hall.request(&line, 1_000_001, 2)).await);
    // An invoice used before.
    let (_, _, answer) = hall.post("qian", ASK, "q1", None, &asked).await;
    let payment = id(&answer);
    refused(hall.post("li", ASK, "w3", None, &asked).await);
    // Approved by who asked, in another seat.
    let approve = json!({ "fields": {}, "seat": {"post": "legal-representative"} });
    refused(hall.post("qian", &step(&payment, "approve"), "q2", Some(1), &approve).await);
    // Into a month that is not open.
    let journal = json!({"date": "2026-02-27", "summary": "计提", "lines": [
        {"account": "513", "debit": 1}, {"account": "211", "credit": 1}]});
    let path = format!("/api/funds/units/{VILLAGE}/bookkeeping/journal");
    refused(hall.post("li", &path, "j1", None, &journal).await);
    // One person alone signs the next month.
    hall.keep("li", "month-opening", "m1", json!({"month": "2026-04"})).await;
    let path = format!("/api/funds/units/{VILLAGE}/bookkeeping/month-opening");
    refused(hall.post("li", &path, "m2", None, &json!({"month": "2026-04"})).await);
}

/// What takes a voucher back reads the ledger, which says more once the month is closed: the request is the same.
#[tokio::test]
async fn a_request_that_comes_again_after_its_month_was_closed_is_known() {
    let hall = Hall::new().await;
    hall.start().await;
    let rent = json!({"into": "102", "from": "501", "amount": 120_000, "date": "2026-03-02", "summary": "租金"});
    hall.keep("li", "receipt", "r1", rent).await;
    let book = format!("/api/funds/units/{VILLAGE}/books/2026-03");
    let mut lines = json!([]);
    for _ in 0..100 {
        lines = hall.json("wang", &book).await.1["lines"].clone();
        if lines.as_array().is_some_and(|lines| !lines.is_empty()) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let back = json!({"voucher": lines[0]["voucher"], "reason": "记错了"});
    let path = format!("/api/funds/units/{VILLAGE}/bookkeeping/reversal");
    let (status, _, first) = hall.post("li", &path, "v1", None, &back).await;
    assert_eq!(status, 201, "{first}");
    hall.until("2026-04-02");
    let empty = json!({ "fields": {} });
    let submit = format!("/api/funds/units/{VILLAGE}/month-close/submit");
    let (_, _, handed_in) = hall.post("li", &submit, "m1", None, &empty).await;
    let item = format!("/api/funds/month-close/{}", id(&handed_in));
    let seen = hall.json("guo", &item).await.1["version"].as_u64();
    let (status, _, closed) =
        hall.post("guo", &format!("{item}/draw-up"), "m2", seen, &empty).await;
    assert_eq!(status, 200, "{closed}");
    let (status, _, again) = hall.post("li", &path, "v1", None, &back).await;
    assert_eq!((status, &again["receipt"]), (200, &first["receipt"]), "{again}");
    let mut other = back.clone();
    other["reason"] = "另一个原因".into();
    let (status, _, other) = hall.post("li", &path, "v1", None, &other).await;
    assert_eq!((status, other["code"].as_str()), (422, Some("key-reused")), "{other}");
}

#[tokio::test]
async fn unknown_resolutions_wait_and_other_villages_are_not_there() {
    let hall = Hall::new().await;
    let (_, line) = hall.start().await;
    let mut asked = hall.request(&line, 30_000, 1);
    asked["fields"]["resolution"] = "r-unheard".into();
    let (status, retry, answer) = hall.post("li", ASK, "u1", None, &asked).await;
    assert_eq!((status, answer["code"].as_str()), (503, Some("not-known-here-yet")), "{answer}");
    assert!(retry.is_some());
    assert_eq!(hall.post("bao", ASK, "x1", None, &asked).await.0, 404);
    for path in ["reserves", "books/2026-03", "payment"] {
        let path = format!("/api/funds/units/{VILLAGE}/{path}");
        assert_eq!(hall.get("bao", &path).await.0, 404, "{path}");
    }
    let journal = format!("/api/funds/units/{VILLAGE}/bookkeeping/journal");
    assert_eq!(hall.post("bao", &journal, "x2", None, &json!({})).await.0, 404);
    // Malformed: the field is named, nothing is done.
    let (status, _, answer) = hall.post("li", &journal, "x3", None, &json!({"lines": 3})).await;
    assert_eq!(
        (status, answer["errors"][0]["pointer"].as_str()),
        (422, Some("/lines")),
        "{answer}"
    );
}

#[tokio::test]
async fn bookkeeping_has_pages() {
    let hall = Hall::new().await;
    hall.start().await;
    let home = format!("/funds/units/{VILLAGE}/bookkeeping");
    let (status, page) = hall.get("li", &home).await;
    assert!(status == 200 && page.contains("签启用月份") && page.contains("2026-03"), "{page}");
    let receipt = format!("{home}/receipt");
    let (status, page) = hall.get("li", &format!("{receipt}?lang=en")).await;
    assert!(status == 200 && page.contains("Enter a receipt"), "{page}");
    // What is wrong stands at its field, and what was typed is kept.
    let (status, page) =
        hall.form("li", &receipt, "key=k1&into=102&from=501&amount=x&summary=RENT7").await;
    assert!(status == 422 && page.contains("RENT7"), "{status} {page}");
    let good = "key=k1&into=102&from=501&amount=1200.50&date=2026-03-02&summary=RENT7";
    let (status, page) = hall.form("li", &receipt, good).await;
    assert_eq!(status, 200, "{page}");
    assert_eq!(hall.form("li", &receipt, good).await.0, 200);
    let (status, page) = hall.get("guo", &format!("/funds/units/{VILLAGE}/books/2026-03")).await;
    assert!(status == 200 && page.contains("1,200.50") && page.contains("试算平衡表"), "{page}");
    // Refused by a rule: with its status, on the form.
    let closed = good.replace("2026-03-02", "2026-02-02").replace("k1", "k2");
    assert_eq!(hall.form("li", &receipt, &closed).await.0, 409);
    assert_eq!(hall.get("bao", &home).await.0, 404);
}
