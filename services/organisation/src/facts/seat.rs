//! Seats (任职): who holds which post of which body, for a term. Incompatible seats are never together.
//!
//! The holder's name and post are public; which person it is lies sealed and in the closed log. Sources: OLVC 8, 14, 37;
//! RCEO 29, 32, 34; SUP-2017.

use std::collections::BTreeMap;

use kernel::{
    Date, Deadline, Decision, Draft, Event, Place, Refusal, Seat, StreamId, Text, Timestamp,
    UnitId, Verdict,
};
use serde::{Deserialize, Serialize};

use super::{
    conflict::{Conflicts, FileDeclaration, Relative},
    draft,
};
use crate::{laws::law, rules::separation};

/// `seat-filled.v1`: somebody holds a post for a term. The field `person` is a commitment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatFilled {
    /// The seat's id.
    pub seat: String,
    /// The office holder's opaque id; the same in all of a person's seats.
    pub holder: String,
    /// The office holder's name: public with the post.
    pub name: String,
    /// The body.
    pub body: String,
    /// The post in it.
    pub post: String,
    /// First day of the term.
    pub from: Date,
    /// Last day of the term.
    pub to: Date,
    /// For a villager representative: the households spoken for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub households: Option<u32>,
    /// The unit whose log it lies in.
    pub keeper: UnitId,
}

/// `seat-suspended.v1` and `seat-resumed.v1`: the holder may not act in the seat for now; may again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatPaused {
    /// The seat.
    pub seat: String,
    /// Who.
    pub holder: String,
    /// The body.
    pub body: String,
    /// The post.
    pub post: String,
    /// For a conflict that was declared late: the day from which what the holder did in the seat is in question and is
    /// looked at again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Date>,
    /// The article that keeps the two offices apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub law: Option<String>,
}

/// `seat-vacated.v1`: the holder has the seat no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatVacated {
    /// The seat.
    pub seat: String,
    /// Who.
    pub holder: String,
    /// The body.
    pub body: String,
    /// The post.
    pub post: String,
    /// The last day.
    pub on: Date,
    /// Why.
    pub cause: Leaving,
}

/// Why a seat becomes vacant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leaving {
    /// The term has ended (任期届满).
    TermEnded,
    /// Resignation approved by a meeting (辞职, OLVC 20).
    Resigned,
    /// Recalled by the voters (罢免, OLVC 19).
    Recalled,
    /// Ended by law: incapacity, sentence, twice incompetent (职务终止, OLVC 22, 38).
    EndedByLaw,
    /// Called to another post (调任).
    CalledElsewhere,
    /// Entered by mistake: the record is corrected today.
    EnteredWrongly,
}

/// The names of the events.
pub const SEAT_FILLED: &str = "seat-filled.v1";
/// See [`SeatPaused`].
pub const SEAT_SUSPENDED: &str = "seat-suspended.v1";
/// See [`SeatPaused`].
pub const SEAT_RESUMED: &str = "seat-resumed.v1";
/// See [`SeatVacated`].
pub const SEAT_VACATED: &str = "seat-vacated.v1";

/// The longest term, in years (OLVC 14, RCEO 29).
pub const LONGEST_TERM_YEARS: i16 = 5;

/// Asks that a seat be filled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FillSeat {
    /// The unit whose body it is.
    pub unit: UnitId,
    /// A fresh id.
    pub seat: String,
    /// The office holder's opaque id.
    pub holder: String,
    /// Person-register id: sealed, and in the closed log.
    pub person: String,
    /// The office holder's name.
    pub name: String,
    /// The body.
    pub body: String,
    /// The post.
    pub post: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// For a villager representative: the households spoken for.
    #[serde(default)]
    pub households: Option<u32>,
    /// The relatives in office, declared with taking the seat; `None`: declared before.
    #[serde(default)]
    pub relatives: Option<Vec<Relative>>,
}

