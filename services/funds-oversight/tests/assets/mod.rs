//! Something ordinary for what a line of a case leaves out about assets, contracts and grants.

use serde_json::{Map, Value, json};

use crate::village::VILLAGE;

/// Fills in what is missing.
pub fn ordinary(fact: &str, fields: &mut Map<String, Value>, offer: Option<&str>) {
    let usual = match fact {
        "asset-registered.v1" => json!({
            "card": "ZC-001", "class": "operating", "name": "村东鱼塘", "where": "村东",
            "cost": "1000.00", "since": "2008-05-01",
        }),
        "asset-seen.v1" => json!({"condition": "in-use"}),
        "listing-published.v1" => json!({
            "asset": "ZC-001", "rent": "6000.00", "from": "2026-03-15", "every": "6",
            "payments": "6",
        }),
        "bid-placed.v1" => {
            json!({"bidder": {"organisation": "清溪水产合作社"}, "offer": "6500.00"})
        }
        "contract-awarded.v1" => json!({"tenant": {"organisation": "清溪水产合作社"}}),
        "fund-allocated.v1" => json!({
            "reference": "SM-2026-1", "to_unit": VILLAGE, "amount": "60000.00", "purpose": "厕所改造",
        }),
        "grant-taken.v1" => json!({"allocation": offer}),
        _ => return,
    };
    for (name, value) in usual.as_object().cloned().unwrap_or_default() {
        fields.entry(name).or_insert(value);
    }
    // A card is named in the cases by its number alone.
    if let Some(card) = fields.get("asset").and_then(Value::as_str) {
        let id = format!("{VILLAGE}.{card}");
        fields.insert("asset".into(), id.into());
    }
}
