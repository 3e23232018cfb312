//! Procedures whose events are their own (民主协商等): what their definition decides, over the seats, lists and conflicts
//! that this service keeps itself. Knows no single procedure.

use casework::{
    case::{self, Asked, Case},
    closed::{self, Lies},
};
use definitions::{Definition, FieldType};
use engines::procedure::Act;
use kernel::{
    Actor, Command, Context, Deadline, Decision, Draft, Loaded, Place, Refusal, StreamId, Text,
    Verdict,
};
use serde_json::{Map, Value};

use crate::{
    acting::Acting,
    command::{Ask, State},
    concern::{self, Concern},
    contract,
    domain::{Organisation, interest_in},
    facts::{
        CORE_STREAMS, check_id,
        definition::{self, DefinitionAdopted},
        no_such_unit, proposal, seat, unit,
    },
    known::{around, the_definition, village_streams},
    laws::law,
};

/// The stream of a case.
pub fn stream(definition: &Definition, id: &str) -> StreamId {
    StreamId::of(&definition.stream, id)
}

/// The case that a state holds.
pub fn of(state: Option<&State>) -> Option<&Case> {
    match state {
        Some(State::Case(case)) => Some(case),
        _ => None,
    }
}

/// The streams of the cases that an act cites: its fields of type `ref` to a kind of stream.
pub fn cited(definition: &Definition, act: &Act) -> impl Iterator<Item = StreamId> {
    cites(definition, &act.fields)
}

/// The streams of the cases that values cite.
pub fn cites(
    definition: &Definition,
    values: &Map<String, Value>,
) -> impl Iterator<Item = StreamId> {
    definition.fields.values().filter_map(|field| match &field.kind {
        FieldType::Ref(kind) => {
            let id = values.get(&field.name)?.as_str()?.trim();
            (!id.is_empty()).then(|| StreamId::of(kind, id))
        }
        _ => None,
    })
}

impl Organisation {
    /// What the decision of a step reads.
    pub(crate) fn act_reads(
        &self,
        command: &Command<Ask>,
        subject: &str,
        act: &Act,
        loaded: &Loaded<State>,
    ) -> Vec<StreamId> {
        let unit = &command.place.unit;
        let mut streams = village_streams(unit).to_vec();
        let definition = self.definitions().get(&act.procedure);
        streams.extend(definition.into_iter().flat_map(|one| cited(one, act)));
        match definition.filter(|_| !self.is_of_proposals(&act.procedure)) {
            Some(one) => {
                streams.push(definition::stream(&one.id));
                let own = self.definitions().replacement(&one.id);
                streams.extend(own.map(|own| definition::stream(&own.id)));
                let stream = stream(one, subject);
                if one.is_closed() {
                    let case = of(loaded.state(&stream));
                    let set = self.definitions();
                    streams.extend(concern::reads(set, one, (case, act), unit, loaded));
                }
                streams.push(stream);
            }
            None => streams.push(proposal::stream(subject)),
        }
        if let Actor::Official(seat) = &command.actor
            && seat.unit != *unit
        {
            streams.push(seat::stream(&seat.unit));
        }
        streams
    }

    /// A step of such a procedure.
    pub(crate) fn take(
        &self,
        context: &Context<'_>,
        command: &Command<Ask>,
        (subject, act): (&str, &Act),
        loaded: &Loaded<State>,
    ) -> Result<Decision, Verdict> {
        check_id("/subject", subject)?;
        let Some(adopted) = self.definitions().get(&act.procedure) else {
            return self.governing(&act.procedure, None).and(Ok(Decision::default()));
        };
        let stream = stream(adopted, subject);
        let case = of(loaded.state(&stream));
        if case.is_none() && loaded.version(&stream) > 0 {
            return Err(erased().into());
        }
        let definition = self.governing(&act.procedure, case.map(|case| &case.history))?;
        its_own(definition)?;
        let today = context.now.date();
        let in_force = |one: &Definition| {
            let known = the_definition(loaded, &one.id).and_then(|known| known.in_force(today));
            known.map(DefinitionAdopted::reference).as_ref() == Some(&one.reference)
        };
        let history = case.map(|case| &case.history);
        case::may_go_on(self.definitions(), self.citations(), definition, history, in_force)?;
        let place = place(command, case, loaded)?;
        let around = around(subject, command, loaded, context.now);
        let concern = definition
            .is_closed()
            .then(|| Concern::of(self.definitions(), definition, (case, act), &place.unit, loaded));
        let acting = Acting::new(&around, None, (definition, act), command, loaded);
        let acting = acting.concerning(concern);
        let asked =
            Asked { definition, citations: self.citations(), case, act, actor: &command.actor };
        let (outcome, claims) = case::decide(context, &asked, &acting)?;
        if contract::EVENTS.iter().any(|shape| shape.fact == outcome.fact) {
            return Err(core_event(&outcome.event).into());
        }
        if definition.is_closed() {
            let lies = Lies { place: &place, concerns: &place.unit };
            let event = closed::written(definition, outcome, stream, lies);
            return Ok(Decision { events: vec![event], claims });
        }
        let begins_at = case.is_none().then_some(&place);
        let mut events = vec![case::written(outcome, stream, begins_at)];
        events.extend(interest_in(subject, act, &command.place.unit)?);
        Ok(Decision { events, claims })
    }

