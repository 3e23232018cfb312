//! Decides a batch in memory: each command on the state that the one before left. Pure; knows no SQL.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use kernel::{
    Answer, Claim, Command, Context, Deadline, Domain, Draft, Event, EventId, Loaded, LogId,
    LogKind, Place, Receipt, Refusal, StreamId, Text, Timestamp, UnitId, Verdict, WorkCalendar,
    decide::Recorded,
};

use super::{
    base::{Base, Head, Held, LogKey, Mac, Need, NewEntry, kind_name},
    entry::{Envelope, encode},
    keys::Seeds,
};

/// What the batch is asked to do, one at a time.
pub(crate) enum Task<'a, C> {
    Command { command: &'a Command<C>, key: Mac, body: Mac, claims: Vec<Claim> },
    Due { stream: &'a StreamId, deadline: &'a Deadline, keeper: &'a UnitId },
}

/// What became of a task, in terms of this batch.
#[derive(Debug, Clone)]
pub(crate) enum Fate {
    /// Accepted: the n-th in the batch's list.
    Accepted(usize),
    /// The same command as the n-th accepted one.
    Same(usize),
    /// Done before.
    Done(Receipt),
    /// Not done.
    Not(Verdict),
    /// A deadline: whether it took effect now.
    Due(bool),
}

/// By log: its kind, the first index, the leaf hashes from there on.
pub(crate) type Leaves = BTreeMap<LogId, (LogKind, u64, Vec<[u8; 32]>)>;

/// An accepted command with its record.
pub(crate) struct Accepted {
    pub key: Mac,
    pub body: Mac,
    pub receipt: Receipt,
    /// Leaf hashes of its entries, by log, from the first index.
    pub leaves: Leaves,
}

/// The changes a batch makes.
pub(crate) struct Changes<S> {
    pub heads: BTreeMap<LogKey, Head>,
    pub sequences: HashMap<(LogId, UnitId), u64>,
    pub states: HashMap<StreamId, Held<S>>,
    /// The version that armed a deadline, for those armed in this batch.
    pub armed: HashMap<(StreamId, String), u64>,
    /// Whose data closed streams hold.
    pub subjects: BTreeSet<(StreamId, String)>,
    pub entries: Vec<NewEntry>,
    pub claims: Vec<Claim>,
    pub accepted: Vec<Accepted>,
}

impl<S> Default for Changes<S> {
    fn default() -> Self {
        Self {
            heads: BTreeMap::new(),
            sequences: HashMap::new(),
            states: HashMap::new(),
            armed: HashMap::new(),
            subjects: BTreeSet::new(),
            entries: Vec::new(),
            claims: Vec::new(),
            accepted: Vec::new(),
        }
    }
}

/// Why a task stops: something must be loaded first, or it is not done.
enum Stop {
    Need(Need),
    Not(Verdict),
}

impl From<Verdict> for Stop {
    fn from(verdict: Verdict) -> Self {
        Self::Not(verdict)
    }
}

/// Decides a whole batch over what was loaded.
pub(crate) struct Work<'a, D: Domain> {
    pub domain: &'a D,
    pub calendar: &'a WorkCalendar,
    pub seeds: &'a Seeds,
    pub now: Timestamp,
    pub base: &'a Base<D::State>,
    pub changes: Changes<D::State>,
}

