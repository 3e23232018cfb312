//! Adopted reports as pages use them: fetched from their owner, checked against the adopted hash, kept.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

use definitions::report::Report;
use sha2::{Digest, Sha256};
use store::StoreError;

use crate::{Portal, shows::rules};

/// The service whose books reports are made of.
const OWNER: &str = "funds";

/// Texts by `id@hash`: a report, or `None` for what is another kind of definition.
#[derive(Default)]
pub struct Reports {
    kept: Mutex<HashMap<String, Option<Arc<Report>>>>,
}

impl Reports {
    /// The reports in force today, by id. One whose text its owner does not give is not among them.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn in_force(
        &self,
        portal: &Portal,
    ) -> Result<BTreeMap<String, Arc<Report>>, StoreError> {
        let today = portal.now().date().to_string();
        let mut latest: BTreeMap<String, String> = BTreeMap::new();
        // latest version first
        for rule in rules::all(&portal.db).await?.into_iter().filter(|rule| rule.from <= today) {
            let reference = format!("{}@{}", rule.definition, rule.hash);
            latest.entry(rule.definition).or_insert(reference);
        }
        let mut found = BTreeMap::new();
        for (id, reference) in latest {
            if let Some(report) = self.get(portal, &reference).await {
                found.insert(id, report);
            }
        }
        Ok(found)
    }

    async fn get(&self, portal: &Portal, reference: &str) -> Option<Arc<Report>> {
        if let Some(known) = self.kept.lock().ok()?.get(reference) {
            return known.clone();
        }
        let text = portal.owner(OWNER)?.definition(reference).await?;
        let report = read(reference, &text).map(Arc::new);
        self.kept.lock().ok()?.insert(reference.to_owned(), report.clone());
        report
    }
}

/// Reads a text when it is a report and the one that was adopted.
fn read(reference: &str, text: &str) -> Option<Report> {
    let (id, hash) = reference.rsplit_once('@')?;
    if !Report::is_meant(text) {
        return None;
    }
    let found = hex::encode(Sha256::digest(text.as_bytes()));
    if !found.eq_ignore_ascii_case(hash) {
        tracing::error!(reference, found, "a report is not the one adopted; it is not used");
        return None;
    }
    Report::read_unproved(id, text).filter(|report| report.id == id)
}
