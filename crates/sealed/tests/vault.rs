//! The vault on both databases: sealing through the committer, openings, erasure, restore, and canaries in every file.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use kernel::{
    Actor, Claim, Class, Clock, Command, Context, Deadline, Decision, DivisionCode, Domain, Draft,
    Entropy, Event, Loaded, Place, Position, Retention, SealedValue, StreamId, Timestamp, UnitId,
    Verdict, WorkCalendar,
};
use sealed::{
    Attachments, MasterKey, Opener, Opening, OpeningLog, SealedError, Vault, VaultConfig,
    canary::Canary,
};
use serde::{Deserialize, Serialize};
use store::{BatchItem, Committer, CommitterHandle, Options, Ports, ReceiptSigner, Store};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct File {
    case: String,
    subject: String,
    name: String,
    closed: bool,
    years: u16,
    class: Class,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Case {
    names: Vec<serde_json::Value>,
}

struct Cases;

impl Domain for Cases {
    type Command = File;
    type State = Case;
    const SERVICE: &'static str = "disputes";
    const STATE_FORMAT: i32 = 1;

    fn reads(&self, command: &Command<File>, _: &Loaded<Case>) -> Vec<StreamId> {
        vec![StreamId::of("case", &command.body.case)]
    }

    fn claims(&self, _: &File) -> Vec<Claim> {
        vec![]
    }

    fn decide(
        &self,
        _: &mut Context<'_>,
        command: &Command<File>,
        _: &Loaded<Case>,
    ) -> Result<Decision, Verdict> {
        let file = &command.body;
        let stream = StreamId::of("case", &file.case);
        let draft = Draft::open(stream, "case-filed.v1", &serde_json::json!({}))
            .map_err(|e| Verdict::Unavailable(e.to_string()))?
            .sealing(SealedValue {
                field: "name".into(),
                value: file.name.clone().into(),
                class: file.class,
                subject: file.subject.clone(),
                retention: Retention {
                    purpose: "case".into(),
                    basis: "Archives Act 13".into(),
                    years: file.years,
                },
            });
        let events = vec![if file.closed { draft.closed() } else { draft }];
        Ok(Decision { events, claims: vec![] })
    }

    fn lapse(
        &self,
        _: &mut Context<'_>,
        _: &StreamId,
        _: &Deadline,
        _: &Loaded<Case>,
    ) -> Vec<Draft> {
        vec![]
    }

    fn deadlines(_: &Case) -> Vec<Deadline> {
        vec![]
    }

    fn place(_: &Case) -> Option<Place> {
        None
    }

    fn evolve(state: Option<Case>, event: &Event) -> Option<Case> {
        let mut state = state.unwrap_or(Case { names: vec![] });
        state.names.extend(event.data.get("name").cloned());
        Some(state)
    }
}

const NOW: i64 = 1_772_668_800_000_000;

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(NOW)
    }
}

struct NoSigner;

impl ReceiptSigner for NoSigner {
    fn sign_batch(&self, items: &[BatchItem]) -> Result<Vec<serde_json::Value>, String> {
        Ok(items.iter().map(|_| serde_json::Value::Null).collect())
    }
}

#[derive(Default)]
struct Recorded {
    list: Mutex<Vec<Opening>>,
    broken: AtomicBool,
}

#[async_trait]
impl OpeningLog for Recorded {
    async fn record(&self, opening: Opening) -> Result<(), String> {
        if self.broken.load(Ordering::SeqCst) {
            return Err("out of order".into());
        }
        self.list.lock().unwrap().push(opening);
        Ok(())
    }
}

/// A service's two databases, its files and its vault.
struct House {
    folder: tempfile::TempDir,
    store_url: String,
    keys_url: String,
}

const MASTER: &str = "9f3c1b7a5de08246c1b39d57fe62840a1d77c2e94b5f06a38890d4ce2b6173f5";

