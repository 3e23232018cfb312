//! A fictional village with a real store, vault and committer, which has heard of organisation by hand.
#![allow(dead_code)]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use access::{Claims, Door, Gate, Issuer, SessionCookie, Verifier};
use async_trait::async_trait;
use axum::{Router, body::Body, http::Request};
use definitions::Definitions;
use desk::Surroundings;
use funds_oversight::{
    Funds, Ports, Service, State, catalogue, funds::EMBEDDED, hears, shows::Directory, watching,
};
use host::{Host, Secrets, Settings};
use kernel::{Clock, DivisionCode, Domain, Entropy, Event, StreamId, Timestamp, WorkCalendar};
use sealed::{Attachments, MasterKey, Vault, VaultConfig};
use serde_json::{Map, Value, json};
use store::{Reader, ReaderError, Store, Tx};
use tower::ServiceExt;

pub const VILLAGE: &str = "u-qingxi";
pub const OTHER: &str = "u-nanshan";
pub const TOWNSHIP: &str = "u-shimen";
pub const COUNTY: &str = "u-yunhe";

const PEOPLE: [(&str, &str, &str, &str); 10] = [
    ("li", VILLAGE, "finance-office", "bookkeeper"),
    ("zhao", VILLAGE, "finance-office", "cashier"),
    ("wang", VILLAGE, "collective-board", "legal-representative"),
    ("sun", VILLAGE, "village-committee", "village-director"),
    ("guo", TOWNSHIP, "township-agency", "agency-accountant"),
    ("qian", VILLAGE, "finance-office", "bookkeeper"),
    ("bao", OTHER, "finance-office", "bookkeeper"),
    ("zhou", VILLAGE, "supervision-committee", "supervision-chair"),
    ("lin", TOWNSHIP, "township", "township-officer"),
    ("he", TOWNSHIP, "township", "township-officer"),
];

pub struct Still(AtomicI64);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// Hears as the program does, with the persons behind the holders opened.
struct Copies;

#[async_trait]
impl Reader for Copies {
    fn name(&self) -> &str {
        "funds-hears-organisation"
    }

    fn schema(&self, _: &str) -> Vec<String> {
        Vec::new()
    }

    async fn apply(&self, tx: &mut Tx<'_>, event: &Event) -> Result<(), ReaderError> {
        let Some(stream) = hears::concerns(event).unwrap() else { return Ok(()) };
        let loaded = tx.load_states::<State>(std::slice::from_ref(&stream)).await?;
        let before = match loaded.state(&stream) {
            Some(State::Known(known)) => Some(known.clone()),
            _ => None,
        };
        let mut opened = Map::new();
        if let Some(holder) = event.data.get("holder").and_then(Value::as_str) {
            opened.insert("person".into(), format!("n-{holder}").into());
        }
        let known = hears::hear(before, event, &opened).unwrap().unwrap();
        tx.put_state(&stream, &State::Known(known), Funds::STATE_FORMAT).await?;
        Ok(())
    }
}

pub struct Hall {
    _folder: tempfile::TempDir,
    pub host: Arc<Host<Funds>>,
    pub app: Router,
    pub clock: Arc<Still>,
    issuer: Issuer,
    heard: AtomicU64,
}

pub fn noon(day: &str) -> Timestamp {
    Timestamp::start_of(day.parse().unwrap()).plus_micros(12 * 3_600_000_000)
}

impl Hall {
    pub async fn new() -> Self {
        let hall = Self::offered(&[]).await;
        hall.started().await;
        hall
    }

