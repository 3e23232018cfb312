//! What one command can see: the copies of units and seats that were loaded. Answers the engine's questions about people.

use definitions::Definition;
use engines::procedure::{Facts, GuardInput, Roll};
use kernel::{
    Date, DefinitionRef, Level, Loaded, Place, Position, Refusal, Seat, Text, UnitId, Verdict,
};
use serde_json::Value;

use crate::{
    catalogue::NO_CONFLICT,
    conflicts::{self, Conflicts},
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
    /// The unit that the matter concerns, where it lies at the level above.
    pub concerns: &'a UnitId,
    /// The id of the case: the one under which the person acts whose case it is.
    pub case: Option<&'a str>,
    /// Under which definition; none where no step is decided.
    pub definition: Option<&'a Definition>,
    /// The day, in Asia/Shanghai.
    pub today: Date,
}

impl<'a> Scene<'a> {
    /// Of what happens at a place and concerns it.
    pub fn of(loaded: &'a Loaded<State>, place: &'a Place, today: Date) -> Self {
        Self { loaded, place, concerns: &place.unit, case: None, definition: None, today }
    }

    /// What is known of a unit.
    pub fn unit(&self, unit: &UnitId) -> Option<&'a Unit> {
        match self.loaded.state(&copy("unit", unit))? {
            State::Unit(unit) => Some(unit),
            _ => None,
        }
    }

    /// The unit and those above it, as far as they were loaded.
    pub fn chain(&self) -> Vec<UnitId> {
        self.chain_of(&self.place.unit)
    }

    /// A unit and those above it, as far as they were loaded.
    pub fn chain_of(&self, unit: &UnitId) -> Vec<UnitId> {
        let mut chain = vec![unit.clone()];
        let mut at = self.unit(unit);
        while let Some(parent) = at.and_then(|unit| unit.parent.as_ref()) {
            if chain.contains(parent) {
                break;
            }
            chain.push(parent.clone());
            at = self.unit(parent);
        }
        chain
    }

    /// The place one level above the unit concerned.
    ///
    /// # Errors
    /// Not known here yet; or nothing lies above.
    pub fn above(&self) -> Result<Place, Verdict> {
        let unknown = |unit: &UnitId| Verdict::not_known(("该单位", "the unit"), unit);
        let unit = self.unit(self.concerns).ok_or_else(|| unknown(self.concerns))?;
        let Some(parent) = unit.parent.clone() else {
            return Err(Refusal::field(
                "/unit",
                Text::new("该单位之上没有上一级", "No level lies above this unit"),
                Text::new("请向国家有关机关反映", "Turn to the organs of the state"),
            )
            .into());
        };
        let above = self.unit(&parent).ok_or_else(|| unknown(&parent))?;
        Ok(Place { code: above.code, keeper: above.keeper.clone(), unit: parent })
    }

    /// The conflicts declared in the unit concerned and above it.
    pub fn conflicts(&self) -> Vec<&'a Conflicts> {
        let units = self.chain_of(self.concerns);
        let known = units.iter().filter_map(|unit| self.loaded.state(&copy("conflicts", unit)));
        known
            .filter_map(|state| match state {
                State::Conflicts(conflicts) => Some(conflicts),
                _ => None,
            })
            .collect()
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
            .filter_map(|(_, _, state)| match state? {
                // They lie in a closed log whose entries say no unit: to name their positions would say it.
                State::Conflicts(_) => None,
                state => state.as_of(),
            })
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

    /// The person whose case it is acts under the case's id alone.
    fn is_resident(&self, id: &str, _: &str) -> bool {
        self.case == Some(id)
    }

    fn guard(&self, key: &str, input: &GuardInput<'_>) -> Result<Value, Verdict> {
        if key == NO_CONFLICT {
            let mut values = input.values.clone();
            values.extend(input.fields.clone());
            let parties = conflicts::concerned(input.definition, &values);
            conflicts::step_aside(&self.conflicts(), &parties, input)?;
            return Ok(Value::Null);
        }
        // The checker lets no other guard through: this is reached by no sound set, and refuses.
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

    /// Fails closed: where the definition or its values name nobody whom it concerns, nobody is known to be free.
    fn conflicted(&self, holder: &str, with: &Value) -> Option<bool> {
        let concerned = conflicts::concerned(self.definition?, with.as_object()?);
        let known = self.conflicts();
        let found: Vec<Option<bool>> =
            concerned.iter().map(|party| conflicts::conflicted(&known, holder, party)).collect();
        if found.contains(&Some(true)) {
            return Some(true);
        }
        (!found.is_empty() && !found.contains(&None)).then_some(false)
    }
}
