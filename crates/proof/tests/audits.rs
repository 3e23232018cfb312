//! Audits of whole logs: a clean log is clean, and each kind of change is found where it is.

mod common;

use std::convert::Infallible;

use common::{Log, entry};
use proof::tile::{tile_bytes, tile_hashes};
use proof::*;

/// A log with its database rows.
#[derive(Clone)]
struct Case {
    log: Log,
    checkpoint: Checkpoint,
    rows: Vec<Row>,
}

impl Case {
    fn new(size: u64) -> Self {
        let log = Log::new(size);
        let rows = (0..size)
            .map(|index| Row { index, bytes: entry(index), leaf_hash: leaf_hash(&entry(index)) })
            .collect();
        Self { checkpoint: log.checkpoint(), log, rows }
    }

    fn audit(&self, with_rows: bool) -> AuditReport {
        let rows = |range: std::ops::Range<u64>| {
            let rows = self.rows.iter().filter(|row| range.contains(&row.index)).cloned().collect();
            Ok::<_, Infallible>(with_rows.then_some(rows))
        };
        audit(self.checkpoint.clone(), |tile| self.log.get(tile), rows).unwrap()
    }

    fn texts(&self, with_rows: bool) -> Vec<String> {
        self.audit(with_rows).findings.iter().map(Finding::to_string).collect()
    }

    /// Changes one entry in its bundle, keeping the length.
    fn change_entry(&mut self, index: u64) {
        let size = self.checkpoint.size;
        let bundle = Tile::in_log(Level::Entries, index / 256, size).unwrap();
        let mut entries: Vec<_> = bundle.leaves().map(entry).collect();
        entries[(index % 256) as usize][0] ^= 1;
        *self.log.tile_mut(&bundle.to_string()) = encode_entries(entries).unwrap();
    }

    fn change_hash(&mut self, path: &str, position: usize, hash: Hash) {
        let tile = self.log.tile_mut(path);
        let mut hashes = tile_hashes(tile).unwrap();
        hashes[position] = hash;
        *tile = tile_bytes(&hashes);
    }
}

fn changed(index: u64) -> Vec<u8> {
    let mut bytes = entry(index);
    bytes[0] ^= 1;
    bytes
}

#[test]
fn clean_logs_are_clean() {
    for size in [0, 1, 2, 255, 256, 257, 512, 700, 65_536, 65_537, 66_000] {
        let case = Case::new(size);
        for with_rows in [false, size < 1000] {
            let report = case.audit(with_rows);
            assert!(report.is_clean(), "{size}: {:?}", report.findings);
            assert_eq!(
                (report.size, report.entries, report.root),
                (size, size, case.checkpoint.root)
            );
            assert_eq!(report.rows, if with_rows { size } else { 0 });
        }
    }
}

#[test]
fn a_changed_entry_is_named_in_full_and_partial_bundles() {
    for (size, index) in
        [(700, 0), (700, 300), (700, 511), (700, 512), (700, 699), (256, 255), (1, 0)]
    {
        for with_rows in [false, true] {
            let mut case = Case::new(size);
            case.change_entry(index);
            let report = case.audit(with_rows);
            let [Finding::Entry { index: found, tile, computed, expected }] =
                report.findings.as_slice()
            else {
                panic!("{:?}", report.findings)
            };
            assert_eq!(*found, index);
            assert!(tile.leaves().contains(&index));
            assert_eq!(
                (*computed, *expected),
                (leaf_hash(&changed(index)), leaf_hash(&entry(index)))
            );
            assert_eq!(report.root, case.checkpoint.root);
        }
    }
}

#[test]
fn every_changed_entry_is_listed() {
    let mut case = Case::new(700);
    for index in [3, 300, 600] {
        case.change_entry(index);
    }
    let report = case.audit(false);
    assert_eq!(
        report.findings.iter().map(|f| f.index().unwrap()).collect::<Vec<_>>(),
        [3, 300, 600]
    );
    assert_eq!(report.first_index(), Some(3));
}

#[test]
fn a_changed_hash_tile_is_named_with_level_number_and_position() {
    let wrong = Hash([5; 32]);
    for (size, path, position, covers) in [
        (700, "tile/0/000", 7, "entries 7–7"),
        (700, "tile/0/002.p/188", 1, "entries 513–513"),
        (700, "tile/1/000.p/2", 1, "entries 256–511"),
        (65_537, "tile/1/000", 255, "entries 65280–65535"),
        (65_537, "tile/2/000.p/1", 0, "entries 0–65535"),
    ] {
        let mut case = Case::new(size);
        case.change_hash(path, position, wrong);
        let texts = case.texts(false);
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert!(
            texts[0]
                .starts_with(&format!("{path} holds {wrong} at position {position} ({covers})")),
            "{texts:?}"
        );
    }
}

