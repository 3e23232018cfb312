//! What a visitor may see of a case: its sealed values opened one by one, each by the gate, each opening recorded first.

use std::collections::BTreeSet;

use access::{Action, Gate, Resource};
use definitions::{Definition, Who};
use desk::{PlaceShown, Visitor};
use engines::procedure::ENGINE_KEYS;
use kernel::{Actor, Class, Position, Timestamp, UnitId, Verdict};
use sealed::{Opener, SealedError, Vault};
use serde_json::{Map, Value};

use crate::case::KEEPER;

/// The posts that the main line of a procedure names.
pub fn posts(definition: &Definition, posts_of: impl Fn(&str) -> Vec<String>) -> BTreeSet<String> {
    let mut posts: BTreeSet<String> = BTreeSet::new();
    for step in definition.steps.iter().filter(|step| step.is_main()) {
        match &step.by.who {
            Who::Post(named) => posts.extend(named.iter().cloned()),
            Who::Body(body) => posts.extend(posts_of(body)),
            Who::MatterBody | Who::Tier(_) | Who::Resident(_) | Who::System(_) => {}
        }
    }
    posts
}

/// Those posts here and in the units above: the case officers of what is sealed in it.
pub fn officers(
    definition: &Definition,
    place: &PlaceShown,
    posts_of: impl Fn(&str) -> Vec<String>,
) -> Vec<(UnitId, String)> {
    let posts = posts(definition, posts_of);
    let units = place.path.iter().chain([&place.place.unit]);
    units.flat_map(|unit| posts.iter().map(|post| (unit.clone(), post.clone()))).collect()
}

/// How a case is looked at.
pub struct Sight<'a> {
    /// The service.
    pub service: &'static str,
    /// Says what may be seen.
    pub gate: &'a Gate,
    /// Opens.
    pub vault: &'a Vault,
    /// When.
    pub now: Timestamp,
    /// The case officers of what is sealed.
    pub officers: Vec<(UnitId, String)>,
}

impl Sight<'_> {
    /// The values of an event that this visitor may see, and those of them that were opened; commitments stay where a value
    /// stays closed.
    ///
    /// # Errors
    /// Unavailable, when the vault is out of reach.
    pub async fn shown(
        &self,
        visitor: &Visitor,
        place: &PlaceShown,
        position: &Position,
        mut values: Map<String, Value>,
    ) -> Result<(Map<String, Value>, Map<String, Value>), Verdict> {
        values.retain(|key, _| key != KEEPER && !ENGINE_KEYS.contains(&key.as_str()));
        let mut opened = Map::new();
        let fields: Vec<(String, Class)> = values
            .iter()
            .filter_map(|(field, value)| {
                value.get("sha256")?;
                let class = serde_json::from_value(value.get("class")?.clone()).ok()?;
                Some((field.clone(), class))
            })
            .collect();
        for (field, class) in fields {
            let resource =
                Resource::new(place.place.unit.clone(), place.path.clone(), self.service, class)
                    .handled_by(self.officers.clone());
            if self.gate.may(&visitor.principal, &Action::Read, &resource, self.now).is_err() {
                continue;
            }
            let opener = Opener { actor: self.opener(visitor, place), reason: "desk".to_owned() };
            match self.vault.open_part(&position.log, position.index, &field, &opener).await {
                Ok(Some(part)) => {
                    let value = part.value().map_err(|e| Verdict::Unavailable(e.to_string()))?;
                    opened.insert(field, value);
                }
                Ok(None) | Err(SealedError::Restricted { .. }) => {}
                Err(error @ SealedError::NotRecorded(_)) => {
                    tracing::warn!(%error, log = %position.log, index = position.index, "stays closed");
                }
                Err(error) => return Err(Verdict::Unavailable(error.to_string())),
            }
        }
        values.extend(opened.clone());
        Ok((values, opened))
    }

    /// In which seat somebody opens: one of this unit, or else any.
    fn opener(&self, visitor: &Visitor, place: &PlaceShown) -> String {
        let seats = visitor.seats(self.now);
        let here = seats.iter().find(|seat| seat.unit == place.place.unit).or(seats.first());
        here.map_or_else(
            || format!("resident/{}", visitor.account()),
            |seat| Actor::Official(seat.clone()).to_string(),
        )
    }
}
