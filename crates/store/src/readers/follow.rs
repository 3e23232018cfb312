//! Follows the own logs: applies what is new to a reader, woken by each commit.

use std::{sync::Arc, time::Duration};

use kernel::{LogId, LogKind};
use tokio::task::JoinHandle;

use super::{Given, Reader, Readers};
use crate::{
    committer::handle::open_closed,
    database::Scope,
    error::StoreError,
    store::{Entry, LogInfo},
};

/// Entries read at a time.
const PAGE: u64 = 512;
const PAUSE: Duration = Duration::from_millis(500);

impl Readers {
    /// Applies everything that is in the own logs now; gives how many entries were new to the reader.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn catch_up(&self, reader: &dyn Reader) -> Result<u64, StoreError> {
        self.catch_up_as(reader, &Scope::of(reader.name(), "")).await
    }

    pub(crate) async fn catch_up_as(
        &self,
        reader: &dyn Reader,
        scope: &Scope,
    ) -> Result<u64, StoreError> {
        let mut total = 0;
        let source = self.store.service().to_owned();
        for log in self.store.logs().await? {
            if log.kind == LogKind::Closed && !reader.wants_closed() {
                continue;
            }
            let mut next = self.position(&scope.owner, &source, &log.id).await?;
            while next < log.size {
                let entries = self.store.entries(&log.id, next, PAGE).await?;
                let Some(last) = entries.last().map(|e| e.index) else { break };
                let given = self.given(&log, entries).await?;
                self.apply_as(reader, scope, &source, &log.id, &given).await?;
                total += last + 1 - next;
                next = last + 1;
            }
        }
        Ok(total)
    }

    async fn given(&self, log: &LogInfo, entries: Vec<Entry>) -> Result<Vec<Given>, StoreError> {
        if log.kind == LogKind::Open {
            return Ok(entries.into_iter().map(|e| (e.index, e.bytes)).collect());
        }
        let Some(sealer) = &self.sealer else {
            return Err(StoreError::Setup(
                "a reader wants closed events, and there is no sealer to open them".to_owned(),
            ));
        };
        let indices: Vec<u64> = entries.iter().map(|e| e.index).collect();
        let events = open_closed(&self.store, sealer.as_ref(), &log.id, &indices).await?;
        entries
            .into_iter()
            .zip(events)
            .map(|(entry, event)| {
                let bytes = match event {
                    Some(event) => {
                        event.encode().map_err(|e| StoreError::Corrupt(e.to_string()))?
                    }
                    None => entry.bytes,
                };
                Ok((entry.index, bytes))
            })
            .collect()
    }

    /// Waits until a reader has applied a position of an own log: for a caller that wants to see its own receipt.
    /// `false` when it is not there in time.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn wait_for(
        &self,
        reader: &str,
        log: &LogId,
        index: u64,
        patience: Duration,
    ) -> Result<bool, StoreError> {
        let until = tokio::time::Instant::now() + patience;
        loop {
            if self.position(reader, self.store.service(), log).await? > index {
                return Ok(true);
            }
            if tokio::time::Instant::now() >= until {
                return Ok(false);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Follows the own logs in a task of its own, until the task is aborted.
    ///
    /// # Errors
    /// As [`Readers::prepare`].
    pub async fn follow(&self, reader: Arc<dyn Reader>) -> Result<JoinHandle<()>, StoreError> {
        self.prepare(reader.as_ref()).await?;
        let readers = self.clone();
        Ok(tokio::spawn(async move {
            let mut wake = readers.store.wake();
            loop {
                wake.borrow_and_update();
                match readers.catch_up(reader.as_ref()).await {
                    Ok(_) => {
                        let _ = tokio::time::timeout(PAUSE, wake.changed()).await;
                    }
                    Err(error) => {
                        tracing::warn!(reader = reader.name(), %error, "a reader is held up");
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            }
        }))
    }
}
