//! What must hold once all is quiet: every acknowledged command once in the log, in the read models and in the ledger,
//! and the streams as whole as the logs.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use exchange::Connection;
use kernel::{Answer, Domain, Event, LogKind, Position};
use portal::shows;
use store::{Database, Entry, LogInfo, Readers, Store};
use tokio::time::Instant;

use crate::{
    deployment::{Deployment, FIVE, Node},
    house,
    teller::{Teller, Told, ask, heard},
};

/// Balances by unit and account, in fen, debit less credit.
pub type Balances = BTreeMap<(String, String), i64>;

/// What a story leaves; the same in every form.
#[derive(Debug, PartialEq, Eq)]
pub struct Left {
    /// Entries per fact of the open logs, a service each.
    pub facts: BTreeMap<String, u64>,
    pub balances: Balances,
    pub commands: usize,
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

/// Checks everything, and says what the story left.
pub async fn check(teller: &mut Teller) -> Left {
    let deployment = teller.deployment.clone();
    settled(teller).await;
    let mut facts = BTreeMap::new();
    for name in &FIVE[..4] {
        let store = deployment.look(name).await;
        for (log, entries) in logs(&store).await {
            assert_eq!(log.size, entries.len() as u64, "{name}: {} is dense", log.id);
            for (at, entry) in entries.iter().enumerate() {
                assert_eq!(entry.index, at as u64, "{name}: {} is dense", log.id);
                if log.kind == LogKind::Open {
                    let event = Event::decode(&entry.bytes).unwrap();
                    *facts.entry(format!("{name} {}", event.fact())).or_default() += 1;
                }
            }
        }
        let figures = store.statistics().await.unwrap();
        assert_eq!(figures.parked, 0, "{name} holds nothing back");
        store.close().await;
    }
    let balances = ledger(&logs(&teller.funds.store).await);
    once(teller).await;
    shown(&deployment, &balances).await;
    reactions(teller).await;
    if let Some(url) = &deployment.nats {
        for name in &FIVE[..4] {
            carried(&deployment, url, name).await;
        }
    }
    let commands =
        teller.told.0.len() + teller.told.1.len() + teller.cases.0.len() + teller.cases.1.len();
    Left { facts, balances, commands }
}

/// Waits until every reader has everything.
async fn settled(teller: &Teller) {
    let deployment = &teller.deployment;
    let (organisation, funds) = (&teller.organisation, &teller.funds);
    heard(funds, "funds-hears-organisation", "organisation", organisation).await.unwrap();
    heard(organisation, "organisation-hears-funds-reacts", "funds", funds).await.unwrap();
    for (at, name) in [(&teller.services, "services"), (&teller.disputes, "disputes")] {
        for reader in [format!("{name}-hears-organisation"), format!("{name}-directory")] {
            let known = Readers::new(at.store.clone(), None).positions(&reader).await.unwrap();
            if reader.ends_with("organisation") || !known.is_empty() {
                heard(at, &reader, "organisation", organisation).await.unwrap();
            }
        }
    }
    let portal = crate::teller::Look { store: deployment.look("portal").await };
    for show in shows::ALL {
        let from = if show.source() == "funds" { funds } else { organisation };
        assert!(["funds", "organisation"].contains(&show.source()));
        heard(&portal, show.name(), show.source(), from).await.unwrap();
    }
    portal.store.close().await;
}

/// Every acknowledged command lies in the log where its receipt says, once; sent again it gives the first receipt and
/// writes nothing.
async fn once(teller: &mut Teller) {
    let deployment = teller.deployment.clone();
    let (told, cases) = (std::mem::take(&mut teller.told), std::mem::take(&mut teller.cases));
    once_in(&deployment.organisation, &teller.organisation.store, &told.0).await;
    once_in(&deployment.funds, &teller.funds.store, &told.1).await;
    once_in(&deployment.services, &teller.services.store, &cases.0).await;
    once_in(&deployment.disputes, &teller.disputes.store, &cases.1).await;
    (teller.told, teller.cases) = (told, cases);
}

async fn once_in<D: Domain>(node: &Arc<Node<D>>, store: &Store, told: &Told<D::Command>) {
    assert!(told.len() > 3, "{}: {} commands", D::SERVICE, told.len());
    let mut places: HashMap<String, Position> = HashMap::new();
    let mut sizes = BTreeMap::new();
    let mut open = 0;
    for (log, entries) in logs(store).await {
        sizes.insert(log.id.clone(), log.size);
        for entry in entries {
            let position = Position { log: log.id.clone(), index: entry.index };
            let event = match log.kind {
                LogKind::Open => {
                    open += 1;
                    Some(Event::decode(&entry.bytes).unwrap())
                }
                // Padding opens to nothing.
                LogKind::Closed => {
                    let at = position.clone();
                    node.ask(|host| async move {
                        host.committer.closed_event(&at.log, at.index).await.unwrap()
                    })
                    .await
                    .unwrap()
                }
            };
            if let Some(event) = event {
                let earlier = places.insert(event.id.to_string(), position);
                assert!(earlier.is_none(), "{} lies twice", event.id);
            }
        }
    }
    let mut claimed = HashMap::new();
    for (command, receipt) in told {
        assert!(!receipt.events.is_empty(), "{} left no event", command.key);
        for event in &receipt.events {
            assert_eq!(places.get(&event.id.to_string()), Some(&event.position), "{}", command.key);
            let other = claimed.insert(event.id.to_string(), &command.key);
            assert!(other.is_none(), "{} and {other:?} claim the same event", command.key);
        }
        let answer = ask(node, command, &mut 0).await.unwrap();
        let Answer::AlreadyDone(first) = answer else { panic!("{} was done twice", command.key) };
        assert_eq!(&first, receipt, "{}: the first receipt", command.key);
    }
    for log in store.logs().await.unwrap() {
        if log.kind == LogKind::Open {
            assert_eq!(sizes.get(&log.id), Some(&log.size), "repeats wrote nothing");
        }
    }
    println!(
        "{}: {} commands, {} events of theirs among {} in open logs",
        D::SERVICE,
        told.len(),
        claimed.len(),
        open
    );
}

/// The sum of all accounts is zero after every entry.
fn ledger(logs: &Logs) -> Balances {
    let mut balances = Balances::new();
    let mut moved = 0;
    for (log, entries) in logs.iter().filter(|(log, _)| log.kind == LogKind::Open) {
        for entry in entries {
            let event = Event::decode(&entry.bytes).unwrap();
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
                assert_eq!(total, 0, "trial balance of {unit} after {} {}", log.id, entry.index);
            }
        }
    }
    assert!(moved > 40, "{moved} lines are books");
    balances
}

