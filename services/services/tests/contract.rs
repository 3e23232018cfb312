//! The contract: schemas and golden samples as committed, and every event keeps to its schema.
//!
//! `UPDATE_CONTRACT=1 cargo test -p services --test contract` writes what only adds.

use std::{collections::BTreeMap, path::Path};

use casework::{
    Ask,
    contract::{keep, schemas},
    trial::Trial,
};
use definitions::cases::parse_cases;
use engines::cases::run_cases;
use kernel::{Event, Position};
use serde_json::Value;
use services::{Services, definitions};

/// The events of all cases, in which each fact happens at least once; and that somebody opened a sealed value.
fn everything() -> Vec<Event> {
    let set = definitions().unwrap();
    let mut all: Vec<Event> = Vec::new();
    for (file, text) in services::CASES {
        let id = file.trim_end_matches(".cases.toml");
        for case in parse_cases(id, text).unwrap() {
            let mut trial = Trial::<Services>::new(set.clone());
            let failures = run_cases(set.get(id).unwrap(), &[case], &mut trial);
            assert!(failures.is_empty(), "{failures:?}");
            all.extend(trial.log.events().iter().cloned());
        }
    }
    let mut trial = Trial::<Services>::new(set);
    let of = Position { log: "u-county-open".into(), index: 3 };
    let who = trial.seat("mediation-chair", "Yang");
    let body = Ask::RecordOpening { of, field: "finding".into(), reason: "desk".into() };
    trial.ask(who, body, "k").unwrap();
    all.extend(trial.log.events().iter().cloned());
    all
}

#[test]
fn schemas_and_samples_are_as_committed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("contract");
    let update = std::env::var_os("UPDATE_CONTRACT").is_some();
    let wrong = keep(&folder, &definitions().unwrap(), &everything(), update).unwrap();
    assert!(wrong.is_empty(), "UPDATE_CONTRACT=1 writes what only adds: {wrong:#?}");
}

#[test]
fn every_event_keeps_to_its_schema() {
    let schemas: BTreeMap<String, Value> = schemas(&definitions().unwrap()).into_iter().collect();
    for event in everything() {
        let schema =
            schemas.get(event.fact()).unwrap_or_else(|| panic!("{} has none", event.fact()));
        let validator = jsonschema::validator_for(schema).unwrap();
        let data = Value::Object(event.data.clone());
        let errors: Vec<String> = validator.iter_errors(&data).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}\n{data}", event.fact());
        assert_eq!(event.source, "/services");
    }
}
