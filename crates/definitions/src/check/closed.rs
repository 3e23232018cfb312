//! Closed cases: nothing of them is told outside, each event lies under one person's key, and nobody acts in a matter of
//! their own or their kin's.

use kernel::Class;

use super::Check;
use crate::{
    finding::FindingCode as Code,
    model::{Field, FieldType, Step, Who},
};

pub(super) fn check(check: &mut Check<'_>) {
    let definition = check.definition;
    for field in definition.fields.values() {
        conflicts(check, field);
    }
    if !definition.is_closed() {
        only_in_closed(check);
        return;
    }
    if !check.catalogue.closed_cases {
        let service = check.catalogue.service.clone();
        check.find(
            Code::BadValue,
            1,
            format!("`{service}` keeps no cases in closed logs."),
            "Let a service run it that does, or take `log` out.",
        );
    }
    for field in definition.fields.values() {
        if field.class.strictest() != Class::Sealed {
            check.find(
                Code::ClassLowered,
                field.line,
                format!(
                    "field `{}` lies in a closed log, whose events are for case officers alone.",
                    field.name
                ),
                "Write `class = \"sealed\"`.",
            );
        }
    }
    for step in &definition.steps {
        told(check, step);
        one_persons(check, step);
        mandatory(check, step);
        for event in &step.events {
            if !definition.locals.iter().any(|local| local.event == event.event) {
                check.find(
                    Code::UnknownEvent,
                    event.line,
                    format!(
                        "`{}` is an event of the core, which says itself where it lies.",
                        event.event
                    ),
                    "Declare it: `[[local]]`.",
                );
            }
        }
    }
}

/// Only a person or an office holder can be in conflict with somebody.
fn conflicts(check: &mut Check<'_>, field: &Field) {
    if field.recuse && !matches!(field.kind, FieldType::Party | FieldType::Holder) {
        check.find(
            Code::BadValue,
            field.line,
            format!("field `{}` names nobody with whom somebody could be in conflict.", field.name),
            "Give it the type `party` or `holder`, or take `recuse` out.",
        );
    }
}

fn only_in_closed(check: &mut Check<'_>) {
    let definition = check.definition;
    if definition.kept_above {
        check.find(
            Code::BadValue,
            1,
            "`kept_by` is for closed logs: an open case lies where it happens.",
            "Write `log = \"closed\"`, or take `kept_by` out.",
        );
    }
    for field in definition.fields.values().filter(|field| field.whose.is_some()) {
        check.find(
            Code::BadValue,
            field.line,
            format!(
                "field `{}` says whose it is, but the log is open: it lies under the case's key.",
                field.name
            ),
            "Write `log = \"closed\"`, or take `whose` out.",
        );
    }
}

/// A message to an office or to the person whose case it is; never to an audience.
fn told(check: &mut Check<'_>, step: &Step) {
    for tell in &step.tell {
        if check.catalogue.audiences.iter().any(|audience| audience.key == tell.who) {
            check.find(
                Code::MessageShows,
                tell.line,
                format!("step `{}` tells `{}` of a closed case.", step.id, tell.who),
                "Tell an office of the case, or nobody.",
            );
        }
    }
}

/// A closed event is sealed whole, under one key: erasing one person must not take another's words.
fn one_persons(check: &mut Check<'_>, step: &Step) {
    let mut whose: Vec<Option<&str>> =
        check.definition.form(step).iter().map(|field| field.whose.as_deref()).collect();
    whose.sort_unstable();
    whose.dedup();
    if whose.len() > 1 {
        let names: Vec<&str> = whose.iter().map(|who| who.unwrap_or("the case")).collect();
        check.find(
            Code::BadValue,
            step.line,
            format!(
                "step `{}` takes what is of {}: one event lies under one key.",
                step.id,
                names.join(" and of ")
            ),
            "Ask for each person's at a step of its own.",
        );
    }
}

fn mandatory(check: &mut Check<'_>, step: &Step) {
    if matches!(step.by.who, Who::Resident(_) | Who::System(_)) {
        return;
    }
    for guard in check.catalogue.guards.iter().filter(|guard| guard.mandatory_in_closed) {
        if !step.guards.contains(&guard.key) {
            check.find(
                Code::MandatoryGuard,
                step.line,
                format!(
                    "step `{}` of a closed case needs the guard `{}` ({}).",
                    step.id, guard.key, guard.law
                ),
                format!("Add it: `guard = [\"{}\"]`.", guard.key),
            );
        }
    }
}
