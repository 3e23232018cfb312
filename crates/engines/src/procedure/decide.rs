//! Decides a step: what comes of an act, or why it is refused.

use definitions::{
    Citations, Definition, Definitions, Field, Matter, RunningMode, Step, Who,
    model::{CLOSED, DONE, INQUORATE, MISSED},
};
use kernel::{Actor, Class, Deadline, Refusal, Retention, Text, Timestamp, Verdict, WorkCalendar};
use serde_json::{Map, Value, json};

use super::{
    act::{Act, Outcome, Sealing},
    clock::{Clock, clock_name, stem},
    facts::{Facts, GuardInput},
    history::History,
    order::{Closed, Order},
    people, requires, say,
    say::{Say, both},
    values,
    vote::Room,
};

/// The definition that governs a case now: a new one, or the one the case began under when it says `keep`.
pub fn governing<'a>(
    definitions: &'a Definitions,
    id: &str,
    history: Option<&History>,
) -> Option<&'a Definition> {
    let current = definitions.get(id)?;
    if current.running.mode != RunningMode::Keep {
        return Some(current);
    }
    let began = history.and_then(|history| history.began_under.as_ref());
    Some(began.and_then(|began| definitions.by_reference(began)).unwrap_or(current))
}

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
    let step = find_step(definition, act)?;
    let known = history.map(|history| &history.values);
    let matter = people::matter(definition, &act.fields, known);
    let say = Say { definition, citations, step, matter };
    let order = Order::new(definition, history);
    order.check(step, now).map_err(|closed| out_of_order(&say, &order, closed))?;
    people::four_eyes(&say, &order, actor)?;
    let everything = Value::Object(known.cloned().unwrap_or_default());
    let by = |row| people::resolve(definition, &step.by.who, row, matter);
    let tiered = matches!(step.by.who, Who::Tier(_));
    if tiered {
        people::concerned(&say, actor, facts, &by(None))?;
    } else {
        people::competent(&say, &order, actor, facts, &by(None), &everything)?;
    }

    let typed = values::read(definition, step, &act.fields, matter)?;
    let parameters = definition.parameters_at(now.date());
    let value = |name: &str| typed.get(name).or_else(|| known?.get(name)).cloned();
    let row = people::tier(definition, value, &parameters);
    let mut outcome = chosen(&say, act)?;
    let mut relied_on = Map::new();
    let empty = Map::new();
    for key in &step.guards {
        let input = GuardInput {
            definition,
            step,
            outcome: &outcome,
            fields: &typed,
            values: known.unwrap_or(&empty),
            parameters: &parameters,
            history,
            actor,
            sitting: act.sitting.as_ref(),
            now,
            tier: row,
        };
        let found = facts.guard(key, &input)?;
        if !found.is_null() {
            relied_on.insert(key.clone(), found);
        }
    }
    requires::check(&say, history, &typed, &parameters, now)?;
    let mut subject = known.cloned().unwrap_or_default();
    subject.extend(typed.clone());
    let subject = Value::Object(subject);
    let who = by(row);
    if tiered {
        tier_needs(&say, row, history, &typed)?;
        people::competent(&say, &order, actor, facts, &who, &subject)?;
    }

    let mut data = Map::new();
    let values = subject.as_object().unwrap_or(&empty);
    let clock = Clock { definition, matter, calendar, now, values };
    if step.vote.is_some() || step.sitting.is_some() {
        let sitting = act.sitting.as_ref().ok_or_else(|| {
            Refusal::field(
                "/sitting",
                both("没有会议记录", "the sitting is not recorded"),
                both("请填写会议日期、签到和表决结果", "give its day, roll and votes"),
            )
        })?;
        let enabled_on = order.enabled_by(step).map(|happened| happened.at.date());
        let room =
            Room { say: &say, clock: &clock, facts, who: &who, enabled_on, subject: &subject };
        outcome = room.hold(sitting, now, &mut data)?;
    } else if act.sitting.is_some() {
        return Err(Refusal::field(
            "/sitting",
            both("本步骤不开会表决", "this step is not decided in a sitting"),
            both("请删除会议记录", "leave the sitting out"),
        )
        .into());
    }
    let about = about(&say, &order, act)?;
    if !parameters.is_empty() {
        let resolved: Map<String, Value> =
            parameters.iter().map(|(name, value)| (name.clone(), value.to_json())).collect();
        data.insert("parameters".to_owned(), Value::Object(resolved));
    }
    if !relied_on.is_empty() {
        data.insert("relied_on".to_owned(), Value::Object(relied_on));
    }
    if let Some(about) = &about {
        data.insert("about".to_owned(), about.clone().into());
    }
    let books = requires::books(&say, &outcome, history, &typed, &parameters)?;
    if !books.is_empty() {
        let entries = books.iter().map(|booked| json!(booked.entry())).collect();
        data.insert("books".to_owned(), Value::Array(entries));
    }
    clock.mark(history, step, &outcome, about.as_deref(), &mut data);
    Ok(Outcome { books, ..write(definition, step, &outcome, data, &typed, known) })
}

