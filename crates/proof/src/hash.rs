//! SHA-256 values and the two hash functions of RFC 6962 §2.1; knows nothing of trees, keys or formats.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// A SHA-256 value: leaf, node, root or commitment (哈希值).
///
/// Shown and serialised as standard base64 with padding, as in checkpoints (C2SP tlog-checkpoint);
/// `{:x}` prints lower-case hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);

/// The text is neither the canonical base64 nor the hexadecimal form of 32 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a SHA-256 value: expected 44 characters of base64 or 64 of hexadecimal")]
pub struct HashFormatError;

impl Hash {
    /// Bytes in a hash.
    pub const LEN: usize = 32;

    /// The hash's bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Takes exactly 32 bytes, `None` for any other length.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Standard base64 with padding, 44 characters.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// Lower-case hexadecimal, 64 characters.
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }

    /// Reads canonical base64 with padding. Refuses any other spelling of the same bytes, so that two texts
    /// of one checkpoint can't exist.
    pub fn from_base64(text: &str) -> Result<Self, HashFormatError> {
        let bytes = STANDARD.decode(text).map_err(|_| HashFormatError)?;
        Self::from_slice(&bytes).ok_or(HashFormatError)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base64())
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self:x})")
    }
}

impl fmt::LowerHex for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Hash {
    type Err = HashFormatError;

    /// Base64 or hexadecimal; the lengths tell them apart.
    fn from_str(text: &str) -> Result<Self, HashFormatError> {
        if text.len() == 64 {
            let bytes = hex::decode(text).map_err(|_| HashFormatError)?;
            return Self::from_slice(&bytes).ok_or(HashFormatError);
        }
        Self::from_base64(text)
    }
}

impl From<[u8; 32]> for Hash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl AsRef<[u8]> for Hash {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_base64())
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::from_base64(&text).map_err(de::Error::custom)
    }
}

/// Plain SHA-256 over the parts in order, without joining them first.
pub(crate) fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    Hash(hasher.finalize().into())
}

/// The hash of a log entry: `SHA-256(0x00 ‖ entry)` (RFC 6962 §2.1), over the bytes **as stored**.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    sha256(&[&[0x00], entry])
}

/// The hash of an inner node: `SHA-256(0x01 ‖ left ‖ right)` (RFC 6962 §2.1).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    // One contiguous buffer: one call into the compression function's fast path.
    let mut block = [0u8; 65];
    block[0] = 0x01;
    block[1..33].copy_from_slice(&left.0);
    block[33..].copy_from_slice(&right.0);
    Hash(Sha256::digest(block).into())
}

/// The root of the empty tree: SHA-256 of nothing (RFC 6962 §2.1).
pub fn empty_root() -> Hash {
    sha256(&[])
}

/// The commitment (承诺) that stands in a log for a value that is not public: `SHA-256(salt ‖ value)`.
///
/// `salt` is 32 random bytes that are deleted with the value: without them the value can't be guessed,
/// however few values are possible.
pub fn commitment(salt: &[u8; 32], value: &[u8]) -> Hash {
    sha256(&[salt, value])
}

/// The root of a complete subtree over `hashes`, whose number is a power of two, in `scratch`'s place.
///
/// Folds in place so that hashing a whole tile allocates nothing.
pub(crate) fn fold_complete(scratch: &mut [Hash]) -> Hash {
    debug_assert!(scratch.len().is_power_of_two());
    let mut width = scratch.len();
    while width > 1 {
        width /= 2;
        for i in 0..width {
            scratch[i] = node_hash(&scratch[2 * i], &scratch[2 * i + 1]);
        }
    }
    scratch[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_hashes() {
        assert_eq!(
            empty_root().to_hex(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        // RFC 6962 reference data: the hash of the empty leaf.
        assert_eq!(
            leaf_hash(b"").to_hex(),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
    }

    #[test]
    fn text_forms_round_trip_and_refuse_other_spellings() {
        let hash = leaf_hash(b"entry");
        assert_eq!(hash.to_base64().parse(), Ok(hash));
        assert_eq!(hash.to_hex().parse(), Ok(hash));
        assert_eq!(format!("{hash:x}"), hash.to_hex());
        let json = serde_json::to_string(&hash).unwrap();
        assert_eq!(serde_json::from_str::<Hash>(&json).unwrap(), hash);
        let unpadded = hash.to_base64().trim_end_matches('=').to_owned();
        assert_eq!(Hash::from_base64(&unpadded), Err(HashFormatError));
        // The last character carries two unused bits: only their zero form is canonical.
        let mut loose = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned();
        assert_eq!(Hash::from_base64(&loose), Ok(Hash([0; 32])));
        loose.replace_range(42..43, "B");
        assert_eq!(Hash::from_base64(&loose), Err(HashFormatError));
        assert_eq!(Hash::from_base64(&STANDARD.encode([0; 31])), Err(HashFormatError));
        assert_eq!(Hash::from_base64(&STANDARD.encode([0; 33])), Err(HashFormatError));
    }

    #[test]
    fn commitment_is_plain_sha256_of_salt_and_value() {
        let joined = [[7u8; 32].as_slice(), b"value"].concat();
        assert_eq!(commitment(&[7; 32], b"value"), sha256(&[&joined]));
        assert_ne!(commitment(&[7; 32], b"value"), commitment(&[8; 32], b"value"));
    }
}
