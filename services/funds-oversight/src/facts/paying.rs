//! Money leaves (付款): reservation, payment and voucher in one decision. Every check here holds under any definition.

use kernel::{Date, Draft, Refusal, Text, Verdict};

use super::{
    bookkeeping::{self, Entry},
    checked_text, fact,
    month::Month,
    party::Opened,
    payment::{
        self, Payment, PaymentExecuted, PaymentRequested, Request, ReturnCode, may_execute, stream,
    },
    reserve::{self, ResolutionLimitOpened},
    voucher::payment_entry,
};
use crate::{
    rules::{self, Asked, bank_account_not_personal, cash_limit, covered_by_resolution, limits},
    scene::Scene,
};

/// The code of a request that no resolution covers, when no guard of the definition said so before.
pub const NOT_COVERED: &str = "not-covered";

/// Whether the invoice typed is the one that this returned payment holds already.
pub fn is_same_invoice(payment: Option<&Payment>, asked: &Request) -> bool {
    let Some((payment, opened)) = payment.zip(asked.same_invoice.as_ref()) else { return false };
    let value = payment.invoice.as_deref().and_then(|commitment| opened.proves(commitment));
    let typed = asked.invoice.checked().ok().and_then(|i| serde_json::to_value(i).ok());
    payment.is_returned() && typed.is_some() && value.cloned() == typed
}

/// Requests a payment (申请付款): what it draws on keeps the amount from now on.
///
/// # Errors
/// Malformed, not covered by a resolution, more than what is left, an invoice used before, a month that is not open.
pub fn request(scene: &Scene<'_>, id: &str, asked: &Request) -> Result<Vec<Draft>, Verdict> {
    if let Some(case) = scene.payment(id) {
        return Err(payment::not_now(case.core.standing).into());
    }
    draw(scene, "payment-requested.v1", id, None, asked)
}

/// Asks again for a payment that was handed back (更正重报); the invoice may be the one it holds already.
///
/// # Errors
/// As [`request`]; or when it was not handed back.
pub fn correct(
    scene: &Scene<'_>,
    id: &str,
    before: &Payment,
    asked: &Request,
) -> Result<Vec<Draft>, Verdict> {
    if !before.is_returned() {
        return Err(payment::not_now(before.standing).into());
    }
    draw(scene, "payment-corrected.v1", id, Some(before), asked)
}

fn draw(
    scene: &Scene<'_>,
    kind: &str,
    id: &str,
    before: Option<&Payment>,
    asked: &Request,
) -> Result<Vec<Draft>, Verdict> {
    if !asked.amount.is_positive() || asked.amount > super::voucher::LARGEST {
        return Err(Refusal::field(
            "amount",
            Text::new("金额应大于零", "The amount is above zero"),
            Text::new("请填写付款金额，例如300.00", "Give the amount, such as 300.00"),
        )
        .into());
    }
    // The entry that will be posted can be built, or the request is refused now.
    payment_entry(asked.account, asked.method.account(), None, asked.amount)?;
    let seen = Asked {
        payment: before,
        amount: asked.amount,
        method: asked.method,
        account: asked.account,
        reserve: asked.reserve.clone(),
        resolution: asked.resolution.clone(),
        needs_resolution: false,
        payee: Some(asked.payee.clone()),
        claim: (!is_same_invoice(before, asked)).then(|| asked.invoice.claim()),
        on: scene.today,
        bank_account: None,
        holder: None,
        cash_limit: None,
    };
    rules::invoice_unused::check("invoice-used-before", scene, &seen)?;
    cash_limit::check("cash-too-much", &seen, Some(limits::cash(scene.today)))?;
    let month = asked.month.unwrap_or_else(|| Month::of(scene.today));
    let book = bookkeeping::started(scene.book())?;
    book.open_month(month)?;
    let drawn = covered_by_resolution::draws(
        NOT_COVERED,
        scene,
        &asked.reserve,
        asked.resolution.as_deref(),
        asked.amount,
    )?;
    let event = PaymentRequested {
        payment: id.to_owned(),
        amount: asked.amount,
        method: asked.method,
        account: asked.account,
        reserve: asked.reserve.clone(),
        draws: drawn.from.iter().map(|draw| draw.id.clone()).collect(),
        resolution: asked.resolution.clone(),
        covered_by: drawn.resolution,
        month,
        keeper: scene.place.keeper.clone(),
    };
    let mut drafts = vec![payment::requested(kind, &event, asked)?];
    for draw in &drawn.from {
        if draw.fresh {
            drafts.push(fact(
                reserve::stream(&draw.id),
                "resolution-limit-opened.v1",
                &ResolutionLimitOpened {
                    reserve: draw.id.clone(),
                    resolution: draw.reserve.resolution.clone().unwrap_or_default(),
                    limit: draw.reserve.granted,
                },
            )?);
        }
        drafts.push(draw.reserve.reserve(&draw.id, id, asked.amount)?);
    }
    Ok(drafts)
}