fn find_step<'a>(definition: &'a Definition, act: &Act) -> Result<&'a Step, Refusal> {
    if act.procedure != definition.id {
        return Err(Refusal::field(
            "/procedure",
            both(
                format!("此事按“{}”办理", definition.term.zh),
                format!("this case runs under `{}`", definition.id),
            ),
            both(format!("请填写 {}", definition.id), format!("write `{}`", definition.id)),
        ));
    }
    definition.step(&act.step).ok_or_else(|| {
        let ids: Vec<&str> = definition.steps.iter().map(|step| step.id.as_str()).collect();
        let remedy = match definitions::names::nearest(&act.step, ids.iter().copied()) {
            Some(near) => both(format!("是否指“{near}”？"), format!("did you mean `{near}`?")),
            None => both(
                format!("可选：{}", ids.join("、")),
                format!("choose one of {}", ids.join(", ")),
            ),
        };
        Refusal::field(
            "/step",
            both(format!("没有步骤“{}”", act.step), format!("there is no step `{}`", act.step)),
            remedy,
        )
    })
}

fn out_of_order(say: &Say<'_>, order: &Order<'_>, closed: Closed) -> Refusal {
    let (step, definition) = (say.step, say.definition);
    let ends = |at: Timestamp| at.date().to_string();
    match closed {
        Closed::Ended => say.refuse(
            "ended",
            both("此事已办结", "this case has ended"),
            both("如需更正，请另行办理", "a correction is a new case"),
        ),
        Closed::OutOfOrder => {
            let done = order.last().and_then(|last| definition.meaning(&last.fact));
            let open: Vec<&Step> = definition
                .steps
                .iter()
                .filter(|other| other.is_main() && order.enabled_by(other).is_some())
                .collect();
            let zh = open.iter().map(|s| s.name.zh.as_str()).collect::<Vec<_>>().join("、");
            let en = open.iter().map(|s| s.name.en.as_str()).collect::<Vec<_>>().join(", ");
            let first = definition.steps.iter().find(|other| definition.is_first(other));
            let remedy = match (open.is_empty(), first) {
                (false, _) => both(format!("现在应办理：{zh}"), format!("the next is: {en}")),
                (true, Some(first)) if done.is_none() => both(
                    format!("请先办理“{}”", first.name.zh),
                    format!("begin with \"{}\"", first.name.en),
                ),
                _ => both("请查看办理进度", "look at how far the case has come"),
            };
            say.refuse(
                "out-of-order",
                both(
                    format!("还不能办理“{}”，或已经办过", step.name.zh),
                    format!("it is not the turn of \"{}\", or it was done before", step.name.en),
                ),
                remedy,
            )
        }
        Closed::RoundsExhausted(rounds) => say.refuse(
            "rounds-exhausted",
            both(
                format!("“{}”最多办理{rounds}次", step.name.zh),
                format!("\"{}\" may happen {rounds} times at most", step.name.en),
            ),
            both("请终止此事后重新开始", "end this case and begin anew"),
        ),
        Closed::WindowOpen(at) => say.refuse(
            "window-open",
            both(
                format!("公示期至{}，届满前不能办理", ends(at)),
                format!("people may object until {}", ends(at)),
            ),
            both(format!("请在{}之后办理", ends(at)), format!("do it after {}", ends(at))),
        ),
        Closed::Unanswered(open) => say.refuse(
            "objection-unanswered",
            both(
                format!("还有{open}件异议没有答复"),
                format!("{open} objection(s) have no answer"),
            ),
            both("请先答复", "answer them first"),
        ),
        Closed::TooLate(at) => say.refuse(
            "window-closed",
            both(
                format!("期限已于{}届满", ends(at)),
                format!("the time for it ended on {}", ends(at)),
            ),
            both("可依法另行申诉", "other remedies remain open"),
        ),
        Closed::Paused => say.refuse(
            "clock-paused",
            both("期限已经中止", "the time stands still already"),
            both("先恢复计算期限", "let it go on first"),
        ),
        Closed::NotPaused => say.refuse(
            "clock-not-paused",
            both("期限没有中止", "the time does not stand still"),
            both("期限照常计算，无须恢复", "it runs as it is: nothing is to be done"),
        ),
        Closed::RunOut => say.refuse(
            "clock-run-out",
            both("期限已经届满，不能再延长", "the time has run out and cannot be prolonged"),
            both("请尽快办理；延期须在届满前决定", "do it now: more time is given before the end"),
        ),
        Closed::NothingToAnswer => say.refuse(
            "nothing-to-answer",
            both("没有待答复的事项", "nothing waits for an answer"),
            both("请核对编号", "check which one is meant"),
        ),
    }
}

