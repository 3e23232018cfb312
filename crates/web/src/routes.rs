//! The registry of routes: each says what it is for and who may use it, and nothing is served that is not in it. From it
//! come the description of the API and the golden matrix of access.

use std::{collections::BTreeSet, convert::Infallible, sync::Arc};

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    handler::Handler,
    http::Method,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{MethodFilter, on},
};
use kernel::{Class, Text};
use serde_json::Value;
use tower_http::limit::RequestBodyLimitLayer;

use crate::{openapi::openapi, problem::Problem};

/// The most bytes of an ordinary request: 256 KiB.
pub const BODY_LIMIT: usize = 256 * 1024;
/// The most bytes of an upload: 12 MiB.
pub const UPLOAD_LIMIT: usize = 12 * 1024 * 1024;

/// What a route answers with when all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Media {
    /// `application/json`: described in OpenAPI.
    Json,
    /// A page for people: not part of the API.
    Html,
    /// Another type, described in OpenAPI: a log's tile, a CSV.
    Other(&'static str),
}

/// What a route is.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteInfo {
    /// The method.
    pub method: Method,
    /// The path with its parameters: `/api/funds/payments/{payment}`.
    pub path: String,
    /// A stable name, unique over all routes: OpenAPI's `operationId`.
    pub operation: String,
    /// What it is for.
    pub summary: Text,
    /// The service that answers.
    pub service: String,
    /// What the gate is asked: `open`, `read`, `take-part`, `act`, `act-for`, `administer`, `secure`, `audit`.
    pub action: String,
    /// The class of what it shows or touches.
    pub class: Class,
    /// What it answers with.
    pub media: Media,
    /// JSON Schema (2020-12) of the body.
    pub request: Option<Value>,
    /// JSON Schema (2020-12) of the answer.
    pub response: Option<Value>,
    /// Asks for `Idempotency-Key`.
    pub keyed: bool,
    /// Asks for `If-Match`.
    pub versioned: bool,
    /// Takes uploads: up to 12 MiB.
    pub upload: bool,
}

impl RouteInfo {
    /// A route of a service, for an action on what is of this class.
    pub fn new(
        method: Method,
        path: impl Into<String>,
        operation: impl Into<String>,
        summary: Text,
        (service, action, class): (&str, &str, Class),
    ) -> Self {
        Self {
            method,
            path: path.into(),
            operation: operation.into(),
            summary,
            service: service.to_owned(),
            action: action.to_owned(),
            class,
            media: Media::Json,
            request: None,
            response: None,
            keyed: false,
            versioned: false,
            upload: false,
        }
    }

    /// A page for people.
    #[must_use]
    pub fn html(mut self) -> Self {
        self.media = Media::Html;
        self
    }

    /// Answers with another type.
    #[must_use]
    pub fn media(mut self, media: &'static str) -> Self {
        self.media = Media::Other(media);
        self
    }

    /// With the schema of the body.
    #[must_use]
    pub fn takes(mut self, schema: Value) -> Self {
        self.request = Some(schema);
        self
    }

    /// With the schema of the answer.
    #[must_use]
    pub fn gives(mut self, schema: Value) -> Self {
        self.response = Some(schema);
        self
    }

    /// Asks for `Idempotency-Key`.
    #[must_use]
    pub fn keyed(mut self) -> Self {
        self.keyed = true;
        self
    }

    /// Asks for `If-Match`.
    #[must_use]
    pub fn versioned(mut self) -> Self {
        self.versioned = true;
        self
    }

    /// Takes uploads.
    #[must_use]
    pub fn upload(mut self) -> Self {
        self.upload = true;
        self
    }

    fn flaw(&self) -> Option<String> {
        let name = format!("{} {}", self.method, self.path);
        if !self.path.starts_with('/') || self.path.contains("//") || self.path.contains("/:") {
            return Some(format!("{name}: a path begins with / and has parameters as {{name}}"));
        }
        if self.operation.is_empty() || !self.summary.is_complete() {
            return Some(format!("{name}: needs an operation id and a summary in both languages"));
        }
        if self.service.is_empty() || self.action.is_empty() {
            return Some(format!("{name}: needs a service and an action"));
        }
        if MethodFilter::try_from(self.method.clone()).is_err() {
            return Some(format!("{name}: not a method that can be served"));
        }
        None
    }
}

