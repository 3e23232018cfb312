//! How states are said: decisions, payments, months, questions; names and texts. One place, so that all pages say the same.

use std::collections::BTreeMap;

use definitions::Definition;
use engines::procedure::{self, Status};
use kernel::{Date, Timestamp};
use pages::{Lang, NextAct, StateLine, Step, StepState, Tag, Tone, deadline, table_date};

use crate::{
    owner::Text,
    shows::{
        decisions::Decision,
        happened::Acted,
        items::{self, Item},
        payments::{Payment, Stage},
        queries::{Query, State},
    },
    words,
};

/// Days after a month's end within which its money is posted, where no definition says otherwise (部分省规定次月15日前).
pub(crate) const DAYS_TO_PUBLISH: i64 = 15;

/// A text, or why it is not there.
pub(crate) fn text(l: Lang, text: &Text) -> String {
    text.words().unwrap_or_else(|| match text {
        Text::Differs => l
            .pick(
                "（取来的文字和账上的指纹对不上，不显示）",
                "(the text received does not match the log and is not shown)",
            )
            .to_owned(),
        _ => l
            .pick(
                "（文字已删除，或现在取不到；账上的指纹还在）",
                "(the text was deleted or is out of reach; its hash stays in the log)",
            )
            .to_owned(),
    })
}

/// Post and name of who acted: 报账员 李某.
pub(crate) fn actor(l: Lang, acted: &Acted, names: &BTreeMap<String, String>) -> String {
    match (&acted.post, &acted.holder) {
        (Some(post), Some(holder)) => {
            let post = words::post(post);
            let post = words::pick(l, &post);
            match names.get(holder) {
                Some(name) => format!("{post} {name}"),
                None => post.to_owned(),
            }
        }
        _ if acted.other.as_deref() == Some("resident") => l.pick("村民", "a villager").to_owned(),
        _ => l.pick("系统到期自动记录", "recorded by the calendar").to_owned(),
    }
}

/// The state of a decision, and what comes next.
pub(crate) fn decision(
    l: Lang,
    decision: &Decision,
    definition: Option<&Definition>,
    now: Timestamp,
) -> StateLine {
    let next = definition.and_then(|d| next_act(l, d, &decision.history, now));
    let posted_until = decision.resolved.as_ref().and_then(|r| r.posted_until.clone());
    let late = definition.is_some_and(|d| is_late(d, &decision.history, now));
    let tag = match () {
        () if decision.annulled => Tag::new(Tone::Wrong, l.pick("已被撤销", "Annulled"))
            .meaning(l.pick("这个决议不再有效", "this resolution no longer holds")),
        () if decision.ended && decision.adopted.is_some() => {
            Tag::new(Tone::Ok, l.pick("已办完", "Done"))
                .meaning(l.pick("决定了，也办完并公开了", "decided, carried out and posted"))
        }
        () if decision.ended => Tag::new(Tone::Neutral, l.pick("没有通过", "Not passed"))
            .meaning(l.pick("这件事到此为止", "the matter ends here")),
        () if decision.history.first("result-published.v1").is_some() => {
            Tag::new(Tone::Ok, l.pick("办完了，结果已公开", "Done, the result is posted"))
                .meaning(l.pick("结果也在公开栏上", "the result is on the board too"))
        }
        () if decision.adopted.is_some() => match posted_until {
            Some(until) if until >= now.date().to_string() => {
                Tag::new(Tone::Info, l.pick("公示中", "On the board")).meaning(match l {
                    Lang::Zh => format!("通过了，公示到{}，可以提异议", words::day(l, &until)),
                    Lang::En => {
                        format!(
                            "passed; on the board until {}, you may object",
                            words::day(l, &until)
                        )
                    }
                })
            }
            _ => Tag::new(Tone::Ok, l.pick("已通过", "Passed"))
                .meaning(l.pick("大家表决通过了", "voted and passed")),
        },
        () if late => Tag::new(Tone::Wrong, l.pick("超期", "Late"))
            .meaning(l.pick("过了该办的日子还没办", "the day for the next step has passed")),
        () => Tag::new(Tone::Info, l.pick("商量中", "Under discussion"))
            .meaning(l.pick("还没有表决", "not voted yet")),
    };
    StateLine { tag, next: if decision.ended || decision.annulled { None } else { next } }
}

