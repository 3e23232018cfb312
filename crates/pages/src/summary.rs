//! Pairs of name and value, for facts and for reviewing answers.

use askama::Template;

use crate::lang::Lang;
use crate::markup::{Component, Markup, run};
use crate::money::{rmb_upper, yuan_with_unit};
use crate::shell::Link;
use crate::words::{Word, t};

/// A name and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryRow {
    /// Name.
    pub key: String,
    /// Value.
    pub value: SummaryValue,
    /// Where the answer can be changed.
    pub change: Option<String>,
}

/// A value of a [`SummaryRow`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SummaryValue {
    /// Words; line breaks are kept.
    Text(String),
    /// An amount in fen, echoed in capital characters so that a slipped digit shows.
    Money(i64),
    /// A link.
    Link(Link),
    /// Any other component, rendered.
    Markup(Markup),
}

impl SummaryRow {
    /// A row of words.
    pub fn text(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: SummaryValue::Text(value.into()), change: None }
    }

    /// A row with an amount (fen).
    pub fn money(key: impl Into<String>, fen: i64) -> Self {
        Self { key: key.into(), value: SummaryValue::Money(fen), change: None }
    }

    /// A row with a link.
    pub fn link(key: impl Into<String>, link: Link) -> Self {
        Self { key: key.into(), value: SummaryValue::Link(link), change: None }
    }

    /// A row with a rendered component.
    pub fn markup(key: impl Into<String>, markup: Markup) -> Self {
        Self { key: key.into(), value: SummaryValue::Markup(markup), change: None }
    }

    /// With a link that changes the answer.
    #[must_use]
    pub fn change(mut self, href: impl Into<String>) -> Self {
        self.change = Some(href.into());
        self
    }

    fn show(&self, lang: Lang) -> Markup {
        match &self.value {
            SummaryValue::Text(text) if text.trim().is_empty() => {
                Markup::text(t(lang, Word::NotApplicable))
            }
            SummaryValue::Text(text) => Markup::trusted(
                Markup::text(text.trim()).into_string().replace("\r\n", "\n").replace('\n', "<br>"),
            ),
            SummaryValue::Money(fen) => Markup::trusted(format!(
                "<span class=\"amount\">{}</span><small class=\"capitals\" lang=\"zh-CN\">{}</small>",
                yuan_with_unit(lang, *fen),
                rmb_upper(*fen)
            )),
            SummaryValue::Link(link) => Markup::link(&link.href, &link.text),
            SummaryValue::Markup(markup) => markup.clone(),
        }
    }
}

/// A list of names and values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SummaryList {
    /// Heading, may be empty.
    pub title: String,
    /// Rows.
    pub rows: Vec<SummaryRow>,
}

impl SummaryList {
    /// A list.
    pub fn new(title: impl Into<String>, rows: Vec<SummaryRow>) -> Self {
        Self { title: title.into(), rows }
    }

    fn has_changes(&self) -> bool {
        self.rows.iter().any(|r| r.change.is_some())
    }
}

#[derive(Template)]
#[template(
    source = r#"<section class="summary{% if c.has_changes() %} changes{% endif %}">{% if !c.title.is_empty() %}<h2>{{ c.title }}</h2>{% endif %}
<dl>{% for r in c.rows %}<div><dt>{{ r.key }}</dt><dd>{{ r.show(*l) }}</dd>{% if let Some(href) = r.change %}<dd class="change"><a href="{{ crate::markup::safe_href(href) }}">{{ l.t(Word::Change) }}<span class="vh">{{ l.pick("：", ": ") }}{{ r.key }}</span></a></dd>{% endif %}</div>
{% endfor %}</dl></section>"#,
    ext = "html"
)]
struct SummaryTemplate<'a> {
    c: &'a SummaryList,
    l: Lang,
}

impl Component for SummaryList {
    fn render(&self, lang: Lang) -> Markup {
        run(&SummaryTemplate { c: self, l: lang })
    }
}