/// Routes being put together.
pub struct Routes<S = ()> {
    router: Router<S>,
    infos: Vec<RouteInfo>,
    flaws: Vec<String>,
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// None yet.
    pub fn new() -> Self {
        Self { router: Router::new(), infos: Vec::new(), flaws: Vec::new() }
    }

    /// Adds a route. What is wrong with it is told by [`Routes::finish`].
    #[must_use]
    pub fn add<H, T>(mut self, info: RouteInfo, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        if let Some(filter) = self.note(&info) {
            let limit = if info.upload { UPLOAD_LIMIT } else { BODY_LIMIT };
            let route = on(filter, handler)
                .layer::<_, Infallible>(DefaultBodyLimit::max(limit))
                .layer(RequestBodyLimitLayer::new(limit));
            self.router = self.router.route(&info.path, route);
        }
        self
    }

    /// Adds a router that another room has made, for the routes declared here alone: whatever else it has answers 404.
    #[must_use]
    pub fn mount(mut self, infos: Vec<RouteInfo>, router: Router<S>) -> Self {
        let mut declared = BTreeSet::new();
        for info in infos {
            if self.note(&info).is_some() {
                declared.insert((info.method.to_string(), info.path.clone()));
            }
        }
        let declared = Arc::new(declared);
        self.router =
            self.router.merge(router.route_layer(from_fn_with_state(declared, only_declared)));
        self
    }

    /// All routes of another registry with the same state.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        for info in &other.infos {
            if let Some(flaw) = self.clash(info) {
                self.flaws.push(flaw);
            }
        }
        if self.flaws.is_empty() {
            self.router = self.router.merge(other.router);
        }
        self.infos.extend(other.infos);
        self.flaws.extend(other.flaws);
        self
    }

    /// Gives the handlers their state.
    #[must_use]
    pub fn with_state<S2: Clone + Send + Sync + 'static>(self, state: S) -> Routes<S2> {
        Routes { router: self.router.with_state(state), infos: self.infos, flaws: self.flaws }
    }

    /// The routes so far.
    pub fn infos(&self) -> &[RouteInfo] {
        &self.infos
    }

    fn clash(&self, info: &RouteInfo) -> Option<String> {
        let name = format!("{} {}", info.method, info.path);
        self.infos.iter().find_map(|other| {
            if other.method == info.method && shape(&other.path) == shape(&info.path) {
                return Some(format!("{name}: registered twice"));
            }
            if other.operation == info.operation {
                return Some(format!("{name}: the operation id {} is taken", info.operation));
            }
            // The router takes one name of a parameter at one place only.
            let same_place = shape(&other.path) == shape(&info.path) && other.path != info.path;
            same_place.then(|| format!("{name}: {} names its parameters otherwise", other.path))
        })
    }

    fn note(&mut self, info: &RouteInfo) -> Option<MethodFilter> {
        if let Some(flaw) = info.flaw().or_else(|| self.clash(info)) {
            self.flaws.push(flaw);
            return None;
        }
        self.infos.push(info.clone());
        MethodFilter::try_from(info.method.clone()).ok()
    }
}

impl Routes<()> {
    /// Adds `/api/openapi.json`, the description of all routes registered until now.
    #[must_use]
    pub fn describe(self, title: &Text, version: &str) -> Self {
        let info = RouteInfo::new(
            Method::GET,
            "/api/openapi.json",
            "describe-api",
            Text::new("接口说明（OpenAPI 3.1）", "Description of the API (OpenAPI 3.1)"),
            ("web", "open", Class::Public),
        );
        let mut infos = self.infos.clone();
        infos.push(info.clone());
        let document: Arc<str> = openapi(title, version, &infos).to_string().into();
        self.add(info, move || async move {
            ([("content-type", "application/json")], document.to_string())
        })
    }

    /// What can be served, or everything that is wrong with the registry.
    ///
    /// # Errors
    /// A sentence each flaw: a route twice, an operation id taken, a summary missing.
    pub fn finish(self) -> Result<Site, Vec<String>> {
        if !self.flaws.is_empty() {
            return Err(self.flaws);
        }
        let router = self
            .router
            .fallback(|| async { Problem::not_found() })
            .method_not_allowed_fallback(|| async { Problem::generic("method-not-allowed") });
        Ok(Site { router, infos: Arc::new(self.infos) })
    }
}

