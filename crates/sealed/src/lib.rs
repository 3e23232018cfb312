//! Sealed values: keys, the parts beside the logs, attachments, openings, erasure.
//!
//! Architecture invariant: keys lie in a database of their own with backups of their own, never in the service's. A
//! value is readable only with its key; erasing a person is deleting key, parts and files, and every start replays all
//! erasures. Knows no service, no page and no decision.
//!
//! - [`MasterKey`] wraps the keys; a default or example key is refused.
//! - [`Vault`] is the committer's [`store::Sealer`], opens parts with a record of each opening, and erases.
//! - [`Attachments`] keeps files.
//! - [`canary`] looks for planted values in files: for tests.

mod attachments;
pub mod canary;
mod cipher;
mod error;
mod keys;
mod master;
mod vault;

pub use attachments::{AttachmentRef, Attachments, MOST};
pub use error::SealedError;
pub use master::MasterKey;
pub use vault::{Opened, Opener, Opening, OpeningLog, Vault, VaultConfig};

/// Random bytes of the system. Keys and nonces never come from a seed: a nonce that repeats would give values away.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], SealedError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| SealedError::Random(error.to_string()))?;
    Ok(bytes)
}
