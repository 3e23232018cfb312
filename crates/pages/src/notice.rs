//! The sheet for the notice board: A4 or A3, black on white, with what makes it checkable and contestable.

use askama::Template;
use axum::http::StatusCode;

use crate::assets::asset_url;
use crate::lang::Lang;
use crate::markup::{Markup, run};
use crate::prefs::Prefs;
use crate::proof::{qr_svg, short_hash};
use crate::shell::Page;
use crate::words::{Word, fill};

/// Paper of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paper {
    /// 12 pt, QR 35 mm.
    #[default]
    A4,
    /// 16 pt, title 36 pt, QR 50 mm: read at 1 m.
    A3,
}

impl Paper {
    fn class(self) -> &'static str {
        match self {
            Paper::A4 => "a4",
            Paper::A3 => "a3",
        }
    }
}

/// One sheet. [`NoticeSheet::page`] gives a document of its own, without header and navigation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NoticeSheet {
    /// Title, like 2026年3月财务收支公开.
    pub title: String,
    /// Village (with township), like 云溪镇青禾村.
    pub village: String,
    /// Period, like 2026年3月1日至3月31日.
    pub period: String,
    /// Tables, figures, text.
    pub body: Markup,
    /// Who issues it.
    pub issuer: String,
    /// This sheet, from 1, and how many there are.
    pub sheet: (u32, u32),
    /// Log and index.
    pub log: String,
    /// Index of the entry.
    pub index: u64,
    /// Leaf hash, hex; 16 characters are printed.
    pub leaf_hash: String,
    /// Short address, printed and in the QR code.
    pub short_url: String,
    /// Text of the QR code; empty means the short address.
    pub qr: String,
    /// How to object.
    pub objection: String,
    /// Until when.
    pub objection_until: String,
    /// A line on top, like 演示数据.
    pub banner: Option<String>,
    /// Paper.
    pub paper: Paper,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticeTemplate<'a> {
    c: &'a NoticeSheet,
    l: Lang,
    css: String,
    js: String,
}

impl NoticeTemplate<'_> {
    fn qr(&self) -> Option<Markup> {
        let text = if self.c.qr.is_empty() { &self.c.short_url } else { &self.c.qr };
        if text.is_empty() { None } else { qr_svg(text) }
    }

    fn page_of(&self) -> String {
        let (at, n) = (self.c.sheet.0.max(1).to_string(), self.c.sheet.1.max(1).to_string());
        fill(self.l, Word::NoticePage, &[("at", &at), ("n", &n)])
    }

    fn position(&self) -> String {
        fill(self.l, Word::AsOfPosition, &[("log", &self.c.log), ("n", &self.c.index.to_string())])
    }

    fn hash(&self) -> String {
        short_hash(&self.c.leaf_hash)
    }
}

impl NoticeSheet {
    /// The whole document; `assets_base` as in [`crate::Shell::assets_base`].
    pub fn html(&self, lang: Lang, assets_base: Option<&str>) -> String {
        let at = |name: &str| match assets_base {
            Some(base) => format!("{base}/{name}"),
            None => asset_url(name),
        };
        run(&NoticeTemplate { c: self, l: lang, css: at("cunwu.css"), js: at("cunwu.js") })
            .into_string()
    }

    /// The document as an answer.
    pub fn page(&self, prefs: Prefs) -> Page {
        Page { status: StatusCode::OK, lang: prefs.lang, html: self.html(prefs.lang, None) }
    }
}
