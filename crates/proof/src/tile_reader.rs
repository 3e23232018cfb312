//! Reads tree nodes and entries out of tiles and proves every tile against a root; knows no transport.

use std::{cell::RefCell, collections::HashMap, sync::Arc};

use thiserror::Error;

use crate::{
    entries::{EntryError, decode_entries},
    hash::{Hash, fold_complete, leaf_hash},
    tile::{HEIGHT, Level, TILE_WIDTH, Tile, full_tile_root, tile_hashes},
    tree::{self, HashReader, TreeError},
};

/// Why tiles don't give what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TileError<E> {
    /// The source failed.
    #[error("{tile} can't be fetched: {source}")]
    Fetch {
        /// Tile asked for.
        tile: Tile,
        /// The source's error.
        source: E,
    },
    /// The source has neither the tile nor, for a partial one, the full tile that replaced it.
    #[error("{tile} is missing")]
    Missing {
        /// Tile asked for.
        tile: Tile,
    },
    /// The tile has not the length that its width asks for.
    #[error("{tile} has {found} bytes instead of {expected}")]
    Length {
        /// Tile that was fetched.
        tile: Tile,
        /// Bytes that the width asks for.
        expected: usize,
        /// Bytes fetched.
        found: usize,
    },
    /// The tile does not hash to what the tile above holds for it.
    #[error("{tile} hashes to {computed}, the tile above holds {expected}")]
    Differs {
        /// Tile that was fetched.
        tile: Tile,
        /// Its hash.
        computed: Hash,
        /// Hash held above it.
        expected: Hash,
    },
    /// The tiles at the right edge don't lead to the trusted root.
    #[error("the tiles of {size} entries lead to root {computed}, not to {expected}")]
    Root {
        /// Size of the log.
        size: u64,
        /// Root that the tiles lead to.
        computed: Hash,
        /// Trusted root.
        expected: Hash,
    },
    /// The bundle of entries can't be read.
    #[error("{tile}: {source}")]
    Bundle {
        /// Bundle that was fetched.
        tile: Tile,
        /// What is wrong with it.
        source: EntryError,
    },
    /// An entry is not the one that its leaf hash was made of.
    #[error("entry {index} in {tile} hashes to {computed}, its leaf is {expected}")]
    Entry {
        /// Index of the entry in the log.
        index: u64,
        /// Bundle that was fetched.
        tile: Tile,
        /// Hash of the entry's bytes.
        computed: Hash,
        /// Leaf hash in the log.
        expected: Hash,
    },
    /// The log of this size has no such node.
    #[error("a log of {size} entries has no subtree at level {level}, index {index}")]
    NoSuchNode {
        /// Level of the node.
        level: u32,
        /// Index of the node.
        index: u64,
        /// Size of the log.
        size: u64,
    },
}

/// Hashes of tiles by level and number.
type ProvedTiles = HashMap<(u8, u64), Arc<[Hash]>>;

/// A [`HashReader`] over a function that fetches the bytes of tiles, `None` meaning "not there".
///
/// Opened on a trusted (size, root): the right edge is proved by the root, every full tile by the tile above
/// it, every entry by its leaf hash. What it returns is therefore proved, whoever served it.
/// Proved hash tiles are kept in memory.
pub struct TileReader<F> {
    size: u64,
    fetch: F,
    proved: RefCell<ProvedTiles>,
}

