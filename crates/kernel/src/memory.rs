//! An in-memory log for one service: the committer's rules without a database. For tests, cases and exploration.
//!
//! It follows the same order as the durable committer: what is due comes first, then the command; three outcomes; a
//! repeated key gives the first receipt; claims are unique; versions are checked.

use std::collections::{BTreeMap, HashMap, HashSet};

use sha2::{Digest, Sha256};

use crate::{
    WorkCalendar,
    decide::{Answer, Claim, Command, Context, Domain, Loaded, Place, Receipt, Recorded, Verdict},
    entropy::Entropy,
    event::{Draft, Event, LogKind, Position, commitment_field},
    ids::{EventId, LogId, StreamId, UnitId},
    time::Timestamp,
};

/// The log, the states and the accepted commands of one service.
#[derive(Clone)]
pub struct Memory<D: Domain> {
    domain: D,
    calendar: WorkCalendar,
    entropy: Entropy,
    events: Vec<Event>,
    states: BTreeMap<StreamId, (u64, D::State)>,
    sealed: BTreeMap<(Position, String), ([u8; 32], serde_json::Value)>,
    keys: HashMap<(String, String), (serde_json::Value, Receipt)>,
    claims: HashSet<Claim>,
    sizes: BTreeMap<LogId, u64>,
    sequences: BTreeMap<(LogId, UnitId), u64>,
    last: Timestamp,
}

impl<D: Domain> Memory<D> {
    /// An empty log.
    pub fn new(domain: D, calendar: WorkCalendar, seed: [u8; 32]) -> Self {
        Self {
            domain,
            calendar,
            entropy: Entropy::from_seed(seed),
            events: Vec::new(),
            states: BTreeMap::new(),
            sealed: BTreeMap::new(),
            keys: HashMap::new(),
            claims: HashSet::new(),
            sizes: BTreeMap::new(),
            sequences: BTreeMap::new(),
            last: Timestamp::default(),
        }
    }

    /// The service's decisions.
    pub fn domain(&self) -> &D {
        &self.domain
    }

    /// All events, open and closed, in order.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The state of a stream.
    pub fn state(&self, stream: &StreamId) -> Option<&D::State> {
        self.states.get(stream).map(|(_, state)| state)
    }

    /// A sealed value with its salt, while it exists.
    pub fn sealed(
        &self,
        position: &Position,
        field: &str,
    ) -> Option<&([u8; 32], serde_json::Value)> {
        self.sealed.get(&(position.clone(), field.to_owned()))
    }

    /// Puts a copy of another service's fact.
    pub fn know(&mut self, stream: StreamId, state: D::State) {
        let version = self.states.get(&stream).map_or(0, |(v, _)| *v) + 1;
        self.states.insert(stream, (version, state));
    }

    /// The deadlines that are open, stream by stream.
    pub fn open(&self) -> impl Iterator<Item = (&StreamId, crate::decide::Deadline)> {
        self.states.iter().flat_map(|(stream, (_, state))| {
            D::deadlines(state).into_iter().map(move |deadline| (stream, deadline))
        })
    }

    /// Fires every deadline due by `now`, in order of time.
    pub fn pass(&mut self, now: Timestamp) {
        while let Some((stream, deadline)) = self.next_due(now, |_| true) {
            self.lapse(&stream, &deadline, now);
        }
    }

    fn next_due(
        &self,
        now: Timestamp,
        of: impl Fn(&StreamId) -> bool,
    ) -> Option<(StreamId, crate::decide::Deadline)> {
        self.open()
            .filter(|(stream, deadline)| of(stream) && deadline.due_at <= now)
            .min_by(|a, b| (a.1.due_at, a.0, &a.1.name).cmp(&(b.1.due_at, b.0, &b.1.name)))
            .map(|(stream, deadline)| (stream.clone(), deadline))
    }

    fn lapse(&mut self, stream: &StreamId, deadline: &crate::decide::Deadline, now: Timestamp) {
        let mut loaded = Loaded::default();
        if let Some((version, state)) = self.states.get(stream) {
            loaded.put(stream.clone(), *version, Some(state.clone()));
            for beside in D::beside(state) {
                let (version, state) =
                    self.states.get(&beside).map_or((0, None), |(v, s)| (*v, Some(s.clone())));
                loaded.put(beside, version, state);
            }
        }
        let Some(place) = loaded.state(stream).and_then(D::place) else {
            return;
        };
        let taken = HashSet::new();
        let drafts = {
            let mut context = Context {
                now: now.max(self.last),
                calendar: &self.calendar,
                entropy: &mut self.entropy,
                taken: &taken,
            };
            self.domain.lapse(&mut context, stream, deadline, &loaded)
        };
        assert!(!drafts.is_empty(), "a deadline that stays open must be consumed: {deadline:?}");
        self.append(drafts, &place, "system/due", None, now);
    }

