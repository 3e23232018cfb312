//! `/villages/{unit}/accounts/{month}`: a month's money: the equation, the picture, every voucher, questions about it.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{Path, State},
    http::Uri,
    response::Response,
};
use pages::{
    Bar, Bars, Cell, Column, Component, DataTable, EmptyState, EmptyWhy, EquationStrip, Lang, Link,
    Markup, Pager, Prefs, SummaryList, SummaryRow, Tag, Tone, yuan, yuan_with_unit,
};
use serde::Deserialize;

use super::{
    frame::{self, Ask, Built, Failure, Tab, answer},
    say, village,
};
use crate::{
    Portal, owner,
    shows::{
        items::Item,
        month::{self, Month, Voucher},
        payments::{self, Payment},
        position, queries, seats, vouchers,
    },
    words,
};

/// Rows on a page.
const ROWS: usize = 50;

#[derive(Deserialize, Default)]
pub(crate) struct At {
    #[serde(default)]
    page: u32,
}

pub(crate) async fn page(
    State(portal): State<Arc<Portal>>,
    prefs: Prefs,
    uri: Uri,
    Path((id, month)): Path<(String, String)>,
) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    let at = frame::asked::<At>(&uri).page.clamp(1, 10_000);
    answer(&ask, build(&ask, &id, &month, at).await)
}

async fn build(ask: &Ask<'_>, id: &str, month: &str, at: u32) -> Built {
    let unit = frame::village(ask, id, &format!("/accounts/{month}")).await?;
    if !vouchers::is_month(month) {
        return Err(Failure::Missing);
    }
    let (db, l, now) = (&ask.portal.db, ask.prefs.lang, ask.portal.now());
    let title = format!("{}{}", words::month(l, month), ask.pick("的账", ": money"));
    let mut shell = ask.shell_of(&unit, title, Tab::Money).await?;
    let all = format!("/villages/{}/accounts", unit.unit);
    shell.breadcrumb.push(Link::new(ask.pick("村里的账", "Money"), all.clone()));
    let known = vouchers::months(db, &unit.unit).await?.into_iter().find(|b| b.month == month);
    let Some(book) = known else {
        let empty = EmptyState::new(
            format!("{}{}", words::month(l, month), ask.pick("的账", ": money")),
            EmptyWhy::None,
        )
        .because(ask.pick("这个月的账没有启用", "this month was not opened in the books"))
        .act(
            ask.pick("看别的月份：", "Other months:"),
            Some(Link::new(ask.pick("村里的账", "Money"), all)),
        );
        return Ok(shell.page(&empty.render(l)));
    };
    let money = month::load(db, &unit.unit, month).await?;
    let posted = say::Posted::load(ask.portal, &unit.unit, month).await?;
    shell.state = Some(say::posted(l, &posted, now));
    shell.lead = Some(sentence(ask, &money));
    let as_of = match money.vouchers.last() {
        Some(last) => position::of(db, vouchers::OF, &last.position.log).await?,
        None => position::all(db, vouchers::OF).await?.into_iter().next(),
    };
    let mut facts = ask.facts(as_of);
    if let say::Posted::Yes(item) = &posted {
        let holders: Vec<&str> = item.actor.holder.as_deref().into_iter().collect();
        let names = seats::names(db, &holders).await?;
        facts.published_by = Some(say::actor(l, &item.actor, &names));
    }
    let correction = money.vouchers.iter().rev().find(|v| v.reverses.is_some());
    facts.last_correction =
        correction.map(|v| Link::new(voucher_name(ask, v), format!("/vouchers/{}", v.voucher)));
    facts.never_corrected = correction.is_none();
    shell.facts = Some(facts);

    let at_month = format!("/villages/{}/accounts/{month}", unit.unit);
    let mut parts = vec![
        EquationStrip {
            links: Some((format!("{at_month}#vouchers"), format!("{at_month}#by-use"))),
            ..equation(ask, &money)
        }
        .render(l),
        where_it_is(ask, &money, book.closed.map(|at| pages::table_date(at.micros()))),
    ];
    if let say::Posted::Yes(item) = &posted {
        parts.push(as_posted(ask, &money, item));
        parts.push(Markup::action(
            &format!("{at_month}/print"),
            ask.pick("打印公开栏的那张单", "The sheet for the notice board"),
        ));
    }
    parts.push(by_use(ask, &money));
    parts.push(super::report::links(ask, &unit.unit, month).await?);
    parts.push(vouchers_table(ask, &money, &at_month, at).await?);
    let asked = queries::of_month(db, &unit.unit, month).await?;
    parts.push(Markup::section(
        "questions",
        ask.pick("对这个月的询问和异议", "Questions about this month"),
        village::questions(ask, &asked).await.render(l),
    ));
    Ok(shell.page(&Markup::join(parts)))
}

