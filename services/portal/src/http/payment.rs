//! `/payments/{id}`: one payment on its way: how far, what next, who, under which decision.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::Uri,
    response::Response,
};
use pages::{
    Component, Link, Markup, MoneyFigure, Prefs, StateLine, Stepper, SummaryList, SummaryRow,
};

use super::{
    decision as decision_page,
    frame::{Ask, Built, Failure, Tab, answer},
    proof_box, say, village, voucher as voucher_page,
};
use crate::{
    Portal, owner,
    shows::{
        divisions,
        payments::{self, Stage},
        position, seats,
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
    let payment = payments::get(db, id).await?.ok_or(Failure::Missing)?;
    let unit = divisions::get(db, &payment.unit).await?.ok_or(Failure::Missing)?;
    let events = payments::events(db, id).await?;
    let funds = ask.portal.owner(payments::OF.0);
    let purpose = match &payment.purpose {
        Some(purpose) => owner::texts(funds, &[purpose]).await.into_iter().next(),
        None => None,
    };
    let purpose = purpose.map(|t| say::text(l, &t)).unwrap_or_default();
    let mut shell = ask.shell_of(&unit, ask.pick("一笔付款", "A payment"), Tab::Money).await?;
    shell.breadcrumb.push(Link::new(
        ask.pick("村里的账", "Money"),
        format!("/villages/{}/accounts", unit.unit),
    ));
    shell.lead = Some(village::or_id(&purpose, id));
    // Definitions are adopted in the organisation's log, whichever service's they are; either owner may have the text.
    let definition = match ask.portal.procedures.of(funds, &payment.history).await {
        Some(definition) => Some(definition),
        None => ask.portal.procedures.of(ask.portal.owner("organisation"), &payment.history).await,
    };
    let waits = matches!(payment.stage(), Stage::Requested | Stage::Approved);
    let next = definition
        .as_deref()
        .filter(|_| waits)
        .and_then(|d| say::next_act(l, d, &payment.history, now));
    shell.state = Some(StateLine { tag: say::payment(l, &payment), next: next.clone() });
    let mut facts = ask.facts(position::of(db, payments::OF, &payment.position.log).await?);
    facts.proof = Some("#proof".into());
    shell.facts = Some(facts);
    let account = payment.account.as_deref().map(words::account);
    let mut rows = vec![
        SummaryRow::text(ask.pick("用途", "What for"), purpose),
        SummaryRow::text(
            ask.pick("付给谁", "Paid to"),
            decision_page::payee(ask, payment.payee.as_deref()),
        ),
        SummaryRow::text(
            ask.pick("怎么付", "How"),
            voucher_page::method(ask, payment.method.as_deref()),
        ),
    ];
    if let Some(account) = account {
        rows.push(SummaryRow::text(
            ask.pick("记到哪个科目", "Account"),
            format!(
                "{}{}{}",
                words::pick(l, &account.name),
                ask.pick("：", ": "),
                words::pick(l, &account.meaning)
            ),
        ));
    }
    rows.push(voucher_page::basis(ask, &payment).await?);
    if let Some(voucher) = &payment.voucher {
        rows.push(SummaryRow::link(
            ask.pick("记账凭证", "Voucher"),
            Link::new(voucher.clone(), format!("/vouchers/{voucher}")),
        ));
    }
    let holders: Vec<&str> = events.iter().filter_map(|e| e.actor.holder.as_deref()).collect();
    let names = seats::names(db, &holders).await?;
    let figure = MoneyFigure {
        capitals: true,
        ..MoneyFigure::new(ask.pick("金额", "Amount"), payment.amount)
    };
    let mut parts = vec![figure.render(l), SummaryList::new("", rows).render(l)];
    if let Some(definition) = definition.as_deref() {
        parts.push(
            Stepper {
                title: ask.pick("付款的步骤", "The steps of a payment").into(),
                steps: say::steps(l, definition, &payment.history, now, |_| None),
                next,
            }
            .render(l),
        );
    }
    parts.push(decision_page::happenings(ask, &events, &names, definition.as_deref()).render(l));
    parts.push(
        proof_box::render(
            ask,
            payments::OF.0,
            &payment.position,
            &format!("/payments/{id}/proof.json"),
            &format!("payment-{id}.json"),
        )
        .await,
    );
    Ok(shell.page(&Markup::join(parts)))
}

/// `/payments/{id}/proof.json`: the proof of the request.
pub(crate) async fn proof(
    State(portal): State<Arc<Portal>>,
    prefs: Prefs,
    uri: Uri,
    Path(id): Path<String>,
) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    let payment = match payments::get(&portal.db, &id).await {
        Ok(Some(payment)) => payment,
        Ok(None) => return answer(&ask, Err(Failure::Missing)),
        Err(error) => return answer(&ask, Err(error.into())),
    };
    let texts: Vec<_> = payment.purpose.iter().collect();
    let name = format!("payment-{id}.json");
    voucher_page::proof_answer(&ask, payments::OF.0, &payment.position, &texts, &name).await
}
