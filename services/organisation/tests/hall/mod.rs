//! The service on a database in a temporary folder, asked over HTTP as a browser and a program ask it.
#![allow(dead_code)]

pub mod village;

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use access::{Gate, SessionCookie};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use casework::Openings;
use definitions::Definitions;
use host::{Host, Secrets, Settings};
use kernel::{Actor, Clock, Command, Timestamp, WorkCalendar};
use organisation::{
    Ask, Organisation, Ports, Service,
    catalogue::{DEFINITIONS, catalogue},
    facts::definition::{AdoptDefinition, FIRST_START, Running},
    laws,
};
use sealed::{MasterKey, Vault, VaultConfig};
use serde_json::{Value, json};
use store::Store;
use tower::ServiceExt;

/// A clock that stands where it is put.
pub struct Still(AtomicI64);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

pub const MINUTE: i64 = 60_000_000;
pub const REGISTER: &str = "code,name,level\n330000000000,云岭省,province\n330100000000,云江市,prefecture\n\
330102000000,临川县,county\n330102001000,云溪镇,township\n330102001201,青禾村,village\n330102001202,石桥村,village\n\
330102002000,东岭镇,township\n330102002201,南山村,village\n";

pub struct Hall {
    pub folder: tempfile::TempDir,
    pub host: Arc<Host<Organisation>>,
    pub service: Arc<Service>,
    pub vault: Arc<Vault>,
    pub app: Router,
    clock: Arc<Still>,
    keys: AtomicU64,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|_| panic!("{}: {}", self.status, self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The session cookie that it sets, as a browser sends it.
    pub fn cookie(&self) -> String {
        self.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
    }
}

/// On this database, with these definitions; keys and tiles in the folder.
pub async fn with_definitions(
    url: &str,
    folder: &std::path::Path,
    clock: Arc<dyn Clock>,
    definitions: &[(&str, &str)],
) -> (Arc<Host<Organisation>>, Arc<Vault>) {
    let file = |name: &str| format!("sqlite:{}", folder.join(name).display());
    let store = Store::open(url, "organisation").await.unwrap();
    let master = "4f1d0c9ab73e5582e6012b9948dfa37c61e8d2077b5af4139c80ee16b2d9355a";
    let config = VaultConfig {
        keys: file("keys.sqlite"),
        name: "organisation_keys".into(),
        master: MasterKey::parse(master).unwrap(),
        tombstones: folder.join("tombstones"),
    };
    let openings = Arc::new(Openings::<Organisation>::default());
    let vault = Vault::open(config, store.clone()).await.unwrap().recording(openings.clone());
    let vault = Arc::new(vault);
    let settings = Settings {
        store,
        tiles: folder.join("tiles"),
        signer_state: folder.join("signer"),
        secrets: Secrets::of_demo(7),
        sealer: vault.clone(),
        clock,
        seed: [5; 32],
        check_clock: false,
        keep_keys: false,
        calendar: WorkCalendar::default(),
        holder: "test".into(),
    };
    let definitions = Definitions::check(definitions, &catalogue()).unwrap();
    let domain = Organisation::new(definitions, laws::table().clone());
    let host = Arc::new(Host::open(settings, domain, Vec::new(), Vec::new()).await.unwrap());
    openings.record_with(host.committer.clone());
    (host, vault)
}

impl Hall {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("organisation.sqlite").display());
        Self::on(&url, folder).await
    }

    pub async fn on(url: &str, folder: tempfile::TempDir) -> Self {
        Self::of(url, folder, DEFINITIONS).await
    }

    /// With other definitions than those of the program.
    pub async fn of(url: &str, folder: tempfile::TempDir, texts: &[(&str, &str)]) -> Self {
        let noon = Timestamp::start_of("2026-03-02".parse().unwrap()).plus_micros(12 * 60 * MINUTE);
        let clock = Arc::new(Still(AtomicI64::new(noon.micros())));
        let (host, vault) = with_definitions(url, folder.path(), clock.clone(), texts).await;
        let ports = Ports {
            token_key: [4; 32],
            seed: [9; 32],
            gate: Arc::new(Gate::new()),
            clock: clock.clone(),
            cookie: SessionCookie::new(true, false).unwrap(),
            vault: vault.clone(),
            attachments: None,
            banner: None,
            nav: Vec::new(),
            burden: None,
            offers: Vec::new(),
        };
        let service = Service::start(host.clone(), ports).await.unwrap();
        let app = service.routes().finish().unwrap().into_router();
        Self { folder, host, service, vault, app, clock, keys: AtomicU64::new(0) }
    }

    pub fn wait(&self, minutes: i64) {
        self.clock.0.fetch_add(minutes * MINUTE, Ordering::SeqCst);
    }

    pub fn key(&self) -> String {
        format!("k{}", self.keys.fetch_add(1, Ordering::SeqCst))
    }

    pub async fn ask(&self, request: Request<Body>) -> Answer {
        let answer = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(body, 1 << 22).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    pub async fn get(&self, path: &str, cookie: &str) -> Answer {
        let request = Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap();
        self.ask(request).await
    }

    pub async fn api_get(&self, path: &str, token: &str) -> Answer {
        let request = Request::get(path).header("authorization", format!("Bearer {token}"));
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    pub async fn form(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
        let pairs: Vec<String> = fields
            .iter()
            .map(|(name, value)| {
                format!("{}={}", pages::query_encode(name), pages::query_encode(value))
            })
            .collect();
        let request = Request::post(path)
            .header("cookie", cookie)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(pairs.join("&")))
            .unwrap();
        self.ask(request).await
    }

    pub async fn api(&self, path: &str, token: &str, key: &str, body: Value) -> Answer {
        self.api_seeing(path, token, key, body, None).await
    }

    pub async fn api_seeing(
        &self,
        path: &str,
        token: &str,
        key: &str,
        body: Value,
        seen: Option<u64>,
    ) -> Answer {
        let mut request = Request::post(path).header("content-type", "application/json");
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        if let Some(seen) = seen {
            request = request.header("if-match", format!("\"{seen}\""));
        }
        self.ask(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Imports the made-up register; gives a unit's id by its name.
    pub async fn divisions(&self) {
        organisation::import_divisions(&self.host, REGISTER.as_bytes(), |_, _| {}).await.unwrap();
    }

    /// Adopts the definitions that it runs on, as at first start.
    pub async fn adopt(&self) {
        let province = organisation::shows::units::province(&self.host.store).await.unwrap();
        let all: Vec<_> = self.host.committer.domain().definitions().iter().cloned().collect();
        for one in all {
            let ask = AdoptDefinition {
                definition: one.id.clone(),
                version: one.version,
                hash: one.reference.as_str().rsplit_once('@').unwrap().1.to_owned(),
                persons: Some(["first".into(), "second".into()]),
                from: self.clock.now().date(),
                running: Running::Keep,
                text: one.region.as_ref().map(|_| one.text.clone()),
            };
            let command = Command {
                principal: FIRST_START.into(),
                key: format!("adopt/{}", one.reference),
                actor: Actor::System(FIRST_START.into()),
                place: province.clone().unwrap().place,
                seen: None,
                causation: None,
                body: Ask::AdoptDefinition(ask),
            };
            self.host.committer.submit(command).await.unwrap();
        }
    }

    pub async fn unit(&self, name: &str) -> String {
        let found =
            self.get(&format!("/api/organisation/units?q={}", pages::query_encode(name)), "").await;
        found.json()["units"][0]["unit"].as_str().unwrap().to_owned()
    }

    /// The first two administrators; gives the code for the security administrator.
    pub async fn begin(&self) -> String {
        let token = self.service.first_token().await.unwrap().unwrap();
        let done = self.form("/organisation/first-administrator", "", &first_form(&token)).await;
        assert_eq!(done.status, 200, "{}", done.text);
        code_in(&done.text)
    }

    pub async fn sign_in(&self, login: &str, password: &str) -> Answer {
        let body = json!({ "login": login, "password": password });
        self.api("/api/organisation/sign-in", "", "", body).await
    }

    pub async fn token(&self, login: &str, password: &str) -> String {
        let signed = self.sign_in(login, password).await;
        assert_eq!(signed.status, 200, "{}", signed.text);
        signed.json()["token"].as_str().unwrap().to_owned()
    }

    pub async fn set_password(&self, login: &str, code: &str, password: &str) -> Answer {
        let body = json!({ "login": login, "code": code, "password": password });
        self.api("/api/organisation/password", "", "", body).await
    }

    /// Security administrator, signed in.
    pub async fn security(&self) -> String {
        let code = self.begin().await;
        let set = self.set_password("qin", &code, SECURITY_PASSWORD).await;
        assert_eq!(set.status, 204, "{}", set.text);
        self.token("qin", SECURITY_PASSWORD).await
    }

    /// Fills a seat and opens an account; gives the seat's id.
    pub async fn appoint(
        &self,
        token: &str,
        unit: &str,
        body: &str,
        post: &str,
        name: &str,
    ) -> Answer {
        let mut fact = json!({
            "unit": unit, "name": name, "person": format!("n-{}", hex::encode(name)), "body": body, "post": post,
            "from": "2026-03-01", "to": "2031-02-28",
        });
        if organisation::bodies::find(body).unwrap().declares {
            fact["relatives"] = json!([]);
        }
        self.api("/api/organisation/seats", token, &self.key(), fact).await
    }

    pub async fn seat_of(&self, unit: &str, post: &str) -> String {
        self.seat_where(unit, |seat| seat["post"] == post).await
    }

    async fn seat_where(&self, unit: &str, is_it: impl Fn(&Value) -> bool) -> String {
        let seats = self.get(&format!("/api/organisation/seats?unit={unit}"), "").await.json();
        let seats = seats["seats"].as_array().unwrap().clone();
        let seat = seats.iter().find(|seat| is_it(seat)).unwrap_or_else(|| panic!("{seats:?}"));
        seat["seat"].as_str().unwrap().to_owned()
    }

    /// Opens the account of whoever holds a post and sets a password; gives a token.
    pub async fn let_in(&self, by: &str, unit: &str, post: &str, login: &str) -> String {
        let seat = self.seat_of(unit, post).await;
        self.open_account(by, &seat, login).await
    }

    /// The same for one of several in a post.
    pub async fn let_in_named(
        &self,
        by: &str,
        unit: &str,
        who: (&str, &str),
        login: &str,
    ) -> String {
        let seat =
            self.seat_where(unit, |seat| seat["post"] == who.0 && seat["name"] == who.1).await;
        self.open_account(by, &seat, login).await
    }

    async fn open_account(&self, by: &str, seat: &str, login: &str) -> String {
        let path = format!("/api/organisation/seats/{seat}/account");
        let opened =
            self.api(&path, by, &self.key(), json!({ "do": "open", "login": login })).await;
        assert_eq!(opened.status, 200, "{}", opened.text);
        let code = opened.json()["code"].as_str().unwrap().to_owned();
        assert_eq!(self.set_password(login, &code, PASSWORD).await.status, 204);
        self.token(login, PASSWORD).await
    }
}

pub const PASSWORD: &str = "three frogs under a bridge";
pub const SYSTEM_PASSWORD: &str = "seven lamps along the river";
pub const SECURITY_PASSWORD: &str = "nine keys in a wooden box";

pub fn first_form(token: &str) -> Vec<(&str, &str)> {
    vec![
        ("code", token),
        ("system-name", "许明"),
        ("system-person", "n-xu"),
        ("system-login", "Xu.Ming"),
        ("password", SYSTEM_PASSWORD),
        ("again", SYSTEM_PASSWORD),
        ("security-name", "秦安"),
        ("security-person", "n-qin"),
        ("security-login", "qin"),
    ]
}

/// The one-time code on a page: 26 characters of its alphabet.
pub fn code_in(page: &str) -> String {
    page.split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit())
        .find(|word| word.len() == 26)
        .unwrap_or_else(|| panic!("no code: {page}"))
        .to_owned()
}
