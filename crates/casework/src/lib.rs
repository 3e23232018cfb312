//! Casework (事项): a service whose mechanisms are definitions alone, with all their events local. Knows no mechanism.
//!
//! Cases lie in streams `<kind>/<id>`; their state is the engine's history. Order, people, clocks and words come from the
//! definitions; competence comes from organisation's seats, of which copies are kept. A definition that names a guard or
//! binds an event of a core is refused by the checker, because the [`catalogue()`] of such a service has neither.
//!

pub mod catalogue;
pub mod contract;
pub mod domain;
pub mod hears;
pub mod scene;
pub mod state;
pub mod take;
pub mod trial;

pub use catalogue::catalogue;
pub use domain::{Casework, Service};
pub use hears::FromOrganisation;
pub use state::State;
pub use take::{Ask, Take};
