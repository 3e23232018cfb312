//! What a process of any service is made of: store, keys, committer, publisher, relay, readers. Knows no service.

pub mod clock;
pub mod holidays;
pub mod secrets;
