//! Matters, from their definitions alone: two built-in ones of other services and one that no service has. What is shown, what
//! is not, which deadlines were kept, search, proof, erasure.

mod fixture;

use axum::http::StatusCode;
use fixture::{
    log::{self, key_of},
    matters::SERVICES,
    site::{Site, words},
    story,
};
use portal::shows::matters::{self, Among};
use proof::ProofFile;
use serde_json::{Value, json};
use store::{Reader, Readers, Store};

const NOTICE: &str = "/matters/services/notice/n-plough";

async fn said(site: &Site, path: &str) -> String {
    let (status, page) = site.get(path).await;
    assert_eq!(status, StatusCode::OK, "{path}");
    words(&page)
}

#[tokio::test]
async fn a_home_says_what_is_going_on_by_procedure() {
    let site = Site::of(story::services()).await;
    let home = said(&site, "/villages/qinghe").await;
    for expected in [
        "在办和刚办完的事",
        "便民信息",
        "春耕补贴登记开始了",
        "矛盾纠纷排查",
        "重要节点排查",
        "农机具借用",
        "喷雾器",
        "全部 3 件，其中办理中 1 件",
    ] {
        assert!(home.contains(expected), "{expected}");
    }
    // Overdue: nobody answered in time. It stands under what is missing too.
    let missing = home.split("这个月的钱").next().unwrap();
    assert!(missing.contains("县医院专家下周三来村义诊"), "{missing}");
    // What has pages of its own is not listed twice, and a village without matters says so.
    let going_on =
        home.split("在办和刚办完的事").nth(1).unwrap().split("最近的决定").next().unwrap();
    assert!(!going_on.contains("水渠"), "{going_on}");
    assert!(said(&site, "/villages/liutang").await.contains("还没有公开过"));
    // A township's own matters stand on its page.
    assert!(said(&site, "/units/yunxi").await.contains("专项排查"));
}

#[tokio::test]
async fn a_list_is_filtered_and_paged() {
    let mut services = story::services();
    let notice = services.define("notice", &fixture::matters::built_in("services", "notice"));
    for n in 0..60 {
        let id = format!("n-more-{n:02}");
        services.tell(log::Told {
            source: "services",
            log: SERVICES,
            unit: "songgang",
            code: "990102002201",
            at: &format!("2026-03-01 08:{n:02}"),
            actor: "village-director/h60",
            stream: ("notice", &id),
            fact: "notice-posted.v1",
            data: json!({ "topic": "jobs", "concluded": n % 2 == 0 }),
            texts: &[("headline", &format!("招工第{n:02}号"))],
            definition: Some(notice.clone()),
        });
    }
    let site = Site::of(services).await;
    let list = "/villages/songgang/matters/notice";
    let first = said(&site, list).await;
    assert!(
        first.contains("全部 60") && first.contains("办理中 30") && first.contains("已结束 30")
    );
    assert!(first.contains("招工第59号") && !first.contains("招工第09号"), "the latest 50 first");
    assert!(first.contains("第 1 页，共 2 页"));
    assert!(said(&site, &format!("{list}?page=2")).await.contains("招工第09号"));
    let running = said(&site, &format!("{list}?show=running")).await;
    assert!(running.contains("招工第59号") && !running.contains("招工第58号"));
    let api = site.json(&format!("/api/portal{list}?show=ended&page=1")).await;
    assert_eq!((&api["running"], &api["ended"]), (&json!(30), &json!(30)));
    let rows = api["matters"].as_array().unwrap();
    assert_eq!(rows.len(), 30);
    assert!(rows.iter().all(|row| row["status"] == "ended"), "{rows:?}");
    assert_eq!(rows[0]["headline"], "招工第58号");
    // Adopted, and none here yet.
    assert!(said(&site, "/villages/liutang/matters/notice").await.contains("这里还没有过"));
    // Never adopted; adopted, with cases in a closed log alone.
    for procedure in ["fortune-telling", "mediation"] {
        let (status, _) = site.get(&format!("/villages/liutang/matters/{procedure}")).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{procedure}");
    }
}

