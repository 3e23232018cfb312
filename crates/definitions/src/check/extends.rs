//! A region's definition that replaces a built-in one: it may only tighten. Knows two definitions and their difference.

use super::{Check, graph::Graph};
use crate::{
    catalogue::{Catalogue, ContractEvent, EventField, TypeSpec},
    finding::FindingCode as Code,
    model::{ClassOf, Definition, Field, FieldType, Optional, Step, Tighten, Within},
    number::Value,
};

/// The catalogue as a definition sees it that replaces `base`: what the base declares is the core's for it, with the
/// fields, the classes and the demands that the base's own steps have.
pub(crate) fn with_locals_of(catalogue: &Catalogue, base: &Definition) -> Catalogue {
    let mut catalogue = catalogue.clone();
    for local in &base.locals {
        let step = base
            .steps
            .iter()
            .find(|step| step.events.iter().any(|event| event.event == local.event));
        catalogue.events.push(match step {
            Some(step) => demanded(base, step, &local.event, &local.fact),
            None => ContractEvent::new(&local.event, &local.fact, Vec::new()),
        });
    }
    catalogue
}

fn demanded(base: &Definition, step: &Step, event: &str, fact: &str) -> ContractEvent {
    let vote = step.vote.as_ref();
    let four_eyes = step
        .by
        .not_also
        .iter()
        .filter_map(|id| base.step(id))
        .flat_map(|step| step.events.iter().map(|event| event.event.clone()));
    ContractEvent {
        needs_vote: vote.is_some(),
        needs_quorum: vote.is_some_and(|vote| vote.quorum.is_some()) || step.sitting.is_some(),
        needs_notice: step.notice_before.is_some(),
        needs_recusal: vote.is_some_and(|vote| vote.recuse.is_some()),
        needs_window: step.window.is_some(),
        must_sign: step.signs.clone(),
        must_post: step.posts.clone(),
        four_eyes_with: four_eyes.collect(),
        law: base.law_of(step, None).map(str::to_owned),
        ..ContractEvent::new(event, fact, base.form(step).into_iter().map(field).collect())
    }
}

fn field(field: &Field) -> EventField {
    let kind = match &field.kind {
        FieldType::Money => TypeSpec::Money,
        FieldType::Enum(words) => TypeSpec::Enum(words.clone()),
        FieldType::Text { .. } => TypeSpec::Text,
        FieldType::Ref(to) => TypeSpec::Ref(to.clone()),
        FieldType::Date => TypeSpec::Date,
        FieldType::Month => TypeSpec::Month,
        FieldType::Count => TypeSpec::Count,
        FieldType::Party => TypeSpec::Party,
        FieldType::MatterType => TypeSpec::MatterType,
        FieldType::YesNo => TypeSpec::YesNo,
        FieldType::Holder => TypeSpec::Holder,
        FieldType::Period => TypeSpec::Period,
        FieldType::Attachment | FieldType::Photo => TypeSpec::Attachment,
    };
    let (class, person_class) = match field.class {
        ClassOf::One(class) => (class, None),
        ClassOf::Party { organisation, person } => (organisation, Some(person)),
    };
    EventField {
        name: field.name.clone(),
        kind,
        class,
        person_class,
        optional: field.optional != Optional::No,
        claim: field.claim,
    }
}

/// What the definition lost of `base`.
pub(super) fn check(check: &mut Check<'_>, base: &Definition) {
    let definition = check.definition;
    for parameter in base.parameters.values() {
        let Some(own) = definition.parameters.get(&parameter.name) else { continue };
        if own.tighten != parameter.tighten {
            check.find(
                Code::Extends,
                own.line,
                format!("{} is tightened the other way than in `{}`.", own.name, base.id),
                "Keep the direction.",
            );
        }
        for value in &own.values {
            let Some(theirs) = parameter.at(value.from) else { continue };
            let looser =
                value.is.compare(theirs.is).is_none_or(|ordering| match parameter.tighten {
                    Tighten::Up => ordering.is_lt(),
                    Tighten::Down => ordering.is_gt(),
                });
            if looser {
                check.find(
                    Code::Extends,
                    value.line,
                    format!(
                        "{} is {}, looser than {} in `{}`.",
                        own.name, value.is, theirs.is, base.id
                    ),
                    "A region may only tighten.",
                );
            }
        }
    }
    if base.is_closed() && (!definition.is_closed() || definition.kept_above != base.kept_above) {
        check.find(
            Code::Extends,
            1,
            format!("its events lie in another log than those of `{}`.", base.id),
            "Keep `log` and `kept_by`.",
        );
    }
    for field in base.fields.values() {
        let Some(own) = definition.fields.get(&field.name) else { continue };
        let pair = |class| match class {
            ClassOf::One(class) => (class, class),
            ClassOf::Party { organisation, person } => (organisation, person),
        };
        let (a, b) = (pair(own.class), pair(field.class));
        if a.0 < b.0 || a.1 < b.1 {
            check.find(
                Code::Extends,
                own.line,
                format!("`{}` is more open than in `{}`.", own.name, base.id),
                "Keep its class, or make it stricter.",
            );
        }
    }
    for step in &base.steps {
        for event in &step.events {
            let Some(own) = definition
                .steps
                .iter()
                .find(|own| own.events.iter().any(|other| other.event == event.event))
            else {
                continue;
            };
            for require in &step.requires {
                if own.requires.iter().any(|r| r.code == require.code && r.that == require.that) {
                    continue;
                }
                check.find(
                    Code::Extends,
                    own.line,
                    format!(
                        "step `{}` drops or changes the condition `{}` of `{}`.",
                        own.id, require.code, base.id
                    ),
                    format!(
                        "Keep it as it is: `that = \"{}\"`; a further one may ask for more.",
                        require.that.text
                    ),
                );
            }
            let account = |one: &crate::model::Books| {
                (one.ledger.clone(), one.from.clone(), one.to.clone(), one.amount.text.clone())
            };
            let books = |step: &Step| step.books.iter().map(account).collect::<Vec<_>>();
            if books(step) != books(own) || step.reverses.len() > own.reverses.len() {
                check.find(
                    Code::Extends,
                    own.line,
                    format!("step `{}` books something else than in `{}`.", own.id, base.id),
                    "Book as it does there.",
                );
            }
            times(check, step, own, base);
            for guard in step.guards.iter().filter(|guard| !own.guards.contains(guard)) {
                check.find(
                    Code::Extends,
                    own.line,
                    format!("step `{}` drops the guard `{guard}` of `{}`.", own.id, base.id),
                    format!("Add it: `guard = [\"{guard}\"]`."),
                );
            }
        }
    }
    for step in &definition.steps {
        looser_clocks(check, step, base);
    }
    promises(check, base);
}

