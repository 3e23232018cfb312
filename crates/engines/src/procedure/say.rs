//! The refusals of the engine: code, article, what is wrong and what would be right, in both languages.

use definitions::{Citations, Definition, Matter, Step};
use kernel::{Refusal, Text};

/// Makes refusals that cite the article a step rests on.
pub(super) struct Say<'a> {
    pub(super) definition: &'a Definition,
    pub(super) citations: &'a Citations,
    pub(super) step: &'a Step,
    pub(super) matter: Option<&'a Matter>,
}

impl Say<'_> {
    /// A refusal with the step's article.
    pub(super) fn refuse(&self, code: &str, what: Text, remedy: Text) -> Refusal {
        self.cited(Refusal::new(code, what, remedy), None)
    }

    /// A refusal with the article of its competence.
    pub(super) fn of_people(&self, code: &str, what: Text, remedy: Text) -> Refusal {
        self.cited(Refusal::new(code, what, remedy), self.step.by.law.as_deref())
    }

    fn cited(&self, refusal: Refusal, own: Option<&str>) -> Refusal {
        let law =
            own.or_else(|| self.definition.law_of(self.step, self.matter)).unwrap_or("default");
        refusal.by_law(self.citations.cite(law))
    }
}

/// A text in both languages.
pub(super) fn both(zh: impl Into<String>, en: impl Into<String>) -> Text {
    Text::new(zh, en)
}
