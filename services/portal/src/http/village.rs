//! `/villages/{unit}`: a village's home: who leads, this month's money, latest decisions, open questions, what is missing.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{Path, State},
    http::Uri,
    response::Response,
};
use pages::{
    Cell, Column, Component, DataTable, EmptyState, EmptyWhy, EquationStrip, Markup, Prefs,
    SummaryList, SummaryRow, Tag, Tone, table_date,
};
use store::StoreError;

use super::{
    decisions as decisions_page,
    frame::{self, Ask, Built, Tab, answer},
    leads, matters, month as month_page, say,
};
use crate::{
    Portal, owner,
    shows::{
        decisions,
        divisions::{self, Unit},
        items,
        month::{self, Month},
        payments, position, queries,
        queries::Query,
        seats::{self, SeatRow},
        vouchers,
    },
    words,
};

/// Months before the present one that are looked at for what is missing.
const LOOKED_BACK: usize = 6;
/// The posts that people ask for first.
const LEADING: [&str; 4] =
    ["party-secretary", "village-director", "legal-representative", "supervision-chair"];

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
    let unit = frame::village(ask, id, "").await?;
    let (db, l, now) = (&ask.portal.db, ask.prefs.lang, ask.portal.now());
    let mut shell = ask.shell_of(&unit, unit.name.clone(), Tab::Home).await?;
    if !unit.is_governed_village() {
        shell.lead = Some(
            ask.pick(
                "这是只用于统计的区域，没有村委会，也没有村务。",
                "This area exists for statistics alone: it has no committee and no village affairs.",
            )
            .into(),
        );
        return Ok(shell.page(&registered(ask, &unit).await?));
    }
    let seats = seats::now(db, &unit.unit, now.date()).await?;
    let leaders = leaders(ask, &seats);
    shell.lead = Some(if leaders.is_empty() {
        ask.pick("谁在管，还没有登记。", "No leading seat has been recorded yet.").to_owned()
    } else {
        leaders
    });
    let books = vouchers::months(db, &unit.unit).await?;
    let current = books.first().map(|b| b.month.clone());
    let money = match &current {
        Some(current) => Some(month::load(db, &unit.unit, current).await?),
        None => None,
    };
    let decided = decisions::of_unit(db, &unit.unit, 4, 0).await?;
    let asked = queries::of_unit(db, &unit.unit, 5).await?;
    let as_of = match money.as_ref().and_then(|m| m.vouchers.last()) {
        Some(last) => position::of(db, vouchers::OF, &last.position.log).await?,
        None => position::of(db, divisions::OF, &unit.position.log).await?,
    };
    shell.facts = Some(ask.facts(as_of));
    let mut parts = vec![missing(ask, &unit, &books).await?];
    parts.push(Markup::section(
        "money",
        ask.pick("这个月的钱", "This month's money"),
        match &money {
            Some(money) => strip(ask, money),
            None => no_books(ask),
        },
    ));
    parts.push(waiting(ask, &unit).await?);
    parts.push(matters::section::render(ask, &unit).await?);
    let mut latest = decisions_page::table(ask, &decided).await.render(l);
    if !decided.is_empty() {
        let all = format!("/villages/{}/decisions", unit.unit);
        latest.push(Markup::action(&all, ask.pick("全部决定", "All decisions")));
    }
    parts.push(Markup::section("decisions", ask.pick("最近的决定", "Latest decisions"), latest));
    parts.push(Markup::section(
        "questions",
        ask.pick("监督委员会的询问和村民的异议", "Questions and objections"),
        questions(ask, &asked).await.render(l),
    ));
    parts.push(leads::have_a_say(ask, &unit));
    parts.push(Markup::section(
        "seats",
        ask.pick("谁在管", "Who is responsible"),
        if seats.is_empty() { no_seats(ask) } else { seat_list(ask, &seats) },
    ));
    parts.push(last_published(ask, &unit).await?);
    parts.push(leads::more(ask, &unit));
    parts.push(registered(ask, &unit).await?);
    Ok(shell.page(&Markup::join(parts)))
}

