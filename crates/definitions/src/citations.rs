//! The table of citations: law and article, names in both languages, since when. Knows no definition.

use std::collections::BTreeMap;

use kernel::{Citation, Date, Text};

use crate::{model::Tighten, number::Value};

/// One article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CitationEntry {
    /// `OLVC 35`.
    pub article: String,
    /// 《村民委员会组织法》第三十五条
    pub name: Text,
    /// In force from.
    pub from: Date,
    /// In force until (exclusive), when it was replaced.
    pub until: Option<Date>,
    /// How well it is sourced: `V`, `V2`, `P:ZJ`, `K`, `D`.
    pub mark: String,
    /// Bounds it sets: parameter values citing it as their source may not be looser.
    pub bounds: Vec<(Tighten, Value)>,
}

/// The table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Citations {
    pub(crate) entries: BTreeMap<String, CitationEntry>,
}

impl Citations {
    /// The table that the program carries (`citations.toml`).
    pub fn builtin() -> Self {
        crate::read::citations("citations.toml", include_str!("../citations.toml"))
            .unwrap_or_default()
    }

    /// Reads a table.
    ///
    /// # Errors
    /// Findings with lines.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<crate::finding::Finding>> {
        crate::read::citations(file, text)
    }

    /// With the articles of another table; those win.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        self
    }

    /// The entry of an article, as definitions write it.
    pub fn entry(&self, article: &str) -> Option<&CitationEntry> {
        self.entries.get(article)
    }

    /// The citation that a refusal carries. An article that the table does not have is cited by its short name.
    pub fn cite(&self, article: &str) -> Citation {
        self.entries.get(article).map_or_else(
            || Citation { article: article.to_owned(), name: Text::new(article, article) },
            |entry| Citation { article: entry.article.clone(), name: entry.name.clone() },
        )
    }

    /// All articles, by name.
    pub fn articles(&self) -> impl Iterator<Item = &CitationEntry> {
        self.entries.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_program_reads_and_is_complete() {
        let table = Citations::parse("citations.toml", include_str!("../citations.toml")).unwrap();
        assert_eq!(table, Citations::builtin());
        for entry in table.articles() {
            assert!(entry.name.is_complete(), "{}", entry.article);
            assert!(!entry.mark.is_empty(), "{}", entry.article);
        }
        let disclosure = table.entry("OLVC 35").unwrap();
        assert_eq!(disclosure.from.to_string(), "2026-01-01");
        assert_eq!(disclosure.bounds.len(), 1);
        assert!(table.cite("OLVC 35").name.zh.contains("第三十五条"));
    }
}
