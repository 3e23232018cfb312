//! Casework (事项): a service whose mechanisms are definitions alone, with all their events local. Knows no mechanism.
//!
//! Cases lie in streams `<kind>/<id>`; their state is the engine's history. Order, people, clocks and words come from the
//! definitions; competence comes from organisation's seats, of which copies are kept. A definition that binds an event of a
//! core is refused by the checker, because the [`catalogue()`] of such a service has none; its one guard is that nobody acts
//! in a matter of their own or their kin's. Cases of a closed log are sealed whole ([`closed`]).
//!
//! - [`Casework`] decides; [`FromOrganisation`] hears; [`Board`] and [`Directory`] are the tables of the desk;
//!   [`CaseOffice`] is the desk's office; [`trial`] runs the cases beside the definitions; [`contract`] says what is written.

pub mod board;
pub mod books;
pub mod case;
pub mod catalogue;
pub mod closed;
pub mod conflicts;
pub mod contract;
pub mod directory;
pub mod domain;
pub mod hears;
pub mod office;
pub mod openings;
pub mod own;
pub mod scene;
pub mod sealed_case;
pub mod sight;
pub mod state;
pub mod take;
pub mod trial;

pub use board::Board;
pub use case::Case;
pub use catalogue::catalogue;
pub use directory::Directory;
pub use domain::{Casework, Service};
pub use hears::FromOrganisation;
pub use office::{CaseOffice, Parts};
pub use openings::{KeepsOpenings, Openings};
pub use sight::Sight;
pub use state::State;
pub use take::{Ask, Take};
