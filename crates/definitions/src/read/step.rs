//! Reads the steps of a procedure.

use std::collections::{BTreeMap, BTreeSet};

use kernel::Text;
use toml::de::DeValue;

use super::{
    ledger,
    table::{Reader, Table},
    vote::{competence, roll, sitting, vote, within},
};
use crate::{
    finding::FindingCode as Code,
    formula::Ast,
    model::{DONE, Field, Lengthens, Missed, Next, OutcomeEvent, Require, Step, Tell, Window},
    names::fact_of,
};

/// All `[[step]]`s, with the defaults of order and of fields filled in.
pub(super) fn steps(
    root: &mut Table<'_, '_>,
    reader: &mut Reader,
    fields: &BTreeMap<String, Field>,
) -> Vec<Step> {
    let rows = root.tables(reader, "step");
    if rows.is_empty() {
        root.missing(reader, "step", "Add `[[step]]` with id, event, by and next.");
    }
    let mut steps: Vec<Step> = Vec::new();
    let mut given = BTreeSet::new();
    for row in rows {
        let takes = row.has("takes");
        let after = row.has("after");
        let Some(mut step) = step(row, reader) else { continue };
        if steps.iter().any(|other| other.id == step.id) {
            reader.find(
                Code::Duplicate,
                Some(step.line),
                format!("there are two steps `{}`.", step.id),
                "Give one of them another id.",
            );
            continue;
        }
        if takes {
            given.insert(step.id.clone());
        }
        if !after && step.is_main() {
            step.after = default_after(&steps, &step, reader);
        }
        steps.push(step);
    }
    let elsewhere: BTreeSet<String> =
        steps.iter().flat_map(|step| step.takes.iter().cloned()).collect();
    if let Some(first) = steps.iter_mut().find(|step| step.is_main())
        && !given.contains(&first.id)
    {
        first.takes = fields.keys().filter(|name| !elsewhere.contains(*name)).cloned().collect();
    }
    steps
}

/// A step that says nothing of its order comes after the one before it in the file.
fn default_after(before: &[Step], step: &Step, reader: &mut Reader) -> Vec<String> {
    let Some(last) = before.iter().rev().find(|other| other.is_main()) else { return Vec::new() };
    if last.events.len() > 1 {
        reader.find(
            Code::MissingKey,
            Some(step.line),
            format!(
                "step `{}` does not say after which outcome of `{}` it comes.",
                step.id, last.id
            ),
            format!("Add `after = [\"{}.{}\"]`.", last.id, last.events[0].outcome),
        );
    }
    last.events.first().map(|event| format!("{}.{}", last.id, event.outcome)).into_iter().collect()
}

