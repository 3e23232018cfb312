//! What is open, and how far a case has come: for forms, steppers and "what happens next".

use definitions::{
    Competence, Definition, Step,
    model::{DONE, PASSED},
};
use kernel::{Period, Text, Timestamp};
use serde::Serialize;
use serde_json::Map;

use super::{
    clock::clock_name,
    history::History,
    order::{Closed, Order},
    people,
};

/// A step that can be taken now.
#[derive(Debug, Clone, PartialEq)]
pub struct Open {
    /// Its id.
    pub step: String,
    /// What people call it.
    pub name: Text,
    /// Who may take it.
    pub by: Competence,
    /// The same as one key for pages and filters: a post or body key, resolved through tier and matter.
    pub who: Vec<String>,
    /// What was said to happen next.
    pub next: Option<Text>,
    /// By when.
    pub due: Option<Timestamp>,
    /// Its clock stands still: what is left of it.
    pub paused: Option<Period>,
    /// Not before (a window or a notice still runs).
    pub not_before: Option<Timestamp>,
    /// Beside the procedure's main line: an objection, a withdrawal, an answer.
    pub beside: bool,
}

/// How far a step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Taken.
    Done,
    /// Can be taken now.
    Now,
    /// Taken, with the outcome that sent the case back or ended it.
    Returned,
    /// Can be taken now, and its deadline has passed.
    Late,
    /// Can be taken now, and its deadline stands still.
    Paused,
    /// Comes later.
    NotYet,
}

/// One row of the stepper.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The step's id.
    pub step: String,
    /// What people call it.
    pub name: Text,
    /// How far.
    pub status: Status,
    /// When it was taken last.
    pub at: Option<Timestamp>,
    /// By which post.
    pub post: Option<String>,
    /// The article.
    pub law: Option<String>,
    /// By when, when open.
    pub due: Option<Timestamp>,
    /// What is left of a deadline that stands still.
    pub paused: Option<Period>,
}

/// The steps that can be taken now or when a window has ended, main line first.
pub fn open_steps(definition: &Definition, history: Option<&History>, now: Timestamp) -> Vec<Open> {
    let order = Order::new(definition, history);
    let known = history.map(|history| &history.values);
    let empty = Map::new();
    let matter = people::matter(definition, &empty, known);
    let parameters = definition.parameters_at(now.date());
    let row = people::tier(definition, |name| known?.get(name).cloned(), &parameters);
    let said = order.last().and_then(|last| {
        let (step, outcome) = definition.meaning(&last.fact)?;
        step.next_of(outcome).map(|next| next.text.clone())
    });
    let mut open: Vec<Open> = definition
        .steps
        .iter()
        .filter_map(|step| {
            let not_before = match order.check(step, now) {
                Ok(()) => None,
                Err(Closed::WindowOpen(ends)) => Some(ends),
                Err(_) => return None,
            };
            let who = people::resolve(definition, &step.by.who, row, matter);
            let due = step.missed.as_ref().and_then(|missed| {
                let name = clock_name(missed);
                let clocks = history.map_or(&[][..], |history| history.deadlines());
                clocks
                    .iter()
                    .filter(|clock| {
                        clock.name == name
                            || clock.name.strip_prefix(&name).is_some_and(|r| r.starts_with('/'))
                    })
                    .map(|clock| clock.due_at)
                    .min()
            });
            let paused = step
                .missed
                .as_ref()
                .and_then(|missed| history.and_then(|history| history.paused(&clock_name(missed))));
            Some(Open {
                step: step.id.clone(),
                name: step.name.clone(),
                by: step.by.clone(),
                who: people::keys(&who),
                next: said.clone().filter(|_| step.is_main()),
                due,
                paused: paused.map(|span| span.lasts),
                not_before,
                beside: !step.is_main(),
            })
        })
        .collect();
    open.sort_by_key(|open| open.beside);
    open
}

/// All main steps in the order of the file: what is done, what is open, what comes.
pub fn stepper(definition: &Definition, history: Option<&History>, now: Timestamp) -> Vec<Row> {
    let order = Order::new(definition, history);
    let open = open_steps(definition, history, now);
    definition
        .steps
        .iter()
        .filter(|step| step.is_main())
        .map(|step| {
            let last = order.of_step(step).last();
            let outcome = last.and_then(|last| definition.meaning(&last.fact)).map(|(_, o)| o);
            let now_open =
                open.iter().find(|open| open.step == step.id && open.not_before.is_none());
            let missed = step.missed.as_ref().is_some_and(|missed| {
                history.is_some_and(|history| history.last(&missed.fact).is_some())
            });
            let status = match (now_open, outcome) {
                (Some(open), _) if missed || open.due.is_some_and(|due| due < now) => Status::Late,
                (Some(open), _) if open.paused.is_some() => Status::Paused,
                (Some(_), _) => Status::Now,
                (None, Some(DONE | PASSED)) => Status::Done,
                (None, Some(outcome)) if step.events.len() > 1 && is_return(step, outcome) => {
                    Status::Returned
                }
                (None, Some(_)) => Status::Done,
                (None, None) => Status::NotYet,
            };
            Row {
                step: step.id.clone(),
                name: step.name.clone(),
                status,
                at: last.map(|last| last.at),
                post: last.and_then(|last| last.post.clone()),
                law: definition.law_of(step, None).map(str::to_owned),
                due: now_open.and_then(|open| open.due),
                paused: now_open.and_then(|open| open.paused),
            }
        })
        .collect()
}

/// Any outcome but the first of a step that has several.
fn is_return(step: &Step, outcome: &str) -> bool {
    step.events.first().is_some_and(|first| first.outcome != outcome)
}
