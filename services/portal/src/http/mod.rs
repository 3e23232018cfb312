//! The pages and answers of the portal, a file each. Everything here only reads.

mod accounts;
mod api;
mod behind;
mod contracts;
mod decision;
mod decisions;
mod events;
mod frame;
mod funding;
mod home;
mod how;
mod indicators;
mod leads;
mod matters;
mod month;
mod payment;
mod print;
mod proof_box;
mod register;
mod report;
mod routes;
mod rule;
mod say;
mod search;
mod unit;
mod verify;
mod village;
mod voucher;

pub use frame::not_found;
pub(crate) use matters::found::Headlines;
pub use routes::{router, routes};
