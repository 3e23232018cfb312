//! What funds-oversight hears from organisation: a file per foreign event, each only the fields needed, with position.
//! Knows nothing of how organisation decides.
//!
//! A reader applies an event in the transaction of its own position: [`hear`] names the copy that the event concerns and
//! gives its new state. A fact heard twice leaves the copy as it is.

pub mod conflict_declared;
pub mod conflict_ended;
pub mod declaration_filed;
pub mod definition_adopted;
pub mod holder_known;
pub mod known;
pub mod own;
pub mod payment_proposed;
pub mod resolution_adopted;
pub mod resolution_annulled;
pub mod resolution_published;
pub mod seat_filled;
pub mod seat_resumed;
pub mod seat_suspended;
pub mod seat_vacated;
pub mod unit_formed;
pub mod unit_renamed;

use kernel::{Event, Position, StreamId};
use serde_json::{Map, Value};

pub use known::{Conflicts, Definition, Known, Resolution, Seats, Unit};

/// The service that is heard.
pub const ORGANISATION: &str = "organisation";

/// The facts heard: what a reader subscribes to. `closed` ones come from the closed log, by grant.
pub const HEARD: [(&str, bool); 14] = [
    ("unit-formed.v1", false),
    ("unit-renamed.v1", false),
    ("definition-adopted.v1", false),
    ("seat-filled.v1", false),
    ("seat-suspended.v1", false),
    ("seat-resumed.v1", false),
    ("seat-vacated.v1", false),
    ("resolution-adopted.v1", false),
    ("resolution-published.v1", false),
    ("resolution-annulled.v1", false),
    ("conflict-declared.v1", true),
    ("conflict-ended.v1", true),
    ("declaration-filed.v1", true),
    ("holder-known.v1", true),
];

/// Why an event that was heard cannot be applied: its village is parked and an alarm raised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unheard {
    /// The fact.
    pub fact: String,
    /// What is wrong with it.
    pub why: String,
}

impl std::fmt::Display for Unheard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} cannot be read: {}", self.fact, self.why)
    }
}

impl std::error::Error for Unheard {}

/// Which copy the event concerns; `None` for what is not needed here.
///
/// # Errors
/// When the event lacks the field that names the copy.
pub fn concerns(event: &Event) -> Result<Option<StreamId>, Unheard> {
    let copy = |kind: &str, key: &str| Some(StreamId::foreign(ORGANISATION, kind, key));
    let named = |field: &str| {
        event.data.get(field).and_then(Value::as_str).ok_or_else(|| Unheard {
            fact: event.fact().to_owned(),
            why: format!("the field `{field}` is missing"),
        })
    };
    if event.source != "/organisation" {
        return Ok(None);
    }
    Ok(match event.fact() {
        "unit-formed.v1" | "unit-renamed.v1" => copy("unit", named("unit")?),
        "definition-adopted.v1" => copy("definition", named("definition")?),
        "seat-filled.v1" | "seat-suspended.v1" | "seat-resumed.v1" | "seat-vacated.v1" => {
            copy("seats", event.unit.as_str())
        }
        "resolution-adopted.v1" | "resolution-published.v1" | "resolution-annulled.v1" => {
            copy("resolution", named("resolution")?)
        }
        "conflict-declared.v1"
        | "conflict-ended.v1"
        | "declaration-filed.v1"
        | "holder-known.v1" => copy("conflicts", event.unit.as_str()),
        _ => None,
    })
}

/// The copy after the event. `opened` holds the sealed fields that a grant opened; without them the copy knows less, and
/// what depends on it fails closed.
///
/// # Errors
/// When the event does not have the fields its type promises.
pub fn hear(
    this: Option<Known>,
    event: &Event,
    opened: &Map<String, Value>,
) -> Result<Option<Known>, Unheard> {
    let here = Position { log: event.log.clone(), index: event.index };
    if this.as_ref().is_some_and(|known| known.has_applied(&here)) {
        return Ok(this);
    }
    let applied = match event.fact() {
        "unit-formed.v1" => unit_formed::apply(event).map(Some),
        "unit-renamed.v1" => unit_renamed::apply(this, event),
        "definition-adopted.v1" => definition_adopted::apply(this, event).map(Some),
        "seat-filled.v1" => seat_filled::apply(this, event, opened).map(Some),
        "seat-suspended.v1" => seat_suspended::apply(this, event),
        "seat-resumed.v1" => seat_resumed::apply(this, event),
        "seat-vacated.v1" => seat_vacated::apply(this, event),
        "resolution-adopted.v1" => resolution_adopted::apply(this, event).map(Some),
        "resolution-published.v1" => resolution_published::apply(this, event).map(Some),
        "resolution-annulled.v1" => resolution_annulled::apply(this, event).map(Some),
        "conflict-declared.v1" => conflict_declared::apply(this, event).map(Some),
        "conflict-ended.v1" => conflict_ended::apply(this, event).map(Some),
        "declaration-filed.v1" => declaration_filed::apply(this, event).map(Some),
        "holder-known.v1" => holder_known::apply(this, event).map(Some),
        _ => Ok(this),
    };
    match applied {
        Ok(known) => Ok(known.map(|known| known.at(here))),
        Err(error) => Err(Unheard { fact: event.fact().to_owned(), why: error.to_string() }),
    }
}
