//! `/decisions/{id}`: one decision: its steps, its votes with their base, the money under it, the proof.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{Path, State},
    http::Uri,
    response::Response,
};
use definitions::{Counted, Definition};
use kernel::Text as Words;
use pages::{
    Cell, Column, Component, DataTable, EmptyState, EmptyWhy, Lang, Link, Markup, MoneyFigure,
    Prefs, Stepper, SummaryList, SummaryRow, Tag, Tone, percent, table_time, yuan_with_unit,
};

use super::{
    decisions as decisions_page,
    frame::{Ask, Built, Failure, Tab, answer},
    proof_box, say, village,
};
use crate::{
    Portal, owner,
    shows::{
        decisions::{self, Decision},
        divisions,
        happened::Happening,
        payments, position, seats,
    },
    words,
};

pub(crate) async fn page(
    State(portal): State<Arc<Portal>>,
    prefs: Prefs,
    uri: Uri,
    Path(id): Path<String>,
) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    answer(&ask, build(&ask, &id).await)
}

async fn build(ask: &Ask<'_>, id: &str) -> Built {
    let (db, l, now) = (&ask.portal.db, ask.prefs.lang, ask.portal.now());
    let decision = decisions::get(db, id).await?.ok_or(Failure::Missing)?;
    let unit = divisions::get(db, &decision.unit).await?.ok_or(Failure::Missing)?;
    let events = decisions::events(db, id).await?;
    let owner = ask.portal.owner(decisions::OF.0);
    let definition = ask.portal.procedures.of(owner, &decision.history).await;
    let named = match &decision.title {
        Some(title) => owner::texts(owner, &[title]).await.into_iter().next(),
        None => None,
    };
    let title = decisions_page::title(ask, &decision, definition.as_deref(), named.as_ref());
    let mut shell = ask.shell_of(&unit, title, Tab::Decisions).await?;
    shell.breadcrumb.push(Link::new(
        ask.pick("大家的决定", "Decisions"),
        format!("/villages/{}/decisions", unit.unit),
    ));
    let state = say::decision(l, &decision, definition.as_deref(), now);
    let next = state.next.clone();
    shell.state = Some(state);
    let as_of = position::of(db, decisions::OF, &decision.position.log).await?;
    let mut facts = ask.facts(as_of);
    let holders: Vec<&str> = events.iter().filter_map(|e| e.actor.holder.as_deref()).collect();
    let names = seats::names(db, &holders).await?;
    facts.proof = Some("#proof".into());
    let posted = events.iter().rev().find(|e| e.fact == "resolution-published.v1");
    facts.published_by = posted.map(|e| say::actor(l, &e.actor, &names));
    shell.facts = Some(facts);
    let asked = seats::in_question(db, &unit.unit).await?;
    let mut parts = vec![
        in_question(ask, &asked, &events),
        texts(ask, &decision, &events, definition.as_deref()).await,
    ];
    parts.push(votes(ask, &decision, &events, definition.as_deref()));
    parts.push(match &definition {
        Some(definition) => Stepper {
            title: format!("{}{}", ask.pick("步骤：", "Steps: "), words::pick(l, &definition.term)),
            steps: say::steps(l, definition, &decision.history, now, |step| {
                note(ask, definition, events.iter(), step)
            }),
            next,
        }
        .render(l),
        None => EmptyState::new(ask.pick("办事步骤", "The steps"), EmptyWhy::None)
            .because(ask.pick(
                "这件事依据的规则文本现在取不到，发生过的事都在下面",
                "the text of its rules is out of reach; all that happened is below",
            ))
            .render(l),
    });
    parts.push(objections(ask, &decision));
    parts.push(money(ask, &decision).await?);
    parts.push(happenings(ask, &events, &names, definition.as_deref()).render(l));
    parts.push(
        proof_box::render(
            ask,
            decisions::OF.0,
            &decision.position,
            &format!("/decisions/{id}/proof.json"),
            &format!("decision-{id}.json"),
        )
        .await,
    );
    Ok(shell.page(&Markup::join(parts)))
}

