//! What several test files share: logs served from memory.
#![allow(dead_code)]

use std::collections::HashMap;

use proof::{
    Checkpoint, Hash, Level, MemoryTree, SignerKey, Tile, encode_entries, leaf_hash,
    tile::{new_entry_tiles, new_hash_tiles},
};

pub fn entry(i: u64) -> Vec<u8> {
    format!("entry {i}\n").into_bytes()
}

pub fn tree(size: u64) -> MemoryTree {
    MemoryTree::from_leaves((0..size).map(|i| leaf_hash(&entry(i))).collect())
}

pub fn key(name: &str, seed: u8) -> SignerKey {
    SignerKey::from_seed(name, &[seed; 32]).unwrap()
}

/// A log of `entry(i)`, as its tiles.
#[derive(Clone)]
pub struct Log {
    pub tree: MemoryTree,
    pub tiles: HashMap<String, Vec<u8>>,
}

impl Log {
    pub fn new(size: u64) -> Self {
        let tree = tree(size);
        let mut tiles = HashMap::new();
        for tile in new_hash_tiles(0, size) {
            tiles.insert(tile.to_string(), tile.hash_bytes(&tree).unwrap());
        }
        for tile in new_entry_tiles(0, size) {
            assert_eq!(tile.level(), Level::Entries);
            tiles.insert(tile.to_string(), encode_entries(tile.leaves().map(entry)).unwrap());
        }
        Self { tree, tiles }
    }

    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint::new("village.example/log", self.tree.size(), self.root())
    }

    pub fn get(&self, tile: &Tile) -> Result<Option<Vec<u8>>, std::convert::Infallible> {
        Ok(self.tiles.get(&tile.to_string()).cloned())
    }

    pub fn tile_mut(&mut self, path: &str) -> &mut Vec<u8> {
        self.tiles.get_mut(path).unwrap()
    }
}
