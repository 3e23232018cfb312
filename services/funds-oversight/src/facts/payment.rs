//! A payment (付款), stream `payment/<id>`. Knows who asked, who approved and what was shown; no post and no tier.
//!
//! Under any definition: two persons at least, who pays did not ask, nothing is paid that nobody approved, the approval
//! is of exactly what is paid, and every fen is reserved before and booked with it.

use kernel::{Class, Date, Draft, Event, Money, Refusal, StreamId, Text, UnitId, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    accounts::AccountCode,
    archived, checked_text, fact,
    month::Month,
    one_person,
    party::{Invoice, Opened, Payee, subject_of_person},
};
use crate::rules::law;

/// How money leaves (支付方式).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// 银行转账
    Bank,
    /// 现金
    Cash,
}

impl Method {
    /// The account that money leaves from.
    pub fn account(self) -> AccountCode {
        match self {
            Self::Bank => AccountCode::BANK,
            Self::Cash => AccountCode::CASH,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Bank => "bank",
            Self::Cash => "cash",
        }
    }
}

/// Why a payment is handed back (退回原因).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReturnCode {
    /// 单据不全
    PapersMissing,
    /// 金额不符
    WrongAmount,
    /// 科目不对
    WrongAccount,
    /// 不同意支付
    NotAgreed,
    /// 收款人有误
    WrongPayee,
    /// 银行退票
    BankRejected,
}

/// What a request says (付款申请).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// In fen.
    pub amount: Money,
    /// Bank or cash.
    pub method: Method,
    /// What it is booked to.
    pub account: AccountCode,
    /// What for, in words that villagers read.
    pub purpose: String,
    /// Who receives it.
    pub payee: Payee,
    /// What proves it.
    pub invoice: Invoice,
    /// The headroom it draws on.
    pub reserve: String,
    /// The resolution that covers it in particular.
    #[serde(default)]
    pub resolution: Option<String>,
    /// The month in which it is meant to be paid; this month when absent.
    #[serde(default)]
    pub month: Option<Month>,
    /// When a returned payment is asked for again with the same invoice: that invoice as it was sealed.
    #[serde(default)]
    pub same_invoice: Option<Opened>,
}

/// `payment-requested.v1`, and `payment-corrected.v1` when it is asked for again after it was handed back. Purpose, invoice and a person who is paid are sealed beside the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaymentRequested {
    /// The payment.
    pub payment: String,
    /// In fen.
    pub amount: Money,
    /// Bank or cash.
    pub method: Method,
    /// What it is booked to.
    pub account: AccountCode,
    /// The headroom it draws on.
    pub reserve: String,
    /// Every headroom that keeps the amount for it.
    pub draws: Vec<String>,
    /// The resolution that was cited for it in particular.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<String>,
    /// The resolution that covers it: the one cited, or the one behind the headroom.
    pub covered_by: String,
    /// The month in which it is meant to be paid.
    pub month: Month,
    /// The unit that keeps the log: where what falls due is written.
    pub keeper: UnitId,
}

/// `payment-approved.v1`: the hash of what the approver was shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaymentApproved {
    /// The payment.
    pub payment: String,
    /// SHA-256 of what was shown, in hexadecimal: see [`Payment::shown`].
    pub signed: String,
}

/// `payment-executed.v1`: money left, and the voucher says so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaymentExecuted {
    /// The payment.
    pub payment: String,
    /// In fen.
    pub amount: Money,
    /// The voucher.
    pub voucher: String,
    /// The day the money left.
    pub on: Date,
    /// The account it left from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_account: Option<String>,
}

/// `payment-returned.v1`; the reason in words is sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaymentReturned {
    /// The payment.
    pub payment: String,
    /// Why.
    pub code: ReturnCode,
}

/// How far a payment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// 已申请
    Requested,
    /// 已审批
    Approved,
    /// 已支付
    Executed,
    /// 已退回
    Returned,
}

/// The state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    /// Whose money.
    pub unit: UnitId,
    /// The request as it stands in the log.
    pub request: PaymentRequested,
    /// An organisation's name, or nothing for a person.
    pub organisation: Option<String>,
    /// The commitment to a person who is paid.
    pub person: Option<String>,
    /// The commitment to the invoice.
    pub invoice: Option<String>,
    /// The commitment to the purpose.
    pub purpose: Option<String>,
    /// Who asked.
    pub requested_by: String,
    /// Who approved.
    pub approved_by: Vec<String>,
    /// The day of the first approval.
    pub approved_on: Option<Date>,
    /// Who paid.
    pub executed_by: Option<String>,
    /// The warnings that it waits for: it is not paid before they are cleared.
    #[serde(default)]
    pub held_by: Vec<String>,
    /// How far it has come.
    pub standing: Standing,
}

