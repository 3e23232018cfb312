//! What must hold once all is quiet: every acknowledged command once in the log, in the read models and in the ledger,
//! and the streams as whole as the logs.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use casework::openings::TEXT_OPENED;
use exchange::{Connection, Entries, LogHead, Source, SourceError};
use host::{Asker, Hearing, Opened, Owner, Wanted};
use kernel::{Answer, Event, LogId, LogKind, Position};
use portal::shows;
use proof::ProofFile;
use store::{Database, Entry, LogInfo, Readers, Store};
use tokio::time::Instant;

use crate::{
    client::answer,
    deployment::{Deployment, FIVE},
    teller::{Teller, casework_hears, heard},
};

/// Balances by unit (or its code) and account, in fen, debit less credit.
pub type Balances = BTreeMap<(String, String), i64>;

/// What a story leaves; the same in every form.
#[derive(Debug, PartialEq, Eq)]
pub struct Left {
    /// Entries per fact of the open logs, and entries of the closed ones, a service each.
    pub facts: BTreeMap<String, u64>,
    /// By village code: each form draws ids of its own.
    pub balances: Balances,
}

type Logs = Vec<(LogInfo, Vec<Entry>)>;

async fn logs(store: &Store) -> Logs {
    let mut all = Vec::new();
    for log in store.logs().await.unwrap() {
        let entries = store.entries(&log.id, 0, 1_000_000).await.unwrap();
        all.push((log, entries));
    }
    all
}

/// The events of the open logs, in order.
fn events(logs: &Logs) -> impl Iterator<Item = Event> + '_ {
    let open = logs.iter().filter(|(log, _)| log.kind == LogKind::Open);
    open.flat_map(|(_, entries)| entries).map(|entry| Event::decode(&entry.bytes).unwrap())
}

/// The events of what was done. That sealed texts were opened is recorded too, as often as somebody looks: whoever has to
/// send again looks again.
fn done(logs: &Logs) -> impl Iterator<Item = Event> + '_ {
    events(logs).filter(|event| event.fact() != TEXT_OPENED)
}

/// The entries of the closed logs that have something beside them; padding has nothing.
async fn closed(store: &Store) -> BTreeSet<Position> {
    let parts = "SELECT DISTINCT p.log, p.idx FROM core_part p JOIN core_log l ON l.id = p.log WHERE l.kind = 'closed'";
    let rows = store.query(parts, &[]).await.unwrap();
    let position = |row: &store::Row| Position {
        log: LogId::new(row.text(0).unwrap()),
        index: row.u64(1).unwrap(),
    };
    rows.iter().map(position).collect()
}

/// Checks everything, and says what the story left.
pub async fn check(teller: &mut Teller) -> Left {
    settled(teller).await;
    ready(teller).await;
    let mut facts = BTreeMap::new();
    for (name, store) in teller.looks.all() {
        let logs = logs(store).await;
        for (log, entries) in &logs {
            assert_eq!(log.size, entries.len() as u64, "{name}: {} is dense", log.id);
            for (at, entry) in entries.iter().enumerate() {
                assert_eq!(entry.index, at as u64, "{name}: {} is dense", log.id);
            }
        }
        for event in done(&logs) {
            *facts.entry(format!("{name} {}", event.fact())).or_default() += 1;
        }
        facts.insert(format!("{name} closed"), closed(store).await.len() as u64);
        let figures = store.statistics().await.unwrap();
        assert_eq!(figures.parked, 0, "{name} holds nothing back");
    }
    let books = logs(&teller.looks.funds).await;
    let balances = ledger(&books);
    once(teller).await;
    settled(teller).await;
    shown(teller, &balances).await;
    reactions(teller).await;
    if let Some(url) = teller.deployment.broker() {
        for (name, store) in teller.looks.all() {
            carried(store, &url, name).await;
        }
    }
    for (name, printed) in teller.deployment.logs() {
        assert!(!printed.contains("panicked"), "{name}: {printed}");
    }
    let codes: BTreeMap<String, String> =
        events(&books).map(|event| (event.unit.to_string(), event.village.to_string())).collect();
    let balances = balances
        .into_iter()
        .map(|((unit, account), balance)| ((codes[&unit].clone(), account), balance))
        .collect();
    Left { facts, balances }
}

/// Waits until every reader has everything.
async fn settled(teller: &Teller) {
    let looks = &teller.looks;
    let from: BTreeMap<&str, &Store> = looks.all().into();
    heard(&looks.funds, "funds-hears-organisation", "organisation", &looks.organisation)
        .await
        .unwrap();
    teller.heard_back().await.unwrap();
    for name in ["services", "disputes"] {
        for reader in casework_hears(name) {
            heard(from[name], &reader, "organisation", &looks.organisation).await.unwrap();
        }
    }
    let portal = teller.deployment.look("portal").await;
    for show in shows::ALL {
        heard(&portal, show.name(), show.source(), from[show.source()]).await.unwrap();
    }
    portal.close().await;
}

