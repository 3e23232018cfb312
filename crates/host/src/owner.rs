//! What a service lets others have: its entries, the texts that anyone may read, by grant what is sealed, the text of its
//! definitions, ready proofs. One trait; the owner is in this process or behind HTTP.

use std::sync::Arc;

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use exchange::{Entries, LogHead, Source, SourceError};
use kernel::{Class, Domain, Event, LogId, LogKind};
use proof::{Opening, ProofFile};
use publish::Publisher;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{CipherPart, CommitterHandle, StoreError};

/// A sealed value that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The log.
    pub log: LogId,
    /// The index.
    pub index: u64,
    /// The field; empty for the whole event of a closed log.
    pub field: String,
}

/// A sealed value with its salt: whoever has both can check it against the commitment in the entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// 32 bytes, base64.
    pub salt: String,
    /// The value's bytes as committed: JSON.
    pub value: String,
}

impl Opened {
    /// The value.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.value).ok()
    }

    fn of(plain: &[u8]) -> Option<Self> {
        let (salt, value) = plain.split_at_checked(32)?;
        Some(Self { salt: STANDARD.encode(salt), value: String::from_utf8(value.to_vec()).ok()? })
    }

    /// As an opening in a proof file.
    pub fn opening(&self, field: &str) -> Option<Opening> {
        Some(Opening {
            field: format!("/data/{field}"),
            salt: STANDARD.decode(&self.salt).ok()?.try_into().ok()?,
            value: self.value.clone().into_bytes(),
        })
    }
}

/// Who asks: anyone, or another service by grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asker {
    /// Anyone: values of class `public`.
    Anyone,
    /// A service of this deployment, whose name was proved.
    Service(String),
}

/// What the owner grants a service for its decisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The service that may read.
    pub reader: &'static str,
    /// The fact, such as `seat-filled.v1`.
    pub fact: &'static str,
    /// The field; empty for the whole event of a closed log.
    pub field: &'static str,
    /// What it is needed for; declared with the grant.
    pub purpose: &'static str,
}

/// A service as others see it.
#[async_trait]
pub trait Owner: Source {
    /// Opens values, each alone; `None` for what is not there, not granted, erased or expired: the same answer for all.
    async fn open(
        &self,
        asker: &Asker,
        wanted: &[Wanted],
    ) -> Result<Vec<Option<Opened>>, SourceError>;
    /// The text of a definition by its reference `id@hash`.
    async fn definition(&self, reference: &str) -> Result<Option<String>, SourceError>;
    /// The proof of an entry, with the openings of its public texts.
    async fn proof(&self, log: &LogId, index: u64) -> Result<Option<ProofFile>, SourceError>;
}

/// The owner in this process.
pub struct Own<D: Domain> {
    committer: CommitterHandle<D>,
    publisher: std::sync::OnceLock<Arc<Publisher>>,
    definitions: Vec<(String, String)>,
    grants: Vec<Grant>,
}

impl<D: Domain> Own<D> {
    /// `definitions` are (reference, text).
    pub fn new(
        committer: CommitterHandle<D>,
        definitions: Vec<(String, String)>,
        grants: Vec<Grant>,
    ) -> Self {
        Self { committer, publisher: std::sync::OnceLock::new(), definitions, grants }
    }

    /// The publisher is made with this owner as its source, and given afterwards.
    pub fn publish_with(&self, publisher: Arc<Publisher>) {
        // Given once, at start; a second call changes nothing.
        let _ = self.publisher.set(publisher);
    }

    fn granted(&self, asker: &Asker, fact: &str, field: &str) -> bool {
        match asker {
            Asker::Anyone => false,
            Asker::Service(name) => {
                self.grants.iter().any(|g| g.reader == name && g.fact == fact && g.field == field)
            }
        }
    }

