//! What a case says in public, read from its definition and its events alone: its headline and text, its questions and
//! answers, what was added, what is counted, which deadlines were kept. Pure; knows no procedure, no page and no language.

use std::collections::BTreeSet;

use definitions::{
    Definition, Field, FieldType, Missed, Step,
    model::{CLOSED, MISSED},
};
use engines::procedure::History;
use kernel::{Class, Timestamp};
use serde_json::Value;

use crate::shows::matters::Told;

/// Characters up to which a text is a headline; a longer one is a text to be read.
const HEADLINE: usize = 120;

/// The public fields that the first step asks for, in the order of the file.
fn opening(definition: &Definition) -> Vec<&Field> {
    let first = definition.steps.iter().filter(|step| definition.is_first(step));
    first.flat_map(|step| definition.form(step)).filter(|field| is_public(field)).collect()
}

fn is_public(field: &Field) -> bool {
    field.class.strictest() == Class::Public
}

fn most(field: &Field) -> Option<usize> {
    match field.kind {
        FieldType::Text { most, .. } => Some(most),
        _ => None,
    }
}

/// What a case is called (标题): the first short public text that its first step asks for.
pub fn headline(definition: &Definition) -> Option<&Field> {
    opening(definition).into_iter().find(|field| most(field).is_some_and(|most| most <= HEADLINE))
}

/// What there is to read (正文): the first long public text that its first step asks for.
pub fn body(definition: &Definition) -> Option<&Field> {
    opening(definition).into_iter().find(|field| most(field).is_some_and(|most| most > HEADLINE))
}

/// What it is about (类别): the first public choice that its first step asks for.
pub fn topic(definition: &Definition) -> Option<&Field> {
    opening(definition).into_iter().find(|field| matches!(field.kind, FieldType::Enum(_)))
}

/// The other public fields of the steps on the main line, in the order of the file.
pub fn facts(definition: &Definition) -> Vec<&Field> {
    let told = [headline(definition), body(definition), topic(definition)];
    let main = definition.steps.iter().filter(|step| step.is_main());
    let names: BTreeSet<&str> =
        main.flat_map(|step| step.takes.iter().map(String::as_str)).collect();
    let mut fields: Vec<&Field> = definition
        .fields
        .values()
        .filter(|field| names.contains(field.name.as_str()) && is_public(field))
        .filter(|field| !told.iter().flatten().any(|known| known.name == field.name))
        .collect();
    fields.sort_by_key(|field| field.order);
    fields
}

/// The public fields that an event carries, in the order of the file.
pub fn fields<'a>(definition: &'a Definition, event: &Told) -> Vec<&'a Field> {
    let data = &event.happening.data;
    let mut fields: Vec<&Field> = definition
        .fields
        .values()
        .filter(|field| is_public(field) && data.contains_key(&field.name))
        .collect();
    fields.sort_by_key(|field| field.order);
    fields
}

/// A question, an objection, and what was answered (问与答).
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange<'a> {
    /// The step by which it was asked.
    pub step: &'a Step,
    /// The question.
    pub asked: &'a Told,
    /// The step that answers it.
    pub answers: &'a Step,
    /// The answer.
    pub answer: Option<&'a Told>,
    /// Until when it is to be answered.
    pub due: Option<Timestamp>,
    /// Whether that passed without an answer.
    pub missed: bool,
}

/// Questions with their answers, in the order in which they were asked.
pub fn exchanges<'a>(definition: &'a Definition, events: &'a [Told]) -> Vec<Exchange<'a>> {
    let mut found = Vec::new();
    for answers in &definition.steps {
        let Some(step) = answers.answers.as_deref().and_then(|id| definition.step(id)) else {
            continue;
        };
        for (n, asked) in of_step(step, events).enumerate() {
            let of_it = |event: &&Told| about(event) == Some(&asked.event);
            let clock =
                answers.missed.as_ref().map(|missed| format!("{}/{}", stem(&missed.fact), n + 1));
            let runs_out = |event: &Told| {
                answers.missed.as_ref().is_some_and(|missed| missed.fact == event.happening.fact)
                    && clock.as_deref().is_some_and(|clock| names(event, "stops", clock))
            };
            found.push(Exchange {
                step,
                asked,
                answers,
                answer: of_step(answers, events).find(of_it),
                due: clock.as_deref().and_then(|clock| armed(asked, clock)),
                missed: events.iter().any(runs_out),
            });
        }
    }
    found.sort_by_key(|exchange| {
        (exchange.asked.happening.at, exchange.asked.happening.position.index)
    });
    found
}

