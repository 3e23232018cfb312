//! `/vouchers/{id}`: one entry of the books: amount, people, decision, text, and how to know that it is true.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use pages::{
    Cell, Column, Component, DataTable, Lang, Link, Markup, MoneyFigure, Prefs, StateLine,
    SummaryList, SummaryRow, Tag, Tone, table_time,
};
use proof::{Opening, ProofFile};

use super::{
    decisions as decisions_page,
    frame::{Ask, Built, Failure, Tab, answer},
    month as month_page, proof_box, say, village,
};
use crate::{
    Portal,
    owner::{self, Text},
    shows::{
        decisions, divisions,
        happened::Happening,
        month::{self, Voucher},
        payments::{self, Payment},
        position, queries, seats, vouchers,
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

/// A voucher by its id, as its month has it: unit, month, voucher.
pub(crate) async fn load(portal: &Portal, id: &str) -> Result<(String, String, Voucher), Failure> {
    let (unit, of) = vouchers::find(&portal.db, id).await?.ok_or(Failure::Missing)?;
    let month = month::load(&portal.db, &unit, &of).await?;
    let voucher = month.vouchers.into_iter().find(|v| v.voucher == id);
    Ok((unit, of, voucher.ok_or(Failure::Missing)?))
}

async fn build(ask: &Ask<'_>, id: &str) -> Built {
    let (db, l, portal) = (&ask.portal.db, ask.prefs.lang, ask.portal);
    let (unit_id, of, voucher) = load(portal, id).await?;
    let unit = divisions::get(db, &unit_id).await?.ok_or(Failure::Missing)?;
    let month_name = words::month(l, &of);
    let title = match l {
        Lang::Zh => format!("{month_name}第{}号凭证", voucher.number),
        Lang::En => format!("Voucher {} of {month_name}", voucher.number),
    };
    let mut shell = ask.shell_of(&unit, title, Tab::Money).await?;
    let at_month = format!("/villages/{}/accounts/{of}", unit.unit);
    shell.breadcrumb.push(Link::new(
        ask.pick("村里的账", "Money"),
        format!("/villages/{}/accounts", unit.unit),
    ));
    shell.breadcrumb.push(Link::new(month_name, at_month));
    let payment = match &voucher.payment {
        Some(payment) => payments::get(db, payment).await?,
        None => payments::of_voucher(db, id).await?,
    };
    let text = match &voucher.summary {
        Some(summary) => {
            owner::texts(portal.owner(vouchers::OF.0), &[summary]).await.into_iter().next()
        }
        None => None,
    };
    shell.lead = text.as_ref().map(|t| say::text(l, t));
    if let Some(by) = &voucher.reversed_by {
        let tag = Tag::new(Tone::Wait, ask.pick("已冲销", "Taken back")).meaning(match l {
            Lang::Zh => format!("这笔账后来更正了，见{by}"),
            Lang::En => format!("corrected later, see {by}"),
        });
        shell.state = Some(StateLine { tag, next: None });
    }
    let as_of = position::of(db, vouchers::OF, &voucher.position.log).await?;
    let mut facts = ask.facts(as_of);
    facts.proof = Some("#proof".into());
    facts.never_corrected = voucher.reversed_by.is_none();
    facts.last_correction =
        voucher.reversed_by.as_ref().map(|by| Link::new(by.clone(), format!("/vouchers/{by}")));
    shell.facts = Some(facts);
    let events = match &payment {
        Some(payment) => payments::events(db, &payment.payment).await?,
        None => Vec::new(),
    };
    let mut holders: Vec<&str> = events.iter().filter_map(|e| e.actor.holder.as_deref()).collect();
    holders.extend(voucher.actor.holder.as_deref());
    let names = seats::names(db, &holders).await?;
    let mut parts = vec![figure(ask, &voucher)];
    parts.push(summary(ask, &voucher, payment.as_ref(), text.as_ref()).await?);
    parts.push(people(ask, &voucher, &events, &names).render(l));
    parts.push(Markup::section(
        "entry",
        ask.pick("怎么记的账", "How it was booked"),
        lines(ask, &voucher).render(l),
    ));
    let asked = queries::of_voucher(db, id).await?;
    if !asked.is_empty() {
        parts.push(Markup::section(
            "questions",
            ask.pick("对这一笔的询问", "Questions about it"),
            village::questions(ask, &asked).await.render(l),
        ));
    }
    parts.push(
        proof_box::render(
            ask,
            vouchers::OF.0,
            &voucher.position,
            &format!("/vouchers/{id}/proof.json"),
            &format!("voucher-{id}.json"),
        )
        .await,
    );
    Ok(shell.page(&Markup::join(parts)))
}

fn figure(ask: &Ask<'_>, voucher: &Voucher) -> Markup {
    let (label, fen) = match (voucher.income, voucher.expense) {
        (0, 0) => (
            ask.pick("金额（没有动用现金和存款）", "Amount (no cash or bank moved)"),
            voucher.total(),
        ),
        (0, expense) => (ask.pick("支出", "Money out"), expense),
        (income, _) => (ask.pick("收入", "Money in"), income),
    };
    MoneyFigure { capitals: true, ..MoneyFigure::new(label, fen) }.render(ask.prefs.lang)
}

async fn summary(
    ask: &Ask<'_>,
    voucher: &Voucher,
    payment: Option<&Payment>,
    text: Option<&Text>,
) -> Result<Markup, Failure> {
    let l = ask.prefs.lang;
    let mut rows = vec![
        SummaryRow::text(ask.pick("日期", "Date"), words::day(l, &voucher.day)),
        SummaryRow::text(
            ask.pick("摘要", "Summary"),
            text.map_or_else(|| ask.pick("没有摘要", "no summary").to_owned(), |t| say::text(l, t)),
        ),
        SummaryRow::text(ask.pick("科目", "Account"), month_page::accounts_of(l, voucher)),
    ];
    if let Some(payment) = payment {
        rows.push(SummaryRow::text(
            ask.pick("付给谁", "Paid to"),
            super::decision::payee(ask, payment.payee.as_deref()),
        ));
        rows.push(SummaryRow::text(
            ask.pick("怎么付的", "How"),
            method(ask, payment.method.as_deref()),
        ));
        rows.push(basis(ask, payment).await?);
        rows.push(SummaryRow::link(
            ask.pick("付款的全过程", "The whole payment"),
            Link::new(payment.payment.clone(), format!("/payments/{}", payment.payment)),
        ));
    }
    if let Some(reverses) = &voucher.reverses {
        rows.push(SummaryRow::link(
            ask.pick("冲销（更正）哪一笔", "Takes back"),
            Link::new(reverses.clone(), format!("/vouchers/{reverses}")),
        ));
    }
    if let Some(by) = &voucher.reversed_by {
        rows.push(SummaryRow::link(
            ask.pick("被哪一笔冲销", "Taken back by"),
            Link::new(by.clone(), format!("/vouchers/{by}")),
        ));
    }
    rows.push(SummaryRow::text(ask.pick("凭证编号", "Voucher's number"), voucher.voucher.clone()));
    Ok(SummaryList::new(ask.pick("这是什么钱", "What it is"), rows).render(l))
}

/// 银行转账、现金
pub(crate) fn method(ask: &Ask<'_>, method: Option<&str>) -> String {
    match method {
        Some("bank") => ask.pick("银行转账", "by bank transfer").to_owned(),
        Some("cash") => ask.pick("现金", "in cash").to_owned(),
        Some(other) => other.to_owned(),
        None => String::new(),
    }
}

/// The decision that a payment rests on.
pub(crate) async fn basis(ask: &Ask<'_>, payment: &Payment) -> Result<SummaryRow, Failure> {
    let key = ask.pick("凭哪个决议花的", "Rests on");
    let Some(resolution) = &payment.resolution else {
        return Ok(SummaryRow::text(
            key,
            ask.pick("金额较小，按预算由负责人审批，不需要专门的决议", "a small sum within the budget: approved by who is responsible, without a resolution of its own"),
        ));
    };
    let decision = decisions::get(&ask.portal.db, resolution).await?;
    let title = match &decision {
        Some(decision) => {
            let owner = ask.portal.owner(decisions::OF.0);
            let definition = ask.portal.procedures.of(owner, &decision.history).await;
            let title = match &decision.title {
                Some(title) => owner::texts(owner, &[title]).await.into_iter().next(),
                None => None,
            };
            decisions_page::title(ask, decision, definition.as_deref(), title.as_ref())
        }
        None => resolution.clone(),
    };
    Ok(SummaryRow::link(key, Link::new(title, format!("/decisions/{resolution}"))))
}

/// Who asked, who approved, who paid, who posted.
pub(crate) fn people(
    ask: &Ask<'_>,
    voucher: &Voucher,
    events: &[Happening],
    names: &BTreeMap<String, String>,
) -> DataTable {
    let l = ask.prefs.lang;
    let mut table = DataTable::new(
        ask.pick("经过谁的手", "Through whose hands"),
        vec![
            Column::text(ask.pick("做了什么", "What")),
            Column::text(ask.pick("谁", "Who")),
            Column::date(ask.pick("什么时候", "When")),
        ],
    );
    for event in events {
        table = table.row(vec![
            Cell::text(words::pick(l, &words::fact(&event.fact))),
            Cell::text(say::actor(l, &event.actor, names)),
            Cell::text(table_time(event.at.micros())),
        ]);
    }
    table = table.row(vec![
        Cell::text(words::pick(l, &words::fact("voucher-posted.v1"))),
        Cell::text(say::actor(l, &voucher.actor, names)),
        Cell::text(table_time(voucher.at.micros())),
    ]);
    table.id = "people".into();
    table
}

fn lines(ask: &Ask<'_>, voucher: &Voucher) -> DataTable {
    let l = ask.prefs.lang;
    let mut table = DataTable::new(
        ask.pick("两边必须相等", "Both sides are equal"),
        vec![
            Column::text(ask.pick("科目", "Account")),
            Column::text(ask.pick("什么意思", "Plainly")),
            Column::money(ask.pick("借方", "Debit")),
            Column::money(ask.pick("贷方", "Credit")),
        ],
    );
    let (mut debits, mut credits) = (0_i64, 0_i64);
    for line in &voucher.lines {
        let account = words::account(&line.account);
        let (debit, credit) = if line.net >= 0 {
            debits = debits.saturating_add(line.net);
            (Cell::money(line.net), Cell::not_applicable())
        } else {
            credits = credits.saturating_sub(line.net);
            (Cell::not_applicable(), Cell::money(line.net.saturating_neg()))
        };
        table = table.row(vec![
            Cell::text(format!("{} {}", line.account, words::pick(l, &account.name))),
            Cell::text(words::pick(l, &account.meaning)),
            debit,
            credit,
        ]);
    }
    table.id = "lines".into();
    table.total(vec![
        Cell::text(ask.pick("合计", "Total")),
        Cell::not_applicable(),
        Cell::money(debits),
        Cell::money(credits),
    ])
}

/// `/vouchers/{id}/proof.json`: the proof file, with the texts that everybody may read.
pub(crate) async fn proof(
    State(portal): State<Arc<Portal>>,
    prefs: Prefs,
    uri: Uri,
    Path(id): Path<String>,
) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    let (_, _, voucher) = match load(&portal, &id).await {
        Ok(found) => found,
        Err(failure) => return answer(&ask, Err(failure)),
    };
    let texts: Vec<_> = voucher.summary.iter().collect();
    proof_answer(&ask, vouchers::OF.0, &voucher.position, &texts, &format!("voucher-{id}.json"))
        .await
}

/// A proof file as a download; 503 while no checkpoint covers the entry yet.
pub(crate) async fn proof_answer(
    ask: &Ask<'_>,
    source: &str,
    position: &crate::shows::Position,
    texts: &[&crate::shows::happened::TextRef],
    name: &str,
) -> Response {
    let Some(owner) = ask.portal.owner(source) else { return waits() };
    let Some(mut file) = owner.proof(&position.log, position.index).await else { return waits() };
    let opened = owner::texts(Some(owner), texts).await;
    for (text, opened) in texts.iter().zip(opened) {
        if let Text::Shown(opened) = opened {
            add(&mut file, &text.field, &opened);
        }
    }
    let disposition =
        format!("attachment; filename=\"{}\"", name.replace(['"', '\\', '\r', '\n'], ""));
    ([(header::CONTENT_DISPOSITION, disposition)], Json(file)).into_response()
}

fn add(file: &mut ProofFile, field: &str, opened: &owner::Opened) {
    // RFC 6901: ~ and / in a name are escaped.
    let pointer = format!("/data/{}", field.replace('~', "~0").replace('/', "~1"));
    let known = file.openings.iter().any(|o| o.field == pointer);
    if let Some(value) = owner::value_bytes(&opened.value).filter(|_| !known) {
        file.openings.push(Opening { field: pointer, salt: opened.salt, value });
    }
}

fn waits() -> Response {
    (
        StatusCode::SERVICE_UNAVAILABLE,
        [(header::RETRY_AFTER, "600")],
        "还没有检查点包含这条记录，请过一会再来。 No checkpoint covers this record yet; try again later.\n",
    )
        .into_response()
}
