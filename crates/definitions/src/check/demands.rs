//! What the core demands of a step that brings about one of its events: guards, four eyes, votes, notice, windows, order.

use std::collections::BTreeSet;

use super::{Check, graph::Graph};
use crate::{
    catalogue::ContractEvent,
    finding::FindingCode as Code,
    model::{OutcomeEvent, Step, Tighten, Within},
    number::Value,
    read::did_you_mean,
};

pub(super) fn check(check: &mut Check<'_>) {
    let definition = check.definition;
    let graph = Graph::new(definition);
    for step in &definition.steps {
        for event in &step.events {
            mandatory_guards(check, step, event);
            if let Some(spec) = check.catalogue.event(&event.event) {
                demanded(check, &graph, step, event, spec);
            }
        }
        for key in &step.guards {
            guard_needs(check, &graph, step, key);
        }
    }
    bounds(check);
    usage(check);
}

/// Longer notice and longer windows are stricter; shorter times for an answer or a step are.
fn usage(check: &mut Check<'_>) {
    let definition = check.definition;
    let mut uses: Vec<(&str, Tighten, String)> = Vec::new();
    let mut add = |within: Option<&Within>, tighter: Tighten, what: String| {
        if let Some(Within::Parameter(name)) = within
            && let Some(parameter) = definition.parameters.get(name)
        {
            uses.push((&parameter.name, tighter, what));
        }
    };
    for step in &definition.steps {
        let id = &step.id;
        add(step.notice_before.as_ref(), Tighten::Up, format!("the notice before step `{id}`"));
        if let Some(window) = &step.window {
            add(Some(&window.lasts), Tighten::Up, format!("the window of step `{id}`"));
            add(
                window.answered_within.as_ref(),
                Tighten::Down,
                format!("the time for answers at step `{id}`"),
            );
        }
        if let Some(lengthens) = &step.lengthens {
            add(
                Some(&lengthens.by),
                Tighten::Down,
                format!("the time that step `{id}` gives step `{}`", lengthens.step),
            );
        }
        for next in step.next.values() {
            add(next.within.as_ref(), Tighten::Down, format!("the time after step `{id}`"));
        }
    }
    for matter in &definition.matters {
        add(Some(&matter.notice), Tighten::Up, format!("the notice for matter `{}`", matter.id));
    }
    for (name, tighter, what) in uses {
        let parameter = &definition.parameters[name];
        if parameter.tighten != tighter {
            let (said, way, why) = match tighter {
                Tighten::Up => ("down", "up", "a lower value shortens"),
                Tighten::Down => ("up", "down", "a higher value prolongs"),
            };
            check.find(
                Code::TightenDirection,
                parameter.line,
                format!("{name} may be tightened \"{said}\", but {why} {what}."),
                format!("Only \"{way}\" tightens."),
            );
        }
    }
}

fn mandatory_guards(check: &mut Check<'_>, step: &Step, event: &OutcomeEvent) {
    for guard in &check.catalogue.guards {
        if guard.mandatory_for.contains(&event.event) && !step.guards.contains(&guard.key) {
            check.find(
                Code::MandatoryGuard,
                step.line,
                format!(
                    "`{}` needs the guard `{}` ({}); step `{}` does not name it.",
                    event.event, guard.key, guard.law, step.id
                ),
                format!("Add it: `guard = [\"{}\"]`.", guard.key),
            );
        }
    }
}

fn demanded(
    check: &mut Check<'_>,
    graph: &Graph<'_>,
    step: &Step,
    event: &OutcomeEvent,
    spec: &ContractEvent,
) {
    let law = spec.law.as_ref().map(|law| format!(" ({law})")).unwrap_or_default();
    let name = &event.event;
    let quorum =
        step.sitting.is_some() || step.vote.as_ref().is_some_and(|vote| vote.quorum.is_some());
    if spec.needs_vote && step.vote.is_none() {
        check.find(
            Code::NoVote,
            event.line,
            format!("`{name}` is decided by vote{law}; step `{}` has none.", step.id),
            "Add `vote = { quorum = …, majority = …, of = …, law = … }`.",
        );
    }
    if spec.needs_quorum && !quorum {
        check.find(
            Code::NoQuorum,
            event.line,
            format!("`{name}` needs a quorum{law}; step `{}` has none.", step.id),
            "Add `quorum` to its vote.",
        );
    }
    if spec.needs_notice && step.notice_before.is_none() {
        check.find(
            Code::NoNotice,
            event.line,
            format!(
                "`{name}` needs notice before the sitting{law}; step `{}` gives none.",
                step.id
            ),
            "Add `notice_before = \"…\"`.",
        );
    }
    if spec.needs_recusal && step.vote.as_ref().is_none_or(|vote| vote.recuse.is_none()) {
        check.find(
            Code::NoRecusal,
            event.line,
            format!(
                "`{name}`: who has an interest leaves the vote{law}; step `{}` lets them stay.",
                step.id
            ),
            "Add `recuse = \"kin-or-interest\"` to its vote.",
        );
    }
    if spec.needs_window && step.window.is_none() {
        check.find(
            Code::NoWindow,
            event.line,
            format!(
                "`{name}` opens a time in which people may object{law}; step `{}` opens none.",
                step.id
            ),
            "Add `window = { lasts = …, objections = …, answered_within = … }`.",
        );
    }
    for field in spec.must_sign.iter().filter(|field| !step.signs.contains(field)) {
        check.find(
            Code::NotSigned,
            step.line,
            format!(
                "`{name}`: whoever acts signs `{field}` as it was shown{law}; step `{}` does not.",
                step.id
            ),
            format!("Add `{field}` to `signs`."),
        );
    }
    if let Some(template) = spec.must_post.as_ref().filter(|t| step.posts.as_ref() != Some(t)) {
        check.find(
            Code::NotPosted,
            step.line,
            format!(
                "`{name}` is booked with the template `{template}`{law}; step `{}` does not.",
                step.id
            ),
            format!("Add `posts = \"{template}\"`."),
        );
    }
    for other in &spec.four_eyes_with {
        for earlier in check
            .definition
            .steps
            .iter()
            .filter(|s| s.id != step.id && s.events.iter().any(|event| event.event == *other))
        {
            if !step.by.not_also.contains(&earlier.id) {
                check.find(
                    Code::NoFourEyes,
                    step.line,
                    format!(
                        "four eyes: whoever took step `{}` could take step `{}` too{law}.",
                        earlier.id, step.id
                    ),
                    format!("Add `not_also = [\"{}\"]` to its `by`.", earlier.id),
                );
            }
        }
    }
    let node = graph
        .nodes
        .iter()
        .position(|node| node.step.id == step.id && node.outcome == event.outcome);
    for other in &spec.only_after {
        let through: BTreeSet<usize> = graph
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| {
                node.step.event_of(node.outcome).is_some_and(|event| event.event == *other)
            })
            .map(|(index, _)| index)
            .collect();
        let path = node.and_then(|node| graph.path(&graph.starts, &through, |at| at == node));
        if let Some(path) = path {
            check.find(
                Code::SkipsDemanded,
                event.line,
                format!("`{name}` can come without `{other}`{law}: {path}."),
                "Let every path pass the step that brings it about.",
            );
        }
    }
}