/// What was done beside the main line and asks for no answer, by step: corrections, reports.
#[derive(Debug, Clone, PartialEq)]
pub struct Beside<'a> {
    /// The step.
    pub step: &'a Step,
    /// Its events, first to last.
    pub events: Vec<&'a Told>,
}

impl Beside<'_> {
    /// Whether there is something to read in it; else it is counted.
    pub fn is_read(&self, definition: &Definition) -> bool {
        definition.form(self.step).iter().any(|field| is_public(field) && most(field).is_some())
    }

    /// How often each value of a public choice was given, in the order of the file.
    pub fn tally<'d>(&self, definition: &'d Definition) -> Vec<(&'d Field, Vec<(String, usize)>)> {
        let choices = definition.form(self.step).into_iter().filter(|field| is_public(field));
        let counted = choices.filter_map(|field| {
            let FieldType::Enum(values) = &field.kind else { return None };
            let times = |value: &String| {
                let given = |event: &&&Told| {
                    event.happening.data.get(&field.name).and_then(Value::as_str) == Some(value)
                };
                (value.clone(), self.events.iter().filter(given).count())
            };
            Some((field, values.iter().map(times).filter(|(_, n)| *n > 0).collect()))
        });
        counted.collect()
    }
}

/// What was done beside the main line, in the order of the file.
pub fn beside<'a>(definition: &'a Definition, events: &'a [Told]) -> Vec<Beside<'a>> {
    let asked: Vec<&str> = definition.steps.iter().filter_map(|s| s.answers.as_deref()).collect();
    let steps = definition.steps.iter().filter(|step| {
        !step.is_main() && step.answers.is_none() && !asked.contains(&step.id.as_str())
    });
    steps
        .map(|step| Beside { step, events: of_step(step, events).collect() })
        .filter(|beside| !beside.events.is_empty())
        .collect()
}

/// How a deadline went (期限).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Went {
    /// It runs.
    Running,
    /// It stands still (暂停计时).
    Paused,
    /// Done in time.
    Kept(Timestamp),
    /// Done after it had passed.
    Late(Timestamp),
    /// Passed, and not done yet.
    Missed,
}

/// A deadline of a step: what was to be done by when, and whether it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline<'a> {
    /// The step that was to be taken.
    pub step: &'a Step,
    /// When the clock began.
    pub from: Timestamp,
    /// The last instant in time; what was left of a pause is added.
    pub due: Timestamp,
    /// How it went.
    pub went: Went,
    /// Its clock, as events name it.
    clock: String,
    /// The question that is to be answered.
    about: Option<String>,
}

impl Deadline<'_> {
    fn is_open(&self) -> bool {
        matches!(self.went, Went::Running | Went::Paused)
    }
}

/// All deadlines of steps and answers that the events ever started, first to last. What the end of a window writes by
/// itself is none: see [`open_until`].
pub fn deadlines<'a>(
    definition: &'a Definition,
    events: &[Told],
    now: Timestamp,
) -> Vec<Deadline<'a>> {
    let mut found: Vec<Deadline<'a>> = Vec::new();
    for event in events {
        let at = event.happening.at;
        for one in found.iter_mut().filter(|one| one.went == Went::Missed) {
            let of_it = one.about.is_none() || about(event) == one.about.as_deref();
            if of_it && takes(one.step, event) {
                one.went = kept(one.due, at);
            }
        }
        for one in found.iter_mut().filter(|one| one.is_open()) {
            if event.happening.data.get("paused").and_then(|all| all.get(&one.clock)).is_some() {
                one.went = Went::Paused;
            } else if names(event, "stops", &one.clock) {
                let passed =
                    one.step.missed.as_ref().is_some_and(|m| m.fact == event.happening.fact);
                one.went = if passed { Went::Missed } else { kept(one.due, at) };
            }
        }
        let started = event.happening.data.get("due").and_then(Value::as_object);
        for (clock, due) in started.into_iter().flatten() {
            let Some(due) = due.as_i64().map(Timestamp::from_micros) else { continue };
            // One that goes on after a pause, or was given more time.
            if let Some(open) = found.iter_mut().find(|one| one.is_open() && one.clock == *clock) {
                (open.due, open.went) = (due, Went::Running);
            } else if let Some(step) = step_of(definition, clock) {
                let asks = step.answers.as_deref().and_then(|id| definition.step(id));
                let about = asks.filter(|asks| takes(asks, event)).map(|_| event.event.clone());
                let (clock, went) = (clock.clone(), Went::Running);
                found.push(Deadline { step, from: at, due, went, clock, about });
            }
        }
    }
    for one in &mut found {
        if one.went == Went::Running && one.due <= now {
            one.went = Went::Missed;
        }
    }
    found
}

