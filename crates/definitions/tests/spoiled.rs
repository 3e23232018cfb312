//! A sound definition passes; each way of spoiling it is found, with line and remedy.

mod sample;
#[path = "sample/spoiled.rs"]
mod table;

use definitions::{Definitions, Finding, FindingCode as Code};
use sample::{LENDING, catalogue};
use table::SPOILED;

fn findings(text: &str) -> Vec<Finding> {
    Definitions::check(&[("lending.toml", text)], &catalogue()).err().unwrap_or_default()
}

#[test]
fn the_sound_definition_passes() {
    let found = findings(LENDING);
    let report = found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert!(found.is_empty(), "{report}");
}

#[test]
fn each_spoiled_definition_is_found_with_line_and_remedy() {
    let mut missed = Vec::new();
    for (from, to, code, words) in SPOILED {
        if LENDING.matches(from).count() != 1 {
            missed.push(format!("not unique in the sample: {from}"));
            continue;
        }
        let found = findings(&LENDING.replacen(from, to, 1));
        let hit = found
            .iter()
            .find(|finding| finding.code == *code && finding.to_string().contains(words));
        let of_whole_file = matches!(code, Code::Burden);
        let sound = hit.is_some_and(|hit| {
            hit.file == "lending.toml"
                && !hit.remedy.is_empty()
                && (hit.line.is_some() || of_whole_file)
        });
        if !sound {
            let report = found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  ");
            missed.push(format!("`{from}` → `{to}`\n  wants {code:?}: {words}\n  got {report}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    let kinds: std::collections::BTreeSet<_> =
        SPOILED.iter().map(|(_, _, code, _)| *code).collect();
    assert!(kinds.len() >= 25, "{} kinds", kinds.len());
}

#[test]
fn lines_point_at_the_place() {
    let line_of = |words: &str| LENDING.lines().position(|l| l.contains(words)).unwrap() + 1;
    let found = findings(&LENDING.replacen("guard = [\"no-kin\"]", "gaurd = [\"no-kin\"]", 1));
    let unknown = found.iter().find(|f| f.code == Code::UnknownKey).unwrap();
    assert_eq!(unknown.line, Some(line_of("guard = [\"no-kin\"]")));
    assert_eq!(
        unknown.to_string(),
        format!(
            "lending.toml:{}  `gaurd` is not a key of step `approve`. Did you mean `guard`?",
            line_of("guard = [\"no-kin\"]")
        )
    );
    let found = findings(&LENDING.replacen(
        "is = 15, source = \"OLVC 35\"",
        "is = 7, source = \"OLVC 35\"",
        1,
    ));
    assert_eq!(found[0].line, Some(line_of("shown         =")));
}

#[test]
fn too_many_fields_need_a_law() {
    let many: String = (0..6)
        .map(|n| format!("more{n} = {{ type = \"date\", class = \"public\", label = {{ zh = \"x\", en = \"x\" }}, why = \"asked\" }}\n"))
        .collect();
    let text = LENDING.replacen("[[tier]]", &format!("{many}[[tier]]"), 1);
    let found = findings(&text);
    assert!(found.iter().any(|f| f.code == Code::Burden), "{found:?}");
    let text = text.replacen("[parameters]", "[burden]\nlaw = \"OLVC 35\"\n[parameters]", 1);
    let found = findings(&text);
    assert!(found.iter().all(|f| f.code != Code::Burden), "{found:?}");
}

#[test]
fn findings_are_sorted_and_serialise() {
    let text = LENDING.replacen("posts = \"lending\"", "posts = \"lendings\"", 1).replacen(
        "version = 1\n",
        "",
        1,
    );
    let found = findings(&text);
    assert!(found.len() >= 2);
    assert!(found.windows(2).all(|pair| pair[0].line <= pair[1].line));
    let json = serde_json::to_value(&found[0]).unwrap();
    assert_eq!(json["code"], "missing-key");
    assert_eq!(json["file"], "lending.toml");
}

/// The text without its `[[local]]`s: what the base declares is the base's, and a replacing file names it alone.
fn without_locals(text: &str) -> String {
    let mut inside = false;
    text.lines()
        .filter(|line| {
            inside = if line.starts_with('[') { *line == "[[local]]" } else { inside };
            !inside
        })
        .map(|line| format!("{line}\n"))
        .collect()
}

#[test]
fn a_region_may_only_tighten() {
    let base = LENDING;
    let region = |text: &str| {
        without_locals(text)
            .replacen("id      = \"lending\"", "id      = \"zj.lending\"", 1)
            .replacen("stream  = \"loan\"", "stream  = \"loan\"\nextends = \"lending\"", 1)
    };
    let check = |own: &str| {
        Definitions::check(&[("lending.toml", base), ("zj.toml", own)], &catalogue())
            .err()
            .unwrap_or_default()
    };
    assert_eq!(check(&region(base)), vec![]);
    let tighter = region(base).replacen("is = \"2000.00\"", "is = \"1500.00\"", 1);
    assert_eq!(check(&tighter), vec![]);
    let looser = region(base).replacen("is = \"2000.00\"", "is = \"2500.00\"", 1);
    assert!(check(&looser)[0].to_string().contains("A region may only tighten."));
    let unguarded = region(base).replacen(
        "never  = \"hand-over without decide.passed\"",
        "never  = \"hand-over without approve\"",
        1,
    );
    assert_eq!(check(&unguarded), vec![]);
    let opened = region(base).replacen(
        "class = \"staff\", label = { zh = \"答复\"",
        "class = \"public\", label = { zh = \"答复\"",
        1,
    );
    let opened = check(&opened);
    assert!(opened.iter().any(|f| f.code == Code::Extends), "{opened:?}");
    // what the base declares is the core's for it: its fields, classes and demands hold, and it is not declared again
    assert!(opened.iter().any(|f| f.code == Code::ClassLowered), "{opened:?}");
    let again = format!("{}[[local]]\nevent = \"ToolReturned\"\n", region(base));
    let again = check(&again);
    assert!(
        again.iter().any(|f| f.code == Code::Duplicate && f.remedy.contains("Take")),
        "{again:?}"
    );
    let silent = region(base).replacen(
        "missed = { event = \"ApprovalOverdue\", tell = [\"watch\"] }\n",
        "",
        1,
    );
    assert!(
        check(&silent)
            .iter()
            .any(|f| f.code == Code::Extends && f.what.contains("ApprovalOverdue"))
    );
    let broken = region(base).replacen(
        "after = [\"approve\"]",
        "after = [\"approve\", \"decide.returned\"]",
        1,
    );
    let broken = check(&broken);
    assert!(broken.iter().any(|f| f.what.contains("a promise of `lending`")), "{broken:?}");
    let two = format!("{}\n", region(base)).replacen("zj.lending", "ah.lending", 1);
    let found = Definitions::check(
        &[("lending.toml", base), ("zj.toml", &region(base)), ("ah.toml", &two)],
        &catalogue(),
    );
    assert!(found.unwrap_err().iter().any(|f| f.what.contains("replaces `lending` too")));
}

#[test]
fn a_parameter_moves_one_way_only() {
    let set = Definitions::check(&[("lending.toml", LENDING)], &catalogue()).unwrap();
    let lending = set.get("lending").unwrap();
    let value = |yuan: i64, from: &str| definitions::ParameterValue {
        from: from.parse().unwrap(),
        is: definitions::Value::Money(kernel::Money::from_yuan(yuan).unwrap()),
        source: "county".to_owned(),
        line: 0,
    };
    let tightened = lending.tighten("deposit_limit", value(300, "2026-03-01")).unwrap();
    let at = |day: &str| {
        tightened.parameters["deposit_limit"].at(day.parse().unwrap()).unwrap().is.to_string()
    };
    assert_eq!(at("2026-02-28"), "500.00 yuan");
    assert_eq!(at("2026-03-01"), "300.00 yuan");
    assert_eq!(at("2026-12-01"), "300.00 yuan", "a later, looser value does not undo it");
    let looser = lending.tighten("deposit_limit", value(450, "2026-08-01")).unwrap_err();
    assert_eq!(looser.code, "only-tighten");
    assert!(lending.tighten("deposit_limit", value(450, "2026-03-01")).is_ok());
    let unknown = lending.tighten("deposit_limits", value(1, "2026-03-01")).unwrap_err();
    assert!(unknown.remedy.en.contains("deposit_limit"));
}
