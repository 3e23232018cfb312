//! Reactions: a foreign event becomes a command whose key is the event's id. The position advances after the outcome is
//! durable, so a repeat after a crash finds the first receipt.

use std::sync::Arc;

use async_trait::async_trait;
use exchange::{Apply, ApplyError, Entries};
use kernel::{Command, Domain, Event, LogId, Verdict};
use store::{Applied, CommitterHandle, Reader, ReaderError, StoreError, Tx};

use crate::hear::Hearing;

/// What a service does when it has heard an event.
#[async_trait]
pub trait Reacts<D: Domain>: Send + Sync + 'static {
    /// The command, if the event calls for one. Its principal and key are set by the caller.
    ///
    /// # Errors
    /// When a copy cannot be read.
    async fn react(
        &self,
        committer: &CommitterHandle<D>,
        event: &Event,
    ) -> Result<Option<Command<D::Command>>, StoreError>;
}

/// Keeps a position and nothing else.
struct Mark(String);

#[async_trait]
impl Reader for Mark {
    fn name(&self) -> &str {
        &self.0
    }

    fn schema(&self, _: &str) -> Vec<String> {
        Vec::new()
    }

    async fn apply(&self, _: &mut Tx<'_>, _: &Event) -> Result<(), ReaderError> {
        Ok(())
    }
}

/// Hears first, then reacts.
pub struct Reacting<D: Domain> {
    hearing: Hearing,
    mark: Mark,
    committer: CommitterHandle<D>,
    reacts: Arc<dyn Reacts<D>>,
}

impl<D: Domain> Reacting<D> {
    /// After what `hearing` has copied.
    pub fn new(
        hearing: Hearing,
        committer: CommitterHandle<D>,
        reacts: Arc<dyn Reacts<D>>,
    ) -> Self {
        let mark = Mark(format!("{}-reacts", hearing.name()));
        Self { hearing, mark, committer, reacts }
    }

    /// What hears.
    pub fn hearing(&self) -> &Hearing {
        &self.hearing
    }

    /// Makes the readers' tables.
    ///
    /// # Errors
    /// When they have changed: rebuild the reader.
    pub async fn prepare(&self) -> Result<(), StoreError> {
        self.hearing.readers.prepare(self.hearing.reader.as_ref()).await?;
        self.hearing.readers.prepare(&self.mark).await
    }

    /// Applies everything that the owner has now: once.
    ///
    /// # Errors
    /// When the owner does not answer, or the reader cannot apply.
    pub async fn catch_up(&self) -> Result<(), exchange::Trouble> {
        self.prepare().await.map_err(|error| ApplyError::Failed(error.to_string()))?;
        exchange::catch_up(self, self.hearing.owner.as_ref()).await
    }

    async fn one(&self, event: &Event) -> Result<(), ApplyError> {
        let failed = |error: String| ApplyError::Failed(error);
        let command = self
            .reacts
            .react(&self.committer, event)
            .await
            .map_err(|error| failed(error.to_string()))?;
        let Some(mut command) = command else { return Ok(()) };
        command.principal = format!("hears/{}", self.hearing.source);
        command.key = event.id.to_string();
        command.causation = Some(event.id.clone());
        match self.committer.submit(command).await {
            Ok(_) => Ok(()),
            // What the rules refuse stays refused when it comes again: the log tells, and the reader goes on.
            Err(Verdict::Refused(refusal)) => {
                tracing::warn!(event = %event.id, code = refusal.code, "a reaction was refused");
                Ok(())
            }
            Err(verdict) => Err(failed(verdict.to_string())),
        }
    }
}

#[async_trait]
impl<D: Domain> Apply for Reacting<D> {
    async fn position(&self, log: &LogId) -> Result<u64, ApplyError> {
        self.hearing
            .readers
            .position(&self.mark.0, &self.hearing.source, log)
            .await
            .map_err(|error| ApplyError::Failed(error.to_string()))
    }

    async fn apply(&self, log: &LogId, entries: &Entries) -> Result<(), ApplyError> {
        self.hearing.apply(log, entries).await?;
        let position = self.position(log).await?;
        let mut given = Vec::new();
        for (index, bytes) in entries.iter().filter(|(index, _)| *index >= position) {
            if let Ok(event) = Event::decode(bytes) {
                self.one(&event).await?;
            }
            given.push((*index, bytes.to_vec()));
        }
        let readers = &self.hearing.readers;
        match readers.apply_batch(&self.mark, &self.hearing.source, log, given).await {
            Ok(Applied::UpTo { .. }) => Ok(()),
            Ok(Applied::Hole { expected }) => Err(ApplyError::Hole { log: log.clone(), expected }),
            Err(error) => Err(ApplyError::Failed(error.to_string())),
        }
    }

    fn name(&self) -> &str {
        self.hearing.name()
    }
}
