//! The services opened in the test's own process, and all that is planted by the commands that a user has.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use cunwu_tests::Copied;
use engines::procedure::Act;
use funds_oversight::{Funds, ask::Take, facts::bank};
use host::{Secrets, Wanted, clock::DemoClock};
use kernel::{Actor, Command, Domain, Event, Place, Receipt, Timestamp};
use organisation::{
    Organisation,
    facts::conflict::{Degree, FileDeclaration, Relative},
};
use serde_json::{Value, json};
use store::Store;

use crate::{
    house::{
        book::Rulebook,
        open::{Ground, Opened, open},
    },
    planted::{
        self, APPLICANT, CONTROL, DECLARER, INVOICE, MATTER, NUMBER, OTHER_PARTY, PARTY, PAYEE,
        PURPOSE, Planted, QUARREL, REASON, RELATIVE, WRITER,
    },
};

/// The services, opened on the folder as the program opens them.
pub struct Rooms {
    pub organisation: Opened<Organisation>,
    pub funds: Opened<Funds>,
    pub services: Opened<services::Domain>,
    pub disputes: Opened<disputes::Domain>,
    keys: std::sync::atomic::AtomicU64,
}

impl Rooms {
    pub async fn open(copied: &Copied) -> Self {
        let data = copied.data();
        let store = store(&data, "funds").await;
        let last = store.logs().await.unwrap().iter().map(|log| log.last.micros()).max().unwrap();
        store.close().await;
        let ground = Ground {
            signer_state: copied.signer(),
            secrets: Secrets::open(&data.join("keys/secrets.json")).unwrap(),
            data,
            clock: Arc::new(DemoClock::at(Timestamp::from_micros(last + kernel::time::DAY))),
            real: false,
            seed: [91; 32],
            calendar: host::holidays::built_in().unwrap(),
            holder: "test".to_owned(),
        };
        let rules = Rulebook::built_in().unwrap();
        Self {
            organisation: open(&ground, None, rules.organisation()).await.unwrap(),
            funds: open(&ground, None, rules.funds()).await.unwrap(),
            services: open(&ground, None, rules.services()).await.unwrap(),
            disputes: open(&ground, None, rules.disputes()).await.unwrap(),
            keys: 0.into(),
        }
    }

    pub async fn close(self) {
        self.organisation.host.store.close().await;
        self.funds.host.store.close().await;
        self.services.host.store.close().await;
        self.disputes.host.store.close().await;
    }

    async fn ask<D: Domain>(
        &self,
        room: &Opened<D>,
        place: &Place,
        actor: Actor,
        body: D::Command,
    ) -> Receipt {
        let key = self.keys.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let command = Command {
            principal: "canary".to_owned(),
            key: format!("canary-{key}"),
            actor,
            place: place.clone(),
            seen: None,
            causation: None,
            body,
        };
        room.host.committer.submit(command).await.unwrap().receipt().clone()
    }
}

pub async fn store(data: &Path, service: &str) -> Store {
    Store::open(&format!("sqlite:{}", data.join(format!("{service}.sqlite")).display()), service)
        .await
        .unwrap()
}

/// The first event of a fact.
async fn first(store: &Store, fact: &str) -> Event {
    let sql = "SELECT bytes FROM core_entry WHERE fact = $1 ORDER BY log, idx LIMIT 1";
    let rows = store.query(sql, &[fact.into()]).await.unwrap();
    Event::decode(rows[0].bytes(0).unwrap()).unwrap()
}

/// Who wrote an event.
fn seat(event: &Event) -> Actor {
    let (post, holder) = Actor::parse_official(event.actor.as_str()).unwrap();
    organisation::domain::official(&event.unit, post, holder).unwrap()
}

/// Plants everything by the commands that a user has; the id of the payment to a person.
pub async fn plant(rooms: &Rooms) -> String {
    let requested = first(&rooms.funds.host.store, "payment-requested.v1").await;
    let approved = first(&rooms.funds.host.store, "payment-approved.v1").await;
    let logs = rooms.funds.host.store.logs().await.unwrap();
    let keeper = logs.iter().find(|log| log.id == requested.log).unwrap().keeper.clone();
    let place = Place { unit: requested.unit.clone(), code: requested.village, keeper };

    let declaration = FileDeclaration {
        unit: place.unit.clone(),
        party: DECLARER.to_owned(),
        relatives: vec![Relative { person: RELATIVE.to_owned(), degree: Degree::Kin }],
    };
    let body = organisation::Ask::FileDeclaration(declaration);
    rooms.ask(&rooms.organisation, &place, Actor::System("set-up".into()), body).await;

    let account = funds_oversight::Ask::RecordBankAccount {
        account: "canary-account".into(),
        kind: bank::AccountKind::General,
        held_by: bank::HeldBy::Collective,
        number: NUMBER.into(),
    };
    rooms.ask(&rooms.funds, &place, seat(&requested), account).await;
    let step = |step: &str, on: Option<String>, fields: Value| {
        let Value::Object(fields) = fields else { panic!("fields have names") };
        let act = Act::new("payment", step, fields);
        funds_oversight::Ask::Take(Box::new(Take { on, act, shown: None, opened: BTreeMap::new() }))
    };
    let request = |payee: Value, invoice: &str, purpose: &str| {
        json!({"amount": 12_300, "method": "bank", "account": "513", "purpose": purpose, "payee": payee,
            "invoice": invoice, "reserve": format!("{}-2026-513", place.unit)})
    };
    let body = step(
        "request",
        None,
        request(json!({ "organisation": CONTROL }), "033001977777:11111111", "样本"),
    );
    rooms.ask(&rooms.funds, &place, seat(&requested), body).await;
    let body = step("request", None, request(json!({ "person": PAYEE }), INVOICE, PURPOSE));
    let receipt = rooms.ask(&rooms.funds, &place, seat(&requested), body).await;
    let payment = receipt.events.iter().find_map(|event| {
        event.stream.as_ref()?.as_str().strip_prefix("payment/").map(str::to_owned)
    });
    let payment = payment.unwrap();
    let back = json!({ "code": "wrong-amount", "reason": REASON });
    rooms
        .ask(&rooms.funds, &place, seat(&approved), step("return", Some(payment.clone()), back))
        .await;
    plant_matters(rooms, &place).await;
    rooms.organisation.host.publish_now(true).await.unwrap();
    rooms.funds.host.publish_now(true).await.unwrap();
    rooms.services.host.publish_now(true).await.unwrap();
    rooms.disputes.host.publish_now(true).await.unwrap();
    payment
}

