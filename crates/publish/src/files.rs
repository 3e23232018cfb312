//! Full tiles as files, in the layout of C2SP tlog-tiles; nothing else lies in a log's folder but its checkpoint.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use kernel::LogId;
use proof::{Level, Tile};

use crate::state::write_durably;

/// The folder of one log's tiles and checkpoint.
#[derive(Debug, Clone)]
pub struct LogFolder(PathBuf);

impl LogFolder {
    /// `<tiles>/<log>`.
    pub fn new(tiles: &Path, log: &LogId) -> Self {
        Self(tiles.join(log.as_str()))
    }

    /// Stages a full tile: durable before it returns. A tile that is there already is left as it is when equal.
    ///
    /// # Errors
    /// What the file system says; also when the tile is there with other bytes.
    pub fn write(&self, tile: &Tile, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(tile);
        match fs::read(&path) {
            Ok(present) if present == bytes => return Ok(()),
            Ok(_) => return Err(io::Error::other(format!("{tile} is there with other bytes"))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        write_durably(&path, bytes)
    }

    /// A full tile's bytes, `None` when it is not there.
    ///
    /// # Errors
    /// What the file system says.
    pub fn read(&self, tile: &Tile) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path(&tile.full())) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The published checkpoint, `None` when there is none.
    ///
    /// # Errors
    /// What the file system says.
    pub fn checkpoint(&self) -> io::Result<Option<String>> {
        match fs::read_to_string(self.0.join("checkpoint")) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The public key kept beside the checkpoint, for who has no other.
    ///
    /// # Errors
    /// What the file system says.
    pub fn key(&self) -> io::Result<Option<String>> {
        match fs::read_to_string(self.0.join("key")) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Publishes a checkpoint, beside it the public key.
    ///
    /// # Errors
    /// What the file system says.
    pub fn publish(&self, checkpoint: &str, key: &str) -> io::Result<()> {
        let path = self.0.join("key");
        if fs::read_to_string(&path).ok().as_deref() != Some(key) {
            write_durably(&path, key.as_bytes())?;
        }
        write_durably(&self.0.join("checkpoint"), checkpoint.as_bytes())
    }

    fn path(&self, tile: &Tile) -> PathBuf {
        self.0.join(tile.to_string())
    }
}

/// The bytes of a partial tile above level 0, folded from the full tiles below it.
pub(crate) fn fold_full(folder: &LogFolder, level: u8, tile: &Tile) -> io::Result<Option<Vec<u8>>> {
    let mut hashes = Vec::new();
    for i in 0..u64::from(tile.width()) {
        let below = Tile::new(Level::Hashes(level - 1), tile.index() * 256 + i, 256);
        let Some(bytes) = below.map(|t| folder.read(&t)).transpose()?.flatten() else {
            return Ok(None);
        };
        let Some(root) = proof::tile::tile_hashes(&bytes)
            .and_then(|hashes| proof::tile::full_tile_root(&hashes))
        else {
            return Ok(None);
        };
        hashes.push(root);
    }
    Ok(Some(proof::tile::tile_bytes(&hashes)))
}

/// Reads a tile of a log below a tiles folder, for audits without a running service: a full one from its file, a partial
/// one above level 0 from the full ones below it; `None` for other partial ones, which the rows tell.
///
/// # Errors
/// What the file system says.
pub fn read_tile(tiles: &Path, log: &LogId, tile: &Tile) -> io::Result<Option<Vec<u8>>> {
    let folder = LogFolder::new(tiles, log);
    match tile.level() {
        _ if tile.is_full() => folder.read(tile),
        Level::Hashes(level) if level > 0 => fold_full(&folder, level, tile),
        _ => Ok(None),
    }
}