impl House {
    fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        Self { store_url: at("data/disputes.sqlite"), keys_url: at("keys/keys.sqlite"), folder }
    }

    fn postgres() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let server = testbed::Postgres::shared().unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            store_url: server.fresh_database().unwrap(),
            keys_url: server.fresh_database().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn vault_with(
        &self,
        master: &str,
        openings: Arc<Recorded>,
    ) -> Result<Vault, SealedError> {
        let store = Store::open(&self.store_url, "disputes").await.unwrap();
        let config = VaultConfig {
            keys: self.keys_url.clone(),
            name: "disputes_keys".into(),
            master: MasterKey::parse(master).unwrap(),
            tombstones: self.path("erased/tombstones"),
        };
        Ok(Vault::open(config, store).await?.recording(openings))
    }

    async fn open(&self) -> (Arc<Vault>, CommitterHandle<Cases>, Arc<Recorded>) {
        let openings = Arc::new(Recorded::default());
        let vault = Arc::new(self.vault_with(MASTER, Arc::clone(&openings)).await.unwrap());
        let sealer: Arc<Vault> = Arc::clone(&vault);
        let ports = Ports {
            clock: Arc::new(Still),
            entropy: Entropy::from_seed([3; 32]),
            calendar: WorkCalendar::default(),
            sealer,
            signer: Arc::new(NoSigner),
            hmac_key: [1; 32],
            options: Options { check_clock: false, ..Options::default() },
        };
        let handle = Committer::start(vault.store().clone(), Cases, ports);
        (vault, handle, openings)
    }
}

fn file(key: &str, file: File) -> Command<File> {
    Command {
        principal: "clerk".into(),
        key: key.into(),
        actor: Actor::System("test".into()),
        place: Place {
            unit: UnitId::from("u1"),
            code: DivisionCode::parse("330102001203").unwrap(),
            keeper: UnitId::from("county"),
        },
        seen: None,
        causation: None,
        body: file,
    }
}

fn about(case: &str, subject: &str, name: &str, closed: bool, class: Class) -> File {
    let (case, subject, name) = (case.into(), subject.into(), name.into());
    File { case, subject, name, closed, years: 0, class }
}

async fn submit(handle: &CommitterHandle<Cases>, key: &str, body: File) -> Position {
    let answer = handle.submit(file(key, body)).await.unwrap();
    answer.receipt().events[0].position.clone()
}

fn officer() -> Opener {
    Opener { actor: "mediator/h1".into(), reason: "mediation".into() }
}

macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(super::House::sqlite()).await; })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(super::House::postgres()).await; })*
        }
    };
}

on_both!(
    openings_are_recorded_before_anything_is_shown,
    erasure_leaves_nothing_to_open,
    a_case_of_two_persons_forgets_one,
    a_restore_brings_nobody_back,
    what_must_be_kept_is_not_erased,
    another_master_key_is_refused,
    the_master_key_can_be_changed,
    a_part_moved_elsewhere_does_not_open,
    attachments_come_and_go,
);

async fn openings_are_recorded_before_anything_is_shown(house: House) {
    let (vault, handle, openings) = house.open().await;
    let staff = submit(&handle, "k1", about("a", "s1", "李某", false, Class::Staff)).await;
    let sealed = submit(&handle, "k2", about("b", "s2", "王某", false, Class::Sealed)).await;
    let closed = submit(&handle, "k3", about("c", "s3", "赵某", true, Class::Sealed)).await;
    let open = async |at: &Position, field: &str| {
        vault.open_part(&at.log, at.index, field, &officer()).await
    };
    assert_eq!(open(&staff, "name").await.unwrap().unwrap().value().unwrap(), "李某");
    assert!(openings.list.lock().unwrap().is_empty(), "class staff is not recorded");
    assert_eq!(open(&sealed, "name").await.unwrap().unwrap().value().unwrap(), "王某");
    let event = open(&closed, "").await.unwrap().unwrap();
    assert_eq!(Event::decode(&event.json).unwrap().data["name"], "赵某");
    let list = openings.list.lock().unwrap().clone();
    assert_eq!(list.len(), 2);
    assert_eq!((&list[0].position, list[0].subject.as_str()), (&sealed, "s2"));
    assert_eq!(list[0].opener, officer());
    openings.broken.store(true, Ordering::SeqCst);
    assert!(matches!(open(&sealed, "name").await, Err(SealedError::NotRecorded(_))));
    assert!(open(&staff, "other").await.unwrap().is_none());
}

