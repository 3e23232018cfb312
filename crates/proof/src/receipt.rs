//! The signed promise (回执) that a command's events will be in the log; knows no commands and no clock.
//!
//! One Ed25519 signature covers a whole batch: each promise is a leaf of the batch's tree, and its receipt
//! carries the path from the leaf to the signed root.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    hash::{Hash, leaf_hash},
    memory::MemoryTree,
    note::{KeyKind, SignerKey, VerifierKey},
    tree::{ProofError, root_from_path},
    wire,
};

/// Names the format and separates the signed message from all others.
pub const FORMAT: &str = "cunwu-receipt/v1";

/// What is promised: these leaves will stand in this log from this index on, at the latest by that time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// Origin of the log.
    pub log: String,
    /// Index of the first entry.
    pub first_index: u64,
    /// Leaf hashes of the entries, in order; at least one.
    pub leaf_hashes: Vec<Hash>,
    /// When a published checkpoint will cover them at the latest, µs since 1970 UTC.
    pub include_by: i64,
}

/// A promise with its proof (回执): JSON, self-contained, verified offline with the service's receipt key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Always [`FORMAT`].
    pub format: String,
    /// Origin of the log.
    pub log: String,
    /// Index of the first entry.
    pub first_index: u64,
    /// Leaf hashes of the entries, in order.
    pub leaf_hashes: Vec<Hash>,
    /// When a published checkpoint will cover them at the latest, µs since 1970 UTC.
    pub include_by: i64,
    /// Number of promises in the batch.
    pub batch_size: u64,
    /// Root over the batch's promises; this is what is signed.
    pub batch_root: Hash,
    /// Position of this promise in the batch.
    pub position: u64,
    /// Inclusion path of this promise in the batch's tree.
    pub path: Vec<Hash>,
    /// Name of the key that signed.
    pub key_name: String,
    /// Id of the key that signed, 8 hexadecimal digits.
    pub key_id: String,
    /// Ed25519 signature over the batch.
    #[serde(with = "wire::base64_bytes")]
    pub signature: Vec<u8>,
}

/// Why receipts can't be made or one does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReceiptError {
    /// Another format or version.
    #[error("this is a receipt of format {found:?}, expected {FORMAT:?}")]
    Format {
        /// Format that the file states.
        found: String,
    },
    /// The promise has no entries, or their indices exceed 64 bits.
    #[error("receipt of {log} at {first_index}: it promises no entry, or indices beyond 64 bits")]
    NoEntries {
        /// Origin of the log.
        log: String,
        /// Index of the first entry.
        first_index: u64,
    },
    /// The promise is not part of the signed batch: log, index, leaf hashes or time were changed, or the path.
    #[error(
        "receipt of {log} at {first_index}: log, index, leaf hashes, time or path are not those signed: {source}"
    )]
    NotInBatch {
        /// Origin of the log.
        log: String,
        /// Index of the first entry.
        first_index: u64,
        /// How the path fails.
        source: ProofError,
    },
    /// None of the reader's keys has this name and id.
    #[error(
        "receipt of {log} at {first_index}: signed by {key_name}+{key_id}, which is not a known key"
    )]
    UnknownKey {
        /// Origin of the log.
        log: String,
        /// Index of the first entry.
        first_index: u64,
        /// Name of the key.
        key_name: String,
        /// Id of the key.
        key_id: String,
    },
    /// The signature does not match the batch's root and size.
    #[error(
        "receipt of {log} at {first_index}: the signature of {key_name} does not match the batch's root and size"
    )]
    BadSignature {
        /// Origin of the log.
        log: String,
        /// Index of the first entry.
        first_index: u64,
        /// Name of the key.
        key_name: String,
    },
}

impl Promise {
    /// The promise's leaf in the batch's tree: hash of a canonical binary form, every part with its length, so
    /// that two different promises can't have one form.
    pub fn leaf(&self) -> Hash {
        promise_leaf(&self.log, self.first_index, &self.leaf_hashes, self.include_by)
    }
}

fn promise_leaf(log: &str, first_index: u64, leaf_hashes: &[Hash], include_by: i64) -> Hash {
    let mut bytes = Vec::with_capacity(64 + log.len() + leaf_hashes.len() * Hash::LEN);
    bytes.extend_from_slice(FORMAT.as_bytes());
    bytes.extend_from_slice(b" promise\0");
    bytes.extend_from_slice(&(log.len() as u64).to_be_bytes());
    bytes.extend_from_slice(log.as_bytes());
    bytes.extend_from_slice(&first_index.to_be_bytes());
    bytes.extend_from_slice(&include_by.to_be_bytes());
    bytes.extend_from_slice(&(leaf_hashes.len() as u64).to_be_bytes());
    leaf_hashes.iter().for_each(|hash| bytes.extend_from_slice(hash.as_bytes()));
    leaf_hash(&bytes)
}

