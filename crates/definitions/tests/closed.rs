//! Definitions of closed cases: a sound one passes, each way of leaking is found.

use definitions::{
    AudienceSpec, Catalogue, Citations, Definitions, Finding, FindingCode as Code, GuardSpec,
    PostSpec,
};
use kernel::{Class, Text};

/// 借据 (made up): somebody leaves a pledge that only the keeper above may see.
const PLEDGE: &str = r#"
[procedure]
id      = "pledge"
term    = { zh = "寄存", en = "Pledge" }
version = 1
stream  = "pledge"
log     = "closed"
kept_by = "above"
law     = "county-finance"
running = { mode = "keep", source = "default" }

[field]
owner  = { type = "party", class = "sealed", whose = "owner", recuse = true, label = { zh = "物主", en = "Owner" }, why = "whose it is" }
thing  = { type = "text", class = "sealed", whose = "owner", label = { zh = "物品", en = "Thing" }, why = "what it is" }
remark = { type = "text", class = "sealed", label = { zh = "备注", en = "Remark" }, why = "how it is kept" }

[[step]]
id    = "leave"
name  = { zh = "寄存", en = "Leave" }
event = "PledgeLeft"
by    = { resident = "owner" }
takes = ["owner", "thing"]
next  = { zh = "保管员收存", en = "The keeper takes it in", who = "keeper" }

[[step]]
id    = "take-in"
name  = { zh = "收存", en = "Take in" }
event = "PledgeTakenIn"
by    = { post = "keeper" }
guard = ["no-conflict"]
takes = ["remark"]
tell  = [{ who = "owner", zh = "已收存：{remark}", en = "Taken in: {remark}" }]
next  = { zh = "结束", en = "Ended", who = "keeper" }

[[local]]
event = "PledgeLeft"
[[local]]
event = "PledgeTakenIn"
"#;

fn catalogue() -> Catalogue {
    Catalogue {
        service: "shed".to_owned(),
        closed_cases: true,
        posts: vec![
            PostSpec::new("keeper", Text::new("保管员", "Keeper")),
            PostSpec::resident("owner", Text::new("物主", "Owner")),
        ],
        audiences: vec![AudienceSpec { key: "followers".to_owned(), reads: Class::Public }],
        guards: vec![GuardSpec {
            key: "no-conflict".to_owned(),
            law: "county-finance".to_owned(),
            mandatory_in_closed: true,
            message: Text::new("须回避", "steps aside"),
            ..GuardSpec::default()
        }],
        citations: Citations::builtin(),
        ..Catalogue::default()
    }
}

fn findings(text: &str) -> Vec<Finding> {
    Definitions::check(&[("pledge.toml", text)], &catalogue()).err().unwrap_or_default()
}

#[test]
fn a_sound_closed_definition_passes() {
    assert_eq!(findings(PLEDGE), []);
    let set = Definitions::check(&[("pledge.toml", PLEDGE)], &catalogue()).unwrap();
    let pledge = set.get("pledge").unwrap();
    assert!(pledge.is_closed() && pledge.kept_above);
    assert_eq!(pledge.whose(pledge.step("leave").unwrap()), Some("owner"));
    assert_eq!(pledge.whose(pledge.step("take-in").unwrap()), None);
}

#[test]
fn each_way_of_leaking_is_found() {
    let spoiled: [(&str, &str, Code, &str); 9] = [
        ("guard = [\"no-conflict\"]\n", "", Code::MandatoryGuard, "needs the guard `no-conflict`"),
        (
            "who = \"owner\", zh = \"已",
            "who = \"followers\", zh = \"已",
            Code::MessageShows,
            "tells `followers` of a closed case",
        ),
        (
            "remark = { type = \"text\", class = \"sealed\"",
            "remark = { type = \"text\", class = \"staff\"",
            Code::ClassLowered,
            "for case officers alone",
        ),
        (
            "takes = [\"owner\", \"thing\"]",
            "takes = [\"owner\", \"thing\", \"remark\"]",
            Code::BadValue,
            "one event lies under one key",
        ),
        ("log     = \"closed\"\n", "", Code::BadValue, "`kept_by` is for closed logs"),
        (
            "log     = \"closed\"\nkept_by = \"above\"\n",
            "",
            Code::BadValue,
            "says whose it is, but the log is open",
        ),
        ("log     = \"closed\"", "log     = \"shut\"", Code::BadValue, "no kind of log"),
        ("kept_by = \"above\"", "kept_by = \"below\"", Code::BadValue, "keeps no log"),
        (
            "type = \"text\", class = \"sealed\", whose = \"owner\"",
            "type = \"text\", class = \"sealed\", whose = \"owner\", recuse = true",
            Code::BadValue,
            "names nobody",
        ),
    ];
    for (from, to, code, words) in spoiled {
        assert_eq!(PLEDGE.matches(from).count(), 1, "{from}");
        let found = findings(&PLEDGE.replace(from, to));
        let hit = found.iter().find(|f| f.code == code && f.to_string().contains(words));
        assert!(hit.is_some_and(|hit| !hit.remedy.is_empty()), "{from}: {found:?}");
    }
}

#[test]
fn a_region_keeps_the_log_where_it_is() {
    let region = PLEDGE
        .replace("id      = \"pledge\"", "id      = \"zj.pledge\"\nextends = \"pledge\"")
        .replace("kept_by = \"above\"\n", "");
    let found = Definitions::check(&[("pledge.toml", PLEDGE), ("zj.toml", &region)], &catalogue());
    let found = found.err().unwrap_or_default();
    assert!(
        found.iter().any(|f| f.code == Code::Extends && f.what.contains("another log")),
        "{found:?}"
    );
}