/// The equation of a month, with its links.
pub(crate) fn strip(ask: &Ask<'_>, money: &Month) -> Markup {
    let l = ask.prefs.lang;
    let at = format!("/villages/{}/accounts/{}", money.unit, money.month);
    let strip = EquationStrip {
        links: Some((format!("{at}#vouchers"), format!("{at}#by-use"))),
        ..month_page::equation(ask, money)
    };
    Markup::join([
        strip.render(l),
        Markup::action(
            &at,
            &format!("{}{}", words::month(l, &money.month), ask.pick("的每一笔账", ": every line")),
        ),
    ])
}

/// What is missing or late, first of all; or that nothing is.
async fn missing(
    ask: &Ask<'_>,
    unit: &Unit,
    books: &[vouchers::Book],
) -> Result<Markup, StoreError> {
    let (db, l, now) = (&ask.portal.db, ask.prefs.lang, ask.portal.now());
    let this_month = say::month_of(now.date());
    let mut rows = Vec::new();
    let past = books.iter().filter(|b| b.month < this_month).take(LOOKED_BACK);
    for book in past {
        let posted = say::Posted::load(ask.portal, &unit.unit, &book.month).await?;
        if let say::Posted::Late(_) = posted {
            let tag = Tag { meaning: None, ..say::posted(l, &posted, now).tag };
            let title = format!("{}{}", words::month(l, &book.month), ask.pick("的账", ": money"));
            let href = format!("/villages/{}/accounts/{}", unit.unit, book.month);
            let link = Markup::link(&href, ask.pick("看账上已有的", "what is in the books"));
            let said = Markup::join([tag.render(l), Markup::text(" "), link]);
            rows.push(SummaryRow::markup(title, said));
        }
    }
    for query in queries::of_unit(db, &unit.unit, 20).await? {
        if query.state(now) == queries::State::Late {
            rows.push(SummaryRow::markup(about(ask, &query), say::query(l, &query, now).render(l)));
        }
    }
    for decision in decisions::of_unit(db, &unit.unit, 50, 0).await? {
        if decision.ended || decision.annulled {
            continue;
        }
        let owner = ask.portal.owner(decisions::OF.0);
        let definition = ask.portal.procedures.of(owner, &decision.history).await;
        if definition.as_deref().is_some_and(|d| say::is_late(d, &decision.history, now)) {
            let title = match &decision.title {
                Some(title) => owner::texts(owner, &[title]).await.into_iter().next(),
                None => None,
            };
            rows.push(SummaryRow::markup(
                decisions_page::title(ask, &decision, definition.as_deref(), title.as_ref()),
                Tag::new(Tone::Wrong, ask.pick("下一步超期", "the next step is late")).render(l),
            ));
        }
    }
    rows.extend(matters::section::overdue(ask, &unit.unit).await?);
    Ok(if rows.is_empty() && books.is_empty() {
        Markup::paragraph(ask.pick(
            "这个村还没有启用账簿，下面各项等启用以后才有。",
            "This village has not opened its books yet: what is below comes with them.",
        ))
    } else if rows.is_empty() {
        Markup::paragraph(ask.pick(
            "到今天，没有该公开而没公开、该答复而没答复的事。",
            "As of today nothing is overdue: no money unpublished, no question unanswered.",
        ))
    } else {
        SummaryList::new(ask.pick("还差什么", "What is missing"), rows).render(l)
    })
}

