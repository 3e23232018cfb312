//! Canaries: personal data planted in a county's sealed parts is found in no log, tile, stream, foreign table, page, metric,
//! trace or free page of a disk, in any spelling; and no id of a closed log in an open one. Before and after an erasure.
#![allow(clippy::disallowed_methods, reason = "tests run on the machine's clock")]

#[allow(
    dead_code,
    unused_imports,
    reason = "the program's own wiring; the test needs a part of it"
)]
#[path = "../crates/cunwu/src/house/mod.rs"]
mod house;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use cunwu_tests::{Copied, Demo, get, launch};
use engines::procedure::Act;
use funds_oversight::{Funds, ask::Take, facts::bank};
use host::{Asker, Owner, Secrets, Wanted, clock::DemoClock};
use house::open::{Ground, Opened};
use kernel::{Actor, Command, Domain, Event, LogKind, Place, Receipt, Timestamp};
use organisation::{
    Organisation,
    facts::conflict::{Degree, FileDeclaration, Relative},
};
use sealed::{SealedError, canary::Canary};
use serde_json::{Value, json};
use store::Store;
use testbed::{Cunwu, Nats};

/// Ids of the register of persons: who declares, whom, and who is paid.
const DECLARER: &str = "zq7wd3k9xm4zc2vt";
const RELATIVE: &str = "yj5xs8h2ct6qb4ne";
const PAYEE: &str = "xw4uf7p3ks9mz6dh";
const INVOICE: &str = "033001977777:87654321";
const NUMBER: &str = "660198000077123400";
const PURPOSE: &str = "亓官砚秋代领";
const PURPOSE_GBK: &[u8] = &[216, 193, 185, 217, 209, 226, 199, 239, 180, 250, 193, 236];
const REASON: &str = "东方朔月口头说明";
const REASON_GBK: &[u8] =
    &[182, 171, 183, 189, 203, 183, 212, 194, 191, 218, 205, 183, 203, 181, 195, 247];
/// An organisation that is paid: public, and so found wherever the others must not be. It shows that the search finds.
const CONTROL: &str = "控制样本有限公司";

/// Funds-oversight keeps what it was granted of the closed log: to see kinship at a payment.
const GRANTED: &[&str] = &["funds.sqlite", "disputes.sqlite"];

/// A planted value, and where it may be all the same.
struct Planted {
    what: &'static str,
    canary: Canary,
    /// Files of the data folder: copies that a grant allows. Not even the owner's own database has it in plain.
    files: &'static [&'static str],
    /// Whether anyone may read it, on pages that ask the owner.
    shown: bool,
}

fn planted() -> Vec<Planted> {
    let one = |what, text: &str, gbk: &[u8], files, shown| Planted {
        what,
        canary: Canary::new(text, gbk),
        files,
        shown,
    };
    let ascii = |what, text: &str, files| one(what, text, text.as_bytes(), files, false);
    vec![
        ascii("declarer", DECLARER, GRANTED),
        ascii("relative", RELATIVE, GRANTED),
        ascii("payee", PAYEE, &[]),
        ascii("invoice", INVOICE, &[]),
        ascii("bank account", NUMBER, &[]),
        one("purpose", PURPOSE, PURPOSE_GBK, &[], true),
        one("reason", REASON, REASON_GBK, &[], true),
    ]
}

fn control() -> Canary {
    Canary::new(CONTROL, CONTROL.as_bytes())
}

/// The two services that hold what is planted, opened on the folder as the program opens them.
struct Rooms {
    organisation: Opened<Organisation>,
    funds: Opened<Funds>,
    keys: std::sync::atomic::AtomicU64,
}

impl Rooms {
    async fn open(copied: &Copied) -> Self {
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
        Self {
            organisation: house::open::open(
                &ground,
                None,
                house::book::Rulebook::built_in().unwrap().organisation(),
            )
            .await
            .unwrap(),
            funds: house::open::open(
                &ground,
                None,
                house::book::Rulebook::built_in().unwrap().funds(),
            )
            .await
            .unwrap(),
            keys: 0.into(),
        }
    }

