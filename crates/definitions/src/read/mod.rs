//! Reads definition files: TOML with a line for everything, unknown keys refused, the nearest name offered.

mod cases;
mod citations;
mod field;
pub mod keys;
mod ledger;
mod procedure;
mod step;
mod table;
mod vote;

pub(crate) use cases::cases;
pub(crate) use citations::citations;
pub(crate) use procedure::{definition, parameters};
pub(crate) use table::{Reader, Table, did_you_mean, whole};
