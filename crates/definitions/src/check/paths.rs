//! Paths: every step is reached, every path ends, nothing returns without a bound, each clock has a consumer, and what the
//! file claims holds on all paths.

use std::collections::BTreeSet;

use super::{Check, graph::Graph, names::step_item};
use crate::{
    finding::FindingCode as Code,
    model::{INQUORATE, Prove, Step, Within},
};

pub(super) fn check(check: &mut Check<'_>) {
    let definition = check.definition;
    if definition.steps.is_empty() {
        return;
    }
    let graph = Graph::new(definition);
    let reached = graph.reach(graph.starts.iter().copied(), &BTreeSet::new());
    if graph.starts.is_empty() {
        check.find(
            Code::Unreachable,
            definition.steps[0].line,
            "no step begins the procedure: each comes after another.",
            "Take `after` out of the first step.",
        );
    }
    for step in &definition.steps {
        let mut own = (0..graph.nodes.len()).filter(|node| graph.nodes[*node].step.id == step.id);
        if !graph.starts.is_empty() && !own.any(|node| reached.contains(&node)) {
            check.find(
                Code::Unreachable,
                step.line,
                format!("no path reaches step `{}`.", step.id),
                "Correct its `after`, or take the step out.",
            );
        }
        next(check, step);
        timers(check, &graph, step);
    }
    ends(check, &graph, &reached);
    loops(check);
    for prove in &definition.proves {
        holds(check, &graph, prove);
    }
}

fn next(check: &mut Check<'_>, step: &Step) {
    for event in &step.events {
        if step.next_of(&event.outcome).is_none() {
            check.find(
                Code::NoNext,
                step.line,
                if step.events.len() == 1 {
                    format!("step `{}` does not say what happens next (zh, en).", step.id)
                } else {
                    format!(
                        "outcome `{}.{}` does not say what happens next (zh, en).",
                        step.id, event.outcome
                    )
                },
                "Add `next = { zh = \"…\", en = \"…\", who = \"…\", within = \"…\" }`.",
            );
        }
    }
}

/// Each clock has a consumer, each consumer a clock.
fn timers(check: &mut Check<'_>, graph: &Graph<'_>, step: &Step) {
    let definition = check.definition;
    for event in &step.events {
        let Some(next) = step.next_of(&event.outcome).filter(|next| next.within.is_some()) else {
            continue;
        };
        let followers: BTreeSet<&str> = graph
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| node.step.id == step.id && node.outcome == event.outcome)
            .flat_map(|(index, _)| graph.follow[index].iter())
            .filter(|node| graph.nodes[**node].step.is_main())
            .map(|node| graph.nodes[*node].step.id.as_str())
            .collect();
        let consumed = followers
            .iter()
            .any(|id| definition.step(id).is_some_and(|step| step.missed.is_some()));
        let own_clock = matches!(next.within, Some(Within::MonthEnd(_)));
        if followers.is_empty()
            && step.is_main()
            && step.window.is_none()
            && !own_clock
            && event.outcome != INQUORATE
        {
            check.find(
                Code::TimerWithoutConsumer,
                next.line,
                format!(
                    "step `{}` says what comes next by when, but no step comes after it.",
                    step.id
                ),
                "Let a step come after it, or take `within` out: the case ends here.",
            );
        }
        if event.outcome != INQUORATE && !followers.is_empty() && !consumed {
            let names = followers.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
            check.find(
                Code::TimerWithoutConsumer,
                next.line,
                format!(
                    "step `{}` sets a clock for {names}, but nothing happens when it runs out.",
                    step.id
                ),
                format!("Add `missed = {{ event = \"…Overdue\", tell = [\"…\"] }}` to {names}."),
            );
        }
    }
    if let Some(missed) = &step.missed {
        let armed =
            if step.answers.is_some() {
                definition.steps.iter().filter_map(|other| other.window.as_ref()).any(|window| {
                    window.objections == step.answers && window.answered_within.is_some()
                }) || step.answers.as_ref().is_some_and(|asked| {
                    definition
                        .step(asked)
                        .is_some_and(|asked| asked.next.values().any(|next| next.within.is_some()))
                })
            } else {
                definition.after(step).iter().any(|(before, outcome)| {
                    definition
                        .step(before)
                        .and_then(|before| before.next_of(outcome))
                        .is_some_and(|next| next.within.is_some())
                })
            };
        if !armed {
            check.find(
                Code::ConsumerWithoutTimer,
                missed.line,
                format!(
                    "`{}` is never written: no clock runs for step `{}`.",
                    missed.event, step.id
                ),
                "Add `within` to `next` of the step before.",
            );
        }
    }
    let Some(window) = &step.window else { return };
    for (key, id) in [("objections", &window.objections), ("restarts_on", &window.restarts_on)] {
        if let Some(side) = id.as_ref().and_then(|id| definition.step(id)).filter(|s| s.is_main()) {
            check.find(
                Code::MissingKey,
                side.line,
                format!("`{key}` of the window of step `{}` names step `{}`, which does not run beside it.", step.id, side.id),
                format!("Add `during = [\"{}\"]` to it, without `after`.", step.id),
            );
        }
    }
    let answerer = window.objections.as_ref().and_then(|objection| {
        definition.steps.iter().find(|other| other.answers.as_ref() == Some(objection))
    });
    if window.answered_within.is_some() && answerer.is_none_or(|step| step.missed.is_none()) {
        check.find(
            Code::TimerWithoutConsumer,
            window.line,
            format!("the window of step `{}` gives a time for answers, but nothing happens when it runs out.", step.id),
            "Add a step with `answers = \"…\"` and `missed = { event = \"…\", tell = [\"…\"] }`.",
        );
    }
    if window.objections.is_some() && answerer.is_none() {
        check.find(
            Code::UnknownStep,
            window.line,
            format!("nobody answers the objections against step `{}`.", step.id),
            "Add a step with `answers = \"…\"`.",
        );
    }
}