impl<D: Domain> Work<'_, D> {
    /// The streams that the tasks read and that are not loaded yet, over the loaded states alone.
    pub fn reads(&self, tasks: &[&Task<'_, D::Command>]) -> BTreeSet<StreamId> {
        let mut missing = BTreeSet::new();
        for task in tasks {
            match task {
                Task::Command { command, .. } => {
                    if let Err(more) = self.load(command) {
                        missing.extend(more);
                    }
                }
                Task::Due { stream, .. } => {
                    if !self.base.states.contains_key(*stream) {
                        missing.insert((*stream).clone());
                    }
                }
            }
        }
        missing
    }

    /// Decides all tasks, or says what must be loaded first.
    pub fn decide(&mut self, tasks: &[&Task<'_, D::Command>]) -> Result<Vec<Fate>, Need> {
        let mut keys: HashMap<Mac, (Mac, usize)> = HashMap::new();
        let mut fates = Vec::with_capacity(tasks.len());
        let mut need = Need::default();
        for task in tasks {
            let result = match task {
                Task::Command { command, key, body, claims } => {
                    if let Some((first, receipt)) = self.base.done.get(key) {
                        Ok(if first == body {
                            Fate::Done(receipt.clone())
                        } else {
                            Fate::Not(Verdict::KeyReused)
                        })
                    } else if let Some((first, n)) = keys.get(key) {
                        Ok(if first == body {
                            Fate::Same(*n)
                        } else {
                            Fate::Not(Verdict::KeyReused)
                        })
                    } else {
                        self.command(command, (*key, *body), claims).map(|n| {
                            keys.insert(*key, (*body, n));
                            Fate::Accepted(n)
                        })
                    }
                }
                Task::Due { stream, deadline, keeper } => {
                    self.due(stream, deadline, keeper).map(Fate::Due)
                }
            };
            match result {
                Ok(fate) => fates.push(fate),
                Err(Stop::Not(verdict)) => fates.push(Fate::Not(verdict)),
                Err(Stop::Need(more)) => need.add(more),
            }
        }
        if need.is_empty() { Ok(fates) } else { Err(need) }
    }

    fn command(
        &mut self,
        command: &Command<D::Command>,
        (key, body): (Mac, Mac),
        declared: &[Claim],
    ) -> Result<usize, Stop> {
        let now = self.time(&command.place.keeper)?;
        self.lapse_all(command, now)?;
        let loaded = self.load(command).map_err(missing)?;
        if let Some((stream, seen)) = &command.seen {
            let version = loaded.version(stream);
            if version != *seen {
                let stream = stream.clone();
                return Err(Verdict::Changed { stream, seen: *seen, now: version }.into());
            }
        }
        let unknown: BTreeSet<Claim> =
            declared.iter().filter(|c| !self.base.claims_known.contains(c)).cloned().collect();
        if !unknown.is_empty() {
            return Err(Stop::Need(Need { claims: unknown, ..Need::default() }));
        }
        let taken: HashSet<Claim> = declared.iter().filter(|c| self.is_taken(c)).cloned().collect();
        let mut entropy = self.seeds.command(now, &key, &body);
        let decision = {
            let mut context =
                Context { now, calendar: self.calendar, entropy: &mut entropy, taken: &taken };
            self.domain.decide(&mut context, command, &loaded)?
        };
        if decision.events.is_empty() {
            return Err(fault("a decision without events").into());
        }
        let mut own = HashSet::new();
        for claim in &decision.claims {
            if !declared.contains(claim) {
                return Err(fault("a claim that the command did not declare").into());
            }
            if taken.contains(claim) || !own.insert(claim) {
                return Err(used_twice(claim).into());
            }
        }
        let envelope = Envelope {
            actor: command.actor.to_string(),
            causation: command.causation.clone(),
            fallback: command.place.clone(),
        };
        let (recorded, leaves) = self.append(decision.events, &envelope, &mut entropy)?;
        self.changes.claims.extend(decision.claims);
        self.changes.accepted.push(Accepted {
            key,
            body,
            receipt: Receipt { at: now, events: recorded, promises: Vec::new() },
            leaves,
        });
        Ok(self.changes.accepted.len() - 1)
    }

    /// Applies everything that is due on the streams that the command touches, in order of time.
    fn lapse_all(&mut self, command: &Command<D::Command>, now: Timestamp) -> Result<(), Stop> {
        let mut gone = HashSet::new();
        loop {
            let loaded = self.load(command).map_err(missing)?;
            let next = loaded
                .iter()
                .filter(|(stream, ..)| !stream.is_foreign())
                .filter_map(|(stream, _, state)| Some((stream, state?)))
                .flat_map(|(stream, state)| {
                    D::deadlines(state).into_iter().map(move |d| (d.due_at, stream.clone(), d.name))
                })
                .filter(|found| found.0 <= now && !gone.contains(found))
                .min();
            let Some((due_at, stream, name)) = next else { return Ok(()) };
            self.lapse(&stream, &Deadline { name: name.clone(), due_at })?;
            gone.insert((due_at, stream, name));
        }
    }

    fn due(
        &mut self,
        stream: &StreamId,
        deadline: &Deadline,
        keeper: &UnitId,
    ) -> Result<bool, Stop> {
        let now = self.time(keeper)?;
        let Some(held) = self.held(stream) else {
            return Err(missing(BTreeSet::from([stream.clone()])));
        };
        let open = held.state.as_ref().is_some_and(|s| D::deadlines(s).contains(deadline));
        if !open || deadline.due_at > now {
            return Ok(false);
        }
        self.lapse(stream, deadline)?;
        Ok(true)
    }

    fn lapse(&mut self, stream: &StreamId, deadline: &Deadline) -> Result<(), Stop> {
        let Some(held) = self.held(stream).cloned() else {
            return Err(missing(BTreeSet::from([stream.clone()])));
        };
        let Some(place) = held.state.as_ref().and_then(D::place) else {
            return Err(fault("a deadline on a stream without a place").into());
        };
        let now = self.time(&place.keeper)?;
        let mut loaded = Loaded::default();
        let besides = held.state.as_ref().map(D::beside).unwrap_or_default();
        loaded.put(stream.clone(), held.version, held.state);
        let mut absent = BTreeSet::new();
        for beside in besides {
            match self.held(&beside) {
                Some(held) => loaded.put(beside, held.version, held.state.clone()),
                None => {
                    absent.insert(beside);
                }
            }
        }
        if !absent.is_empty() {
            return Err(missing(absent));
        }
        let mut entropy = self.seeds.lapse(now, stream.as_str(), &deadline.name, held.version);
        let taken = HashSet::new();
        let drafts = {
            let mut context =
                Context { now, calendar: self.calendar, entropy: &mut entropy, taken: &taken };
            self.domain.lapse(&mut context, stream, deadline, &loaded)
        };
        if drafts.is_empty() {
            return Err(fault("a deadline that passes without an event").into());
        }
        let envelope =
            Envelope { actor: "system/due".to_owned(), causation: None, fallback: place };
        self.append(drafts, &envelope, &mut entropy).map(|_| ())
    }

    /// Gives the events their places and folds them in; all of them or none.
    fn append(
        &mut self,
        drafts: Vec<Draft>,
        envelope: &Envelope,
        entropy: &mut kernel::Entropy,
    ) -> Result<(Vec<Recorded>, Leaves), Stop> {
        // All at once, so that a decision of a thousand events costs one more round, not a thousand.
        let need = self.lacking(&drafts, envelope)?;
        if !need.is_empty() {
            return Err(Stop::Need(need));
        }
        let mut step = Changes::<D::State>::default();
        let mut recorded = Vec::with_capacity(drafts.len());
        let mut leaves = Leaves::new();
        for draft in drafts {
            let kind = draft.log;
            let (record, entry) = self.place(&mut step, draft, envelope, entropy)?;
            let place =
                leaves.entry(entry.log.clone()).or_insert_with(|| (kind, entry.index, Vec::new()));
            place.2.push(entry.leaf);
            step.entries.push(entry);
            recorded.push(record);
        }
        self.changes.heads.extend(step.heads);
        self.changes.sequences.extend(step.sequences);
        self.changes.states.extend(step.states);
        self.changes.armed.extend(step.armed);
        self.changes.subjects.extend(step.subjects);
        self.changes.entries.extend(step.entries);
        Ok((recorded, leaves))
    }

    /// What is not loaded yet of what these events need to be placed.
    fn lacking(&self, drafts: &[Draft], envelope: &Envelope) -> Result<Need, Stop> {
        let mut need = Need::default();
        for draft in drafts {
            let place = draft.place.as_ref().unwrap_or(&envelope.fallback);
            let key = (place.keeper.clone(), draft.log);
            let head = match self.changes.heads.get(&key) {
                Some(head) => head.clone(),
                None => match self.base_head(&key) {
                    Ok(head) => head,
                    Err(Stop::Need(more)) => {
                        need.add(more);
                        continue;
                    }
                    Err(stop) => return Err(stop),
                },
            };
            let at = (head.id, place.unit.clone());
            let known =
                self.changes.sequences.contains_key(&at) || self.base.sequences.contains_key(&at);
            if !known && head.stored.is_some() {
                need.sequences.insert(at);
            }
            if self.held(&draft.stream).is_none() {
                need.streams.insert(draft.stream.clone());
            }
        }
        Ok(need)
    }

    fn place(
        &self,
        step: &mut Changes<D::State>,
        draft: Draft,
        envelope: &Envelope,
        entropy: &mut kernel::Entropy,
    ) -> Result<(Recorded, NewEntry), Stop> {
        let place: &Place = draft.place.as_ref().unwrap_or(&envelope.fallback);
        let key = (place.keeper.clone(), draft.log);
        let now = self.time(&place.keeper)?;
        let mut head = match step.heads.get(&key).or_else(|| self.changes.heads.get(&key)) {
            Some(head) => head.clone(),
            None => self.base_head(&key)?,
        };
        let at = (head.id.clone(), place.unit.clone());
        let sequence = match step.sequences.get(&at).or_else(|| self.changes.sequences.get(&at)) {
            Some(last) => *last,
            None => match self.base.sequences.get(&at) {
                Some(last) => *last,
                None if head.stored.is_none() => 0,
                None => {
                    let sequences = BTreeSet::from([at]);
                    return Err(Stop::Need(Need { sequences, ..Need::default() }));
                }
            },
        } + 1;
        let held = match step.states.get(&draft.stream) {
            Some(held) => held.clone(),
            None => match self.held(&draft.stream) {
                Some(held) => held.clone(),
                None => return Err(missing(BTreeSet::from([draft.stream.clone()]))),
            },
        };
        if draft.stream.is_foreign() {
            return Err(fault("an event on a stream of another service").into());
        }
        if held.log.as_ref().is_some_and(|log| *log != head.id) {
            return Err(fault("an event of a stream outside the stream's own log").into());
        }
        let subject = draft.sealed.first().map(|s| s.subject.clone());
        let (stream, kind, fact) = (draft.stream.clone(), draft.log, draft.kind.clone());
        if kind == LogKind::Closed {
            let whose = draft.sealed.iter().map(|s| (stream.clone(), s.subject.clone()));
            step.subjects.extend(whose);
        }
        let event = Event {
            id: entropy.event_id(now),
            source: format!("/{}", D::SERVICE),
            kind: format!("cn.cunwu.{}.{}", D::SERVICE, draft.kind),
            time: now,
            log: head.id.clone(),
            index: head.size,
            unit: place.unit.clone(),
            village: place.code,
            villageseq: sequence,
            stream: stream.clone(),
            version: held.version + 1,
            actor: envelope.actor.clone(),
            definition: draft.definition,
            causation: envelope.causation.clone(),
            data: draft.data,
        };
        let (event, entry) = encode(event, kind, draft.sealed, entropy)?;
        let before: Vec<Deadline> = held.state.as_ref().map(D::deadlines).unwrap_or_default();
        let state = D::evolve(held.state, &event);
        for deadline in state.as_ref().map(D::deadlines).unwrap_or_default() {
            if !before.contains(&deadline) {
                step.armed.insert((stream.clone(), deadline.name), event.version);
            }
        }
        let sealed_under = match kind {
            LogKind::Open => None,
            LogKind::Closed => {
                held.subject.or(subject).or_else(|| Some(format!("stream:{stream}")))
            }
        };
        let log = head.id.clone();
        head.size += 1;
        head.last = now;
        step.heads.insert(key, head);
        step.sequences.insert(at, sequence);
        step.states.insert(
            stream.clone(),
            Held { version: event.version, state, log: Some(log), subject: sealed_under },
        );
        let open = kind == LogKind::Open;
        let record = Recorded {
            id: event.id.clone(),
            fact: open.then_some(fact),
            stream: open.then_some(stream),
            version: event.version,
            position: kernel::Position { log: event.log.clone(), index: event.index },
        };
        Ok((record, entry))
    }

    /// The instant in the logs of a keeper: never before the last entry of either.
    fn time(&self, keeper: &UnitId) -> Result<Timestamp, Stop> {
        let mut now = self.now;
        for kind in [LogKind::Open, LogKind::Closed] {
            let key = (keeper.clone(), kind);
            let last = match self.changes.heads.get(&key) {
                Some(head) => Some(head.last),
                None => match self.base.heads.get(&key) {
                    Some(head) => head.as_ref().map(|h| h.last),
                    None => return Err(Stop::Need(need_logs(keeper))),
                },
            };
            now = now.max(last.unwrap_or(now));
        }
        Ok(now)
    }

    fn base_head(&self, key: &LogKey) -> Result<Head, Stop> {
        match self.base.heads.get(key) {
            Some(Some(head)) => Ok(head.clone()),
            Some(None) => Ok(Head {
                id: LogId::new(self.seeds.log(self.now, key.0.as_str(), kind_name(key.1))),
                size: 0,
                last: self.now,
                epoch: 1,
                stored: None,
            }),
            None => Err(Stop::Need(need_logs(&key.0))),
        }
    }

    fn held(&self, stream: &StreamId) -> Option<&Held<D::State>> {
        self.changes.states.get(stream).or_else(|| self.base.states.get(stream))
    }

    fn is_taken(&self, claim: &Claim) -> bool {
        self.base.claims_taken.contains(claim) || self.changes.claims.contains(claim)
    }

    /// The streams of a command, or those that are not loaded.
    fn load(&self, command: &Command<D::Command>) -> Result<Loaded<D::State>, BTreeSet<StreamId>> {
        let mut loaded = Loaded::default();
        let mut missing = BTreeSet::new();
        let mut wanted: Vec<StreamId> = command.seen.iter().map(|(s, _)| s.clone()).collect();
        loop {
            wanted.extend(self.domain.reads(command, &loaded));
            wanted.retain(|stream| !loaded.has(stream) && !missing.contains(stream));
            if wanted.is_empty() {
                return if missing.is_empty() { Ok(loaded) } else { Err(missing) };
            }
            for stream in wanted.drain(..) {
                match self.held(&stream) {
                    Some(held) => loaded.put(stream, held.version, held.state.clone()),
                    None => {
                        missing.insert(stream);
                    }
                }
            }
        }
    }
}

pub(crate) fn need_logs(keeper: &UnitId) -> Need {
    Need {
        logs: [LogKind::Open, LogKind::Closed].map(|kind| (keeper.clone(), kind)).into(),
        ..Need::default()
    }
}

fn missing(streams: BTreeSet<StreamId>) -> Stop {
    Stop::Need(Need { streams, ..Need::default() })
}

/// A fault in a service's own code: the command is not done, and the log of the program says why.
fn fault(what: &str) -> Verdict {
    tracing::error!(what, "a domain broke its contract with the committer");
    Verdict::Unavailable(format!("internal fault: {what}"))
}

fn used_twice(claim: &Claim) -> Verdict {
    let what = Text::new("该编号已经使用过（{kind}）", "this number was used before ({kind})")
        .fill(&[("kind", claim.kind)]);
    let remedy = Text::new(
        "核对编号；如系同一事项，请查看已有记录",
        "check the number; if it is the same matter, look at the existing record",
    );
    Verdict::Refused(Refusal::new("already-used", what, remedy))
}

/// The answer of an accepted command.
pub(crate) fn accepted(receipt: &Receipt) -> Answer {
    Answer::Accepted(receipt.clone())
}

/// The event that a command answers, when it answers one.
pub(crate) type Causation = Option<EventId>;