    async fn open_one(&self, asker: &Asker, wanted: &Wanted) -> Result<Option<Opened>, StoreError> {
        let store = self.committer.store();
        let Some(part) = store.sealed_part(&wanted.log, wanted.index, &wanted.field).await? else {
            return Ok(None);
        };
        let allowed = if wanted.field.is_empty() {
            let event = self.committer.closed_event(&wanted.log, wanted.index).await?;
            event.is_some_and(|event| self.granted(asker, event.fact(), ""))
        } else if part.class == "public" {
            true
        } else {
            let entries = store.entries(&wanted.log, wanted.index, 1).await?;
            let event = entries.first().and_then(|entry| Event::decode(&entry.bytes).ok());
            event.is_some_and(|event| self.granted(asker, event.fact(), &wanted.field))
        };
        if !allowed {
            return Ok(None);
        }
        let cipher = CipherPart {
            subject: part.subject,
            log: wanted.log.clone(),
            index: wanted.index,
            field: wanted.field.clone(),
            ciphertext: part.ciphertext,
        };
        let opened = self
            .committer
            .sealer()
            .open(&[cipher])
            .await
            .map_err(|error| StoreError::Corrupt(error.to_string()))?;
        Ok(opened.into_iter().next().flatten().and_then(|plain| Opened::of(&plain)))
    }
}

fn failed(error: &impl std::fmt::Display) -> SourceError {
    SourceError(error.to_string())
}

#[async_trait]
impl<D: Domain> Source for Own<D> {
    async fn logs(&self) -> Result<Vec<LogHead>, SourceError> {
        let logs = self.committer.store().logs().await.map_err(|e| failed(&e))?;
        Ok(logs
            .into_iter()
            .map(|log| LogHead { log: log.id, kind: log.kind, size: log.size })
            .collect())
    }

    async fn entries(&self, log: &LogId, from: u64, limit: u32) -> Result<Entries, SourceError> {
        let entries = self
            .committer
            .store()
            .entries(log, from, u64::from(limit))
            .await
            .map_err(|e| failed(&e))?;
        Ok(entries.into_iter().map(|entry| (entry.index, entry.bytes.into())).collect())
    }

    async fn changed(&self, seen: u64) -> u64 {
        let mut wake = self.committer.store().wake();
        let pause = std::time::Duration::from_millis(500);
        let _ = tokio::time::timeout(pause, wake.wait_for(|mark| *mark != seen)).await;
        wake.borrow_and_update().to_owned()
    }
}

#[async_trait]
impl<D: Domain> Owner for Own<D> {
    async fn open(
        &self,
        asker: &Asker,
        wanted: &[Wanted],
    ) -> Result<Vec<Option<Opened>>, SourceError> {
        let mut opened = Vec::with_capacity(wanted.len());
        for one in wanted {
            opened.push(self.open_one(asker, one).await.map_err(|e| failed(&e))?);
        }
        Ok(opened)
    }

    async fn definition(&self, reference: &str) -> Result<Option<String>, SourceError> {
        Ok(self.definitions.iter().find(|(r, _)| r == reference).map(|(_, text)| text.clone()))
    }

    async fn proof(&self, log: &LogId, index: u64) -> Result<Option<ProofFile>, SourceError> {
        let Some(publisher) = self.publisher.get() else { return Ok(None) };
        let Some(mut file) = publisher.proof(log, index).await.map_err(|e| failed(&e))? else {
            return Ok(None);
        };
        if publisher.published(log).is_some_and(|p| p.kind == LogKind::Open)
            && let Ok(event) = Event::decode(&file.entry)
        {
            let public = event
                .data
                .keys()
                .filter(|field| event.commitment(field).is_some_and(|(_, c)| c == Class::Public));
            for field in public {
                let wanted = Wanted { log: log.clone(), index, field: field.clone() };
                if let Some(opened) =
                    self.open_one(&Asker::Anyone, &wanted).await.map_err(|e| failed(&e))?
                {
                    file.openings.extend(opened.opening(field));
                }
            }
        }
        Ok(Some(file))
    }
}
