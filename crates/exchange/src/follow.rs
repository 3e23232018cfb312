//! The follower: carrier in, owner's log where something is missing, reader out. One path for both carriers.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use kernel::LogId;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::source::{Apply, ApplyError, Batch, Entries, Feed, Source, SourceError};

/// Entries fetched from the owner at once.
const CHUNK: u32 = 512;
/// How often the owner is asked how far it is, whatever the carrier brings: a tail lost by the carrier is found by this.
const HIGH_WATER_EVERY: Duration = Duration::from_secs(2);
/// Pause after a failure.
const PAUSE: Duration = Duration::from_millis(300);

/// What a follower needs.
pub struct Follow {
    /// The reader.
    pub reader: Arc<dyn Apply>,
    /// The owner of the logs.
    pub owner: Arc<dyn Source>,
    /// The carrier.
    pub feed: Box<dyn Feed>,
}

/// Follows a service's logs until told to stop. Failures are waited out: there is no error it ends with.
pub async fn follow(mut follow: Follow, stop: CancellationToken) {
    let mut asked = None::<Instant>;
    while !stop.is_cancelled() {
        let batch = tokio::select! {
            () = stop.cancelled() => return,
            batch = follow.feed.next() => batch,
        };
        let applied = match batch {
            Ok(batch) if batch.messages.is_empty() => {
                let outcome = catch_up(follow.reader.as_ref(), follow.owner.as_ref()).await;
                asked = Some(now());
                outcome
            }
            Ok(batch) => take(&mut follow, batch).await,
            Err(error) => {
                debug!(reader = follow.reader.name(), %error, "carrier");
                let outcome = catch_up(follow.reader.as_ref(), follow.owner.as_ref()).await;
                tokio::time::sleep(PAUSE).await;
                outcome
            }
        };
        let stale = asked.is_none_or(|at| now().duration_since(at) >= HIGH_WATER_EVERY);
        let applied = if applied.is_ok() && stale {
            asked = Some(now());
            catch_up(follow.reader.as_ref(), follow.owner.as_ref()).await
        } else {
            applied
        };
        if let Err(error) = applied {
            warn!(reader = follow.reader.name(), %error, "follow");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// How often to ask is no decision of the domain: the runtime's own clock serves.
fn now() -> Instant {
    Instant::now()
}

/// Why a follower has to try again.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The reader.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// The owner.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The carrier.
    #[error(transparent)]
    Feed(#[from] crate::source::FeedError),
}

async fn take(follow: &mut Follow, batch: Batch) -> Result<(), Trouble> {
    let mut logs: BTreeMap<LogId, Entries> = BTreeMap::new();
    for message in &batch.messages {
        logs.entry(message.log.clone()).or_default().push((message.index, message.bytes.clone()));
    }
    for (log, mut entries) in logs {
        entries.sort_by_key(|(index, _)| *index);
        entries.dedup_by_key(|(index, _)| *index);
        let last = entries.last().map_or(0, |(index, _)| *index);
        if let Err(error) = apply_runs(follow, &log, &entries).await {
            match error {
                ApplyError::Hole { .. } => {
                    let (reader, owner) = (follow.reader.as_ref(), follow.owner.as_ref());
                    fill(reader, owner, &log, last + 1).await?;
                }
                failed @ ApplyError::Failed(_) => return Err(failed.into()),
            }
        }
    }
    follow.feed.done(batch).await?;
    Ok(())
}

/// Applies runs of consecutive indexes; a gap between runs is a hole like any other.
async fn apply_runs(follow: &Follow, log: &LogId, entries: &Entries) -> Result<(), ApplyError> {
    let mut run = Entries::new();
    for (index, bytes) in entries {
        if run.last().is_some_and(|(previous, _)| previous + 1 != *index) {
            follow.reader.apply(log, &std::mem::take(&mut run)).await?;
        }
        run.push((*index, bytes.clone()));
    }
    if run.is_empty() { Ok(()) } else { follow.reader.apply(log, &run).await }
}

/// Brings the reader up to `until` in one log from the owner.
async fn fill(
    reader: &dyn Apply,
    owner: &dyn Source,
    log: &LogId,
    until: u64,
) -> Result<(), Trouble> {
    loop {
        let position = reader.position(log).await?;
        if position >= until {
            return Ok(());
        }
        let entries = owner.entries(log, position, CHUNK).await?;
        if entries.is_empty() {
            return Err(
                SourceError(format!("{log} ends at {position}, {until} was heard of")).into()
            );
        }
        reader.apply(log, &entries).await?;
    }
}

/// Applies everything that the owner has now and the reader has not: once, without a carrier.
///
/// # Errors
/// When the owner does not answer or the reader cannot apply.
pub async fn catch_up(reader: &dyn Apply, owner: &dyn Source) -> Result<(), Trouble> {
    for head in owner.logs().await? {
        fill(reader, owner, &head.log, head.size).await?;
    }
    Ok(())
}
