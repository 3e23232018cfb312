//! Health for whoever runs the program: alive, ready, metrics. Knows no database; readiness is asked of closures.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::State,
    http::{Method, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use futures::future::join_all;
use kernel::{Class, Text};
use serde_json::{Map, Value, json};

use crate::{
    metrics::Metrics,
    problem::Problem,
    routes::{RouteInfo, Routes},
};

const PATIENCE: Duration = Duration::from_secs(2);

type Answer = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;
type Check = Arc<dyn Fn() -> Answer + Send + Sync>;

/// What makes the program ready, and whether it is stopping.
#[derive(Clone)]
pub struct Health {
    checks: Vec<(&'static str, Check)>,
    draining: Arc<AtomicBool>,
    metrics: Metrics,
}

impl Health {
    /// Ready at once: add the checks.
    pub fn new(metrics: Metrics) -> Self {
        Self { checks: Vec::new(), draining: Arc::default(), metrics }
    }

    /// Ready only while this is fine. The reason is shown to whoever asks: a sentence, no SQL and no address.
    #[must_use]
    pub fn check<F, A>(mut self, name: &'static str, check: F) -> Self
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.checks.push((name, Arc::new(move || Box::pin(check()))));
        self
    }

    /// From now on not ready: the program is stopping, and nothing new should come in.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether it is stopping.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// The counters.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Asks every check, all at once, two seconds at most. A check that does not answer is not fine.
    pub async fn ready(&self) -> (bool, Value) {
        let asked = self.checks.iter().map(|(name, check)| async move {
            let answer = tokio::time::timeout(PATIENCE, check()).await;
            let answer = answer.unwrap_or_else(|_| Err("no answer in 2 s".to_owned()));
            (*name, answer)
        });
        let mut ready = !self.is_draining();
        let mut told = Map::new();
        for (name, answer) in join_all(asked).await {
            ready &= answer.is_ok();
            let answer = answer.map_or_else(|reason| reason, |()| "ok".to_owned());
            told.insert(name.to_owned(), answer.into());
        }
        let draining = self.is_draining();
        (ready, json!({ "ready": ready, "draining": draining, "checks": told }))
    }

    /// `/healthz`, `/readyz` and `/metrics`.
    pub fn routes(&self) -> Routes {
        let info = |path: &str, operation: &str, zh: &str, en: &str| {
            let text = Text::new(zh, en);
            RouteInfo::new(Method::GET, path, operation, text, ("web", "open", Class::Public))
        };
        let schema = json!({ "type": "object", "required": ["ready", "draining", "checks"] });
        Routes::new()
            .add(
                info("/healthz", "alive", "程序在运行", "The program is alive").media("text/plain"),
                || async { "ok\n" },
            )
            .add(info("/readyz", "ready", "可以提供服务", "Ready to serve").gives(schema), readyz)
            .add(
                info("/metrics", "metrics", "运行指标（Prometheus）", "Metrics (Prometheus)")
                    .media("text/plain"),
                metrics,
            )
            .with_state(self.clone())
    }
}

async fn readyz(State(health): State<Health>) -> Response {
    let (ready, told) = health.ready().await;
    if ready {
        axum::Json(told).into_response()
    } else {
        tracing::warn!(%told, "not ready");
        (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "5")], axum::Json(told)).into_response()
    }
}

async fn metrics(State(health): State<Health>) -> Response {
    match health.metrics.text() {
        Ok((kind, text)) => ([("content-type", kind)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics can't be written");
            Problem::generic("internal").into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        http::Request,
    };
    use tower::ServiceExt;

    use super::*;

    async fn get(health: &Health, path: &str) -> (u16, String) {
        let router = health.routes().finish().unwrap().into_router();
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    fn health() -> Health {
        Health::new(Metrics::new("0.1.0", "abc").unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn ready_while_all_is_fine_and_not_while_draining() {
        let switch = Arc::new(AtomicBool::new(true));
        let seen = switch.clone();
        let health = health().check("database", move || {
            let fine = seen.load(Ordering::Relaxed);
            async move { if fine { Ok(()) } else { Err("not reachable".to_owned()) } }
        });
        assert_eq!(get(&health, "/readyz").await.0, 200);
        switch.store(false, Ordering::Relaxed);
        let (status, body) = get(&health, "/readyz").await;
        assert_eq!((status, body.contains("not reachable")), (503, true));
        switch.store(true, Ordering::Relaxed);
        health.drain();
        assert_eq!(get(&health, "/readyz").await.0, 503);
        assert_eq!(get(&health, "/healthz").await, (200, "ok\n".to_owned()));
        let slow = self::health().check("broker", std::future::pending);
        assert!(get(&slow, "/readyz").await.1.contains("no answer in 2 s"));
    }

    #[tokio::test]
    async fn metrics_are_served() {
        let (status, body) = get(&health(), "/metrics").await;
        assert_eq!((status, body.contains("cunwu_build_info")), (200, true));
    }
}
