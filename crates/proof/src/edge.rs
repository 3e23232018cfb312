//! The right-edge tiles of a growing log: what a publisher keeps in memory between two batches; no storage.

use crate::{
    hash::{Hash, empty_root, node_hash},
    tile::{HEIGHT, Level, TILE_WIDTH, Tile, full_tile_root, tile_bytes, tile_hashes},
    tile_reader::TileError,
};

/// The partial hash tiles of a log, one per level, and so its root: at most 255 hashes a level.
///
/// Appending yields the tiles that become full; [`Edge::partials`] gives the rest of what a checkpoint of the
/// present size needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    /// Hashes of the partial tile of each tile level, possibly none.
    levels: Vec<Vec<Hash>>,
}

impl Edge {
    /// The empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the partial tiles of a log of `size` entries. The caller compares [`Edge::root`] with a root that
    /// it trusts: that proves all of them.
    pub fn load<E>(
        size: u64,
        mut fetch: impl FnMut(&Tile) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Self, TileError<E>> {
        let mut levels = Vec::new();
        for level in 0..8u8 {
            let nodes = size >> (u32::from(level) * HEIGHT);
            if nodes == 0 {
                break;
            }
            let width = (nodes % TILE_WIDTH) as u16;
            let Some(tile) = Tile::new(Level::Hashes(level), nodes / TILE_WIDTH, width) else {
                levels.push(Vec::new());
                continue;
            };
            let bytes = match fetch(&tile) {
                Ok(Some(bytes)) => bytes,
                Ok(None) => return Err(TileError::Missing { tile }),
                Err(source) => return Err(TileError::Fetch { tile, source }),
            };
            let expected = usize::from(width) * Hash::LEN;
            match tile_hashes(&bytes) {
                Some(hashes) if bytes.len() == expected => levels.push(hashes),
                _ => return Err(TileError::Length { tile, expected, found: bytes.len() }),
            }
        }
        Ok(Self { size, levels })
    }

    /// Number of entries.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf hash at the end; calls `full` for each tile that this fills, level 0 first.
    pub fn append(&mut self, leaf: Hash, mut full: impl FnMut(Tile, &[Hash])) {
        self.size += 1;
        let mut hash = leaf;
        for level in 0..8u8 {
            let position = usize::from(level);
            if self.levels.len() == position {
                self.levels.push(Vec::with_capacity(TILE_WIDTH as usize));
            }
            let hashes = &mut self.levels[position];
            hashes.push(hash);
            let Some(above) = full_tile_root(hashes) else { return };
            let index = (self.size >> (u32::from(level) * HEIGHT)) / TILE_WIDTH - 1;
            if let Some(tile) = Tile::new(Level::Hashes(level), index, TILE_WIDTH as u16) {
                full(tile, hashes);
            }
            hashes.clear();
            hash = above;
        }
    }

    /// The partial tiles of the present size with their bytes, level 0 first.
    pub fn partials(&self) -> impl Iterator<Item = (Tile, Vec<u8>)> {
        self.levels.iter().zip(0u8..).filter_map(|(hashes, level)| {
            let index = (self.size >> (u32::from(level) * HEIGHT)) / TILE_WIDTH;
            let tile = Tile::new(Level::Hashes(level), index, hashes.len() as u16)?;
            Some((tile, tile_bytes(hashes)))
        })
    }

    /// The root over all entries.
    pub fn root(&self) -> Hash {
        let mut acc: Option<Hash> = None;
        for hashes in &self.levels {
            let mut rest = hashes.as_slice();
            // From the right: the smallest complete subtree ends the tile.
            while !rest.is_empty() {
                let (before, complete) =
                    rest.split_at(rest.len() - (1 << rest.len().trailing_zeros()));
                let mut scratch = [Hash([0; 32]); TILE_WIDTH as usize];
                let scratch = &mut scratch[..complete.len()];
                scratch.copy_from_slice(complete);
                let peak = crate::hash::fold_complete(scratch);
                acc = Some(acc.map_or(peak, |right| node_hash(&peak, &right)));
                rest = before;
            }
        }
        acc.unwrap_or_else(empty_root)
    }
}
