//! Seats (任职): who holds which post of which body, for a term. Incompatible seats are never together.
//!
//! The holder's name and post are public; which person it is lies sealed and in the closed log. Sources: OLVC 8, 14, 37;
//! RCEO 29, 32, 34; SUP-2017.

use std::collections::BTreeMap;

use kernel::{
    Actor, Class, Date, Deadline, Decision, Draft, Event, Place, Refusal, Retention, SealedValue,
    Seat, StreamId, Text, Timestamp, UnitId, Verdict,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    check_day, check_id, check_name,
    conflict::{self, Conflicts, FileDeclaration, Relative},
    draft,
    unit::Unit,
    village::Village,
};
use crate::{
    bodies::{self, Body, Post},
    laws::law,
    rules::separation,
};

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

/// What filling a seat reads.
pub struct Around<'a> {
    /// The unit.
    pub unit: Option<&'a Unit>,
    /// Its seats.
    pub seats: Option<&'a Seats>,
    /// Its declared conflicts.
    pub conflicts: Option<&'a Conflicts>,
    /// The set-up of the village.
    pub village: Option<&'a Village>,
}

/// Fills a seat.
///
/// # Errors
/// A refusal when the post is held, the term too long, the body full, or the seat incompatible with another.
pub fn fill(ask: &FillSeat, actor: &Actor, around: &Around<'_>) -> Result<Decision, Verdict> {
    check_id("/seat", &ask.seat)?;
    check_id("/holder", &ask.holder)?;
    check_id("/person", &ask.person)?;
    check_name("/name", &ask.name)?;
    check_day("/from", ask.from)?;
    check_day("/to", ask.to)?;
    let Some(unit) = around.unit else {
        return Err(super::no_such_unit(&ask.unit));
    };
    let (body, post) = post_of(ask, unit)?;
    if actor.holder() == Some(&ask.holder) {
        return Err(Refusal::new(
            "own-seat",
            Text::new("不得为本人登记任职。", "Nobody records their own taking of a post."),
            Text::new("请由他人登记。", "Let somebody else record it."),
        )
        .by_law(law("OLVC 37"))
        .at("/holder")
        .into());
    }
    check_term(ask, body)?;
    check_free(ask, body, post, around)?;
    let tie = conflict::tie(&ask.unit, &ask.holder, &ask.person, around.conflicts)?;
    let declared = match &ask.relatives {
        Some(relatives) => {
            let declaration = FileDeclaration {
                unit: ask.unit.clone(),
                party: ask.person.clone(),
                relatives: relatives.clone(),
            };
            conflict::file(&declaration, around.conflicts)?.events
        }
        None => Vec::new(),
    };
    separation::check(ask, body, around.seats, around.conflicts)?;

    let mut events: Vec<Draft> = declared;
    events.extend(tie);
    let filled = SeatFilled {
        seat: ask.seat.clone(),
        holder: ask.holder.clone(),
        name: ask.name.clone(),
        body: ask.body.clone(),
        post: ask.post.clone(),
        from: ask.from,
        to: ask.to,
        households: ask.households,
        keeper: unit.formed.keeper.clone(),
    };
    events.push(draft(stream(&ask.unit), SEAT_FILLED, &filled)?.sealing(SealedValue {
        field: "person".to_owned(),
        value: Value::String(ask.person.clone()),
        class: Class::Staff,
        subject: ask.holder.clone(),
        retention: Retention {
            purpose: "keeps incompatible offices and kin apart".to_owned(),
            basis: "OLVC 37".to_owned(),
            years: 10,
        },
    }));
    Ok(Decision { events, claims: Vec::new() })
}

