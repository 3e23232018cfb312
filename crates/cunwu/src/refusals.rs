//! The pages that a refusal's type leads to (`/docs/refusals/<code>`): what it means, the law, what to do.

use axum::{
    extract::Path,
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::{Class, Text};
use web::{RouteInfo, Routes};

#[derive(rust_embed::RustEmbed)]
#[folder = "../../docs/refusals"]
struct Pages;

/// The route.
pub fn routes() -> Routes {
    let info = RouteInfo::new(
        Method::GET,
        "/docs/refusals/{code}",
        "refusal-explained",
        Text::new("一种不予办理的情形", "What a refusal means"),
        ("docs", "open", Class::Public),
    );
    Routes::new().add(info.media("text/markdown; charset=utf-8"), page)
}

async fn page(Path(code): Path<String>) -> Response {
    // A rule of a definition has no page of its own: its refusal carries the article, and the page of all rules says how
    // to read it.
    let named =
        code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-' || byte.is_ascii_digit());
    let rule = || Pages::get("rule.md").filter(|_| named);
    match Pages::get(&format!("{code}.md")).or_else(rule) {
        Some(file) => {
            ([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], file.data.into_owned())
                .into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