/// The signed message. Its zero byte can be in no note, so no signed note passes for a batch or the reverse.
fn batch_message(size: u64, root: &Hash) -> Vec<u8> {
    let mut message = Vec::with_capacity(80);
    message.extend_from_slice(FORMAT.as_bytes());
    message.extend_from_slice(b" batch\0");
    message.extend_from_slice(&size.to_be_bytes());
    message.extend_from_slice(root.as_bytes());
    message
}

fn covers_entries(first_index: u64, leaf_hashes: &[Hash]) -> bool {
    !leaf_hashes.is_empty() && first_index.checked_add(leaf_hashes.len() as u64).is_some()
}

/// Signs a batch of promises at once; receipts in the order of the promises. An empty batch signs nothing.
///
/// Fails, with nothing signed, if one of them promises no entry.
pub fn sign_batch(promises: Vec<Promise>, key: &SignerKey) -> Result<Vec<Receipt>, ReceiptError> {
    if let Some(Promise { log, first_index, .. }) =
        promises.iter().find(|promise| !covers_entries(promise.first_index, &promise.leaf_hashes))
    {
        return Err(ReceiptError::NoEntries { log: log.clone(), first_index: *first_index });
    }
    if promises.is_empty() {
        return Ok(Vec::new());
    }
    let tree = MemoryTree::from_leaves(promises.iter().map(Promise::leaf).collect());
    let (batch_size, batch_root) = (tree.size(), tree.root());
    let signature = key.sign_bytes(&batch_message(batch_size, &batch_root)).to_vec();
    let key_id = format!("{:08x}", key.verifier().id());
    (0..)
        .zip(promises)
        .map(|(position, Promise { log, first_index, leaf_hashes, include_by })| {
            // The position is in the tree by construction; the error is passed on rather than assumed away.
            let path = tree.inclusion_proof(position).map_err(|_| ReceiptError::NotInBatch {
                log: log.clone(),
                first_index,
                source: ProofError::NoSuchLeaf { index: position, size: batch_size },
            })?;
            Ok(Receipt {
                format: FORMAT.to_owned(),
                log,
                first_index,
                leaf_hashes,
                include_by,
                batch_size,
                batch_root,
                position,
                path,
                key_name: key.name().to_owned(),
                key_id: key_id.clone(),
                signature: signature.clone(),
            })
        })
        .collect()
}

impl Receipt {
    /// Verifies the receipt offline against the receipt keys that the reader trusts.
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<(), ReceiptError> {
        let (log, first_index) = (self.log.clone(), self.first_index);
        if self.format != FORMAT {
            return Err(ReceiptError::Format { found: self.format.chars().take(60).collect() });
        }
        if !covers_entries(first_index, &self.leaf_hashes) {
            return Err(ReceiptError::NoEntries { log, first_index });
        }
        let leaf = promise_leaf(&self.log, first_index, &self.leaf_hashes, self.include_by);
        let reached = root_from_path(&leaf, self.position, self.batch_size, &self.path);
        let outside = match reached {
            Ok(computed) if computed == self.batch_root => None,
            Ok(computed) => Some(ProofError::Root { computed, expected: self.batch_root }),
            Err(source) => Some(source),
        };
        if let Some(source) = outside {
            return Err(ReceiptError::NotInBatch { log, first_index, source });
        }
        let message = batch_message(self.batch_size, &self.batch_root);
        let named = |key: &&VerifierKey| {
            key.kind() == KeyKind::Note
                && key.name() == self.key_name
                && format!("{:08x}", key.id()) == self.key_id
        };
        let mut known = keys.iter().filter(named).peekable();
        if known.peek().is_none() {
            let (key_name, key_id) = (self.key_name.clone(), self.key_id.clone());
            return Err(ReceiptError::UnknownKey { log, first_index, key_name, key_id });
        }
        if !known.any(|key| key.verifies(&message, &self.signature)) {
            return Err(ReceiptError::BadSignature {
                log,
                first_index,
                key_name: self.key_name.clone(),
            });
        }
        Ok(())
    }

    /// The leaf hash promised for `index`, if the promise covers it: what a log is held to.
    pub fn promised(&self, index: u64) -> Option<Hash> {
        let offset = usize::try_from(index.checked_sub(self.first_index)?).ok()?;
        self.leaf_hashes.get(offset).copied()
    }
}
