//! Engines: what definitions run on. They know order, people, votes, clocks; they know no mechanism.
//!
//! Architecture invariant: pure. No clock, no randomness, no IO; and no word of any single mechanism.

pub mod cases;
pub mod ledger;
pub mod procedure;
pub mod register;
pub mod rehearsal;
pub mod report;
pub mod watch;
