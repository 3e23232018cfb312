//! Finished HTML and how components become it; knows no component.

use std::fmt;

use askama::filters::HtmlSafe;

use crate::lang::Lang;

/// HTML that is safe to put on a page as it is. Only templates of this crate make it, so every
/// text that a person typed has been escaped on its way here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Markup(String);

impl Markup {
    /// Wraps what a template of this crate produced.
    pub(crate) fn trusted(html: String) -> Self {
        Self(html)
    }

    /// A text as HTML: every special character is escaped.
    pub fn text(text: &str) -> Self {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '&' => out.push_str("&#38;"),
                '<' => out.push_str("&#60;"),
                '>' => out.push_str("&#62;"),
                '"' => out.push_str("&#34;"),
                '\'' => out.push_str("&#39;"),
                c => out.push(c),
            }
        }
        Self(out)
    }

    /// A paragraph of plain text; line breaks that the writer typed are kept.
    pub fn paragraph(text: &str) -> Self {
        let body = Self::text(text.trim()).0.replace("\r\n", "\n").replace('\n', "<br>");
        Self(format!("<p>{body}</p>"))
    }

    /// A first, plain sentence under the title, a little larger.
    pub fn lead(text: &str) -> Self {
        Self(format!("<p class=\"lead\">{}</p>", Self::text(text)))
    }

    /// A heading of the second level with an id that links can point at.
    pub fn heading(id: &str, text: &str) -> Self {
        Self(format!("<h2 id=\"{}\">{}</h2>", Self::text(id), Self::text(text)))
    }

    /// A heading of the third level.
    pub fn subheading(text: &str) -> Self {
        Self(format!("<h3>{}</h3>", Self::text(text)))
    }

    /// An internal link as running text. An address that is neither local nor http(s) becomes `#`.
    pub fn link(href: &str, text: &str) -> Self {
        Self(format!("<a href=\"{}\">{}</a>", Self::text(safe_href(href)), Self::text(text)))
    }

    /// A link that is the main act of a page (it only leads somewhere; sending is a form).
    pub fn action(href: &str, text: &str) -> Self {
        Self(format!(
            "<p><a class=\"button\" href=\"{}\">{}</a></p>",
            Self::text(safe_href(href)),
            Self::text(text)
        ))
    }

    /// A section: a heading and what belongs to it.
    pub fn section(id: &str, title: &str, body: Markup) -> Self {
        Self(format!(
            "<section aria-labelledby=\"{0}\"><h2 id=\"{0}\">{1}</h2>{2}</section>",
            Self::text(id),
            Self::text(title),
            body
        ))
    }

    /// Two or more parts side by side where there is room, one below the other on phones.
    pub fn side_by_side(parts: &[Markup]) -> Self {
        let mut out = String::from("<div class=\"beside\">");
        for part in parts {
            out.push_str("<div>");
            out.push_str(&part.0);
            out.push_str("</div>");
        }
        out.push_str("</div>");
        Self(out)
    }

    /// Several parts one after another.
    pub fn join<I: IntoIterator<Item = Markup>>(parts: I) -> Self {
        Self(parts.into_iter().map(|p| p.0).collect())
    }

    /// Adds another part at the end.
    pub fn push(&mut self, part: Markup) {
        self.0.push_str(&part.0);
    }

    /// True when nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The HTML.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The HTML, taken out.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Markup {}

/// A part of a page that can be shown in either language.
pub trait Component {
    /// The part as HTML in `lang`.
    fn render(&self, lang: Lang) -> Markup;
}

/// Runs a template. Writing to memory cannot fail; if a formatter ever did, the reader is told
/// that a part is missing instead of seeing a blank that looks like "nothing there".
pub(crate) fn run<T: askama::Template>(template: &T) -> Markup {
    match template.render() {
        Ok(html) => Markup::trusted(html),
        Err(_) => Markup::trusted(
            "<p class=\"tag wrong\">这一部分没有显示出来 · This part could not be shown</p>"
                .to_owned(),
        ),
    }
}

/// Keeps links to pages and drops everything a link must not do (`javascript:` and the like):
/// local paths, fragments, queries, http(s), mail and telephone pass; anything else becomes `#`.
pub fn safe_href(href: &str) -> &str {
    let trimmed = href.trim();
    let lower = trimmed.to_ascii_lowercase();
    let known = ["http://", "https://", "mailto:", "tel:"].iter().any(|p| lower.starts_with(p));
    let colon_in_scheme =
        trimmed.find(':').is_some_and(|at| !trimmed[..at].contains(['/', '?', '#']));
    let control = trimmed.chars().any(char::is_control);
    if !control && (known || !colon_in_scheme) { trimmed } else { "#" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_never_html() {
        let m = Markup::paragraph("<script>alert(1)</script>\n\"村\" & '务'");
        assert!(!m.as_str().contains("<script"));
        assert!(m.as_str().contains("<br>"));
        assert!(m.as_str().contains("&#38; &#39;务&#39;"));
    }

    #[test]
    fn links_only_lead_to_pages() {
        for good in ["/a?b=c:d", "#x", "?page=2", "https://example.cn/a", "tel:12345", "a/b:c"] {
            assert_eq!(safe_href(good), good);
        }
        for bad in [
            "javascript:alert(1)",
            " JavaScript:x",
            "data:text/html,x",
            "vbscript:x",
            "java\nscript:x",
        ] {
            assert_eq!(safe_href(bad), "#", "{bad}");
        }
    }
}
