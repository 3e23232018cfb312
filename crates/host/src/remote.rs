//! An owner behind HTTP, and the routes that make this process one for others.

use std::sync::Arc;

use async_trait::async_trait;
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse, Response},
};
use exchange::{Entries, LogHead, Source, SourceError};
use hmac::{Hmac, KeyInit, Mac};
use kernel::{Class, LogId, LogKind, Text};
use proof::ProofFile;
use serde::Deserialize;
use sha2::Sha256;
use web::{RouteInfo, Routes};

use crate::owner::{Asker, Opened, Owner, Wanted};

/// Header: which service asks.
const NAME: &str = "cunwu-service";
/// Header: HMAC-SHA-256 of name and body under the deployment's service key, hex.
const MAC: &str = "cunwu-service-mac";

/// A key that all services of a deployment share, to prove their names to each other.
#[derive(Clone)]
pub struct ServiceKey(pub [u8; 32]);

impl ServiceKey {
    fn mac(&self, name: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(name.as_bytes());
        mac.update(b"\0");
        mac.update(body);
        Some(mac)
    }

    fn proves(&self, name: &str, body: &[u8], tag: &str) -> bool {
        let (Some(mac), Ok(tag)) = (self.mac(name, body), hex::decode(tag)) else { return false };
        mac.verify_slice(&tag).is_ok()
    }
}

/// A service at a URL.
pub struct Remote {
    client: reqwest::Client,
    base: String,
    me: Option<(String, ServiceKey)>,
}

#[derive(Deserialize)]
struct Listed {
    log: LogId,
    kind: LogKind,
    size: u64,
}

impl Remote {
    /// `me` proves the asking service's name; without it only what is public is opened.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn new(base: &str, me: Option<(String, ServiceKey)>) -> Result<Self, SourceError> {
        let client = reqwest::Client::builder()
            .connect_timeout(std::time::Duration::from_secs(2))
            .timeout(std::time::Duration::from_secs(10))
            .build()
            .map_err(|error| SourceError(error.to_string()))?;
        Ok(Self { client, base: base.trim_end_matches('/').to_owned(), me })
    }

    async fn get(&self, path: &str) -> Result<Option<reqwest::Response>, SourceError> {
        let answer = self
            .client
            .get(format!("{}{path}", self.base))
            .send()
            .await
            .map_err(|error| SourceError(error.to_string()))?;
        match answer.status() {
            status if status.is_success() => Ok(Some(answer)),
            reqwest::StatusCode::NOT_FOUND => Ok(None),
            status => Err(SourceError(format!("{path}: {status}"))),
        }
    }
}

#[async_trait]
impl Source for Remote {
    async fn logs(&self) -> Result<Vec<LogHead>, SourceError> {
        let Some(answer) = self.get("/logs").await? else { return Ok(Vec::new()) };
        let listed: Vec<Listed> =
            answer.json().await.map_err(|error| SourceError(error.to_string()))?;
        Ok(listed
            .into_iter()
            .map(|one| LogHead { log: one.log, kind: one.kind, size: one.size })
            .collect())
    }

    async fn entries(&self, log: &LogId, from: u64, limit: u32) -> Result<Entries, SourceError> {
        let path = format!("/logs/{log}/entries?from={from}&limit={limit}");
        let Some(answer) = self.get(&path).await? else { return Ok(Vec::new()) };
        let count = answer
            .headers()
            .get("cunwu-count")
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .ok_or_else(|| SourceError("the answer has no count".to_owned()))?;
        let bundle = answer.bytes().await.map_err(|error| SourceError(error.to_string()))?;
        let entries = proof::decode_entries(&bundle, count)
            .map_err(|error| SourceError(error.to_string()))?;
        Ok((from..).zip(entries.into_iter().map(bytes::Bytes::copy_from_slice)).collect())
    }
}

#[async_trait]
impl Owner for Remote {
    async fn open(&self, _: &Asker, wanted: &[Wanted]) -> Result<Vec<Option<Opened>>, SourceError> {
        let body = serde_json::to_vec(wanted).map_err(|error| SourceError(error.to_string()))?;
        let mut request = self
            .client
            .post(format!("{}/logs/open", self.base))
            .header("content-type", "application/json");
        if let Some((name, key)) = &self.me
            && let Some(mac) = key.mac(name, &body)
        {
            let tag = hex::encode(mac.finalize().into_bytes());
            request = request.header(NAME, name).header(MAC, tag);
        }
        let answer = request
            .body(body)
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .map_err(|error| SourceError(error.to_string()))?;
        answer.json().await.map_err(|error| SourceError(error.to_string()))
    }

    async fn definition(&self, reference: &str) -> Result<Option<String>, SourceError> {
        match self.get(&format!("/definitions/{reference}")).await? {
            Some(answer) => {
                answer.text().await.map(Some).map_err(|error| SourceError(error.to_string()))
            }
            None => Ok(None),
        }
    }

