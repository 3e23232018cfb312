//! The procedure engine: who acts, in which order, with which quorum, notice and deadline. Knows no mechanism.

mod act;
mod decide;
mod facts;
mod history;
mod show;

pub use act::{Act, Attendee, Channel, Count, Outcome, Sealing, Sitting};
pub use decide::{decide, lapse};
pub use facts::{Facts, GuardInput, Roll};
pub use history::{Happened, History, OpenWindow};
pub use show::{Open, Row, Status, open_steps, stepper};
