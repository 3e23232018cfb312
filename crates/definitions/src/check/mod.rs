//! The checker: proves what a definition must have. One module a question; all findings, never only the first.

mod burden;
mod clocks;
mod closed;
mod demands;
mod events;
mod extends;
pub(crate) mod graph;
mod law;
mod ledger;
mod names;
mod paths;
mod region;
mod requires;
mod tiers;
mod words;

pub use burden::Burden;

use crate::{
    catalogue::Catalogue,
    finding::{Finding, FindingCode as Code},
    model::Definition,
};
pub(crate) use extends::with_locals_of;
pub(crate) use ledger::shared;

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
        self.findings.push(Finding::new(&self.definition.file, line.into(), code, what, remedy));
    }
}

/// All findings on one definition; `base` is the one that it replaces.
pub(crate) fn definition(
    definition: &Definition,
    base: Option<&Definition>,
    catalogue: &Catalogue,
) -> Vec<Finding> {
    let mut check = Check { definition, catalogue, findings: Vec::new() };
    names::check(&mut check);
    events::check(&mut check);
    tiers::check(&mut check);
    paths::check(&mut check);
    clocks::check(&mut check);
    closed::check(&mut check);
    demands::check(&mut check);
    requires::check(&mut check);
    ledger::check(&mut check);
    law::check(&mut check);
    words::check(&mut check);
    burden::check(&mut check);
    region::check(&mut check, base);
    if let Some(base) = base {
        extends::check(&mut check, base);
    }
    check.findings
}