    async fn proof(&self, log: &LogId, index: u64) -> Result<Option<ProofFile>, SourceError> {
        match self.get(&format!("/logs/{log}/proof-with-texts/{index}")).await? {
            Some(answer) => {
                answer.json().await.map(Some).map_err(|error| SourceError(error.to_string()))
            }
            None => Ok(None),
        }
    }
}

/// The owners in this process, for others.
#[derive(Clone)]
struct Offered {
    owners: Arc<Vec<Arc<dyn Owner>>>,
    /// Owners elsewhere, asked for what is checked by its hash alone: the texts of definitions.
    elsewhere: Arc<Vec<Arc<dyn Owner>>>,
    key: ServiceKey,
}

/// Routes by which others ask the owners in this process. The text of a definition is also found when its owner, one of
/// `elsewhere`, is in another: whoever shows a rule leads to it.
pub fn routes(
    owners: Vec<Arc<dyn Owner>>,
    elsewhere: Vec<Arc<dyn Owner>>,
    key: ServiceKey,
) -> Routes {
    let info = |method: Method, path: &str, operation: &str, zh: &str, en: &str| {
        RouteInfo::new(method, path, operation, Text::new(zh, en), ("logs", "open", Class::Public))
    };
    Routes::new()
        .add(
            info(
                Method::POST,
                "/logs/open",
                "open-values",
                "公开的文字（连同盐值）；其他服务凭授权",
                "Texts anyone may read, with their salts; by grant what another service needs",
            ),
            open,
        )
        .add(
            info(
                Method::GET,
                "/logs/{log}/proof-with-texts/{index}",
                "log-proof-with-texts",
                "证明文件，附公开文字",
                "Proof file with the public texts",
            ),
            proof_with_texts,
        )
        .add(
            info(
                Method::GET,
                "/definitions/{reference}",
                "definition-text",
                "办事规程原文",
                "Text of a definition",
            )
            .media("text/plain; charset=utf-8"),
            definition,
        )
        .with_state(Offered { owners: Arc::new(owners), elsewhere: Arc::new(elsewhere), key })
}

async fn open(
    State(offered): State<Offered>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Response {
    let Ok(wanted) = serde_json::from_slice::<Vec<Wanted>>(&body) else {
        return web::Problem::generic("malformed").into_response();
    };
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let asker = match (header(NAME), header(MAC)) {
        (Some(name), Some(tag)) if offered.key.proves(name, &body, tag) => {
            Asker::Service(name.to_owned())
        }
        _ => Asker::Anyone,
    };
    let wanted: Vec<_> = wanted.into_iter().take(512).collect();
    let mut answers: Vec<Option<Opened>> = vec![None; wanted.len()];
    for owner in offered.owners.iter() {
        match owner.open(&asker, &wanted).await {
            Ok(opened) => {
                for (answer, found) in answers.iter_mut().zip(opened) {
                    *answer = answer.take().or(found);
                }
            }
            Err(error) => return unavailable(&error),
        }
    }
    Json(answers).into_response()
}

async fn proof_with_texts(
    State(offered): State<Offered>,
    Path((log, index)): Path<(LogId, u64)>,
) -> Response {
    for owner in offered.owners.iter() {
        match owner.proof(&log, index).await {
            Ok(Some(file)) => return Json(file).into_response(),
            Ok(None) => {}
            Err(error) => return unavailable(&error),
        }
    }
    web::Problem::not_found().into_response()
}

async fn definition(State(offered): State<Offered>, Path(reference): Path<String>) -> Response {
    if !is_reference(&reference) {
        return web::Problem::not_found().into_response();
    }
    let mut away = None;
    for owner in offered.owners.iter().chain(offered.elsewhere.iter()) {
        match owner.definition(&reference).await {
            Ok(Some(text)) => return text.into_response(),
            Ok(None) => {}
            Err(error) => away = Some(error),
        }
    }
    // One that is away may be the one that has it.
    away.map_or_else(|| web::Problem::not_found().into_response(), |error| unavailable(&error))
}

/// `id@hash`: nothing else becomes part of an address of another process.
fn is_reference(text: &str) -> bool {
    text.split_once('@').is_some_and(|(id, hash)| {
        let well = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !id.is_empty()
            && id.chars().all(well)
            && hash.len() == 64
            && hash.chars().all(|c| c.is_ascii_hexdigit())
    })
}

fn unavailable(error: &SourceError) -> Response {
    tracing::error!(%error, "owner");
    (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "2")]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_reference_is_asked_of_another_process() {
        let hash = "0".repeat(64);
        assert!(is_reference(&format!("yl-tool-lending@{hash}")));
        for other in ["", "notice", "notice@1", "../logs", "@", &format!("../logs?x=@{hash}")] {
            assert!(!is_reference(other), "{other}");
        }
    }
}
