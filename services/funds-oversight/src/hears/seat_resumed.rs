//! `seat-resumed.v1`: the holder of a suspended seat may act in it again.

use kernel::Event;
use serde::Deserialize;

use super::known::Known;

#[derive(Deserialize)]
struct SeatResumed {
    seat: String,
}

pub(super) fn apply(
    this: Option<Known>,
    event: &Event,
) -> Result<Option<Known>, serde_json::Error> {
    let resumed: SeatResumed = event.read()?;
    Ok(this.map(|known| match known {
        Known::Seats(mut seats) => {
            if let Some(seat) = seats.seats.get_mut(&resumed.seat) {
                seat.suspended = false;
            }
            Known::Seats(seats)
        }
        other => other,
    }))
}
