//! The answer of who gets money for a purpose (专项资金到账), stream `grant/<allocation>`, in its own log: taken, taken in part or
//! refused; what is taken becomes headroom and a voucher; the rest goes back. Knows no log of the giver: it cites its offer.

use kernel::{Date, Draft, Event, Money, Refusal, StreamId, Text, UnitId, Verdict};
use serde::{Deserialize, Serialize};

use super::{
    accounts::{AccountCode, Side},
    allocation::{Allocation, not_now},
    bookkeeping::{self, Entry},
    fact, funding, one_person,
    reserve::{self, AmountReturned},
    voucher::{Balanced, Line},
};
use crate::{rules::law, scene::Scene};

/// `grant-taken.v1`, `grant-taken-in-part.v1` (收到专项资金), `grant-refused.v1` (退回下达).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GrantAnswered {
    /// The allocation, and the headroom under the same id.
    pub allocation: String,
    /// The unit that offered it.
    pub from_unit: UnitId,
    /// What was offered, in fen.
    pub offered: Money,
    /// What is taken, in fen.
    pub accepted: Money,
    /// The unit that keeps the log.
    pub keeper: UnitId,
    /// The unit that keeps the giver's log: where the answer is heard.
    pub giver_keeper: UnitId,
}

/// `grant-returned.v1` (结余退回)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GrantReturned {
    /// The allocation.
    pub allocation: String,
    /// In fen.
    pub amount: Money,
    /// The day on the bank's slip.
    pub on: Date,
    /// The account it left from.
    pub bank_account: String,
    /// The voucher.
    pub voucher: String,
}

/// `grant-closed.v1` (专项资金结清): nothing is left of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GrantClosed {
    /// The allocation.
    pub allocation: String,
    /// Spent, in fen.
    pub spent: Money,
    /// Went back, in fen.
    pub returned: Money,
}

/// The state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// Who gets it.
    pub unit: UnitId,
    /// The answer as it stands in the log.
    pub answer: GrantAnswered,
    /// Who answered.
    pub answered_by: String,
    /// Went back, in fen.
    pub returned: Money,
    /// Nothing is left.
    pub closed: bool,
}

/// What the answer says.
pub struct Answer<'a> {
    /// The fact.
    pub kind: &'a str,
    /// What is taken, in fen.
    pub accepted: Option<Money>,
    /// Into which account.
    pub bank_account: Option<&'a str>,
    /// The resolution on its use, when there is one for the whole.
    pub resolution: Option<&'a str>,
}

/// The stream of a grant.
pub fn stream(allocation: &str) -> StreamId {
    StreamId::of("grant", allocation)
}

fn offered<'a>(scene: &Scene<'a>, id: &str) -> Result<(&'a Allocation, &'a UnitId), Verdict> {
    let found = scene.allocation(id).filter(|case| case.core.offer.to_unit == *scene.unit());
    let case = found.ok_or_else(|| {
        Refusal::field(
            "allocation",
            Text::new("没有下达给本村的这笔资金", "No such money was offered to this unit"),
            Text::new("请从下达的资金里选", "Choose from what was offered"),
        )
    })?;
    Ok((&case.core, &case.place.keeper))
}

/// Answers an offer (答复): all of it, a part, or nothing.
///
/// # Errors
/// When nothing was offered, it was answered, the sum is not what the answer says, or the account is not the collective's.
pub fn answer(scene: &Scene<'_>, id: &str, said: &Answer<'_>) -> Result<Vec<Draft>, Verdict> {
    if scene.grant(id).is_some() {
        return Err(not_now(Text::new("已经答复", "It is answered")).into());
    }
    let (allocation, giver_keeper) = offered(scene, id)?;
    let offered = allocation.offer.amount;
    let accepted = match said.kind {
        "grant-refused.v1" => Some(Money::ZERO).filter(|_| said.accepted.is_none()),
        "grant-taken.v1" => Some(said.accepted.unwrap_or(offered)).filter(|sum| *sum == offered),
        _ => said.accepted.filter(|sum| sum.is_positive() && *sum < offered),
    };
    let Some(accepted) = accepted else {
        return Err(Refusal::field(
            "accepted",
            Text::new(
                format!("下达{offered}元，这个数与答复不符"),
                format!("{offered} yuan were offered: this sum does not fit the answer"),
            ),
            Text::new(
                "全收填下达数，部分收取填小于下达数，不收不填",
                "All of it, less than it for a part, nothing where it is refused",
            ),
        )
        .into());
    };
    let answered = GrantAnswered {
        allocation: id.to_owned(),
        from_unit: allocation.unit.clone(),
        offered,
        accepted,
        keeper: scene.place.keeper.clone(),
        giver_keeper: giver_keeper.clone(),
    };
    let mut drafts = vec![fact(stream(id), said.kind, &answered)?];
    if accepted.is_positive() {
        let grant = funding::Grant {
            reference: &allocation.offer.reference,
            from_unit: &allocation.unit,
            amount: accepted,
            resolution: said.resolution,
            bank_account: said.bank_account.unwrap_or_default(),
            summary: &format!("收专项资金{}", allocation.offer.reference),
        };
        drafts.extend(funding::receive(scene, id, &grant)?);
    }
    Ok(drafts)
}

