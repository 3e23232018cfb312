//! Conflicts of interest and kinship (亲属回避), in the closed log: parties and degree, never the relation.
//!
//! Symmetric, and fails closed: two people are known to be unrelated only when one of them has filed a declaration.
//! Here alone an office holder's opaque id is tied to the person register.

use std::collections::{BTreeMap, BTreeSet};

use casework::conflicts::Kinship;
use kernel::{Decision, Draft, Event, Refusal, StreamId, Text, UnitId, Verdict};
use serde::{Deserialize, Serialize};

use super::{check_id, draft};
use crate::laws::law;

/// How close, without naming the relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Degree {
    /// Spouse, parents, children, siblings, grandparents, grandchildren (近亲属).
    CloseKin,
    /// Other kin (其他亲属).
    Kin,
    /// A common interest without kinship (利害关系).
    Interest,
}

/// `conflict-declared.v1`, closed: two people have a conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictDeclared {
    /// The lesser of the two person-register ids.
    pub party_a: String,
    /// The greater.
    pub party_b: String,
    /// How close.
    pub degree: Degree,
}

/// `conflict-ended.v1`, closed: two people have no conflict any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictEnded {
    /// The lesser of the two person-register ids.
    pub party_a: String,
    /// The greater.
    pub party_b: String,
}

/// `declaration-filed.v1`, closed: somebody has declared all relatives in office; 0 for none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclarationFiled {
    /// Who, by person-register id.
    pub party: String,
    /// How many conflicts were declared with it.
    pub pairs: u32,
}

/// `holder-known.v1`, closed: which person an office holder is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolderKnown {
    /// The office holder's opaque id.
    pub holder: String,
    /// The person-register id.
    pub person: String,
}

/// `interest-declared.v1`, closed: a person has an interest in a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterestDeclared {
    /// The proposal.
    pub proposal: String,
    /// The person-register id.
    pub person: String,
}

/// See [`InterestDeclared`].
pub const INTEREST_DECLARED: &str = "interest-declared.v1";
/// The names of the events.
pub const CONFLICT_DECLARED: &str = "conflict-declared.v1";
/// See [`ConflictEnded`].
pub const CONFLICT_ENDED: &str = "conflict-ended.v1";
/// See [`DeclarationFiled`].
pub const DECLARATION_FILED: &str = "declaration-filed.v1";
/// See [`HolderKnown`].
pub const HOLDER_KNOWN: &str = "holder-known.v1";

/// One relative or partner that somebody declares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relative {
    /// Person-register id.
    pub person: String,
    /// How close.
    pub degree: Degree,
}

/// Asks to record somebody's declaration, all of it: earlier conflicts that it does not name stay until they are ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDeclaration {
    /// The unit whose offices it concerns.
    pub unit: UnitId,
    /// Who declares, by person-register id.
    pub party: String,
    /// Those declared; empty: none.
    pub relatives: Vec<Relative>,
}

/// Asks to record that a conflict has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndConflict {
    /// The unit whose offices it concerns.
    pub unit: UnitId,
    /// The two people, in any order.
    pub parties: [String; 2],
}

/// What is known of one unit's office holders. Kept by the service; no page shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflicts {
    persons: BTreeMap<String, String>,
    pairs: BTreeMap<String, BTreeMap<String, Degree>>,
    filed: BTreeSet<String>,
    interests: BTreeMap<String, BTreeSet<String>>,
}

/// The stream of a unit's conflicts.
pub fn stream(unit: &UnitId) -> StreamId {
    StreamId::of("conflicts", unit)
}

impl Kinship for Conflicts {
    fn person(&self, holder: &str) -> Option<&str> {
        self.person(holder)
    }

    fn between(&self, one: &str, other: &str) -> Option<bool> {
        self.between(one, other)
    }

    fn holders(&self) -> Vec<&str> {
        self.persons.keys().map(String::as_str).collect()
    }
}

impl Conflicts {
    /// The person behind an office holder.
    pub fn person(&self, holder: &str) -> Option<&str> {
        self.persons.get(holder).map(String::as_str)
    }

    /// The office holder that a person is, if any.
    pub fn holder(&self, person: &str) -> Option<&str> {
        self.persons.iter().find(|(_, p)| *p == person).map(|(holder, _)| holder.as_str())
    }

    /// Whether this person has filed a declaration.
    pub fn has_filed(&self, person: &str) -> bool {
        self.filed.contains(person)
    }

