//! A made-up service with a real store, vault and committer, which has heard of a small county.
#![allow(dead_code)]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering},
};

use access::{Claims, Door, Gate, Issuer, SessionCookie, Verifier};
use casework::{
    Board, CaseOffice, Casework, Directory, FromOrganisation, Openings, Parts, Service, catalogue,
    trial::{UNITS, noon},
};
use definitions::Definitions;
use desk::{Desk, Surroundings};
use host::Copies;
use kernel::{Clock, DivisionCode, Entropy, Event, StreamId, Text, Timestamp, WorkCalendar};
use sealed::{MasterKey, Vault, VaultConfig};
use serde_json::{Value, json};
use store::{Committer, CommitterHandle, KeySigner, Options, Ports, Readers, Store};

pub struct Hall;

impl Service for Hall {
    const SERVICE: &'static str = "hall";

    fn title() -> Text {
        Text::new("活动室", "Village hall")
    }

    fn word(field: &str, value: &str) -> Option<Text> {
        match (field, value) {
            ("room", "large") => Some(Text::new("大活动室", "Large room")),
            ("room", "small") => Some(Text::new("小活动室", "Small room")),
            _ => None,
        }
    }
}

pub const ROOMS: &str = include_str!("rooms.toml");
pub const SAFE: &str = include_str!("safe.toml");

pub struct Still(AtomicI64);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

pub struct House {
    pub folder: tempfile::TempDir,
    pub store: Store,
    pub committer: CommitterHandle<Casework<Hall>>,
    pub office: Arc<CaseOffice<Hall>>,
    pub readers: Readers,
    pub board: Arc<Board>,
    pub vault: Arc<Vault>,
    pub clock: Arc<Still>,
    issuer: Issuer,
    heard: Mutex<u64>,
}

pub fn definitions() -> Definitions {
    Definitions::check(&[("rooms.toml", ROOMS), ("safe.toml", SAFE)], &catalogue("hall"))
        .unwrap_or_else(|findings| {
            panic!("{}", findings.iter().map(|f| format!("{f}\n")).collect::<String>())
        })
}

/// Seats: unit, body, post, holder (also the seat's id and the account).
pub const SEATS: [(&str, &str, &str, &str); 6] = [
    ("u-village", "village-window", "window-clerk", "gao"),
    ("u-village", "village-window", "window-clerk", "lin"),
    ("u-village", "village-committee", "village-director", "li"),
    ("u-village", "representatives", "representative", "he"),
    ("u-township", "township", "township-officer", "tao"),
    ("u-other", "village-window", "window-clerk", "bao"),
];

impl House {
    /// On SQLite, or on a fresh PostgreSQL database.
    pub async fn on(postgres: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
        let url = if postgres {
            testbed::Postgres::shared().unwrap().fresh_database().unwrap()
        } else {
            file("hall.sqlite")
        };
        let store = Store::open(&url, "hall").await.unwrap();
        let openings = Arc::new(Openings::<Casework<Hall>>::default());
        let master = "4f1d0c9ab73e5582e6012b9948dfa37c61e8d2077b5af4139c80ee16b2d9355a";
        let config = VaultConfig {
            keys: file("keys.sqlite"),
            name: "hall_keys".into(),
            master: MasterKey::parse(master).unwrap(),
            tombstones: folder.path().join("tombstones"),
        };
        let vault = Vault::open(config, store.clone()).await.unwrap().recording(openings.clone());
        let vault = Arc::new(vault);
        let clock = Arc::new(Still(AtomicI64::new(noon("2026-03-02".parse().unwrap()).micros())));
        let set = definitions();
        let key = proof::SignerKey::from_seed("cunwu/hall", &[8; 32]).unwrap();
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
        let domain = Casework::<Hall>::new(set, catalogue("hall"));
        let board = Board::new("hall", domain.definitions().clone());
        let committer = Committer::start(store.clone(), domain, ports);
        openings.record_with(committer.clone());
        let issuer = Issuer::new(&[4; 32]);
        let cookie = SessionCookie::new(true, false).unwrap();
        let door = Door::new(Verifier::new(&[issuer.public_key()]).unwrap(), cookie);
        let gate = Arc::new(Gate::new());
        let office = CaseOffice::new(Parts {
            committer: committer.clone(),
            vault: vault.clone(),
            door: Arc::new(door),
            gate,
        });
        let readers = Readers::new(store.clone(), Some(vault.clone()));
        readers.follow(board.clone()).await.unwrap();
        readers.prepare(Directory::new("hall").as_ref()).await.unwrap();
        let house = Self {
            folder,
            store,
            committer,
            office,
            readers,
            board,
            vault,
            clock,
            issuer,
            heard: Mutex::new(0),
        };
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
                "seat": holder, "holder": holder, "name": format!("{holder}先生"), "body": body,
                "post": post, "from": "2026-01-01", "to": "2030-12-31", "keeper": "u-county",
            });
            self.hear(unit, "seat-filled.v1", data).await;
        }
        for definition in definitions().iter() {
            let hash = definition.reference.as_str().rsplit_once('@').unwrap().1;
            let data = json!({"definition": definition.id, "version": 1, "hash": hash, "from": "2026-01-01"});
            self.hear("u-province", "definition-adopted.v1", data).await;
        }
    }

    /// Hears an event of organisation, into copies and tables.
    pub async fn hear(&self, unit: &str, fact: &str, data: Value) {
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
        let bytes = event.encode().unwrap();
        let copies = Copies::<Casework<Hall>, _>::new("hall-hears", FromOrganisation);
        let directory = Directory::new("hall");
        for reader in [&copies as &dyn store::Reader, directory.as_ref()] {
            let entries = vec![(index, bytes.clone())];
            self.readers.apply_batch(reader, "organisation", &event.log, entries).await.unwrap();
        }
        assert!(self.readers.parked().await.unwrap().is_empty());
    }

    pub fn at(&self, day: &str) {
        self.clock.0.store(noon(day.parse().unwrap()).micros(), Ordering::SeqCst);
    }

    /// The header of somebody signed in.
    pub fn bearer(&self, who: &str) -> String {
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

    pub fn desk(&self) -> axum::Router {
        let around = Surroundings {
            gate: Arc::new(Gate::new()),
            clock: self.clock.clone(),
            entropy: Arc::new(Mutex::new(Entropy::from_seed([9; 32]))),
            banner: None,
            nav: Vec::new(),
            burden: None,
        };
        Desk::new(self.office.clone(), around).routes().finish().unwrap().into_router()
    }
}
