//! Geometry and names of C2SP tlog-tiles (tile height 8); knows no bytes but those of a hash tile, no storage.

use std::{fmt, ops::Range, str::FromStr};

use thiserror::Error;

use crate::{
    hash::{Hash, fold_complete},
    tree::HashReader,
};

/// Hashes in a full tile.
pub const TILE_WIDTH: u64 = 256;
/// Levels of the tree in one tile.
pub(crate) const HEIGHT: u32 = 8;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// The entries themselves: `tile/entries/…`.
    Entries,
    /// Hashes of subtrees over 256^level leaves: `tile/<level>/…`; level 0 holds leaf hashes.
    Hashes(u8),
}

/// One resource of a tiled log: a hash tile or an entry bundle, full or partial.
///
/// Its text form is its path below the log's prefix: `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    level: Level,
    index: u64,
    width: u16,
}

/// The text is not the path of a tile (C2SP tlog-tiles, "Merkle Tree").
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{path:?} is not the path of a tile: {problem}; expected tile/<level|entries>/<N>[.p/<width>]"
)]
pub struct TilePathError {
    path: String,
    problem: &'static str,
}

impl Tile {
    /// A tile of `width` 1..=256; `None` for another width or a level above 63.
    pub fn new(level: Level, index: u64, width: u16) -> Option<Self> {
        let level_fits = !matches!(level, Level::Hashes(level) if level > 63);
        (level_fits && (1..=TILE_WIDTH as u16).contains(&width)).then_some(Self {
            level,
            index,
            width,
        })
    }

    /// The tile at `index` of `level` as it stands in a log of `size` entries; `None` if it would be empty.
    pub fn in_log(level: Level, index: u64, size: u64) -> Option<Self> {
        let width =
            nodes_at(level, size).saturating_sub(index.checked_mul(TILE_WIDTH)?).min(TILE_WIDTH);
        Self::new(level, index, width as u16)
    }

    /// The hash tile of a log of `size` entries from which the node (`level`, `index`) of the tree is computed,
    /// and the tile's hashes that it is folded from; `None` if the log has no such node.
    pub fn of_node(level: u32, index: u64, size: u64) -> Option<(Self, Range<usize>)> {
        if level >= 64 {
            return None;
        }
        let below = level % HEIGHT;
        let first = index.checked_mul(1 << below)?;
        let tile = Self::in_log(Level::Hashes((level / HEIGHT) as u8), first / TILE_WIDTH, size)?;
        let start = (first % TILE_WIDTH) as usize;
        let end = start + (1 << below);
        (end <= usize::from(tile.width)).then_some((tile, start..end))
    }

    /// What it holds.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Its number within the level (`<N>`).
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Number of hashes or entries in it, 1..=256.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Whether it will never grow: only full tiles may be cached for ever.
    pub fn is_full(&self) -> bool {
        u64::from(self.width) == TILE_WIDTH
    }

    /// The full tile at the same place.
    pub fn full(&self) -> Self {
        Self { width: TILE_WIDTH as u16, ..*self }
    }

    /// The leaves of the log that its content covers, clipped to what 64 bits hold.
    pub fn leaves(&self) -> Range<u64> {
        self.leaves_of(0).start..self.leaves_of(self.width - 1).end
    }

    /// The leaves of the log that its hash (or entry) at `position` covers, clipped to what 64 bits hold.
    pub fn leaves_of(&self, position: u16) -> Range<u64> {
        let span = match self.level {
            Level::Entries => 0,
            Level::Hashes(level) => u32::from(level) * HEIGHT,
        };
        let node = u128::from(self.index) * u128::from(TILE_WIDTH) + u128::from(position);
        let clip = |node: u128| match span {
            0..64 if node <= u128::from(u64::MAX >> span) => (node as u64) << span,
            _ if node == 0 => 0,
            _ => u64::MAX,
        };
        clip(node)..clip(node + 1)
    }

    /// Bytes of a hash tile, read node by node; an entry bundle's path gives the bytes of its level-0 tile.
    pub fn hash_bytes<R: HashReader>(&self, reader: &R) -> Result<Vec<u8>, R::Error> {
        let level = match self.level {
            Level::Entries => 0,
            Level::Hashes(level) => u32::from(level) * HEIGHT,
        };
        let mut bytes = Vec::with_capacity(usize::from(self.width) * Hash::LEN);
        for offset in 0..u64::from(self.width) {
            let index = self.index.saturating_mul(TILE_WIDTH).saturating_add(offset);
            bytes.extend_from_slice(reader.read(level, index)?.as_bytes());
        }
        Ok(bytes)
    }
}

