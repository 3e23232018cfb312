//! The committer's task and the handle to it: bounded queue, group commit, waiting for facts, deadlines.

use std::{
    sync::{Arc, PoisonError, RwLock, atomic::Ordering},
    time::Duration,
};

use kernel::{
    Answer, Command, Deadline, Domain, Event, LogId, Sent, StreamId, Timestamp, UnitId, Verdict,
    WorkCalendar,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::{
    base::Base,
    batch::{Batcher, Done, Job, Outcome},
    keys::{Macs, Seeds},
    load,
    session::Session,
};
use crate::{
    error::StoreError,
    ports::{CipherPart, Ports, Sealer},
    store::Store,
    value::Value,
};

/// The most commands in one commit.
const BATCH: usize = 1024;
/// The most bytes of commands in one commit.
const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// The most commands waiting; more wait at the door.
const QUEUE: usize = 4096;
/// Deadlines looked up at a time.
const PAGE: i64 = 512;

const DUE: &str = "SELECT stream, name, due_at, keeper FROM core_deadline WHERE due_at <= $1 \
     AND (due_at, stream, name) > ($2, $3, $4) ORDER BY due_at, stream, name LIMIT $5";

struct Item<C> {
    job: Job<C>,
    /// Bytes of the command's body.
    size: usize,
    reply: oneshot::Sender<Outcome>,
}

/// Starts committers.
pub struct Committer<D: Domain>(std::marker::PhantomData<D>);

impl<D: Domain> Committer<D> {
    /// Starts the task that commits; it ends when the last handle is dropped and the queue is empty.
    pub fn start(store: Store, domain: D, ports: Ports) -> CommitterHandle<D> {
        let Ports { clock, mut entropy, calendar, sealer, signer, hmac_key, options } = ports;
        let shared = Arc::new(Batcher {
            store,
            domain: Arc::new(domain),
            clock,
            calendar: RwLock::new(Arc::new(calendar)),
            seeds: Seeds::new(&mut entropy),
            macs: Macs::new(hmac_key),
            sealer,
            signer,
            options,
            statements: 0.into(),
            commits: 0.into(),
        });
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(run(Arc::clone(&shared), receiver));
        CommitterHandle { sender, shared }
    }
}

async fn run<D: Domain>(shared: Arc<Batcher<D>>, mut receiver: mpsc::Receiver<Item<D::Command>>) {
    let mut items = Vec::new();
    let mut proven = false;
    // What arrives while a commit is in flight is the next batch.
    while receiver.recv_many(&mut items, BATCH).await > 0 {
        while !items.is_empty() {
            let rest = items.split_off(fitting(&items));
            let (jobs, replies): (Vec<_>, Vec<_>) =
                std::mem::replace(&mut items, rest).into_iter().map(|i| (i.job, i.reply)).unzip();
            let outcomes = if proven {
                outcomes(&shared, jobs).await
            } else {
                match ready(&shared).await {
                    Ok(()) => {
                        proven = true;
                        outcomes(&shared, jobs).await
                    }
                    Err(error) => {
                        tracing::error!(%error, "the committer cannot start");
                        let verdict = Verdict::Unavailable(error.to_string());
                        jobs.iter().map(|_| Err(verdict.clone())).collect()
                    }
                }
            };
            for (reply, outcome) in replies.into_iter().zip(outcomes) {
                // Nobody waits any more: the outcome is in the idempotency record.
                let _ = reply.send(outcome);
            }
        }
    }
}

/// How many of these make a batch that a statement can carry within its time limit; at least one.
fn fitting<C>(items: &[Item<C>]) -> usize {
    let mut total = 0;
    let count = items
        .iter()
        .take_while(|item| {
            total += item.size;
            total <= BATCH_BYTES
        })
        .count();
    count.max(1)
}

/// What must be right before the first batch.
async fn ready<D: Domain>(shared: &Batcher<D>) -> Result<(), StoreError> {
    shared.prove_key().await?;
    shared.prove_format().await
}

/// Executes in a task of its own, so that a decision that panics does not end the committer; then one by one.
async fn outcomes<D: Domain>(shared: &Arc<Batcher<D>>, jobs: Vec<Job<D::Command>>) -> Vec<Outcome> {
    let jobs = Arc::new(jobs);
    let all = {
        let (shared, jobs) = (Arc::clone(shared), Arc::clone(&jobs));
        tokio::spawn(async move { shared.execute(&jobs).await }).await
    };
    match all {
        Ok(outcomes) => return outcomes,
        Err(error) => {
            tracing::error!(%error, "a batch panicked; its commands are tried one by one")
        }
    }
    let mut outcomes = Vec::with_capacity(jobs.len());
    for job in jobs.iter() {
        let (shared, job) = (Arc::clone(shared), job.clone());
        let one = tokio::spawn(async move { shared.execute(&[job]).await }).await;
        outcomes.push(match one.map(|mut list| list.pop()) {
            Ok(Some(outcome)) => outcome,
            Ok(None) | Err(_) => {
                Err(Verdict::Unavailable("internal fault: the decision panicked".to_owned()))
            }
        });
    }
    outcomes
}

/// Submits commands. Cloning is cheap.
pub struct CommitterHandle<D: Domain> {
    sender: mpsc::Sender<Item<D::Command>>,
    shared: Arc<Batcher<D>>,
}

impl<D: Domain> Clone for CommitterHandle<D> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), shared: Arc::clone(&self.shared) }
    }
}