/// From every point an end can be reached.
fn ends(check: &mut Check<'_>, graph: &Graph<'_>, reached: &BTreeSet<usize>) {
    let ends: Vec<usize> = (0..graph.nodes.len()).filter(|node| graph.is_end(*node)).collect();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for node in reached.iter().copied().filter(|node| graph.nodes[*node].moves()) {
        let onward = graph.reach([node], &BTreeSet::new());
        let step = graph.nodes[node].step;
        if !ends.iter().any(|end| onward.contains(end)) && told.insert(&step.id) {
            check.find(
                Code::NeverEnds,
                step.line,
                format!("the path from `{}` never ends.", graph.nodes[node].label()),
                "Let one outcome lead out: a step that no other comes after.",
            );
        }
    }
}

/// A path that returns passes a step with `rounds`.
fn loops(check: &mut Check<'_>) {
    let definition = check.definition;
    let main: Vec<&Step> = definition.steps.iter().filter(|step| step.is_main()).collect();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for start in main.iter().filter(|step| step.rounds.is_none()) {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut queue: Vec<&str> = vec![&start.id];
        while let Some(at) = queue.pop() {
            for next in main.iter().filter(|step| step.rounds.is_none()) {
                if !definition.after(next).iter().any(|(before, _)| *before == at) {
                    continue;
                }
                if next.id == start.id && !told.contains(start.id.as_str()) {
                    told.extend(seen.iter());
                    told.insert(&start.id);
                    check.find(
                        Code::UnboundedLoop,
                        start.line,
                        format!("a path returns to step `{}` without a bound.", start.id),
                        "Say how often at most: `rounds = 3` on one of its steps.",
                    );
                }
                if seen.insert(&next.id) {
                    queue.push(&next.id);
                }
            }
        }
    }
}

pub(super) fn holds(check: &mut Check<'_>, graph: &Graph<'_>, prove: &Prove) {
    let definition = check.definition;
    let (items, line) = match prove {
        Prove::NeverWithout { what, without, line } => (vec![what, without], *line),
        Prove::NeverAfter { what, after, line } => (vec![what, after], *line),
        Prove::LeadsTo { what, to, line } => {
            (std::iter::once(what).chain(to).collect::<Vec<_>>(), *line)
        }
    };
    let unknown = items.iter().filter(|item| !step_item(check, item, line)).count();
    if unknown > 0 {
        return;
    }
    let none = BTreeSet::new();
    let failed = match prove {
        Prove::NeverWithout { what, without, .. } => {
            let goals = graph.find(definition, what);
            let barred = graph.find(definition, without);
            graph
                .path(&graph.starts, &barred, |node| goals.contains(&node))
                .map(|path| (format!("`{what}` is reached without `{without}`"), path))
        }
        Prove::NeverAfter { what, after, .. } => {
            let goals = graph.find(definition, what);
            let from: Vec<usize> = graph
                .find(definition, after)
                .iter()
                .flat_map(|node| graph.follow[*node].clone())
                .collect();
            graph.path(&from, &none, |node| goals.contains(&node)).map(|path| {
                (format!("`{what}` can come after `{after}`"), format!("{after} → {path}"))
            })
        }
        Prove::LeadsTo { what, to, .. } => {
            let through: BTreeSet<usize> =
                to.iter().flat_map(|item| graph.find(definition, item)).collect();
            let from: Vec<usize> = graph.find(definition, what).into_iter().collect();
            graph
                .path(&from, &through, |node| graph.is_end(node))
                .map(|path| (format!("`{what}` does not always lead to {}", to.join(" or ")), path))
        }
    };
    if let Some((what, path)) = failed {
        check.find(
            Code::ProofFails,
            line,
            format!("{what}: {path}."),
            "Correct the order of the steps; the property is the promise.",
        );
    }
}
