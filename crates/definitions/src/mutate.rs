//! Changes a definition's text for tests: a guard taken out, every name replaced. Knows no mechanism.

use std::{collections::BTreeMap, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::catalogue::Catalogue;

/// The text without one guard, wherever a step names it; `None` when no step does.
pub fn without_guard(text: &str, guard: &str) -> Option<String> {
    let root = DeTable::parse(text).ok()?.into_inner();
    let mut changes = Vec::new();
    for step in rows(&root, "step") {
        let Some(value) = step.get("guard") else { continue };
        let all = strings(value);
        if all.iter().any(|(_, name)| name == guard) {
            let rest: Vec<String> = all
                .iter()
                .filter(|(_, name)| name != guard)
                .map(|(_, name)| quoted(name))
                .collect();
            changes.push((value.span(), format!("[{}]", rest.join(", "))));
        }
    }
    (!changes.is_empty()).then(|| apply(text, changes))
}

/// The text without the condition of this code, wherever a step has it; `None` when no step does.
pub fn without_require(text: &str, code: &str) -> Option<String> {
    let root = DeTable::parse(text).ok()?.into_inner();
    let mut changes = Vec::new();
    for step in rows(&root, "step") {
        let Some(list) = step.get("require").and_then(|list| list.get_ref().as_array()) else {
            continue;
        };
        for row in list.iter() {
            let Some(table) = row.get_ref().as_table() else { continue };
            let is = |key: &str| table.get(key).and_then(|value| value.get_ref().as_str());
            if is("code") == Some(code) {
                // it stays where it is and demands nothing: lines do not move
                let that = table.get("that")?;
                changes.push((that.span(), quoted("1 <= 1")));
            }
        }
    }
    (!changes.is_empty()).then(|| apply(text, changes))
}

/// The codes of all conditions of the text, each once, in order.
pub fn requires(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let Ok(root) = DeTable::parse(text) else { return found };
    for step in rows(root.get_ref(), "step") {
        for row in rows(step, "require") {
            let code = row.get("code").and_then(|code| code.get_ref().as_str());
            if let Some(code) = code.filter(|code| !found.iter().any(|known| known == code)) {
                found.push(code.to_owned());
            }
        }
    }
    found
}

/// All guards that the text names, each once, in order.
pub fn guards(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let Ok(root) = DeTable::parse(text) else { return found };
    for step in rows(root.get_ref(), "step") {
        for (_, name) in step.get("guard").map(strings).unwrap_or_default() {
            if !found.contains(&name) {
                found.push(name);
            }
        }
    }
    found
}

/// A definition and its cases under other names: id, steps, local fields and local events, consistently. What the core
/// names (its events and fields) stays. An engine that knows no mechanism decides both alike.
pub fn rename_ids(
    definition: &str,
    cases: &str,
    catalogue: &Catalogue,
) -> Option<(String, String)> {
    let root = DeTable::parse(definition).ok()?.into_inner();
    let names = Names::new(&root, catalogue);
    let renamed = apply(definition, names.in_definition(&root));
    let parsed = DeTable::parse(cases).ok()?.into_inner();
    Some((renamed, apply(cases, names.in_cases(&parsed))))
}

type Change = (Range<usize>, String);

#[derive(Default)]
struct Names {
    steps: BTreeMap<String, String>,
    fields: BTreeMap<String, String>,
    events: BTreeMap<String, String>,
}

impl Names {
    fn new(root: &DeTable<'_>, catalogue: &Catalogue) -> Self {
        let mut names = Self::default();
        for (number, step) in rows(root, "step").enumerate() {
            if let Some(id) = step.get("id").and_then(|id| id.get_ref().as_str()) {
                names.steps.insert(id.to_owned(), format!("z{number}-renamed"));
            }
        }
        let of_core = |name: &str| {
            catalogue.events.iter().any(|event| event.fields.iter().any(|f| f.name == name))
                || catalogue
                    .guards
                    .iter()
                    .any(|guard| guard.reads.iter().chain(&guard.shows).any(|field| field == name))
        };
        if let Some(fields) = root.get("field").and_then(|fields| fields.get_ref().as_table()) {
            for (number, name) in fields.keys().enumerate() {
                if !of_core(name.get_ref()) {
                    names.fields.insert(name.get_ref().to_string(), format!("renamed_{number}"));
                }
            }
        }
        for (number, local) in rows(root, "local").enumerate() {
            if let Some(event) = local.get("event").and_then(|event| event.get_ref().as_str()) {
                names.events.insert(event.to_owned(), format!("Thing{number}Renamed"));
            }
        }
        names
    }

    fn in_definition(&self, root: &DeTable<'_>) -> Vec<Change> {
        let mut changes = Vec::new();
        if let Some(head) = root.get("procedure").and_then(|head| head.get_ref().as_table()) {
            all(head.get("id"), &mut changes, |id| format!("{id}-renamed"));
        }
        if let Some(fields) = root.get("field").and_then(|fields| fields.get_ref().as_table()) {
            for name in fields.keys() {
                if let Some(new) = self.fields.get(name.get_ref().as_ref()) {
                    changes.push((name.span(), new.clone()));
                }
            }
        }
        for local in rows(root, "local") {
            all(local.get("event"), &mut changes, |event| swap(&self.events, event));
            all(local.get("fields"), &mut changes, |field| swap(&self.fields, field));
        }
        for ledger in rows(root, "ledger") {
            for account in rows(ledger, "account") {
                all(account.get("per"), &mut changes, |field| swap(&self.fields, field));
            }
        }
        for tier in rows(root, "tier") {
            all(tier.get("needs"), &mut changes, |field| swap(&self.fields, field));
            all(tier.get("when"), &mut changes, |when| words(&self.fields, when));
        }
        for prove in rows(root, "prove") {
            for key in ["never", "always"] {
                all(prove.get(key), &mut changes, |text| words(&self.steps, text));
            }
        }
        for step in rows(root, "step") {
            self.in_step(step, &mut changes);
        }
        changes
    }

    fn in_step(&self, step: &DeTable<'_>, changes: &mut Vec<Change>) {
        for key in ["id", "after", "during", "answers", "pauses", "resumes", "reverses"] {
            all(step.get(key), changes, |item| words(&self.steps, item));
        }
        for key in ["takes", "signs"] {
            all(step.get(key), changes, |field| swap(&self.fields, field));
        }
        let inner = |key: &str, of: &str| {
            step.get(key)
                .and_then(|table| table.get_ref().as_table())
                .and_then(|table| table.get(of))
        };
        all(inner("by", "not_also"), changes, |item| words(&self.steps, item));
        all(inner("lengthens", "step"), changes, |item| words(&self.steps, item));
        all(inner("missed", "event"), changes, |event| swap(&self.events, event));
        all(inner("window", "closes"), changes, |event| swap(&self.events, event));
        for key in ["objections", "restarts_on"] {
            all(inner("window", key), changes, |item| words(&self.steps, item));
        }
        all(step.get("event"), changes, |event| swap(&self.events, event));
        for row in rows(step, "books") {
            all(row.get("amount"), changes, |amount| words(&self.fields, amount));
        }
        for row in rows(step, "require") {
            all(row.get("that"), changes, |that| words(&self.fields, that));
        }
        for key in ["tell", "next", "require"] {
            all(step.get(key), changes, |text| {
                if let Some(field) = text.strip_prefix("by ") {
                    return format!("by {}", swap(&self.fields, field));
                }
                self.fields.iter().fold(text.to_owned(), |text, (old, new)| {
                    text.replace(&format!("{{{old}}}"), &format!("{{{new}}}"))
                })
            });
        }
    }

    fn in_cases(&self, root: &DeTable<'_>) -> Vec<Change> {
        let mut changes = Vec::new();
        for case in rows(root, "case") {
            for key in ["given", "then", "when"] {
                all(case.get(key), &mut changes, |line| self.line(line));
            }
        }
        changes
    }

    fn line(&self, line: &str) -> String {
        let mut parts = Vec::new();
        for (index, part) in line.split(' ').enumerate() {
            parts.push(match part.split_once('=') {
                Some((field, value)) => format!("{}={value}", swap(&self.fields, field)),
                None if index == 0 => swap(&self.events, &swap(&self.steps, part)),
                None => part.to_owned(),
            });
        }
        parts.join(" ")
    }
}

fn swap(map: &BTreeMap<String, String>, name: &str) -> String {
    map.get(name).cloned().unwrap_or_else(|| name.to_owned())
}

/// Replaces whole words; an outcome after a dot stays.
fn words(map: &BTreeMap<String, String>, text: &str) -> String {
    text.split_inclusive([' ', '(', ')'])
        .map(|piece| piece.split_at(piece.trim_end_matches([' ', '(', ')']).len()))
        .map(|(word, end)| (named(map, word), end))
        .map(|(word, end)| word + end)
        .collect()
}

fn named(map: &BTreeMap<String, String>, word: &str) -> String {
    match word.split_once('.') {
        Some((first, rest)) => format!("{}.{rest}", swap(map, first)),
        None => swap(map, word),
    }
}

fn rows<'t, 'i>(root: &'t DeTable<'i>, key: &str) -> impl Iterator<Item = &'t DeTable<'i>> {
    root.get(key)
        .and_then(|value| value.get_ref().as_array())
        .into_iter()
        .flat_map(|rows| rows.iter())
        .filter_map(|row| row.get_ref().as_table())
}

/// All texts below a value, with their places.
fn strings(value: &Spanned<DeValue<'_>>) -> Vec<(Range<usize>, String)> {
    match value.get_ref() {
        DeValue::String(text) => vec![(value.span(), text.clone().into_owned())],
        DeValue::Array(items) => items.iter().flat_map(strings).collect(),
        DeValue::Table(table) => table.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

fn all(
    value: Option<&Spanned<DeValue<'_>>>,
    changes: &mut Vec<Change>,
    change: impl Fn(&str) -> String,
) {
    for (span, text) in value.map(strings).unwrap_or_default() {
        let new = change(&text);
        if new != text {
            changes.push((span, quoted(&new)));
        }
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn apply(text: &str, mut changes: Vec<Change>) -> String {
    changes.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut out = text.to_owned();
    for (span, new) in changes {
        out.replace_range(span, &new);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[[step]]\nid = \"ask\"\nguard = [\"a\", \"b\"]\n[[step]]\nid = \"do\"\nafter = [\"ask.done\"]\nguard = [\"b\"]\n";

    #[test]
    fn a_guard_is_taken_out_everywhere() {
        assert_eq!(guards(TEXT), ["a", "b"]);
        let without = without_guard(TEXT, "b").unwrap();
        assert_eq!(guards(&without), ["a"]);
        assert!(without.contains("guard = []"));
        assert_eq!(without_guard(TEXT, "c"), None);
    }

    #[test]
    fn names_are_replaced_in_the_file_and_its_cases() {
        let cases = "[[case]]\nname = \"n\"\nwhen = \"do by=x:Y\"\n";
        let (text, cases) = rename_ids(TEXT, cases, &Catalogue::default()).unwrap();
        assert!(text.contains("after = [\"z0-renamed.done\"]"), "{text}");
        assert!(cases.contains("when = \"z1-renamed by=x:Y\""), "{cases}");
    }
}
