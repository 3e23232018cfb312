//! The page itself: its reference is the reader's, its names are the catalogue's, its examples are sound.

use std::path::PathBuf;

use cunwu_tests::cunwu;
use definitions::{Citations, keys};

use super::examples;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/definitions.md")
}

/// What stands between two marks, written anew.
fn section(page: &str, mark: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- {mark} -->\n"), format!("<!-- /{mark} -->"));
    let (before, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("no {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("no {end}"));
    format!("{before}{begin}\n{text}{end}{after}")
}

/// Posts, bodies and articles that a definition of `services` and `disputes` may name.
fn names() -> String {
    let catalogue = casework::catalogue("services");
    let mut text = "Bodies, each with the posts that fill it:\n\n| body | | its posts |\n| --- | --- | --- |\n".to_owned();
    for body in &catalogue.bodies {
        let posts: Vec<String> = casework::catalogue::posts_of(&body.key)
            .filter_map(|key| catalogue.post(key))
            .map(|post| format!("`{}` {} ({})", post.key, post.name.zh, post.name.en))
            .collect();
        text.push_str(&format!(
            "| `{}` | {} ({}) | {} |\n",
            body.key,
            body.name.zh,
            body.name.en,
            posts.join(", ")
        ));
    }
    text.push_str("\nWho may be told besides: `followers-of-village` (everybody; nothing that is not public).\n\n");
    text.push_str("Articles, as `law` and `source` name them:\n\n| article | |\n| --- | --- |\n");
    for entry in Citations::builtin().articles().filter(|entry| entry.until.is_none()) {
        text.push_str(&format!(
            "| `{}` | {} ({}) |\n",
            entry.article, entry.name.zh, entry.name.en
        ));
    }
    text.push('\n');
    text
}

/// `UPDATE_DOCS=1 cargo test -p cunwu-tests --test definitions reference` writes it.
#[test]
fn the_reference_is_what_the_reader_has() {
    let page = std::fs::read_to_string(path()).unwrap();
    let right = section(&section(&page, "names", &names()), "keys", &keys::reference());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path(), &right).unwrap();
    }
    let page = std::fs::read_to_string(path()).unwrap();
    assert!(page == right, "docs/definitions.md is stale: UPDATE_DOCS=1 writes its reference");
}

/// Blocks of TOML that begin with these words.
fn blocks<'a>(page: &'a str, begin: &str) -> Vec<&'a str> {
    page.split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```").map(|(block, _)| block))
        .filter(|block| block.starts_with(begin))
        .collect()
}

#[test]
fn the_first_definition_of_the_page_and_its_cases_hold() {
    let page = std::fs::read_to_string(path()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let definition = blocks(&page, "[procedure]");
    // The section on watches has a case too, of payments.
    let mut cases = blocks(&page, "[[case]]");
    cases.retain(|block| block.contains("Pump"));
    assert_eq!((definition.len(), cases.len()), (1, 1));
    std::fs::write(folder.path().join("pump.toml"), definition[0]).unwrap();
    std::fs::write(folder.path().join("pump.cases.toml"), cases[0]).unwrap();
    let ran = cunwu(&["rules", "check", folder.path().to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    assert!(ran.out.contains("3 cases hold"), "{}", ran.out);
}

#[test]
fn the_examples_are_sound_and_their_cases_hold() {
    let ran = cunwu(&["rules", "check", "--json", examples().to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    let report = ran.json();
    let found: Vec<(&str, &str, u64)> = report["definitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let text = |key: &str| one[key].as_str().unwrap();
            (text("definition"), text("service"), one["cases"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(found, [("yl-boundary", "disputes", 10), ("yl-ceremony", "services", 11)]);
}

#[test]
fn a_definition_is_shown_in_sentences_and_as_a_picture() {
    let folder = tempfile::tempdir().unwrap();
    let svg = folder.path().join("course.svg");
    let boundary = examples().join("boundary.toml");
    let (file, out) = (boundary.to_str().unwrap(), svg.to_str().unwrap());
    let zh = cunwu(&["rules", "show", file, "--svg", out]);
    assert_eq!(zh.code, Some(0), "{zh:?}");
    for words in [
        "由人民调解委员会办理，办过“申请踏勘”的人不得再办。",
        "在“到场踏勘”（双方认可）之后。",
        "公示7日",
        "10个工作日内",
        "依据：《人民调解法》",
    ] {
        assert!(zh.out.contains(words), "{words}: {}", zh.out);
    }
    let picture = std::fs::read_to_string(&svg).unwrap();
    assert!(picture.starts_with("<svg ") && picture.trim_end().ends_with("</svg>"));
    assert_eq!(picture.matches("<rect ").count(), 1 + 7, "a box a step: {picture}");
    assert!(picture.contains("仍有争议") && picture.contains("设立界桩"), "{picture}");
    let en = cunwu(&["rules", "show", "payment", "--lang", "en"]);
    assert_eq!(en.code, Some(0), "{en:?}");
    assert!(en.out.contains("Where amount is below 2,000.00 yuan: the"), "{}", en.out);
    let none = cunwu(&["rules", "show", "paiment"]);
    assert_eq!(none.code, Some(2), "{none:?}");
    assert!(none.err.contains("Did you mean `payment`?"), "{none:?}");
}

#[test]
fn the_coverage_lists_what_the_definitions_carry() {
    let ran = cunwu(&["rules", "check", "--coverage", "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let rows = ran.json();
    let rows = rows.as_array().unwrap();
    for capability in [14, 16, 17, 33, 34, 51] {
        let row = rows.iter().find(|row| row["capability"] == capability);
        let row = row.unwrap_or_else(|| panic!("{capability} is not there: {rows:?}"));
        assert!(row["scenarios"].as_u64().unwrap() > 10, "{row}");
        assert!(row["page"].as_str().unwrap().starts_with('/'), "{row}");
        assert!(!row["definitions"].as_array().unwrap().is_empty(), "{row}");
    }
}
