//! A region's own definition: nobody can look its words up in a program, so the file says them all; and it stays out of the
//! ways of what is built in.

use super::Check;
use crate::{
    finding::FindingCode as Code,
    model::{Definition, FieldType, INQUORATE},
};

/// The longest text: it is recorded whole, in one event, when it is adopted.
const MOST: usize = 32 * 1024;

pub(super) fn check(check: &mut Check<'_>, base: Option<&Definition>) {
    let definition = check.definition;
    if definition.region.is_none() {
        return;
    }
    for field in definition.fields.values() {
        let FieldType::Enum(values) = &field.kind else { continue };
        if let Some(value) = values.iter().find(|value| !field.words.contains_key(*value)) {
            check.find(
                Code::MissingLanguage,
                field.line,
                format!("field `{}` does not say what `{value}` is called.", field.name),
                format!("Write `of = [{{ is = \"{value}\", zh = \"…\", en = \"…\" }}, … ]`: the form shows the names."),
            );
        }
    }
    for step in definition.steps.iter().filter(|step| step.events.len() > 1) {
        let silent = step.events.iter().find(|event| {
            let of_a_vote = ["passed", "failed", INQUORATE].contains(&event.outcome.as_str());
            event.name.is_none() && !(of_a_vote && step.vote.is_some())
        });
        if let Some(event) = silent {
            check.find(
                Code::MissingLanguage,
                event.line,
                format!(
                    "step `{}` does not say what its outcome `{}` is called.",
                    step.id, event.outcome
                ),
                format!(
                    "Write `{} = {{ event = \"{}\", zh = \"…\", en = \"…\" }}`.",
                    event.outcome, event.event
                ),
            );
        }
    }
    stream(check, base);
    if definition.text.len() > MOST {
        check.find(
            Code::BadValue,
            None,
            format!(
                "the text has {} bytes; it is recorded whole when it is adopted, {MOST} at most.",
                definition.text.len()
            ),
            "Divide it into two definitions, or shorten its comments.",
        );
    }
}

fn stream(check: &mut Check<'_>, base: Option<&Definition>) {
    let definition = check.definition;
    let (wanted, sound) = match (base, &definition.region) {
        (Some(base), _) => (base.stream.clone(), definition.stream == base.stream),
        (None, Some(region)) => {
            let own = definition.stream.strip_prefix(region).is_some_and(|s| s.starts_with('-'));
            (definition.id.clone(), own)
        }
        (None, None) => return,
    };
    if !sound {
        check.find(
            Code::BadValue,
            None,
            format!("its events lie in streams `{}`, which are not its own.", definition.stream),
            format!("Write `stream = \"{wanted}\"`, or leave the key out."),
        );
    }
}
