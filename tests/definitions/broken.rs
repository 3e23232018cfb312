//! Broken variants of the examples: each is refused with line and remedy by `rules check`, and by a start that then makes
//! nothing.

use cunwu_tests::cunwu;

use super::example;

/// What is broken: the file, what is replaced by what, and words of the finding or of its remedy.
const BROKEN: &[(&str, &str, &str, &str)] = &[
    ("ceremony.toml", "region       = \"yl\"\n", "", "region"),
    ("ceremony.toml", "id           = \"yl-ceremony\"", "id           = \"ceremony\"", "yl-"),
    (
        "ceremony.toml",
        "\"yl-ceremony\"\nregion       = \"yl\"",
        "\"month-ceremony\"\nregion       = \"month\"",
        "month-close",
    ),
    (
        "ceremony.toml",
        "service      = \"services\"",
        "service      = \"servcies\"",
        "Did you mean `services`?",
    ),
    (
        "ceremony.toml",
        "within = \"advice_in\"",
        "within = \"advise_in\"",
        "Did you mean `advice_in`?",
    ),
    ("ceremony.toml", "not_also = [\"file\"]", "not_also = [\"fiel\"]", "Did you mean `file`?"),
    ("ceremony.toml", "that = \"tables <= most_tables\"", "that = \"tables <= advice_in\"", "unit"),
    (
        "ceremony.toml",
        "missed = { event = \"AdviceOverdue\", tell = [\"supervision-committee\"] }\n",
        "",
        "missed",
    ),
    ("ceremony.toml", ", en = \"Which household\"", "", "English"),
    ("ceremony.toml", "event   = \"CeremonyFiled\"", "event   = \"CeremonyFile\"", "CeremonyFiled"),
    (
        "ceremony.toml",
        "{ is = \"wedding\", zh = \"婚事\", en = \"Wedding\" }",
        "\"wedding\"",
        "wedding",
    ),
    (
        "ceremony.toml",
        "class = \"staff\", label = { zh = \"哪一户\"",
        "class = \"stuff\", label = { zh = \"哪一户\"",
        "Did you mean `staff`?",
    ),
    (
        "boundary.toml",
        "after  = [\"walk.agreed\"]",
        "after  = [\"walk\"]",
        "is reached without `walk.agreed`",
    ),
    ("boundary.toml", "law          = \"PML\"", "law          = \"PML 99\"", "table of citations"),
    ("boundary.toml", "tighten = \"up\"", "tighten = \"down\"", "Only \"up\" tightens"),
    (
        "boundary.toml",
        "by    = { post = \"mediation-chair\" }",
        "by    = { post = \"mediation-chiar\" }",
        "Did you mean `mediation-chair`?",
    ),
    (
        "boundary.toml",
        "who = \"followers-of-village\", zh = \"{village}",
        "who = \"followers-of-village\", zh = \"{place}",
        "place",
    ),
];

/// In funds-oversight a region's file declares all its events: those of payments are bound by its own procedures alone.
#[test]
fn the_core_of_the_books_is_lent_to_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().to_str().unwrap();
    let beside = example("ceremony.toml").replace("\"services\"", "\"funds-oversight\"");
    std::fs::write(folder.path().join("ceremony.toml"), &beside).unwrap();
    let sound = cunwu(&["rules", "check", at]);
    assert_eq!(sound.code, Some(0), "{sound:?}");
    let bound = beside.replace("\"HostAdvised\"", "\"PaymentApproved\"");
    assert_ne!(bound, beside);
    std::fs::write(folder.path().join("ceremony.toml"), bound).unwrap();
    let refused = cunwu(&["rules", "check", at]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.out.contains("its own procedures alone bind it"), "{refused:?}");
}

