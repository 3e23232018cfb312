//! Versions over HTTP: a strong ETag is the version of the stream; `If-Match` says which one the caller saw (RFC 9110
//! §8.8.3 and §13.1.1, RFC 6585 §3).

use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderValue,
        header::{IF_MATCH, IF_NONE_MATCH},
        request::Parts,
    },
};
use kernel::{StreamId, Text};

use crate::problem::Problem;

/// The ETag of a version: `"7"`.
pub fn etag(version: u64) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// The version in an ETag; weak ones and `*` are none. A form's hidden field may hold the bare number.
pub fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = match text.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"')?,
        None => text,
    };
    let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if number { digits.parse().ok() } else { None }
}

/// Whether the caller has this version already (`If-None-Match`, RFC 9110 §13.1.2, compared weakly): answer 304.
pub fn not_modified(headers: &HeaderMap, version: u64) -> bool {
    let current = format!("\"{version}\"");
    let sent = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    sent.flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == current)
}

/// The version that the caller saw, if any was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub Option<u64>);

/// The version that the caller saw; 428 without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequiredIfMatch(pub u64);

impl IfMatch {
    /// For [`kernel::Command`]'s `seen`.
    pub fn seen(self, stream: &StreamId) -> Option<(StreamId, u64)> {
        self.0.map(|version| (stream.clone(), version))
    }
}

impl RequiredIfMatch {
    /// For [`kernel::Command`]'s `seen`.
    pub fn seen(self, stream: &StreamId) -> Option<(StreamId, u64)> {
        Some((stream.clone(), self.0))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut sent = parts.headers.get_all(IF_MATCH).iter();
        match (sent.next(), sent.next()) {
            (None, _) => Ok(Self(None)),
            (Some(value), None) => {
                let version = value.to_str().ok().and_then(parse).ok_or_else(unreadable)?;
                Ok(Self(Some(version)))
            }
            _ => Err(unreadable()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequiredIfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let IfMatch(sent) = IfMatch::from_request_parts(parts, state).await?;
        sent.map(Self).ok_or_else(|| Problem::generic("precondition-required"))
    }
}

fn unreadable() -> Problem {
    Problem::generic("precondition-required").with_detail(Text::new(
        "If-Match 须为一个强 ETag，例如 \"7\"。",
        "If-Match must be one strong ETag, such as \"7\".",
    ))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    async fn required(values: &[&str]) -> Result<u64, u16> {
        let mut request = Request::builder();
        for value in values {
            request = request.header(IF_MATCH, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        RequiredIfMatch::from_request_parts(&mut parts, &())
            .await
            .map(|seen| seen.0)
            .map_err(|problem| problem.status.as_u16())
    }

    #[tokio::test]
    async fn one_strong_tag_or_428() {
        assert_eq!(etag(7), "\"7\"");
        assert_eq!(required(&["\"7\""]).await, Ok(7));
        assert_eq!(required(&["7"]).await, Ok(7));
        for bad in
            [&[][..], &["W/\"7\""], &["*"], &["\"7"], &["\"+7\""], &["\"1\"", "\"2\""], &["\"\""]]
        {
            assert_eq!(required(bad).await, Err(428), "{bad:?}");
        }
    }

    #[test]
    fn what_the_caller_has_is_not_sent_again() {
        for (sent, same) in [
            ("\"7\"", true),
            ("W/\"7\"", true),
            ("\"6\", \"7\"", true),
            ("*", true),
            ("\"77\"", false),
            ("7", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(IF_NONE_MATCH, sent.parse().unwrap());
            assert_eq!(not_modified(&headers, 7), same, "{sent}");
        }
        assert!(!not_modified(&HeaderMap::new(), 7));
    }
}
