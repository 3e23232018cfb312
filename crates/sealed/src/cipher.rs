//! The cipher: XChaCha20-Poly1305 with random nonces, padding to size classes, binding to a place. Knows no database.
//!
//! A ciphertext is: version (1 byte), id of the key (16), nonce (24), the sealed bytes with their tag. Inside: length
//! (4 bytes, little endian), the value, zeros up to the size class.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};

use crate::{error::SealedError, random};

const VERSION: u8 = 1;
const NONCE: usize = 24;
/// The smallest size class, bytes.
const SMALLEST: usize = 128;

/// Names a key for ever; tells nothing.
pub(crate) type KeyId = [u8; 16];

/// The id of the key that a ciphertext was sealed under.
pub(crate) fn key_of(ciphertext: &[u8]) -> Option<KeyId> {
    let (version, rest) = ciphertext.split_first()?;
    (*version == VERSION).then(|| rest.first_chunk::<16>().copied()).flatten()
}

/// The size a value is padded to, so that lengths tell little: a power of two, above one MiB whole MiB.
pub(crate) fn size_class(length: usize) -> usize {
    const MEBIBYTE: usize = 1024 * 1024;
    match length + 4 {
        large if large > MEBIBYTE => large.next_multiple_of(MEBIBYTE),
        small => small.max(SMALLEST).next_power_of_two(),
    }
}

/// Seals bytes for a place.
pub(crate) fn seal(
    key: &[u8; 32],
    id: &KeyId,
    place: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, SealedError> {
    let length = u32::try_from(plain.len())
        .map_err(|_| SealedError::TooLarge { most: u32::MAX.into(), size: plain.len() as u64 })?;
    let mut padded = zeroize::Zeroizing::new(Vec::with_capacity(size_class(plain.len())));
    padded.extend_from_slice(&length.to_le_bytes());
    padded.extend_from_slice(plain);
    padded.resize(size_class(plain.len()), 0);
    let nonce = random::<NONCE>()?;
    let cipher = XChaCha20Poly1305::new(key.into());
    let sealed = cipher
        .encrypt(&XNonce::from(nonce), Payload { msg: &padded, aad: &bound(id, place) })
        .map_err(|_| SealedError::Damaged("a value to be sealed".to_owned()))?;
    Ok([&[VERSION], id.as_slice(), &nonce, &sealed].concat())
}

/// Opens a ciphertext at its place; `None` when it was not sealed under this key for this place.
pub(crate) fn open(key: &[u8; 32], place: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
    let id = key_of(ciphertext)?;
    let rest = ciphertext.get(17..)?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE>()?;
    let cipher = XChaCha20Poly1305::new(key.into());
    let padded = cipher
        .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &bound(&id, place) })
        .ok()?;
    let (length, value) = padded.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    value.get(..length).map(<[u8]>::to_vec)
}

fn bound(id: &KeyId, place: &[u8]) -> Vec<u8> {
    [b"cunwu-sealed/v1\0".as_slice(), id, place].concat()
}

/// The place of a part: log, index, field, each with its length.
pub(crate) fn part_place(log: &str, index: u64, field: &str) -> Vec<u8> {
    let mut place = Vec::with_capacity(32 + log.len() + field.len());
    place.extend_from_slice(&(log.len() as u64).to_be_bytes());
    place.extend_from_slice(log.as_bytes());
    place.extend_from_slice(&index.to_be_bytes());
    place.extend_from_slice(&(field.len() as u64).to_be_bytes());
    place.extend_from_slice(field.as_bytes());
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_at_its_own_place_alone() {
        let (key, id) = ([7; 32], [1; 16]);
        let place = part_place("log", 3, "note");
        let sealed = seal(&key, &id, &place, "张秘密".as_bytes()).unwrap();
        assert_eq!(key_of(&sealed), Some(id));
        assert_eq!(open(&key, &place, &sealed).unwrap(), "张秘密".as_bytes());
        for other in [part_place("log", 4, "note"), part_place("lo", 3, "gnote")] {
            assert_eq!(open(&key, &other, &sealed), None);
        }
        assert_eq!(open(&[8; 32], &place, &sealed), None);
        for n in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[n] ^= 1;
            assert_eq!(open(&key, &place, &damaged), None, "byte {n}");
            assert_eq!(open(&key, &place, &sealed[..n]), None);
        }
    }

    #[test]
    fn lengths_tell_little() {
        let length = |n| seal(&[7; 32], &[1; 16], b"", &vec![1; n]).unwrap().len();
        assert_eq!(length(0), length(124));
        assert_eq!(length(125), length(252));
        assert_eq!(open(&[7; 32], b"", &seal(&[7; 32], &[1; 16], b"", b"").unwrap()).unwrap(), b"");
    }
}
