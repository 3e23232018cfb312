//! Headroom (额度) of a budget line, a grant or a resolution, stream `reserve/<id>`. Knows no payment's course.
//!
//! Available → reserved → spent; available never falls below zero, also with 512 payments at once.

use std::collections::BTreeMap;

use kernel::{Draft, Event, Money, Refusal, StreamId, Text, UnitId, Verdict};
use serde::{Deserialize, Serialize};

use super::fact;
use crate::rules::law;

/// `budget-adopted.v1`: a line of the yearly budget (预算), as a resolution adopted it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BudgetAdopted {
    /// The headroom.
    pub reserve: String,
    /// The line of the budget: an account of the chart.
    pub line: super::accounts::AccountCode,
    /// The year.
    pub year: i16,
    /// In fen.
    pub amount: Money,
    /// The resolution that adopted it.
    pub resolution: String,
}

/// `fund-received.v1`: money from above for a named purpose (专项资金). Payments from it cite a resolution of their own,
/// unless one already covers the whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FundReceived {
    /// The headroom.
    pub reserve: String,
    /// The document number of the grant, as an id.
    pub reference: String,
    /// The unit it came from.
    pub from_unit: UnitId,
    /// In fen.
    pub amount: Money,
    /// The resolution on its use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<String>,
}

/// `resolution-limit-opened.v1`: what a resolution allows to spend (决议额度), opened when it is first drawn on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResolutionLimitOpened {
    /// The headroom: see [`id_of_resolution`].
    pub reserve: String,
    /// The resolution.
    pub resolution: String,
    /// In fen.
    pub limit: Money,
}

/// `amount-allotted.v1`: a part of a resolution's limit goes to a line or a grant (分配额度).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AmountAllotted {
    /// The headroom it came from.
    pub reserve: String,
    /// The headroom it went to.
    pub to: String,
    /// In fen.
    pub amount: Money,
    /// What is left, in fen.
    pub available: Money,
}

/// `amount-reserved.v1` (占用额度)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AmountReserved {
    /// The headroom.
    pub reserve: String,
    /// For which payment.
    pub payment: String,
    /// In fen.
    pub amount: Money,
    /// What is left, in fen.
    pub available: Money,
}

/// `amount-spent.v1` (支出额度)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AmountSpent {
    /// The headroom.
    pub reserve: String,
    /// By which payment.
    pub payment: String,
    /// In fen.
    pub amount: Money,
}

/// `amount-returned.v1` (结余退回): went back to where it came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AmountReturned {
    /// The headroom.
    pub reserve: String,
    /// In fen.
    pub amount: Money,
    /// What is left, in fen.
    pub available: Money,
}

/// `reservation-released.v1` (释放额度)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReservationReleased {
    /// The headroom.
    pub reserve: String,
    /// Which payment gave it back.
    pub payment: String,
    /// In fen.
    pub amount: Money,
    /// What is left, in fen.
    pub available: Money,
}

/// Where headroom comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// 预算
    Budget,
    /// 专项资金
    Grant,
    /// 决议
    Resolution,
}

/// The state. `available + reserved + allotted + spent + returned = granted`, always.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reserve {
    /// Whose.
    pub unit: UnitId,
    /// From what.
    pub source: Source,
    /// The resolution behind it, when one covers it as a whole.
    pub resolution: Option<String>,
    /// In fen.
    pub granted: Money,
    /// Free, in fen.
    pub available: Money,
    /// Kept for payments under way, in fen.
    pub reserved: BTreeMap<String, Money>,
    /// Given on to lines, in fen.
    pub allotted: Money,
    /// Paid, in fen.
    pub spent: Money,
    /// Went back, in fen.
    #[serde(default)]
    pub returned: Money,
}

/// What the ids of resolutions' headrooms begin with; nobody may choose such an id for a line or a grant.
pub const OF_RESOLUTION: &str = "resolution.";

/// The id of a resolution's own headroom.
pub fn id_of_resolution(resolution: &str) -> String {
    format!("{OF_RESOLUTION}{resolution}")
}

/// The stream of a headroom.
pub fn stream(reserve: &str) -> StreamId {
    StreamId::of("reserve", reserve)
}

impl Reserve {
    fn new(unit: &UnitId, source: Source, resolution: Option<String>, granted: Money) -> Self {
        Self {
            unit: unit.clone(),
            source,
            resolution,
            granted,
            available: granted,
            reserved: BTreeMap::new(),
            allotted: Money::ZERO,
            spent: Money::ZERO,
            returned: Money::ZERO,
        }
    }

    /// A resolution's limit of which nothing is drawn yet.
    pub fn of_resolution(unit: &UnitId, resolution: &str, limit: Money) -> Self {
        Self::new(unit, Source::Resolution, Some(resolution.to_owned()), limit)
    }

    /// What is left after taking an amount.
    ///
    /// # Errors
    /// When it would fall below zero.
    pub fn less(&self, reserve: &str, amount: Money) -> Result<Money, Refusal> {
        match self.available.checked_sub(amount) {
            Some(left) if !left.is_negative() && amount.is_positive() => Ok(left),
            _ => Err(Refusal::new(
                "below-zero",
                Text::new(
                    format!("额度{reserve}只剩{}元，不够{amount}元", self.available),
                    format!("{reserve} has {} yuan left, not {amount}", self.available),
                ),
                Text::new(
                    "请减少金额，或者按程序调整预算",
                    "Ask for less, or change the budget by a resolution",
                ),
            )
            .by_law(law("RCEO 26(7)"))
            .at("amount")),
        }
    }

