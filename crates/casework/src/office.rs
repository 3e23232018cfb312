//! The desk's office of a service of casework: who asks, what there is, and the one way to act. Knows no HTTP.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use access::{Door, Gate, Principal};
use async_trait::async_trait;
use definitions::{Catalogue, Definition, Definitions};
use desk::{
    Listed, Listing, Member, Office, PlaceShown, Record, Submission, Thing, Visitor, Wanted,
};
use engines::procedure::{History, governing};
use kernel::{
    Actor, Answer, Command, Level, Place, Receipt, StreamId, Text, Timestamp, UnitId, Verdict,
};
use sealed::Vault;
use serde_json::Map;
use store::{CommitterHandle, StoreError};

use crate::{
    board::{self, Line, Recorded},
    case::Case,
    catalogue::posts_of,
    closed::{Looks, looked},
    conflicts::Conflicts,
    directory,
    domain::{Casework, Service},
    hears::copy,
    sealed_case::{self, LookAsked, SealedHouse, SealedPlace, new_id},
    sight::Sight,
    state::{State, Unit},
    take::{Ask, Take},
};

/// How long a page waits for the board to show what its visitor has just done.
const PATIENCE: Duration = Duration::from_secs(2);

/// What an office is made of.
pub struct Parts<S: Service> {
    /// Takes the commands.
    pub committer: CommitterHandle<Casework<S>>,
    /// Opens what is sealed.
    pub vault: Arc<Vault>,
    /// Verifies who comes.
    pub door: Arc<Door>,
    /// Says what they may see.
    pub gate: Arc<Gate>,
}

/// The office.
pub struct CaseOffice<S: Service>(pub(crate) Parts<S>);

impl<S: Service> CaseOffice<S> {
    /// Of these parts.
    pub fn new(parts: Parts<S>) -> Arc<Self> {
        Arc::new(Self(parts))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.committer.now()
    }

    pub(crate) fn casework(&self) -> &Casework<S> {
        self.0.committer.domain()
    }

    async fn unit(&self, unit: &UnitId) -> Result<Option<Unit>, Verdict> {
        let store = self.0.committer.store();
        let (_, state) = store.state::<State>(&copy("unit", unit)).await.map_err(away)?;
        Ok(match state {
            Some(State::Unit(unit)) => Some(unit),
            _ => None,
        })
    }

    /// What a case is called: the procedure's term, the word of what it is about, the day it began.
    pub(crate) fn title(&self, definition: &Definition, history: &History) -> Text {
        crate::case::called(definition, history, S::word)
    }

