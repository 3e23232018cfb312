//! `/villages/{unit}/contracts`: what the village lets to whom, what rent fell due, what is paid, who is late.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::Uri,
    response::Response,
};
use kernel::Date;
use pages::{
    Cell, Column, Component, DataTable, EmptyState, EmptyWhy, Lang, Markup, Prefs, Tag, Tone,
};

use super::frame::{self, Ask, Built, Tab, answer};
use crate::{
    Portal,
    shows::{
        contracts::{self, Contract},
        position,
    },
};

/// Days late from which somebody has to act (W09).
const LATE: i64 = 30;

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
    let unit = frame::village(ask, id, "/contracts").await?;
    let (db, l, today) = (&ask.portal.db, ask.prefs.lang, ask.portal.now().date());
    let title = ask.pick("出租合同和租金", "Contracts and rent");
    let mut shell = ask.shell_of(&unit, title, Tab::Money).await?;
    let found = contracts::of_unit(db, &unit.unit).await?;
    let owed: i64 = found.iter().map(Contract::owed).sum();
    shell.lead = Some(match (l, owed) {
        (Lang::Zh, 0) => "到期的租金都收齐了。".to_owned(),
        (Lang::En, 0) => "All rent that has fallen due is paid.".to_owned(),
        (Lang::Zh, owed) => format!("到期还没收到的租金一共 {} 元。", pages::yuan(owed)),
        (Lang::En, owed) => {
            format!("{} yuan of rent have fallen due and are not paid.", pages::yuan(owed))
        }
    });
    let as_of = position::all(db, contracts::OF).await?.into_iter().next();
    shell.facts = Some(ask.facts(as_of));
    let calendar = calendar(ask, &found, today).render(l);
    Ok(shell.page(&Markup::join([
        list(ask, &found, today).render(l),
        Markup::section("rent", ask.pick("租金一期一期", "Rent, one by one"), calendar),
    ])))
}

fn tenant(ask: &Ask<'_>, contract: &Contract) -> String {
    let person = || ask.pick("个人（姓名不公开）", "A person (name not public)").to_owned();
    contract.tenant.clone().unwrap_or_else(person)
}

fn href(contract: &Contract) -> String {
    format!("/matters/funds/lease/{}", contract.contract)
}

fn list(ask: &Ask<'_>, found: &[Contract], today: Date) -> DataTable {
    let mut table = DataTable::new(
        ask.pick("每份合同一行", "A line for each contract"),
        vec![
            Column::text(ask.pick("合同", "Contract")),
            Column::text(ask.pick("承租人", "Tenant")),
            Column::text(ask.pick("租期", "Term")),
            Column::money(ask.pick("每期租金", "Rent of a period")),
            Column::money(ask.pick("到期", "Fallen due")),
            Column::money(ask.pick("收到", "Paid")),
            Column::money(ask.pick("还欠", "Owed")),
            Column::text(ask.pick("情况", "How it stands")),
        ],
    );
    for contract in found {
        table = table.row(vec![
            Cell::text(contract.contract_no.clone()).href(href(contract)),
            Cell::text(tenant(ask, contract)),
            Cell::text(match ask.prefs.lang {
                Lang::Zh => format!("{} 至 {}", contract.from, contract.until),
                Lang::En => format!("{} to {}", contract.from, contract.until),
            }),
            Cell::money(contract.rent),
            Cell::money(contract.due()),
            Cell::money(contract.paid()),
            Cell::money(contract.owed()),
            Cell::tag(standing(ask, contract, today)),
        ]);
    }
    table.empty = Some(
        EmptyState::new(ask.pick("出租合同", "Contracts"), EmptyWhy::None)
            .because(ask.pick("还没有出租过集体资产", "nothing has been let yet")),
    );
    table.id = "contracts".into();
    table
}

fn standing(ask: &Ask<'_>, contract: &Contract, today: Date) -> Tag {
    let l = ask.prefs.lang;
    let late = contract.days_late(today);
    if contract.owed() > 0 && late > 0 {
        let tone = if late >= LATE { Tone::Wrong } else { Tone::Wait };
        return Tag::new(
            tone,
            match l {
                Lang::Zh => format!("欠租 {late} 天"),
                Lang::En => format!("Unpaid for {late} days"),
            },
        );
    }
    let is_over = contract.until.parse().is_ok_and(|until: Date| until < today);
    match contract.ended.as_deref() {
        Some(_) => Tag::new(Tone::Neutral, ask.pick("已终止", "Ended")),
        None if is_over => {
            Tag::new(Tone::Wait, ask.pick("已到期，还没交还", "Expired, not handed back"))
        }
        None => Tag::new(Tone::Ok, ask.pick("按期交租", "Paid as it falls due")),
    }
}

/// What fell due, the latest first, and before it what falls due next.
fn calendar(ask: &Ask<'_>, found: &[Contract], today: Date) -> DataTable {
    let l = ask.prefs.lang;
    let mut rows: Vec<(String, Vec<Cell>)> = Vec::new();
    for contract in found {
        let number = |n: i64| match l {
            Lang::Zh => format!("第 {n} 期"),
            Lang::En => format!("No. {n}"),
        };
        let row = |on: &str, n: i64, amount: i64, paid: Cell, how: Cell| {
            let cells = vec![
                Cell::text(on.to_owned()),
                Cell::text(contract.contract_no.clone()).href(href(contract)),
                Cell::text(number(n)),
                Cell::money(amount),
                paid,
                how,
            ];
            (on.to_owned(), cells)
        };
        for due in &contract.dues {
            let how = match (due.left(), due.days_late(today)) {
                (0, _) => Tag::new(Tone::Ok, ask.pick("收齐", "Paid")),
                (_, 0) => Tag::new(Tone::Info, ask.pick("今天到期", "Due today")),
                (_, late) => Tag::new(
                    if late >= LATE { Tone::Wrong } else { Tone::Wait },
                    match l {
                        Lang::Zh => format!("晚了 {late} 天"),
                        Lang::En => format!("{late} days late"),
                    },
                ),
            };
            let mut cell = Cell::money(due.paid);
            cell.href = due.voucher.as_ref().map(|voucher| format!("/vouchers/{voucher}"));
            rows.push(row(&due.due_on, due.number, due.amount, cell, Cell::tag(how)));
        }
        if let Some(next) = contract.next_due() {
            let n = contract.dues.last().map_or(0, |due| due.number) + 1;
            let on = next.to_string();
            rows.push(row(&on, n, contract.rent, Cell::not_applicable(), Cell::not_due()));
        }
    }
    rows.sort_by(|a, b| b.0.cmp(&a.0));
    let mut table = DataTable::new(
        ask.pick("最近的在前", "The latest first"),
        vec![
            Column::text(ask.pick("到期日", "Due on")),
            Column::text(ask.pick("合同", "Contract")),
            Column::text(ask.pick("期数", "Which")),
            Column::money(ask.pick("应收", "Due")),
            Column::money(ask.pick("收到", "Paid")),
            Column::text(ask.pick("情况", "How it stands")),
        ],
    );
    for (_, cells) in rows {
        table = table.row(cells);
    }
    table.empty = Some(
        EmptyState::new(ask.pick("租金", "Rent"), EmptyWhy::None)
            .because(ask.pick("还没有到期的租金", "no rent has fallen due yet")),
    );
    table.id = "rent-table".into();
    table
}
