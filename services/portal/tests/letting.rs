//! The register of assets and the contracts of lease: cards as of a day, who looked, rent that fell due, paid, owed.

mod fixture;

use axum::http::StatusCode;
use fixture::{
    log::{Services, Told, closed},
    matters::built_in,
    site::{Site, words},
    story::{self, FUNDS},
};
use portal::shows::{
    ShowReader,
    contracts::{self, Contracts},
};
use serde_json::{Value, json};

const POND: &str = "qinghe.ZC-001";

struct Teller {
    s: Services,
    asset: kernel::DefinitionRef,
    lease: kernel::DefinitionRef,
}

impl Teller {
    fn new() -> Self {
        let mut s = story::services();
        let asset = s.define("asset", &built_in("funds-oversight", "asset"));
        let lease = s.define("lease", &built_in("funds-oversight", "lease"));
        Self { s, asset, lease }
    }

    fn tell(
        &mut self,
        (at, actor): (&str, &str),
        (kind, id): (&str, &str),
        (fact, own): (&str, bool),
        data: Value,
        texts: &[(&str, &str)],
    ) {
        let definition = if kind == "asset" { &self.asset } else { &self.lease };
        let definition = own.then(|| definition.clone());
        self.s.tell(Told {
            source: "funds",
            log: FUNDS,
            unit: "qinghe",
            code: "990102001201",
            at,
            actor,
            stream: (kind, id),
            fact,
            data,
            texts,
            definition,
        });
    }
}

/// A pond is entered, looked at and let by month to a private person; of two rents that fell due one and a half are paid.
fn told() -> Services {
    let mut t = Teller::new();
    let keeper = "bookkeeper/h12";
    t.tell(
        ("2026-01-05", keeper),
        ("asset", POND),
        ("asset-registered.v1", true),
        json!({"asset": POND, "card": "ZC-001", "class": "resource", "since": "2008-05-01", "keeper": "hechuan"}),
        &[("name", "村东鱼塘"), ("where", "村东，东至水渠")],
    );
    t.tell(
        ("2026-01-20", "supervision-chair/h13"),
        ("asset", POND),
        ("asset-seen.v1", true),
        json!({"asset": POND, "condition": "idle"}),
        &[],
    );
    let chair = "legal-representative/h11";
    let of = ("contract", "c-1");
    t.tell(
        ("2026-01-25", keeper),
        of,
        ("listing-published.v1", true),
        json!({"contract": "c-1", "asset": POND, "rent": 60_000, "from": "2026-02-15", "every": 1, "payments": 12,
            "until": "2027-02-14", "total": 720_000, "keeper": "hechuan"}),
        &[],
    );
    t.tell(
        ("2026-02-05", chair),
        of,
        ("contract-awarded.v1", true),
        json!({"contract": "c-1", "agreed": 65_000, "basis": "highest-bid", "tenant": closed("sealed")}),
        &[],
    );
    t.tell(
        ("2026-02-06", chair),
        of,
        ("contract-signed.v1", true),
        json!({"contract": "c-1", "contract_no": "HT-2026-01", "asset": POND, "rent": 65_000, "from": "2026-02-15",
            "every": 1, "payments": 12, "until": "2027-02-14", "total": 780_000}),
        &[],
    );
    t.tell(
        ("2026-02-06", chair),
        ("asset", POND),
        ("asset-let.v1", false),
        json!({"asset": POND, "contract": "c-1", "from": "2026-02-15", "until": "2027-02-14"}),
        &[],
    );
    for (number, on) in [(1, "2026-02-15"), (2, "2026-03-15")] {
        t.tell(
            (on, "system/due"),
            of,
            ("due-arisen.v1", false),
            json!({"contract": "c-1", "number": number, "due_on": on, "amount": 65_000}),
            &[],
        );
    }
    t.tell(
        ("2026-03-16", keeper),
        of,
        ("rent-received.v1", true),
        json!({"contract": "c-1", "amount": 97_500, "on": "2026-03-16", "bank_account": "basic",
            "voucher": "qinghe.2026-03.20", "owed": 32_500}),
        &[],
    );
    for (number, amount, left) in [(1, 65_000, 0), (2, 32_500, 32_500)] {
        t.tell(
            ("2026-03-16", keeper),
            of,
            ("due-settled.v1", false),
            json!({"contract": "c-1", "number": number, "amount": amount, "left": left, "voucher": "qinghe.2026-03.20"}),
            &[],
        );
    }
    t.s
}