/// Asks that a holder be barred from acting in a seat for now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseSeat {
    /// The unit.
    pub unit: UnitId,
    /// The seat.
    pub seat: String,
}

/// Asks that a seat be given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VacateSeat {
    /// The unit.
    pub unit: UnitId,
    /// The seat.
    pub seat: String,
    /// The last day; not before today.
    pub on: Date,
    /// Why.
    pub cause: Leaving,
}

/// A seat that is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// As it was filled.
    #[serde(flatten)]
    pub filled: SeatFilled,
    /// Whether the holder is barred for now.
    pub suspended: bool,
}

impl Held {
    /// Whether the holder may act in it that day.
    pub fn is_in_force(&self, day: Date) -> bool {
        !self.suspended && self.filled.from <= day && day <= self.filled.to
    }

    /// Whether the terms share a day.
    pub fn overlaps(&self, from: Date, to: Date) -> bool {
        self.filled.from <= to && from <= self.filled.to
    }
}

/// The seats of one unit that are held or will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seats {
    /// The unit.
    pub place: Place,
    /// By seat id.
    pub held: BTreeMap<String, Held>,
}

impl Seats {
    /// The holders of a body in force that day, each person once, in the order of their ids.
    pub fn holders(&self, bodies: &[&str], day: Date) -> Vec<String> {
        let mut holders: Vec<String> = self
            .held
            .values()
            .filter(|held| bodies.contains(&held.filled.body.as_str()) && held.is_in_force(day))
            .map(|held| held.filled.holder.clone())
            .collect();
        holders.sort_unstable();
        holders.dedup();
        holders
    }

    /// Whether this seat, as an actor claims it, is held in force that day.
    pub fn confirms(&self, seat: &Seat, day: Date) -> bool {
        self.place.unit == seat.unit
            && self.held.values().any(|held| {
                held.filled.body == seat.body
                    && held.filled.post == seat.post
                    && held.filled.holder == seat.holder
                    && held.is_in_force(day)
            })
    }
}

/// The stream of a unit's seats.
pub fn stream(unit: &UnitId) -> StreamId {
    StreamId::of("seats", unit)
}

fn held<'a>(seats: Option<&'a Seats>, seat: &str) -> Result<&'a Held, Refusal> {
    seats.and_then(|seats| seats.held.get(seat)).ok_or_else(|| {
        Refusal::new(
            "no-such-seat",
            Text::new("没有这项任职。", "There is no such seat."),
            Text::new("请核对任职编号。", "Check the seat."),
        )
        .by_law(law("OLVC 8"))
        .at("/seat")
    })
}

/// Bars a holder from acting for now, or lets them act again.
///
/// # Errors
/// A refusal when the seat is not held, or is so already.
pub fn pause(
    ask: &PauseSeat,
    suspend: bool,
    seats: Option<&Seats>,
    conflicts: Option<&Conflicts>,
) -> Result<Decision, Verdict> {
    let held = held(seats, &ask.seat)?;
    if held.suspended == suspend {
        return Err(Refusal::new(
            "seat-unchanged",
            if suspend {
                Text::new("该职务已经停职。", "This seat is suspended already.")
            } else {
                Text::new("该职务没有停职。", "This seat is not suspended.")
            },
            Text::new("无需再次登记。", "Nothing needs to be recorded."),
        )
        .by_law(law("OLVC 22"))
        .at("/seat")
        .into());
    }
    if let Some((seats, conflicts)) = seats.zip(conflicts).filter(|_| !suspend) {
        separation::may_resume(held, seats, conflicts)?;
    }
    let kind = if suspend { SEAT_SUSPENDED } else { SEAT_RESUMED };
    let event = draft(stream(&ask.unit), kind, &paused(held))?;
    Ok(Decision { events: vec![event], claims: Vec::new() })
}

fn paused(held: &Held) -> SeatPaused {
    let SeatFilled { seat, holder, body, post, .. } = held.filled.clone();
    SeatPaused { seat, holder, body, post, since: None, law: None }
}

