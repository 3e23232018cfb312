//! Entry bundles of C2SP tlog-tiles: length-prefixed entries; knows neither names nor storage.

use thiserror::Error;

/// Bytes that an entry can have at most: its length is written as 16 bits.
pub const MAX_ENTRY_BYTES: usize = 65_535;

/// Why entries can't be bundled or a bundle can't be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EntryError {
    /// The entry does not fit a bundle.
    #[error("the entry has {bytes} bytes, a log entry holds at most {MAX_ENTRY_BYTES}")]
    TooLong {
        /// Bytes of the entry.
        bytes: usize,
    },
    /// The bundle ends inside an entry or its length.
    #[error("the bundle ends inside its entry number {position}")]
    Truncated {
        /// Position of the entry in the bundle, from 0.
        position: usize,
    },
    /// The bundle holds another number of entries than its path says.
    #[error("the bundle holds {found} entries where {expected} belong")]
    Count {
        /// Width in the bundle's path.
        expected: usize,
        /// Entries found.
        found: usize,
    },
}

/// Appends one entry to a bundle's bytes; leaves them untouched if the entry is too long.
pub fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), EntryError> {
    let length =
        u16::try_from(entry.len()).map_err(|_| EntryError::TooLong { bytes: entry.len() })?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// A bundle of these entries, in order.
pub fn encode_entries<E: AsRef<[u8]>>(
    entries: impl IntoIterator<Item = E>,
) -> Result<Vec<u8>, EntryError> {
    let mut bundle = Vec::new();
    for entry in entries {
        push_entry(&mut bundle, entry.as_ref())?;
    }
    Ok(bundle)
}

/// The entries of a bundle that must hold exactly `expected` of them; borrowed from the bundle.
pub fn decode_entries(bundle: &[u8], expected: usize) -> Result<Vec<&[u8]>, EntryError> {
    let mut entries = Vec::with_capacity(expected.min(256));
    let mut rest = bundle;
    while !rest.is_empty() {
        let truncated = EntryError::Truncated { position: entries.len() };
        let (length, after) = rest.split_first_chunk::<2>().ok_or(truncated.clone())?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, after) = after.split_at_checked(length).ok_or(truncated)?;
        entries.push(entry);
        rest = after;
    }
    if entries.len() == expected {
        Ok(entries)
    } else {
        Err(EntryError::Count { expected, found: entries.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_with_empty_and_longest_entry() {
        let entries = [b"".to_vec(), b"{}".to_vec(), vec![7; MAX_ENTRY_BYTES]];
        let bundle = encode_entries(&entries).unwrap();
        assert_eq!(&bundle[..6], [0, 0, 0, 2, b'{', b'}']);
        assert_eq!(decode_entries(&bundle, 3).unwrap(), entries);
    }

    #[test]
    fn too_long_an_entry_is_refused_and_nothing_written() {
        let mut bundle = vec![1];
        let error = push_entry(&mut bundle, &[0; MAX_ENTRY_BYTES + 1]);
        assert_eq!(error, Err(EntryError::TooLong { bytes: 65_536 }));
        assert_eq!(bundle, [1]);
    }

    #[test]
    fn damaged_bundles_are_refused() {
        let bundle = encode_entries(["ab", "cde"]).unwrap();
        assert_eq!(decode_entries(&bundle, 3), Err(EntryError::Count { expected: 3, found: 2 }));
        assert_eq!(decode_entries(&bundle, 1), Err(EntryError::Count { expected: 1, found: 2 }));
        // A cut between two entries shows in the count alone.
        for cut in (1..bundle.len()).filter(|cut| *cut != 4) {
            assert!(
                matches!(decode_entries(&bundle[..cut], 2), Err(EntryError::Truncated { .. })),
                "{cut}"
            );
        }
        assert_eq!(
            decode_entries(&bundle[..4], 2),
            Err(EntryError::Count { expected: 2, found: 1 })
        );
    }
}
