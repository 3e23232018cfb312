//! Copies of organisation's facts: the few fields that decisions here rely on, and the position of the last event
//! applied. Written by `hear` alone.

use std::collections::BTreeMap;

use kernel::{AsOf, Date, Level, Money, Position, UnitId};
use serde::{Deserialize, Serialize};

/// Any copy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Known {
    /// `organisation:unit/<unit>`
    Unit(Unit),
    /// `organisation:definition/<id>`
    Definition(Definition),
    /// `organisation:seats/<unit>`
    Seats(Seats),
    /// `organisation:resolution/<id>`
    Resolution(Resolution),
    /// `organisation:conflicts/<unit>`
    Conflicts(Conflicts),
}

/// A unit of the hierarchy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// The level.
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

/// A definition's adopted versions: hash and day from which it governs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// By version.
    pub versions: BTreeMap<u32, (String, Date)>,
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
    /// Last day, when the term has an end.
    pub to: Option<Date>,
    /// Suspended until filled anew.
    pub suspended: bool,
    /// The person behind the holder, in the register of persons; known by grant alone.
    pub person: Option<String>,
}

/// A resolution.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Resolution {
    /// Whose; known from the adoption on.
    pub unit: Option<UnitId>,
    /// The kind of matter.
    pub matter: String,
    /// The body that adopted it.
    pub body: String,
    /// What it allows to spend, in fen.
    pub limit: Option<Money>,
    /// First day on which it holds.
    pub valid_from: Option<Date>,
    /// First day on the board.
    pub published: Option<Date>,
    /// A court or a body above annulled it.
    pub annulled: bool,
    /// Known as of.
    pub as_of: AsOf,
}

/// Kin-or-interest facts of one unit: two persons, a degree, no relation named.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Conflicts {
    /// Pairs, the smaller id first, with the degree; without one the conflict has ended.
    pub pairs: BTreeMap<String, Option<String>>,
    /// Who declared, and how many pairs.
    pub declared: BTreeMap<String, u32>,
    /// The person behind an office holder.
    pub holders: BTreeMap<String, String>,
    /// Known as of.
    pub as_of: AsOf,
}

impl Conflicts {
    fn key(a: &str, b: &str) -> String {
        if a <= b { format!("{a} {b}") } else { format!("{b} {a}") }
    }

    /// Sets a pair's degree or, without one, ends the conflict. An ended pair still counts as known: the declaration
    /// counted it.
    pub fn set(&mut self, a: &str, b: &str, degree: Option<String>) {
        self.pairs.insert(Self::key(a, b), degree);
    }

    /// Whether the two are in conflict. `None`: not known, because the first has declared nothing, or fewer pairs are
    /// known than were declared.
    pub fn between(&self, official: &str, other: &str) -> Option<bool> {
        if official == other || matches!(self.pairs.get(&Self::key(official, other)), Some(Some(_)))
        {
            return Some(true);
        }
        let known = self.pairs.keys().filter(|key| key.split(' ').any(|p| p == official)).count();
        let declared = *self.declared.get(official)?;
        (u32::try_from(known).unwrap_or(u32::MAX) >= declared).then_some(false)
    }
}

impl Seats {
    /// The seats that a holder holds on a day.
    pub fn held<'a>(&'a self, holder: &'a str, on: Date) -> impl Iterator<Item = &'a HeldSeat> {
        self.seats.values().filter(move |seat| seat.holder == holder && seat.is_held(on))
    }

    /// The person behind a holder, as far as a grant told.
    pub fn person(&self, holder: &str) -> Option<&str> {
        self.seats.values().filter(|s| s.holder == holder).find_map(|s| s.person.as_deref())
    }
}

impl HeldSeat {
    /// Whether the seat is held on that day.
    pub fn is_held(&self, on: Date) -> bool {
        !self.suspended && self.from <= on && self.to.is_none_or(|to| on <= to)
    }
}

impl Known {
    fn as_of_mut(&mut self) -> &mut AsOf {
        match self {
            Self::Unit(u) => &mut u.as_of,
            Self::Definition(d) => &mut d.as_of,
            Self::Seats(s) => &mut s.as_of,
            Self::Resolution(r) => &mut r.as_of,
            Self::Conflicts(c) => &mut c.as_of,
        }
    }

    /// Known as of which positions.
    pub fn as_of(&self) -> &AsOf {
        match self {
            Self::Unit(u) => &u.as_of,
            Self::Definition(d) => &d.as_of,
            Self::Seats(s) => &s.as_of,
            Self::Resolution(r) => &r.as_of,
            Self::Conflicts(c) => &c.as_of,
        }
    }

    /// Whether the event at this position was applied before.
    pub fn has_applied(&self, position: &Position) -> bool {
        self.as_of().has(position)
    }

    /// With this position as the last one applied.
    #[must_use]
    pub(crate) fn at(mut self, position: Position) -> Self {
        self.as_of_mut().put(position);
        self
    }
}
