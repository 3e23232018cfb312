//! The decisions of a service of casework. Pure: the same states, command and instant give the same events.

use std::{marker::PhantomData, sync::Arc};

use definitions::{Catalogue, Definition, Definitions, FieldType};
use engines::procedure::{History, governing};
use kernel::{
    Claim, Command, Context, Deadline, Decision, Domain, Draft, Event, Loaded, LogKind, Place,
    Position, Refusal, StreamId, Text, UnitId, Verdict,
};
use serde_json::{Map, Value, json};

use crate::{
    books,
    case::{self, Asked, Case},
    closed::{self, Lies},
    conflicts,
    hears::copy,
    openings::{self, KeepsOpenings},
    scene::Scene,
    state::State,
    take::{Ask, Take},
};

/// Written where a deadline passes of which the definitions in use know nothing any more.
pub const TIME_PASSED: &str = "time-passed.v1";

/// Which service this is.
pub trait Service: Send + Sync + 'static {
    /// Its name in types, subjects and addresses.
    const SERVICE: &'static str;

    /// What people call its desk.
    fn title() -> Text;

    /// The word for one of a field's values, where the desk has none.
    fn word(field: &str, value: &str) -> Option<Text> {
        let _ = (field, value);
        None
    }
}

/// A service's decisions under a set of definitions.
pub struct Casework<S> {
    definitions: Arc<Definitions>,
    catalogue: Arc<Catalogue>,
    service: PhantomData<fn() -> S>,
}

impl<S> Clone for Casework<S> {
    fn clone(&self) -> Self {
        Self {
            definitions: self.definitions.clone(),
            catalogue: self.catalogue.clone(),
            service: PhantomData,
        }
    }
}

impl<S: Service> Casework<S> {
    /// With definitions that were checked against this catalogue.
    pub fn new(definitions: Definitions, catalogue: Catalogue) -> Self {
        Self {
            definitions: Arc::new(definitions),
            catalogue: Arc::new(catalogue),
            service: PhantomData,
        }
    }

    /// The definitions in use.
    pub fn definitions(&self) -> &Arc<Definitions> {
        &self.definitions
    }

    /// What they were checked against.
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// The stream of the case that a step is taken on.
    fn stream_of(&self, take: &Take) -> Option<StreamId> {
        let definition = self.definitions.get(&take.act.procedure)?;
        let id = take.on.as_deref().or(take.new.as_deref())?;
        Some(StreamId::of(&definition.stream, id))
    }

    /// The definition that governs a step, when it was adopted.
    fn governs(
        &self,
        scene: &Scene<'_>,
        take: &Take,
        case: Option<&Case>,
    ) -> Result<&Definition, Verdict> {
        let history = case.map(|case| &case.history);
        let definition =
            governing(&self.definitions, &take.act.procedure, history).ok_or_else(|| {
                Refusal::field(
                    "/procedure",
                    Text::new("没有这个程序", "There is no such procedure"),
                    Text::new("请从办理页面进入", "Start from the page of the matter"),
                )
            })?;
        case::may_go_on(
            &self.definitions,
            &self.catalogue.citations,
            definition,
            history,
            |one| scene.is_adopted(&one.id, &one.reference),
        )?;
        Ok(definition)
    }

