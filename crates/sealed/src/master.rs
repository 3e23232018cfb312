//! The master key under which subjects' keys are wrapped: read from a file or a variable, never a default one.

use std::{io::Write, path::Path};

use base64::Engine;
use zeroize::Zeroizing;

use crate::error::SealedError;

/// 32 secret bytes. Wiped from memory when dropped; never printed.
pub struct MasterKey(Zeroizing<[u8; 32]>);

/// Keys that stand in documents and examples.
const EXAMPLES: [&str; 2] = [
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
];
/// 32 random bytes have about 30 different values; fewer than this never happens by chance.
const DIFFERENT: usize = 14;

impl MasterKey {
    /// Takes 64 hexadecimal digits or 44 characters of base64.
    ///
    /// # Errors
    /// [`SealedError::Setup`] when it has another form, or is a default or example key.
    pub fn parse(text: &str) -> Result<Self, SealedError> {
        let text = text.trim();
        let mut bytes = Zeroizing::new([0; 32]);
        let hexadecimal = hex::decode_to_slice(text, bytes.as_mut_slice()).is_ok();
        if !hexadecimal {
            let decoded =
                base64::engine::general_purpose::STANDARD.decode(text).map(Zeroizing::new);
            match decoded {
                Ok(decoded) if decoded.len() == 32 => bytes.copy_from_slice(&decoded),
                _ => {
                    return Err(SealedError::Setup(
                        "the master key is neither 64 hexadecimal digits nor 44 characters of base64: make one with `openssl rand -hex 32`".to_owned(),
                    ));
                }
            }
        }
        let different: std::collections::BTreeSet<u8> = bytes.iter().copied().collect();
        let steady = bytes.windows(2).all(|w| matches!(w, [a, b] if b.wrapping_sub(*a) == 1));
        let example = EXAMPLES.iter().any(|e| hex::encode(bytes.as_slice()) == *e);
        if example || steady || different.len() < DIFFERENT || text_like(bytes.as_slice()) {
            return Err(SealedError::Setup(
                "the master key is a default, an example or a pass phrase: make one with `openssl rand -hex 32`".to_owned(),
            ));
        }
        Ok(Self(bytes))
    }

    /// Reads it from a file.
    ///
    /// # Errors
    /// As [`MasterKey::parse`], and when the file cannot be read.
    pub fn from_file(path: &Path) -> Result<Self, SealedError> {
        let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(|error| {
            SealedError::Setup(format!(
                "cannot read the master key file {}: {error}; make one with `openssl rand -hex 32`",
                path.display()
            ))
        })?;
        Self::parse(&text)
    }

    /// Reads it from an environment variable.
    ///
    /// # Errors
    /// As [`MasterKey::parse`], and when the variable is not set.
    pub fn from_env(variable: &str) -> Result<Self, SealedError> {
        match std::env::var(variable).map(Zeroizing::new) {
            Ok(text) => Self::parse(&text),
            Err(_) => Err(SealedError::Setup(format!(
                "{variable} is not set: make a master key with `openssl rand -hex 32`"
            ))),
        }
    }

    /// Reads it from a file, or at first start makes a random one there that its owner alone can read.
    ///
    /// # Errors
    /// When the file can be neither read nor made.
    pub fn from_file_or_new(path: &Path) -> Result<Self, SealedError> {
        if path.exists() {
            return Self::from_file(path);
        }
        let failed = |error: std::io::Error| {
            SealedError::Setup(format!(
                "cannot make the master key file {}: {error}",
                path.display()
            ))
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let bytes = Zeroizing::new(crate::random::<32>()?);
        let text = Zeroizing::new(hex::encode(bytes.as_slice()));
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        Self::parse(&text)
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// All printable: someone typed it.
fn text_like(bytes: &[u8]) -> bool {
    bytes.iter().all(|b| b.is_ascii_graphic() || *b == b' ')
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_defaults_examples_and_phrases() {
        let phrase =
            base64::engine::general_purpose::STANDARD.encode("correct horse battery staple 123");
        for bad in
            ["", "secret", &"00".repeat(32), &"a5".repeat(32), EXAMPLES[0], EXAMPLES[1], &phrase]
        {
            assert!(MasterKey::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn makes_one_at_first_start_and_finds_it_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/master");
        let made = MasterKey::from_file_or_new(&path).unwrap();
        let found = MasterKey::from_file_or_new(&path).unwrap();
        assert_eq!(made.bytes(), found.bytes());
        assert_eq!(format!("{made:?}"), "MasterKey(…)");
    }
}
