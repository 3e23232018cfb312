//! Checkpoints (C2SP tlog-checkpoint): a log's signed size and root; knows no storage and no clock.

use thiserror::Error;

use crate::{
    hash::{Hash, leaf_hash},
    note::{KeyKind, NoteError, SignedNote, SignerKey, VerifierKey},
};

/// Size and root of a log at one moment (检查点).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Identity of the log; also the name of the key that signs it.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// Root over them (RFC 6962).
    pub root: Hash,
    /// Lines after the root, opaque; the standard advises against them.
    pub extensions: Vec<String>,
}

/// Why a checkpoint can't be read or trusted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CheckpointError {
    /// The text is not a checkpoint.
    #[error("not a checkpoint: {0}")]
    Malformed(&'static str),
    /// The note around it can't be read or trusted.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Trusted keys signed it, but none of them is the log's: a witness alone can't make a log's checkpoint.
    #[error("the checkpoint of {origin} is not signed by a known key of that name")]
    NotByLog {
        /// Origin that the checkpoint states.
        origin: String,
    },
}

/// A witness's statement that this was the largest consistent tree it had seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    /// Name of the witness.
    pub witness: String,
    /// When it says so, POSIX seconds.
    pub timestamp: u64,
}

/// A checkpoint whose signature by the log has been verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// The statement.
    pub checkpoint: Checkpoint,
    /// Trusted witnesses that cosigned it.
    pub cosignatures: Vec<Cosignature>,
}

impl Checkpoint {
    /// A checkpoint without extension lines.
    pub fn new(origin: &str, size: u64, root: Hash) -> Self {
        Self { origin: origin.to_owned(), size, root, extensions: Vec::new() }
    }

    /// The note text: origin, size, root, extension lines.
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, self.root);
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// Reads a note text. There is one text for each checkpoint: what `to_text` would not write is refused.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let body = text
            .strip_suffix('\n')
            .ok_or(CheckpointError::Malformed("it does not end in a newline"))?;
        let mut lines = body.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(CheckpointError::Malformed("it has fewer than three lines"));
        };
        if origin.is_empty() {
            return Err(CheckpointError::Malformed("its first line, the origin, is empty"));
        }
        let digits = !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_digit());
        let canonical = digits && (size == "0" || !size.starts_with('0'));
        let size = size.parse().ok().filter(|_| canonical).ok_or(CheckpointError::Malformed(
            "its second line, the size, is not a decimal number of 64 bits without sign and leading zeroes",
        ))?;
        let root = Hash::from_base64(root).map_err(|_| {
            CheckpointError::Malformed("its third line, the root, is not base64 of 32 bytes")
        })?;
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if extensions.iter().any(String::is_empty) {
            return Err(CheckpointError::Malformed("an extension line is empty"));
        }
        Ok(Self { origin: origin.to_owned(), size, root, extensions })
    }

    /// The note signed by the log's keys (two while one replaces the other). The caller has made sure that the
    /// checkpoint is consistent with all that the log signed before.
    ///
    /// Refuses a checkpoint whose text would read back as another one, and a key with another name than the origin.
    pub fn sign(&self, keys: &[&SignerKey]) -> Result<SignedNote, CheckpointError> {
        let text = self.to_text();
        if Self::parse(&text)? != *self {
            return Err(CheckpointError::Malformed(
                "its origin or an extension line has a newline",
            ));
        }
        if keys.iter().any(|key| key.name() != self.origin) {
            return Err(CheckpointError::NotByLog { origin: self.origin.clone() });
        }
        let signatures = keys.iter().map(|key| key.sign_note(&text)).collect::<Result<_, _>>()?;
        Ok(SignedNote::new(text, signatures)?)
    }

    /// The leaf under which the log of checkpoints holds this one: hash of the note's text without signatures,
    /// so that a later cosignature does not change it.
    pub fn leaf(&self) -> Hash {
        leaf_hash(self.to_text().as_bytes())
    }
}

impl SignedCheckpoint {
    /// Reads and verifies a checkpoint: a known key named like its origin must have signed it. A key of one log
    /// can't sign for another; a log that rotates its key keeps the name.
    pub fn open(note: &str, keys: &[VerifierKey]) -> Result<Self, CheckpointError> {
        Self::from_note(&SignedNote::parse(note)?, keys)
    }

    /// The same for a note already read.
    pub fn from_note(note: &SignedNote, keys: &[VerifierKey]) -> Result<Self, CheckpointError> {
        let verified = note.verify(keys)?;
        let checkpoint = Checkpoint::parse(note.text())?;
        let by_log = |kind, name: &str| kind == KeyKind::Note && name == checkpoint.origin;
        if !verified.iter().any(|signature| by_log(signature.kind, &signature.name)) {
            return Err(CheckpointError::NotByLog { origin: checkpoint.origin });
        }
        let cosignatures = verified
            .into_iter()
            .filter_map(|signature| {
                Some(Cosignature { timestamp: signature.timestamp?, witness: signature.name })
            })
            .collect();
        Ok(Self { checkpoint, cosignatures })
    }
}
