//! The door through which ids and salts enter. The same seed gives the same logs, root for root.

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use crate::{ids::EventId, time::Timestamp};

/// A stream of random bytes from a 32-byte seed (ChaCha20). The program seeds it from the system, the demo from `--seed`.
#[derive(Clone)]
pub struct Entropy(ChaCha20Rng);

const BASE32: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

impl Entropy {
    /// From a seed; the same seed gives the same bytes for ever.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(ChaCha20Rng::from_seed(seed))
    }

    /// Fresh random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// A salt for a commitment: 32 random bytes.
    pub fn salt(&mut self) -> [u8; 32] {
        self.bytes()
    }

    /// An opaque id of 80 random bits, 16 characters of base 32, that tells nothing of time or place.
    pub fn opaque(&mut self) -> String {
        self.base32(16)
    }

    /// A code for a person to type or keep: 26 characters, 130 random bits.
    pub fn code(&mut self) -> String {
        self.base32(26)
    }

    fn base32(&mut self, length: usize) -> String {
        let bytes: [u8; 32] = self.bytes();
        bytes.iter().take(length).map(|b| char::from(BASE32[usize::from(b & 31)])).collect()
    }

    /// An event's id: UUIDv7 with this instant's milliseconds (RFC 9562 §5.7).
    pub fn event_id(&mut self, at: Timestamp) -> EventId {
        let millis = u64::try_from(at.micros() / 1000).unwrap_or(0);
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid();
        EventId::new(id.hyphenated().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_one_history() {
        let make = || {
            let mut door = Entropy::from_seed([7; 32]);
            (
                door.salt(),
                door.opaque(),
                door.event_id(Timestamp::from_micros(1_700_000_000_000_000)),
            )
        };
        assert_eq!(make(), make());
        assert_eq!(make().1.len(), 16);
        assert_eq!(make().2.as_str().as_bytes()[14], b'7');
    }
}
