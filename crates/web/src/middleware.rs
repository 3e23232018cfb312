//! What surrounds every route: number and span of the request, time limit, panics, cross-site requests, security headers,
//! compression, and errors in the caller's language. Knows no route.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method,
        header::{
            ACCEPT, ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY,
            CONTENT_TYPE, COOKIE, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
            X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
        },
    },
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use futures::FutureExt;
use tower_http::{
    compression::CompressionLayer,
    csrf::{ConfigError, CsrfLayer, ProtectionError},
    request_id::{MakeRequestId, MakeRequestUuid},
};
use tracing::{Instrument, field::Empty};

use crate::{
    catalogue, language::Language, metrics::Metrics, problem::Problem, routes::Site,
    telemetry::trace_id,
};

/// The number of a request, in and out.
pub static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Own pages, own style, own script, nothing inline, nothing framed.
const POLICY: &str = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

type Renderer = Arc<dyn Fn(&Problem, &HeaderMap, &str) -> String + Send + Sync>;

/// How all routes are surrounded.
#[derive(Clone)]
pub struct Conventions {
    timeout: Duration,
    https: bool,
    trusted: Vec<String>,
    metrics: Metrics,
    page: Option<Renderer>,
}

impl Conventions {
    /// Thirty seconds a request; `https`: people reach the pages over HTTPS, also when a proxy ends it.
    pub fn new(metrics: Metrics, https: bool) -> Self {
        Self { timeout: Duration::from_secs(30), https, trusted: Vec::new(), metrics, page: None }
    }

    /// Another limit for the time until an answer begins.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Another origin whose pages may send forms here, as a browser writes it: `https://portal.example`.
    #[must_use]
    pub fn trust(mut self, origin: impl Into<String>) -> Self {
        self.trusted.push(origin.into());
        self
    }

    /// How a problem looks to somebody with a browser: from the problem, the request's headers and its number, a page.
    #[must_use]
    pub fn page<F>(mut self, render: F) -> Self
    where
        F: Fn(&Problem, &HeaderMap, &str) -> String + Send + Sync + 'static,
    {
        self.page = Some(Arc::new(render));
        self
    }

    /// The site with all of this around.
    ///
    /// # Errors
    /// An origin that no browser would send.
    pub fn around(self, site: Site) -> Result<Site, ConfigError> {
        let mut csrf = CsrfLayer::new();
        for origin in &self.trusted {
            csrf = csrf.add_trusted_origin(origin)?;
        }
        let csrf = csrf.with_rejection_response(|_: ProtectionError| -> Response {
            Problem::generic("cross-site").response(Language::Zh, None)
        });
        let mut site = site;
        site.router = site
            .router
            .layer(csrf)
            .layer(from_fn_with_state(Arc::new(self), surround))
            .layer(CompressionLayer::new());
        Ok(site)
    }
}

async fn surround(
    State(conventions): State<Arc<Conventions>>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = request_id(&mut request);
    let asked = request.headers().clone();
    let method = method_label(request.method());
    let route =
        request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let trace = asked.get(&TRACEPARENT).and_then(|v| v.to_str().ok()).and_then(trace_id);
    // The registered path alone: an address may hold a name that somebody searched for.
    let span = tracing::info_span!("request", method, route, id, trace, status = Empty);
    let work = AssertUnwindSafe(next.run(request)).catch_unwind();
    let answer = tokio::time::timeout(conventions.timeout, work).instrument(span.clone()).await;
    let answer = match answer {
        Ok(Ok(response)) => response,
        Ok(Err(_panic)) => {
            span.in_scope(|| tracing::error!("a handler panicked"));
            Problem::generic("internal").response(Language::Zh, None)
        }
        Err(_elapsed) => Problem::generic("timeout").response(Language::Zh, None),
    };
    let mut answer = say(answer, &conventions, &asked, &id);
    let status = answer.status().as_u16();
    span.record("status", status);
    span.in_scope(|| match status {
        500.. => tracing::warn!("answered"),
        _ => tracing::debug!("answered"),
    });
    conventions.metrics.request(method, &route, status);
    add_headers(&mut answer, &conventions, &asked, &id);
    answer
}

/// The caller's number when it is a harmless one, a new one otherwise.
fn request_id(request: &mut Request) -> String {
    let sent = request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok());
    let harmless = |text: &&str| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let kept = sent.filter(harmless).map(str::to_owned);
    let id = kept.unwrap_or_else(|| {
        let made = MakeRequestUuid.make_request_id(request);
        let made = made.map(|id| id.into_header_value());
        made.as_ref().and_then(|value| value.to_str().ok()).unwrap_or("none").to_owned()
    });
    if let Ok(value) = HeaderValue::try_from(id.as_str()) {
        request.headers_mut().insert(REQUEST_ID.clone(), value);
    }
    id
}

