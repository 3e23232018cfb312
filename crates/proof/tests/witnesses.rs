//! The witness protocol: an honest log is cosigned, every dishonest request gets the status the standard names.

mod common;

use common::{key, tree};
use proof::*;

const LOG: &str = "village.example/log";

fn note(size: u64, root: Hash) -> SignedNote {
    Checkpoint::new(LOG, size, root).sign(&[&key(LOG, 1)]).unwrap()
}

fn request(old: u64, new: u64) -> AddCheckpoint {
    let whole = tree(new);
    AddCheckpoint {
        old,
        path: consistency_proof(old, new, &whole).unwrap(),
        note: note(new, whole.root()),
    }
}

fn keys() -> Vec<VerifierKey> {
    vec![key(LOG, 1).verifier(), key("other.example/log", 4).verifier()]
}

fn seen(size: u64) -> Option<Seen> {
    Some(Seen { size, root: tree(size).root() })
}

#[test]
fn an_honest_log_is_followed() {
    let mut last = None;
    for (old, new) in [(0, 5), (5, 5), (5, 300), (300, 301)] {
        let body = request(old, new).to_string();
        let read: AddCheckpoint = body.parse().unwrap();
        assert_eq!(read, request(old, new));
        assert_eq!(read.origin(), LOG);
        let checkpoint = read.judge(&keys(), last).unwrap();
        assert_eq!((checkpoint.size, checkpoint.root), (new, tree(new).root()));
        last = seen(new);
    }
    // The witness's answer, appended to the note, verifies.
    let witness = key("w.example", 3);
    let text =
        format!("{}{}", request(5, 9).note, witness.cosign(request(5, 9).note.text(), 7).unwrap());
    let opened =
        SignedCheckpoint::open(&text, &[key(LOG, 1).verifier(), witness.cosignature_verifier()])
            .unwrap();
    assert_eq!(opened.cosignatures.len(), 1);
}

#[test]
fn dishonest_requests_are_refused() {
    let fork = Hash([7; 32]);
    let mut bent = request(5, 9);
    bent.path[0].0[0] ^= 1;
    let stranger = AddCheckpoint {
        note: Checkpoint::new(LOG, 9, fork).sign(&[&key(LOG, 8)]).unwrap(),
        ..request(5, 9)
    };
    let unknown =
        Checkpoint::new("hamlet.example", 9, fork).sign(&[&key("hamlet.example", 1)]).unwrap();
    let cases = [
        (
            AddCheckpoint { note: unknown, ..request(5, 9) },
            seen(5),
            404,
            "hamlet.example is not followed",
        ),
        (stranger, seen(5), 403, "no signature by a known key"),
        (AddCheckpoint { old: 10, ..request(5, 9) }, seen(10), 400, "exceeds"),
        (request(4, 9), seen(5), 409, "cosigned last has 5 entries"),
        (request(0, 9), seen(5), 409, "cosigned last has 5 entries"),
        (request(5, 9), None, 409, "cosigned last has 0 entries"),
        (AddCheckpoint { note: note(5, fork), ..request(5, 5) }, seen(5), 409, "and before that"),
        (AddCheckpoint { note: note(0, fork), ..request(0, 0) }, None, 409, "and before that"),
        (
            AddCheckpoint { note: note(9, fork), ..request(5, 9) },
            seen(5),
            422,
            "the path leads to root",
        ),
        (bent, seen(5), 422, "the proof starts from root"),
        (
            AddCheckpoint { path: vec![], ..request(5, 9) },
            seen(5),
            422,
            "hashes where these sizes need",
        ),
        (request(5, 9), Some(Seen { size: 5, root: fork }), 422, "the proof starts from root"),
    ];
    for (request, seen, status, words) in cases {
        let refusal = request.judge(&keys(), seen).expect_err(words);
        assert_eq!(refusal.status(), status, "{refusal}");
        assert!(refusal.to_string().contains(words), "{refusal}");
    }
}

#[test]
fn malformed_bodies_are_refused() {
    let good = request(5, 9).to_string();
    let hash = Hash([1; 32]).to_string();
    let long = good.replacen("old 5\n", &format!("old 5\n{}", format!("{hash}\n").repeat(64)), 1);
    for bad in [
        String::new(),
        good.replacen("old 5", "old 05", 1),
        good.replacen("old 5", "old +5", 1),
        good.replacen("old 5", "old -1", 1),
        good.replacen("old 5", "5", 1),
        good.replacen("old 5\n", "old 5\nAAAA\n", 1),
        good.replacen("\n\n", "\n", 2),
        good.trim_end().to_owned(),
        good.replace('\n', "\r\n"),
        long,
    ] {
        assert_eq!(bad.parse::<AddCheckpoint>().expect_err(&bad).status(), 400);
    }
}