fn step(mut row: Table<'_, '_>, reader: &mut Reader) -> Option<Step> {
    let id = row.need_text(reader, "id", "Name the step: `id = \"request\"`.");
    let line = if row.has("id") { row.line_of(reader, "id") } else { row.line };
    if let Some(id) = &id {
        row.name(format!("step `{id}`"));
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !id.starts_with(|c: char| c.is_ascii_lowercase()) || !id.chars().all(plain) {
            reader.find(
                Code::BadValue,
                Some(line),
                format!("`{id}` is no id of a step: it stands in addresses."),
                "Write small letters, digits and hyphens: `give-back`.",
            );
        }
    }
    let name = row.words(reader, "name");
    if !row.has("name") {
        reader.find(
            Code::MissingLanguage,
            Some(line),
            format!("{} has no name in Chinese and English.", row.what()),
            "Add `name = { zh = \"…\", en = \"…\" }`: people read it on the page and in refusals.",
        );
    }
    let events = events(&mut row, reader);
    let by = match row.table(reader, "by") {
        Some(mut table) => {
            let by = competence(&mut table, reader);
            table.finish(reader);
            by
        }
        None => {
            if !row.has("by") {
                row.missing(reader, "by", "Say who is competent: `by = { post = \"…\" }`.");
            }
            None
        }
    };
    let after = row.texts(reader, "after");
    let during = row.texts(reader, "during");
    let answers = row.text(reader, "answers");
    let pauses = row.texts(reader, "pauses");
    let resumes = row.texts(reader, "resumes");
    let lengthens = row.table(reader, "lengthens").and_then(|table| lengthens(table, reader));
    let rounds = row.whole(reader, "rounds").and_then(|rounds| {
        let line = row.line_of(reader, "rounds");
        u32::try_from(rounds).ok().filter(|r| *r > 0).or_else(|| {
            reader.find(
                Code::BadValue,
                Some(line),
                "`rounds` is not a number of times.",
                "Write how often at most, from 1.",
            );
            None
        })
    });
    let takes = row.texts(reader, "takes");
    let guards = row.texts(reader, "guard");
    let requires =
        row.tables(reader, "require").into_iter().filter_map(|t| require(t, reader)).collect();
    let sitting = row.table(reader, "sitting").and_then(|table| sitting(table, reader));
    let vote = row.table(reader, "vote").and_then(|table| vote(table, reader));
    let roll = row.table(reader, "roll").map(|table| roll(table, reader));
    let notice_before = within(&mut row, reader, "notice_before");
    let window = row.table(reader, "window").and_then(|table| window(table, reader));
    let missed = row.table(reader, "missed").and_then(|table| missed(table, reader));
    let next = next(&mut row, reader);
    let tell = row.tables(reader, "tell").into_iter().filter_map(|t| tell(t, reader)).collect();
    let posts = row.text(reader, "posts");
    let books =
        row.tables(reader, "books").into_iter().filter_map(|t| ledger::books(t, reader)).collect();
    let reverses = row.texts(reader, "reverses");
    let signs = row.texts(reader, "signs");
    let power = row.text(reader, "power");
    let law = row.text(reader, "law");
    row.finish(reader);
    let id = id?;
    Some(Step {
        name: name.unwrap_or_else(|| Text::new(id.clone(), id.clone())),
        id,
        events,
        by: by?,
        after,
        during,
        answers,
        pauses,
        resumes,
        lengthens,
        rounds,
        takes,
        guards,
        requires,
        sitting,
        vote,
        roll,
        notice_before,
        window,
        missed,
        next,
        tell,
        posts,
        books,
        reverses,
        signs,
        power,
        law,
        line,
    })
}

/// `require = [{ code, that, law, zh, en }]`.
fn require(mut table: Table<'_, '_>, reader: &mut Reader) -> Option<Require> {
    let line = table.line;
    let code = table.need_text(
        reader,
        "code",
        "Name the refusal in lower case: `code = \"deposit-too-high\"`.",
    );
    let that =
        table.need_text(reader, "that", "Write the condition: `that = \"deposit <= limit\"`.");
    let that_line = table.line_of(reader, "that");
    let law = table.need_text(reader, "law", "Cite the article that asks for it, or `default`.");
    let says = table.both(reader);
    table.finish(reader);
    let (code, that) = (code?, that?);
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !code.starts_with(|c: char| c.is_ascii_lowercase()) || !code.chars().all(plain) {
        reader.find(
            Code::BadValue,
            Some(line),
            format!("`{code}` is no code of a refusal."),
            "Write small letters, digits and hyphens: `deposit-too-high`.",
        );
    }
    match Ast::parse(&that) {
        Ok(that) => Some(Require { code, that, law: law?, says, line: that_line }),
        Err(flaw) => {
            let flaw = flaw.marked(&that);
            reader.find(flaw.code, Some(that_line), flaw.what, flaw.remedy);
            None
        }
    }
}

