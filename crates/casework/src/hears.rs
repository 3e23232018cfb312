//! What is heard of organisation: units, seats, adopted definitions; of each only the fields needed. Knows not how
//! organisation decides, and opens nothing sealed.

use kernel::{Date, DivisionCode, Event, Level, Position, StreamId, UnitId};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    conflicts::{self, Conflicts},
    domain::{Casework, Service},
    state::{Adopted, HeldSeat, Seats, State, Unit},
};

/// The service that is heard.
pub const ORGANISATION: &str = "organisation";

/// The facts heard of the open logs; [`conflicts::HEARD`] come from the closed ones, to whom they are granted.
pub const HEARD: [&str; 7] = [
    "unit-formed.v1",
    "unit-renamed.v1",
    "seat-filled.v1",
    "seat-suspended.v1",
    "seat-resumed.v1",
    "seat-vacated.v1",
    "definition-adopted.v1",
];

/// The stream of a copy.
pub fn copy(kind: &str, key: impl std::fmt::Display) -> StreamId {
    StreamId::foreign(ORGANISATION, kind, key)
}

#[derive(Deserialize)]
pub(crate) struct UnitFormed {
    pub(crate) unit: UnitId,
    pub(crate) code: DivisionCode,
    pub(crate) name: String,
    pub(crate) level: Level,
    pub(crate) parent: Option<UnitId>,
    pub(crate) keeper: UnitId,
}

#[derive(Deserialize)]
pub(crate) struct UnitRenamed {
    pub(crate) unit: UnitId,
    pub(crate) name: String,
}

#[derive(Deserialize)]
pub(crate) struct SeatFilled {
    pub(crate) seat: String,
    pub(crate) holder: String,
    #[serde(default)]
    pub(crate) name: String,
    pub(crate) body: String,
    pub(crate) post: String,
    pub(crate) from: Date,
    pub(crate) to: Option<Date>,
}

#[derive(Deserialize)]
pub(crate) struct SeatNamed {
    pub(crate) seat: String,
}

#[derive(Deserialize)]
pub(crate) struct SeatVacated {
    pub(crate) seat: String,
    pub(crate) on: Date,
}

#[derive(Deserialize)]
struct DefinitionAdopted {
    definition: String,
    version: u32,
    hash: String,
    from: Date,
}

/// Which copy the event concerns; `None` for what is not needed here.
///
/// # Errors
/// A sentence, when the event lacks the fields that its type promises.
pub fn concerns(event: &Event) -> Result<Option<StreamId>, String> {
    if event.source != "/organisation" {
        return Ok(None);
    }
    let told = |error: serde_json::Error| unread(event, &error);
    Ok(match event.fact() {
        "unit-formed.v1" => Some(copy("unit", event.read::<UnitFormed>().map_err(told)?.unit)),
        "unit-renamed.v1" => Some(copy("unit", event.read::<UnitRenamed>().map_err(told)?.unit)),
        "seat-filled.v1" | "seat-suspended.v1" | "seat-resumed.v1" | "seat-vacated.v1" => {
            Some(copy("seats", &event.unit))
        }
        "definition-adopted.v1" => {
            let adopted = event.read::<DefinitionAdopted>().map_err(told)?;
            Some(copy("definition", adopted.definition))
        }
        fact if conflicts::HEARD.contains(&fact) => Some(copy("conflicts", &event.unit)),
        _ => None,
    })
}

/// The copy after the event; a fact heard twice leaves it as it is.
///
/// # Errors
/// As [`concerns`].
pub fn hear(this: Option<State>, event: &Event) -> Result<Option<State>, String> {
    let here = Position { log: event.log.clone(), index: event.index };
    if this.as_ref().and_then(State::as_of).is_some_and(|as_of| as_of.has(&here)) {
        return Ok(this);
    }
    apply(this, event, here).map_err(|error| unread(event, &error))
}

fn unread(event: &Event, error: &serde_json::Error) -> String {
    format!("{} cannot be read: {error}", event.fact())
}

fn apply(
    this: Option<State>,
    event: &Event,
    here: Position,
) -> Result<Option<State>, serde_json::Error> {
    Ok(match event.fact() {
        "unit-formed.v1" => {
            let formed: UnitFormed = event.read()?;
            let mut unit = Unit {
                code: formed.code,
                level: formed.level,
                parent: formed.parent,
                keeper: formed.keeper,
                name: formed.name,
                as_of: Default::default(),
            };
            unit.as_of.put(here);
            Some(State::Unit(unit))
        }
        "unit-renamed.v1" => {
            let renamed: UnitRenamed = event.read()?;
            match this {
                Some(State::Unit(mut unit)) => {
                    unit.name = renamed.name;
                    unit.as_of.put(here);
                    Some(State::Unit(unit))
                }
                other => other,
            }
        }
        "definition-adopted.v1" => {
            let fact: DefinitionAdopted = event.read()?;
            let mut adopted = match this {
                Some(State::Adopted(adopted)) => adopted,
                _ => Adopted::default(),
            };
            adopted.versions.insert(fact.version, (fact.hash, fact.from));
            adopted.as_of.put(here);
            Some(State::Adopted(adopted))
        }
        fact if conflicts::HEARD.contains(&fact) => {
            let mut known = match this {
                Some(State::Conflicts(known)) => known,
                _ => Conflicts::default(),
            };
            known.hear(event)?;
            known.as_of.put(here);
            Some(State::Conflicts(known))
        }
        _ => {
            let mut seats = match this {
                Some(State::Seats(seats)) => seats,
                _ => Seats::default(),
            };
            seat(&mut seats, event)?;
            seats.as_of.put(here);
            Some(State::Seats(seats))
        }
    })
}

fn seat(seats: &mut Seats, event: &Event) -> Result<(), serde_json::Error> {
    match event.fact() {
        "seat-filled.v1" => {
            let SeatFilled { seat, holder, body, post, from, to, .. } = event.read()?;
            let held = HeldSeat { holder, body, post, from, to, vacated: None, suspended: false };
            seats.seats.insert(seat, held);
        }
        "seat-vacated.v1" => {
            let SeatVacated { seat, on } = event.read()?;
            if let Some(held) = seats.seats.get_mut(&seat) {
                held.vacated = Some(held.vacated.map_or(on, |before| before.min(on)));
            }
        }
        fact => {
            let SeatNamed { seat } = event.read()?;
            if let Some(held) = seats.seats.get_mut(&seat) {
                held.suspended = fact == "seat-suspended.v1";
            }
        }
    }
    Ok(())
}

/// Puts what is heard of organisation on the exchange, for any service of this kind.
pub struct FromOrganisation;

impl<S: Service> host::Hears<Casework<S>> for FromOrganisation {
    fn sealed_fields(&self, _: &str) -> &'static [&'static str] {
        &[]
    }

    fn concerns(&self, event: &Event) -> Result<Option<StreamId>, String> {
        concerns(event)
    }

    fn hear(
        &self,
        this: Option<State>,
        event: &Event,
        _: &Map<String, Value>,
    ) -> Result<Option<State>, String> {
        hear(this, event)
    }
}