#[tokio::test]
async fn a_notice_reads_like_one() {
    let site = Site::of(story::services()).await;
    let (_, html) = site.get(NOTICE).await;
    assert!(html.contains("<h1>春耕补贴登记开始了</h1>"), "the first short text is the headline");
    assert!(html.contains("<article class=\"reading\">"), "the first long text is read");
    let page = words(&html);
    let order = [
        "公布中",
        "农事",
        "种地的农户到便民服务站登记",
        "公布到2026年3月27日",
        "登记截止日是四月十日",
        "外出打工的人怎么登记？",
        "可以托家里人或者邻居代办",
        "租别人的地来种，补贴给谁？",
        "等答复",
        "期满结束",
        "按时，2026-03-16",
    ];
    let mut rest = page.as_str();
    for part in order {
        let at =
            rest.find(part).unwrap_or_else(|| panic!("{part} is missing, or not in its place"));
        rest = &rest[at..];
    }
    let api = site.json("/api/portal/matters/services/notice/n-plough").await;
    assert_eq!(api["status"], "running");
    assert_eq!(api["headline"], "春耕补贴登记开始了");
    let questions = api["questions"].as_array().unwrap();
    assert_eq!(questions.len(), 2);
    assert_eq!(questions[0]["answered"], api["events"][3]["event"]);
    assert_eq!(questions[1]["answered"], Value::Null);
    let went: Vec<&str> =
        api["deadlines"].as_array().unwrap().iter().map(|d| d["went"].as_str().unwrap()).collect();
    assert_eq!(went, ["kept", "running"]);
}

#[tokio::test]
async fn deadlines_that_were_missed_are_said_and_late_is_not_never() {
    let site = Site::of(story::services()).await;
    let went = async |path: &str| {
        let api = site.json(&format!("/api/portal{path}")).await;
        let went: Vec<String> = api["deadlines"]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| d["went"].as_str().unwrap().to_owned())
            .collect();
        (api["status"].as_str().unwrap().to_owned(), went.join(" "))
    };
    let expect = |status: &str, deadlines: &str| (status.to_owned(), deadlines.to_owned());
    assert_eq!(went("/matters/services/notice/n-water").await, expect("ended", "late"));
    assert_eq!(went("/matters/services/notice/n-clinic").await, expect("overdue", "missed"));
    assert_eq!(went("/matters/disputes/screening/s-feb").await, expect("ended", "kept"));
    assert_eq!(went("/matters/disputes/screening/s-mar").await, expect("running", "running"));
    assert_eq!(went("/matters/disputes/screening/s-town").await, expect("overdue", "missed"));
    let lending = "/matters/services/yl-tool-lending";
    assert_eq!(went(&format!("{lending}/t-tiller")).await, expect("ended", "kept kept late"));
    assert_eq!(went(&format!("{lending}/t-pump")).await, expect("ended", "kept"));
    assert_eq!(went(&format!("{lending}/t-sprayer")).await, expect("running", "kept running"));
    let clinic = said(&site, "/matters/services/notice/n-clinic").await;
    assert!(clinic.contains("没有答复") && clinic.contains("已迟 7 天"), "{clinic}");
}

#[tokio::test]
async fn what_is_not_public_is_counted_and_never_shown() {
    let site = Site::of(story::services()).await;
    let page = said(&site, "/matters/disputes/screening/s-feb").await;
    assert!(
        page.contains("3 次")
            && page.contains("黄色（中风险） 1")
            && page.contains("蓝色（低风险） 2")
    );
    assert!(!page.contains("发现的情况"), "a sealed field is not even named");
    let lent = said(&site, "/matters/services/yl-tool-lending/t-tiller").await;
    assert!(lent.contains("旋耕机") && lent.contains("300.00"));
    assert!(!lent.contains("借用人"), "{lent}");
    let refused = said(&site, "/matters/services/yl-tool-lending/t-pump").await;
    assert!(refused.contains("决定：不同意"), "{refused}");
}

#[tokio::test]
async fn a_case_of_a_closed_log_does_not_appear() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("{}/", folder.path().display()), "portal").await.unwrap();
    let readers = Readers::new(store.clone(), None);
    let reader = portal::shows::ShowReader(&matters::DISPUTES);
    readers.prepare(&reader).await.unwrap();
    let closed = "dsp-hechuan-closed".into();
    let entries = (0..3).map(|index| (index, vec![7_u8; 32])).collect();
    readers.apply_batch(&reader, "disputes", &closed, entries).await.unwrap();
    assert!(readers.parked().await.unwrap().is_empty());
    let found = matters::lately(store.database(), None, 10).await;
    // The other services' tables are not made here: only this one's are asked.
    assert!(found.is_err() || found.unwrap().is_empty());
    let of = ("disputes", "screening");
    let all = matters::of_unit(store.database(), "qinghe", of, Among::All, (10, 0)).await.unwrap();
    assert!(all.is_empty());
    assert_eq!(readers.position(reader.name(), "disputes", &closed).await.unwrap(), 3);
}

