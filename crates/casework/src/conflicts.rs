//! Who is in conflict with whom (回避), as far as organisation tells: two persons and a degree, no relation named. Unknown
//! means unknown: whoever asks refuses. Pure; knows no procedure.

use std::collections::{BTreeMap, BTreeSet};

use definitions::{Citations, Definition, FieldType};
use engines::procedure::GuardInput;
use kernel::{AsOf, Event, Refusal, Text, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What is known of a unit's office holders, by whoever keeps it or heard of it. Persons are ids of the register.
pub trait Kinship {
    /// The person behind an office holder.
    fn person(&self, holder: &str) -> Option<&str>;

    /// Whether two persons are in conflict; `None`: not known.
    fn between(&self, one: &str, other: &str) -> Option<bool>;

    /// The office holders whose person is known.
    fn holders(&self) -> Vec<&str>;
}

/// The facts of organisation's closed logs that are heard by grant.
pub const HEARD: [&str; 4] =
    ["conflict-declared.v1", "conflict-ended.v1", "declaration-filed.v1", "holder-known.v1"];

/// What is known of one unit's office holders.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Conflicts {
    /// Pairs of ids of the register of persons, the lesser first; `false`: the conflict has ended.
    pub pairs: BTreeMap<String, bool>,
    /// Who declared, and how many pairs.
    pub declared: BTreeMap<String, u32>,
    /// The person behind an office holder.
    pub holders: BTreeMap<String, String>,
    /// Known as of.
    pub as_of: AsOf,
}

#[derive(Deserialize)]
struct Pair {
    party_a: String,
    party_b: String,
}

#[derive(Deserialize)]
struct Filed {
    party: String,
    pairs: u32,
}

#[derive(Deserialize)]
struct HolderKnown {
    holder: String,
    person: String,
}

impl Conflicts {
    /// With what an event of [`HEARD`] tells.
    ///
    /// # Errors
    /// When it lacks the fields that its type promises.
    pub fn hear(&mut self, event: &Event) -> Result<(), serde_json::Error> {
        match event.fact() {
            "declaration-filed.v1" => {
                let filed: Filed = event.read()?;
                self.declared.insert(filed.party, filed.pairs);
            }
            "holder-known.v1" => {
                let known: HolderKnown = event.read()?;
                self.holders.insert(known.holder, known.person);
            }
            fact => {
                let pair: Pair = event.read()?;
                let key = Self::key(&pair.party_a, &pair.party_b);
                self.pairs.insert(key, fact == "conflict-declared.v1");
            }
        }
        Ok(())
    }

    fn key(a: &str, b: &str) -> String {
        if a <= b { format!("{a} {b}") } else { format!("{b} {a}") }
    }

    /// Whether one has declared, and all that was declared is known here.
    fn has_declared(&self, person: &str) -> bool {
        let known = self.pairs.keys().filter(|key| key.split(' ').any(|p| p == person)).count();
        let declared = self.declared.get(person).copied();
        declared.is_some_and(|pairs| u32::try_from(known).unwrap_or(u32::MAX) >= pairs)
    }
}

impl Kinship for Conflicts {
    fn person(&self, holder: &str) -> Option<&str> {
        self.holders.get(holder).map(String::as_str)
    }

    fn between(&self, one: &str, other: &str) -> Option<bool> {
        if self.pairs.get(&Self::key(one, other)) == Some(&true) {
            return Some(true);
        }
        (self.has_declared(one) || self.has_declared(other)).then_some(false)
    }

    fn holders(&self) -> Vec<&str> {
        self.holders.keys().map(String::as_str).collect()
    }
}

/// Whether an office holder is, or is in conflict with, somebody: a holder's id, `{"person": id}`; an organisation is
/// nobody's kin. `None`: not known.
pub fn conflicted<K: Kinship>(known: &[&K], holder: &str, party: &Value) -> Option<bool> {
    let person_of = |holder: &str| known.iter().find_map(|of| of.person(holder)).map(str::to_owned);
    if party.get("organisation").is_some() || party.get("sha256").is_some() {
        return party.get("organisation").map(|_| false);
    }
    let other = match party {
        Value::String(other) if other == holder => return Some(true),
        Value::String(other) => person_of(other)?,
        _ => party.get("person")?.as_str()?.to_owned(),
    };
    let own = person_of(holder)?;
    if own == other {
        return Some(true);
    }
    let found: Vec<bool> = known.iter().filter_map(|of| of.between(&own, &other)).collect();
    if found.contains(&true) { Some(true) } else { found.first().copied() }
}

