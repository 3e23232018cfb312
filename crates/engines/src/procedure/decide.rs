//! Decides a step: what comes of an act, or why it is refused.

use definitions::{Citations, Definition};
use kernel::{Actor, Deadline, Refusal, Text, Timestamp, Verdict, WorkCalendar};

use super::{Act, Facts, History, Outcome};

/// Decides an act on a case; `history` is `None` before its first event.
///
/// # Errors
/// A refusal with code, article and remedy; or what a guard says is not known here yet.
#[allow(clippy::too_many_arguments)]
pub fn decide(
    definition: &Definition,
    citations: &Citations,
    history: Option<&History>,
    act: &Act,
    actor: &Actor,
    facts: &dyn Facts,
    now: Timestamp,
    calendar: &WorkCalendar,
) -> Result<Outcome, Verdict> {
    let _ = (definition, citations, history, actor, facts, now, calendar);
    Err(Refusal::field(
        "/step",
        Text::new(format!("没有步骤“{}”", act.step), format!("there is no step `{}`", act.step)),
        Text::new("请选择办理事项的步骤", "choose one of the steps"),
    )
    .into())
}

/// What a deadline writes when it passes; `None` when the definition knows no such deadline (write the service's own
/// record of it then).
pub fn lapse(
    definition: &Definition,
    history: &History,
    deadline: &Deadline,
    now: Timestamp,
) -> Option<Outcome> {
    let _ = (definition, history, deadline, now);
    None
}