    /// The events on the board, when it has come as far as the case.
    async fn records(&self, stream: &StreamId, version: u64) -> Result<Vec<Recorded>, Verdict> {
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            let records = board::records(self.0.committer.store(), stream).await.map_err(away)?;
            if records.len() as u64 >= version {
                return Ok(records);
            }
            if tokio::time::Instant::now() >= until {
                return Err(Verdict::Unavailable("the board is behind".to_owned()));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

pub(crate) fn away(error: StoreError) -> Verdict {
    Verdict::Unavailable(error.to_string())
}

#[async_trait]
impl<S: Service> Office for CaseOffice<S> {
    fn service(&self) -> &'static str {
        S::SERVICE
    }

    fn title(&self) -> Text {
        S::title()
    }

    fn definitions(&self) -> Arc<Definitions> {
        self.casework().definitions().clone()
    }

    fn catalogue(&self) -> Arc<Catalogue> {
        self.casework().catalogue().clone()
    }

    fn word(&self, field: &str, value: &str) -> Option<Text> {
        let said = self
            .casework()
            .definitions()
            .iter()
            .find_map(|definition| definition.fields.get(field)?.words.get(value).cloned());
        said.or_else(|| S::word(field, value))
    }

    async fn visitor(
        &self,
        cookie: Option<&str>,
        authorization: Option<&str>,
    ) -> Result<Option<Visitor>, Verdict> {
        let Some(claims) = self.0.door.claims(cookie, authorization, self.now())? else {
            return Ok(None);
        };
        let (name, grants) = match &claims.holder {
            Some(holder) => {
                directory::seats_of(self.0.committer.store(), holder).await.map_err(away)?
            }
            None => Default::default(),
        };
        let name = name.unwrap_or_else(|| claims.account.clone());
        Ok(Some(Visitor { principal: Principal::from_claims(&claims, grants), name }))
    }

    async fn place(&self, unit: &UnitId) -> Result<Option<PlaceShown>, Verdict> {
        let Some(known) = self.unit(unit).await? else { return Ok(None) };
        let mut path: Vec<UnitId> = Vec::new();
        let mut names: Vec<String> = Vec::new();
        let mut parent = known.parent.clone();
        while let Some(above) = parent.filter(|above| !path.contains(above)) {
            let Some(above_known) = self.unit(&above).await? else { break };
            path.insert(0, above);
            if above_known.level != Level::Province {
                names.insert(0, above_known.name);
            }
            parent = above_known.parent;
        }
        let place = Place { unit: unit.clone(), code: known.code, keeper: known.keeper };
        Ok(Some(PlaceShown {
            place,
            name: Text::new(known.name.clone(), known.name),
            path,
            above: Text::new(names.join(" · "), names.join(" · ")),
            village: known.level == Level::Village,
        }))
    }

    async fn thing(
        &self,
        visitor: &Visitor,
        procedure: &str,
        id: &str,
    ) -> Result<Option<Thing>, Verdict> {
        let definitions = self.casework().definitions();
        let Some(current) = definitions.get(procedure) else { return Ok(None) };
        let stream = StreamId::of(&current.stream, id);
        if current.is_closed() {
            return sealed_case::thing(self, visitor, current, &stream).await;
        }
        let (version, state) = self.0.committer.state(&stream).await.map_err(away)?;
        let Some(State::Case(case)) = state else { return Ok(None) };
        let history = case.history;
        // Several procedures may share a kind of stream: the case is of the one that it began under.
        let of =
            history.began_under.as_ref().and_then(|d| d.as_str().split_once('@')).map(|(id, _)| id);
        if of != Some(procedure) {
            return Ok(None);
        }
        let definition = governing(definitions, procedure, Some(&history)).unwrap_or(current);
        let Some(place) = self.place(&case.place.unit).await? else { return Ok(None) };
        let sight = Sight {
            service: S::SERVICE,
            gate: &self.0.gate,
            vault: &self.0.vault,
            now: self.now(),
            officers: sealed_case::officers(self, definition, &place),
        };
        let mut records = Vec::new();
        let mut opened = Map::new();
        let mut as_of = None;
        for record in self.records(&stream, version).await? {
            let (values, of_event) =
                sight.shown(visitor, &place, &record.position, record.data).await?;
            opened.extend(of_event);
            as_of = Some((record.at, record.position.clone()));
            let proof = format!("/logs/{}/proof/{}", record.position.log, record.position.index);
            records.push(Record {
                event: record.event,
                position: record.position,
                include_by: None,
                values,
                proof: Some(proof),
            });
        }
        let title = self.title(definition, &history);
        let thing = Thing::new(place, history, version, title);
        Ok(Some(Thing { opened, records, officers: sight.officers, as_of, ..thing }))
    }

    async fn things(&self, wanted: &Wanted) -> Result<Listing, Verdict> {
        let store = self.0.committer.store();
        let as_of = board::as_of(store).await.map_err(away)?;
        let mut lines = board::lines(store, wanted).await.map_err(away)?;
        for sealed in sealed_case::lines(self, wanted).await? {
            let line = Line::sealed(sealed);
            if line.comes_after(wanted.after.as_deref()) {
                lines.push(line);
            }
        }
        lines.sort_by_key(Line::order);
        let limit = wanted.limit as usize;
        let next = (lines.len() > limit)
            .then(|| {
                limit.checked_sub(1).and_then(|last| lines.get(last)).map(|line| line.key.clone())
            })
            .flatten();
        lines.truncate(limit);
        let definitions = self.casework().definitions();
        let mut items = Vec::with_capacity(lines.len());
        let mut places: BTreeMap<UnitId, Option<PlaceShown>> = BTreeMap::new();
        for line in lines {
            if !places.contains_key(&line.unit) {
                places.insert(line.unit.clone(), self.place(&line.unit).await?);
            }
            let Some(Some(place)) = places.get(&line.unit) else { continue };
            let definition = governing(definitions, &line.procedure, Some(&line.history));
            let title = definition
                .map(|definition| self.title(definition, &line.history))
                .unwrap_or_else(|| Text::new(line.procedure.clone(), line.procedure.clone()));
            let id = line.stream.key();
            let (of, now) = (&line.procedure, self.now());
            let mut item = Listed::of(definitions, of, id, place, title, &line.history, now);
            if let Some(definition) = definition.filter(|definition| definition.is_closed()) {
                sealed_case::seal(self, definition, place, &line.history, &mut item).await?;
            }
            items.push(item);
        }
        Ok(Listing { items, next, as_of })
    }

    async fn roll(&self, unit: &UnitId, body: &str) -> Result<Vec<Member>, Verdict> {
        directory::members(self.0.committer.store(), unit, body, self.now()).await.map_err(away)
    }

    async fn submit(&self, submission: Submission<'_>) -> Result<Answer, Verdict> {
        let definition = self.casework().definitions().get(&submission.act.procedure);
        let kind = definition.map(|definition| definition.stream.clone());
        let mut take = Take::new(submission.act);
        take.on = submission.thing.map(str::to_owned);
        if take.on.is_none() && definition.is_some_and(Definition::is_closed) {
            take.new = Some(new_id(submission.visitor.account(), &submission.key));
        }
        let seen = submission.thing.zip(submission.seen).zip(kind);
        let command = Command {
            principal: submission.visitor.account().to_owned(),
            key: submission.key,
            actor: Actor::Official(submission.seat.clone()),
            place: submission.place.clone(),
            seen: seen.map(|((id, seen), kind)| (StreamId::of(&kind, id), seen)),
            causation: None,
            body: Ask::Take(Box::new(take)),
        };
        self.0.committer.submit_sent(command, submission.sent).await
    }

    fn begun(
        &self,
        definition: &Definition,
        receipt: &Receipt,
        (account, key): (&str, &str),
    ) -> Option<String> {
        if definition.is_closed() {
            return Some(new_id(account, key));
        }
        self.thing_of(definition, receipt)
    }

    fn officers(&self, definition: &Definition, place: &PlaceShown) -> Vec<(UnitId, String)> {
        sealed_case::officers(self, definition, place)
    }
}

#[async_trait]
impl<S: Service> SealedHouse for CaseOffice<S> {
    type Kin = Conflicts;

    fn gate(&self) -> &Gate {
        &self.0.gate
    }

    fn now(&self) -> Timestamp {
        self.0.committer.now()
    }

    fn posts_of(&self, body: &str) -> Vec<String> {
        posts_of(body).map(str::to_owned).collect()
    }

    fn called(&self, definition: &Definition, history: &History) -> Text {
        self.title(definition, history)
    }

    async fn case(&self, stream: &StreamId) -> Result<Option<(u64, Case)>, Verdict> {
        let (version, state) = self.0.committer.state(stream).await.map_err(away)?;
        Ok(match state {
            Some(State::Case(case)) => Some((version, *case)),
            _ => None,
        })
    }

    async fn kin(&self, unit: &UnitId) -> Result<Option<Conflicts>, Verdict> {
        let stream = copy("conflicts", unit);
        let (_, state) = self.0.committer.store().state(&stream).await.map_err(away)?;
        Ok(match state {
            Some(State::Conflicts(known)) => Some(known),
            _ => None,
        })
    }

    async fn record(&self, look: LookAsked) -> Result<(), Verdict> {
        let command = Command {
            principal: "openings".to_owned(),
            key: look.key,
            actor: look.actor,
            place: look.place,
            seen: None,
            causation: None,
            body: Ask::Look { case: look.case, reason: look.reason.to_owned() },
        };
        self.0.committer.submit(command).await.map(|_| ())
    }

    async fn looks(&self, case: &StreamId) -> Result<Looks, Verdict> {
        let (_, state) = self.0.committer.state(&looked(case)).await.map_err(away)?;
        Ok(match state {
            Some(State::Looks(looks)) => looks,
            _ => Looks::default(),
        })
    }

    async fn name_of(&self, holder: &str) -> Result<Option<String>, Verdict> {
        let store = self.0.committer.store();
        directory::seats_of(store, holder).await.map(|(name, _)| name).map_err(away)
    }

    async fn lie(&self, wanted: &Wanted, most: u32) -> Result<Vec<SealedPlace>, Verdict> {
        board::sealed(self.0.committer.store(), wanted, most).await.map_err(away)
    }
}
