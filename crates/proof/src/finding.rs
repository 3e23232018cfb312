//! What an audit can find wrong with a log, in words; checks nothing itself.

use std::{fmt, ops::Range};

use crate::{entries::EntryError, hash::Hash, tile::Tile};

/// One thing that is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The tile or bundle is not there.
    Missing {
        /// Its name.
        tile: Tile,
    },
    /// The hash tile has not the length that its width asks for.
    TileLength {
        /// Its name.
        tile: Tile,
        /// Bytes it has.
        found: usize,
    },
    /// The bundle can't be split into its entries.
    Bundle {
        /// Its name.
        tile: Tile,
        /// What is wrong with it.
        problem: EntryError,
    },
    /// The entry's bytes in the bundle were changed: the tiles prove another leaf hash.
    Entry {
        /// Index in the log.
        index: u64,
        /// Bundle that holds it.
        tile: Tile,
        /// Hash of its bytes.
        computed: Hash,
        /// Leaf hash that the tiles prove.
        expected: Hash,
    },
    /// Bundle and level-0 tile disagree and nothing above proves either.
    Disputed {
        /// Index in the log.
        index: u64,
        /// Hash of the bytes in the bundle.
        entry: Hash,
        /// Hash in the level-0 tile.
        tile: Hash,
    },
    /// A hash in a hash tile is not that of what lies below it.
    HashTile {
        /// Tile that holds it.
        tile: Tile,
        /// Its position in the tile.
        position: u16,
        /// Indices of the entries that it covers.
        covers: Range<u64>,
        /// Hash in the tile.
        stored: Hash,
        /// Hash of what lies below.
        computed: Hash,
    },
    /// The database lacks the entry.
    RowMissing {
        /// Index in the log.
        index: u64,
    },
    /// The database holds an index twice, or one that was not asked for.
    RowUnexpected {
        /// Index in the log.
        index: u64,
    },
    /// The entry's bytes in the database were changed.
    RowBytes {
        /// Index in the log.
        index: u64,
        /// Hash of the row's bytes.
        computed: Hash,
        /// Leaf hash in the log.
        expected: Hash,
    },
    /// The leaf hash in the database was changed.
    RowLeafHash {
        /// Index in the log.
        index: u64,
        /// Hash in the row.
        stored: Hash,
        /// Leaf hash in the log.
        expected: Hash,
    },
    /// Entries and tiles lead to another root than the checkpoint's: the history was rewritten as a whole, or
    /// the checkpoint is another log's.
    Root {
        /// Root that they lead to.
        computed: Hash,
        /// Root in the checkpoint.
        expected: Hash,
    },
}

impl Finding {
    /// Index of the entry that the finding is about, for a tile the first that it covers; none for the root.
    pub fn index(&self) -> Option<u64> {
        match self {
            Self::Missing { tile } | Self::TileLength { tile, .. } | Self::Bundle { tile, .. } => {
                Some(tile.leaves().start)
            }
            Self::HashTile { covers, .. } => Some(covers.start),
            Self::Entry { index, .. }
            | Self::Disputed { index, .. }
            | Self::RowMissing { index }
            | Self::RowUnexpected { index }
            | Self::RowBytes { index, .. }
            | Self::RowLeafHash { index, .. } => Some(*index),
            Self::Root { .. } => None,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { tile } => write!(f, "{tile} is missing"),
            Self::TileLength { tile, found } => {
                write!(
                    f,
                    "{tile} has {found} bytes instead of {}",
                    usize::from(tile.width()) * Hash::LEN
                )
            }
            Self::Bundle { tile, problem } => write!(f, "{tile}: {problem}"),
            Self::Entry { index, tile, computed, expected } => {
                write!(
                    f,
                    "entry {index} was changed in {tile}: its bytes hash to {computed}, the log holds {expected}"
                )
            }
            Self::Disputed { index, entry, tile } => {
                write!(
                    f,
                    "entry {index}: its bytes hash to {entry}, its level-0 tile holds {tile}; nothing proves either"
                )
            }
            Self::HashTile { tile, position, covers, stored, computed } => {
                let last = covers.end.saturating_sub(1);
                write!(
                    f,
                    "{tile} holds {stored} at position {position} (entries {}–{last}), ",
                    covers.start
                )?;
                write!(f, "what lies below hashes to {computed}")
            }
            Self::RowMissing { index } => write!(f, "the database lacks entry {index}"),
            Self::RowUnexpected { index } => {
                write!(f, "the database holds entry {index} twice or out of place")
            }
            Self::RowBytes { index, computed, expected } => {
                write!(
                    f,
                    "entry {index} was changed in the database: its bytes hash to {computed}, the log holds {expected}"
                )
            }
            Self::RowLeafHash { index, stored, expected } => {
                write!(
                    f,
                    "the database holds leaf hash {stored} for entry {index}, the log holds {expected}"
                )
            }
            Self::Root { computed, expected } => {
                write!(
                    f,
                    "entries and tiles lead to root {computed}, the checkpoint states {expected}"
                )
            }
        }
    }
}
