//! Words: placeholders mean something, are the same in both languages, and show nobody what they may not see.

use kernel::{Class, Text};

use super::{Check, events::class_word};
use crate::{finding::FindingCode as Code, model::ClassOf, read::did_you_mean};

/// What the engine and the pages can always fill in.
const ALWAYS: [&str; 12] = [
    "village",
    "unit",
    "term",
    "matter",
    "due",
    "window.end",
    "window.start",
    "post",
    "date",
    "month",
    "reference",
    "outcome",
];

pub(super) fn check(check: &mut Check<'_>) {
    let definition = check.definition;
    for step in &definition.steps {
        for next in step.next.values() {
            text(check, &next.text, Class::Public, "`next`", next.line);
        }
        for tell in &step.tell {
            let reads = reads(check, &tell.who);
            let what = format!("the message to `{}`", tell.who);
            text(check, &tell.text, reads, &what, tell.line);
        }
        for key in &step.guards {
            guard_message(check, key, step.line);
        }
    }
}

/// What somebody who is told may read: an office on duty `staff`, residents and the unknown `public`.
fn reads(check: &Check<'_>, who: &str) -> Class {
    if let Some(audience) = check.catalogue.audiences.iter().find(|a| a.key == who) {
        return audience.reads;
    }
    let resident = check.catalogue.post(who).is_some_and(|post| post.resident);
    let office =
        check.catalogue.body(who).is_some() || (check.catalogue.post(who).is_some() && !resident);
    match (office, resident && check.definition.is_closed()) {
        // In a closed case a message to the person whose case it is reaches that person alone.
        (_, true) => Class::Sealed,
        (true, _) => Class::Staff,
        (false, _) => Class::Public,
    }
}

/// The names in braces.
fn placeholders(text: &str) -> Vec<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name)).collect()
}

pub(super) fn text(check: &mut Check<'_>, text: &Text, reads: Class, what: &str, line: usize) {
    let definition = check.definition;
    let (mut zh, mut en) = (placeholders(&text.zh), placeholders(&text.en));
    zh.sort_unstable();
    en.sort_unstable();
    if text.is_complete() && zh != en {
        let odd: Vec<&str> = zh
            .iter()
            .filter(|name| !en.contains(name))
            .chain(en.iter().filter(|name| !zh.contains(name)))
            .copied()
            .collect();
        check.find(
            Code::MissingLanguage,
            line,
            format!("{what} shows {} in one language alone.", odd.join(", ")),
            "Say the same in both languages.",
        );
    }
    zh.extend(en);
    zh.sort_unstable();
    zh.dedup();
    for name in zh {
        if ALWAYS.contains(&name) || definition.parameters.contains_key(name) {
            continue;
        }
        match definition.fields.get(name) {
            None => {
                let known = definition.fields.keys().map(String::as_str).chain(ALWAYS);
                let remedy = match crate::names::nearest(name, known) {
                    Some(near) => format!("Did you mean `{near}`?"),
                    None => did_you_mean(name, definition.fields.keys().map(String::as_str)),
                };
                check.find(
                    Code::UnknownPlaceholder,
                    line,
                    format!("{what} shows `{{{name}}}`, which nothing fills in."),
                    remedy,
                );
            }
            Some(field) if field.class.strictest() > reads => {
                check.find(
                    Code::MessageShows,
                    line,
                    format!(
                        "{what} is {} and would show `{name}`, which is {}.",
                        readable(reads),
                        how_closed(field.class)
                    ),
                    "Take it out, or tell only those who may see it.",
                );
            }
            Some(_) => {}
        }
    }
}

fn guard_message(check: &mut Check<'_>, key: &str, line: usize) {
    let Some(guard) = check.catalogue.guard(key) else { return };
    let reads = guard.message_class.unwrap_or(Class::Public);
    let mut shown: Vec<&str> = guard.shows.iter().map(String::as_str).collect();
    shown.extend(placeholders(&guard.message.zh));
    shown.extend(placeholders(&guard.message.en));
    shown.sort_unstable();
    shown.dedup();
    for name in shown {
        let Some(field) = check.definition.fields.get(name) else { continue };
        if field.class.strictest() > reads {
            check.find(
                Code::MessageShows,
                line,
                format!(
                    "the message of guard `{key}` is {} and would show `{name}`, which is {}.",
                    readable(reads),
                    how_closed(field.class)
                ),
                "Use another guard here, or open the field's class if the law allows it.",
            );
        }
    }
}

fn readable(class: Class) -> String {
    match class {
        Class::Public => "public".to_owned(),
        other => format!("read by {}", class_word(other)),
    }
}

fn how_closed(class: ClassOf) -> String {
    match class {
        ClassOf::One(class) => class_word(class).to_owned(),
        ClassOf::Party { organisation, person } if organisation < person => {
            format!("{} for a person", class_word(person))
        }
        ClassOf::Party { organisation, .. } => class_word(organisation).to_owned(),
    }
}
