//! What this service says to others: the schema of every event's data, from one table. Schemas and golden samples are
//! generated into `contract/`; within a version only additive change.

use serde_json::{Map, Value, json};

/// The type of a field.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Fen.
    Money,
    /// An id or a reference.
    Id,
    /// A number from 0.
    Count,
    /// `YYYY-MM-DD`
    Day,
    /// `YYYY-MM`
    Month,
    /// SHA-256 in hexadecimal.
    Hash,
    /// One of these words.
    Word(&'static [&'static str]),
    /// An account of the chart.
    Account,
    /// Two office holders.
    Persons,
    /// Lines of a voucher.
    Lines,
    /// A list of ids.
    Ids,
    /// What stands for a sealed value.
    Sealed,
    /// An organisation's name, or what stands for a person.
    Payee,
}

impl Kind {
    fn schema(self) -> Value {
        match self {
            Self::Money => json!({"type": "integer", "description": "fen"}),
            Self::Id => json!({"type": "string", "minLength": 1}),
            Self::Count => json!({"type": "integer", "minimum": 0}),
            Self::Day => {
                json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})
            }
            Self::Month => json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}),
            Self::Hash => json!({"type": "string", "pattern": "^[0-9a-f]{64}$"}),
            Self::Word(words) => json!({"type": "string", "enum": words}),
            Self::Account => json!({"type": "string", "pattern": "^[1-5][0-9]{2}$"}),
            Self::Persons => json!({"type": "array", "items": {"type": "string"},
                "minItems": 2, "maxItems": 2, "uniqueItems": true}),
            Self::Lines => json!({"type": "array", "items": {"type": "object",
                "required": ["account"], "properties": {
                    "account": Self::Account.schema(), "debit": Self::Money.schema(),
                    "credit": Self::Money.schema(), "dimensions": {"type": "object"}}}}),
            Self::Ids => json!({"type": "array", "items": {"type": "string"}}),
            Self::Sealed => json!({"type": "object", "required": ["sha256", "class"],
                "properties": {"sha256": {"type": "string"},
                    "class": {"enum": ["public", "members", "staff", "sealed"]}}}),
            Self::Payee => json!({"type": "object", "anyOf": [
                {"required": ["organisation"]}, {"required": ["sha256", "class"]}]}),
        }
    }
}

type Fields = &'static [(&'static str, Kind)];

const METHOD: Kind = Kind::Word(&["bank", "cash"]);
const ACT: Kind = Kind::Word(&["opening-balances", "period-opening", "period-closing"]);
const RETURN: Kind = Kind::Word(&[
    "papers-missing",
    "wrong-amount",
    "wrong-account",
    "not-agreed",
    "wrong-payee",
    "bank-rejected",
]);
const SEVERITY: Kind = Kind::Word(&["blue", "yellow", "red"]);
const RESULT: Kind = Kind::Word(&["rectified", "false-positive", "clue"]);
const PROPOSED: Kind =
    Kind::Word(&["support", "points", "allowance", "performance-pay", "settlement"]);
const ACCOUNT_KIND: Kind = Kind::Word(&["basic", "land-compensation", "general"]);

const REQUESTED: Fields = &[
    ("payment", Kind::Id),
    ("amount", Kind::Money),
    ("method", METHOD),
    ("account", Kind::Account),
    ("reserve", Kind::Id),
    ("draws", Kind::Ids),
    ("covered_by", Kind::Id),
    ("month", Kind::Month),
    ("keeper", Kind::Id),
    ("payee", Kind::Payee),
    ("purpose", Kind::Sealed),
    ("invoice", Kind::Sealed),
];
const CITED: Fields = &[("resolution", Kind::Id)];
const NONE: Fields = &[];

