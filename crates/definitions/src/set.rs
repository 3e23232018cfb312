//! A checked set of definitions: what a process runs with.

use std::collections::BTreeMap;

use kernel::DefinitionRef;

use crate::{
    catalogue::Catalogue,
    check,
    finding::{Finding, FindingCode as Code},
    model::Definition,
    read::{self, Reader},
};

/// Definitions that passed every check.
#[derive(Debug, Clone, Default)]
pub struct Definitions {
    by_id: BTreeMap<String, Definition>,
    by_reference: BTreeMap<DefinitionRef, Definition>,
}

impl Definitions {
    /// Reads and proves definition files: `(file name, text)`.
    ///
    /// # Errors
    /// All findings, sorted by file and line.
    pub fn check(texts: &[(&str, &str)], catalogue: &Catalogue) -> Result<Self, Vec<Finding>> {
        let mut findings = Vec::new();
        let mut set = Self::default();
        let mut read: Vec<Definition> = Vec::new();
        for (file, text) in texts {
            let mut reader = Reader::new(file, text);
            read.extend(read::definition(&mut reader, file, text));
            findings.append(&mut reader.findings);
        }
        let bases: BTreeMap<String, Definition> =
            read.iter().map(|one| (one.id.clone(), one.clone())).collect();
        for mut definition in read {
            let base = definition.extends.as_ref().and_then(|id| bases.get(id));
            let own = base.map(|base| check::with_locals_of(catalogue, base));
            let catalogue = own.as_ref().unwrap_or(catalogue);
            bind(&mut definition, catalogue);
            let inherited = base.iter().flat_map(|base| &base.locals);
            definition.inherited = inherited.map(|local| local.event.clone()).collect();
            findings.append(&mut check::definition(&definition, base, catalogue));
            findings.append(&mut set.clashes(&definition));
            if let Some(other) = set.by_id.get(&definition.id) {
                findings.push(Finding::new(
                    &definition.file,
                    None,
                    Code::Duplicate,
                    format!("`{}` is the id of {} too.", definition.id, other.file),
                    "Give it another id, or take one of the two out.",
                ));
                continue;
            }
            set.by_reference.insert(definition.reference.clone(), definition.clone());
            set.by_id.insert(definition.id.clone(), definition);
        }
        findings.append(&mut check::shared(&set.iter().collect::<Vec<_>>()));
        for definition in set.by_id.values() {
            let Some(base) = definition.extends.as_ref().filter(|id| !bases.contains_key(*id))
            else {
                continue;
            };
            findings.push(Finding::new(
                &definition.file,
                None,
                Code::Extends,
                format!("it extends `{base}`, which is not here."),
                read::did_you_mean(base, bases.keys().map(String::as_str)),
            ));
        }
        if findings.is_empty() {
            return Ok(set);
        }
        for finding in &mut findings {
            if let Some((_, text)) = texts.iter().find(|(file, _)| *file == finding.file) {
                finding.aim(text);
            }
        }
        Finding::sort(&mut findings);
        Err(findings)
    }

    /// What a further definition would take from those that are here: the name of an event, or the place of a built-in one.
    fn clashes(&self, definition: &Definition) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut find = |line, what: String, remedy: &str| {
            findings.push(Finding::new(&definition.file, line, Code::Duplicate, what, remedy));
        };
        for local in &definition.locals {
            let mut others =
                self.iter().filter(|other| definition.extends.as_ref() != Some(&other.id));
            if let Some(other) =
                others.find(|other| other.locals.iter().any(|l| l.fact == local.fact))
            {
                find(
                    Some(local.line),
                    format!("`{}` is declared in {} too.", local.event, other.file),
                    "Give one of the two another name: a type means one thing.",
                );
            }
        }
        let replaced = definition.extends.as_ref();
        let rival =
            self.iter().find(|other| other.extends.is_some() && other.extends.as_ref() == replaced);
        if let (Some(rival), Some(base)) = (rival, replaced) {
            find(
                None,
                format!("{} replaces `{base}` too.", rival.file),
                "Keep one of the two: only one of them could govern.",
            );
        }
        findings
    }

    /// The definition that replaces this one where it has been adopted.
    pub fn replacement(&self, id: &str) -> Option<&Definition> {
        self.iter().find(|other| other.extends.as_deref() == Some(id))
    }

    /// Reads one definition and proves nothing: for a reader that shows what its owner has adopted, and knows no catalogue.
    ///
    /// # Errors
    /// All findings of the reader, sorted by line.
    pub fn read_unproved(file: &str, text: &str) -> Result<Definition, Vec<Finding>> {
        let mut reader = Reader::new(file, text);
        match read::definition(&mut reader, file, text) {
            Some(definition) if reader.findings.is_empty() => Ok(definition),
            _ => {
                Finding::sort(&mut reader.findings);
                Err(reader.findings)
            }
        }
    }

    /// Reads one file as far as it can be read, to know whose it is: proves nothing and reports nothing.
    pub fn glance(file: &str, text: &str) -> Option<Definition> {
        let mut reader = Reader::new(file, text);
        read::definition(&mut reader, file, text)
    }

    /// Reads one file without proving anything: for tests of what a guard is worth, never for a process that serves.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn unproved(
        file: &str,
        text: &str,
        catalogue: &Catalogue,
    ) -> Result<Definition, Vec<Finding>> {
        let mut reader = Reader::new(file, text);
        match read::definition(&mut reader, file, text) {
            Some(mut definition) if reader.findings.is_empty() => {
                bind(&mut definition, catalogue);
                Ok(definition)
            }
            _ => Err(reader.findings),
        }
    }

    /// A set of definitions that nothing was proved of: for tests of the core against hostile files, never for a process
    /// that serves.
    pub fn of_unproved(definitions: impl IntoIterator<Item = Definition>) -> Self {
        let mut set = Self::default();
        for definition in definitions {
            set.by_reference.insert(definition.reference.clone(), definition.clone());
            set.by_id.insert(definition.id.clone(), definition);
        }
        set
    }

    /// The definition with this id.
    pub fn get(&self, id: &str) -> Option<&Definition> {
        self.by_id.get(id)
    }

    /// The definition with this `id@hash`: one in force, or an earlier version that was kept.
    pub fn by_reference(&self, reference: &DefinitionRef) -> Option<&Definition> {
        self.by_reference.get(reference)
    }

    /// Keeps an earlier version for what began under it; the one in force stays.
    pub fn keep(&mut self, earlier: Definition) {
        self.by_reference.insert(earlier.reference.clone(), earlier);
    }

    /// All in force, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Definition> {
        self.by_id.values()
    }
}

/// Events of the core have the type that the core gives them.
fn bind(definition: &mut Definition, catalogue: &Catalogue) {
    let fact = |event: &str, fact: &mut String| {
        if let Some(spec) = catalogue.event(event) {
            fact.clone_from(&spec.fact);
        }
    };
    for step in &mut definition.steps {
        for event in &mut step.events {
            fact(&event.event, &mut event.fact);
        }
        if let Some(missed) = &mut step.missed {
            fact(&missed.event, &mut missed.fact);
        }
        if let Some((event, closes)) = step.window.as_mut().and_then(|w| w.closes.as_mut()) {
            fact(event, closes);
        }
    }
}