/// Whether a step or an answer of a case is late: a clock of the definition has run out, or its missing was recorded.
/// The end of a window is no lateness.
pub(crate) fn is_late(
    definition: &Definition,
    history: &procedure::History,
    now: Timestamp,
) -> bool {
    let stem = |fact: &str| fact.split('.').next().unwrap_or_default().to_owned();
    let clocks: Vec<String> =
        definition.steps.iter().filter_map(|s| Some(stem(&s.missed.as_ref()?.fact))).collect();
    let passed = history.deadlines().iter().any(|d| {
        let name = d.name.split('/').next().unwrap_or_default();
        d.due_at <= now && clocks.iter().any(|clock| clock == name)
    });
    passed
        || procedure::stepper(definition, Some(history), now)
            .iter()
            .any(|row| row.status == Status::Late)
}

/// What comes next by the definition: the open step of the main line that the last event announced, with who and by when.
pub(crate) fn next_act(
    l: Lang,
    definition: &Definition,
    history: &procedure::History,
    now: Timestamp,
) -> Option<NextAct> {
    let line = main_line(definition);
    let open = procedure::open_steps(definition, Some(history), now);
    let on_line: Vec<_> =
        open.iter().filter(|o| !o.beside && line.contains(&o.step.as_str())).collect();
    let announced = history
        .happened
        .iter()
        .rev()
        .find_map(|h| definition.meaning(&h.fact).and_then(|(step, outcome)| step.next_of(outcome)))
        .map(|next| next.who.as_str());
    let step = on_line
        .iter()
        .find(|o| announced.is_some_and(|who| o.who.iter().any(|w| w == who)))
        .or_else(|| on_line.first())?;
    let who: Vec<String> =
        step.who.iter().map(|key| words::pick(l, &words::post(key)).to_owned()).collect();
    let by = step.due.map(|due| deadline(l, due.micros(), now.micros())).or_else(|| {
        let from = step.not_before.filter(|from| *from > now)?;
        Some(format!("{}{}", table_date(from.micros()), l.pick("以后", " or later")))
    });
    Some(NextAct::new(who.join(l.pick("、", ", ")), words::pick(l, &step.name), by))
}

/// The main line of a procedure: the shortest way on which each step goes well, from the first step to the end that is
/// farthest. What lies beside it (an optional review, a revision, a withdrawal, an annulment) is shown once it happened.
pub(crate) fn main_line(definition: &Definition) -> Vec<&str> {
    let main: Vec<&definitions::Step> = definition.steps.iter().filter(|s| s.is_main()).collect();
    let follows = |before: &definitions::Step, step: &definitions::Step| {
        let well = before.events.first().map_or("", |event| event.outcome.as_str());
        before.id != step.id
            && definition.after(step).iter().any(|(s, o)| *s == before.id && *o == well)
    };
    // A last step that can come after several others is a way out, not where the procedure leads.
    let before = |step: &definitions::Step| main.iter().filter(|b| follows(b, step)).count();
    let last = |step: &definitions::Step, among: &[&definitions::Step]| {
        !among.iter().any(|next| follows(step, next))
    };
    let ways_out: Vec<&str> = main
        .iter()
        .filter(|step| last(step, &main) && before(step) > 1)
        .map(|step| step.id.as_str())
        .collect();
    let inner: Vec<&definitions::Step> =
        main.iter().filter(|s| !ways_out.contains(&s.id.as_str())).copied().collect();
    let among = if inner.is_empty() { &main } else { &inner };
    let mut ways: Vec<Vec<&definitions::Step>> =
        among.iter().filter(|s| definition.is_first(s)).take(1).map(|s| vec![*s]).collect();
    let mut seen: Vec<&str> = ways.iter().flatten().map(|s| s.id.as_str()).collect();
    let (mut at, mut farthest) = (0, 0);
    // Breadth first: each step is reached by its shortest way, and later ways are never shorter.
    while let Some(way) = ways.get(at).cloned() {
        if let Some(end) = way.last() {
            for step in among.iter().filter(|step| follows(end, step)) {
                if !seen.contains(&step.id.as_str()) {
                    seen.push(&step.id);
                    let mut longer = way.clone();
                    longer.push(step);
                    ways.push(longer);
                }
            }
            if last(end, among) {
                farthest = at;
            }
        }
        at += 1;
    }
    ways.get(farthest).into_iter().flatten().map(|step| step.id.as_str()).collect()
}