/// Fact, fields that are always there, fields that may be.
const EVENTS: &[(&str, Fields, Fields)] = &[
    (
        "payment-proposal-answered.v1",
        &[
            ("proposal", Kind::Id),
            ("kind", PROPOSED),
            ("amount", Kind::Money),
            ("reserve", Kind::Id),
            ("answer", Kind::Word(&["taken", "refused"])),
        ],
        &[("because", Kind::Id), ("law", Kind::Id)],
    ),
    (
        "first-signature-given.v1",
        &[("act", ACT), ("month", Kind::Month), ("person", Kind::Id)],
        NONE,
    ),
    (
        "opening-balances-signed.v1",
        &[
            ("month", Kind::Month),
            ("lines", Kind::Lines),
            ("persons", Kind::Persons),
            ("content", Kind::Hash),
        ],
        NONE,
    ),
    ("period-opened.v1", &[("month", Kind::Month), ("persons", Kind::Persons)], NONE),
    (
        "period-closed.v1",
        &[
            ("month", Kind::Month),
            ("persons", Kind::Persons),
            ("trial_balance", Kind::Hash),
            ("vouchers", Kind::Count),
            ("content", Kind::Hash),
        ],
        NONE,
    ),
    (
        "voucher-posted.v1",
        &[
            ("voucher", Kind::Id),
            ("number", Kind::Count),
            ("month", Kind::Month),
            ("date", Kind::Day),
            ("lines", Kind::Lines),
            ("summary", Kind::Sealed),
        ],
        &[("payment", Kind::Id), ("reverses", Kind::Id)],
    ),
    (
        "voucher-reversed.v1",
        &[("voucher", Kind::Id), ("by", Kind::Id), ("on", Kind::Day), ("reason", Kind::Sealed)],
        NONE,
    ),
    (
        "bank-account-opened.v1",
        &[
            ("account", Kind::Id),
            ("kind", ACCOUNT_KIND),
            ("held_by", Kind::Word(&["collective"])),
            ("ends_with", Kind::Id),
            ("number", Kind::Sealed),
        ],
        NONE,
    ),
    (
        "budget-adopted.v1",
        &[
            ("reserve", Kind::Id),
            ("line", Kind::Account),
            ("year", Kind::Count),
            ("amount", Kind::Money),
            ("resolution", Kind::Id),
        ],
        NONE,
    ),
    (
        "fund-received.v1",
        &[
            ("reserve", Kind::Id),
            ("reference", Kind::Id),
            ("from_unit", Kind::Id),
            ("amount", Kind::Money),
        ],
        CITED,
    ),
    (
        "resolution-limit-opened.v1",
        &[("reserve", Kind::Id), ("resolution", Kind::Id), ("limit", Kind::Money)],
        NONE,
    ),
    (
        "amount-allotted.v1",
        &[
            ("reserve", Kind::Id),
            ("to", Kind::Id),
            ("amount", Kind::Money),
            ("available", Kind::Money),
        ],
        NONE,
    ),
    (
        "amount-reserved.v1",
        &[
            ("reserve", Kind::Id),
            ("payment", Kind::Id),
            ("amount", Kind::Money),
            ("available", Kind::Money),
        ],
        NONE,
    ),
    (
        "amount-spent.v1",
        &[("reserve", Kind::Id), ("payment", Kind::Id), ("amount", Kind::Money)],
        NONE,
    ),
    (
        "reservation-released.v1",
        &[
            ("reserve", Kind::Id),
            ("payment", Kind::Id),
            ("amount", Kind::Money),
            ("available", Kind::Money),
        ],
        NONE,
    ),
    ("payment-requested.v1", REQUESTED, CITED),
    ("payment-corrected.v1", REQUESTED, CITED),
    ("payment-approved.v1", &[("payment", Kind::Id), ("signed", Kind::Hash)], NONE),
    (
        "payment-executed.v1",
        &[("payment", Kind::Id), ("amount", Kind::Money), ("voucher", Kind::Id), ("on", Kind::Day)],
        &[("bank_account", Kind::Id)],
    ),
    (
        "payment-returned.v1",
        &[("payment", Kind::Id), ("code", RETURN), ("reason", Kind::Sealed)],
        NONE,
    ),
    (
        "disclosure-due.v1",
        &[
            ("item", Kind::Id),
            ("catalogue", Kind::Id),
            ("month", Kind::Month),
            ("publish_by", Kind::Day),
            ("keeper", Kind::Id),
        ],
        NONE,
    ),
    (
        "month-submitted.v1",
        &[("item", Kind::Id), ("month", Kind::Month), ("trial_balance", Kind::Hash)],
        NONE,
    ),
    (
        "sheet-drawn-up.v1",
        &[
            ("item", Kind::Id),
            ("month", Kind::Month),
            ("content", Kind::Hash),
            ("opening", Kind::Money),
            ("income", Kind::Money),
            ("expense", Kind::Money),
            ("closing", Kind::Money),
        ],
        NONE,
    ),
    (
        "item-published.v1",
        &[
            ("item", Kind::Id),
            ("catalogue", Kind::Id),
            ("month", Kind::Month),
            ("content", Kind::Hash),
            ("from", Kind::Day),
            ("until", Kind::Day),
            ("opening", Kind::Money),
            ("income", Kind::Money),
            ("expense", Kind::Money),
            ("closing", Kind::Money),
        ],
        NONE,
    ),
    (
        "disclosure-overdue.v1",
        &[("item", Kind::Id), ("month", Kind::Month), ("publish_by", Kind::Day)],
        NONE,
    ),
    ("display-ended.v1", &[("item", Kind::Id), ("on", Kind::Day)], NONE),
    (
        "query-raised.v1",
        &[
            ("query", Kind::Id),
            ("answer_by", Kind::Day),
            ("keeper", Kind::Id),
            ("text", Kind::Sealed),
        ],
        &[("item", Kind::Id), ("voucher", Kind::Id)],
    ),
    ("query-answered.v1", &[("query", Kind::Id), ("text", Kind::Sealed)], NONE),
    ("query-accepted.v1", &[("query", Kind::Id)], NONE),
    ("query-referred.v1", &[("query", Kind::Id)], NONE),
    ("query-escalated.v1", &[("query", Kind::Id), ("answer_by", Kind::Day)], NONE),
    (
        "warning-raised.v1",
        &[
            ("warning", Kind::Id),
            ("severity", SEVERITY),
            ("holds", Kind::Ids),
            ("answer_by", Kind::Day),
            ("result_by", Kind::Day),
            ("keeper", Kind::Id),
            ("finding", Kind::Sealed),
        ],
        &[("again_after", Kind::Id)],
    ),
    (
        "warning-repeated.v1",
        &[
            ("warning", Kind::Id),
            ("severity", SEVERITY),
            ("holds", Kind::Ids),
            ("finding", Kind::Sealed),
        ],
        NONE,
    ),
    ("explanation-asked.v1", &[("warning", Kind::Id)], NONE),
    ("warning-taken-up.v1", &[("warning", Kind::Id)], NONE),
    (
        "warning-verified.v1",
        &[("warning", Kind::Id), ("result", RESULT), ("reason", Kind::Sealed)],
        NONE,
    ),
    (
        "warning-cleared.v1",
        &[("warning", Kind::Id), ("result", RESULT), ("reason", Kind::Sealed)],
        NONE,
    ),
    (
        "warning-escalated.v1",
        &[("warning", Kind::Id), ("of", Kind::Word(&["answer", "result"])), ("due", Kind::Day)],
        NONE,
    ),
    ("payment-held.v1", &[("payment", Kind::Id), ("warning", Kind::Id)], NONE),
    ("payment-hold-lifted.v1", &[("payment", Kind::Id), ("warning", Kind::Id)], NONE),
    ("time-passed.v1", &[("of", Kind::Id)], NONE),
];