/// Acts of this matter that are in question, because close kin held offices that are kept apart and it was declared late.
fn in_question(ask: &Ask<'_>, asked: &[seats::Question], events: &[Happening]) -> Markup {
    let l = ask.prefs.lang;
    let concerned = asked.iter().filter_map(|question| {
        let acts = events.iter().filter(|event| {
            question.covers(event.actor.holder.as_deref(), event.actor.post.as_deref(), event.at)
        });
        let acts: Vec<String> =
            acts.map(|event| words::pick(l, &words::fact(&event.fact)).to_owned()).collect();
        (!acts.is_empty()).then_some((question, acts))
    });
    Markup::join(concerned.map(|(question, acts)| {
        let post = words::post(&question.post);
        let (acts, post) = (acts.join(ask.pick("、", ", ")), words::pick(l, &post).to_owned());
        let law = question.law.as_deref().map(words::law);
        let law = law.map(|law| words::pick(l, &law).to_owned()).unwrap_or_default();
        let text = match l {
            Lang::Zh => format!("{post}{}应当回避，其办理的要复核：{acts}", question.name),
            Lang::En => {
                format!("{post} {} had to keep out; to be looked at again: {acts}", question.name)
            }
        };
        Tag::new(Tone::Wrong, text).meaning(law).render(l)
    }))
}

/// The texts that everybody may read, each under the name that the definition gives its field.
async fn texts(
    ask: &Ask<'_>,
    decision: &Decision,
    events: &[Happening],
    definition: Option<&Definition>,
) -> Markup {
    let l = ask.prefs.lang;
    let refs: Vec<_> =
        events.iter().flat_map(Happening::texts).filter(|t| t.field != "title").collect();
    let wanted: Vec<_> = refs.iter().collect();
    let opened = owner::texts(ask.portal.owner(decisions::OF.0), &wanted).await;
    let matter = SummaryRow::text(
        ask.pick("事项类别", "Kind of matter"),
        decisions_page::matter(ask, decision, definition),
    );
    let rows = refs.iter().zip(&opened).map(|(text, opened)| {
        let label = definition
            .and_then(|d| d.fields.get(&text.field))
            .map_or_else(|| label(&text.field), |field| field.label.clone());
        SummaryRow::text(words::pick(l, &label), say::text(l, opened))
    });
    SummaryList::new(
        ask.pick("说的是什么", "What it says"),
        std::iter::once(matter).chain(rows).collect(),
    )
    .render(l)
}

/// The name of a text field without its definition.
fn label(field: &str) -> Words {
    match field {
        "grounds" => Words::new("理由", "Grounds"),
        "title" | "subject" => Words::new("事由", "Subject"),
        "text" => Words::new("内容", "Text"),
        "answer" => Words::new("答复", "Answer"),
        "reason" => Words::new("原因", "Reason"),
        "summary" => Words::new("摘要", "Summary"),
        other => Words::new(other, other),
    }
}

/// Of whom the majority of an event's vote counts: by the matter, the step, or those present.
fn counted(decision: &Decision, definition: Option<&Definition>, event: &Happening) -> Counted {
    use definitions::model::OrMatter;
    let vote =
        definition.and_then(|d| d.meaning(&event.fact)).and_then(|(step, _)| step.vote.as_ref());
    match vote.map(|vote| vote.of) {
        Some(OrMatter::Is(counted)) => counted,
        Some(OrMatter::Matter) => decision
            .matter()
            .and_then(|matter| definition?.matter(matter))
            .map_or(Counted::Present, |m| m.counted),
        None => Counted::Present,
    }
}

/// 赞成 with its base: 62.5 %（25/40 人）.
fn share(
    ask: &Ask<'_>,
    decision: &Decision,
    definition: Option<&Definition>,
    event: &Happening,
) -> Option<(i64, i64, &'static str)> {
    let in_favour = event.number("for")?;
    let l = ask.prefs.lang;
    let (base, unit) = match counted(decision, definition, event) {
        Counted::Present => (event.number("present")?, l == Lang::Zh),
        Counted::ShouldAttend | Counted::All => (event.number("should_attend")?, l == Lang::Zh),
    };
    let of_all =
        matches!(counted(decision, definition, event), Counted::ShouldAttend | Counted::All);
    let words = match (unit, of_all) {
        (true, false) => "到会的人",
        (true, true) => "应到的人",
        (false, false) => "present",
        (false, true) => "who should attend",
    };
    Some((in_favour, base, words))
}

