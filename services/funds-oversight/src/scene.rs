//! What one command can see: the loaded states, by what they are. Reads nothing else.

use std::collections::HashSet;

use casework::Case as Matter;
use definitions::Definition as Rules;
use engines::procedure::Roll;
use kernel::{Claim, Date, Level, Loaded, Place, Position, StreamId, UnitId, Verdict};

use crate::{
    facts::{
        self, allocation::Allocation, asset::Asset, bank::BankAccount, book::Book,
        contract::Contract, grant::Grant, item::Item, payment::Payment, proposal::Proposal,
        query::Query, reserve::Reserve, warning::Warning,
    },
    hears::{Conflicts, Known, ORGANISATION, Resolution, Seats, Unit},
    state::{Case, State},
};

/// The scene of a command.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The states.
    pub loaded: &'a Loaded<State>,
    /// Where the command happens.
    pub place: &'a Place,
    /// The day.
    pub today: Date,
    /// Declared claims that are taken.
    pub taken: &'a HashSet<Claim>,
}

/// The stream of a copy of one of organisation's facts.
pub fn copy(kind: &str, key: impl std::fmt::Display) -> StreamId {
    StreamId::foreign(ORGANISATION, kind, key)
}

impl<'a> Scene<'a> {
    /// The unit whose money it is.
    pub fn unit(&self) -> &'a UnitId {
        &self.place.unit
    }

    /// Its book.
    pub fn book(&self) -> Option<&'a Book> {
        match self.loaded.state(&facts::bookkeeping::stream(self.unit()))? {
            State::Book(book) => Some(book),
            _ => None,
        }
    }

    /// A headroom.
    pub fn reserve(&self, id: &str) -> Option<&'a Reserve> {
        match self.loaded.state(&facts::reserve::stream(id))? {
            State::Reserve(reserve) => Some(reserve),
            _ => None,
        }
    }

    /// A payment that was proposed.
    pub fn proposal(&self, id: &str) -> Option<&'a Proposal> {
        match self.loaded.state(&facts::proposal::stream(id))? {
            State::Proposal(proposal) => Some(proposal),
            _ => None,
        }
    }

    /// A bank account.
    pub fn account(&self, id: &str) -> Option<&'a BankAccount> {
        match self.loaded.state(&facts::bank::stream(id))? {
            State::Account(account) => Some(account),
            _ => None,
        }
    }

    /// A payment.
    pub fn payment(&self, id: &str) -> Option<&'a Case<Payment>> {
        match self.loaded.state(&facts::payment::stream(id))? {
            State::Payment(case) => Some(case),
            _ => None,
        }
    }

    /// A disclosed item.
    pub fn item(&self, id: &str) -> Option<&'a Case<Item>> {
        match self.loaded.state(&facts::item::stream(id))? {
            State::Item(case) => Some(case),
            _ => None,
        }
    }

    /// A question of the supervision committee.
    pub fn query(&self, id: &str) -> Option<&'a Case<Query>> {
        match self.loaded.state(&facts::query::stream(id))? {
            State::Query(case) => Some(case),
            _ => None,
        }
    }

    /// A warning.
    pub fn warning(&self, id: &str) -> Option<&'a Case<Warning>> {
        match self.loaded.state(&facts::warning::stream(id))? {
            State::Warning(case) => Some(case),
            _ => None,
        }
    }

    /// A card of the register of assets.
    pub fn asset(&self, id: &str) -> Option<&'a Case<Asset>> {
        match self.loaded.state(&facts::asset::stream(id))? {
            State::Asset(case) => Some(case),
            _ => None,
        }
    }

    /// Money that a level above offers.
    pub fn allocation(&self, id: &str) -> Option<&'a Case<Allocation>> {
        match self.loaded.state(&facts::allocation::stream(id))? {
            State::Allocation(case) => Some(case),
            _ => None,
        }
    }

    /// The answer to it.
    pub fn grant(&self, id: &str) -> Option<&'a Case<Grant>> {
        match self.loaded.state(&facts::grant::stream(id))? {
            State::Grant(case) => Some(case),
            _ => None,
        }
    }

    /// A contract of lease.
    pub fn contract(&self, id: &str) -> Option<&'a Case<Contract>> {
        match self.loaded.state(&facts::contract::stream(id))? {
            State::Contract(case) => Some(case),
            _ => None,
        }
    }

    /// A case of a procedure whose events are its own.
    pub fn case(&self, stream: &StreamId) -> Option<&'a Matter> {
        match self.loaded.state(stream)? {
            State::Matter(case) => Some(case),
            _ => None,
        }
    }

    fn known(&self, kind: &str, key: &str) -> Option<&'a Known> {
        match self.loaded.state(&copy(kind, key))? {
            State::Known(known) => Some(known),
            _ => None,
        }
    }

    /// What is known of a unit.
    ///
    /// # Errors
    /// Not known here yet.
    pub fn unit_known(&self, unit: &UnitId) -> Result<&'a Unit, Verdict> {
        match self.known("unit", unit.as_str()) {
            Some(Known::Unit(unit)) => Ok(unit),
            _ => Err(Verdict::not_known(("单位", "unit"), unit)),
        }
    }

    /// A resolution, as far as it was heard; `None` before its adoption was.
    pub fn resolution(&self, id: &str) -> Option<&'a Resolution> {
        match self.known("resolution", id)? {
            Known::Resolution(resolution) => Some(resolution),
            _ => None,
        }
    }

    /// The unit and those above it up to the keeper of its log, as far as they were loaded.
    pub fn chain(&self) -> Vec<UnitId> {
        let mut chain = vec![self.unit().clone()];
        let mut at = self.unit().clone();
        while let Some(Known::Unit(unit)) = self.known("unit", at.as_str()) {
            match &unit.parent {
                Some(parent) if at != self.place.keeper && !chain.contains(parent) => {
                    chain.push(parent.clone());
                    at = parent.clone();
                }
                _ => break,
            }
        }
        chain
    }

    /// The level of a unit of the chain.
    pub fn level(&self, unit: &UnitId) -> Option<Level> {
        self.unit_known(unit).ok().map(|u| u.level)
    }

    /// The seats of a unit.
    pub fn seats(&self, unit: &UnitId) -> Option<&'a Seats> {
        match self.known("seats", unit.as_str())? {
            Known::Seats(seats) => Some(seats),
            _ => None,
        }
    }

    /// The members of a body, or the holders of a post, in the unit and those above it.
    pub fn roll(&self, body: &str) -> Option<Roll> {
        let bodies: &[&str] = match body {
            "two-committees" => &["branch-committee", "village-committee"],
            other => &[other],
        };
        let mut members: Vec<String> = Vec::new();
        for unit in self.chain() {
            let seats = self.seats(&unit).into_iter().flat_map(|s| s.seats.values());
            let named = |name: &str| bodies.contains(&name);
            let of_body =
                seats.filter(|s| (named(&s.body) || named(&s.post)) && s.is_held(self.today));
            members.extend(of_body.map(|seat| seat.holder.clone()));
        }
        members.sort();
        members.dedup();
        (!members.is_empty()).then_some(Roll { members })
    }

    /// The conflicts declared in the unit and those above it.
    fn conflicts(&self) -> impl Iterator<Item = &'a Conflicts> {
        self.chain().into_iter().filter_map(|unit| {
            match self.known("conflicts", unit.as_str())? {
                Known::Conflicts(conflicts) => Some(conflicts),
                _ => None,
            }
        })
    }

    /// The person behind an office holder; `None` when no grant told.
    pub fn person_behind(&self, holder: &str) -> Option<String> {
        let seats = self.chain().into_iter().filter_map(|unit| self.seats(&unit));
        seats
            .filter_map(|seats| seats.person(holder))
            .next()
            .or_else(|| self.conflicts().find_map(|c| c.holders.get(holder).map(String::as_str)))
            .map(str::to_owned)
    }

    /// Whether an office holder and a person are kin, have an interest in common, or are the same. `None`: unknown, and
    /// whoever asks refuses.
    pub fn conflicted(&self, holder: &str, person: &str) -> Option<bool> {
        let official = self.person_behind(holder)?;
        let mut known = None;
        for conflicts in self.conflicts() {
            match conflicts.between(&official, person) {
                Some(true) => return Some(true),
                Some(false) => known = Some(false),
                None => {}
            }
        }
        if official == person { Some(true) } else { known }
    }

    /// The definition's versions that were adopted: hash and first day.
    pub fn adopted(&self, definition: &str) -> Option<&'a crate::hears::Definition> {
        match self.known("definition", definition)? {
            Known::Definition(definition) => Some(definition),
            _ => None,
        }
    }

    /// Whether this very text has been adopted and is in force today.
    pub fn is_in_force(&self, rules: &Rules) -> bool {
        self.adopted(&rules.id).is_some_and(|known| {
            known.versions.values().any(|(hash, from)| {
                *from <= self.today && rules.reference.as_str() == format!("{}@{hash}", rules.id)
            })
        })
    }

    /// The positions of the foreign facts that were looked at. Conflicts lie in a closed log whose entries say no unit: to
    /// name their positions here would say it, so that only the guard's outcome is recorded.
    pub fn relied_on(&self) -> Vec<Position> {
        let mut positions: Vec<Position> = self
            .loaded
            .iter()
            .filter_map(|(_, _, state)| match state? {
                State::Known(Known::Conflicts(_)) => None,
                State::Known(known) => Some(known.as_of().positions().collect::<Vec<_>>()),
                _ => None,
            })
            .flatten()
            .collect();
        positions.sort();
        positions.dedup();
        positions
    }
}
