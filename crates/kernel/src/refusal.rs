//! A refusal: a code, the article of law, and what would be right.

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// An article of law or rule (法条), as the table of citations names it, such as `RCEO 26(7)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Citation {
    /// Short name and article: `OLVC 35`.
    pub article: String,
    /// The law's name and the article in both languages: `《村民委员会组织法》第三十五条`.
    pub name: Text,
}

/// Why a command was not accepted. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {}", .what.en)]
pub struct Refusal {
    /// Stable code, such as `four-eyes`; `docs/refusals/` has a page for each.
    pub code: String,
    /// The article that the rule enforces; absent only for malformed input.
    pub law: Option<Citation>,
    /// What is wrong.
    pub what: Text,
    /// What would be right.
    pub remedy: Text,
    /// The field that is wrong, as a JSON pointer into the command's body.
    pub field: Option<String>,
    /// The warning rule that this refusal also raises, such as `W13`.
    pub warning: Option<String>,
}

impl Refusal {
    /// A refusal with neither article nor field; add them with the methods below.
    pub fn new(code: impl Into<String>, what: Text, remedy: Text) -> Self {
        Self { code: code.into(), law: None, what, remedy, field: None, warning: None }
    }

    /// Malformed input: names the field.
    pub fn field(field: impl Into<String>, what: Text, remedy: Text) -> Self {
        Self { field: Some(field.into()), ..Self::new("malformed", what, remedy) }
    }

    /// With the article that the rule enforces.
    #[must_use]
    pub fn by_law(mut self, law: Citation) -> Self {
        self.law = Some(law);
        self
    }

    /// With the field that is wrong.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// With the warning that it raises.
    #[must_use]
    pub fn warns(mut self, rule: impl Into<String>) -> Self {
        self.warning = Some(rule.into());
        self
    }
}
