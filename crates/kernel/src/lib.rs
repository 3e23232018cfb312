//! The kernel: values of the field, units of the hierarchy, events, deciders and due dates.
//!
//! Architecture invariant: pure. Nothing here reads a clock, randomness, a file, a database or the network; time, ids
//! and salts are arguments. Nothing here knows a service or a mechanism.

pub mod actor;
pub mod calendar;
pub mod decide;
pub mod division;
pub mod entropy;
pub mod event;
pub mod ids;
pub mod memory;
pub mod money;
pub mod refusal;
pub mod sent;
pub mod text;
pub mod time;

pub use actor::{Actor, Seat};
pub use calendar::{Due, Period, WorkCalendar};
pub use decide::{
    Answer, Claim, Command, Context, Deadline, Decision, Domain, Loaded, Place, Receipt, Verdict,
};
pub use division::{DivisionCode, Level, VillageKind};
pub use entropy::Entropy;
pub use event::{AsOf, Class, Draft, Event, LogKind, Position, Retention, SealedValue};
pub use ids::{DefinitionRef, EventId, LogId, StreamId, UnitId};
pub use money::Money;
pub use refusal::{Citation, Refusal};
pub use sent::Sent;
pub use text::Text;
pub use time::{Clock, Date, Timestamp};
