//! Bookings beside the steps of cases: a ledger of a unit lies in a stream of its own, and a step that books is decided on
//! what stands there. Pure; knows no procedure.

use std::collections::BTreeMap;

use definitions::{Citations, Definition, Ledger as Spec};
use engines::ledger::{Booked, Booking, Ledger, Short};
use kernel::{Draft, Event, Loaded, LogKind, Refusal, StreamId, Text, UnitId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::state::State;

/// The kind of stream in which ledgers lie: no case lies in one of it.
pub const LEDGER: &str = "ledger";

/// The stream of a unit's ledger. No name of a ledger has a dot.
pub fn stream(ledger: &str, unit: &UnitId) -> StreamId {
    StreamId::of(LEDGER, format!("{ledger}.{unit}"))
}

/// A booking as its event says it (记账).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// The ledger.
    pub ledger: String,
    /// The lines: they sum to zero.
    pub lines: Booking,
    /// The case whose step brought it about.
    pub case: StreamId,
    /// Which event of the case, from 1: it has no other booking on this ledger.
    pub entry: u64,
    /// What happened in the case: the fact of that event.
    pub because: String,
    /// Which event of the same case booked what this one takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverses: Option<u64>,
}

/// The ledgers that a step of a procedure may write, in a unit.
pub fn reads(definition: &Definition, step: &str, unit: &UnitId) -> Vec<StreamId> {
    let ledgers = definition.step(step).map(|step| definition.ledgers_of(step));
    ledgers.into_iter().flatten().map(|ledger| stream(&ledger.id, unit)).collect()
}

/// The events of what a step books; `entry` is the number of the step's own event in its case.
///
/// # Errors
/// When an account has not so much: nothing of the step happens then.
pub fn written(
    definition: &Definition,
    citations: &Citations,
    books: &[Booked],
    (case, entry, because): (&StreamId, u64, &str),
    unit: &UnitId,
    loaded: &Loaded<State>,
) -> Result<Vec<Draft>, Refusal> {
    // Several bookings of one step on one ledger are decided one after the other.
    let mut after: BTreeMap<StreamId, Ledger> = BTreeMap::new();
    let mut drafts = Vec::new();
    for booked in books {
        let stream = stream(&booked.ledger, unit);
        let before = after.remove(&stream).unwrap_or_else(|| match loaded.state(&stream) {
            Some(State::Ledger(ledger)) => ledger.clone(),
            _ => Ledger::default(),
        });
        let may_fall = |account: &str| booked.below_zero.iter().any(|one| one == account);
        let now = before.book(&booked.booking, may_fall).map_err(|short| {
            let refusal = refused(definition.ledger(&booked.ledger), &short);
            refusal.by_law(citations.cite(&booked.law))
        })?;
        after.insert(stream.clone(), now);
        let fact = Fact {
            ledger: booked.ledger.clone(),
            lines: booked.booking.clone(),
            case: case.clone(),
            entry,
            because: because.to_owned(),
            reverses: booked.reverses,
        };
        drafts.push(Draft {
            log: LogKind::Open,
            place: None,
            stream,
            kind: booked.fact.clone(),
            data: json!(fact).as_object().cloned().unwrap_or_default(),
            sealed: Vec::new(),
            definition: None,
        });
    }
    Ok(drafts)
}

fn refused(ledger: Option<&Spec>, short: &Short) -> Refusal {
    let id = short.account.split('/').next().unwrap_or_default();
    let name = ledger.and_then(|ledger| ledger.account(id)).map(|account| account.name.clone());
    let name = name.unwrap_or_else(|| Text::new(id, id));
    let unit = ledger.map(|ledger| ledger.unit.clone()).unwrap_or_default();
    let (has, needs) = (short.has, short.needs);
    Refusal::new(
        "not-enough",
        Text::new(
            format!("“{}”现有{has}{}，不够{needs}{}", name.zh, unit.zh, unit.zh),
            format!("{} has {has} {}, not {needs}", name.en, unit.en),
        ),
        Text::new("请减少数量，或待有余额后再办", "Take less, or wait until there is enough"),
    )
}

/// The ledger after one of its events.
pub fn evolve(this: Option<State>, event: &Event) -> Option<State> {
    let mut ledger = match this {
        Some(State::Ledger(ledger)) => ledger,
        _ => Ledger::default(),
    };
    if let Ok(fact) = event.read::<Fact>() {
        ledger.apply(&fact.lines);
    }
    Some(State::Ledger(ledger))
}
