//! Receipts: batches of all sizes verify, and no changed receipt does.

mod common;

use common::key;
use proof::*;
use serde_json::{Value, json};

fn promises(count: u64) -> Vec<Promise> {
    (0..count)
        .map(|i| Promise {
            log: format!("county-{}.example/log", i % 3),
            first_index: i * 10,
            leaf_hashes: (0..=i % 4).map(|k| leaf_hash(&common::entry(i * 10 + k))).collect(),
            include_by: 1_772_668_800_000_000 + i as i64,
        })
        .collect()
}

#[test]
fn every_receipt_of_a_batch_verifies_through_json() {
    let signer = key("funds.example/receipts", 5);
    let keys = [signer.verifier()];
    for count in (0..20).chain([255, 256, 257]) {
        let receipts = sign_batch(promises(count), &signer).unwrap();
        assert_eq!(receipts.len() as u64, count);
        for (promise, receipt) in promises(count).into_iter().zip(receipts) {
            let json = serde_json::to_string(&receipt).unwrap();
            let read: Receipt = serde_json::from_str(&json).unwrap();
            assert_eq!(read, receipt);
            assert_eq!(read.verify(&keys), Ok(()));
            assert_eq!((&read.log, read.first_index), (&promise.log, promise.first_index));
            assert_eq!(read.promised(promise.first_index), Some(promise.leaf_hashes[0]));
            assert_eq!(read.promised(promise.first_index + promise.leaf_hashes.len() as u64), None);
            assert_eq!(read.promised(promise.first_index.wrapping_sub(1)), None);
        }
    }
}

#[test]
fn one_signature_serves_the_batch() {
    let receipts = sign_batch(promises(9), &key("funds.example/receipts", 5)).unwrap();
    assert!(receipts.iter().all(|receipt| receipt.signature == receipts[0].signature));
}

#[test]
fn any_changed_field_is_detected() {
    let signer = key("funds.example/receipts", 5);
    let keys = [signer.verifier()];
    let receipt = sign_batch(promises(7), &signer).unwrap().remove(3);
    let good = serde_json::to_value(&receipt).unwrap();
    let other = Hash([3; 32]);
    let changes = [
        ("format", json!("cunwu-receipt/v2"), "format"),
        ("log", json!("county-1.example/log"), "not those signed"),
        ("first_index", json!(31), "not those signed"),
        ("first_index", json!(u64::MAX), "beyond 64 bits"),
        ("leaf_hashes", json!([]), "no entry"),
        ("leaf_hashes", json!([other]), "not those signed"),
        ("include_by", json!(receipt.include_by + 1), "not those signed"),
        ("batch_size", json!(8), "does not match"),
        ("batch_size", json!(3), "not those signed"),
        ("batch_root", json!(other), "not those signed"),
        ("position", json!(2), "not those signed"),
        ("path", json!([]), "not those signed"),
        ("key_name", json!("funds.example/other"), "not a known key"),
        ("key_id", json!("00000000"), "not a known key"),
        ("signature", json!(""), "does not match"),
    ];
    for (field, value, word) in changes {
        let mut bad = good.clone();
        bad[field] = value;
        let error = serde_json::from_value::<Receipt>(bad)
            .unwrap()
            .verify(&keys)
            .expect_err(field)
            .to_string();
        assert!(error.contains(word), "{field}: {error}");
        assert!(field == "format" || error.contains("receipt of county-"), "{error}");
    }
    for byte in 0..64 {
        let mut bad = receipt.clone();
        bad.signature[byte] ^= 1;
        assert!(matches!(bad.verify(&keys), Err(ReceiptError::BadSignature { .. })));
    }
    assert!(matches!(receipt.verify(&[]), Err(ReceiptError::UnknownKey { .. })));
    assert!(matches!(
        receipt.verify(&[key("funds.example/receipts", 6).verifier()]),
        Err(ReceiptError::UnknownKey { .. })
    ));
    let mut hash = good;
    hash["batch_root"] = Value::String("AAAA".into());
    assert!(serde_json::from_value::<Receipt>(hash).unwrap_err().to_string().contains("SHA-256"));
}

#[test]
fn a_promise_of_nothing_spoils_no_batch() {
    let mut batch = promises(3);
    batch[1].leaf_hashes.clear();
    let error = sign_batch(batch, &key("funds.example/receipts", 5)).unwrap_err();
    assert_eq!(
        error,
        ReceiptError::NoEntries { log: "county-1.example/log".into(), first_index: 10 }
    );
}

#[test]
fn two_promises_never_share_a_leaf() {
    let promise = |log: &str, first_index, count| Promise {
        log: log.into(),
        first_index,
        leaf_hashes: vec![Hash([0; 32]); count],
        include_by: 0,
    };
    let all = [
        promise("a", 0, 1),
        promise("a\0", 0, 1),
        promise("a", 1, 1),
        promise("a", 0, 2),
        promise("", 0, 1),
    ];
    let leaves: std::collections::BTreeSet<_> = all.iter().map(Promise::leaf).collect();
    assert_eq!(leaves.len(), all.len());
}
