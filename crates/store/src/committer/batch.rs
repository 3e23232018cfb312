//! Executes a batch: one transaction, begun again when another process was faster or another log is needed.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use kernel::{
    Answer, Claim, Clock, Command, Deadline, Domain, LogId, LogKind, Sent, StreamId, Timestamp,
    UnitId, Verdict, WorkCalendar,
};

use super::{
    base::{Base, LogKey, Mac, Need},
    keys::{Macs, Seeds},
    load,
    session::Session,
    work::{Accepted, Changes, Fate, Task, Work, accepted, need_logs},
    write,
};
use crate::{
    error::StoreError,
    ports::{BatchItem, Options, ReceiptSigner, Sealer},
    store::Store,
};

/// A clock further than this from the database's refuses writing, µs.
const CLOCK_LIMIT: u64 = 2_000_000;
/// How often a batch that lost against another process is decided again.
const ATTEMPTS: u32 = 8;
/// How often more may be loaded; each level of streams that name one another takes one.
const ROUNDS: u32 = 64;

/// One thing to do.
#[derive(Clone)]
pub(crate) enum Job<C> {
    /// With the request that brought it, if any.
    Command(Box<Command<C>>, Option<Sent>),
    Due {
        stream: StreamId,
        deadline: Deadline,
        keeper: UnitId,
    },
}

/// What became of it.
pub(crate) enum Done {
    Answer(Answer),
    Due(bool),
}

pub(crate) type Outcome = Result<Done, Verdict>;

/// Everything a batch is executed with.
pub(crate) struct Batcher<D: Domain> {
    pub store: Store,
    pub domain: Arc<D>,
    pub clock: Arc<dyn Clock>,
    pub calendar: RwLock<Arc<WorkCalendar>>,
    pub seeds: Seeds,
    pub macs: Macs,
    pub sealer: Arc<dyn Sealer>,
    pub signer: Arc<dyn ReceiptSigner>,
    pub options: Options,
    /// Statements of the last commit.
    pub statements: AtomicU64,
    /// Commits since the start.
    pub commits: AtomicU64,
}

/// Why an attempt did not end in a commit.
enum Again {
    /// These logs must be locked too.
    Logs(BTreeSet<LogKey>),
    Store(StoreError, Vec<Option<Fate>>),
    Clock(String),
}

impl From<StoreError> for Again {
    fn from(error: StoreError) -> Self {
        Self::Store(error, Vec::new())
    }
}

impl<D: Domain> Batcher<D> {
    /// Executes the jobs in order, in one transaction; outcomes in their order.
    pub async fn execute(&self, jobs: &[Job<D::Command>]) -> Vec<Outcome> {
        let prepared: Vec<Result<Task<'_, D::Command>, Verdict>> =
            jobs.iter().map(|job| self.prepare(job)).collect();
        let tasks: Vec<&Task<'_, D::Command>> =
            prepared.iter().filter_map(|task| task.as_ref().ok()).collect();
        let mut fates = self.settle(&tasks).await.into_iter();
        prepared
            .iter()
            .map(|task| match task {
                Ok(_) => fates.next().unwrap_or(Err(Verdict::Unknown)),
                Err(verdict) => Err(verdict.clone()),
            })
            .collect()
    }

    /// A key other than the one this database was begun with would make every idempotency record and every claim
    /// invisible: an invoice could be paid twice.
    pub async fn prove_key(&self) -> Result<(), StoreError> {
        let wanted = self.macs.check();
        let mut tx = self.store.begin().await?;
        let insert = "INSERT INTO core_meta (name, value) VALUES ('hmac key', $1) ON CONFLICT (name) DO NOTHING";
        tx.execute(insert, &[wanted.as_str().into()]).await?;
        let rows = tx.fetch("SELECT value FROM core_meta WHERE name = 'hmac key'", &[]).await?;
        tx.commit().await?;
        match rows.first() {
            Some(row) if row.text(0)? == wanted => Ok(()),
            _ => Err(StoreError::Setup(
                "the HMAC key is not the one this database was begun with: give the former one"
                    .to_owned(),
            )),
        }
    }