async fn erasure_leaves_nothing_to_open(house: House) {
    let (vault, handle, _) = house.open().await;
    let mine = submit(&handle, "k1", about("a", "s1", "李某", false, Class::Staff)).await;
    let closed = submit(&handle, "k2", about("c", "s1", "李某", true, Class::Sealed)).await;
    let other = submit(&handle, "k3", about("a", "s2", "王某", false, Class::Staff)).await;
    let case = StreamId::of("case", "c");
    assert_eq!(handle.state(&case).await.unwrap().1.unwrap().names, ["李某"]);
    assert_eq!(vault.erase("s1", Timestamp::from_micros(NOW)).await.unwrap(), 2);
    assert_eq!(vault.erase("s1", Timestamp::from_micros(NOW)).await.unwrap(), 0);
    for (at, field) in [(&mine, "name"), (&closed, "")] {
        assert!(vault.open_part(&at.log, at.index, field, &officer()).await.unwrap().is_none());
    }
    let (version, state) = handle.state(&case).await.unwrap();
    assert!(version == 1 && state.is_none(), "the sealed state is gone with the person");
    let found = vault.open_part(&other.log, other.index, "name", &officer()).await.unwrap();
    assert_eq!(found.unwrap().value().unwrap(), "王某");
    // Who comes back gets another key; nothing of before opens with it.
    let again = submit(&handle, "k4", about("d", "s1", "李某", false, Class::Staff)).await;
    let found = vault.open_part(&again.log, again.index, "name", &officer()).await.unwrap();
    assert_eq!(found.unwrap().value().unwrap(), "李某");
    // The log itself is what it was.
    assert_eq!(handle.store().head(&mine.log).await.unwrap(), 3);
}

async fn a_case_of_two_persons_forgets_one(house: House) {
    let (vault, handle, _) = house.open().await;
    for (key, subject, name) in [("k1", "s1", "李某"), ("k2", "s2", "王某"), ("k3", "s1", "李某")]
    {
        submit(&handle, key, about("c", subject, name, true, Class::Sealed)).await;
    }
    let case = StreamId::of("case", "c");
    assert_eq!(handle.state(&case).await.unwrap().1.unwrap().names, ["李某", "王某", "李某"]);
    vault.erase("s2", Timestamp::from_micros(NOW)).await.unwrap();
    assert_eq!(handle.state(&case).await.unwrap().1.unwrap().names, ["李某", "李某"]);
    submit(&handle, "k4", about("c", "s3", "赵某", true, Class::Sealed)).await;
    vault.erase("s1", Timestamp::from_micros(NOW)).await.unwrap();
    let (version, state) = handle.state(&case).await.unwrap();
    assert_eq!((version, state.unwrap().names), (4, vec![serde_json::Value::from("赵某")]));
}

async fn a_restore_brings_nobody_back(house: House) {
    let (vault, handle, _) = house.open().await;
    let at = submit(&handle, "k1", about("a", "s1", "李某", false, Class::Staff)).await;
    let part = handle.store().sealed_part(&at.log, 0, "name").await.unwrap().unwrap();
    let keys = store::Database::open(&house.keys_url, "disputes_keys").await.unwrap();
    let saved = keys.query("SELECT id, subject, wrapped FROM subject_key", &[]).await.unwrap();
    vault.erase("s1", Timestamp::from_micros(NOW)).await.unwrap();
    let later = submit(&handle, "k2", about("b", "s1", "李某", false, Class::Staff)).await;
    // Both databases as they were in a backup from before, without the tombstones.
    let mut tx = keys.begin().await.unwrap();
    tx.execute("DELETE FROM tombstone", &[]).await.unwrap();
    let values = [0, 1, 2].map(|n| saved[0].value(n).clone());
    tx.execute("DELETE FROM subject_key", &[]).await.unwrap();
    let sql = "INSERT INTO subject_key (id, subject, wrapped) VALUES ($1, $2, $3)";
    tx.execute(sql, &values).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = handle.store().begin().await.unwrap();
    let sql = "INSERT INTO core_part (log, idx, field, subject, class, ciphertext, size, keep_until, purpose, basis) \
         VALUES ($1, 0, 'name', 's1', 'staff', $2, 1, 0, '', '')";
    tx.execute(sql, &[at.log.as_str().into(), part.ciphertext.into()]).await.unwrap();
    tx.commit().await.unwrap();
    let opened = vault.open_part(&at.log, 0, "name", &officer()).await.unwrap();
    assert!(opened.is_some(), "the restore did bring the person back");
    drop((vault, handle));
    let (vault, handle, _) = house.open().await;
    assert!(vault.open_part(&at.log, 0, "name", &officer()).await.unwrap().is_none());
    assert!(handle.store().sealed_part(&at.log, 0, "name").await.unwrap().is_none());
    assert!(handle.store().sealed_part(&later.log, 1, "name").await.unwrap().is_some());
    let left = keys.query("SELECT COUNT(*) FROM subject_key", &[]).await.unwrap();
    assert_eq!(left[0].i64(0).unwrap(), 0);
}

