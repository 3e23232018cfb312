//! `/units/{unit}`: a level above the villages: counts and what lies below, by code. Counts only, no ranks.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::Uri,
    response::Response,
};
use kernel::Level;
use pages::{
    Cell, Column, Component, DataTable, Link, Markup, Prefs, SummaryList, SummaryRow, Tag, Tone,
};
use store::StoreError;

use super::{
    frame::{self, Ask, Built, Failure, Tab, answer},
    matters, say, village,
};
use crate::{
    Portal,
    shows::{
        decisions,
        divisions::{self, Unit},
        items, position, queries, seats, vouchers,
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
    let unit = frame::unit(ask, id, "").await?;
    if unit.level == Level::Village {
        return Err(Failure::Moved(unit.href()));
    }
    let (db, l) = (&ask.portal.db, ask.prefs.lang);
    let mut shell = ask.shell_of(&unit, unit.name.clone(), Tab::Home).await?;
    shell.lead = Some(
        ask.pick(
            "下面是这里各村公开了什么、还差什么。只数件数，不排名次。",
            "What the villages here have published and what is still missing. Counts only, no ranks.",
        )
        .into(),
    );
    let as_of = position::of(db, divisions::OF, &unit.position.log).await?;
    shell.facts = Some(ask.facts(as_of));
    let today = ask.portal.now().date();
    let seats = seats::now(db, &unit.unit, today).await?;
    let mut parts = vec![counts(ask, &unit).await?.render(l), below(ask, &unit).await?.render(l)];
    if !matters::section::counts(ask, &unit.unit).await?.is_empty() {
        parts.push(matters::section::render(ask, &unit).await?);
    }
    if unit.level == Level::Township {
        parts.push(Markup::action(
            &format!("/units/{}/indicators", unit.unit),
            ask.pick("各村的考核指标（只看档次）", "Indicators of the villages, in bands"),
        ));
    }
    if !seats.is_empty() {
        parts.push(Markup::section(
            "seats",
            ask.pick("这一级谁管这些事", "Who is responsible at this level"),
            village::seat_list(ask, &seats),
        ));
    }
    parts.push(village::registered(ask, &unit).await?);
    Ok(shell.page(&Markup::join(parts)))
}

/// The figures of a unit above the villages; the page and the API take them from here.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Counts {
    /// Self-governing villages.
    pub villages: i64,
    /// The month that is due or coming due.
    pub month: String,
    /// Villages that posted it.
    pub published: i64,
    /// Villages that opened the month in their books and have not posted it.
    pub not_published: i64,
    /// Villages whose books were not opened for the month: nothing to post.
    pub without_books: i64,
    /// Whether it is due.
    pub due: bool,
    /// Decisions under way.
    pub decisions_under_way: i64,
    /// Decisions adopted.
    pub decisions_adopted: i64,
    /// Questions and objections that wait.
    pub questions_open: i64,
    /// Of which late.
    pub questions_late: i64,
}

/// Counts what lies below a unit.
pub(crate) async fn count(portal: &Portal, unit: &Unit) -> Result<Counts, StoreError> {
    let (db, now) = (&portal.db, portal.now());
    let month = say::month_before(now.date());
    let villages =
        divisions::village_counts(db, &unit.unit).await?.get(&unit.unit).copied().unwrap_or(0);
    let posted = items::posted_below(db, &unit.unit, "G5", &month).await?;
    let opened = vouchers::opened_below(db, &unit.unit, &month).await?;
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let published = count(posted.len());
    let not_published = count(opened.difference(&posted).count());
    let (decisions_under_way, decisions_adopted) = decisions::counts(db, &unit.unit).await?;
    let (questions_open, questions_late) = queries::counts(db, &unit.unit, now).await?;
    let due = say::due(&month).is_some_and(|due| due < now.date());
    Ok(Counts {
        villages,
        month,
        published,
        not_published,
        without_books: villages.saturating_sub(published).saturating_sub(not_published).max(0),
        due,
        decisions_under_way,
        decisions_adopted,
        questions_open,
        questions_late,
    })
}

