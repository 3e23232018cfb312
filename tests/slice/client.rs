//! A program at the services' HTTP API: signs in, sends, and sends again with the same key until there is an answer. What
//! the rules refuse is an error. Knows no story.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::Context;
use kernel::Answer;
use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{deployment::Deployment, trouble::Trouble};

/// How long an answer may take while everything around falls over.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// Of every account.
pub const PASSWORD: &str = "a long phrase 42";
/// Divides the parts of an upload.
const BOUNDARY: &str = "the-register-of-divisions";

/// Something that somebody sends to be done: sent again, it is the same to the last byte.
#[derive(Debug, Clone)]
pub struct Request {
    pub service: &'static str,
    pub path: String,
    /// Whose.
    pub login: String,
    pub key: String,
    /// For a thing that exists: its ETag as it was seen.
    pub seen: Option<String>,
    pub body: Value,
}

/// What is sent besides the path.
#[derive(Clone)]
pub enum Content {
    Nothing,
    Json(Value),
    Form(Vec<(&'static str, String)>),
    /// A file, sent as a browser sends it.
    File(String),
}

/// One call, by anyone or by somebody signed in.
#[derive(Clone)]
struct Call<'a> {
    service: &'static str,
    path: &'a str,
    login: Option<&'a str>,
    headers: Vec<(&'static str, String)>,
    content: Content,
}

/// What came back.
pub struct Reply {
    status: StatusCode,
    pub etag: Option<String>,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> anyhow::Result<Value> {
        serde_json::from_str(&self.text).with_context(|| self.text.clone())
    }
}

/// The receipt in an answer, which may have more beside it.
pub fn answer(body: &Value) -> anyhow::Result<Answer> {
    let answer = body.get("answer").unwrap_or(body);
    serde_json::from_value(answer.clone()).with_context(|| body.to_string())
}

/// The client.
pub struct Client {
    http: reqwest::Client,
    deployment: Arc<Deployment>,
    tokens: BTreeMap<String, String>,
    pub trouble: Trouble,
    /// Answers that had to be asked for again.
    pub again: u64,
}

impl Client {
    pub fn new(deployment: &Arc<Deployment>, trouble: Trouble) -> Self {
        Self {
            http: cunwu_tests::client(),
            deployment: deployment.clone(),
            tokens: BTreeMap::new(),
            trouble,
            again: 0,
        }
    }

    /// Sends something to be done.
    pub async fn submit(&mut self, request: &Request) -> anyhow::Result<Value> {
        self.trouble.at(&self.deployment, request.service);
        let mut headers = vec![("idempotency-key", format!("\"{}\"", request.key))];
        headers.extend(request.seen.iter().map(|seen| ("if-match", seen.clone())));
        let content = Content::Json(request.body.clone());
        let (service, path, login) = (request.service, &request.path, Some(&*request.login));
        let reply = self.call(&Call { service, path, login, headers, content }).await;
        reply.with_context(|| format!("{} {}", request.login, request.key))?.json()
    }

    /// Reads, as somebody or as anyone.
    pub async fn get(
        &mut self,
        service: &'static str,
        path: &str,
        login: Option<&str>,
    ) -> anyhow::Result<Reply> {
        let content = Content::Nothing;
        self.call(&Call { service, path, login, headers: Vec::new(), content }).await
    }

    /// Sends a form, a file or a body that carries no key.
    pub async fn send(
        &mut self,
        service: &'static str,
        path: &str,
        login: Option<&str>,
        content: Content,
    ) -> anyhow::Result<Reply> {
        let headers = vec![
            ("origin", self.deployment.base(service).to_owned()),
            ("sec-fetch-site", "same-origin".to_owned()),
        ];
        self.call(&Call { service, path, login, headers, content }).await
    }

    /// Signs in; what the person was signed in with before is forgotten.
    pub async fn sign_in(&mut self, login: &str) -> anyhow::Result<String> {
        let content = Content::Json(json!({ "login": login, "password": PASSWORD }));
        let path = "/api/organisation/sign-in";
        let reply = self.send("organisation", path, None, content).await?.json()?;
        let token = reply["token"].as_str().context("no token")?.to_owned();
        self.tokens.insert(login.to_owned(), token.clone());
        Ok(token)
    }

    async fn call(&mut self, call: &Call<'_>) -> anyhow::Result<Reply> {
        let until = Instant::now() + PATIENCE;
        let mut signed_in = false;
        loop {
            let token = match call.login {
                Some(login) => match self.tokens.get(login) {
                    Some(token) => Some(token.clone()),
                    None => {
                        signed_in = true;
                        Some(Box::pin(self.sign_in(login)).await?)
                    }
                },
                None => None,
            };
            let why = match self.once(call, token).await {
                // A day has passed: the token has run out.
                Ok(reply) if reply.status == StatusCode::UNAUTHORIZED && !signed_in => {
                    match call.login {
                        Some(login) => self.tokens.remove(login),
                        None => anyhow::bail!("{}: {}", call.path, reply.text),
                    };
                    continue;
                }
                Ok(reply) if reply.status.is_success() || reply.status.is_redirection() => {
                    return Ok(reply);
                }
                Ok(reply) if reply.status == StatusCode::SERVICE_UNAVAILABLE => reply.text,
                Ok(reply) => anyhow::bail!("{}: {} {}", call.path, reply.status, reply.text),
                Err(error) => format!("{error:#}"),
            };
            anyhow::ensure!(Instant::now() < until, "{}: no answer: {why}", call.path);
            self.again += 1;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn once(&self, call: &Call<'_>, token: Option<String>) -> reqwest::Result<Reply> {
        let url = format!("{}{}", self.deployment.base(call.service), call.path);
        let method =
            if matches!(call.content, Content::Nothing) { Method::GET } else { Method::POST };
        let mut request = self.http.request(method, url);
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = call.content.clone().put(request).send().await?;
        let status = response.status();
        let etag = response.headers().get(header::ETAG);
        let etag = etag.and_then(|etag| etag.to_str().ok()).map(str::to_owned);
        Ok(Reply { status, etag, text: response.text().await? })
    }
}

impl Content {
    fn put(self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Nothing => request,
            Self::Json(body) => request.json(&body),
            Self::Form(fields) => request.form(&fields),
            Self::File(text) => {
                let kind = format!("multipart/form-data; boundary={BOUNDARY}");
                let head =
                    "Content-Disposition: form-data; name=\"file\"; filename=\"register.csv\"";
                let body = format!(
                    "--{BOUNDARY}\r\n{head}\r\nContent-Type: text/csv\r\n\r\n{text}\r\n--{BOUNDARY}--\r\n"
                );
                request.header(header::CONTENT_TYPE, kind).body(body)
            }
        }
    }
}