    async fn close(self) {
        self.organisation.host.store.close().await;
        self.funds.host.store.close().await;
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

async fn store(data: &Path, service: &str) -> Store {
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
async fn plant(rooms: &Rooms) -> String {
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
    rooms.organisation.host.publish_now(true).await.unwrap();
    rooms.funds.host.publish_now(true).await.unwrap();
    payment
}

/// The bytes of all open logs' entries, of every service.
async fn open_logs(data: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for service in ["organisation", "funds", "services", "disputes"] {
        let store = store(data, service).await;
        for log in store.logs().await.unwrap() {
            for entry in store.entries(&log.id, 0, 1_000_000).await.unwrap() {
                // A closed log's entries are commitments, and are searched as such.
                all.extend(entry.bytes);
                all.push(b'\n');
            }
        }
        store.close().await;
    }
    all
}

/// Ids that occur in closed logs alone: of their events and of the persons in them.
async fn closed_ids(rooms: &Rooms) -> BTreeSet<String> {
    let host = &rooms.organisation.host;
    let mut ids = BTreeSet::new();
    for log in host.store.logs().await.unwrap().iter().filter(|log| log.kind == LogKind::Closed) {
        for index in 0..log.size {
            let Some(event) = host.committer.closed_event(&log.id, index).await.unwrap() else {
                continue;
            };
            ids.insert(event.id.to_string());
            for field in ["party", "party_a", "party_b", "person"] {
                ids.extend(event.data.get(field).and_then(Value::as_str).map(str::to_owned));
            }
        }
    }
    ids
}

fn leaks<'a>(ids: &'a BTreeSet<String>, text: &[u8]) -> Vec<&'a String> {
    let words: BTreeSet<&[u8]> =
        text.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-').collect();
    ids.iter().filter(|id| words.contains(id.as_bytes())).collect()
}

/// Where each canary was found in the folder and should not have been.
fn in_folder(data: &Path, planted: &[Planted]) -> Vec<String> {
    let mut found = Vec::new();
    for one in planted {
        for hit in one.canary.in_folder(data).unwrap() {
            let file = hit.file.strip_prefix(data).unwrap().to_string_lossy().into_owned();
            let file = file.trim_end_matches("-wal").trim_end_matches("-shm");
            if !one.files.contains(&file) {
                found.push(format!("{}: {} in {file}", one.what, hit.spelling));
            }
        }
    }
    found
}

fn in_bytes(place: &str, bytes: &[u8], planted: &[Planted], pages: bool) -> Vec<String> {
    planted
        .iter()
        .filter(|one| !(pages && one.shown))
        .flat_map(|one| {
            one.canary
                .in_bytes(bytes)
                .into_iter()
                .map(move |spelling| format!("{}: {spelling} in {place}", one.what))
        })
        .collect()
}

/// Organisation, funds-oversight and the portal as processes of their own, over a real broker.
struct Deployment {
    nats: Nats,
    processes: Vec<Cunwu>,
}

impl Deployment {
    fn start(copied: &Copied) -> Self {
        let nats = Nats::start().unwrap();
        let [organisation, funds, portal] = [(); 3].map(|()| testbed::free_port().unwrap());
        let start = |service: &str, port: u16| {
            launch()
                .args([
                    "serve",
                    service,
                    "--data",
                    copied.data().to_str().unwrap(),
                    "--nats",
                    &nats.url(),
                ])
                .args(["--listen", &format!("127.0.0.1:{port}")])
                .args(["--organisation", &format!("http://127.0.0.1:{organisation}")])
                .args(["--funds", &format!("http://127.0.0.1:{funds}")])
                .env(
                    "CUNWU_SERVICE_KEY",
                    "3d1f0a5be94c7726d8b2e6f013a94c58af7106c2d95e3b84170ad6e2f4c98b53",
                )
                .env("CUNWU_LOG", "debug")
                .env("CUNWU_LOG_FORMAT", "json")
                .start()
                .unwrap()
        };
        let processes = vec![
            start("organisation", organisation),
            start("funds-oversight", funds),
            start("portal", portal),
        ];
        Self { nats, processes }
    }