#[test]
fn rows_that_differ_are_named() {
    for size in [300, 256, 3] {
        let mut case = Case::new(size);
        case.rows[2].bytes = changed(2);
        case.rows[1].leaf_hash = Hash([1; 32]);
        let texts = case.texts(true);
        assert_eq!(texts.len(), 2, "{texts:?}");
        assert!(texts[0].starts_with("the database holds leaf hash "), "{texts:?}");
        assert!(texts[1].starts_with("entry 2 was changed in the database"), "{texts:?}");
        case.rows.remove(0);
        assert_eq!(case.texts(true)[0], "the database lacks entry 0");
        case.rows.pop();
        assert!(case.audit(true).findings.contains(&Finding::RowMissing { index: size - 1 }));
        let twice = case.rows[0].clone();
        case.rows.insert(0, twice);
        assert!(case.audit(true).findings.contains(&Finding::RowUnexpected { index: 1 }));
    }
}

#[test]
fn a_row_rewritten_with_its_hash_is_still_found() {
    let mut case = Case::new(300);
    case.rows[299] = Row { index: 299, bytes: changed(299), leaf_hash: leaf_hash(&changed(299)) };
    let texts = case.texts(true);
    assert!(texts[0].starts_with("entry 299 was changed in the database"), "{texts:?}");
    assert!(texts[1].starts_with("the database holds leaf hash"), "{texts:?}");
    assert_eq!(texts.len(), 2);
}

#[test]
fn a_rewritten_history_is_found_by_the_root_and_by_the_rows() {
    // The insider changes entry 100 and every hash above it, but can't sign.
    let honest = Case::new(700);
    let mut leaves: Vec<_> = (0..700).map(|i| leaf_hash(&entry(i))).collect();
    leaves[100] = leaf_hash(&changed(100));
    let forged = MemoryTree::from_leaves(leaves);
    let mut case = honest.clone();
    case.change_entry(100);
    for tile in tile::new_hash_tiles(0, 700) {
        *case.log.tile_mut(&tile.to_string()) = tile.hash_bytes(&forged).unwrap();
    }
    let report = case.audit(false);
    assert_eq!(
        report.findings,
        [Finding::Root { computed: forged.root(), expected: case.checkpoint.root }]
    );
    let report = case.audit(true);
    assert_eq!(report.first_index(), Some(100));
}

#[test]
fn an_entry_and_its_leaf_changed_together_are_found_above() {
    let mut case = Case::new(700);
    case.change_entry(100);
    case.change_hash("tile/0/000", 100, leaf_hash(&changed(100)));
    let report = case.audit(false);
    assert!(report.findings.iter().any(
        |f| matches!(f, Finding::HashTile { position: 0, covers, .. } if *covers == (0..256))
    ));
    assert!(matches!(report.findings.last(), Some(Finding::Root { .. })));
    // With the database to compare with, the entry itself is named.
    let texts = case.texts(true);
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].starts_with("entry 100 was changed in tile/entries/000"), "{texts:?}");
    assert!(texts[1].starts_with("tile/0/000 holds"), "{texts:?}");
}

#[test]
fn missing_and_mangled_tiles_are_named() {
    for path in [
        "tile/entries/000",
        "tile/0/001",
        "tile/1/000.p/2",
        "tile/entries/002.p/188",
        "tile/0/002.p/188",
    ] {
        let mut case = Case::new(700);
        case.log.tiles.remove(path);
        assert_eq!(case.texts(false), [format!("{path} is missing")]);
        let mut case = Case::new(700);
        case.log.tile_mut(path).pop();
        let texts = case.texts(true);
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert!(texts[0].starts_with(path), "{texts:?}");
    }
    let mut case = Case::new(700);
    case.log.tiles.clear();
    let report = case.audit(false);
    assert_eq!(report.findings.len(), 8, "{:?}", report.findings);
    assert!(matches!(report.findings.last(), Some(Finding::Root { .. })));
}

#[test]
fn disputes_that_nothing_settles_are_called_so() {
    // Entry, leaf and the tile above all differ from one another.
    let mut case = Case::new(700);
    case.change_entry(5);
    case.change_hash("tile/0/000", 6, Hash([1; 32]));
    let report = case.audit(false);
    let disputed: Vec<_> =
        report.findings.iter().filter(|f| matches!(f, Finding::Disputed { .. })).collect();
    assert_eq!(disputed.iter().map(|f| f.index().unwrap()).collect::<Vec<_>>(), [5, 6]);
    // The honest rows settle it.
    let texts = case.texts(true);
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].starts_with("entry 5 was changed in tile/entries/000"), "{texts:?}");
    assert!(texts[1].starts_with("tile/0/000 holds"), "{texts:?}");
}

#[test]
fn an_auditor_left_alone_reports_what_it_never_saw() {
    let report = Auditor::new(Case::new(300).checkpoint).finish();
    assert!(report.findings.iter().filter(|f| matches!(f, Finding::Missing { .. })).count() >= 5);
    assert!(!report.is_clean());
}

#[test]
fn any_flipped_bit_of_any_file_is_found() {
    let case = Case::new(513);
    for path in case.log.tiles.keys() {
        let length = case.log.tiles[path].len();
        for byte in [0, 1, 2, length / 2, length - 1] {
            let mut bad = case.clone();
            bad.log.tile_mut(path)[byte] ^= 0x10;
            assert!(!bad.audit(false).is_clean(), "{path} byte {byte}");
        }
    }
}