async fn what_must_be_kept_is_not_erased(house: House) {
    let (vault, handle, _) = house.open().await;
    let mut body = about("a", "s1", "李某", false, Class::Staff);
    body.years = 10;
    let at = submit(&handle, "k1", body).await;
    let refused = vault.erase("s1", Timestamp::from_micros(NOW)).await.unwrap_err();
    assert!(matches!(&refused, SealedError::Retained { basis, .. } if basis == "Archives Act 13"));
    assert!(vault.open_part(&at.log, 0, "name", &officer()).await.unwrap().is_some());
    vault.restrict("s1", "PIPL 47").await.unwrap();
    let restricted = vault.open_part(&at.log, 0, "name", &officer()).await;
    assert!(matches!(restricted, Err(SealedError::Restricted { basis }) if basis == "PIPL 47"));
    vault.lift_restriction("s1").await.unwrap();
    assert!(vault.open_part(&at.log, 0, "name", &officer()).await.unwrap().is_some());
    let later = Timestamp::from_micros(NOW + 11 * 366 * kernel::time::DAY);
    assert_eq!(vault.erase("s1", later).await.unwrap(), 1);
}

async fn another_master_key_is_refused(house: House) {
    drop(house.open().await);
    let other = MASTER.chars().rev().collect::<String>();
    let refused = house.vault_with(&other, Arc::default()).await;
    assert!(matches!(refused, Err(SealedError::Setup(text)) if text.contains("former")));
}

async fn the_master_key_can_be_changed(house: House) {
    let (vault, handle, _) = house.open().await;
    let at = submit(&handle, "k1", about("a", "s1", "李某", false, Class::Staff)).await;
    drop((vault, handle));
    let other = MASTER.chars().rev().collect::<String>();
    let mut vault = house.vault_with(MASTER, Arc::default()).await.unwrap();
    assert_eq!(vault.change_master(MasterKey::parse(&other).unwrap()).await.unwrap(), 1);
    drop(vault);
    assert!(house.vault_with(MASTER, Arc::default()).await.is_err());
    let vault = house.vault_with(&other, Arc::default()).await.unwrap();
    let opened = vault.open_part(&at.log, at.index, "name", &officer()).await.unwrap();
    assert_eq!(opened.unwrap().value().unwrap(), "李某");
}

async fn a_part_moved_elsewhere_does_not_open(house: House) {
    let (vault, handle, _) = house.open().await;
    let a = submit(&handle, "k1", about("a", "s1", "李某", false, Class::Staff)).await;
    submit(&handle, "k2", about("b", "s1", "李某", false, Class::Staff)).await;
    let mut tx = handle.store().begin().await.unwrap();
    tx.execute("DELETE FROM core_part WHERE idx = 0", &[]).await.unwrap();
    tx.execute("UPDATE core_part SET idx = 0", &[]).await.unwrap();
    tx.commit().await.unwrap();
    let moved = vault.open_part(&a.log, 0, "name", &officer()).await;
    assert!(matches!(moved, Err(SealedError::Damaged(_))));
}