/// Payments that wait: money asked for that has not moved.
async fn waiting(ask: &Ask<'_>, unit: &Unit) -> Result<Markup, StoreError> {
    let (db, l) = (&ask.portal.db, ask.prefs.lang);
    let waiting = payments::under_way(db, &unit.unit).await?;
    if waiting.is_empty() {
        return Ok(Markup::default());
    }
    let owner = ask.portal.owner(payments::OF.0);
    let wanted: Vec<_> = waiting.iter().filter_map(|p| p.purpose.as_ref()).collect();
    let mut texts = owner::texts(owner, &wanted).await.into_iter();
    let mut table = DataTable::new(
        ask.pick("申请了、还没有付的钱", "Asked for, not paid yet"),
        vec![
            Column::text(ask.pick("用途", "What for")),
            Column::date(ask.pick("申请日", "Asked on")),
            Column::text(ask.pick("走到哪一步", "How far")),
            Column::money(ask.pick("金额", "Amount")),
        ],
    );
    let mut sum = 0_i64;
    for payment in &waiting {
        let purpose = match &payment.purpose {
            Some(_) => texts.next().map(|t| say::text(l, &t)).unwrap_or_default(),
            None => String::new(),
        };
        sum = sum.saturating_add(payment.amount);
        table = table.row(vec![
            Cell::text(or_id(&purpose, &payment.payment))
                .href(format!("/payments/{}", payment.payment)),
            Cell::date(payment.requested.micros()),
            Cell::tag(Tag { meaning: None, ..say::payment(l, payment) }),
            Cell::money(payment.amount),
        ]);
    }
    table = table.total(vec![
        Cell::text(ask.pick("合计", "Total")),
        Cell::not_applicable(),
        Cell::not_applicable(),
        Cell::money(sum),
    ]);
    Ok(table.render(l))
}

/// A text, or the id where there is none: a row is never nameless.
pub(crate) fn or_id(text: &str, id: &str) -> String {
    if text.trim().is_empty() { id.to_owned() } else { text.to_owned() }
}

/// What a question is about.
pub(crate) fn about(ask: &Ask<'_>, query: &Query) -> String {
    let kind = if query.kind == "objection" {
        ask.pick("异议", "Objection")
    } else {
        ask.pick("询问", "Question")
    };
    let number = query.voucher.as_deref().and_then(|v| v.rsplit_once('.'));
    match number {
        Some((rest, number)) => {
            let month = rest.rsplit_once('.').map_or("", |(_, month)| month);
            let month = words::month(ask.prefs.lang, month);
            match ask.prefs.lang {
                pages::Lang::Zh => format!("{kind}：{month}第{number}号凭证"),
                pages::Lang::En => format!("{kind}: voucher {number} of {month}"),
            }
        }
        None => format!("{kind}{}", ask.pick("：公开的事项", ": a posted item")),
    }
}

/// A table of questions and objections; their texts are asked for now.
pub(crate) async fn questions(ask: &Ask<'_>, asked: &[Query]) -> DataTable {
    let (l, now) = (ask.prefs.lang, ask.portal.now());
    let wanted: Vec<_> = asked.iter().flat_map(|q| q.text.iter().chain(q.answer.iter())).collect();
    let mut texts = owner::texts(ask.portal.owner(queries::OF.0), &wanted).await.into_iter();
    let mut table = DataTable::new(
        ask.pick("先列还没答复的", "Those that wait come first"),
        vec![
            Column::text(ask.pick("关于", "About")),
            Column::text(ask.pick("问了什么", "What was asked")),
            Column::date(ask.pick("问于", "Asked on")),
            Column::date(ask.pick("最迟答复", "Answer due")),
            Column::text(ask.pick("答复", "Answer")),
        ],
    );
    for query in asked {
        let mut next = |has: bool| match (has, l) {
            (true, _) => texts.next().map(|t| say::text(l, &t)).unwrap_or_default(),
            (false, pages::Lang::Zh) => "内容只给监督的人看".to_owned(),
            (false, pages::Lang::En) => "for supervisors only".to_owned(),
        };
        let words = next(query.text.is_some());
        let reply = next(query.answer.is_some());
        let mut about = Cell::text(about(ask, query));
        about.href = match (&query.voucher, &query.item) {
            (Some(voucher), _) => Some(format!("/vouchers/{voucher}")),
            (None, Some(item)) => month_of_item(ask, item).await,
            (None, None) => None,
        };
        let due = query.due.map(|due| table_date(due.plus_micros(-1).micros()));
        let answer = match query.answered {
            Some(_) if query.answer.is_some() => Cell::text(reply),
            _ => Cell::tag(say::query(l, query, now)),
        };
        table = table.row(vec![
            about,
            Cell::text(words),
            Cell::date(query.raised.micros()),
            due.map_or_else(Cell::not_applicable, Cell::text),
            answer,
        ]);
    }
    table.empty = Some(
        EmptyState::new(ask.pick("询问和异议", "Questions and objections"), EmptyWhy::None)
            .because(ask.pick("还没有人提过", "nobody has asked yet"))
            .act(
                ask.pick(
                    "对哪笔账有疑问，可以找村务监督委员会，每笔账的页面上都有它的编号。",
                    "If a line seems wrong, ask the supervision committee; each line's page has its number.",
                ),
                None,
            ),
    );
    table.id = "questions-table".into();
    table
}

