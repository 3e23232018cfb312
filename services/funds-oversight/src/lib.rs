//! funds-oversight (资金监管): where every fen of the collective's money goes. The pure domain: facts, rules, what is
//! heard from organisation, and decisions. Around it the service that people use: read models (`shows`), the staff's
//! office and pages (`staff`), the API (`http`). Facts, rules and decisions know no database, no clock and no network.

pub mod ask;
pub mod cases;
pub mod catalogue;
pub mod contract;
pub mod facts;
pub mod funds;
pub mod hears;
pub mod http;
mod letting;
pub mod procedures;
mod raising;
pub mod reports;
pub mod rules;
pub mod scene;
pub mod shows;
pub mod staff;
pub mod state;
pub mod steps;
pub mod watching;

pub use ask::Ask;
pub use catalogue::catalogue;
pub use funds::Funds;
pub use http::{Ports, Service};
pub use state::State;