/// Each service says of itself that it is ready.
async fn ready(teller: &mut Teller) {
    for name in FIVE {
        let ready = teller.client.get(name, "/readyz", None).await.unwrap().json().unwrap();
        assert_eq!(ready["ready"], true, "{name}: {ready}");
    }
}

/// Every acknowledged request lies in the log where its receipt says, once; sent again it gives the first receipt and
/// writes nothing.
async fn once(teller: &mut Teller) {
    for name in &FIVE[..4] {
        let told: Vec<_> =
            teller.told.iter().filter(|(request, _)| request.service == *name).cloned().collect();
        assert!(told.len() > 3, "{name}: {} requests", told.len());
        let store = teller.deployment.look(name).await;
        let before = logs(&store).await;
        let mut places: HashMap<String, Position> = HashMap::new();
        let closed = closed(&store).await;
        for event in events(&before) {
            let position = Position { log: event.log.clone(), index: event.index };
            let earlier = places.insert(event.id.to_string(), position);
            assert!(earlier.is_none(), "{name}: {} lies twice", event.id);
        }
        let open = places.len();
        let mut claimed = HashMap::new();
        for (request, receipt) in &told {
            assert!(!receipt.events.is_empty(), "{} left no event", request.key);
            for event in &receipt.events {
                // A closed log names no event: what lies there is told by its place alone.
                let lies = places.get(&event.id.to_string()) == Some(&event.position)
                    || event.stream.is_none() && closed.contains(&event.position);
                assert!(lies, "{}: {event:?}", request.key);
                let other = claimed.insert(event.position.clone(), &request.key);
                assert!(other.is_none(), "{} and {other:?} claim the same event", request.key);
            }
            let again = answer(&teller.client.submit(request).await.unwrap()).unwrap();
            let Answer::AlreadyDone(first) = again else { panic!("{request:?} was done twice") };
            assert_eq!(&first, receipt, "{}: the first receipt", request.key);
        }
        let after = logs(&store).await;
        assert_eq!(done(&before).count(), done(&after).count(), "{name}: repeats did nothing");
        store.close().await;
        println!(
            "{name}: {} requests, {} events of theirs among {open} in open and {} in closed logs",
            told.len(),
            claimed.len(),
            closed.len()
        );
    }
}

/// The sum of all accounts is zero after every entry.
fn ledger(logs: &Logs) -> Balances {
    let mut balances = Balances::new();
    let mut moved = 0;
    for event in events(logs) {
        let Some(lines) = event.data.get("lines").and_then(|lines| lines.as_array()) else {
            continue;
        };
        for line in lines {
            let amount = |side: &str| line.get(side).and_then(|v| v.as_i64()).unwrap_or(0);
            let account = line["account"].as_str().unwrap().to_owned();
            moved += 1;
            *balances.entry((event.unit.to_string(), account)).or_default() +=
                amount("debit") - amount("credit");
        }
        let mut units: BTreeMap<&str, i64> = BTreeMap::new();
        for ((unit, _), balance) in &balances {
            *units.entry(unit).or_default() += balance;
        }
        for (unit, total) in units {
            assert_eq!(total, 0, "trial balance of {unit} after {} {}", event.log, event.index);
        }
    }
    assert!(moved > 40, "{moved} lines are books");
    balances
}

/// The portal's tables are what its readers make of the logs anew, and its sums are the ledger's.
async fn shown(teller: &Teller, balances: &Balances) {
    let deployment: &Deployment = &teller.deployment;
    let anew = Store::open(&deployment.fresh_database(), "portal").await.unwrap();
    let anew = Readers::new(anew, None);
    let from: BTreeMap<&str, &Store> = teller.looks.all().into();
    for show in shows::ALL {
        let hearing = Hearing {
            readers: anew.clone(),
            reader: Arc::new(shows::ShowReader(*show)),
            source: show.source().to_owned(),
            owner: Arc::new(Shelf(from[show.source()].clone())),
            asker: Asker::Anyone,
            sealed_fields: Arc::new(|_| &[]),
        };
        hearing.catch_up().await.unwrap();
    }
    let live = deployment.look("portal").await;
    let (was, is) = (tables(live.database()).await, tables(anew.store().database()).await);
    assert_eq!(was.keys().collect::<Vec<_>>(), is.keys().collect::<Vec<_>>());
    let mut rows = 0;
    for (table, lines) in &is {
        rows += lines.len();
        assert_eq!(&was[table], lines, "{table} differs from what the logs say");
    }
    assert!(rows > 200, "{rows} rows are shown");
    let sums = live
        .query("SELECT unit, account, CAST(SUM(net) AS BIGINT) FROM portal_line GROUP BY unit, account", &[])
        .await
        .unwrap();
    let sums: Balances = sums
        .iter()
        .map(|row| {
            let key = (row.text(0).unwrap().to_owned(), row.text(1).unwrap().to_owned());
            (key, row.i64(2).unwrap())
        })
        .collect();
    assert_eq!(&sums, balances, "the portal's books are the ledger");
    println!("portal: {rows} rows in {} tables as the logs say", is.len());
    live.close().await;
    anew.store().close().await;
}

