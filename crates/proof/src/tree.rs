//! Merkle tree over any source of subtree hashes: root, proofs and their verification; knows no storage.
//!
//! A node is named by (level, index): it is the root of the complete subtree over the leaves
//! `index·2^level .. (index+1)·2^level`; level 0 holds the leaf hashes. Every function reads O(log n) nodes,
//! and which nodes it reads depends on the sizes alone, so a caller with an asynchronous store can first run
//! it on a [`Plan`], fetch what the plan lists, and run it again on the fetched map.

use std::{cell::RefCell, collections::HashMap, convert::Infallible};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::hash::{Hash, empty_root, node_hash};

/// Gives the hashes of complete subtrees.
pub trait HashReader {
    /// Why a hash can't be had.
    type Error;

    /// The hash of the complete subtree at (`level`, `index`).
    fn read(&self, level: u32, index: u64) -> Result<Hash, Self::Error>;
}

impl<R: HashReader + ?Sized> HashReader for &R {
    type Error = R::Error;

    fn read(&self, level: u32, index: u64) -> Result<Hash, Self::Error> {
        (**self).read(level, index)
    }
}

/// A map of fetched nodes lacks one that the computation needs.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the hash of the subtree at level {level}, index {index} is not at hand")]
pub struct NodeMissing {
    /// Level of the node, 0 for leaves.
    pub level: u32,
    /// Index of the node within its level.
    pub index: u64,
}

impl HashReader for HashMap<(u32, u64), Hash> {
    type Error = NodeMissing;

    fn read(&self, level: u32, index: u64) -> Result<Hash, NodeMissing> {
        self.get(&(level, index)).copied().ok_or(NodeMissing { level, index })
    }
}

/// Records which nodes a computation would read, instead of reading them.
///
/// ```
/// let plan = proof::Plan::default();
/// proof::inclusion_proof(5, 11, &plan).unwrap();
/// assert_eq!(plan.nodes(), [(0, 10), (1, 4), (2, 0), (1, 3), (0, 4)]);
/// ```
#[derive(Debug, Default)]
pub struct Plan(RefCell<Vec<(u32, u64)>>);

impl Plan {
    /// The (level, index) pairs asked for, in the order of asking.
    pub fn nodes(self) -> Vec<(u32, u64)> {
        self.0.into_inner()
    }
}

impl HashReader for Plan {
    type Error = Infallible;

    fn read(&self, level: u32, index: u64) -> Result<Hash, Infallible> {
        self.0.borrow_mut().push((level, index));
        Ok(Hash([0; 32]))
    }
}

/// Why a root or a proof could not be computed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TreeError<E> {
    /// The leaf is not in a tree of this size.
    #[error("entry {index} is not in a tree of {size} entries")]
    NoSuchLeaf {
        /// Index asked for.
        index: u64,
        /// Size of the tree.
        size: u64,
    },
    /// A consistency proof goes from a smaller (or equal) tree to a larger one.
    #[error("the older tree ({old} entries) is larger than the newer one ({new} entries)")]
    SizesReversed {
        /// Size claimed for the older tree.
        old: u64,
        /// Size claimed for the newer tree.
        new: u64,
    },
    /// The reader failed.
    #[error("a node of the tree can't be read: {0}")]
    Read(E),
}

/// Why a proof does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProofError {
    /// The leaf is not in a tree of this size.
    #[error("entry {index} is not in a tree of {size} entries")]
    NoSuchLeaf {
        /// Index asked for.
        index: u64,
        /// Size of the tree.
        size: u64,
    },
    /// A consistency proof goes from a smaller (or equal) tree to a larger one.
    #[error("the older tree ({old} entries) is larger than the newer one ({new} entries)")]
    SizesReversed {
        /// Size claimed for the older tree.
        old: u64,
        /// Size claimed for the newer tree.
        new: u64,
    },
    /// The proof has hashes too many or too few for these sizes.
    #[error("the proof has {found} hashes where these sizes need {expected}")]
    Length {
        /// Number of hashes that the sizes call for.
        expected: usize,
        /// Number of hashes in the proof.
        found: usize,
    },
    /// The path leads to another root.
    #[error("the path leads to root {computed}, not to {expected}")]
    Root {
        /// Root that the path leads to.
        computed: Hash,
        /// Root that was to be reached.
        expected: Hash,
    },
    /// The proof does not start from the older tree: that root is not a prefix of the newer tree.
    #[error("the proof starts from root {computed}, not from the older tree's {expected}")]
    OldRoot {
        /// Root of the older tree according to the proof.
        computed: Hash,
        /// Root that the older tree has.
        expected: Hash,
    },
}

/// The largest power of two that is at most `n` (n > 0), as its exponent.
fn log2(n: u64) -> u32 {
    63 - n.leading_zeros()
}

/// Size of the left subtree of a tree over `n` leaves (n > 1): the largest power of two below `n`.
fn split(n: u64) -> u64 {
    1 << log2(n - 1)
}

