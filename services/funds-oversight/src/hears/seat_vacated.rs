//! `seat-vacated.v1`: the seat ended; its last day stays known, because who acted is still judged by it.

use kernel::{Date, Event};
use serde::Deserialize;

use super::known::Known;

#[derive(Deserialize)]
struct SeatVacated {
    seat: String,
    on: Date,
}

pub(super) fn apply(
    this: Option<Known>,
    event: &Event,
) -> Result<Option<Known>, serde_json::Error> {
    let vacated: SeatVacated = event.read()?;
    Ok(this.map(|known| match known {
        Known::Seats(mut seats) => {
            if let Some(seat) = seats.seats.get_mut(&vacated.seat) {
                // The day of leaving no longer counts as held.
                seat.to = Some(vacated.on.yesterday().unwrap_or(vacated.on));
            }
            Known::Seats(seats)
        }
        other => other,
    }))
}
