//! A text in both languages of the product: Chinese first, English beside it.

use serde::{Deserialize, Serialize};

/// A text in Chinese and English.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Chinese (简体中文).
    pub zh: String,
    /// English.
    pub en: String,
}

impl Text {
    /// Both languages at once.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// Whether neither language is blank.
    pub fn is_complete(&self) -> bool {
        !self.zh.trim().is_empty() && !self.en.trim().is_empty()
    }

    /// The text with each `{name}` replaced by its value; unknown names stay as they are.
    pub fn fill(&self, values: &[(&str, &str)]) -> Self {
        let put = |template: &str| {
            values.iter().fold(template.to_owned(), |text, (name, value)| {
                text.replace(&format!("{{{name}}}"), value)
            })
        };
        Self { zh: put(&self.zh), en: put(&self.en) }
    }
}

impl std::fmt::Display for Text {
    /// The English text: for logs of the program.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.en)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_names_in_both_languages() {
        let text =
            Text::new("至多{limit}元", "at most {limit} yuan").fill(&[("limit", "1,000.00")]);
        assert_eq!(text, Text::new("至多1,000.00元", "at most 1,000.00 yuan"));
    }
}
