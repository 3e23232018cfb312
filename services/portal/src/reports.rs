//! Adopted reports and indicators as pages use them: fetched from their owner, checked against the adopted hash, kept.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

use definitions::{Shown, indicator::Indicator, report::Report};
use store::StoreError;

use crate::{Portal, procedures::id_of, shows::rules};

/// Texts by `id@hash`: a report or an indicator, or `None` for what is another kind of definition.
#[derive(Default)]
pub struct Reports {
    kept: Mutex<HashMap<String, Option<Arc<Shown>>>>,
}

impl Reports {
    /// The reports in force today, by id. One whose text its owner does not give is not among them.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn in_force(&self, portal: &Portal) -> Result<BTreeMap<String, Report>, StoreError> {
        let all = self.all(portal).await?;
        let report = |(id, one): (String, Arc<Shown>)| match one.as_ref() {
            Shown::Report(report) => Some((id, report.clone())),
            Shown::Indicator(_) => None,
        };
        Ok(all.into_iter().filter_map(report).collect())
    }

    /// The indicators in force today that everybody may see, by id.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn indicators(
        &self,
        portal: &Portal,
    ) -> Result<BTreeMap<String, Indicator>, StoreError> {
        let all = self.all(portal).await?;
        let indicator = |(id, one): (String, Arc<Shown>)| match one.as_ref() {
            Shown::Indicator(indicator) if indicator.public => Some((id, (**indicator).clone())),
            _ => None,
        };
        Ok(all.into_iter().filter_map(indicator).collect())
    }

    async fn all(&self, portal: &Portal) -> Result<BTreeMap<String, Arc<Shown>>, StoreError> {
        let today = portal.now().date().to_string();
        let mut latest: BTreeMap<String, String> = BTreeMap::new();
        // latest version first
        for rule in rules::all(&portal.db).await?.into_iter().filter(|rule| rule.from <= today) {
            let reference = format!("{}@{}", rule.definition, rule.hash);
            latest.entry(rule.definition).or_insert(reference);
        }
        let mut found = BTreeMap::new();
        for (id, reference) in latest {
            if let Some(one) = self.get(portal, &reference).await {
                found.insert(id, one);
            }
        }
        Ok(found)
    }

    /// A report or an indicator by `id@hash`, from whichever service keeps its text.
    pub async fn get(&self, portal: &Portal, reference: &str) -> Option<Arc<Shown>> {
        if let Some(known) = self.kept.lock().ok()?.get(reference) {
            return known.clone();
        }
        for owner in portal.owners.values() {
            let Some(text) = owner.definition(reference).await else { continue };
            let one = read(reference, &text).map(Arc::new);
            self.kept.lock().ok()?.insert(reference.to_owned(), one.clone());
            return one;
        }
        None
    }
}

/// Reads a text when it is a report or an indicator, and the one that was adopted.
fn read(reference: &str, text: &str) -> Option<Shown> {
    if !Shown::is_meant(text) {
        return None;
    }
    let id = id_of(reference, text)?;
    Shown::read_unproved(id, text).filter(|one| one.head().id == id)
}