impl<D: Domain> CommitterHandle<D> {
    /// Executes a command. The work goes on when the caller goes away.
    ///
    /// # Errors
    /// Any [`Verdict`]. After [`Verdict::Unknown`] and [`Verdict::Unavailable`] send the same command with the same key.
    pub async fn submit(&self, command: Command<D::Command>) -> Result<Answer, Verdict> {
        self.submit_patiently(command, None).await
    }

    /// Executes the command that a request came to. The same request under the same key is the same command, also on another
    /// day and after what it was about has changed.
    ///
    /// # Errors
    /// As [`CommitterHandle::submit`].
    pub async fn submit_sent(
        &self,
        command: Command<D::Command>,
        sent: Sent,
    ) -> Result<Answer, Verdict> {
        self.submit_patiently(command, Some(sent)).await
    }

    async fn submit_patiently(
        &self,
        command: Command<D::Command>,
        sent: Option<Sent>,
    ) -> Result<Answer, Verdict> {
        let handle = self.clone();
        tokio::spawn(async move { handle.until_known(command, sent).await })
            .await
            .unwrap_or(Err(Verdict::Unknown))
    }

    async fn until_known(
        &self,
        command: Command<D::Command>,
        sent: Option<Sent>,
    ) -> Result<Answer, Verdict> {
        let mut facts = self.shared.store.facts();
        let until = tokio::time::Instant::now() + self.shared.options.wait_for_facts;
        loop {
            facts.borrow_and_update();
            let outcome = self.send(Job::Command(Box::new(command.clone()), sent)).await;
            match outcome {
                Ok(Done::Answer(answer)) => return Ok(answer),
                Ok(Done::Due(_)) => return Err(Verdict::Unknown),
                Err(Verdict::NotKnownYet(what)) => {
                    let now = tokio::time::Instant::now();
                    if now >= until {
                        return Err(Verdict::NotKnownYet(what));
                    }
                    // Woken by this process's readers; another process's are seen by looking again.
                    let pause = (until - now).min(Duration::from_millis(250));
                    let _ = tokio::time::timeout(pause, facts.changed()).await;
                }
                Err(verdict) => return Err(verdict),
            }
        }
    }

    async fn send(&self, job: Job<D::Command>) -> Outcome {
        let (reply, answer) = oneshot::channel();
        let size = match &job {
            Job::Command(command, _) => serde_json::to_vec(&command.body).map_or(0, |b| b.len()),
            Job::Due { .. } => 0,
        };
        if self.sender.send(Item { job, size, reply }).await.is_err() {
            return Err(Verdict::Unavailable("the committer has ended".to_owned()));
        }
        answer.await.unwrap_or(Err(Verdict::Unknown))
    }

