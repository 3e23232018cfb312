//! The arithmetic of the transparency log: hashes, trees, tiles, notes, receipts, proof files and the audit.
//!
//! Pure: no IO, no clock, no randomness, no knowledge of events or services. A newspaper or a resident can
//! build this crate alone and check everything a village's log claims.
//!
//! Standards followed: RFC 6962 §2.1 (hashing), RFC 9162 §2.1 (verification), C2SP tlog-tiles, tlog-checkpoint,
//! signed-note, tlog-cosignature (`cosignature/v1`) and tlog-witness (`add-checkpoint`).
//!
//! ```
//! use proof::*;
//!
//! // A log of three entries signs its size and root …
//! let key = SignerKey::from_seed("village.example/log", &[1; 32])?;
//! let tree = MemoryTree::from_leaves(["a", "b", "c"].map(|entry| leaf_hash(entry.as_bytes())).into());
//! let note = Checkpoint::new("village.example/log", tree.size(), tree.root()).sign(&[&key])?;
//!
//! // … and whoever has its public key verifies an entry, or that the log has only grown.
//! let trusted: VerifierKey = key.verifier().to_string().parse()?;
//! let signed = SignedCheckpoint::open(&note.to_string(), &[trusted])?.checkpoint;
//! let path = tree.inclusion_proof(1)?;
//! verify_inclusion(&leaf_hash(b"b"), 1, signed.size, &path, &signed.root)?;
//! assert!(verify_inclusion(&leaf_hash(b"B"), 1, signed.size, &path, &signed.root).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod audit;
pub mod checkpoint;
pub mod edge;
pub mod entries;
pub mod finding;
pub mod hash;
pub mod memory;
pub mod note;
pub mod proof_file;
pub mod receipt;
pub mod tile;
pub mod tile_reader;
pub mod tree;
mod wire;
pub mod witness;

pub use audit::{AuditInput, AuditReport, AuditStep, Auditor, Row, audit};
pub use checkpoint::{Checkpoint, CheckpointError, Cosignature, SignedCheckpoint};
pub use edge::Edge;
pub use entries::{EntryError, MAX_ENTRY_BYTES, decode_entries, encode_entries};
pub use finding::Finding;
pub use hash::{Hash, commitment, empty_root, leaf_hash, node_hash};
pub use memory::MemoryTree;
pub use note::{KeyKind, NoteError, NoteSignature, SignedNote, SignerKey, VerifierKey};
pub use proof_file::{ConsistencyFile, Opening, ProofFile, Verified, VerifyError, WitnessedStep};
pub use receipt::{Promise, Receipt, ReceiptError, sign_batch};
pub use tile::{Level, TILE_WIDTH, Tile, TilePathError};
pub use tile_reader::{TileError, TileReader};
pub use tree::{
    Frontier, HashReader, Plan, ProofError, TreeError, consistency_proof, inclusion_proof, root,
    stored_hashes, verify_consistency, verify_inclusion,
};
pub use witness::{AddCheckpoint, Refusal, Seen};
