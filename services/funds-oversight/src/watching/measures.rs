//! Measures (量度): what watches ask that is no formula. Each says what it takes and what it gives.

use kernel::Date;

use crate::hears::{Conflicts, Seats};

/// `kin(payee) -> yes or no`: the payee is kin of somebody who holds a seat in the unit (近亲属). Unknown counts as no: a warning needs
/// a ground, and whoever decides about the payment is refused without one already.
pub const KIN: &str = "kin";
/// `lowest(bank, cash) -> money`: the lower of the two.
pub const LOWEST: &str = "lowest";

/// The lower of two sums.
pub fn lowest(bank: i64, cash: i64) -> i64 {
    bank.min(cash)
}

/// The office holders of the unit who are kin of a person, in the order of their names.
pub fn kin(person: &str, seats: &Seats, conflicts: &Conflicts, on: Date) -> Vec<String> {
    let held = seats.seats.values().filter(|seat| seat.is_held(on));
    let mut kin: Vec<String> = held
        .filter(|seat| {
            let behind = seat
                .person
                .as_deref()
                .or_else(|| conflicts.holders.get(&seat.holder).map(String::as_str));
            behind.is_some_and(|behind| conflicts.between(behind, person) == Some(true))
        })
        .map(|seat| seat.holder.clone())
        .collect();
    kin.sort();
    kin.dedup();
    kin
}
