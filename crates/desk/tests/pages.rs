//! Forms, errors, the page to check, receipts and refusals of a made-up procedure, in both languages.

mod shed;

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header::LOCATION},
};
use shed::{ShedOffice, browser::*};
use tower::ServiceExt;

/// Requests, lets the representatives vote and returns the id.
async fn requested(app: &Router, key: &str, tool: &str) -> String {
    let mut pairs = request(key, "300.00", "send");
    pairs[2] = ("tool", tool);
    let sent = post(app, "li", START, &pairs).await;
    assert_eq!(sent.status, 303, "{}", sent.html);
    sent.to.split('/').nth(3).unwrap().to_owned()
}

fn sitting<'a>(key: &'a str, seen: &'a str, stage: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut pairs = vec![
        ("desk-stage", stage),
        ("desk-key", key),
        ("desk-seen", seen),
        ("held-on", "2026-03-02"),
        ("held-at", "村委会会议室"),
        ("should-attend", "6"),
        ("votes-hall-for", "４"),
        ("votes-hall-against", "0"),
        ("votes-paper-for", "1"),
        ("ballot", "show-of-hands"),
        ("witness", "sun"),
        ("came-paper", "feng"),
    ];
    pairs.extend(["chen", "zhou", "wu", "zheng"].map(|who| ("came-hall", who)));
    pairs
}

#[tokio::test]
async fn from_the_form_by_way_of_errors_to_a_receipt() {
    let office = ShedOffice::new();
    let app = app(&office);
    let form = get(&app, "li", START).await;
    assert_eq!(form.status, 200);
    check(&form.html);
    for said in ["押金", "农具", "脱粒机", "村民代表会议", "20 个工作日", "申请书"]
    {
        assert!(form.html.contains(said), "{said}");
    }
    let key = hidden(&form.html, "desk-key");

    let mut wrong = request(&key, "3百", "review");
    wrong[5] = ("borrower-name", "");
    wrong[7] = ("until", "2026-02-30");
    let wrong = post(&app, "li", START, &wrong).await;
    assert_eq!(wrong.status, 422);
    check(&wrong.html);
    assert!(wrong.html.contains("有 3 处要改") && wrong.html.contains("<title>错误："));
    for anchor in ["href=\"#deposit\"", "href=\"#borrower-name\"", "href=\"#until\""] {
        assert!(wrong.html.contains(anchor), "{anchor}");
    }
    assert!(
        wrong.html.contains("value=\"3百\"") && wrong.html.contains("秋收脱粒&#60;b&#62;"),
        "the input is kept"
    );
    assert_eq!(hidden(&wrong.html, "desk-key"), key);

    let review = post(&app, "li", START, &request(&key, "1,234.50", "review")).await;
    assert_eq!(review.status, 200);
    check(&review.html);
    assert!(review.html.contains("壹仟贰佰叁拾肆元伍角"), "{}", review.html);
    assert!(review.html.contains("2026年4月1日") && review.html.contains("脱粒机"));
    assert!(office.events().is_empty(), "nothing is done before it is sent");

    let sent = post(&app, "li", START, &request(&key, "1,234.50", "send")).await;
    assert_eq!(sent.status, 303);
    let again = post(&app, "li", START, &request(&key, "1,234.50", "send")).await;
    assert_eq!((again.status, &again.to), (sent.status, &sent.to), "the same receipt");
    assert_eq!(office.events().len(), 1);

    let receipt = get(&app, "li", &sent.to).await;
    assert_eq!(receipt.status, 200, "{}", receipt.html);
    check(&receipt.html);
    for said in ["county-open-0", "村民代表会议", "壹仟贰佰叁拾肆元伍角", "2026年3月2日12:00"]
    {
        assert!(receipt.html.contains(said), "{said}");
    }
    // Another content under the same key is refused, and a new key offered.
    let other = post(&app, "li", START, &request(&key, "99", "send")).await;
    assert_eq!(other.status, 422);
    assert!(other.html.contains("key-reused"));
    assert_ne!(hidden(&other.html, "desk-key"), key);
}

