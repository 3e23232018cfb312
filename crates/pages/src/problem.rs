//! Refusals and errors in plain words: what is wrong, under which article, what to do; nothing was changed.

use askama::Template;
use axum::http::StatusCode;

use crate::lang::Lang;
use crate::markup::{Component, Markup, run};
use crate::shell::{Link, Page, Shell};
use crate::words::{Word, t};

/// A page for 403, 404, 409, 422, 500, 503 (any other status reads like its class).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProblemPage {
    /// HTTP status.
    pub status: u16,
    /// Title; empty means the kit's words for the status.
    pub title: String,
    /// What is wrong, in a sentence; empty means the kit's words.
    pub detail: String,
    /// The article that refuses, with its text.
    pub article: Option<Link>,
    /// What would be right; empty means the kit's words.
    pub remedy: String,
    /// Refusal code or request id.
    pub code: String,
    /// Where to go back to.
    pub back: Option<String>,
    /// Where home is (default `/`).
    pub home: String,
}

impl ProblemPage {
    /// A page with the kit's words for a status.
    pub fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    fn words(&self) -> (Word, Word, Word) {
        match self.status {
            401 | 403 => (Word::P403Title, Word::P403Text, Word::P403Do),
            404 | 410 => (Word::P404Title, Word::P404Text, Word::P404Do),
            409 | 412 => (Word::P409Title, Word::P409Text, Word::P409Do),
            429 | 503 => (Word::P503Title, Word::P503Text, Word::P503Do),
            400..=499 => (Word::P422Title, Word::P422Text, Word::P422Do),
            _ => (Word::P500Title, Word::P500Text, Word::P500Do),
        }
    }

    /// The title, for [`Shell::title`].
    pub fn title(&self, lang: Lang) -> String {
        if self.title.is_empty() { t(lang, self.words().0).to_owned() } else { self.title.clone() }
    }

    fn said<'a>(&self, given: &'a str, word: Word, lang: Lang) -> &'a str {
        if given.is_empty() { t(lang, word) } else { given }
    }

    fn home(&self) -> &str {
        if self.home.is_empty() { "/" } else { crate::markup::safe_href(&self.home) }
    }

    /// The whole page in a frame (its title is replaced), with the status.
    pub fn page(&self, mut shell: Shell) -> Page {
        let lang = shell.lang();
        shell.title = self.title(lang);
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        shell.page_with_status(status, &self.render(lang))
    }
}

#[derive(Template)]
#[template(
    source = r#"<div class="problem"><p class="lead">{{ c.said(c.detail, *c.words().1, *l) }}{% if !c.detail.is_empty() && c.status < 500 %}{{ l.pick("", " ") }}{{ l.t(Word::ProblemNothing) }}{% endif %}</p>
<dl>{% if let Some(a) = c.article %}<div><dt>{{ l.t(Word::ProblemBasis) }}</dt><dd>{% if a.href.is_empty() %}{{ a.text }}{% else %}<a href="{{ a.safe() }}">{{ a.text }}</a>{% endif %}</dd></div>{% endif %}
<div><dt>{{ l.t(Word::ProblemRemedy) }}</dt><dd>{{ c.said(c.remedy, *c.words().2, *l) }}</dd></div>
{% if !c.code.is_empty() %}<div><dt>{{ l.t(Word::ProblemCode) }}</dt><dd><code>{{ c.code }}</code></dd></div>{% endif %}</dl>
<p class="acts">{% if let Some(href) = c.back %}<a class="button" href="{{ crate::markup::safe_href(href) }}">{{ l.t(Word::ProblemBack) }}</a>{% endif %}<a {% if c.back.is_none() %}class="button" {% endif %}href="{{ c.home() }}">{{ l.t(Word::ProblemHome) }}</a></p></div>"#,
    ext = "html"
)]
struct ProblemTemplate<'a> {
    c: &'a ProblemPage,
    l: Lang,
}

impl Component for ProblemPage {
    fn render(&self, lang: Lang) -> Markup {
        run(&ProblemTemplate { c: self, l: lang })
    }
}
