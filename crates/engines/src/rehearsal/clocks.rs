//! Silence: what falls due is written once, in order, and the same whether somebody looks the day after or only in the end.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Deadline, Event, StreamId, Timestamp, time::DAY};
use serde_json::Value;

use super::{Rehearsal, Rehearsed, Stage};

/// Nobody looks for so many days after the last deadline.
const OUTAGE: i64 = 3;
/// So many days are walked at most: what is due after them comes by the same rule.
const FAR: i64 = 800;

/// Lets all deadlines pass that are open, in one copy each on the day after, in others after an outage.
pub(super) fn silence<H: Rehearsed>(rehearsal: &mut Rehearsal, stage: &Stage<'_>, host: &H) {
    let open = host.open();
    let dues = || open.iter().map(|(_, deadline)| deadline.due_at);
    let (Some(first), Some(last)) = (dues().min(), dues().max()) else { return };
    let last = last.min(first.plus_micros(FAR * DAY));
    let end = midnight(last, OUTAGE + 1);

    let mut daily = host.clone();
    let mut armed: BTreeSet<(StreamId, Deadline)> = open.iter().cloned().collect();
    let mut watched = Vec::new();
    while let Some(due) = next_due(&daily).filter(|due| *due <= end) {
        let morning = midnight(due, 1);
        watched.extend(daily.wait(stage.definition, morning));
        armed.extend(daily.open());
        if next_due(&daily).is_some_and(|left| left <= due) {
            return rehearsal.fail(stage, format!("what was due at {due} stays due"));
        }
    }
    rehearsal.saw(&watched);
    rehearsal.passed += watched.len();
    once(rehearsal, stage, &watched, &armed);
    for silent_until in [midnight(first, OUTAGE), end] {
        let mut late = host.clone();
        let mut events = late.wait(stage.definition, silent_until);
        events.extend(late.wait(stage.definition, end));
        if let Some(twice) = late.wait(stage.definition, end).first() {
            rehearsal.fail(stage, format!("`{}` fired twice", twice.fact()));
        }
        let (one, other) = (alike(&watched), alike(&events));
        if one != other {
            let differ = one.iter().zip(&other).find(|(a, b)| a != b);
            rehearsal.fail(
                stage,
                format!(
                    "after days of silence another history: {} events instead of {}; {differ:?}",
                    other.len(),
                    one.len()
                ),
            );
        }
        if alike_deadlines(&daily) != alike_deadlines(&late) {
            rehearsal.fail(
                stage,
                format!(
                    "after days of silence other deadlines: {:?} instead of {:?}",
                    late.open(),
                    daily.open()
                ),
            );
        }
    }
}

/// Nothing comes of its own oftener than a clock for it was set.
fn once(
    rehearsal: &mut Rehearsal,
    stage: &Stage<'_>,
    watched: &[Event],
    armed: &BTreeSet<(StreamId, Deadline)>,
) {
    let mut came: BTreeMap<(&StreamId, &str), usize> = BTreeMap::new();
    for event in watched {
        *came.entry((&event.stream, event.fact())).or_default() += 1;
    }
    for ((stream, fact), times) in came {
        let stem = fact.rsplit_once(".v").map_or(fact, |(stem, _)| stem);
        let clocks = |name: &str| name.split('/').next() == Some(stem);
        let set = armed.iter().filter(|(of, one)| of == stream && clocks(&one.name)).count();
        if set > 0 && times > set {
            rehearsal.fail(stage, format!("`{fact}` came {times} times for {set} deadlines"));
        }
    }
}

fn next_due<H: Rehearsed>(host: &H) -> Option<Timestamp> {
    host.open().iter().map(|(_, deadline)| deadline.due_at).min()
}

/// The first instant of the day that lies so many days after the day of another one.
fn midnight(at: Timestamp, days: i64) -> Timestamp {
    Timestamp::start_of(at.plus_micros(days * DAY).date()).plus_micros(1)
}

fn alike_deadlines<H: Rehearsed>(host: &H) -> BTreeSet<(String, Timestamp)> {
    let open = host.open().into_iter();
    open.map(|(_, deadline)| (deadline.name, deadline.due_at)).collect()
}

/// Events without what tells when they were noticed: their ids, and those that they cite.
fn alike(events: &[Event]) -> Vec<(String, String, Value)> {
    let ids: BTreeMap<&str, String> =
        events.iter().enumerate().map(|(at, one)| (one.id.as_str(), format!("#{at}"))).collect();
    events
        .iter()
        .map(|event| {
            let mut data = Value::Object(event.data.clone());
            unnamed(&mut data, &ids);
            (event.stream.to_string(), event.fact().to_owned(), data)
        })
        .collect()
}

fn unnamed(value: &mut Value, ids: &BTreeMap<&str, String>) {
    match value {
        Value::String(text) => {
            if let Some(number) = ids.get(text.as_str()) {
                text.clone_from(number);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|one| unnamed(one, ids)),
        Value::Object(map) => map.values_mut().for_each(|one| unnamed(one, ids)),
        _ => {}
    }
}
