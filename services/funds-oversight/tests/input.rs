//! Whatever is typed: a receipt or a refusal that says which field, never a panic, and nothing half done.
mod village;

use engines::procedure::Act;
use funds_oversight::{Ask, ask::Take, facts::party::Opened};
use kernel::{Money, Verdict};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use village::*;

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "513",
            "102",
            "admin",
            "r-budget",
            "basic",
            "bank",
            "cash",
            "300.00",
            "-1",
            "0",
            "2026-03-02",
            "9999-99-99",
            "033001900104:00000001",
            "24332000000012345678",
        ])
        .prop_map(Value::from),
        Just(json!({"organisation": "清溪文具店"})),
        Just(json!({"person": "n-Wang"})),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::hash_map("[a-z]{1,6}", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

const FIELDS: [&str; 14] = [
    "amount",
    "method",
    "account",
    "purpose",
    "payee",
    "invoice",
    "reserve",
    "resolution",
    "on",
    "bank_account",
    "code",
    "reason",
    "text",
    "voucher",
];

fn take() -> impl Strategy<Value = (usize, bool, Take)> {
    let step = prop::sample::select(vec![
        ("payment", "request"),
        ("payment", "approve"),
        ("payment", "pay"),
        ("payment", "return"),
        ("payment", "correct"),
        ("month-close", "submit"),
        ("month-close", "publish"),
        ("supervision-query", "raise"),
        ("supervision-query", "answer"),
        ("nothing", "nothing"),
    ]);
    let fields = prop::collection::vec((prop::sample::select(FIELDS.to_vec()), value()), 0..9);
    let opened = prop::collection::btree_map(
        prop::sample::select(vec!["payee".to_owned(), "purpose".into(), "invoice".into()]),
        (value(), ".{0,70}").prop_map(|(value, salt)| Opened { value, salt }),
        0..3,
    );
    (0..13_usize, any::<bool>(), step, fields, opened, ".{0,8}").prop_map(
        |(who, on, (procedure, step), fields, opened, shown)| {
            let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
            let act = Act::new(procedure, step, fields.collect::<Map<_, _>>());
            (who, on, Take { on: None, act, shown: Some(shown), opened })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_is_typed_breaks_anything(takes in prop::collection::vec(take(), 1..40)) {
        let mut village = Village::new();
        village.start("3000.00");
        let known = village.requested(Village::request("300.00", 77));
        for (index, on, mut take) in takes {
            if on {
                take.on = Some(known.clone());
            }
            let before = village.log.events().len();
            let (name, _, _, post) = PEOPLE[index];
            match village.ask(actor(post, name), Ask::Take(Box::new(take))) {
                Ok(events) => prop_assert!(!events.is_empty()),
                Err(verdict) => {
                    prop_assert_eq!(village.log.events().len(), before, "nothing half done");
                    if let Verdict::Refused(refusal) = verdict {
                        prop_assert!(refusal.what.is_complete() && refusal.remedy.is_complete());
                        prop_assert!(refusal.law.is_some() || refusal.field.is_some(), "{:?}", refusal);
                    }
                }
            }
        }
        let sum: Money = village.book().balances().values().copied().sum();
        prop_assert_eq!(sum, Money::ZERO);
    }
}
