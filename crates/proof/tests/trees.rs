//! Trees and proofs: published vectors, every size to 300, chosen larger ones, and tampering.

mod common;

use common::tree;
use proof::*;

/// Reference inputs and roots of RFC 6962 implementations (certificate-transparency test data).
const INPUTS: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn roots_of_the_reference_data() {
    let mut grown = MemoryTree::new();
    let mut frontier = Frontier::new();
    assert_eq!(grown.root(), empty_root());
    assert_eq!(frontier.root(), empty_root());
    for (input, root) in INPUTS.iter().zip(ROOTS) {
        let leaf = leaf_hash(&hex::decode(input).unwrap());
        grown.append(leaf);
        frontier.append(leaf);
        assert_eq!(grown.root().to_hex(), root);
        assert_eq!(frontier.root().to_hex(), root);
    }
    assert_eq!(root(8, &grown), Ok(grown.root()));
}

#[test]
fn every_way_of_building_gives_one_tree() {
    let mut grown = MemoryTree::new();
    let mut frontier = Frontier::new();
    let mut stored = std::collections::HashMap::new();
    for size in 0..=600u64 {
        let whole = tree(size);
        assert_eq!(grown, whole, "{size}");
        assert_eq!(frontier.root(), whole.root(), "{size}");
        assert_eq!(root(size, &stored), Ok(whole.root()), "{size}");
        assert_eq!(Frontier::load(size, &stored), Ok(frontier.clone()), "{size}");
        let json = serde_json::to_string(&frontier).unwrap();
        assert_eq!(serde_json::from_str::<Frontier>(&json).unwrap(), frontier);
        let leaf = leaf_hash(&common::entry(size));
        // A signer that holds the right edge alone learns the same nodes to store.
        let by_reader = stored_hashes(size, leaf, &frontier).unwrap();
        let mut by_frontier = Vec::new();
        frontier.append_with(leaf, |level, index, hash| by_frontier.push((level, index, hash)));
        assert_eq!(by_reader, by_frontier);
        for (level, index, hash) in by_reader {
            assert_eq!(stored.insert((level, index), hash), None, "a node is stored once");
        }
        grown.append(leaf);
    }
}

#[test]
fn a_frontier_of_impossible_shape_is_refused() {
    let mut json =
        serde_json::to_value(Frontier::from_peaks(3, vec![Hash([1; 32]), Hash([2; 32])]).unwrap())
            .unwrap();
    json["size"] = 7.into();
    let error = serde_json::from_value::<Frontier>(json).unwrap_err().to_string();
    assert!(error.contains("2 hashes") && error.contains('3'), "{error}");
}

#[test]
fn every_inclusion_proof_to_size_300() {
    let whole = tree(300);
    for size in 1..=300 {
        let root = whole.root_at(size).unwrap();
        for index in 0..size {
            let path = inclusion_proof(index, size, &whole).unwrap();
            let leaf = leaf_hash(&common::entry(index));
            assert_eq!(
                verify_inclusion(&leaf, index, size, &path, &root),
                Ok(()),
                "{index} of {size}"
            );
        }
        assert_eq!(
            inclusion_proof(size, size, &whole),
            Err(TreeError::NoSuchLeaf { index: size, size })
        );
    }
}

#[test]
fn every_consistency_proof_to_size_300() {
    let whole = tree(300);
    let roots: Vec<_> = (0..=300).map(|size| whole.root_at(size).unwrap()).collect();
    for new in 0..=300u64 {
        for old in 0..=new {
            let path = consistency_proof(old, new, &whole).unwrap();
            let (old_root, new_root) = (roots[old as usize], roots[new as usize]);
            assert_eq!(
                verify_consistency(old, new, &old_root, &new_root, &path),
                Ok(()),
                "{old}..{new}"
            );
            if old < new && old > 0 {
                let wrong =
                    verify_consistency(old, new, &roots[old as usize - 1], &new_root, &path);
                assert!(
                    matches!(wrong, Err(ProofError::OldRoot { .. } | ProofError::Root { .. })),
                    "{old}..{new}"
                );
            }
        }
    }
    assert_eq!(consistency_proof(5, 4, &whole), Err(TreeError::SizesReversed { old: 5, new: 4 }));
}

#[test]
fn larger_trees() {
    let whole = tree(65_537);
    for size in [255, 256, 257, 511, 65_535, 65_536, 65_537] {
        let root = whole.root_at(size).unwrap();
        for index in [0, 1, 127, 128, 254, 255, 256, size / 2, size - 2, size - 1] {
            if index >= size {
                continue;
            }
            let path = inclusion_proof(index, size, &whole).unwrap();
            let leaf = leaf_hash(&common::entry(index));
            assert_eq!(verify_inclusion(&leaf, index, size, &path, &root), Ok(()));
        }
        for old in [0, 1, 255, 256, 257, 65_535, 65_536, size - 1, size] {
            if old > size {
                continue;
            }
            let path = consistency_proof(old, size, &whole).unwrap();
            assert_eq!(
                verify_consistency(old, size, &whole.root_at(old).unwrap(), &root, &path),
                Ok(())
            );
        }
    }
}

