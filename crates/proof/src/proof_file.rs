//! Proof files: JSON that proves one entry, or the consistency of two checkpoints, offline; reads no files.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::{
    checkpoint::{Checkpoint, CheckpointError, Cosignature, SignedCheckpoint},
    hash::{Hash, commitment, leaf_hash},
    note::VerifierKey,
    tree::{ProofError, verify_consistency, verify_inclusion},
    wire,
};

/// Format of [`ProofFile`].
pub const PROOF_FORMAT: &str = "cunwu-proof/v1";
/// Format of [`ConsistencyFile`].
pub const CONSISTENCY_FORMAT: &str = "cunwu-consistency/v1";

/// One entry of a log with everything needed to verify it offline but the keys (证明文件).
///
/// Keys never come from the file: who can make the file could put any key in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofFile {
    /// Always [`PROOF_FORMAT`].
    pub format: String,
    /// Origin of the log.
    pub log: String,
    /// Index of the entry.
    pub index: u64,
    /// The entry's bytes as stored.
    #[serde(with = "wire::base64_bytes")]
    pub entry: Vec<u8>,
    /// Inclusion path from the entry's leaf to the checkpoint's root.
    pub path: Vec<Hash>,
    /// The log's checkpoint: the complete signed note.
    pub checkpoint: String,
    /// Where witnesses follow the log of checkpoints: the step from this checkpoint to the one they cosigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witnessed: Option<WitnessedStep>,
    /// Sealed values that the holder of the file may see, with their salts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub openings: Vec<Opening>,
}

/// The second step: the log's checkpoint is itself an entry of the log of checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WitnessedStep {
    /// Index of the checkpoint in the log of checkpoints.
    pub index: u64,
    /// Inclusion path from [`Checkpoint::leaf`] to that log's root.
    pub path: Vec<Hash>,
    /// Checkpoint of the log of checkpoints: the complete signed note, with cosignatures.
    pub checkpoint: String,
}

/// A sealed value shown with its salt: proves what a commitment in the entry stands for (密封件开示).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// JSON pointer (RFC 6901) of the commitment in the entry; empty for an entry that is itself the commitment.
    pub field: String,
    /// The salt.
    #[serde(with = "wire::base64_bytes")]
    pub salt: [u8; 32],
    /// The value's bytes as committed.
    #[serde(with = "wire::base64_bytes")]
    pub value: Vec<u8>,
}

/// What a proof file proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Leaf hash of the entry.
    pub leaf: Hash,
    /// Checkpoint of the log that covers the entry, signed by the log's key.
    pub checkpoint: Checkpoint,
    /// Trusted witnesses, of this checkpoint or of the log of checkpoints that holds it.
    pub cosignatures: Vec<Cosignature>,
    /// Number of sealed values that match their commitments.
    pub openings: usize,
}

