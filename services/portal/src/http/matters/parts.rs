//! The parts of a matter's page: what was put up, questions and answers, what was added, deadlines, events.

use std::collections::BTreeMap;

use definitions::Definition;
use kernel::Timestamp;
use pages::{
    Cell, Column, Component, DataTable, EmptyState, EmptyWhy, Exchange, Exchanges, Lang, Markup,
    Reading, Said, Step, StepState, Stepper, SummaryList, SummaryRow, Tag, Tone, deadline,
    long_date, table_date, table_time,
};

use super::{Ask, Named, meaning, values};
use crate::{
    http::say,
    owner::{self, Text},
    shows::{happened::TextRef, matters::Told},
    telling::{self, Went},
    words,
};

/// Everything that a matter's page and its data are made from, asked for once.
pub(crate) struct Case {
    pub named: Named,
    pub events: Vec<Told>,
    /// Names of office holders by id.
    pub names: BTreeMap<String, String>,
    /// The texts that everybody may read, in the order of the events.
    pub texts: Vec<(TextRef, Text)>,
}

impl Case {
    /// Opens the texts of all events.
    pub async fn load(
        ask: &Ask<'_>,
        named: Named,
        events: Vec<Told>,
        names: BTreeMap<String, String>,
    ) -> Self {
        let refs: Vec<TextRef> = events.iter().flat_map(|event| event.happening.texts()).collect();
        let wanted: Vec<&TextRef> = refs.iter().collect();
        let opened = owner::texts(ask.portal.owner(named.matter.service), &wanted).await;
        Self { named, events, names, texts: refs.into_iter().zip(opened).collect() }
    }

    fn definition(&self) -> Option<&Definition> {
        self.named.definition.as_deref()
    }

    /// The text of an event's field.
    pub fn text(&self, event: &Told, field: &str) -> Option<&Text> {
        let at = &event.happening.position;
        let found = self.texts.iter().find(|(text, _)| text.position == *at && text.field == field);
        found.map(|(_, text)| text)
    }

    /// The latest text of a field of the matter.
    pub fn latest(&self, field: &str) -> Option<&Text> {
        self.texts.iter().rev().find(|(text, _)| text.field == field).map(|(_, text)| text)
    }

    /// The public texts of an event, each in a line of its own.
    fn words(&self, ask: &Ask<'_>, event: &Told) -> String {
        let Some(definition) = self.definition() else { return String::new() };
        let said = telling::fields(definition, event).into_iter().filter_map(|field| {
            let value = event.happening.data.get(&field.name)?;
            Some(match self.text(event, &field.name) {
                Some(text) => say::text(ask.prefs.lang, text),
                None => values::said(ask, definition, field, value, &self.names),
            })
        });
        said.collect::<Vec<_>>().join("\n")
    }

    /// Who and when: 村民代表 李某，2026年3月5日.
    fn by(&self, ask: &Ask<'_>, event: &Told) -> String {
        let l = ask.prefs.lang;
        let who = say::actor(l, &event.happening.actor, &self.names);
        format!("{who}{}{}", l.pick("，", ", "), long_date(l, event.happening.at.micros()))
    }

    /// What was put up to be read; nothing where the procedure has no such text.
    pub fn reading(&self, ask: &Ask<'_>) -> Markup {
        let l = ask.prefs.lang;
        let (Some(definition), Some(first)) = (self.definition(), self.events.first()) else {
            return Markup::default();
        };
        let Some(body) = telling::body(definition) else { return Markup::default() };
        let Some(text) = self.latest(&body.name) else { return Markup::default() };
        let window =
            self.named.matter.history.windows.iter().find(|w| w.fact == first.happening.fact);
        let until = window.map(|window| pages::dates::Day::at(window.ends.micros()).long(l));
        let by = self.by(ask, first);
        let by = match (until, l) {
            (Some(until), Lang::Zh) => format!("{by}，公布到{until}"),
            (Some(until), Lang::En) => format!("{by}; on display until {until}"),
            (None, _) => by,
        };
        let about = self.named.topic(ask).unwrap_or_default();
        Reading { about, text: say::text(l, text), by }.render(l)
    }

    /// The other public facts.
    pub fn facts(&self, ask: &Ask<'_>) -> Markup {
        let l = ask.prefs.lang;
        let Some(definition) = self.definition() else { return Markup::default() };
        let mut rows = Vec::new();
        let read = telling::body(definition).is_some_and(|body| self.latest(&body.name).is_some());
        let topic = telling::topic(definition).filter(|_| !read);
        for field in topic.into_iter().chain(telling::facts(definition)) {
            let label = words::pick(l, &field.label);
            if let Some(value) = self.named.matter.history.values.get(&field.name) {
                rows.push(values::row(ask, definition, field, value, &self.names));
            } else if let Some(text) = self.latest(&field.name) {
                rows.push(SummaryRow::text(label, say::text(l, text)));
            }
        }
        if rows.is_empty() {
            return Markup::default();
        }
        SummaryList::new(ask.pick("说的是什么", "What it says"), rows).render(l)
    }

