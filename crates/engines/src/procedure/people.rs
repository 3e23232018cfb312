//! People: who is competent, four eyes by person, and who acts where all are barred.

use std::collections::BTreeMap;

use definitions::{Definition, Matter, Step, Tier, Value as Parameter, Who};
use kernel::{Actor, Money, Refusal};
use serde_json::{Map, Value};

use super::{
    facts::Facts,
    order::Order,
    say::{Say, both},
};

/// The matter that the values name, when the definition has matters.
pub(super) fn matter<'a>(
    definition: &'a Definition,
    given: &Map<String, Value>,
    known: Option<&Map<String, Value>>,
) -> Option<&'a Matter> {
    let field =
        definition.fields.values().find(|f| f.kind == definitions::FieldType::MatterType)?;
    let id = given
        .get(&field.name)
        .or_else(|| known.and_then(|known| known.get(&field.name)))?
        .as_str()?;
    definition.matter(id)
}

/// The row of the tiers that the values fall into; `None` when a value or a parameter is missing.
pub(super) fn tier(
    definition: &Definition,
    value: impl Fn(&str) -> Option<Value>,
    parameters: &BTreeMap<String, Parameter>,
) -> Option<usize> {
    definition.tiers.iter().position(|tier| row_holds(tier, &value, parameters))
}

fn row_holds(
    tier: &Tier,
    value: &impl Fn(&str) -> Option<Value>,
    parameters: &BTreeMap<String, Parameter>,
) -> bool {
    tier.when.iter().all(|condition| {
        let Some(right) = parameters.get(&condition.parameter).copied() else { return false };
        let left = value(&condition.field).and_then(|value| match right {
            Parameter::Money(_) => value.as_i64().map(Money::from_fen).map(Parameter::Money),
            Parameter::Count(_) => value.as_i64().map(Parameter::Count),
            Parameter::Period(_) => value.as_str()?.parse().ok().map(Parameter::Period),
            Parameter::Share(_) => value.as_str()?.parse().ok().map(Parameter::Share),
        });
        left.and_then(|left| left.compare(right))
            .is_some_and(|ordering| condition.op.holds(ordering))
    })
}

/// Who a step's `by` comes to: posts or a body, through tier and matter. Without a known row, all rows.
pub(super) fn resolve(
    definition: &Definition,
    who: &Who,
    row: Option<usize>,
    matter: Option<&Matter>,
) -> Vec<Who> {
    match who {
        Who::Tier(role) => definition
            .tiers
            .iter()
            .enumerate()
            .filter(|(index, _)| row.is_none_or(|row| row == *index))
            .filter_map(|(_, tier)| tier.roles.get(role))
            .flat_map(|who| match who {
                Who::Tier(_) => Vec::new(),
                other => resolve(definition, other, row, matter),
            })
            .collect(),
        Who::MatterBody => match matter {
            Some(matter) => vec![Who::Body(matter.body.clone())],
            None => Vec::new(),
        },
        other => vec![other.clone()],
    }
}

/// The posts and bodies to which `by` of a step can come, in whatever tier or matter.
pub fn named(definition: &Definition, step: &Step) -> Vec<String> {
    let who = resolve(definition, &step.by.who, None, None);
    let of_matters = matches!(step.by.who, Who::MatterBody)
        || definition
            .tiers
            .iter()
            .flat_map(|tier| tier.roles.values())
            .any(|who| *who == Who::MatterBody);
    let matters = definition.matters.iter().filter(|_| of_matters);
    keys(&who).into_iter().chain(matters.map(|matter| matter.body.clone())).collect()
}

/// The keys of posts and bodies.
pub(super) fn keys(who: &[Who]) -> Vec<String> {
    who.iter()
        .flat_map(|who| match who {
            Who::Post(posts) => posts.clone(),
            Who::Body(key) | Who::Resident(key) | Who::System(key) => vec![key.clone()],
            Who::MatterBody | Who::Tier(_) => Vec::new(),
        })
        .collect()
}

