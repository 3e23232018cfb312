//! Heard from funds: which payments were made under a resolution, to show how far it has come.
//!
//! `payment-requested.v1` and `payment-corrected.v1` tell which resolution a payment cites; `payment-executed.v1` tells that
//! it was made.

use kernel::{Date, Event, Money, StreamId};
use serde::{Deserialize, Serialize};

/// A payment that cites a resolution: a copy of funds' fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentHeard {
    /// The payment.
    pub payment: String,
    /// The resolution it cites.
    pub resolution: String,
}

/// Asks to record that a payment was made under a resolution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordDrawing {
    /// The resolution.
    pub resolution: String,
    /// The payment.
    pub payment: String,
    /// How much.
    pub amount: Money,
    /// The day.
    pub on: Date,
}

#[derive(Deserialize)]
struct Requested {
    payment: String,
    #[serde(default)]
    resolution: Option<String>,
}

#[derive(Deserialize)]
struct Executed {
    payment: String,
    amount: Money,
    on: Date,
}

/// The stream of the copy.
pub fn stream(payment: &str) -> StreamId {
    StreamId::foreign("funds", "payment", payment)
}

/// The copy that a payment's request leaves, when it cites a resolution.
pub fn copy(event: &Event) -> Option<(StreamId, PaymentHeard)> {
    let asks = ["cn.cunwu.funds.payment-requested.v1", "cn.cunwu.funds.payment-corrected.v1"];
    if !asks.contains(&event.kind.as_str()) {
        return None;
    }
    let requested: Requested = event.read().ok()?;
    let heard = PaymentHeard { resolution: requested.resolution?, payment: requested.payment };
    Some((stream(&heard.payment), heard))
}

/// The stream of the copy that an executed payment needs for its reaction.
pub fn needs(event: &Event) -> Option<StreamId> {
    if event.kind != "cn.cunwu.funds.payment-executed.v1" {
        return None;
    }
    event.read::<Executed>().ok().map(|executed| stream(&executed.payment))
}

/// The command that an executed payment becomes; its key is the event's id. `None`: it cites no resolution.
pub fn reaction(event: &Event, copy: Option<&PaymentHeard>) -> Option<RecordDrawing> {
    needs(event)?;
    let executed: Executed = event.read().ok()?;
    let copy = copy.filter(|copy| copy.payment == executed.payment)?;
    Some(RecordDrawing {
        resolution: copy.resolution.clone(),
        payment: executed.payment,
        amount: executed.amount,
        on: executed.on,
    })
}
