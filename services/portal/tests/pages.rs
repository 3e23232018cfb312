//! The pages and answers over made-up events: complete in both languages, equal figures, honest about texts and proofs.

mod fixture;

use axum::http::StatusCode;
use fixture::{
    log::{self, key_of},
    site::{Site, has_empty, words},
    story::{self, COUNTY, FUNDS, QINGHE},
};
use proof::ProofFile;
use serde_json::{Value, json};

const PAGES: &[&str] = &[
    "/",
    "/search",
    "/search?q=%E9%9D%92%E7%A6%BE",
    "/search?q=nothing",
    "/units/yunling",
    "/units/hechuan",
    "/units/yunxi",
    "/units/longquan",
    "/villages/qinghe",
    "/villages/liutang",
    "/villages/shimen",
    "/villages/park",
    "/villages/qinghe/decisions",
    "/villages/liutang/decisions",
    "/villages/qinghe/accounts",
    "/villages/qinghe/accounts/2026-01",
    "/villages/qinghe/accounts/2026-03",
    "/villages/qinghe/accounts/2019-03",
    "/villages/liutang/accounts/2026-02",
    "/villages/liutang/accounts/2026-03",
    "/villages/qinghe/accounts/2026-02/print",
    "/villages/qinghe/accounts/2026-02/print?paper=a3",
    "/villages/qinghe/accounts/2026-03/print",
    "/villages/qinghe/reports/balance-sheet/2026-02",
    "/villages/qinghe/reports/income-statement/2026-03",
    "/villages/qinghe/reports/income-statement/2026-03?all=1",
    "/villages/qinghe/reports/balance-sheet/2026-02/A40",
    "/villages/qinghe/reports/balance-sheet/2026-02/A01",
    "/villages/qinghe/reports/income-statement/2026-03/I13",
    "/villages/qinghe/reports/disclosure-sheet/2026-03?all=1",
    "/villages/qinghe/reports/disclosure-sheet/2026-03/O02",
    "/villages/qinghe/reports/disclosure-sheet/2026-02/R09",
    "/villages/qinghe/reports/assets-verified/2026-02",
    "/villages/qinghe/indicators",
    "/villages/shimen/indicators",
    "/villages/qinghe/indicators/decisions-posted",
    "/villages/qinghe/indicators/income-carries-running",
    "/units/yunxi/indicators",
    "/decisions/d-canal",
    "/decisions/d-lamps",
    "/decisions/d-budget",
    "/decisions/d-rules",
    "/villages/qinghe/matters/notice",
    "/villages/qinghe/matters/notice?show=ended",
    "/villages/qinghe/matters/yl-tool-lending",
    "/villages/liutang/matters/screening",
    "/units/yunxi/matters/screening",
    "/matters/services/notice/n-plough",
    "/matters/services/notice/n-plough?event=3",
    "/matters/services/notice/n-water",
    "/matters/services/notice/n-clinic",
    "/matters/disputes/screening/s-feb",
    "/matters/disputes/screening/s-mar",
    "/matters/disputes/screening/s-town",
    "/matters/services/yl-tool-lending/t-tiller",
    "/matters/services/yl-tool-lending/t-pump",
    "/matters/services/yl-tool-lending/t-sprayer",
    "/payments/p-202",
    "/payments/p-304",
    "/payments/p-305",
    "/vouchers/qinghe.2026-02.3",
    "/vouchers/qinghe.2026-03.4",
    "/vouchers/qinghe.2026-03.5",
    "/vouchers/qinghe.2026-03.9",
    "/vouchers/liutang.2026-02.1",
    "/verify",
    "/verify?code=nonsense",
    "/verify?log=fnd-hechuan-open&index=3",
    "/how",
];

