//! Procedures whose events are their own (民主协商等): what their definition decides, over the seats, lists and conflicts
//! that this service keeps itself. Knows no single procedure.

use casework::case::{self, Asked, Case};
use definitions::{Definition, FieldType};
use engines::procedure::Act;
use kernel::{
    Command, Context, Deadline, Decision, Draft, Loaded, Place, Refusal, StreamId, Text, Verdict,
};

use crate::{
    acting::Acting,
    command::{Ask, State},
    contract,
    domain::{Organisation, interest_in},
    facts::{CORE_STREAMS, check_id, definition::DefinitionAdopted, no_such_unit, unit},
    known::{around, the_definition},
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
    definition.fields.values().filter_map(|field| match &field.kind {
        FieldType::Ref(kind) => {
            let id = act.fields.get(&field.name)?.as_str()?.trim();
            (!id.is_empty()).then(|| StreamId::of(kind, id))
        }
        _ => None,
    })
}

impl Organisation {
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
        let acting = Acting::new(&around, None, (definition, act), command, loaded);
        let asked =
            Asked { definition, citations: self.citations(), case, act, actor: &command.actor };
        let (outcome, claims) = case::decide(context, &asked, &acting)?;
        if contract::EVENTS.iter().any(|shape| shape.fact == outcome.fact) {
            return Err(core_event(&outcome.event).into());
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

/// A definition writes no stream of the core, and nothing into the open log that belongs into a closed one.
fn its_own(definition: &Definition) -> Result<(), Verdict> {
    if definition.is_closed() {
        return Err(Refusal::field(
            "/procedure",
            Text::new("本服务不办理密封事项。", "This service keeps no cases in closed logs."),
            Text::new("请由办理密封事项的服务办理。", "Let a service run it that does."),
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
