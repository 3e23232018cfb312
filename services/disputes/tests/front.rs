//! A petition from the outside to its answer and back, over HTTP with a real store and vault: what its writer sees, what the
//! village sees (nothing), and what log and database hold, before and after erasure.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering},
};

use access::{Claims, Door, Gate, Issuer, SessionCookie, Verifier};
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use casework::{Casework, Directory, FromOrganisation, Openings, Parts, closed, own, trial::UNITS};
use desk::Surroundings;
use disputes::{Disputes, board, catalogue, definitions, domain, routes};
use host::Copies;
use kernel::{Clock, DivisionCode, Entropy, Event, LogKind, StreamId, Timestamp, WorkCalendar};
use sealed::{MasterKey, Vault, VaultConfig, canary::Canary};
use serde_json::{Value, json};
use store::{Committer, CommitterHandle, KeySigner, Options, Ports, Reader, Readers, Store};
use tower::ServiceExt;

const MATTER: &str = "村口鱼塘承包费三年没有公开";
const WRITER: &str = "欧阳望舒";
const REPLY: &str = "承包合同和到账凭证已经补充公开";

struct Still(AtomicI64);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

struct House {
    folder: tempfile::TempDir,
    store: Store,
    committer: CommitterHandle<Casework<Disputes>>,
    vault: Arc<Vault>,
    readers: Readers,
    clock: Arc<Still>,
    issuer: Issuer,
    app: Router,
    heard: Mutex<u64>,
}

