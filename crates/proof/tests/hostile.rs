//! Bytes from strangers: no parser panics, and each accepts one spelling of a value only.

mod common;

use common::{key, tree};
use proof::*;

/// A small deterministic generator (xorshift64*): the same run everywhere.
struct Noise(u64);

impl Noise {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % below
    }

    /// The sample with one to four bytes changed, removed, doubled or replaced by telling ones.
    fn mutate(&mut self, sample: &[u8]) -> Vec<u8> {
        const TELLING: &[u8] = b"\n\n 0+-/x.=A\"\\{[\x00\xff";
        let mut bytes = sample.to_vec();
        for _ in 0..=self.next(4) {
            let at = self.next(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
            match self.next(5) {
                _ if bytes.is_empty() => bytes.push(TELLING[self.next(TELLING.len())]),
                0 => _ = bytes.remove(at),
                1 => bytes.insert(at, bytes[at]),
                2 => bytes[at] = TELLING[self.next(TELLING.len())],
                3 => bytes[at] ^= 1 << self.next(8),
                _ => bytes.truncate(at + 1),
            }
        }
        bytes
    }
}

/// Feeds mutations of a sample to a parser that gives back the text of what it read.
fn one_spelling(sample: &str, reread: impl Fn(&str) -> Option<String>) {
    assert_eq!(reread(sample).as_deref(), Some(sample));
    let mut noise = Noise(0x9E37_79B9_7F4A_7C15);
    let mut accepted = 0;
    for _ in 0..20_000 {
        let Ok(text) = String::from_utf8(noise.mutate(sample.as_bytes())) else { continue };
        if let Some(again) = reread(&text) {
            assert_eq!(again, text);
            accepted += 1;
        }
    }
    assert!(accepted < 20_000);
}

#[test]
fn texts_have_one_spelling() {
    let checkpoint = Checkpoint::new("village.example/log", 300, tree(300).root());
    let signer = key("village.example/log", 1);
    let note = checkpoint.sign(&[&signer, &key("village.example/log", 2)]).unwrap();
    let path = consistency_proof(200, 300, &tree(300)).unwrap();
    let request = AddCheckpoint { old: 200, path, note: note.clone() };
    one_spelling("tile/1/x001/x234/067.p/12", |text| {
        text.parse::<Tile>().ok().map(|tile| tile.to_string())
    });
    one_spelling("tile/entries/000", |text| text.parse::<Tile>().ok().map(|tile| tile.to_string()));
    one_spelling(&checkpoint.to_text(), |text| {
        Checkpoint::parse(text).ok().map(|read| read.to_text())
    });
    one_spelling(&note.to_string(), |text| {
        SignedNote::parse(text).ok().map(|read| read.to_string())
    });
    one_spelling(&request.to_string(), |text| {
        text.parse::<AddCheckpoint>().ok().map(|read| read.to_string())
    });
    let verifier = signer.verifier().to_string();
    one_spelling(&verifier, |text| text.parse::<VerifierKey>().ok().map(|read| read.to_string()));
    one_spelling(&signer.to_secret_text(), |text| {
        text.parse::<SignerKey>().ok().map(|read| read.to_secret_text())
    });
}

#[test]
fn bundles_have_one_spelling() {
    let bundle = encode_entries((0..20).map(common::entry)).unwrap();
    let mut noise = Noise(7);
    for _ in 0..20_000 {
        let bytes = noise.mutate(&bundle);
        for expected in [0, 1, 20] {
            if let Ok(entries) = decode_entries(&bytes, expected) {
                assert_eq!(encode_entries(entries).unwrap(), bytes);
            }
        }
    }
}

#[test]
fn changed_json_proves_nothing_else() {
    let signer = key("village.example/log", 1);
    let keys = [signer.verifier()];
    let promise = |first_index| Promise {
        log: "village.example/log".into(),
        first_index,
        leaf_hashes: vec![leaf_hash(b"a"), leaf_hash(b"b")],
        include_by: 5,
    };
    let receipt = sign_batch(vec![promise(0), promise(2), promise(4)], &signer).unwrap().remove(1);
    let whole = tree(40);
    let file = ProofFile {
        format: proof_file::PROOF_FORMAT.into(),
        log: "village.example/log".into(),
        index: 17,
        entry: common::entry(17),
        path: whole.inclusion_proof(17).unwrap(),
        checkpoint: Checkpoint::new("village.example/log", 40, whole.root())
            .sign(&[&signer])
            .unwrap()
            .to_string(),
        witnessed: None,
        openings: Vec::new(),
    };
    let (receipt_json, file_json) =
        (serde_json::to_vec(&receipt).unwrap(), serde_json::to_string(&file).unwrap());
    let mut noise = Noise(11);
    for _ in 0..4_000 {
        if let Ok(read) = serde_json::from_slice::<Receipt>(&noise.mutate(&receipt_json))
            && read.verify(&keys).is_ok()
        {
            assert_eq!(read, receipt);
        }
        let text = String::from_utf8_lossy(&noise.mutate(file_json.as_bytes())).into_owned();
        if let Ok(read) = ProofFile::from_json(&text)
            && read.verify(&keys).is_ok()
        {
            assert_eq!(
                (read.log, read.index, read.entry),
                (file.log.clone(), 17, file.entry.clone())
            );
        }
    }
}