/// Of assets and contracts of lease.
const LETTING: &[(&str, Fields, Fields)] = &[
    (
        "asset-registered.v1",
        &[
            ("asset", Kind::Id),
            ("card", Kind::Id),
            ("class", Kind::Word(&["operating", "public", "resource"])),
            ("name", Kind::Sealed),
            ("where", Kind::Sealed),
            ("since", Kind::Day),
            ("keeper", Kind::Id),
        ],
        &[("cost", Kind::Money)],
    ),
    (
        "asset-seen.v1",
        &[
            ("asset", Kind::Id),
            ("condition", Kind::Word(&["in-use", "idle", "let", "lent", "damaged", "missing"])),
        ],
        NONE,
    ),
    (
        "asset-let.v1",
        &[("asset", Kind::Id), ("contract", Kind::Id), ("from", Kind::Day), ("until", Kind::Day)],
        NONE,
    ),
    ("asset-handed-back.v1", &[("asset", Kind::Id), ("contract", Kind::Id)], NONE),
    (
        "asset-disposed.v1",
        &[
            ("asset", Kind::Id),
            ("manner", Kind::Word(&["sold", "scrapped", "handed-over"])),
            ("resolution", Kind::Id),
        ],
        &[("proceeds", Kind::Money)],
    ),
    (
        "listing-published.v1",
        &[
            ("contract", Kind::Id),
            ("asset", Kind::Id),
            ("rent", Kind::Money),
            ("from", Kind::Day),
            ("every", Kind::Count),
            ("payments", Kind::Count),
            ("until", Kind::Day),
            ("total", Kind::Money),
            ("keeper", Kind::Id),
        ],
        CARRIED,
    ),
    (
        "bid-placed.v1",
        &[("contract", Kind::Id), ("bidder", Kind::Sealed), ("offer", Kind::Sealed)],
        NONE,
    ),
    (
        "bids-opened.v1",
        &[("contract", Kind::Id), ("bids", Kind::Count), ("highest", Kind::Money)],
        NONE,
    ),
    (
        "contract-awarded.v1",
        &[
            ("contract", Kind::Id),
            ("tenant", Kind::Payee),
            ("agreed", Kind::Money),
            ("basis", Kind::Word(&["highest-bid", "priority", "resolved"])),
        ],
        NONE,
    ),
    (
        "contract-signed.v1",
        &[
            ("contract", Kind::Id),
            ("contract_no", Kind::Id),
            ("asset", Kind::Id),
            ("rent", Kind::Money),
            ("from", Kind::Day),
            ("every", Kind::Count),
            ("payments", Kind::Count),
            ("until", Kind::Day),
            ("total", Kind::Money),
        ],
        CARRIED,
    ),
    (
        "due-arisen.v1",
        &[
            ("contract", Kind::Id),
            ("number", Kind::Count),
            ("due_on", Kind::Day),
            ("amount", Kind::Money),
        ],
        &[("voucher", Kind::Id)],
    ),
    (
        "rent-received.v1",
        &[
            ("contract", Kind::Id),
            ("amount", Kind::Money),
            ("on", Kind::Day),
            ("bank_account", Kind::Id),
            ("voucher", Kind::Id),
            ("owed", Kind::Money),
        ],
        NONE,
    ),
    (
        "due-settled.v1",
        &[
            ("contract", Kind::Id),
            ("number", Kind::Count),
            ("amount", Kind::Money),
            ("left", Kind::Money),
            ("voucher", Kind::Id),
        ],
        NONE,
    ),
    (
        "contract-varied.v1",
        &[
            ("contract", Kind::Id),
            ("rent", Kind::Money),
            ("payments", Kind::Count),
            ("until", Kind::Day),
        ],
        CITED,
    ),
    (
        "contract-ended.v1",
        &[
            ("contract", Kind::Id),
            ("ending", Kind::Word(&["expired", "by-agreement", "for-breach"])),
            ("owed", Kind::Money),
        ],
        NONE,
    ),
    ("contract-closed.v1", &[("contract", Kind::Id)], NONE),
];

