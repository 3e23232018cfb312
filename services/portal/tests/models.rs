//! The read models over made-up events: figures, names, counts, rebuilding, poison; on SQLite and on PostgreSQL alike.

mod fixture;

use fixture::{
    feed, log,
    story::{self, FUNDS},
};
use kernel::Event;
use portal::shows::{
    self, ShowReader, decisions, divisions, items,
    matters::{self, Among},
    month, payments, position, queries, rules, seats, vouchers,
};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::json;
use store::{Database, Readers, Store};

async fn sqlite(services: &log::Services) -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("{}/", folder.path().display()), "portal").await.unwrap();
    feed(&store, services).await;
    (store, folder)
}

#[tokio::test]
async fn all_models_say_the_same_on_sqlite() {
    let services = story::services();
    let (store, _folder) = sqlite(&services).await;
    whole_story(store.database()).await;
}

#[tokio::test]
async fn all_models_say_the_same_on_postgresql() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let url = testbed::Postgres::shared().unwrap().fresh_database().unwrap();
    let store = Store::open(&url, "portal").await.unwrap();
    feed(&store, &story::services()).await;
    whole_story(store.database()).await;
    rebuilt(&store, &story::services()).await;
}

/// Everything that the pages ask, with the answers by hand.
async fn whole_story(db: &Database) {
    // 187600.50 + 48000.00 − 31263.50 = 204337.00, and so on: worked out beside the story.
    let expected = [
        ("2026-01", [18_760_050, 4_800_000, 3_126_350, 20_433_700]),
        ("2026-02", [20_433_700, 1_250_000, 2_783_000, 18_900_700]),
        ("2026-03", [18_900_700, 2_612_345, 1_059_280, 20_453_765]),
    ];
    for (of, [opening, income, expense, closing]) in expected {
        let m = month::load(db, "qinghe", of).await.unwrap();
        assert_eq!(
            (m.opening, m.income, m.expense, m.closing),
            (opening, income, expense, closing),
            "{of}"
        );
        assert_eq!(m.opening + m.income - m.expense, m.closing);
        assert_eq!(m.bank + m.cash, m.closing);
        assert_eq!(m.accounts.iter().map(|f| f.income).sum::<i64>(), m.income);
        assert_eq!(m.accounts.iter().map(|f| f.expense).sum::<i64>(), m.expense);
        assert_eq!(m.vouchers.iter().map(|v| v.income).sum::<i64>(), m.income);
        let item = &items::of_month(db, "qinghe", "G5", of).await.unwrap();
        assert_eq!(
            item.first().and_then(|i| i.figures),
            (of != "2026-03").then_some([opening, income, expense, closing])
        );
    }
    let march = month::load(db, "qinghe", "2026-03").await.unwrap();
    // A payment taken back lowers spending; it is no income. Depreciation moves no money.
    let by_number = |n: i64| march.vouchers.iter().find(|v| v.number == n).unwrap();
    assert_eq!((by_number(5).income, by_number(5).expense), (0, -540_000));
    assert_eq!(by_number(4).reversed_by.as_deref(), Some("qinghe.2026-03.5"));
    assert!(!by_number(9).moves_money());
    assert_eq!(by_number(9).total(), 20_000);
    assert_eq!(march.cash, 285_000);
    let nothing = month::load(db, "qinghe", "2030-01").await.unwrap();
    assert_eq!((nothing.opening, nothing.closing), (march.closing, march.closing));
    assert_eq!(month::load(db, "nobody", "2026-03").await.unwrap().closing, 0);

    let made = payments::under(db, "d-canal").await.unwrap();
    assert_eq!(made.len(), 3);
    assert_eq!(payments::spent(&made), 5_320_000, "what waits for approval is not spent");
    assert_eq!(payments::under_way(db, "qinghe").await.unwrap().len(), 2);
    let private = payments::get(db, "p-201").await.unwrap().unwrap();
    assert_eq!((private.payee.clone(), private.stage()), (None, payments::Stage::Paid));

    let canal = decisions::get(db, "d-canal").await.unwrap().unwrap();
    let resolved = canal.resolved.clone().unwrap();
    assert_eq!(
        (resolved.in_favour, resolved.present, resolved.limit),
        (Some(25), Some(40), Some(8_000_000))
    );
    assert_eq!((canal.objections(), canal.objections_answered()), (1, 1));
    assert_eq!(canal.history.happened.len(), decisions::events(db, "d-canal").await.unwrap().len());
    assert!(canal.history.deadlines().is_empty(), "{:?}", canal.history.deadlines());
    assert_eq!(decisions::counts(db, "hechuan").await.unwrap(), (3, 2));
    let order: Vec<String> = decisions::of_unit(db, "qinghe", 10, 0)
        .await
        .unwrap()
        .into_iter()
        .map(|d| d.proposal)
        .collect();
    assert_eq!(order, ["d-budget", "d-lamps", "d-rules", "d-canal"]);

    let now = fixture::now();
    let asked = queries::of_unit(db, "qinghe", 10).await.unwrap();
    let states: Vec<_> = asked.iter().map(|q| (q.query.as_str(), q.state(now))).collect();
    assert_eq!(
        states,
        [
            ("q-3", queries::State::Open),
            ("q-1", queries::State::Late),
            ("q-2", queries::State::Answered)
        ]
    );
    assert!(asked[0].text.is_none(), "a text for supervisors alone is not offered");
    assert_eq!(queries::counts(db, "yunling", now).await.unwrap(), (2, 1));
    assert_eq!(queries::of_month(db, "qinghe", "2026-02").await.unwrap().len(), 2);

    let holders = seats::now(db, "qinghe", now.date()).await.unwrap();
    assert_eq!(holders.len(), 10, "who left is not listed");
    assert_eq!(
        seats::names(db, &["h2", "h9", "none"]).await.unwrap().len(),
        2,
        "names outlive seats"
    );
    assert!(seats::now(db, "liutang", now.date()).await.unwrap()[0].is_over(now.date()));

    assert_eq!(divisions::village_counts(db, "yunling").await.unwrap()["hechuan"], 6);
    let path: Vec<String> =
        divisions::path(db, "qinghe").await.unwrap().into_iter().map(|u| u.name).collect();
    assert_eq!(path, ["云岭省", "南坪市", "禾川县", "云溪镇"]);
    assert_eq!(rules::all(db).await.unwrap().len(), 15);
    searches(db).await;
    matters_of_all(db).await;
    let at = position::of(db, vouchers::OF, &log_id(FUNDS)).await.unwrap().unwrap();
    assert_eq!(at.index + 1, story::services().events("funds", FUNDS).len() as u64);
}

