//! A step of a case, decided: for every service that runs procedures whose events are its own. Pure; knows no service.

use definitions::{Citations, Definition, Definitions, FieldType};
use engines::procedure::{self, Act, Facts, History, Outcome};
use kernel::{
    Actor, Claim, Context, Deadline, Draft, Event, Place, Refusal, StreamId, Text, UnitId, Verdict,
};
use serde::{Deserialize, Serialize};

use crate::closed::{self, Closed, Lies};

/// The field of a case's first event, and of all of a closed one's, that says in whose log it lies.
pub const KEEPER: &str = "keeper";

/// One case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Where it lies.
    pub place: Place,
    /// Its course.
    pub history: History,
    /// For a case of a closed log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
}

impl Case {
    /// Folds an event.
    #[must_use]
    pub fn evolve(this: Option<Self>, event: &Event) -> Self {
        let (keeper, history, closed) = match this {
            Some(case) => (Some(case.place.keeper), Some(case.history), case.closed),
            None => (None, None, None),
        };
        let named = || event.data.get(KEEPER).and_then(serde_json::Value::as_str).map(UnitId::from);
        let keeper = keeper.or_else(named).unwrap_or_else(|| event.unit.clone());
        let place = Place { unit: event.unit.clone(), code: event.village, keeper };
        let closed = Closed::with(closed, event);
        Self { place, history: History::evolve(history, event), closed }
    }
}

impl Case {
    /// Where a closed case lies.
    pub fn lies(&self) -> Option<Lies<'_>> {
        let concerns = &self.closed.as_ref()?.concerns;
        Some(Lies { place: &self.place, concerns })
    }
}

/// A case goes on under what it began under; a new one begins under a text that was adopted and is in force, and not under
/// one that a region's own has taken the place of.
///
/// # Errors
/// Not adopted, or replaced; or not known here yet.
pub fn may_go_on(
    all: &Definitions,
    citations: &Citations,
    definition: &Definition,
    history: Option<&History>,
    is_adopted: impl Fn(&Definition) -> bool,
) -> Result<(), Verdict> {
    let own = all.replacement(&definition.id).filter(|own| is_adopted(own));
    if let (None, Some(own)) = (history, own) {
        return Err(replaced(definition, own).by_law(citations.cite("province")).into());
    }
    let began = history.is_some_and(|h| h.began_under.as_ref() == Some(&definition.reference));
    if began || is_adopted(definition) {
        Ok(())
    } else if definition.region.is_some() {
        // what the program brings along is being adopted; what a region offers waits for two persons
        Err(not_adopted(definition).by_law(citations.cite("province")).into())
    } else {
        Err(Verdict::not_known(("已采用的办事规则", "the adoption of"), &definition.reference))
    }
}

fn not_adopted(definition: &Definition) -> Refusal {
    let term = &definition.term;
    Refusal::new(
        "not-adopted",
        Text::new(
            format!("“{}”的办法还没有启用，现在不能办理", term.zh),
            format!("The rules of “{}” have not been adopted yet", term.en),
        ),
        Text::new(
            "请等两名管理员按规定启用后再来办理",
            "Come back when two administrators have adopted them",
        ),
    )
}

fn replaced(definition: &Definition, own: &Definition) -> Refusal {
    let (old, new) = (&definition.term, &own.term);
    Refusal::new(
        "replaced",
        Text::new(
            format!("本地的“{}”已启用，新的事项不再按“{}”办理", new.zh, old.zh),
            format!("“{}” has been adopted here; nothing new begins under “{}”", new.en, old.en),
        ),
        Text::new(
            format!("请从“{}”办理；已经开始的照原办法办完", new.zh),
            format!("Begin it under “{}”; what has begun goes on as it began", new.en),
        ),
    )
}

/// A step that is asked for.
pub struct Asked<'a> {
    /// Under which definition.
    pub definition: &'a Definition,
    /// The articles.
    pub citations: &'a Citations,
    /// The case; none for a new one.
    pub case: Option<&'a Case>,
    /// The step.
    pub act: &'a Act,
    /// By whom.
    pub actor: &'a Actor,
}

