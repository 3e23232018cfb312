//! The state of any stream that funds-oversight reads: its own, and copies of organisation's facts.

use casework::Case as Matter;
use engines::procedure::History;
use kernel::{Deadline, Event, Place, UnitId};
use serde::{Deserialize, Serialize};

use crate::{
    facts::{
        allocation::Allocation, asset::Asset, bank::BankAccount, book::Book, contract::Contract,
        grant::Grant, item::Item, payment::Payment, proposal::Proposal, query::Query,
        reserve::Reserve, warning::Warning,
    },
    hears::Known,
};

/// One case of a procedure: what the engine knows of its course, and the core's own state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case<T> {
    /// Where what falls due is written.
    pub place: Place,
    /// The course, folded by the engine from the events that a definition brought about.
    pub history: Option<History>,
    /// The core's state.
    pub core: T,
}

/// The state of a stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// `book/<unit>`
    Book(Box<Book>),
    /// `reserve/<id>`
    Reserve(Reserve),
    /// `account/<id>`
    Account(BankAccount),
    /// `payment/<id>`
    Payment(Box<Case<Payment>>),
    /// `item/<id>`
    Item(Box<Case<Item>>),
    /// `query/<id>`
    Query(Box<Case<Query>>),
    /// `warning/<id>`
    Warning(Box<Case<Warning>>),
    /// `allocation/<id>`
    Allocation(Box<Case<Allocation>>),
    /// `grant/<id>`
    Grant(Box<Case<Grant>>),
    /// `asset/<id>`
    Asset(Box<Case<Asset>>),
    /// `contract/<id>`
    Contract(Box<Case<Contract>>),
    /// A case of a procedure whose events are its own: `<kind>/<id>`
    Matter(Box<Matter>),
    /// `proposal/<service>.<case>`
    Proposal(Proposal),
    /// `organisation:…`
    Known(Known),
}

impl State {
    /// What a procedure has seen of this thing, where one runs on it.
    pub fn history(&self) -> Option<&History> {
        match self {
            Self::Payment(case) => case.history.as_ref(),
            Self::Item(case) => case.history.as_ref(),
            Self::Query(case) => case.history.as_ref(),
            Self::Warning(case) => case.history.as_ref(),
            Self::Allocation(case) => case.history.as_ref(),
            Self::Grant(case) => case.history.as_ref(),
            Self::Asset(case) => case.history.as_ref(),
            Self::Contract(case) => case.history.as_ref(),
            Self::Matter(case) => Some(&case.history),
            _ => None,
        }
    }

