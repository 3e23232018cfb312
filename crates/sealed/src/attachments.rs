//! Attachments: files sealed under their subject's key, named by chance. Their plaintext's hash stays inside sealed values.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    cipher,
    error::SealedError,
    random,
    vault::{Vault, file},
};

/// The largest attachment, bytes.
pub const MOST: u64 = 20 * 1024 * 1024;

/// Refers to an attachment. Belongs into a sealed value: the hash of a plaintext tells who has the same file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentRef {
    /// Name of the stored file: random, tells nothing.
    pub file: String,
    /// SHA-256 of the plaintext, hexadecimal.
    pub sha256: String,
    /// Bytes of the plaintext.
    pub size: u64,
    /// Media type, as the uploader was checked to have sent.
    pub media: String,
    /// Whose data it is.
    pub subject: String,
}

/// The folder of one service's attachments.
#[derive(Clone)]
pub struct Attachments {
    folder: PathBuf,
    vault: Arc<Vault>,
}

impl Attachments {
    /// In this folder, made when absent.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(folder: impl Into<PathBuf>, vault: Arc<Vault>) -> Result<Self, SealedError> {
        let folder = folder.into();
        std::fs::create_dir_all(&folder)
            .map_err(|error| file("cannot make the folder of attachments", &folder, error))?;
        Ok(Self { folder, vault })
    }

    /// Stores a file: sealed, flushed to disk, then under its name. The event that names it comes after.
    ///
    /// # Errors
    /// [`SealedError::TooLarge`] above [`MOST`]; nothing is left behind then.
    pub async fn put(
        &self,
        subject: &str,
        media: &str,
        bytes: &[u8],
    ) -> Result<AttachmentRef, SealedError> {
        let size = bytes.len() as u64;
        if size > MOST {
            return Err(SealedError::TooLarge { most: MOST, size });
        }
        let key = self.vault.key(subject).await?;
        let name = hex::encode(random::<16>()?);
        let sealed = cipher::seal(&key.secret, &key.id, &place(&name), bytes)?;
        // Noted first: an erasure finds the file also when this process ends in between.
        self.vault.keys.note_attachment(&name, subject).await?;
        let path = self.path(&name)?;
        tokio::task::spawn_blocking(move || write_durably(&path, &sealed))
            .await
            .map_err(|error| SealedError::Setup(error.to_string()))??;
        Ok(AttachmentRef {
            file: name,
            sha256: hex::encode(Sha256::digest(bytes)),
            size,
            media: media.to_owned(),
            subject: subject.to_owned(),
        })
    }

    /// The plaintext, checked against its hash; `None` when it was erased.
    ///
    /// # Errors
    /// [`SealedError::Damaged`] when the file is not the one stored.
    pub async fn get(&self, of: &AttachmentRef) -> Result<Option<Vec<u8>>, SealedError> {
        let path = self.path(&of.file)?;
        let sealed = match tokio::fs::read(&path).await {
            Ok(sealed) => sealed,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(file("cannot read the attachment", &path, error)),
        };
        let damaged = || SealedError::Damaged(format!("the attachment {}", of.file));
        let id = cipher::key_of(&sealed).ok_or_else(damaged)?;
        let keys = self.vault.keys.find(&[of.subject.as_str()].into()).await?;
        let Some(key) = keys.get(&of.subject).filter(|key| key.id == id) else { return Ok(None) };
        let plain = cipher::open(&key.secret, &place(&of.file), &sealed).ok_or_else(damaged)?;
        if hex::encode(Sha256::digest(&plain)) != of.sha256 {
            return Err(damaged());
        }
        Ok(Some(plain))
    }

    /// Deletes one attachment.
    ///
    /// # Errors
    /// When the file cannot be deleted.
    pub async fn delete(&self, name: &str) -> Result<(), SealedError> {
        let path = self.path(name)?;
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(file("cannot delete the attachment", &path, error));
            }
            _ => {}
        }
        self.vault.keys.forget_attachment(name).await
    }

    /// Erases a person: as [`Vault::erase`], and the files too.
    ///
    /// # Errors
    /// As [`Vault::erase`].
    pub async fn erase(&self, subject: &str, now: Timestamp) -> Result<u64, SealedError> {
        let parts = self.vault.erase(subject, now).await?;
        for name in self.vault.keys.attachments(subject).await? {
            self.delete(&name).await?;
        }
        self.vault.keys.database().scrub(&["attachment"]).await?;
        Ok(parts)
    }

    /// Names come back from requests: nothing but our own leads to a file.
    fn path(&self, name: &str) -> Result<PathBuf, SealedError> {
        let proper = name.len() == 32
            && name.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !proper {
            return Err(SealedError::Damaged("the name of the attachment".to_owned()));
        }
        Ok(self.folder.join(name))
    }
}

fn place(name: &str) -> Vec<u8> {
    [b"attachment\0".as_slice(), name.as_bytes()].concat()
}

fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), SealedError> {
    let failed = |error| file("cannot write the attachment", path, error);
    let unfinished = path.with_extension("part");
    let mut out = std::fs::File::create(&unfinished).map_err(failed)?;
    let written = out
        .write_all(bytes)
        .and_then(|()| out.sync_all())
        .and_then(|()| std::fs::rename(&unfinished, path));
    if let Err(error) = written {
        let _ = std::fs::remove_file(&unfinished);
        return Err(failed(error));
    }
    match path.parent() {
        Some(folder) => std::fs::File::open(folder).and_then(|f| f.sync_all()).map_err(failed),
        None => Ok(()),
    }
}