/// Whoever acts in a matter or is appointed in it is none of these parties, nor their kin; who is not known to be unrelated
/// steps aside too. Nothing of it is recorded: it would name whose matter it is.
///
/// # Errors
/// `conflict`, or `conflict-unknown`.
pub fn step_aside<K: Kinship>(
    known: &[&K],
    parties: &[Value],
    input: &GuardInput<'_>,
) -> Result<(), Verdict> {
    let mut who = appointed(input.definition, input.fields);
    who.extend(input.actor.holder().map(str::to_owned));
    for (party, holder) in parties.iter().flat_map(|party| who.iter().map(move |h| (party, h))) {
        let (code, what) = match conflicted(known, holder, party) {
            Some(false) => continue,
            Some(true) => (
                "conflict",
                Text::new(
                    "办理人是当事人或其亲属，须回避",
                    "Whoever handles it is a party, or kin of one, and steps aside",
                ),
            ),
            None => (
                "conflict-unknown",
                Text::new(
                    "办理人与当事人有无亲属关系尚不清楚",
                    "Whether whoever handles it is kin of a party is not known",
                ),
            ),
        };
        let remedy = Text::new(
            "请换人办理；或者由其先申报亲属关系",
            "Let somebody else do it; or let them declare their relatives first",
        );
        let law = input.definition.law_of(input.step, None).unwrap_or("default");
        let law = Citations::builtin().cite(law);
        return Err(Refusal::new(code, what, remedy).by_law(law).into());
    }
    Ok(())
}

/// Whether conflicts matter to a definition: its cases are closed, or it says whom they concern.
pub fn matter(definition: &Definition) -> bool {
    definition.is_closed() || definition.fields.values().any(|field| field.recuse)
}

/// Those whom a matter concerns, as its values name them.
pub fn concerned(definition: &Definition, values: &Map<String, Value>) -> Vec<Value> {
    let fields = definition.fields.values().filter(|field| field.recuse);
    fields.filter_map(|field| values.get(&field.name)).cloned().collect()
}

/// The office holders who are given something to do by these values.
pub fn appointed(definition: &Definition, values: &Map<String, Value>) -> BTreeSet<String> {
    let fields = definition.fields.values();
    fields
        .filter(|field| field.kind == FieldType::Holder && !field.recuse)
        .filter_map(|field| values.get(&field.name)?.as_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn known() -> Conflicts {
        let mut known = Conflicts::default();
        for holder in ["h1", "h2", "h3"] {
            known.holders.insert(holder.to_owned(), holder.replace('h', "p"));
        }
        known.declared.extend([("p1".to_owned(), 1), ("p2".to_owned(), 0)]);
        known.pairs.insert("p1 p9".to_owned(), true);
        known
    }

    #[test]
    fn kin_are_in_conflict_and_the_unknown_is_unknown() {
        let known = known();
        let ask = |holder: &str, party: Value| conflicted(&[&known], holder, &party);
        assert_eq!(ask("h1", json!({"person": "p9"})), Some(true));
        assert_eq!(ask("h1", json!({"person": "p8"})), Some(false));
        assert_eq!(ask("h3", json!({"person": "p8"})), None, "has declared nothing");
        assert_eq!(ask("h3", json!({"person": "p2"})), Some(false), "the other has");
        assert_eq!(ask("h7", json!({"person": "p8"})), None, "nobody knows who it is");
        assert_eq!(ask("h1", json!("h1")), Some(true), "oneself");
        assert_eq!(ask("h1", json!("h2")), Some(false));
        assert_eq!(ask("h1", json!("h7")), None);
        assert_eq!(ask("h1", json!({"organisation": "合作社"})), Some(false));
        assert_eq!(ask("h1", json!({"sha256": "x", "class": "sealed"})), None, "erased");
        assert_eq!(conflicted::<Conflicts>(&[], "h1", &json!({"person": "p9"})), None);
    }

    #[test]
    fn a_declaration_counts_only_when_all_of_it_is_known() {
        let mut known = known();
        known.declared.insert("p1".to_owned(), 2);
        let party = json!({"person": "p8"});
        assert_eq!(conflicted(&[&known], "h1", &party), None);
        known.pairs.insert("p1 p7".to_owned(), false);
        assert_eq!(conflicted(&[&known], "h1", &party), Some(false));
    }
}