/// One plain sentence that says the month.
fn sentence(ask: &Ask<'_>, m: &Month) -> String {
    let l = ask.prefs.lang;
    let say = |fen| yuan_with_unit(l, fen);
    match l {
        Lang::Zh => format!(
            "月初有 {}，这个月进了 {}，出了 {}，现在还有 {}。",
            say(m.opening),
            say(m.income),
            say(m.expense),
            say(m.closing)
        ),
        Lang::En => format!(
            "It began with {}; {} came in, {} went out, {} is left.",
            say(m.opening),
            say(m.income),
            say(m.expense),
            say(m.closing)
        ),
    }
}

/// The equation of a month.
pub(crate) fn equation(ask: &Ask<'_>, m: &Month) -> EquationStrip {
    EquationStrip {
        period: words::month(ask.prefs.lang, &m.month),
        opening: m.opening,
        income: m.income,
        spending: m.expense,
        closing: m.closing,
        ..EquationStrip::default()
    }
}

/// Where the money is: bank and cash, by the books.
fn where_it_is(ask: &Ask<'_>, m: &Month, closed: Option<String>) -> Markup {
    let l = ask.prefs.lang;
    let row = |code: &str, fen: i64| {
        let account = words::account(code);
        let said = format!("{}\n{}", yuan_with_unit(l, fen), words::pick(l, &account.meaning));
        SummaryRow::text(words::pick(l, &account.name), said)
    };
    let closed = match closed {
        Some(day) => format!("{}{day}", ask.pick("已结账，", "closed on ")),
        None => {
            ask.pick("还没有结账，数字还会变", "not closed: figures may still change").to_owned()
        }
    };
    SummaryList::new(
        ask.pick("月末的钱在哪里", "Where the money is"),
        vec![
            row(month::BANK, m.bank),
            row(month::CASH, m.cash),
            SummaryRow::text(ask.pick("账簿", "Books"), closed),
        ],
    )
    .render(l)
}

/// What was posted on the board and what the vouchers sum to: equal to the fen, or said in red.
fn as_posted(ask: &Ask<'_>, m: &Month, item: &Item) -> Markup {
    let l = ask.prefs.lang;
    let Some(posted) = item.figures else { return Markup::default() };
    let computed = [m.opening, m.income, m.expense, m.closing];
    if posted == computed {
        return Markup::paragraph(ask.pick(
            "✓ 公开栏上的数字和下面每张凭证加起来的一样，一分不差。",
            "✓ The figures on the notice board equal the sum of the vouchers below, to the fen.",
        ));
    }
    let mut table = DataTable::new(
        ask.pick("公开栏上的数字和凭证加起来的不一样", "The board and the vouchers differ"),
        vec![
            Column::text(ask.pick("项目", "Figure")),
            Column::money(ask.pick("公开栏", "On the board")),
            Column::money(ask.pick("凭证合计", "By the vouchers")),
        ],
    );
    let heads = [("月初", "Opening"), ("收入", "Income"), ("支出", "Expense"), ("月末", "Closing")];
    for ((zh, en), (on_board, by_vouchers)) in
        heads.into_iter().zip(posted.into_iter().zip(computed))
    {
        table = table.row(vec![
            Cell::text(l.pick(zh, en)),
            Cell::money(on_board),
            Cell::money(by_vouchers),
        ]);
    }
    table.id = "differs".into();
    let tag = Tag::new(Tone::Wrong, ask.pick("对不上", "Differs"))
        .meaning(ask.pick("请村务监督委员会核对", "the supervision committee should look into it"));
    Markup::join([tag.render(l), table.render(l)])
}

