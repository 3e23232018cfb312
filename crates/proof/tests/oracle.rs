//! Comparison with an independent port of Go's `sumdb/tlog` and `sumdb/note`.

mod common;

use common::{entry, key, tree};
use proof::*;
use tlog_tiles::tlog;

/// The other implementation's storage: our nodes under its numbering.
struct Stored<'a>(&'a MemoryTree);

impl tlog::HashReader for Stored<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        let read = |index: &u64| {
            let (level, n) = tlog::split_stored_hash_index(*index);
            tlog::Hash(self.0.read(u32::from(level), n).unwrap().0)
        };
        Ok(indexes.iter().map(read).collect())
    }
}

fn ours(hashes: Vec<tlog::Hash>) -> Vec<Hash> {
    hashes.into_iter().map(|hash| Hash(hash.0)).collect()
}

fn theirs(hashes: &[Hash]) -> Vec<tlog::Hash> {
    hashes.iter().map(|hash| tlog::Hash(hash.0)).collect()
}

#[test]
fn roots_and_proofs_agree() {
    let whole = tree(131);
    let stored = Stored(&whole);
    for size in 1..=131u64 {
        let root = whole.root_at(size).unwrap();
        assert_eq!(tlog::tree_hash(size, &stored).unwrap().0, root.0);
        for index in 0..size {
            let path = inclusion_proof(index, size, &whole).unwrap();
            assert_eq!(
                ours(tlog::prove_record(size, index, &stored).unwrap()),
                path,
                "{index} of {size}"
            );
            let leaf = tlog::record_hash(&entry(index));
            tlog::check_record(&theirs(&path), size, tlog::Hash(root.0), index, leaf).unwrap();
        }
        for old in 1..=size {
            let path = consistency_proof(old, size, &whole).unwrap();
            assert_eq!(ours(tlog::prove_tree(size, old, &stored).unwrap()), path, "{old}..{size}");
        }
    }
}

#[test]
fn stored_hashes_agree() {
    let mut grown = MemoryTree::new();
    for i in 0..130 {
        let leaf = leaf_hash(&entry(i));
        let mine: Vec<_> =
            stored_hashes(i, leaf, &grown).unwrap().into_iter().map(|(_, _, hash)| hash).collect();
        assert_eq!(ours(tlog::stored_hashes(i, &entry(i), &Stored(&grown)).unwrap()), mine);
        grown.append(leaf);
    }
}

#[test]
fn notes_agree() {
    use signed_note::{Note, Signer as _, StandardSigner, StandardVerifier, VerifierList};
    let signer = key("village.example/log", 1);
    let note =
        Checkpoint::new("village.example/log", 300, tree(300).root()).sign(&[&signer]).unwrap();
    // Theirs verifies ours …
    let verifier = StandardVerifier::new(&signer.verifier().to_string()).unwrap();
    let read = Note::from_bytes(note.to_string().as_bytes()).unwrap();
    let (verified, _) = read.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
    assert_eq!(verified[0].name(), "village.example/log");
    // … and, with the private key in our text form, signs the same bytes.
    let same = StandardSigner::new(&signer.to_secret_text()).unwrap();
    assert_eq!(same.key_id(), signer.verifier().id());
    let mut other = Note::new(note.text().as_bytes(), &[]).unwrap();
    other.add_sigs(&[&same]).unwrap();
    assert_eq!(String::from_utf8(other.to_bytes()).unwrap(), note.to_string());
}
