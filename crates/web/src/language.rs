//! The language of an answer: what the caller asks for, Chinese when in doubt.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header::ACCEPT_LANGUAGE, request::Parts},
};
use kernel::Text;

/// Chinese or English.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// 中文
    #[default]
    Zh,
    /// English
    En,
}

impl Language {
    /// From `Accept-Language` (RFC 9110 §12.5.4): the one of the two with the greater weight, the first of equals.
    pub fn of(headers: &HeaderMap) -> Self {
        let asked = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let mut best = (0, Self::Zh);
        for range in asked.unwrap_or_default().split(',').take(32) {
            let mut parts = range.split(';').map(str::trim);
            let primary = parts.next().unwrap_or_default().split('-').next().unwrap_or_default();
            let language = match primary.to_ascii_lowercase().as_str() {
                "zh" | "*" => Self::Zh,
                "en" => Self::En,
                _ => continue,
            };
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, thousandths);
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }

    /// The text in this language; the other one where it is blank.
    pub fn pick(self, text: &Text) -> &str {
        let (first, second) = match self {
            Self::Zh => (&text.zh, &text.en),
            Self::En => (&text.en, &text.zh),
        };
        if first.trim().is_empty() { second } else { first }
    }

    /// BCP 47.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }
}

/// A weight `0` to `1` with at most three decimals, in thousandths; what is no weight counts as nothing.
fn thousandths(text: &str) -> u32 {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = decimals.chars().chain("000".chars()).take(3).collect();
    match (whole, digits.parse::<u32>()) {
        ("1", Ok(_)) => 1000,
        ("0", Ok(value)) => value,
        _ => 0,
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greater_weight_wins_and_chinese_when_in_doubt() {
        for (asked, expected) in [
            ("en", Language::En),
            ("en-GB,en;q=0.9,zh;q=0.8", Language::En),
            ("fr, en;q=0.5, zh-CN;q=0.7", Language::Zh),
            ("fr", Language::Zh),
            ("", Language::Zh),
            ("*", Language::Zh),
            ("en;q=0", Language::Zh),
            ("en;q=banana", Language::Zh),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, asked.parse().unwrap());
            assert_eq!(Language::of(&headers), expected, "{asked}");
        }
        assert_eq!(Language::of(&HeaderMap::new()), Language::Zh);
    }
}