#[tokio::test]
async fn a_refusal_names_its_article_and_the_field() {
    let office = ShedOffice::new();
    let app = app(&office);
    let refused = post(&app, "li", START, &request("k1", "2000.01", "send")).await;
    assert_eq!(refused.status, 409);
    check(&refused.html);
    let article = office_article();
    assert!(
        refused.html.contains("押金超过上限2,000.00元。请不超过2,000.00元"),
        "{}",
        refused.html
    );
    assert!(refused.html.contains(&article) && refused.html.contains("href=\"#deposit\""));

    let refused = post(&app, "li", START, &request("k1", "1313.13", "send")).await;
    assert_eq!(refused.status, 409);
    check(&refused.html);
    for said in [
        "农具正在检修",
        "请下周再借",
        &article,
        "/docs/refusals/tool-resting",
        "返回修改",
        "value=\"1313.13\"",
    ] {
        assert!(refused.html.contains(said), "{said} in {}", refused.html);
    }
    let back = post(&app, "li", START, &request("k1", "1313.13", "edit")).await;
    assert_eq!(back.status, 200);
    assert!(back.html.contains("value=\"1313.13\"") && back.html.contains("name=\"deposit\""));
    assert!(office.events().is_empty());
}

fn office_article() -> String {
    definitions::Citations::builtin().cite("county-finance").name.zh
}

#[tokio::test]
async fn what_is_on_its_way_or_unknown_keeps_form_and_key() {
    let office = ShedOffice::new();
    let app = app(&office);
    let mut pairs = request("k1", "300", "send");
    pairs[2] = ("tool", "far-away");
    let waits = post(&app, "li", START, &pairs).await;
    assert_eq!(waits.status, 503);
    check(&waits.html);
    assert!(waits.html.contains("还在路上") && waits.html.contains("再试一次"));
    assert_eq!(hidden(&waits.html, "desk-key"), "k1");
    assert_eq!(hidden(&waits.html, "deposit"), "300");

    office.failing.store(1, std::sync::atomic::Ordering::SeqCst);
    let unknown = post(&app, "li", START, &request("k2", "300", "send")).await;
    assert_eq!(unknown.status, 503);
    assert_eq!(hidden(&unknown.html, "desk-stage"), "send");
    assert_eq!(post(&app, "li", START, &request("k2", "300", "send")).await.status, 303);
}

#[tokio::test]
async fn a_sitting_by_the_roll_then_a_signature() {
    let office = ShedOffice::new();
    let app = app(&office);
    let id = requested(&app, "k1", "thresher").await;
    let path = format!("/shed/lending/{id}/agree");
    let form = get(&app, "zhou", &path).await;
    assert_eq!(form.status, 200);
    check(&form.html);
    for said in ["周海燕", "孙玉梅", "书面参加的人", "回避", "废票", "value=\"6\""]
    {
        assert!(form.html.contains(said), "{said}");
    }
    let mut twice = sitting("k2", "1", "review");
    twice.push(("came-phone", "chen"));
    let twice = post(&app, "zhou", &path, &twice).await;
    assert_eq!(twice.status, 422);
    check(&twice.html);
    assert!(twice.html.contains("陈小明写了两次"));

    // Four more ballots than people: the engine's own refusal, beside the count.
    let mut many = sitting("k2", "1", "send");
    many[6] = ("votes-hall-for", "9");
    let many = post(&app, "zhou", &path, &many).await;
    assert!(many.status.is_client_error(), "{}", many.status);
    check(&many.html);

    let review = post(&app, "zhou", &path, &sitting("k2", "1", "review")).await;
    assert_eq!(review.status, 200, "{}", review.html);
    check(&review.html);
    assert!(review.html.contains("5（到场 4，书面 1）") && review.html.contains("村委会会议室"));
    let sent = post(&app, "zhou", &path, &sitting("k2", "1", "send")).await;
    assert_eq!(sent.status, 303, "{}", sent.html);
    assert_eq!(office.events().last().unwrap().fact(), "lending-agreed.v1");
    let again = post(&app, "zhou", &path, &sitting("k2", "1", "send")).await;
    assert_eq!((again.status.as_u16(), &again.to), (303, &sent.to), "sent twice, done once");
    let blind: Vec<_> =
        sitting("k9", "1", "send").into_iter().filter(|(name, _)| *name != "desk-seen").collect();
    let blind = post(&app, "zhou", &path, &blind).await;
    assert_eq!((blind.status.as_u16(), office.events().len()), (200, 2), "checked, not sent");
    check(&get(&app, "zhou", &sent.to).await.html);

    // The director chooses and signs what is shown.
    let path = format!("/shed/lending/{id}/approve");
    let form = get(&app, "wang", &path).await;
    check(&form.html);
    assert!(form.html.contains("退回补正") && form.html.contains("交付农具"));
    let nothing = post(&app, "wang", &path, &[("desk-key", "k3"), ("desk-seen", "2")]).await;
    assert_eq!(nothing.status, 422);
    assert!(nothing.html.contains("请选择决定"));
    let pairs = |stage| {
        [
            ("desk-key", "k3"),
            ("desk-seen", "2"),
            ("desk-outcome", "approved"),
            ("desk-stage", stage),
        ]
    };
    let review = post(&app, "wang", &path, &pairs("review")).await;
    check(&review.html);
    assert!(review.html.contains("您要签署的") && review.html.contains("叁佰元整"));
    assert_eq!(post(&app, "wang", &path, &pairs("send")).await.status, 303);

    // Nothing to fill in: at once the page to check.
    let hand_over = get(&app, "zhao", &format!("/shed/lending/{id}/hand-over")).await;
    check(&hand_over.html);
    assert!(hand_over.html.contains("value=\"send\"") && !hand_over.html.contains("返回修改"));
}

