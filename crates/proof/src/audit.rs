//! The check of a whole log: every entry re-hashed, every tile recomputed, every row compared; fetches nothing.
//!
//! The [`Auditor`] says which tiles and rows it wants next and is fed their bytes, so it serves synchronous and
//! asynchronous callers alike and holds one tile a level, whatever the log's size. [`audit`] is the synchronous loop.
//!
//! Three or four sources speak of each entry: the bytes in its bundle, its hash in the level-0 tile, what the
//! tiles above hold, and the database's row. Where they disagree the tile above decides which is wrong, and
//! in the end the checkpoint's root.

use std::ops::Range;

use crate::{
    checkpoint::Checkpoint,
    entries::decode_entries,
    finding::Finding,
    hash::{Hash, leaf_hash},
    tile::{HEIGHT, Level, TILE_WIDTH, Tile, full_tile_root, tile_hashes},
    tree::Frontier,
};

/// An entry as the database holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Index in the log.
    pub index: u64,
    /// The entry's bytes.
    pub bytes: Vec<u8>,
    /// The leaf hash stored beside them.
    pub leaf_hash: Hash,
}

/// Result of an audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditReport {
    /// Origin of the log.
    pub log: String,
    /// Entries that the checkpoint covers.
    pub size: u64,
    /// Entries whose bytes were read and hashed.
    pub entries: u64,
    /// Rows compared.
    pub rows: u64,
    /// Root over the leaves found.
    pub root: Hash,
    /// Everything wrong, in the order of the log; of a tile's hashes, after the entries below them.
    pub findings: Vec<Finding>,
}

impl AuditReport {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// The smallest index that something is wrong at.
    pub fn first_index(&self) -> Option<u64> {
        self.findings.iter().filter_map(Finding::index).min()
    }
}

/// What the auditor wants to see next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditStep {
    /// The bundle of entries.
    pub entries: Tile,
    /// Hash tiles: first the level-0 tile of these entries, then tiles above that begin with them.
    pub tiles: Vec<Tile>,
    /// Indices of the entries, for the rows.
    pub rows: Range<u64>,
}

/// Bytes for one [`AuditStep`]; `None` where a tile is not there.
#[derive(Debug, Clone, Default)]
pub struct AuditInput {
    /// The bundle of entries.
    pub entries: Option<Vec<u8>>,
    /// The hash tiles, in the order of [`AuditStep::tiles`].
    pub tiles: Vec<Option<Vec<u8>>>,
    /// The rows of the step's indices in ascending order; `None` if there is no database to compare with.
    pub rows: Option<Vec<Row>>,
}

/// A hash tile above level 0 while what lies below it is being recomputed.
struct Above {
    tile: Tile,
    stored: Option<Vec<Hash>>,
    /// Hashes of what lies below, as far as it is known.
    computed: Vec<Option<Hash>>,
}

/// What the sources say of the leaves of one step.
struct Sources {
    entries_tile: Tile,
    entries: Option<Vec<Hash>>,
    level0: Option<Vec<Hash>>,
    rows: Vec<RowHashes>,
    /// Leaf hashes by the bytes of the rows, if there is a row for each.
    row_leaves: Option<Vec<Hash>>,
}

struct RowHashes {
    index: u64,
    computed: Hash,
    stored: Hash,
}

impl Sources {
    /// The distinct opinions, the most telling first.
    fn opinions(&self) -> impl Iterator<Item = &Vec<Hash>> {
        let all = [self.entries.as_ref(), self.level0.as_ref(), self.row_leaves.as_ref()];
        (0..all.len()).filter_map(move |i| all[i].filter(|_| !all[..i].contains(&all[i])))
    }
}

/// The check of a whole log, one full or partial bundle a step.
pub struct Auditor {
    checkpoint: Checkpoint,
    next: u64,
    frontier: Frontier,
    above: Vec<Option<Above>>,
    report: AuditReport,
    /// The last, partial bundle: no tile above proves it, only the root can.
    last: Option<Sources>,
}

impl Auditor {
    /// Starts an audit against a checkpoint whose signature the caller has verified.
    pub fn new(checkpoint: Checkpoint) -> Self {
        let report = AuditReport {
            log: checkpoint.origin.clone(),
            size: checkpoint.size,
            entries: 0,
            rows: 0,
            root: Hash([0; 32]),
            findings: Vec::new(),
        };
        let above = (1..8).map(|_| None).collect();
        Self { checkpoint, next: 0, frontier: Frontier::new(), above, report, last: None }
    }

    /// What to fetch next; `None` when the log has been read whole.
    pub fn step(&self) -> Option<AuditStep> {
        let size = self.checkpoint.size;
        let entries = Tile::in_log(Level::Entries, self.next, size)?;
        let mut tiles = Vec::new();
        for level in 0..8u8 {
            let span = u32::from(level) * HEIGHT;
            // A tile above is wanted when its first leaf comes.
            if self.next.trailing_zeros() < span {
                break;
            }
            tiles.extend(Tile::in_log(Level::Hashes(level), self.next >> span, size));
        }
        Some(AuditStep { rows: entries.leaves(), entries, tiles })
    }