/// Suspends the seats that a conflict declared now keeps apart from another (回避关系后申报): the holder acts no more, and
/// what was done since both were in office is in question.
///
/// # Errors
/// Only when the fact cannot be written.
pub fn suspend_late(
    unit: &UnitId,
    declared: &FileDeclaration,
    seats: Option<&Seats>,
    conflicts: Option<&Conflicts>,
) -> Result<Vec<Draft>, Verdict> {
    let (Some(seats), Some(known)) = (seats, conflicts) else { return Ok(Vec::new()) };
    let known = known.clone().with(declared);
    separation::late(&declared.party, seats, &known)
        .into_iter()
        .map(|late| {
            let fact = SeatPaused {
                since: Some(late.since),
                law: Some(late.law.to_owned()),
                ..paused(late.seat)
            };
            draft(stream(unit), SEAT_SUSPENDED, &fact)
        })
        .collect()
}

/// Gives a seat up.
///
/// # Errors
/// A refusal when the seat is not held, or the day lies in the past.
pub fn vacate(
    ask: &VacateSeat,
    seats: Option<&Seats>,
    now: Timestamp,
) -> Result<Decision, Verdict> {
    let held = held(seats, &ask.seat)?;
    if ask.on != now.date() {
        return Err(Refusal::field(
            "/on",
            Text::new(
                format!("离任日期{}不是今天（{}）。", ask.on, now.date()),
                format!("The seat is vacated on {}, today is {}.", ask.on, now.date()),
            ),
            Text::new(
                "离任自登记之日生效；更正以今天的日期登记。",
                "A seat is vacated on the day of the record; a correction is dated today.",
            ),
        )
        .into());
    }
    Ok(Decision {
        events: vec![vacated(ask.unit.clone(), held, ask.on, ask.cause)?],
        claims: vec![],
    })
}

fn vacated(unit: UnitId, held: &Held, on: Date, cause: Leaving) -> Result<Draft, Verdict> {
    let SeatFilled { seat, holder, body, post, .. } = held.filled.clone();
    draft(stream(&unit), SEAT_VACATED, &SeatVacated { seat, holder, body, post, on, cause })
}

/// A term that ends by itself.
pub fn lapse(seats: &Seats, deadline: &Deadline) -> Vec<Draft> {
    seats
        .held
        .get(&deadline.name)
        .and_then(|held| {
            vacated(seats.place.unit.clone(), held, held.filled.to, Leaving::TermEnded).ok()
        })
        .into_iter()
        .collect()
}

/// The ends of all terms.
pub fn deadlines(seats: &Seats) -> Vec<Deadline> {
    seats
        .held
        .iter()
        .map(|(seat, held)| Deadline {
            name: seat.clone(),
            due_at: Timestamp::end_of(held.filled.to),
        })
        .collect()
}

/// The seats after an event of the stream.
pub fn evolve(seats: Option<Seats>, event: &Event) -> Option<Seats> {
    match (event.fact(), seats) {
        (SEAT_FILLED, seats) => {
            let Some(filled) = super::read::<SeatFilled>(event) else { return seats };
            let mut seats = seats.unwrap_or_else(|| Seats {
                place: super::place_of(event, &filled.keeper),
                held: BTreeMap::new(),
            });
            seats.held.insert(filled.seat.clone(), Held { filled, suspended: false });
            Some(seats)
        }
        (SEAT_SUSPENDED | SEAT_RESUMED, Some(mut seats)) => {
            if let Some(fact) = super::read::<SeatPaused>(event)
                && let Some(held) = seats.held.get_mut(&fact.seat)
            {
                held.suspended = event.fact() == SEAT_SUSPENDED;
            }
            Some(seats)
        }
        (SEAT_VACATED, Some(mut seats)) => {
            if let Some(fact) = super::read::<SeatVacated>(event) {
                seats.held.remove(&fact.seat);
            }
            Some(seats)
        }
        (_, seats) => seats,
    }
}
