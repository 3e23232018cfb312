//! The committed contract is the generated one; it changes by addition alone. `UPDATE_CONTRACT=1` writes it.

mod village;

use std::{collections::BTreeMap, fs, path::PathBuf};

use definitions::cases::{CaseLine, parse_cases};
use engines::cases::{CaseHost, run_cases};
use kernel::{Actor, Event, Timestamp};
use organisation::{
    Ask,
    catalogue::DEFINITIONS,
    contract::{EVENTS, Shape, breaks},
    facts::{
        account::{AccountAsk, AskAccount},
        conflict::{EndConflict, FileDeclaration},
        definition::ProposeDefinition,
        seat::{Leaving, PauseSeat, VacateSeat},
        unit::RenameUnit,
    },
};
use serde_json::Value;
use village::{VILLAGE, Village, checked, day, embedded, host::Host, own};

const CASES: &str = include_str!("../definitions/four-deliberations-two-disclosures.cases.toml");

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("contract")
}

/// One event of each type, from the cases and from a short story about everything else. The same every time.
fn samples() -> BTreeMap<String, Event> {
    let mut found = BTreeMap::new();
    let mut keep = |events: &[Event]| {
        for event in events {
            let shape = shape(event.fact());
            let misfits = shape.misfits(&event.data);
            assert!(misfits.is_empty(), "{}: {misfits:?}\n{:?}", event.fact(), event.data);
            found.entry(event.fact().to_owned()).or_insert_with(|| event.clone());
        }
    };
    let mut village = Village::new(embedded());
    story(&mut village);
    keep(village.memory.events());
    let definitions = embedded();
    let definition = definitions.get("decision").unwrap().clone();
    let mut host = Host::new(definitions);
    for case in parse_cases("cases", CASES).unwrap() {
        if case.refused.is_some() {
            continue;
        }
        host.reset(&definition);
        for line in &case.given {
            host.given(&definition, line).unwrap();
        }
        if case.when.what == "wait" {
            let until = day(case.when.value("until").unwrap());
            host.wait(&definition, Timestamp::end_of(until));
        } else {
            host.act(&definition, &case.when, "case").unwrap();
        }
        keep(host.village.memory.events());
    }
    let of = kernel::Position { log: "county-open".into(), index: 3 };
    host.village.must(Ask::RecordOpening { of, field: "interested".into(), reason: "desk".into() });
    keep(host.village.memory.events());
    // a deadline under a definition that this process does not have
    let stream = organisation::facts::proposal::stream(village::PROPOSAL);
    let mut host = Host::new(embedded());
    host.given(&definition, &CaseLine::parse("ResolutionAdopted").unwrap()).unwrap();
    let state = host.village.memory.state(&stream).unwrap().clone();
    let mut elsewhere = Village::bare(definitions::Definitions::default());
    elsewhere.memory.know(stream, state);
    elsewhere.memory.pass(Timestamp::end_of(day("2026-06-01")));
    keep(elsewhere.memory.events());
    found
}

fn story(village: &mut Village) {
    village.adopt_definitions();
    let mut propose = village.command(Ask::ProposeDefinition(ProposeDefinition {
        definition: "decision".into(),
        version: 2,
        hash: "ab".repeat(32),
        text: None,
    }));
    propose.actor = Actor::Official(kernel::Seat {
        unit: "province".into(),
        body: "rules-office".into(),
        post: "rules-officer".into(),
        holder: "Rui".into(),
    });
    village.memory.execute(&propose, village.now).unwrap();
    let rename =
        RenameUnit { unit: VILLAGE.into(), name: "青禾新村".into(), from: day("2026-02-01") };
    village.must(Ask::Divisions { form: Vec::new(), rename: vec![rename] });
    let seat = || PauseSeat { unit: VILLAGE.into(), seat: "seat-cashier-Zhao".into() };
    village.must(Ask::SuspendSeat(seat()));
    village.must(Ask::ResumeSeat(seat()));
    village.must(Ask::VacateSeat(VacateSeat {
        unit: VILLAGE.into(),
        seat: "seat-cashier-Zhao".into(),
        on: village.now.date(),
        cause: Leaving::Resigned,
    }));
    let account = |ask| Ask::Account(AskAccount { account: "a-wang".into(), ask });
    for ask in [AccountAsk::Suspend, AccountAsk::Resume, AccountAsk::Revoke, AccountAsk::Close] {
        village.must(account(ask));
    }
    village.must(Ask::FileDeclaration(FileDeclaration {
        unit: VILLAGE.into(),
        party: "person-Cai".into(),
        relatives: vec![organisation::facts::conflict::Relative {
            person: "person-builder".into(),
            degree: organisation::facts::conflict::Degree::Kin,
        }],
    }));
    village.must(Ask::EndConflict(EndConflict {
        unit: VILLAGE.into(),
        parties: ["person-builder".into(), "person-Cai".into()],
    }));
}

