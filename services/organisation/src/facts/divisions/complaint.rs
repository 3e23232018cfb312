//! What is wrong with a register, line by line, in both languages.

use std::fmt;

use kernel::{Refusal, Text};
use serde::Serialize;

/// A line that cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BadLine {
    /// Line number from 1; 0 for the file as a whole.
    pub line: u64,
    /// Stable key of the reason, such as `missing-parent`.
    pub reason: &'static str,
    /// What is wrong and what would be right.
    pub what: Text,
}

/// All bad lines of a file, in order of their lines. Nothing of the file was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
pub struct Complaints(pub Vec<BadLine>);

impl Complaints {
    /// The refusal that a page or an API answers with: the first lines in full, and how many there are.
    pub fn refusal(&self) -> Refusal {
        let shown = self.0.len().min(20);
        let list = |pick: fn(&BadLine) -> &str, line: fn(u64) -> String| {
            self.0
                .iter()
                .take(shown)
                .map(|bad| format!("{}{}", line(bad.line), pick(bad)))
                .collect::<Vec<_>>()
                .join("\n")
        };
        let zh = list(|bad| &bad.what.zh, zh_line);
        let en = list(|bad| &bad.what.en, en_line);
        Refusal::new(
            "divisions-invalid",
            Text::new(
                format!("区划文件有{}处错误，未作任何更改：\n{zh}", self.0.len()),
                format!("The register has {} errors; nothing was changed:\n{en}", self.0.len()),
            ),
            Text::new(
                "请改正所列各行后重新导入整个文件。",
                "Correct these lines and import the whole file again.",
            ),
        )
        .by_law(crate::laws::law("STAT-2009"))
        .at("/file")
    }
}

fn zh_line(line: u64) -> String {
    if line == 0 { String::new() } else { format!("第{line}行：") }
}

fn en_line(line: u64) -> String {
    if line == 0 { String::new() } else { format!("line {line}: ") }
}

impl fmt::Display for Complaints {
    /// A line a complaint, both languages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for bad in &self.0 {
            writeln!(f, "{}{}", zh_line(bad.line), bad.what.zh)?;
            writeln!(f, "    {}{}", en_line(bad.line), bad.what.en)?;
        }
        Ok(())
    }
}

/// A complaint in both languages.
pub(super) fn bad(
    line: u64,
    reason: &'static str,
    zh: impl Into<String>,
    en: impl Into<String>,
) -> BadLine {
    BadLine { line, reason, what: Text::new(zh, en) }
}