/// An application for aid, a mediation of two parties, and a petition that somebody writes without an account.
async fn plant_matters(rooms: &Rooms, place: &Place) {
    let take = |procedure: &str, step: &str, outcome: Option<&str>, fields: Value| {
        let Value::Object(fields) = fields else { panic!("fields have names") };
        let mut act = Act::new(procedure, step, fields);
        act.outcome = outcome.map(str::to_owned);
        casework::Take::new(act)
    };
    let begin = |mut take: casework::Take, id: &str| {
        take.new = Some(id.to_owned());
        casework::Ask::Take(Box::new(take))
    };
    let go_on = |mut take: casework::Take, id: &str| {
        take.on = Some(id.to_owned());
        casework::Ask::Take(Box::new(take))
    };
    let clerk = seat(&first(&rooms.services.host.store, "application-filed.v1").await);
    let aid = json!({ "item": "minimum-living", "applicant": APPLICANT, "papers": "申请书", "channel": "visit" });
    let body = casework::Ask::Take(Box::new(take("one-stop", "file", None, aid)));
    rooms.ask(&rooms.services, place, clerk, body).await;

    let chair = seat(&first(&rooms.disputes.host.store, "screening-opened.v1").await);
    let id = "canary-mediation";
    let apply = json!({ "kind": "debt", "applicant": { "person": PARTY }, "quarrel": QUARREL });
    let body = begin(take("mediation", "apply", Some("applied"), apply), id);
    rooms.ask(&rooms.disputes, place, chair.clone(), body).await;
    let other = json!({ "other": { "person": OTHER_PARTY } });
    let body = go_on(take("mediation", "ask-other", Some("agreed"), other), id);
    rooms.ask(&rooms.disputes, place, chair, body).await;

    let id = casework::own::id_of("abcdefghijklmnopqrstuvwxyz");
    let matter = json!({ "matter": MATTER, "writer": WRITER });
    let body = begin(take("petition", "write", None, matter), &id);
    rooms.ask(&rooms.disputes, place, Actor::Resident(id), body).await;
}

/// The ciphertexts of what was planted last in closed cases and applications.
pub async fn ciphertexts(rooms: &Rooms) -> Vec<Planted> {
    let of = async |store: &Store, what, files, sql: &str| {
        let rows = store.query(sql, &[]).await.unwrap();
        let parts: Vec<Planted> = rows
            .iter()
            .map(|row| planted::ciphertext(what, &row.bytes(0).unwrap()[..48], files))
            .collect();
        parts
    };
    let mediations =
        "SELECT ciphertext FROM core_part WHERE subject LIKE 'stream:mediation/canary-mediation%'";
    let petitions = "SELECT ciphertext FROM core_part WHERE subject LIKE 'stream:petition/%'";
    let applicants =
        "SELECT ciphertext FROM core_part WHERE field = 'applicant' ORDER BY log, idx DESC LIMIT 1";
    let mut all = Vec::new();
    let disputes = &rooms.disputes.host.store;
    all.extend(of(disputes, "a mediation sealed", &["disputes.sqlite"], mediations).await);
    all.extend(of(disputes, "a petition sealed", &["disputes.sqlite"], petitions).await);
    let services = &rooms.services.host.store;
    all.extend(of(services, "an applicant sealed", &["services.sqlite"], applicants).await);
    assert!(all.len() >= 4, "{} ciphertexts", all.len());
    all
}

/// Sealed parts, as the owner calls them, each with its subject.
pub async fn parts(store: &Store, sql: &str) -> Vec<(Wanted, String)> {
    let rows = store.query(sql, &[]).await.unwrap();
    rows.iter()
        .map(|row| {
            let wanted = Wanted {
                log: row.text(0).unwrap().into(),
                index: row.u64(1).unwrap(),
                field: row.text(2).unwrap().to_owned(),
            };
            (wanted, row.text(3).unwrap().to_owned())
        })
        .collect()
}
