//! The procedure engine: who acts, in which order, with which quorum, notice and deadline. Knows no mechanism.

mod act;
mod clock;
mod decide;
mod facts;
mod history;
mod order;
mod pause;
mod people;
mod requires;
mod roll;
mod say;
mod show;
mod values;
mod vote;

pub use act::{Act, Attendee, Channel, Count, ENGINE_KEYS, Outcome, Sealing, Sitting};
pub use decide::{decide, governing, lapse};
pub use facts::{Facts, GuardInput, Roll};
pub use history::{Happened, History, OpenWindow};
pub use pause::Span;
pub use people::named;
pub use show::{Open, Row, Status, open_steps, stepper};