/// A report's numbers are the ledger's: cash and bank equal the money page, both sides of the balance sheet are equal, and
/// what lies behind a line sums to it.
#[tokio::test]
async fn a_report_says_what_the_books_say() {
    let site = Site::of(story::services()).await;
    let months: Vec<String> = ["2026-01", "2026-02", "2026-03"].map(str::to_owned).to_vec();
    for month in &months {
        let at = format!("/api/portal/villages/qinghe/reports/balance-sheet/{month}");
        let sheet = site.json(&at).await;
        let cell = |id: &str, column: usize| {
            let lines = sheet["lines"].as_array().unwrap();
            let line = lines.iter().find(|line| line["id"] == id).unwrap();
            line["cells"][column].as_i64().unwrap()
        };
        assert_eq!(sheet["columns"], json!(["opening", "closing"]));
        assert!(sheet["proofs"].as_array().unwrap().iter().all(|proof| proof["holds"] == true));
        assert_eq!(cell("A40", 1), cell("T40", 1));
        assert!(cell("A40", 1) > 0);
        let money = site.json(&format!("/api/portal/villages/qinghe/accounts/{month}")).await;
        assert_eq!(cell("A01", 1), money["closing"].as_i64().unwrap(), "{month}");
        let income = site
            .json(&format!("/api/portal/villages/qinghe/reports/income-statement/{month}"))
            .await;
        let last = income["lines"].as_array().unwrap().last().unwrap().clone();
        // what the year earned is what the balance sheet holds as not yet closed
        assert_eq!(last["cells"][1].as_i64().unwrap(), cell("E04", 1) - cell("E04", 0));
    }
    let (_, page) = site.get("/villages/qinghe/reports/balance-sheet/2026-02?lang=zh").await;
    assert!(page.contains("一分不差") && page.contains("class=\"sum\""));
    let (_, line) = site.get("/villages/qinghe/reports/balance-sheet/2026-02/A01?lang=en").await;
    assert!(line.contains("balance of Cash on hand plus balance of Bank deposits"));
    assert!(line.contains("/vouchers/qinghe.2026-02.3"));
    for missing in [
        "/villages/qinghe/reports/balance-sheet/2031-02",
        "/villages/qinghe/reports/balance-sheet/2026-02/A99",
        "/villages/qinghe/reports/decision/2026-02",
        "/villages/qinghe/reports/balance-sheet/today",
    ] {
        assert_eq!(site.get(missing).await.0, StatusCode::NOT_FOUND, "{missing}");
    }
}

#[test]
fn an_empty_cell_is_found() {
    assert!(has_empty("<td class=\"num\"></td>", "td") && has_empty("<p> </p>", "p"));
    assert!(!has_empty("<td><b>1</b></td><tdx></td>", "td"));
}

#[tokio::test]
async fn every_page_is_complete_in_both_languages() {
    let site = Site::of(story::services()).await;
    for path in PAGES {
        for (lang, html_lang) in [("zh", "zh-CN"), ("en", "en")] {
            let sep = if path.contains('?') { '&' } else { '?' };
            let (status, page) = site.get(&format!("{path}{sep}lang={lang}")).await;
            assert_eq!(status, StatusCode::OK, "{path} {lang}");
            assert!(page.contains(&format!("<html lang=\"{html_lang}\"")), "{path}");
            let said = words(&page);
            assert!(
                !said.contains('{') && !said.contains('}'),
                "{path} {lang}: a placeholder is left: {said}"
            );
            for element in ["td", "dd", "th", "dt", "h1", "h2", "h3", "a", "p", "caption"] {
                assert!(!has_empty(&page, element), "{path} {lang}: an empty {element}");
            }
            assert!(!page.contains("could not be shown"), "{path}");
            // Never a count of readers, never a rank.
            for barred in ["浏览量", "访问量", "排名：", "名次：", "views", "visits", "ranking"]
            {
                assert!(!said.contains(barred), "{path}: {barred}");
            }
            if lang == "en" {
                let own = said.chars().filter(|c| ('一'..='鿿').contains(c)).count();
                let all = said.chars().filter(|c| !c.is_whitespace()).count();
                assert!(
                    own * 3 < all,
                    "{path}: {own} Chinese characters of {all} on an English page"
                );
            }
        }
    }
}