/// Number of complete nodes on a tile level of a log of `size` entries.
fn nodes_at(level: Level, size: u64) -> u64 {
    match level {
        Level::Entries => size,
        Level::Hashes(level) => size.checked_shr(u32::from(level) * HEIGHT).unwrap_or(0),
    }
}

/// The hashes in the bytes of a hash tile; `None` if the length is not a multiple of 32.
pub fn tile_hashes(bytes: &[u8]) -> Option<Vec<Hash>> {
    let (hashes, rest) = bytes.as_chunks::<{ Hash::LEN }>();
    rest.is_empty().then(|| hashes.iter().map(|hash| Hash(*hash)).collect())
}

/// The bytes of a hash tile.
pub fn tile_bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// The hash that a full tile, given by its 256 hashes, has in the tile above; `None` for another number.
pub fn full_tile_root(hashes: &[Hash]) -> Option<Hash> {
    let mut scratch: [Hash; TILE_WIDTH as usize] = hashes.try_into().ok()?;
    Some(fold_complete(&mut scratch))
}

/// Hash tiles, all levels, that a log of `new` entries has and one of `old` entries had not: what a publisher
/// must write before it signs the new size. Partial tiles of intermediate sizes are not among them.
pub fn new_hash_tiles(old: u64, new: u64) -> impl Iterator<Item = Tile> {
    (0..8).flat_map(move |level| new_at(Level::Hashes(level), old, new))
}

/// Entry bundles that a log of `new` entries has and one of `old` entries had not.
pub fn new_entry_tiles(old: u64, new: u64) -> impl Iterator<Item = Tile> {
    new_at(Level::Entries, old, new)
}

fn new_at(level: Level, old: u64, new: u64) -> impl Iterator<Item = Tile> {
    let (before, after) = (nodes_at(level, old), nodes_at(level, new));
    let touched =
        if after > before { before / TILE_WIDTH..after.div_ceil(TILE_WIDTH) } else { 0..0 };
    touched.filter_map(move |index| Tile::in_log(level, index, new))
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            Level::Entries => f.write_str("tile/entries/")?,
            Level::Hashes(level) => write!(f, "tile/{level}/")?,
        }
        let mut groups = [0u16; 7];
        let mut rest = self.index;
        let mut count = 0;
        while count == 0 || rest > 0 {
            groups[count] = (rest % 1000) as u16;
            rest /= 1000;
            count += 1;
        }
        for group in groups[1..count].iter().rev() {
            write!(f, "x{group:03}/")?;
        }
        write!(f, "{:03}", groups[0])?;
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

impl FromStr for Tile {
    type Err = TilePathError;

    fn from_str(path: &str) -> Result<Self, TilePathError> {
        parse_path(path)
            .map_err(|problem| TilePathError { path: path.chars().take(120).collect(), problem })
    }
}

fn parse_path(path: &str) -> Result<Tile, &'static str> {
    let rest = path.strip_prefix("tile/").ok_or("it does not start with tile/")?;
    let (level, rest) = rest.split_once('/').ok_or("it has no tile number")?;
    let level = match level {
        "entries" => Level::Entries,
        digits => match small_number(digits) {
            Some(level @ 0..=63) => Level::Hashes(level as u8),
            _ => {
                return Err(
                    "the level is neither `entries` nor a number from 0 to 63 without leading zeroes",
                );
            }
        },
    };
    let (number, width) = match rest.split_once(".p/") {
        None => (rest, TILE_WIDTH as u16),
        Some((number, width)) => match small_number(width) {
            Some(width @ 1..=255) => (number, width),
            _ => return Err("the width is not a number from 1 to 255 without leading zeroes"),
        },
    };
    let mut index = 0u64;
    let mut groups = number.split('/').peekable();
    while let Some(group) = groups.next() {
        let digits = match groups.peek() {
            Some(_) => {
                group.strip_prefix('x').ok_or("a group before the last does not start with x")?
            }
            None => group,
        };
        if digits.len() != 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("the tile number is not in groups of three digits");
        }
        // `x000/` in front would be a second name of the same tile.
        if index == 0 && digits == "000" && groups.peek().is_some() {
            return Err("the tile number starts with a group of zeroes");
        }
        let value: u64 =
            digits.parse().map_err(|_| "the tile number is not in groups of three digits")?;
        index = index
            .checked_mul(1000)
            .and_then(|index| index.checked_add(value))
            .ok_or("the tile number does not fit 64 bits")?;
    }
    Tile::new(level, index, width).ok_or("there is no such tile")
}

