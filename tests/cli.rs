//! The program's commands as a script sees them: exit codes, JSON, and what is refused.
#![allow(clippy::disallowed_methods, reason = "tests run on the machine's clock")]

use std::{collections::BTreeMap, path::Path};

use cunwu_tests::{Demo, cunwu};
use kernel::Event;
use serde_json::Value;

#[test]
fn the_same_seed_gives_the_same_logs_root_for_root() {
    let first = Demo::of(1, 1, 1).summary;
    let again = cunwu(&["demo", "--once", "--villages", "1", "--months", "1", "--seed", "1"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert_eq!(again.json(), first);
    let other = Demo::of(1, 1, 2).summary;
    let roots = |summary: &Value| {
        let logs = summary["logs"].as_array().unwrap();
        logs.iter().map(|log| log["root"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(
        roots(&first).iter().all(|root| !roots(&other).contains(root)),
        "another seed, other logs"
    );
    assert_eq!(first["villages"], 1);
}

#[tokio::test]
async fn every_accepted_command_has_one_idempotency_record() {
    let demo = Demo::of(1, 1, 1);
    let copied = demo.copy();
    let mut accepted = 0;
    for (service, counts) in demo.summary["services"].as_object().unwrap() {
        let url = format!("sqlite:{}", copied.data().join(format!("{service}.sqlite")).display());
        let store = store::Store::open(&url, service).await.unwrap();
        let rows = store.query("SELECT COUNT(*) FROM core_key", &[]).await.unwrap();
        let records = rows[0].u64(0).unwrap();
        assert_eq!(counts["commands_accepted"].as_u64(), Some(records), "{service}");
        accepted += records;
        let events: u64 = counts["events"]
            .as_object()
            .unwrap()
            .values()
            .map(|count| count.as_u64().unwrap())
            .sum();
        assert_eq!(counts["entries"].as_u64(), Some(events), "{service}");
        store.close().await;
    }
    // What falls due and what is heard is recorded too, each under a key of its own.
    let submitted = demo.summary["commands_submitted"].as_u64().unwrap();
    assert!(accepted >= submitted && submitted > 50, "{submitted} submitted, {accepted} recorded");
}

#[test]
fn a_folder_that_no_demo_made_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("mine");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("letter.txt"), "keep me").unwrap();
    let at = data.display().to_string();
    let ran = cunwu(&["demo", "--once", "--data", &at, "--villages", "1", "--months", "1"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("no demo made") && ran.err.contains("--data"), "{ran:?}");
    assert_eq!(std::fs::read_to_string(data.join("letter.txt")).unwrap(), "keep me");
    // Nor is the folder of a signer in real use.
    let data = folder.path().join("fresh");
    std::fs::create_dir(folder.path().join("fresh.signer")).unwrap();
    std::fs::write(folder.path().join("fresh.signer/state.json"), "{}").unwrap();
    let at = data.display().to_string();
    let ran = cunwu(&["demo", "--once", "--data", &at, "--villages", "1", "--months", "1"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(folder.path().join("fresh.signer/state.json").exists());
    // A demo's own folder is made anew.
    let copied = Demo::of(1, 1, 2).copy();
    let at = copied.data().display().to_string();
    let ran = cunwu(&[
        "demo",
        "--once",
        "--data",
        &at,
        "--villages",
        "1",
        "--months",
        "1",
        "--seed",
        "1",
    ]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.json(), Demo::of(1, 1, 1).summary);
}

#[test]
fn help_is_no_failure_and_nonsense_is() {
    let help = cunwu(&["--help"]);
    assert_eq!(help.code, Some(0), "{help:?}");
    for command in ["demo", "up", "serve", "import", "verify", "rebuild", "rules", "events"] {
        assert!(help.out.contains(command), "{command}: {help:?}");
        let ran = cunwu(&[command, "--help"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    assert_eq!(cunwu(&["--version"]).code, Some(0));
    let nonsense: [&[&str]; 9] = [
        &[],
        &["dance"],
        &["demo", "--villages", "0"],
        &["demo", "--villages", "many"],
        &["demo", "--dance"],
        &["serve"],
        &["serve", "post-office"],
        &["verify"],
        &["verify", "--data", "a", "--url", "b"],
    ];
    for arguments in nonsense {
        let ran = cunwu(arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {ran:?}");
        assert!(!ran.err.is_empty(), "{arguments:?}");
    }
}

fn tail(data: &Path, more: &[&str]) -> cunwu_tests::Ran {
    let at = data.display().to_string();
    let mut arguments = vec!["events", "tail", "--no-follow", "--data", &at];
    arguments.extend(more);
    cunwu(&arguments)
}

#[test]
fn the_tail_gives_all_open_events_dense_and_in_order() {
    let demo = Demo::of(1, 1, 1);
    let copied = demo.copy();
    let ran = tail(&copied.data(), &["--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let events: Vec<Event> =
        ran.out.lines().map(|line| Event::decode(line.as_bytes()).unwrap()).collect();
    let mut next: BTreeMap<String, u64> = BTreeMap::new();
    for event in &events {
        let expected = next.entry(event.log.to_string()).or_default();
        assert_eq!(event.index, *expected, "{}", event.log);
        *expected += 1;
    }
    let told: BTreeMap<String, u64> = demo.summary["logs"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|log| log["kind"] == "open")
        .map(|log| (log["log"].as_str().unwrap().to_owned(), log["size"].as_u64().unwrap()))
        .collect();
    assert_eq!(next, told);

    let funds = tail(&copied.data(), &["--json", "--service", "funds-oversight"]);
    assert!(funds.out.lines().count() > 20);
    assert!(funds.out.lines().all(|line| line.contains("cn.cunwu.funds.")), "{}", funds.out);
    let village = events.iter().find(|event| event.fact() == "village-set-up.v1").unwrap().village;
    let there = tail(&copied.data(), &["--json", "--village", village.as_str()]);
    assert_eq!(
        there.out.lines().count(),
        events.iter().filter(|event| event.village == village).count()
    );
    assert_eq!(tail(&copied.data(), &[]).out.lines().count(), events.len(), "a short line each");

    let wrong = tail(&copied.data(), &["--village", "12"]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(wrong.err.contains("--village"), "{wrong:?}");
    let empty = tempfile::tempdir().unwrap();
    let ran = tail(&empty.path().join("nothing"), &[]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("cunwu up"), "{ran:?}");
}

const PAYMENT: (&str, &str) =
    ("payment.toml", include_str!("../services/funds-oversight/definitions/payment.toml"));
const MONTH: (&str, &str) =
    ("month-close.toml", include_str!("../services/funds-oversight/definitions/month-close.toml"));
const DECISION: (&str, &str) = (
    "four-deliberations-two-disclosures.toml",
    include_str!("../services/organisation/definitions/four-deliberations-two-disclosures.toml"),
);

/// How a built-in definition is spoiled: what of it, what is replaced by what, and words of the finding.
type Spoiled =
    (&'static str, (&'static str, &'static str), &'static str, &'static str, &'static str);

const SPOILED: &[Spoiled] = &[
    (
        "quorum dropped",
        DECISION,
        r#"vote   = { quorum = "> 1/2", majority"#,
        "vote   = { majority",
        "quorum",
    ),
    (
        "quorum below the law",
        DECISION,
        r#"body = "representatives-meeting", notice = "3 days", quorum = ">= 2/3""#,
        r#"body = "representatives-meeting", notice = "3 days", quorum = ">= 1/2""#,
        "OLVC",
    ),
    (
        "notice shorter than the law",
        DECISION,
        r#"body = "villagers-meeting", notice = "10 days""#,
        r#"body = "villagers-meeting", notice = "2 days""#,
        "notice",
    ),
    (
        "parameter that loosens the law",
        DECISION,
        r#"is = 15, source = "OLVC 35""#,
        r#"is = 7, source = "OLVC 35""#,
        "15",
    ),
    (
        "direction turned round",
        MONTH,
        r#"display = { type = "days", tighten = "up""#,
        r#"display = { type = "days", tighten = "down""#,
        "display",
    ),
    ("display shorter than the law", MONTH, "is = 15,", "is = 3,", "15"),
    ("misspelt parameter", MONTH, r#"lasts = "display""#, r#"lasts = "dispaly""#, "display"),
    ("unused parameter", MONTH, r#"lasts = "display""#, r#"lasts = "15 days""#, "display"),
    (
        "tier gap",
        PAYMENT,
        r#"when    = "amount >= tier1 and amount < tier2""#,
        r#"when    = "amount > tier1 and amount < tier2""#,
        "tier",
    ),
    (
        "tier overlap",
        PAYMENT,
        r#"when    = "amount < tier1""#,
        r#"when    = "amount < tier2""#,
        "tier",
    ),
    (
        "tier left out",
        PAYMENT,
        r#"when    = "amount >= tier2""#,
        r#"when    = "amount >= 60000.00""#,
        "tier",
    ),
    ("loop without end", MONTH, "rounds = 3\n", "", "rounds"),
    ("dead step", PAYMENT, r#"after = ["return"]"#, r#"after = ["nowhere"]"#, "nowhere"),
    (
        "step that nothing reaches",
        PAYMENT,
        r#"after = ["return"]"#,
        r#"after = ["correct"]"#,
        "correct",
    ),
    (
        "next missing",
        PAYMENT,
        "next  = { zh = \"当月公开\", en = \"Published with the month\", who = \"bookkeeper\" }\n",
        "",
        "what happens next",
    ),
    ("next in one language", PAYMENT, r#", en = "The cashier pays""#, "", "en"),
    (
        "contract event's field not supplied",
        PAYMENT,
        r#"takes = ["amount", "method", "account", "purpose", "payee", "invoice", "reserve", "resolution"]
guard = ["reserves-headroom", "invoice-unused", "period-open"]
power = "A07""#,
        r#"takes = ["amount", "method", "account", "purpose", "payee", "invoice", "resolution"]
guard = ["reserves-headroom", "invoice-unused", "period-open"]
power = "A07""#,
        "reserve",
    ),
    (
        "class of a core field lowered",
        PAYMENT,
        r#"invoice      = { type = "ref", to = "invoice", class = "staff""#,
        r#"invoice      = { type = "ref", to = "invoice", class = "public""#,
        "invoice",
    ),
    (
        "payee in the open",
        PAYMENT,
        r#"class = { organisation = "public", person = "sealed" }"#,
        r#"class = "public""#,
        "payee",
    ),
    (
        "guard dropped",
        PAYMENT,
        r#"guard = ["covered-by-resolution", "approver-not-payee", "no-kin-of-any-actor"]"#,
        r#"guard = ["approver-not-payee", "no-kin-of-any-actor"]"#,
        "covered-by-resolution",
    ),
    ("guard misspelt", PAYMENT, r#""cash-limit""#, r#""cahs-limit""#, "cash-limit"),
    (
        "four eyes closed",
        PAYMENT,
        r#"not_also = ["request", "correct", "approve"] }"#,
        r#"not_also = ["request"] }"#,
        "approve",
    ),
    (
        "paid without approval",
        PAYMENT,
        r#"after = ["approve"]"#,
        r#"after = ["request"]"#,
        "approve",
    ),
    (
        "unknown post",
        PAYMENT,
        r#"by    = { post = "bookkeeper" }"#,
        r#"by    = { post = "bokkeeper" }"#,
        "bookkeeper",
    ),
    ("unknown key", PAYMENT, "guard = [\"reserves", "gaurd = [\"reserves", "guard"),
    ("unknown law", PAYMENT, r#"law   = "county-finance""#, r#"law   = "RCEO 999""#, "999"),
    (
        "deadline that nobody hears",
        MONTH,
        r#"missed = { event = "ClosingOverdue", tell = ["agency-head", "supervision-committee"] }"#,
        "",
        "draw-up",
    ),
    ("broken text", PAYMENT, "[parameters]", "[parameters", ""),
];

#[test]
fn the_built_in_definitions_are_sound() {
    let ran = cunwu(&["rules", "check", "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let report = ran.json();
    assert_eq!(report["sound"], true);
    let services: std::collections::BTreeSet<&str> = report["definitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["service"].as_str().unwrap())
        .collect();
    assert!(services.contains("funds") && services.contains("organisation"), "{services:?}");
    assert_eq!(cunwu(&["rules", "check"]).code, Some(0));
    // The same from files.
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [PAYMENT, MONTH, DECISION] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let at = folder.path().display().to_string();
    let ran = cunwu(&["rules", "check", "--json", &at]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.json()["definitions"].as_array().unwrap().len(), 3);
    let absent = cunwu(&["rules", "check", &format!("{at}/absent.toml")]);
    assert_eq!(absent.code, Some(2), "{absent:?}");
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(cunwu(&["rules", "check", &empty.path().display().to_string()]).code, Some(2));
}

#[test]
fn each_spoiled_definition_is_refused_with_line_and_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let mut missed = Vec::new();
    for (what, (name, text), from, to, words) in SPOILED {
        assert!(text.contains(from), "{what}: `{from}` is not in {name}");
        let file = folder.path().join(name);
        std::fs::write(&file, text.replace(from, to)).unwrap();
        let at = file.display().to_string();
        let ran = cunwu(&["rules", "check", "--json", &at]);
        let told = cunwu(&["rules", "check", &at]);
        let report: Value = serde_json::from_str(&ran.out).unwrap_or_default();
        let findings = report["findings"].as_array().cloned().unwrap_or_default();
        let hit = findings.iter().find(|finding| {
            finding["file"] == *name
                && finding["line"].as_u64().is_some()
                && finding["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty())
                && finding.to_string().contains(words)
        });
        let line = hit.map(|finding| format!("{name}:{}", finding["line"]));
        let shown = line.is_some_and(|line| told.out.contains(&line));
        if ran.code != Some(1) || told.code != Some(1) || report["sound"] != false || !shown {
            missed.push(format!(
                "{what}: wants `{words}`\n  {:?} {findings:?} {}",
                ran.code, told.out
            ));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert!(SPOILED.len() >= 20);
}