/// The page of what was posted; `None` when it cannot be found now.
async fn month_of_item(ask: &Ask<'_>, item: &str) -> Option<String> {
    let item = items::get(&ask.portal.db, item).await.ok()??;
    Some(format!("/villages/{}/accounts/{}", item.unit, item.month?))
}

/// Who leads, in one sentence; empty where no leading post is held.
fn leaders(ask: &Ask<'_>, seats: &[SeatRow]) -> String {
    let l = ask.prefs.lang;
    let said = LEADING.iter().flat_map(|post| {
        let held = seats.iter().filter(move |s| s.post == *post && !s.suspended);
        held.map(move |s| match l {
            pages::Lang::Zh => format!("{} {}", words::post(post).zh, s.name),
            pages::Lang::En => format!("{} ({})", s.name, words::post(post).en),
        })
    });
    let said: Vec<String> = said.collect();
    said.join(l.pick("，", ", "))
}

/// A post that more people hold than this is one line with their names: representatives, group leaders.
const ONE_BY_ONE: usize = 6;

/// Who holds which post, those that lead first; posts that many hold as a line each.
pub(crate) fn seat_list(ask: &Ask<'_>, seats: &[SeatRow]) -> Markup {
    let l = ask.prefs.lang;
    let mut sorted: Vec<&SeatRow> = seats.iter().collect();
    sorted.sort_by_key(|seat| words::body_order(&seat.body));
    let holders = |post: &str| sorted.iter().filter(|s| s.post == post).count();
    let mut table = DataTable::new(
        ask.pick("任职的人", "Office holders"),
        vec![
            Column::text(ask.pick("姓名", "Name")),
            Column::text(ask.pick("职务", "Post")),
            Column::text(ask.pick("任期", "Term")),
        ],
    );
    let mut many: Vec<&str> = Vec::new();
    for seat in &sorted {
        if holders(&seat.post) > ONE_BY_ONE {
            if !many.contains(&seat.post.as_str()) {
                many.push(&seat.post);
            }
            continue;
        }
        table = table.row(vec![
            Cell::text(seat.name.clone()),
            Cell::text(words::pick(l, &words::post(&seat.post))),
            term(ask, seat),
        ]);
    }
    let rows = many.iter().map(|post| {
        let names: Vec<&str> =
            sorted.iter().filter(|s| s.post == **post).map(|s| s.name.as_str()).collect();
        let title = match l {
            pages::Lang::Zh => format!("{}（{} 人）", words::post(post).zh, names.len()),
            pages::Lang::En => format!("{} ({})", words::post(post).en, names.len()),
        };
        SummaryRow::text(title, names.join(l.pick("、", ", ")))
    });
    let rows: Vec<SummaryRow> = rows.collect();
    let mut out = if table.rows.is_empty() { Markup::default() } else { table.render(l) };
    if !rows.is_empty() {
        out.push(SummaryList::new("", rows).render(l));
    }
    out
}

/// The term of a seat, or why it is no ordinary one.
fn term(ask: &Ask<'_>, seat: &SeatRow) -> Cell {
    if seat.suspended {
        return Cell::tag(Tag::new(Tone::Wait, ask.pick("停职", "Suspended")));
    }
    if seat.is_over(ask.portal.now().date()) {
        let said = ask.pick("任期已满，还没有换届", "Term over, not followed yet");
        return Cell::tag(Tag::new(Tone::Wrong, said));
    }
    Cell::text(match (&seat.to, ask.prefs.lang) {
        (Some(to), pages::Lang::Zh) => format!("{} 至 {to}", seat.from),
        (Some(to), pages::Lang::En) => format!("{} to {to}", seat.from),
        (None, pages::Lang::Zh) => format!("{} 起", seat.from),
        (None, pages::Lang::En) => format!("since {}", seat.from),
    })
}

