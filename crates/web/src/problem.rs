//! Problems: what every error looks like (RFC 9457, `application/problem+json`). Never a stack, never SQL text.

use axum::{
    body::Body,
    http::{
        HeaderValue, Response, StatusCode,
        header::{
            ALLOW, CONTENT_LANGUAGE, CONTENT_TYPE, ETAG, RETRY_AFTER, VARY, WWW_AUTHENTICATE,
        },
    },
    response::IntoResponse,
};
use kernel::{Citation, Refusal, Text, Verdict};
use serde_json::{Map, Value, json};

use crate::{catalogue, etag::etag, language::Language};

/// The media type.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// RFC 6901 JSON pointer into the body: `/lines/0/amount`.
    pub pointer: String,
    /// What is wrong with it.
    pub detail: Text,
}

/// An error as the caller sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// Stable code; the type is `/docs/refusals/<code>`.
    pub code: String,
    /// The kind of problem.
    pub title: Text,
    /// This very problem.
    pub detail: Text,
    /// The article that refuses.
    pub law: Option<Citation>,
    /// What would be right.
    pub remedy: Text,
    /// The fields that are wrong.
    pub errors: Vec<FieldError>,
    /// The warning rule that was raised as well, such as `W13`.
    pub warning: Option<String>,
    /// Seconds until a repeat makes sense.
    pub retry_after: Option<u32>,
    /// The version now, where another was seen.
    pub version: Option<u64>,
    /// The methods that are allowed, for 405.
    pub allow: Option<HeaderValue>,
}

impl Problem {
    /// A generic one, by its code in [`catalogue`]; an unknown code is `internal`.
    pub fn generic(code: &str) -> Self {
        let generic = catalogue::find(code).unwrap_or_else(|| catalogue::named("internal"));
        Self {
            status: generic.status,
            code: generic.code.to_owned(),
            title: generic.title(),
            detail: generic.title(),
            law: None,
            remedy: generic.remedy(),
            errors: Vec::new(),
            warning: None,
            retry_after: generic.retry_after,
            version: None,
            allow: None,
        }
    }

    /// There is no such thing, or it is not told that there is.
    pub fn not_found() -> Self {
        Self::generic("not-found")
    }

    /// Malformed input at a JSON pointer.
    pub fn malformed(pointer: impl Into<String>, detail: Text) -> Self {
        let error = FieldError { pointer: pointer.into(), detail: detail.clone() };
        Self { errors: vec![error], detail, ..Self::generic("malformed") }
    }

    /// With this sentence.
    #[must_use]
    pub fn with_detail(mut self, detail: Text) -> Self {
        self.detail = detail;
        self
    }

    /// The same problem as an absent thing: where its existence is not told, 403 would tell it.
    #[must_use]
    pub fn hidden(self) -> Self {
        match self.status {
            StatusCode::FORBIDDEN => Self::not_found(),
            _ => self,
        }
    }

    /// The body in one language.
    pub fn body(&self, language: Language, request: Option<&str>) -> Value {
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
        put("type", format!("/docs/refusals/{}", self.code).into());
        put("title", language.pick(&self.title).into());
        put("status", self.status.as_u16().into());
        put("detail", language.pick(&self.detail).into());
        put("code", self.code.clone().into());
        put("remedy", language.pick(&self.remedy).into());
        if let Some(law) = &self.law {
            put("law", json!({ "article": law.article, "name": language.pick(&law.name) }));
        }
        if !self.errors.is_empty() {
            let errors = self.errors.iter().map(
                |error| json!({ "pointer": error.pointer, "detail": language.pick(&error.detail) }),
            );
            put("errors", errors.collect::<Vec<_>>().into());
        }
        if let Some(warning) = &self.warning {
            put("warning", warning.clone().into());
        }
        if let Some(version) = self.version {
            put("version", version.into());
        }
        if let Some(request) = request {
            put("request", request.into());
        }
        Value::Object(body)
    }

