//! The burden that a definition lays on a village, and its budget (国办函〔2026〕12号 and the rules behind it).

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Check;
use crate::{
    finding::FindingCode as Code,
    model::{Definition, FieldType, Optional},
};

/// Typed fields a case at most.
const FIELDS: usize = 12;
/// Messages to one reader in one case at most; a case is counted as a month's work.
const MESSAGES: usize = 4;

/// What a case of a definition costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Burden {
    /// Fields typed by somebody in one case.
    pub fields: usize,
    /// Mandatory photos.
    pub photos: usize,
    /// Mandatory attachments.
    pub attachments: usize,
    /// Messages to the reader who gets most, and who that is.
    pub messages: usize,
    /// The reader who gets most messages.
    pub most_told: Option<String>,
    /// Hand-overs from one office to another.
    pub handovers: usize,
}

impl Definition {
    /// What a case costs a village.
    pub fn burden(&self) -> Burden {
        let taken: BTreeSet<&str> =
            self.steps.iter().flat_map(|step| step.takes.iter().map(String::as_str)).collect();
        let needed = |kind: &FieldType| {
            self.fields
                .values()
                .filter(|field| field.kind == *kind && field.optional == Optional::No)
                .filter(|field| taken.contains(field.name.as_str()))
                .count()
        };
        let mut told: BTreeMap<&str, usize> = BTreeMap::new();
        for step in &self.steps {
            let missed = step.missed.iter().flat_map(|missed| missed.tell.iter());
            for who in step.tell.iter().map(|tell| &tell.who).chain(missed) {
                *told.entry(who).or_default() += 1;
            }
        }
        let most = told.iter().max_by_key(|(_, count)| **count);
        let main: Vec<_> = self.steps.iter().filter(|step| step.is_main()).collect();
        Burden {
            fields: taken.len(),
            photos: needed(&FieldType::Photo),
            attachments: needed(&FieldType::Attachment),
            messages: most.map_or(0, |(_, count)| *count),
            most_told: most.map(|(who, _)| (*who).to_owned()),
            handovers: main.windows(2).filter(|pair| pair[0].by.who != pair[1].by.who).count(),
        }
    }
}

pub(super) fn check(check: &mut Check<'_>) {
    if check.definition.burden_law.is_some() {
        return;
    }
    let burden = check.definition.burden();
    let mut over = |line: Option<usize>, what: String| {
        check.find(
            Code::Burden,
            line,
            format!("burden: {what}"),
            "Ask for less, or cite the law that asks for it: `[burden] law = \"…\"`.",
        );
    };
    if burden.fields > FIELDS {
        over(None, format!("{} fields are typed in a case, more than {FIELDS}.", burden.fields));
    }
    if burden.photos > 0 {
        over(None, format!("{} photo(s) are mandatory.", burden.photos));
    }
    if burden.messages > MESSAGES {
        over(
            None,
            format!(
                "`{}` gets {} messages in a case, more than {MESSAGES}.",
                burden.most_told.unwrap_or_default(),
                burden.messages
            ),
        );
    }
}