/// Spending and income by account, as bars with a table, and the plain meaning of each account.
fn by_use(ask: &Ask<'_>, m: &Month) -> Markup {
    let l = ask.prefs.lang;
    let bars = |income: bool| -> Vec<Bar> {
        m.accounts
            .iter()
            .map(|flow| (flow, if income { flow.income } else { flow.expense }))
            .filter(|(_, fen)| *fen > 0)
            .map(|(flow, fen)| {
                let account = words::account(&flow.account);
                Bar::new(words::pick(l, &account.name), fen).href("#vouchers")
            })
            .collect()
    };
    let mut parts = Vec::new();
    for (income, id, zh, en) in [
        (false, "spending", "支出花在哪里", "Where spending went"),
        (true, "income", "收入从哪里来", "Where income came from"),
    ] {
        let bars = bars(income);
        let whole = if income { m.income } else { m.expense };
        let drawn = bars.iter().map(|bar| bar.fen).fold(0, i64::saturating_add);
        let taken_back = taken_back(l, drawn, whole);
        if bars.is_empty() {
            parts.extend(taken_back.map(|said| {
                Markup::join([Markup::subheading(l.pick(zh, en)), Markup::paragraph(&said)])
            }));
            continue;
        }
        let largest = bars.iter().max_by_key(|bar| bar.fen);
        let sentence = largest.map_or_else(String::new, |bar| match l {
            Lang::Zh => format!("最多的一项是{}，{} 元。", bar.label, yuan(bar.fen)),
            Lang::En => format!("The largest is {}: {} yuan.", bar.label, yuan(bar.fen)),
        });
        let bars = Bars { title: l.pick(zh, en).into(), sentence, bars, id: id.into() }.render(l);
        let said = taken_back.map(|said| Markup::paragraph(&said));
        parts.push(Markup::join([bars, said.unwrap_or_default()]));
    }
    if parts.is_empty() {
        return Markup::default();
    }
    let rows = m
        .accounts
        .iter()
        .map(|flow| {
            let account = words::account(&flow.account);
            SummaryRow::text(words::pick(l, &account.name), words::pick(l, &account.meaning))
        })
        .collect();
    let title = ask.pick("钱从哪里来，花到哪里去", "Income and spending by use");
    let meanings = ask.pick("这些科目是什么意思", "What these accounts mean");
    Markup::join([
        Markup::section("by-use", title, Markup::side_by_side(&parts)),
        Markup::section("meanings", meanings, SummaryList::new("", rows).render(l)),
    ])
}

/// What bars cannot show: amounts taken back in this month that were booked in an earlier one, so that an account is below
/// zero. With it the drawn amounts give the month's figure to the fen.
fn taken_back(l: Lang, drawn: i64, whole: i64) -> Option<String> {
    let back = drawn.saturating_sub(whole);
    (back != 0).then(|| match l {
        Lang::Zh => format!(
            "图里合计 {}，再减去这个月冲回以前月份的 {}，就是全月的 {} 元。",
            yuan(drawn),
            yuan(back),
            yuan(whole)
        ),
        Lang::En => format!(
            "Drawn are {}; less {} taken back from earlier months, that is the month's {} yuan.",
            yuan(drawn),
            yuan(back),
            yuan(whole)
        ),
    })
}

/// 第12号
pub(crate) fn voucher_name(ask: &Ask<'_>, voucher: &Voucher) -> String {
    match ask.prefs.lang {
        Lang::Zh => format!("第{}号", voucher.number),
        Lang::En => format!("No. {}", voucher.number),
    }
}

/// The accounts of a voucher in words.
pub(crate) fn accounts_of(l: Lang, voucher: &Voucher) -> String {
    let mut names: Vec<String> = voucher
        .others()
        .iter()
        .map(|line| words::pick(l, &words::account(&line.account).name).to_owned())
        .collect();
    names.dedup();
    names.join(l.pick("、", ", "))
}

/// The columns of the vouchers' table on the page and on the sheet.
fn voucher_columns(ask: &Ask<'_>) -> Vec<Column> {
    vec![
        Column::text(ask.pick("凭证", "Voucher")),
        Column::date(ask.pick("日期", "Date")),
        Column::text(ask.pick("用途", "What for")),
        Column::text(ask.pick("对方", "Payee")),
        Column::text(ask.pick("科目", "Account")),
        Column::money(ask.pick("收入", "Income")),
        Column::money(ask.pick("支出", "Expense")),
    ]
}

