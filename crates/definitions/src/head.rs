//! The head that reports and indicators have in common: what they are called, on what they rest, whose they are.

use kernel::{DefinitionRef, Text};
use sha2::{Digest, Sha256};

use crate::{
    citations::Citations,
    finding::{Finding, FindingCode as Code},
    read::{Reader, Table, did_you_mean},
};

/// What stands at the top of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The file it was read from, for findings.
    pub file: String,
    /// Its id: `balance-sheet`.
    pub id: String,
    /// Its version, from 1.
    pub version: u32,
    /// What people call it.
    pub term: Text,
    /// The rule that asks for it.
    pub law: String,
    /// The region whose own it is (`yl`); none for what is built in.
    pub region: Option<String>,
    /// Which mechanisms of the map it carries.
    pub capabilities: Vec<u16>,
    /// `id@hash`.
    pub reference: DefinitionRef,
    /// The text itself: what is adopted, hashed and shown.
    pub text: String,
    /// Line in the file.
    pub line: usize,
}

impl Head {
    /// SHA-256 of the text, in hexadecimal.
    pub fn hash(&self) -> &str {
        self.reference.as_str().rsplit_once('@').map_or("", |(_, hash)| hash)
    }

    /// Reads it from its table, which the caller finishes.
    pub(crate) fn read(
        table: &mut Table<'_, '_>,
        reader: &mut Reader,
        file: &str,
        text: &str,
    ) -> Option<Self> {
        let id = table.need_text(reader, "id", "Name it: `id = \"balance-sheet\"`.");
        if !table.has("term") {
            let remedy = "Say it in both languages: `{ zh = \"…\", en = \"…\" }`.";
            table.missing(reader, "term", remedy);
        }
        let term = table.words(reader, "term").unwrap_or_default();
        let version = table.whole(reader, "version");
        let version = version.and_then(|v| u32::try_from(v).ok()).filter(|v| *v > 0);
        if version.is_none() {
            let remedy = "Number it from 1; a changed text takes the next number.";
            table.missing(reader, "version", remedy);
        }
        let law = table.need_text(reader, "law", "Cite the rule that asks for it.");
        let region = table.text(reader, "region");
        let capabilities = table.wholes(reader, "capabilities");
        let id = id?;
        let hash = hex::encode(Sha256::digest(text.as_bytes()));
        Some(Self {
            file: file.to_owned(),
            reference: DefinitionRef::new(format!("{id}@{hash}")),
            version: version.unwrap_or(1),
            term,
            law: law?,
            region,
            capabilities,
            text: text.to_owned(),
            line: table.line,
            id,
        })
    }

    /// Whose it is and on what it rests.
    pub(crate) fn check(&self, citations: &Citations) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut find = |code, what: String, remedy: String| {
            findings.push(Finding::new(&self.file, Some(self.line), code, what, remedy));
        };
        if citations.entry(&self.law).is_none() {
            let articles = citations.articles().map(|entry| entry.article.as_str());
            find(
                Code::UnknownCitation,
                format!("`{}` is not in the table of citations.", self.law),
                did_you_mean(&self.law, articles),
            );
        }
        if let Some(region) = &self.region
            && !self.id.starts_with(&format!("{region}-"))
        {
            find(
                Code::BadValue,
                format!("`{}` does not begin with `{region}-`.", self.id),
                format!("A region's own ids begin with its name: `id = \"{region}-{}\"`.", self.id),
            );
        }
        findings
    }
}
