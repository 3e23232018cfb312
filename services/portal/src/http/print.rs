//! `/villages/{unit}/accounts/{month}/print`: the sheet for the notice board, of what was posted and nothing else.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::Uri,
    response::Response,
};
use pages::{
    Component, EmptyState, EmptyWhy, Lang, Link, Markup, MoneyFigure, NoticeSheet, Paper, Prefs,
};
use serde::Deserialize;

use super::{
    frame::{self, Ask, Built, Failure, Tab, answer},
    month as month_page, proof_box, say,
};
use crate::{
    Portal,
    shows::{divisions, items, month, seats, vouchers},
    words,
};

#[derive(Deserialize, Default)]
pub(crate) struct On {
    #[serde(default)]
    paper: String,
}

pub(crate) async fn page(
    State(portal): State<Arc<Portal>>,
    prefs: Prefs,
    uri: Uri,
    Path((id, month)): Path<(String, String)>,
) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    let paper = if frame::asked::<On>(&uri).paper == "a3" { Paper::A3 } else { Paper::A4 };
    answer(&ask, build(&ask, &id, &month, paper).await)
}

async fn build(ask: &Ask<'_>, id: &str, month: &str, paper: Paper) -> Built {
    let unit = frame::village(ask, id, &format!("/accounts/{month}/print")).await?;
    if !vouchers::is_month(month) {
        return Err(Failure::Missing);
    }
    let (db, l) = (&ask.portal.db, ask.prefs.lang);
    let item = items::of_month(db, &unit.unit, "G5", month).await?.into_iter().next();
    let title =
        format!("{}{}", words::month(l, month), ask.pick("财务收支公开", ": income and spending"));
    let Some(item) = item else {
        let shell = ask.shell_of(&unit, title, Tab::Money).await?;
        let empty = EmptyState::new(
            ask.pick("公开栏的那张单", "The sheet for the board"),
            EmptyWhy::NotDue,
        )
        .because(ask.pick(
            "这个月的账还没有公开；公开以后才能打印，单子上的编号才查得到",
            "this month is not published yet; the sheet's number exists once it is",
        ))
        .act(
            ask.pick("先看账上已有的：", "What is in the books:"),
            Some(Link::new(
                words::month(l, month),
                format!("/villages/{}/accounts/{month}", unit.unit),
            )),
        );
        return Ok(shell.page(&empty.render(l)));
    };
    let money = month::load(db, &unit.unit, month).await?;
    let above = divisions::path(db, &unit.unit).await?;
    let township = above.last().map(|u| u.name.clone()).unwrap_or_default();
    let holders: Vec<&str> = item.actor.holder.as_deref().into_iter().collect();
    let names = seats::names(db, &holders).await?;
    let capitals = MoneyFigure {
        capitals: true,
        ..MoneyFigure::new(ask.pick("月末余额", "Closing balance"), money.closing)
    };
    let last = month::last_day(month);
    let period = match l {
        Lang::Zh => format!("{}-01 至 {last}", month),
        Lang::En => format!("{month}-01 to {last}"),
    };
    let body = Markup::join([
        month_page::equation(ask, &money).render(l),
        month_page::whole_table(ask, &money).await?.render(l),
        capitals.render(l),
    ]);
    let until = item.until.as_deref().map(|day| words::day(l, day)).unwrap_or_default();
    let sheet = NoticeSheet {
        title,
        village: match l {
            Lang::Zh => format!("{township}{}", unit.name),
            Lang::En => format!("{}, {township}", unit.name),
        },
        period,
        body,
        issuer: format!(
            "{}　{}",
            say::actor(l, &item.actor, &names),
            pages::long_date(l, item.at.micros())
        ),
        sheet: (1, 1),
        log: item.position.log.to_string(),
        index: item.position.index,
        leaf_hash: item.position.leaf.clone(),
        short_url: format!("{}/villages/{}/accounts/{month}", ask.portal.settings.base_url, unit.unit),
        qr: proof_box::verify_url(ask, &item.position),
        objection: ask
            .pick(
                "认为哪一笔不对，可以当面、打电话或扫码，向村务监督委员会提出；说凭证号就行。",
                "If a line seems wrong, tell the supervision committee in person, by telephone or by the code. The voucher's number is enough.",
            )
            .into(),
        objection_until: until,
        banner: ask.portal.settings.banner.as_ref().map(|text| words::pick(l, text).to_owned()),
        paper,
    };
    Ok(sheet.page(ask.prefs))
}