/// The rows of some vouchers; their texts are asked for now.
async fn voucher_rows(
    ask: &Ask<'_>,
    vouchers: &[Voucher],
    paid: &BTreeMap<String, Payment>,
    linked: bool,
) -> Vec<Vec<Cell>> {
    let l = ask.prefs.lang;
    let wanted: Vec<_> = vouchers.iter().filter_map(|v| v.summary.as_ref()).collect();
    let mut texts = owner::texts(ask.portal.owner(vouchers::OF.0), &wanted).await.into_iter();
    let mut rows = Vec::new();
    for voucher in vouchers {
        let mut summary = match &voucher.summary {
            Some(_) => texts.next().map(|t| say::text(l, &t)).unwrap_or_default(),
            None => String::new(),
        };
        if voucher.reversed_by.is_some() {
            summary.push_str(ask.pick("（已冲销）", " (taken back)"));
        }
        let payee = match paid.get(&voucher.voucher) {
            Some(payment) => Cell::text(super::decision::payee(ask, payment.payee.as_deref())),
            None => Cell::not_applicable(),
        };
        // An entry between accounts moves no money: neither income nor expense, which is not the same as 0.00.
        let amount = |fen: i64, other: i64| {
            if fen == 0 && other != 0 || !voucher.moves_money() {
                Cell::not_applicable()
            } else {
                Cell::money(fen)
            }
        };
        let mut name = Cell::text(voucher_name(ask, voucher));
        if linked {
            name = name.href(format!("/vouchers/{}", voucher.voucher));
        }
        rows.push(vec![
            name,
            Cell::text(voucher.day.clone()),
            Cell::text(summary),
            payee,
            Cell::text(accounts_of(l, voucher)),
            amount(voucher.income, voucher.expense),
            amount(voucher.expense, voucher.income),
        ]);
    }
    rows
}

/// The table of all vouchers, for the sheet.
pub(crate) async fn whole_table(ask: &Ask<'_>, m: &Month) -> Result<DataTable, Failure> {
    let paid = payments::of_month(&ask.portal.db, &m.unit, &m.month).await?;
    let mut table = DataTable::new(ask.pick("每一笔", "Every line"), voucher_columns(ask));
    table.rows = voucher_rows(ask, &m.vouchers, &paid, false).await;
    Ok(table.total(total(ask, m)))
}

fn total(ask: &Ask<'_>, m: &Month) -> Vec<Cell> {
    let mut cells = vec![Cell::text(ask.pick("全月合计", "Whole month"))];
    cells.extend(std::iter::repeat_with(Cell::not_applicable).take(4));
    cells.push(Cell::money(m.income));
    cells.push(Cell::money(m.expense));
    cells
}

async fn vouchers_table(
    ask: &Ask<'_>,
    m: &Month,
    at_month: &str,
    at: u32,
) -> Result<Markup, Failure> {
    let l = ask.prefs.lang;
    let paid = payments::of_month(&ask.portal.db, &m.unit, &m.month).await?;
    let pages = m.vouchers.len().div_ceil(ROWS).max(1);
    let at = usize::try_from(at).unwrap_or(1).min(pages);
    let from = (at - 1) * ROWS;
    let shown = m.vouchers.get(from..).unwrap_or_default();
    let shown = shown.get(..ROWS.min(shown.len())).unwrap_or_default();
    let mut table = DataTable::new(
        ask.pick("每一笔，点凭证号看细节", "Every line; open a voucher for its details"),
        voucher_columns(ask),
    );
    table.rows = voucher_rows(ask, shown, &paid, true).await;
    table = table.total(total(ask, m));
    table.id = "voucher-table".into();
    table.download = Some(Link::new(
        ask.pick("下载这个月的数据（JSON）", "This month as data (JSON)"),
        format!("/api/portal/villages/{}/accounts/{}", m.unit, m.month),
    ));
    table.empty = Some(
        EmptyState::new(ask.pick("这个月的凭证", "Vouchers of this month"), EmptyWhy::None)
            .because(ask.pick("这个月还没有记账", "nothing was posted in this month yet")),
    );
    if pages > 1 {
        let link = |n: usize| format!("{at_month}?page={n}#vouchers");
        table.pager = Some(Pager {
            at: u32::try_from(at).unwrap_or(1),
            of: u32::try_from(pages).unwrap_or(1),
            previous: (at > 1).then(|| link(at - 1)),
            next: (at < pages).then(|| link(at + 1)),
        });
    }
    Ok(Markup::section("vouchers", ask.pick("每一笔账", "Every line"), table.render(l)))
}