    /// Waits until funds has heard all that organisation wrote before, and the portal both.
    async fn settle(&self, data: &Path) {
        let until = Instant::now() + Duration::from_secs(120);
        let mut behind = Vec::new();
        while Instant::now() < until {
            behind.clear();
            for (reader, source) in
                [("funds", "organisation"), ("portal", "organisation"), ("portal", "funds")]
            {
                let (from, to) = (store(data, source).await, store(data, reader).await);
                let sql = "SELECT log, MIN(next) FROM core_position WHERE source = $1 GROUP BY log";
                let heard: BTreeMap<String, u64> = to
                    .query(sql, &[source.into()])
                    .await
                    .unwrap()
                    .iter()
                    .map(|row| (row.text(0).unwrap().to_owned(), row.u64(1).unwrap()))
                    .collect();
                for log in from.logs().await.unwrap() {
                    let next = heard.get(log.id.as_str()).copied().unwrap_or(0);
                    if next < log.size {
                        behind.push(format!(
                            "{reader} is at {next} of {} of {source}/{}",
                            log.size, log.id
                        ));
                    }
                }
                from.close().await;
                to.close().await;
            }
            if behind.is_empty() && !control().in_folder(&self.nats.store()).unwrap().is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        panic!("{behind:?}\n{}", self.logs());
    }

    /// Everything that anyone can fetch: pages and what they link to, APIs, metrics, logs.
    async fn public(&self, payment: &str) -> Vec<(String, Vec<u8>)> {
        let mut fetched = Vec::new();
        for process in &self.processes {
            let base = process.url();
            let (_, logs) = get(&format!("{base}/logs")).await;
            let logs: Vec<Value> = serde_json::from_slice(&logs).unwrap_or_default();
            let mut wanted: VecDeque<String> = [
                "/",
                "/metrics",
                "/healthz",
                "/readyz",
                "/api/openapi.json",
                "/logs",
                &format!("/payments/{payment}"),
            ]
            .map(str::to_owned)
            .into();
            for log in logs.iter().map(|log| log["log"].as_str().unwrap()) {
                let published = logs.iter().find(|one| one["log"] == log).unwrap()["published"]
                    .as_u64()
                    .unwrap();
                wanted.extend(
                    ["checkpoint", "key", "entries?from=0&limit=1024"]
                        .map(|what| format!("/logs/{log}/{what}")),
                );
                wanted.extend(
                    (0..published / 256).map(|tile| format!("/logs/{log}/tile/entries/{tile:03}")),
                );
                if published % 256 > 0 {
                    let (tile, width) = (published / 256, published % 256);
                    wanted.push_back(format!("/logs/{log}/tile/entries/{tile:03}.p/{width}"));
                }
                wanted.push_back(format!("/logs/{log}/proof/0"));
            }
            let mut seen = BTreeSet::new();
            while let Some(path) = wanted.pop_front() {
                if !seen.insert(path.clone()) || seen.len() > 600 {
                    continue;
                }
                let (_, body) = get(&format!("{base}{path}")).await;
                let text = String::from_utf8_lossy(&body);
                for link in text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next())
                {
                    if link.starts_with('/')
                        && !link.starts_with("//")
                        && !link.starts_with("/assets")
                    {
                        let link = link.split('#').next().unwrap_or_default().replace("&amp;", "&");
                        wanted.push_back(link);
                    }
                }
                fetched.push((format!("{base}{path}"), body));
            }
        }
        fetched
    }

    /// What the processes have said.
    fn logs(&self) -> String {
        self.processes.iter().map(Cunwu::log).collect::<Vec<_>>().join("\n")
    }

