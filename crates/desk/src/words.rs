//! Sentences that several pages say: what happens next, whose it is and why not yours, how long a rule gives.

use definitions::{Definition, Step, Value, Who, Within};
use engines::procedure::Open;
use kernel::{Date, Period, Seat, Text, Timestamp};
use pages::{Lang, Link, NextAct};

use crate::{
    PlaceShown,
    show::{due, on, period_words},
    terms::{Terms, fits, said},
};

/// What happens next: who, what, by when.
pub(crate) fn next(lang: Lang, terms: &Terms, open: &Open, now: Timestamp) -> NextAct {
    let by = match (open.not_before, open.due) {
        (Some(from), _) if from > now => Some(match lang {
            Lang::Zh => format!("{}之后", on(lang, from)),
            Lang::En => format!("after {}", on(lang, from)),
        }),
        (_, None) => open.paused.map(|left| standing(lang, left)),
        (_, due_at) => due_at.map(|at| due(lang, at, now)),
    };
    NextAct::new(whose(lang, terms, open), said(lang, &open.name), by)
}

/// A deadline that stands still.
pub(crate) fn standing(lang: Lang, left: Period) -> String {
    let left = said(lang, &period_words(left));
    match lang {
        Lang::Zh => format!("期限中止，还剩{left}"),
        Lang::En => format!("time stands still, {left} left"),
    }
}

/// Whose turn an open step is: posts or bodies, or nobody's where it happens by itself.
pub(crate) fn whose(lang: Lang, terms: &Terms, open: &Open) -> String {
    match open.by.who {
        Who::System(_) => lang.pick("自动进行", "by itself").to_owned(),
        _ => terms.anyone(lang, &open.who),
    }
}

/// The article a step rests on.
pub(crate) fn article(
    lang: Lang,
    terms: &Terms,
    definition: &Definition,
    step: &Step,
) -> Option<Link> {
    let entry = terms.catalogue().citations.entry(definition.law_of(step, None)?)?;
    Some(Link::new(said(lang, &entry.name), String::new()))
}

/// Why a seat cannot take an open step now; `None` where it can.
pub(crate) fn why_not(
    lang: Lang,
    terms: &Terms,
    open: &Open,
    seats: &[Seat],
    place: &PlaceShown,
    now: Timestamp,
) -> Option<String> {
    let name = said(lang, &open.name);
    if let Some(from) = open.not_before.filter(|from| *from > now) {
        let from = on(lang, from);
        return Some(match lang {
            Lang::Zh => format!("“{name}”要等公示或通知期满，{from}之后才能办。"),
            Lang::En => {
                format!("“{name}” has to wait until a notice or window ends, after {from}.")
            }
        });
    }
    if matches!(open.by.who, Who::System(_)) {
        return Some(match lang {
            Lang::Zh => format!("“{name}”会自动进行，不用人办。"),
            Lang::En => format!("“{name}” happens by itself; nobody has to act."),
        });
    }
    let mut keys = open.who.clone();
    keys.extend(open.by.otherwise.clone());
    if seats.iter().any(|seat| fits(seat, place, &keys)) {
        return None;
    }
    Some(not_yours(lang, terms, &open.name, &open.who, seats))
}

/// Whose a step is, and that it is not yours.
pub(crate) fn not_yours(
    lang: Lang,
    terms: &Terms,
    name: &Text,
    who: &[String],
    seats: &[Seat],
) -> String {
    let (name, who) = (said(lang, name), terms.anyone(lang, who));
    let mut mine: Vec<String> =
        seats.iter().map(|seat| said(lang, &terms.who(&seat.post))).collect();
    mine.dedup();
    let mine = mine.join(lang.pick("、", ", "));
    match (lang, mine.is_empty()) {
        (Lang::Zh, false) => format!("“{name}”由{who}办理；您的任职是{mine}，不能办。"),
        (Lang::Zh, true) => format!("“{name}”由{who}办理；您在这里没有任职。"),
        (Lang::En, false) => format!("“{name}” is for {who}; your post is {mine}."),
        (Lang::En, true) => format!("“{name}” is for {who}; you hold no post here."),
    }
}

/// How long a rule gives, in words.
pub(crate) fn within(
    lang: Lang,
    definition: &Definition,
    within: &Within,
    today: Date,
) -> Option<String> {
    match within {
        Within::Period(period) => Some(said(lang, &period_words(*period))),
        Within::Parameter(name) => match definition.parameters_at(today).get(name)? {
            Value::Period(period) => Some(said(lang, &period_words(*period))),
            _ => None,
        },
        Within::MonthEnd(period) => Some(match lang {
            Lang::Zh => format!("月末后{}内", period_words(*period).zh),
            Lang::En => format!("{} after the end of the month", period_words(*period).en),
        }),
        Within::Date(field) => {
            let label = said(lang, &definition.fields.get(field)?.label);
            Some(match lang {
                Lang::Zh => format!("“{label}”之前"),
                Lang::En => format!("by “{label}”"),
            })
        }
        Within::Matter => Some(lang.pick("按事项的规定", "as the matter's rule says").to_owned()),
    }
}
