//! Cases beside a definition: what happened, what somebody does, what must come of it. Knows no service.

use std::collections::BTreeMap;

use crate::finding::Finding;

/// One case of `<name>.cases.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// What happened before.
    pub given: Vec<CaseLine>,
    /// What somebody does.
    pub when: CaseLine,
    /// The events that must come of it, in order; others may lie between.
    pub then: Vec<CaseLine>,
    /// Or the refusal.
    pub refused: Option<Refused>,
    /// Line in the file.
    pub line: usize,
}

/// The refusal that a case expects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refused {
    /// Its code.
    pub code: String,
    /// The article.
    pub law: Option<String>,
    /// The warning that it raises.
    pub warning: Option<String>,
}

/// `ToolRequested amount=80000.00 by=bookkeeper:Li on=2026-03-02`, as words and values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaseLine {
    /// The event's name, the step's id, or `wait`.
    pub what: String,
    /// Words without `=`: `2026-03`.
    pub words: Vec<String>,
    /// `name=value`; a value with blanks is quoted: `purpose="two words"`.
    pub values: BTreeMap<String, String>,
}

impl CaseLine {
    /// A value.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Who acts: `by=post:Holder`.
    pub fn by(&self) -> Option<(&str, &str)> {
        self.value("by").and_then(|by| by.split_once(':'))
    }

    /// Reads a line.
    ///
    /// # Errors
    /// Says which part is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut line = Self::default();
        for part in split(text)? {
            match part.split_once('=') {
                Some((name, value)) if !name.is_empty() => {
                    if line.values.insert(name.to_owned(), value.to_owned()).is_some() {
                        return Err(format!("`{name}` stands twice"));
                    }
                }
                Some(_) => return Err(format!("`{part}` has no name before `=`")),
                None if line.what.is_empty() => line.what = part,
                None => line.words.push(part),
            }
        }
        if line.what.is_empty() {
            return Err("says neither an event nor a step".to_owned());
        }
        Ok(line)
    }
}

/// Splits at blanks, except inside double quotes or braces.
fn split(text: &str) -> Result<Vec<String>, String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut quoted = false;
    for character in text.chars() {
        match character {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => {
                if !part.is_empty() {
                    parts.push(std::mem::take(&mut part));
                }
            }
            c => part.push(c),
        }
    }
    if quoted {
        return Err("a quote is not closed".to_owned());
    }
    if !part.is_empty() {
        parts.push(part);
    }
    Ok(parts)
}

/// Reads a file of cases.
///
/// # Errors
/// Findings with lines.
pub fn parse_cases(file: &str, text: &str) -> Result<Vec<Case>, Vec<Finding>> {
    crate::read::cases(file, text)
}