/// The steps of a case, as the definition and its history give them: the main line, and beside it what happened.
pub(crate) fn steps(
    l: Lang,
    definition: &Definition,
    history: &procedure::History,
    now: Timestamp,
    note: impl Fn(&str) -> Option<String>,
) -> Vec<Step> {
    let line = main_line(definition);
    let rows = procedure::stepper(definition, Some(history), now);
    let last_done = rows.iter().rposition(|row| row.at.is_some());
    rows.into_iter()
        .enumerate()
        .filter(|(n, row)| {
            // A step that was left out is not one that is still to come.
            let skipped = row.at.is_none() && last_done.is_some_and(|last| *n < last);
            row.at.is_some() || (line.contains(&row.step.as_str()) && !skipped)
        })
        .map(|(_, row)| {
            let state = match row.status {
                Status::Done => StepState::Done,
                // What can be done again, beside the line or once more, is done as far as it goes.
                Status::Now if row.at.is_some() => StepState::Done,
                Status::Now if history.ended => StepState::NotYet,
                Status::Now => StepState::Now,
                Status::Returned => StepState::Returned,
                Status::Late => StepState::Late,
                Status::Paused => StepState::Paused,
                Status::NotYet => StepState::NotYet,
            };
            let mut step = Step::new(words::pick(l, &row.name), state);
            step.date = match (row.at, row.due) {
                (Some(at), _) => Some(table_date(at.micros())),
                (None, Some(due)) => Some(deadline(l, due.micros(), now.micros())),
                (None, None) => None,
            };
            step.seat = row.post.map(|post| words::pick(l, &words::post(&post)).to_owned());
            step.article = row.law.map(|law| words::pick(l, &words::law(&law)).to_owned());
            step.note = note(&row.step);
            step
        })
        .collect()
}

/// The state of a payment.
pub(crate) fn payment(l: Lang, payment: &Payment) -> Tag {
    match payment.stage() {
        Stage::Requested => Tag::new(Tone::Wait, l.pick("等审批", "Waits for approval"))
            .meaning(l.pick("钱还没动", "no money has moved")),
        Stage::Approved => Tag::new(Tone::Wait, l.pick("已批，等出纳付", "Approved, to be paid"))
            .meaning(l.pick("钱还没动", "no money has moved")),
        Stage::Paid => Tag::new(Tone::Ok, l.pick("已付", "Paid"))
            .meaning(l.pick("钱付出去了，也记了账", "the money has left and is in the books")),
        Stage::Returned => Tag::new(Tone::Neutral, l.pick("退回", "Sent back"))
            .meaning(l.pick("没有付成，钱还在村里", "not paid: the money stayed")),
    }
}

/// The state of a question or objection.
pub(crate) fn query(l: Lang, query: &Query, now: Timestamp) -> Tag {
    match query.state(now) {
        State::Answered => Tag::new(Tone::Ok, l.pick("已答复", "Answered")),
        State::AnsweredLate => Tag::new(Tone::Wait, l.pick("迟了才答复", "Answered late")),
        State::Late => Tag::new(
            Tone::Wrong,
            query.due.map_or_else(
                || l.pick("没有答复", "Not answered").to_owned(),
                |due| {
                    let days = days_between(due.plus_micros(-1).date(), now.date()).max(1);
                    match l {
                        Lang::Zh => format!("没有答复，已迟 {days} 天"),
                        Lang::En => format!("Not answered, {days} days late"),
                    }
                },
            ),
        ),
        State::Open => Tag::new(Tone::Wait, l.pick("等答复", "Waits for an answer")),
    }
}

/// Whole days from one day to another.
pub(crate) fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// Whether a month's money is posted, not due, or late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Posted {
    /// On the board.
    Yes(Box<Item>),
    /// May still be posted until this day.
    NotDue(Date),
    /// Late by so many days.
    Late(i64),
}

impl Posted {
    /// From what was posted, the day by which it is due, and today.
    pub fn of(item: Option<Item>, due: Option<Date>, today: Date) -> Self {
        if let Some(item) = item {
            return Self::Yes(Box::new(item));
        }
        let Some(due) = due else { return Self::Late(0) };
        let late = days_between(due, today);
        if late > 0 { Self::Late(late) } else { Self::NotDue(due) }
    }

    /// As [`Posted::of`], for the money of one unit's month.
    pub async fn load(
        portal: &crate::Portal,
        unit: &str,
        month: &str,
    ) -> Result<Self, store::StoreError> {
        let (db, today) = (&portal.db, portal.now().date());
        let item = items::of_month(db, unit, "G5", month).await?.into_iter().next();
        let by_event = items::due(db, unit, "G5", month).await?;
        Ok(Self::of(item, by_event.or_else(|| due(month)), today))
    }

    /// A word in an answer of the API.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Yes(_) => "published",
            Self::NotDue(_) => "not-due",
            Self::Late(_) => "late",
        }
    }
}