    /// Keeps an amount for a payment.
    ///
    /// # Errors
    /// When it is more than what is available, or the payment holds some already.
    pub fn reserve(&self, id: &str, payment: &str, amount: Money) -> Result<Draft, Verdict> {
        if self.reserved.contains_key(payment) {
            return Err(held_already(id).into());
        }
        let available = self.less(id, amount)?;
        let reserved = AmountReserved {
            reserve: id.to_owned(),
            payment: payment.to_owned(),
            amount,
            available,
        };
        fact(stream(id), "amount-reserved.v1", &reserved)
    }

    /// Gives a part to a line or a grant.
    ///
    /// # Errors
    /// When it is more than what is available.
    pub fn allot(&self, id: &str, to: &str, amount: Money) -> Result<Draft, Verdict> {
        let available = self.less(id, amount)?;
        let allotted =
            AmountAllotted { reserve: id.to_owned(), to: to.to_owned(), amount, available };
        fact(stream(id), "amount-allotted.v1", &allotted)
    }

    /// Turns what a payment holds into spent.
    ///
    /// # Errors
    /// When the payment does not hold exactly this amount.
    pub fn spend(&self, id: &str, payment: &str, amount: Money) -> Result<Draft, Verdict> {
        self.holds(id, payment, amount)?;
        let spent = AmountSpent { reserve: id.to_owned(), payment: payment.to_owned(), amount };
        fact(stream(id), "amount-spent.v1", &spent)
    }

    /// Gives back what a payment holds.
    ///
    /// # Errors
    /// When the payment does not hold exactly this amount.
    pub fn release(&self, id: &str, payment: &str, amount: Money) -> Result<Draft, Verdict> {
        self.holds(id, payment, amount)?;
        let released = ReservationReleased {
            reserve: id.to_owned(),
            payment: payment.to_owned(),
            amount,
            available: self.available.saturating_add(amount),
        };
        fact(stream(id), "reservation-released.v1", &released)
    }

    fn holds(&self, id: &str, payment: &str, amount: Money) -> Result<(), Refusal> {
        if self.reserved.get(payment) == Some(&amount) {
            return Ok(());
        }
        Err(Refusal::new(
            "nothing-reserved",
            Text::new(
                format!("额度{id}没有为这笔付款留{amount}元"),
                format!("{id} does not keep {amount} yuan for this payment"),
            ),
            Text::new("请先申请付款", "Request the payment first"),
        )
        .by_law(law("RCEO 26(7)")))
    }

    /// The state after an event of the stream.
    pub fn evolve(this: Option<Self>, event: &Event) -> Option<Self> {
        let opened =
            |source, resolution, amount| Some(Self::new(&event.unit, source, resolution, amount));
        match (event.fact(), this) {
            ("budget-adopted.v1", None) => {
                let adopted: BudgetAdopted = event.read().ok()?;
                opened(Source::Budget, Some(adopted.resolution), adopted.amount)
            }
            ("fund-received.v1", None) => {
                let received: FundReceived = event.read().ok()?;
                opened(Source::Grant, received.resolution, received.amount)
            }
            ("resolution-limit-opened.v1", None) => {
                let limit: ResolutionLimitOpened = event.read().ok()?;
                opened(Source::Resolution, Some(limit.resolution), limit.limit)
            }
            (_, None) => None,
            (kind, Some(mut reserve)) => {
                reserve.apply(kind, event);
                Some(reserve)
            }
        }
    }

    fn apply(&mut self, kind: &str, event: &Event) {
        match kind {
            "amount-reserved.v1" => {
                if let Ok(e) = event.read::<AmountReserved>() {
                    self.available = self.available.saturating_sub(e.amount);
                    self.reserved.insert(e.payment, e.amount);
                }
            }
            "amount-allotted.v1" => {
                if let Ok(e) = event.read::<AmountAllotted>() {
                    self.available = self.available.saturating_sub(e.amount);
                    self.allotted = self.allotted.saturating_add(e.amount);
                }
            }
            "amount-spent.v1" => {
                if let Ok(e) = event.read::<AmountSpent>() {
                    self.reserved.remove(&e.payment);
                    self.spent = self.spent.saturating_add(e.amount);
                }
            }
            "amount-returned.v1" => {
                if let Ok(e) = event.read::<AmountReturned>() {
                    self.available = self.available.saturating_sub(e.amount);
                    self.returned = self.returned.saturating_add(e.amount);
                }
            }
            "reservation-released.v1" => {
                if let Ok(e) = event.read::<ReservationReleased>() {
                    self.reserved.remove(&e.payment);
                    self.available = self.available.saturating_add(e.amount);
                }
            }
            _ => {}
        }
    }
}

fn held_already(reserve: &str) -> Refusal {
    Refusal::new(
        "reserved-already",
        Text::new(
            format!("额度{reserve}已经为这笔付款留了钱"),
            format!("{reserve} keeps money for this payment already"),
        ),
        Text::new("请接着办理这笔付款", "Go on with this payment"),
    )
    .by_law(law("RCEO 26(7)"))
}
