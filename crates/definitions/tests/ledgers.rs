//! Ledgers in files: what the checker finds, and that a sound one is sound.

mod sample;

use definitions::{Definitions, Finding, FindingCode as Code};
use sample::catalogue;

const SOUND: &str = r#"
[procedure]
id      = "stamps"
term    = { zh = "印花", en = "Stamps" }
version = 1
stream  = "stamps"
law     = "default"
running = { mode = "keep", source = "default" }

[parameters]
worth = { type = "count", tighten = "down", values = [{ from = "2026-01-01", is = 2, source = "default" }] }

[field]
of    = { type = "ref", to = "card", class = "public", label = { zh = "卡号", en = "Card" }, why = "whose" }
given = { type = "count", class = "public", label = { zh = "几枚", en = "How many" }, why = "counted" }
quiet = { type = "count", class = "staff", label = { zh = "内部", en = "Quiet" }, why = "counted" }

[[step]]
id    = "give"
name  = { zh = "发", en = "Give" }
event = "StampsGiven"
by    = { post = "shed-keeper" }
takes = ["of", "given", "quiet"]
books = [{ ledger = "stamps", from = "roll", to = "card", amount = "given * worth" }]
next  = { zh = "可以兑换", en = "They may be used", who = "shed-keeper" }
require = [{ code = "too-many", that = "given <= worth", law = "default", zh = "太多", en = "Too many" }]

[[step]]
id       = "undo"
name     = { zh = "收回", en = "Take back" }
after    = ["give"]
event    = "StampsTaken"
by       = { post = "shed-keeper" }
reverses = ["give"]
next     = { zh = "完", en = "Over", who = "shed-keeper" }

[[ledger]]
id       = "stamps"
unit     = { zh = "枚", en = "stamps" }
booked   = "StampsBooked"
reversed = "StampsReversed"
law      = "default"
account  = [
    { id = "roll", zh = "整卷", en = "the roll", below_zero = true },
    { id = "card", zh = "卡", en = "the card", per = "of" },
]

[[local]]
event  = "StampsGiven"
fields = ["of", "given", "quiet"]
[[local]]
event = "StampsTaken"
fields = []
"#;

fn check(text: &str) -> Vec<Finding> {
    let post = sample::catalogue().posts.first().map(|post| post.key.clone()).unwrap();
    let text = text.replace("shed-keeper", &post);
    Definitions::check(&[("stamps.toml", &text)], &catalogue()).err().unwrap_or_default()
}

#[test]
fn a_sound_ledger_is_sound() {
    let found = check(SOUND);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_way_to_spoil_a_ledger_is_found() {
    let ways: &[(&str, &str, Code)] = &[
        ("ledger = \"stamps\", from", "ledger = \"stamp\", from", Code::UnknownField),
        ("from = \"roll\"", "from = \"rolls\"", Code::UnknownField),
        ("to = \"card\", amount", "to = \"roll\", amount", Code::BadValue),
        ("amount = \"given * worth\"", "amount = \"giben\"", Code::UnknownField),
        ("amount = \"given * worth\"", "amount = \"given <= worth\"", Code::Units),
        ("amount = \"given * worth\"", "amount = \"quiet\"", Code::MessageShows),
        ("per = \"of\"", "per = \"off\"", Code::UnknownField),
        ("per = \"of\"", "per = \"given\"", Code::FieldType),
        ("to = \"card\", class = \"public\"", "to = \"card\", class = \"staff\"", Code::FieldType),
        ("to = \"card\", class", "to = \"card\", optional = true, class", Code::FieldNotSupplied),
        ("reverses = [\"give\"]", "reverses = [\"undo\"]", Code::BadValue),
        ("reverses = [\"give\"]", "reverses = [\"gave\"]", Code::UnknownStep),
        ("reversed = \"StampsReversed\"\n", "", Code::MissingKey),
        ("booked   = \"StampsBooked\"", "booked   = \"BookStamps\"", Code::EventName),
        ("booked   = \"StampsBooked\"", "booked   = \"StampsGiven\"", Code::DuplicateEvent),
        (
            "{ id = \"roll\", zh = \"整卷\", en = \"the roll\", below_zero = true },",
            "{ id = \"roll\", zh = \"整卷\", en = \"the roll\" },",
            Code::Unreachable,
        ),
        (
            "per = \"of\" },",
            "per = \"of\" },\n    { id = \"idle\", zh = \"闲\", en = \"idle\" },",
            Code::UnusedParameter,
        ),
        (
            "law      = \"default\"\naccount",
            "law      = \"no such rule\"\naccount",
            Code::UnknownCitation,
        ),
    ];
    for (from, to, code) in ways {
        let spoiled = SOUND.replacen(from, to, 1);
        assert_ne!(spoiled, SOUND, "{from}");
        let found = check(&spoiled);
        assert!(found.iter().any(|f| f.code == *code && f.line.is_some()), "{to}: {found:#?}");
    }
}

#[test]
fn a_service_without_ledgers_books_nothing() {
    let post = catalogue().posts.first().map(|post| post.key.clone()).unwrap();
    let text = SOUND.replace("shed-keeper", &post);
    let without = definitions::Catalogue { keeps_ledgers: false, ..catalogue() };
    let found = Definitions::check(&[("stamps.toml", &text)], &without).unwrap_err();
    assert!(found.iter().any(|f| f.what.contains("keeps no ledgers")), "{found:#?}");
}

#[test]
fn files_that_share_a_ledger_mean_the_same() {
    let post = catalogue().posts.first().map(|post| post.key.clone()).unwrap();
    let one = SOUND.replace("shed-keeper", &post);
    let other = one
        .replace("id      = \"stamps\"", "id      = \"prizes\"")
        .replace("stream  = \"stamps\"", "stream  = \"prizes\"")
        .replace("StampsGiven", "PrizesGiven")
        .replace("StampsTaken", "PrizesTaken");
    let both = |other: &str| {
        Definitions::check(&[("a.toml", &one), ("b.toml", other)], &catalogue())
            .err()
            .unwrap_or_default()
    };
    assert!(both(&other).is_empty(), "{:#?}", both(&other));
    for (from, to) in [
        ("en = \"the roll\", below_zero = true", "en = \"the roll\""),
        ("en = \"stamps\" }\n", "en = \"dots\" }\n"),
    ] {
        let changed = other.replacen(from, to, 1);
        assert_ne!(changed, other, "{from}");
        let found = both(&changed);
        assert!(found.iter().any(|f| f.what.contains("means something else")), "{found:#?}");
    }
}
