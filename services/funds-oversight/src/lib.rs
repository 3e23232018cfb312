//! funds-oversight (资金监管): where every fen of the collective's money goes. The pure domain: facts, rules, what is
//! heard from organisation, and decisions. No database, no clock, no network.

pub mod ask;
pub mod catalogue;
pub mod contract;
pub mod facts;
pub mod funds;
pub mod hears;
pub mod procedures;
pub mod rules;
pub mod scene;
pub mod state;

pub use ask::Ask;
pub use catalogue::catalogue;
pub use funds::Funds;
pub use state::State;
