//! Money that a level above gives for a purpose (资金下达), stream `allocation/<id>`, in the giver's log. The unit that gets
//! it answers in its own log ([`super::grant`]); what it said is heard and recorded here. Knows no book.

use kernel::{Draft, Event, Money, Refusal, StreamId, Text, UnitId, Verdict};
use serde::{Deserialize, Serialize};

use super::{fact, is_id, voucher::LARGEST};
use crate::{rules::law, scene::Scene};

/// `fund-allocated.v1` (资金下达): the offer. What for lies beside the log, for everybody to read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FundAllocated {
    /// The allocation.
    pub allocation: String,
    /// The document number.
    pub reference: String,
    /// Who gets it.
    pub to_unit: UnitId,
    /// In fen.
    pub amount: Money,
    /// The unit that keeps the log.
    pub keeper: UnitId,
}

/// `allocation-taken.v1`, `allocation-taken-in-part.v1`, `allocation-refused.v1` (村里答复): what was heard from who gets it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AllocationAnswered {
    /// The allocation.
    pub allocation: String,
    /// What came into the book there, in fen.
    pub accepted: Money,
    /// What of the offer was not taken, in fen.
    pub difference: Money,
}

/// `allocation-closed.v1` (资金结清): every fen is accounted for, or the difference is named.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AllocationClosed {
    /// The allocation.
    pub allocation: String,
    /// Spent there, in fen.
    pub spent: Money,
    /// Came back, in fen.
    pub returned: Money,
    /// What neither side can show, in fen: zero where the sums agree.
    pub difference: Money,
}

/// The state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Allocation {
    /// Who gives.
    pub unit: UnitId,
    /// The offer as it stands in the log.
    pub offer: FundAllocated,
    /// What was taken, once it was answered, in fen.
    pub accepted: Option<Money>,
    /// It is over.
    pub closed: bool,
}

/// The stream of an allocation.
pub fn stream(allocation: &str) -> StreamId {
    StreamId::of("allocation", allocation)
}

/// Offers money (资金下达).
///
/// # Errors
/// When it is no amount, no document number, or to oneself.
pub fn allocate(scene: &Scene<'_>, offer: &FundAllocated) -> Result<Draft, Verdict> {
    if scene.allocation(&offer.allocation).is_some() {
        return Err(not_now(Text::new("已经下达", "It was offered already")).into());
    }
    if !offer.amount.is_positive() || offer.amount > LARGEST {
        return Err(Refusal::field(
            "amount",
            Text::new("金额应大于零", "The amount is above zero"),
            Text::new("请填写下达金额，例如60000.00", "Give the amount, such as 60000.00"),
        )
        .into());
    }
    let to = offer.to_unit.as_str();
    if !is_id(&offer.reference) || !is_id(to) || to == scene.unit().as_str() {
        return Err(Refusal::field(
            "to_unit",
            Text::new("文号或收款单位不对", "The document number or the unit is not right"),
            Text::new(
                "文号用字母、数字和连字符；收款单位不能是自己",
                "A number of letters, digits and hyphens; another unit than one's own",
            ),
        )
        .into());
    }
    fact(stream(&offer.allocation), "fund-allocated.v1", offer)
}

/// Records what was heard from who gets it.
///
/// # Errors
/// When it was answered already, or more than the offer is said to be taken.
pub fn hear_answer(
    id: &str,
    allocation: &Allocation,
    kind: &str,
    accepted: Money,
) -> Result<Draft, Verdict> {
    let difference = allocation.offer.amount.saturating_sub(accepted);
    if allocation.accepted.is_some() || accepted.is_negative() || difference.is_negative() {
        return Err(not_now(Text::new("已经答复", "It is answered")).into());
    }
    let answered = AllocationAnswered { allocation: id.to_owned(), accepted, difference };
    fact(stream(id), kind, &answered)
}

/// Records what became of it; what the two sides' sums leave open is named.
///
/// # Errors
/// When it was not taken, or is closed.
pub fn hear_close(
    id: &str,
    allocation: &Allocation,
    spent: Money,
    returned: Money,
) -> Result<Draft, Verdict> {
    let accepted = match allocation.accepted {
        Some(accepted) if !allocation.closed => accepted,
        _ => {
            return Err(
                not_now(Text::new("还没有答复或者已经结清", "Not answered, or closed")).into()
            );
        }
    };
    let difference = accepted.saturating_sub(spent).saturating_sub(returned);
    let closed = AllocationClosed { allocation: id.to_owned(), spent, returned, difference };
    fact(stream(id), "allocation-closed.v1", &closed)
}

pub(crate) fn not_now(what: Text) -> Refusal {
    Refusal::new(
        "not-now",
        what,
        Text::new("请按资金的下一步办理", "Do what comes next for this money"),
    )
    .by_law(law("FIN-2021"))
}

impl Allocation {
    /// The state after an event of the stream.
    pub fn evolve(this: Option<Self>, event: &Event) -> Option<Self> {
        match (event.fact(), this) {
            ("fund-allocated.v1", None) => Some(Self {
                unit: event.unit.clone(),
                offer: event.read().ok()?,
                accepted: None,
                closed: false,
            }),
            (kind, Some(mut allocation)) => {
                match kind {
                    "allocation-taken.v1"
                    | "allocation-taken-in-part.v1"
                    | "allocation-refused.v1" => {
                        let answered = event.read::<AllocationAnswered>();
                        allocation.accepted = answered.ok().map(|a| a.accepted);
                    }
                    "allocation-closed.v1" => allocation.closed = true,
                    _ => {}
                }
                Some(allocation)
            }
            (_, None) => None,
        }
    }
}
