//! `seat-suspended.v1`: the holder may not act in this seat for now.

use kernel::Event;
use serde::Deserialize;

use super::known::Known;

#[derive(Deserialize)]
struct SeatSuspended {
    seat: String,
}

pub(super) fn apply(
    this: Option<Known>,
    event: &Event,
) -> Result<Option<Known>, serde_json::Error> {
    let suspended: SeatSuspended = event.read()?;
    Ok(this.map(|known| match known {
        Known::Seats(mut seats) => {
            if let Some(seat) = seats.seats.get_mut(&suspended.seat) {
                seat.suspended = true;
            }
            Known::Seats(seats)
        }
        other => other,
    }))
}
