//! Sittings and votes ask for no less than the law asks of their body.

use super::Check;
use crate::{
    catalogue::BodySpec,
    finding::FindingCode as Code,
    model::{Counted, OrMatter, Step, Who, Within},
    number::{Threshold, Value},
};

pub(super) fn check(check: &mut Check<'_>) {
    let (definition, catalogue) = (check.definition, check.catalogue);
    for step in &definition.steps {
        vote_itself(check, step);
        let bodies: Vec<&str> = match &step.by.who {
            Who::Body(key) => vec![key],
            Who::Tier(role) => definition
                .tiers
                .iter()
                .filter_map(|tier| match tier.roles.get(role) {
                    Some(Who::Body(key)) => Some(key.as_str()),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        for spec in bodies.iter().filter_map(|key| catalogue.body(key)) {
            sitting_of(check, step, spec);
        }
    }
    for matter in &definition.matters {
        let place = format!("matter `{}`", matter.id);
        half(check, matter.majority, &place, matter.line);
        let Some(spec) = catalogue.body(&matter.body) else { continue };
        quorum(check, Some(matter.quorum), spec, &place, matter.line);
        majority(check, matter.majority, matter.counted, spec, &place, matter.line);
        notice(check, Some(&matter.notice), spec, &place, matter.line);
    }
}

fn vote_itself(check: &mut Check<'_>, step: &Step) {
    let Some(vote) = &step.vote else { return };
    if let OrMatter::Is(majority) = vote.majority {
        half(check, majority, &format!("step `{}`", step.id), step.line);
    }
    let outcomes: Vec<&str> = step.events.iter().map(|event| event.outcome.as_str()).collect();
    let against = outcomes.iter().filter(|o| !["passed", "inquorate"].contains(*o)).count();
    if !outcomes.contains(&"passed") || against != 1 {
        check.find(
            Code::MissingKey,
            step.line,
            format!("step `{}` has a vote, but not exactly the outcomes that a vote can have.", step.id),
            "Write `event = { passed = \"…\", failed = \"…\" }`, with `inquorate = \"…\"` when that is recorded.",
        );
    }
    if matches!(step.by.who, Who::Post(_) | Who::Resident(_) | Who::System(_)) {
        check.find(
            Code::UnknownBody,
            step.line,
            format!("step `{}` has a vote, but no body that votes.", step.id),
            "Write `by = { body = \"…\" }`.",
        );
    }
    if vote.quorum.is_none() {
        check.find(
            Code::NoQuorum,
            step.line,
            format!("the vote of step `{}` has no quorum.", step.id),
            "Add `quorum = \"> 1/2\"` to `vote`.",
        );
    }
    if step.sitting.is_some() {
        check.find(
            Code::BadValue,
            step.line,
            format!("step `{}` has both a sitting and a vote.", step.id),
            "A vote is held in a sitting: keep `vote`, with its quorum.",
        );
    }
}

/// Two opposite motions may never both pass.
fn half(check: &mut Check<'_>, majority: Threshold, place: &str, line: usize) {
    if majority.reached(1, 2) {
        check.find(
            Code::LooserThanLaw,
            line,
            format!(
                "{place}: with a majority of {majority} a motion and its opposite could both pass."
            ),
            "Write `> 1/2` or more.",
        );
    }
}

fn sitting_of(check: &mut Check<'_>, step: &Step, spec: &BodySpec) {
    let place = format!("step `{}`", step.id);
    let given = step
        .vote
        .as_ref()
        .and_then(|vote| vote.quorum)
        .or_else(|| step.sitting.as_ref().map(|sitting| sitting.quorum));
    if step.vote.is_none() && step.sitting.is_none() {
        return;
    }
    if given != Some(OrMatter::Matter) {
        let given = given.and_then(|quorum| match quorum {
            OrMatter::Is(quorum) => Some(quorum),
            OrMatter::Matter => None,
        });
        if step.vote.is_none() || given.is_some() {
            quorum(check, given, spec, &place, step.line);
        }
    }
    if let Some(vote) = &step.vote
        && let (OrMatter::Is(given), OrMatter::Is(of)) = (vote.majority, vote.of)
    {
        majority(check, given, of, spec, &place, step.line);
    }
    if step.notice_before != Some(Within::Matter) {
        notice(check, step.notice_before.as_ref(), spec, &place, step.line);
    }
}

fn law(spec: &BodySpec) -> String {
    spec.law.as_ref().map(|law| format!(" ({law})")).unwrap_or_default()
}

fn quorum(
    check: &mut Check<'_>,
    given: Option<Threshold>,
    spec: &BodySpec,
    place: &str,
    line: usize,
) {
    let Some(least) = spec.quorum else { return };
    match given {
        None => check.find(
            Code::NoQuorum,
            line,
            format!("{place}: `{}` decides with a quorum{}; none is given.", spec.key, law(spec)),
            format!("Add `quorum = \"{least}\"`."),
        ),
        Some(given) if given.is_weaker_than(least) => check.find(
            Code::LooserThanLaw,
            line,
            format!("{place}: a quorum of {given} is less than `{}` needs{}.", spec.key, law(spec)),
            format!("Write `quorum = \"{least}\"` or more."),
        ),
        Some(_) => {}
    }
}

fn majority(
    check: &mut Check<'_>,
    given: Threshold,
    of: Counted,
    spec: &BodySpec,
    place: &str,
    line: usize,
) {
    let Some((least, least_of)) = spec.majority else { return };
    let rank = |counted| match counted {
        Counted::Present => 0,
        Counted::ShouldAttend => 1,
        Counted::All => 2,
    };
    if given.is_weaker_than(least) || rank(of) < rank(least_of) {
        let words = match least_of {
            Counted::Present => "present",
            Counted::ShouldAttend => "should-attend",
            Counted::All => "all",
        };
        check.find(
            Code::LooserThanLaw,
            line,
            format!("{place}: the majority is less than `{}` needs{}.", spec.key, law(spec)),
            format!("Write `{least}` of `{words}` or more."),
        );
    }
}

fn notice(
    check: &mut Check<'_>,
    given: Option<&Within>,
    spec: &BodySpec,
    place: &str,
    line: usize,
) {
    let Some(least) = spec.notice else { return };
    let values: Vec<Value> = match given {
        None => {
            check.find(
                Code::NoNotice,
                line,
                format!(
                    "{place}: `{}` is called with notice{}; none is given.",
                    spec.key,
                    law(spec)
                ),
                format!("Add `notice_before = \"{least}\"`."),
            );
            return;
        }
        Some(Within::Period(period) | Within::MonthEnd(period)) => vec![Value::Period(*period)],
        Some(Within::Parameter(name)) => check
            .definition
            .parameters
            .get(name)
            .map(|parameter| parameter.values.iter().map(|value| value.is).collect())
            .unwrap_or_default(),
        Some(Within::Matter | Within::Date(_)) => return,
    };
    for value in values {
        if value.compare(least).is_some_and(std::cmp::Ordering::is_lt) {
            check.find(
                Code::LooserThanLaw,
                line,
                format!(
                    "{place}: notice of {value} is less than `{}` needs{}.",
                    spec.key,
                    law(spec)
                ),
                format!("Give {least} or more."),
            );
        }
    }
}