fn votes(
    ask: &Ask<'_>,
    decision: &Decision,
    events: &[Happening],
    definition: Option<&Definition>,
) -> Markup {
    let l = ask.prefs.lang;
    let mut table = DataTable::new(
        ask.pick("表决，一人一票", "Votes"),
        vec![
            Column::text(ask.pick("会议", "Meeting")),
            Column::number(ask.pick("应到", "Should attend")),
            Column::number(ask.pick("到会", "Present")),
            Column::number(ask.pick("赞成", "For")),
            Column::number(ask.pick("反对", "Against")),
            Column::number(ask.pick("弃权", "Abstained")),
            Column::text(ask.pick("赞成占多少", "Share in favour")),
        ],
    );
    for event in events.iter().filter(|e| e.data.contains_key("for")) {
        let cell = |field: &str| event.number(field).map_or_else(Cell::not_applicable, Cell::count);
        let name = definition
            .and_then(|d| d.meaning(&event.fact))
            .map_or_else(|| words::fact(&event.fact), |(step, _)| step.name.clone());
        let share = share(ask, decision, definition, event)
            .map_or_else(Cell::not_applicable, |(part, whole, unit)| {
                Cell::text(percent(l, part, whole, unit))
            });
        table = table.row(vec![
            Cell::text(words::pick(l, &name)),
            cell("should_attend"),
            cell("present"),
            cell("for"),
            cell("against"),
            cell("abstain"),
            share,
        ]);
    }
    if table.rows.is_empty() {
        return EmptyState::new(ask.pick("表决的结果", "Votes"), EmptyWhy::NotDue)
            .because(ask.pick("还没有开会表决", "no meeting has voted yet"))
            .render(l);
    }
    Markup::section("votes", ask.pick("怎么表决的", "How it was voted"), table.render(l))
}

/// What came of a step, in a line: its vote.
pub(crate) fn note<'a>(
    ask: &Ask<'_>,
    definition: &Definition,
    events: impl DoubleEndedIterator<Item = &'a Happening>,
    step: &str,
) -> Option<String> {
    let step = definition.step(step)?;
    let event = events.rev().find(|e| step.events.iter().any(|outcome| outcome.fact == e.fact))?;
    let (in_favour, present) = (event.number("for")?, event.number("present")?);
    let against = event.number("against").unwrap_or(0);
    Some(match ask.prefs.lang {
        Lang::Zh => format!("到会 {present} 人，赞成 {in_favour}，反对 {against}"),
        Lang::En => format!("{present} present, {in_favour} for, {against} against"),
    })
}

fn objections(ask: &Ask<'_>, decision: &Decision) -> Markup {
    let (filed, answered) = (decision.objections(), decision.objections_answered());
    let posted = decision.resolved.as_ref().and_then(|r| r.posted_until.as_deref());
    let until = posted.map(|day| words::day(ask.prefs.lang, day));
    let over = posted.is_some_and(|day| day < ask.portal.now().date().to_string().as_str());
    let text = match (ask.prefs.lang, filed, until) {
        (Lang::Zh, 0, Some(until)) if over => format!("公示到{until}，没有人提异议。"),
        (Lang::En, 0, Some(until)) if over => {
            format!("It was on the board until {until}; no objection was filed.")
        }
        (Lang::Zh, 0, Some(until)) => format!("没有人提异议（可以提到{until}）。"),
        (Lang::En, 0, Some(until)) => format!("No objection was filed (possible until {until})."),
        (Lang::Zh, 0, None) => "还没有到公示的时候，没有异议。".to_owned(),
        (Lang::En, 0, None) => "It is not on the board yet; there is no objection.".to_owned(),
        (Lang::Zh, n, _) => format!("收到 {n} 条异议，答复了 {answered} 条。"),
        (Lang::En, n, _) => format!("{n} objections were filed, {answered} answered."),
    };
    let title = ask.pick("异议", "Objections");
    Markup::section("objections", title, Markup::paragraph(&text))
}