    fn take(
        &self,
        context: &mut Context<'_>,
        command: &Command<Ask>,
        take: &Take,
        loaded: &Loaded<State>,
    ) -> Result<Decision, Verdict> {
        let today = context.now.date();
        let here = Scene::of(loaded, &command.place, today);
        here.place_is_true()?;
        let case = match self.stream_of(take).filter(|_| take.on.is_some()) {
            Some(stream) => {
                let case = loaded.state(&stream).and_then(State::case);
                Some(
                    case.filter(|case| case.place.unit == command.place.unit)
                        .ok_or_else(unknown_case)?,
                )
            }
            None => None,
        };
        let definition = self.governs(&here, take, case)?;
        let above;
        let place = if case.is_none() && definition.kept_above {
            above = here.above()?;
            &above
        } else {
            &command.place
        };
        let concerns = case.and_then(Case::lies).map_or(&command.place.unit, |lies| lies.concerns);
        let id = take.on.clone().or_else(|| take.new.clone());
        let id = id.unwrap_or_else(|| context.entropy.opaque());
        let stream = StreamId::of(&definition.stream, &id);
        if case.is_none() && loaded.version(&stream) > 0 {
            return Err(unknown_case().into());
        }
        self.cited_are_here(definition, take, &command.place.unit, loaded)?;
        let case_id = Some(id.as_str());
        let scene =
            Scene { loaded, place, concerns, case: case_id, definition: Some(definition), today };
        let asked = Asked {
            definition,
            citations: &self.catalogue.citations,
            case,
            act: &take.act,
            actor: &command.actor,
        };
        let (outcome, claims) = case::decide(context, &asked, &scene)?;
        let books = books::written(
            definition,
            &self.catalogue.citations,
            &outcome.books,
            (&stream, loaded.version(&stream) + 1, &outcome.fact),
            &place.unit,
            loaded,
        )?;
        let begins_at = case.is_none().then_some(place);
        let mut draft = if definition.is_closed() {
            closed::written(definition, outcome, stream, Lies { place, concerns })
        } else {
            case::written(outcome, stream, begins_at)
        };
        relied(&mut draft.data, &scene);
        Ok(Decision { events: [vec![draft], books].concat(), claims })
    }

    /// The cases of this service that a step's values name: they exist, in the same unit, and have not ended.
    fn cited_are_here(
        &self,
        definition: &Definition,
        take: &Take,
        unit: &UnitId,
        loaded: &Loaded<State>,
    ) -> Result<(), Refusal> {
        for (field, stream) in self.cited(definition, take) {
            let case = loaded.state(&stream).and_then(State::case);
            if case.is_none_or(|case| case.place.unit != *unit || case.history.ended) {
                let label = &field.label;
                return Err(Refusal::field(
                    format!("/fields/{}", field.name),
                    Text::new(
                        format!("本单位没有这个“{}”，或已办结", label.zh),
                        format!("This unit has no such \"{}\", or it has ended", label.en),
                    ),
                    Text::new("请核对编号", "Check which one is meant"),
                ));
            }
        }
        Ok(())
    }

    fn cited<'a>(
        &self,
        definition: &'a Definition,
        take: &Take,
    ) -> Vec<(&'a definitions::Field, StreamId)> {
        let named = |field: &'a definitions::Field| {
            let FieldType::Ref(kind) = &field.kind else { return None };
            let id = take.act.fields.get(&field.name)?.as_str()?.trim();
            let own =
                self.definitions.iter().any(|other| other.stream == *kind && !other.is_closed());
            (own && !id.is_empty()).then(|| (field, StreamId::of(kind, id)))
        };
        definition.fields.values().filter_map(named).collect()
    }
}

/// With the positions of the foreign facts relied on.
fn relied(data: &mut Map<String, Value>, scene: &Scene<'_>) {
    let positions = serde_json::to_value(scene.relied_on()).unwrap_or(Value::Null);
    let relied = data.entry("relied_on").or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(relied) = relied {
        relied.insert("positions".to_owned(), positions);
    }
}

fn unknown_case() -> Refusal {
    Refusal::field(
        "/on",
        Text::new("该单位没有这件事项", "This unit has no such case"),
        Text::new("请核对编号", "Check which one is meant"),
    )
}

impl<S: Service> Domain for Casework<S> {
    type Command = Ask;
    type State = State;

    const SERVICE: &'static str = S::SERVICE;
    const STATE_FORMAT: i32 = 1;

