//! The register on good files of every shape, on bad files line by line, and on a province of 65,000 lines.

use std::collections::HashSet;

use kernel::{Entropy, UnitId};

use super::*;
use crate::facts::unit::{self, Unit};

const HEAD: &str = "code,name,level\n330000000000,浙江省,province\n330100000000,杭州市,prefecture\n330102000000,上城区,county\n330102001000,清波街道,township\n";

fn day() -> kernel::Date {
    kernel::Date::constant(2026, 1, 1)
}

fn entropy() -> Entropy {
    Entropy::from_seed([3; 32])
}

fn reasons(text: &[u8]) -> Vec<(u64, &'static str)> {
    match Register::parse(text) {
        Ok(_) => Vec::new(),
        Err(complaints) => {
            for bad in &complaints.0 {
                assert!(bad.what.is_complete(), "{bad:?}");
            }
            complaints.0.iter().map(|bad| (bad.line, bad.reason)).collect()
        }
    }
}

fn with(lines: &str) -> Vec<u8> {
    format!("{HEAD}{lines}").into_bytes()
}

#[test]
fn each_bad_line_is_told_by_number_and_reason() {
    type Told = Vec<(u64, &'static str)>;
    let cases: Vec<(Vec<u8>, Told)> = vec![
        (with("33010200120,短一位,village\n"), vec![(6, "wrong-length")]),
        (with("3301020012001,长一位,village\n"), vec![(6, "wrong-length")]),
        (with(",无代码,village\n"), vec![(6, "wrong-length")]),
        (with("33010200120x,字母村,village\n"), vec![(6, "not-digits")]),
        (with("３３０１０２００１２００,全角村,village\n"), vec![(6, "not-digits")]),
        (with(" 33010200120,空格村,village\n"), vec![(6, "not-digits")]),
        (with("003010200120,零省村,village\n"), vec![(6, "unknown-province")]),
        (with("330102001200,,village\n"), vec![(6, "empty-name")]),
        (with("330102001200,  ,village\n"), vec![(6, "empty-name")]),
        (with(&format!("330102001200,{},village\n", "长".repeat(61))), vec![(6, "name-long")]),
        (with("330102001200,\"两\n行村\",village\n"), vec![(6, "name-control")]),
        (with("330102001200,五福村,hamlet\n"), vec![(6, "unknown-level")]),
        (with("330102001200,五福村,Village\n"), vec![(6, "unknown-level")]),
        (with("330102001200,五福村,\n"), vec![(6, "unknown-level")]),
        (with("330102001200,五福村\n"), vec![(6, "wrong-columns")]),
        (with("330102001200,五福村,village,1\n"), vec![(6, "wrong-columns")]),
        (with("330102001200;五福村;village\n"), vec![(6, "wrong-columns")]),
        (with("330102001200,五福村,township\n"), vec![(6, "level-unfit")]),
        (with("330102002000,小营街道,village\n"), vec![(6, "level-unfit")]),
        (with("330100000001,悬空村,village\n"), vec![(6, "gap-in-code")]),
        (with("330003000000,无地县,county\n"), vec![(6, "gap-in-code")]),
        (with("330102001600,范围外,village\n"), vec![(6, "village-range")]),
        (with("330102001999,范围外,village\n"), vec![(6, "village-range")]),
        (with("330102009200,无乡村,village\n"), vec![(6, "missing-parent")]),
        (with("330199001000,无县街道,township\n"), vec![(6, "missing-parent")]),
        (with("330203000000,无地区,county\n"), vec![(6, "missing-parent")]),
        (with("330102001000,清波街道,township\n"), vec![(6, "duplicate-code")]),
        (with("340000000000,安徽省,province\n"), vec![(6, "other-province")]),
        (with("340102001200,外省村,village\n"), vec![(6, "other-province")]),
        (b"".to_vec(), vec![(0, "empty-file")]),
        (b"\xef\xbb\xbf".to_vec(), vec![(0, "empty-file")]),
        (b"code,name,level\n".to_vec(), vec![(0, "no-units")]),
        (b"Code,Name,Level\n330000000000,Z,province\n".to_vec(), vec![(1, "wrong-header")]),
        (b"name,code,level\n330000000000,Z,province\n".to_vec(), vec![(1, "wrong-header")]),
        (b"code,name,level\n330100000000,H,prefecture\n".to_vec(), vec![(0, "no-province")]),
        ([HEAD.as_bytes(), b"330102001200,\xc4\xe3,village\n"].concat(), vec![(6, "not-utf8")]),
        // several at once, each with its own line
        (
            with(
                "33010200120,短,village\n330102001201,,village\n330102001202,好村,village\n330102001202,又一,village\n",
            ),
            vec![(6, "wrong-length"), (7, "empty-name"), (9, "duplicate-code")],
        ),
        // two faults of one line are both told
        (
            with("3301,,hamlet\n"),
            vec![(6, "wrong-length"), (6, "empty-name"), (6, "unknown-level")],
        ),
    ];
    assert!(cases.len() >= 25);
    for (text, expected) in cases {
        assert_eq!(reasons(&text), expected, "{}", String::from_utf8_lossy(&text));
    }
}

#[test]
fn the_refusal_names_lines_in_both_languages_and_changes_nothing() {
    let complaints =
        Register::parse(include_bytes!("../../../samples/divisions-bad.csv")).unwrap_err();
    let refusal = complaints.refusal();
    assert_eq!(complaints.0.len(), 6);
    assert!(refusal.what.zh.contains("第5行：") && refusal.what.en.contains("line 5: "));
    assert!(refusal.what.zh.contains("第10行：") && refusal.law.is_some());
    assert!(complaints.to_string().contains("330199001000"));
}

#[test]
fn a_prefecture_without_counties_holds_its_townships() {
    let register =
        Register::parse(include_bytes!("../../../samples/divisions-no-county.csv")).unwrap();
    let plan = Plan::against(&register, [], day(), &mut entropy());
    let units = formed(&plan);
    let by_code = |code: &str| units.iter().find(|u| u.formed.code.as_str() == code).unwrap();
    let dongguan = by_code("441900000000");
    let township = by_code("441900101000");
    let village = by_code("441900101201");
    assert_eq!(township.formed.parent.as_ref(), Some(&dongguan.formed.unit));
    assert_eq!(township.formed.keeper, dongguan.formed.unit);
    assert_eq!(village.formed.keeper, dongguan.formed.unit);
    let liwan = by_code("440103000000");
    assert_eq!(by_code("440103001001").formed.keeper, liwan.formed.unit);
    assert_eq!(liwan.formed.keeper, liwan.formed.unit);
    assert!(by_code("441900101201").is_village());
}

#[test]
fn directly_administered_counties_come_with_and_without_a_row_of_their_own() {
    for text in [
        &include_bytes!("../../../samples/divisions-direct-county.csv")[..],
        &include_bytes!("../../../samples/divisions-direct-county-crlf.csv")[..],
    ] {
        let register = Register::parse(text).unwrap();
        let plan = Plan::against(&register, [], day(), &mut entropy());
        let units = formed(&plan);
        let by_code = |code: &str| units.iter().find(|u| u.formed.code.as_str() == code).unwrap();
        let xiantao = by_code("429004000000");
        assert_eq!(by_code("429004100200").formed.keeper, xiantao.formed.unit);
        // a statistical area is kept, not governed
        assert!(!by_code("429004498598").is_governed());
        assert!(units.iter().all(|u| !u.formed.name.contains('\r')));
    }
}

#[test]
fn a_municipality_needs_no_prefecture_row() {
    let text = "\u{feff}code,name,level\r\n310000000000,上海市,province\r\n310101000000,黄浦区,county\r\n310101002000,外滩街道,township\r\n310101002003,样板社区,village";
    let register = Register::parse(text.as_bytes()).unwrap();
    assert_eq!(register.rows().len(), 4);
    assert_eq!(register.rows()[1].parent, Some(0));
}

#[test]
fn lines_may_come_in_any_order() {
    let sample = include_str!("../../../samples/divisions-no-county.csv");
    let mut lines: Vec<_> = sample.lines().collect();
    let header = lines.remove(0);
    lines.reverse();
    let shuffled = format!("{header}\n{}\n", lines.join("\n"));
    let plan =
        Plan::against(&Register::parse(shuffled.as_bytes()).unwrap(), [], day(), &mut entropy());
    assert_eq!(formed(&plan).len(), 10);
}

#[test]
fn the_same_file_again_changes_nothing_and_a_new_name_is_a_renaming() {
    let sample = include_str!("../../../samples/divisions-direct-county.csv");
    let register = Register::parse(sample.as_bytes()).unwrap();
    let first = Plan::against(&register, [], day(), &mut entropy());
    assert_eq!(first.form.len(), 16);
    let known = || first.form.iter().map(known);
    let second = Plan::against(&register, known(), day(), &mut entropy());
    assert!(second.is_empty(), "{second:?}");
    assert_eq!(second.unchanged, 16);

    let renamed = sample.replace("渔泛峰村", "渔帆村");
    let third = Plan::against(
        &Register::parse(renamed.as_bytes()).unwrap(),
        known(),
        day(),
        &mut entropy(),
    );
    assert_eq!(third.rename.len(), 1);
    assert_eq!(third.rename[0].name, "渔帆村");
    assert!(third.form.is_empty() && third.missing.is_empty());

    let shorter: String =
        sample.lines().filter(|l| !l.contains("八角庙村")).map(|l| format!("{l}\n")).collect();
    let fourth = Plan::against(
        &Register::parse(shorter.as_bytes()).unwrap(),
        known(),
        day(),
        &mut entropy(),
    );
    assert_eq!(fourth.missing.len(), 1);
    assert_eq!(fourth.missing[0].name, "八角庙村");
    assert!(fourth.form.is_empty() && fourth.rename.is_empty());

    // a row for the directly administered counties that disappears would move them: people decide that
    let without: String =
        sample.lines().filter(|l| !l.starts_with("429000")).map(|l| format!("{l}\n")).collect();
    let fifth = Plan::against(
        &Register::parse(without.as_bytes()).unwrap(),
        known(),
        day(),
        &mut entropy(),
    );
    assert_eq!(fifth.differs.len(), 2);
    assert_eq!(fifth.missing.len(), 1);
}

#[test]
fn a_province_of_65_000_lines_is_read_and_planned() {
    let text = large_province();
    let register = Register::parse(text.as_bytes()).unwrap();
    let plan = Plan::against(&register, [], day(), &mut entropy());
    let again = Plan::against(&register, plan.form.iter().map(known), day(), &mut entropy());
    assert!(register.rows().len() >= 65_000, "{}", register.rows().len());
    assert_eq!(plan.form.len(), register.rows().len());
    assert!(again.is_empty());
    let ids: HashSet<&UnitId> = plan.form.iter().map(|ask| &ask.unit).collect();
    assert_eq!(ids.len(), plan.form.len());
}

/// 20 prefectures × 10 counties × 13 townships × 24 villages.
fn large_province() -> String {
    let mut text = String::from("code,name,level\n410000000000,河南省,province\n");
    let mut line = |code: String, name: String, level: &str| {
        text.push_str(&format!("{code},{name},{level}\n"));
    };
    for p in 1..=20 {
        line(format!("41{p:02}00000000"), format!("第{p}市"), "prefecture");
        for c in 1..=10 {
            line(format!("41{p:02}{c:02}000000"), format!("第{p}-{c}县"), "county");
            for t in 100..113 {
                line(format!("41{p:02}{c:02}{t}000"), format!("第{p}-{c}-{t}镇"), "township");
                for v in 200..224 {
                    line(format!("41{p:02}{c:02}{t}{v}"), format!("第{v}村"), "village");
                }
            }
        }
    }
    text
}

fn known(ask: &unit::FormUnit) -> KnownUnit {
    KnownUnit {
        unit: ask.unit.clone(),
        code: ask.code,
        name: ask.name.clone(),
        parent: ask.parent.clone(),
    }
}

/// Decides the plan's commands as the service would, and folds their events.
fn formed(plan: &Plan) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    for ask in &plan.form {
        let above = ask
            .parent
            .as_ref()
            .map(|id| units.iter().find(|u| u.formed.unit == *id).expect("the parent comes first"));
        let (decision, unit) = unit::form(ask, None, above, false).unwrap();
        assert_eq!(decision.events.len(), 1);
        units.push(unit);
    }
    units
}
