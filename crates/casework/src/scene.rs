//! What one command can see: the copies of units and seats that were loaded. Answers the engine's questions about people.

use engines::procedure::{Facts, GuardInput, Roll};
use kernel::{
    Date, DefinitionRef, Level, Loaded, Place, Position, Refusal, Seat, Text, UnitId, Verdict,
};
use serde_json::Value;

use crate::{
    hears::copy,
    state::{HeldSeat, Seats, State, Unit},
};

/// The scene of a command.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The states.
    pub loaded: &'a Loaded<State>,
    /// Where the command happens.
    pub place: &'a Place,
    /// The day, in Asia/Shanghai.
    pub today: Date,
}

impl<'a> Scene<'a> {
    /// What is known of a unit.
    pub fn unit(&self, unit: &UnitId) -> Option<&'a Unit> {
        match self.loaded.state(&copy("unit", unit))? {
            State::Unit(unit) => Some(unit),
            _ => None,
        }
    }

    /// The unit and those above it, as far as they were loaded.
    pub fn chain(&self) -> Vec<UnitId> {
        let mut chain = vec![self.place.unit.clone()];
        let mut at = self.unit(&self.place.unit);
        while let Some(parent) = at.and_then(|unit| unit.parent.as_ref()) {
            if chain.contains(parent) {
                break;
            }
            chain.push(parent.clone());
            at = self.unit(parent);
        }
        chain
    }

    fn seats(&self, unit: &UnitId) -> Option<&'a Seats> {
        match self.loaded.state(&copy("seats", unit))? {
            State::Seats(seats) => Some(seats),
            _ => None,
        }
    }

    /// Whether the command's place is the unit's own, as organisation tells.
    ///
    /// # Errors
    /// Not known here yet; or the place is not this unit's.
    pub fn place_is_true(&self) -> Result<(), Verdict> {
        let unit = self
            .unit(&self.place.unit)
            .ok_or_else(|| Verdict::not_known(("单位", "unit"), &self.place.unit))?;
        if unit.keeper == self.place.keeper && unit.code == self.place.code {
            return Ok(());
        }
        Err(Refusal::field(
            "/place",
            Text::new(
                "所填代码或保管单位与该单位不符",
                "The code or keeper is not that of this unit",
            ),
            Text::new("请从该单位的页面进入", "Start from the page of that unit"),
        )
        .into())
    }

    /// Whether this very text of the definition has been adopted and is in force.
    pub fn is_adopted(&self, id: &str, reference: &DefinitionRef) -> bool {
        let Some(State::Adopted(adopted)) = self.loaded.state(&copy("definition", id)) else {
            return false;
        };
        adopted
            .versions
            .values()
            .any(|(hash, from)| *from <= self.today && reference.as_str() == format!("{id}@{hash}"))
    }

    /// The positions of the foreign facts that were looked at.
    pub fn relied_on(&self) -> Vec<Position> {
        let mut positions: Vec<Position> = self
            .loaded
            .iter()
            .filter_map(|(_, _, state)| state?.as_of())
            .flat_map(|as_of| as_of.positions().collect::<Vec<_>>())
            .collect();
        positions.sort();
        positions.dedup();
        positions
    }
}

impl Facts for Scene<'_> {
    /// The holders of the seats of a body, or of a post, in the unit and those above it.
    fn roll(&self, body: &str) -> Option<Roll> {
        let mut members: Vec<String> = self
            .chain()
            .iter()
            .filter_map(|unit| self.seats(unit))
            .flat_map(|seats| seats.seats.values())
            .filter(|seat| (seat.body == body || seat.post == body) && seat.is_held(self.today))
            .map(|seat| seat.holder.clone())
            .collect();
        members.sort();
        members.dedup();
        (!members.is_empty()).then_some(Roll { members })
    }

    fn holds(&self, seat: &Seat, post_or_body: &str) -> bool {
        if !self.chain().contains(&seat.unit) {
            return false;
        }
        let level = Level::parse(post_or_body);
        let named = seat.body == post_or_body
            || seat.post == post_or_body
            || level.is_some_and(|level| self.unit(&seat.unit).is_some_and(|u| u.level == level));
        let is_it = |held: &HeldSeat| {
            held.holder == seat.holder && held.body == seat.body && held.post == seat.post
        };
        named
            && self.seats(&seat.unit).is_some_and(|seats| {
                seats.seats.values().any(|s| is_it(s) && s.is_held(self.today))
            })
    }

    /// The checker lets no guard through: this is reached by no sound set, and refuses.
    fn guard(&self, key: &str, _: &GuardInput<'_>) -> Result<Value, Verdict> {
        Err(Refusal::new(
            "guard-unknown",
            Text::new(
                format!("本服务没有核验规则“{key}”"),
                format!("There is no guard `{key}` here"),
            ),
            Text::new("请修改程序定义", "Correct the definition"),
        )
        .into())
    }

    /// Kinship is not known to this service: the engine fails closed.
    fn conflicted(&self, _: &str, _: &Value) -> Option<bool> {
        None
    }
}
