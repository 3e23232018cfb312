//! Findings of the checker: file, line, what is wrong, and what would be right.

mod aim;

use std::fmt;

use serde::Serialize;

/// One thing that is wrong with a definition.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Finding {
    /// The file.
    pub file: String,
    /// The line, from 1; absent when the whole file is meant.
    pub line: Option<usize>,
    /// The characters of that line that are meant, from 1 up to but not including the second.
    pub columns: Option<(usize, usize)>,
    /// Which kind of finding.
    pub code: FindingCode,
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub remedy: String,
}

impl Finding {
    /// A finding; where on its line, is found by [`Finding::aim`].
    pub fn new(
        file: &str,
        line: Option<usize>,
        code: FindingCode,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (what, remedy) = (what.into(), remedy.into());
        Self { file: file.to_owned(), line, columns: None, code, what, remedy }
    }

    /// The order of reports: by file, line, then words.
    pub fn sort(findings: &mut Vec<Self>) {
        findings.sort_by(|a, b| (&a.file, a.line, &a.what).cmp(&(&b.file, b.line, &b.what)));
        findings.dedup();
    }
}

impl fmt::Display for Finding {
    /// `lending.toml:14  … Remedy.`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}  {}", self.file, self.what)?,
            None => write!(f, "{}     {}", self.file, self.what)?,
        }
        if self.remedy.is_empty() { Ok(()) } else { write!(f, " {}", self.remedy) }
    }
}

/// The kinds of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingCode {
    /// The text is not TOML.
    Syntax,
    /// A key that means nothing here.
    UnknownKey,
    /// A key that must be there.
    MissingKey,
    /// A value of the wrong type or form.
    BadValue,
    /// A name used twice.
    Duplicate,
    /// A parameter that is not declared.
    UnknownParameter,
    /// A parameter that nothing uses.
    UnusedParameter,
    /// A field that is not declared.
    UnknownField,
    /// A step or outcome that does not exist.
    UnknownStep,
    /// A guard that the core does not offer.
    UnknownGuard,
    /// A post that does not exist.
    UnknownPost,
    /// A body that does not exist.
    UnknownBody,
    /// Somebody to be told who does not exist.
    UnknownAudience,
    /// An event neither bound nor declared.
    UnknownEvent,
    /// A posting template that the core does not offer.
    UnknownTemplate,
    /// A source that is not in the table of citations.
    UnknownCitation,
    /// A citation not in force yet.
    CitationNotInForce,
    /// An amount in no tier.
    TierGap,
    /// An amount in two tiers.
    TierOverlap,
    /// Two tiers that ask for the same.
    TierRedundant,
    /// Different units compared.
    Units,
    /// Tightened the wrong way.
    TightenDirection,
    /// Looser than the law.
    LooserThanLaw,
    /// A step that no path reaches.
    Unreachable,
    /// A path that never ends.
    NeverEnds,
    /// A path that returns without a bound.
    UnboundedLoop,
    /// Does not say what happens next.
    NoNext,
    /// A deadline nobody consumes.
    TimerWithoutConsumer,
    /// A consumer that no deadline reaches.
    ConsumerWithoutTimer,
    /// A decision without quorum.
    NoQuorum,
    /// A decision without vote.
    NoVote,
    /// A decision without notice.
    NoNotice,
    /// Who has an interest stays in the vote.
    NoRecusal,
    /// Without the window that the law asks.
    NoWindow,
    /// Four eyes dropped.
    NoFourEyes,
    /// What must be signed is not.
    NotSigned,
    /// What must be booked is not.
    NotPosted,
    /// A mandatory guard dropped.
    MandatoryGuard,
    /// A path that skips what the core demands.
    SkipsDemanded,
    /// A field that an event needs is not supplied.
    FieldNotSupplied,
    /// A field of another type than the event needs.
    FieldType,
    /// A natural key that is not claimed.
    ClaimDropped,
    /// A class below the core's.
    ClassLowered,
    /// A message that shows what its reader may not see.
    MessageShows,
    /// A placeholder that means nothing.
    UnknownPlaceholder,
    /// A language is missing.
    MissingLanguage,
    /// An event's name is no past fact in CamelCase, or a workflow's word.
    EventName,
    /// One event for two outcomes.
    DuplicateEvent,
    /// A property does not hold.
    ProofFails,
    /// Too much is asked.
    Burden,
    /// A field without reason.
    NoWhy,
    /// A step without law where one is due, or an empty source.
    NoLaw,
    /// A replaced definition lost something.
    Extends,
    /// A case beside the definition does not hold.
    CaseFails,
}