    /// Lets take effect what is due by `now`, in order of time, exactly once each; gives how many did. Also what these
    /// deadlines arm and is due already, so that days of outage are caught up in one call.
    ///
    /// # Errors
    /// When the deadlines cannot be read.
    pub async fn due(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut total = 0;
        loop {
            let applied = self.due_once(now).await?;
            total += applied;
            if applied == 0 {
                return Ok(total);
            }
        }
    }

    async fn due_once(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut applied = 0;
        let mut from = (i64::MIN, String::new(), String::new());
        loop {
            let values: [Value; 5] = [
                now.micros().into(),
                from.0.into(),
                from.1.as_str().into(),
                from.2.as_str().into(),
                PAGE.into(),
            ];
            let rows = self.shared.store.database().query(DUE, &values).await?;
            let mut waiting = Vec::with_capacity(rows.len());
            for row in &rows {
                let (stream, name, due) = (row.text(0)?, row.text(1)?, row.i64(2)?);
                from = (due, stream.to_owned(), name.to_owned());
                let deadline =
                    Deadline { name: name.to_owned(), due_at: Timestamp::from_micros(due) };
                let keeper = UnitId::from(row.text(3)?);
                let (reply, answer) = oneshot::channel();
                let job = Job::Due { stream: StreamId::from(stream), deadline, keeper };
                if self.sender.send(Item { job, size: 0, reply }).await.is_err() {
                    return Err(StoreError::Busy("the committer has ended".to_owned()));
                }
                waiting.push(answer);
            }
            for answer in waiting {
                match answer.await {
                    Ok(Ok(Done::Due(true))) => applied += 1,
                    Ok(Ok(_)) => {}
                    Ok(Err(verdict)) => tracing::warn!(%verdict, "a deadline did not take effect"),
                    Err(_) => tracing::warn!("a deadline's outcome is unknown"),
                }
            }
            if rows.len() < usize::try_from(PAGE).unwrap_or(usize::MAX) {
                return Ok(applied);
            }
        }
    }

    /// Looks for what is due every `pause` while this process holds the lease for it. Ends with the returned task.
    pub fn spawn_due_worker(&self, holder: String, pause: Duration) -> JoinHandle<()> {
        let handle = self.clone();
        tokio::spawn(async move {
            let store = handle.shared.store.clone();
            loop {
                let lease = store.acquire("due", "*", &holder, pause * 10).await;
                match lease {
                    Ok(Some(_)) => {
                        let now = handle.shared.clock.now();
                        if let Err(error) = handle.due(now).await {
                            tracing::warn!(%error, "cannot look for what is due");
                        }
                    }
                    Ok(None) => {}
                    Err(error) => tracing::warn!(%error, "cannot take the lease for what is due"),
                }
                tokio::time::sleep(pause).await;
            }
        })
    }

    /// The store it writes to.
    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// The service's decisions.
    pub fn domain(&self) -> &D {
        &self.shared.domain
    }

    /// The instant now, from the committer's own clock.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// The sealer it writes with.
    pub fn sealer(&self) -> &Arc<dyn Sealer> {
        &self.shared.sealer
    }

    /// Another calendar from the next batch on.
    pub fn set_calendar(&self, calendar: WorkCalendar) {
        *self.shared.calendar.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(calendar);
    }