    fn stop(&mut self) {
        for process in &mut self.processes {
            process.terminate().unwrap();
        }
    }
}

/// The sealed parts whose subject or place is a planted person's: (owner's name for it, where).
async fn part(rooms: &Rooms, funds: bool, sql: &str) -> Vec<(Wanted, String)> {
    let store = if funds { &rooms.funds.host.store } else { &rooms.organisation.host.store };
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

/// Everything at rest and in the open that must not hold what is planted.
async fn at_rest(
    data: &Path,
    nats: &Path,
    planted: &[Planted],
    ids: &BTreeSet<String>,
) -> Vec<String> {
    let mut found = in_folder(data, planted);
    for one in planted {
        let hits = one.canary.in_folder(nats).unwrap();
        found.extend(hits.iter().map(|hit| {
            format!("{}: {} in the stream's {}", one.what, hit.spelling, hit.file.display())
        }));
    }
    let logs = open_logs(data).await;
    found.extend(in_bytes("the logs", &logs, planted, false));
    found.extend(leaks(ids, &logs).iter().map(|id| format!("{id} of a closed log in an open one")));
    found
}

#[tokio::test]
async fn what_is_planted_is_found_nowhere_before_and_after_its_erasure() {
    let copied = Demo::of(1, 1, 1).copy();
    let data: PathBuf = copied.data();
    let planted = planted();
    let rooms = Rooms::open(&copied).await;
    let payment = plant(&rooms).await;
    let ids = closed_ids(&rooms).await;
    assert!(
        ids.len() > 80 && ids.contains(DECLARER) && ids.contains(RELATIVE),
        "{} ids",
        ids.len()
    );
    rooms.close().await;

    let mut deployment = Deployment::start(&copied);
    deployment.settle(&data).await;
    let public = deployment.public(&payment).await;
    assert!(public.len() > 100, "{} pages and files", public.len());
    let mut found = Vec::new();
    for (url, body) in &public {
        found.extend(in_bytes(url, body, &planted, true));
        found.extend(leaks(&ids, body).iter().map(|id| format!("{id} of a closed log at {url}")));
    }
    deployment.stop();
    found.extend(in_bytes("traces", deployment.logs().as_bytes(), &planted, false));
    found.extend(at_rest(&data, &deployment.nats.store(), &planted, &ids).await);
    assert!(found.is_empty(), "before:\n{}", found.join("\n"));

    // The search does find: what is public is where it may be, and an id put into an open log is noticed.
    let control = control();
    assert!(
        public
            .iter()
            .any(|(url, body)| url.contains("/logs/") && !control.in_bytes(body).is_empty())
    );
    assert!(!control.in_bytes(&open_logs(&data).await).is_empty());
    let files: BTreeSet<String> = control
        .in_folder(&data)
        .unwrap()
        .iter()
        .map(|hit| hit.file.file_name().unwrap().to_string_lossy().replace("-wal", ""))
        .collect();
    assert!(files.contains("funds.sqlite") && files.contains("portal.sqlite"), "{files:?}");
    for one in planted.iter().filter(|one| !one.files.is_empty()) {
        let copies = one.canary.in_folder(&data).unwrap();
        assert!(!copies.is_empty(), "{}: funds-oversight has heard it", one.what);
    }
    let spoiled = [open_logs(&data).await, format!("\"{RELATIVE}\"").into_bytes()].concat();
    assert_eq!(leaks(&ids, &spoiled), [RELATIVE]);
    assert!(deployment.logs().len() > 1000, "the processes have said something");
    let shown = public.iter().find(|(url, _)| {
        url.ends_with(&format!("/payments/{payment}"))
            && url.starts_with(deployment.processes[2].url())
    });
    let shown = String::from_utf8_lossy(&shown.unwrap().1).into_owned();
    assert!(shown.contains(PURPOSE), "what anyone may read is shown, by asking the owner");

    // The owner opens to whom it was granted, until it is erased; then to nobody.
    let rooms = Rooms::open(&copied).await;
    let payee = "SELECT log, idx, field, subject FROM core_part WHERE field = 'payee'";
    let payee = part(&rooms, true, payee).await;
    assert_eq!(payee.len(), 1);
    let owner = rooms.funds.host.owner.clone();
    let (wanted, subject) = &payee[0];
    let opened = owner.open(&Asker::Anyone, std::slice::from_ref(wanted)).await.unwrap();
    assert_eq!(opened, [None], "a payee is opened for nobody without a grant");
    let opener = sealed::Opener { actor: "system/test".into(), reason: "test".into() };
    let closed =
        "SELECT log, idx, field, subject FROM core_part WHERE field = '' ORDER BY log, idx";
    let closed = part(&rooms, false, closed).await;
    let asked: Vec<Wanted> = closed.iter().map(|(wanted, _)| wanted.clone()).collect();
    let organisation = rooms.organisation.host.owner.clone();
    let by_funds = Asker::Service("funds".to_owned());
    let holds = |opened: &[Option<host::Opened>], id: &str| {
        opened.iter().flatten().filter(|one| one.value.contains(id)).count()
    };
    let opened = organisation.open(&by_funds, &asked).await.unwrap();
    assert!(holds(&opened, RELATIVE) > 0 && holds(&opened, DECLARER) > 0, "granted to funds");
    let others = organisation.open(&Asker::Anyone, &asked).await.unwrap();
    assert_eq!(holds(&others, "") + others.iter().flatten().count(), 0, "granted to nobody else");
    let others = organisation.open(&Asker::Service("services".to_owned()), &asked).await.unwrap();
    assert_eq!(others.iter().flatten().count(), 0);

    // Papers of payments are kept by law: the erasure is refused with the article, then ordered.
    let now = rooms.funds.host.committer.now();
    let refused = rooms.funds.vault.erase(subject, now).await;
    assert!(matches!(refused, Err(SealedError::Retained { .. })), "{refused:?}");
    assert!(rooms.funds.vault.erase_now(subject).await.unwrap() > 0);
    let subjects: BTreeSet<&String> = closed
        .iter()
        .zip(&opened)
        .filter(|(_, opened)| {
            opened
                .as_ref()
                .is_some_and(|o| o.value.contains(RELATIVE) || o.value.contains(DECLARER))
        })
        .map(|((_, subject), _)| subject)
        .collect();
    for subject in &subjects {
        assert!(rooms.organisation.vault.erase_now(subject).await.unwrap() > 0, "{subject}");
    }
    let opened = organisation.open(&by_funds, &asked).await.unwrap();
    assert_eq!(holds(&opened, RELATIVE) + holds(&opened, DECLARER), 0, "erased");
    let after =
        rooms.funds.vault.open_part(&wanted.log, wanted.index, &wanted.field, &opener).await;
    assert!(matches!(after, Ok(None)), "{after:?}");
    rooms.close().await;
    let found = at_rest(&data, &deployment.nats.store(), &planted, &ids).await;
    assert!(found.is_empty(), "after:\n{}", found.join("\n"));
}
