//! Procedures whose events are their own, beside the core's: what their definition decides, over the copies of seats that
//! this service keeps. Knows no single procedure; moves no money.

use casework::case::{self, Asked, Case};
use definitions::{Definition, FieldType};
use engines::procedure::{self, Act, Facts, GuardInput, Roll};
use kernel::{
    Claim, Command, Context, Deadline, Decision, Draft, Refusal, Seat, StreamId, Text, Verdict,
};
use serde_json::Value;

use crate::{
    Funds,
    ask::{Ask, Take},
    catalogue::CORE_STREAMS,
    contract,
    procedures::unknown,
    rules::{citations, law, seat_held},
    scene::{Scene, copy},
};

/// Whether a definition's cases lie in streams of their own, beside the core's.
pub fn is_own(definition: &Definition) -> bool {
    !CORE_STREAMS.contains(&definition.stream.as_str())
}

/// The streams of the cases that an act cites: its fields of type `ref` to a kind of stream.
pub(crate) fn cited<'a>(
    definition: &'a Definition,
    act: &'a Act,
) -> impl Iterator<Item = StreamId> + 'a {
    definition.fields.values().filter_map(|field| match &field.kind {
        FieldType::Ref(kind) => {
            let id = act.fields.get(&field.name)?.as_str()?.trim();
            crate::facts::is_id(id).then(|| StreamId::of(kind, id))
        }
        _ => None,
    })
}

/// What the engine may ask while a step of a case is decided: people, and nothing of the books.
struct Around<'a>(Scene<'a>);

impl Facts for Around<'_> {
    fn roll(&self, body: &str) -> Option<Roll> {
        self.0.roll(body)
    }

    fn holds(&self, seat: &Seat, post_or_body: &str) -> bool {
        seat_held::holds(&self.0, seat, post_or_body)
    }

    /// The guards of the core read payments: they mean nothing in a case, and let nothing through.
    fn guard(&self, key: &str, _: &GuardInput<'_>) -> Result<Value, Verdict> {
        Err(Refusal::new(
            "guard-unknown",
            Text::new(
                format!("核验规则“{key}”只用于付款"),
                format!("The guard `{key}` is for payments"),
            ),
            Text::new("请修改程序定义", "Correct the definition"),
        )
        .by_law(law("province"))
        .into())
    }

    /// Whom a vote concerns is not told: the engine fails closed.
    fn conflicted(&self, _: &str, _: &Value) -> Option<bool> {
        None
    }
}

impl Funds {
    /// A definition of the act's procedure whose cases are their own.
    pub(crate) fn own(&self, take: &Take) -> Option<&Definition> {
        self.definitions().get(&take.act.procedure).filter(|one| is_own(one))
    }

    /// The streams that a step of such a procedure reads besides its own.
    pub(crate) fn read_by_case(&self, definition: &Definition, take: &Take) -> Vec<StreamId> {
        let replaced_by = self.definitions().replacement(&definition.id);
        let replaced_by = replaced_by.map(|own| copy("definition", &own.id));
        cited(definition, &take.act).chain(replaced_by).collect()
    }

    /// The natural keys that a step of such a procedure would take.
    pub(crate) fn claims_of_case(definition: &Definition, take: &Take) -> Vec<Claim> {
        case::claims(definition, &take.act)
    }

    /// A step of such a procedure.
    pub(crate) fn take_case(
        &self,
        context: &mut Context<'_>,
        command: &Command<Ask>,
        take: &Take,
        (adopted, scene): (&Definition, Scene<'_>),
    ) -> Result<Decision, Verdict> {
        let known = take.on.as_deref().map(|id| (id, StreamId::of(&adopted.stream, id)));
        let case = known.as_ref().and_then(|(_, stream)| scene.case(stream));
        match (&known, case) {
            (Some((id, _)), None) => return Err(unknown(id)),
            (_, Some(case)) if case.place.unit != command.place.unit => {
                return Err(unknown(take.on.as_deref().unwrap_or_default()));
            }
            _ => {}
        }
        let history = case.map(|case| &case.history);
        let all = self.definitions();
        let definition = procedure::governing(all, &adopted.id, history).unwrap_or(adopted);
        case::may_go_on(all, citations(), definition, history, |one| scene.is_in_force(one))?;
        let asked = Asked {
            definition,
            citations: citations(),
            case,
            act: &take.act,
            actor: &command.actor,
        };
        let (outcome, claims) = case::decide(context, &asked, &Around(scene))?;
        if contract::facts().any(|fact| fact == outcome.fact) {
            return Err(core_event(&outcome.event).into());
        }
        let stream = match known {
            Some((_, stream)) => stream,
            None => StreamId::of(&definition.stream, context.entropy.opaque()),
        };
        let begins_at = case.is_none().then_some(&command.place);
        Ok(Decision { events: vec![case::written(outcome, stream, begins_at)], claims })
    }

    /// What a deadline of such a case writes. It is consumed also where this process has not the definition.
    pub(crate) fn case_lapses(
        &self,
        context: &Context<'_>,
        stream: &StreamId,
        case: &Case,
        deadline: &Deadline,
    ) -> Draft {
        let under = case.history.definition.as_ref();
        let definition = under.and_then(|under| self.definitions().by_reference(under));
        let draft = definition.and_then(|one| case::lapse(one, case, stream, deadline, context));
        draft.unwrap_or_else(|| crate::procedures::passed(stream, &deadline.name, &case.history))
    }
}

fn core_event(event: &str) -> Refusal {
    Refusal::new(
        "not-its-own-event",
        Text::new(
            format!("“{event}”是系统核心的事件，不能由办事规则另行声明"),
            format!("`{event}` is an event of the core: no definition declares it anew"),
        ),
        Text::new("请为该事件另取一个名称", "Give the event a name of its own"),
    )
    .by_law(law("province"))
    .at("/procedure")
}