#[tokio::test]
async fn figures_are_equal_on_page_sheet_and_api() {
    let site = Site::of(story::services()).await;
    for month in ["2026-01", "2026-02", "2026-03"] {
        let api = site.json(&format!("/api/portal/villages/qinghe/accounts/{month}")).await;
        let fen = |name: &str| api[name].as_i64().unwrap();
        assert_eq!(fen("opening") + fen("income") - fen("expense"), fen("closing"));
        assert_eq!(fen("bank") + fen("cash"), fen("closing"));
        let (_, page) = site.get(&format!("/villages/qinghe/accounts/{month}")).await;
        let (_, sheet) = site.get(&format!("/villages/qinghe/accounts/{month}/print")).await;
        let (_, list) = site.get("/villages/qinghe/accounts").await;
        for name in ["opening", "income", "expense", "closing"] {
            let shown = format!(">{}<", pages::yuan(fen(name)));
            assert!(page.contains(&shown), "{month} {name} {shown}");
            assert!(list.contains(&shown), "{month} {name} {shown}");
            if month != "2026-03" {
                assert!(sheet.contains(&shown), "{month} {name} {shown}");
            }
        }
        for voucher in api["vouchers"].as_array().unwrap() {
            let id = voucher["voucher"].as_str().unwrap();
            assert!(page.contains(&format!("/vouchers/{id}\"")), "every line opens: {id}");
            let own = site.json(&format!("/api/portal/vouchers/{id}")).await;
            assert_eq!(&own["voucher"], voucher);
        }
        assert_eq!(api["as_of"][0]["log"], FUNDS);
    }
    let api = site.json("/api/portal/decisions/d-canal").await;
    assert_eq!((&api["limit"], &api["spent"]), (&json!(8_000_000), &json!(5_320_000)));
    let (_, page) = site.get("/decisions/d-canal").await;
    assert!(page.contains("80,000.00") && page.contains("53,200.00") && page.contains("26,800.00"));
    assert!(page.contains("62.5\u{a0}%（25/40"), "the share has its base");
}

#[tokio::test]
async fn a_picture_that_cannot_show_a_reversal_says_so() {
    let mut services = log::Services::default();
    let mut post = |n: u32, month: &str, lines: Value, reverses: Option<&str>| {
        let mut data = json!({ "voucher": format!("v{n}"), "number": n, "month": month,
            "date": format!("{month}-05"), "lines": lines });
        if let Some(reverses) = reverses {
            data["reverses"] = reverses.into();
        }
        for (fact, data) in
            [("period-opened.v1", json!({ "month": month })), ("voucher-posted.v1", data)]
        {
            services.tell(log::Told {
                source: "funds",
                log: FUNDS,
                unit: "qinghe",
                code: QINGHE.1,
                at: "2026-03-01 10:00",
                actor: "agency-accountant/h81",
                stream: ("book", "qinghe"),
                fact,
                data,
                texts: &[],
                definition: None,
            });
        }
    };
    let line = |account: &str, side: &str, fen: i64| json!({ "account": account, side: fen });
    post(1, "2026-01", json!([line("514", "debit", 10_000), line("102", "credit", 10_000)]), None);
    post(
        2,
        "2026-02",
        json!([line("102", "debit", 10_000), line("514", "credit", 10_000)]),
        Some("v1"),
    );
    post(3, "2026-02", json!([line("513", "debit", 3_000), line("102", "credit", 3_000)]), None);
    services.tell(log::Told {
        source: "organisation",
        log: COUNTY,
        unit: "qinghe",
        code: QINGHE.1,
        at: "2026-01-01 10:00",
        actor: "system/import",
        stream: ("unit", "qinghe"),
        fact: "unit-formed.v1",
        data: json!({ "unit": "qinghe", "code": QINGHE.1, "name": "青禾村", "level": "village",
            "kind": "village", "keeper": "k", "from": "2020-01-01" }),
        texts: &[],
        definition: None,
    });
    let site = Site::of(services).await;
    let api = site.json("/api/portal/villages/qinghe/accounts/2026-02").await;
    assert_eq!((&api["income"], &api["expense"]), (&json!(0), &json!(-7_000)));
    assert_eq!((&api["opening"], &api["closing"]), (&json!(-10_000), &json!(-3_000)));
    let (_, page) = site.get("/villages/qinghe/accounts/2026-02").await;
    let said = words(&page);
    assert!(
        said.contains("图里合计 30.00，再减去这个月冲回以前月份的 100.00，就是全月的 −70.00 元"),
        "{said}"
    );
}

#[tokio::test]
async fn what_is_missing_or_late_is_said() {
    let site = Site::of(story::services()).await;
    let (_, page) = site.get("/villages/liutang").await;
    let said = words(&page);
    assert!(said.contains("未报，已迟 5 天"), "{said}");
    assert!(said.contains("任期已满"));
    let (_, page) = site.get("/villages/qinghe").await;
    assert!(words(&page).contains("没有答复，已迟 4 天"));
    let (_, page) = site.get("/villages/qinghe/accounts/2026-03").await;
    assert!(words(&page).contains("未到期"));
    let (_, page) = site.get("/units/yunxi").await;
    assert!(page.contains("1/4"), "counts with their base: {}", words(&page));
    let (_, page) = site.get("/decisions/d-budget").await;
    assert!(
        words(&page).contains("党员大会，党员大会审议，4月3日（周五）前，还剩 14 天"),
        "{}",
        words(&page)
    );
    let (status, page) = site.get("/villages/qinghe/accounts/2026-03/print").await;
    assert!(
        status.is_success() && !page.contains("class=\"notice "),
        "no sheet before it is published"
    );
    let (_, page) = site.get("/villages/qinghe/accounts/2026-02/print").await;
    assert!(page.contains("class=\"notice a4\"") && page.contains("<svg class=\"qr\""));
}