/// Of money from above.
const GRANTS: &[(&str, Fields, Fields)] = &[
    (
        "fund-allocated.v1",
        &[
            ("allocation", Kind::Id),
            ("reference", Kind::Id),
            ("to_unit", Kind::Id),
            ("amount", Kind::Money),
            ("purpose", Kind::Sealed),
            ("keeper", Kind::Id),
        ],
        NONE,
    ),
    ("allocation-taken.v1", ANSWER_HEARD, NONE),
    ("allocation-taken-in-part.v1", ANSWER_HEARD, NONE),
    ("allocation-refused.v1", ANSWER_HEARD, NONE),
    (
        "allocation-closed.v1",
        &[
            ("allocation", Kind::Id),
            ("spent", Kind::Money),
            ("returned", Kind::Money),
            ("difference", Kind::Money),
        ],
        NONE,
    ),
    ("grant-taken.v1", ANSWERED, EXPLAINED),
    ("grant-taken-in-part.v1", ANSWERED, EXPLAINED),
    ("grant-refused.v1", ANSWERED, EXPLAINED),
    (
        "grant-returned.v1",
        &[
            ("allocation", Kind::Id),
            ("amount", Kind::Money),
            ("on", Kind::Day),
            ("bank_account", Kind::Id),
            ("voucher", Kind::Id),
        ],
        NONE,
    ),
    (
        "grant-closed.v1",
        &[("allocation", Kind::Id), ("spent", Kind::Money), ("returned", Kind::Money)],
        NONE,
    ),
    (
        "amount-returned.v1",
        &[("reserve", Kind::Id), ("amount", Kind::Money), ("available", Kind::Money)],
        NONE,
    ),
];
const ANSWER_HEARD: Fields =
    &[("allocation", Kind::Id), ("accepted", Kind::Money), ("difference", Kind::Money)];