    fn prepare<'a>(&self, job: &'a Job<D::Command>) -> Result<Task<'a, D::Command>, Verdict> {
        match job {
            Job::Command(command, sent) => Ok(Task::Command {
                command,
                key: self.macs.key(&command.principal, &command.key),
                body: match sent {
                    Some(sent) => self.macs.sent(&command.place.unit, sent),
                    None => self
                        .macs
                        .body(command)
                        .map_err(|error| Verdict::Unavailable(error.to_string()))?,
                },
                claims: self.domain.claims(&command.body),
            }),
            Job::Due { stream, deadline, keeper } => Ok(Task::Due { stream, deadline, keeper }),
        }
    }

    async fn settle(&self, tasks: &[&Task<'_, D::Command>]) -> Vec<Outcome> {
        let mut logs: BTreeSet<LogKey> = BTreeSet::new();
        for task in tasks {
            let keeper = match task {
                Task::Command { command, .. } => &command.place.keeper,
                Task::Due { keeper, .. } => keeper,
            };
            logs.extend(need_logs(keeper).logs);
        }
        let mut attempts = 0;
        loop {
            match self.attempt(tasks, &logs).await {
                Ok(outcomes) => return outcomes,
                Err(Again::Logs(more)) if attempts < ATTEMPTS => {
                    attempts += 1;
                    logs.extend(more);
                }
                Err(Again::Store(StoreError::Conflict(why) | StoreError::Duplicate(why), _))
                    if attempts < ATTEMPTS =>
                {
                    attempts += 1;
                    tracing::debug!(attempts, %why, "another process was faster; deciding again");
                    tokio::time::sleep(Duration::from_millis(5 * u64::from(attempts))).await;
                }
                Err(Again::Logs(_)) => {
                    return not_available(tasks.len(), "the batch touches ever more logs");
                }
                Err(Again::Clock(text)) => {
                    tracing::error!(%text, "refusing to write");
                    return not_available(tasks.len(), &text);
                }
                Err(Again::Store(StoreError::Unknown(why), fates)) => {
                    tracing::warn!(%why, "the answer to COMMIT was lost");
                    let unknown = || Err(Verdict::Unknown);
                    return fates
                        .into_iter()
                        .map(|fate| match fate {
                            Some(Fate::Done(receipt)) => {
                                Ok(Done::Answer(Answer::AlreadyDone(receipt)))
                            }
                            _ => unknown(),
                        })
                        .collect();
                }
                Err(Again::Store(error, _)) => {
                    if !error.is_passing() {
                        tracing::error!(%error, "a batch could not be written");
                    }
                    return not_available(tasks.len(), &error.to_string());
                }
            }
        }
    }

    async fn attempt(
        &self,
        tasks: &[&Task<'_, D::Command>],
        logs: &BTreeSet<LogKey>,
    ) -> Result<Vec<Outcome>, Again> {
        let faults = &self.options.faults;
        let mut session = Session::begin(self.store.database(), faults).await?;
        let mut base: Base<D::State> = Base::default();
        load::heads(&mut session, &mut base, logs).await?;
        let keys: BTreeSet<Mac> = tasks
            .iter()
            .filter_map(|task| match task {
                Task::Command { key, .. } => Some(*key),
                Task::Due { .. } => None,
            })
            .collect();
        let keys: Vec<Mac> = keys.into_iter().collect();
        let theirs = load::keys(&mut session, &mut base, &keys).await?;
        let now = self.clock.now();
        if self.options.check_clock && now.micros().abs_diff(theirs.micros()) > CLOCK_LIMIT {
            session.rollback().await?;
            return Err(Again::Clock(format!(
                "the clock says {now}, the database {theirs}: set the clock (at most 2 s apart)"
            )));
        }
        let calendar = Arc::clone(&self.calendar.read().unwrap_or_else(PoisonError::into_inner));
        self.load_reads(&mut session, &mut base, tasks, &calendar, now).await?;
        let need = self.foreseen(&base, tasks);
        self.load_more(&mut session, &mut base, need).await?;
        let mut rounds = 0;
        let (fates, mut changes) = loop {
            let mut work = self.work(&base, &calendar, now);
            let need = match work.decide(tasks) {
                Ok(fates) => break (fates, work.changes),
                Err(need) => need,
            };
            let more: BTreeSet<LogKey> = need.logs.difference(logs).cloned().collect();
            rounds += 1;
            if !more.is_empty() || rounds > ROUNDS {
                session.rollback().await?;
                return Err(Again::Logs(more));
            }
            self.load_more(&mut session, &mut base, need).await?;
        };
        if changes.entries.is_empty() {
            session.rollback().await?;
            return Ok(outcomes(fates, &[]));
        }
        self.sign(&mut changes)?;
        let sealed = write::seal::<D>(&changes, self.sealer.as_ref()).await?;
        let keep = self.options.keep_keys;
        write::write::<D>(&mut session, &base, &changes, sealed, &self.macs, keep).await?;
        match session.commit().await {
            Ok(statements) => {
                self.statements.store(statements, Ordering::Relaxed);
                self.commits.fetch_add(1, Ordering::Relaxed);
                self.store.bump();
                Ok(outcomes(fates, &changes.accepted))
            }
            Err(error) => {
                self.store.bump();
                Err(Again::Store(error, fates.into_iter().map(Some).collect()))
            }
        }
    }

    fn work<'a>(
        &'a self,
        base: &'a Base<D::State>,
        calendar: &'a WorkCalendar,
        now: Timestamp,
    ) -> Work<'a, D> {
        Work {
            domain: self.domain.as_ref(),
            calendar,
            seeds: &self.seeds,
            now,
            base,
            changes: Changes::default(),
        }
    }

    async fn load_reads(
        &self,
        session: &mut Session,
        base: &mut Base<D::State>,
        tasks: &[&Task<'_, D::Command>],
        calendar: &WorkCalendar,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for _ in 0..ROUNDS {
            let missing = self.work(base, calendar, now).reads(tasks);
            if missing.is_empty() {
                break;
            }
            load::states::<D>(session, base, self.sealer.as_ref(), &missing).await?;
        }
        Ok(())
    }

    /// What the decisions will need: claims, and the numbers of the units that commands and deadlines are about.
    fn foreseen(&self, base: &Base<D::State>, tasks: &[&Task<'_, D::Command>]) -> Need {
        let mut need = Need::default();
        let mut add = |keeper: &UnitId, unit: &UnitId| {
            for kind in [LogKind::Open, LogKind::Closed] {
                if let Some(Some(head)) = base.heads.get(&(keeper.clone(), kind)) {
                    need.sequences.insert((head.id.clone(), unit.clone()));
                }
            }
        };
        for held in base.states.values() {
            if let Some(place) = held.state.as_ref().and_then(D::place) {
                add(&place.keeper, &place.unit);
            }
        }
        let mut claims: BTreeSet<Claim> = BTreeSet::new();
        for task in tasks {
            if let Task::Command { command, claims: declared, .. } = task {
                add(&command.place.keeper, &command.place.unit);
                claims.extend(declared.iter().cloned());
            }
        }
        need.claims = claims;
        need
    }

    async fn load_more(
        &self,
        session: &mut Session,
        base: &mut Base<D::State>,
        need: Need,
    ) -> Result<(), StoreError> {
        if !need.streams.is_empty() {
            load::states::<D>(session, base, self.sealer.as_ref(), &need.streams).await?;
        }
        if !need.claims.is_empty() {
            load::claims(session, base, &self.macs, &need.claims).await?;
        }
        if !need.sequences.is_empty() {
            load::sequences(session, base, &need.sequences).await?;
        }
        Ok(())
    }

    /// One signature for the batch; each receipt gets its promises, one a log.
    fn sign(&self, changes: &mut Changes<D::State>) -> Result<(), StoreError> {
        let include = |at: Timestamp, kind: LogKind| {
            let within = match kind {
                LogKind::Open => self.options.include_open,
                LogKind::Closed => self.options.include_closed,
            };
            at.plus_micros(i64::try_from(within.as_micros()).unwrap_or(i64::MAX)).micros()
        };
        let items: Vec<BatchItem> = changes
            .accepted
            .iter()
            .flat_map(|accepted| {
                accepted.leaves.iter().map(|(log, (kind, first_index, leaves))| BatchItem {
                    log: LogId::clone(log),
                    first_index: *first_index,
                    leaf_hashes: leaves.clone(),
                    include_by: include(accepted.receipt.at, *kind),
                })
            })
            .collect();
        let promises = self
            .signer
            .sign_batch(&items)
            .map_err(|error| StoreError::Seal(format!("receipts: {error}")))?;
        let mut promises = promises.into_iter();
        for accepted in &mut changes.accepted {
            let count = accepted.leaves.len();
            accepted.receipt.promises = promises.by_ref().take(count).collect();
        }
        Ok(())
    }
}

fn outcomes(fates: Vec<Fate>, list: &[Accepted]) -> Vec<Outcome> {
    let receipt = |n: usize| list.get(n).map(|a| &a.receipt).ok_or(Verdict::Unknown);
    fates
        .into_iter()
        .map(|fate| match fate {
            Fate::Accepted(n) => receipt(n).map(|r| Done::Answer(accepted(r))),
            Fate::Same(n) => receipt(n).map(|r| Done::Answer(Answer::AlreadyDone(r.clone()))),
            Fate::Done(receipt) => Ok(Done::Answer(Answer::AlreadyDone(receipt))),
            Fate::Not(verdict) => Err(verdict),
            Fate::Due(applied) => Ok(Done::Due(applied)),
        })
        .collect()
}

fn not_available(count: usize, why: &str) -> Vec<Outcome> {
    (0..count).map(|_| Err(Verdict::Unavailable(why.to_owned()))).collect()
}