    /// With a region's own definitions beside those built in; nothing heard, nothing adopted.
    pub async fn offered(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
        let store = Store::open(&file("funds.sqlite"), "funds").await.unwrap();
        let master = "4f1d0c9ab73e5582e6012b9948dfa37c61e8d2077b5af4139c80ee16b2d9355a";
        let config = VaultConfig {
            keys: file("keys.sqlite"),
            name: "funds_keys".into(),
            master: MasterKey::parse(master).unwrap(),
            tombstones: folder.path().join("tombstones"),
        };
        let vault = Arc::new(Vault::open(config, store.clone()).await.unwrap());
        let papers = folder.path().join("papers");
        let attachments = Arc::new(Attachments::open(papers, vault.clone()).unwrap());
        let clock = Arc::new(Still(AtomicI64::new(noon("2026-03-02").micros())));
        let settings = Settings {
            store,
            tiles: folder.path().join("tiles"),
            signer_state: folder.path().join("signer"),
            secrets: Secrets::of_demo(7),
            sealer: vault.clone(),
            clock: clock.clone(),
            seed: [5; 32],
            check_clock: false,
            keep_keys: true,
            calendar: WorkCalendar::default(),
            holder: "test".into(),
        };
        let texts: Vec<(&str, &str)> = EMBEDDED.iter().chain(files).copied().collect();
        let definitions = Definitions::check(&texts, &catalogue()).unwrap_or_else(|found| {
            panic!("{}", found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        });
        let funds = Funds::new(definitions).watched_by(watching::embedded().unwrap());
        let host = Arc::new(Host::open(settings, funds, Vec::new(), Vec::new()).await.unwrap());
        let issuer = Issuer::new(&[4; 32]);
        let door = Door::new(
            Verifier::new(&[issuer.public_key()]).unwrap(),
            SessionCookie::new(true, false).unwrap(),
        );
        let ports = Ports {
            door: Arc::new(door),
            vault,
            attachments,
            around: Surroundings {
                gate: Arc::new(Gate::new()),
                clock: clock.clone(),
                entropy: Arc::new(Mutex::new(Entropy::from_seed([9; 32]))),
                banner: None,
                nav: Vec::new(),
                burden: None,
            },
        };
        let service = Service::start(host.clone(), ports).await.unwrap();
        let app = service.routes().finish().unwrap().into_router();
        Self { _folder: folder, host, app, clock, issuer, heard: AtomicU64::new(0) }
    }

    /// Hears the units, the seats and the adoption of what is built in.
    pub async fn started(&self) {
        for (unit, level, parent, name) in [
            ("u-p", "province", None, "云岭省"),
            (COUNTY, "county", Some("u-p"), "云河县"),
            (TOWNSHIP, "township", Some(COUNTY), "石门镇"),
            (VILLAGE, "village", Some(TOWNSHIP), "清溪村"),
            (OTHER, "village", Some(TOWNSHIP), "南山村"),
        ] {
            let data = json!({"unit": unit, "code": "331125101203", "name": name, "level": level,
                "parent": parent, "keeper": COUNTY, "province": "u-p", "from": "2020-01-01"});
            self.hear(unit, "unit-formed.v1", data).await;
        }
        for (file, text) in EMBEDDED {
            self.adopted(&Definitions::glance(file, text).unwrap().id).await;
        }
        for watch in watching::embedded().unwrap() {
            self.adopted_as(&watch.id, watch.reference.as_str()).await;
        }
        for (name, unit, body, post) in PEOPLE {
            let data = json!({"seat": format!("s-{name}"), "holder": name, "name": format!("{name}先生"),
                "body": body, "post": post, "from": "2026-01-01", "to": "2030-12-31", "keeper": COUNTY});
            self.hear(unit, "seat-filled.v1", data).await;
            let party = format!("n-{name}");
            self.hear(unit, "declaration-filed.v1", json!({"party": party, "pairs": 0})).await;
        }
        self.second_post().await;
    }

    /// Organisation tells that a definition was adopted.
    pub async fn adopted(&self, id: &str) {
        let definitions = self.host.committer.domain().definitions();
        self.adopted_as(id, definitions.get(id).unwrap().reference.as_str()).await;
    }

    async fn adopted_as(&self, id: &str, reference: &str) {
        let hash = reference.split_once('@').unwrap().1;
        let data = json!({"definition": id, "version": 1, "hash": hash,
            "persons": ["h-a", "h-b"], "from": "2026-01-01", "running": "keep"});
        self.hear("u-p", "definition-adopted.v1", data).await;
    }

    /// Qian, a bookkeeper, is the collective's representative too.
    async fn second_post(&self) {
        let data = json!({"seat": "s-qian-2", "holder": "qian", "name": "qian先生", "body": "collective-board",
            "post": "legal-representative", "from": "2026-01-01", "to": null, "keeper": COUNTY});
        self.hear(VILLAGE, "seat-filled.v1", data).await;
    }

    pub async fn hear(&self, unit: &str, fact: &str, data: Value) {
        let index = self.heard.fetch_add(1, Ordering::SeqCst);
        let event = Event {
            id: format!("o-{index}").into(),
            source: "/organisation".into(),
            kind: format!("cn.cunwu.organisation.{fact}"),
            time: self.clock.now(),
            log: "organisation-open".into(),
            index,
            unit: unit.into(),
            village: DivisionCode::parse("331125101203").unwrap(),
            villageseq: index + 1,
            stream: StreamId::of("thing", index),
            version: 1,
            actor: "system/setup".into(),
            definition: None,
            causation: None,
            data: data.as_object().unwrap().clone(),
        };
        let bytes = event.encode().unwrap();
        for reader in [&Copies as &dyn Reader, &Directory] {
            let entries = vec![(index, bytes.clone())];
            let readers = &self.host.readers;
            readers.apply_batch(reader, "organisation", &event.log, entries).await.unwrap();
        }
        assert!(self.host.readers.parked().await.unwrap().is_empty());
    }

    /// All that stands in the open log, in plain.
    pub async fn log_text(&self) -> String {
        let rows = self.host.store.query("SELECT bytes FROM core_entry ORDER BY idx", &[]).await;
        let rows = rows.unwrap();
        rows.iter().map(|row| String::from_utf8_lossy(row.bytes(0).unwrap()).into_owned()).collect()
    }

    /// Noon of a later day comes.
    pub fn until(&self, day: &str) {
        self.clock.0.store(noon(day).micros(), Ordering::SeqCst);
    }

    pub async fn resolved(&self, id: &str, fen: i64) {
        let data = json!({"resolution": id, "matter": "annual-budget", "body": "member-delegates",
            "for": 30, "against": 1, "abstain": 0, "present": 31, "should_attend": 33,
            "limit": fen, "valid_from": "2026-03-01"});
        self.hear(VILLAGE, "resolution-adopted.v1", data).await;
        let data = json!({"resolution": id, "from": "2026-03-01", "until": "2026-12-31"});
        self.hear(VILLAGE, "resolution-published.v1", data).await;
    }

    fn token(&self, who: &str) -> String {
        let now = self.clock.now();
        let claims = Claims {
            session: format!("session-{who}"),
            account: who.to_owned(),
            holder: Some(who.to_owned()),
            resident: None,
            member_of: None,
            administrator: None,
            second_factor: None,
            issued: now,
            expires: now.plus_micros(15 * 60_000_000),
        };
        self.issuer.issue(&claims).unwrap()
    }

    async fn send(&self, request: Request<Body>) -> (u16, Option<String>, String) {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let retry = response.headers().get("retry-after");
        let retry = retry.map(|value| value.to_str().unwrap().to_owned());
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 22).await.unwrap();
        (status, retry, String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// A page or an answer, as text.
    pub async fn get(&self, who: &str, path: &str) -> (u16, String) {
        let request =
            Request::get(path).header("authorization", format!("Bearer {}", self.token(who)));
        let (status, _, text) = self.send(request.body(Body::empty()).unwrap()).await;
        (status, text)
    }

    /// An answer as JSON.
    pub async fn json(&self, who: &str, path: &str) -> (u16, Value) {
        let (status, text) = self.get(who, path).await;
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Posts JSON under a key; the version seen where there is one.
    pub async fn post(
        &self,
        who: &str,
        path: &str,
        key: &str,
        seen: Option<u64>,
        body: &Value,
    ) -> (u16, Option<String>, Value) {
        let mut request = Request::post(path)
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", self.token(who)))
            .header("idempotency-key", key);
        if let Some(seen) = seen {
            request = request.header("if-match", format!("\"{seen}\""));
        }
        let (status, retry, text) =
            self.send(request.body(Body::from(body.to_string())).unwrap()).await;
        (status, retry, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Posts a form.
    pub async fn form(&self, who: &str, path: &str, form: &str) -> (u16, String) {
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", format!("Bearer {}", self.token(who)));
        let sent = request.body(Body::from(form.to_owned())).unwrap();
        let (status, _, text) = self.send(sent).await;
        (status, text)
    }

    /// An act of bookkeeping that is accepted.
    pub async fn keep(&self, who: &str, act: &str, key: &str, body: Value) -> Value {
        let path = format!("/api/funds/units/{VILLAGE}/bookkeeping/{act}");
        let (status, _, answer) = self.post(who, &path, key, None, &body).await;
        assert_eq!(status, 201, "{act}: {answer}");
        answer
    }

    /// Books started with money in the bank, an account, a budget of 10,000 yuan; gives account and line.
    pub async fn start(&self) -> (String, String) {
        let lines = json!([{"account": "102", "debit": 100_000_000}, {"account": "301", "credit": 100_000_000}]);
        let body = json!({"month": "2026-03", "lines": lines});
        self.keep("li", "opening-balances", "o1", body.clone()).await;
        self.keep("guo", "opening-balances", "o2", body).await;
        let number =
            json!({"kind": "basic", "held_by": "collective", "number": "33112500012345678"});
        let opened = self.keep("li", "bank-account", "b1", number).await;
        self.resolved("r-budget", 1_000_000).await;
        let line =
            json!({"line": "513", "year": 2026, "amount": 1_000_000, "resolution": "r-budget"});
        let adopted = self.keep("li", "budget-line", "l1", line).await;
        let key = |answer: &Value| {
            let stream = answer["receipt"]["events"][0]["stream"].as_str().unwrap();
            stream.split_once('/').unwrap().1.to_owned()
        };
        (key(&opened), key(&adopted))
    }

    pub fn request(&self, reserve: &str, fen: i64, invoice: u32) -> Value {
        json!({"fields": {
            "amount": fen, "method": "bank", "account": "513", "purpose": "打印纸和墨盒",
            "payee": {"organisation": "清溪文具店"}, "invoice": format!("033001900104:{invoice:08}"),
            "reserve": reserve,
        }})
    }
}