/// A number of at most three digits, without sign or leading zeroes.
fn small_number(digits: &str) -> Option<u16> {
    let plain = (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = plain && (digits == "0" || !digits.starts_with('0'));
    canonical.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn all(size: u64) -> BTreeSet<Tile> {
        new_hash_tiles(0, size).chain(new_entry_tiles(0, size)).collect()
    }

    #[test]
    fn paths_of_the_standard() {
        let tile = Tile::new(Level::Hashes(0), 1_234_067, 256).unwrap();
        assert_eq!(tile.to_string(), "tile/0/x001/x234/067");
        let tile = Tile::new(Level::Entries, 273, 112).unwrap();
        assert_eq!(tile.to_string(), "tile/entries/273.p/112");
        assert_eq!(Tile::new(Level::Hashes(1), 0, 0), None);
        assert_eq!(Tile::new(Level::Hashes(1), 0, 257), None);
        assert_eq!(Tile::new(Level::Hashes(64), 0, 1), None);
    }

    #[test]
    fn paths_round_trip() {
        for index in
            [0, 1, 255, 999, 1000, 1001, 999_999, 1_000_000, 1_234_067, u64::MAX / 256, u64::MAX]
        {
            for level in [Level::Entries, Level::Hashes(0), Level::Hashes(7), Level::Hashes(63)] {
                for width in [1, 2, 255, 256] {
                    let tile = Tile::new(level, index, width).unwrap();
                    assert_eq!(tile.to_string().parse::<Tile>(), Ok(tile), "{tile}");
                }
            }
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for path in [
            "",
            "tile",
            "tile/",
            "tile/0",
            "tile/0/",
            "tile/0/1",
            "tile/0/01",
            "tile/00/001",
            "tile/01/001",
            "tile/64/001",
            "tile/+1/001",
            "tile/-1/001",
            "tile/0/x001",
            "tile/0/x000/001",
            "tile/0/001/002",
            "tile/0/x001/2",
            "tile/0/x1234/001",
            "tile/0/001.p/0",
            "tile/0/001.p/256",
            "tile/0/001.p/01",
            "tile/0/001.p/",
            "tile/0/001.p",
            "tile/0/001.p/1/2",
            "tile/data/001",
            "/tile/0/001",
            "tile/0/001/",
            "tile/8/0/001",
            "tile/entries/../001",
            "tile/0/00\u{0661}",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
            "tile/0/X001/002",
            "tile/entries/001.P/3",
        ] {
            let error = path.parse::<Tile>().expect_err(path);
            assert!(error.to_string().contains("tile"), "{error}");
        }
    }

    #[test]
    fn example_of_the_standard_has_its_tiles() {
        // tlog-tiles: "a tree of size 70,000 will be represented by 273 full level 0 tiles, …".
        let of = |level| {
            all(70_000).into_iter().filter(move |tile| tile.level == level).collect::<Vec<_>>()
        };
        let zero = of(Level::Hashes(0));
        assert_eq!(zero.iter().filter(|tile| tile.is_full()).count(), 273);
        assert_eq!(zero.last().map(|tile| tile.width), Some(112));
        assert_eq!(
            of(Level::Hashes(1)).iter().map(|tile| tile.width).collect::<Vec<_>>(),
            [256, 17]
        );
        assert_eq!(of(Level::Hashes(2)).iter().map(|tile| tile.width).collect::<Vec<_>>(), [1]);
        assert_eq!(
            all(256).iter().map(Tile::to_string).collect::<Vec<_>>(),
            ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]
        );
    }

    #[test]
    fn new_tiles_are_the_difference() {
        for old in (0..600).chain([65_535, 65_536]) {
            for new in [old, old + 1, old + 2, old + 255, old + 256, old + 700] {
                let gained: BTreeSet<_> =
                    new_hash_tiles(old, new).chain(new_entry_tiles(old, new)).collect();
                let expected: BTreeSet<_> = all(new).difference(&all(old)).copied().collect();
                assert_eq!(gained, expected, "{old}..{new}");
            }
        }
        assert_eq!(new_hash_tiles(9, 3).count(), 0);
    }

    #[test]
    fn leaves_never_overflow() {
        let tile = Tile::new(Level::Hashes(63), u64::MAX, 256).unwrap();
        assert_eq!(tile.leaves(), u64::MAX..u64::MAX);
        assert_eq!(Tile::new(Level::Hashes(1), 2, 3).unwrap().leaves(), 131_072..131_840);
    }
}
