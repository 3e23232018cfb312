//! A small tree kept whole in memory, for receipt batches and tests; knows no storage.

use crate::{
    hash::{Hash, node_hash},
    tree::{HashReader, NodeMissing, TreeError, consistency_proof, inclusion_proof, root},
};

/// A Merkle tree (RFC 6962) with all its nodes in memory: about 64 bytes a leaf.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryTree {
    levels: Vec<Vec<Hash>>,
}

impl MemoryTree {
    /// The empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// A tree over these leaf hashes.
    pub fn from_leaves(leaves: Vec<Hash>) -> Self {
        if leaves.is_empty() {
            return Self::new();
        }
        let mut levels = vec![leaves];
        loop {
            let below = &levels[levels.len() - 1];
            if below.len() < 2 {
                return Self { levels };
            }
            let above =
                below.as_chunks().0.iter().map(|[left, right]| node_hash(left, right)).collect();
            levels.push(above);
        }
    }

    /// Adds a leaf hash at the end.
    pub fn append(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let nodes = &mut self.levels[level];
            nodes.push(hash);
            match nodes.as_slice() {
                [.., left, right] if nodes.len().is_multiple_of(2) => hash = node_hash(left, right),
                _ => return,
            }
        }
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Root over all leaves.
    pub fn root(&self) -> Hash {
        // The reader fails only beyond the tree, where a root over its own size never reads.
        root(self.size(), self).unwrap_or_else(|_| crate::hash::empty_root())
    }

    /// Root over the first `size` leaves.
    pub fn root_at(&self, size: u64) -> Result<Hash, TreeError<NodeMissing>> {
        root(size, self)
    }

    /// Inclusion proof of leaf `index` in the whole tree.
    pub fn inclusion_proof(&self, index: u64) -> Result<Vec<Hash>, TreeError<NodeMissing>> {
        inclusion_proof(index, self.size(), self)
    }

    /// Consistency proof from the first `old` leaves to the whole tree.
    pub fn consistency_proof(&self, old: u64) -> Result<Vec<Hash>, TreeError<NodeMissing>> {
        consistency_proof(old, self.size(), self)
    }
}

impl HashReader for MemoryTree {
    type Error = NodeMissing;

    fn read(&self, level: u32, index: u64) -> Result<Hash, NodeMissing> {
        self.levels
            .get(level as usize)
            .and_then(|nodes| nodes.get(usize::try_from(index).ok()?))
            .copied()
            .ok_or(NodeMissing { level, index })
    }
}