/// All rows of the portal's own tables, by table.
async fn tables(database: &Database) -> BTreeMap<String, Vec<String>> {
    let names = if database.is_shared() {
        "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_name LIKE 'portal_%'"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'portal_%'"
    };
    let mut tables = BTreeMap::new();
    for name in database.query(names, &[]).await.unwrap() {
        let name = name.text(0).unwrap().to_owned();
        let rows = database.query(&format!("SELECT * FROM {name}"), &[]).await.unwrap();
        let mut lines: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
        lines.sort();
        tables.insert(name, lines);
    }
    assert!(tables.len() > 10, "the portal's tables: {:?}", tables.keys());
    tables
}

/// Organisation recorded each payment under the resolution that it cites: once.
async fn reactions(teller: &Teller) {
    let mut cited = HashMap::new();
    let mut paid: Vec<(String, String, i64)> = Vec::new();
    for event in events(&logs(&teller.looks.funds).await) {
        let text = |name: &str| event.data.get(name).and_then(|v| v.as_str()).map(str::to_owned);
        match event.fact() {
            "payment-requested.v1" | "payment-corrected.v1" => {
                if let Some(resolution) = text("resolution") {
                    cited.insert(text("payment").unwrap(), resolution);
                }
            }
            "payment-executed.v1" => {
                let payment = text("payment").unwrap();
                if let Some(resolution) = cited.get(&payment) {
                    let amount = event.data["amount"].as_i64().unwrap();
                    paid.push((resolution.clone(), payment, amount));
                }
            }
            _ => {}
        }
    }
    let mut recorded = Vec::new();
    for event in events(&logs(&teller.looks.organisation).await) {
        let (Some(resolution), Some(payment), Some(amount)) = (
            event.data.get("resolution").and_then(|v| v.as_str()),
            event.data.get("payment").and_then(|v| v.as_str()),
            event.data.get("amount").and_then(|v| v.as_i64()),
        ) else {
            continue;
        };
        recorded.push((resolution.to_owned(), payment.to_owned(), amount));
    }
    paid.sort();
    recorded.sort();
    assert!(!paid.is_empty(), "something was paid under a resolution");
    assert_eq!(recorded, paid, "each payment under its resolution, once");
}

/// The logs as they lie in a service's database.
struct Shelf(Store);

fn out_of_reach(error: store::StoreError) -> SourceError {
    SourceError(error.to_string())
}

#[async_trait]
impl Source for Shelf {
    async fn logs(&self) -> Result<Vec<LogHead>, SourceError> {
        let logs = self.0.logs().await.map_err(out_of_reach)?;
        let head = |log: LogInfo| LogHead { log: log.id, kind: log.kind, size: log.size };
        Ok(logs.into_iter().map(head).collect())
    }

    async fn entries(&self, log: &LogId, from: u64, limit: u32) -> Result<Entries, SourceError> {
        let entries = self.0.entries(log, from, u64::from(limit)).await.map_err(out_of_reach)?;
        Ok(entries.into_iter().map(|entry| (entry.index, entry.bytes.into())).collect())
    }

    async fn changed(&self, seen: u64) -> u64 {
        seen
    }
}

/// What is public is in the logs; nothing else is asked for.
#[async_trait]
impl Owner for Shelf {
    async fn open(&self, _: &Asker, wanted: &[Wanted]) -> Result<Vec<Option<Opened>>, SourceError> {
        Ok(wanted.iter().map(|_| None).collect())
    }

    async fn definition(&self, _: &str) -> Result<Option<String>, SourceError> {
        Ok(None)
    }

    async fn proof(&self, _: &LogId, _: u64) -> Result<Option<ProofFile>, SourceError> {
        Ok(None)
    }
}

/// The stream of a service holds every entry of its logs, once, byte for byte.
async fn carried(store: &Store, url: &str, name: &str) {
    let logs = logs(store).await;
    let wanted: usize = logs.iter().map(|(_, entries)| entries.len()).sum();
    let connection = Connection::open(url, "slice").await.unwrap();
    let stream = format!("CUNWU_{}", name.to_uppercase());
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        if let Ok(stream) = connection.jetstream().get_stream(&stream).await
            && let Ok(info) = stream.get_info().await
            && info.state.messages == wanted as u64
        {
            let mut held = HashMap::new();
            for sequence in info.state.first_sequence..=info.state.last_sequence {
                let message = stream.get_raw_message(sequence).await.unwrap();
                let header = |name: &str| message.headers.get(name).unwrap().as_str().to_owned();
                let place = (header("Cunwu-Log"), header("Cunwu-Index"));
                let earlier = held.insert(place.clone(), message.payload.to_vec());
                assert!(earlier.is_none(), "{place:?} was published twice");
            }
            for (log, entries) in &logs {
                for entry in entries {
                    let place = (log.id.to_string(), entry.index.to_string());
                    assert_eq!(held.get(&place), Some(&entry.bytes), "{place:?}");
                }
            }
            println!("{name}: the stream holds all {wanted} entries");
            return;
        }
        assert!(Instant::now() < until, "{stream} does not come to {wanted} messages");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