    /// Executes a command at an instant.
    ///
    /// # Errors
    /// Any [`Verdict`] but unknown and unavailable.
    pub fn execute(
        &mut self,
        command: &Command<D::Command>,
        now: Timestamp,
    ) -> Result<Answer, Verdict> {
        let body = serde_json::to_value(&command.body).unwrap_or_default();
        let key = (command.principal.clone(), command.key.clone());
        if let Some((first, receipt)) = self.keys.get(&key) {
            return if *first == body {
                Ok(Answer::AlreadyDone(receipt.clone()))
            } else {
                Err(Verdict::KeyReused)
            };
        }
        let mut touched = self.load(command);
        while let Some((stream, deadline)) = self.next_due(now, |s| touched.has(s)) {
            self.lapse(&stream, &deadline, now);
        }
        touched = self.load(command);
        if let Some((stream, seen)) = &command.seen {
            let version = self.states.get(stream).map_or(0, |(v, _)| *v);
            if version != *seen {
                return Err(Verdict::Changed { stream: stream.clone(), seen: *seen, now: version });
            }
        }
        let declared = self.domain.claims(&command.body);
        let taken: HashSet<Claim> =
            declared.iter().filter(|c| self.claims.contains(c)).cloned().collect();
        let decision = {
            let mut context = Context {
                now: now.max(self.last),
                calendar: &self.calendar,
                entropy: &mut self.entropy,
                taken: &taken,
            };
            self.domain.decide(&mut context, command, &touched)?
        };
        self.claims.extend(decision.claims);
        let receipt = self.append(
            decision.events,
            &command.place,
            &command.actor.to_string(),
            command.causation.clone(),
            now,
        );
        self.keys.insert(key, (body, receipt.clone()));
        Ok(Answer::Accepted(receipt))
    }

    fn load(&self, command: &Command<D::Command>) -> Loaded<D::State> {
        let mut loaded = Loaded::default();
        loop {
            let wanted: Vec<_> = self
                .domain
                .reads(command, &loaded)
                .into_iter()
                .filter(|stream| !loaded.has(stream))
                .collect();
            if wanted.is_empty() {
                return loaded;
            }
            for stream in wanted {
                let (version, state) =
                    self.states.get(&stream).map_or((0, None), |(v, s)| (*v, Some(s.clone())));
                loaded.put(stream, version, state);
            }
        }
    }

    fn append(
        &mut self,
        drafts: Vec<Draft>,
        place: &Place,
        actor: &str,
        causation: Option<EventId>,
        now: Timestamp,
    ) -> Receipt {
        self.last = self.last.max(now);
        let recorded = drafts
            .into_iter()
            .map(|draft| self.append_one(draft, place, actor, causation.clone()))
            .collect();
        Receipt { at: self.last, events: recorded, promises: Vec::new() }
    }

    fn append_one(
        &mut self,
        draft: Draft,
        place: &Place,
        actor: &str,
        causation: Option<EventId>,
    ) -> Recorded {
        let place = draft.place.as_ref().unwrap_or(place);
        let openness = match draft.log {
            LogKind::Open => "open",
            LogKind::Closed => "closed",
        };
        let log = LogId::new(format!("{}-{openness}", place.keeper));
        let size = self.sizes.entry(log.clone()).or_default();
        let position = Position { log: log.clone(), index: *size };
        *size += 1;
        let sequence = self.sequences.entry((log.clone(), place.unit.clone())).or_default();
        *sequence += 1;
        let (version, state) =
            self.states.remove(&draft.stream).map_or((1, None), |(v, s)| (v + 1, Some(s)));
        let mut data = draft.data;
        for part in draft.sealed {
            let salt = self.entropy.salt();
            let bytes = serde_json::to_vec(&part.value).unwrap_or_default();
            let hash = Sha256::new().chain_update(salt).chain_update(&bytes).finalize();
            let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, hash);
            // A closed event is sealed whole: whoever opens it reads its values plainly.
            let shown = match draft.log {
                LogKind::Open => commitment_field(&encoded, part.class),
                LogKind::Closed => part.value.clone(),
            };
            data.insert(part.field.clone(), shown);
            self.sealed.insert((position.clone(), part.field), (salt, part.value));
        }
        let event = Event {
            id: self.entropy.event_id(self.last),
            source: format!("/{}", D::SERVICE),
            kind: format!("cn.cunwu.{}.{}", D::SERVICE, draft.kind),
            time: self.last,
            log,
            index: position.index,
            unit: place.unit.clone(),
            village: place.code,
            villageseq: *sequence,
            stream: draft.stream.clone(),
            version,
            actor: actor.to_owned(),
            definition: draft.definition,
            causation,
            data,
        };
        if let Some(state) = D::evolve(state, &event) {
            self.states.insert(draft.stream.clone(), (version, state));
        }
        let recorded = Recorded {
            id: event.id.clone(),
            fact: Some(draft.kind),
            stream: Some(draft.stream),
            version,
            position,
        };
        self.events.push(event);
        recorded
    }
}