/// The stream of a payment.
pub fn stream(payment: &str) -> StreamId {
    StreamId::of("payment", payment)
}

impl Payment {
    /// SHA-256 of what an approver is shown and signs: all that decides where the money goes. Sealed parts enter by their
    /// commitments, so that everybody can compute it from the open log.
    pub fn shown(&self, payment: &str) -> String {
        let r = &self.request;
        let text = format!(
            "{payment}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n",
            r.amount.fen(),
            r.method.word(),
            r.account,
            self.organisation.as_deref().or(self.person.as_deref()).unwrap_or_default(),
            self.invoice.as_deref().unwrap_or_default(),
            self.purpose.as_deref().unwrap_or_default(),
            r.reserve,
            r.covered_by,
        );
        hex::encode(Sha256::digest(text.as_bytes()))
    }

    /// The payee: an organisation, or the person whom an opened value proves. `None`: a person who was not shown.
    pub fn payee(&self, opened: Option<&Opened>) -> Option<Payee> {
        match (&self.organisation, &self.person) {
            (Some(organisation), _) => {
                Some(Payee::Organisation { organisation: organisation.clone() })
            }
            (None, Some(commitment)) => {
                serde_json::from_value(opened?.proves(commitment)?.clone()).ok()
            }
            (None, None) => None,
        }
    }

    /// Everybody who has acted on it.
    pub fn actors(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.requested_by.as_str())
            .chain(self.approved_by.iter().map(String::as_str))
            .chain(self.executed_by.as_deref())
    }

    /// Whether its money has not left, and it was not handed back.
    pub fn is_unpaid(&self) -> bool {
        matches!(self.standing, Standing::Requested | Standing::Approved)
    }

    /// Whether it was handed back and may be asked for again.
    pub fn is_returned(&self) -> bool {
        self.standing == Standing::Returned
    }

    /// The state after an event of the stream.
    pub fn evolve(this: Option<Self>, event: &Event) -> Option<Self> {
        let holder = kernel::Actor::parse_official(&event.actor)
            .map_or_else(|| event.actor.clone(), |(_, holder)| holder.to_owned());
        let sealed = |field: &str| event.commitment(field).map(|(hash, _)| hash.to_owned());
        match (event.fact(), this) {
            ("payment-requested.v1" | "payment-corrected.v1", before) => {
                let organisation = event.data.get("payee").and_then(|p| p.get("organisation"));
                Some(Self {
                    unit: event.unit.clone(),
                    request: event.read().ok()?,
                    organisation: organisation.and_then(Value::as_str).map(str::to_owned),
                    person: sealed("payee"),
                    invoice: sealed("invoice"),
                    purpose: sealed("purpose"),
                    requested_by: holder,
                    approved_by: Vec::new(),
                    approved_on: None,
                    executed_by: None,
                    held_by: before.map(|payment| payment.held_by).unwrap_or_default(),
                    standing: Standing::Requested,
                })
            }
            (kind, Some(mut payment)) => {
                match kind {
                    "payment-approved.v1" => {
                        payment.approved_by.push(holder);
                        payment.approved_on.get_or_insert(event.time.date());
                        payment.standing = Standing::Approved;
                    }
                    "payment-executed.v1" => {
                        payment.executed_by = Some(holder);
                        payment.standing = Standing::Executed;
                    }
                    "payment-returned.v1" => payment.standing = Standing::Returned,
                    "payment-held.v1" => payment.held_by.extend(warning_of(event)),
                    "payment-hold-lifted.v1" => {
                        let lifted = warning_of(event);
                        payment.held_by.retain(|held| Some(held) != lifted.as_ref());
                    }
                    _ => {}
                }
                Some(payment)
            }
            (_, None) => None,
        }
    }
}

fn warning_of(event: &Event) -> Option<String> {
    event.data.get("warning").and_then(Value::as_str).map(str::to_owned)
}