/// The county offers 900 yuan, 800 come, 500 are paid to a firm, 300 go back.
fn funded() -> Services {
    let mut t = Teller::new();
    let offer = t.s.define("allocation", &built_in("funds-oversight", "allocation"));
    let mut tell = |at, unit, stream, fact, data: Value| {
        t.s.tell(Told {
            source: "funds",
            log: FUNDS,
            unit,
            code: "990102001201",
            at,
            actor: "bookkeeper/h12",
            stream,
            fact,
            data,
            texts: &[],
            definition: Some(offer.clone()),
        });
    };
    let of = ("allocation", "a-1");
    let offered = json!({"allocation": "a-1", "reference": "HC-2026-7", "to_unit": "qinghe", "amount": 90_000, "keeper": "hechuan"});
    tell("2026-02-01", "hechuan", of, "fund-allocated.v1", offered);
    let heard = json!({"allocation": "a-1", "accepted": 80_000, "difference": 10_000});
    tell("2026-02-03", "hechuan", of, "allocation-taken-in-part.v1", heard);
    let paid = ("payment", "p-grant");
    tell(
        "2026-02-10",
        "qinghe",
        paid,
        "payment-requested.v1",
        json!({"payment": "p-grant", "amount": 50_000, "method": "bank", "account": "514", "reserve": "a-1", "draws": ["a-1"],
            "covered_by": "r-1", "month": "2026-02", "keeper": "hechuan", "payee": {"organisation": "云溪镇洁美保洁服务队"}}),
    );
    let done = json!({"payment": "p-grant", "amount": 50_000, "voucher": "qinghe.2026-02.30", "on": "2026-02-12"});
    tell("2026-02-12", "qinghe", paid, "payment-executed.v1", done);
    let back = json!({"allocation": "a-1", "amount": 30_000, "on": "2026-02-20", "bank_account": "basic", "voucher": "qinghe.2026-02.31"});
    tell("2026-02-20", "qinghe", ("grant", "a-1"), "grant-returned.v1", back);
    let closed = json!({"allocation": "a-1", "spent": 50_000, "returned": 30_000, "difference": 0});
    tell("2026-02-21", "hechuan", of, "allocation-closed.v1", closed);
    t.s
}

#[tokio::test]
async fn money_from_above_is_traced_to_who_was_paid() {
    let site = Site::of(funded()).await;
    let page = said(&site, "/villages/qinghe/funding").await;
    for expected in [
        "HC-2026-7",
        "900.00",
        "800.00",
        "500.00",
        "300.00",
        "云溪镇洁美保洁服务队",
        "已结清，两边对得上",
    ] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    assert!(said(&site, "/villages/liutang/funding").await.contains("还没有下达"));
}

async fn said(site: &Site, path: &str) -> String {
    let (status, page) = site.get(path).await;
    assert_eq!(status, StatusCode::OK, "{path}");
    words(&page)
}

#[tokio::test]
async fn a_villager_sees_what_is_let_what_fell_due_and_what_is_owed() {
    let site = Site::of(told()).await;
    let page = said(&site, "/villages/qinghe/contracts").await;
    for expected in [
        "到期还没收到的租金一共 325.00 元",
        "HT-2026-01",
        "个人（姓名不公开）",
        "2026-02-15 至 2027-02-14",
        "1,300.00",
        "975.00",
        "欠租 5 天",
        "第 3 期",
        "2026-04-15",
        "晚了 5 天",
        "收齐",
    ] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    let english = said(&site, "/villages/qinghe/contracts?lang=en").await;
    assert!(english.contains("Unpaid for 5 days"), "{english}");
    assert!(said(&site, "/villages/liutang/contracts").await.contains("还没有出租过"));
    // What fell due by itself stands among what happened, and does not move the course of the contract.
    let case = said(&site, "/matters/funds/lease/c-1").await;
    assert!(case.contains("租金到期") && case.contains("签合同"), "{case}");
}

#[tokio::test]
async fn the_register_is_as_of_a_day_and_says_who_looked_last() {
    let site = Site::of(told()).await;
    let now = said(&site, "/villages/qinghe/assets").await;
    for expected in ["ZC-001", "村东鱼塘", "闲置", "2027-02-14", "2026-01-20 村务监督委员会主任"]
    {
        assert!(now.contains(expected), "{expected}: {now}");
    }
    // Before anybody looked, and before the card was entered.
    let then = said(&site, "/villages/qinghe/assets?as_of=2026-01-10").await;
    assert!(then.contains("2026-01-05 报账员") && !then.contains("闲置"), "{then}");
    let before = said(&site, "/villages/qinghe/assets?as_of=2026-01-01").await;
    assert!(!before.contains("ZC-001") && before.contains("还没有资产"), "{before}");
    let other = said(&site, "/villages/qinghe/assets?of=operating").await;
    assert!(!other.contains("村东鱼塘"), "{other}");
}

#[tokio::test]
async fn what_is_owed_is_the_same_after_a_rebuild() {
    let services = told();
    let folder = tempfile::tempdir().unwrap();
    let (_, store) = fixture::portal(folder.path(), told(), "http://localhost").await;
    let before = contracts::of_unit(store.database(), "qinghe").await.unwrap();
    assert_eq!((before[0].due(), before[0].paid(), before[0].owed()), (130_000, 97_500, 32_500));
    let readers = store::Readers::new(store.clone(), None);
    let reader = ShowReader(&Contracts);
    for (source, log, events) in services.logs().into_iter().filter(|(s, ..)| s == "funds") {
        // A repeat changes nothing.
        let again = fixture::entries(&events);
        readers.apply_batch(&reader, &source, &log, again).await.unwrap();
    }
    assert_eq!(contracts::of_unit(store.database(), "qinghe").await.unwrap(), before);
}
