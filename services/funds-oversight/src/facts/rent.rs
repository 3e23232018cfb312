//! Rent comes in (收租): it falls due by itself, becomes a claim in the book, and is settled by what is received. Holds
//! under any definition; reads no clock.

use kernel::{Date, Draft, Money, Refusal, Text, Verdict};

use super::{
    accounts::{AccountCode, Side},
    bookkeeping::{self, Entry},
    contract::{Contract, DueArisen, DueSettled, RentReceived, Standing, stream},
    due::oldest_first,
    fact, leasing,
    month::Month,
    voucher::{Balanced, Line},
};
use crate::{rules::law, scene::Scene};

/// 应收款
const RECEIVABLE: &str = "112";
/// 经营收入: leasing and contracting income.
const INCOME: &str = "501";

fn chart(code: &str) -> Result<AccountCode, Verdict> {
    AccountCode::parse(code)
        .ok_or_else(|| Verdict::Unavailable(format!("the chart of accounts lacks {code}")))
}

/// Rent falls due (租金到期) and becomes a claim in the book, in the month of its day or, when that is closed, today's.
///
/// # Errors
/// When nothing falls due.
pub fn arise(scene: &Scene<'_>, id: &str, contract: &Contract) -> Result<Vec<Draft>, Verdict> {
    let (number, due_on) =
        contract.next_due().ok_or_else(|| leasing::not_now(contract.standing))?;
    let claim = claim(scene, id, contract, number, due_on);
    let arisen = DueArisen {
        contract: id.to_owned(),
        number,
        due_on,
        amount: contract.rent,
        voucher: claim.as_ref().map(|(voucher, _)| voucher.clone()),
    };
    let mut drafts = vec![fact(stream(id), "due-arisen.v1", &arisen)?];
    drafts.extend(claim.map(|(_, draft)| draft));
    Ok(drafts)
}

/// The voucher of a claim; none where no month is open to take it: it is booked as income when it is paid.
fn claim(
    scene: &Scene<'_>,
    id: &str,
    contract: &Contract,
    number: u32,
    due_on: Date,
) -> Option<(String, Draft)> {
    let book = scene.book()?;
    let days = [due_on, scene.today];
    let date = days.into_iter().find(|day| book.open_month(Month::of(*day)).is_ok())?;
    let lines = Balanced::new(vec![
        Line::on(Side::Debit, chart(RECEIVABLE).ok()?, contract.rent).with("contract", id),
        Line::on(Side::Credit, chart(INCOME).ok()?, contract.rent).with("contract", id),
    ])
    .ok()?;
    let no = contract.contract_no.as_deref().unwrap_or_default();
    let summary = format!("合同{no}第{number}期租金到期");
    let entry = Entry { date, summary: &summary, payment: None, reverses: None };
    let (posted, draft) =
        bookkeeping::post(Some(book), &contract.unit, lines, &entry, scene.today).ok()?;
    Some((posted.voucher, draft))
}

/// What the receiver of rent says.
pub struct Received<'a> {
    /// In fen.
    pub amount: Money,
    /// The day on the bank's slip.
    pub on: Date,
    /// The account it came into.
    pub bank_account: &'a str,
}

/// Takes rent in (收租): the oldest due first, with its voucher, all or nothing.
///
/// # Errors
/// When nothing or less is owed, the account is not the collective's, or the month is not open.
pub fn receive(
    scene: &Scene<'_>,
    id: &str,
    contract: &Contract,
    received: &Received<'_>,
) -> Result<Vec<Draft>, Verdict> {
    if !matches!(contract.standing, Standing::Signed | Standing::Ended) {
        return Err(leasing::not_now(contract.standing).into());
    }
    if scene.account(received.bank_account).is_none_or(|a| a.unit != *scene.unit()) {
        return Err(Refusal::new(
            "account-of-another",
            Text::new("不是本集体登记的账户", "This account is not recorded as the collective's"),
            Text::new("租金要进集体自己的账户", "Rent goes into the collective's own account"),
        )
        .by_law(law("RCEO 44"))
        .at("bank_account")
        .into());
    }
    let owed = contract.owed();
    let Some(shares) = oldest_first(&contract.dues, received.amount) else {
        return Err(Refusal::new(
            "more-than-owed",
            Text::new(
                format!("已到期未收的租金共{owed}元，不是{}元", received.amount),
                format!("{owed} yuan have fallen due and are unpaid, not {}", received.amount),
            ),
            Text::new(
                "预收的租金等到期后再冲抵，先记收款凭证（预收）",
                "What is paid ahead is entered as a receipt and settled once it is due",
            ),
        )
        .by_law(law("ACC-2023"))
        .at("amount")
        .into());
    };
    let sum = |booked| shares.iter().filter(|s| s.booked == booked).map(|s| s.amount).sum();
    let (claims, income): (Money, Money) = (sum(true), sum(false));
    let mut lines = vec![
        Line::on(Side::Debit, AccountCode::BANK, received.amount)
            .with("bank-account", received.bank_account),
    ];
    for (code, amount) in [(RECEIVABLE, claims), (INCOME, income)] {
        if amount.is_positive() {
            lines.push(Line::on(Side::Credit, chart(code)?, amount).with("contract", id));
        }
    }
    let no = contract.contract_no.as_deref().unwrap_or_default();
    let summary = format!("收合同{no}租金");
    let entry = Entry { date: received.on, summary: &summary, payment: None, reverses: None };
    let (posted, voucher) =
        bookkeeping::post(scene.book(), scene.unit(), Balanced::new(lines)?, &entry, scene.today)?;
    let came = RentReceived {
        contract: id.to_owned(),
        amount: received.amount,
        on: received.on,
        bank_account: received.bank_account.to_owned(),
        voucher: posted.voucher.clone(),
        owed: owed.saturating_sub(received.amount),
    };
    let mut drafts = vec![fact(stream(id), "rent-received.v1", &came)?];
    for share in shares {
        let settled = DueSettled {
            contract: id.to_owned(),
            number: share.number,
            amount: share.amount,
            left: share.left,
            voucher: posted.voucher.clone(),
        };
        drafts.push(fact(stream(id), "due-settled.v1", &settled)?);
    }
    drafts.push(voucher);
    Ok(drafts)
}
