//! A small domain (accounts that are opened, paid into and paid out of), its ports, and the two databases.
#![allow(dead_code, reason = "each test program uses a part")]

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use async_trait::async_trait;
use kernel::{
    Actor, Claim, Class, Clock, Command, Context, Deadline, Decision, DivisionCode, Domain, Draft,
    Entropy, Event, Loaded, Place, Refusal, Retention, SealedValue, StreamId, Text, Timestamp,
    UnitId, Verdict, WorkCalendar,
};
use serde::{Deserialize, Serialize};
use store::{
    BatchItem, CipherPart, Committer, CommitterHandle, Options, PlainPart, Ports, ReceiptSigner,
    SealError, Sealer, Store,
};

pub const START: i64 = 1_772_668_800_000_000;
pub const SECOND: i64 = 1_000_000;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Ask {
    /// Opens an account; `due` arms a deadline so many µs later; `links` names another account it reads.
    Open { account: String, due: Option<i64>, links: Option<String>, closed: bool },
    /// Pays in.
    Pay { account: String, amount: i64, invoice: Option<String>, note: Option<String> },
    /// Pays out; refused beyond the balance, and unless a fact of another service is known.
    Spend { account: String, amount: i64 },
    /// Needs the seat of another service.
    Seated { account: String, seat: String },
    /// An event far too large.
    Huge { account: String },
    /// Panics, as a fault in a service would.
    Panic,
    /// An event at the province, out of the command's own place.
    Elsewhere { account: String },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    pub balance: i64,
    pub count: u64,
    pub due: Vec<Deadline>,
    pub place: Option<Place>,
    pub links: Option<String>,
}

#[derive(Clone, Default)]
pub struct Accounts;

pub fn account(id: &str) -> StreamId {
    StreamId::of("account", id)
}

fn retention() -> Retention {
    Retention { purpose: "test".into(), basis: "none".into(), years: 10 }
}

impl Domain for Accounts {
    type Command = Ask;
    type State = Account;

    const SERVICE: &'static str = "accounts";
    const STATE_FORMAT: i32 = 1;

    fn reads(&self, command: &Command<Ask>, loaded: &Loaded<Account>) -> Vec<StreamId> {
        match &command.body {
            Ask::Open { account: id, .. }
            | Ask::Pay { account: id, .. }
            | Ask::Huge { account: id }
            | Ask::Elsewhere { account: id } => vec![account(id)],
            Ask::Spend { account: id, .. } => {
                let mut wanted = vec![account(id)];
                if let Some(links) = loaded.state(&account(id)).and_then(|s| s.links.as_ref()) {
                    wanted.push(account(links));
                }
                wanted
            }
            Ask::Seated { account: id, seat } => {
                vec![account(id), StreamId::foreign("organisation", "seats", seat)]
            }
            Ask::Panic => vec![],
        }
    }

    fn claims(&self, command: &Ask) -> Vec<Claim> {
        match command {
            Ask::Pay { invoice: Some(value), .. } => {
                vec![Claim { kind: "invoice", value: value.clone() }]
            }
            _ => vec![],
        }
    }

    fn decide(
        &self,
        context: &mut Context<'_>,
        command: &Command<Ask>,
        loaded: &Loaded<Account>,
    ) -> Result<Decision, Verdict> {
        let refuse = |code: &str| {
            Verdict::Refused(Refusal::new(code, Text::new("不可", "no"), Text::new("改", "change")))
        };
        let open = |id: &str, kind: &str, fact: serde_json::Value| {
            Draft::open(account(id), kind, &fact).map_err(|e| Verdict::Unavailable(e.to_string()))
        };
        let event = match &command.body {
            Ask::Open { account: id, due, links, closed } => {
                if loaded.version(&account(id)) > 0 {
                    return Err(refuse("exists"));
                }
                let due = due.map(|d| context.now.plus_micros(d).micros());
                let draft = open(
                    id,
                    "account-opened.v1",
                    serde_json::json!({ "due": due, "links": links, "place": command.place }),
                )?;
                if *closed {
                    draft.closed().sealing(SealedValue {
                        field: "name".into(),
                        value: "张秘密".into(),
                        class: Class::Sealed,
                        subject: format!("person-{id}"),
                        retention: retention(),
                    })
                } else {
                    draft
                }
            }
            Ask::Pay { account: id, amount, note, .. } => {
                if loaded.version(&account(id)) == 0 {
                    return Err(refuse("no-account"));
                }
                let draft = open(id, "paid-in.v1", serde_json::json!({ "amount": amount }))?;
                match note {
                    Some(note) => draft.sealing(SealedValue {
                        field: "note".into(),
                        value: note.clone().into(),
                        class: Class::Staff,
                        subject: format!("person-{id}"),
                        retention: retention(),
                    }),
                    None => draft,
                }
            }
            Ask::Spend { account: id, amount } => {
                let balance = loaded.state(&account(id)).map_or(0, |s| s.balance);
                if balance < *amount {
                    return Err(refuse("too-much"));
                }
                open(id, "paid-out.v1", serde_json::json!({ "amount": amount }))?
            }
            Ask::Seated { account: id, seat } => {
                let seat = StreamId::foreign("organisation", "seats", seat);
                if loaded.state(&seat).is_none() {
                    return Err(Verdict::NotKnownYet(Text::new("任职", "the seat")));
                }
                open(id, "paid-in.v1", serde_json::json!({ "amount": 1 }))?
            }
            Ask::Huge { account: id } => open(
                id,
                "paid-in.v1",
                serde_json::json!({ "amount": 0, "text": "x".repeat(60_000) }),
            )?,
            Ask::Panic => panic!("a fault in a service"),
            Ask::Elsewhere { account: id } => open(
                id,
                "account-opened.v1",
                serde_json::json!({ "due": null, "links": null, "place": place("province") }),
            )?
            .at(place("province")),
        };
        Ok(Decision { events: vec![event], claims: self.claims(&command.body) })
    }

