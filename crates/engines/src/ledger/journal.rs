//! The journal (流水): all bookings of a ledger in order, each with its day and what brought it about.

use kernel::Date;
use serde::{Deserialize, Serialize};

use super::{Booking, Ledger, Short};

/// One booking of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// The event that brought it about: no event brings about two.
    pub source: String,
    /// The day on which it was booked; a correction has its own, never that of what it corrects.
    pub on: Date,
    /// The source of the booking that it takes back.
    pub reverses: Option<String>,
    /// The lines.
    pub booking: Booking,
}

/// Why a booking does not go into the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unposted {
    /// This event has a booking.
    Again,
    /// It is dated before the last one.
    Backdated,
    /// What it takes back is not there, was taken back, or is something else.
    NotItsReversal,
    /// An account has not so much.
    Short(Short),
}

/// All bookings of one ledger, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Journal {
    postings: Vec<Posting>,
    ledger: Ledger,
}

impl Journal {
    /// With one booking more.
    ///
    /// # Errors
    /// When the event has one already, the day lies before the last, what is taken back is not there, or an account is short.
    pub fn post(
        &mut self,
        posting: Posting,
        may_fall_below_zero: impl Fn(&str) -> bool,
    ) -> Result<(), Unposted> {
        if self.postings.iter().any(|other| other.source == posting.source) {
            return Err(Unposted::Again);
        }
        if self.postings.last().is_some_and(|last| posting.on < last.on) {
            return Err(Unposted::Backdated);
        }
        if let Some(of) = &posting.reverses {
            let taken = self.postings.iter().any(|p| p.reverses.as_ref() == Some(of));
            let is_its = self.postings.iter().any(|p| {
                p.source == *of && p.reverses.is_none() && p.booking.reversed() == posting.booking
            });
            if taken || !is_its {
                return Err(Unposted::NotItsReversal);
            }
        }
        self.ledger =
            self.ledger.book(&posting.booking, may_fall_below_zero).map_err(Unposted::Short)?;
        self.postings.push(posting);
        Ok(())
    }

    /// All bookings, in order.
    pub fn postings(&self) -> &[Posting] {
        &self.postings
    }

    /// What stands on the accounts now.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What stood on an account at the end of a day.
    pub fn balance_at(&self, account: &str, day: Date) -> i64 {
        let until = self.postings.iter().filter(|posting| posting.on <= day);
        let lines = until.flat_map(|posting| posting.booking.lines());
        lines.filter(|line| line.account == account).map(|line| line.amount).sum()
    }
}
