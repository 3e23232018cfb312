//! State words in a tint, and the empty places that say why they are empty; knows no states of a service.

use askama::Template;

use crate::lang::Lang;
use crate::markup::{Component, Markup, run};
use crate::shell::Link;
use crate::words::Word;

/// The meaning of a tag; the word itself always says it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Done, agreed.
    Ok,
    /// Somebody has to act.
    Wait,
    /// Wrong or late.
    Wrong,
    /// Going on.
    Info,
    /// No judgement.
    #[default]
    Neutral,
}

impl Tone {
    /// The class in the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Tone::Ok => "ok",
            Tone::Wait => "wait",
            Tone::Wrong => "wrong",
            Tone::Info => "info",
            Tone::Neutral => "neutral",
        }
    }
}

/// A state word, with its one-line plain meaning where the definition gives one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tag {
    /// Tone.
    pub tone: Tone,
    /// The word.
    pub text: String,
    /// What it means, in one plain line.
    pub meaning: Option<String>,
}

impl Tag {
    /// A tag.
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into(), meaning: None }
    }

    /// With its plain meaning.
    #[must_use]
    pub fn meaning(mut self, meaning: impl Into<String>) -> Self {
        self.meaning = Some(meaning.into());
        self
    }
}

#[derive(Template)]
#[template(
    source = r#"<strong class="tag {{ c.tone.class() }}">{{ c.text }}</strong>{% if let Some(m) = c.meaning %} <span class="meaning">{{ m }}</span>{% endif %}"#,
    ext = "html"
)]
struct TagTemplate<'a> {
    c: &'a Tag,
}

impl Component for Tag {
    fn render(&self, _lang: Lang) -> Markup {
        run(&TagTemplate { c: self })
    }
}

/// Why there is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmptyWhy {
    /// Nothing of the kind has happened.
    None,
    /// It is not due yet.
    NotDue,
    /// It should be here and is not.
    Late,
    /// The reader has no right to see it.
    NoRight,
}

/// An empty place: what will be here · why it is empty · what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmptyState {
    /// What will be here.
    pub what: String,
    /// Kind of the reason.
    pub why: EmptyWhy,
    /// The reason, more exactly (until when, since when, under which article).
    pub because: Option<String>,
    /// What to do, with a link where there is one.
    pub act: Option<String>,
    /// The link of the act.
    pub link: Option<Link>,
}

impl EmptyState {
    /// An empty place.
    pub fn new(what: impl Into<String>, why: EmptyWhy) -> Self {
        Self { what: what.into(), why, because: None, act: None, link: None }
    }

    /// The exact reason.
    #[must_use]
    pub fn because(mut self, text: impl Into<String>) -> Self {
        self.because = Some(text.into());
        self
    }

    /// What the reader can do.
    #[must_use]
    pub fn act(mut self, text: impl Into<String>, link: Option<Link>) -> Self {
        self.act = Some(text.into());
        self.link = link;
        self
    }

    fn why_word(&self) -> Word {
        match self.why {
            EmptyWhy::None => Word::EmptyNone,
            EmptyWhy::NotDue => Word::EmptyNotDue,
            EmptyWhy::Late => Word::EmptyLate,
            EmptyWhy::NoRight => Word::EmptyNoRight,
        }
    }
}

#[derive(Template)]
#[template(path = "empty.html")]
struct EmptyTemplate<'a> {
    c: &'a EmptyState,
    l: Lang,
}

impl Component for EmptyState {
    fn render(&self, lang: Lang) -> Markup {
        run(&EmptyTemplate { c: self, l: lang })
    }
}
