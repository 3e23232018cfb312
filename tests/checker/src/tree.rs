//! RFC 6962: leaves and roots.

use sha2::{Digest, Sha256};

/// The hash of a leaf.
pub fn leaf(bytes: &[u8]) -> Vec<u8> {
    Sha256::new().chain_update([0]).chain_update(bytes).finalize().to_vec()
}

/// The root over these leaves' hashes.
pub fn root(leaves: &[Vec<u8>]) -> Vec<u8> {
    match leaves {
        [] => Sha256::digest([]).to_vec(),
        [one] => one.clone(),
        many => {
            let left = many.len().next_power_of_two() / 2;
            let (left, right) = many.split_at(left);
            Sha256::new()
                .chain_update([1])
                .chain_update(root(left))
                .chain_update(root(right))
                .finalize()
                .to_vec()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roots_of_rfc_6962() {
        let hex = |bytes: Vec<u8>| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex(root(&[])), empty);
        let one = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
        assert_eq!(hex(root(&[leaf(b"")])), one);
        let three: Vec<Vec<u8>> = [&b""[..], &[0], &[0x10]].map(leaf).into();
        let expected = "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77";
        assert_eq!(hex(root(&three)), expected);
    }
}
