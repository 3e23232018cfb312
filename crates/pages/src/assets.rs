//! Style and script of all pages, inside the binary, under addresses that carry their hash.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Files;

/// One file: its name, its name with the hash, its bytes.
struct Asset {
    name: String,
    hashed: String,
    bytes: Vec<u8>,
    media: &'static str,
}

static ALL: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    Files::iter()
        .filter_map(|name| {
            let bytes = Files::get(&name)?.data.into_owned();
            let hash = hex::encode(Sha256::digest(&bytes));
            let (stem, ext) = name.rsplit_once('.')?;
            let media = match ext {
                "css" => "text/css; charset=utf-8",
                "js" => "text/javascript; charset=utf-8",
                "svg" => "image/svg+xml",
                _ => return None,
            };
            Some(Asset {
                hashed: format!("{stem}.{}.{ext}", &hash[..12]),
                name: name.into_owned(),
                bytes,
                media,
            })
        })
        .collect()
});

/// The address of an asset (`cunwu.css`, `cunwu.js`, `mark.svg`): it changes with the content, so
/// browsers may keep it for ever. A name that does not exist gives the plain address, which answers 404.
pub fn asset_url(name: &str) -> String {
    match ALL.iter().find(|a| a.name == name) {
        Some(asset) => format!("/assets/{}", asset.hashed),
        None => format!("/assets/{name}"),
    }
}

/// The text of an asset, for static copies of pages; None when there is no such file.
pub fn asset_text(name: &str) -> Option<&'static str> {
    let asset = ALL.iter().find(|a| a.name == name)?;
    std::str::from_utf8(&asset.bytes).ok()
}

/// Serves `/assets/*`.
pub fn assets<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{name}", get(serve))
}

async fn serve(Path(name): Path<String>) -> Response {
    match ALL.iter().find(|a| a.hashed == name) {
        Some(asset) => (
            [
                (CONTENT_TYPE, asset.media),
                (CACHE_CONTROL, "public, max-age=31536000, immutable"),
                (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ],
            asset.bytes.as_slice(),
        )
            .into_response(),
        None => {
            (StatusCode::NOT_FOUND, [(CACHE_CONTROL, "no-store")], "no such file").into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn assets_are_immutable_and_typed() {
        let app: Router = assets();
        let url = asset_url("cunwu.css");
        assert!(url.starts_with("/assets/cunwu.") && url.len() > "/assets/cunwu.css".len() + 10);
        let ok =
            app.clone().oneshot(Request::get(&url).body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(ok.status(), StatusCode::OK);
        assert!(ok.headers()[CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        assert_eq!(ok.headers()[CONTENT_TYPE], "text/css; charset=utf-8");
        // an old or guessed address must not be cached as if it were the file
        let old = app
            .oneshot(Request::get("/assets/cunwu.css").body(Body::empty()).unwrap())
            .await
            .unwrap();
        assert_eq!(old.status(), StatusCode::NOT_FOUND);
    }
}
