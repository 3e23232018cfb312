//! The path of a matter, step by step, and what comes next; knows no procedure.

use askama::Template;

use crate::lang::Lang;
use crate::markup::{Component, Markup, run};
use crate::tag::{Tag, Tone};
use crate::words::{Word, fill};

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    /// 已完成
    Done,
    /// 正在进行
    Now,
    /// 退回补正
    Returned,
    /// 已超期
    Late,
    /// 期限中止
    Paused,
    /// 还没到
    NotYet,
    /// 到此终止
    Stopped,
}

impl StepState {
    fn word(self) -> Word {
        match self {
            StepState::Done => Word::StepDone,
            StepState::Now => Word::StepNow,
            StepState::Returned => Word::StepReturned,
            StepState::Late => Word::StepLate,
            StepState::Paused => Word::StepPaused,
            StepState::NotYet => Word::StepNotYet,
            StepState::Stopped => Word::StepStopped,
        }
    }

    fn class(self) -> &'static str {
        match self {
            StepState::Done => "done",
            StepState::Now => "now",
            StepState::Returned => "returned",
            StepState::Late => "late",
            StepState::Paused => "now",
            StepState::NotYet => "not-yet",
            StepState::Stopped => "stopped",
        }
    }

    fn is_current(self) -> bool {
        matches!(
            self,
            StepState::Now
                | StepState::Returned
                | StepState::Late
                | StepState::Paused
                | StepState::Stopped
        )
    }

    fn tone(self) -> Tone {
        match self {
            StepState::Now => Tone::Info,
            StepState::Returned | StepState::Paused => Tone::Wait,
            StepState::Late => Tone::Wrong,
            _ => Tone::Neutral,
        }
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Name, like 党员大会审议.
    pub name: String,
    /// How far it is.
    pub state: StepState,
    /// Day or deadline, already formatted.
    pub date: Option<String>,
    /// Seat or body that acts.
    pub seat: Option<String>,
    /// Article that asks for the step.
    pub article: Option<String>,
    /// What came of it, in a line.
    pub note: Option<String>,
    /// The record of the step.
    pub href: Option<String>,
    /// 可选: the step may be left out.
    pub optional: bool,
}

impl Step {
    /// A step.
    pub fn new(name: impl Into<String>, state: StepState) -> Self {
        Self {
            name: name.into(),
            state,
            date: None,
            seat: None,
            article: None,
            note: None,
            href: None,
            optional: false,
        }
    }

    /// With its day.
    #[must_use]
    pub fn date(mut self, date: impl Into<String>) -> Self {
        self.date = Some(date.into());
        self
    }

    /// With the seat or body that acts.
    #[must_use]
    pub fn seat(mut self, seat: impl Into<String>) -> Self {
        self.seat = Some(seat.into());
        self
    }

    /// With its article.
    #[must_use]
    pub fn article(mut self, article: impl Into<String>) -> Self {
        self.article = Some(article.into());
        self
    }

    /// With what came of it.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// With a link to its record.
    #[must_use]
    pub fn href(mut self, href: impl Into<String>) -> Self {
        self.href = Some(href.into());
        self
    }

    /// May be left out.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }
}

/// What happens next: who, what, by when.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NextAct {
    /// Who.
    pub who: String,
    /// What.
    pub what: String,
    /// By when, as [`crate::dates::deadline`] says it.
    pub by: Option<String>,
}

impl NextAct {
    /// Who, what, by when.
    pub fn new(who: impl Into<String>, what: impl Into<String>, by: Option<String>) -> Self {
        Self { who: who.into(), what: what.into(), by }
    }

    /// `村民代表会议，表决，3月8日（周日）前，还剩 3 天`
    pub fn sentence(&self, lang: Lang) -> String {
        let parts = [Some(self.who.as_str()), Some(self.what.as_str()), self.by.as_deref()];
        let said: Vec<&str> = parts.into_iter().flatten().filter(|p| !p.is_empty()).collect();
        said.join(lang.pick("，", ", "))
    }
}

/// State word and next act, under the title of a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StateLine {
    /// The state.
    pub tag: Tag,
    /// What comes next; None when the matter has ended.
    pub next: Option<NextAct>,
}

#[derive(Template)]
#[template(path = "state_line.html")]
struct StateLineTemplate<'a> {
    c: &'a StateLine,
    l: Lang,
}

impl Component for StateLine {
    fn render(&self, lang: Lang) -> Markup {
        run(&StateLineTemplate { c: self, l: lang })
    }
}

/// The steps of a matter, from the first to the last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stepper {
    /// Heading.
    pub title: String,
    /// All steps, those that lie ahead too; sending is the last one.
    pub steps: Vec<Step>,
    /// What comes next.
    pub next: Option<NextAct>,
}

impl Stepper {
    fn count(&self, lang: Lang) -> String {
        let n = self.steps.len().to_string();
        match self.steps.iter().position(|s| s.state.is_current()) {
            Some(at) => fill(lang, Word::StepsCount, &[("n", &n), ("at", &(at + 1).to_string())]),
            None if self.steps.iter().all(|s| s.state == StepState::Done) => {
                fill(lang, Word::StepsAllDone, &[("n", &n)])
            }
            None => match self.steps.iter().rposition(|s| s.state == StepState::Done) {
                // between two steps: the next one is where the matter stands
                Some(at) => fill(
                    lang,
                    Word::StepsCount,
                    &[("n", &n), ("at", &(at + 2).min(self.steps.len()).to_string())],
                ),
                None => fill(lang, Word::StepsNone, &[("n", &n)]),
            },
        }
    }

    fn is_current(&self, index: &usize) -> bool {
        self.steps.iter().position(|s| s.state.is_current()) == Some(*index)
    }
}

#[derive(Template)]
#[template(path = "stepper.html")]
struct StepperTemplate<'a> {
    c: &'a Stepper,
    l: Lang,
}

impl Component for Stepper {
    fn render(&self, lang: Lang) -> Markup {
        run(&StepperTemplate { c: self, l: lang })
    }
}