    fn lapse(
        &self,
        _context: &mut Context<'_>,
        stream: &StreamId,
        deadline: &Deadline,
        _loaded: &Loaded<Account>,
    ) -> Vec<Draft> {
        let fact = serde_json::json!({ "name": deadline.name, "due": deadline.due_at });
        Draft::open(stream.clone(), "term-ended.v1", &fact).into_iter().collect()
    }

    fn deadlines(state: &Account) -> Vec<Deadline> {
        state.due.clone()
    }

    fn place(state: &Account) -> Option<Place> {
        state.place.clone()
    }

    fn evolve(state: Option<Account>, event: &Event) -> Option<Account> {
        let amount = event.data.get("amount").and_then(serde_json::Value::as_i64).unwrap_or(0);
        let mut state = state.unwrap_or(Account {
            balance: 0,
            count: 0,
            due: vec![],
            place: None,
            links: None,
        });
        state.count += 1;
        match event.fact() {
            "account-opened.v1" => {
                let due = event.data.get("due").and_then(serde_json::Value::as_i64);
                state.due = due
                    .map(|at| Deadline { name: "term".into(), due_at: Timestamp::from_micros(at) })
                    .into_iter()
                    .collect();
                let field = |name: &str| event.data.get(name).cloned().unwrap_or_default();
                state.place = serde_json::from_value(field("place")).ok();
                state.links = serde_json::from_value(field("links")).ok();
            }
            "paid-in.v1" => state.balance += amount,
            "paid-out.v1" => state.balance -= amount,
            "term-ended.v1" => {
                // The first term is followed by a grace of ten seconds, then nothing.
                let first = state.due.first().cloned();
                state.due = match first {
                    Some(d) if d.name == "term" => vec![Deadline {
                        name: "grace".into(),
                        due_at: d.due_at.plus_micros(10 * SECOND),
                    }],
                    _ => vec![],
                };
            }
            _ => {}
        }
        Some(state)
    }
}

/// A clock that tests set.
#[derive(Clone)]
pub struct Hand(pub Arc<AtomicI64>);