/// Unit, body, post, holder.
const SEATS: [(&str, &str, &str, &str); 4] = [
    ("u-village", "village-committee", "village-director", "li"),
    ("u-village", "mediation-committee", "mediator", "ma"),
    ("u-township", "township", "petition-officer", "wei"),
    ("u-township", "township", "township-officer", "tao"),
];

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
        let store = Store::open(&file("disputes.sqlite"), "disputes").await.unwrap();
        let openings = Arc::new(Openings::<disputes::Domain>::default());
        let master = "4f1d0c9ab73e5582e6012b9948dfa37c61e8d2077b5af4139c80ee16b2d9355a";
        let config = VaultConfig {
            keys: file("keys.sqlite"),
            name: "disputes_keys".into(),
            master: MasterKey::parse(master).unwrap(),
            tombstones: folder.path().join("tombstones"),
        };
        let vault = Vault::open(config, store.clone()).await.unwrap().recording(openings.clone());
        let vault = Arc::new(vault);
        let start = Timestamp::start_of("2026-03-02".parse().unwrap());
        let clock =
            Arc::new(Still(AtomicI64::new(start.plus_micros(kernel::time::DAY / 2).micros())));
        let key = proof::SignerKey::from_seed("cunwu/disputes", &[8; 32]).unwrap();
        let ports = Ports {
            clock: clock.clone(),
            entropy: Entropy::from_seed([5; 32]),
            calendar: WorkCalendar::default(),
            sealer: vault.clone(),
            signer: Arc::new(KeySigner::new(key, |log| log.to_string())),
            hmac_key: [6; 32],
            options: Options {
                check_clock: false,
                wait_for_facts: std::time::Duration::ZERO,
                ..Options::default()
            },
        };
        let domain = domain(definitions().unwrap());
        let board = board(domain.definitions().clone());
        let committer = Committer::start(store.clone(), domain, ports);
        openings.record_with(committer.clone());
        let issuer = Issuer::new(&[4; 32]);
        let cookie = SessionCookie::new(true, false).unwrap();
        let door = Door::new(Verifier::new(&[issuer.public_key()]).unwrap(), cookie);
        let gate = Arc::new(Gate::new());
        let readers = Readers::new(store.clone(), Some(vault.clone()));
        readers.follow(board).await.unwrap();
        readers.prepare(Directory::new("disputes").as_ref()).await.unwrap();
        let parts = Parts {
            committer: committer.clone(),
            vault: vault.clone(),
            door: Arc::new(door),
            gate: gate.clone(),
        };
        let around = Surroundings {
            gate,
            clock: clock.clone(),
            entropy: Arc::new(Mutex::new(Entropy::from_seed([9; 32]))),
            banner: None,
            nav: Vec::new(),
            burden: None,
        };
        let app = routes(parts, around).finish().unwrap().into_router();
        let heard = Mutex::new(0);
        let house = Self { folder, store, committer, vault, readers, clock, issuer, app, heard };
        house.county().await;
        house
    }

    async fn county(&self) {
        for (unit, code, level, parent, name) in UNITS {
            let data = json!({
                "unit": unit, "code": code, "name": name, "level": level, "parent": parent,
                "keeper": "u-county", "province": "u-province", "from": "2026-01-01",
            });
            self.hear(unit, "unit-formed.v1", data).await;
        }
        for (unit, body, post, holder) in SEATS {
            let data = json!({
                "seat": holder, "holder": holder, "name": format!("{holder}同志"), "body": body,
                "post": post, "from": "2026-01-01", "to": "2030-12-31", "keeper": "u-county",
            });
            self.hear(unit, "seat-filled.v1", data).await;
            let person = format!("p-{holder}");
            self.hear(unit, "holder-known.v1", json!({"holder": holder, "person": person})).await;
            self.hear(unit, "declaration-filed.v1", json!({"party": person, "pairs": 0})).await;
        }
        for one in definitions().unwrap().iter() {
            let hash = one.reference.as_str().rsplit_once('@').unwrap().1;
            let data =
                json!({"definition": one.id, "version": 1, "hash": hash, "from": "2026-01-01"});
            self.hear("u-province", "definition-adopted.v1", data).await;
        }
    }

    async fn hear(&self, unit: &str, fact: &str, data: Value) {
        let index = {
            let mut heard = self.heard.lock().unwrap();
            *heard += 1;
            *heard - 1
        };
        let event = Event {
            id: format!("o-{index}").into(),
            source: "/organisation".into(),
            kind: format!("cn.cunwu.organisation.{fact}"),
            time: self.clock.now(),
            log: "organisation-open".into(),
            index,
            unit: unit.into(),
            village: DivisionCode::parse("990102104201").unwrap(),
            villageseq: index + 1,
            stream: StreamId::of("thing", index),
            version: 1,
            actor: "system/setup".into(),
            definition: None,
            causation: None,
            data: data.as_object().unwrap().clone(),
        };
        let copies = Copies::<Casework<Disputes>, _>::new("disputes-hears", FromOrganisation);
        let directory = Directory::new("disputes");
        for reader in [&copies as &dyn Reader, directory.as_ref()] {
            let entries = vec![(index, event.encode().unwrap())];
            self.readers.apply_batch(reader, "organisation", &event.log, entries).await.unwrap();
        }
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, String) {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 22).await.unwrap();
        (status, String::from_utf8_lossy(&bytes).into_owned())
    }

    async fn get(&self, who: Option<&str>, path: &str) -> (StatusCode, String) {
        let mut request = Request::get(path);
        if let Some(who) = who {
            request = request.header("authorization", self.bearer(who));
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
        let body: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", pages::query_encode(value)))
            .collect();
        let request =
            Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body.join("&"))).unwrap()).await
    }

    /// A step of the petition office, over the API.
    async fn office(&self, id: &str, step: &str, seen: u64, body: Value) -> (StatusCode, String) {
        let request = Request::post(format!("/api/disputes/petition/{id}/{step}"))
            .header("authorization", self.bearer("wei"))
            .header("content-type", "application/json")
            .header("idempotency-key", format!("{step}-{seen}"))
            .header("if-match", format!("\"{seen}\""));
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    fn bearer(&self, who: &str) -> String {
        let now = self.clock.now();
        let claims = Claims {
            session: format!("s-{who}"),
            account: who.into(),
            holder: Some(who.into()),
            resident: None,
            member_of: None,
            administrator: None,
            second_factor: None,
            issued: now,
            expires: now.plus_micros(600_000_000),
        };
        format!("Bearer {}", self.issuer.issue(&claims).unwrap())
    }

    /// Writes a petition about the village; gives the code that the receipt shows.
    async fn write(&self, more: &[(&str, &str)]) -> String {
        let (status, form) = self.get(None, "/petitions/units/u-village").await;
        assert_eq!(status.as_u16(), 200, "{form}");
        let code = form.split("name=\"code\" value=\"").nth(1).unwrap();
        let code = code.split('"').next().unwrap().to_owned();
        let mut fields = vec![("code", code.as_str()), ("matter", MATTER), ("writer", WRITER)];
        fields.extend(more);
        let (status, receipt) = self.post("/petitions/units/u-village", &fields).await;
        assert_eq!(status.as_u16(), 200, "{receipt}");
        assert!(receipt.contains(&own::show_code(&code)), "{receipt}");
        code
    }

    /// Everything that lies about, searched for what must lie nowhere.
    fn found(&self, texts: &[&str]) -> Vec<String> {
        let search = |text: &&str| {
            let hits = Canary::new(text, text.as_bytes()).in_folder(self.folder.path()).unwrap();
            hits.into_iter()
                .map(|hit| format!("{text}: {} in {:?}", hit.spelling, hit.file))
                .collect::<Vec<_>>()
        };
        texts.iter().flat_map(search).collect()
    }
}

