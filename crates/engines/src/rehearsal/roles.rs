//! Who tries a step: somebody in each post of the catalogue, a resident, nobody.

use std::collections::BTreeSet;

use definitions::{Definition, PostSpec, Step, Who};

use super::Rehearsed;
use crate::procedure::named;

/// Somebody who tries a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// As `by=` of a line says it; `nobody:nobody` for nobody at all.
    pub by: String,
    /// The posts and bodies that this person counts as.
    pub is: Vec<String>,
}

impl Role {
    /// Somebody named by a line, in these posts and bodies.
    pub fn new(by: String, is: impl IntoIterator<Item = String>) -> Self {
        Self { by, is: is.into_iter().collect() }
    }
}

/// Everybody there is: one in each post, a stranger, nobody.
pub(super) fn all<H: Rehearsed>(host: &H, posts: &[PostSpec]) -> Vec<Role> {
    let nobody = Role::new("nobody:nobody".to_owned(), []);
    posts.iter().map(|post| host.somebody(post)).chain([host.stranger(), nobody]).collect()
}

/// Whom a step's `by` can come to, in whatever tier or matter; in their stead too.
pub(super) fn of<'a>(definition: &'a Definition, step: &'a Step) -> BTreeSet<String> {
    let mut keys: BTreeSet<String> = named(definition, step).into_iter().collect();
    keys.extend(step.by.otherwise.clone());
    keys
}

/// Whether `by` names posts without any condition: then somebody in one of them is competent somewhere.
pub(super) fn is_plain(step: &Step) -> bool {
    matches!(step.by.who, Who::Post(_) | Who::Body(_))
}
