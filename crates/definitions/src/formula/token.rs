//! Splits a formula into words, numbers and signs.

use super::typing::Flaw;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// A name or a word of the language.
    Word(&'t str),
    /// Digits with at most one point: `15`, `500.00`; or a day: `2026-03-31`.
    Number(&'t str),
    /// `'red'`, without its quotes.
    Quoted(&'t str),
    /// `(`, `<=`, `+`, …
    Sign(&'t str),
}

/// Signs, the longer ones first.
const SIGNS: [&str; 18] =
    ["<=", ">=", "!=", "≤", "≥", "≠", "<", ">", "=", "+", "-", "−", "*", "×", "(", ")", "/", "%"];

/// The tokens with the byte at which each begins.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token<'_>)>, Flaw> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let rest = &text[at..];
        let (token, length) = if first.is_ascii_digit() {
            number(rest)
        } else if first.is_alphabetic() || first == '_' {
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.')))
                .unwrap_or(rest.len());
            (Token::Word(&rest[..end]), end)
        } else if first == '\'' {
            let inner = &rest[1..];
            let end = inner.find('\'').ok_or_else(|| {
                Flaw::syntax(at, "this word has no end.", "Close it with `'`: `'red'`.")
            })?;
            (Token::Quoted(&inner[..end]), end + 2)
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (Token::Sign(sign), sign.len())
        } else {
            return Err(Flaw::syntax(
                at,
                format!("`{first}` means nothing in a formula."),
                "Use names, numbers, words in `'…'`, `( )`, `+ - *`, `< <= > >= = !=`, `and or not`.",
            ));
        };
        found.push((at, token));
        at += length;
    }
    Ok(found)
}

fn number(rest: &str) -> (Token<'_>, usize) {
    let day = rest.get(..10).filter(|text| text.parse::<kernel::Date>().is_ok());
    let end = match day {
        Some(day) => day.len(),
        None => rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len()),
    };
    (Token::Number(&rest[..end]), end)
}
