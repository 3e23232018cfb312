//! The service's secrets: one file, made at the first start, readable by its owner alone. Never in a log or an answer.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Everything derives from one 32-byte root, so that there is one thing to keep.
#[derive(Clone)]
pub struct Secrets([u8; 32]);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// What the file is, for who finds it.
    about: String,
    /// 32 bytes, base64.
    root: String,
}

/// Why there are no secrets.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The file cannot be read or written.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        error: io::Error,
    },
    /// The file holds no usable root.
    #[error(
        "{path}: {problem}; move the file away to have a new one made, or restore the right one from backup"
    )]
    Unusable {
        /// The file.
        path: String,
        /// What is wrong.
        problem: &'static str,
    },
}

impl Secrets {
    /// Reads the file, or makes it with fresh randomness when it is missing.
    ///
    /// # Errors
    /// When it cannot be read, or holds a default or example root.
    pub fn open(path: &Path) -> Result<Self, SecretsError> {
        let io = |error| SecretsError::Io { path: path.display().to_string(), error };
        match fs::read(path) {
            Ok(bytes) => Self::parse(path, &bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut root = [0; 32];
                getrandom::fill(&mut root).map_err(|e| io(io::Error::other(e.to_string())))?;
                Self::write(path, root).map_err(io)?;
                Ok(Self(root))
            }
            Err(error) => Err(io(error)),
        }
    }

    /// From a seed: for the demo, whose keys are worth nothing.
    pub fn of_demo(seed: u64) -> Self {
        Self(
            Sha256::new()
                .chain_update(b"cunwu demo, not for use")
                .chain_update(seed.to_be_bytes())
                .finalize()
                .into(),
        )
    }

    /// Writes these secrets to a file that does not exist yet: for the demo's folder, so that other commands can open it.
    ///
    /// # Errors
    /// What the file system says.
    pub fn keep(&self, path: &Path) -> io::Result<()> {
        Self::write(path, self.0)
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Self, SecretsError> {
        let unusable =
            |problem| SecretsError::Unusable { path: path.display().to_string(), problem };
        let file: File =
            serde_json::from_slice(bytes).map_err(|_| unusable("not a file of secrets"))?;
        let root: [u8; 32] = STANDARD
            .decode(&file.root)
            .ok()
            .and_then(|root| root.try_into().ok())
            .ok_or_else(|| unusable("the root is not 32 bytes in base64"))?;
        // An example copied from somewhere: few different bytes, or a run.
        let distinct = root.iter().collect::<std::collections::BTreeSet<_>>().len();
        let run = root.windows(2).all(|w| w[1] == w[0].wrapping_add(1));
        if distinct < 12 || run {
            return Err(unusable("the root is a default or an example"));
        }
        Ok(Self(root))
    }

    fn write(path: &Path, root: [u8; 32]) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        let content = File {
            about: "Cunwu: keys of this service. Who has this file can sign and open. Back it up apart.".to_owned(),
            root: STANDARD.encode(root),
        };
        serde_json::to_writer_pretty(&mut file, &content)?;
        file.write_all(b"\n")?;
        file.sync_all()
    }

    /// A key for one use, such as `receipts`; each use has its own.
    pub fn key(&self, service: &str, usage: &str) -> [u8; 32] {
        Sha256::new()
            .chain_update(self.0)
            .chain_update(b"\0")
            .chain_update(service)
            .chain_update(b"\0")
            .chain_update(usage)
            .finalize()
            .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/secrets.json");
        let first = Secrets::open(&path).unwrap().key("funds", "receipts");
        assert_eq!(Secrets::open(&path).unwrap().key("funds", "receipts"), first);
        assert_ne!(Secrets::open(&path).unwrap().key("funds", "logs"), first);
    }

    #[test]
    fn refuses_an_example() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets.json");
        let run: Vec<u8> = (0..32).collect();
        for root in [vec![0; 32], vec![7; 32], run] {
            let text = format!(r#"{{"about":"","root":"{}"}}"#, STANDARD.encode(root));
            fs::write(&path, text).unwrap();
            let refused = Secrets::open(&path).err().unwrap().to_string();
            assert!(refused.contains("example"), "{refused}");
        }
    }
}
