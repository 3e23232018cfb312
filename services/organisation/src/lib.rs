//! Organisation (组织): who leads the village, and how each decision is made.
//!
//! Owns units of the hierarchy, adopted definitions, seats, declared conflicts, resolutions with their proposals, and
//! accounts. Its decisions are pure; what is shown and served is computed from its events.

mod acting;
pub mod bodies;
pub mod cases;
pub mod catalogue;
pub mod command;
mod concern;
pub mod contract;
pub mod domain;
pub mod facts;
mod forming;
pub mod hears;
pub mod http;
pub mod indicators;
mod known;
pub mod laws;
pub mod matters;
pub mod rules;
pub mod shows;
pub mod staff;

pub use command::{Ask, State};
pub use domain::Organisation;
pub use staff::{Ports, Service, import::import_divisions};

/// The producer's name in types, subjects and foreign streams.
pub const SERVICE: &str = "organisation";