fn guard_needs(check: &mut Check<'_>, graph: &Graph<'_>, step: &Step, key: &str) {
    let Some(guard) = check.catalogue.guard(key) else { return };
    let known = graph.known_fields(step);
    for field in guard.reads.iter().filter(|field| !known.contains(field.as_str())) {
        check.find(
            Code::FieldNotSupplied,
            step.line,
            format!("guard `{key}` reads `{field}`, which is not known at step `{}`.", step.id),
            "Take the field at this step or at one that always comes before.",
        );
    }
    for wanted in &guard.parameters {
        let Some(parameter) = check.definition.parameters.get(&wanted.name) else {
            let remedy =
                did_you_mean(&wanted.name, check.definition.parameters.keys().map(String::as_str));
            check.find(
                Code::UnknownParameter,
                step.line,
                format!(
                    "guard `{key}` reads the parameter `{}`, which this file does not give.",
                    wanted.name
                ),
                remedy,
            );
            continue;
        };
        if parameter.unit != wanted.unit {
            check.find(
                Code::Units,
                parameter.line,
                format!(
                    "guard `{key}` reads {} as {}, but it is {}.",
                    wanted.name, wanted.unit, parameter.unit
                ),
                format!("Write `type = \"{}\"`.", wanted.unit),
            );
        }
        if parameter.tighten != wanted.tighter {
            let (said, true_way, more) = match wanted.tighter {
                Tighten::Down => ("up", "down", "a higher value admits more"),
                Tighten::Up => ("down", "up", "a lower value admits more"),
            };
            check.find(
                Code::TightenDirection,
                parameter.line,
                format!(
                    "{} may be tightened \"{said}\", but {more} (guard `{key}`).",
                    parameter.name
                ),
                format!("Only \"{true_way}\" tightens."),
            );
        }
    }
}

/// No value is looser than the law: by the parameter's name, by its source, by its `law`.
fn bounds(check: &mut Check<'_>) {
    let (definition, catalogue) = (check.definition, check.catalogue);
    for parameter in definition.parameters.values() {
        for bound in catalogue.bounds.iter().filter(|bound| bound.name == parameter.name) {
            if parameter.tighten != bound.tighter {
                let way = if bound.tighter == Tighten::Up { "up" } else { "down" };
                check.find(
                    Code::TightenDirection,
                    parameter.line,
                    format!("{} bounds {} the other way.", bound.law, parameter.name),
                    format!("Only \"{way}\" tightens."),
                );
            }
            for value in &parameter.values {
                looser(
                    check,
                    &parameter.name,
                    value.is,
                    bound.loosest,
                    bound.tighter,
                    &bound.law,
                    value.line,
                );
            }
        }
        for value in &parameter.values {
            for article in std::iter::once(&value.source).chain(&parameter.law) {
                let Some(entry) = catalogue.citations.entry(article) else { continue };
                for (tighter, loosest) in &entry.bounds {
                    if *tighter == parameter.tighten {
                        looser(
                            check,
                            &parameter.name,
                            value.is,
                            *loosest,
                            *tighter,
                            article,
                            value.line,
                        );
                    }
                }
            }
        }
    }
}

fn looser(
    check: &mut Check<'_>,
    name: &str,
    value: Value,
    loosest: Value,
    tighter: Tighten,
    law: &str,
    line: usize,
) {
    let Some(ordering) = value.compare(loosest) else { return };
    let (is_looser, at) = match tighter {
        Tighten::Up => (ordering.is_lt(), "at least"),
        Tighten::Down => (ordering.is_gt(), "at most"),
    };
    if is_looser {
        check.find(
            Code::LooserThanLaw,
            line,
            format!("{name} is {value}, but {law} asks for {at} {loosest}."),
            format!("Write {loosest} or stricter."),
        );
    }
}