/// Checks that the resolutions behind a payment still hold: one may have been annulled since it was requested.
fn still_covered(scene: &Scene<'_>, payment: &Payment) -> Result<(), Verdict> {
    let request = &payment.request;
    covered_by_resolution::in_force(NOT_COVERED, scene, &request.covered_by)?;
    for id in &request.draws {
        let behind = scene.reserve(id).and_then(|r| r.resolution.as_deref());
        if let Some(resolution) = behind {
            covered_by_resolution::in_force(NOT_COVERED, scene, resolution)?;
        }
    }
    Ok(())
}

/// Approves a payment (审批): still covered, by another person, of what was shown.
///
/// # Errors
/// See [`payment::approve`]; or the resolution no longer covers it.
pub fn approve(
    scene: &Scene<'_>,
    id: &str,
    payment: &Payment,
    shown: &str,
    by: &str,
) -> Result<Vec<Draft>, Verdict> {
    still_covered(scene, payment)?;
    Ok(vec![payment::approve(id, payment, shown, by)?])
}

/// What the payer says.
pub struct Paid<'a> {
    /// The day the money left.
    pub on: Date,
    /// The account it left from.
    pub bank_account: Option<&'a str>,
    /// What for, as the payer was shown it: the voucher's summary.
    pub purpose: &'a Opened,
}

/// Pays (支付): the money leaves, the voucher says so and the reservation becomes spending, all or nothing.
///
/// # Errors
/// When it was not approved, by who asked or approved, no longer covered, above the cash limit, from an account that is
/// not the collective's, or into a month that is not open.
pub fn execute(
    scene: &Scene<'_>,
    id: &str,
    payment: &Payment,
    paid: &Paid<'_>,
    by: &str,
) -> Result<Vec<Draft>, Verdict> {
    may_execute(payment, by, paid.on)?;
    still_covered(scene, payment)?;
    let request = &payment.request;
    let seen = Asked {
        payment: Some(payment),
        amount: request.amount,
        method: request.method,
        account: request.account,
        reserve: request.reserve.clone(),
        resolution: request.resolution.clone(),
        needs_resolution: false,
        payee: None,
        claim: None,
        on: paid.on,
        bank_account: paid.bank_account.map(str::to_owned),
        holder: Some(by),
        cash_limit: None,
    };
    cash_limit::check("cash-too-much", &seen, Some(limits::cash(paid.on)))?;
    bank_account_not_personal::check("account-of-another", scene, &seen)?;
    let purpose = payment
        .purpose
        .as_deref()
        .and_then(|commitment| paid.purpose.proves(commitment)?.as_str())
        .ok_or_else(|| {
            Refusal::field(
                "purpose",
                Text::new("用途与申请不一致", "The purpose is not the one of the request"),
                Text::new("请重新打开付款申请", "Open the payment again"),
            )
        })?;
    let purpose = checked_text("purpose", purpose, 200)?;
    let lines = payment_entry(
        request.account,
        request.method.account(),
        paid.bank_account,
        request.amount,
    )?;
    let entry = Entry { date: paid.on, summary: &purpose, payment: Some(id), reverses: None };
    let (posted, voucher) =
        bookkeeping::post(scene.book(), scene.unit(), lines, &entry, scene.today)?;
    let executed = PaymentExecuted {
        payment: id.to_owned(),
        amount: request.amount,
        voucher: posted.voucher,
        on: paid.on,
        bank_account: paid.bank_account.map(str::to_owned),
    };
    let mut drafts = vec![fact(stream(id), "payment-executed.v1", &executed)?, voucher];
    for draw in &request.draws {
        let reserve = scene.reserve(draw).ok_or_else(|| {
            Verdict::Unavailable(format!("the headroom {draw} of payment {id} is not here"))
        })?;
        drafts.push(reserve.spend(draw, id, request.amount)?);
    }
    Ok(drafts)
}

/// Hands a payment back (退回) and frees what was kept for it.
///
/// # Errors
/// See [`payment::hand_back`].
pub fn hand_back(
    scene: &Scene<'_>,
    id: &str,
    payment: &Payment,
    code: ReturnCode,
    reason: &str,
) -> Result<Vec<Draft>, Verdict> {
    let mut drafts = vec![payment::hand_back(id, payment, code, reason)?];
    for draw in &payment.request.draws {
        let reserve = scene.reserve(draw).ok_or_else(|| {
            Verdict::Unavailable(format!("the headroom {draw} of payment {id} is not here"))
        })?;
        drafts.push(reserve.release(draw, id, payment.request.amount)?);
    }
    Ok(drafts)
}