/// The path with the names of its parameters left out.
fn shape(path: &str) -> String {
    let segments = path.split('/').map(|segment| {
        if segment.starts_with("{*") {
            "{*}"
        } else if segment.starts_with('{') {
            "{}"
        } else {
            segment
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

async fn only_declared(
    State(declared): State<Arc<BTreeSet<(String, String)>>>,
    request: Request,
    next: Next,
) -> Response {
    // GET answers HEAD as well.
    let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if declared.contains(&(method.to_string(), path.to_owned())) {
        next.run(request).await
    } else {
        Problem::not_found().into_response()
    }
}

/// All that is served: made by [`Routes::finish`] alone.
#[derive(Clone)]
pub struct Site {
    pub(crate) router: Router,
    infos: Arc<Vec<RouteInfo>>,
}

impl Site {
    /// Every route.
    pub fn infos(&self) -> &[RouteInfo] {
        &self.infos
    }

    /// The router, for one more layer around or for a test.
    pub fn into_router(self) -> Router {
        self.router
    }
}

#[cfg(test)]
mod tests {
    use axum::{
        body::Body,
        http::{Request, StatusCode},
        routing::get,
    };
    use tower::ServiceExt;

    use super::*;

    fn info(method: Method, path: &str, operation: &str) -> RouteInfo {
        RouteInfo::new(
            method,
            path,
            operation,
            Text::new("某", "some"),
            ("funds", "read", Class::Public),
        )
    }

    async fn status(site: &Site, method: &str, path: &str, body: usize) -> StatusCode {
        let request =
            Request::builder().method(method).uri(path).body(Body::from(vec![b'x'; body])).unwrap();
        site.router.clone().oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn what_is_not_registered_is_404_also_in_a_mounted_router() {
        let other = Router::new()
            .route("/logs/{log}/checkpoint", get(|| async { "c" }).post(|| async { "hidden" }))
            .route("/back-door", get(|| async { "hidden" }));
        let site = Routes::new()
            .add(info(Method::GET, "/a/{id}", "a"), || async { "a" })
            .mount(vec![info(Method::GET, "/logs/{log}/checkpoint", "checkpoint")], other)
            .finish()
            .unwrap();
        for (method, path, expected) in [
            ("GET", "/a/1", 200),
            ("GET", "/logs/l/checkpoint", 200),
            ("HEAD", "/logs/l/checkpoint", 200),
            ("POST", "/logs/l/checkpoint", 404),
            ("GET", "/back-door", 404),
            ("GET", "/nothing", 404),
            ("DELETE", "/a/1", 405),
        ] {
            assert_eq!(status(&site, method, path, 0).await, expected, "{method} {path}");
        }
        let listed: Vec<_> = site.infos().iter().map(|info| info.operation.as_str()).collect();
        assert_eq!(listed, ["a", "checkpoint"]);
    }

    #[test]
    fn flaws_are_told_and_nothing_panics() {
        let flaws = Routes::<()>::new()
            .add(info(Method::GET, "/a/{x}", "a"), || async {})
            .add(info(Method::GET, "/a/{x}", "b"), || async {})
            .add(info(Method::POST, "/a/{y}", "c"), || async {})
            .add(info(Method::GET, "/d", "a"), || async {})
            .add(info(Method::GET, "no-slash", "e"), || async {})
            .add(
                RouteInfo { summary: Text::new("某", ""), ..info(Method::GET, "/f", "f") },
                || async {},
            )
            .finish()
            .err()
            .unwrap();
        assert_eq!(flaws.len(), 5, "{flaws:#?}");
        let one = || Routes::<()>::new().add(info(Method::GET, "/a", "a"), || async {});
        assert!(one().merge(one()).finish().is_err());
    }

    #[tokio::test]
    async fn bodies_are_limited_by_kind() {
        async fn length(bytes: axum::body::Bytes) -> String {
            bytes.len().to_string()
        }
        let site = Routes::new()
            .add(info(Method::POST, "/small", "small"), length)
            .add(info(Method::POST, "/large", "large").upload(), length)
            .finish()
            .unwrap();
        assert_eq!(status(&site, "POST", "/small", BODY_LIMIT).await, 200);
        assert_eq!(status(&site, "POST", "/small", BODY_LIMIT + 1).await, 413);
        assert_eq!(status(&site, "POST", "/large", UPLOAD_LIMIT).await, 200);
        assert_eq!(status(&site, "POST", "/large", UPLOAD_LIMIT + 1).await, 413);
    }
}
