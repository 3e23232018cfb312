//! Notes, keys, checkpoints and cosignatures: published vectors, hostile forms, and key rules.

mod common;

use common::key;
use proof::*;

/// The example note and keys of Go's `sumdb/note`.
const GO_VKEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_SKEY: &str =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const GO_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\
    \n\
    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

/// Made by an independent C2SP implementation (PyPI aics-tlog 0.2.1): a log of `entry 0..10` whose key has the
/// seed 01…01, cosigned by a witness with the seed 02…02.
const FOREIGN_NOTE: &str = "village.example/log\n\
    11\n\
    Y/HkTXQth8YK3kDoFe+ugbzy2nVSStXge0pA9KYm00c=\n\
    \n\
    — village.example/log js0bA2x639auGM5Z8ocwuUxOCF8bHk2bIAqn2P4BqBf0BOPrD+xZ17b9Vll0YGcGmPl7gLxk3PN8PUsGsc+s4VD/WwA=\n\
    — witness.example/w1 3xwKNQAAAABpUkfAoAOTWCVUwInhCcX+qERcfv+s93333upxkAl1zOP9Sdwjzi0j3bY/ANIvxIfNBvkU9+SATXdY00MuuJjUHfdNDw==\n";
const FOREIGN_PATH: [&str; 4] = [
    "OuVJIxGtMHi2jmTcTBaZliNIE3AQvjA90g21B9lTj8A=",
    "dZBY0EE/iy9OB7JAz3b9KQwpQz27tYWxMeRGwRW+K4I=",
    "nvaYen722bym3QyfHuCInnkOfJrFhm+oNWVzCtrkMsQ=",
    "wjzu/h+DCWoR9x3u5TFIRTbZYWLlc6+yOd2Zo/tNSMg=",
];

fn log_key() -> SignerKey {
    key("village.example/log", 1)
}

fn witness_key() -> SignerKey {
    key("witness.example/w1", 2)
}

#[test]
fn the_go_example_verifies_and_signs_alike() {
    let verifier: VerifierKey = GO_VKEY.parse().unwrap();
    assert_eq!(verifier.to_string(), GO_VKEY);
    let signer: SignerKey = GO_SKEY.parse().unwrap();
    assert_eq!(signer.to_secret_text(), GO_SKEY);
    assert_eq!(signer.verifier(), verifier);
    let note = SignedNote::parse(GO_NOTE).unwrap();
    assert_eq!(note.to_string(), GO_NOTE);
    assert_eq!(note.verify(&[verifier]).unwrap()[0].name, "PeterNeumann");
    let signed =
        SignedNote::new(note.text().to_owned(), vec![signer.sign_note(note.text()).unwrap()])
            .unwrap();
    assert_eq!(signed, note);
}

#[test]
fn a_foreign_log_and_witness_are_understood_byte_for_byte() {
    let keys = [log_key().verifier(), witness_key().cosignature_verifier()];
    let signed = SignedCheckpoint::open(FOREIGN_NOTE, &keys).unwrap();
    let tree = common::tree(11);
    assert_eq!(signed.checkpoint, Checkpoint::new("village.example/log", 11, tree.root()));
    let cosignature =
        Cosignature { witness: "witness.example/w1".into(), timestamp: 1_767_000_000 };
    assert_eq!(signed.cosignatures, [cosignature]);
    // Ed25519 is deterministic: ours must give the same bytes.
    let mut note = signed.checkpoint.sign(&[&log_key()]).unwrap();
    let line = witness_key().cosign(note.text(), 1_767_000_000).unwrap();
    note.add(line).unwrap();
    assert_eq!(note.to_string(), FOREIGN_NOTE);
    assert_eq!(
        tree.inclusion_proof(5).unwrap().iter().map(Hash::to_base64).collect::<Vec<_>>(),
        FOREIGN_PATH
    );
}

#[test]
fn every_changed_byte_of_a_note_is_detected() {
    let keys = [log_key().verifier(), witness_key().cosignature_verifier()];
    let honest = SignedCheckpoint::open(FOREIGN_NOTE, &keys).unwrap();
    for position in 0..FOREIGN_NOTE.len() {
        for bit in [0x01, 0x04, 0x80] {
            let mut bytes = FOREIGN_NOTE.as_bytes().to_vec();
            bytes[position] ^= bit;
            let outcome = SignedNote::parse_bytes(&bytes)
                .map_err(CheckpointError::from)
                .and_then(|note| SignedCheckpoint::from_note(&note, &keys));
            // A changed name or id turns a line into an unknown key's, which the standard has ignored: the
            // witness's line may so be lost, but what is said of the log is never another thing.
            if let Ok(changed) = outcome {
                assert_eq!(changed.checkpoint, honest.checkpoint);
                assert!(changed.cosignatures.is_empty(), "byte {position}");
            }
        }
    }
}