fn shape(fact: &str) -> &'static Shape {
    EVENTS.iter().find(|shape| shape.fact == fact).unwrap_or_else(|| panic!("{fact} has no shape"))
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap() + "\n"
}

/// Schemas and samples of the procedures whose events are their own, from their definitions and cases.
fn of_procedures() -> (Vec<(String, Value)>, BTreeMap<String, Event>) {
    let (mut schemas, mut samples) = (Vec::new(), BTreeMap::new());
    for (file, cases) in own::CASES {
        let text = DEFINITIONS.iter().find(|(name, _)| *name == file).unwrap().1;
        let set = checked(&[(file, text)]).unwrap();
        let definition = set.iter().next().unwrap().clone();
        // what lies in a closed log is said to nobody
        if definition.is_closed() {
            continue;
        }
        schemas.extend(casework::contract::of_definition(&definition, &[]));
        for case in parse_cases(file, cases).unwrap() {
            let mut host = own::Own::new(set.clone());
            let failures = run_cases(&definition, std::slice::from_ref(&case), &mut host);
            assert!(failures.is_empty(), "{file}: {failures:?}");
            for event in host.village.memory.events() {
                if event.stream.kind() == definition.stream {
                    samples.entry(event.fact().to_owned()).or_insert_with(|| event.clone());
                }
            }
        }
    }
    (schemas, samples)
}

#[test]
fn every_event_of_a_procedure_keeps_to_its_schema() {
    let (schemas, samples) = of_procedures();
    for (fact, schema) in &schemas {
        let data = &samples.get(fact).unwrap_or_else(|| panic!("{fact} never happens")).data;
        let properties = schema["properties"].as_object().unwrap();
        assert!(data.keys().all(|key| properties.contains_key(key)), "{fact}: {data:?}");
        for required in schema["required"].as_array().unwrap() {
            assert!(data.contains_key(required.as_str().unwrap()), "{fact}: {required}");
        }
    }
}

#[test]
fn the_committed_contract_is_the_generated_one() {
    let update = std::env::var("UPDATE_CONTRACT").is_ok_and(|on| on == "1");
    let samples = samples();
    let mut wanted = BTreeMap::new();
    for shape in EVENTS {
        let sample = samples.get(shape.fact).unwrap_or_else(|| panic!("no {} came", shape.fact));
        let bytes = sample.encode().unwrap();
        let sample: Value = serde_json::from_slice(&bytes).unwrap();
        wanted.insert(format!("{}.schema.json", shape.fact), pretty(&shape.schema()));
        wanted.insert(format!("{}.sample.json", shape.fact), pretty(&sample));
    }
    let (schemas, own) = of_procedures();
    for (fact, schema) in &schemas {
        let name = format!("{fact}.schema.json");
        if let Ok(text) = fs::read_to_string(folder().join(&name)) {
            let lost = casework::contract::breaks(&serde_json::from_str(&text).unwrap(), schema);
            assert!(lost.is_empty(), "{name}: {lost:?}: raise the version instead");
        }
        let sample = serde_json::from_slice(&own[fact].encode().unwrap()).unwrap();
        wanted.insert(name, pretty(schema));
        wanted.insert(format!("{fact}.sample.json"), pretty(&sample));
    }
    for shape in EVENTS {
        let name = format!("{}.schema.json", shape.fact);
        let Ok(text) = fs::read_to_string(folder().join(&name)) else { continue };
        let broken = breaks(&serde_json::from_str(&text).unwrap(), &shape.schema());
        assert!(broken.is_empty(), "{name}: {broken:?}: raise the version instead");
    }
    if update {
        fs::create_dir_all(folder()).unwrap();
        for (name, text) in &wanted {
            fs::write(folder().join(name), text).unwrap();
        }
    }
    let mut present: Vec<String> = fs::read_dir(folder())
        .map(|entries| entries.flatten().map(|e| e.file_name().into_string().unwrap()).collect())
        .unwrap_or_default();
    present.sort();
    let names: Vec<String> = wanted.keys().cloned().collect();
    assert_eq!(present, names, "run with UPDATE_CONTRACT=1 and read the difference");
    for (name, text) in &wanted {
        let committed = fs::read_to_string(folder().join(name)).unwrap();
        assert_eq!(&committed, text, "{name}: run with UPDATE_CONTRACT=1 and read the difference");
    }
}

/// A sample reads back as the event that it is, byte for byte.
#[test]
fn samples_are_entries() {
    for (fact, event) in samples() {
        let bytes = event.encode().unwrap();
        assert_eq!(Event::decode(&bytes).unwrap().encode().unwrap(), bytes, "{fact}");
    }
}