fn no_books(ask: &Ask<'_>) -> Markup {
    EmptyState::new(ask.pick("村集体的账", "The collective's books"), EmptyWhy::None)
        .because(ask.pick("账簿还没有启用", "the books have not been opened yet"))
        .render(ask.prefs.lang)
}

fn no_seats(ask: &Ask<'_>) -> Markup {
    EmptyState::new(ask.pick("任职的人", "Office holders"), EmptyWhy::None)
        .because(ask.pick("还没有登记任职", "no seat has been recorded yet"))
        .render(ask.prefs.lang)
}

async fn last_published(ask: &Ask<'_>, unit: &Unit) -> Result<Markup, StoreError> {
    let l = ask.prefs.lang;
    let latest = items::latest(&ask.portal.db, &unit.unit, 5).await?;
    let holders: Vec<&str> = latest.iter().filter_map(|i| i.actor.holder.as_deref()).collect();
    let names: BTreeMap<String, String> = seats::names(&ask.portal.db, &holders).await?;
    let mut table = DataTable::new(
        ask.pick("最近贴到公开栏的", "Posted last"),
        vec![
            Column::text(ask.pick("什么", "What")),
            Column::date(ask.pick("公开日", "Posted on")),
            Column::text(ask.pick("谁公开的", "By")),
        ],
    );
    for item in &latest {
        let what = match (&item.month, item.catalogue.as_str()) {
            (Some(month), "G5") => {
                format!("{}{}", words::month(l, month), ask.pick("的账", ": money"))
            }
            (Some(month), other) => format!("{other} {}", words::month(l, month)),
            (None, other) => other.to_owned(),
        };
        let mut cell = Cell::text(what);
        if item.catalogue == "G5" {
            cell.href =
                item.month.as_ref().map(|m| format!("/villages/{}/accounts/{m}", unit.unit));
        }
        table = table.row(vec![
            cell,
            Cell::date(item.at.micros()),
            Cell::text(say::actor(l, &item.actor, &names)),
        ]);
    }
    table.empty = Some(
        EmptyState::new(ask.pick("公开过的事项", "What was posted"), EmptyWhy::None)
            .because(ask.pick("还没有公开过", "nothing was posted yet")),
    );
    table.id = "posted".into();
    Ok(Markup::section("published", ask.pick("公开栏", "Notice board"), table.render(l)))
}

/// What a unit is: its code, its level, and the names it bore before.
pub(crate) async fn registered(ask: &Ask<'_>, unit: &Unit) -> Result<Markup, StoreError> {
    let l = ask.prefs.lang;
    let kind = match unit.kind.as_deref() {
        Some("community") => ask.pick("社区（居民委员会）", "Community (residents' committee)"),
        Some("statistical") => ask.pick("只用于统计的区域", "Statistical area"),
        Some("village") => ask.pick("村（村民委员会）", "Village (villagers' committee)"),
        _ => words::level(l, unit.level),
    };
    let mut rows = vec![
        SummaryRow::text(ask.pick("区划代码", "Code"), unit.code.clone()),
        SummaryRow::text(ask.pick("级别", "Level"), kind),
    ];
    for name in divisions::earlier_names(&ask.portal.db, &unit.unit).await? {
        let time = format!("{}{}{}", name.from, ask.pick(" 至 ", " to "), name.until);
        let text = match l {
            pages::Lang::Zh => format!("{}（{time}）", name.name),
            pages::Lang::En => format!("{} ({time})", name.name),
        };
        rows.push(SummaryRow::text(ask.pick("曾用名", "Earlier name"), text));
    }
    Ok(SummaryList::new(ask.pick("登记的情况", "As registered"), rows).render(l))
}