#[tokio::test]
async fn an_erased_headline_is_gone_from_page_list_and_search() {
    let query = format!("/search?q={}", pages::query_encode("春耕 补贴"));
    let api = format!("/api/portal/matters?q={}", pages::query_encode("补贴"));
    let site = Site::of(story::services()).await;
    assert!(said(&site, &query).await.contains("春耕补贴登记开始了"));
    assert_eq!(site.json(&api).await["matters"].as_array().unwrap().len(), 1);
    let within = |unit: &str| format!("{api}&unit={unit}");
    assert_eq!(site.json(&within("hechuan")).await["matters"].as_array().unwrap().len(), 1);
    assert_eq!(site.json(&within("liutang")).await["matters"].as_array().unwrap().len(), 0);

    let mut services = story::services();
    let index =
        services.events("services", SERVICES).iter().position(|e| e.stream.key() == "n-plough");
    services.erase(SERVICES, index.unwrap() as u64, "headline");
    let site = Site::of(services).await;
    let found = said(&site, &query).await;
    assert!(!found.contains("登记开始了"), "{found}");
    assert!(site.json(&api).await["matters"].as_array().unwrap().is_empty());
    let page = said(&site, NOTICE).await;
    assert!(!page.contains("登记开始了") && page.contains("便民信息（农事）"), "{page}");
}

#[tokio::test]
async fn a_text_that_the_log_did_not_commit_to_is_not_shown() {
    let mut services = story::services();
    let index =
        services.events("services", SERVICES).iter().position(|e| e.stream.key() == "n-plough");
    services.falsify(SERVICES, index.unwrap() as u64, "text", "补贴已经发完了");
    let page = said(&Site::of(services).await, NOTICE).await;
    assert!(!page.contains("发完了") && page.contains("对不上"), "{page}");
}

#[tokio::test]
async fn every_event_has_its_proof_with_its_texts() {
    let site = Site::of(story::services()).await;
    let (_, page) = site.get(NOTICE).await;
    for n in 1..=5 {
        assert!(page.contains(&format!("{NOTICE}?event={n}#proof")), "event {n}");
        let (_, body) = site.get(&format!("{NOTICE}/proof.json?event={n}")).await;
        let file = ProofFile::from_json(&body).unwrap();
        let keys = [key_of(SERVICES).verifier(), key_of("checkpoints.example").verifier()];
        let verified = file.verify(&keys).unwrap();
        assert!(verified.openings > 0, "event {n} has its public texts");
    }
    let (_, second) = site.get(&format!("{NOTICE}?event=2")).await;
    assert!(words(&second).contains("第 2 件（共 5 件）：代村民提问"));
    assert!(second.contains("class=\"qr\""));
}

#[tokio::test]
async fn rule_and_articles_are_named_and_lead_to_the_text() {
    let site = Site::of(story::services()).await;
    let (_, page) = site.get("/matters/services/yl-tool-lending/t-tiller?lang=en").await;
    let said = words(&page);
    assert!(said.contains("Lending of tools, version 1") && said.contains("1 January 2026"));
    assert!(said.contains("Village rules") && said.contains("art. 35"), "{said}");
    assert!(page.contains("href=\"/definitions/yl-tool-lending@"));
}

#[tokio::test]
async fn without_its_definition_a_case_shows_its_events_alone() {
    let mut services = story::services();
    services.forget_definitions();
    let site = Site::of(services).await;
    let page = said(&site, NOTICE).await;
    assert!(page.contains("发生过的每一件事") && page.contains("现在取不到"), "{page}");
    assert!(!page.contains("种地的农户"), "what is not known to be public is not shown: {page}");
    assert_eq!(
        site.json("/api/portal/matters/services/notice/n-clinic").await["status"],
        "running"
    );
}

#[tokio::test]
async fn a_proposal_is_shown_on_its_own_page() {
    let site = Site::of(story::services()).await;
    let (status, headers, _) = site.get_with("/matters/organisation/decision/d-canal", None).await;
    assert_eq!(status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(headers["location"], "/decisions/d-canal");
    for path in ["/matters/services/notice/none", "/matters/funds/payment/p-202", "/matters/x/y/z"]
    {
        assert_eq!(site.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}
