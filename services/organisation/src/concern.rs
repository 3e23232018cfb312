//! Whom a closed case concerns (当事人), through all the cases that it cites, and who steps aside for them (回避). Pure; knows
//! no procedure.

use casework::{
    Case,
    conflicts::{self, concerned},
};
use definitions::{Definition, Definitions, FieldType, Optional};
use engines::procedure::{Act, GuardInput, governing};
use kernel::{Loaded, StreamId, UnitId, Verdict};
use serde_json::{Map, Value};

use crate::{
    cases::{self, cites},
    command::State,
    facts::{conflict, roll, unit},
    known::{the_conflicts, the_unit},
};

/// A way through the cases that a case cites, back to the first. Whoever looks a case up tells what it holds.
pub(crate) struct Trail<'a> {
    definitions: &'a Definitions,
    parties: Vec<Value>,
    seen: Vec<StreamId>,
    next: Vec<StreamId>,
}

impl<'a> Trail<'a> {
    /// From a case under this definition, by its values.
    pub(crate) fn from(
        definitions: &'a Definitions,
        definition: &Definition,
        values: &Map<String, Value>,
    ) -> Self {
        let mut trail =
            Self { definitions, parties: Vec::new(), seen: Vec::new(), next: Vec::new() };
        trail.note(definition, values);
        trail
    }

    /// The next case that is to be looked up.
    pub(crate) fn next(&mut self) -> Option<StreamId> {
        self.next.pop()
    }

    /// What was found of it. Of a closed case that is not there, or was erased, nobody knows whom it concerns.
    pub(crate) fn tell(&mut self, stream: &StreamId, case: Option<&Case>) {
        let sealed = |one: &&Definition| one.stream == stream.kind() && one.is_closed();
        let (case, any) = match (case, self.definitions.iter().find(sealed)) {
            (Some(case), Some(any)) => (case, any),
            (Some(case), None) if case.closed.is_none() => return,
            (None, None) => return,
            _ => return self.parties.push(Value::Null),
        };
        let began = case.history.began_under.as_ref().and_then(|one| one.as_str().split_once('@'));
        let began = began.map_or(any.id.as_str(), |(id, _)| id);
        let definition = governing(self.definitions, began, Some(&case.history)).unwrap_or(any);
        self.note(definition, &case.history.values);
    }

    /// Those whom the cases concern; `null` for somebody who is not known any more.
    pub(crate) fn parties(self) -> Vec<Value> {
        self.parties
    }

    fn note(&mut self, definition: &Definition, values: &Map<String, Value>) {
        self.parties.extend(concerned(definition, values));
        let firsts = definition.steps.iter().filter(|step| definition.is_first(step));
        let told_at_first = firsts.flat_map(|step| definition.form(step)).any(|field| {
            let tells = field.recuse || matches!(field.kind, FieldType::Ref(_));
            tells && field.optional == Optional::No && !values.contains_key(&field.name)
        });
        if told_at_first {
            self.parties.push(Value::Null);
        }
        for stream in cites(definition, values) {
            if !self.seen.contains(&stream) {
                self.seen.push(stream.clone());
                self.next.push(stream);
            }
        }
    }
}

/// What is known of a closed case when somebody acts in it.
pub(crate) struct Concern<'a> {
    parties: Vec<Value>,
    known: Vec<&'a conflict::Conflicts>,
}

impl<'a> Concern<'a> {
    /// Of a case with what is typed now, in a unit, as far as it was loaded.
    pub(crate) fn of(
        definitions: &Definitions,
        definition: &Definition,
        (case, act): (Option<&Case>, &Act),
        unit: &UnitId,
        loaded: &'a Loaded<State>,
    ) -> Self {
        let mut trail = Trail::from(definitions, definition, &values(case, act));
        while let Some(stream) = trail.next() {
            trail.tell(&stream, cases::of(loaded.state(&stream)));
        }
        let units = chain(unit, loaded);
        let known = units.iter().filter_map(|unit| the_conflicts(loaded, unit)).collect();
        Self { parties: trail.parties(), known }
    }

    /// The guard.
    ///
    /// # Errors
    /// `conflict`, or `conflict-unknown`.
    pub(crate) fn step_aside(&self, input: &GuardInput<'_>) -> Result<(), Verdict> {
        conflicts::step_aside(&self.known, &self.parties, input)
    }

    /// Whether a member of a body that votes is in conflict with anybody whom the case concerns; `None`: not known. A number
    /// on a posted list is nobody's name: whoever is concerned steps aside without being looked up.
    pub(crate) fn conflicted(&self, holder: &str) -> Option<bool> {
        if roll::is_place_on_list(holder) {
            return Some(false);
        }
        let each = |party| conflicts::conflicted(&self.known, holder, party);
        let found: Vec<Option<bool>> = self.parties.iter().map(each).collect();
        if found.contains(&Some(true)) {
            return Some(true);
        }
        (!found.contains(&None)).then_some(false)
    }
}

/// What a decision about a closed case reads besides the case: those that it cites, and the conflicts in its unit and above.
pub(crate) fn reads(
    definitions: &Definitions,
    definition: &Definition,
    (case, act): (Option<&Case>, &Act),
    unit: &UnitId,
    loaded: &Loaded<State>,
) -> Vec<StreamId> {
    let units = chain(unit, loaded);
    let mut streams: Vec<StreamId> =
        units.iter().flat_map(|unit| [unit::stream(unit), conflict::stream(unit)]).collect();
    let mut trail = Trail::from(definitions, definition, &values(case, act));
    while let Some(stream) = trail.next() {
        trail.tell(&stream, cases::of(loaded.state(&stream)));
        streams.push(stream);
    }
    streams
}

fn values(case: Option<&Case>, act: &Act) -> Map<String, Value> {
    let mut values = case.map(|case| case.history.values.clone()).unwrap_or_default();
    values.extend(act.fields.clone());
    values
}

/// A unit and those above it, as far as they were loaded.
fn chain(unit: &UnitId, loaded: &Loaded<State>) -> Vec<UnitId> {
    let mut chain = vec![unit.clone()];
    let parent = |unit: &UnitId| the_unit(loaded, unit).and_then(|unit| unit.formed.parent.clone());
    let mut above = parent(unit);
    while let Some(unit) = above.filter(|unit| !chain.contains(unit)) {
        above = parent(&unit);
        chain.push(unit);
    }
    chain
}