#[test]
fn work_is_logarithmic_up_to_the_largest_log() {
    for size in [1, 2, 3, 1 << 20, (1 << 40) - 1, u64::MAX - 1, u64::MAX] {
        for index in [0, 1, size / 3, size - 1] {
            let plan = Plan::default();
            let index = index.min(size - 1);
            let path = inclusion_proof(index, size, &plan).unwrap();
            assert!(plan.nodes().len() <= 128, "{index} of {size}");
            // The lengths agree with the verifier's, which stops at the root only.
            let outcome = verify_inclusion(&Hash([0; 32]), index, size, &path, &Hash([0; 32]));
            assert!(matches!(outcome, Err(ProofError::Root { .. }) | Ok(())), "{outcome:?}");
            let plan = Plan::default();
            let path = consistency_proof(index, size, &plan).unwrap();
            assert!(plan.nodes().len() <= 128);
            let root = if index == 0 { empty_root() } else { Hash([0; 32]) };
            let outcome = verify_consistency(index, size, &root, &Hash([1; 32]), &path);
            assert!(!matches!(outcome, Err(ProofError::Length { .. })), "{outcome:?}");
        }
    }
}

#[test]
fn a_plan_lists_what_is_read() {
    let whole = tree(300);
    for (index, size) in [(0, 1), (5, 11), (299, 300), (17, 256)] {
        let plan = Plan::default();
        inclusion_proof(index, size, &plan).unwrap();
        let nodes: std::collections::HashMap<_, _> = plan
            .nodes()
            .into_iter()
            .map(|(level, index)| ((level, index), whole.read(level, index).unwrap()))
            .collect();
        assert_eq!(
            inclusion_proof(index, size, &nodes).unwrap(),
            inclusion_proof(index, size, &whole).unwrap()
        );
    }
    let none = std::collections::HashMap::new();
    let error = inclusion_proof(5, 11, &none).unwrap_err().to_string();
    assert_eq!(
        error,
        "a node of the tree can't be read: the hash of the subtree at level 0, index 10 is not at hand"
    );
}

#[test]
fn any_change_of_an_inclusion_proof_is_detected() {
    for size in 1..=70 {
        let whole = tree(size);
        let root = whole.root();
        for index in 0..size {
            let leaf = leaf_hash(&common::entry(index));
            let path = whole.inclusion_proof(index).unwrap();
            let fails = |leaf: &Hash, index, size, path: &[Hash]| {
                verify_inclusion(leaf, index, size, path, &root).is_err()
            };
            let mut other = leaf;
            other.0[31] ^= 1;
            assert!(fails(&other, index, size, &path));
            assert!(
                (0..=size + 1)
                    .filter(|other| *other != index)
                    .all(|other| fails(&leaf, other, size, &path))
            );
            let mut longer = path.clone();
            longer.push(Hash([0; 32]));
            assert!(fails(&leaf, index, size, &longer));
            for position in 0..path.len() {
                let mut changed = path.clone();
                changed[position].0[0] ^= 0x80;
                assert!(fails(&leaf, index, size, &changed));
                let mut shorter = path.clone();
                shorter.remove(position);
                assert!(fails(&leaf, index, size, &shorter));
                if position > 0 {
                    let mut swapped = path.clone();
                    swapped.swap(position, position - 1);
                    assert!(fails(&leaf, index, size, &swapped));
                }
            }
        }
    }
}

#[test]
fn any_change_of_a_consistency_proof_is_detected() {
    let whole = tree(40);
    let roots: Vec<_> = (0..=40).map(|size| whole.root_at(size).unwrap()).collect();
    for new in 1..=40u64 {
        for old in 0..=new {
            let path = consistency_proof(old, new, &whole).unwrap();
            let (old_root, new_root) = (roots[old as usize], roots[new as usize]);
            let mut longer = path.clone();
            longer.push(Hash([0; 32]));
            assert!(verify_consistency(old, new, &old_root, &new_root, &longer).is_err());
            for position in 0..path.len() {
                let mut changed = path.clone();
                changed[position].0[5] ^= 4;
                assert!(verify_consistency(old, new, &old_root, &new_root, &changed).is_err());
                let mut shorter = path.clone();
                shorter.remove(position);
                assert!(verify_consistency(old, new, &old_root, &new_root, &shorter).is_err());
            }
            let forked = Hash([9; 32]);
            assert!(verify_consistency(old, new, &forked, &new_root, &path).is_err());
            if old > 0 {
                assert!(verify_consistency(old, new, &old_root, &forked, &path).is_err());
            }
            assert!(
                new == old || verify_consistency(new, old, &new_root, &old_root, &path).is_err()
            );
        }
    }
}
