//! What a reader prefers (language, size, light or dark): from address, cookie, browser; set by plain links.

use std::convert::Infallible;

use axum::Router;
use axum::extract::{FromRequestParts, RawQuery};
use axum::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, COOKIE, LOCATION, SET_COOKIE, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::lang::Lang;

const YEAR_SECONDS: u32 = 31_536_000;

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the reader's device is set.
    #[default]
    Auto,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// Text size: 100, 133 or 167 % of the browser's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Size {
    /// 标准
    #[default]
    Normal,
    /// 大
    Large,
    /// 特大
    Extra,
}

impl Theme {
    /// All, in the order in which they are offered.
    pub const ALL: [Theme; 3] = [Theme::Auto, Theme::Light, Theme::Dark];

    /// The value in cookies and addresses.
    pub fn code(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.code() == code)
    }
}

impl Size {
    /// All, in the order in which they are offered.
    pub const ALL: [Size; 3] = [Size::Normal, Size::Large, Size::Extra];

    /// The value in cookies and addresses.
    pub fn code(self) -> &'static str {
        match self {
            Size::Normal => "normal",
            Size::Large => "large",
            Size::Extra => "extra",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.code() == code)
    }
}

/// A reader's preferences. As an axum extractor it never refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Prefs {
    /// Language of the page.
    pub lang: Lang,
    /// Light or dark.
    pub theme: Theme,
    /// Text size.
    pub size: Size,
}

impl Prefs {
    /// From the query (`?lang=en`), else the cookies, else `Accept-Language`, else Chinese.
    pub fn from_headers(headers: &HeaderMap, query: Option<&str>) -> Self {
        let query = query.unwrap_or("");
        let cookie = |name: &str| {
            headers.get_all(COOKIE).iter().filter_map(|v| v.to_str().ok()).find_map(|line| {
                line.split(';')
                    .filter_map(|pair| pair.trim().split_once('='))
                    .find_map(|(n, v)| (n == name).then(|| v.trim().to_owned()))
            })
        };
        let lang = query_value(query, "lang")
            .and_then(|v| Lang::from_code(&v))
            .or_else(|| cookie("cunwu_lang").and_then(|v| Lang::from_code(&v)))
            .or_else(|| {
                headers.get(ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).and_then(accepted)
            })
            .unwrap_or_default();
        Self {
            lang,
            theme: cookie("cunwu_theme").and_then(|v| Theme::from_code(&v)).unwrap_or_default(),
            size: cookie("cunwu_size").and_then(|v| Size::from_code(&v)).unwrap_or_default(),
        }
    }
}

/// The first of our languages in the order of the browser's wishes.
fn accepted(header: &str) -> Option<Lang> {
    let mut wishes: Vec<(u32, Lang)> = header
        .split(',')
        .filter_map(|item| {
            let mut parts = item.split(';');
            let lang = Lang::from_code(parts.next()?)?;
            let quality = parts
                .find_map(|p| p.trim().strip_prefix("q=").map(str::to_owned))
                .map_or(1000, |q| thousandths(&q));
            (quality > 0).then_some((quality, lang))
        })
        .collect();
    // stable: among equals the first named wins
    wishes.sort_by_key(|wish| std::cmp::Reverse(wish.0));
    wishes.first().map(|(_, lang)| *lang)
}

fn thousandths(q: &str) -> u32 {
    let mut chars = q.chars();
    let whole = if chars.next() == Some('1') { 1000 } else { 0 };
    let decimals: String = chars.skip(1).take(3).collect();
    whole + format!("{decimals:0<3}").parse::<u32>().unwrap_or(0)
}

impl<S: Send + Sync> FromRequestParts<S> for Prefs {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::from_headers(&parts.headers, parts.uri.query()))
    }
}

/// The first value of a query field, percent-decoded.
fn query_value(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (n, v) = pair.split_once('=').unwrap_or((pair, ""));
        (n == name).then(|| percent_decode(v))
    })
}

fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|h| std::str::from_utf8(h).ok());
        match (bytes[at], hex.and_then(|h| u8::from_str_radix(h, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (other, _) => out.push(other),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Percent-encodes a text for use as a query value.
pub fn query_encode(text: &str) -> String {
    encode(text, |b| b.is_ascii_alphanumeric() || b"-._~/".contains(&b))
}

fn encode(text: &str, plain: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A path of this site to go back to, or `/`: no other host, no scheme, no control character.
pub fn local_path(back: &str) -> String {
    let local = back.starts_with('/')
        && !back.starts_with("//")
        && !back.contains('\\')
        && !back.chars().any(char::is_control);
    if !local {
        return "/".to_owned();
    }
    // what is percent-encoded already stays as it is
    encode(back, |b| b.is_ascii_graphic() && !b"\"<>`{}|^".contains(&b))
}

/// Where a link of the header leads: sets one preference and comes back to `path`.
pub fn prefs_href(name: &str, value: &str, path: &str) -> String {
    format!("/prefs?{name}={value}&back={}", query_encode(&without_lang(path)))
}

/// `path` without a `lang` field in its query, which would win over the cookie that is being set.
fn without_lang(path: &str) -> String {
    let Some((base, query)) = path.split_once('?') else { return path.to_owned() };
    let kept: Vec<&str> =
        query.split('&').filter(|p| *p != "lang" && !p.starts_with("lang=")).collect();
    if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) }
}

/// `GET /prefs?lang=zh|en&size=normal|large|extra&theme=auto|light|dark&back=/path`: sets the
/// cookies named and goes back. Unknown values are left alone, a foreign address leads to `/`.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/prefs", get(set_prefs))
}

async fn set_prefs(RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    let chosen = [
        (
            "cunwu_lang",
            query_value(&query, "lang").and_then(|v| Lang::from_code(&v)).map(Lang::code),
        ),
        (
            "cunwu_size",
            query_value(&query, "size").and_then(|v| Size::from_code(&v)).map(Size::code),
        ),
        (
            "cunwu_theme",
            query_value(&query, "theme").and_then(|v| Theme::from_code(&v)).map(Theme::code),
        ),
    ];
    for (name, value) in chosen {
        let cookie = value
            .map(|v| format!("{name}={v}; Path=/; Max-Age={YEAR_SECONDS}; SameSite=Lax; HttpOnly"))
            .and_then(|c| HeaderValue::from_str(&c).ok());
        if let Some(cookie) = cookie {
            headers.append(SET_COOKIE, cookie);
        }
    }
    let back = local_path(&query_value(&query, "back").unwrap_or_default());
    headers.insert(LOCATION, HeaderValue::from_str(&back).unwrap_or(HeaderValue::from_static("/")));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("Cookie"));
    response
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;

    fn headers(pairs: &[(axum::http::HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (n.clone(), v.parse().unwrap())).collect()
    }

    #[test]
    fn query_beats_cookie_beats_browser() {
        let both = headers(&[
            (COOKIE, "a=1; cunwu_lang=zh; cunwu_size=extra; cunwu_theme=dark"),
            (ACCEPT_LANGUAGE, "en"),
        ]);
        let prefs = Prefs::from_headers(&both, None);
        assert_eq!((prefs.lang, prefs.size, prefs.theme), (Lang::Zh, Size::Extra, Theme::Dark));
        assert_eq!(Prefs::from_headers(&both, Some("x=1&lang=en")).lang, Lang::En);
        assert_eq!(Prefs::from_headers(&both, Some("lang=%00")).lang, Lang::Zh);
        let browser = |v| Prefs::from_headers(&headers(&[(ACCEPT_LANGUAGE, v)]), None).lang;
        assert_eq!(browser("en-GB,en;q=0.9,zh;q=0.8"), Lang::En);
        assert_eq!(browser("fr,zh-CN;q=0.9,en;q=0.3"), Lang::Zh);
        assert_eq!(browser("en;q=0, fr"), Lang::Zh);
        assert_eq!(browser("*"), Lang::Zh);
        assert_eq!(Prefs::from_headers(&HeaderMap::new(), None), Prefs::default());
    }

    #[test]
    fn only_local_paths_are_gone_back_to() {
        assert_eq!(local_path("/v/青禾?m=2026-03"), "/v/%E9%9D%92%E7%A6%BE?m=2026-03");
        assert_eq!(local_path("/a%20b"), "/a%20b");
        for bad in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "javascript:x",
            "/a\r\nSet-Cookie: x",
            "a/b",
        ] {
            assert_eq!(local_path(bad), "/", "{bad:?}");
        }
    }

    #[test]
    fn the_switch_does_not_fight_the_address() {
        assert_eq!(prefs_href("lang", "zh", "/a?lang=en&m=3"), "/prefs?lang=zh&back=/a%3Fm%3D3");
        assert_eq!(prefs_href("size", "large", "/a?lang=en"), "/prefs?size=large&back=/a");
    }

    async fn call(uri: &str) -> Response {
        let app: Router = routes();
        app.oneshot(Request::get(uri).body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn a_plain_link_sets_the_cookie_and_comes_back() {
        let response = call("/prefs?size=extra&lang=en&back=/v/1%3Fm%3D3").await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()[LOCATION], "/v/1?m=3");
        let cookies: Vec<_> = response.headers().get_all(SET_COOKIE).iter().collect();
        assert_eq!(cookies.len(), 2);
        assert!(
            cookies.iter().any(|c| c.to_str().unwrap().starts_with("cunwu_size=extra; Path=/"))
        );

        let foreign = call("/prefs?theme=pink&back=//evil.example").await;
        assert_eq!(foreign.headers()[LOCATION], "/");
        assert!(foreign.headers().get(SET_COOKIE).is_none());
    }
}