    /// Questions and answers in their order.
    pub fn exchanges(&self, ask: &Ask<'_>) -> Markup {
        let (l, now) = (ask.prefs.lang, ask.portal.now());
        let Some(definition) = self.definition() else { return Markup::default() };
        if !definition.steps.iter().any(|step| step.answers.is_some()) {
            return Markup::default();
        }
        let found = telling::exchanges(definition, &self.events);
        let items: Vec<Exchange> = found
            .iter()
            .map(|exchange| {
                let said =
                    |event: &Told| Said { text: self.said(ask, event), by: self.by(ask, event) };
                let answer = exchange.answer.map(said);
                Exchange {
                    asked: said(exchange.asked),
                    answer,
                    state: answered(l, exchange, now.micros()),
                }
            })
            .collect();
        let title = ask.pick("问与答", "Questions and answers");
        let body = if items.is_empty() {
            EmptyState::new(
                ask.pick("村民的提问和答复", "Questions and their answers"),
                EmptyWhy::None,
            )
            .because(ask.pick("还没有人问过", "nobody has asked yet"))
            .render(l)
        } else {
            Exchanges { items }.render(l)
        };
        Markup::section("questions", title, body)
    }

    /// The words of an event; where it has none in public, what it is.
    fn said(&self, ask: &Ask<'_>, event: &Told) -> String {
        let words = self.words(ask, event);
        if words.trim().is_empty() {
            let named = meaning(self.definition(), &event.happening.fact);
            words::pick(ask.prefs.lang, &named).to_owned()
        } else {
            words
        }
    }

    /// What was added beside the main line and can be read: a correction.
    pub fn added(&self, ask: &Ask<'_>) -> Markup {
        let l = ask.prefs.lang;
        let Some(definition) = self.definition() else { return Markup::default() };
        let beside = telling::beside(definition, &self.events);
        Markup::join(beside.iter().filter(|beside| beside.is_read(definition)).map(|beside| {
            let rows = beside
                .events
                .iter()
                .map(|event| SummaryRow::text(self.by(ask, event), self.said(ask, event)));
            SummaryList::new(words::pick(l, &beside.step.name), rows.collect()).render(l)
        }))
    }

    /// What was done beside the main line and has no public text: how often, by each public choice.
    pub fn counted(&self, ask: &Ask<'_>) -> Markup {
        let l = ask.prefs.lang;
        let Some(definition) = self.definition() else { return Markup::default() };
        let mut rows = Vec::new();
        for beside in telling::beside(definition, &self.events) {
            if beside.is_read(definition) {
                continue;
            }
            let name = words::pick(l, &beside.step.name);
            rows.push(SummaryRow::text(name, times(l, beside.events.len())));
            for (field, given) in beside.tally(definition) {
                let said: Vec<String> = given
                    .iter()
                    .map(|(value, n)| format!("{} {n}", values::choice(ask, field, value)))
                    .collect();
                let label = format!("{name}{}{}", l.pick("：", ": "), words::pick(l, &field.label));
                rows.push(SummaryRow::text(label, said.join(l.pick("，", ", "))));
            }
        }
        if rows.is_empty() {
            return Markup::default();
        }
        SummaryList::new(ask.pick("数一数", "Counted"), rows).render(l)
    }

    /// The steps with their times and posts; the end of a window that ends the matter is the last of them.
    pub fn stepper(&self, ask: &Ask<'_>, next: Option<pages::NextAct>) -> Markup {
        let (l, now, matter) = (ask.prefs.lang, ask.portal.now(), &self.named.matter);
        let Some(definition) = self.definition() else {
            return EmptyState::new(ask.pick("办事步骤", "The steps"), EmptyWhy::None)
                .because(ask.pick(
                    "这件事依据的规则文本现在取不到，发生过的事都在下面",
                    "the text of its rules is out of reach; all that happened is below",
                ))
                .render(l);
        };
        let mut steps = say::steps(l, definition, &matter.history, now, |step| {
            super::super::decision::note(
                ask,
                definition,
                self.events.iter().map(|e| &e.happening),
                step,
            )
        });
        if let Some(closing) = self.closing(ask, definition) {
            steps.push(closing);
        }
        Stepper { title: ask.pick("走到哪一步", "How far it is").to_owned(), steps, next }.render(l)
    }

    /// The step that the calendar takes: the end of the latest window, where nothing follows it.
    fn closing(&self, ask: &Ask<'_>, definition: &Definition) -> Option<Step> {
        let l = ask.prefs.lang;
        let window = self.named.matter.history.windows.iter().max_by_key(|window| window.ends)?;
        let (opener, _) = definition.meaning(&window.fact)?;
        let (_, fact) = opener.window.as_ref()?.closes.as_ref()?;
        let follows = definition
            .steps
            .iter()
            .filter(|step| step.is_main())
            .any(|step| definition.after(step).iter().any(|(before, _)| *before == opener.id));
        let closed = self.events.iter().rev().find(|event| event.happening.fact == *fact);
        if follows || (closed.is_none() && self.named.matter.ended) {
            return None;
        }
        let (state, day) = match closed {
            Some(event) => (StepState::Done, table_date(event.happening.at.micros())),
            None => (StepState::NotYet, pages::dates::Day::at(window.ends.micros()).iso()),
        };
        let name = l.pick("期满结束", "The time is over");
        Some(Step::new(name, state).date(day).seat(l.pick("自动", "by itself")))
    }

