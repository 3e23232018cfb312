//! What a step of a procedure books: accounts and amounts resolved from what was typed and is known.

use definitions::{Books, Definition, Step};
use kernel::Refusal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Booking;

/// A booking that a step brings about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booked {
    /// The ledger.
    pub ledger: String,
    /// The event's type without the producer's prefix.
    pub fact: String,
    /// The article behind the ledger.
    pub law: String,
    /// The lines.
    pub booking: Booking,
    /// The accounts in it that may fall below zero.
    pub below_zero: Vec<String>,
    /// The number of the case's event whose booking it takes back, from 1.
    pub reverses: Option<u64>,
}

/// A booking as the case's own event says it: what a later step needs to take it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The ledger.
    pub ledger: String,
    /// The lines.
    pub lines: Booking,
    /// The number of the case's event whose booking it takes back, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverses: Option<u64>,
}

impl Booked {
    /// As the case's own event says it.
    pub fn entry(&self) -> Entry {
        Entry { ledger: self.ledger.clone(), lines: self.booking.clone(), reverses: self.reverses }
    }
}

/// What a step books; `amount` computes a formula of it.
///
/// # Errors
/// A refusal, when the amount is not above zero or an account cannot be named.
pub fn booked(
    definition: &Definition,
    step: &Step,
    values: &Map<String, Value>,
    amount: impl Fn(&Books) -> Result<i64, Refusal>,
    nothing: impl Fn() -> Refusal,
) -> Result<Vec<Booked>, Refusal> {
    let mut all = Vec::new();
    for one in &step.books {
        let ledger = definition.ledger(&one.ledger).ok_or_else(&nothing)?;
        let mut below_zero = Vec::new();
        let mut key = |id: &str| {
            let account = ledger.account(id)?;
            let value =
                account.per.as_ref().and_then(|per| values.get(per)).and_then(Value::as_str);
            let key = account.key(value)?;
            if account.below_zero {
                below_zero.push(key.clone());
            }
            Some(key)
        };
        let (from, to) = (key(&one.from), key(&one.to));
        let (Some(from), Some(to)) = (from, to) else { return Err(nothing()) };
        let booking = Booking::new(&from, &to, amount(one)?).map_err(|_| nothing())?;
        all.push(Booked {
            ledger: ledger.id.clone(),
            fact: ledger.booked.1.clone(),
            law: ledger.law.clone(),
            booking,
            below_zero,
            reverses: None,
        });
    }
    Ok(all)
}

/// What a step takes back: the bookings of the steps that it names, which were not taken back before. `made` are the
/// bookings of the case, with the number of the event and the step that made each.
pub fn taken_back(
    definition: &Definition,
    step: &Step,
    made: &[(u64, &str, Entry)],
) -> Vec<Booked> {
    let gone = |number: u64| made.iter().any(|(_, _, entry)| entry.reverses == Some(number));
    let back = |(number, by, entry): &(u64, &str, Entry)| {
        let named = step.reverses.iter().any(|id| id == by);
        if !named || entry.reverses.is_some() || gone(*number) {
            return None;
        }
        let ledger = definition.ledger(&entry.ledger)?;
        let of = |account: &str| {
            let id = account.split('/').next().unwrap_or(account);
            ledger.account(id).is_some_and(|account| account.below_zero)
        };
        let below_zero: Vec<String> = entry
            .lines
            .lines()
            .iter()
            .filter(|line| of(&line.account))
            .map(|line| line.account.clone())
            .collect();
        Some(Booked {
            ledger: ledger.id.clone(),
            fact: ledger.reversed.as_ref()?.1.clone(),
            law: ledger.law.clone(),
            booking: entry.lines.reversed(),
            below_zero,
            reverses: Some(*number),
        })
    };
    made.iter().filter_map(back).collect()
}
