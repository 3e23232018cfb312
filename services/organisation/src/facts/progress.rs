//! What has become of a proposal (提案) and its resolution (决议), folded from events alone. Decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Date, Event, Money, Place, Timestamp, UnitId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A notice on the board (公示): posted from, until.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Display {
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
}

/// A meeting that was called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Called {
    /// The body.
    pub body: String,
    /// The day people were told.
    pub told_on: Date,
    /// The day it is to be held.
    pub held_on: Date,
    /// Special circumstances for which the law allows short notice.
    pub special: bool,
}

/// A resolution that was adopted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adopted {
    /// By which body.
    pub body: String,
    /// Up to which amount payments may cite it.
    pub limit: Option<Money>,
    /// From which day it holds.
    pub valid_from: Date,
    /// When it was recorded.
    pub at: Timestamp,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Withdrawn before it was decided.
    Withdrawn,
    /// Not carried.
    Rejected,
    /// Annulled by a court or set right by the authority above.
    Annulled,
    /// Carried out and shown.
    Shown,
}

/// A proposal with its resolution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Where.
    pub place: Place,
    /// The kind of matter.
    pub matter: String,
    /// The amount it asks for.
    pub limit: Option<Money>,
    /// The party organisation has studied and endorsed it.
    pub endorsed: bool,
    /// The two committees have consulted on it and agreed.
    pub consulted: bool,
    /// The party members have reviewed it and agreed.
    pub reviewed: bool,
    /// The meeting that will decide.
    pub called: Option<Called>,
    /// The resolution.
    pub adopted: Option<Adopted>,
    /// The resolution on the board.
    pub posted: Option<Display>,
    /// Objections: by the event that filed them, whether answered.
    pub objections: BTreeMap<String, bool>,
    /// Payments made under it.
    pub payments: BTreeSet<String>,
    /// Their sum.
    pub drawn: Money,
    /// The result was accepted.
    pub accepted: bool,
    /// The result on the board.
    pub result: Option<Display>,
    /// How it ended.
    pub ended: Option<Ending>,
}

impl Proposal {
    /// Whether payments may cite it: adopted, on the board, not annulled.
    pub fn is_citable(&self) -> bool {
        self.adopted.is_some() && self.posted.is_some() && self.ended != Some(Ending::Annulled)
    }

    /// Objections without an answer.
    pub fn unanswered(&self) -> usize {
        self.objections.values().filter(|answered| !**answered).count()
    }

    /// What payments may still draw.
    pub fn left(&self) -> Option<Money> {
        let limit = self.adopted.as_ref()?.limit?;
        limit.checked_sub(self.drawn)
    }

    fn begin_again(&mut self) {
        self.endorsed = false;
        self.consulted = false;
        self.reviewed = false;
        self.called = None;
    }
}

fn day(event: &Event, key: &str) -> Option<Date> {
    event.data.get(key)?.as_str()?.parse().ok()
}

fn money(event: &Event, key: &str) -> Option<Money> {
    event.data.get(key)?.as_i64().map(Money::from_fen)
}

fn text<'a>(event: &'a Event, key: &str) -> Option<&'a str> {
    event.data.get(key)?.as_str()
}

fn display(event: &Event) -> Option<Display> {
    Some(Display { from: day(event, "from")?, until: day(event, "until")? })
}

/// The proposal after an event of its stream.
pub fn evolve(proposal: Option<Proposal>, event: &Event) -> Option<Proposal> {
    let Some(mut p) = proposal else {
        return tabled(event);
    };
    match event.fact() {
        "proposal-revised.v1" => {
            p.begin_again();
            p.limit = money(event, "limit").or(p.limit);
        }
        "proposal-endorsed-by-party.v1" => p.endorsed = true,
        "proposal-consulted.v1" => p.consulted = true,
        "proposal-reviewed.v1" => p.reviewed = true,
        "proposal-returned-by-party.v1" | "proposal-returned-by-committees.v1" => p.begin_again(),
        "meeting-called.v1" | "meeting-called-again.v1" => {
            if let (Some(body), Some(told_on), Some(held_on)) =
                (text(event, "body"), day(event, "told_on"), day(event, "held_on"))
            {
                let special = event.data.get("special").and_then(Value::as_bool) == Some(true);
                p.called = Some(Called { body: body.to_owned(), told_on, held_on, special });
            }
        }
        "meeting-inquorate.v1" => p.called = None,
        "resolution-adopted.v1" => {
            if let (Some(body), Some(valid_from)) = (text(event, "body"), day(event, "valid_from"))
            {
                p.adopted = Some(Adopted {
                    body: body.to_owned(),
                    limit: money(event, "limit"),
                    valid_from,
                    at: event.time,
                });
            }
        }
        "resolution-rejected.v1" | "proposal-rejected-by-members.v1" => {
            p.ended = Some(Ending::Rejected);
        }
        "resolution-published.v1" | "notice-posted-anew.v1" => {
            p.posted = display(event).or(p.posted);
        }
        "objection-filed.v1" => {
            p.objections.insert(event.id.as_str().to_owned(), false);
        }
        "objection-answered.v1" => {
            // an answer names the objection; without a name it answers the oldest
            let named = text(event, "about").map(str::to_owned);
            let oldest = || p.objections.iter().find(|(_, done)| !**done).map(|(id, _)| id.clone());
            if let Some(id) = named.or_else(oldest) {
                p.objections.insert(id, true);
            }
        }
        "resolution-drawn.v1" => {
            if let (Some(payment), Some(amount)) = (text(event, "payment"), money(event, "amount"))
            {
                p.payments.insert(payment.to_owned());
                p.drawn = p.drawn.saturating_add(amount);
            }
        }
        "result-accepted.v1" => p.accepted = true,
        "result-published.v1" => p.result = display(event).or(p.result),
        "result-display-ended.v1" => p.ended = p.ended.or(Some(Ending::Shown)),
        "proposal-withdrawn.v1" => p.ended = Some(Ending::Withdrawn),
        "resolution-annulled.v1" => p.ended = Some(Ending::Annulled),
        _ => {}
    }
    Some(p)
}

fn tabled(event: &Event) -> Option<Proposal> {
    if event.fact() != "proposal-tabled.v1" {
        return None;
    }
    Some(Proposal {
        place: super::place_of(event, &UnitId::new(text(event, "keeper")?)),
        matter: text(event, "matter")?.to_owned(),
        limit: money(event, "limit"),
        endorsed: false,
        consulted: false,
        reviewed: false,
        called: None,
        adopted: None,
        posted: None,
        objections: BTreeMap::new(),
        payments: BTreeSet::new(),
        drawn: Money::ZERO,
        accepted: false,
        result: None,
        ended: None,
    })
}
