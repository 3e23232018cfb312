//! The IO half of transparency: signs checkpoints, keeps tiles as files, serves both. The arithmetic is in `proof`.
//!
//! Architecture invariant: a checkpoint is signed only over tiles that were written, read back and hashed again, only in
//! continuation of the last root that this signer signed, and that last root is kept outside the data folder. A restored
//! backup or a second history is refused, never signed.

mod files;
mod publisher;
mod routes;
mod state;

pub use files::{LogFolder, read_tile};
pub use publisher::{PublishError, Published, Publisher};
pub use routes::{ServedLogs, routes};
pub use state::{SignedState, SignerState};

/// The origin of a log: its name in checkpoints and the name of the key that signs them.
pub fn origin(log: &kernel::LogId) -> String {
    format!("cunwu/{log}")
}