    fn reads(&self, command: &Command<Ask>, loaded: &Loaded<State>) -> Vec<StreamId> {
        let take = match &command.body {
            Ask::Take(take) => take,
            Ask::RecordOpening { of, .. } => return vec![openings::opening(of)],
            Ask::Look { case, .. } => return vec![case.clone(), closed::looked(case)],
        };
        let scene = Scene::of(loaded, &command.place, kernel::Date::MIN);
        let mut streams = vec![copy("definition", &take.act.procedure)];
        let own = self.definitions.replacement(&take.act.procedure);
        streams.extend(own.map(|own| copy("definition", &own.id)));
        for unit in scene.chain() {
            streams.extend(["unit", "seats"].map(|kind| copy(kind, &unit)));
        }
        let stream = self.stream_of(take);
        let case = stream.as_ref().and_then(|stream| loaded.state(stream)?.case());
        let history = case.map(|case| &case.history);
        let definition = governing(&self.definitions, &take.act.procedure, history);
        if let Some(definition) = definition {
            streams.extend(books::reads(definition, &take.act.step, &command.place.unit));
            streams.extend(self.cited(definition, take).into_iter().map(|(_, stream)| stream));
        }
        if definition.is_some_and(conflicts::matter) {
            let concerns =
                case.and_then(Case::lies).map_or(&command.place.unit, |lies| lies.concerns);
            for unit in scene.chain_of(concerns) {
                streams.extend(["unit", "conflicts"].map(|kind| copy(kind, &unit)));
            }
        }
        streams.extend(stream);
        streams
    }

    /// Fields with `claim`, as typed: `<procedure>:<field>:<value>`.
    fn claims(&self, command: &Ask) -> Vec<Claim> {
        let Ask::Take(take) = command else { return Vec::new() };
        let Some(definition) = self.definitions.get(&take.act.procedure) else { return Vec::new() };
        case::claims(definition, &take.act)
    }

    fn decide(
        &self,
        context: &mut Context<'_>,
        command: &Command<Ask>,
        loaded: &Loaded<State>,
    ) -> Result<Decision, Verdict> {
        match &command.body {
            Ask::Take(take) => self.take(context, command, take, loaded),
            Ask::RecordOpening { of, field, reason } => {
                let event = openings::opened(of, field, reason);
                Ok(Decision { events: vec![event], claims: Vec::new() })
            }
            Ask::Look { case, reason } => {
                let state = loaded.state(case).and_then(State::case);
                let lies = state.and_then(Case::lies).ok_or_else(unknown_case)?;
                let draft = closed::look(case, reason, lies);
                Ok(Decision { events: vec![draft], claims: Vec::new() })
            }
        }
    }

    fn lapse(
        &self,
        context: &mut Context<'_>,
        stream: &StreamId,
        deadline: &Deadline,
        loaded: &Loaded<State>,
    ) -> Vec<Draft> {
        let Some(case) = loaded.state(stream).and_then(State::case) else { return Vec::new() };
        let draft = self
            .under(&case.history, stream)
            .and_then(|definition| case::lapse(definition, case, stream, deadline, context));
        vec![draft.unwrap_or_else(|| {
            let passed = passed(stream, deadline);
            match case.lies() {
                Some(lies) => closed::keep(passed, lies),
                None => passed,
            }
        })]
    }

    fn deadlines(state: &State) -> Vec<Deadline> {
        state.deadlines()
    }

    fn place(state: &State) -> Option<Place> {
        state.case().map(|case| case.place.clone())
    }

    fn evolve(state: Option<State>, event: &Event) -> Option<State> {
        State::evolve(state, event)
    }
}

impl<S: Service> KeepsOpenings for Casework<S> {
    fn record_opening(of: Position, field: String, reason: String) -> Ask {
        Ask::RecordOpening { of, field, reason }
    }
}

impl<S: Service> Casework<S> {
    /// The definition whose clocks run in a case: that of its last event, or else the one in use of that kind.
    fn under(&self, history: &History, stream: &StreamId) -> Option<&Definition> {
        let last = history.definition.as_ref().and_then(|r| self.definitions.by_reference(r));
        last.or_else(|| self.definitions.iter().find(|d| d.stream == stream.kind()))
    }
}

/// A deadline that no definition knows is consumed all the same, and seen to be.
fn passed(stream: &StreamId, deadline: &Deadline) -> Draft {
    let data = json!({
        "stops": [deadline.name], "was_due": deadline.due_at.micros(), "deadline": deadline.name,
    });
    Draft {
        log: LogKind::Open,
        place: None,
        stream: stream.clone(),
        kind: TIME_PASSED.to_owned(),
        data: data.as_object().cloned().unwrap_or_default(),
        sealed: Vec::new(),
        definition: None,
    }
}