#[tokio::test]
async fn from_the_form_to_the_answer_and_the_review() {
    let house = House::new().await;
    let code = house.write(&[]).await;
    // Sent twice, it is one petition.
    let again = [("code", code.as_str()), ("matter", MATTER), ("writer", WRITER)];
    let (status, receipt) = house.post("/petitions/units/u-village", &again).await;
    assert_eq!(status.as_u16(), 200, "{receipt}");
    let id = own::id_of(&code);
    let (_, state) = house.post("/petitions", &[("code", &own::show_code(&code))]).await;
    assert!(state.contains("已收到，15日内登记") && state.contains("还没有人查看过"), "{state}");

    // The village, and the township's other officers, see nothing; the petition office does, and leaves a trace.
    let there = format!("/api/disputes/petition/{id}");
    for who in ["li", "ma", "tao"] {
        let (status, answer) = house.get(Some(who), &there).await;
        let (absent, nothing) = house.get(Some(who), "/api/disputes/petition/no-such-thing").await;
        assert_eq!((status.as_u16(), absent.as_u16()), (404, 404), "{who}");
        assert_eq!(answer.replace(&id, ""), nothing.replace("no-such-thing", ""), "{who}");
    }
    let (status, thing) = house.get(Some("wei"), &there).await;
    assert!(status.as_u16() == 200 && thing.contains(MATTER), "{thing}");
    let (_, state) = house.post("/petitions", &[("code", &code)]).await;
    assert!(state.contains("wei同志") && state.contains("信访工作人员"), "{state}");

    let (status, done) = house.office(&id, "sort", 1, json!({"outcome": "request"})).await;
    assert_eq!(status.as_u16(), 200, "{done}");
    let (status, done) = house.office(&id, "accept", 2, json!({})).await;
    assert_eq!(status.as_u16(), 200, "{done}");
    let reply = json!({"outcome": "explained", "fields": {"reply": REPLY}});
    let (status, done) = house.office(&id, "answer", 3, reply).await;
    assert_eq!(status.as_u16(), 200, "{done}");
    let (_, state) = house.post("/petitions", &[("code", &code)]).await;
    assert!(state.contains(&format!("处理意见：{REPLY}")) && state.contains("申请复查"), "{state}");
    let review =
        [("code", code.as_str()), ("take", "ask-review"), ("seen", "4"), ("again", "金额仍未说明")];
    let (status, state) = house.post("/petitions/act", &review).await;
    assert!(status.as_u16() == 200 && state.contains("复查工作人员复查"), "{state}");
    // Nobody asks in another's name, nor for a step that is not theirs.
    let office = [("code", code.as_str()), ("take", "review"), ("seen", "5"), ("review", "改判")];
    let (_, state) = house.post("/petitions/act", &office).await;
    assert!(state.contains("不能办理"), "{state}");
    let (version, _) = house.committer.state(&StreamId::of("petition", &id)).await.unwrap();
    assert_eq!(version, 5);
}

