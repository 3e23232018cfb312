//! A sound definition passes; each way of spoiling it is found, with line and remedy.

mod sample;

use definitions::{Definitions, Finding, FindingCode as Code};
use sample::{LENDING, catalogue};

fn findings(text: &str) -> Vec<Finding> {
    Definitions::check(&[("lending.toml", text)], &catalogue()).err().unwrap_or_default()
}

#[test]
fn the_sound_definition_passes() {
    let found = findings(LENDING);
    let report = found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert!(found.is_empty(), "{report}");
}

/// What is replaced by what, which finding it must bring, and words that must stand in the report.
type Spoiled = (&'static str, &'static str, Code, &'static str);

const SPOILED: &[Spoiled] = &[
    // order and paths
    (
        "after = [\"hand-over\"]",
        "after = [\"handover\"]",
        Code::UnknownStep,
        "Did you mean `hand-over`?",
    ),
    (
        "id    = \"request\"\nname",
        "id    = \"request\"\nafter = [\"give-back\"]\nname",
        Code::Unreachable,
        "no step begins",
    ),
    (
        "after  = [\"decide.passed\"]",
        "after = [\"decide.agreed\"]",
        Code::UnknownStep,
        "no outcome `agreed`",
    ),
    (
        "after  = [\"decide.passed\"]",
        "after = [\"approve\"]",
        Code::Unreachable,
        "no path reaches step",
    ),
    ("rounds = 2\n", "", Code::UnboundedLoop, "rounds = 3"),
    (
        "after  = [\"request\", \"decide.passed\", \"decide.returned\", \"post\"]\nduring = [\"post\"]\nevent  = \"RequestWithdrawn\"",
        "after  = [\"request\", \"decide.passed\", \"decide.returned\", \"approve\"]\nevent  = \"RequestWithdrawn\"",
        Code::ProofFails,
        "can come after `approve`",
    ),
    (
        "after = [\"approve\"]",
        "after = [\"request\"]",
        Code::SkipsDemanded,
        "can come without `LendingAgreed`",
    ),
    (
        "after = [\"approve\"]",
        "after = [\"request\"]",
        Code::ProofFails,
        "is reached without `decide.passed`",
    ),
    (
        "next  = { zh = \"交付\", en = \"Handed over\", who = \"porter\" }\n",
        "",
        Code::NoNext,
        "does not say what happens next (zh, en)",
    ),
    (
        "returned  = { zh = \"修改后再议\", en = \"Revised and decided again\", who = \"keeper\" }\n",
        "",
        Code::NoNext,
        "`decide.returned` does not say",
    ),
    // clocks
    (
        "missed = { event = \"ApprovalOverdue\", tell = [\"watch\"] }\n",
        "",
        Code::TimerWithoutConsumer,
        "nothing happens when it runs out",
    ),
    (
        "missed  = { event = \"AnswerOverdue\", tell = [\"watch\"] }\n",
        "",
        Code::TimerWithoutConsumer,
        "gives a time for answers",
    ),
    (
        "tell = [\"watch\"] }\nnext  = { zh = \"交付\"",
        "tell = [] }\nnext  = { zh = \"交付\"",
        Code::TimerWithoutConsumer,
        "tells nobody",
    ),
    (
        "who = \"tier.approve\", within = \"30 days\"",
        "who = \"tier.approve\"",
        Code::ConsumerWithoutTimer,
        "is never written",
    ),
    // votes
    ("quorum = \"matter.quorum\", ", "", Code::NoQuorum, "has no quorum"),
    ("quorum   = \">= 2/3\"\n", "", Code::NoQuorum, "does not say its quorum"),
    (
        "quorum   = \">= 2/3\"",
        "quorum   = \"1/2\"",
        Code::LooserThanLaw,
        "less than `assembly` needs (OLVC 26)",
    ),
    ("counted  = \"all\"", "counted  = \"present\"", Code::LooserThanLaw, "the majority is less"),
    (
        "majority = \"> 1/2\"",
        "majority = \">= 1/2\"",
        Code::LooserThanLaw,
        "its opposite could both pass",
    ),
    ("notice   = \"10 days\"", "notice   = \"9 days\"", Code::LooserThanLaw, "notice of 9 days"),
    (
        "notice_before = \"matter.meeting_notice\"\n",
        "",
        Code::NoNotice,
        "needs notice before the sitting",
    ),
    ("vote  = { quorum", "#vote  = { quorum", Code::NoVote, "is decided by vote"),
    (
        "returned = \"RequestSentBack\", ",
        "",
        Code::MissingKey,
        "not exactly the outcomes that a vote can have",
    ),
    ("recuse = \"kin-or-interest\"", "recuse = \"kin\"", Code::BadValue, "`kin-or-interest`"),
    ("recuse = \"kin-or-interest\", ", "", Code::NoRecusal, "lets them stay"),
    (
        "shown         = { type = \"days\", tighten = \"up\"",
        "shown         = { type = \"days\", tighten = \"down\"",
        Code::TightenDirection,
        "a lower value shortens the window of step `post`",
    ),
    (
        "answer        = { type = \"working-days\", tighten = \"down\"",
        "answer        = { type = \"working-days\", tighten = \"up\"",
        Code::TightenDirection,
        "prolongs the time for answers",
    ),
    (", ballot = \"matter.ballot\"", "", Code::MissingKey, "does not heed it"),
    (
        "after = [\"request\", \"revise\"]\n",
        "",
        Code::TimerWithoutConsumer,
        "no step comes after it",
    ),
    (
        "during = [\"post\"]\nevent  = \"ObjectionRaised\"",
        "event  = \"ObjectionRaised\"",
        Code::MissingKey,
        "does not run beside it",
    ),
    ("signs = [\"tool\", \"deposit\"]\n", "", Code::NotSigned, "signs `deposit` as it was shown"),
    ("posts = \"lending\"\n", "", Code::NotPosted, "is booked with the template `lending`"),
    (
        "name  = { zh = \"归还\", en = \"Give back\" }\n",
        "",
        Code::MissingLanguage,
        "has no name in Chinese and English",
    ),
    (
        "label = { zh = \"损坏\", en = \"Damage\" }, ",
        "",
        Code::MissingLanguage,
        "has no label in Chinese and English",
    ),
    (
        "event = \"ToolRequested\"",
        "event = \"ToolRequested\"\ntakes = [\"tool\", \"deposit\", \"borrower\", \"purpose\", \"surety\"]",
        Code::UnknownField,
        "field `kind` is asked for at no step",
    ),
    (
        "not_also = [\"request\", \"approve\"]",
        "not_also = [\"request\", \"approve\", \"hand-over\"]",
        Code::BadValue,
        "excludes whoever takes it",
    ),
    // people
    (
        "not_also = [\"request\", \"approve\"]",
        "not_also = [\"request\"]",
        Code::NoFourEyes,
        "whoever took step `approve`",
    ),
    (
        "not_also = [\"request\"], otherwise",
        "otherwise",
        Code::NoFourEyes,
        "whoever took step `request`",
    ),
    (
        "by    = { post = \"porter\", not_also",
        "by    = { post = \"portr\", not_also",
        Code::UnknownPost,
        "Did you mean `porter`?",
    ),
    (
        "approve = { body = \"board\" }",
        "approve = { body = \"bord\" }",
        Code::UnknownBody,
        "Did you mean `board`?",
    ),
    (
        "approve = { body = \"board\" }",
        "aprove = { body = \"board\" }",
        Code::UnknownPost,
        "who is competent to `approve`",
    ),
    (
        "{ who = \"followers\",",
        "{ who = \"folowers\",",
        Code::UnknownAudience,
        "Did you mean `followers`?",
    ),
    (
        "by     = { resident = \"neighbour\" }",
        "by     = { resident = \"warden\" }",
        Code::UnknownPost,
        "is not a kind of resident",
    ),
    (
        "by     = { body = \"watch\" }",
        "by     = { body = \"watch\", post = \"keeper\" }",
        Code::BadValue,
        "more than one kind of actor",
    ),
    // tiers and parameters
    (
        "deposit >= deposit_limit",
        "deposit > deposit_limit",
        Code::TierGap,
        "500.00 yuan falls into no row",
    ),
    (
        "deposit < deposit_limit",
        "deposit <= deposit_limit",
        Code::TierOverlap,
        "500.00 yuan falls into rows 1 and 2",
    ),
    (
        "deposit < deposit_limit",
        "deposit < deposit_limits",
        Code::UnknownParameter,
        "Did you mean `deposit_limit`?",
    ),
    (
        "most_deposit  = {",
        "most_deposits = {",
        Code::UnusedParameter,
        "`most_deposits` is not a parameter that anything here reads. Did you mean `most_deposit`?",
    ),
    (
        "most_deposit  = {",
        "most_deposits = {",
        Code::UnknownParameter,
        "guard `deposit-within` reads the parameter `most_deposit`",
    ),
    (
        "deposit_limit = { type = \"money\"",
        "deposit_limit = { type = \"count\"",
        Code::BadValue,
        "is not of type count",
    ),
    ("deposit < deposit_limit", "deposit < shown", Code::Units, "money is compared with days"),
    (
        "most_deposit  = { type = \"money\", tighten = \"down\"",
        "most_deposit  = { type = \"money\", tighten = \"up\"",
        Code::TightenDirection,
        "may be tightened \"up\", but a higher value admits more (guard `deposit-within`). Only \"down\" tightens.",
    ),
    (
        "deposit_limit = { type = \"money\", tighten = \"down\"",
        "deposit_limit = { type = \"money\", tighten = \"up\"",
        Code::TightenDirection,
        "asks for less",
    ),
    (
        "is = 15, source = \"OLVC 35\"",
        "is = 7, source = \"OLVC 35\"",
        Code::LooserThanLaw,
        "shown is 7 days, but OLVC 35 asks for at least 15 days",
    ),
    (
        "is = 15, source = \"OLVC 35\"",
        "is = 7, source = \"default\"",
        Code::LooserThanLaw,
        "OLVC 35 asks for at least 15 days",
    ),
    (
        "is = 15, source = \"OLVC 35\"",
        "is = 15, source = \"OLVC 350\"",
        Code::UnknownCitation,
        "Did you mean `OLVC 35`?",
    ),
    (
        "{ from = \"2026-01-01\", is = 15",
        "{ from = \"2025-01-01\", is = 15",
        Code::CitationNotInForce,
        "in force only from 2026-01-01",
    ),
    (
        "is = \"2000.00\", source = \"default\"",
        "is = 2000.00, source = \"default\"",
        Code::BadValue,
        "Write yuan in quotes",
    ),
    (
        "is = \"2000.00\", source = \"default\"",
        "is = \"2000.00\"",
        Code::MissingKey,
        "does not say `source`",
    ),
    (
        "approve = { body = \"board\" }\nneeds   = [\"surety\"]",
        "approve = { post = \"warden\" }",
        Code::TierRedundant,
        "rows 1 and 2 ask for the same",
    ),
    ("claim = true, ", "", Code::ClaimDropped, "may be used once"),
    // events and fields
    (
        "event = \"ToolReturned\"\nby",
        "event = \"ReturnTool\"\nby",
        Code::EventName,
        "is not a fact in the past",
    ),
    (
        "event = \"ToolReturned\"\nby",
        "event = \"ReturnStateUpdated\"\nby",
        Code::EventName,
        "a word of a workflow tool",
    ),
    ("event = \"ToolReturned\"\nby", "event = \"tool-returned\"\nby", Code::EventName, "CamelCase"),
    (
        "returned = \"RequestSentBack\"",
        "returned = \"LendingAgreed\"",
        Code::DuplicateEvent,
        "is the event of decide.passed and of decide.returned",
    ),
    (
        "event = \"ToolApproved\"",
        "event = \"ToolApprovd\"",
        Code::UnknownEvent,
        "Did you mean `ToolApproved`?",
    ),
    (
        "purpose  = {",
        "reason   = {",
        Code::FieldNotSupplied,
        "`ToolRequested` needs the field `purpose`; this file does not supply it.",
    ),
    (
        "purpose  = { type = \"text\", written_by = \"official\", class = \"public\", most = 40,",
        "purpose  = { type = \"enum\", of = [\"a\"], class = \"public\",",
        Code::FieldType,
        "is text, but this file gives enum",
    ),
    (
        "person = \"sealed\" }",
        "person = \"public\" }",
        Code::ClassLowered,
        "at least sealed in the core for a person",
    ),
    (
        "class = \"public\", label = { zh = \"押金\"",
        "class = \"public\", optional = true, label = { zh = \"押金\"",
        Code::FieldNotSupplied,
        "which is optional here",
    ),
    (
        "fields = [\"objects\"]",
        "fields = [\"object\"]",
        Code::FieldNotSupplied,
        "which its step does not take",
    ),
    ("takes = [\"damage\"]", "takes = [\"damages\"]", Code::UnknownField, "Did you mean `damage`?"),
    ("class = \"public\", claim", "class = \"open\", claim", Code::BadValue, "is not a class"),
    (
        "tool     = { type = \"ref\"",
        "tool     = { type = \"reference\"",
        Code::BadValue,
        "is not a type",
    ),
    (", why = \"which one\"", "", Code::NoWhy, "does not say why it is needed"),
    // guards, templates, law
    (
        "guard = [\"deposit-within\"]",
        "guard = [\"deposit-witin\"]",
        Code::UnknownGuard,
        "Did you mean `deposit-within`?",
    ),
    (
        "guard = [\"deposit-within\"]\n",
        "",
        Code::MandatoryGuard,
        "`ToolLent` needs the guard `deposit-within` (county-finance)",
    ),
    (
        "guard = [\"no-kin\"]",
        "guard = [\"no-kin\", \"names-borrower\"]",
        Code::MessageShows,
        "is public and would show `borrower`, which is sealed for a person.",
    ),
    (
        "posts = \"lending\"",
        "posts = \"lendings\"",
        Code::UnknownTemplate,
        "Did you mean `lending`?",
    ),
    (
        "law      = \"OLVC 26\"",
        "law      = \"OLVC 26a\"",
        Code::UnknownCitation,
        "Did you mean `OLVC 26`?",
    ),
    // words
    (
        "{tool} will be lent, posted",
        "{borrower} will borrow {tool}, posted",
        Code::MessageShows,
        "would show `borrower`",
    ),
    (
        "{tool} will be lent, posted",
        "{tol} will be lent, posted",
        Code::UnknownPlaceholder,
        "`{tol}`",
    ),
    (
        "{tool} will be lent, posted",
        "a tool will be lent, posted",
        Code::MissingLanguage,
        "in one language alone",
    ),
    (", en = \"Handed over\"", "", Code::MissingLanguage, "has no English"),
    ("zh = \"借用工具\", ", "", Code::MissingLanguage, "has no Chinese"),
    ("zh = \"借用工具\"", "zh = \"\"", Code::MissingLanguage, "has no Chinese"),
    // shape
    ("guard = [\"no-kin\"]", "gaurd = [\"no-kin\"]", Code::UnknownKey, "Did you mean `guard`?"),
    (
        "[[prove]]\nnever  = \"hand-over",
        "[[proof]]\nnever  = \"hand-over",
        Code::UnknownKey,
        "Did you mean `prove`?",
    ),
    ("version = 1\n", "", Code::MissingKey, "does not say `version`"),
    (
        "running = { mode = \"keep\", source = \"default\" }\n",
        "",
        Code::MissingKey,
        "does not say `running`",
    ),
    ("mode = \"keep\"", "mode = \"kept\"", Code::BadValue, "Did you mean `keep`?"),
    (
        "id    = \"give-back\"",
        "id    = \"approve\"",
        Code::Duplicate,
        "there are two steps `approve`",
    ),
    ("by    = { post = \"keeper\" }\nguard", "guard", Code::MissingKey, "does not say `by`"),
    (
        "when    = \"deposit < deposit_limit\"",
        "when    = \"deposit < 500\"",
        Code::BadValue,
        "not a comparison of a field with a parameter",
    ),
    ("lasts = \"shown\"", "lasts = \"fortnight!\"", Code::BadValue, "is not a length of time"),
    ("lasts = \"shown\"", "lasts = \"show\"", Code::UnknownParameter, "Did you mean `shown`?"),
    (
        "always = \"hand-over leads to give-back\"",
        "always = \"hand-over then give-back\"",
        Code::BadValue,
        "this property cannot be read",
    ),
    (
        "always = \"hand-over leads to give-back\"",
        "always = \"decide.passed leads to give-back\"",
        Code::ProofFails,
        "does not always lead to give-back",
    ),
    ("[[tier]]\nwhen    = \"deposit <", "[[tier]\nwhen    = \"deposit <", Code::Syntax, "not TOML"),
    // burden
    (
        "damage   = {",
        "a1 = { type = \"photo\", class = \"staff\", label = { zh = \"x\", en = \"x\" }, why = \"x\" }\ndamage   = {",
        Code::Burden,
        "1 photo(s) are mandatory",
    ),
];

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

#[test]
fn a_region_may_only_tighten() {
    let base = LENDING;
    let region = |text: &str| {
        text.replacen("id      = \"lending\"", "id      = \"zj.lending\"", 1).replacen(
            "stream  = \"loan\"",
            "stream  = \"loan\"\nextends = \"lending\"",
            1,
        )
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
    assert_eq!(check(&opened)[0].code, Code::Extends);
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