#[tokio::test]
async fn texts_are_shown_only_while_the_log_vouches_for_them() {
    let index = |services: &log::Services, voucher: &str| {
        let events = services.events("funds", FUNDS);
        let found =
            events.iter().find(|e| e.fact() == "voucher-posted.v1" && e.data["voucher"] == voucher);
        found.unwrap().index
    };
    let mut services = story::services();
    let (erased, changed) =
        (index(&services, "qinghe.2026-03.1"), index(&services, "qinghe.2026-03.2"));
    services.erase(FUNDS, erased, "summary");
    services.falsify(FUNDS, changed, "summary", "买烟");
    let site = Site::of(services).await;
    let (_, page) = site.get("/villages/qinghe/accounts/2026-03").await;
    assert!(page.contains("村委会办公楼 2 月电费"));
    assert!(!page.contains("冷库租金") && page.contains("文字已删除"));
    assert!(!page.contains("买烟") && page.contains("对不上，不显示"));
    let api = site.json("/api/portal/villages/qinghe/accounts/2026-03").await;
    assert!(!api.to_string().contains("电费"), "texts are in no answer that is kept");
    let (_, proof) = site.get("/vouchers/qinghe.2026-03.2/proof.json").await;
    assert!(ProofFile::from_json(&proof).unwrap().openings.is_empty());
}

