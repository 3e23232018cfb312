//! The read models on the golden samples that the services publish as their contract: every open event is taken in, and
//! what the pages need is found in it under the names that the owner gives it.

mod fixture;

use std::{collections::BTreeMap, path::Path};

use kernel::Event;
use portal::shows::{
    self, ShowReader, decisions, divisions, items, matters, month, payments, queries, rules, seats,
};
use store::{Readers, Store};

/// The samples of a service, by fact; those of closed logs are left out: their entries are commitments.
fn samples(room: &str) -> BTreeMap<String, Event> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(room).join("contract");
    let files = std::fs::read_dir(&folder).unwrap();
    let mut found = BTreeMap::new();
    for file in files {
        let path = file.unwrap().path();
        if !path.to_string_lossy().ends_with(".sample.json") {
            continue;
        }
        let event = Event::decode(&std::fs::read(&path).unwrap()).unwrap();
        if !event.log.as_str().contains("closed") {
            found.insert(event.fact().to_owned(), event);
        }
    }
    assert!(found.len() > 3, "{}", folder.display());
    found
}

/// Samples in an order in which each finds what it refers to, at dense places of one log.
fn in_order(samples: &BTreeMap<String, Event>, first: &[&str]) -> Vec<Event> {
    let begins = first.iter().map(|fact| samples.get(*fact).unwrap_or_else(|| panic!("{fact}")));
    let rest = samples.iter().filter(|(fact, _)| !first.contains(&fact.as_str()));
    let mut all: Vec<Event> = begins.chain(rest.map(|(_, event)| event)).cloned().collect();
    for (index, event) in all.iter_mut().enumerate() {
        event.log = format!("{}-samples", event.source.trim_start_matches('/')).as_str().into();
        event.index = index as u64;
    }
    all
}

#[tokio::test]
async fn every_sample_of_the_contract_is_taken_in() {
    let organisation = samples("organisation");
    let funds = samples("funds-oversight");
    let (services, disputes) = (samples("services"), samples("disputes"));
    let logs = [
        (
            "organisation",
            in_order(
                &organisation,
                &[
                    "unit-formed.v1",
                    "proposal-tabled.v1",
                    "resolution-adopted.v1",
                    "resolution-published.v1",
                ],
            ),
        ),
        (
            "funds",
            in_order(
                &funds,
                &[
                    "opening-balances-signed.v1",
                    "period-opened.v1",
                    "payment-requested.v1",
                    "query-raised.v1",
                ],
            ),
        ),
        ("services", in_order(&services, &["notice-posted.v1"])),
        ("disputes", in_order(&disputes, &["screening-opened.v1"])),
    ];
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("{}/", folder.path().display()), "portal").await.unwrap();
    let readers = Readers::new(store.clone(), None);
    for show in shows::ALL {
        let reader = ShowReader(*show);
        readers.prepare(&reader).await.unwrap();
        for (source, events) in logs.iter().filter(|(source, _)| *source == show.source()) {
            let log = events[0].log.clone();
            let entries = fixture::entries(events);
            readers.apply_batch(&reader, source, &log, entries).await.unwrap();
        }
    }
    assert_eq!(readers.parked().await.unwrap(), []);
    let db = store.database();

    let formed = &organisation["unit-formed.v1"];
    let unit = divisions::get(db, formed.unit.as_str()).await.unwrap().unwrap();
    assert_eq!(unit.code, formed.village.as_str());
    let filled = &organisation["seat-filled.v1"];
    let day = filled.data["from"].as_str().unwrap().parse().unwrap();
    let held = seats::now(db, filled.unit.as_str(), day).await.unwrap();
    assert!(
        held.iter().any(|s| filled.data["holder"] == s.holder && filled.data["post"] == s.post)
    );
    assert!(!rules::all(db).await.unwrap().is_empty());

    let tabled = &organisation["proposal-tabled.v1"];
    let decision = decisions::get(db, tabled.stream.key()).await.unwrap().unwrap();
    assert!(decision.title.is_some() && decision.matter().is_some());
    let adopted = &organisation["resolution-adopted.v1"].data;
    let resolved = decision.resolved.as_ref().unwrap();
    assert_eq!(resolved.in_favour, adopted["for"].as_i64());
    assert_eq!(resolved.present, adopted["present"].as_i64());
    assert_eq!(resolved.should_attend, adopted["should_attend"].as_i64());
    assert_eq!(decision.limit(), adopted["limit"].as_i64());
    assert!(resolved.posted_until.is_some());
    assert!(decision.objections() > 0);

    let posted = &funds["voucher-posted.v1"];
    let of = posted.data["month"].as_str().unwrap();
    let money = month::load(db, posted.unit.as_str(), of).await.unwrap();
    assert_eq!(money.vouchers.len(), 1);
    assert!(money.vouchers[0].summary.is_some());
    assert_eq!(money.opening + money.income - money.expense, money.closing);
    assert!(money.opening > 0, "the opening balances are there");
    let asked = &funds["payment-requested.v1"];
    let payment = payments::get(db, asked.stream.key()).await.unwrap().unwrap();
    assert!(payment.purpose.is_some() && payment.resolution.is_some());
    assert_eq!(payment.payee.is_some(), asked.data["payee"].get("organisation").is_some());
    let item = &funds["item-published.v1"];
    let of = item.data["month"].as_str().unwrap();
    let found = &items::of_month(db, item.unit.as_str(), "G5", of).await.unwrap()[0];
    assert_eq!(found.figures.map(|f| f[3]), item.data["closing"].as_i64());
    let due = &funds["disclosure-due.v1"];
    let of = due.data["month"].as_str().unwrap();
    assert!(items::due(db, due.unit.as_str(), "G5", of).await.unwrap().is_some());
    let raised = &funds["query-raised.v1"];
    let queries = queries::of_unit(db, raised.unit.as_str(), 10).await.unwrap();
    assert!(queries.iter().all(|q| q.due.is_some()));
    assert!(!queries.is_empty());

    // Cases of services and disputes, whatever their procedure: each event under a definition is kept in one.
    for (service, samples) in [("services", &services), ("disputes", &disputes)] {
        for (fact, event) in samples.iter().filter(|(_, event)| event.definition.is_some()) {
            let reference = event.definition.as_ref().unwrap().as_str();
            let id = reference.rsplit_once('@').unwrap().0;
            let matter = matters::get(db, service, id, event.stream.key()).await.unwrap();
            let matter = matter.unwrap_or_else(|| panic!("{fact} belongs to no matter"));
            let told = matters::events(db, &matter).await.unwrap();
            assert!(told.iter().any(|told| told.happening.fact == *fact), "{fact}");
        }
    }
    let posted = &services["notice-posted.v1"];
    let notice =
        matters::get(db, "services", "notice", posted.stream.key()).await.unwrap().unwrap();
    assert!(notice.texts.contains_key("headline") && notice.texts.contains_key("text"));
    assert!(!notice.history.windows.is_empty());
}
