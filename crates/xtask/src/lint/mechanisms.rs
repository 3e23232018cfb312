//! Rooms that serve every mechanism and know none: no word of a single one stands in their code, comments, names or texts.

use super::{Source, Violation};

/// Words of single mechanisms, in English.
const MECHANISMS: &[&str] = &[
    "payment",
    "voucher",
    "invoice",
    "petition",
    "mediation",
    "resolution",
    "screening",
    "consultation",
    "ceremony",
    "lease",
    "tender",
    "rent",
    "dividend",
    "subsidy",
    "probation",
    "asset",
];

/// And in Chinese.
const CHINESE: &[&str] = &[
    "付款", "凭证", "发票", "信访", "调解", "决议", "排查", "协商", "租赁", "招标", "积分", "分红",
    "补贴",
];

/// The setting of all mechanisms: the innermost rooms do not know even that.
const SETTING: &[&str] = &["village", "committee", "points"];
const SETTING_CHINESE: &[&str] = &["村民", "村委"];

/// The rooms. `kernel` and those around the engines know that there are villages, with their codes and bodies.
const ROOMS: &[&str] = &["engines", "definitions", "casework", "desk", "kernel"];
const INNERMOST: &[&str] = &["engines"];

/// Tables of data, not of words that a program acts on: what bodies and posts are called, which laws there are.
const DATA: &[&str] = &["crates/casework/src/catalogue.rs"];

const REMEDY: &str = "engines know order, people, votes, clocks and words of a file; what belongs to one mechanism stands in services/";

/// Judges one file.
pub fn violations(source: &Source) -> Vec<Violation> {
    let inside = |room: &&&str| source.path.starts_with(&format!("crates/{room}/src/"));
    let Some(room) = ROOMS.iter().find(inside) else { return Vec::new() };
    if DATA.contains(&source.path.as_str()) || !source.path.ends_with(".rs") {
        return Vec::new();
    }
    let innermost = INNERMOST.contains(room);
    let mut found = Vec::new();
    let mut find = |line: usize, word: &str| {
        found.push(Violation {
            file: source.path.clone(),
            line,
            what: format!("{room} speaks of a mechanism: {word}"),
            remedy: REMEDY,
        });
    };
    for word in words(&source.path).filter_map(|word| english(&word, innermost)) {
        find(1, word);
    }
    for (index, line) in source.text.lines().enumerate() {
        for word in words(line).filter_map(|word| english(&word, innermost)) {
            find(index + 1, word);
        }
        let setting: &[&str] = if innermost { SETTING_CHINESE } else { &[] };
        for word in CHINESE.iter().chain(setting).filter(|word| line.contains(**word)) {
            find(index + 1, word);
        }
    }
    found
}

fn english(word: &str, innermost: bool) -> Option<&'static str> {
    let setting: &[&str] = if innermost { SETTING } else { &[] };
    let known = |name: &&&str| word == **name || word.strip_suffix('s') == Some(**name);
    MECHANISMS.iter().chain(setting).find(known).copied()
}

/// The words of a line in small letters; names fall apart: `PaymentDue` and `payment_due` hold `payment`.
fn words(line: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut small_before = false;
    for c in line.chars() {
        if !c.is_ascii_alphabetic() || (c.is_ascii_uppercase() && small_before) {
            words.push(String::new());
        }
        if c.is_ascii_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.push(c.to_ascii_lowercase());
        }
        small_before = c.is_ascii_lowercase();
    }
    words.into_iter().filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(path: &str, text: &str) -> Vec<usize> {
        let source = Source { path: path.to_owned(), text: text.to_owned() };
        violations(&source).into_iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn a_word_of_a_mechanism_is_found_in_code_comments_names_and_texts() {
        let text = "// pays a voucher\nstruct PaymentDue;\nlet lease_end = 1;\nlet zh = \"申请信访\";\nlet tender_ly = 1;\nlet different = 1;\n";
        for room in ROOMS {
            assert_eq!(
                judged(&format!("crates/{room}/src/order.rs"), text),
                [1, 2, 3, 4, 5],
                "{room}"
            );
        }
        assert_eq!(judged("crates/engines/src/voucher.rs", ""), [1]);
        assert!(judged("crates/store/src/order.rs", text).is_empty());
        assert!(judged("crates/engines/tests/order.rs", text).is_empty());
        assert!(judged("crates/casework/src/catalogue.rs", text).is_empty());
    }

    #[test]
    fn only_the_innermost_room_knows_no_village_either() {
        let text = "// the Village\nlet committees = 1;\nlet point = pointless;\n";
        assert_eq!(judged("crates/engines/src/order.rs", text), [1, 2]);
        assert!(judged("crates/desk/src/order.rs", text).is_empty());
    }
}