    /// Checks the bytes of the step that [`Auditor::step`] gives now, and goes on to the next.
    pub fn check(&mut self, input: AuditInput) {
        let Some(step) = self.step() else { return };
        let mut served = input.tiles.into_iter();
        let mut level0 = None;
        for tile in &step.tiles {
            let stored = self.read_tile(*tile, served.next().flatten());
            match tile.level() {
                Level::Hashes(level @ 1..) => {
                    let computed = Vec::with_capacity(usize::from(tile.width()));
                    self.above[usize::from(level) - 1] =
                        Some(Above { tile: *tile, stored, computed });
                }
                _ => level0 = stored,
            }
        }
        let entries = self.read_entries(step.entries, input.entries);
        let rows = input.rows.map(|rows| self.read_rows(&step.rows, rows)).unwrap_or_default();
        let complete = rows.len() == usize::from(step.entries.width());
        let row_leaves = complete.then(|| rows.iter().map(|row| row.computed).collect());
        let sources = Sources { entries_tile: step.entries, entries, level0, rows, row_leaves };
        self.next += 1;
        if step.entries.is_full() {
            self.settle(&sources);
        } else {
            self.last = Some(sources);
        }
    }

    fn read_tile(&mut self, tile: Tile, bytes: Option<Vec<u8>>) -> Option<Vec<Hash>> {
        let Some(bytes) = bytes else {
            self.report.findings.push(Finding::Missing { tile });
            return None;
        };
        let hashes = tile_hashes(&bytes).filter(|hashes| hashes.len() == usize::from(tile.width()));
        if hashes.is_none() {
            self.report.findings.push(Finding::TileLength { tile, found: bytes.len() });
        }
        hashes
    }

    fn read_entries(&mut self, tile: Tile, bytes: Option<Vec<u8>>) -> Option<Vec<Hash>> {
        let Some(bytes) = bytes else {
            self.report.findings.push(Finding::Missing { tile });
            return None;
        };
        match decode_entries(&bytes, usize::from(tile.width())) {
            Ok(entries) => {
                self.report.entries += entries.len() as u64;
                Some(entries.into_iter().map(leaf_hash).collect())
            }
            Err(problem) => {
                self.report.findings.push(Finding::Bundle { tile, problem });
                None
            }
        }
    }

    fn read_rows(&mut self, wanted: &Range<u64>, rows: Vec<Row>) -> Vec<RowHashes> {
        let mut next = wanted.start;
        let mut hashes = Vec::with_capacity(rows.len());
        for Row { index, bytes, leaf_hash: stored } in rows {
            if index < next || index >= wanted.end {
                self.report.findings.push(Finding::RowUnexpected { index });
                continue;
            }
            self.report.findings.extend((next..index).map(|index| Finding::RowMissing { index }));
            next = index + 1;
            hashes.push(RowHashes { index, computed: leaf_hash(&bytes), stored });
        }
        self.report.findings.extend((next..wanted.end).map(|index| Finding::RowMissing { index }));
        self.report.rows += hashes.len() as u64;
        hashes
    }

    /// Decides which leaf hashes of a full tile are the log's, reports what differs, passes the tile's hash up.
    fn settle(&mut self, sources: &Sources) {
        let held = self.held_above(0, sources.entries_tile.index());
        let proved = held.and_then(|held| {
            sources.opinions().find(|leaves| full_tile_root(leaves) == Some(held))
        });
        self.compare(sources, proved);
        let believed = if proved.is_some() {
            held
        } else {
            sources.opinions().next().and_then(|l| full_tile_root(l))
        };
        // What is missing altogether is known by its hash above, if at all; else the root shows it.
        self.frontier.append_subtree(HEIGHT, believed.or(held).unwrap_or(Hash([0; 32])));
        self.pass_up(0, believed);
    }

    /// Reports every source's difference from the proved leaves or, with none proved, from one another.
    fn compare(&mut self, sources: &Sources, proved: Option<&Vec<Hash>>) {
        let tile = sources.entries_tile;
        let Some(truth) = proved.or_else(|| sources.opinions().next()) else { return };
        let level0_tile = Tile::new(Level::Hashes(0), tile.index(), tile.width()).unwrap_or(tile);
        match (&sources.entries, &sources.level0) {
            (Some(entries), Some(level0)) if proved.is_none() => {
                self.disputed(tile, entries, level0)
            }
            (entries, level0) => {
                if let Some(entries) = entries {
                    self.changed_entries(tile, entries, truth);
                }
                if let Some(level0) = level0 {
                    self.changed_hashes(level0_tile, level0, truth.iter().copied().map(Some));
                }
            }
        }
        let first = tile.leaves().start;
        for row in &sources.rows {
            let (index, computed, stored) = (row.index, row.computed, row.stored);
            let expected = truth[(index - first) as usize];
            if computed != expected {
                self.report.findings.push(Finding::RowBytes { index, computed, expected });
            }
            if stored != expected {
                self.report.findings.push(Finding::RowLeafHash { index, stored, expected });
            }
        }
    }

