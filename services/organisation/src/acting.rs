//! What the engine may ask while one step is decided: rolls, seats, guards, conflicts. Over the loaded states alone.

use casework::{Case, catalogue::NO_CONFLICT};
use definitions::Definition;
use engines::procedure::{Act, Facts, GuardInput, Roll, Sitting};
use kernel::{Command, Loaded, Seat, Verdict};
use serde_json::Value;

use crate::{
    bodies, cases,
    command::{Ask, State},
    concern::Concern,
    facts::{progress::Proposal, proposal::Around, roll, seat},
    known::above,
    rules::{self, Scene},
};

/// The facts of one command, for the engine.
pub(crate) struct Acting<'a> {
    around: &'a Around<'a>,
    proposal: Option<&'a Proposal>,
    sitting: Option<&'a Sitting>,
    /// The case that the act cites.
    cited: Option<&'a Case>,
    /// Whom a closed case concerns.
    concern: Option<Concern<'a>>,
    /// The seats of the unit above in whose seat somebody acts.
    above: Option<&'a seat::Seats>,
}

impl<'a> Acting<'a> {
    /// For a command in a village, with the proposal that it is about, if any.
    pub(crate) fn new(
        around: &'a Around<'a>,
        proposal: Option<&'a Proposal>,
        (definition, act): (&Definition, &'a Act),
        command: &Command<Ask>,
        loaded: &'a Loaded<State>,
    ) -> Self {
        let cited =
            cases::cited(definition, act).find_map(|stream| cases::of(loaded.state(&stream)));
        let sitting = act.sitting.as_ref();
        Self { around, proposal, sitting, cited, concern: None, above: above(command, loaded) }
    }

    /// In a closed case.
    pub(crate) fn concerning(self, concern: Option<Concern<'a>>) -> Self {
        Self { concern, ..self }
    }
}

impl Facts for Acting<'_> {
    fn roll(&self, body: &str) -> Option<Roll> {
        let day = self.sitting.map_or(self.around.now.date(), |sitting| sitting.held_on);
        roll::of(body, self.around.seats, self.around.village, day)
            .map(|attending| Roll { members: attending.members })
    }

    fn holds(&self, seat: &Seat, post_or_body: &str) -> bool {
        let today = self.around.now.date();
        let held = self.around.seats.is_some_and(|seats| seats.confirms(seat, today));
        let named = match bodies::find(post_or_body) {
            Some(body) => body.recorded_by().contains(&seat.body.as_str()),
            None => seat.post == post_or_body,
        };
        // a level above acts only in the seat of the township, county or province that this village lies in
        let lies_in = self.around.unit.is_some_and(|unit| {
            let formed = &unit.formed;
            formed.parent.as_ref() == Some(&seat.unit)
                || formed.keeper == seat.unit
                || formed.province == seat.unit
        });
        let from_above = lies_in && self.above.is_some_and(|seats| seats.confirms(seat, today));
        named && (held || from_above)
    }

    fn is_resident(&self, _id: &str, kind: &str) -> bool {
        // whoever lives in the village may object; access ties the id to the village
        kind == "villager"
    }

    fn guard(&self, key: &str, input: &GuardInput<'_>) -> Result<Value, Verdict> {
        if key == NO_CONFLICT {
            let unknown =
                || Verdict::Unavailable("nobody knows whom an open case concerns".to_owned());
            let concern = self.concern.as_ref().ok_or_else(unknown)?;
            return concern.step_aside(input).map(|()| Value::Null);
        }
        let scene = Scene {
            around: self.around,
            proposal: self.proposal,
            cited: self.cited,
            sitting: self.sitting,
        };
        rules::run(key, input, &scene)
    }

    fn conflicted(&self, holder: &str, _with: &Value) -> Option<bool> {
        match &self.concern {
            Some(concern) => concern.conflicted(holder),
            None => self.around.conflicted(holder),
        }
    }
}