/// Sends what is left back (结余退回): headroom, money and voucher in one decision, by another person than who answered.
///
/// # Errors
/// When more is sent back than is free, by one person alone, from an account that is not the collective's, or into a month
/// that is not open.
pub fn give_back(
    scene: &Scene<'_>,
    id: &str,
    grant: &Grant,
    (amount, on, bank_account): (Money, Date, &str),
    by: &str,
) -> Result<Vec<Draft>, Verdict> {
    if grant.closed || !grant.answer.accepted.is_positive() {
        return Err(not_now(Text::new(
            "没有收到或者已经结清",
            "Nothing was taken, or it is closed",
        ))
        .into());
    }
    if grant.answered_by == by {
        return Err(one_person(Text::new(
            "登记到账的人不能自己退款",
            "Who entered the money may not send it back",
        ))
        .into());
    }
    if scene.account(bank_account).is_none_or(|a| a.unit != *scene.unit()) {
        return Err(Refusal::new(
            "account-of-another",
            Text::new("不是本集体登记的账户", "This account is not recorded as the collective's"),
            Text::new("请从登记的账户里选", "Choose a recorded account"),
        )
        .by_law(law("RCEO 44"))
        .at("bank_account")
        .into());
    }
    let headroom = scene
        .reserve(id)
        .ok_or_else(|| Verdict::Unavailable(format!("the headroom of grant {id} is not here")))?;
    let available = headroom.less(id, amount)?;
    let special = AccountCode::parse("241")
        .ok_or_else(|| Verdict::Unavailable("the chart of accounts lacks 241".to_owned()))?;
    let lines = Balanced::new(vec![
        Line::on(Side::Debit, special, amount).with("fund", id),
        Line::on(Side::Credit, AccountCode::BANK, amount).with("bank-account", bank_account),
    ])?;
    let summary = "专项资金结余退回";
    let entry = Entry { date: on, summary, payment: None, reverses: None };
    let (posted, voucher) =
        bookkeeping::post(scene.book(), scene.unit(), lines, &entry, scene.today)?;
    let returned = GrantReturned {
        allocation: id.to_owned(),
        amount,
        on,
        bank_account: bank_account.to_owned(),
        voucher: posted.voucher,
    };
    let left = AmountReturned { reserve: id.to_owned(), amount, available };
    Ok(vec![
        fact(stream(id), "grant-returned.v1", &returned)?,
        fact(reserve::stream(id), "amount-returned.v1", &left)?,
        voucher,
    ])
}

/// Closes it (结清) once every fen was spent or went back.
///
/// # Errors
/// When something is left, or a payment is under way.
pub fn close(scene: &Scene<'_>, id: &str, grant: &Grant) -> Result<Vec<Draft>, Verdict> {
    let headroom = scene.reserve(id).filter(|_| !grant.closed);
    let headroom = headroom.ok_or_else(|| not_now(Text::new("已经结清", "It is closed")))?;
    if !headroom.available.is_zero() || !headroom.reserved.is_empty() {
        return Err(Refusal::new(
            "grant-not-used-up",
            Text::new(
                format!("还剩{}元，{}笔付款在办", headroom.available, headroom.reserved.len()),
                format!(
                    "{} yuan are left, {} payments are under way",
                    headroom.available,
                    headroom.reserved.len()
                ),
            ),
            Text::new(
                "请先付清，结余退回以后再结清",
                "Pay what is under way and send the rest back first",
            ),
        )
        .by_law(law("FIN-2021"))
        .into());
    }
    let closed =
        GrantClosed { allocation: id.to_owned(), spent: headroom.spent, returned: grant.returned };
    Ok(vec![fact(stream(id), "grant-closed.v1", &closed)?])
}

impl Grant {
    /// The state after an event of the stream.
    pub fn evolve(this: Option<Self>, event: &Event) -> Option<Self> {
        match (event.fact(), this) {
            ("grant-taken.v1" | "grant-taken-in-part.v1" | "grant-refused.v1", None) => {
                let holder = kernel::Actor::parse_official(&event.actor).map(|(_, h)| h);
                Some(Self {
                    unit: event.unit.clone(),
                    answer: event.read().ok()?,
                    answered_by: holder.unwrap_or(&event.actor).to_owned(),
                    returned: Money::ZERO,
                    closed: false,
                })
            }
            (kind, Some(mut grant)) => {
                match kind {
                    "grant-returned.v1" => {
                        if let Ok(returned) = event.read::<GrantReturned>() {
                            grant.returned = grant.returned.saturating_add(returned.amount);
                        }
                    }
                    "grant-closed.v1" => grant.closed = true,
                    _ => {}
                }
                Some(grant)
            }
            (_, None) => None,
        }
    }
}
