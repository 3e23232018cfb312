//! What is heard from organisation: each event once, in any order, and nothing assumed that was not heard.
mod village;

use std::{fs, path::Path};

use funds_oversight::{
    State, hears,
    hears::{HEARD, Known},
};
use kernel::{Event, StreamId};
use serde_json::{Map, Value, json};
use village::*;

fn event(index: u64, fact: &str, data: Value) -> Event {
    let Value::Object(data) = data else { panic!("fields") };
    Event {
        id: format!("e{index}").into(),
        source: "/organisation".into(),
        kind: format!("cn.cunwu.organisation.{fact}"),
        time: noon("2026-03-02"),
        log: "log-a".into(),
        index,
        unit: VILLAGE.into(),
        village: place().code,
        villageseq: index + 1,
        stream: StreamId::of("x", "y"),
        version: 1,
        actor: "system/test".into(),
        definition: None,
        causation: None,
        data,
    }
}

fn hear(before: Option<Known>, event: &Event) -> Option<Known> {
    hears::hear(before, event, &Map::new()).unwrap()
}

#[test]
fn a_fact_heard_twice_is_heard_once() {
    let filled = event(
        4,
        "seat-filled.v1",
        json!({"seat": "s", "holder": "h", "body": "finance-office", "post": "cashier",
            "from": "2026-01-01", "to": null}),
    );
    let gone = event(
        7,
        "seat-vacated.v1",
        json!({"seat": "s", "holder": "h", "body": "b", "post": "cashier", "on": "2026-03-01"}),
    );
    let seats = hear(hear(None, &filled), &gone);
    assert_eq!(hear(seats.clone(), &filled), seats, "an old event changes nothing");
    let Some(Known::Seats(seats)) = seats else { panic!("seats") };
    assert_eq!(seats.held("h", day("2026-02-28")).count(), 1);
    assert_eq!(seats.held("h", day("2026-03-01")).count(), 0);
    assert_eq!(seats.person("h"), None, "nobody told which person it is");
}

#[test]
fn a_suspended_seat_is_not_held_until_it_is_resumed_or_filled_anew() {
    let fill = |index| {
        event(
            index,
            "seat-filled.v1",
            json!({"seat": "s", "holder": "h", "body": "finance-office", "post": "cashier",
                "from": "2026-01-01", "to": "2030-12-31"}),
        )
    };
    let suspended = event(2, "seat-suspended.v1", json!({"seat": "s", "holder": "h"}));
    let held = |known: &Option<Known>| match known {
        Some(Known::Seats(seats)) => seats.held("h", day("2026-03-02")).count(),
        _ => panic!("seats"),
    };
    let seats = hear(hear(None, &fill(1)), &suspended);
    assert_eq!(held(&seats), 0);
    assert_eq!(held(&hear(seats.clone(), &fill(3))), 1);
    let resumed = event(3, "seat-resumed.v1", json!({"seat": "s", "holder": "h"}));
    assert_eq!(held(&hear(seats, &resumed)), 1);
}

#[test]
fn kinship_is_known_only_where_it_was_declared_in_full() {
    let mut village = Village::new();
    let known = |village: &Village, a: &str, b: &str| match village.log.state(&StreamId::foreign(
        "organisation",
        "conflicts",
        VILLAGE,
    )) {
        Some(State::Known(Known::Conflicts(c))) => c.between(a, b),
        _ => None,
    };
    assert_eq!(known(&village, "n-Li", "n-Stranger"), Some(false));
    assert_eq!(known(&village, "n-Nobody", "n-Stranger"), None, "no declaration");
    village.hear(VILLAGE, "declaration-filed.v1", json!({"party": "n-Li", "pairs": 2}));
    let pair = |b: &str| json!({"party_a": b, "party_b": "n-Li", "degree": "kin"});
    village.hear(VILLAGE, "conflict-declared.v1", pair("n-Cousin"));
    assert_eq!(known(&village, "n-Li", "n-Cousin"), Some(true), "whoever is named first");
    assert_eq!(known(&village, "n-Li", "n-Stranger"), None, "one of two is not known here yet");
    village.hear(VILLAGE, "conflict-declared.v1", pair("n-Aunt"));
    assert_eq!(known(&village, "n-Li", "n-Stranger"), Some(false));
    village.hear(VILLAGE, "conflict-ended.v1", pair("n-Aunt"));
    assert_eq!(known(&village, "n-Li", "n-Aunt"), Some(false));
    // The ended pair was one of the two that were declared: nothing is unknown now, and nothing is assumed of a third.
    village.hear(VILLAGE, "declaration-filed.v1", json!({"party": "n-Li", "pairs": 3}));
    assert_eq!(known(&village, "n-Li", "n-Stranger"), None);
}

#[test]
fn what_cannot_be_read_says_which_fact_and_why() {
    let unnamed = event(0, "resolution-adopted.v1", json!({"matter": "x"}));
    let error = hears::concerns(&unnamed).unwrap_err().to_string();
    assert!(error.contains("resolution-adopted.v1") && error.contains("`resolution`"), "{error}");
    let broken = event(0, "resolution-adopted.v1", json!({"resolution": "r", "matter": 5}));
    let error = hears::hear(None, &broken, &Map::new()).unwrap_err().to_string();
    assert!(error.contains("resolution-adopted.v1"), "{error}");
    let other = event(0, "ballot-opened.v1", json!({}));
    assert_eq!(hears::concerns(&other).unwrap(), None, "what is not needed is passed over");
    let mut own = event(0, "seat-filled.v1", json!({}));
    own.source = "/disputes".into();
    assert_eq!(hears::concerns(&own).unwrap(), None, "nobody else speaks for organisation");
}

/// Organisation's golden samples, where they lie beside this service.
fn samples(folder: &Path, found: &mut Vec<(String, Event)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            samples(&path, found);
        } else if let Ok(bytes) = fs::read(&path)
            && let Ok(event) = Event::decode(&bytes)
        {
            found.push((path.display().to_string(), event));
        }
    }
}

#[test]
fn organisations_golden_samples_are_understood() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../organisation/contract");
    let mut found = Vec::new();
    samples(&folder, &mut found);
    if !found.is_empty() {
        for (fact, _) in HEARD {
            assert!(found.iter().any(|(_, e)| e.fact() == fact), "{fact} has no sample");
        }
    }
    for (path, event) in found {
        if !HEARD.iter().any(|(fact, _)| *fact == event.fact()) {
            continue;
        }
        let stream = hears::concerns(&event).unwrap_or_else(|e| panic!("{path}: {e}"));
        assert!(stream.is_some_and(|s| s.is_foreign()), "{path}");
        // A fact about something that was never heard of (a seat ended, a name changed) leaves nothing behind.
        hears::hear(None, &event, &Map::new()).unwrap_or_else(|e| panic!("{path}: {e}"));
    }
}