/// Hash over the leaves `lo..hi`, where `lo` is 0 or ends a left subtree, as in RFC 6962's recursion.
fn range<R: HashReader>(lo: u64, hi: u64, reader: &R) -> Result<Hash, TreeError<R::Error>> {
    // The right edge first, so that the fold needs no list: the smallest complete subtree ends at `hi`.
    let mut hi = hi;
    let mut acc = None;
    while hi > lo {
        let level = (hi - lo).trailing_zeros();
        let start = hi - (1 << level);
        let hash = reader.read(level, start >> level).map_err(TreeError::Read)?;
        acc = Some(match acc {
            None => hash,
            Some(right) => node_hash(&hash, &right),
        });
        hi = start;
    }
    Ok(acc.unwrap_or_else(empty_root))
}

/// The root of the tree over the first `size` leaves.
pub fn root<R: HashReader>(size: u64, reader: &R) -> Result<Hash, TreeError<R::Error>> {
    range(0, size, reader)
}

/// The inclusion proof of leaf `index` in the tree of `size` leaves: siblings from the leaf up (RFC 6962 §2.1.1).
///
/// Fails if `index` ≥ `size`, or with the reader's error.
pub fn inclusion_proof<R: HashReader>(
    index: u64,
    size: u64,
    reader: &R,
) -> Result<Vec<Hash>, TreeError<R::Error>> {
    if index >= size {
        return Err(TreeError::NoSuchLeaf { index, size });
    }
    let (mut lo, mut hi) = (0, size);
    let mut path = Vec::with_capacity(inclusion_length(index, size));
    while hi - lo > 1 {
        let middle = lo + split(hi - lo);
        if index < middle {
            path.push(range(middle, hi, reader)?);
            hi = middle;
        } else {
            path.push(range(lo, middle, reader)?);
            lo = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of `old` leaves is a prefix of that of `new` leaves (RFC 6962 §2.1.2).
///
/// Empty if `old` is 0 or equals `new`. Fails if `old` > `new`, or with the reader's error.
pub fn consistency_proof<R: HashReader>(
    old: u64,
    new: u64,
    reader: &R,
) -> Result<Vec<Hash>, TreeError<R::Error>> {
    if old > new {
        return Err(TreeError::SizesReversed { old, new });
    }
    let mut path = Vec::new();
    if old == 0 || old == new {
        return Ok(path);
    }
    let (mut lo, mut hi) = (0, new);
    while hi != old {
        let middle = lo + split(hi - lo);
        if old <= middle {
            path.push(range(middle, hi, reader)?);
            hi = middle;
        } else {
            path.push(range(lo, middle, reader)?);
            lo = middle;
        }
    }
    // With lo = 0 the older tree is itself a node of the newer one, and the verifier has its root.
    if lo > 0 {
        path.push(range(lo, hi, reader)?);
    }
    path.reverse();
    Ok(path)
}

/// The nodes that appending `leaf` at `index` completes: the leaf itself, then each parent whose right child
/// it ends; as (level, index, hash), to be stored. Reads the left siblings only: O(log n) at worst, 1 on average.
pub fn stored_hashes<R: HashReader>(
    index: u64,
    leaf: Hash,
    reader: &R,
) -> Result<Vec<(u32, u64, Hash)>, R::Error> {
    let levels = index.trailing_ones();
    let mut nodes = Vec::with_capacity(levels as usize + 1);
    let mut hash = leaf;
    nodes.push((0, index, hash));
    for level in 0..levels {
        hash = node_hash(&reader.read(level, (index >> level) - 1)?, &hash);
        nodes.push((level + 1, index >> (level + 1), hash));
    }
    Ok(nodes)
}

/// Number of hashes in the inclusion proof of `index` < `size`.
fn inclusion_length(index: u64, size: u64) -> usize {
    // Below the point where the leaf's path leaves the right edge every level has a sibling; above it only
    // the levels where the path is a right child have one.
    let inner = 64 - (index ^ (size - 1)).leading_zeros();
    let border = index.checked_shr(inner).unwrap_or(0).count_ones();
    (inner + border) as usize
}

/// Checks that `leaf` is entry `index` of the tree with `size` entries and root `expected` (RFC 9162 §2.1.3.2).
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    path: &[Hash],
    expected: &Hash,
) -> Result<(), ProofError> {
    let computed = root_from_path(leaf, index, size, path)?;
    if computed == *expected {
        Ok(())
    } else {
        Err(ProofError::Root { computed, expected: *expected })
    }
}

/// The root that an inclusion path leads to; fails only on impossible index or length.
pub fn root_from_path(
    leaf: &Hash,
    index: u64,
    size: u64,
    path: &[Hash],
) -> Result<Hash, ProofError> {
    if index >= size {
        return Err(ProofError::NoSuchLeaf { index, size });
    }
    let expected = inclusion_length(index, size);
    if path.len() != expected {
        return Err(ProofError::Length { expected, found: path.len() });
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in path {
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            // The right edge may have no sibling for some levels.
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    Ok(hash)
}

/// Number of hashes in the consistency proof for 0 < `old` < `new`.
fn consistency_length(old: u64, new: u64) -> usize {
    let shift = old.trailing_zeros();
    let extra = usize::from(!old.is_power_of_two());
    inclusion_length((old - 1) >> shift, ((new - 1) >> shift) + 1) + extra
}

/// Checks that the tree (`old`, `old_root`) is a prefix of (`new`, `new_root`) (RFC 9162 §2.1.4.2).
///
/// From the empty tree only its own root and an empty proof are accepted.
pub fn verify_consistency(
    old: u64,
    new: u64,
    old_root: &Hash,
    new_root: &Hash,
    path: &[Hash],
) -> Result<(), ProofError> {
    if old > new {
        return Err(ProofError::SizesReversed { old, new });
    }
    let trivial = old == 0 || old == new;
    let expected = if trivial { 0 } else { consistency_length(old, new) };
    if path.len() != expected {
        return Err(ProofError::Length { expected, found: path.len() });
    }
    if old == 0 && *old_root != empty_root() {
        return Err(ProofError::OldRoot { computed: empty_root(), expected: *old_root });
    }
    if old == new && old_root != new_root {
        return Err(ProofError::Root { computed: *old_root, expected: *new_root });
    }
    if trivial {
        return Ok(());
    }
    let shift = old.trailing_zeros();
    let (mut node, mut last) = ((old - 1) >> shift, (new - 1) >> shift);
    let (seed, rest) = match path.split_first() {
        Some((first, rest)) if !old.is_power_of_two() => (first, rest),
        _ => (old_root, path),
    };
    let (mut older, mut newer) = (*seed, *seed);
    for sibling in rest {
        if node & 1 == 1 || node == last {
            older = node_hash(sibling, &older);
            newer = node_hash(sibling, &newer);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            newer = node_hash(&newer, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if older != *old_root {
        return Err(ProofError::OldRoot { computed: older, expected: *old_root });
    }
    if newer != *new_root {
        return Err(ProofError::Root { computed: newer, expected: *new_root });
    }
    Ok(())
}

/// The right edge of a tree: the roots of its complete subtrees, largest first; all that is needed to go on
/// appending and to know the root. At most 64 hashes; serialisable.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "FrontierFields")]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

#[derive(Deserialize)]
struct FrontierFields {
    size: u64,
    peaks: Vec<Hash>,
}

impl TryFrom<FrontierFields> for Frontier {
    type Error = ProofError;

    fn try_from(fields: FrontierFields) -> Result<Self, ProofError> {
        Self::from_peaks(fields.size, fields.peaks)
    }
}

impl Frontier {
    /// The empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// From the roots of the complete subtrees, largest first; refuses a number of them that `size` can't have.
    pub fn from_peaks(size: u64, peaks: Vec<Hash>) -> Result<Self, ProofError> {
        let expected = size.count_ones() as usize;
        if peaks.len() != expected {
            return Err(ProofError::Length { expected, found: peaks.len() });
        }
        Ok(Self { size, peaks })
    }

    /// Reads the right edge of the tree of `size` leaves.
    pub fn load<R: HashReader>(size: u64, reader: &R) -> Result<Self, R::Error> {
        let mut peaks = Vec::with_capacity(size.count_ones() as usize);
        for level in (0..64).rev().filter(|level| size >> level & 1 == 1) {
            peaks.push(reader.read(level, (size >> level) - 1)?);
        }
        Ok(Self { size, peaks })
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Roots of the complete subtrees, largest first.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Adds a leaf hash at the end.
    pub fn append(&mut self, leaf: Hash) {
        self.append_with(leaf, |_, _, _| {});
    }

    /// Adds a leaf hash and tells each node (level, index, hash) that it completes, the leaf first: the same
    /// as [`stored_hashes`], without a reader.
    pub fn append_with(&mut self, leaf: Hash, mut completed: impl FnMut(u32, u64, Hash)) {
        let mut hash = leaf;
        completed(0, self.size, hash);
        for level in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node_hash(&left, &hash);
            }
            completed(level + 1, self.size >> (level + 1), hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// Adds a complete subtree of 2^`level` leaves whose number so far is a multiple of that.
    pub(crate) fn append_subtree(&mut self, level: u32, root: Hash) {
        let mut hash = root;
        for _ in 0..(self.size >> level).trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1 << level;
    }

    /// The root over all leaves appended so far.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        match peaks.next() {
            None => empty_root(),
            Some(last) => peaks.fold(*last, |right, left| node_hash(left, &right)),
        }
    }
}

impl HashReader for Frontier {
    type Error = NodeMissing;

    /// Knows the complete subtrees of the right edge only.
    fn read(&self, level: u32, index: u64) -> Result<Hash, NodeMissing> {
        let count = self.size.checked_shr(level).unwrap_or(0);
        if count & 1 == 1 && index == count - 1 {
            // Peaks stand largest first: as many come before it as the size has higher bits.
            let before = (count >> 1).count_ones() as usize;
            if let Some(hash) = self.peaks.get(before) {
                return Ok(*hash);
            }
        }
        Err(NodeMissing { level, index })
    }
}