fn events(row: &mut Table<'_, '_>, reader: &mut Reader) -> Vec<OutcomeEvent> {
    let make = |outcome: &str, event: &str, line| OutcomeEvent {
        outcome: outcome.to_owned(),
        name: None,
        event: event.to_owned(),
        fact: fact_of(event),
        line,
    };
    let line = row.line_of(reader, "event");
    match row.get("event").map(toml::Spanned::get_ref) {
        None => {
            row.missing(reader, "event", "Name the fact it brings about: `event = \"…ed\"`.");
            Vec::new()
        }
        Some(DeValue::String(event)) => vec![make(DONE, event, line)],
        Some(DeValue::Table(_)) => {
            let Some(table) = row.table(reader, "event") else { return Vec::new() };
            let mut events = Vec::new();
            for (outcome, at, value) in table.entries() {
                let line = reader.line(&(at..at));
                match value.get_ref() {
                    DeValue::String(event) => events.push(make(outcome, event, line)),
                    DeValue::Table(_) => {
                        let what = format!("outcome `{outcome}` of {}", table.what());
                        let Some(one) = Table::of(reader, value, what) else { continue };
                        let mut one = one.at("step.event.*");
                        let event = one.need_text(reader, "event", "Name the fact: `…ed`.");
                        let name = one.both(reader);
                        one.finish(reader);
                        if let Some(event) = event {
                            let name = Some(name);
                            events.push(OutcomeEvent { name, ..make(outcome, &event, line) });
                        }
                    }
                    _ => reader.find(
                        Code::BadValue,
                        Some(line),
                        format!("the event of outcome `{outcome}` is not a name."),
                        "Write `granted = { event = \"LoanGranted\", zh = \"…\", en = \"…\" }`, or only the event's name.",
                    ),
                }
            }
            events
        }
        Some(_) => {
            reader.find(
                Code::BadValue,
                Some(line),
                format!("`event` of {} is neither a name nor a table of outcomes.", row.what()),
                "Write `event = \"ToolRequested\"` or `event = { passed = \"…\", failed = \"…\" }`.",
            );
            Vec::new()
        }
    }
}

fn window(mut table: Table<'_, '_>, reader: &mut Reader) -> Option<Window> {
    let line = table.line;
    let lasts = within(&mut table, reader, "lasts");
    if !table.has("lasts") {
        table.missing(reader, "lasts", "Say how long: a period or a parameter.");
    }
    let objections = table.text(reader, "objections");
    let answered_within = within(&mut table, reader, "answered_within");
    let restarts_on = table.text(reader, "restarts_on");
    let closes = table.text(reader, "closes").map(|event| {
        let fact = fact_of(&event);
        (event, fact)
    });
    let blocks = table.yes(reader, "blocks").unwrap_or(true);
    table.finish(reader);
    Some(Window { lasts: lasts?, objections, answered_within, restarts_on, closes, blocks, line })
}

fn lengthens(mut table: Table<'_, '_>, reader: &mut Reader) -> Option<Lengthens> {
    let line = table.line;
    let step = table.need_text(reader, "step", "Name the step that gets more time.");
    let by = within(&mut table, reader, "by");
    if !table.has("by") {
        table.missing(reader, "by", "Say how much: a period or a parameter.");
    }
    table.finish(reader);
    Some(Lengthens { step: step?, by: by?, line })
}

fn missed(mut table: Table<'_, '_>, reader: &mut Reader) -> Option<Missed> {
    let line = table.line;
    let event = table.need_text(reader, "event", "Name the fact that it was not done: `…Overdue`.");
    let tell = table.texts(reader, "tell");
    if tell.is_empty() {
        reader.find(
            Code::TimerWithoutConsumer,
            Some(line),
            format!("{} tells nobody.", table.what()),
            "Say whom: `tell = [\"…\"]`; a deadline that nobody hears of changes nothing.",
        );
    }
    table.finish(reader);
    let event = event?;
    Some(Missed { fact: fact_of(&event), event, tell, line })
}

fn next(row: &mut Table<'_, '_>, reader: &mut Reader) -> BTreeMap<String, Next> {
    let mut all = BTreeMap::new();
    let Some(table) = row.table(reader, "next") else { return all };
    if ["zh", "en", "who", "within"].iter().any(|key| table.has(key)) {
        all.insert(String::new(), one_next(table, reader));
        return all;
    }
    for (outcome, _, value) in table.entries() {
        let what = format!("`next.{outcome}` of {}", row.what());
        if let Some(table) = Table::of(reader, value, what) {
            all.insert(outcome.to_owned(), one_next(table.at("step.next"), reader));
        }
    }
    all
}

fn one_next(mut table: Table<'_, '_>, reader: &mut Reader) -> Next {
    let line = table.line;
    let text = table.both(reader);
    let who = table
        .need_text(reader, "who", "Say who acts next: a post, a body, or an audience.")
        .unwrap_or_default();
    let within = within(&mut table, reader, "within");
    table.finish(reader);
    Next { text, who, within, line }
}

fn tell(mut table: Table<'_, '_>, reader: &mut Reader) -> Option<Tell> {
    let line = table.line;
    let who = table.need_text(reader, "who", "Say whom: a post, a body, or an audience.");
    let text = table.both(reader);
    table.finish(reader);
    Some(Tell { who: who?, text, line })
}