/// The draft of a request, with its sealed parts. Whether it is covered and reserved is the caller's to settle first.
///
/// # Errors
/// When a field is malformed.
pub(crate) fn requested(
    kind: &str,
    event: &PaymentRequested,
    asked: &Request,
) -> Result<Draft, Verdict> {
    let purpose = checked_text("purpose", &asked.purpose, 200)?;
    let payee = asked.payee.clone().checked()?;
    let invoice = asked.invoice.checked()?;
    let book = format!("payment-{}", event.payment);
    let mut draft = fact(stream(&event.payment), kind, event)?;
    let party = serde_json::to_value(&payee).unwrap_or(Value::Null);
    draft = match &payee {
        Payee::Organisation { .. } => {
            draft.data.insert("payee".to_owned(), party);
            draft
        }
        Payee::Person { person } => draft.sealing(archived(
            "payee",
            party,
            Class::Sealed,
            subject_of_person(person),
            "who received collective money can be audited",
        )),
    };
    Ok(draft
        .sealing(archived(
            "purpose",
            purpose.into(),
            Class::Public,
            book.clone(),
            "villagers read what the money is for",
        ))
        .sealing(archived(
            "invoice",
            serde_json::to_value(&invoice).unwrap_or(Value::Null),
            Class::Staff,
            book,
            "one invoice is paid once",
        )))
}

/// Approves (审批): somebody else than who asked signs what was shown.
///
/// # Errors
/// When it does not wait for approval, what was shown differs from what stands, or one person would do both.
pub fn approve(id: &str, payment: &Payment, shown: &str, by: &str) -> Result<Draft, Verdict> {
    if !matches!(payment.standing, Standing::Requested | Standing::Approved) {
        return Err(not_now(payment.standing).into());
    }
    if payment.requested_by == by {
        return Err(one_person(Text::new(
            "申请人不能审批自己的申请",
            "Who asked for a payment may not approve it",
        ))
        .into());
    }
    let signed = payment.shown(id);
    if signed != shown {
        return Err(Refusal::new(
            "not-what-was-shown",
            Text::new(
                "您看到的内容和现在的申请不一致",
                "What you were shown is not what the request says now",
            ),
            Text::new("请重新打开付款申请，核对后再审批", "Open the request again and check it"),
        )
        .by_law(law("FIN-2021"))
        .at("shown")
        .into());
    }
    fact(stream(id), "payment-approved.v1", &PaymentApproved { payment: id.to_owned(), signed })
}

/// Checks that a payment may be paid by this person now.
///
/// # Errors
/// When nobody else approved it, or the payer asked for it or approved it alone.
pub(crate) fn may_execute(payment: &Payment, by: &str, on: Date) -> Result<(), Refusal> {
    if payment.standing != Standing::Approved {
        return Err(not_now(payment.standing));
    }
    if !payment.held_by.is_empty() {
        return Err(Refusal::new(
            "held",
            Text::new("这笔付款有预警，暂缓支付", "This payment is held: a warning is open"),
            Text::new(
                "预警解除以后再支付；也可以退回申请",
                "It can be paid once the warning is cleared; or it is handed back",
            ),
        )
        .by_law(law("county-finance")));
    }
    if payment.requested_by == by || payment.approved_by.iter().any(|approver| approver == by) {
        return Err(one_person(Text::new(
            "申请、审批的人不能付款",
            "Who asked for or approved a payment may not pay it",
        )));
    }
    if let Some(approved) = payment.approved_on.filter(|approved| on < *approved) {
        return Err(Refusal::new(
            "paid-before-approval",
            Text::new(
                format!("{on}付款，早于{approved}的审批"),
                format!("Paid on {on}, before it was approved on {approved}"),
            ),
            Text::new(
                "先审批后付款；已经付出去的钱请向乡镇说明",
                "Approval comes first; explain money that has left already to the township",
            ),
        )
        .by_law(law("FIN-2021"))
        .at("on")
        .warns("W14"));
    }
    Ok(())
}

/// Hands a payment back (退回) with a reason.
///
/// # Errors
/// When it was paid or returned already.
pub fn hand_back(
    id: &str,
    payment: &Payment,
    code: ReturnCode,
    reason: &str,
) -> Result<Draft, Verdict> {
    if !matches!(payment.standing, Standing::Requested | Standing::Approved) {
        return Err(not_now(payment.standing).into());
    }
    let reason = checked_text("reason", reason, 200)?;
    Ok(fact(stream(id), "payment-returned.v1", &PaymentReturned { payment: id.to_owned(), code })?
        .sealing(archived(
            "reason",
            reason.into(),
            Class::Public,
            format!("payment-{id}"),
            "who asked learns what to correct",
        )))
}

pub(crate) fn not_now(standing: Standing) -> Refusal {
    let (zh, en) = match standing {
        Standing::Requested => ("还没有审批", "It is not approved yet"),
        Standing::Approved => ("已经审批", "It is approved"),
        Standing::Executed => ("已经支付", "It is paid already"),
        Standing::Returned => ("已经退回", "It was handed back"),
    };
    Refusal::new(
        "not-now",
        Text::new(zh, en),
        Text::new("请按付款的下一步办理", "Do what comes next for this payment"),
    )
    .by_law(law("FIN-2021"))
}