    /// Whether two people have a conflict; `None` when neither has filed a declaration.
    pub fn between(&self, one: &str, other: &str) -> Option<bool> {
        if one == other {
            return Some(true);
        }
        let (a, b) = ordered(one, other);
        if self.pairs.get(a).is_some_and(|with| with.contains_key(b)) {
            return Some(true);
        }
        (self.has_filed(one) || self.has_filed(other)).then_some(false)
    }

    /// Whether an office holder has a conflict with anybody who has an interest in this proposal; `None` when unknown.
    pub fn conflicted(&self, holder: &str, proposal: &str) -> Option<bool> {
        let Some(interested) = self.interests.get(proposal).filter(|set| !set.is_empty()) else {
            return Some(false);
        };
        // a number on a posted list is nobody's id: whoever is concerned steps aside without being looked up
        if super::roll::is_place_on_list(holder) {
            return Some(false);
        }
        let person = self.person(holder)?;
        let mut known = true;
        for other in interested {
            match self.between(person, other) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => known = false,
            }
        }
        known.then_some(false)
    }

    /// What is known once this is declared too.
    #[must_use]
    pub fn with(mut self, declared: &FileDeclaration) -> Self {
        for relative in &declared.relatives {
            let (a, b) = ordered(&declared.party, &relative.person);
            self.pairs.entry(a.to_owned()).or_default().insert(b.to_owned(), relative.degree);
        }
        self.filed.insert(declared.party.clone());
        self
    }

    /// The degree of a declared conflict.
    pub fn degree(&self, one: &str, other: &str) -> Option<Degree> {
        let (a, b) = ordered(one, other);
        self.pairs.get(a)?.get(b).copied()
    }
}

fn ordered<'a>(one: &'a str, other: &'a str) -> (&'a str, &'a str) {
    if one <= other { (one, other) } else { (other, one) }
}

/// Records a declaration: an event a conflict that is new, and one that closes it with their number.
///
/// # Errors
/// A refusal when somebody is declared twice or as their own relative.
pub fn file(ask: &FileDeclaration, known: Option<&Conflicts>) -> Result<Decision, Verdict> {
    check_id("/party", &ask.party)?;
    let mut events = Vec::new();
    let mut seen = BTreeSet::new();
    for (at, relative) in ask.relatives.iter().enumerate() {
        let field = format!("/relatives/{at}/person");
        check_id(&field, &relative.person)?;
        if relative.person == ask.party {
            return Err(Refusal::field(
                field,
                Text::new("不能申报本人为自己的亲属。", "Nobody is their own relative."),
                Text::new("请删去该行。", "Remove this line."),
            )
            .into());
        }
        if !seen.insert(relative.person.as_str()) {
            return Err(Refusal::field(
                field,
                Text::new("同一人申报了两次。", "The same person is declared twice."),
                Text::new(
                    "每人只填一行，取最近的关系。",
                    "One line a person, with the closest degree.",
                ),
            )
            .into());
        }
        if known.and_then(|known| known.degree(&ask.party, &relative.person))
            == Some(relative.degree)
        {
            continue;
        }
        let (a, b) = ordered(&ask.party, &relative.person);
        let declared = ConflictDeclared {
            party_a: a.to_owned(),
            party_b: b.to_owned(),
            degree: relative.degree,
        };
        events.push(draft(stream(&ask.unit), CONFLICT_DECLARED, &declared)?.closed());
    }
    let filed = DeclarationFiled {
        party: ask.party.clone(),
        pairs: u32::try_from(ask.relatives.len()).unwrap_or(u32::MAX),
    };
    events.push(draft(stream(&ask.unit), DECLARATION_FILED, &filed)?.closed());
    Ok(Decision { events, claims: Vec::new() })
}

/// Records that a conflict has ended.
///
/// # Errors
/// A refusal when no such conflict is declared.
pub fn end(ask: &EndConflict, known: Option<&Conflicts>) -> Result<Decision, Verdict> {
    let [one, other] = &ask.parties;
    if known.and_then(|known| known.degree(one, other)).is_none() {
        return Err(Refusal::new(
            "no-such-conflict",
            Text::new("没有申报过这项回避关系。", "No such conflict is declared."),
            Text::new("请核对双方。", "Check the two parties."),
        )
        .by_law(law("OLVC 37"))
        .at("/parties")
        .into());
    }
    let (a, b) = ordered(one, other);
    let ended = ConflictEnded { party_a: a.to_owned(), party_b: b.to_owned() };
    let event = draft(stream(&ask.unit), CONFLICT_ENDED, &ended)?.closed();
    Ok(Decision { events: vec![event], claims: Vec::new() })
}

