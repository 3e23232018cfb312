//! The log over HTTP: C2SP tlog-tiles, the entries that are not in tiles yet, and ready proofs. All of it is public.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use exchange::{LogHead, Source, SourceError};
use kernel::{Class, LogId, LogKind, Text};
use proof::Tile;
use serde::{Deserialize, Serialize};
use web::{RouteInfo, Routes};

use crate::publisher::{PublishError, Publisher};

/// A service's logs: its publisher, and the owner for what is not published yet.
#[derive(Clone)]
pub struct ServedLogs {
    /// What is signed.
    pub publisher: Arc<Publisher>,
    /// All entries.
    pub owner: Arc<dyn Source>,
}

/// The logs of the services in this process.
type Served = Arc<Vec<ServedLogs>>;

fn info(method: Method, path: &str, operation: &str, zh: &str, en: &str) -> RouteInfo {
    RouteInfo::new(method, path, operation, Text::new(zh, en), ("logs", "open", Class::Public))
}

/// The routes below `/logs`, for all services of the process: a log's id says whose it is.
pub fn routes(served: Vec<ServedLogs>) -> Routes {
    let get = Method::GET;
    let octets = "application/octet-stream";
    Routes::new()
        .add(info(get.clone(), "/logs", "list-logs", "日志目录", "All logs"), list)
        .add(
            info(
                get.clone(),
                "/logs/{log}/checkpoint",
                "log-checkpoint",
                "检查点（C2SP）",
                "Checkpoint (C2SP)",
            )
            .media("text/plain; charset=utf-8"),
            checkpoint,
        )
        .add(
            info(get.clone(), "/logs/{log}/key", "log-key", "日志公钥", "Public key of the log")
                .media("text/plain; charset=utf-8"),
            key,
        )
        .add(
            info(
                get.clone(),
                "/logs/{log}/tile/{*path}",
                "log-tile",
                "瓦片（C2SP tlog-tiles）",
                "Tile (C2SP tlog-tiles)",
            )
            .media(octets),
            tile,
        )
        .add(
            info(
                get.clone(),
                "/logs/{log}/entries",
                "log-entries",
                "从某一条起的记录",
                "Entries from an index on",
            )
            .media(octets),
            entries,
        )
        .add(
            info(
                get,
                "/logs/{log}/proof/{index}",
                "log-proof",
                "一条记录的证明文件",
                "Proof file of an entry",
            ),
            proof_file,
        )
        .add(
            info(
                Method::POST,
                "/logs/{log}/consistency",
                "log-consistency",
                "两个检查点的一致性证明",
                "Consistency proof of two checkpoints",
            ),
            consistency,
        )
        .with_state(Arc::new(served))
}

/// Whose log it is.
async fn find(served: &Served, log: &LogId) -> Result<Option<(ServedLogs, LogHead)>, SourceError> {
    for one in served.iter() {
        if let Some(head) = one.owner.logs().await?.into_iter().find(|head| head.log == *log) {
            return Ok(Some((one.clone(), head)));
        }
    }
    Ok(None)
}

/// Whose published log it is.
fn publisher<'a>(served: &'a Served, log: &LogId) -> Option<&'a Arc<Publisher>> {
    served.iter().map(|one| &one.publisher).find(|p| p.published(log).is_some())
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

async fn list(State(served): State<Served>) -> Response {
    let mut listed = Vec::new();
    for one in served.iter() {
        let heads = match one.owner.logs().await {
            Ok(heads) => heads,
            Err(error) => return unavailable(&error.to_string()),
        };
        listed.extend(heads.into_iter().filter_map(|head| {
            Some(Listed {
                published: one.publisher.published(&head.log).map_or(0, |p| p.size),
                key: one.publisher.verifier(&head.log).ok()?.to_string(),
                log: head.log,
                kind: head.kind,
                size: head.size,
            })
        }));
    }
    Json(listed).into_response()
}

async fn checkpoint(State(served): State<Served>, Path(log): Path<LogId>) -> Response {
    match publisher(&served, &log).and_then(|p| p.published(&log)) {
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

async fn key(State(served): State<Served>, Path(log): Path<LogId>) -> Response {
    match publisher(&served, &log).map(|p| p.verifier(&log)) {
        Some(Ok(key)) => format!("{key}\n").into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn tile(State(served): State<Served>, Path((log, path)): Path<(LogId, String)>) -> Response {
    let Ok(tile) = format!("tile/{path}").parse::<Tile>() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Some(publisher) = publisher(&served, &log) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match publisher.tile(&log, &tile) {
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
    State(served): State<Served>,
    Path(log): Path<LogId>,
    Query(from): Query<From>,
) -> Response {
    let limit = from.limit.unwrap_or(256).clamp(1, 1024);
    let answer = async {
        let Some((one, head)) = find(&served, &log).await? else { return Ok(None) };
        let entries = one.owner.entries(&log, from.from, limit).await?;
        Ok::<_, SourceError>(Some((head, entries)))
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

async fn proof_file(
    State(served): State<Served>,
    Path((log, index)): Path<(LogId, u64)>,
) -> Response {
    let Some(publisher) = publisher(&served, &log) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match publisher.proof(&log, index).await {
        Ok(Some(file)) => Json(file).into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => unavailable(&error.to_string()),
    }
}

async fn consistency(
    State(served): State<Served>,
    Path(log): Path<LogId>,
    old: String,
) -> Response {
    let Some(publisher) = publisher(&served, &log) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match publisher.consistency(&log, &old) {
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
