//! Paging by cursor: opaque to the caller, `Link: rel="next"` (RFC 8288). Never an offset.

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, Uri, request::Parts},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::Text;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{extract::Query, problem::Problem};

/// How many a page has when nothing is said.
pub const USUAL: u32 = 50;
/// The most a page can have.
pub const MOST: u32 = 200;
const LONGEST_CURSOR: usize = 1024;

/// A place in a list: the sort key of the last item seen, as a text nobody needs to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// After an item with this sort key.
    pub fn after<K: Serialize>(key: &K) -> Self {
        Self(URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default()))
    }

    /// The sort key. Only compared in a query with the caller's scope: a made-up one shows nothing new.
    ///
    /// # Errors
    /// 422 for what this service did not make.
    pub fn key<K: DeserializeOwned>(&self) -> Result<K, Problem> {
        let bytes = URL_SAFE_NO_PAD.decode(&self.0).map_err(|_| unreadable())?;
        serde_json::from_slice(&bytes).map_err(|_| unreadable())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn unreadable() -> Problem {
    Problem::malformed(
        "",
        Text::new(
            "cursor 不是本服务给出的分页标记，请从第一页开始。",
            "`cursor` was not given out by this service; start from the first page.",
        ),
    )
}

/// `?cursor=…&limit=…`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging {
    /// After which item; from the start without.
    pub cursor: Option<Cursor>,
    /// How many at most: 1 to 200.
    pub limit: u32,
}

#[derive(Deserialize)]
struct Asked {
    cursor: Option<String>,
    limit: Option<u32>,
}

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(asked) = Query::<Asked>::from_request_parts(parts, state).await?;
        let limit = asked.limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            return Err(Problem::malformed(
                "",
                Text::new(
                    format!("limit 须在1至{MOST}之间。"),
                    format!("`limit` must be 1 to {MOST}."),
                ),
            ));
        }
        let cursor = asked.cursor.filter(|text| !text.is_empty());
        if cursor.as_ref().is_some_and(|text| text.len() > LONGEST_CURSOR) {
            return Err(unreadable());
        }
        Ok(Self { cursor: cursor.map(Cursor), limit })
    }
}

/// The `Link` header to the next page: this address with the other cursor.
pub fn next_link(uri: &Uri, next: &Cursor) -> Option<HeaderValue> {
    let kept = uri.query().unwrap_or_default().split('&');
    let mut query: Vec<&str> =
        kept.filter(|pair| !pair.is_empty() && pair.split('=').next() != Some("cursor")).collect();
    let cursor = format!("cursor={}", next.as_str());
    query.push(&cursor);
    HeaderValue::try_from(format!("<{}?{}>; rel=\"next\"", uri.path(), query.join("&"))).ok()
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    async fn paging(query: &str) -> Result<Paging, u16> {
        let request = Request::builder().uri(format!("/x?{query}")).body(()).unwrap();
        let (mut parts, ()) = request.into_parts();
        Paging::from_request_parts(&mut parts, &()).await.map_err(|p| p.status.as_u16())
    }

    #[tokio::test]
    async fn cursors_come_back_and_made_up_ones_are_422() {
        let cursor = Cursor::after(&("2026-03-02", 17));
        let asked = paging(&format!("limit=10&cursor={}", cursor.as_str())).await.unwrap();
        assert_eq!(asked, Paging { cursor: Some(cursor.clone()), limit: 10 });
        assert_eq!(
            asked.cursor.unwrap().key::<(String, i64)>().unwrap(),
            ("2026-03-02".into(), 17)
        );
        assert_eq!(paging("").await.unwrap(), Paging { cursor: None, limit: USUAL });
        for bad in ["limit=0", "limit=201", "limit=x", &format!("cursor={}", "a".repeat(2000))] {
            assert_eq!(paging(bad).await, Err(422), "{bad}");
        }
        assert_eq!(Cursor("%%".into()).key::<i64>().unwrap_err().status, 422);
        assert_eq!(cursor.key::<i64>().unwrap_err().status, 422);
    }

    #[test]
    fn the_link_keeps_the_other_parameters() {
        let uri: Uri = "/funds/vouchers?month=2026-03&cursor=old&limit=5".parse().unwrap();
        let link = next_link(&uri, &Cursor("new".into())).unwrap();
        assert_eq!(link, "</funds/vouchers?month=2026-03&limit=5&cursor=new>; rel=\"next\"");
    }
}
