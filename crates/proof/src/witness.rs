//! The witness protocol's request and judgement (C2SP tlog-witness, `add-checkpoint`); no HTTP, no memory, no clock.

use std::{fmt, str::FromStr};

use thiserror::Error;

use crate::{
    checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint},
    hash::{Hash, empty_root},
    note::{KeyKind, NoteError, SignedNote, VerifierKey},
    tree::{ProofError, verify_consistency},
};

/// Hashes that a request can have at most.
const MAX_PATH: usize = 63;

/// The body of `POST <prefix>/add-checkpoint`: a log asks a witness to cosign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Size of the checkpoint that the witness cosigned last, as far as the log knows; 0 for none.
    pub old: u64,
    /// Consistency proof from there.
    pub path: Vec<Hash>,
    /// The new checkpoint as the log signed it.
    pub note: SignedNote,
}

/// The latest checkpoint of a log that a witness cosigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Its size.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

/// Why a witness does not cosign.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// 400: the body is not a request.
    #[error("not an add-checkpoint request: {0}")]
    Malformed(&'static str),
    /// 400: the checkpoint in the body can't be read.
    #[error("not an add-checkpoint request: {0}")]
    Checkpoint(CheckpointError),
    /// 404: the witness does not follow this log.
    #[error("log {origin} is not followed here")]
    UnknownLog {
        /// Origin of the checkpoint.
        origin: String,
    },
    /// 403: no trusted key of the log signed the checkpoint.
    #[error("the checkpoint of {origin} can't be trusted: {source}")]
    Untrusted {
        /// Origin of the checkpoint.
        origin: String,
        /// What is wrong with its signatures.
        source: CheckpointError,
    },
    /// 400: the old size exceeds the new one.
    #[error("the old size {old} exceeds the checkpoint's size {new} of log {origin}")]
    SizesReversed {
        /// Origin of the checkpoint.
        origin: String,
        /// Old size in the request.
        old: u64,
        /// Size of the checkpoint.
        new: u64,
    },
    /// 409: the log does not start from what the witness cosigned last; the answer's body is that size.
    #[error(
        "log {origin}: the checkpoint cosigned last has {seen} entries, the request starts from {old}"
    )]
    Conflict {
        /// Origin of the checkpoint.
        origin: String,
        /// Size that the witness cosigned last.
        seen: u64,
        /// Old size in the request.
        old: u64,
    },
    /// 409: same size, other root. The log signed two histories: the request is evidence, keep it.
    #[error("log {origin} signed root {root} for {size} entries, and before that {seen}")]
    Fork {
        /// Origin of the checkpoint.
        origin: String,
        /// Size of both.
        size: u64,
        /// Root in the request.
        root: Hash,
        /// Root cosigned before.
        seen: Hash,
    },
    /// 422: the proof does not lead from the checkpoint cosigned last to this one. May be evidence, keep it.
    #[error("log {origin}: {source}")]
    Inconsistent {
        /// Origin of the checkpoint.
        origin: String,
        /// How the proof fails.
        source: ProofError,
    },
}

impl Refusal {
    /// The HTTP status that the standard prescribes.
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) | Self::Checkpoint(_) | Self::SizesReversed { .. } => 400,
            Self::Untrusted { .. } => 403,
            Self::UnknownLog { .. } => 404,
            Self::Conflict { .. } | Self::Fork { .. } => 409,
            Self::Inconsistent { .. } => 422,
        }
    }
}

impl AddCheckpoint {
    /// Origin of the checkpoint, not verified: to look up keys and the checkpoint seen last.
    pub fn origin(&self) -> &str {
        self.note.text().lines().next().unwrap_or_default()
    }

    /// Decides whether to cosign: `keys` are those of the logs that the witness follows, `seen` the checkpoint
    /// of this log that it cosigned last, if any. The caller must hold `seen` fixed until it has stored the
    /// result, and must store it before it answers.
    pub fn judge(&self, keys: &[VerifierKey], seen: Option<Seen>) -> Result<Checkpoint, Refusal> {
        let Checkpoint { origin, size: new, .. } =
            Checkpoint::parse(self.note.text()).map_err(Refusal::Checkpoint)?;
        if !keys.iter().any(|key| key.kind() == KeyKind::Note && key.name() == origin) {
            return Err(Refusal::UnknownLog { origin });
        }
        let checkpoint = match SignedCheckpoint::from_note(&self.note, keys) {
            Ok(signed) => signed.checkpoint,
            Err(source) => return Err(Refusal::Untrusted { origin, source }),
        };
        if self.old > new {
            return Err(Refusal::SizesReversed { origin, old: self.old, new });
        }
        let seen = seen.unwrap_or(Seen { size: 0, root: empty_root() });
        if self.old != seen.size {
            return Err(Refusal::Conflict { origin, seen: seen.size, old: self.old });
        }
        if new == seen.size && checkpoint.root != seen.root {
            return Err(Refusal::Fork {
                origin,
                size: new,
                root: checkpoint.root,
                seen: seen.root,
            });
        }
        match verify_consistency(seen.size, new, &seen.root, &checkpoint.root, &self.path) {
            Ok(()) => Ok(checkpoint),
            Err(source) => Err(Refusal::Inconsistent { origin, source }),
        }
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.note)
    }
}

impl FromStr for AddCheckpoint {
    type Err = Refusal;

    fn from_str(body: &str) -> Result<Self, Refusal> {
        let (head, note) = body
            .split_once("\n\n")
            .ok_or(Refusal::Malformed("no empty line before the checkpoint"))?;
        let mut lines = head.split('\n');
        let size = lines.next().and_then(|line| line.strip_prefix("old "));
        let old =
            size.and_then(|size| size.parse::<u64>().ok().filter(|old| old.to_string() == size));
        let old = old.ok_or(Refusal::Malformed("its first line is not `old <size>`"))?;
        let mut path = Vec::new();
        for line in lines {
            if path.len() == MAX_PATH {
                return Err(Refusal::Malformed("its proof has more than 63 hashes"));
            }
            let hash = Hash::from_base64(line);
            path.push(hash.map_err(|_| {
                Refusal::Malformed("a line of its proof is not base64 of 32 bytes")
            })?);
        }
        let note = SignedNote::parse(note)
            .map_err(|error: NoteError| Refusal::Checkpoint(error.into()))?;
        Ok(Self { old, path, note })
    }
}