/// A label for any method: a made-up one must not make a new series.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// Errors become problems, in the caller's language, and pages for those who look with a browser.
fn say(mut answer: Response, conventions: &Conventions, asked: &HeaderMap, id: &str) -> Response {
    let problem = answer.extensions_mut().remove::<Problem>().or_else(|| bare_error(&answer));
    let Some(problem) = problem else { return answer };
    let browser = asked
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    let mut said = problem.clone().response(Language::of(asked), Some(id));
    if let (true, Some(render)) = (browser, &conventions.page) {
        let page = render(&problem, asked, id);
        *said.body_mut() = Body::from(page);
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        said.headers_mut().insert(CONTENT_TYPE, html);
    }
    for (name, value) in answer.headers() {
        let ours = said.headers().contains_key(name) || *name == CONTENT_LENGTH;
        if !ours {
            said.headers_mut().append(name.clone(), value.clone());
        }
    }
    said
}

/// An error that some layer wrote as plain text or with no body at all.
fn bare_error(answer: &Response) -> Option<Problem> {
    let status = answer.status();
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if kind.is_some_and(|kind| !kind.starts_with("text/plain")) {
        return None;
    }
    let generic = catalogue::for_status(status);
    let allow = answer.headers().get(ALLOW).cloned();
    Some(Problem { allow, ..Problem::generic(generic.code) })
}