async fn counts(ask: &Ask<'_>, unit: &Unit) -> Result<SummaryList, StoreError> {
    let c = count(ask.portal, unit).await?;
    let l = ask.prefs.lang;
    let month = words::month(l, &c.month);
    let of = |n: i64| pages::money::count(n);
    let missing = match (c.not_published, c.due) {
        (0, _) if c.published > 0 => Tag::new(Tone::Ok, ask.pick("没有", "none")),
        (0, _) => Tag::new(Tone::Neutral, ask.pick("没有", "none")),
        (n, true) => Tag::new(
            Tone::Wrong,
            format!("{} {}", of(n), ask.pick("个村未报，已到期", "not published and due")),
        ),
        (n, false) => Tag::new(
            Tone::Info,
            format!(
                "{} {}",
                of(n),
                ask.pick("个村还没有公开，未到期", "not published yet, not due")
            ),
        ),
    };
    let share = pages::percent(l, c.published, c.villages, ask.pick("个村", "villages"));
    let questions = match c.questions_late {
        0 => of(c.questions_open),
        late => format!(
            "{}{}{}{}",
            of(c.questions_open),
            ask.pick("，其中超期 ", ", of which late: "),
            of(late),
            ask.pick(" 件", "")
        ),
    };
    Ok(SummaryList::new(
        ask.pick("到现在为止", "So far"),
        vec![
            SummaryRow::text(
                ask.pick("自治的村（社区）", "Self-governing villages"),
                of(c.villages),
            ),
            SummaryRow::text(
                format!("{month}{}", ask.pick("的账已公开", ": money published")),
                share,
            ),
            SummaryRow::markup(
                format!("{month}{}", ask.pick("的账没有公开", ": not published")),
                missing.render(l),
            ),
            SummaryRow::text(
                format!("{month}{}", ask.pick("的账簿没有启用", ": books not opened")),
                of(c.without_books),
            ),
            SummaryRow::text(
                ask.pick("正在商量的事", "Decisions under way"),
                of(c.decisions_under_way),
            ),
            SummaryRow::text(
                ask.pick("通过的决议", "Resolutions adopted"),
                of(c.decisions_adopted),
            ),
            SummaryRow::text(
                ask.pick("等答复的询问和异议", "Questions and objections that wait"),
                questions,
            ),
        ],
    ))
}

async fn below(ask: &Ask<'_>, unit: &Unit) -> Result<DataTable, StoreError> {
    let (db, l, today) = (&ask.portal.db, ask.prefs.lang, ask.portal.now().date());
    let month = say::month_before(today);
    let children = divisions::children(db, Some(&unit.unit)).await?;
    let posted = items::posted_below(db, &unit.unit, "G5", &month).await?;
    let opened = vouchers::opened_below(db, &unit.unit, &month).await?;
    let counts = divisions::village_counts(db, &unit.unit).await?;
    let villages = children.iter().any(|c| c.level == Level::Village);
    let mut table = DataTable::new(
        ask.pick("下面的地方，按代码排列", "Below, in the order of codes"),
        vec![
            Column::text(ask.pick("名称", "Name")),
            if villages {
                Column::text(format!("{}{}", words::month(l, &month), ask.pick("的账", ": money")))
            } else {
                Column::number(ask.pick("村（社区）", "Villages"))
            },
        ],
    );
    for child in &children {
        let last = if child.is_governed_village() {
            if posted.contains(&child.unit) {
                Cell::tag(Tag::new(Tone::Ok, ask.pick("已公开", "Published")))
            } else if !opened.contains(&child.unit) {
                Cell::text(ask.pick("账簿没有启用", "books not opened"))
            } else {
                match say::Posted::load(ask.portal, &child.unit, &month).await? {
                    say::Posted::Late(days) => Cell::not_reported(u32::try_from(days).unwrap_or(0)),
                    _ => Cell::not_due(),
                }
            }
        } else if child.level == Level::Village {
            Cell::not_applicable()
        } else {
            Cell::count(counts.get(&child.unit).copied().unwrap_or(0))
        };
        table = table.row(vec![Cell::text(child.name.clone()).href(child.href()), last]);
    }
    if children.is_empty() {
        table.empty = Some(
            pages::EmptyState::new(
                ask.pick("这里下面的地方", "Places below"),
                pages::EmptyWhy::None,
            )
            .act(
                ask.pick("找别的地方：", "Look elsewhere:"),
                Some(Link::new(ask.pick("全部村子", "All villages"), "/")),
            ),
        );
    }
    Ok(table)
}
