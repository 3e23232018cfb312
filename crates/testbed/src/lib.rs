//! Real servers for tests, on free loopback ports and in temporary folders; knows nothing of events, services or the domain.
//!
//! Every server is stopped when its handle is dropped, and also when the test process
//! dies without dropping anything (see [`process`]). Only processes started here are ever
//! signalled. What is missing on the machine is said with its remedy: `cargo xtask setup`.
#![allow(
    clippy::disallowed_methods,
    reason = "tests wait for real servers, so this crate alone reads the machine's clock"
)]

pub mod chromium;
pub mod clock;
pub mod cunwu;
pub mod find;
pub mod nats;
pub mod postgres;
pub mod process;

mod net;

pub use chromium::Driver;
pub use clock::Clock;
pub use cunwu::Cunwu;
pub use nats::Nats;
pub use net::{free_port, http_get};
pub use postgres::Postgres;

/// What to do when a part is missing; ends every such error.
pub const REMEDY: &str = "run `cargo xtask setup`";