/// The outcome of a step without a vote: the only one, or the one that the actor chose.
fn chosen(say: &Say<'_>, act: &Act) -> Result<String, Refusal> {
    let step = say.step;
    let choices: Vec<&str> = step
        .events
        .iter()
        .map(|event| event.outcome.as_str())
        .filter(|outcome| *outcome != INQUORATE)
        .collect();
    let decided = step.vote.is_some() || step.sitting.is_some();
    match (&act.outcome, choices.as_slice()) {
        (Some(_), _) if decided => Err(Refusal::field(
            "/outcome",
            both("结果由会议得出，不能另填", "the sitting decides the outcome"),
            both("请只填写会议记录", "give the sitting alone"),
        )),
        (None, _) if decided => Ok(choices.first().map_or(DONE, |first| first).to_owned()),
        (Some(given), choices) if choices.contains(&given.as_str()) => Ok(given.clone()),
        (None, [only]) => Ok((*only).to_owned()),
        (_, choices) => Err(Refusal::field(
            "/outcome",
            both("没有说明结果", "the outcome is not one of this step"),
            both(
                format!("可选：{}", choices.join("、")),
                format!("choose one of {}", choices.join(", ")),
            ),
        )),
    }
}

fn tier_needs(
    say: &Say<'_>,
    row: Option<usize>,
    history: Option<&History>,
    typed: &Map<String, Value>,
) -> Result<(), Refusal> {
    let Some(tier) = row.and_then(|row| say.definition.tiers.get(row)) else {
        return Err(say.refuse(
            "no-tier",
            both("无法确定审批权限", "no tier covers this case today"),
            both("请先确定分级参数", "adopt the parameters of the tiers first"),
        ));
    };
    for need in &tier.needs {
        let given = typed.contains_key(need) || history.is_some_and(|history| history.knows(need));
        if !given {
            let label =
                say.definition.fields.get(need).map_or(need.as_str(), |f| f.label.zh.as_str());
            return Err(say.refuse(
                "needed-in-tier",
                both(format!("此额度须填写“{label}”"), format!("`{need}` is needed in this tier")),
                both(format!("请补充“{label}”"), format!("give `{need}`")),
            ));
        }
    }
    Ok(())
}

/// The event that an answer answers.
fn about(say: &Say<'_>, order: &Order<'_>, act: &Act) -> Result<Option<String>, Refusal> {
    if say.step.answers.is_none() {
        return Ok(None);
    }
    let open = order.unanswered(say.step);
    let found = match &act.about {
        Some(about) => open.iter().find(|happened| happened.event.as_str() == about),
        None => open.first(),
    };
    found.map(|happened| Some(happened.event.as_str().to_owned())).ok_or_else(|| {
        say.refuse(
            "nothing-to-answer",
            both(
                "没有这件待答复的事项，或已答复",
                "there is no such open item, or it was answered",
            ),
            both("请核对编号", "check which one is meant"),
        )
        .at("/about")
    })
}