fn holds(facts: &dyn Facts, actor: &Actor, who: &Who) -> bool {
    match (who, actor) {
        (Who::Post(posts), Actor::Official(seat)) => {
            posts.iter().any(|post| facts.holds(seat, post))
        }
        (Who::Body(body), Actor::Official(seat)) => facts.holds(seat, body),
        (Who::Resident(kind), Actor::Resident(id)) => facts.is_resident(id, kind),
        (Who::System(cause), Actor::System(by)) => {
            by == cause || by.strip_prefix(cause.as_str()).is_some_and(|rest| rest.starts_with('/'))
        }
        _ => false,
    }
}

/// Whether the same person took one of the steps that bar this one (四眼原则). Persons, never seats.
pub(super) fn four_eyes(say: &Say<'_>, order: &Order<'_>, actor: &Actor) -> Result<(), Refusal> {
    let Some(holder) = actor.holder() else { return Ok(()) };
    for other in say.step.by.not_also.iter().filter_map(|id| say.definition.step(id)) {
        if barred(order, other, holder) {
            return Err(say.of_people(
                "four-eyes",
                both(
                    format!("您已办理“{}”，不能再办理“{}”", other.name.zh, say.step.name.zh),
                    format!(
                        "you took \"{}\" and may not take \"{}\" too",
                        other.name.en, say.step.name.en
                    ),
                ),
                both("请由另一人办理", "another person must do it"),
            ));
        }
    }
    Ok(())
}

fn barred<'a>(order: &Order<'a>, other: &'a Step, holder: &str) -> bool {
    order.of_step(other).any(|happened| happened.holder.as_deref() == Some(holder))
}

/// Whether the actor could be competent in some row of the tiers: asked before the guards, so that whoever has no business
/// here learns nothing from them.
pub(super) fn concerned(
    say: &Say<'_>,
    actor: &Actor,
    facts: &dyn Facts,
    who: &[Who],
) -> Result<(), Refusal> {
    let otherwise = match (&say.step.by.otherwise, actor) {
        (Some(otherwise), Actor::Official(seat)) => facts.holds(seat, otherwise),
        _ => false,
    };
    if otherwise || who.iter().any(|who| holds(facts, actor, who)) {
        return Ok(());
    }
    Err(not_competent(say, who))
}

fn not_competent(say: &Say<'_>, who: &[Who]) -> Refusal {
    let (zh, en) = (keys(who).join("、"), keys(who).join(", "));
    say.of_people(
        "not-competent",
        both(
            format!("您的职务不能办理“{}”", say.step.name.zh),
            format!("your seat is not competent for \"{}\"", say.step.name.en),
        ),
        both(format!("应由{zh}办理"), format!("{en} must do it")),
    )
}

/// Whether the actor is competent as one of these, or as the level above where all of them are barred.
pub(super) fn competent(
    say: &Say<'_>,
    order: &Order<'_>,
    actor: &Actor,
    facts: &dyn Facts,
    who: &[Who],
    subject: &Value,
) -> Result<(), Refusal> {
    if who.iter().any(|who| holds(facts, actor, who)) {
        return Ok(());
    }
    let (zh, en) = (keys(who).join("、"), keys(who).join(", "));
    if let (Some(otherwise), Actor::Official(seat)) = (&say.step.by.otherwise, actor)
        && facts.holds(seat, otherwise)
    {
        return if all_barred(say, order, facts, who, subject) {
            Ok(())
        } else {
            Err(say.of_people(
                "not-competent",
                both(
                    format!("只有{zh}全部须回避时才由{otherwise}办理"),
                    format!("`{otherwise}` acts only where all of {en} are barred"),
                ),
                both(format!("请由{zh}办理"), format!("{en} must do it")),
            ))
        };
    }
    Err(not_competent(say, who))
}

/// Fails closed: a roll that is not known is not all barred, nor is a person of whom nothing is known.
fn all_barred(
    say: &Say<'_>,
    order: &Order<'_>,
    facts: &dyn Facts,
    who: &[Who],
    subject: &Value,
) -> bool {
    let others: Vec<&Step> =
        say.step.by.not_also.iter().filter_map(|id| say.definition.step(id)).collect();
    keys(who).iter().all(|key| {
        facts.roll(key).is_some_and(|roll| {
            roll.members.iter().all(|member| {
                others.iter().any(|other| barred(order, other, member))
                    || facts.conflicted(member, subject) == Some(true)
            })
        })
    })
}
