//! Adopted definitions as pages use them: fetched from their owner, checked against the hash in the event, kept.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use definitions::{Definition, Definitions};
use engines::procedure::History;
use sha2::{Digest, Sha256};

use crate::owner::Owner;

/// Definitions kept at most: a province has some dozens, with their versions.
const MOST: usize = 512;

/// Definitions by `id@hash`. A text never changes under its hash, so what is kept is never stale.
#[derive(Default)]
pub struct Procedures {
    kept: Mutex<HashMap<String, Arc<Definition>>>,
}

impl Procedures {
    /// The definition behind `id@hash`; `None` when the owner does not give it, gives another text, or it cannot be read.
    pub async fn get(&self, owner: Option<&dyn Owner>, reference: &str) -> Option<Arc<Definition>> {
        if let Some(known) = self.kept.lock().ok()?.get(reference) {
            return Some(Arc::clone(known));
        }
        let text = owner?.definition(reference).await?;
        let definition = Arc::new(read(reference, &text)?);
        let mut kept = self.kept.lock().ok()?;
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(reference.to_owned(), Arc::clone(&definition));
        Some(definition)
    }

    /// The definition that a case follows.
    pub async fn of(
        &self,
        owner: Option<&dyn Owner>,
        history: &History,
    ) -> Option<Arc<Definition>> {
        self.get(owner, history.definition.as_ref()?.as_str()).await
    }
}

/// The id in `id@hash`, when the text has that hash.
pub(crate) fn id_of<'a>(reference: &'a str, text: &str) -> Option<&'a str> {
    let (id, hash) = reference.rsplit_once('@')?;
    let found = hex::encode(Sha256::digest(text.as_bytes()));
    if found.eq_ignore_ascii_case(hash) {
        return Some(id);
    }
    tracing::error!(reference, found, "a text is not the one adopted; it is not used");
    None
}

/// Reads a text when it is the one that the reference names.
fn read(reference: &str, text: &str) -> Option<Definition> {
    let id = id_of(reference, text)?;
    match Definitions::read_unproved(id, text) {
        Ok(definition) if definition.id == id => Some(definition),
        Ok(_) => None,
        Err(findings) => {
            let first = findings.first().map(ToString::to_string).unwrap_or_default();
            tracing::error!(reference, first, "an adopted definition cannot be read here");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_another_hash_is_not_used() {
        let text = include_str!("../examples/village-decision.toml");
        let hash = hex::encode(Sha256::digest(text.as_bytes()));
        assert!(read(&format!("decision@{hash}"), text).is_some());
        assert!(read(&format!("decision@{hash}"), &format!("{text}\n")).is_none());
        assert!(read(&format!("payment@{hash}"), text).is_none());
        assert!(read("decision", text).is_none());
    }
}
