//! The signer's memory: the largest size and its root that were ever signed, a small file a log, outside the data folder.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use kernel::LogId;
use proof::Hash;
use serde::{Deserialize, Serialize};

/// What was signed last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedState {
    /// Number of entries.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
}

/// A folder of small files, one a log.
#[derive(Debug, Clone)]
pub struct SignerState(PathBuf);

impl SignerState {
    /// Opens the folder, making it when it is missing.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    /// What was signed last for a log; `None` for one never signed.
    ///
    /// # Errors
    /// When the file cannot be read or understood: the signer must then stop, not start again from nothing.
    pub fn load(&self, log: &LogId) -> io::Result<Option<SignedState>> {
        match fs::read(self.file(log)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(io::Error::other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps what is about to be published. Durable before it returns.
    ///
    /// # Errors
    /// What the file system says.
    pub fn save(&self, log: &LogId, state: &SignedState) -> io::Result<()> {
        write_durably(&self.file(log), &serde_json::to_vec(state).map_err(io::Error::other)?)
    }

    fn file(&self, log: &LogId) -> PathBuf {
        self.0.join(format!("{log}.json"))
    }
}

/// Writes a file so that after a power cut either the old or the new content is there.
pub(crate) fn write_durably(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or_else(|| io::Error::other("a file lies in a folder"))?;
    fs::create_dir_all(folder)?;
    let staged = path.with_extension("staged");
    let mut file = fs::File::create(&staged)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&staged, path)?;
    fs::File::open(folder)?.sync_all()
}
