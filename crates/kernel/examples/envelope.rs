//! Measures the envelope as compact JSON against CBOR: bytes, encode, decode, fold. Run with `--release`.
//! Ratios of one run count, not the figures; the decision that follows is in `docs/decisions/`.
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use std::{hint::black_box, time::Instant};

use kernel::{
    DivisionCode, Event, StreamId, Timestamp,
    event::{Class, commitment_field},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The same attributes with numbers for names and raw bytes for hashes: what a binary form could save.
#[derive(Serialize, Deserialize)]
struct Binary {
    id: [u8; 16],
    kind: u16,
    time: i64,
    log: [u8; 10],
    index: u64,
    unit: [u8; 10],
    village: u64,
    villageseq: u64,
    stream: (u8, [u8; 10]),
    version: u64,
    actor: (u8, [u8; 10]),
    definition: Option<[u8; 32]>,
    payment: [u8; 10],
    amount: i64,
    method: u8,
    account: u16,
    reserve: [u8; 10],
    resolution: [u8; 10],
    month: u32,
    purpose: Vec<u8>,
    payee: Vec<u8>,
    invoice: Vec<u8>,
}

fn event(index: u64) -> Event {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&index.to_le_bytes());
    let mut door = kernel::Entropy::from_seed(seed);
    let payment = door.opaque();
    let mut hash = || {
        let bytes: [u8; 32] = door.salt();
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes)
    };
    let (purpose, payee, invoice) = (hash(), hash(), hash());
    let id = door.event_id(Timestamp::from_micros(
        1_772_668_800_000_001 + i64::try_from(index).unwrap_or(0),
    ));
    let data: Map<String, Value> = match json!({
        "payment": payment, "amount": 8_000_000 + index, "method": "bank", "account": "514",
        "purpose": commitment_field(&purpose, Class::Public),
        "payee": commitment_field(&payee, Class::Sealed),
        "invoice": commitment_field(&invoice, Class::Staff),
        "reserve": "a3m9x2abcdefghij", "resolution": "b3m9x2abcdefghij", "month": "2026-03",
    }) {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    Event {
        id,
        source: "/funds".into(),
        kind: "cn.cunwu.funds.payment-requested.v1".into(),
        time: Timestamp::from_micros(1_772_668_800_000_001),
        log: "abcdefghijkmnpqr".into(),
        index,
        unit: "bbcdefghijkmnpqr".into(),
        village: DivisionCode::parse("330102001203").expect("a code"),
        villageseq: index,
        stream: StreamId::of("payment", &payment),
        version: 1,
        actor: "bookkeeper/cbcdefghijkmnpqr".into(),
        definition: Some("payment@q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ".into()),
        causation: None,
        data,
    }
}

fn binary(index: u64) -> Binary {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&index.to_le_bytes());
    let mut door = kernel::Entropy::from_seed(seed);
    let payment: [u8; 10] = door.bytes();
    let mut hash = || door.salt().to_vec();
    let (purpose, payee, invoice) = (hash(), hash(), hash());
    let id = door.bytes();
    Binary {
        id,
        kind: 12,
        time: 1_772_668_800_000_001,
        log: [1; 10],
        index,
        unit: [2; 10],
        village: 330_102_001_203,
        villageseq: index,
        stream: (3, payment),
        version: 1,
        actor: (4, [4; 10]),
        definition: Some([5; 32]),
        payment,
        amount: 8_000_000,
        method: 1,
        account: 514,
        reserve: [6; 10],
        resolution: [7; 10],
        month: 202_603,
        purpose,
        payee,
        invoice,
    }
}

/// The whole envelope as self-describing CBOR: same names, same shape, binary syntax.
fn cbor(event: &Event) -> Vec<u8> {
    let json: Value = serde_json::from_slice(&event.encode().expect("encodes")).expect("parses");
    let mut bytes = Vec::new();
    ciborium::into_writer(&json, &mut bytes).expect("encodes");
    bytes
}

fn per_second(name: &str, count: u64, mut work: impl FnMut(u64)) {
    let start = Instant::now();
    for i in 0..count {
        work(i);
    }
    println!("{name:<34} {:>12.0} /s", count as f64 / start.elapsed().as_secs_f64());
}

fn main() {
    let n = 200_000;
    let json = event(7).encode().expect("encodes");
    let self_describing = cbor(&event(7));
    let mut fixed = Vec::new();
    ciborium::into_writer(&binary(7), &mut fixed).expect("encodes");
    let packed = postcard::to_allocvec(&binary(7)).expect("encodes");
    println!(
        "bytes: JSON {} · CBOR same names {} · CBOR fixed shape {} · postcard {}",
        json.len(),
        self_describing.len(),
        fixed.len(),
        packed.len()
    );
    let bundle = |make: &dyn Fn(u64) -> Vec<u8>| {
        let all: Vec<u8> = (0..256).flat_map(make).collect();
        (all.len(), miniz_oxide::deflate::compress_to_vec(&all, 6).len())
    };
    println!(
        "a bundle of 256, raw and deflated: JSON {:?} · postcard {:?}",
        bundle(&|i| event(i).encode().expect("encodes")),
        bundle(&|i| postcard::to_allocvec(&binary(i)).expect("encodes"))
    );
    let one = event(7);
    per_second("encode JSON", n, |_| {
        black_box(one.encode().expect("encodes"));
    });
    per_second("decode JSON", n, |_| {
        black_box(Event::decode(&json).expect("decodes"));
    });
    per_second("decode CBOR (same names, as value)", n, |_| {
        black_box(ciborium::from_reader::<Value, _>(&self_describing[..]).expect("decodes"));
    });
    let two = binary(7);
    per_second("encode postcard", n, |_| {
        black_box(postcard::to_allocvec(&two).expect("encodes"));
    });
    per_second("decode postcard", n, |_| {
        black_box(postcard::from_bytes::<Binary>(&packed).expect("decodes"));
    });
    let mut sum = 0_i64;
    per_second("fold JSON (decode, add amount)", n, |_| {
        let event = Event::decode(&json).expect("decodes");
        sum += event.data.get("amount").and_then(Value::as_i64).unwrap_or(0);
    });
    per_second("fold postcard", n, |_| {
        sum += postcard::from_bytes::<Binary>(&packed).expect("decodes").amount;
    });
    #[derive(Deserialize)]
    struct Lean<'a> {
        #[serde(borrow)]
        stream: &'a str,
        data: Amount,
    }
    #[derive(Deserialize)]
    struct Amount {
        amount: i64,
    }
    per_second("fold JSON into a lean type", n, |_| {
        let lean: Lean<'_> = serde_json::from_slice(&json).expect("decodes");
        sum += lean.data.amount + lean.stream.len() as i64;
    });
    black_box(sum);
}
