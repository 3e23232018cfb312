//! Proof files and consistency files: what they prove, and that each tampered piece is named.

mod common;

use common::{key, tree};
use proof::proof_file::{CONSISTENCY_FORMAT, PROOF_FORMAT, committed};
use proof::*;

const LOG: &str = "village.example/log";

fn log_key() -> SignerKey {
    key(LOG, 1)
}

fn keys() -> Vec<VerifierKey> {
    vec![
        log_key().verifier(),
        key("platform.example/checkpoints", 2).verifier(),
        key("w.example", 3).cosignature_verifier(),
    ]
}

/// A log of 40 entries whose entry 17 holds a commitment; its checkpoint in a cosigned log of checkpoints.
fn proof_file() -> ProofFile {
    let salt = [9; 32];
    let hidden = commitment(&salt, "张三".as_bytes());
    let event = format!(
        r#"{{"id":"1","data":{{"amount":800,"payee":{{"sha256":"{hidden}","class":"members"}}}}}}"#
    );
    let mut leaves: Vec<_> = (0..40).map(|i| leaf_hash(&common::entry(i))).collect();
    leaves[17] = leaf_hash(event.as_bytes());
    let whole = MemoryTree::from_leaves(leaves);
    let checkpoint = Checkpoint::new(LOG, 40, whole.root());

    let mut platform: Vec<_> = (0..9).map(|i| leaf_hash(&[i])).collect();
    platform[4] = checkpoint.leaf();
    let platform = MemoryTree::from_leaves(platform);
    let mut note = Checkpoint::new("platform.example/checkpoints", 9, platform.root())
        .sign(&[&key("platform.example/checkpoints", 2)])
        .unwrap();
    note.add(key("w.example", 3).cosign(note.text(), 1_767_000_000).unwrap()).unwrap();

    ProofFile {
        format: PROOF_FORMAT.into(),
        log: LOG.into(),
        index: 17,
        entry: event.into_bytes(),
        path: whole.inclusion_proof(17).unwrap(),
        checkpoint: checkpoint.sign(&[&log_key()]).unwrap().to_string(),
        witnessed: Some(WitnessedStep {
            index: 4,
            path: platform.inclusion_proof(4).unwrap(),
            checkpoint: note.to_string(),
        }),
        openings: vec![Opening { field: "/data/payee".into(), salt, value: "张三".into() }],
    }
}

#[test]
fn a_proof_file_verifies_through_json() {
    let file = proof_file();
    let json = serde_json::to_string_pretty(&file).unwrap();
    let read = ProofFile::from_json(&json).unwrap();
    assert_eq!(read, file);
    let verified = read.verify(&keys()).unwrap();
    assert_eq!(verified.leaf, leaf_hash(&file.entry));
    assert_eq!((verified.checkpoint.origin.as_str(), verified.checkpoint.size), (LOG, 40));
    assert_eq!(
        verified.cosignatures,
        [Cosignature { witness: "w.example".into(), timestamp: 1_767_000_000 }]
    );
    assert_eq!(verified.openings, 1);
    // The smallest file: no openings, no witnesses.
    let mut small: serde_json::Value = serde_json::from_str(&json).unwrap();
    small.as_object_mut().unwrap().remove("openings");
    small.as_object_mut().unwrap().remove("witnessed");
    let small = ProofFile::from_json(&small.to_string()).unwrap();
    assert_eq!(small.verify(&[log_key().verifier()]).unwrap().cosignatures, []);
}

#[test]
fn every_tampered_piece_is_named() {
    type Tamper = fn(&mut ProofFile);
    let cases: [(&str, Tamper); 19] = [
        ("format", |file| file.format = "cunwu-proof/v2".into()),
        ("entry bytes, index or path were changed", |file| file.entry[3] ^= 1),
        ("entry bytes, index or path were changed", |file| file.index = 18),
        ("not in a tree of 40", |file| file.index = 40),
        ("entry bytes, index or path were changed", |file| file.path[2].0[0] ^= 1),
        ("hashes where these sizes need", |file| file.path.truncate(2)),
        ("belongs to log village.example/log", |file| file.log = "hamlet.example/log".into()),
        ("does not match the text", |file| {
            file.checkpoint = file.checkpoint.replacen("\n40\n", "\n41\n", 1)
        }),
        ("no signature by a known key", |file| {
            file.checkpoint =
                Checkpoint::new(LOG, 40, Hash([1; 32])).sign(&[&key(LOG, 8)]).unwrap().to_string();
        }),
        ("not signed by a known key of that name", |file| {
            // Another log's key that the reader trusts.
            let body = Checkpoint::new(LOG, 40, Hash([1; 32])).to_text();
            let line = key("platform.example/checkpoints", 2).sign_note(&body).unwrap();
            file.checkpoint = SignedNote::new(body, vec![line]).unwrap().to_string();
        }),
        ("not a signed note", |file| file.checkpoint.truncate(20)),
        ("there is no commitment at field \"/data/amount\"", |file| {
            file.openings[0].field = "/data/amount".into()
        }),
        ("there is no commitment at field \"/nowhere\"", |file| {
            file.openings[0].field = "/nowhere".into()
        }),
        ("the value shown for field \"/data/payee\"", |file| {
            file.openings[0].value = "李四".into()
        }),
        ("the value shown for field \"/data/payee\"", |file| file.openings[0].salt[31] ^= 1),
        ("is not entry 5 of the log of checkpoints platform.example/checkpoints", |file| {
            step(file).index = 5
        }),
        ("is not entry 4 of the log of checkpoints", |file| step(file).path[0].0[9] ^= 1),
        ("log of checkpoints: the checkpoint can't be trusted", |file| {
            step(file).checkpoint = step(file).checkpoint.replacen("\n9\n", "\n8\n", 1);
        }),
        ("the signature of w.example", |file| {
            let mut note = SignedNote::parse(&step(file).checkpoint).unwrap();
            let mut line = note.signatures()[1].clone();
            line.bytes[7] += 1;
            note.add(line).unwrap();
            step(file).checkpoint = note.to_string();
        }),
    ];
    for (words, tamper) in cases {
        let mut file = proof_file();
        tamper(&mut file);
        let error = file.verify(&keys()).expect_err(words).to_string();
        assert!(error.contains(words), "expected {words:?} in: {error}");
        if words != "format" {
            assert!(
                error.starts_with(&format!("log {}, entry {}", file.log, file.index)),
                "{error}"
            );
        }
    }
}