#[tokio::test]
async fn who_saw_an_older_version_sees_both() {
    let office = ShedOffice::new();
    let app = app(&office);
    let id = requested(&app, "k1", "pump").await;
    let path = format!("/shed/lending/{id}/agree");
    assert_eq!(post(&app, "zhou", &path, &sitting("k2", "1", "send")).await.status, 303);
    let path = format!("/shed/lending/{id}/approve");
    let pairs = [
        ("desk-key", "k3"),
        ("desk-seen", "1"),
        ("desk-outcome", "approved"),
        ("remark", "同意"),
        ("desk-stage", "send"),
    ];
    let changed = post(&app, "wang", &path, &pairs).await;
    assert_eq!(changed.status, 412, "{}", changed.html);
    check(&changed.html);
    for said in ["您刚才填的", "同意", "这件事到现在为止", "村民代表会议表决：通过"]
    {
        assert!(changed.html.contains(said), "{said} in {}", changed.html);
    }
    assert_eq!(hidden(&changed.html, "desk-seen"), "2");
    assert_eq!(hidden(&changed.html, "desk-stage"), "review");
}

#[tokio::test]
async fn whose_turn_it_is_is_said_and_no_button_is_greyed() {
    let office = ShedOffice::new();
    let app = app(&office);
    let id = requested(&app, "k1", "thresher").await;
    let thing = format!("/shed/lending/{id}");
    let page = get(&app, "li", &thing).await;
    assert_eq!(page.status, 200);
    check(&page.html);
    assert!(
        page.html.contains("“村民代表会议表决”由村民代表会议办理；您的任职是村会计，不能办。"),
        "{}",
        page.html
    );
    assert!(
        page.html.contains("《")
            && page.html.contains("撤回申请")
            && !page.html.contains("disabled")
    );
    assert!(page.html.contains("共 ") && page.html.contains("county-open 第 0 条"));

    let home = get(&app, "zhou", "/shed/").await;
    check(&home.html);
    assert!(home.html.contains("有 1 件事等您办") && home.html.contains("借用脱粒机"));
    let home = get(&app, "li", "/shed/").await;
    check(&home.html);
    assert!(home.html.contains(&format!("href=\"{START}\"")) && !home.html.contains("撤回"));
    let home = get(&app, "sun", "/shed/").await;
    check(&home.html);
    assert!(home.html.contains("/shed/units/v1/lending\"") && !home.html.contains(START));
    let above = get(&app, "inspector", "/shed/units/county/lending").await;
    check(&above.html);
    assert!(above.html.contains("借用脱粒机"), "a level above looks down");
    assert!(above.html.contains("在哪里") && above.html.contains("青禾村"));
    let empty = get(&app, "nobody", "/shed/").await;
    check(&empty.html);
    assert!(empty.html.contains("没有任职"));
    let list = get(&app, "sun", "/shed/units/v1/lending").await;
    check(&list.html);
    assert!(list.html.contains("借用脱粒机") && list.html.contains("由村会计办理"));

    // The form of somebody else's step says so; sent all the same, the engine refuses with the article.
    let form = get(&app, "sun", START).await;
    assert_eq!(form.status, 200);
    check(&form.html);
    assert!(form.html.contains("现在不能提交"));
    let mut pairs = request("k9", "300", "send");
    pairs[2] = ("tool", "pump");
    let refused = post(&app, "sun", START, &pairs).await;
    assert_eq!(refused.status, 409, "{}", refused.html);
    assert!(refused.html.contains("not-competent"));
    // Two seats that fit: the form asks.
    let two = get(&app, "chen", &format!("{thing}/agree")).await;
    check(&two.html);
    assert!(two.html.contains("以哪个职务办理") && two.html.contains("召集人"));
}

