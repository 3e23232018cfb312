//! Somebody who uses a running program over HTTP: signs in, begins cases, goes on with them.

use cunwu_tests::client;
use serde_json::{Value, json};

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub etag: Option<String>,
    pub body: Value,
}

impl Answer {
    /// The id of the case that an accepted step is of.
    pub fn id(&self) -> String {
        assert!(self.status < 300, "{self:?}");
        self.body["thing"]["id"].as_str().unwrap().to_owned()
    }

    /// The code of a refusal.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

/// Somebody signed in.
pub struct Visitor {
    base: String,
    token: String,
}

impl Visitor {
    pub async fn sign_in(base: &str, login: &str, password: &str) -> Self {
        let answer = send(
            base,
            "/api/organisation/sign-in",
            &[],
            &json!({ "login": login, "password": password }),
        )
        .await;
        assert_eq!(answer.status, 200, "{login}: {answer:?}");
        let token = answer.body["token"].as_str().unwrap().to_owned();
        Self { base: base.to_owned(), token }
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    /// Sends a command under a key.
    pub async fn post(&self, path: &str, key: &str, body: &Value) -> Answer {
        let bearer = self.bearer();
        send(&self.base, path, &[("authorization", &bearer), ("idempotency-key", key)], body).await
    }

    /// Goes on with a case as it is now.
    pub async fn go_on(&self, path: &str, step: &str, key: &str, body: &Value) -> Answer {
        let seen = self.get(path).await;
        let etag = seen.etag.clone().unwrap_or_else(|| panic!("{path} has no ETag: {seen:?}"));
        let bearer = self.bearer();
        let headers = [
            ("authorization", bearer.as_str()),
            ("idempotency-key", key),
            ("if-match", etag.as_str()),
        ];
        send(&self.base, &format!("{path}/{step}"), &headers, body).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        let request =
            client().get(format!("{}{path}", self.base)).header("authorization", self.bearer());
        answer(request).await
    }

    /// A page, as text.
    pub async fn page(&self, path: &str) -> String {
        let request =
            client().get(format!("{}{path}", self.base)).header("authorization", self.bearer());
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        answer.text().await.unwrap()
    }
}

/// Sends JSON.
pub async fn send(base: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    let mut request = client().post(format!("{base}{path}")).json(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    answer(request).await
}

async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let etag = answer.headers().get("etag").map(|etag| etag.to_str().unwrap().to_owned());
    let text = answer.text().await.unwrap();
    Answer { status, etag, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
}