    /// What the tile above `level` holds for the tile at `index` of `level`.
    fn held_above(&self, level: u8, index: u64) -> Option<Hash> {
        let above = self.above.get(usize::from(level))?.as_ref()?;
        above.stored.as_ref()?.get((index % TILE_WIDTH) as usize).copied()
    }

    /// Notes the hash of a full tile in the tile above it, compares when that has all, and goes on if it is full.
    fn pass_up(&mut self, level: u8, hash: Option<Hash>) {
        let Some(Some(above)) = self.above.get_mut(usize::from(level)) else { return };
        above.computed.push(hash);
        if above.computed.len() < usize::from(above.tile.width()) {
            return;
        }
        let (tile, computed, stored) =
            (above.tile, std::mem::take(&mut above.computed), above.stored.take());
        if let Some(stored) = &stored {
            self.changed_hashes(tile, stored, computed.iter().copied());
        }
        if tile.is_full() {
            let known = |(position, hash): (usize, Option<Hash>)| {
                hash.or_else(|| stored.as_ref().and_then(|stored| stored.get(position).copied()))
            };
            let hashes: Option<Vec<Hash>> = computed.into_iter().enumerate().map(known).collect();
            self.pass_up(level + 1, hashes.and_then(|hashes| full_tile_root(&hashes)));
        }
    }

    fn changed_entries(&mut self, tile: Tile, entries: &[Hash], truth: &[Hash]) {
        for (index, (computed, expected)) in tile.leaves().zip(entries.iter().zip(truth)) {
            if computed != expected {
                let finding =
                    Finding::Entry { index, tile, computed: *computed, expected: *expected };
                self.report.findings.push(finding);
            }
        }
    }

    fn disputed(&mut self, tile: Tile, entries: &[Hash], level0: &[Hash]) {
        for (index, (entry, tile)) in tile.leaves().zip(entries.iter().zip(level0)) {
            if entry != tile {
                self.report.findings.push(Finding::Disputed { index, entry: *entry, tile: *tile });
            }
        }
    }

    fn changed_hashes(
        &mut self,
        tile: Tile,
        stored: &[Hash],
        computed: impl Iterator<Item = Option<Hash>>,
    ) {
        for (position, (stored, computed)) in (0u16..).zip(stored.iter().zip(computed)) {
            if let Some(computed) = computed
                && *stored != computed
            {
                let covers = tile.leaves_of(position);
                let finding =
                    Finding::HashTile { tile, position, covers, stored: *stored, computed };
                self.report.findings.push(finding);
            }
        }
    }

    /// The result. What has not been read by now is reported as missing.
    pub fn finish(mut self) -> AuditReport {
        while self.step().is_some() {
            self.check(AuditInput::default());
        }
        let expected = self.checkpoint.root;
        let mut root = self.frontier.root();
        if let Some(sources) = self.last.take() {
            let root_with = |leaves: &Vec<Hash>| {
                let mut frontier = self.frontier.clone();
                leaves.iter().for_each(|leaf| frontier.append(*leaf));
                frontier.root()
            };
            let proved = sources.opinions().find(|leaves| root_with(leaves) == expected);
            if let Some(believed) = proved.or_else(|| sources.opinions().next()) {
                root = root_with(believed);
            }
            self.compare(&sources, proved);
        }
        if root != expected {
            self.report.findings.push(Finding::Root { computed: root, expected });
        }
        self.report.root = root;
        self.report
    }
}

/// Audits a log synchronously: `fetch` gives the bytes of a tile (`None`: not there), `rows` those of the
/// database for a range of indices, in ascending order (`None`: no database). Fails with their first error.
pub fn audit<E>(
    checkpoint: Checkpoint,
    mut fetch: impl FnMut(&Tile) -> Result<Option<Vec<u8>>, E>,
    mut rows: impl FnMut(Range<u64>) -> Result<Option<Vec<Row>>, E>,
) -> Result<AuditReport, E> {
    let mut auditor = Auditor::new(checkpoint);
    while let Some(step) = auditor.step() {
        let tiles = step.tiles.iter().map(&mut fetch).collect::<Result<_, E>>()?;
        let input =
            AuditInput { entries: fetch(&step.entries)?, tiles, rows: rows(step.rows.clone())? };
        auditor.check(input);
    }
    Ok(auditor.finish())
}