#[test]
fn every_broken_variant_is_refused_with_line_and_remedy_and_nothing_is_begun() {
    let folder = tempfile::tempdir().unwrap();
    let mut missed = Vec::new();
    for (name, from, to, words) in BROKEN {
        let text = example(name);
        assert!(text.contains(from), "`{from}` is not in {name}");
        let here = folder.path().join("here");
        std::fs::create_dir_all(&here).unwrap();
        std::fs::write(here.join(name), text.replacen(from, to, 1)).unwrap();
        let at = here.to_str().unwrap();
        let report = cunwu(&["rules", "check", "--json", at]);
        let findings = report.json()["findings"].as_array().cloned().unwrap_or_default();
        let told = cunwu(&["rules", "check", at]);
        let hit = findings.iter().find(|finding| {
            finding["file"] == *name
                && finding["line"].as_u64().is_some()
                && finding["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty())
                && finding.to_string().contains(&words.replace('"', "\\\""))
        });
        let quoted = hit.is_some_and(|finding| {
            let line = usize::try_from(finding["line"].as_u64().unwrap()).unwrap();
            let broken = std::fs::read_to_string(here.join(name)).unwrap();
            told.out.contains(&format!("{name}:{line}\n"))
                && told.out.contains(&format!("{line} | {}", broken.lines().nth(line - 1).unwrap()))
                && told.out.contains('^')
                && told.out.contains("= help: ")
        });
        // a start with such a folder says the same, and nothing is begun
        let data = folder.path().join("data");
        let up = cunwu(&[
            "up",
            "--definitions",
            at,
            "--data",
            data.to_str().unwrap(),
            "--listen",
            "127.0.0.1:0",
        ]);
        let refused = up.code == Some(1) && up.err.contains(name) && !data.exists();
        if report.code != Some(1) || told.code != Some(1) || !quoted || !refused {
            missed.push(format!(
                "`{from}` → `{to}` wants `{words}`\n{}\n{:?} {}",
                told.out, up.code, up.err
            ));
        }
        std::fs::remove_dir_all(&here).unwrap();
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn a_case_that_does_not_hold_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let cases = example("ceremony.cases.toml");
    std::fs::write(folder.path().join("ceremony.toml"), example("ceremony.toml")).unwrap();
    let spoiled = cases.replacen("until=2026-03-05", "until=2026-03-03", 1);
    assert_ne!(spoiled, cases);
    std::fs::write(folder.path().join("ceremony.cases.toml"), spoiled).unwrap();
    let ran = cunwu(&["rules", "check", folder.path().to_str().unwrap()]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.out.contains("error[case-fails]") && ran.out.contains("ceremony.cases.toml:"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("advice that does not come within two working days"), "{}", ran.out);
}

#[test]
fn what_replaces_a_built_in_definition_may_only_tighten() {
    let folder = tempfile::tempdir().unwrap();
    let base = include_str!("../../services/services/definitions/notice.toml");
    let mut inside = false;
    let own: String = base
        .lines()
        .filter(|line| {
            inside = if line.starts_with('[') { *line == "[[local]]" } else { inside };
            !inside
        })
        .map(|line| format!("{line}\n"))
        .collect();
    let own = own.replacen(
        "id      = \"notice\"",
        "id      = \"yl-notice\"\nregion  = \"yl\"\nservice = \"services\"\nextends = \"notice\"",
        1,
    );
    let check = |text: &str| {
        std::fs::write(folder.path().join("notice.toml"), text).unwrap();
        cunwu(&["rules", "check", folder.path().to_str().unwrap()])
    };
    let same = check(&own);
    assert_eq!(same.code, Some(0), "{}", same.out);
    let tighter = check(&own.replacen("is = 5,", "is = 3,", 1));
    assert_eq!(tighter.code, Some(0), "{}", tighter.out);
    for (from, to, words) in [
        ("is = 5,", "is = 9,", "looser than"),
        ("answered_within = \"answer\"", "answered_within = \"9 days\"", "answer"),
        (
            "by      = { body = \"village-committee\", not_also = [\"ask\"] }",
            "by      = { body = \"village-committee\" }",
            "four",
        ),
        (
            "missed  = { event = \"AnswerOverdue\", tell = [\"supervision-committee\"] }\n",
            "",
            "AnswerOverdue",
        ),
    ] {
        assert!(own.contains(from), "{from}");
        let ran = check(&own.replacen(from, to, 1));
        assert_eq!(ran.code, Some(1), "{to}: {}", ran.out);
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
}
