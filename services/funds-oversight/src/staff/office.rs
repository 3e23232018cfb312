//! The desk's office of funds-oversight: who asks, what there is, and the one way to act. Knows no HTTP.

use std::{collections::BTreeMap, sync::Arc};

use access::{Action, Door, Gate, Principal, Resource};
use async_trait::async_trait;
use definitions::{Catalogue, Definition, Definitions, Who};
use desk::{
    Asked, Choice, Kept, Listing, Member, Office, PlaceShown, Record, Submission, Thing, Upload,
    Visitor, Wanted,
};
use engines::procedure::{ENGINE_KEYS, governing};
use host::Host;
use kernel::{
    Actor, Answer, Class, Command, Event, Position, Refusal, Sent, StreamId, Text, Timestamp,
    UnitId, Verdict,
};
use sealed::{Attachments, Opener, SealedError, Vault};
use serde_json::{Map, Value};

use super::{choices, papers, warned};
use crate::{
    Ask, Funds, State,
    ask::Take,
    facts::{accounts, bookkeeping, item, warning::Finding},
    shows::{away, board, directory, ledger, records},
};

/// What an office is made of.
pub struct Parts {
    /// The open service.
    pub host: Arc<Host<Funds>>,
    /// Opens what is sealed, leaving traces.
    pub vault: Arc<Vault>,
    /// Keeps papers.
    pub attachments: Arc<Attachments>,
    /// Verifies who comes.
    pub door: Arc<Door>,
    /// Says what they may see.
    pub gate: Arc<Gate>,
}

/// The office.
pub struct FundsOffice {
    pub(crate) parts: Parts,
    definitions: Arc<Definitions>,
    catalogue: Arc<Catalogue>,
}

impl FundsOffice {
    /// Of these parts.
    pub fn new(parts: Parts) -> Arc<Self> {
        let definitions = Arc::new(parts.host.committer.domain().definitions().clone());
        Arc::new(Self { parts, definitions, catalogue: Arc::new(crate::catalogue()) })
    }

    /// The instant now.
    pub fn now(&self) -> Timestamp {
        self.parts.host.committer.now()
    }

    /// The open service.
    pub fn host(&self) -> &Arc<Host<Funds>> {
        &self.parts.host
    }

    /// Whether somebody may do this in a place, with what is of this class.
    pub fn may(
        &self,
        visitor: &Visitor,
        action: &Action,
        place: &PlaceShown,
        class: Class,
    ) -> bool {
        let resource = Resource::new(place.place.unit.clone(), place.path.clone(), "funds", class);
        self.parts.gate.may(&visitor.principal, action, &resource, self.now()).is_ok()
    }

    /// Whom the main line of a procedure names: they may see what is sealed in it, and it leaves a trace.
    fn officers(definition: &Definition, place: &PlaceShown) -> Vec<(UnitId, String)> {
        let mut posts: Vec<&String> = definition
            .steps
            .iter()
            .filter(|step| step.is_main())
            .filter_map(|step| match &step.by.who {
                Who::Post(named) => Some(named.iter()),
                _ => None,
            })
            .flatten()
            .collect();
        posts.sort();
        posts.dedup();
        posts.into_iter().map(|post| (place.place.unit.clone(), post.clone())).collect()
    }

    /// The values of an event that this visitor may see; commitments stay where a value stays closed.
    async fn opened(
        &self,
        visitor: &Visitor,
        place: &PlaceShown,
        officers: &[(UnitId, String)],
        event: &Event,
    ) -> Result<Map<String, Value>, Verdict> {
        let mut opened = Map::new();
        for field in event.data.keys() {
            let Some((_, class)) = event.commitment(field) else { continue };
            let unit = place.place.unit.clone();
            let resource = Resource::new(unit, place.path.clone(), "funds", class)
                .handled_by(officers.to_vec());
            let gate = &self.parts.gate;
            if gate.may(&visitor.principal, &Action::Read, &resource, self.now()).is_err() {
                continue;
            }
            let opener = Opener { actor: self.opener(visitor, place), reason: "desk".to_owned() };
            let part = self.parts.vault.open_part(&event.log, event.index, field, &opener).await;
            match part {
                Ok(Some(part)) => {
                    let value = part.value().map_err(|e| Verdict::Unavailable(e.to_string()))?;
                    opened.insert(field.clone(), value);
                }
                Ok(None) | Err(SealedError::Restricted { .. }) => {}
                Err(error @ SealedError::NotRecorded(_)) => {
                    tracing::debug!(%error, log = %event.log, index = event.index, "stays closed");
                }
                Err(error) => return Err(Verdict::Unavailable(error.to_string())),
            }
        }
        Ok(opened)
    }

