//! Tiles of whole logs: proofs from tiles alone, growth at the right edge, and tampering of every byte's tile.

mod common;

use common::{Log, entry, tree};
use proof::*;

const SIZES: [u64; 12] = [1, 2, 3, 255, 256, 257, 300, 511, 512, 513, 700, 65_793];

#[test]
fn proofs_from_tiles_equal_those_from_the_tree() {
    for size in SIZES {
        let log = Log::new(size);
        let reader = TileReader::open(size, &log.root(), |tile| log.get(tile)).unwrap();
        assert_eq!(root(size, &reader).unwrap(), log.root());
        for index in [0, 1, 100, 255, 256, size / 2, size - 1] {
            if index >= size {
                continue;
            }
            let path = inclusion_proof(index, size, &reader).unwrap();
            assert_eq!(path, log.tree.inclusion_proof(index).unwrap(), "{index} of {size}");
            assert_eq!(reader.entry(index).unwrap(), entry(index));
            let path = consistency_proof(index, size, &reader).unwrap();
            assert_eq!(path, log.tree.consistency_proof(index).unwrap(), "{index} of {size}");
        }
        assert!(matches!(reader.entry(size), Err(TileError::NoSuchNode { .. })));
        assert!(matches!(reader.read(0, size), Err(TileError::NoSuchNode { .. })));
        assert!(matches!(reader.read(200, 0), Err(TileError::NoSuchNode { .. })));
    }
}

#[test]
fn a_deleted_partial_tile_is_replaced_by_the_full_one() {
    let (old, log) = (300, Log::new(600));
    let root = log.tree.root_at(old).unwrap();
    // The tiles of the later log only, but for level 1, whose tile is still partial and of another width.
    let mut served = log.clone();
    served.tiles.insert("tile/1/000.p/1".into(), log.tiles["tile/1/000.p/2"][..32].to_vec());
    let reader = TileReader::open(old, &root, |tile| served.get(tile)).unwrap();
    for index in [0, 256, 299] {
        assert_eq!(
            inclusion_proof(index, old, &reader).unwrap(),
            inclusion_proof(index, old, &log.tree).unwrap()
        );
        assert_eq!(reader.entry(index).unwrap(), entry(index));
    }
}

#[test]
fn an_edge_grows_the_same_tiles() {
    let log = Log::new(66_000);
    let mut edge = Edge::new();
    assert_eq!(edge.root(), empty_root());
    for i in 0..66_000u64 {
        if matches!(i, 0 | 1 | 255..=257 | 512 | 65_535..=65_537) {
            assert_eq!(edge.root(), log.tree.root_at(i).unwrap(), "{i}");
            let partials: std::collections::HashMap<_, _> =
                edge.partials().map(|(tile, bytes)| (tile.to_string(), bytes)).collect();
            let loaded =
                Edge::load(i, |tile| Ok::<_, String>(partials.get(&tile.to_string()).cloned()))
                    .unwrap();
            assert_eq!((loaded.root(), loaded.size()), (edge.root(), i));
        }
        edge.append(leaf_hash(&entry(i)), |tile, hashes| {
            assert_eq!(log.tiles[&tile.to_string()], tile::tile_bytes(hashes), "{tile}");
        });
    }
    for (tile, bytes) in edge.partials() {
        assert_eq!(log.tiles[&tile.to_string()], bytes, "{tile}");
    }
    assert_eq!(edge.root(), log.root());
    let missing = Edge::load(300, |_| Ok::<_, String>(None)).unwrap_err();
    assert_eq!(missing.to_string(), "tile/0/001.p/44 is missing");
}

#[test]
fn every_changed_hash_tile_is_refused() {
    let size = 66_000;
    let log = Log::new(size);
    for path in log.tiles.keys().filter(|path| !path.contains("entries")) {
        for damage in ["flip", "cut", "absent"] {
            let mut bad = log.clone();
            match damage {
                "flip" => bad.tile_mut(path)[17] ^= 1,
                "cut" => drop(bad.tile_mut(path).pop()),
                _ => drop(bad.tiles.remove(path)),
            }
            let tile: Tile = path.parse().unwrap();
            let outcome = TileReader::open(size, &log.root(), |tile| bad.get(tile))
                .and_then(|reader| reader.read(u32::from(level_of(&tile)) * 8, tile.index() * 256));
            assert!(outcome.is_err(), "{path} {damage}");
        }
    }
}

fn level_of(tile: &Tile) -> u8 {
    match tile.level() {
        Level::Hashes(level) => level,
        Level::Entries => 0,
    }
}

#[test]
fn changed_entries_are_refused_by_name() {
    let mut log = Log::new(300);
    log.tile_mut("tile/entries/001.p/44")[5] ^= 1;
    let reader = TileReader::open(300, &log.root(), |tile| log.get(tile)).unwrap();
    let error = reader.entry(256).unwrap_err();
    assert!(
        error.to_string().starts_with("entry 256 in tile/entries/001.p/44 hashes to "),
        "{error}"
    );
    assert_eq!(reader.entry(257).unwrap(), entry(257));
    let wrong =
        TileReader::open(300, &tree(299).root(), |tile| log.get(tile)).map(|_| ()).unwrap_err();
    assert!(matches!(wrong, TileError::Root { size: 300, .. }));
}