#[tokio::test]
async fn strangers_see_nothing_and_visitors_sign_in() {
    let office = ShedOffice::new();
    let app = app(&office);
    let id = requested(&app, "k1", "thresher").await;
    for path in [
        format!("/shed/lending/{id}"),
        START.to_owned(),
        "/shed/units/v1/lending".into(),
        format!("/shed/lending/{id}/agree"),
    ] {
        let stranger = get(&app, "he", &path).await;
        let absent = get(&app, "he", "/shed/lending/none").await;
        assert_eq!(
            (stranger.status, absent.status),
            (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND),
            "{path}"
        );
        let visitor =
            app.clone().oneshot(Request::get(&path).body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(visitor.status(), 303);
        let to = visitor.headers()[LOCATION].to_str().unwrap().to_owned();
        assert!(to.starts_with("/organisation/sign-in?next=/shed/"), "{to}");
        assert_eq!(get(&app, "inspector", &path).await.status, 200, "who watches sees");
    }
    assert_eq!(post(&app, "he", START, &request("k8", "1", "send")).await.status, 404);
    assert_eq!(post(&app, "inspector", START, &request("k8", "1", "send")).await.status, 403);
    // A form that would be lost is kept.
    let body = Body::from(encode(&request("k7", "300", "send")));
    let out = Request::post(START)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
        .unwrap();
    let out = read(app.clone().oneshot(out).await.unwrap()).await;
    assert_eq!(out.status, 401);
    assert_eq!(hidden(&out.html, "desk-key"), "k7");
}

#[tokio::test]
async fn all_pages_in_english_without_a_chinese_sentence() {
    let office = ShedOffice::new();
    let app = app(&office);
    let id = requested(&app, "k1", "thresher").await;
    let paths = [
        ("li", "/shed/".to_owned()),
        ("nobody", "/shed/".into()),
        ("sun", "/shed/units/v1/lending".into()),
        ("li", START.into()),
        ("li", format!("/shed/lending/{id}")),
        ("zhou", format!("/shed/lending/{id}/agree")),
        ("sun", format!("/shed/lending/{id}/approve")),
        ("he", format!("/shed/lending/{id}")),
        (
            "li",
            office
                .events()
                .last()
                .map(|event| format!("/shed/lending/{id}/receipts/{}", event.id))
                .unwrap(),
        ),
    ];
    for (who, path) in paths {
        let page = get(&app, who, &format!("{path}?lang=en")).await;
        check(&page.html);
        let text = page
            .html
            .replace("云溪镇农机合作社", "")
            .replace("秋收脱粒", "")
            .replace("叁佰元整", "")
            .replace("中文", "");
        let han: String = text.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).collect();
        let names: String =
            shed::domain::ROLL.iter().map(|(.., name)| *name).chain(["何光", "高远"]).collect();
        let left: String = han.chars().filter(|c| !names.contains(*c)).collect();
        assert_eq!(left, "", "{path}");
        assert!(page.html.contains("lang=\"en\""));
    }
}

#[tokio::test]
async fn files_go_with_the_form_to_the_page_to_check() {
    let office = ShedOffice::new();
    let app = app(&office);
    let part = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let mut body: String =
        request("k1", "300", "review").into_iter().map(|(name, value)| part(name, value)).collect();
    body.push_str("--b\r\nContent-Disposition: form-data; name=\"papers\"; filename=\"letter.pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n--b--\r\n");
    let sent = Request::post(START)
        .header("cookie", "who=li")
        .header("content-type", "multipart/form-data; boundary=b")
        .body(Body::from(body))
        .unwrap();
    let review = read(app.clone().oneshot(sent).await.unwrap()).await;
    assert_eq!(review.status, 200, "{}", review.html);
    check(&review.html);
    assert!(review.html.contains("letter.pdf"));
    let kept = hidden(&review.html, "papers--kept").replace("&#34;", "\"");
    let mut pairs = request("k1", "300", "send");
    pairs.push(("papers--kept", &kept));
    assert_eq!(post(&app, "li", START, &pairs).await.status, 303);
    assert!(office.events()[0].commitment("papers").is_some());
}

#[tokio::test]
async fn a_receipt_not_read_yet_comes_by_itself() {
    let office = ShedOffice::new();
    let app = app(&office);
    let early = Request::get("/shed/lending/x/receipts/e")
        .header("cookie", "who=li")
        .body(Body::empty())
        .unwrap();
    let early = app.clone().oneshot(early).await.unwrap();
    assert_eq!(early.status(), 503);
    assert_eq!(early.headers()["refresh"], "1; url=/shed/lending/x/receipts/e?try=1");
    assert_eq!(get(&app, "li", "/shed/lending/x/receipts/e?try=5").await.status, 404);
}
