//! The checker: proves what a definition must have. One module a question; all findings, never only the first.

mod burden;
mod demands;
mod events;
mod extends;
pub(crate) mod graph;
mod law;
mod names;
mod paths;
mod requires;
mod tiers;
mod words;

pub use burden::Burden;

use crate::{
    catalogue::Catalogue,
    finding::{Finding, FindingCode as Code},
    model::Definition,
};
pub(crate) use extends::extends;

/// What the checks share: one definition, the core's catalogue, and the findings.
pub(crate) struct Check<'a> {
    pub(crate) definition: &'a Definition,
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) findings: Vec<Finding>,
}

impl Check<'_> {
    pub(crate) fn find(
        &mut self,
        code: Code,
        line: impl Into<Option<usize>>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.findings.push(Finding {
            file: self.definition.file.clone(),
            line: line.into(),
            code,
            what: what.into(),
            remedy: remedy.into(),
        });
    }
}

/// All findings on one definition.
pub(crate) fn definition(definition: &Definition, catalogue: &Catalogue) -> Vec<Finding> {
    let mut check = Check { definition, catalogue, findings: Vec::new() };
    names::check(&mut check);
    events::check(&mut check);
    tiers::check(&mut check);
    paths::check(&mut check);
    demands::check(&mut check);
    requires::check(&mut check);
    law::check(&mut check);
    words::check(&mut check);
    burden::check(&mut check);
    check.findings
}