fn add_headers(answer: &mut Response, conventions: &Conventions, asked: &HeaderMap, id: &str) {
    let personal = asked.contains_key(COOKIE) || asked.contains_key(AUTHORIZATION);
    let refused = answer.status().is_client_error() || answer.status().is_server_error();
    let headers = answer.headers_mut();
    let mut usual = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    usual(CONTENT_SECURITY_POLICY, POLICY);
    usual(X_CONTENT_TYPE_OPTIONS, "nosniff");
    usual(X_FRAME_OPTIONS, "DENY");
    // Nothing to other sites. Not `no-referrer`: browsers then send `Origin: null` with our own forms, and older ones
    // have nothing else by which to tell them from a stranger's (Fetch standard, "append a request Origin header").
    usual(REFERRER_POLICY, "same-origin");
    usual(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    usual(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    );
    if conventions.https {
        usual(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    usual(CACHE_CONTROL, if personal || refused { "no-store" } else { "no-cache" });
    if let Ok(value) = HeaderValue::try_from(id) {
        headers.insert(REQUEST_ID.clone(), value);
    }
}

#[cfg(test)]
mod tests {
    use axum::{
        body::to_bytes,
        http::{StatusCode, header::CONTENT_ENCODING},
    };
    use kernel::{Class, Text};
    use serde_json::Value;
    use tower::ServiceExt;

    use super::*;
    use crate::routes::{RouteInfo, Routes};

    fn site() -> Site {
        let info = |method: Method, path: &str| {
            RouteInfo::new(
                method,
                path,
                path,
                Text::new("某", "some"),
                ("web", "open", Class::Public),
            )
        };
        async fn panics() -> &'static str {
            let nothing: [u8; 0] = [];
            if nothing.iter().max().copied().unwrap_or(0) == 0 {
                panic!("the secret 42")
            }
            "unreachable"
        }
        Routes::new()
            .add(info(Method::GET, "/long"), || async { "村".repeat(1000) })
            .add(info(Method::POST, "/form"), || async { "done" })
            .add(info(Method::GET, "/panics"), panics)
            .add(info(Method::GET, "/hangs"), std::future::pending::<String>)
            .add(info(Method::GET, "/plain"), || async { (StatusCode::CONFLICT, "SELECT secret") })
            .add(info(Method::GET, "/refuses"), || async { Problem::generic("changed") })
            .finish()
            .unwrap()
    }

    async fn send(
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> (StatusCode, HeaderMap, String) {
        let conventions = Conventions::new(Metrics::new("0", "0").unwrap(), true)
            .trust("https://portal.example")
            .page(|problem, _, id| format!("<h1>{}</h1>{id}", problem.code));
        let router = conventions.around(site()).unwrap().into_router();
        let mut request =
            Request::builder().method(method).uri(path).header("host", "cunwu.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        (parts.status, parts.headers, String::from_utf8_lossy(&body).into_owned())
    }

    async fn problem(method: &str, path: &str, headers: &[(&str, &str)]) -> (u16, Value) {
        let (status, headers, body) = send(method, path, headers).await;
        assert_eq!(headers[CONTENT_TYPE], "application/problem+json", "{path}");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["status"], status.as_u16());
        (status.as_u16(), body)
    }

    #[tokio::test]
    async fn every_error_is_a_problem_in_the_callers_language() {
        let (status, body) = problem("GET", "/nothing", &[("accept-language", "en")]).await;
        assert_eq!(
            (status, body["title"].as_str()),
            (404, Some("There is no such page or matter"))
        );
        let (status, body) = problem("GET", "/refuses", &[]).await;
        assert_eq!((status, body["title"].as_str()), (412, Some("内容已有变动")));
        let (status, body) = problem("GET", "/plain", &[]).await;
        assert_eq!((status, body["code"].as_str()), (409, Some("rule")));
        assert!(!body.to_string().contains("SELECT"));
        let (status, body) = problem("DELETE", "/form", &[]).await;
        assert_eq!((status, body["code"].as_str()), (405, Some("method-not-allowed")));
        assert_eq!(send("DELETE", "/form", &[]).await.1[ALLOW], "POST");
    }

    #[tokio::test]
    async fn a_panic_is_a_500_without_its_words_and_with_the_number() {
        let (status, body) = problem("GET", "/panics", &[("x-request-id", "abc-1")]).await;
        assert_eq!((status, body["request"].as_str()), (500, Some("abc-1")));
        assert!(!body.to_string().contains("secret"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_hangs_is_a_503() {
        let (status, body) = problem("GET", "/hangs", &[]).await;
        assert_eq!((status, body["code"].as_str()), (503, Some("timeout")));
    }

    #[tokio::test]
    async fn a_browser_gets_a_page_with_the_same_status() {
        let browser = [("accept", "text/html,*/*;q=0.8"), ("x-request-id", "n1")];
        let (status, headers, body) = send("GET", "/refuses", &browser).await;
        assert_eq!((status.as_u16(), body.as_str()), (412, "<h1>changed</h1>n1"));
        assert_eq!(headers[CONTENT_TYPE], "text/html; charset=utf-8");
    }

    #[tokio::test]
    async fn forms_from_other_sites_are_refused() {
        for (headers, fine) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")], false),
            (&[("sec-fetch-site", "same-site"), ("origin", "https://other.cunwu.example")], false),
            (&[("origin", "https://evil.example")], false),
            (&[("origin", "null")], false),
            (&[("origin", "https://cunwu.example")], true),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://portal.example")], true),
            (&[], true),
        ] {
            let (status, _, body) = send("POST", "/form", headers).await;
            assert_eq!(status.as_u16(), if fine { 200 } else { 403 }, "{headers:?}");
            assert_eq!(body.contains("cross-site"), !fine, "{headers:?}");
        }
    }

    #[tokio::test]
    async fn security_headers_are_on_every_answer() {
        for path in ["/long", "/nothing", "/panics"] {
            let (_, headers, _) = send("GET", path, &[]).await;
            assert!(
                headers[CONTENT_SECURITY_POLICY].to_str().unwrap().contains("default-src 'self'")
            );
            assert!(!headers[CONTENT_SECURITY_POLICY].to_str().unwrap().contains("unsafe"));
            assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
            assert_eq!(headers[STRICT_TRANSPORT_SECURITY], "max-age=31536000");
            assert!(headers.contains_key(&REQUEST_ID));
        }
        assert_eq!(send("GET", "/long", &[]).await.1[CACHE_CONTROL], "no-cache");
        assert_eq!(send("GET", "/long", &[("cookie", "a=b")]).await.1[CACHE_CONTROL], "no-store");
    }

    #[tokio::test]
    async fn numbers_of_requests_are_kept_only_when_harmless() {
        let number = async |sent: &str| {
            send("GET", "/long", &[("x-request-id", sent)]).await.1[&REQUEST_ID]
                .to_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(number("abc-123").await, "abc-123");
        let made = number("<script>").await;
        assert_eq!(made.len(), 36, "{made}");
        assert_ne!(made, number("<script>").await);
    }

    #[tokio::test]
    async fn long_answers_are_compressed_when_asked() {
        let (_, headers, body) = send("GET", "/long", &[("accept-encoding", "gzip")]).await;
        assert_eq!(headers[CONTENT_ENCODING], "gzip");
        assert!(body.len() < 3000);
        assert!(!send("GET", "/long", &[]).await.1.contains_key(CONTENT_ENCODING));
    }

    #[test]
    fn an_origin_that_no_browser_sends_is_an_error() {
        let metrics = Metrics::new("0", "0").unwrap();
        assert!(Conventions::new(metrics, true).trust("portal.example").around(site()).is_err());
    }
}