/// What comes of it, with the natural keys that it claims. What binds an event of the core is no case's: it is refused,
/// whatever the checker let through.
///
/// # Errors
/// A refusal, or what is not known here yet.
pub fn decide(
    context: &Context<'_>,
    asked: &Asked<'_>,
    facts: &dyn Facts,
) -> Result<(Outcome, Vec<Claim>), Verdict> {
    let Asked { definition, citations, case, act, actor } = *asked;
    let history = case.map(|case| &case.history);
    let outcome = procedure::decide(
        definition,
        citations,
        history,
        act,
        actor,
        facts,
        context.now,
        context.calendar,
    )?;
    let law = definition.law.as_deref().unwrap_or("default");
    if !outcome.local {
        return Err(not_its_own(&outcome).by_law(citations.cite(law)).into());
    }
    let claims = claims(definition, act);
    if let Some(claim) = claims.iter().find(|claim| context.taken.contains(claim)) {
        return Err(used(claim).by_law(citations.cite(law)).into());
    }
    Ok((outcome, claims))
}

/// The event as the log takes it; the first one of a case says in whose log it lies. What is sealed goes under the case's own
/// key: it is erased with the case's text.
pub fn written(outcome: Outcome, stream: StreamId, begins_at: Option<&Place>) -> Draft {
    let subject = stream.as_str().replace('/', "-");
    let mut draft = outcome.into_draft(stream, &subject);
    if let Some(place) = begins_at {
        draft.data.insert(KEEPER.to_owned(), place.keeper.as_str().into());
    }
    draft
}

/// What a deadline of a case writes; none when the definition knows no such deadline.
pub fn lapse(
    definition: &Definition,
    case: &Case,
    stream: &StreamId,
    deadline: &Deadline,
    context: &Context<'_>,
) -> Option<Draft> {
    let outcome = procedure::lapse(definition, &case.history, deadline, context.calendar)?;
    Some(match case.lies() {
        Some(lies) => closed::written(definition, outcome, stream.clone(), lies),
        None => written(outcome, stream.clone(), None),
    })
}

/// What a case is called: the procedure's term, the word of what it is about, the day it began. `word` names what the file does
/// not.
pub fn called(
    definition: &Definition,
    history: &History,
    word: impl Fn(&str, &str) -> Option<Text>,
) -> Text {
    let first = definition.steps.iter().filter(|step| definition.is_first(step));
    let mut words = first
        .flat_map(|step| definition.form(step))
        .filter(|field| matches!(field.kind, FieldType::Enum(_)));
    let about = words.find_map(|field| {
        let value = history.values.get(&field.name)?.as_str()?;
        field.words.get(value).cloned().or_else(|| word(&field.name, value))
    });
    let day = history.happened.first().map(|first| first.at.date().to_string()).unwrap_or_default();
    let term = &definition.term;
    match about {
        Some(about) => Text::new(
            format!("{}·{} {day}", term.zh, about.zh),
            format!("{}: {}, {day}", term.en, about.en.to_lowercase()),
        ),
        None => Text::new(format!("{} {day}", term.zh), format!("{}, {day}", term.en)),
    }
}

/// Fields with `claim`, as typed: `<procedure>:<field>:<value>`.
pub fn claims(definition: &Definition, act: &Act) -> Vec<Claim> {
    let claimed = definition.fields.values().filter(|field| field.claim);
    claimed
        .filter_map(|field| {
            let value = act.fields.get(&field.name)?;
            let text = value.as_str().map_or_else(|| value.to_string(), |t| t.trim().to_owned());
            let value = format!("{}:{}:{text}", definition.id, field.name);
            Some(Claim { kind: "case-field", value })
        })
        .collect()
}

fn used(claim: &Claim) -> Refusal {
    Refusal::new(
        "used-before",
        Text::new("这个编号已经用过", "This was entered before"),
        Text::new("不要重复登记", "Enter it once"),
    )
    .at(format!("/fields/{}", claim.value.split(':').nth(1).unwrap_or_default()))
}

fn not_its_own(outcome: &Outcome) -> Refusal {
    Refusal::new(
        "not-its-own-event",
        Text::new(
            format!("“{}”只能在它自己的事项中发生", outcome.event),
            format!("`{}` happens only in the matter that it belongs to", outcome.event),
        ),
        Text::new(
            "请修改程序定义，使用自己的事件",
            "Correct the definition: declare an event of its own",
        ),
    )
    .at("/procedure")
}