/// The outcome as the event will say it: plain values, and what goes beside the log.
fn write(
    definition: &Definition,
    step: &Step,
    outcome: &str,
    mut data: Map<String, Value>,
    typed: &Map<String, Value>,
    known: Option<&Map<String, Value>>,
) -> Outcome {
    let mut sealed = Vec::new();
    let mut claims = Vec::new();
    for field in definition.form(step) {
        let Some(value) = typed.get(&field.name) else { continue };
        if field.claim {
            claims.push((
                field.name.clone(),
                value.as_str().map_or_else(|| value.to_string(), str::to_owned),
            ));
        }
        if field.is_sealed(value) {
            sealed.push(sealing(field, value));
        } else {
            data.insert(field.name.clone(), value.clone());
        }
    }
    let event = step.event_of(outcome);
    let name = event.map(|event| event.event.clone()).unwrap_or_default();
    Outcome {
        step: step.id.clone(),
        outcome: outcome.to_owned(),
        fact: event.map(|event| event.fact.clone()).unwrap_or_default(),
        local: definition.is_local(&name),
        event: name,
        data,
        sealed,
        claims,
        posts: step.posts.clone(),
        books: Vec::new(),
        signs: step
            .signs
            .iter()
            .filter_map(|name| {
                let value = typed.get(name).or_else(|| known?.get(name))?;
                Some((name.clone(), value.clone()))
            })
            .collect(),
        power: step.power.clone(),
        tell: step.tell.iter().map(|tell| (tell.who.clone(), tell.text.clone())).collect(),
        reference: definition.reference.clone(),
    }
}

fn sealing(field: &Field, value: &Value) -> Sealing {
    Sealing {
        field: field.name.clone(),
        value: value.clone(),
        class: field.class.of(value).max(Class::Public),
        retention: Retention {
            purpose: field.why.clone(),
            basis: field.keep_basis.clone().unwrap_or_else(|| "default".to_owned()),
            years: field.keep_years,
        },
    }
}

/// What a deadline writes when it passes; `None` when the definition knows no such deadline (write the service's own
/// record of it then). It takes effect when it was due, whoever notices and when: what begins then counts from there.
pub fn lapse(
    definition: &Definition,
    history: &History,
    deadline: &Deadline,
    calendar: &WorkCalendar,
) -> Option<Outcome> {
    let (name, number) = match deadline.name.split_once('/') {
        Some((name, number)) => (name, number.parse::<usize>().ok()),
        None => (deadline.name.as_str(), None),
    };
    let matter: Option<&Matter> = people::matter(definition, &Map::new(), Some(&history.values));
    let now = deadline.due_at;
    let clock = Clock { definition, matter, calendar, now, values: &history.values };
    for step in &definition.steps {
        let missed = step.missed.as_ref().filter(|missed| clock_name(missed) == name);
        let closes = step
            .window
            .as_ref()
            .and_then(|window| window.closes.as_ref())
            .filter(|(_, fact)| stem(fact) == name);
        let (event, fact, outcome, told) = match (missed, closes) {
            (Some(missed), _) => (&missed.event, &missed.fact, MISSED, missed.tell.as_slice()),
            (None, Some((event, fact))) => (event, fact, CLOSED, &[][..]),
            (None, None) => continue,
        };
        let mut data = Map::new();
        clock.mark(Some(history), step, outcome, None, &mut data);
        let stops = data.entry("stops").or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(stops) = stops {
            stops.push(deadline.name.clone().into());
        }
        data.insert("was_due".to_owned(), deadline.due_at.micros().into());
        if let Some(asked) = number.filter(|_| outcome == MISSED).and_then(|number| {
            let asked = definition.step(step.answers.as_ref()?)?;
            Order::new(definition, Some(history)).of_step(asked).nth(number.checked_sub(1)?)
        }) {
            data.insert("overdue_about".to_owned(), asked.event.as_str().into());
        }
        let words = say::both(
            format!("“{}”已逾期", step.name.zh),
            format!("\"{}\" is overdue", step.name.en),
        );
        let words: Text = if outcome == CLOSED { Text::default() } else { words };
        return Some(Outcome {
            step: step.id.clone(),
            outcome: outcome.to_owned(),
            event: event.clone(),
            fact: fact.clone(),
            local: definition.is_local(event),
            data,
            sealed: Vec::new(),
            claims: Vec::new(),
            posts: None,
            books: Vec::new(),
            signs: Vec::new(),
            power: None,
            tell: told.iter().map(|who| (who.clone(), words.clone())).collect(),
            reference: definition.reference.clone(),
        });
    }
    None
}