fn log_id(text: &str) -> kernel::LogId {
    fixture::log_id(text)
}

/// What goes on: three procedures in the village, one in the township, with the latest first.
async fn matters_of_all(db: &Database) {
    let counts = matters::counts(db, "qinghe").await.unwrap();
    let said: Vec<(&str, i64, i64)> = counts
        .iter()
        .filter(|count| count.service != "organisation")
        .map(|count| (count.procedure.as_str(), count.running, count.ended))
        .collect();
    assert_eq!(said, [("yl-tool-lending", 1, 2), ("notice", 2, 1), ("screening", 1, 1)]);
    let proposals = counts.iter().find(|count| count.kind == "proposal").unwrap();
    assert_eq!(proposals.running + proposals.ended, 4);
    let of = ("services", "notice");
    let ended = matters::of_unit(db, "qinghe", of, Among::Ended, (5, 0)).await.unwrap();
    assert_eq!(ended.iter().map(|m| m.id.as_str()).collect::<Vec<_>>(), ["n-water"]);
    let skipped = matters::of_unit(db, "qinghe", of, Among::All, (5, 1)).await.unwrap();
    assert_eq!(skipped.iter().map(|m| m.id.as_str()).collect::<Vec<_>>(), ["n-clinic", "n-water"]);
    let plough = matters::get(db, "services", "notice", "n-plough").await.unwrap().unwrap();
    assert_eq!(
        plough.texts.keys().collect::<Vec<_>>(),
        ["correction", "headline", "question", "reply", "text"]
    );
    let next = log::at("2026-03-24 24:00").plus_micros(-1);
    assert_eq!(plough.due, Some(next), "the first of its deadlines");
    assert_eq!(matters::events(db, &plough).await.unwrap().len(), 5);
    let below = matters::lately(db, Some("yunxi"), 100).await.unwrap();
    let all = matters::lately(db, None, 100).await.unwrap();
    assert_eq!((below.len(), all.len()), (all.len(), 13));
    assert!(all.is_sorted_by(|a, b| a.last >= b.last));
    assert_eq!(matters::lately(db, None, 4).await.unwrap(), all[..4]);
    assert_eq!(matters::running(db, "yunxi", 10).await.unwrap().len(), 1);
}

