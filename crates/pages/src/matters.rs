//! Matters as a list that a phone can read: each what it is, since when, how far, and what comes next; knows no procedure.

use askama::Template;

use crate::lang::Lang;
use crate::markup::{Component, Markup, run};
use crate::shell::Link;
use crate::stepper::StateLine;
use crate::tag::Tag;
use crate::words::Word;

/// One matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MatterLine {
    /// What it is called.
    pub title: String,
    /// Its page.
    pub href: String,
    /// What it is about, in a word.
    pub about: Option<String>,
    /// The day on which it began.
    pub since: String,
    /// How far it is, and what comes next.
    pub state: StateLine,
}

impl MatterLine {
    fn tag(&self, lang: Lang) -> Markup {
        Tag { meaning: None, ..self.state.tag.clone() }.render(lang)
    }
}

/// Matters of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MatterList {
    /// What kind; may be empty.
    pub title: String,
    /// Where all of them are.
    pub all: Option<Link>,
    /// Those shown.
    pub items: Vec<MatterLine>,
}

#[derive(Template)]
#[template(
    source = r#"<div class="matters">{% if !c.title.is_empty() %}<h3>{{ c.title }}</h3>{% endif %}
{% if !c.items.is_empty() %}<ul>{% for m in c.items %}<li><p class="matter-name"><a href="{{ crate::safe_href(m.href) }}">{{ m.title }}</a></p>
<p class="matter-state">{{ m.tag(*l) }}<span>{% if let Some(about) = m.about %}{{ about }} · {% endif %}{{ m.since }}</span></p>{% if let Some(next) = m.state.next %}
<p class="matter-next"><b>{{ l.t(Word::NextStep) }}</b>{{ next.sentence(*l) }}</p>{% endif %}</li>
{% endfor %}</ul>{% endif %}{% if let Some(all) = c.all %}<p class="all"><a href="{{ all.safe() }}">{{ all.text }}<span class="vh">{{ l.pick("：", ": ") }}{{ c.title }}</span></a></p>{% endif %}</div>"#,
    ext = "html"
)]
struct MatterListTemplate<'a> {
    c: &'a MatterList,
    l: Lang,
}

impl Component for MatterList {
    fn render(&self, lang: Lang) -> Markup {
        run(&MatterListTemplate { c: self, l: lang })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stepper::NextAct;
    use crate::tag::Tone;

    #[test]
    fn a_matter_says_what_comes_next_once_and_its_title_is_only_text() {
        let state = StateLine {
            tag: Tag::new(Tone::Info, "办理中").meaning("还没办完"),
            next: Some(NextAct::new("村民委员会", "答复", None)),
        };
        let line = MatterLine {
            title: "<i>".into(),
            href: "/m/1".into(),
            about: None,
            since: "2026-03-05".into(),
            state,
        };
        let list = MatterList {
            title: "便民信息".into(),
            all: Some(Link::new("全部 3 件", "/m")),
            items: vec![line],
        };
        let html = list.render(Lang::Zh).into_string();
        assert!(html.contains("<a href=\"/m/1\">&#60;i&#62;</a>"), "{html}");
        assert!(
            html.contains("<b>下一步：</b>村民委员会，答复") && !html.contains("还没办完"),
            "{html}"
        );
        let empty = MatterList { items: Vec::new(), ..list }.render(Lang::Zh).into_string();
        assert!(!empty.contains("<ul>") && empty.contains("/m\""), "{empty}");
    }
}