    /// In which seat somebody opens: one of this unit, or else any.
    fn opener(&self, visitor: &Visitor, place: &PlaceShown) -> String {
        let seats = visitor.seats(self.now());
        let here = seats.iter().find(|seat| seat.unit == place.place.unit).or(seats.first());
        here.map_or_else(
            || format!("resident/{}", visitor.account()),
            |seat| Actor::Official(seat.clone()).to_string(),
        )
    }

    /// What people call what a thing names by id: accounts of the chart, headroom, bank accounts, office holders.
    async fn names(
        &self,
        unit: &UnitId,
        known: &Map<String, Value>,
        events: &[Event],
    ) -> Result<BTreeMap<String, Text>, Verdict> {
        let store = &self.parts.host.store;
        let mut names = BTreeMap::new();
        for account in accounts::chart() {
            names.insert(account.code.to_string(), choices::account(account).label);
        }
        for left in ledger::left(store, unit).await.map_err(away)? {
            names.insert(left.reserve.clone(), choices::reserve(&left).label);
        }
        for account in ledger::accounts(store, unit).await.map_err(away)? {
            names.insert(account.account.clone(), choices::bank_account(&account).label);
        }
        if let Some(name) = known.get("payee").and_then(|payee| payee.get("organisation")?.as_str())
        {
            names.insert(format!("organisation:{name}"), Text::new(name, name));
        }
        for event in events {
            let Some((_, holder)) = Actor::parse_official(&event.actor) else { continue };
            if names.contains_key(holder) {
                continue;
            }
            if let Some(name) = directory::name_of(store, holder).await.map_err(away)? {
                names.insert(holder.to_owned(), Text::new(name.clone(), name));
            }
        }
        Ok(names)
    }

    /// What a warning is called for those who may know of it: how grave, its number, the watch's name, what was measured.
    fn warning_title(&self, finding: &Finding) -> Text {
        let watches = self.parts.host.committer.domain().watches();
        let watch = watches.iter().find(|watch| watch.reference.as_str() == finding.watch);
        let name = watch.map(|watch| watch.term.clone()).unwrap_or_default();
        let grave = choices::word("severity", finding.found.severity.word()).unwrap_or_default();
        let rule = &finding.rule;
        Text::new(
            format!("{} {rule} {}", grave.zh, name.zh),
            format!("{} {rule}: {}", grave.en, name.en),
        )
    }

    /// The months that handing in may mean, which the desk does not name: the first one open, and the last one closed.
    async fn items(&self, unit: &UnitId) -> Result<(Option<String>, Option<String>), Verdict> {
        let stream = bookkeeping::stream(unit);
        let (_, state) = self.parts.host.store.state::<State>(&stream).await.map_err(away)?;
        let Some(State::Book(book)) = state else { return Ok((None, None)) };
        let (closed, open): (Vec<_>, Vec<_>) =
            book.months.into_iter().partition(|(_, month)| month.closed);
        let item = |(month, _)| item::item_id(unit, month);
        Ok((open.into_iter().next().map(item), closed.into_iter().next_back().map(item)))
    }

    /// Hands in the month that is open. A request that comes again after its month was closed is known by its key.
    async fn hand_in(
        &self,
        unit: &UnitId,
        sent: Sent,
        command: impl FnOnce(Option<String>) -> Command<Ask>,
    ) -> Result<Answer, Verdict> {
        let (open, closed) = self.items(unit).await?;
        let any_open = open.is_some();
        let Some(item) = open.or(closed) else { return Err(no_open_month().into()) };
        match self.parts.host.committer.submit_sent(command(Some(item)), sent).await {
            Err(Verdict::Refused(_)) if !any_open => Err(no_open_month().into()),
            answer => answer,
        }
    }