/// Why a proof file or consistency file does not hold. Every message names the log.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VerifyError {
    /// Not JSON of this shape.
    #[error("not a proof file: {problem}")]
    Json {
        /// What the parser found.
        problem: String,
    },
    /// Another format or version.
    #[error("this file has format {found:?}, expected {expected:?}")]
    Format {
        /// Format that the file states.
        found: String,
        /// Format that this function verifies.
        expected: &'static str,
    },
    /// The checkpoint can't be read, or no known key of the log signed it, or its signature is wrong.
    #[error("log {log}, {subject}: the checkpoint can't be trusted: {source}")]
    Checkpoint {
        /// Origin of the log according to the file.
        log: String,
        /// Entry or checkpoint that was to be proved.
        subject: String,
        /// What is wrong.
        source: CheckpointError,
    },
    /// The checkpoint is another log's.
    #[error("log {log}, {subject}: the checkpoint belongs to log {found}")]
    OtherLog {
        /// Origin of the log according to the file.
        log: String,
        /// Entry or checkpoint that was to be proved.
        subject: String,
        /// Origin that the checkpoint states.
        found: String,
    },
    /// Entry bytes, index or path were changed.
    #[error(
        "log {log}, entry {index}: the entry with leaf hash {leaf} is not at this index of the checkpoint's tree \
         (entry bytes, index or path were changed): {source}"
    )]
    NotIncluded {
        /// Origin of the log.
        log: String,
        /// Index of the entry.
        index: u64,
        /// Hash of the entry's bytes in the file.
        leaf: Hash,
        /// How the path fails.
        source: Box<ProofError>,
    },
    /// The checkpoint is not in the log of checkpoints.
    #[error(
        "log {log}, entry {index}: its checkpoint is not entry {at} of the log of checkpoints {platform}: {source}"
    )]
    NotWitnessed {
        /// Origin of the log.
        log: String,
        /// Index of the entry.
        index: u64,
        /// Origin of the log of checkpoints.
        platform: String,
        /// Index there according to the file.
        at: u64,
        /// How the path fails.
        source: Box<ProofError>,
    },
    /// The entry has no commitment at the field of an opening.
    #[error("log {log}, entry {index}: there is no commitment at field {field:?}")]
    NoCommitment {
        /// Origin of the log.
        log: String,
        /// Index of the entry.
        index: u64,
        /// Field of the opening.
        field: String,
    },
    /// The value or salt shown is not what the entry committed to.
    #[error(
        "log {log}, entry {index}: the value shown for field {field:?} gives {computed}, the entry holds {expected}"
    )]
    OpeningDiffers {
        /// Origin of the log.
        log: String,
        /// Index of the entry.
        index: u64,
        /// Field of the opening.
        field: String,
        /// Commitment to salt and value of the opening.
        computed: Hash,
        /// Commitment in the entry.
        expected: Hash,
    },
    /// Two checkpoints signed by the log that can't both be true: evidence of a fork or rewrite.
    #[error("log {log}: the checkpoints at {old} and {new} entries are not consistent: {source}")]
    Inconsistent {
        /// Origin of the log.
        log: String,
        /// Size of the older checkpoint.
        old: u64,
        /// Size of the newer checkpoint.
        new: u64,
        /// How the proof fails.
        source: Box<ProofError>,
    },
}

fn trusted(
    log: &str,
    subject: &str,
    note: &str,
    keys: &[VerifierKey],
) -> Result<SignedCheckpoint, VerifyError> {
    let signed = SignedCheckpoint::open(note, keys).map_err(|source| VerifyError::Checkpoint {
        log: log.to_owned(),
        subject: subject.to_owned(),
        source,
    })?;
    if signed.checkpoint.origin != log {
        let (log, subject) = (log.to_owned(), subject.to_owned());
        return Err(VerifyError::OtherLog { log, subject, found: signed.checkpoint.origin });
    }
    Ok(signed)
}

fn from_json<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, VerifyError> {
    serde_json::from_str(json).map_err(|error| VerifyError::Json { problem: error.to_string() })
}

fn check_format(found: &str, expected: &'static str) -> Result<(), VerifyError> {
    if found == expected {
        return Ok(());
    }
    Err(VerifyError::Format { found: found.chars().take(60).collect(), expected })
}

impl ProofFile {
    /// Reads the JSON form; nothing is verified yet.
    pub fn from_json(json: &str) -> Result<Self, VerifyError> {
        from_json(json)
    }

    /// Verifies everything in the file against keys that the reader got elsewhere (printed, published):
    /// the log's key, and those of witnesses and of the log of checkpoints where the reader wants them checked.
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<Verified, VerifyError> {
        check_format(&self.format, PROOF_FORMAT)?;
        let (log, index) = (self.log.clone(), self.index);
        let signed = trusted(&log, &format!("entry {index}"), &self.checkpoint, keys)?;
        let checkpoint = signed.checkpoint;
        let leaf = leaf_hash(&self.entry);
        verify_inclusion(&leaf, index, checkpoint.size, &self.path, &checkpoint.root)
            .map_err(|error| VerifyError::NotIncluded { log, index, leaf, source: error.into() })?;
        let mut cosignatures = signed.cosignatures;
        if let Some(step) = &self.witnessed {
            cosignatures.extend(self.verify_step(step, &checkpoint, keys)?);
        }
        for opening in &self.openings {
            self.verify_opening(opening)?;
        }
        Ok(Verified { leaf, checkpoint, cosignatures, openings: self.openings.len() })
    }