async fn attachments_come_and_go(house: House) {
    let (vault, _, _) = house.open().await;
    let attachments = Attachments::open(house.path("attachments"), Arc::clone(&vault)).unwrap();
    let bytes = "发票 ".repeat(9000).into_bytes();
    let kept = attachments.put("s2", "image/jpeg", &bytes).await.unwrap();
    let gone = attachments.put("s1", "image/jpeg", &bytes).await.unwrap();
    assert_ne!(kept.file, gone.file);
    assert_eq!(attachments.get(&kept).await.unwrap().unwrap(), bytes);
    attachments.erase("s1", Timestamp::from_micros(NOW)).await.unwrap();
    assert_eq!(attachments.get(&gone).await.unwrap(), None);
    assert!(!house.path("attachments").join(&gone.file).exists());
    let path = house.path("attachments").join(&kept.file);
    let mut damaged = std::fs::read(&path).unwrap();
    damaged[60] ^= 1;
    std::fs::write(&path, damaged).unwrap();
    assert!(matches!(attachments.get(&kept).await, Err(SealedError::Damaged(_))));
    let mut outside = kept.clone();
    outside.file = "../keys/keys.sqlite".into();
    assert!(attachments.get(&outside).await.is_err());
    let large = vec![0; usize::try_from(sealed::MOST).unwrap() + 1];
    let refused = attachments.put("s2", "image/jpeg", &large).await;
    assert!(matches!(refused, Err(SealedError::TooLarge { .. })));
    assert_eq!(std::fs::read_dir(house.path("attachments")).unwrap().count(), 1);
}

fn nowhere(canaries: &[&Canary], folder: &Path, when: &str) {
    for canary in canaries {
        let found = canary.in_folder(folder).unwrap();
        assert!(found.is_empty(), "{when}: {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn canaries_are_in_no_file() {
    let house = House::sqlite();
    let (vault, handle, _) = house.open().await;
    // 王小明患病 and 李秘密号码, with their bytes in GBK.
    let illness =
        Canary::new("王小明患病", &[0xcd, 0xf5, 0xd0, 0xa1, 0xc3, 0xf7, 0xbb, 0xbc, 0xb2, 0xa1]);
    let number = Canary::new("330102199003071234", b"330102199003071234");
    let canaries = [&illness, &number];
    let attachments = Attachments::open(house.path("attachments"), Arc::clone(&vault)).unwrap();
    for (n, canary) in (0..).zip(canaries).cycle().take(40) {
        let text = canary.text();
        for (m, closed) in [(0, false), (1, true)] {
            let key = format!("{n}-{m}-{}", handle.store().statistics().await.unwrap().commands);
            let body = about(&key, "s1", text, closed, Class::Sealed);
            submit(&handle, &format!("{key}-{text}"), body).await;
        }
        attachments.put("s1", "text/plain", text.as_bytes()).await.unwrap();
    }
    nowhere(&canaries, house.folder.path(), "before erasure");
    let part = handle.store().statistics().await.unwrap().sealed_parts;
    assert_eq!(part, 80);
    let rows = handle.store().query("SELECT ciphertext FROM core_part", &[]).await.unwrap();
    let ciphertexts: Vec<Vec<u8>> = rows.iter().map(|r| r.bytes(0).unwrap().to_vec()).collect();
    let keys = store::Database::open(&house.keys_url, "disputes_keys").await.unwrap();
    let wrapped = keys.query("SELECT wrapped FROM subject_key", &[]).await.unwrap();
    let wrapped = wrapped[0].bytes(0).unwrap().to_vec();
    let left = |what: &[u8]| {
        files(house.folder.path())
            .into_iter()
            .any(|file| std::fs::read(file).unwrap().windows(24).any(|w| w == &what[17..41]))
    };
    assert!(left(&wrapped) && left(&ciphertexts[0]), "the search finds what is there");
    attachments.erase("s1", Timestamp::from_micros(NOW)).await.unwrap();
    nowhere(&canaries, house.folder.path(), "after erasure");
    // Not even the ciphertexts and the wrapped key are left, in free pages or in write-ahead logs.
    assert!(!left(&wrapped));
    assert!(!ciphertexts.iter().take(5).any(|c| left(c)));
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut list = Vec::new();
    for item in std::fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() { list.extend(files(&path)) } else { list.push(path) }
    }
    list
}
