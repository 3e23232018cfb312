//! The staff's side: the desk's office, what may be chosen, papers that are sent, and the pages of bookkeeping that no
//! procedure orders. Decides nothing.

pub mod acts;
pub mod choices;
pub mod office;
pub mod papers;
mod warned;

pub use office::{FundsOffice, Parts};
