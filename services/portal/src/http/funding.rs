//! `/villages/{unit}/funding`: money from above, from the fund over the payments to who was paid; what came back, what is left.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::Uri,
    response::Response,
};
use pages::{
    Cell, Column, Component, DataTable, EmptyState, EmptyWhy, Lang, Markup, Prefs, Tag, Tone,
};
use store::StoreError;

use super::frame::{self, Ask, Built, Tab, answer};
use crate::{
    Portal,
    shows::{
        divisions,
        grants::{self, Grant},
        payments::{self, Payment},
        position,
    },
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

/// A grant with the name of who gave it and what was paid from it.
struct Traced {
    grant: Grant,
    giver: String,
    paid: Vec<Payment>,
}

impl Traced {
    /// Paid from it, fen.
    fn spent(&self) -> i64 {
        self.paid.iter().filter(|p| p.executed.is_some()).map(|p| p.amount).sum()
    }
}

async fn traced(ask: &Ask<'_>, grant: Grant) -> Result<Traced, StoreError> {
    let db = &ask.portal.db;
    let giver = divisions::get(db, &grant.giver).await?;
    let giver = giver.map_or_else(|| grant.giver.clone(), |unit| unit.name);
    let mut paid = Vec::new();
    for id in grants::payments(db, &grant.allocation).await? {
        paid.extend(payments::get(db, &id).await?);
    }
    paid.sort_by_key(|payment| payment.requested);
    Ok(Traced { grant, giver, paid })
}

async fn build(ask: &Ask<'_>, id: &str) -> Built {
    let unit = frame::village(ask, id, "/funding").await?;
    let (db, l) = (&ask.portal.db, ask.prefs.lang);
    let title = ask.pick("上级给的专项资金", "Money from above");
    let mut shell = ask.shell_of(&unit, title, Tab::Money).await?;
    shell.lead = Some(
        ask.pick(
            "每笔钱：谁给的，村里收到多少，付给了谁，退回多少，还剩多少。",
            "Each sum: who gave it, how much came, who was paid from it, what went back, what is left.",
        )
        .into(),
    );
    let as_of = position::all(db, grants::OF).await?.into_iter().next();
    shell.facts = Some(ask.facts(as_of));
    let mut found = Vec::new();
    for grant in grants::of_unit(db, &unit.unit).await? {
        found.push(traced(ask, grant).await?);
    }
    let spending = spending(ask, &found).render(l);
    let title = ask.pick("付给了谁", "Who was paid");
    Ok(shell.page(&Markup::join([
        sums(ask, &found).render(l),
        Markup::section("paid", title, spending),
    ])))
}

fn sums(ask: &Ask<'_>, found: &[Traced]) -> DataTable {
    let mut table = DataTable::new(
        ask.pick("收到 − 用了 − 退回 = 还剩", "Taken − spent − sent back = left"),
        vec![
            Column::text(ask.pick("文号", "Document")),
            Column::text(ask.pick("谁给的", "From")),
            Column::money(ask.pick("下达", "Offered")),
            Column::money(ask.pick("收到", "Taken")),
            Column::money(ask.pick("用了", "Spent")),
            Column::money(ask.pick("退回", "Sent back")),
            Column::money(ask.pick("还剩", "Left")),
            Column::text(ask.pick("情况", "How it stands")),
        ],
    );
    for traced in found {
        let grant = &traced.grant;
        let money = |fen: Option<i64>| fen.map_or_else(Cell::not_applicable, Cell::money);
        let left = grant.accepted.map(|taken| taken - traced.spent() - grant.returned);
        let href = format!("/matters/funds/allocation/{}", grant.allocation);
        table = table.row(vec![
            Cell::text(grant.reference.clone()).href(href),
            Cell::text(traced.giver.clone()),
            Cell::money(grant.offered),
            money(grant.accepted),
            Cell::money(traced.spent()),
            Cell::money(grant.returned),
            money(left),
            Cell::tag(standing(ask, grant, left)),
        ]);
    }
    table.empty =
        Some(EmptyState::new(ask.pick("专项资金", "Grants"), EmptyWhy::None).because(
            ask.pick("还没有下达给这个村的资金", "nothing was offered to this village yet"),
        ));
    table.id = "grants".into();
    table
}

fn standing(ask: &Ask<'_>, grant: &Grant, left: Option<i64>) -> Tag {
    let short = grant.accepted.map_or(0, |taken| grant.offered - taken);
    match (grant.accepted, grant.closed, left) {
        (None, ..) => Tag::new(Tone::Wait, ask.pick("村里还没有答复", "Not answered yet")),
        (Some(0), ..) => Tag::new(Tone::Neutral, ask.pick("村里没有接收", "Refused")),
        (_, true, Some(0)) => {
            Tag::new(Tone::Ok, ask.pick("已结清，两边对得上", "Closed, both sides agree"))
        }
        (_, true, _) => {
            Tag::new(Tone::Wrong, ask.pick("已结清，两边有差额", "Closed, the sides differ"))
        }
        _ if short > 0 => Tag::new(
            Tone::Info,
            match ask.prefs.lang {
                Lang::Zh => format!("少收 {} 元", pages::yuan(short)),
                Lang::En => format!("{} yuan fewer came", pages::yuan(short)),
            },
        ),
        _ => Tag::new(Tone::Info, ask.pick("正在使用", "Being spent")),
    }
}

fn spending(ask: &Ask<'_>, found: &[Traced]) -> DataTable {
    let mut table = DataTable::new(
        ask.pick("每笔付款一行", "A line for each payment"),
        vec![
            Column::text(ask.pick("文号", "Document")),
            Column::text(ask.pick("付给谁", "Paid to")),
            Column::money(ask.pick("金额", "Amount")),
            Column::text(ask.pick("情况", "How it stands")),
        ],
    );
    for traced in found {
        for payment in &traced.paid {
            let private =
                || ask.pick("个人（姓名不公开）", "A person (name not public)").to_owned();
            let stage = match (payment.executed, &payment.returned) {
                (Some(_), _) => Tag::new(Tone::Ok, ask.pick("已支付", "Paid")),
                (None, Some(_)) => Tag::new(Tone::Neutral, ask.pick("已退回", "Handed back")),
                (None, None) => Tag::new(Tone::Info, ask.pick("在办", "Under way")),
            };
            table = table.row(vec![
                Cell::text(traced.grant.reference.clone()),
                Cell::text(payment.payee.clone().unwrap_or_else(private))
                    .href(format!("/payments/{}", payment.payment)),
                Cell::money(payment.amount),
                Cell::tag(stage),
            ]);
        }
    }
    table.empty = Some(
        EmptyState::new(ask.pick("付款", "Payments"), EmptyWhy::None)
            .because(ask.pick("还没有用过", "nothing was spent yet")),
    );
    table.id = "grant-payments".into();
    table
}
