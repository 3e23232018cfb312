//! Extractors whose errors are problems: JSON with the pointer of the field, form, query and path.

use axum::{
    extract::{FromRequest, FromRequestParts, Request, rejection::BytesRejection},
    http::{StatusCode, header::CONTENT_TYPE, request::Parts},
    response::{IntoResponse, Response},
};
use kernel::Text;
use serde::{Serialize, de::DeserializeOwned};
use serde_path_to_error::{Path as SerdePath, Segment};

use crate::problem::Problem;

/// A JSON body, in and out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json<T>(pub T);

/// An HTML form (`application/x-www-form-urlencoded`).
#[derive(Debug, Clone, Copy, Default)]
pub struct Form<T>(pub T);

/// The query of the address.
#[derive(Debug, Clone, Copy, Default)]
pub struct Query<T>(pub T);

/// The parts of the path. What does not parse is no address of anything: 404.
#[derive(Debug, Clone, Copy, Default)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !kind.is_some_and(is_json) {
            return Err(Problem::generic("unsupported-media-type"));
        }
        let bytes =
            axum::body::Bytes::from_request(request, state).await.map_err(|e| unreadable(&e))?;
        from_slice(&bytes).map(Self)
    }
}

/// Reads JSON; the error names the field by its JSON pointer.
///
/// # Errors
/// 422 `malformed`.
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| malformed(&pointer(error.path()), &error.inner().to_string()))?;
    reader.end().map_err(|error| malformed("", &error.to_string()))?;
    Ok(value)
}

fn malformed(pointer: &str, what: &str) -> Problem {
    let what: String = what.chars().take(300).collect();
    let field = if pointer.is_empty() { "/" } else { pointer };
    Problem::malformed(
        pointer,
        Text::new(format!("{field} 填写有误：{what}"), format!("{field} is wrong: {what}")),
    )
}

/// RFC 6901.
fn pointer(path: &SerdePath) -> String {
    path.iter().fold(String::new(), |mut pointer, segment| {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            // The variant of an enum is no level of the text in our forms; an unknown place has no name.
            Segment::Enum { .. } | Segment::Unknown => {}
        }
        pointer
    })
}

fn is_json(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn unreadable(rejection: &BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::generic("too-large")
    } else {
        malformed("", "the body ended early")
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match axum::Form::<T>::from_request(request, state).await {
            Ok(axum::Form(value)) => Ok(Self(value)),
            Err(rejection) => Err(match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => Problem::generic("too-large"),
                StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::generic("unsupported-media-type"),
                _ => malformed("", &rejection.body_text()),
            }),
        }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(malformed("", &rejection.body_text())),
        }
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) => Err(Problem::not_found()),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use serde::Deserialize;
    use serde_json::Value;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Voucher {
        #[allow(dead_code, reason = "only read by serde")]
        lines: Vec<Line>,
    }

    #[derive(Debug, Deserialize)]
    struct Line {
        #[allow(dead_code, reason = "only read by serde")]
        #[serde(rename = "a/b~c")]
        amount: i64,
    }

    async fn send(kind: &str, body: &str) -> Result<Voucher, Problem> {
        let request = Request::builder()
            .header(CONTENT_TYPE, kind)
            .body(Body::from(body.to_owned()))
            .unwrap();
        Json::<Voucher>::from_request(request, &()).await.map(|Json(voucher)| voucher)
    }

    #[tokio::test]
    async fn errors_point_to_the_field() {
        let good = r#"{"lines":[{"a/b~c":1}]}"#;
        assert!(send("application/json; charset=utf-8", good).await.is_ok());
        for (body, pointer) in [
            (r#"{"lines":[{"a/b~c":1},{"a/b~c":"x"}]}"#, "/lines/1/a~1b~0c"),
            (r#"{"lines":3}"#, "/lines"),
            (r#"{"lines":[],"more":1}"#, "/more"),
            (r#"{"lines":[]} x"#, ""),
            ("", ""),
        ] {
            let problem = send("application/json", body).await.unwrap_err();
            assert_eq!((problem.status.as_u16(), problem.code.as_str()), (422, "malformed"));
            assert_eq!(problem.errors[0].pointer, pointer, "{body}");
        }
    }

    #[tokio::test]
    async fn other_content_is_415() {
        for kind in ["text/plain", "application/x-www-form-urlencoded", "jsonish"] {
            assert_eq!(send(kind, "{}").await.unwrap_err().status, 415, "{kind}");
        }
    }

    #[test]
    fn deep_nesting_is_malformed_and_not_a_crash() {
        let deep = "[".repeat(100_000);
        assert_eq!(from_slice::<Value>(deep.as_bytes()).unwrap_err().status, 422);
    }
}
