//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the same command sent twice is done once.

use axum::{extract::FromRequestParts, http::request::Parts};
use kernel::Text;

use crate::problem::Problem;

/// The header's name.
pub const HEADER: &str = "idempotency-key";
/// The longest key, in characters.
pub const LONGEST: usize = 128;

/// A caller's key: up to 128 visible ASCII characters. Its scope is the principal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// From a header (a quoted string, RFC 9651) or a form's hidden field (bare).
    ///
    /// # Errors
    /// 400 `idempotency-key-missing`: blank, too long, or other characters.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let text = text.trim();
        let bare = match text.strip_prefix('"') {
            Some(rest) => rest.strip_suffix('"').ok_or_else(unreadable)?,
            None => text,
        };
        let visible =
            bare.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
        if bare.is_empty() || bare.len() > LONGEST || !visible {
            return Err(unreadable());
        }
        Ok(Self(bare.to_owned()))
    }

    /// The key without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key without quotes, for [`kernel::Command`]'s `key`.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut sent = parts.headers.get_all(HEADER).iter();
        match (sent.next(), sent.next()) {
            (Some(value), None) => Self::parse(value.to_str().map_err(|_| unreadable())?),
            (None, _) => Err(Problem::generic("idempotency-key-missing")),
            _ => Err(unreadable()),
        }
    }
}

fn unreadable() -> Problem {
    Problem::generic("idempotency-key-missing").with_detail(Text::new(
        "Idempotency-Key 须为一个，1至128个可见ASCII字符，可带双引号。",
        "There must be one Idempotency-Key of 1 to 128 visible ASCII characters, quoted or bare.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_or_bare() {
        let long = "k".repeat(128);
        for (sent, key) in [("\"a-1\"", "a-1"), ("a-1", "a-1"), (" a-1 ", "a-1"), (&long, &long)] {
            assert_eq!(IdempotencyKey::parse(sent).unwrap().as_str(), key);
        }
        for bad in ["", "\"\"", "\"a", "a b", "a\"b", "键", &"k".repeat(129), "a\\b"] {
            assert_eq!(IdempotencyKey::parse(bad).unwrap_err().status, 400, "{bad}");
        }
    }
}
