//! A report passes; each way of spoiling it is found, with line and remedy.

use definitions::{
    Citations, FindingCode as Code,
    report::{Edge, Report},
};

const TEXT: &str = r#"[report]
id      = "shed-sheet"
term    = { zh = "工具棚表", en = "Sheet of the shed" }
version = 1
law     = "OLVC 35"

[[column]]
id   = "month"
zh   = "本月"
en   = "This month"
from = "month-start"
to   = "month-end"

[[line]]
id = "S1"
zh = "押金"
en = "Deposits"
is = "balance.deposits"
[[line]]
id = "S2"
zh = "租金"
en = "Rents"
is = "moved.rents * 2"
[[line]]
id = "S9"
zh = "合计"
en = "In all"
is = "S1 + S2 - S1"
total = true

[[prove]]
that = "S9 = S2"
zh = "合计等于租金"
en = "The sum is the rents"
"#;

fn figures() -> Vec<String> {
    ["balance.deposits", "moved.rents"].map(str::to_owned).to_vec()
}

fn check(text: &str) -> Result<Report, Vec<definitions::Finding>> {
    Report::check("shed.toml", text, &figures(), &Citations::builtin())
}

#[test]
fn a_sound_report_is_read() {
    let report = check(TEXT).unwrap();
    assert_eq!((report.id.as_str(), report.lines.len()), ("shed-sheet", 3));
    assert_eq!(report.columns[0].from, Edge::MonthStart);
    assert!(report.lines[2].total && !report.lines[0].total);
    assert_eq!(report.figures_of("S9"), ["balance.deposits", "moved.rents"]);
    assert_eq!(report.figures_of("S1"), ["balance.deposits"]);
    assert!(report.reference.as_str().starts_with("shed-sheet@"));
    assert_eq!(Report::read_unproved("shed.toml", TEXT).as_ref(), Some(&report));
    assert!(Report::is_meant(TEXT) && !Report::is_meant("[procedure]\nid = \"report\"\n"));
}

#[test]
fn each_spoiled_report_is_found_with_line_and_remedy() {
    for (from, to, code, words) in [
        (
            "is = \"balance.deposits\"",
            "is = \"balance.deposit\"",
            Code::UnknownField,
            "Did you mean `balance.deposits`?",
        ),
        ("is = \"S1 + S2 - S1\"", "is = \"S1 + S3\"", Code::UnknownField, "`S3` is neither"),
        // a line below is not known yet: nothing depends on itself
        ("is = \"moved.rents * 2\"", "is = \"S9\"", Code::UnknownField, "`S9` is neither"),
        (
            "is = \"moved.rents * 2\"",
            "is = \"S1 > 0.00 yuan\"",
            Code::Units,
            "is yes-no, not money",
        ),
        ("is = \"moved.rents * 2\"", "is = \"3\"", Code::Units, "is count, not money"),
        ("is = \"moved.rents * 2\"", "is = \"S1 +\"", Code::BadValue, "is missing here"),
        ("that = \"S9 = S2\"", "that = \"S9 + S2\"", Code::Units, "is money, not yes-no"),
        (
            "that = \"S9 = S2\"",
            "that = \"S9 = moved.rents\"",
            Code::UnknownField,
            "`moved.rents` is neither",
        ),
        ("id = \"S2\"", "id = \"S1\"", Code::Duplicate, "`S1` is the name of something else"),
        (
            "from = \"month-start\"",
            "from = \"month-begin\"",
            Code::BadValue,
            "Did you mean `month-end`?",
        ),
        ("to   = \"month-end\"", "to = \"year-start\"", Code::BadValue, "ends before it begins"),
        ("zh = \"租金\"\n", "", Code::MissingLanguage, "no Chinese"),
        (
            "law     = \"OLVC 35\"",
            "law = \"OLVC 355\"",
            Code::UnknownCitation,
            "is not in the table",
        ),
        ("version = 1\n", "", Code::MissingKey, "`version`"),
        ("total = true", "totals = true", Code::UnknownKey, "Did you mean `total`?"),
        ("[report]", "[raport]", Code::MissingKey, "there is no `[report]`"),
    ] {
        assert_eq!(TEXT.matches(from).count(), 1, "{from}");
        let found = check(&TEXT.replacen(from, to, 1)).unwrap_err();
        let hit = found.iter().find(|f| f.code == code && f.to_string().contains(words));
        let report = found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        let hit = hit.unwrap_or_else(|| panic!("`{from}` → `{to}`: {report}"));
        assert!(!hit.remedy.is_empty(), "{report}");
        assert!(hit.line.is_some() || from == "[report]", "{report}");
    }
}