/// What the base promises of every path holds here too.
fn promises(check: &mut Check<'_>, base: &Definition) {
    let graph = Graph::new(check.definition);
    let before = check.findings.len();
    for prove in &base.proves {
        super::paths::holds(check, &graph, prove);
    }
    for finding in check.findings.iter_mut().skip(before) {
        // the line is one of the base's file
        finding.line = None;
        finding.code = Code::Extends;
        finding.what = format!("a promise of `{}` does not hold: {}", base.id, finding.what);
    }
}

/// Times of the step that brings about the same event: windows no shorter, deadlines no longer, and none dropped.
fn times(check: &mut Check<'_>, step: &Step, own: &Step, base: &Definition) {
    let definition = check.definition;
    let lasts = |step: &Step| step.window.as_ref().map(|window| window.lasts.clone());
    let mut pairs = vec![
        ("the window", Tighten::Up, lasts(step), lasts(own)),
        ("the notice", Tighten::Up, step.notice_before.clone(), own.notice_before.clone()),
    ];
    for (outcome, next) in &step.next {
        let mine = own.next.get(outcome).or_else(|| own.next.get(""));
        let mine = mine.and_then(|next| next.within.clone());
        pairs.push(("the time", Tighten::Down, next.within.clone(), mine));
    }
    for (what, tighter, theirs, mine) in pairs {
        let Some(theirs) = theirs.as_ref().and_then(|w| loosest(base, w, tighter)) else {
            continue;
        };
        let mine = mine.as_ref().and_then(|w| loosest(definition, w, tighter));
        let looser = mine.is_none_or(|mine| {
            mine.compare(theirs).is_none_or(|ordering| match tighter {
                Tighten::Up => ordering.is_lt(),
                Tighten::Down => ordering.is_gt(),
            })
        });
        if looser {
            let mine = mine.map_or_else(|| "not given".to_owned(), |mine| mine.to_string());
            check.find(
                Code::Extends,
                own.line,
                format!(
                    "{what} of step `{}` is {mine}, looser than {theirs} in `{}`.",
                    own.id, base.id
                ),
                "A region may only tighten.",
            );
        }
    }
    if let (Some(missed), None) = (&step.missed, &own.missed) {
        check.find(
            Code::Extends,
            own.line,
            format!("step `{}` does not record `{}`, as `{}` does.", own.id, missed.event, base.id),
            format!("Add `missed = {{ event = \"{}\", tell = [\"…\"] }}`.", missed.event),
        );
    }
}

/// The loosest of the values that a length ever has.
fn loosest(definition: &Definition, within: &Within, tighter: Tighten) -> Option<Value> {
    let values: Vec<Value> = match within {
        Within::Period(period) | Within::MonthEnd(period) => vec![Value::Period(*period)],
        Within::Parameter(name) => {
            definition.parameters.get(name)?.values.iter().map(|value| value.is).collect()
        }
        Within::Matter | Within::Date(_) => return None,
    };
    values.into_iter().reduce(|a, b| {
        let b_looser = b.compare(a).is_some_and(|ordering| match tighter {
            Tighten::Up => ordering.is_lt(),
            Tighten::Down => ordering.is_gt(),
        });
        if b_looser { b } else { a }
    })
}

/// A clock of the base may not stand still or run longer where the base's does not.
fn looser_clocks(check: &mut Check<'_>, step: &Step, base: &Definition) {
    let missed = |definition: &Definition, id: &String| -> Option<String> {
        Some(definition.step(id)?.missed.as_ref()?.fact.clone())
    };
    let turned = |definition: &Definition, step: &Step| -> Vec<String> {
        let longer = step.lengthens.as_ref().map(|lengthens| &lengthens.step);
        step.pauses.iter().chain(longer).filter_map(|id| missed(definition, id)).collect()
    };
    let known: Vec<String> =
        base.steps.iter().filter_map(|s| Some(s.missed.as_ref()?.fact.clone())).collect();
    let theirs: Vec<String> = base.steps.iter().flat_map(|step| turned(base, step)).collect();
    for clock in turned(check.definition, step) {
        if known.contains(&clock) && !theirs.contains(&clock) {
            check.find(
                Code::Extends,
                step.line,
                format!("step `{}` gives more time than `{}` does.", step.id, base.id),
                "A region may only tighten: take `pauses` and `lengthens` out.",
            );
        }
    }
}