/// The step whose clock this is.
fn step_of<'a>(definition: &'a Definition, clock: &str) -> Option<&'a Step> {
    let name = clock.split('/').next().unwrap_or(clock);
    let is = |missed: &Missed| stem(&missed.fact) == name;
    definition.steps.iter().find(|step| step.missed.as_ref().is_some_and(is))
}

fn kept(due: Timestamp, at: Timestamp) -> Went {
    if at <= due { Went::Kept(at) } else { Went::Late(at) }
}

/// Until when the case is open to everybody, by its latest window (公布期), and whether that is over.
pub fn open_until(history: &History, now: Timestamp) -> Option<(Timestamp, bool)> {
    let ends = history.windows.iter().map(|window| window.ends).max()?;
    Some((ends, ends <= now))
}

/// Whether somebody owes an answer whose time has passed. An answer that was given, however late, ends it.
pub fn owes_answer(definition: &Definition, history: &History, now: Timestamp) -> bool {
    definition.steps.iter().any(|answers| {
        let asked = answers.answers.as_deref().and_then(|id| definition.step(id));
        let (Some(asked), Some(missed)) = (asked, &answers.missed) else { return false };
        let is_of = |step: &Step, fact: &str| step.events.iter().any(|event| event.fact == fact);
        let answered: BTreeSet<&str> = history
            .happened
            .iter()
            .filter(|happened| is_of(answers, &happened.fact))
            .filter_map(|happened| happened.about.as_deref())
            .collect();
        let asked = history.happened.iter().filter(|happened| is_of(asked, &happened.fact));
        let passed = history.happened.iter().any(|happened| happened.fact == missed.fact);
        asked.enumerate().filter(|(_, one)| !answered.contains(one.event.as_str())).any(|(n, _)| {
            let clock = format!("{}/{}", stem(&missed.fact), n + 1);
            match history.deadlines.iter().find(|open| open.name == clock) {
                Some(open) => open.due_at <= now,
                // Its clock has gone, stands still, or never ran.
                None => passed && history.paused(&clock).is_none(),
            }
        })
    })
}

/// The last event that moved a case on, or ended it.
pub fn last_move<'a>(definition: &Definition, events: &'a [Told]) -> Option<&'a Told> {
    events.iter().rev().find(|event| {
        definition.meaning(&event.happening.fact).is_some_and(|(step, outcome)| {
            outcome == CLOSED || (step.is_main() && outcome != MISSED)
        })
    })
}

/// The articles that a definition rests on, each once: the procedure's, then the steps'.
pub fn articles(definition: &Definition) -> Vec<&str> {
    let steps = definition.steps.iter().filter_map(|step| definition.law_of(step, None));
    let matters = definition.matters.iter().map(|matter| matter.law.as_str());
    let mut seen = BTreeSet::new();
    definition
        .law
        .as_deref()
        .into_iter()
        .chain(steps)
        .chain(matters)
        .filter(|law| seen.insert(*law))
        .collect()
}

fn of_step<'a>(step: &'a Step, events: &'a [Told]) -> impl Iterator<Item = &'a Told> {
    events.iter().filter(move |event| takes(step, event))
}

/// Whether an event is one of a step's.
fn takes(step: &Step, event: &Told) -> bool {
    step.events.iter().any(|one| one.fact == event.happening.fact)
}

/// The event that this one answers.
fn about(event: &Told) -> Option<&str> {
    event.happening.data.get("about").and_then(Value::as_str)
}

/// When an event starts this clock: its end.
fn armed(event: &Told, clock: &str) -> Option<Timestamp> {
    Some(Timestamp::from_micros(event.happening.data.get("due")?.get(clock)?.as_i64()?))
}

/// Whether a list of an event holds this name.
fn names(event: &Told, list: &str, name: &str) -> bool {
    let listed = event.happening.data.get(list).and_then(Value::as_array);
    listed.is_some_and(|listed| listed.iter().any(|one| one.as_str() == Some(name)))
}

/// A clock is named as what it writes when it runs out, without the version.
fn stem(fact: &str) -> &str {
    fact.rsplit_once(".v").map_or(fact, |(stem, _)| stem)
}

#[cfg(test)]
mod tests {
    use definitions::Definitions;
    use serde_json::json;

