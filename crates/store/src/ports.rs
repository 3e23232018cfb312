//! What the committer is given: clock, randomness, calendar, sealing, signing. Knows no database.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use kernel::{Clock, Entropy, LogId, WorkCalendar};

use crate::faults::Faults;

/// A value to be sealed: bound to its place, so that a ciphertext moved elsewhere does not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainPart {
    /// Whose data it is: the key it is sealed under.
    pub subject: String,
    /// The log.
    pub log: LogId,
    /// The index; for the state of a closed stream its version.
    pub index: u64,
    /// The field; empty for a whole event of a closed log, `state:<stream>` for a state.
    pub field: String,
    /// For a field and an event: 32 bytes of salt and the JSON committed to. For a state: its JSON.
    pub bytes: Vec<u8>,
}

/// A ciphertext with the place that it is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CipherPart {
    /// Whose data it is.
    pub subject: String,
    /// The log.
    pub log: LogId,
    /// The index.
    pub index: u64,
    /// The field.
    pub field: String,
    /// What [`Sealer::seal`] gave.
    pub ciphertext: Vec<u8>,
}

/// Why sealing or opening failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SealError {
    /// The key store is out of reach for the moment.
    #[error("the key store is out of reach: {0}")]
    Unavailable(String),
    /// The ciphertext is not what was sealed for this place.
    #[error("the ciphertext of {log} {index} `{field}` is damaged or belongs elsewhere")]
    Damaged {
        /// The log.
        log: LogId,
        /// The index.
        index: u64,
        /// The field.
        field: String,
    },
}

/// Seals and opens values. Crate `sealed` has the real one.
#[async_trait]
pub trait Sealer: Send + Sync {
    /// Seals many at once; ciphertexts in their order, padded to size classes.
    async fn seal(&self, parts: &[PlainPart]) -> Result<Vec<Vec<u8>>, SealError>;
    /// Opens many at once; `None` where the key was erased.
    async fn open(&self, parts: &[CipherPart]) -> Result<Vec<Option<Vec<u8>>>, SealError>;
}

/// What one accepted command promises about one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchItem {
    /// The log.
    pub log: LogId,
    /// Index of the first entry.
    pub first_index: u64,
    /// The leaf hashes, in order.
    pub leaf_hashes: Vec<[u8; 32]>,
    /// When a published checkpoint will cover them at the latest, µs since 1970 UTC.
    pub include_by: i64,
}

/// Signs the promises of a whole batch at once (回执).
pub trait ReceiptSigner: Send + Sync {
    /// Promises in the order of the items.
    ///
    /// # Errors
    /// A sentence; the batch is then not written.
    fn sign_batch(&self, items: &[BatchItem]) -> Result<Vec<serde_json::Value>, String>;
}

/// Signs with an Ed25519 key, as `proof::receipt` says.
pub struct KeySigner {
    key: proof::SignerKey,
    origin: Box<dyn Fn(&LogId) -> String + Send + Sync>,
}

impl KeySigner {
    /// `origin` gives the name that a log has in its checkpoints.
    pub fn new(
        key: proof::SignerKey,
        origin: impl Fn(&LogId) -> String + Send + Sync + 'static,
    ) -> Self {
        Self { key, origin: Box::new(origin) }
    }
}

impl ReceiptSigner for KeySigner {
    fn sign_batch(&self, items: &[BatchItem]) -> Result<Vec<serde_json::Value>, String> {
        let promises = items
            .iter()
            .map(|item| proof::Promise {
                log: (self.origin)(&item.log),
                first_index: item.first_index,
                leaf_hashes: item
                    .leaf_hashes
                    .iter()
                    .filter_map(|h| proof::Hash::from_slice(h))
                    .collect(),
                include_by: item.include_by,
            })
            .collect();
        proof::sign_batch(promises, &self.key)
            .map_err(|error| error.to_string())?
            .iter()
            .map(|receipt| serde_json::to_value(receipt).map_err(|error| error.to_string()))
            .collect()
    }
}

/// How a committer behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// Refuse writing when the clock is more than 2 s from the database's. Off for a virtual clock (demo, tests).
    pub check_clock: bool,
    /// Keep the idempotency records for ever (payments), not 90 days.
    pub keep_keys: bool,
    /// How long a command waits for a foreign fact that is not known yet.
    pub wait_for_facts: Duration,
    /// Within what time entries of an open log are promised to be in a checkpoint.
    pub include_open: Duration,
    /// The same for closed logs, which publish at fixed hours.
    pub include_closed: Duration,
    /// Failures on purpose, for tests.
    pub faults: Faults,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            check_clock: true,
            keep_keys: false,
            wait_for_facts: Duration::from_secs(2),
            include_open: Duration::from_secs(3600),
            include_closed: Duration::from_secs(36 * 3600),
            faults: Faults::default(),
        }
    }
}

/// What a committer needs from outside.
pub struct Ports {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The door through which ids and salts enter.
    pub entropy: Entropy,
    /// Holidays and make-up working days.
    pub calendar: WorkCalendar,
    /// Seals what is not public.
    pub sealer: Arc<dyn Sealer>,
    /// Signs receipts.
    pub signer: Arc<dyn ReceiptSigner>,
    /// Key of the HMACs that stand for idempotency keys, bodies and claims. Never changes for a database.
    pub hmac_key: [u8; 32],
    /// How it behaves.
    pub options: Options,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_signature_a_batch_and_each_receipt_holds_by_itself() {
        let key = proof::SignerKey::from_seed("cunwu.example/receipts", &[4; 32]).unwrap();
        let keys = [key.verifier()];
        let signer = KeySigner::new(key, |log| format!("cunwu.example/logs/{log}"));
        let item = |n: u8| BatchItem {
            log: LogId::from("l1"),
            first_index: u64::from(n) * 2,
            leaf_hashes: vec![[n; 32], [n + 100; 32]],
            include_by: 1_772_668_800_000_000,
        };
        let promises = signer.sign_batch(&[item(0), item(1), item(2)]).unwrap();
        assert_eq!(promises.len(), 3);
        for (n, promise) in (0..).zip(promises) {
            let receipt: proof::Receipt = serde_json::from_value(promise).unwrap();
            receipt.verify(&keys).unwrap();
            assert_eq!(receipt.log, "cunwu.example/logs/l1");
            assert_eq!(receipt.promised(n * 2 + 1).unwrap().as_bytes()[0], 100 + n as u8);
        }
        assert!(signer.sign_batch(&[]).unwrap().is_empty());
    }
}
