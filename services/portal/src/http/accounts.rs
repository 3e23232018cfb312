//! `/villages/{unit}/accounts`: the months of a village's book, each as opening + income − expense = closing.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::Uri,
    response::Response,
};
use pages::{Cell, Column, Component, DataTable, EmptyState, EmptyWhy, Markup, Prefs, Tag, Tone};

use super::{
    frame::{self, Ask, Built, Tab, answer},
    say,
};
use crate::{
    Portal,
    shows::{month, position, vouchers},
    words,
};

/// Months listed.
const MONTHS: usize = 24;

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
    let unit = frame::village(ask, id, "/accounts").await?;
    let (db, l, today) = (&ask.portal.db, ask.prefs.lang, ask.portal.now().date());
    let mut shell =
        ask.shell_of(&unit, ask.pick("村里的账", "The village's money"), Tab::Money).await?;
    shell.lead = Some(
        ask.pick(
            "每个月：月初有多少，进了多少，出了多少，月底剩多少。点月份看每一笔。",
            "Each month: what there was, what came in, what went out, what is left. Open a month for every line.",
        )
        .into(),
    );
    let this_month = say::month_of(today);
    let mut table = DataTable::new(
        ask.pick("月初 + 收入 − 支出 = 月末", "Opening + income − expense = closing"),
        vec![
            Column::text(ask.pick("月份", "Month")),
            Column::money(ask.pick("月初", "Opening")),
            Column::money(ask.pick("收入", "Income")),
            Column::money(ask.pick("支出", "Expense")),
            Column::money(ask.pick("月末", "Closing")),
            Column::text(ask.pick("公开了吗", "Published?")),
        ],
    );
    let mut as_of = None;
    for book in vouchers::months(db, &unit.unit).await?.into_iter().take(MONTHS) {
        let money = month::load(db, &unit.unit, &book.month).await?;
        if let (None, Some(last)) = (&as_of, money.vouchers.last()) {
            as_of = position::of(db, vouchers::OF, &last.position.log).await?;
        }
        let posted = match say::Posted::load(ask.portal, &unit.unit, &book.month).await? {
            say::Posted::Yes(_) => Cell::tag(Tag::new(Tone::Ok, ask.pick("已公开", "Published"))),
            say::Posted::NotDue(_) => Cell::not_due(),
            say::Posted::Late(days) => Cell::not_reported(u32::try_from(days).unwrap_or(0)),
        };
        let mut name = words::month(l, &book.month);
        if book.month == this_month {
            name.push_str(ask.pick("（还没过完）", " (not over)"));
        }
        table = table.row(vec![
            Cell::text(name).href(format!("/villages/{}/accounts/{}", unit.unit, book.month)),
            Cell::money(money.opening),
            Cell::money(money.income),
            Cell::money(money.expense),
            Cell::money(money.closing),
            posted,
        ]);
    }
    table.empty = Some(
        EmptyState::new(ask.pick("各个月的账", "The months"), EmptyWhy::None)
            .because(ask.pick("账簿还没有启用", "the books have not been opened yet")),
    );
    shell.facts = Some(ask.facts(as_of));
    let mut page = table.render(l);
    for (at, text) in [
        ("funding", ask.pick("上级给的专项资金", "Money from above")),
        ("contracts", ask.pick("出租合同和租金", "Contracts and rent")),
        ("assets", ask.pick("集体资产台账", "Register of assets")),
    ] {
        page.push(Markup::action(&format!("/villages/{}/{at}", unit.unit), text));
    }
    Ok(shell.page(&page))
}
