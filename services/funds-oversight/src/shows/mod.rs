//! Read models of funds-oversight: the board of cases, what is left of headroom, accounts and vouchers, and organisation's
//! units, seats and resolutions by name. Know events and SQL; no page, no clock, nothing sealed.

pub mod board;
pub mod directory;
pub mod ledger;
pub mod records;

use kernel::Verdict;
use store::StoreError;

pub use board::Board;
pub use directory::Directory;
pub use ledger::Ledger;

/// The database is out of reach: nothing was done.
pub fn away(error: StoreError) -> Verdict {
    Verdict::Unavailable(error.to_string())
}