    fn verify_step(
        &self,
        step: &WitnessedStep,
        checkpoint: &Checkpoint,
        keys: &[VerifierKey],
    ) -> Result<Vec<Cosignature>, VerifyError> {
        let (log, index) = (self.log.clone(), self.index);
        let platform = SignedCheckpoint::open(&step.checkpoint, keys).map_err(|source| {
            VerifyError::Checkpoint {
                log: log.clone(),
                subject: format!("entry {index}, log of checkpoints"),
                source,
            }
        })?;
        let tree = &platform.checkpoint;
        verify_inclusion(&checkpoint.leaf(), step.index, tree.size, &step.path, &tree.root)
            .map_err(|source| VerifyError::NotWitnessed {
                log,
                index,
                platform: tree.origin.clone(),
                at: step.index,
                source: source.into(),
            })?;
        Ok(platform.cosignatures)
    }

    fn verify_opening(&self, opening: &Opening) -> Result<(), VerifyError> {
        let (log, index, field) = (self.log.clone(), self.index, opening.field.clone());
        let Some(expected) = committed(&self.entry, &opening.field) else {
            return Err(VerifyError::NoCommitment { log, index, field });
        };
        let computed = commitment(&opening.salt, &opening.value);
        if computed != expected {
            return Err(VerifyError::OpeningDiffers { log, index, field, computed, expected });
        }
        Ok(())
    }
}

/// The commitment at a field of an entry: a string in base64 or hexadecimal, or an object with such a string
/// in `sha256`; for the empty pointer also an entry that is the 32 bytes or their text alone (closed logs).
pub fn committed(entry: &[u8], field: &str) -> Option<Hash> {
    if field.is_empty() {
        let whole =
            Hash::from_slice(entry).or_else(|| std::str::from_utf8(entry).ok()?.parse().ok());
        if whole.is_some() {
            return whole;
        }
    }
    let json: Value = serde_json::from_slice(entry).ok()?;
    match json.pointer(field)? {
        Value::String(text) => text.parse().ok(),
        Value::Object(object) => object.get("sha256")?.as_str()?.parse().ok(),
        _ => None,
    }
}

/// Two checkpoints of one log and the proof that the older is a prefix of the newer (一致性证明).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsistencyFile {
    /// Always [`CONSISTENCY_FORMAT`].
    pub format: String,
    /// Origin of the log.
    pub log: String,
    /// The older checkpoint: the complete signed note.
    pub old: String,
    /// The newer checkpoint: the complete signed note.
    pub new: String,
    /// Consistency proof; empty if the older has no entries or both have the same size.
    pub path: Vec<Hash>,
}

impl ConsistencyFile {
    /// Reads the JSON form; nothing is verified yet.
    pub fn from_json(json: &str) -> Result<Self, VerifyError> {
        from_json(json)
    }

    /// Verifies both signatures and the proof; the two checkpoints.
    ///
    /// [`VerifyError::Inconsistent`] on two checkpoints of one size means that the log signed two histories.
    pub fn verify(
        &self,
        keys: &[VerifierKey],
    ) -> Result<(SignedCheckpoint, SignedCheckpoint), VerifyError> {
        check_format(&self.format, CONSISTENCY_FORMAT)?;
        let old = trusted(&self.log, "older checkpoint", &self.old, keys)?;
        let new = trusted(&self.log, "newer checkpoint", &self.new, keys)?;
        let (older, newer) = (&old.checkpoint, &new.checkpoint);
        verify_consistency(older.size, newer.size, &older.root, &newer.root, &self.path).map_err(
            |source| VerifyError::Inconsistent {
                log: self.log.clone(),
                old: older.size,
                new: newer.size,
                source: source.into(),
            },
        )?;
        Ok((old, new))
    }
}