/// The last day on which a month's money is posted in time, where nothing else is known.
pub(crate) fn due(month: &str) -> Option<Date> {
    let first: Date = format!("{month}-01").parse().ok()?;
    first.last_of_month().checked_add(jiff_days(DAYS_TO_PUBLISH)).ok()
}

fn jiff_days(days: i64) -> std::time::Duration {
    std::time::Duration::from_secs(u64::try_from(days).unwrap_or(0) * 86_400)
}

/// The month of a day, `2026-03`.
pub(crate) fn month_of(day: Date) -> String {
    day.to_string().chars().take(7).collect()
}

/// The month before the one in which a day lies.
pub(crate) fn month_before(day: Date) -> String {
    day.first_of_month().yesterday().map_or_else(|_| month_of(day), month_of)
}

/// The state line of a month's money.
pub(crate) fn posted(l: Lang, posted: &Posted, now: Timestamp) -> StateLine {
    let who = || words::pick(l, &words::post("bookkeeper")).to_owned();
    let what = l.pick("把这个月的账公开", "post the month's money");
    match posted {
        Posted::Yes(item) => {
            let until = item.until.as_deref().map(|day| words::day(l, day));
            let meaning = match (until, l) {
                (Some(until), Lang::Zh) => format!("贴在公开栏，到{until}"),
                (Some(until), Lang::En) => format!("on the notice board until {until}"),
                (None, _) => l.pick("全村都能看", "everyone can read it").to_owned(),
            };
            StateLine {
                tag: Tag::new(Tone::Ok, l.pick("已公开", "Published")).meaning(meaning),
                next: None,
            }
        }
        Posted::NotDue(due) => {
            let too_late = Timestamp::end_of(*due).micros() + 1;
            StateLine {
                tag: Tag::new(Tone::Info, l.pick("未到期", "Not due yet")).meaning(l.pick(
                    "还没到公开的日子，下面是到现在为止记的账",
                    "not yet due on the board; below is what is in the books so far",
                )),
                next: Some(NextAct::new(who(), what, Some(deadline(l, too_late, now.micros())))),
            }
        }
        Posted::Late(days) => StateLine {
            tag: Tag::new(
                Tone::Wrong,
                match l {
                    Lang::Zh => format!("未报，已迟 {days} 天"),
                    Lang::En => format!("Not published, {days} days late"),
                },
            )
            .meaning(l.pick(
                "该贴到公开栏了还没有贴，下面是账上已有的",
                "due on the board and not there; below is what is in the books",
            )),
            next: Some(NextAct::new(who(), what, Some(l.pick("马上", "at once").to_owned()))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_line_leaves_out_what_lies_beside() {
        let read = |id: &str, text: &str| {
            definitions::Definitions::read_unproved(id, text).map_err(|f| f[0].to_string()).unwrap()
        };
        let decision = read("decision", include_str!("../../examples/village-decision.toml"));
        let steps = ["propose", "consult", "review", "resolve", "post-resolution", "post-result"];
        assert_eq!(main_line(&decision), steps);
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../organisation/definitions");
        let built_in = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path())
            .find(|p| p.ends_with("four-deliberations-two-disclosures.toml"));
        let text = std::fs::read_to_string(built_in.unwrap()).unwrap();
        let real = read("decision", &text);
        let line = main_line(&real);
        assert_eq!((line.first(), line.last()), (Some(&"propose"), Some(&"post-result")));
        assert!(
            ["consult", "review", "resolve", "post-resolution"].iter().all(|s| line.contains(s))
        );
        assert!(!["withdraw", "annul", "revise"].iter().any(|s| line.contains(s)), "{line:?}");
        let payment = read("payment", include_str!("../../examples/payment.toml"));
        assert_eq!(main_line(&payment), ["request", "approve", "pay"]);
    }

    #[test]
    fn a_month_is_due_on_the_fifteenth_of_the_next() {
        assert_eq!(due("2026-02").map(|d| d.to_string()).as_deref(), Some("2026-03-15"));
        assert_eq!(due("2026-13"), None);
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(
            Posted::of(None, due("2026-02"), day("2026-03-15")),
            Posted::NotDue(day("2026-03-15"))
        );
        assert_eq!(Posted::of(None, due("2026-02"), day("2026-03-17")), Posted::Late(2));
        assert_eq!(month_before(day("2026-03-31")), "2026-02");
        assert_eq!(month_before(day("2026-01-01")), "2025-12");
    }
}
