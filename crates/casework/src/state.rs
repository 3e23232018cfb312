//! The state of any stream: a case, the openings of one sealed value, or a copy of one of organisation's facts.

use std::collections::BTreeMap;

use engines::ledger::Ledger;
use kernel::{AsOf, Date, Deadline, DivisionCode, Event, Level, UnitId};
use serde::{Deserialize, Serialize};

use crate::{
    books::{self, LEDGER},
    case::Case,
    closed::Looks,
    conflicts::Conflicts,
    openings::OPENING,
};

/// The stream kind under which those are recorded who looked at a closed case.
pub const LOOKED: &str = "looked";

/// The state of a stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// `<kind>/<id>`
    Case(Box<Case>),
    /// `opening/<log>-<index>`: how often it was opened.
    Openings(u64),
    /// `looked/<case>`: who looked at a closed case.
    Looks(Looks),
    /// `ledger/<ledger>.<unit>`: what stands on its accounts.
    Ledger(Ledger),
    /// `organisation:unit/<unit>`
    Unit(Unit),
    /// `organisation:seats/<unit>`
    Seats(Seats),
    /// `organisation:definition/<id>`
    Adopted(Adopted),
    /// `organisation:conflicts/<unit>`
    Conflicts(Conflicts),
}

/// A unit: the fields that decisions need.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// Its code today.
    pub code: DivisionCode,
    /// Its level.
    pub level: Level,
    /// The unit above.
    pub parent: Option<UnitId>,
    /// The unit that keeps its log.
    pub keeper: UnitId,
    /// Its name now.
    pub name: String,
    /// Known as of.
    pub as_of: AsOf,
}

/// The seats of one unit.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Seats {
    /// By the seat's id.
    pub seats: BTreeMap<String, HeldSeat>,
    /// Known as of.
    pub as_of: AsOf,
}

/// One seat and who holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeldSeat {
    /// The office holder.
    pub holder: String,
    /// The body.
    pub body: String,
    /// The post.
    pub post: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Option<Date>,
    /// The day from whose start it is over.
    pub vacated: Option<Date>,
    /// Suspended until resumed.
    pub suspended: bool,
}

impl HeldSeat {
    /// Whether the seat is held on that day.
    pub fn is_held(&self, on: Date) -> bool {
        !self.suspended
            && self.from <= on
            && self.to.is_none_or(|last| on <= last)
            && self.vacated.is_none_or(|day| on < day)
    }
}

/// The adopted versions of one definition: hash and day from which it governs, by version.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Adopted {
    /// By version.
    pub versions: BTreeMap<u32, (String, Date)>,
    /// Known as of.
    pub as_of: AsOf,
}

impl State {
    /// The state after an event of one of the service's own streams.
    pub fn evolve(this: Option<Self>, event: &Event) -> Option<Self> {
        if event.stream.kind() == OPENING {
            return Some(Self::Openings(match this {
                Some(Self::Openings(times)) => times + 1,
                _ => 1,
            }));
        }
        if event.stream.kind() == LOOKED {
            return Some(Self::Looks(match this {
                Some(Self::Looks(looks)) => looks.with(event),
                _ => Looks::default().with(event),
            }));
        }
        if event.stream.kind() == LEDGER {
            return books::evolve(this, event);
        }
        let case = match this {
            Some(Self::Case(case)) => Some(*case),
            _ => None,
        };
        Some(Self::Case(Box::new(Case::evolve(case, event))))
    }

    /// The case, if it is one.
    pub fn case(&self) -> Option<&Case> {
        match self {
            Self::Case(case) => Some(case),
            _ => None,
        }
    }

    /// The deadlines open.
    pub fn deadlines(&self) -> Vec<Deadline> {
        self.case().map(|case| case.history.deadlines().to_vec()).unwrap_or_default()
    }

    /// Known as of, for copies.
    pub fn as_of(&self) -> Option<&AsOf> {
        match self {
            Self::Case(_) | Self::Openings(_) | Self::Looks(_) | Self::Ledger(_) => None,
            Self::Unit(unit) => Some(&unit.as_of),
            Self::Seats(seats) => Some(&seats.as_of),
            Self::Adopted(adopted) => Some(&adopted.as_of),
            Self::Conflicts(conflicts) => Some(&conflicts.as_of),
        }
    }
}
