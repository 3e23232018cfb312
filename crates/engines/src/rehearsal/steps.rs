//! Each step by each role, and each accepted step again.

use definitions::{Definition, PostSpec, Step, cases::CaseLine};
use kernel::{Event, Refusal, Verdict};

use super::{
    Rehearsal, Rehearsed, Stage,
    lines::Templates,
    roles,
    roles::{Role, of},
};
use crate::cases::{Done, is_inquorate, is_lawful_again};

/// Refusals that say a step is not open, before anybody asks who wants to take it.
const NOT_OPEN: [&str; 10] = [
    "ended",
    "out-of-order",
    "rounds-exhausted",
    "window-open",
    "objection-unanswered",
    "window-closed",
    "clock-paused",
    "clock-not-paused",
    "clock-run-out",
    "nothing-to-answer",
];

/// Tries all steps. One that is not open is tried by those whom it names and by one other, another one in each stage.
pub(super) fn each<H: Rehearsed>(
    rehearsal: &mut Rehearsal,
    stage: &Stage<'_>,
    host: &H,
    templates: &Templates,
    posts: &[PostSpec],
) {
    let everybody = roles::all(host, posts);
    for (at, step) in stage.definition.steps.iter().enumerate() {
        let named = of(stage.definition, step);
        // Whom it names itself: who acts in their stead does so only where all of them are barred.
        let plain = crate::procedure::named(stage.definition, step);
        let (own, others): (Vec<&Role>, Vec<&Role>) =
            everybody.iter().partition(|role| role.is.iter().any(|key| named.contains(key)));
        let ways = templates.get(&step.id).map(Vec::as_slice).unwrap_or_default();
        // A refusal leaves no trace: what was refused needs no fresh copy.
        let mut tried = host.clone();
        let mut open = false;
        for way in ways {
            let as_told = way.value("by").map(|by| Role::new(by.to_owned(), []));
            for role in as_told.iter().chain(own.iter().copied()) {
                let came = attempt(rehearsal, stage, &mut tried, step, (way, role));
                if came.is_ok() {
                    tried = host.clone();
                }
                let code = came.as_ref().map_or_else(|refusal| refusal.code.as_str(), |()| "");
                let is_turn = !NOT_OPEN.contains(&code);
                open |= is_turn;
                if is_turn && roles::is_plain(step) {
                    let who = (step.id.clone(), role.by.clone());
                    match code {
                        "not-competent" if plain.iter().any(|key| role.is.contains(key)) => {
                            rehearsal.barred.insert(who)
                        }
                        _ => rehearsal.competent.insert(who),
                    };
                }
            }
        }
        let Some(way) = ways.first() else { continue };
        let few = others.len().max(1);
        let turn = (stage.number + at) % few;
        for (_, role) in others.iter().enumerate().filter(|(n, _)| open || turn == *n) {
            let who = &role.by;
            match attempt(rehearsal, stage, &mut tried, step, (way, role)) {
                Ok(()) => {
                    tried = host.clone();
                    let what = format!("`{}` is not for {who}, and was accepted", step.id);
                    rehearsal.fail(stage, what);
                }
                // What is malformed, a case that never began among it, has no article.
                Err(refusal) if refusal.law.is_none() && refusal.code != "malformed" => rehearsal
                    .fail(
                        stage,
                        format!("`{}` by {who} is refused without an article: {refusal}", step.id),
                    ),
                Err(_) => {}
            }
        }
    }
}

/// Tries a step; what was accepted is done again.
fn attempt<H: Rehearsed>(
    rehearsal: &mut Rehearsal,
    stage: &Stage<'_>,
    host: &mut H,
    step: &Step,
    (way, role): (&CaseLine, &Role),
) -> Result<(), Refusal> {
    rehearsal.tried += 1;
    let mut line = way.clone();
    line.values.insert("by".to_owned(), role.by.clone());
    host.complete(stage.definition, step, &mut line);
    let before = host.written().len();
    let key = format!("tried-{}", rehearsal.tried);
    let came = host.act(stage.definition, &line, &key);
    let by_people = |event: &&Event| event.actor != "system/due";
    let wrote = host.written().iter().skip(before).filter(by_people).count();
    match came {
        Ok(done) => {
            rehearsal.accepted += 1;
            rehearsal.saw(&done.events);
            if let Err(what) = again(stage.definition, step, (&line, &key), &done, host) {
                rehearsal.fail(stage, format!("`{}` by {}: {what}", step.id, role.by));
            }
            Ok(())
        }
        Err(verdict) => {
            rehearsal.heard(&verdict);
            if wrote > 0 {
                rehearsal.fail(stage, format!("`{}` was refused, and wrote: {verdict}", step.id));
            }
            match verdict {
                Verdict::Refused(refusal) => {
                    if !(refusal.what.is_complete() && refusal.remedy.is_complete()) {
                        let what = format!("`{}` is not said in both languages", refusal.code);
                        rehearsal.fail(stage, what);
                    }
                    Err(refusal)
                }
                other => {
                    let text = kernel::Text::new(other.to_string(), other.to_string());
                    Err(Refusal::new("not-refused", text.clone(), text))
                }
            }
        }
    }
}

/// The same key gives the first receipt and writes nothing; another key takes the step once more only where it may happen
/// more than once, and no oftener than its rounds.
fn again<H: Rehearsed>(
    definition: &Definition,
    step: &Step,
    (line, key): (&CaseLine, &str),
    done: &Done,
    host: &mut H,
) -> Result<(), String> {
    if done.already || done.events.is_empty() {
        return Err("accepted, and nothing came of it".to_owned());
    }
    let before = host.written().len();
    match host.act(definition, line, key) {
        Ok(same)
            if same.already
                && (same.events.is_empty() || ids(&same.events) == ids(&done.events)) => {}
        Ok(_) => return Err("the same key did not give the first receipt".to_owned()),
        Err(verdict) => return Err(format!("the same key again: {verdict}")),
    }
    if host.written().len() != before {
        return Err("the same key wrote again".to_owned());
    }
    let most = step.rounds.filter(|_| !definition.is_first(step));
    for time in 0..=most.unwrap_or(0) {
        match host.act(definition, line, &format!("{key}-{time}")) {
            Ok(_) if !is_lawful_again(definition, step, &done.events) => {
                return Err("a second time under a new key was accepted".to_owned());
            }
            Ok(_) => {}
            Err(_) => return Ok(()),
        }
    }
    match most {
        Some(most) if !is_inquorate(definition, &done.events) => {
            Err(format!("it happened more than {most} times"))
        }
        _ => Ok(()),
    }
}

fn ids(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.id.as_str()).collect()
}
