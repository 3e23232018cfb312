//! Cases of closed logs (密封事项): where they lie, under whose key, and who looked. Pure; knows no procedure.

use definitions::{Definition, Step};
use engines::procedure::{ENGINE_KEYS, Outcome};
use kernel::{
    Actor, Class, Draft, Event, EventId, LogKind, Place, Position, Retention, SealedValue,
    StreamId, Timestamp, UnitId,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{case::KEEPER, state::LOOKED};

/// The field of a closed case's events that says which unit it concerns.
pub const CONCERNS: &str = "concerns";
/// An officer looked at a closed case.
pub const CASE_SEEN: &str = "case-seen.v1";

/// What is particular to a case of a closed log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Closed {
    /// The unit that it concerns; it may lie at the level above.
    pub concerns: UnitId,
    /// Where its events lie, in order: the log itself tells nobody.
    pub lies: Vec<(EventId, Position)>,
}

impl Closed {
    /// With an event; an open case has none.
    pub fn with(this: Option<Self>, event: &Event) -> Option<Self> {
        let Some(concerns) = event.data.get(CONCERNS).and_then(Value::as_str) else { return this };
        let mut closed =
            this.unwrap_or_else(|| Self { concerns: concerns.into(), lies: Vec::new() });
        let here = Position { log: event.log.clone(), index: event.index };
        closed.lies.push((event.id.clone(), here));
        Some(closed)
    }
}

/// Where a closed case lies.
#[derive(Debug, Clone, Copy)]
pub struct Lies<'a> {
    /// The unit in whose name it is kept, with its log.
    pub place: &'a Place,
    /// The unit that it concerns.
    pub concerns: &'a UnitId,
}

/// The key of what belongs to no person of a case but to the case.
pub fn own_key(stream: &StreamId) -> String {
    format!("stream:{stream}")
}

/// The key under which a step's event is sealed: that of the person whose data it takes, or the case's own.
pub fn key_of(definition: &Definition, step: Option<&Step>, stream: &StreamId) -> String {
    let whose = step.and_then(|step| definition.whose(step));
    let case = own_key(stream);
    whose.map_or_else(|| case.clone(), |person| format!("{case}:{person}"))
}

/// All keys of a case: its own, and its persons'.
pub fn keys_of(definition: &Definition, stream: &StreamId) -> Vec<String> {
    let steps = definition.steps.iter().map(|step| key_of(definition, Some(step), stream));
    let mut keys: Vec<String> = steps.chain([own_key(stream)]).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The event of a closed case: sealed whole, wherever its values were to lie.
pub fn written(
    definition: &Definition,
    outcome: Outcome,
    stream: StreamId,
    lies: Lies<'_>,
) -> Draft {
    let key = key_of(definition, definition.step(&outcome.step), &stream);
    let mut draft = outcome.into_draft(stream, &key);
    let typed: Vec<String> = draft
        .data
        .keys()
        .filter(|name| {
            definition.fields.contains_key(*name) && !ENGINE_KEYS.contains(&name.as_str())
        })
        .cloned()
        .collect();
    for name in typed {
        if let Some(value) = draft.data.remove(&name) {
            draft.sealed.push(sealed(name, value, &key));
        }
    }
    keep(draft, lies)
}

/// A draft as the closed log takes it.
pub fn keep(mut draft: Draft, lies: Lies<'_>) -> Draft {
    draft.log = LogKind::Closed;
    draft.place = Some(lies.place.clone());
    draft.data.insert(KEEPER.to_owned(), lies.place.keeper.as_str().into());
    draft.data.insert(CONCERNS.to_owned(), lies.concerns.as_str().into());
    draft
}

fn sealed(field: String, value: Value, subject: &str) -> SealedValue {
    let retention = Retention { purpose: String::new(), basis: "default".to_owned(), years: 0 };
    SealedValue { field, value, class: Class::Sealed, subject: subject.to_owned(), retention }
}

/// That somebody looks at a closed case. It lies under the case's own key, in a stream of its own: looking changes nothing
/// in the case.
pub fn look(case: &StreamId, reason: &str, lies: Lies<'_>) -> Draft {
    let draft = Draft {
        log: LogKind::Closed,
        place: None,
        stream: looked(case),
        kind: CASE_SEEN.to_owned(),
        data: json!({}).as_object().cloned().unwrap_or_default(),
        sealed: vec![sealed("reason".to_owned(), reason.into(), &own_key(case))],
        definition: None,
    };
    keep(draft, lies)
}

/// The stream of those who looked at a case.
pub fn looked(case: &StreamId) -> StreamId {
    StreamId::of(LOOKED, case.as_str().replace('/', "-"))
}

/// Those who looked at a closed case, for the person whose case it is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Looks {
    /// In order; one for each office holder and day.
    pub looks: Vec<Look>,
}

/// One look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// When.
    pub at: Timestamp,
    /// In which post.
    pub post: String,
    /// The office holder.
    pub holder: String,
}

impl Looks {
    /// With one more.
    #[must_use]
    pub fn with(mut self, event: &Event) -> Self {
        self.looks.extend(Actor::parse_official(&event.actor).map(|(post, holder)| Look {
            at: event.time,
            post: post.to_owned(),
            holder: holder.to_owned(),
        }));
        self
    }
}
