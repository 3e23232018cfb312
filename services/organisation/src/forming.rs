//! A row of units formed and renamed in one command (区划登记): each on what the ones before it left. Knows no file.

use std::collections::{HashMap, HashSet};

use kernel::{Context, Decision, Loaded, Refusal, Text, UnitId, Verdict};

use crate::{command::State, facts::unit, known::the_unit};

/// Forms and renames units, all or none.
///
/// # Errors
/// The refusal of the first line that cannot be, pointing at it.
pub(crate) fn divisions(
    form: &[unit::FormUnit],
    rename: &[unit::RenameUnit],
    context: &Context<'_>,
    loaded: &Loaded<State>,
) -> Result<Decision, Verdict> {
    let mut decision = Decision::default();
    let mut formed: HashMap<&UnitId, unit::Unit> = HashMap::with_capacity(form.len());
    let mut codes = HashSet::with_capacity(form.len());
    for (at, ask) in form.iter().enumerate() {
        let existing = formed.get(&ask.unit).or_else(|| the_unit(loaded, &ask.unit));
        let above =
            ask.parent.as_ref().and_then(|id| formed.get(id).or_else(|| the_unit(loaded, id)));
        let claim = unit::code_claim(ask.code);
        let taken = !codes.insert(ask.code) || context.taken.contains(&claim);
        let (one, unit) = unit::form(ask, existing, above, taken)
            .map_err(|verdict| in_list(verdict, "form", at))?;
        decision.events.extend(one.events);
        decision.claims.extend(one.claims);
        formed.insert(&ask.unit, unit);
    }
    for (at, ask) in rename.iter().enumerate() {
        let unit = formed.get(&ask.unit).or_else(|| the_unit(loaded, &ask.unit));
        let one = unit::rename(ask, unit).map_err(|verdict| in_list(verdict, "rename", at))?;
        decision.events.extend(one.events);
    }
    if decision.events.is_empty() {
        return Err(Refusal::field(
            "/form",
            Text::new("没有要登记的单位。", "There is nothing to record."),
            Text::new("请至少登记一个单位。", "Form or rename at least one unit."),
        )
        .into());
    }
    Ok(decision)
}

/// Points a refusal of one line into the list.
fn in_list(verdict: Verdict, list: &str, at: usize) -> Verdict {
    match verdict {
        Verdict::Refused(mut refusal) => {
            let field = refusal.field.take().unwrap_or_default();
            Verdict::Refused(refusal.at(format!("/{list}/{at}{field}")))
        }
        other => other,
    }
}