/// What was paid under it: spent of the limit, and each payment.
async fn money(ask: &Ask<'_>, decision: &Decision) -> Result<Markup, Failure> {
    let (db, l) = (&ask.portal.db, ask.prefs.lang);
    let Some(limit) = decision.limit() else { return Ok(Markup::default()) };
    let title = ask.pick("按这个决议花的钱", "Money under this resolution");
    let made = payments::under(db, &decision.proposal).await?;
    let spent = payments::spent(&made);
    let left = limit.saturating_sub(spent);
    let sentence = match l {
        Lang::Zh => format!(
            "最多可以花 {}，已经付了 {}，还剩 {}。",
            yuan_with_unit(l, limit),
            yuan_with_unit(l, spent),
            yuan_with_unit(l, left)
        ),
        Lang::En => format!(
            "At most {} may be spent; {} is paid, {} is left.",
            yuan_with_unit(l, limit),
            yuan_with_unit(l, spent),
            yuan_with_unit(l, left)
        ),
    };
    let wanted: Vec<_> = made.iter().filter_map(|p| p.purpose.as_ref()).collect();
    let mut texts = owner::texts(ask.portal.owner(payments::OF.0), &wanted).await.into_iter();
    let mut table = DataTable::new(
        ask.pick("付款，先申请的在前", "Payments, the first asked for first"),
        vec![
            Column::text(ask.pick("用途", "What for")),
            Column::date(ask.pick("申请日", "Asked on")),
            Column::text(ask.pick("收款方", "Payee")),
            Column::text(ask.pick("走到哪一步", "How far")),
            Column::money(ask.pick("金额", "Amount")),
        ],
    );
    for payment in &made {
        let purpose = match &payment.purpose {
            Some(_) => texts.next().map(|t| say::text(l, &t)).unwrap_or_default(),
            None => String::new(),
        };
        let href = match &payment.voucher {
            Some(voucher) => format!("/vouchers/{voucher}"),
            None => format!("/payments/{}", payment.payment),
        };
        table = table.row(vec![
            Cell::text(village::or_id(&purpose, &payment.payment)).href(href),
            Cell::date(payment.requested.micros()),
            Cell::text(payee(ask, payment.payee.as_deref())),
            Cell::tag(pages::Tag { meaning: None, ..say::payment(l, payment) }),
            Cell::money(payment.amount),
        ]);
    }
    table = table.total(vec![
        Cell::text(ask.pick("其中已付", "Of which paid")),
        Cell::not_applicable(),
        Cell::not_applicable(),
        Cell::not_applicable(),
        Cell::money(spent),
    ]);
    table.empty = Some(
        EmptyState::new(ask.pick("按这个决议付的钱", "Payments under it"), EmptyWhy::None)
            .because(ask.pick("还没有申请过付款", "no payment has been asked for")),
    );
    let figure = MoneyFigure {
        note: Some(sentence),
        ..MoneyFigure::new(ask.pick("还剩可以花的", "Left to spend"), left)
    };
    let payments = ask.pick("每一笔付款", "Each payment");
    Ok(Markup::join([
        Markup::section("money", title, figure.render(l)),
        Markup::section("payments", payments, table.render(l)),
    ]))
}

/// The payee: an organisation by name; a private person is not named in public.
pub(crate) fn payee(ask: &Ask<'_>, organisation: Option<&str>) -> String {
    organisation
        .unwrap_or_else(|| ask.pick("个人（姓名不公开）", "a private person (not named)"))
        .to_owned()
}

/// All that happened, each with its place in the log.
pub(crate) fn happenings(
    ask: &Ask<'_>,
    events: &[Happening],
    names: &BTreeMap<String, String>,
    definition: Option<&Definition>,
) -> DataTable {
    let l = ask.prefs.lang;
    let mut table = DataTable::new(
        ask.pick("发生过的每一件事", "Everything that happened"),
        vec![
            Column::text(ask.pick("什么事", "What")),
            Column::date(ask.pick("什么时候", "When")),
            Column::text(ask.pick("谁", "Who")),
            Column::text(ask.pick("日志里的位置", "Place in the log")),
        ],
    );
    for event in events {
        let what = words::fact(&event.fact);
        let known = what.zh != event.fact.split('.').next().unwrap_or_default();
        let named = if known {
            what
        } else {
            definition
                .and_then(|d| d.meaning(&event.fact))
                .map_or(what, |(step, _)| step.name.clone())
        };
        let p = &event.position;
        let hash: String = p.leaf.chars().take(16).collect();
        table = table.row(vec![
            Cell::text(words::pick(l, &named)),
            Cell::text(table_time(event.at.micros())),
            Cell::text(say::actor(l, &event.actor, names)),
            Cell::text(format!("{} · {}", p.log, p.index)).href(format!(
                "/verify?log={}&index={}&hash={hash}",
                pages::query_encode(p.log.as_str()),
                p.index
            )),
        ]);
    }
    table.id = "events".into();
    table
}

/// `/decisions/{id}/proof.json`: the proof of the last entry of a decision.
pub(crate) async fn proof(
    State(portal): State<Arc<Portal>>,
    prefs: Prefs,
    uri: Uri,
    Path(id): Path<String>,
) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    let events = match decisions::events(&portal.db, &id).await {
        Ok(events) if !events.is_empty() => events,
        Ok(_) => return answer(&ask, Err(Failure::Missing)),
        Err(error) => return answer(&ask, Err(error.into())),
    };
    let Some(last) = events.last() else { return answer(&ask, Err(Failure::Missing)) };
    let texts = last.texts();
    let wanted: Vec<_> = texts.iter().collect();
    let name = format!("decision-{id}.json");
    super::voucher::proof_answer(&ask, decisions::OF.0, &last.position, &wanted, &name).await
}