#[tokio::test]
async fn the_proof_file_verifies_offline_with_its_text() {
    let site = Site::of(story::services()).await;
    for (path, log) in [
        ("/vouchers/qinghe.2026-02.3/proof.json", FUNDS),
        ("/payments/p-304/proof.json", FUNDS),
        ("/decisions/d-lamps/proof.json", COUNTY),
    ] {
        let (status, headers, body) = site.get_with(path, None).await;
        assert_eq!(status, StatusCode::OK);
        assert!(headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
        let file = ProofFile::from_json(&body).unwrap();
        let keys = [
            key_of(log).verifier(),
            key_of("checkpoints.example").verifier(),
            key_of("yunxi-town.example").cosignature_verifier(),
        ];
        let verified = file.verify(&keys).unwrap();
        assert_eq!(verified.cosignatures.len(), 1, "{path}");
        assert_eq!(verified.openings, usize::from(log == FUNDS), "{path}");
    }
}

#[tokio::test]
async fn a_scanned_notice_is_checked_and_a_false_one_is_named() {
    let site = Site::of(story::services()).await;
    let api = site.json("/api/portal/villages/qinghe/accounts/2026-02").await;
    let (index, leaf) = (&api["item"]["index"], api["item"]["leaf"].as_str().unwrap());
    let (_, sheet) = site.get("/villages/qinghe/accounts/2026-02/print").await;
    assert!(sheet.contains(&pages::short_hash(leaf)));
    let short = &leaf[..16];
    let (_, page) = site.get(&format!("/verify?log={FUNDS}&index={index}&hash={short}")).await;
    let said = words(&page);
    assert_eq!(said.matches("对得上").count() - said.matches("对不对得上").count(), 2, "{said}");
    assert!(said.contains("189,007.00"), "the entry's own figures are read out: {said}");
    let (_, page) =
        site.get(&format!("/verify?log={FUNDS}&index={index}&hash=0000000000000000")).await;
    assert!(words(&page).contains("单子上的指纹，和日志里这条记录的不一样"));
    let (_, page) = site.get(&format!("/verify?log={FUNDS}&index=99999&hash={short}")).await;
    assert!(words(&page).contains("没有找到"));
}

#[tokio::test]
async fn hostile_names_and_texts_are_only_text() {
    const BAD: &str = "<script>alert(1)</script>\"' onload=x&lt;";
    let mut services = log::Services::default();
    let mut tell = |source: &str,
                    log: &str,
                    stream: (&str, &str),
                    fact: &str,
                    data: Value,
                    texts: &[(&str, &str)]| {
        services.tell(log::Told {
            source,
            log,
            unit: "qinghe",
            code: QINGHE.1,
            at: "2026-03-01 10:00",
            actor: "bookkeeper/h1",
            stream,
            fact,
            data,
            texts,
            definition: None,
        });
    };
    tell(
        "organisation",
        COUNTY,
        ("unit", "qinghe"),
        "unit-formed.v1",
        json!({ "unit": "qinghe", "code": QINGHE.1, "name": BAD, "level": "village", "kind": "village", "keeper": "k", "from": "2020-01-01" }),
        &[],
    );
    tell(
        "organisation",
        COUNTY,
        ("seats", "qinghe"),
        "seat-filled.v1",
        json!({ "seat": "s", "holder": "h1", "name": BAD, "body": BAD, "post": "bookkeeper", "from": BAD, "to": BAD }),
        &[],
    );
    tell(
        "organisation",
        COUNTY,
        ("proposal", "p"),
        "proposal-tabled.v1",
        json!({ "matter": BAD }),
        &[("title", BAD), (BAD, BAD)],
    );
    tell(
        "funds",
        FUNDS,
        ("book", "qinghe"),
        "period-opened.v1",
        json!({ "month": "2026-03" }),
        &[],
    );
    tell(
        "funds",
        FUNDS,
        ("payment", "x"),
        "payment-requested.v1",
        json!({ "amount": 5, "account": BAD, "payee": { "organisation": BAD }, "resolution": BAD, "method": BAD }),
        &[("purpose", BAD)],
    );
    tell(
        "funds",
        FUNDS,
        ("book", "qinghe"),
        "voucher-posted.v1",
        json!({ "voucher": "v\"><b>", "number": 1, "month": "2026-03", "date": BAD, "payment": "x",
            "lines": [{ "account": BAD, "debit": 5 }, { "account": "102", "credit": 5 }] }),
        &[("summary", BAD)],
    );
    tell(
        "funds",
        FUNDS,
        ("query", "q"),
        "query-raised.v1",
        json!({ "query": "q", "voucher": BAD, "due": BAD }),
        &[("text", BAD)],
    );
    let site = Site::of(services).await;
    for path in [
        "/",
        "/search?q=script",
        "/villages/qinghe",
        "/villages/qinghe/decisions",
        "/decisions/p",
        "/villages/qinghe/accounts/2026-03",
        "/payments/x",
        "/vouchers/v%22%3E%3Cb%3E",
        "/search?q=%3Cscript%3Ealert(1)%3C/script%3E",
        "/verify?code=%3Cscript%3Ealert(1)%3C/script%3E+1+00",
    ] {
        let (status, page) = site.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(!page.contains("<script>alert") && !page.contains("\"' onload"), "{path}");
        assert!(!page.contains("v\"><b>"), "{path}");
    }
}

#[tokio::test]
async fn addresses_that_lead_nowhere_or_elsewhere() {
    let site = Site::of(story::services()).await;
    for path in [
        "/nothing",
        "/villages/none",
        "/units/none",
        "/decisions/none",
        "/vouchers/none",
        "/payments/none",
        "/vouchers/none/proof.json",
        "/villages/qinghe/accounts/2026-3",
        "/villages/qinghe/accounts/never",
    ] {
        let (status, page) = site.get(path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.contains("没有找到这一页"), "{path}");
    }
    let (status, body) = site.get("/api/portal/decisions/none").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(body.contains("\"status\":404"));
    for (path, to) in [
        ("/villages/990102001201", "/villages/qinghe"),
        ("/villages/990102001201/accounts", "/villages/qinghe/accounts"),
        ("/units/qinghe", "/villages/qinghe"),
        ("/villages/hechuan", "/units/hechuan"),
    ] {
        let (status, headers, _) = site.get_with(path, None).await;
        assert_eq!(
            (status, headers["location"].to_str().unwrap()),
            (StatusCode::PERMANENT_REDIRECT, to),
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_answer_says_as_of_which_position_and_waits_for_one_that_is_named() {
    let site = Site::of(story::services()).await;
    let path = "/api/portal/villages/qinghe/accounts/2026-03";
    let (_, headers, _) = site.get_with(path, None).await;
    let as_of = headers["x-cunwu-as-of"].to_str().unwrap().to_owned();
    let last = story::services().events("funds", FUNDS).len() - 1;
    assert_eq!(as_of, format!("{FUNDS}:{last}"));
    let (status, ..) = site.get_with(path, Some(("x-cunwu-at-least", &as_of))).await;
    assert_eq!(status, StatusCode::OK);
    let ahead = format!("{FUNDS}:{}", last + 1);
    let (status, headers, _) = site.get_with(path, Some(("x-cunwu-at-least", &ahead))).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(headers.contains_key("retry-after"));
}

/// The sheet that a month's disclosure is made of says what the month's own page says, and its equation holds.
#[tokio::test]
async fn the_disclosure_sheet_is_the_month() {
    let site = Site::of(story::services()).await;
    for month in ["2026-01", "2026-02", "2026-03"] {
        let at = format!("/api/portal/villages/qinghe/reports/disclosure-sheet/{month}");
        let sheet = site.json(&at).await;
        let cell = |id: &str| {
            let lines = sheet["lines"].as_array().unwrap();
            lines.iter().find(|line| line["id"] == id).unwrap()["cells"][0].as_i64().unwrap()
        };
        let money = site.json(&format!("/api/portal/villages/qinghe/accounts/{month}")).await;
        for (line, figure) in [
            ("M01", "opening"),
            ("R09", "income"),
            ("S19", "expense"),
            ("M09", "closing"),
            ("M10", "bank"),
        ] {
            assert_eq!(cell(line), money[figure].as_i64().unwrap(), "{month} {line}");
        }
        assert!(cell("R09") != 0 && cell("S19") != 0);
        assert!(sheet["proofs"].as_array().unwrap().iter().all(|proof| proof["holds"] == true));
    }
    // what is open leads to its events, and each of them to its proof
    let (_, open) = site.get("/villages/qinghe/reports/disclosure-sheet/2026-03/O02?lang=en").await;
    assert!(open.contains("/payments/p-") && open.contains("/verify?log="), "{open}");
    // the sheet stands before the other reports of the month
    let (_, page) = site.get("/villages/qinghe/accounts/2026-03?lang=en").await;
    let place = |report: &str| page.find(&format!("/reports/{report}/2026-03")).unwrap();
    assert!(place("disclosure-sheet") < place("balance-sheet"));
}

/// Bands with reasons, numbers that open; no rank, no order by value, nobody's name; few things say nothing.
#[tokio::test]
async fn indicators_are_bands_and_never_ranks() {
    let site = Site::of(story::services()).await;
    let said = site.json("/api/portal/villages/qinghe/indicators").await;
    assert_eq!(said["closed"], "2026-02");
    let all = said["indicators"].as_array().unwrap();
    assert_eq!(all.len(), 5);
    let bands: Vec<&str> = all.iter().map(|one| one["band"].as_str().unwrap()).collect();
    assert!(bands.contains(&"too-few"), "{bands:?}");
    for one in all.iter().filter(|one| one["band"] == "too-few") {
        assert!(one.get("part").is_none() && one.get("whole").is_none(), "{one}");
        let at = format!("/villages/qinghe/indicators/{}", one["indicator"].as_str().unwrap());
        let (_, page) = site.get(&at).await;
        assert!(!page.contains("id=\"events-") && !page.contains("/verify?log="), "{at}");
    }
    for path in ["/villages/qinghe/indicators", "/units/yunxi/indicators"] {
        let (_, zh) = site.get(&format!("{path}?lang=zh")).await;
        let (_, en) = site.get(&format!("{path}?lang=en")).await;
        let text = words(&zh);
        for word in ["第一名", "排名第", "末位", "先进", "落后", "得分"] {
            assert!(!text.contains(word), "{path}: {word}");
        }
        let en = words(&en).to_lowercase();
        for word in ["ranked", "ranking", "score", "best", "worst", "league"] {
            assert!(!en.contains(word), "{path}: {word}");
        }
        for name in ["陈禾生", "李秀兰", "王建平", "赵素芬", "吴桂花", "郑小满"] {
            assert!(!text.contains(name), "{path}: {name}");
        }
        assert!(!zh.contains("?sort") && !zh.contains("aria-sort"), "{path}");
    }
    // villages stand in the order of their codes, with bands alone: no amount and no count
    let (_, below) = site.get("/units/yunxi/indicators?lang=zh").await;
    let place = |unit: &str| below.find(&format!("/villages/{unit}/indicators")).unwrap();
    assert!(place("qinghe") < place("liutang") && place("liutang") < place("shimen"));
    assert!(!below.contains("/villages/park/indicators"));
    assert!(!words(&below).contains(" 元"));
    assert_eq!(site.get("/units/hechuan/indicators").await.0, StatusCode::NOT_FOUND);
    assert_eq!(site.get("/villages/qinghe/indicators/nothing").await.0, StatusCode::NOT_FOUND);
}