impl<F, E> TileReader<F>
where
    F: Fn(&Tile) -> Result<Option<Vec<u8>>, E>,
{
    /// Reads the tiles at the right edge and proves them against the root of the log at `size`.
    pub fn open(size: u64, trusted: &Hash, fetch: F) -> Result<Self, TileError<E>> {
        let reader = Self { size, fetch, proved: RefCell::default() };
        // The complete subtrees at the right edge cover every hash of every partial tile: the root proves all.
        let computed = match tree::root(size, &RightEdge(&reader)) {
            Ok(computed) => computed,
            Err(TreeError::Read(error)) => return Err(error),
            // `root` has no other failure; named here so that a new one can't pass as proved.
            Err(_) => return Err(TileError::NoSuchNode { level: 0, index: size, size }),
        };
        if computed != *trusted {
            return Err(TileError::Root { size, computed, expected: *trusted });
        }
        Ok(reader)
    }

    /// Size of the log that was opened.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The proved bytes of entry `index`.
    pub fn entry(&self, index: u64) -> Result<Vec<u8>, TileError<E>> {
        let tile = Tile::in_log(Level::Entries, index / TILE_WIDTH, self.size)
            .filter(|_| index < self.size)
            .ok_or(TileError::NoSuchNode { level: 0, index, size: self.size })?;
        let expected = self.read(0, index)?;
        let (bytes, served) = self.fetch_or_full(tile)?;
        let entries = decode_entries(&bytes, usize::from(served.width()))
            .map_err(|source| TileError::Bundle { tile: served, source })?;
        let entry = entries[(index % TILE_WIDTH) as usize];
        let computed = leaf_hash(entry);
        if computed != expected {
            return Err(TileError::Entry { index, tile: served, computed, expected });
        }
        Ok(entry.to_vec())
    }

    /// The tile's bytes or, where a partial tile has been deleted, those of the full tile that replaced it.
    fn fetch_or_full(&self, tile: Tile) -> Result<(Vec<u8>, Tile), TileError<E>> {
        for candidate in [tile, tile.full()] {
            match (self.fetch)(&candidate) {
                Ok(Some(bytes)) => return Ok((bytes, candidate)),
                Ok(None) => {}
                Err(source) => return Err(TileError::Fetch { tile: candidate, source }),
            }
        }
        Err(TileError::Missing { tile })
    }

    fn hashes(&self, tile: Tile) -> Result<Vec<Hash>, TileError<E>> {
        let (bytes, served) = self.fetch_or_full(tile)?;
        let expected = usize::from(served.width()) * Hash::LEN;
        let hashes = tile_hashes(&bytes).filter(|_| bytes.len() == expected);
        let mut hashes =
            hashes.ok_or(TileError::Length { tile: served, expected, found: bytes.len() })?;
        // A full tile in a partial one's place: only the part within the trusted size is proved.
        hashes.truncate(usize::from(tile.width()));
        Ok(hashes)
    }

    /// The hashes of a tile, proved by the tile above it.
    fn proved(&self, tile: Tile, level: u8) -> Result<Arc<[Hash]>, TileError<E>> {
        let key = (level, tile.index());
        if let Some(hashes) = self.proved.borrow().get(&key) {
            return Ok(Arc::clone(hashes));
        }
        let hashes = self.hashes(tile)?;
        let above = self.read((u32::from(level) + 1) * HEIGHT, tile.index())?;
        match full_tile_root(&hashes) {
            Some(computed) if computed == above => {}
            computed => {
                let computed = computed.unwrap_or(Hash([0; 32]));
                return Err(TileError::Differs { tile, computed, expected: above });
            }
        }
        Ok(self.keep(key, hashes))
    }

    fn keep(&self, key: (u8, u64), hashes: Vec<Hash>) -> Arc<[Hash]> {
        let hashes: Arc<[Hash]> = hashes.into();
        self.proved.borrow_mut().insert(key, Arc::clone(&hashes));
        hashes
    }

    fn locate(
        &self,
        level: u32,
        index: u64,
    ) -> Result<(Tile, u8, std::ops::Range<usize>), TileError<E>> {
        match Tile::of_node(level, index, self.size) {
            Some((tile, range)) => Ok((tile, (level / HEIGHT) as u8, range)),
            None => Err(TileError::NoSuchNode { level, index, size: self.size }),
        }
    }
}

/// The right edge of the tree while it is being proved as a whole: reads partial tiles without a tile above.
struct RightEdge<'a, F>(&'a TileReader<F>);

impl<F, E> HashReader for RightEdge<'_, F>
where
    F: Fn(&Tile) -> Result<Option<Vec<u8>>, E>,
{
    type Error = TileError<E>;

    fn read(&self, level: u32, index: u64) -> Result<Hash, TileError<E>> {
        let (tile, tile_level, range) = self.0.locate(level, index)?;
        let known = self.0.proved.borrow().get(&(tile_level, tile.index())).map(Arc::clone);
        let hashes = match known {
            Some(hashes) => hashes,
            None => self.0.keep((tile_level, tile.index()), self.0.hashes(tile)?),
        };
        Ok(fold(&hashes[range]))
    }
}

impl<F, E> HashReader for TileReader<F>
where
    F: Fn(&Tile) -> Result<Option<Vec<u8>>, E>,
{
    type Error = TileError<E>;

    fn read(&self, level: u32, index: u64) -> Result<Hash, TileError<E>> {
        let (tile, tile_level, range) = self.locate(level, index)?;
        Ok(fold(&self.proved(tile, tile_level)?[range]))
    }
}

/// Root over 2^n ≤ 128 hashes of a tile.
fn fold(hashes: &[Hash]) -> Hash {
    let mut scratch = [Hash([0; 32]); TILE_WIDTH as usize];
    let part = &mut scratch[..hashes.len()];
    part.copy_from_slice(hashes);
    fold_complete(part)
}