#[test]
fn hostile_notes_are_refused() {
    let good = "text\n\n— a.example AAAAAAE=\n";
    assert!(SignedNote::parse(good).is_ok());
    let many = format!("text\n\n{}", "— a.example AAAAAAE=\n".repeat(1000));
    let large = format!("{}\n\n— a.example AAAAAAE=\n", "x".repeat(1 << 20));
    for (bad, word) in [
        ("", "empty line"),
        ("text\n", "empty line"),
        ("text\r\n\r\n— a.example AAAAAAE=\r\n", "control"),
        ("te\u{1f}xt\n\n— a.example AAAAAAE=\n", "control"),
        ("text\n\n— a.example AAAAAAE=", "newline"),
        ("text\n\n", "newline"),
        ("\n\n— a.example AAAAAAE=\n", "newline"),
        ("text\n\n- a.example AAAAAAE=\n", "signature line"),
        ("text\n\n— a.example  AAAAAAE=\n", "base64"),
        ("text\n\n— a.example AAAAAAE\n", "base64"),
        ("text\n\n— a.example AAAAAAF=\n", "base64"),
        ("text\n\n— a.example AAAAAA==\n", "key id"),
        ("text\n\n—  AAAAAAE=\n", "name"),
        ("text\n\n— a+b AAAAAAE=\n", "name"),
        ("text\n\n— a\u{3000}b AAAAAAE=\n", "name"),
        (&many, "100"),
        (&large, "1 MiB"),
    ] {
        let error = SignedNote::parse(bad).expect_err(bad).to_string();
        assert!(error.contains(word), "{error}: expected {word}");
    }
    assert!(SignedNote::parse_bytes(b"text\n\n\xff").unwrap_err().to_string().contains("UTF-8"));
    // At least 16 signatures must be accepted (signed-note, "Format").
    let note =
        SignedNote::parse(&format!("text\n\n{}", "— a.example AAAAAAE=\n".repeat(16))).unwrap();
    assert_eq!(note.signatures().len(), 16);
}

#[test]
fn hostile_checkpoints_are_refused() {
    let root = "Y/HkTXQth8YK3kDoFe+ugbzy2nVSStXge0pA9KYm00c=";
    let good = format!("village.example/log\n11\n{root}\n");
    assert_eq!(Checkpoint::parse(&good).unwrap().to_text(), good);
    let extended = format!("{good}extension 1\nextension 2\n");
    assert_eq!(Checkpoint::parse(&extended).unwrap().to_text(), extended);
    for size in ["", "+1", "-1", "01", "00", "1 ", "0x1", "18446744073709551616", "一"] {
        assert!(Checkpoint::parse(&format!("o\n{size}\n{root}\n")).is_err(), "{size:?}");
    }
    assert_eq!(
        Checkpoint::parse(&format!("o\n18446744073709551615\n{root}\n")).unwrap().size,
        u64::MAX
    );
    for bad in ["", "o\n1\n", "o\n1\nAAAA\n", "\n1\n"] {
        assert!(Checkpoint::parse(bad).is_err(), "{bad:?}");
    }
    assert!(Checkpoint::parse(&format!("\n1\n{root}\n")).is_err());
    assert!(Checkpoint::parse(&good[..good.len() - 1]).is_err());
    assert!(Checkpoint::parse(&format!("{good}\n")).is_err());
    assert!(Checkpoint::parse(&format!("o\n1\n{}\n", &root[..43])).is_err());
    let sneaky = Checkpoint::new("village.example/log\n12", 11, empty_root());
    assert!(sneaky.sign(&[&log_key()]).is_err());
}

