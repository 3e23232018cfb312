//! Events: past facts with names of the field, one for each outcome, with all their fields and no lower class.

use std::collections::BTreeMap;

use kernel::Class;

use super::{Check, graph::Graph};
use crate::{
    catalogue::{ContractEvent, EventField, TypeSpec},
    finding::FindingCode as Code,
    model::{ClassOf, Field, FieldType, Optional, Step},
    names::words,
    read::did_you_mean,
};

const WORKFLOW: [&str; 7] =
    ["step", "state", "instance", "payload", "updated", "workflow", "transition"];
/// Past participles and adjectives that do not end in `-ed`.
const IRREGULAR: [&str; 41] = [
    "held",
    "paid",
    "sent",
    "met",
    "begun",
    "chosen",
    "made",
    "given",
    "found",
    "taken",
    "drawn",
    "withdrawn",
    "lost",
    "left",
    "let",
    "set",
    "put",
    "read",
    "written",
    "kept",
    "heard",
    "sold",
    "bought",
    "told",
    "known",
    "seen",
    "overdue",
    "inquorate",
    "unanswered",
    "complete",
    "lent",
    "brought",
    "cast",
    "spent",
    "shown",
    "done",
    "hidden",
    "late",
    "upheld",
    "undertaken",
    "sealed",
];

pub(super) fn check(check: &mut Check<'_>) {
    let definition = check.definition;
    let graph = Graph::new(definition);
    let mut seen: BTreeMap<&str, String> = BTreeMap::new();
    for step in &definition.steps {
        let mut events: Vec<(&str, String, usize)> = step
            .events
            .iter()
            .map(|event| {
                (event.event.as_str(), format!("{}.{}", step.id, event.outcome), event.line)
            })
            .collect();
        if let Some(missed) = &step.missed {
            events.push((&missed.event, format!("{}.missed", step.id), missed.line));
        }
        if let Some((event, _)) = step.window.as_ref().and_then(|window| window.closes.as_ref()) {
            events.push((event, format!("{}.closed", step.id), step.line));
        }
        for (event, place, line) in events {
            if let Some(first) = seen.get(event) {
                check.find(
                    Code::DuplicateEvent,
                    line,
                    format!("`{event}` is the event of {first} and of {place}."),
                    "Give each outcome its own event: whoever reads it must know which it was.",
                );
            } else {
                seen.insert(event, place);
            }
            name(check, event, line);
            exists(check, event, line);
        }
        for event in &step.events {
            if let Some(spec) = check.catalogue.event(&event.event) {
                bound(check, &graph, step, spec, event.line);
            }
        }
    }
    locals(check);
    let core = |event: &str| check.catalogue.event(event).is_some();
    let binds = definition.steps.iter().flat_map(|step| &step.events).any(|e| core(&e.event));
    if !binds && check.catalogue.reserved.streams.contains(&definition.stream) {
        check.find(
            Code::BadValue,
            None,
            format!("the stream `{}` is the core's, and no event here is.", definition.stream),
            format!("Give the procedure a stream of its own: `stream = \"{}\"`.", definition.id),
        );
    }
}

pub(super) fn name(check: &mut Check<'_>, event: &str, line: usize) {
    let camel = event.starts_with(|c: char| c.is_ascii_uppercase())
        && event.chars().all(|c| c.is_ascii_alphanumeric());
    if !camel {
        check.find(
            Code::EventName,
            line,
            format!("`{event}` is not a name of an event."),
            "Write it in CamelCase: `ToolRequested`.",
        );
        return;
    }
    let words = words(event);
    if let Some(word) = words.iter().find(|word| WORKFLOW.contains(&word.as_str())) {
        check.find(
            Code::EventName,
            line,
            format!("`{event}` says `{word}`: a word of a workflow tool, not of the village."),
            "Name what happened in the words of those who did it.",
        );
        return;
    }
    let past = |word: &String| word.ends_with("ed") || IRREGULAR.contains(&word.as_str());
    // `ReferredToProposal` says what it came to instead of what it happened to.
    let came_to = words.first().is_some_and(past) && words.get(1).is_some_and(|word| word == "to");
    if words.len() < 2 || !(came_to || words.iter().skip(1).any(past)) {
        check.find(
            Code::EventName,
            line,
            format!("`{event}` is not a fact in the past."),
            "Say what happened to what: `ToolReturned`, `MeetingHeld`.",
        );
    }
}

