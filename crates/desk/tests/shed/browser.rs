//! A browser without script: gets pages, sends forms, and looks whether what it got is well-formed.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{Request, Response, StatusCode, header::LOCATION},
};
use tower::ServiceExt;

use super::ShedOffice;

pub fn app(office: &Arc<ShedOffice>) -> Router {
    office.desk().routes().finish().unwrap().into_router()
}

pub struct Got {
    pub status: StatusCode,
    pub to: String,
    pub html: String,
}

pub async fn read(response: Response<Body>) -> Got {
    let status = response.status();
    let to = response
        .headers()
        .get(LOCATION)
        .map(|v| v.to_str().unwrap().to_owned())
        .unwrap_or_default();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 22).await.unwrap();
    Got { status, to, html: String::from_utf8(bytes.to_vec()).unwrap() }
}

pub async fn get(app: &Router, who: &str, path: &str) -> Got {
    let request =
        Request::get(path).header("cookie", format!("who={who}")).body(Body::empty()).unwrap();
    read(app.clone().oneshot(request).await.unwrap()).await
}

pub fn encode(pairs: &[(&str, &str)]) -> String {
    let one = |text: &str| -> String {
        text.bytes()
            .map(|b| {
                if b.is_ascii_alphanumeric() {
                    char::from(b).to_string()
                } else {
                    format!("%{b:02X}")
                }
            })
            .collect()
    };
    pairs
        .iter()
        .map(|(name, value)| format!("{}={}", one(name), one(value)))
        .collect::<Vec<_>>()
        .join("&")
}

pub async fn post(app: &Router, who: &str, path: &str, pairs: &[(&str, &str)]) -> Got {
    let request = Request::post(path)
        .header("cookie", format!("who={who}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(encode(pairs)))
        .unwrap();
    read(app.clone().oneshot(request).await.unwrap()).await
}

pub const START: &str = "/shed/units/v1/lending/request";

pub fn request<'a>(key: &'a str, deposit: &'a str, stage: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("desk-stage", stage),
        ("desk-key", key),
        ("tool", "thresher"),
        ("deposit", deposit),
        ("borrower", "organisation"),
        ("borrower-name", "云溪镇农机合作社"),
        ("purpose", "秋收脱粒<b>"),
        ("until", "2026年4月1日"),
    ]
}

pub fn hidden(html: &str, name: &str) -> String {
    let start = html
        .find(&format!("name=\"{name}\" value=\""))
        .unwrap_or_else(|| panic!("{name} in {html}"));
    let rest = &html[start..];
    let value = rest.split("value=\"").nth(1).unwrap();
    value.split('"').next().unwrap().to_owned()
}

/// Every tag is closed, no label and no link is empty, no id stands twice.
pub fn check(html: &str) {
    let mut open: Vec<String> = Vec::new();
    let mut ids = std::collections::BTreeSet::new();
    let void = ["meta", "link", "input", "br", "rect", "path", "img", "hr"];
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end = rest.find('>').expect("a tag ends");
        let tag = &rest[..end];
        rest = &rest[end + 1..];
        if tag.starts_with('!') {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "in {html}");
            continue;
        }
        let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap().to_owned();
        if let Some(id) = tag.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next()) {
            assert!(ids.insert(id.to_owned()), "id {id} twice");
        }
        if ["label", "a", "h1", "h2", "dt", "legend", "option", "button", "th"]
            .contains(&name.as_str())
        {
            let close = rest.find(&format!("</{name}>")).expect("closed");
            let mut text = String::new();
            let mut inside = false;
            for c in rest[..close].chars() {
                match c {
                    '<' => inside = true,
                    '>' => inside = false,
                    c if !inside => text.push(c),
                    _ => {}
                }
            }
            assert!(!text.trim().is_empty(), "an empty {name}: <{tag}> in {html}");
        }
        if !tag.ends_with('/') && !void.contains(&name.as_str()) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?} left open");
    for href in html.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(ids.contains(href), "#{href} leads nowhere");
    }
}
