//! The arithmetic of the transparency log: hashes, trees, tiles, notes, receipts, proof files and the audit.
//!
//! Pure: no IO, no clock, no randomness, no knowledge of events or services. A newspaper or a resident can
//! build this crate alone and check everything a village's log claims.
//!
//! Standards followed: RFC 6962 §2.1 (hashing), RFC 9162 §2.1 (verification), C2SP tlog-tiles, tlog-checkpoint,
//! signed-note and tlog-cosignature (`cosignature/v1`).

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
