//! What must not be written in which file: clocks in pure rooms, machines' paths anywhere.

use super::architecture::PURE;
use super::{Source, Violation};

/// Names by which a pure room would read a clock, make randomness or touch the outside.
const IMPURE: &[&str] = &[
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "Uuid::now_v7",
    "Uuid::new_v4",
    "rand::rng",
    "thread_rng",
    "OsRng",
    "getrandom",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
];

/// Modules of `std` that a pure room must not import in a group either: `use std::{env, fs}`.
const IMPURE_MODULES: &[&str] = &["fs", "net", "env", "process"];

/// Folders of a machine. Joined here, so that this file does not find itself.
const MACHINE: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/tmp/", "brief"),
    concat!("/tmp/", "bash_jobs"),
];

/// Tools that had a hand in writing: the repository speaks of Cunwu alone.
const TOOLS: &[&str] = &[
    concat!("clau", "de"),
    concat!("anthro", "pic"),
    concat!("open", "ai"),
    concat!("chat", "gpt"),
    concat!("copi", "lot"),
    concat!("co-authored", "-by"),
];

/// Files longer than this are asked what they hold.
const LONG: usize = 500;
/// Kinds of file that people write and read by hand.
const WRITTEN: &[&str] = &["rs", "toml", "html", "css", "js", "sql", "md"];

/// Judges one file.
pub fn violations(source: &Source) -> Vec<Violation> {
    let mut found = foreign_words(source);
    if source.path.ends_with(".rs") {
        found.extend(impurities(source));
    }
    found
}

/// Path and length of a file that is too long.
pub fn long(source: &Source) -> Option<(&str, usize)> {
    let kind = source.path.rsplit('.').next().unwrap_or("");
    let lines = source.text.lines().count();
    (WRITTEN.contains(&kind) && lines > LONG).then_some((source.path.as_str(), lines))
}

fn finding(source: &Source, index: usize, what: String, remedy: &'static str) -> Violation {
    Violation { file: source.path.clone(), line: index + 1, what, remedy }
}

fn foreign_words(source: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        for word in MACHINE.iter().filter(|word| begins_a_path(line, word)) {
            found.push(finding(
                source,
                index,
                format!("names a folder of one machine: {word}"),
                "use a path relative to the repository, or a temporary folder",
            ));
        }
        let lower = line.to_ascii_lowercase();
        for word in TOOLS.iter().filter(|word| has_word(&lower, word)) {
            found.push(finding(
                source,
                index,
                format!("names a tool: {word}"),
                "say what holds, not who or what wrote it",
            ));
        }
    }
    found
}

/// `/x/` at the start of a path, and not in the middle of a longer one or of a web address.
fn begins_a_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-~*}".contains(c))
    })
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let inside = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        !inside(before) && !inside(after)
    })
}

fn impurities(source: &Source) -> Vec<Violation> {
    let Some((room, _)) =
        PURE.iter().find(|(room, _)| source.path.starts_with(&format!("crates/{room}/src/")))
    else {
        return Vec::new();
    };
    if is_tests_file(&source.path) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (index, line) in without_tests(&source.text) {
        let code = without_comment(line);
        let named =
            IMPURE.iter().copied().filter(|name| has_path(code, name)).chain(grouped_module(code));
        for name in named {
            found.push(finding(
                source,
                index,
                format!("the pure room {room} names {name}"),
                "pass the time, the random bytes or the text in as an argument (kernel::Clock)",
            ));
        }
    }
    found
}

fn is_tests_file(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.ends_with("_tests.rs") || path.contains("/tests/")
}

/// Lines up to the module of tests, which closes a file (clippy: `items_after_test_module`).
fn without_tests(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines: Vec<&str> = text.lines().collect();
    let end = lines
        .windows(2)
        .position(|pair| {
            let module = pair[1].trim_start();
            pair[0].trim() == "#[cfg(test)]" && module.starts_with("mod ") && module.ends_with('{')
        })
        .unwrap_or(lines.len());
    lines.into_iter().enumerate().take(end)
}

/// The code before `//`, unless the slashes stand in a string.
fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '/' if !quoted && line[at..].starts_with("//") => return &line[..at],
            _ => {}
        }
    }
    line
}

/// `name` as whole identifiers: `rand::rng` is not in `rand::rngs`.
fn has_path(code: &str, name: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    code.match_indices(name).any(|(at, _)| {
        !part(code[..at].chars().next_back()) && !part(code[at + name.len()..].chars().next())
    })
}

fn grouped_module(code: &str) -> Option<&'static str> {
    let (_, group) = code.split_once("use std::{")?;
    IMPURE_MODULES.iter().copied().find(|module| has_path(group, module))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(path: &str, text: &str) -> Vec<(usize, String)> {
        let source = Source { path: path.to_owned(), text: text.to_owned() };
        violations(&source).into_iter().map(|violation| (violation.line, violation.what)).collect()
    }

    #[test]
    fn pure_rooms_read_no_clock() {
        let text = "use std::{\n};\nlet t = jiff::Timestamp::now();\nuse std::{fmt, fs};\n";
        assert_eq!(
            judged("crates/kernel/src/time.rs", text),
            [
                (3, "the pure room kernel names Timestamp::now".to_owned()),
                (4, "the pure room kernel names fs".to_owned()),
            ]
        );
        assert!(judged("crates/store/src/lib.rs", text).is_empty());
    }

    #[test]
    fn comments_tests_and_longer_names_are_no_impurity() {
        let text = "//! Must not know std::fs.\nlet u = \"http://x\"; // SystemTime::now\n\
            use rand::rngs::X;\nfn offset_from_now() {}\n\
            #[cfg(test)]\nmod tests {\n    use std::fs;\n}\n";
        assert!(judged("crates/proof/src/note.rs", text).is_empty());
        assert!(judged("crates/proof/src/tests.rs", "use std::fs;").is_empty());
    }

    #[test]
    fn code_after_slashes_in_a_string_is_still_code() {
        let text = "let u = \"http://x\"; std::env::var(u)";
        assert_eq!(judged("crates/proof/src/a.rs", text).len(), 1);
    }

    #[test]
    fn a_file_declared_test_only_does_not_end_the_scan() {
        let text = "#[cfg(test)]\nmod samples;\nuse std::net;\n";
        assert_eq!(judged("crates/definitions/src/lib.rs", text)[0].0, 3);
    }

    #[test]
    fn paths_of_one_machine_are_refused() {
        let work = concat!("/wo", "rk/");
        assert_eq!(judged("a.md", &format!("see {work}x")).len(), 1);
        assert_eq!(judged("a.sh", &format!("cd \"{work}\"")).len(), 1);
        assert!(judged("a.md", &format!("https://example.org{work}x")).is_empty());
        assert!(judged("a.md", &format!("docs{work}x")).is_empty());
    }

    #[test]
    fn tools_are_not_named() {
        let tool = concat!("Copi", "lot");
        assert_eq!(judged("a.md", &format!("by {tool}.")).len(), 1);
        assert!(judged("a.md", &format!("{tool}age")).is_empty());
    }

    #[test]
    fn long_files_are_told() {
        let source =
            |path: &str, lines: usize| Source { path: path.to_owned(), text: "x\n".repeat(lines) };
        assert_eq!(long(&source("a.rs", 501)), Some(("a.rs", 501)));
        assert_eq!(long(&source("a.rs", 500)), None);
        assert_eq!(long(&source("golden.json", 9000)), None);
    }
}
