//! `seat-filled.v1`: who holds which post from when to when. The person behind the holder is sealed: a grant for
//! conflict checks opens it, and without the grant those checks fail closed.

use kernel::{Date, Event};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::known::{HeldSeat, Known, Seats};

#[derive(Deserialize)]
struct SeatFilled {
    seat: String,
    holder: String,
    body: String,
    post: String,
    from: Date,
    to: Option<Date>,
}

pub(super) fn apply(
    this: Option<Known>,
    event: &Event,
    opened: &Map<String, Value>,
) -> Result<Known, serde_json::Error> {
    let SeatFilled { seat, holder, body, post, from, to } = event.read()?;
    let mut seats = match this {
        Some(Known::Seats(seats)) => seats,
        _ => Seats::default(),
    };
    let person = opened.get("person").and_then(Value::as_str).map(str::to_owned);
    let held = HeldSeat { holder, body, post, from, to, suspended: false, person };
    seats.seats.insert(seat, held);
    Ok(Known::Seats(seats))
}