    /// Executes an act of bookkeeping, in the seat of somebody.
    ///
    /// # Errors
    /// Any verdict.
    pub async fn execute(
        &self,
        visitor: &Visitor,
        seat: &kernel::Seat,
        place: &kernel::Place,
        key: String,
        (ask, sent): (Ask, Sent),
    ) -> Result<Answer, Verdict> {
        let command = Command {
            principal: visitor.account().to_owned(),
            key,
            actor: Actor::Official(seat.clone()),
            place: place.clone(),
            seen: None,
            causation: None,
            body: ask,
        };
        self.parts.host.committer.submit_sent(command, sent).await
    }
}

fn no_open_month() -> Refusal {
    Refusal::new(
        "no-open-month",
        Text::new("没有待报账的月份", "No month is waiting to be handed in"),
        Text::new("请先由两个人签字启用月份", "Two persons open the month first"),
    )
    .by_law(crate::rules::law("ACC-2023"))
}

#[async_trait]
impl Office for FundsOffice {
    fn service(&self) -> &'static str {
        "funds"
    }

    fn title(&self) -> Text {
        Text::new("集体财务", "Collective finance")
    }

    fn definitions(&self) -> Arc<Definitions> {
        self.definitions.clone()
    }

    fn catalogue(&self) -> Arc<Catalogue> {
        self.catalogue.clone()
    }

    fn word(&self, field: &str, value: &str) -> Option<Text> {
        choices::word(field, value)
    }

    async fn visitor(
        &self,
        cookie: Option<&str>,
        authorization: Option<&str>,
    ) -> Result<Option<Visitor>, Verdict> {
        let Some(claims) = self.parts.door.claims(cookie, authorization, self.now())? else {
            return Ok(None);
        };
        let (name, grants) = match &claims.holder {
            Some(holder) => {
                directory::seats_of(&self.parts.host.store, holder).await.map_err(away)?
            }
            None => Default::default(),
        };
        let name = name.unwrap_or_else(|| claims.account.clone());
        Ok(Some(Visitor { principal: Principal::from_claims(&claims, grants), name }))
    }

    async fn place(&self, unit: &UnitId) -> Result<Option<PlaceShown>, Verdict> {
        directory::place(&self.parts.host.store, unit).await.map_err(away)
    }

    async fn thing(
        &self,
        visitor: &Visitor,
        procedure: &str,
        id: &str,
    ) -> Result<Option<Thing>, Verdict> {
        let Some(current) = self.definitions.get(procedure) else { return Ok(None) };
        if !crate::facts::is_id(id) {
            return Ok(None);
        }
        let stream = StreamId::of(&current.stream, id);
        let store = &self.parts.host.store;
        let (version, state) = store.state::<State>(&stream).await.map_err(away)?;
        let Some(state) = state else { return Ok(None) };
        let Some(unit) = state.place().map(|place| place.unit.clone()) else { return Ok(None) };
        let Some(place) = self.place(&unit).await? else { return Ok(None) };
        let finding = match current.stream.as_str() {
            "warning" => {
                let host = &self.parts.host;
                let known = warned::known(host, &place, id).await?;
                // for whoever it concerns there is no such warning
                match known.filter(|known| known.may_know(host, visitor, &place)) {
                    Some(known) => Some(known.finding),
                    None => return Ok(None),
                }
            }
            _ => None,
        };
        let history = state.history().cloned().unwrap_or_default();
        let definition = governing(&self.definitions, procedure, Some(&history)).unwrap_or(current);
        let officers = Self::officers(definition, &place);
        let mut events = records::events(store, &stream).await.map_err(away)?;
        // The version that is shown is the one that the state had.
        events.retain(|event| event.version <= version);
        let mut shown = Vec::with_capacity(events.len());
        let mut opened = Map::new();
        let mut plain = Map::new();
        for event in &events {
            let of_event = self.opened(visitor, &place, &officers, event).await?;
            let mut values = event.data.clone();
            values.retain(|key, _| key != "keeper" && !ENGINE_KEYS.contains(&key.as_str()));
            values.extend(of_event.clone());
            plain.extend(values.clone());
            opened.extend(of_event);
            // What no definition brought about is no part of the procedure's course.
            if event.definition.is_none() {
                continue;
            }
            let position = Position { log: event.log.clone(), index: event.index };
            let proof = format!("/logs/{}/proof/{}", position.log, position.index);
            shown.push(Record {
                event: event.id.clone(),
                position,
                include_by: None,
                values,
                proof: Some(proof),
            });
        }
        let as_of = events
            .last()
            .map(|event| (event.time, Position { log: event.log.clone(), index: event.index }));
        let names = self.names(&unit, &plain, &events).await?;
        let title = match &finding {
            Some(finding) => self.warning_title(finding),
            None => board::called(&self.definitions, procedure, &plain, &history),
        };
        let thing = Thing::new(place, history, version, title);
        Ok(Some(Thing { opened, records: shown, officers, names, as_of, ..thing }))
    }

    async fn things(&self, wanted: &Wanted) -> Result<Listing, Verdict> {
        let store = &self.parts.host.store;
        let as_of = board::as_of(store).await.map_err(away)?;
        let mut lines = board::lines(store, wanted).await.map_err(away)?;
        let limit = wanted.limit as usize;
        let more = lines.len() > limit;
        lines.truncate(limit);
        let next = lines.last().filter(|_| more).map(|line| line.key.clone());
        let mut items = Vec::with_capacity(lines.len());
        for line in lines {
            let Some(place) = self.place(&line.unit).await? else { continue };
            if line.stream.kind() == "warning" {
                let (host, id) = (&self.parts.host, line.stream.key());
                let Some(known) = warned::known(host, &place, id).await? else { continue };
                let mut item = line.listed(&self.definitions, &place, self.now());
                item.title = self.warning_title(&known.finding);
                item.barred = known.barred(host, &place);
                items.push(item);
                continue;
            }
            items.push(line.listed(&self.definitions, &place, self.now()));
        }
        Ok(Listing { items, next, as_of })
    }

    async fn choices(&self, asked: &Asked<'_>) -> Result<Option<Vec<Choice>>, Verdict> {
        let today = self.now().date();
        let known = (&self.parts.host.store, self.definitions.as_ref());
        choices::of_field(known, asked.unit, asked.field, today).await.map_err(away)
    }

    async fn roll(&self, unit: &UnitId, body: &str) -> Result<Vec<Member>, Verdict> {
        let store = &self.parts.host.store;
        directory::members(store, unit, body, self.now()).await.map_err(away)
    }

    async fn submit(&self, submission: Submission<'_>) -> Result<Answer, Verdict> {
        let host = &self.parts.host;
        let procedure = submission.act.procedure.clone();
        let kind = self.definitions.get(&procedure).map(|d| d.stream.clone());
        let on = submission.thing.map(str::to_owned);
        let (shown, opened) = match &on {
            Some(id) if procedure == "payment" => records::shown(host, id, submission.seen).await?,
            Some(id) if kind.as_deref() == Some("warning") => {
                (None, records::finding(host, id).await?.1)
            }
            _ => Default::default(),
        };
        let seen = submission.thing.zip(submission.seen).zip(kind);
        let command = |on: Option<String>| Command {
            principal: submission.visitor.account().to_owned(),
            key: submission.key.clone(),
            actor: Actor::Official(submission.seat.clone()),
            place: submission.place.clone(),
            seen: seen.as_ref().map(|((id, seen), kind)| (StreamId::of(kind, id), *seen)),
            causation: None,
            body: Ask::Take(Box::new(Take {
                on,
                act: submission.act.clone(),
                shown: shown.clone(),
                opened: opened.clone(),
            })),
        };
        if on.is_some() || procedure != "month-close" {
            return host.committer.submit_sent(command(on), submission.sent).await;
        }
        self.hand_in(&submission.place.unit, submission.sent, command).await
    }

    async fn attach(
        &self,
        _visitor: &Visitor,
        unit: &UnitId,
        file: Upload,
    ) -> Result<Kept, Verdict> {
        papers::keep(&self.parts.host.store, &self.parts.attachments, unit, file, self.now()).await
    }
}