    /// The calendar in force.
    pub fn calendar(&self) -> Arc<WorkCalendar> {
        Arc::clone(&self.shared.calendar.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Version and state of a stream, also of a closed one; version 0 without events.
    ///
    /// # Errors
    /// When the database or the key store is out of reach.
    pub async fn state(&self, stream: &StreamId) -> Result<(u64, Option<D::State>), StoreError> {
        let mut base: Base<D::State> = Base::default();
        let mut session = Session::reading(self.shared.store.database());
        let wanted = [stream.clone()].into();
        load::states::<D>(&mut session, &mut base, self.shared.sealer.as_ref(), &wanted).await?;
        let held = base.states.remove(stream).unwrap_or_default();
        Ok((held.version, held.state))
    }

    /// The event behind an entry of a closed log; `None` for padding and for what was erased.
    ///
    /// # Errors
    /// When the database or the key store is out of reach, or the event is not the one committed to.
    pub async fn closed_event(&self, log: &LogId, index: u64) -> Result<Option<Event>, StoreError> {
        let sealer = self.shared.sealer.as_ref();
        let found = open_closed(&self.shared.store, sealer, log, &[index]).await?;
        Ok(found.into_iter().next().flatten())
    }

    /// Statements of the last commit, commits since the start: for tests and telemetry.
    pub fn counters(&self) -> (u64, u64) {
        let shared = &self.shared;
        (shared.statements.load(Ordering::Relaxed), shared.commits.load(Ordering::Relaxed))
    }

    /// Fills a closed log up to a multiple of 256 entries with dummies of 32 random bytes, so that the number of cases
    /// does not show. Gives how many were added.
    ///
    /// # Errors
    /// When the log is absent or open, or the database is out of reach.
    pub async fn pad_closed(&self, log: &LogId) -> Result<u64, StoreError> {
        let shared = &self.shared;
        let added = shared.store.pad(log, shared.clock.now(), &shared.seeds).await?;
        if added > 0 {
            shared.store.bump();
        }
        Ok(added)
    }
}

/// Opens entries of a closed log, given by ascending indices without great gaps, and checks each against its commitment.
pub(crate) async fn open_closed(
    store: &Store,
    sealer: &dyn Sealer,
    log: &LogId,
    indices: &[u64],
) -> Result<Vec<Option<Event>>, StoreError> {
    let mut parts = Vec::new();
    for found in store.parts(log, indices).await? {
        parts.push(CipherPart {
            subject: found.subject,
            log: log.clone(),
            index: found.index,
            field: String::new(),
            ciphertext: found.ciphertext,
        });
    }
    let opened = sealer.open(&parts).await.map_err(|e| StoreError::Seal(e.to_string()))?;
    let entries = match (indices.first(), indices.last()) {
        (Some(first), Some(last)) => store.entries(log, *first, last + 1 - first).await?,
        _ => Vec::new(),
    };
    let mut events: std::collections::BTreeMap<u64, Event> = std::collections::BTreeMap::new();
    for (part, bytes) in parts.iter().zip(opened) {
        let Some(bytes) = bytes else { continue };
        let Some((salt, json)) = bytes.split_first_chunk::<32>() else {
            return Err(StoreError::Corrupt(format!("{log} {}: a part without salt", part.index)));
        };
        let committed = proof::commitment(salt, json);
        let entry = entries.iter().find(|entry| entry.index == part.index);
        if entry.is_none_or(|entry| entry.bytes != committed.as_bytes()) {
            return Err(StoreError::Corrupt(format!(
                "{log} {}: the sealed event is not the one committed to",
                part.index
            )));
        }
        let event = Event::decode(json).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        events.insert(part.index, event);
    }
    Ok(indices.iter().map(|index| events.remove(index)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_bounded_in_bytes() {
        let item = |size| {
            let (reply, _) = oneshot::channel();
            let (stream, keeper) = (StreamId::from("a/1"), UnitId::from("u"));
            let deadline = Deadline { name: String::new(), due_at: Timestamp::default() };
            Item::<()> { job: Job::Due { stream, deadline, keeper }, size, reply }
        };
        let many = |sizes: &[usize]| fitting(&sizes.iter().map(|s| item(*s)).collect::<Vec<_>>());
        assert_eq!(many(&[10; 500]), 500);
        assert_eq!(many(&[BATCH_BYTES / 2, BATCH_BYTES / 2, 1]), 2);
        assert_eq!(many(&[BATCH_BYTES + 1, 1]), 1, "never none");
    }
}