impl Hand {
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(START)))
    }

    pub fn set(&self, micros: i64) {
        self.0.store(micros, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// Not a cipher: turns every bit, so that tests can tell sealed from plain; knows erased subjects.
#[derive(Default)]
pub struct Turned {
    pub erased: std::sync::Mutex<std::collections::HashSet<String>>,
}

#[async_trait]
impl Sealer for Turned {
    async fn seal(&self, parts: &[PlainPart]) -> Result<Vec<Vec<u8>>, SealError> {
        Ok(parts.iter().map(|p| p.bytes.iter().map(|b| !b).collect()).collect())
    }

    async fn open(&self, parts: &[CipherPart]) -> Result<Vec<Option<Vec<u8>>>, SealError> {
        let erased = self.erased.lock().unwrap();
        Ok(parts
            .iter()
            .map(|p| {
                (!erased.contains(&p.subject)).then(|| p.ciphertext.iter().map(|b| !b).collect())
            })
            .collect())
    }
}

/// Promises without a signature.
pub struct Plain;

impl ReceiptSigner for Plain {
    fn sign_batch(&self, items: &[BatchItem]) -> Result<Vec<serde_json::Value>, String> {
        Ok(items
            .iter()
            .map(|i| serde_json::json!({ "log": i.log, "first": i.first_index, "count": i.leaf_hashes.len() }))
            .collect())
    }
}

pub fn place(keeper: &str) -> Place {
    Place {
        unit: UnitId::from(format!("{keeper}-village")),
        code: DivisionCode::parse("330102001203").unwrap(),
        keeper: UnitId::from(keeper),
    }
}

pub fn command(key: &str, body: Ask) -> Command<Ask> {
    Command {
        principal: "test".into(),
        key: key.into(),
        actor: Actor::System("test".into()),
        place: place("county"),
        seen: None,
        causation: None,
        body,
    }
}

pub fn opening(account: &str) -> Ask {
    Ask::Open { account: account.into(), due: None, links: None, closed: false }
}

pub fn pay(account: &str, amount: i64) -> Ask {
    Ask::Pay { account: account.into(), amount, invoice: None, note: None }
}

/// One database, on which any number of stores can be opened.
pub struct Db {
    pub url: String,
    _folder: Option<tempfile::TempDir>,
}

impl Db {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("accounts.sqlite").display());
        Self { url, _folder: Some(folder) }
    }

    pub fn postgres() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = testbed::Postgres::shared().unwrap().fresh_database().unwrap();
        Self { url, _folder: None }
    }

    pub fn is_postgres(&self) -> bool {
        self.url.starts_with("postgres")
    }

    pub async fn store(&self) -> Store {
        Store::open(&self.url, "accounts").await.unwrap()
    }

    pub async fn committer(&self) -> (CommitterHandle<Accounts>, Hand) {
        let clock = Hand::new();
        (self.committer_with(&clock, options()).await, clock)
    }

    pub async fn committer_with(
        &self,
        clock: &Hand,
        options: Options,
    ) -> CommitterHandle<Accounts> {
        static SEED: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(1);
        let seed = SEED.fetch_add(1, Ordering::SeqCst);
        start(self.store().await, clock, options, seed)
    }
}

pub fn options() -> Options {
    Options { check_clock: false, ..Options::default() }
}

pub fn start(store: Store, clock: &Hand, options: Options, seed: u8) -> CommitterHandle<Accounts> {
    Committer::start(store, Accounts, ports(clock, options, seed, [9; 32]))
}

pub fn start_with_key(store: Store, clock: &Hand, key: [u8; 32]) -> CommitterHandle<Accounts> {
    Committer::start(store, Accounts, ports(clock, options(), 99, key))
}

fn ports(clock: &Hand, options: Options, seed: u8, hmac_key: [u8; 32]) -> Ports {
    Ports {
        clock: Arc::new(clock.clone()),
        entropy: Entropy::from_seed([seed; 32]),
        calendar: WorkCalendar::default(),
        sealer: Arc::new(Turned::default()),
        signer: Arc::new(Plain),
        hmac_key,
        options,
    }
}

/// All entries of all logs; checks that indices, numbers per unit and times have no gap and no step back.
pub async fn audit(store: &Store) -> Vec<Event> {
    let mut events = Vec::new();
    for log in store.logs().await.unwrap() {
        let entries = store.entries(&log.id, 0, 1_000_000).await.unwrap();
        assert_eq!(entries.len() as u64, log.size);
        let mut sequences = std::collections::HashMap::new();
        let mut last = Timestamp::from_micros(i64::MIN);
        for (n, entry) in entries.iter().enumerate() {
            assert_eq!(entry.index, n as u64);
            assert_eq!(entry.leaf, *proof::leaf_hash(&entry.bytes).as_bytes());
            if log.kind == kernel::LogKind::Closed {
                assert_eq!(entry.bytes.len(), 32);
                continue;
            }
            let event = Event::decode(&entry.bytes).unwrap();
            assert_eq!((event.index, &event.log), (entry.index, &log.id));
            let sequence = sequences.entry(event.unit.clone()).or_insert(0);
            *sequence += 1;
            assert_eq!(event.villageseq, *sequence);
            assert!(event.time >= last, "time goes back");
            last = event.time;
            events.push(event);
        }
    }
    events
}

/// States folded from the entries are the states stored.
pub async fn replay(store: &Store) {
    let mut folded: std::collections::BTreeMap<StreamId, (u64, Option<Account>)> =
        std::collections::BTreeMap::new();
    for event in audit(store).await {
        let slot = folded.entry(event.stream.clone()).or_default();
        assert_eq!(event.version, slot.0 + 1);
        *slot = (event.version, Accounts::evolve(slot.1.take(), &event));
    }
    for (stream, (version, state)) in folded {
        let stored: (u64, Option<Account>) = store.state(&stream).await.unwrap();
        assert_eq!(stored, (version, state), "{stream}");
    }
}