/// The portal's tables are what its readers make of the logs anew, and its sums are the ledger's.
async fn shown(deployment: &Arc<Deployment>, balances: &Balances) {
    let fresh = if deployment.nats.is_some() {
        testbed::Postgres::shared().unwrap().fresh_database().unwrap()
    } else {
        format!("{}-anew", deployment.url("portal"))
    };
    let anew = Readers::new(Store::open(&fresh, "portal").await.unwrap(), None);
    for show in shows::ALL {
        let reader = Arc::new(shows::ShowReader(*show));
        let owner = deployment.owner(show.source());
        house::portal_hears(&anew, show.source(), owner, reader).catch_up().await.unwrap();
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
    for (log, entries) in logs(&teller.funds.store).await {
        if log.kind == LogKind::Closed {
            continue;
        }
        for entry in entries {
            let event = Event::decode(&entry.bytes).unwrap();
            let text =
                |name: &str| event.data.get(name).and_then(|v| v.as_str()).map(str::to_owned);
            match event.fact() {
                "payment-requested.v1" | "payment-corrected.v1" => {
                    if let Some(resolution) = text("resolution") {
                        cited.insert(text("payment").unwrap(), resolution);
                    }
                }
                "payment-executed.v1" => {
                    let payment = text("payment").unwrap();
                    if let Some(resolution) = cited.get(&payment) {
                        paid.push((
                            resolution.clone(),
                            payment,
                            event.data["amount"].as_i64().unwrap(),
                        ));
                    }
                }
                _ => {}
            }
        }
    }
    let mut recorded = Vec::new();
    for (log, entries) in logs(&teller.organisation.store).await {
        if log.kind == LogKind::Closed {
            continue;
        }
        for entry in entries {
            let event = Event::decode(&entry.bytes).unwrap();
            let (Some(resolution), Some(payment), Some(amount)) = (
                event.data.get("resolution").and_then(|v| v.as_str()),
                event.data.get("payment").and_then(|v| v.as_str()),
                event.data.get("amount").and_then(|v| v.as_i64()),
            ) else {
                continue;
            };
            recorded.push((resolution.to_owned(), payment.to_owned(), amount));
        }
    }
    paid.sort();
    recorded.sort();
    assert!(!paid.is_empty(), "something was paid under a resolution");
    assert_eq!(recorded, paid, "each payment under its resolution, once");
}

/// The stream of a service holds every entry of its logs, once, byte for byte.
async fn carried(deployment: &Arc<Deployment>, url: &str, name: &str) {
    let store = deployment.look(name).await;
    let logs = logs(&store).await;
    store.close().await;
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
