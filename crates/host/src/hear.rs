//! Hearing another service: entries from its logs become copies of facts, or rows of read models, in our own store.

use std::{marker::PhantomData, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use exchange::{Apply, ApplyError, Entries};
use kernel::{Domain, Event, LogId, StreamId};
use serde_json::{Map, Value};
use store::{Applied, Reader, ReaderError, Readers, Tx};

use crate::owner::{Asker, Owner, Wanted};

/// In place of a sealed field that a grant opened: the field of the object that carries the value.
const OPENED: &str = "opened";

/// What a service hears of another: which copy an event concerns, and the copy after it. Pure.
pub trait Hears<D: Domain>: Send + Sync + 'static {
    /// Sealed fields that are asked for by grant, of a fact; a closed fact is asked for as a whole.
    fn sealed_fields(&self, fact: &str) -> &'static [&'static str];
    /// The copy that an event concerns, if any.
    ///
    /// # Errors
    /// A sentence; the event's unit is parked.
    fn concerns(&self, event: &Event) -> Result<Option<StreamId>, String>;
    /// The copy after the event; `opened` holds what a grant opened.
    ///
    /// # Errors
    /// A sentence; the event's unit is parked.
    fn hear(
        &self,
        this: Option<D::State>,
        event: &Event,
        opened: &Map<String, Value>,
    ) -> Result<Option<D::State>, String>;
}

/// The reader that keeps copies of foreign facts as states.
pub struct Copies<D, H>(String, H, PhantomData<fn() -> D>);

impl<D: Domain, H: Hears<D>> Copies<D, H> {
    /// `name` as a reader and durable consumer: `funds-hears-organisation`.
    pub fn new(name: &str, hears: H) -> Self {
        Self(name.to_owned(), hears, PhantomData)
    }
}

#[async_trait]
impl<D: Domain, H: Hears<D>> Reader for Copies<D, H> {
    fn name(&self) -> &str {
        &self.0
    }

    fn schema(&self, _: &str) -> Vec<String> {
        Vec::new()
    }

    async fn apply(&self, tx: &mut Tx<'_>, event: &Event) -> Result<(), ReaderError> {
        let Some(stream) = self.1.concerns(event).map_err(ReaderError::Poison)? else {
            return Ok(());
        };
        let loaded = tx.load_states::<D::State>(std::slice::from_ref(&stream)).await?;
        let opened = event
            .data
            .iter()
            .filter_map(|(field, value)| Some((field.clone(), value.get(OPENED)?.clone())))
            .collect();
        let copy = self
            .1
            .hear(loaded.state(&stream).cloned(), event, &opened)
            .map_err(ReaderError::Poison)?;
        match copy {
            Some(copy) => tx.put_state(&stream, &copy, D::STATE_FORMAT).await?,
            None => tx.drop_state(&stream).await?,
        }
        Ok(())
    }
}

/// Which sealed fields of a fact to ask the owner for.
pub type SealedFields = Arc<dyn Fn(&str) -> &'static [&'static str] + Send + Sync>;

/// A reader of a foreign log, as the exchange sees it: asks the owner for what a grant opens before it applies.
pub struct Hearing {
    /// Where positions and copies lie.
    pub readers: Readers,
    /// What applies.
    pub reader: Arc<dyn Reader>,
    /// The service heard.
    pub source: String,
    /// Who is asked.
    pub owner: Arc<dyn Owner>,
    /// In whose name.
    pub asker: Asker,
    /// What is asked for.
    pub sealed_fields: SealedFields,
}

impl Hearing {
    /// Applies everything that the owner has now: once. The reader's tables are made first.
    ///
    /// # Errors
    /// When the owner does not answer, or the reader cannot apply.
    pub async fn catch_up(&self) -> Result<(), exchange::Trouble> {
        self.readers
            .prepare(self.reader.as_ref())
            .await
            .map_err(|error| ApplyError::Failed(error.to_string()))?;
        exchange::catch_up(self, self.owner.as_ref()).await
    }

