//! A payment that another service proposes (费用申请), stream `proposal/<service>.<case>`: answered once, taken where the
//! headroom it names has so much, or refused with the article. Taken is not paid: the bookkeeper requests the payment.

use kernel::{Draft, Event, Money, Refusal, StreamId, Text, UnitId, Verdict};
use serde::{Deserialize, Serialize};

use super::{fact, reserve::Reserve};
use crate::rules::law;

/// What a proposal is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProposalKind {
    /// 救助帮扶
    Support,
    /// 积分兑换
    Points,
    /// 补贴
    Allowance,
    /// 绩效报酬
    PerformancePay,
    /// 结算
    Settlement,
}

/// `payment-proposed.v1` of another service, as far as it is read here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentProposed {
    /// What for.
    pub kind: ProposalKind,
    /// In fen.
    pub amount: Money,
    /// The headroom that it is to come from.
    pub reserve: String,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// 受理
    Taken,
    /// 不予受理
    Refused,
}

/// `payment-proposal-answered.v1` (答复费用申请)
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentProposalAnswered {
    /// The service that proposed, and its case: `services.<id>`.
    pub proposal: String,
    /// What for.
    pub kind: ProposalKind,
    /// In fen.
    pub amount: Money,
    /// The headroom that was named.
    pub reserve: String,
    /// Whether it was taken.
    pub answer: Answer,
    /// Where it was refused: the code of the refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// And the article.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub law: Option<String>,
}

/// The state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Whose money it is.
    pub unit: UnitId,
    /// The answer.
    pub answered: PaymentProposalAnswered,
}

/// What a proposal is called here.
pub fn id_of(service: &str, case: &str) -> String {
    format!("{service}.{case}")
}

/// The stream of a proposal.
pub fn stream(proposal: &str) -> StreamId {
    StreamId::of("proposal", proposal)
}

/// Answers it. It is refused where the headroom is not the unit's, or has not so much.
///
/// # Errors
/// When it was answered before.
pub fn answer(
    proposal: &str,
    before: Option<&Proposal>,
    proposed: &PaymentProposed,
    unit: &UnitId,
    reserve: Option<&Reserve>,
) -> Result<Draft, Verdict> {
    if before.is_some() {
        return Err(Refusal::new(
            "answered-before",
            Text::new("这件费用申请已经答复", "This proposal was answered before"),
            Text::new(
                "请看原来的答复；需要再付的另行申请",
                "See the answer; propose anew what more is needed",
            ),
        )
        .by_law(law("RCEO 26(7)"))
        .into());
    }
    let refused = match reserve.filter(|reserve| reserve.unit == *unit) {
        Some(reserve) => reserve.less(&proposed.reserve, proposed.amount).err(),
        None => Some(no_such_line()),
    };
    let because = refused.as_ref().map(|refusal| refusal.code.clone());
    let article = refused.as_ref().and_then(|refusal| refusal.law.as_ref());
    let answered = PaymentProposalAnswered {
        proposal: proposal.to_owned(),
        kind: proposed.kind,
        amount: proposed.amount,
        reserve: proposed.reserve.clone(),
        answer: if because.is_none() { Answer::Taken } else { Answer::Refused },
        law: article.map(|law| law.article.clone()),
        because,
    };
    fact(stream(proposal), "payment-proposal-answered.v1", &answered)
}

fn no_such_line() -> Refusal {
    Refusal::field(
        "reserve",
        Text::new("该单位没有这条预算", "The unit has no such line of the budget"),
        Text::new("请填写本单位的预算或专项资金", "Name a line or a grant of the unit"),
    )
    .by_law(law("RCEO 26(7)"))
}

impl Proposal {
    /// The state after an event of the stream.
    pub fn evolve(this: Option<Self>, event: &Event) -> Option<Self> {
        match (event.fact(), this) {
            ("payment-proposal-answered.v1", None) => {
                Some(Self { unit: event.unit.clone(), answered: event.read().ok()? })
            }
            (_, this) => this,
        }
    }
}