fn exists(check: &mut Check<'_>, event: &str, line: usize) {
    let bound = check.catalogue.event(event).is_some();
    if !bound && check.catalogue.reserved.facts.contains(&crate::fact_of(event)) {
        check.find(
            Code::Duplicate,
            line,
            format!("`{event}` is an event of the core, which no procedure brings about."),
            "Name what happens here in words of its own.",
        );
    }
    let declared = check.definition.locals.iter().any(|local| local.event == event);
    if bound && declared {
        check.find(
            Code::Duplicate,
            line,
            format!("`{event}` is an event of the core and declared here too."),
            "Take the `[[local]]` out, where the core's event is meant: it is bound by its name; else give this one a name of its own.",
        );
    }
    if !bound && !declared {
        let names = check
            .catalogue
            .events
            .iter()
            .map(|event| event.name.as_str())
            .chain(check.definition.locals.iter().map(|local| local.event.as_str()));
        let remedy = match crate::names::nearest(event, names) {
            Some(near) => format!("Did you mean `{near}`?"),
            None => format!("Declare it: `[[local]]` with `event = \"{event}\"`."),
        };
        check.find(
            Code::UnknownEvent,
            line,
            format!("`{event}` is neither an event of the core nor declared here."),
            remedy,
        );
    }
}

fn bound(check: &mut Check<'_>, graph: &Graph<'_>, step: &Step, spec: &ContractEvent, line: usize) {
    let known = graph.known_fields(step);
    for wanted in &spec.fields {
        let field = check.definition.fields.get(&wanted.name);
        let Some(field) = field.filter(|_| known.contains(wanted.name.as_str())) else {
            if let Some(field) = field {
                class(check, field, wanted, &spec.name);
            }
            if !wanted.optional {
                let near = crate::names::nearest(
                    &wanted.name,
                    check.definition.fields.keys().map(String::as_str),
                );
                let remedy = match (field, near) {
                    (Some(_), _) => {
                        format!("Take it at step `{}` or at one that always comes before.", step.id)
                    }
                    (None, Some(near)) => format!("Did you mean `{near}`?"),
                    (None, None) => {
                        format!("Add `[field] {}` of type {}.", wanted.name, word(&wanted.kind))
                    }
                };
                check.find(
                    Code::FieldNotSupplied,
                    line,
                    format!(
                        "`{}` needs the field `{}`; this file does not supply it.",
                        spec.name, wanted.name
                    ),
                    remedy,
                );
            }
            continue;
        };
        if field.optional == Optional::Yes && !wanted.optional {
            check.find(
                Code::FieldNotSupplied,
                field.line,
                format!(
                    "`{}` needs the field `{}`, which is optional here.",
                    spec.name, field.name
                ),
                "Take `optional` out.",
            );
        }
        if wanted.claim && !field.claim {
            check.find(
                Code::ClaimDropped,
                field.line,
                format!(
                    "`{}` of `{}` may be used once; this file does not claim it.",
                    field.name, spec.name
                ),
                "Add `claim = true`.",
            );
        }
        if !fits(&field.kind, &wanted.kind) {
            check.find(
                Code::FieldType,
                field.line,
                format!(
                    "`{}` of `{}` is {}, but this file gives {}.",
                    field.name,
                    spec.name,
                    word(&wanted.kind),
                    field.kind.word()
                ),
                format!("Write `type = \"{}\"`.", short(&wanted.kind)),
            );
        }
        class(check, field, wanted, &spec.name);
    }
}

fn class(check: &mut Check<'_>, field: &Field, wanted: &EventField, event: &str) {
    let (organisation, person) = match field.class {
        ClassOf::One(class) => (class, class),
        ClassOf::Party { organisation, person } => (organisation, person),
    };
    let mut lowered = |has: Class, needs: Class, of: &str| {
        if has < needs {
            check.find(
                Code::ClassLowered,
                field.line,
                format!(
                    "`{}` of `{event}` is at least {} in the core{of}; this file makes it {}.",
                    field.name,
                    class_word(needs),
                    class_word(has)
                ),
                format!(
                    "Write `{}` or stricter: a definition never lowers a class of the core.",
                    class_word(needs)
                ),
            );
        }
    };
    lowered(organisation, wanted.class, "");
    if let Some(needs) = wanted.person_class {
        lowered(person, needs, " for a person");
    }
}

