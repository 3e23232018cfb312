//! A region's own definition: its name in ids and types, words for all that people read, nothing of what is built in taken.

mod sample;

use definitions::{Definitions, Finding, FindingCode as Code};
use sample::catalogue;

const OWN: &str = r#"[procedure]
id      = "yl-key"
region  = "yl"
service = "shed"
term    = { zh = "借钥匙", en = "Lending the key" }
version = 1
law     = "default"
running = { mode = "keep", source = "default" }

[field]
door = { type = "enum", of = [{ is = "front", zh = "前门", en = "Front" }], class = "public", label = { zh = "门", en = "Door" }, why = "which key" }

[[step]]
id    = "lend"
name  = { zh = "借出", en = "Lend" }
event = "KeyLent"
by    = { post = "warden" }
next  = { zh = "归还", en = "Give back", who = "warden" }

[[step]]
id    = "judge"
name  = { zh = "验收", en = "Look at it" }
event = { sound = { event = "KeyReturned", zh = "完好", en = "Sound" }, damaged = { event = "KeyDamaged", zh = "损坏", en = "Damaged" } }
by    = { post = "warden" }
next  = { zh = "结束", en = "Ended", who = "warden" }

[[local]]
event = "KeyLent"
[[local]]
event = "KeyReturned"
[[local]]
event = "KeyDamaged"
"#;

fn findings(text: &str) -> Vec<Finding> {
    Definitions::check(&[("yl-key.toml", text)], &catalogue()).err().unwrap_or_default()
}

#[test]
fn its_events_and_streams_bear_its_name() {
    let set = Definitions::check(&[("yl-key.toml", OWN)], &catalogue()).unwrap();
    let own = set.get("yl-key").unwrap();
    assert_eq!(own.stream, "yl-key");
    let facts: Vec<&str> =
        own.steps.iter().flat_map(|s| s.events.iter().map(|e| e.fact.as_str())).collect();
    assert_eq!(
        facts,
        ["local.yl.key-lent.v1", "local.yl.key-returned.v1", "local.yl.key-damaged.v1"]
    );
    assert_eq!(own.fact_of("KeyLent"), Some("local.yl.key-lent.v1"));
    assert_eq!(own.meaning("local.yl.key-damaged.v1").unwrap().1, "damaged");
    assert_eq!(
        own.step("judge").unwrap().event_of("damaged").unwrap().name.as_ref().unwrap().zh,
        "损坏"
    );
    // a reader that knows no catalogue gives the same names
    let read = Definitions::read_unproved("yl-key", OWN).unwrap();
    assert_eq!(read.steps[0].events[0].fact, "local.yl.key-lent.v1");
}

#[test]
fn what_it_may_not_be_is_found_with_line_and_remedy() {
    let spoiled = [
        ("id      = \"yl-key\"", "id      = \"key\"", Code::BadValue, "not an id of the region"),
        ("region  = \"yl\"", "region  = \"Y\"", Code::BadValue, "short name"),
        ("version = 1\n", "version = 1\nstream = \"loan\"\n", Code::BadValue, "not its own"),
        (
            "[{ is = \"front\", zh = \"前门\", en = \"Front\" }]",
            "[\"front\"]",
            Code::MissingLanguage,
            "called",
        ),
        (
            "{ event = \"KeyReturned\", zh = \"完好\", en = \"Sound\" }",
            "\"KeyReturned\"",
            Code::MissingLanguage,
            "outcome",
        ),
        ("zh = \"损坏\", ", "", Code::MissingLanguage, "Chinese"),
    ];
    for (from, to, code, words) in spoiled {
        assert!(OWN.contains(from), "{from}");
        let found = findings(&OWN.replacen(from, to, 1));
        let hit = found.iter().find(|f| f.code == code && f.what.contains(words));
        let hit = hit.unwrap_or_else(|| panic!("{to}: {found:?}"));
        assert!(hit.line.is_some() && !hit.remedy.is_empty(), "{hit:?}");
    }
    let long = format!("{OWN}# {}\n", "x".repeat(40_000));
    assert!(findings(&long).iter().any(|f| f.what.contains("recorded whole")));
}

#[test]
fn two_definitions_never_mean_two_things_by_one_type() {
    let other = OWN.replace("yl-key", "yl-lock");
    let found =
        Definitions::check(&[("a.toml", OWN), ("b.toml", &other)], &catalogue()).unwrap_err();
    assert_eq!(found.iter().filter(|f| f.code == Code::Duplicate).count(), 3, "{found:?}");
    // another region may use the same words
    let other = OWN.replace("yl", "ah");
    assert!(Definitions::check(&[("a.toml", OWN), ("b.toml", &other)], &catalogue()).is_ok());
}