    /// Computes what the reader keeps again from the owner's logs, beside the live tables, and swaps. `progress` hears how
    /// many entries are applied so far.
    ///
    /// # Errors
    /// When the owner does not answer, or the database is out of reach; the live tables stay as they are.
    pub async fn rebuild(
        &self,
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<u64, exchange::Trouble> {
        let failed = |error: store::StoreError| ApplyError::Failed(error.to_string());
        let reader = self.reader.as_ref();
        let rebuild = self.readers.begin_rebuild(reader).await.map_err(failed)?;
        let mut total = 0;
        for head in self.owner.logs().await? {
            let mut next = 0;
            while next < head.size {
                let entries = self.owner.entries(&head.log, next, 512).await?;
                let Some((last, _)) = entries.last() else { break };
                let last = *last;
                let mut given = Vec::with_capacity(entries.len());
                for (index, bytes) in &entries {
                    given.push((*index, self.given(&head.log, *index, bytes).await?));
                }
                total += given.len() as u64;
                self.readers
                    .apply_rebuild(reader, &rebuild, &self.source, &head.log, given)
                    .await
                    .map_err(failed)?;
                next = last + 1;
                progress(total);
            }
        }
        self.readers.finish_rebuild(reader, rebuild).await.map_err(failed)?;
        Ok(total)
    }

    async fn given(&self, log: &LogId, index: u64, bytes: &Bytes) -> Result<Vec<u8>, ApplyError> {
        if bytes.len() == 32 {
            if self.asker == Asker::Anyone {
                return Ok(bytes.to_vec());
            }
            let opened = self.ask(log, index, &[""]).await?;
            // Padding, an erased event and a refused one look alike: the commitment itself goes on.
            return Ok(match opened.into_iter().next().flatten() {
                Some(value) => value.into_bytes(),
                None => bytes.to_vec(),
            });
        }
        let Ok(mut event) = Event::decode(bytes) else { return Ok(bytes.to_vec()) };
        let fields = (self.sealed_fields)(event.fact());
        if fields.is_empty() {
            return Ok(bytes.to_vec());
        }
        let opened = self.ask(log, index, fields).await?;
        for (field, value) in fields.iter().zip(opened) {
            if let (Some(Value::Object(object)), Some(value)) = (event.data.get_mut(*field), value)
                && let Ok(value) = serde_json::from_str::<Value>(&value)
            {
                object.insert(OPENED.to_owned(), value);
            }
        }
        event.encode().map_err(|error| ApplyError::Failed(error.to_string()))
    }

    async fn ask(
        &self,
        log: &LogId,
        index: u64,
        fields: &[&str],
    ) -> Result<Vec<Option<String>>, ApplyError> {
        let wanted: Vec<Wanted> = fields
            .iter()
            .map(|field| Wanted { log: log.clone(), index, field: (*field).to_owned() })
            .collect();
        let opened = self
            .owner
            .open(&self.asker, &wanted)
            .await
            .map_err(|error| ApplyError::Failed(error.to_string()))?;
        Ok(opened.into_iter().map(|one| one.map(|opened| opened.value)).collect())
    }
}

#[async_trait]
impl Apply for Hearing {
    async fn position(&self, log: &LogId) -> Result<u64, ApplyError> {
        self.readers
            .position(self.reader.name(), &self.source, log)
            .await
            .map_err(|error| ApplyError::Failed(error.to_string()))
    }

    async fn apply(&self, log: &LogId, entries: &Entries) -> Result<(), ApplyError> {
        let position = self.position(log).await?;
        let mut given = Vec::with_capacity(entries.len());
        for (index, bytes) in entries {
            if *index >= position {
                given.push((*index, self.given(log, *index, bytes).await?));
            }
        }
        if given.is_empty() {
            return Ok(());
        }
        let applied = self
            .readers
            .apply_batch(self.reader.as_ref(), &self.source, log, given)
            .await
            .map_err(|error| ApplyError::Failed(error.to_string()))?;
        match applied {
            Applied::UpTo { .. } => Ok(()),
            Applied::Hole { expected } => Err(ApplyError::Hole { log: log.clone(), expected }),
        }
    }

    fn name(&self) -> &str {
        self.reader.name()
    }
}
