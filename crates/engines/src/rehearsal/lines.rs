//! Lines to try: a step as the cases took it, without who and when; what a form still needs, as something ordinary.

use std::collections::BTreeMap;

use definitions::{
    Definition, Field, FieldType, Optional, Step,
    cases::{Case, CaseLine},
};
use kernel::Date;

/// How many ways of taking one step are tried.
const WAYS: usize = 3;

/// A step's lines by its id.
pub(super) type Templates = BTreeMap<String, Vec<CaseLine>>;

/// How the cases take each step; a step that none takes has a bare line.
pub(super) fn templates(definition: &Definition, cases: &[Case]) -> Templates {
    let mut templates = Templates::new();
    let accepted = cases.iter().filter(|case| case.refused.is_none()).map(|case| &case.when);
    let given = cases.iter().flat_map(|case| &case.given);
    for line in accepted.chain(given) {
        let Some((step, line)) = as_step(definition, line) else { continue };
        let ways = templates.entry(step.id.clone()).or_default();
        let outcome = |line: &CaseLine| line.value("outcome").map(str::to_owned);
        // Another outcome says more than other values.
        let new = ways.iter().all(|way| outcome(way) != outcome(&line));
        if !ways.contains(&line) && (new || ways.len() < WAYS) {
            ways.push(line);
        }
    }
    for step in &definition.steps {
        let bare = || vec![CaseLine { what: step.id.clone(), ..CaseLine::default() }];
        templates.entry(step.id.clone()).or_insert_with(bare);
    }
    templates
}

/// A line that takes a step or tells its event, as one that takes it: by nobody yet, on no day of its own.
fn as_step<'a>(definition: &'a Definition, line: &CaseLine) -> Option<(&'a Step, CaseLine)> {
    let mut line = line.clone();
    let step = match definition.step(&line.what) {
        Some(step) => step,
        None => {
            let of_event = |step: &&Step| step.events.iter().any(|one| one.event == line.what);
            let step = definition.steps.iter().find(of_event)?;
            if step.events.len() > 1 && step.vote.is_none() {
                let event = step.events.iter().find(|one| one.event == line.what)?;
                line.values.insert("outcome".to_owned(), event.outcome.clone());
            }
            step
        }
    };
    line.what = step.id.clone();
    line.values.remove("on");
    Some((step, line))
}

/// What a line adds to the way a case came: its event; of what is no event of the definition, all.
pub(super) fn told(definition: &Definition, line: &CaseLine) -> String {
    match definition.fact_of(&line.what) {
        Some(fact) => format!("{fact};"),
        None => format!("{line:?};"),
    }
}

/// Fills in what the form of a step asks for and a line does not say.
pub(super) fn complete(definition: &Definition, step: &Step, line: &mut CaseLine, today: Date) {
    for field in definition.form(step).into_iter().filter(|f| f.optional == Optional::No) {
        line.values.entry(field.name.clone()).or_insert_with(|| ordinary(field, today));
    }
    let chosen = step.vote.is_none() && step.sitting.is_none() && step.events.len() > 1;
    if let (true, Some(first)) = (chosen, step.events.first()) {
        line.values.entry("outcome".to_owned()).or_insert_with(|| first.outcome.clone());
    }
}

/// Something ordinary for a field, as a line writes it.
pub fn ordinary(field: &Field, today: Date) -> String {
    match &field.kind {
        FieldType::Enum(words) => words.first().cloned().unwrap_or_default(),
        FieldType::Date => today.to_string(),
        FieldType::Month => today.to_string().chars().take(7).collect(),
        FieldType::Count => "1".to_owned(),
        FieldType::Money => "1.00".to_owned(),
        FieldType::YesNo => "yes".to_owned(),
        FieldType::Period => "15 days".to_owned(),
        FieldType::Party => "person:p-Somebody".to_owned(),
        _ => "内容".to_owned(),
    }
}
