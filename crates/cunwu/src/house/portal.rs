//! The portal's view of the services: their owners, here or behind HTTP, in the portal's own words.

use std::sync::Arc;

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use host::{Asker, Owner, Wanted};
use kernel::LogId;
use proof::ProofFile;

/// An owner as the portal asks it: anyone's rights, no more.
pub struct Seen(pub Arc<dyn Owner>);

#[async_trait]
impl portal::Owner for Seen {
    async fn open(&self, wanted: &[(LogId, u64, String)]) -> Vec<Option<portal::Opened>> {
        let asked: Vec<Wanted> = wanted
            .iter()
            .map(|(log, index, field)| Wanted {
                log: log.clone(),
                index: *index,
                field: field.clone(),
            })
            .collect();
        match self.0.open(&Asker::Anyone, &asked).await {
            Ok(opened) => opened
                .into_iter()
                .map(|one| {
                    let one = one?;
                    Some(portal::Opened {
                        salt: STANDARD.decode(&one.salt).ok()?.try_into().ok()?,
                        value: one.json()?,
                    })
                })
                .collect(),
            Err(error) => {
                tracing::warn!(%error, "a text could not be fetched from its owner");
                vec![None; wanted.len()]
            }
        }
    }

    async fn definition(&self, reference: &str) -> Option<String> {
        self.0.definition(reference).await.ok().flatten()
    }

    async fn proof(&self, log: &LogId, index: u64) -> Option<ProofFile> {
        self.0.proof(log, index).await.ok().flatten()
    }
}
