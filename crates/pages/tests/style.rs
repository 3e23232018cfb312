//! The budget of style and script, and the contrast of every colour pair, from the files themselves.

use std::collections::HashMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use tower::ServiceExt as _;
use tower_http::compression::CompressionLayer;

async fn compressed(name: &str) -> usize {
    let app: Router = pages::routes().layer(CompressionLayer::new().gzip(true));
    let request = Request::get(pages::asset_url(name))
        .header(header::ACCEPT_ENCODING, "gzip")
        .body(Body::empty())
        .unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip");
    to_bytes(response.into_body(), usize::MAX).await.unwrap().len()
}

#[tokio::test]
async fn a_slow_phone_can_afford_it() {
    let css = compressed("cunwu.css").await;
    let js = compressed("cunwu.js").await;
    assert!((1000..=14 * 1024).contains(&css), "style: {css} bytes");
    assert!((500..=8 * 1024).contains(&js), "script: {js} bytes");
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    for name in ["cunwu.css", "cunwu.js"] {
        let text = pages::asset_text(name).unwrap();
        for barred in [
            "http:",
            "https:",
            "@import",
            "url(",
            "fetch(",
            "XMLHttpRequest",
            "localStorage",
            "document.cookie",
            "eval(",
            "innerHTML",
        ] {
            assert!(!text.contains(barred), "{name} has {barred}");
        }
    }
}

/// The tokens of a block that begins with `start`.
fn tokens(css: &str, start: &str) -> HashMap<String, [f64; 3]> {
    let block = css.split_once(start).unwrap().1.split_once('}').unwrap().0;
    block
        .split(';')
        .filter_map(|line| line.trim().strip_prefix("--")?.split_once(":#"))
        .map(|(name, hex)| {
            let hex: String = if hex.len() == 3 {
                hex.chars().flat_map(|c| [c, c]).collect()
            } else {
                hex.to_owned()
            };
            let part =
                |at: usize| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
            (name.to_owned(), [part(0), part(2), part(4)])
        })
        .collect()
}

/// WCAG 2 contrast.
fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let light = |c: [f64; 3]| {
        let [r, g, b] =
            c.map(|v| if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (a, b) = (light(a), light(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn every_pair_can_be_read() {
    let css = pages::asset_text("cunwu.css").unwrap();
    let auto = tokens(css, ":root[data-theme=auto]{");
    let dark = tokens(css, ":root[data-theme=dark]{");
    assert_eq!(auto, dark, "dark by the system and dark by choice are the same");
    let light = tokens(css, ":root{");
    for (theme, t) in [("light", &light), ("dark", &dark)] {
        let on = |text: &str, ground: &str, least: f64| {
            let ratio = contrast(t[text], t[ground]);
            assert!(ratio >= least, "{theme}: {text} on {ground} is {ratio:.2}");
        };
        for text in ["text", "muted", "link", "visited", "brand", "border", "wrong"] {
            on(text, "bg", 4.5);
            on(text, "sunk", 4.5);
        }
        on("on-brand", "brand", 4.5);
        on("bar", "bg", 3.0);
        on("hatch", "bg", 3.0);
        for tone in ["ok", "wait", "wrong", "info", "neutral"] {
            on(tone, &format!("{tone}-t"), 4.5);
        }
    }
    assert!(contrast(light["focus"], light["focus-line"]) >= 12.0);
}