fn step(file: &mut ProofFile) -> &mut WitnessedStep {
    file.witnessed.as_mut().unwrap()
}

#[test]
fn malformed_json_is_refused_with_the_field() {
    let good = serde_json::to_value(proof_file()).unwrap();
    for (field, value) in [("entry", "***"), ("path", "x"), ("index", "17"), ("openings", "x")] {
        let mut bad = good.clone();
        bad[field] = value.into();
        assert!(
            matches!(ProofFile::from_json(&bad.to_string()), Err(VerifyError::Json { .. })),
            "{field}"
        );
    }
    let mut bad = good.clone();
    bad["openings"][0]["salt"] = "AAAA".into();
    let error = ProofFile::from_json(&bad.to_string()).unwrap_err().to_string();
    assert!(error.contains("3 bytes"), "{error}");
    assert!(ProofFile::from_json("").is_err());
}

#[test]
fn commitments_are_found_in_all_their_forms() {
    let hash = commitment(&[1; 32], b"whole event");
    let (text, hex) = (hash.to_base64(), hash.to_hex());
    assert_eq!(committed(hash.as_bytes(), ""), Some(hash));
    assert_eq!(committed(text.as_bytes(), ""), Some(hash));
    assert_eq!(committed(hex.as_bytes(), ""), Some(hash));
    assert_eq!(committed(format!("{{\"sha256\":\"{text}\"}}").as_bytes(), ""), Some(hash));
    assert_eq!(committed(format!("{{\"a\":[\"{text}\"]}}").as_bytes(), "/a/0"), Some(hash));
    assert_eq!(committed(b"{\"a\":5}", "/a"), None);
    assert_eq!(committed(b"not json", "/a"), None);
}

fn consistency(old: u64, new: u64) -> ConsistencyFile {
    let whole = tree(new);
    let note = |size| {
        Checkpoint::new(LOG, size, whole.root_at(size).unwrap())
            .sign(&[&log_key()])
            .unwrap()
            .to_string()
    };
    let path = consistency_proof(old, new, &whole).unwrap();
    ConsistencyFile {
        format: CONSISTENCY_FORMAT.into(),
        log: LOG.into(),
        old: note(old),
        new: note(new),
        path,
    }
}

#[test]
fn consistent_checkpoints_verify() {
    for (old, new) in [(0, 0), (0, 5), (5, 5), (5, 9), (256, 257), (1, 300)] {
        let json = serde_json::to_string(&consistency(old, new)).unwrap();
        let (older, newer) = ConsistencyFile::from_json(&json).unwrap().verify(&keys()).unwrap();
        assert_eq!((older.checkpoint.size, newer.checkpoint.size), (old, new));
    }
}

#[test]
fn forks_rollbacks_and_rewrites_are_evidence() {
    let fork =
        |size| Checkpoint::new(LOG, size, Hash([7; 32])).sign(&[&log_key()]).unwrap().to_string();
    let inconsistent = |file: ConsistencyFile| {
        let error = file.verify(&keys()).unwrap_err();
        assert!(matches!(error, VerifyError::Inconsistent { .. }), "{error}");
        assert!(
            error.to_string().starts_with("log village.example/log: the checkpoints at "),
            "{error}"
        );
    };
    inconsistent(ConsistencyFile { old: fork(5), ..consistency(5, 9) });
    inconsistent(ConsistencyFile { old: fork(5), ..consistency(5, 5) });
    inconsistent(ConsistencyFile { old: fork(0), ..consistency(0, 5) });
    inconsistent(ConsistencyFile { new: fork(9), ..consistency(5, 9) });
    let file = consistency(5, 9);
    inconsistent(ConsistencyFile { old: file.new.clone(), new: file.old.clone(), ..file.clone() });
    inconsistent(ConsistencyFile { path: Vec::new(), ..file.clone() });
    let mut unsigned = file;
    unsigned.old = unsigned.old.replacen("\n5\n", "\n4\n", 1);
    assert!(matches!(unsigned.verify(&keys()), Err(VerifyError::Checkpoint { .. })));
}