#[tokio::test]
async fn a_wrong_code_is_no_code_and_many_are_refused() {
    let house = House::new().await;
    let code = house.write(&[]).await;
    let wrong = code.chars().rev().collect::<String>();
    let (status, none) = house.post("/petitions", &[("code", "")]).await;
    let (other, answer) = house.post("/petitions", &[("code", &wrong)]).await;
    assert_eq!((status, &none), (other, &answer));
    assert_eq!(status.as_u16(), 404);
    let mut last = status;
    for _ in 0..40 {
        last = house.post("/petitions", &[("code", &wrong)]).await.0;
    }
    assert_eq!(last.as_u16(), 429);
    assert_eq!(house.post("/petitions", &[("code", &code)]).await.0.as_u16(), 200);
}

#[tokio::test]
async fn whom_it_is_about_does_not_see_it() {
    let house = House::new().await;
    let code = house.write(&[("official", "wei")]).await;
    let there = format!("/api/disputes/petition/{}", own::id_of(&code));
    assert_eq!(house.get(Some("wei"), &there).await.0.as_u16(), 404);
    let (status, _) =
        house.office(&own::id_of(&code), "sort", 1, json!({"outcome": "request"})).await;
    assert_eq!(status.as_u16(), 404);
    let closed = house.store.logs().await.unwrap().remove(0);
    let patience = std::time::Duration::from_secs(5);
    let there = house.readers.wait_for("disputes-board", &closed.id, closed.size - 1, patience);
    assert!(there.await.unwrap());
    let (_, list) = house.get(Some("wei"), "/api/disputes/units/u-township/petition").await;
    assert!(!list.contains(&own::id_of(&code)), "nor in a list: {list}");
}

#[tokio::test]
async fn nothing_of_it_lies_about_before_and_after_erasure() {
    let house = House::new().await;
    let code = house.write(&[]).await;
    let id = own::id_of(&code);
    let (status, done) = house.office(&id, "sort", 1, json!({"outcome": "request"})).await;
    assert_eq!(status.as_u16(), 200, "{done}");
    for log in house.store.logs().await.unwrap() {
        assert_eq!(log.kind, LogKind::Closed);
        assert_eq!(log.keeper, "u-county".into(), "the level above the village keeps it");
        for entry in house.store.entries(&log.id, 0, 100).await.unwrap() {
            assert_eq!(entry.bytes.len(), 32);
        }
    }
    assert_eq!(house.found(&[MATTER, WRITER, &code]), Vec::<String>::new());
    // The search does find: what everybody may know of an office holder lies there.
    assert!(!house.found(&["wei同志"]).is_empty());

    let set = definitions().unwrap();
    let case = StreamId::of("petition", &id);
    for key in closed::keys_of(set.get("petition").unwrap(), &case) {
        house.vault.erase_now(&key).await.unwrap();
    }
    let (status, gone) = house.post("/petitions", &[("code", &code)]).await;
    assert_eq!(status.as_u16(), 404, "{gone}");
    assert_eq!(
        house.get(Some("wei"), &format!("/api/disputes/petition/{id}")).await.0.as_u16(),
        404
    );
    assert_eq!(house.found(&[MATTER, WRITER, &code]), Vec::<String>::new());
    assert!(catalogue().closed_cases);
}
