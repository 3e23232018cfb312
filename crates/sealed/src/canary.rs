//! Canaries for tests: values planted as personal data and then looked for in every file, in every likely spelling.

use std::path::{Path, PathBuf};

use base64::{Engine, engine::general_purpose};
use sha2::{Digest, Sha256};

/// A value that must be found nowhere.
#[derive(Debug, Clone)]
pub struct Canary {
    text: String,
    spellings: Vec<(String, Vec<u8>)>,
}

/// Where a canary was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The file.
    pub file: PathBuf,
    /// The spelling.
    pub spelling: String,
}

impl Canary {
    /// A text and its bytes in GBK (given, since no table of GBK is kept here).
    pub fn new(text: &str, gbk: &[u8]) -> Self {
        let mut spellings = Vec::new();
        let mut add = |name: String, bytes: Vec<u8>| {
            if !bytes.is_empty() && !spellings.iter().any(|(_, b)| *b == bytes) {
                spellings.push((name, bytes));
            }
        };
        let json = serde_json::to_vec(text).unwrap_or_default();
        for (name, bytes) in [("UTF-8", text.as_bytes()), ("GBK", gbk)] {
            add(name.to_owned(), bytes.to_vec());
            for alignment in 0..3 {
                for (kind, engine) in [
                    ("base64", &general_purpose::STANDARD_NO_PAD),
                    ("base64url", &general_purpose::URL_SAFE_NO_PAD),
                ] {
                    let found = aligned(engine, bytes, alignment);
                    add(format!("{kind} of {name}, alignment {alignment}"), found);
                }
            }
            add(format!("hexadecimal of {name}"), hex::encode(bytes).into_bytes());
            add(format!("HEXADECIMAL of {name}"), hex::encode_upper(bytes).into_bytes());
        }
        for bytes in [text.as_bytes(), gbk, &json] {
            let hash = Sha256::digest(bytes);
            add("bare SHA-256".to_owned(), hash.to_vec());
            add("bare SHA-256, hexadecimal".to_owned(), hex::encode(hash).into_bytes());
            add(
                "bare SHA-256, base64".to_owned(),
                general_purpose::STANDARD_NO_PAD.encode(hash).into_bytes(),
            );
        }
        let escaped = |upper: bool| {
            text.encode_utf16()
                .map(|u| if upper { format!("\\u{u:04X}") } else { format!("\\u{u:04x}") })
                .collect::<String>()
                .into_bytes()
        };
        add("\\u escapes".to_owned(), escaped(false));
        add("\\U escapes".to_owned(), escaped(true));
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        add("UTF-16".to_owned(), utf16);
        Self { text: text.to_owned(), spellings }
    }

    /// Bytes as they are: a ciphertext that must leave its owner in no spelling.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let mut spellings = vec![
            ("bytes".to_owned(), bytes.to_vec()),
            ("hexadecimal".to_owned(), hex::encode(bytes).into_bytes()),
        ];
        for alignment in 0..3 {
            for engine in [&general_purpose::STANDARD_NO_PAD, &general_purpose::URL_SAFE_NO_PAD] {
                let name = format!("base64, alignment {alignment}");
                spellings.push((name, aligned(engine, bytes, alignment)));
            }
        }
        Self { text: String::new(), spellings }
    }

    /// The text to plant.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Looks into bytes.
    pub fn in_bytes(&self, bytes: &[u8]) -> Vec<String> {
        self.spellings
            .iter()
            .filter(|(_, spelling)| contains(bytes, spelling))
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Looks into every file of a folder and below, whole: free pages, logs and leftovers too.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn in_folder(&self, folder: &Path) -> std::io::Result<Vec<Found>> {
        let mut found = Vec::new();
        for item in std::fs::read_dir(folder)? {
            let path = item?.path();
            if path.is_dir() {
                found.extend(self.in_folder(&path)?);
                continue;
            }
            for spelling in self.in_bytes(&std::fs::read(&path)?) {
                found.push(Found { file: path.clone(), spelling });
            }
        }
        Ok(found)
    }
}

/// The characters of base64 that these bytes determine when so many bytes of something else come before them.
fn aligned(engine: &general_purpose::GeneralPurpose, bytes: &[u8], before: usize) -> Vec<u8> {
    let padded = [vec![0; before], bytes.to_vec()].concat();
    let text = engine.encode(&padded).into_bytes();
    let first = (before * 8).div_ceil(6);
    let last = padded.len() * 8 / 6;
    text.get(first..last).unwrap_or_default().to_vec()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else { return false };
    let mut from = haystack;
    while let Some(at) = from.iter().position(|b| b == first) {
        let Some(tail) = from.get(at + 1..) else { return false };
        if tail.starts_with(rest) {
            return true;
        }
        from = tail;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_spelling() {
        let canary = Canary::new("张秘密", &[0xd5, 0xc5, 0xc3, 0xd8, 0xc3, 0xdc]);
        for before in 0..7 {
            let text = [vec![b'x'; before], "张秘密 and more".as_bytes().to_vec()].concat();
            let encoded = general_purpose::STANDARD.encode(&text);
            assert!(!canary.in_bytes(encoded.as_bytes()).is_empty(), "{before}");
        }
        assert!(!canary.in_bytes(br#"{"name":"\u5f20\u79d8\u5bc6"}"#).is_empty());
        assert!(!canary.in_bytes(&Sha256::digest("张秘密")).is_empty());
        assert!(!canary.in_bytes(&[1, 0xd5, 0xc5, 0xc3, 0xd8, 0xc3, 0xdc]).is_empty());
        assert!(canary.in_bytes("张三".as_bytes()).is_empty());
    }
}