fn post_of(ask: &FillSeat, unit: &Unit) -> Result<(&'static Body, &'static Post), Verdict> {
    let Some(body) = bodies::find(&ask.body) else {
        return Err(Refusal::field(
            "/body",
            Text::new(
                format!("没有名为“{}”的组织。", super::short(&ask.body)),
                format!("There is no body `{}`.", super::short(&ask.body)),
            ),
            Text::new("请从列表中选择组织。", "Choose a body from the list."),
        )
        .into());
    };
    let Some(post) = body.post(&ask.post) else {
        return Err(Refusal::field(
            "/post",
            Text::new(
                format!("{}没有“{}”这一职务。", body.zh, super::short(&ask.post)),
                format!("{} has no post `{}`.", body.en, super::short(&ask.post)),
            ),
            Text::new("请从列表中选择职务。", "Choose a post from the list."),
        )
        .into());
    };
    if !body.levels.contains(&unit.formed.level) || !unit.is_governed() {
        return Err(Refusal::field(
            "/body",
            Text::new(
                format!("{}没有{}。", unit.formed.name, body.zh),
                format!("{} has no {}.", unit.formed.name, body.en),
            ),
            Text::new(
                "请选择该级设立的组织；统计用区不设组织。",
                "Choose a body of that level; a statistical area has none.",
            ),
        )
        .into());
    }
    if (post.key == "representative") != ask.households.is_some() {
        return Err(Refusal::field(
            "/households",
            Text::new(
                "村民代表须填写所代表的户数，其他职务不填。",
                "A representative's households are counted; other posts have none.",
            ),
            Text::new("每五户至十五户推选一名代表。", "One representative for 5 to 15 households."),
        )
        .by_law(law("OLVC 29"))
        .into());
    }
    Ok((body, post))
}

fn check_term(ask: &FillSeat, body: &Body) -> Result<(), Refusal> {
    let article = if body.key.starts_with("collective") { "RCEO 29" } else { "OLVC 14" };
    if ask.to < ask.from {
        return Err(Refusal::field(
            "/to",
            Text::new("任期的最后一天早于第一天。", "The term ends before it begins."),
            Text::new("请核对起止日期。", "Check both days."),
        ));
    }
    let limit = ask.from.saturating_add(jiff::Span::new().years(LONGEST_TERM_YEARS));
    if ask.to > limit {
        return Err(Refusal::new(
            "term-too-long",
            Text::new(
                format!("任期至{}，超过五年。", ask.to),
                format!("The term runs to {}: longer than five years.", ask.to),
            ),
            Text::new(
                format!("每届任期五年，最迟至{limit}。"),
                format!("A term has five years: until {limit} at the latest."),
            ),
        )
        .by_law(law(article))
        .at("/to"));
    }
    Ok(())
}

fn check_free(
    ask: &FillSeat,
    body: &Body,
    post: &Post,
    around: &Around<'_>,
) -> Result<(), Refusal> {
    if let Some(seats) = around.seats {
        if seats.held.contains_key(&ask.seat) {
            return Err(Refusal::field(
                "/seat",
                Text::new("该任职编号已被使用。", "This seat id is in use."),
                Text::new("请使用新的编号。", "Use a fresh id."),
            ));
        }
        let others = || seats.held.values().filter(|held| held.overlaps(ask.from, ask.to));
        if let Some(other) = others().find(|held| {
            held.filled.post == ask.post && (post.single || held.filled.holder == ask.holder)
        }) {
            return Err(Refusal::new(
                "post-held",
                Text::new(
                    format!("{}现由{}担任，至{}。", post.zh, other.filled.name, other.filled.to),
                    format!(
                        "{} is held by {} until {}.",
                        post.en, other.filled.name, other.filled.to
                    ),
                ),
                Text::new(
                    "请先登记其离任，再登记新的任职。",
                    "Record first that the seat was vacated.",
                ),
            )
            .by_law(law(if body.key.starts_with("collective") { "RCEO 29" } else { "OLVC 8" }))
            .at("/post"));
        }
        let size = around.village.and_then(|village| village.size_of(body.key));
        let taken = u32::try_from(others().filter(|h| h.filled.body == body.key).count())
            .unwrap_or(u32::MAX);
        if let Some((size, article)) = size
            && taken >= size
        {
            return Err(Refusal::new(
                "body-full",
                Text::new(
                    format!("{}定员{size}人，已满。", body.zh),
                    format!("{} has {size} seats, all are held.", body.en),
                ),
                Text::new(
                    "请先登记离任，或依法调整定员。",
                    "Record first that a seat was vacated, or change the size by law.",
                ),
            )
            .by_law(law(article))
            .at("/body"));
        }
    }
    Ok(())
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
pub fn pause(ask: &PauseSeat, suspend: bool, seats: Option<&Seats>) -> Result<Decision, Verdict> {
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
    let SeatFilled { seat, holder, body, post, .. } = held.filled.clone();
    let kind = if suspend { SEAT_SUSPENDED } else { SEAT_RESUMED };
    let event = draft(stream(&ask.unit), kind, &SeatPaused { seat, holder, body, post })?;
    Ok(Decision { events: vec![event], claims: Vec::new() })
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