pub(super) fn class_word(class: Class) -> &'static str {
    match class {
        Class::Public => "public",
        Class::Members => "members",
        Class::Staff => "staff",
        Class::Sealed => "sealed",
    }
}

fn fits(field: &FieldType, wanted: &TypeSpec) -> bool {
    match (field, wanted) {
        (FieldType::Money, TypeSpec::Money)
        | (FieldType::Text { .. }, TypeSpec::Text)
        | (FieldType::Date, TypeSpec::Date)
        | (FieldType::Month, TypeSpec::Month)
        | (FieldType::Count, TypeSpec::Count)
        | (FieldType::Party, TypeSpec::Party)
        | (FieldType::MatterType, TypeSpec::MatterType)
        | (FieldType::YesNo, TypeSpec::YesNo)
        | (FieldType::Holder, TypeSpec::Holder)
        | (FieldType::Period, TypeSpec::Period)
        | (FieldType::Attachment | FieldType::Photo, TypeSpec::Attachment) => true,
        (FieldType::Enum(words), TypeSpec::Enum(allowed)) => {
            words.iter().all(|word| allowed.contains(word))
        }
        (FieldType::Ref(to), TypeSpec::Ref(kind)) => to == kind,
        _ => false,
    }
}

fn short(kind: &TypeSpec) -> &'static str {
    match kind {
        TypeSpec::Money => "money",
        TypeSpec::Enum(_) => "enum",
        TypeSpec::Text => "text",
        TypeSpec::Ref(_) => "ref",
        TypeSpec::Date => "date",
        TypeSpec::Month => "month",
        TypeSpec::Count => "count",
        TypeSpec::Party => "party",
        TypeSpec::MatterType => "matter-type",
        TypeSpec::YesNo => "yes-no",
        TypeSpec::Holder => "holder",
        TypeSpec::Period => "period",
        TypeSpec::Attachment => "attachment",
    }
}

fn word(kind: &TypeSpec) -> String {
    match kind {
        TypeSpec::Enum(words) => format!("one of {}", words.join(", ")),
        TypeSpec::Ref(to) => format!("a reference to {to}"),
        other => short(other).to_owned(),
    }
}

fn locals(check: &mut Check<'_>) {
    let definition = check.definition;
    for local in &definition.locals {
        let step = definition
            .steps
            .iter()
            .find(|step| step.events.iter().any(|event| event.event == local.event));
        let used = step.is_some()
            || definition.steps.iter().any(|step| {
                step.missed.as_ref().is_some_and(|missed| missed.event == local.event)
                    || step
                        .window
                        .as_ref()
                        .and_then(|window| window.closes.as_ref())
                        .is_some_and(|(event, _)| *event == local.event)
            });
        if !used {
            let names =
                definition.steps.iter().flat_map(|s| s.events.iter().map(|e| e.event.as_str()));
            let remedy = did_you_mean(&local.event, names);
            check.find(
                Code::UnknownEvent,
                local.line,
                format!("`{}` is declared, but no step brings it about.", local.event),
                remedy,
            );
        }
        let takes: Vec<&str> =
            step.iter().flat_map(|step| step.takes.iter().map(String::as_str)).collect();
        for field in local.fields.iter().flatten() {
            if !takes.contains(&field.as_str()) {
                let remedy = did_you_mean(field, takes.iter().copied());
                check.find(
                    Code::FieldNotSupplied,
                    local.line,
                    format!("`{}` carries `{field}`, which its step does not take.", local.event),
                    remedy,
                );
            }
        }
        if let Some(listed) = &local.fields {
            for field in takes.iter().filter(|field| !listed.iter().any(|l| l == *field)) {
                check.find(
                    Code::FieldNotSupplied,
                    local.line,
                    format!(
                        "the step of `{}` takes `{field}`, which the event does not carry.",
                        local.event
                    ),
                    "Add it to `fields`, or do not ask for it.",
                );
            }
        }
    }
}