async fn searches(db: &Database) {
    for (query, expected) in [
        ("青禾", vec!["青禾村"]),
        ("青禾村", vec!["青禾村"]),
        ("禾", vec!["禾川县", "青禾村"]),
        ("云溪 柳塘", vec!["柳塘村"]),
        ("白鹭 柳塘", vec![]),
        ("石门寨", vec!["石门村"]),
        ("门石", vec![]),
        ("990102001", vec!["云溪镇", "梨花社区", "青禾村", "柳塘村", "石门村", "云溪工业园区"]),
        ("９９０１０２００１２０１", vec!["青禾村"]),
        ("%", vec![]),
        ("' OR 1=1 --", vec![]),
        ("不存在的村", vec![]),
        ("", vec![]),
    ] {
        let found = divisions::search(db, query).await.unwrap();
        let names: Vec<&str> = found.iter().map(|f| f.unit.name.as_str()).collect();
        assert_eq!(names, expected, "{query}");
    }
    let found = divisions::search(db, "石门寨").await.unwrap();
    assert_eq!(found[0].earlier_name.as_deref(), Some("石门寨村"));
    assert_eq!(divisions::search(db, "石门").await.unwrap()[0].earlier_name, None);
    let names = divisions::earlier_names(db, "shimen").await.unwrap();
    assert_eq!((names[0].name.as_str(), names[0].until.as_str()), ("石门寨村", "2025-07-01"));
}

#[tokio::test]
async fn a_rebuild_gives_the_same_and_repeats_change_nothing() {
    let services = story::services();
    let (store, _folder) = sqlite(&services).await;
    feed(&store, &services).await;
    whole_story(store.database()).await;
    rebuilt(&store, &services).await;
}

async fn rebuilt(store: &Store, services: &log::Services) {
    let readers = Readers::new(store.clone(), None);
    for show in shows::ALL {
        let reader = ShowReader(*show);
        let rebuild = readers.begin_rebuild(&reader).await.unwrap();
        for (source, log, events) in services.logs() {
            if source == show.source() {
                let entries = fixture::entries(&events);
                readers.apply_rebuild(&reader, &rebuild, &source, &log, entries).await.unwrap();
            }
        }
        readers.finish_rebuild(&reader, rebuild).await.unwrap();
    }
    whole_story(store.database()).await;
}

