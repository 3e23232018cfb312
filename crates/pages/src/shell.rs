//! The frame of every page: header, place, breadcrumb, title, main part, facts at the foot. Knows no service.

use askama::Template;
use axum::http::header::{
    CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, VARY,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::assets::asset_url;
use crate::dates;
use crate::lang::Lang;
use crate::markup::{Component, Markup, run, safe_href};
use crate::prefs::{Prefs, Size, Theme, prefs_href};
use crate::stepper::StateLine;
use crate::words::{Word, fill, t};

/// Content policy of every page: own style, script, images and forms; nothing else, nothing inline.
pub const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'";

/// A link with its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What it says.
    pub text: String,
    /// Where it leads.
    pub href: String,
}

impl Link {
    /// A link.
    pub fn new(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self { text: text.into(), href: href.into() }
    }

    pub(crate) fn safe(&self) -> &str {
        safe_href(&self.href)
    }
}

/// Who is signed in, in the header of staff and personal pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Name.
    pub name: String,
    /// Post or seat, like 村会计.
    pub post: String,
    /// Page of the account, if there is one.
    pub account: Option<String>,
    /// Where the sign-out form is posted to, with its hidden fields (CSRF token and the like).
    pub sign_out: Option<(String, Vec<(String, String)>)>,
}

/// An entry of the main navigation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavItem {
    /// What it says.
    pub text: String,
    /// Where it leads.
    pub href: String,
    /// True when the page belongs to it.
    pub current: bool,
}

impl NavItem {
    /// An entry.
    pub fn new(text: impl Into<String>, href: impl Into<String>, current: bool) -> Self {
        Self { text: text.into(), href: href.into(), current }
    }
}

/// What stands at the foot of every page with facts (all optional; what is None is not claimed).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// 截至: instant (µs UTC), log name and index of the last entry taken in.
    pub as_of: Option<AsOf>,
    /// Who published it: body and, where public, person.
    pub published_by: Option<String>,
    /// The last correction; with [`Facts::never_corrected`] the page says that there was none.
    pub last_correction: Option<Link>,
    /// Says 没有更正过 when there is no correction.
    pub never_corrected: bool,
    /// 怎么知道这是真的: the proof, often `#proof`.
    pub proof: Option<String>,
    /// 这页看得懂吗: where to say so.
    pub feedback: Option<String>,
    /// 这件事给我添了不该有的负担: on every staff page.
    pub burden: Option<String>,
}

/// The position of which a page speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsOf {
    /// Instant, µs UTC.
    pub micros: i64,
    /// Name of the log.
    pub log: String,
    /// Index of the last entry that the page has taken in.
    pub index: u64,
}

/// The frame of a page. Make one with [`Shell::new`], set what applies, finish with [`Shell::page`].
#[derive(Debug, Clone, Default)]
pub struct Shell {
    /// Language, size and theme of the reader.
    pub prefs: Prefs,
    /// Path and query of this page, for the links that come back to it.
    pub path: String,
    /// Title (h1), in the language of the page.
    pub title: String,
    /// Place in the header, like 青禾村; empty for pages of no place.
    pub place: String,
    /// Above it, like 云溪镇 · 临川县.
    pub place_above: String,
    /// Where the place's name leads (default `/`).
    pub home: String,
    /// From the top to the parent of this page.
    pub breadcrumb: Vec<Link>,
    /// Main navigation.
    pub nav: Vec<NavItem>,
    /// Who is signed in.
    pub signed_in: Option<SignedIn>,
    /// One plain sentence under the title.
    pub lead: Option<String>,
    /// State word and next act, under the title.
    pub state: Option<StateLine>,
    /// True when the page shows errors to correct: the document's title begins 错误：.
    pub has_errors: bool,
    /// A line above everything, like 演示数据.
    pub banner: Option<String>,
    /// A second column on wide screens, below the main part on phones.
    pub aside: Option<Markup>,
    /// Facts at the foot.
    pub facts: Option<Facts>,
    /// Links of the very foot (contact, accessibility, source).
    pub foot: Vec<Link>,
    /// Where style and script are (default `/assets/…`); for static copies.
    pub assets_base: Option<String>,
}

#[derive(Template)]
#[template(path = "shell.html")]
struct ShellTemplate<'a> {
    s: &'a Shell,
    l: Lang,
    body: &'a Markup,
    css: String,
    js: String,
    icon: String,
}

impl ShellTemplate<'_> {
    fn path(&self) -> &str {
        if self.s.path.is_empty() { "/" } else { &self.s.path }
    }

    fn home(&self) -> &str {
        if self.s.home.is_empty() { "/" } else { safe_href(&self.s.home) }
    }

    fn lang_href(&self) -> String {
        prefs_href("lang", self.l.other().code(), self.path())
    }

    fn sizes(&self) -> Vec<(&'static str, String, bool)> {
        Size::ALL
            .into_iter()
            .map(|size| {
                let word = match size {
                    Size::Normal => Word::SizeNormal,
                    Size::Large => Word::SizeLarge,
                    Size::Extra => Word::SizeExtra,
                };
                (
                    t(self.l, word),
                    prefs_href("size", size.code(), self.path()),
                    size == self.s.prefs.size,
                )
            })
            .collect()
    }

    fn themes(&self) -> Vec<(&'static str, String, bool)> {
        Theme::ALL
            .into_iter()
            .map(|theme| {
                let word = match theme {
                    Theme::Auto => Word::ThemeAuto,
                    Theme::Light => Word::ThemeLight,
                    Theme::Dark => Word::ThemeDark,
                };
                (
                    t(self.l, word),
                    prefs_href("theme", theme.code(), self.path()),
                    theme == self.s.prefs.theme,
                )
            })
            .collect()
    }

    fn as_of(&self, as_of: &AsOf) -> (String, String) {
        let index = as_of.index.to_string();
        (
            dates::long_time(self.l, as_of.micros),
            fill(self.l, Word::AsOfPosition, &[("log", &as_of.log), ("n", &index)]),
        )
    }
}

impl Shell {
    /// A frame with a title; everything else is empty.
    pub fn new(prefs: Prefs, path: impl Into<String>, title: impl Into<String>) -> Self {
        Self { prefs, path: path.into(), title: title.into(), ..Self::default() }
    }

    /// The language of the page.
    pub fn lang(&self) -> Lang {
        self.prefs.lang
    }

    /// The whole document.
    pub fn html(&self, body: &Markup) -> String {
        let at = |name: &str| match &self.assets_base {
            Some(base) => format!("{base}/{name}"),
            None => asset_url(name),
        };
        run(&ShellTemplate {
            s: self,
            l: self.prefs.lang,
            body,
            css: at("cunwu.css"),
            js: at("cunwu.js"),
            icon: at("mark.svg"),
        })
        .into_string()
    }

    /// The document as an answer with status 200.
    pub fn page(&self, body: &Markup) -> Page {
        Page { status: StatusCode::OK, lang: self.prefs.lang, html: self.html(body) }
    }

    /// The document as an answer with another status.
    pub fn page_with_status(&self, status: StatusCode, body: &Markup) -> Page {
        Page { status, lang: self.prefs.lang, html: self.html(body) }
    }
}

/// A finished page as an axum answer, with language, content policy and `Vary`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// HTTP status.
    pub status: StatusCode,
    /// Language of the text.
    pub lang: Lang,
    /// The document.
    pub html: String,
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.html).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(self.lang.html()));
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        headers.insert(VARY, HeaderValue::from_static("Cookie, Accept-Language"));
        response
    }
}