#[test]
fn keys_are_checked() {
    let good = log_key().verifier().to_string();
    assert_eq!(good.parse(), Ok(log_key().verifier()));
    let cosigner = witness_key().cosignature_verifier();
    assert_eq!(cosigner.to_string().parse(), Ok(cosigner.clone()));
    assert_ne!(cosigner.id(), witness_key().verifier().id());
    for bad in [
        good.replace("village", "hamlet"),
        good.replacen("8ecd1b03", "8ecd1b04", 1),
        good.replacen("8ecd1b03", "8ECD1B03", 1),
        good.replacen("8ecd1b03", "8ecd1b3", 1),
        good[..good.len() - 4].to_owned(),
        "name".to_owned(),
        "name+00000000+".to_owned(),
    ] {
        assert!(bad.parse::<VerifierKey>().is_err(), "{bad}");
    }
    // The neutral element: any signature by it would verify under cofactored rules.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    assert!(
        VerifierKey::new("a", KeyKind::Note, &neutral)
            .unwrap_err()
            .to_string()
            .contains("small order")
    );
    for name in ["", "a b", "a+b", "a\nb", "a\u{a0}b"] {
        assert!(SignerKey::from_seed(name, &[1; 32]).is_err(), "{name:?}");
    }
    let secret = log_key().to_secret_text();
    assert_eq!(secret.parse::<SignerKey>().unwrap().verifier(), log_key().verifier());
    assert!(!format!("{:?}", log_key()).contains(secret.rsplit('+').next().unwrap()));
    assert!(good.parse::<SignerKey>().is_err());
}

#[test]
fn who_signed_decides() {
    let checkpoint = Checkpoint::new("village.example/log", 0, empty_root());
    let mut note = checkpoint.sign(&[&log_key()]).unwrap();
    let log = log_key().verifier();
    assert_eq!(
        SignedCheckpoint::from_note(&note, std::slice::from_ref(&log)).unwrap().checkpoint,
        checkpoint
    );
    // A stranger: refused with the signer's name.
    let error =
        SignedCheckpoint::from_note(&note, &[key("other.example", 3).verifier()]).unwrap_err();
    assert!(error.to_string().contains("village.example/log+8ecd1b03"), "{error}");
    // Same name, another key: unknown as well.
    let error = SignedCheckpoint::from_note(&note, &[key("village.example/log", 9).verifier()])
        .unwrap_err();
    assert!(matches!(error, CheckpointError::Note(NoteError::UnknownKey { .. })));
    // A witness alone makes no checkpoint, and neither does another log's key that the reader trusts.
    note.add(witness_key().cosign(note.text(), 5).unwrap()).unwrap();
    note.add(key("other.example", 3).sign_note(note.text()).unwrap()).unwrap();
    let others = [witness_key().cosignature_verifier(), key("other.example", 3).verifier()];
    let error = SignedCheckpoint::from_note(&note, &others).unwrap_err();
    assert_eq!(error, CheckpointError::NotByLog { origin: "village.example/log".into() });
    assert!(checkpoint.sign(&[&key("other.example", 3)]).is_err());
    // A known key's wrong signature rejects the note, though another one is right.
    let mut forged = witness_key().cosign(note.text(), 6).unwrap();
    forged.bytes[7] ^= 1;
    note.add(forged).unwrap();
    let error =
        SignedCheckpoint::from_note(&note, &[log.clone(), witness_key().cosignature_verifier()])
            .unwrap_err();
    assert!(
        matches!(error, CheckpointError::Note(NoteError::BadSignature { ref name, .. }) if name == "witness.example/w1")
    );
    assert!(
        SignedCheckpoint::from_note(&note, &[log]).is_ok(),
        "who does not know the witness ignores its line"
    );
}

#[test]
fn a_rotated_key_keeps_the_name() {
    let checkpoint = Checkpoint::new("village.example/log", 3, common::tree(3).root());
    let note = checkpoint.sign(&[&log_key(), &key("village.example/log", 7)]).unwrap();
    for seed in [1, 7] {
        assert!(
            SignedCheckpoint::from_note(&note, &[key("village.example/log", seed).verifier()])
                .is_ok()
        );
    }
}

#[test]
fn a_key_never_signs_what_means_something_else() {
    let text = "cosignature/v1\ntime 5\nvillage.example/log\n0\nx\n";
    assert!(log_key().sign_note(text).is_err());
    assert!(log_key().sign_note("no newline").is_err());
    assert!(log_key().sign_note("zero\0\n").is_err());
    assert!(witness_key().cosign("text\n", 1 << 63).is_err());
    assert!(witness_key().cosign("text\n", (1 << 63) - 1).is_ok());
}
