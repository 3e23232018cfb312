//! What organisation hears from other services: a file per service, reading the few fields it needs.

pub mod funds;