    use super::*;
    use crate::shows::{
        Position,
        happened::{Acted, Happening},
    };

    fn lending() -> Definition {
        let text = include_str!("../examples/tool-lending.toml");
        Definitions::read_unproved("lending", text).map_err(|f| f[0].to_string()).unwrap()
    }

    fn told(day: i64, fact: &str, data: &Value) -> Told {
        let position = Position { log: "l".into(), index: day.unsigned_abs(), leaf: String::new() };
        let happening = Happening {
            position,
            fact: fact.to_owned(),
            at: Timestamp::from_micros(day),
            actor: Acted::default(),
            data: data.as_object().cloned().unwrap_or_default(),
        };
        Told { happening, event: format!("e{day}"), definition: None }
    }

    #[test]
    fn a_headline_is_short_and_a_text_is_long() {
        let read = |fields: &str, takes: &str| {
            let text = format!(
                "[procedure]\nid = \"x\"\nterm = {{ zh = \"一\", en = \"X\" }}\nversion = 1\nstream = \"x\"\nlaw = \"default\"\n\
                 running = {{ mode = \"keep\", source = \"default\" }}\n[field]\n{fields}\n[[step]]\nid = \"do\"\n\
                 name = {{ zh = \"办\", en = \"Do\" }}\nevent = \"XDone\"\nby = {{ post = \"handler\" }}\ntakes = [{takes}]\n\
                 next = {{ zh = \"完\", en = \"Over\", who = \"handler\" }}\n"
            );
            Definitions::read_unproved("x", &text).map_err(|f| f[0].to_string()).unwrap()
        };
        let field = |name: &str, most: u32, class: &str| {
            format!(
                "{name} = {{ type = \"text\", written_by = \"official\", most = {most}, class = \"{class}\", \
                 label = {{ zh = \"某\", en = \"Some\" }}, why = \"w\" }}"
            )
        };
        let fields = [
            field("secret", 60, "sealed"),
            field("long", 900, "public"),
            field("short", 60, "public"),
        ];
        let d = read(&fields.join("\n"), "\"secret\", \"long\", \"short\"");
        let name = |found: Option<&Field>| found.map(|field| field.name.clone());
        assert_eq!(name(headline(&d)).as_deref(), Some("short"), "a sealed text is no headline");
        assert_eq!(name(body(&d)).as_deref(), Some("long"));
        let d = read(&fields.join("\n"), "\"secret\"");
        assert_eq!((name(headline(&d)), name(body(&d))), (None, None));
        assert_eq!(name(topic(&lending())).as_deref(), Some("tool"));
        let rest: Vec<String> = facts(&lending()).iter().map(|f| f.name.clone()).collect();
        assert_eq!(rest, ["days", "deposit", "damage"]);
    }

    #[test]
    fn a_deadline_that_stood_still_is_one_deadline() {
        let d = lending();
        let clock = "promise-overdue";
        let mut events = vec![
            told(1, "tool-asked-for.v1", &json!({ "due": { (clock): 10 } })),
            told(
                4,
                "papers-wanted.v1",
                &json!({ "paused": { (clock): { "from": 4, "lasts": "2 days" } } }),
            ),
        ];
        let went = |events: &[Told], now: i64| {
            let found = deadlines(&d, events, Timestamp::from_micros(now));
            found.iter().map(|one| (one.due.micros(), one.went)).collect::<Vec<_>>()
        };
        assert_eq!(went(&events, 50), [(10, Went::Paused)], "nothing falls due meanwhile");
        events.push(told(60, "papers-brought.v1", &json!({ "due": { (clock): 66 } })));
        assert_eq!(went(&events, 61), [(66, Went::Running)]);
        assert_eq!(went(&events, 66), [(66, Went::Missed)]);
        events.push(told(65, "tool-promised.v1", &json!({ "stops": [clock] })));
        assert_eq!(went(&events, 70), [(66, Went::Kept(Timestamp::from_micros(65)))]);
        // The same clock in a later round is another deadline.
        events.push(told(80, "tool-asked-for.v1", &json!({ "due": { (clock): 90 } })));
        events.push(told(91, "promise-overdue.v1", &json!({ "stops": [clock], "was_due": 90 })));
        assert_eq!(went(&events, 99)[1], (90, Went::Missed));
        events.push(told(95, "tool-refused.v1", &json!({})));
        assert_eq!(went(&events, 99)[1], (90, Went::Late(Timestamp::from_micros(95))));
    }
}
