//! What is put up to be read: a text with who put it up, and the questions and answers below it; knows no procedure.

use askama::Template;

use crate::lang::Lang;
use crate::markup::{Component, Markup, run};
use crate::tag::Tag;
use crate::words::Word;

/// A text as it hangs on the board: its own paragraphs, larger than the rest of the page, and who put it up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// What it is about, in a word or two above the text; may be empty.
    pub about: String,
    /// The text; its line breaks are kept.
    pub text: String,
    /// Who put it up, when, until when; may be empty.
    pub by: String,
}

impl Reading {
    fn paragraphs(&self) -> impl Iterator<Item = &str> {
        self.text.lines().map(str::trim).filter(|line| !line.is_empty())
    }
}

#[derive(Template)]
#[template(
    source = r#"<article class="reading">{% if !c.about.is_empty() %}<p class="reading-about">{{ c.about }}</p>{% endif %}
{% for line in c.paragraphs() %}<p>{{ line }}</p>{% endfor %}
{% if !c.by.is_empty() %}<p class="reading-by">{{ c.by }}</p>{% endif %}</article>"#,
    ext = "html"
)]
struct ReadingTemplate<'a> {
    c: &'a Reading,
}

impl Component for Reading {
    fn render(&self, _lang: Lang) -> Markup {
        run(&ReadingTemplate { c: self })
    }
}

/// Something said: the words, and by whom and when.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// The words; line breaks are kept.
    pub text: String,
    /// Who and when.
    pub by: String,
}

/// A question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exchange {
    /// The question.
    pub asked: Said,
    /// The answer.
    pub answer: Option<Said>,
    /// How it stands, where that is worth a word: waiting until when, late.
    pub state: Option<Tag>,
}

/// Questions and answers (问与答), in the order in which they were asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exchanges {
    /// All of them.
    pub items: Vec<Exchange>,
}

impl Exchange {
    fn lines<'a>(&self, said: &'a Said) -> Vec<&'a str> {
        said.text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
    }
}

#[derive(Template)]
#[template(
    source = r#"<ol class="talk">{% for e in c.items %}<li>
<div class="turn"><span class="who-says" aria-hidden="true">{{ l.t(Word::AskedShort) }}</span><div><p class="vh">{{ l.t(Word::Asked) }}</p>{% for line in e.lines(e.asked) %}<p>{{ line }}</p>{% endfor %}<p class="said-by">{{ e.asked.by }}</p></div></div>
{% if let Some(answer) = e.answer %}<div class="turn answer"><span class="who-says" aria-hidden="true">{{ l.t(Word::AnsweredShort) }}</span><div><p class="vh">{{ l.t(Word::Answered) }}</p>{% for line in e.lines(answer) %}<p>{{ line }}</p>{% endfor %}<p class="said-by">{{ answer.by }}</p></div></div>
{% endif %}{% if let Some(tag) = e.state %}<p class="turn-state">{{ tag.render(*l) }}</p>{% endif %}</li>
{% endfor %}</ol>"#,
    ext = "html"
)]
struct ExchangesTemplate<'a> {
    c: &'a Exchanges,
    l: Lang,
}

impl Component for Exchanges {
    fn render(&self, lang: Lang) -> Markup {
        run(&ExchangesTemplate { c: self, l: lang })
    }
}

/// A choice among views of the same list, each a link (按状态看).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Views {
    /// Label for screen readers.
    pub label: String,
    /// Text, link, and whether it is the one shown.
    pub views: Vec<(String, String, bool)>,
}

#[derive(Template)]
#[template(
    source = r#"<nav class="views" aria-label="{{ c.label }}">{% for (text, href, current) in c.views %}<a href="{{ crate::safe_href(href) }}"{% if current %} aria-current="true"{% endif %}>{{ text }}</a>{% endfor %}</nav>"#,
    ext = "html"
)]
struct ViewsTemplate<'a> {
    c: &'a Views,
}

impl Component for Views {
    fn render(&self, _lang: Lang) -> Markup {
        run(&ViewsTemplate { c: self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tag::Tone;

    #[test]
    fn paragraphs_are_kept_and_nothing_is_html() {
        let reading =
            Reading { text: "一<b>\n\n二".into(), by: "村委会".into(), ..Reading::default() };
        let html = reading.render(Lang::Zh).into_string();
        assert!(html.contains("<p>一&#60;b&#62;</p><p>二</p>"), "{html}");
        assert!(!html.contains("reading-about"));
    }

    #[test]
    fn a_question_without_an_answer_says_how_it_stands() {
        let asked = Said { text: "要带什么？".into(), by: "村民代表".into() };
        let state = Some(Tag::new(Tone::Wait, "等答复"));
        let waits = Exchange { asked: asked.clone(), answer: None, state };
        let answer = Some(Said { text: "身份证".into(), by: "主任".into() });
        let answered = Exchange { asked, answer, state: None };
        let html = Exchanges { items: vec![waits, answered] }.render(Lang::Zh).into_string();
        let (first, second) = html.split_once("</li>").unwrap();
        assert!(first.contains("等答复") && !first.contains("turn answer"), "{first}");
        assert!(second.contains("turn answer") && second.contains("身份证"), "{second}");
    }

    #[test]
    fn the_view_shown_is_marked() {
        let views = vec![("全部".into(), "/a".into(), false), ("办理中".into(), "/b".into(), true)];
        let html = Views { label: "状态".into(), views }.render(Lang::Zh).into_string();
        assert!(html.contains("<a href=\"/b\" aria-current=\"true\">"), "{html}");
        assert_eq!(html.matches("aria-current").count(), 1);
    }
}
