//! What any service of this kind hears of organisation, read from the samples that organisation commits.

mod house;

use std::{collections::BTreeSet, fs, path::Path};

use casework::{Casework, FromOrganisation, State, hears::HEARD};
use host::Hears;
use house::Hall;
use kernel::Event;
use serde_json::Map;

fn hears() -> impl Hears<Casework<Hall>> {
    FromOrganisation
}

fn sample(fact: &str) -> Event {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../services/organisation/contract");
    let bytes = fs::read(folder.join(format!("{fact}.sample.json"))).unwrap();
    Event::decode(&bytes).unwrap()
}

#[test]
fn every_sample_is_heard_once() {
    let hears = hears();
    let mut kinds = BTreeSet::new();
    for fact in HEARD {
        let event = sample(fact);
        let stream = hears.concerns(&event).unwrap().unwrap_or_else(|| panic!("{fact}"));
        assert!(stream.is_foreign());
        kinds.insert(stream.kind().to_owned());
        // A fact about a thing that was never heard of makes no thing of it.
        let heard = hears.hear(None, &event, &Map::new()).unwrap();
        if fact == "unit-renamed.v1" {
            assert!(heard.is_none());
            continue;
        }
        let again = hears.hear(heard.clone(), &event, &Map::new()).unwrap();
        assert_eq!(heard, again, "{fact}");
        let here = kernel::Position { log: event.log.clone(), index: event.index };
        assert!(
            heard.as_ref().and_then(State::as_of).is_some_and(|as_of| as_of.has(&here)),
            "{fact}"
        );
    }
    assert_eq!(kinds.len(), 3);
    assert_eq!(hears.concerns(&sample("resolution-adopted.v1")).unwrap(), None);
}

#[test]
fn an_event_without_its_fields_parks_its_unit() {
    let hears = hears();
    for fact in ["unit-formed.v1", "seat-filled.v1"] {
        let mut event = sample(fact);
        event.data.clear();
        let stream = hears.concerns(&event);
        assert!(stream.is_err() || hears.hear(None, &event, &Map::new()).is_err(), "{fact}");
    }
}
