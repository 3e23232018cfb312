//! A tree of places (province to group) that opens level by level, with a search box.

use askama::Template;

use crate::lang::Lang;
use crate::markup::{Component, Markup, run};
use crate::words::{Word, fill};

/// A place and what is below it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TreeNode {
    /// Name.
    pub label: String,
    /// Its page.
    pub href: String,
    /// A short remark, like 12 个村.
    pub note: String,
    /// Below it.
    pub children: Vec<TreeNode>,
    /// Shown open.
    pub open: bool,
    /// The place that the reader is at.
    pub current: bool,
}

impl TreeNode {
    /// A place.
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into(), ..Self::default() }
    }

    /// With a remark.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// With places below, open.
    #[must_use]
    pub fn children(mut self, children: Vec<TreeNode>, open: bool) -> Self {
        self.children = children;
        self.open = open;
        self
    }

    fn show(&self, lang: Lang) -> Markup {
        run(&NodeTemplate { n: self, l: lang })
    }
}

#[derive(Template)]
#[template(
    source = r#"<li>{% if n.children.is_empty() %}<span class="tree-line"><a href="{{ crate::safe_href(n.href) }}"{% if n.current %} aria-current="page"{% endif %}>{{ n.label }}</a>{% if !n.note.is_empty() %}<small>{{ n.note }}</small>{% endif %}</span>{% else %}<details{% if n.open %} open{% endif %}><summary><span class="tree-line"><a href="{{ crate::safe_href(n.href) }}"{% if n.current %} aria-current="page"{% endif %}>{{ n.label }}</a>{% if !n.note.is_empty() %}<small>{{ n.note }}</small>{% endif %}</span></summary><ul>{% for child in n.children %}{{ child.show(*l) }}{% endfor %}</ul></details>{% endif %}</li>"#,
    ext = "html"
)]
struct NodeTemplate<'a> {
    n: &'a TreeNode,
    l: Lang,
}

/// The search box above a tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchBox {
    /// Where it is sent (GET).
    pub action: String,
    /// Name of the field.
    pub name: String,
    /// What was typed.
    pub value: String,
    /// Label, like 找村名、镇名或代码.
    pub label: String,
    /// How many were found; None when nothing was searched.
    pub found: Option<usize>,
}

impl SearchBox {
    fn said(&self, lang: Lang) -> Option<String> {
        match self.found? {
            0 => Some(fill(lang, Word::FoundNone, &[("q", &self.value)])),
            n => Some(fill(lang, Word::Found, &[("n", &n.to_string())])),
        }
    }
}

/// The tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TreeList {
    /// Label for screen readers, like 行政区划.
    pub label: String,
    /// Search box.
    pub search: Option<SearchBox>,
    /// Top level.
    pub nodes: Vec<TreeNode>,
}

#[derive(Template)]
#[template(
    source = r#"<div class="tree">{% if let Some(s) = c.search %}<form class="search" role="search" method="get" action="{{ crate::safe_href(s.action) }}"><label for="search-{{ s.name }}">{{ s.label }}</label><div class="search-line"><input type="search" id="search-{{ s.name }}" name="{{ s.name }}" value="{{ s.value }}" enterkeyhint="search"><button class="button">{{ l.t(Word::Search) }}</button></div>{% if let Some(said) = s.said(*l) %}<p class="found" role="status">{{ said }}</p>{% endif %}</form>{% endif %}
<nav aria-label="{{ c.label }}"><ul>{% for n in c.nodes %}{{ n.show(*l) }}{% endfor %}</ul></nav></div>"#,
    ext = "html"
)]
struct TreeTemplate<'a> {
    c: &'a TreeList,
    l: Lang,
}

impl Component for TreeList {
    fn render(&self, lang: Lang) -> Markup {
        run(&TreeTemplate { c: self, l: lang })
    }
}
