//! The log over HTTP: C2SP tlog-tiles, the entries that are not in tiles yet, and ready proofs. All of it is public.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use exchange::Source;
use kernel::{LogId, LogKind};
use proof::Tile;
use serde::{Deserialize, Serialize};

use crate::publisher::{PublishError, Publisher};

/// A service's logs: its publisher, and the owner for what is not published yet.
#[derive(Clone)]
struct Logs {
    publisher: Arc<Publisher>,
    owner: Arc<dyn Source>,
}

/// Routes below the prefix at which they are nested, such as `/logs`:
/// `/`, `/{log}/checkpoint`, `/{log}/tile/…`, `/{log}/key`, `/{log}/entries?from=`, `/{log}/proof/{index}`, `/{log}/consistency`.
pub fn routes(publisher: Arc<Publisher>, owner: Arc<dyn Source>) -> Router {
    Router::new()
        .route("/", get(list))
        .route("/{log}/checkpoint", get(checkpoint))
        .route("/{log}/key", get(key))
        .route("/{log}/tile/{*path}", get(tile))
        .route("/{log}/entries", get(entries))
        .route("/{log}/proof/{index}", get(proof_file))
        .route("/{log}/consistency", post(consistency))
        .with_state(Logs { publisher, owner })
}

/// One log in the list.
#[derive(Serialize, Deserialize)]
struct Listed {
    log: LogId,
    kind: LogKind,
    size: u64,
    published: u64,
    key: String,
}

async fn list(State(logs): State<Logs>) -> Response {
    let heads = match logs.owner.logs().await {
        Ok(heads) => heads,
        Err(error) => return unavailable(&error.to_string()),
    };
    let listed: Vec<_> = heads
        .into_iter()
        .filter_map(|head| {
            Some(Listed {
                published: logs.publisher.published(&head.log).map_or(0, |p| p.size),
                key: logs.publisher.verifier(&head.log).ok()?.to_string(),
                log: head.log,
                kind: head.kind,
                size: head.size,
            })
        })
        .collect();
    Json(listed).into_response()
}

async fn checkpoint(State(logs): State<Logs>, Path(log): Path<LogId>) -> Response {
    match logs.publisher.published(&log) {
        Some(published) => (
            [
                (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                (header::CACHE_CONTROL, "no-cache"),
            ],
            published.checkpoint.clone(),
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn key(State(logs): State<Logs>, Path(log): Path<LogId>) -> Response {
    match (logs.publisher.published(&log), logs.publisher.verifier(&log)) {
        (Some(_), Ok(key)) => format!("{key}\n").into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn tile(State(logs): State<Logs>, Path((log, path)): Path<(LogId, String)>) -> Response {
    let Ok(tile) = format!("tile/{path}").parse::<Tile>() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match logs.publisher.tile(&log, &tile) {
        Ok(Some(bytes)) => (
            [
                (header::CONTENT_TYPE, "application/octet-stream"),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ],
            bytes,
        )
            .into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => unavailable(&error.to_string()),
    }
}

/// Where a reader wants to go on.
#[derive(Deserialize)]
struct From {
    #[serde(default)]
    from: u64,
    #[serde(default)]
    limit: Option<u32>,
}

/// Entries in the bundle format of tlog-tiles (a big-endian u16 length before each), from an index on, also those not yet
/// published; the header `cunwu-size` tells the log's present size.
async fn entries(
    State(logs): State<Logs>,
    Path(log): Path<LogId>,
    Query(from): Query<From>,
) -> Response {
    let limit = from.limit.unwrap_or(256).clamp(1, 1024);
    let answer = async {
        let heads = logs.owner.logs().await?;
        let Some(head) = heads.into_iter().find(|head| head.log == log) else {
            return Ok(None);
        };
        Ok::<_, exchange::SourceError>(Some((
            head,
            logs.owner.entries(&log, from.from, limit).await?,
        )))
    };
    match answer.await {
        Ok(Some((head, entries))) => {
            match proof::encode_entries(entries.iter().map(|(_, bytes)| bytes)) {
                Ok(bundle) => (
                    [
                        ("content-type", "application/octet-stream".to_owned()),
                        ("cunwu-size", head.size.to_string()),
                        ("cunwu-count", entries.len().to_string()),
                        ("cache-control", "no-store".to_owned()),
                    ],
                    bundle,
                )
                    .into_response(),
                Err(error) => unavailable(&error.to_string()),
            }
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => unavailable(&error.to_string()),
    }
}

async fn proof_file(State(logs): State<Logs>, Path((log, index)): Path<(LogId, u64)>) -> Response {
    match logs.publisher.proof(&log, index).await {
        Ok(Some(file)) => Json(file).into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => unavailable(&error.to_string()),
    }
}

async fn consistency(State(logs): State<Logs>, Path(log): Path<LogId>, old: String) -> Response {
    match logs.publisher.consistency(&log, &old) {
        Ok(Some(file)) => Json(file).into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(PublishError::Malformed { problem, .. }) => {
            (StatusCode::UNPROCESSABLE_ENTITY, problem).into_response()
        }
        Err(error) => unavailable(&error.to_string()),
    }
}

fn unavailable(reason: &str) -> Response {
    tracing::error!(reason, "log");
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")]).into_response()
}