    /// Which deadlines were kept, and which were not.
    pub fn deadlines(&self, ask: &Ask<'_>) -> Markup {
        let (l, now) = (ask.prefs.lang, ask.portal.now());
        let Some(definition) = self.definition() else { return Markup::default() };
        let found = telling::deadlines(definition, &self.events, now);
        if found.is_empty() {
            return Markup::default();
        }
        let mut table = DataTable::new(
            ask.pick("每个期限，先开始的在前", "Each deadline, the earliest first"),
            vec![
                Column::text(ask.pick("要办什么", "To be done")),
                Column::date(ask.pick("从", "From")),
                Column::date(ask.pick("最迟", "By")),
                Column::text(ask.pick("结果", "How it went")),
            ],
        );
        for one in &found {
            let by = || deadline(l, one.due.micros(), now.micros());
            let on = |at: Timestamp| table_date(at.micros());
            let tag = match one.went {
                Went::Running => Tag::new(Tone::Info, by()),
                Went::Paused => Tag::new(Tone::Wait, l.pick("期限中止", "Time stands still")),
                Went::Kept(at) => {
                    Tag::new(Tone::Ok, format!("{}{}", l.pick("按时，", "In time, "), on(at)))
                }
                Went::Late(at) => {
                    Tag::new(Tone::Wait, format!("{}{}", l.pick("迟了，", "Late, "), on(at)))
                }
                Went::Missed => Tag::new(Tone::Wrong, by()),
            };
            table = table.row(vec![
                Cell::text(words::pick(l, &one.step.name)),
                Cell::date(one.from.micros()),
                match one.went {
                    Went::Paused => Cell::not_applicable(),
                    _ => Cell::text(pages::dates::Day::at(one.due.micros()).iso()),
                },
                Cell::tag(tag),
            ]);
        }
        table.id = "deadlines".into();
        Markup::section(
            "kept",
            ask.pick("期限守住了没有", "Were the deadlines kept?"),
            table.render(l),
        )
    }

    /// All that happened, each with its place in the log and a link to its proof.
    pub fn happened(&self, ask: &Ask<'_>) -> Markup {
        let l = ask.prefs.lang;
        let mut table = DataTable::new(
            ask.pick("发生过的每一件事", "Everything that happened"),
            vec![
                Column::text(ask.pick("什么事", "What")),
                Column::date(ask.pick("什么时候", "When")),
                Column::text(ask.pick("谁", "Who")),
                Column::text(ask.pick("怎么知道这是真的", "How do I know")),
            ],
        );
        for (n, event) in self.events.iter().enumerate() {
            let named = meaning(self.definition(), &event.happening.fact);
            let p = &event.happening.position;
            table = table.row(vec![
                Cell::text(words::pick(l, &named)),
                Cell::text(table_time(event.happening.at.micros())),
                Cell::text(say::actor(l, &event.happening.actor, &self.names)),
                Cell::text(match l {
                    Lang::Zh => format!("日志第 {} 条，看证明", p.index),
                    Lang::En => format!("entry {}: its proof", p.index),
                })
                .href(format!(
                    "{}?event={}#proof",
                    super::href(&self.named.matter),
                    n + 1
                )),
            ]);
        }
        table.id = "events".into();
        table.render(l)
    }
}

/// How a question stands, when that is worth a word: answered in time is not.
fn answered(l: Lang, exchange: &telling::Exchange<'_>, now: i64) -> Option<Tag> {
    let due = exchange.due.map(|due| due.micros());
    match (exchange.answer, due) {
        (Some(_), _) if !exchange.missed => None,
        (Some(_), _) => Some(Tag::new(Tone::Wait, l.pick("迟了才答复", "Answered late"))),
        (None, Some(due)) if exchange.missed || due <= now => Some(
            Tag::new(Tone::Wrong, l.pick("没有答复", "Not answered"))
                .meaning(deadline(l, due, now)),
        ),
        (None, Some(due)) => Some(
            Tag::new(Tone::Wait, l.pick("等答复", "Waits for an answer"))
                .meaning(deadline(l, due, now)),
        ),
        (None, None) => Some(Tag::new(Tone::Wait, l.pick("等答复", "Waits for an answer"))),
    }
}

fn times(l: Lang, n: usize) -> String {
    match (l, n) {
        (Lang::Zh, _) => format!("{n} 次"),
        (Lang::En, 1) => "once".to_owned(),
        (Lang::En, _) => format!("{n} times"),
    }
}