    /// What a deadline of such a case writes.
    pub(crate) fn case_lapses(
        &self,
        context: &Context<'_>,
        stream: &StreamId,
        case: &Case,
        deadline: &Deadline,
    ) -> Option<Draft> {
        let under = case.history.definition.as_ref()?;
        let definition = self.definitions().by_reference(under)?;
        case::lapse(definition, case, stream, deadline, context)
    }
}

/// That somebody looks at a closed case.
pub(crate) fn look(
    case: &StreamId,
    reason: &str,
    loaded: &Loaded<State>,
) -> Result<Decision, Verdict> {
    let lies = of(loaded.state(case)).and_then(Case::lies).ok_or_else(erased)?;
    let event = closed::look(case, reason, lies);
    Ok(Decision { events: vec![event], claims: Vec::new() })
}

/// Where the case lies: at a unit that exists, and all its life at the same one.
fn place(
    command: &Command<Ask>,
    case: Option<&Case>,
    loaded: &Loaded<State>,
) -> Result<Place, Verdict> {
    let here = &command.place.unit;
    if case.is_some_and(|case| case.place.unit != *here) {
        return Err(Refusal::field(
            "/subject",
            Text::new("这件事项属于另一个单位。", "This matter belongs to another unit."),
            Text::new("请在它所在的单位办理。", "Act in the unit where it lies."),
        )
        .into());
    }
    match loaded.state(&unit::stream(here)) {
        Some(State::Unit(unit)) => Ok(unit.place()),
        _ => Err(no_such_unit(here)),
    }
}

fn erased() -> Refusal {
    Refusal::field(
        "/subject",
        Text::new("该单位没有这件事项。", "This unit has no such case."),
        Text::new("请核对编号。", "Check which one is meant."),
    )
}

/// A definition writes no stream of the core, and its cases lie where they happen: seats and kinship are kept there.
fn its_own(definition: &Definition) -> Result<(), Verdict> {
    if definition.kept_above {
        return Err(Refusal::field(
            "/procedure",
            Text::new(
                "本服务的密封事项由本单位保管，不由上一级保管。",
                "Closed cases of this service lie at the unit itself, not at the level above.",
            ),
            Text::new("请由办理信访的服务办理。", "Let the service run it that keeps petitions."),
        )
        .into());
    }
    if !CORE_STREAMS.contains(&definition.stream.as_str()) {
        return Ok(());
    }
    Err(Refusal::field(
        "/procedure",
        Text::new(
            format!("“{}”属于系统核心，不能由办事规则写入。", definition.stream),
            format!("`{}` belongs to the core: no definition writes it.", definition.stream),
        ),
        Text::new("请为该程序另取一个事项类别。", "Give the procedure a stream of its own."),
    )
    .into())
}

fn core_event(event: &str) -> Refusal {
    Refusal::new(
        "not-its-own-event",
        Text::new(
            format!("“{event}”是系统核心的事件，不能由办事规则另行声明。"),
            format!("`{event}` is an event of the core: no definition declares it anew."),
        ),
        Text::new("请为该事件另取一个名称。", "Give the event a name of its own."),
    )
    .by_law(law("province-rules"))
    .at("/procedure")
}