#[tokio::test]
async fn an_event_that_lacks_something_holds_up_its_village_alone() {
    let mut services = log::Services::default();
    let mut post = |unit: &str, code: &str, data: serde_json::Value| {
        services.tell(log::Told {
            source: "funds",
            log: FUNDS,
            unit,
            code,
            at: "2026-03-01 10:00",
            actor: "agency-accountant/h81",
            stream: ("book", unit),
            fact: "voucher-posted.v1",
            data,
            texts: &[],
            definition: None,
        });
    };
    let good = |unit: &str| {
        json!({ "voucher": format!("{unit}.2026-03.1"), "number": 1, "month": "2026-03", "date": "2026-03-01",
            "lines": [{ "account": "102", "debit": 100 }, { "account": "501", "credit": 100 }] })
    };
    post(
        "a",
        "990102001201",
        json!({ "voucher": "a.1", "number": 1, "month": "March", "date": "2026-03-01", "lines": [] }),
    );
    post("b", "990102001202", good("b"));
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("{}/", folder.path().display()), "portal").await.unwrap();
    let readers = Readers::new(store.clone(), None);
    let reader = ShowReader(&vouchers::Vouchers);
    readers.prepare(&reader).await.unwrap();
    let entries = fixture::entries(services.events("funds", FUNDS));
    readers.apply_batch(&reader, "funds", &log_id(FUNDS), entries).await.unwrap();
    let parked = readers.parked().await.unwrap();
    assert_eq!(parked.len(), 1);
    assert_eq!(month::load(store.database(), "b", "2026-03").await.unwrap().closing, 100);
    assert_eq!(month::load(store.database(), "a", "2026-03").await.unwrap().closing, 0);
}

/// Whatever is posted, in whichever months: opening + income − expense = closing, and each sum has its parts.
#[test]
fn the_equation_holds_for_random_books() {
    let line = (
        prop::sample::select(vec!["101", "102", "112", "153", "501", "513", "514"]),
        1_i64..9_000_000,
    );
    let voucher = (1_u8..=6, prop::collection::vec(line, 1..4), any::<bool>());
    let mut runner = TestRunner::new(ProptestConfig { cases: 12, ..ProptestConfig::default() });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runner
        .run(&prop::collection::vec(voucher, 1..25), |posted| {
            runtime.block_on(async {
                let mut services = log::Services::default();
                for (n, (of, lines, reversal)) in posted.iter().enumerate() {
                    let mut all: Vec<serde_json::Value> = Vec::new();
                    let mut sum = 0;
                    for (i, (account, fen)) in lines.iter().enumerate() {
                        let side = if i % 2 == 0 { "debit" } else { "credit" };
                        sum += if i % 2 == 0 { *fen } else { -fen };
                        all.push(json!({ "account": account, side: fen }));
                    }
                    if sum != 0 {
                        let side = if sum > 0 { "credit" } else { "debit" };
                        all.push(json!({ "account": "102", side: sum.abs() }));
                    }
                    let month = format!("2026-{of:02}");
                    let mut data = json!({ "voucher": format!("v{n}"), "number": n + 1, "month": month,
                        "date": format!("{month}-05"), "lines": all });
                    if *reversal && n > 0 {
                        data["reverses"] = format!("v{}", n - 1).into();
                    }
                    services.tell(log::Told {
                        source: "funds", log: FUNDS, unit: "a", code: "990102001201", at: "2026-07-01 10:00",
                        actor: "agency-accountant/h81", stream: ("book", "a"), fact: "voucher-posted.v1", data,
                        texts: &[], definition: None,
                    });
                }
                let (store, _folder) = sqlite(&services).await;
                let mut before = 0;
                for of in 1..=6 {
                    let m = month::load(store.database(), "a", &format!("2026-{of:02}")).await.unwrap();
                    assert_eq!(m.opening, before);
                    assert_eq!(m.opening + m.income - m.expense, m.closing);
                    assert_eq!(m.accounts.iter().map(|f| f.income).sum::<i64>(), m.income);
                    assert_eq!(m.accounts.iter().map(|f| f.expense).sum::<i64>(), m.expense);
                    before = m.closing;
                }
                let money = |e: &Event| -> i64 {
                    let lines = e.data["lines"].as_array().unwrap().iter();
                    let own = lines.filter(|l| ["101", "102"].contains(&l["account"].as_str().unwrap()));
                    own.map(|l| l["debit"].as_i64().unwrap_or(0) - l["credit"].as_i64().unwrap_or(0)).sum()
                };
                let all: i64 = services.events("funds", FUNDS).iter().map(money).sum();
                assert_eq!(before, all);
            });
            Ok(())
        })
        .unwrap();
}