    /// The state after an event of one of this service's own streams.
    pub fn evolve(this: Option<Self>, event: &Event) -> Option<Self> {
        match event.stream.kind() {
            "book" => {
                let book = match this {
                    Some(Self::Book(book)) => Some(*book),
                    _ => None,
                };
                Book::evolve(book, event).map(|book| Self::Book(Box::new(book)))
            }
            "reserve" => {
                let reserve = match this {
                    Some(Self::Reserve(reserve)) => Some(reserve),
                    _ => None,
                };
                Reserve::evolve(reserve, event).map(Self::Reserve)
            }
            "proposal" => {
                let proposal = match this {
                    Some(Self::Proposal(proposal)) => Some(proposal),
                    _ => None,
                };
                Proposal::evolve(proposal, event).map(Self::Proposal)
            }
            "account" => {
                let account = match this {
                    Some(Self::Account(account)) => Some(account),
                    _ => None,
                };
                BankAccount::evolve(account, event).map(Self::Account)
            }
            "payment" => {
                let case = match this {
                    Some(Self::Payment(case)) => Some(*case),
                    _ => None,
                };
                Case::evolve(case, event, Payment::evolve, |p| p.request.keeper.clone())
                    .map(|case| Self::Payment(Box::new(case)))
            }
            "item" => {
                let case = match this {
                    Some(Self::Item(case)) => Some(*case),
                    _ => None,
                };
                Case::evolve(case, event, Item::evolve, |i| i.keeper.clone())
                    .map(|case| Self::Item(Box::new(case)))
            }
            "query" => {
                let case = match this {
                    Some(Self::Query(case)) => Some(*case),
                    _ => None,
                };
                Case::evolve(case, event, Query::evolve, |q| q.keeper.clone())
                    .map(|case| Self::Query(Box::new(case)))
            }
            "warning" => {
                let case = match this {
                    Some(Self::Warning(case)) => Some(*case),
                    _ => None,
                };
                Case::evolve(case, event, Warning::evolve, |w| w.keeper.clone())
                    .map(|case| Self::Warning(Box::new(case)))
            }
            "allocation" => {
                let case = match this {
                    Some(Self::Allocation(case)) => Some(*case),
                    _ => None,
                };
                Case::evolve(case, event, Allocation::evolve, |a| a.offer.keeper.clone())
                    .map(|case| Self::Allocation(Box::new(case)))
            }
            "grant" => {
                let case = match this {
                    Some(Self::Grant(case)) => Some(*case),
                    _ => None,
                };
                Case::evolve(case, event, Grant::evolve, |g| g.answer.keeper.clone())
                    .map(|case| Self::Grant(Box::new(case)))
            }
            "asset" => {
                let case = match this {
                    Some(Self::Asset(case)) => Some(*case),
                    _ => None,
                };
                Case::evolve(case, event, Asset::evolve, |a| a.keeper.clone())
                    .map(|case| Self::Asset(Box::new(case)))
            }
            "contract" => {
                let case = match this {
                    Some(Self::Contract(case)) => Some(*case),
                    _ => None,
                };
                Case::evolve(case, event, Contract::evolve, |c| c.listing.keeper.clone())
                    .map(|case| Self::Contract(Box::new(case)))
            }
            _ => match this {
                Some(Self::Matter(case)) => {
                    Some(Self::Matter(Box::new(Matter::evolve(Some(*case), event))))
                }
                None if event.definition.is_some() => {
                    Some(Self::Matter(Box::new(Matter::evolve(None, event))))
                }
                this => this,
            },
        }
    }

    /// Where what falls due in the stream is written.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Payment(case) => Some(&case.place),
            Self::Item(case) => Some(&case.place),
            Self::Query(case) => Some(&case.place),
            Self::Warning(case) => Some(&case.place),
            Self::Allocation(case) => Some(&case.place),
            Self::Grant(case) => Some(&case.place),
            Self::Asset(case) => Some(&case.place),
            Self::Contract(case) => Some(&case.place),
            Self::Matter(case) => Some(&case.place),
            Self::Book(_)
            | Self::Reserve(_)
            | Self::Account(_)
            | Self::Proposal(_)
            | Self::Known(_) => None,
        }
    }

    /// The deadlines open: the core's own, and those of the procedure.
    pub fn deadlines(&self) -> Vec<Deadline> {
        let (history, mut own) = match self {
            Self::Payment(case) => (&case.history, Vec::new()),
            Self::Item(case) => (&case.history, case.core.deadlines()),
            Self::Query(case) => (&case.history, case.core.deadlines()),
            Self::Warning(case) => (&case.history, case.core.deadlines()),
            Self::Allocation(case) => (&case.history, Vec::new()),
            Self::Grant(case) => (&case.history, Vec::new()),
            Self::Asset(case) => (&case.history, Vec::new()),
            Self::Contract(case) => (&case.history, case.core.deadlines()),
            Self::Matter(case) => return case.history.deadlines().to_vec(),
            Self::Book(_)
            | Self::Reserve(_)
            | Self::Account(_)
            | Self::Proposal(_)
            | Self::Known(_) => {
                return Vec::new();
            }
        };
        own.extend(history.iter().flat_map(|h| h.deadlines().iter().cloned()));
        own
    }
}

impl<T> Case<T> {
    fn evolve(
        this: Option<Self>,
        event: &Event,
        core: impl Fn(Option<T>, &Event) -> Option<T>,
        keeper: impl Fn(&T) -> UnitId,
    ) -> Option<Self> {
        let (history, before) = match this {
            Some(case) => (case.history, Some(case.core)),
            None => (None, None),
        };
        let after = core(before, event)?;
        // What no definition brought about is no part of the procedure's course.
        let history = match event.definition {
            Some(_) => Some(History::evolve(history, event)),
            None => history,
        };
        let place = Place { unit: event.unit.clone(), code: event.village, keeper: keeper(&after) };
        Some(Self { place, history, core: after })
    }
}