    /// The response in one language. Carries the problem along, so that a layer outside can say it otherwise.
    pub fn response(self, language: Language, request: Option<&str>) -> Response<Body> {
        let body = self.body(language, request).to_string();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        headers.insert(VARY, HeaderValue::from_static("accept-language"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if let Some(version) = self.version {
            headers.insert(ETAG, etag(version));
        }
        if let Some(allow) = &self.allow {
            headers.insert(ALLOW, allow.clone());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"cunwu\""));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for Problem {
    /// In Chinese; the middleware says it again in the caller's language.
    fn into_response(self) -> Response<Body> {
        self.response(Language::Zh, None)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let generic = catalogue::find(&refusal.code);
        // A code of a rule: a field without an article is a matter of form, everything else is refused by the rule.
        let fallback =
            if refusal.law.is_none() && refusal.field.is_some() { "malformed" } else { "rule" };
        let generic = generic.unwrap_or_else(|| catalogue::named(fallback));
        let errors =
            refusal.field.map(|pointer| FieldError { pointer, detail: refusal.what.clone() });
        Self {
            status: generic.status,
            code: refusal.code,
            title: generic.title(),
            detail: refusal.what,
            law: refusal.law,
            remedy: refusal.remedy,
            errors: errors.into_iter().collect(),
            warning: refusal.warning,
            retry_after: generic.retry_after,
            version: None,
            allow: None,
        }
    }
}

impl From<Verdict> for Problem {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Refused(refusal) => refusal.into(),
            Verdict::NotKnownYet(what) => {
                Self::generic("not-known-here-yet").with_detail(Text::new(
                    format!("还没有传到这里：{}。", what.zh),
                    format!("Not known here yet: {}.", what.en),
                ))
            }
            Verdict::KeyReused => Self::generic("key-reused"),
            Verdict::Changed { seen, now, .. } => {
                let detail = Text::new(
                    format!("您看到的是第{seen}版，现在是第{now}版。"),
                    format!("You saw version {seen}; it is at version {now} now."),
                );
                Self { version: Some(now), ..Self::generic("changed").with_detail(detail) }
            }
            Verdict::Unavailable(reason) => {
                // The reason may name tables or hosts: it goes to the log alone.
                tracing::warn!(%reason, "a command could not be written");
                Self::generic("unavailable")
            }
            Verdict::Unknown => Self::generic("outcome-unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::StreamId;

    use super::*;

    fn rule() -> Refusal {
        Refusal::new(
            "four-eyes",
            Text::new("经办人不得审批", "not by the same person"),
            Text::new("换人", "ask another"),
        )
        .by_law(Citation {
            article: "RCEO 26".into(), name: Text::new("第二十六条", "Article 26")
        })
        .at("/approver")
        .warns("W13")
    }

    #[test]
    fn a_rule_refuses_with_409_article_remedy_and_pointer() {
        let problem = Problem::from(Verdict::from(rule()));
        assert_eq!(problem.status, 409);
        assert_eq!(
            problem.body(Language::En, Some("r1")),
            json!({
                "type": "/docs/refusals/four-eyes", "title": "Against a rule", "status": 409,
                "detail": "not by the same person", "code": "four-eyes", "remedy": "ask another",
                "law": { "article": "RCEO 26", "name": "Article 26" },
                "errors": [{ "pointer": "/approver", "detail": "not by the same person" }],
                "warning": "W13", "request": "r1",
            })
        );
    }

    #[test]
    fn each_verdict_has_its_status() {
        let field =
            Refusal::field("/amount", Text::new("缺", "missing"), Text::new("填", "fill in"));
        let own = Refusal::new("odd-number", Text::new("奇数", "odd"), Text::new("偶数", "even"));
        let no_right = Refusal::new("no-right", Text::new("无", "no"), Text::new("有", "yes"));
        let changed = Verdict::Changed { stream: StreamId::of("payment", "x"), seen: 3, now: 4 };
        for (verdict, status, code, retry) in [
            (Verdict::from(field), 422, "malformed", None),
            (Verdict::from(own.clone()), 409, "odd-number", None),
            (Verdict::from(own.at("/n")), 422, "odd-number", None),
            (Verdict::from(no_right), 403, "no-right", None),
            (
                Verdict::NotKnownYet(Text::new("决议r", "resolution r")),
                503,
                "not-known-here-yet",
                Some("2"),
            ),
            (Verdict::KeyReused, 422, "key-reused", None),
            (changed, 412, "changed", None),
            (Verdict::Unavailable("SELECT * FROM heads".into()), 503, "unavailable", Some("5")),
            (Verdict::Unknown, 503, "outcome-unknown", Some("1")),
        ] {
            let problem = Problem::from(verdict);
            assert_eq!((problem.status.as_u16(), problem.code.as_str()), (status, code));
            assert!(!problem.body(Language::Zh, None).to_string().contains("SELECT"));
            let response = problem.into_response();
            let after = response.headers().get(RETRY_AFTER).map(|v| v.to_str().unwrap().to_owned());
            assert_eq!(after.as_deref(), retry, "{code}");
        }
    }

    #[test]
    fn what_changed_tells_the_version_now() {
        let verdict = Verdict::Changed { stream: StreamId::of("payment", "x"), seen: 3, now: 4 };
        let response = Problem::from(verdict).into_response();
        assert_eq!(response.headers()[ETAG], "\"4\"");
    }

    #[test]
    fn a_hidden_thing_is_like_an_absent_one() {
        let hidden = Problem::generic("no-right").hidden();
        assert_eq!(hidden, Problem::not_found());
        assert_eq!(Problem::generic("unauthenticated").hidden().status, 401);
    }
}
