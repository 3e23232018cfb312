//! How far a matter is, in a word and a sentence, by its definition.

use definitions::Definition;
use engines::procedure;
use kernel::Timestamp;
use pages::{Lang, NextAct, StateLine, Tag, Tone, deadline};
use serde::Serialize;

use super::say;
use crate::{shows::matters::Matter, telling, words};

/// Whether a matter runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    /// Under way (办理中).
    Running,
    /// No step is left (已结束).
    Ended,
    /// Somebody owes a step or an answer whose time has passed (超期).
    Overdue,
}

/// Without its definition nothing is called late: which end is a lateness stands there.
pub(crate) fn status(matter: &Matter, definition: Option<&Definition>, now: Timestamp) -> Status {
    let late = definition.is_some_and(|d| {
        let history = &matter.history;
        telling::owes_answer(d, history, now) || (!matter.ended && say::is_late(d, history, now))
    });
    match (late, matter.ended) {
        (true, _) => Status::Overdue,
        (false, true) => Status::Ended,
        (false, false) => Status::Running,
    }
}

/// State word and what comes next.
pub(crate) fn line(
    l: Lang,
    matter: &Matter,
    definition: Option<&Definition>,
    now: Timestamp,
) -> StateLine {
    let next = definition.and_then(|d| next(l, d, matter, now));
    let on_display = telling::open_until(&matter.history, now).is_some_and(|(_, over)| !over);
    let tag = match status(matter, definition, now) {
        Status::Overdue => Tag::new(Tone::Wrong, l.pick("超期", "Overdue"))
            .meaning(l.pick("过了该办的日子还没办", "the day for it has passed")),
        Status::Ended => {
            let on = pages::long_date(l, matter.last.micros());
            Tag::new(Tone::Neutral, l.pick("已结束", "Ended")).meaning(on)
        }
        Status::Running if stands_still(definition, matter, now) => {
            Tag::new(Tone::Wait, l.pick("期限中止", "Time stands still"))
        }
        Status::Running if on_display => Tag::new(Tone::Info, l.pick("公布中", "On display")),
        Status::Running => Tag::new(Tone::Info, l.pick("办理中", "Under way")),
    };
    StateLine { tag, next }
}

/// Whether the deadline of the step that comes next is paused.
fn stands_still(definition: Option<&Definition>, matter: &Matter, now: Timestamp) -> bool {
    definition.is_some_and(|d| {
        let rows = procedure::stepper(d, Some(&matter.history), now);
        rows.iter().any(|row| row.status == procedure::Status::Paused)
    })
}

/// What comes next: the open step of the main line; else the answer that is due first; else the end of a window.
pub(crate) fn next(
    l: Lang,
    definition: &Definition,
    matter: &Matter,
    now: Timestamp,
) -> Option<NextAct> {
    let history = &matter.history;
    let who = |keys: &[String]| {
        let names: Vec<String> =
            keys.iter().map(|key| words::pick(l, &words::post(key)).to_owned()).collect();
        names.join(l.pick("、", ", "))
    };
    if !matter.ended
        && let Some(next) = say::next_act(l, definition, history, now)
    {
        return Some(next);
    }
    let open = procedure::open_steps(definition, Some(history), now);
    let mut answers: Vec<_> = open
        .iter()
        .filter(|open| definition.step(&open.step).is_some_and(|step| step.answers.is_some()))
        .collect();
    answers.sort_by_key(|open| (open.due.is_none(), open.due));
    let owed = telling::owes_answer(definition, history, now);
    if let Some(open) = answers.iter().find(|open| open.due.is_some() || owed) {
        let by = open.due.map(|due| deadline(l, due.micros(), now.micros()));
        return Some(NextAct::new(who(&open.who), words::pick(l, &open.name), by));
    }
    let (ends, over) = telling::open_until(history, now)?;
    if matter.ended || over {
        return None;
    }
    let by = pages::dates::Day::at(ends.micros()).short(l);
    Some(match l {
        Lang::Zh => NextAct::new("", format!("公布到{by}，到期自动结束"), None),
        Lang::En => {
            NextAct::new("", format!("on display until {by}, then it ends by itself"), None)
        }
    })
}