/// The closed event that ties an office holder to a person, when it is not known yet.
///
/// # Errors
/// A refusal when the holder is another person, or the person another holder: two ids for one person would undo every
/// rule that keeps offices apart.
pub fn tie(
    unit: &UnitId,
    holder: &str,
    person: &str,
    known: Option<&Conflicts>,
) -> Result<Option<Draft>, Verdict> {
    if let Some(known) = known {
        match (known.person(holder), known.holder(person)) {
            (Some(same), _) if same == person => return Ok(None),
            (None, None) => {}
            _ => {
                return Err(Refusal::new(
                    "holder-person",
                    Text::new(
                        "该任职人员编号与人员登记不一致：一人只有一个任职编号。",
                        "This office-holder id belongs to somebody else, or this person has another: one person has one id.",
                    ),
                    Text::new(
                        "请使用该人已有的任职编号。",
                        "Use the office-holder id that this person has already.",
                    ),
                )
                .by_law(law("OLVC 37"))
                .at("/holder")
                .into());
            }
        }
    }
    let fact = HolderKnown { holder: holder.to_owned(), person: person.to_owned() };
    Ok(Some(draft(stream(unit), HOLDER_KNOWN, &fact)?.closed()))
}

/// The closed event that somebody has an interest in a proposal.
///
/// # Errors
/// Only when the fact cannot be written.
pub fn interest(unit: &UnitId, proposal: &str, person: &str) -> Result<Draft, Verdict> {
    let fact = InterestDeclared { proposal: proposal.to_owned(), person: person.to_owned() };
    Ok(draft(stream(unit), INTEREST_DECLARED, &fact)?.closed())
}

/// What is known after an event of the stream.
pub fn evolve(known: Option<Conflicts>, event: &Event) -> Option<Conflicts> {
    let mut known = known.unwrap_or_default();
    match event.fact() {
        CONFLICT_DECLARED => {
            if let Some(fact) = super::read::<ConflictDeclared>(event) {
                known.pairs.entry(fact.party_a).or_default().insert(fact.party_b, fact.degree);
            }
        }
        CONFLICT_ENDED => {
            if let Some(fact) = super::read::<ConflictEnded>(event)
                && let Some(with) = known.pairs.get_mut(&fact.party_a)
            {
                with.remove(&fact.party_b);
            }
        }
        DECLARATION_FILED => {
            if let Some(fact) = super::read::<DeclarationFiled>(event) {
                known.filed.insert(fact.party);
            }
        }
        INTEREST_DECLARED => {
            if let Some(fact) = super::read::<InterestDeclared>(event) {
                known.interests.entry(fact.proposal).or_default().insert(fact.person);
            }
        }
        HOLDER_KNOWN => {
            if let Some(fact) = super::read::<HolderKnown>(event) {
                known.persons.insert(fact.holder, fact.person);
            }
        }
        _ => {}
    }
    Some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(pairs: &[(&str, &str)], filed: &[&str]) -> Conflicts {
        let mut known = Conflicts::default();
        for (a, b) in pairs {
            let (a, b) = ordered(a, b);
            known.pairs.entry(a.into()).or_default().insert(b.into(), Degree::CloseKin);
        }
        known.filed = filed.iter().map(|p| (*p).to_owned()).collect();
        known
    }

    #[test]
    fn a_conflict_is_symmetric_and_fails_closed() {
        let known = known(&[("p2", "p1")], &["p1"]);
        assert_eq!(known.between("p1", "p2"), Some(true));
        assert_eq!(known.between("p2", "p1"), Some(true));
        assert_eq!(known.between("p1", "p3"), Some(false));
        assert_eq!(known.between("p3", "p1"), Some(false));
        assert_eq!(known.between("p3", "p4"), None);
        assert_eq!(known.between("p3", "p3"), Some(true));
    }

    #[test]
    fn nobody_is_declared_twice_or_their_own_relative() {
        let ask = |relatives: &[&str]| FileDeclaration {
            unit: "v".into(),
            party: "p1".into(),
            relatives: relatives
                .iter()
                .map(|p| Relative { person: (*p).to_owned(), degree: Degree::Kin })
                .collect(),
        };
        assert!(matches!(file(&ask(&["p1"]), None), Err(Verdict::Refused(_))));
        assert!(matches!(file(&ask(&["p2", "p2"]), None), Err(Verdict::Refused(_))));
        let decision = file(&ask(&["p2", "p3"]), None).unwrap();
        assert_eq!(decision.events.len(), 3);
        assert!(decision.events.iter().all(|e| e.log == kernel::LogKind::Closed));
        assert_eq!(file(&ask(&[]), None).unwrap().events.len(), 1);
    }
}