const ANSWERED: Fields = &[
    ("allocation", Kind::Id),
    ("from_unit", Kind::Id),
    ("offered", Kind::Money),
    ("accepted", Kind::Money),
    ("keeper", Kind::Id),
    ("giver_keeper", Kind::Id),
];
const EXPLAINED: Fields =
    &[("bank_account", Kind::Id), ("resolution", Kind::Id), ("reason", Kind::Sealed)];

const CARRIED: Fields = &[("resolution", Kind::Id), ("renews", Kind::Id)];

/// All of them.
fn events() -> impl Iterator<Item = &'static (&'static str, Fields, Fields)> {
    EVENTS.iter().chain(LETTING).chain(GRANTS)
}

/// The facts that this service's core says.
pub fn facts() -> impl Iterator<Item = &'static str> {
    events().map(|(fact, ..)| *fact)
}

/// The JSON schema (draft 2020-12) of each fact's data.
pub fn schemas() -> Vec<(&'static str, Value)> {
    events()
        .map(|(fact, always, perhaps)| {
            let properties: Map<String, Value> = always
                .iter()
                .chain(perhaps.iter())
                .map(|(name, kind)| ((*name).to_owned(), kind.schema()))
                .collect();
            let required: Vec<&str> = always.iter().map(|(name, _)| *name).collect();
            let schema = json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "$id": format!("urn:cunwu:cn.cunwu.funds.{fact}"),
                "type": "object",
                "required": required,
                "properties": properties,
            });
            (*fact, schema)
        })
        .collect()
}

/// Why a schema may not replace the one published under the same version; empty when the change only adds.
pub fn breaks(published: &Value, now: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if published["required"] != now["required"] {
        found.push(format!(
            "`required` was {} and would be {}: fields of events already written do not change",
            published["required"], now["required"]
        ));
    }
    for (name, before) in published["properties"].as_object().into_iter().flatten() {
        let after = &now["properties"][name];
        if after.is_null() {
            found.push(format!("`{name}` would be gone"));
        } else if !only_adds(before, after) {
            found.push(format!("`{name}` was {before} and would be {after}"));
        }
    }
    found
}

/// The same schema, or the same words and some more.
fn only_adds(before: &Value, after: &Value) -> bool {
    let words = |schema: &Value| schema.get("enum").and_then(Value::as_array).cloned();
    match (words(before), words(after)) {
        (Some(old), Some(new)) => {
            old.iter().all(|word| new.contains(word)) && before["type"] == after["type"]
        }
        _ => before == after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_adds_is_compatible() {
        let schema = |fact: &str| {
            schemas().into_iter().find(|(name, _)| *name == fact).map(|(_, s)| s).unwrap()
        };
        let before = schema("payment-returned.v1");
        assert!(breaks(&before, &before).is_empty());
        let mut more = before.clone();
        more["properties"]["note"] = Kind::Id.schema();
        more["properties"]["code"]["enum"].as_array_mut().unwrap().push("other".into());
        assert!(breaks(&before, &more).is_empty());
        assert_eq!(breaks(&more, &before).len(), 2);
        let mut demanding = before.clone();
        demanding["required"].as_array_mut().unwrap().push("note".into());
        assert_eq!(breaks(&before, &demanding).len(), 1);
        let mut other = before.clone();
        other["properties"]["payment"] = Kind::Count.schema();
        assert_eq!(breaks(&before, &other).len(), 1);
    }

    #[test]
    fn no_event_speaks_like_a_workflow_tool() {
        for (fact, always, perhaps) in events() {
            assert!(!fact.contains("updated") && !fact.contains("step"), "{fact}");
            for (name, _) in always.iter().chain(perhaps.iter()) {
                assert!(!["step", "state", "instance", "payload"].contains(name), "{fact}.{name}");
            }
        }
    }
}
