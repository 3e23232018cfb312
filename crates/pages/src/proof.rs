//! 怎么知道这是真的: where a record stands in its log and how to check it; verifies nothing itself.

use askama::Template;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use crate::lang::Lang;
use crate::markup::{Component, Markup, run};
use crate::money::count;
use crate::words::{Word, fill};

/// A QR code as inline SVG: level M, margin of 4 modules, black on white in every theme.
/// None when the text is too long for any code (more than 2,331 bytes).
pub fn qr_svg(text: &str) -> Option<Markup> {
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M).ok()?;
    let svg = code
        .render::<svg::Color>()
        .quiet_zone(true)
        .module_dimensions(1, 1)
        .dark_color(svg::Color("#000"))
        .light_color(svg::Color("#fff"))
        .build();
    // the XML declaration and the fixed size do not belong into a page
    let start = svg.find("<svg")?;
    let side = code.width() + 8;
    let inner = svg[start..].split_once('>')?.1;
    Some(Markup::trusted(format!(
        "<svg class=\"qr\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\" aria-hidden=\"true\" focusable=\"false\">{inner}"
    )))
}

/// The first 16 characters of a hash in groups of four, for people who compare by eye.
pub fn short_hash(hex: &str) -> String {
    let first: Vec<char> = hex.chars().take(16).collect();
    first.chunks(4).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// The box 怎么知道这是真的. Give it the id `proof` anchor by [`ProofBox::id`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProofBox {
    /// Log name.
    pub log: String,
    /// Index of the entry.
    pub index: u64,
    /// Leaf hash, hex.
    pub leaf_hash: String,
    /// Size of the checkpoint that covers it.
    pub tree_size: u64,
    /// Root of that checkpoint, as the checkpoint writes it.
    pub root: String,
    /// Who has cosigned.
    pub witnesses: Vec<String>,
    /// Proof file.
    pub download: Option<String>,
    /// Name under which the proof file is saved (default `proof.json`).
    pub file_name: String,
    /// Text of the QR code: short URL with log, index and hash; empty for none.
    pub qr: String,
}

impl ProofBox {
    fn hash(&self) -> String {
        short_hash(&self.leaf_hash)
    }

    fn size(&self, lang: Lang) -> String {
        let n = count(i64::try_from(self.tree_size).unwrap_or(i64::MAX));
        fill(lang, Word::ProofEntries, &[("n", &n)])
    }

    fn file(&self) -> &str {
        if self.file_name.is_empty() { "proof.json" } else { &self.file_name }
    }

    fn qr_markup(&self) -> Option<Markup> {
        if self.qr.is_empty() { None } else { qr_svg(&self.qr) }
    }
}

#[derive(Template)]
#[template(path = "proof.html")]
struct ProofTemplate<'a> {
    c: &'a ProofBox,
    l: Lang,
}

impl Component for ProofBox {
    fn render(&self, lang: Lang) -> Markup {
        run(&ProofTemplate { c: self, l: lang })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_has_its_margin_and_never_follows_the_theme() {
        let svg = qr_svg("https://cunwu.example/v/1?l=a&i=2").unwrap().into_string();
        assert!(svg.starts_with("<svg class=\"qr\" viewBox=\"0 0 "));
        assert!(svg.contains("#000") && svg.contains("#fff") && !svg.contains("currentColor"));
        // version 3 at level M: 29 modules and 4 on each side
        assert!(svg.contains("viewBox=\"0 0 37 37\""), "{}", &svg[..80]);
        assert!(qr_svg(&"x".repeat(3000)).is_none());
    }

    #[test]
    fn hashes_are_cut_not_broken() {
        assert_eq!(short_hash("00112233445566778899aabb"), "0011 2233 4455 6677");
        assert_eq!(short_hash("村"), "村");
    }
}
