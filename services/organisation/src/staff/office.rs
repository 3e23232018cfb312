//! Organisation's desk (村级决策): what the staff pages and the API of its procedures ask, of proposals and of every other
//! procedure that its definitions bring. Knows no page.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use casework::{Sight, sealed_case, sight::officers};
use definitions::{Catalogue, Definition, Definitions, FieldType};
use desk::{
    Asked, Choice, Kept, Listed, Listing, Member, Office, PlaceShown, Record, Submission, Thing,
    Upload, Visitor, Wanted,
};
use host::{Asker, Owner as _};
use kernel::{
    Actor, Answer, Entropy, Event, Position, Receipt, Refusal, StreamId, Text, UnitId, Verdict,
};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{
    Service, Submit, files, out_of_reach,
    titles::{headline, titled},
};
use crate::{
    Ask, SERVICE, State, bodies,
    facts::{consultation, roll, seat, village},
    shows::{
        cases::{self, CaseRow, Query},
        seats, units,
    },
};

/// The office of this service.
pub struct DecisionOffice {
    pub(super) service: Arc<Service>,
}

impl DecisionOffice {
    /// Of a started service.
    pub fn new(service: Arc<Service>) -> Self {
        Self { service }
    }

    pub(super) fn store(&self) -> &store::Store {
        &self.service.host.store
    }

    async fn shown(&self, unit: &UnitId) -> Result<Option<PlaceShown>, Verdict> {
        let unit = units::one(self.store(), unit).await.map_err(out_of_reach)?;
        Ok(unit.as_ref().map(place_shown))
    }

    /// The public texts of these events, by position and field, asked of the owner in one go.
    pub(super) async fn public_texts(
        &self,
        wanted: Vec<host::Wanted>,
    ) -> Result<Vec<(host::Wanted, Option<Value>)>, Verdict> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let owner = &self.service.host.owner;
        let opened = owner
            .open(&Asker::Anyone, &wanted)
            .await
            .map_err(|error| Verdict::Unavailable(error.to_string()))?;
        Ok(wanted
            .into_iter()
            .zip(opened.into_iter().map(|one| one.and_then(|one| one.json())))
            .collect())
    }

    async fn event_at(&self, position: &Position) -> Result<Option<Event>, Verdict> {
        let entries =
            self.store().entries(&position.log, position.index, 1).await.map_err(out_of_reach)?;
        let Some(entry) = entries.first() else { return Ok(None) };
        Event::decode(&entry.bytes)
            .map(Some)
            .map_err(|error| Verdict::Unavailable(error.to_string()))
    }

    /// What holders of seats are called here and in the unit above.
    async fn names(&self, place: &PlaceShown) -> Result<BTreeMap<String, Text>, Verdict> {
        let mut names = BTreeMap::new();
        for unit in place.path.last().into_iter().chain([&place.place.unit]) {
            for seat in seats::of_unit(self.store(), unit, true).await.map_err(out_of_reach)? {
                names.insert(seat.holder, Text::new(seat.name.clone(), seat.name));
            }
        }
        Ok(names)
    }

    async fn state(&self, stream: &StreamId) -> Result<(u64, Option<State>), Verdict> {
        self.service.host.committer.state(stream).await.map_err(out_of_reach)
    }
}

/// A unit as the desk shows it. Names of places are not translated.
pub(crate) fn place_shown(unit: &units::UnitRow) -> PlaceShown {
    let above: Vec<&str> = unit.above.iter().map(String::as_str).collect();
    // the province is the same for everybody
    let above = above.get(1..).unwrap_or_default().join(" · ");
    PlaceShown {
        place: unit.place.clone(),
        name: Text::new(unit.name.clone(), unit.name.clone()),
        path: unit.path.clone(),
        above: Text::new(above.clone(), above),
        village: unit.is_village(),
    }
}

/// The posts whose holders record a body's sittings.
pub(super) fn recorded_by(body: &str) -> Vec<String> {
    let bodies = bodies::find(body).map(bodies::Body::recorded_by).unwrap_or_default();
    let posts = bodies.iter().filter_map(|key| bodies::find(key)).flat_map(|body| body.posts);
    posts.map(|post| post.key.to_owned()).collect()
}

/// An id that the same key of the same account always gives: a repeated form tables nothing twice.
pub(crate) fn id_of(account: &str, key: &str) -> String {
    let seed = Sha256::new().chain_update(account).chain_update("\0").chain_update(key).finalize();
    Entropy::from_seed(seed.into()).opaque()
}

#[async_trait]
impl Office for DecisionOffice {
    fn service(&self) -> &'static str {
        SERVICE
    }

    fn title(&self) -> Text {
        Text::new("村级组织与决策", "Village bodies and decisions")
    }

    fn definitions(&self) -> Arc<Definitions> {
        self.service.definitions.clone()
    }

    fn catalogue(&self) -> Arc<Catalogue> {
        self.service.catalogue.clone()
    }

    fn word(&self, field: &str, value: &str) -> Option<Text> {
        let (zh, en) = match (field, value) {
            ("proposer", "party-organisation") => ("村党组织", "The party organisation"),
            ("proposer", "village-committee") => ("村民委员会", "The village committee"),
            ("proposer", "supervision-committee") => {
                ("村务监督委员会", "The supervision committee")
            }
            ("proposer", "collective") => ("村集体经济组织", "The collective"),
            ("proposer", "villagers") => ("十分之一以上村民联名", "A tenth of the villagers"),
            ("proposer", "representatives") => {
                ("三分之一以上村民代表联名", "A third of the representatives")
            }
            _ => return None,
        };
        Some(Text::new(zh, en))
    }

    async fn visitor(
        &self,
        cookie: Option<&str>,
        authorization: Option<&str>,
    ) -> Result<Option<Visitor>, Verdict> {
        self.service.visitor(cookie, authorization).await
    }

    async fn place(&self, unit: &UnitId) -> Result<Option<PlaceShown>, Verdict> {
        self.shown(unit).await
    }

    async fn thing(
        &self,
        visitor: &Visitor,
        procedure: &str,
        id: &str,
    ) -> Result<Option<Thing>, Verdict> {
        let Some(current) = self.service.definitions.get(procedure) else { return Ok(None) };
        let stream = StreamId::of(&current.stream, id);
        if current.is_closed() {
            let Some(thing) = sealed_case::thing(self, visitor, current, &stream).await? else {
                return Ok(None);
            };
            let names = self.names(&thing.place).await?;
            let links = self.cited_by(current, &thing.history);
            return Ok(Some(Thing { names, links, ..thing }));
        }
        let (version, state) = self.state(&stream).await?;
        let (unit, history) = match state {
            Some(State::Proposal { history, facts }) => (facts.place.unit, history),
            Some(State::Case(case)) => (case.place.unit, case.history),
            _ => return Ok(None),
        };
        let under = history.began_under.as_ref().or(history.definition.as_ref());
        if under.and_then(|reference| reference.as_str().split_once('@')).map(|(id, _)| id)
            != Some(procedure)
        {
            return Ok(None);
        }
        let definition = self.governs(procedure, &history).unwrap_or(current);
        let Some(place) = self.shown(&unit).await? else { return Ok(None) };
        let rows = cases::records(self.store(), &stream).await.map_err(out_of_reach)?;
        let sight = Sight {
            service: SERVICE,
            gate: &self.service.gate,
            vault: &self.service.vault,
            now: self.service.now(),
            officers: officers(definition, &place, recorded_by),
        };
        let mut opened = Map::new();
        let mut records = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(event) = self.event_at(&row.position).await? else { continue };
            let (values, of_event) =
                sight.shown(visitor, &place, &row.position, event.data).await?;
            opened.extend(of_event);
            let Position { log, index } = &row.position;
            records.push(Record {
                event: event.id,
                position: row.position.clone(),
                include_by: None,
                values,
                proof: Some(format!("/logs/{log}/proof-with-texts/{index}")),
            });
        }
        let text = headline(definition).and_then(|field| opened.get(field)?.as_str());
        let title = titled(text, Some(definition), &history);
        let as_of = rows.last().map(|row| (row.at, row.position.clone()));
        let mut names = self.names(&place).await?;
        let (links, cited) = self.beside(&stream, definition, &history).await?;
        names.extend(cited);
        Ok(Some(Thing {
            opened,
            records,
            officers: sight.officers,
            names,
            links,
            as_of,
            ..Thing::new(place, history, version, title)
        }))
    }

    async fn things(&self, wanted: &Wanted) -> Result<Listing, Verdict> {
        let query = Query::of(wanted);
        let mut rows = cases::list(self.store(), &query).await.map_err(out_of_reach)?;
        let sealed = sealed_case::lines(self, wanted).await?.into_iter().map(CaseRow::sealed);
        rows.extend(sealed.filter(|row| row.comes_after(wanted.after.as_deref())));
        rows.sort_by_cached_key(CaseRow::order);
        let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
        let next = (rows.len() > limit)
            .then(|| {
                limit.checked_sub(1).and_then(|last| rows.get(last)).map(|row| row.key.clone())
            })
            .flatten();
        rows.truncate(limit);
        let titles = self.titles(&rows).await?;
        let mut places: BTreeMap<UnitId, PlaceShown> = BTreeMap::new();
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            if !places.contains_key(&row.unit) {
                let Some(place) = self.shown(&row.unit).await? else { continue };
                places.insert(row.unit.clone(), place);
            }
            let Some(place) = places.get(&row.unit) else { continue };
            let title = titles.get(&row.stream).cloned().unwrap_or_default();
            let mut item = Listed::of(
                &self.service.definitions,
                &row.procedure,
                row.stream.key(),
                place,
                title,
                &row.history,
                self.service.now(),
            );
            let definition = self.governs(&row.procedure, &row.history);
            if let Some(definition) = definition.filter(|definition| definition.is_closed()) {
                sealed_case::seal(self, definition, place, &row.history, &mut item).await?;
            }
            // what merely may be done waits for nobody
            if item.waits_for(&wanted.who) {
                items.push(item);
            }
        }
        Ok(Listing { items, next, as_of: None })
    }

    async fn choices(&self, asked: &Asked<'_>) -> Result<Option<Vec<Choice>>, Verdict> {
        match asked.definition.fields.get(asked.field).map(|field| &field.kind) {
            Some(FieldType::Holder) => {}
            Some(FieldType::Ref(to)) if to == consultation::KIND => {
                return self.referred(asked.unit).await.map(Some);
            }
            Some(kind) => {
                return match self.cites_sealed(kind) {
                    Some(kind) => self.that_lead_on(asked, kind).await.map(Some),
                    None => Ok(None),
                };
            }
            None => return Ok(None),
        }
        let now = self.service.now();
        let held = seats::of_unit(self.store(), asked.unit, false).await.map_err(out_of_reach)?;
        let mut choices: Vec<Choice> = Vec::new();
        for seat in held.iter().filter(|seat| seat.held().is_effective(now)) {
            let post = bodies::find_post(&seat.post).map(|(_, post)| post.name());
            match choices.iter_mut().find(|choice| choice.value == seat.holder) {
                Some(_) => {}
                None => choices.push(Choice {
                    hint: post,
                    ..Choice::new(
                        seat.holder.clone(),
                        Text::new(seat.name.clone(), seat.name.clone()),
                    )
                }),
            }
        }
        Ok(Some(choices))
    }

    async fn roll(&self, unit: &UnitId, body: &str) -> Result<Vec<Member>, Verdict> {
        let (_, seats) = self.state(&seat::stream(unit)).await?;
        let (_, village) = self.state(&village::stream(unit)).await?;
        let seats = match seats {
            Some(State::Seats(seats)) => Some(seats),
            _ => None,
        };
        let village = match village {
            Some(State::Village(village)) => Some(village),
            _ => None,
        };
        let today = self.service.now().date();
        let Some(attending) = roll::of(body, seats.as_ref(), village.as_ref(), today) else {
            return Ok(Vec::new());
        };
        let held = |holder: &str| {
            let all = seats.iter().flat_map(|seats| seats.held.values());
            all.filter(|held| held.is_in_force(today))
                .find(|held| held.filled.holder == holder)
                .cloned()
        };
        Ok(attending.members.into_iter().map(|holder| member(holder, &held)).collect())
    }

    async fn submit(&self, submission: Submission<'_>) -> Result<Answer, Verdict> {
        let account = submission.visitor.account();
        let subject = match submission.thing {
            Some(id) => id.to_owned(),
            None => id_of(account, &submission.key),
        };
        let kind =
            self.service.definitions.get(&submission.act.procedure).map(|d| d.stream.clone());
        let seen = submission.thing.zip(submission.seen).zip(kind);
        let wanted = Submit {
            principal: account,
            key: submission.key,
            actor: Actor::Official(submission.seat.clone()),
            place: submission.place.clone(),
            seen: seen.map(|((id, version), kind)| (StreamId::of(&kind, id), version)),
            body: Ask::Act { subject, act: Box::new(submission.act) },
            sent: Some(submission.sent),
            shown_by: &[cases::NAME],
        };
        self.service.submit(wanted).await
    }

    fn begun(
        &self,
        definition: &Definition,
        receipt: &Receipt,
        (account, key): (&str, &str),
    ) -> Option<String> {
        if definition.is_closed() {
            return Some(id_of(account, key));
        }
        self.thing_of(definition, receipt)
    }

    fn officers(&self, definition: &Definition, place: &PlaceShown) -> Vec<(UnitId, String)> {
        if definition.is_closed() {
            sealed_case::officers(self, definition, place)
        } else {
            Vec::new()
        }
    }

    async fn attach(
        &self,
        _visitor: &Visitor,
        unit: &UnitId,
        file: Upload,
    ) -> Result<Kept, Verdict> {
        let Some(attachments) = &self.service.attachments else {
            return Err(Refusal::new(
                "malformed",
                Text::new("此处不收附件。", "No attachments are taken here."),
                Text::new("请不带附件办理。", "Go on without an attachment."),
            )
            .into());
        };
        let clean = files::clean(&file.bytes)?;
        let subject = format!("unit-{unit}");
        let kept = attachments
            .put(&subject, clean.media, &clean.bytes)
            .await
            .map_err(|error| Verdict::Unavailable(error.to_string()))?;
        files::note(self.store(), unit, &file.name, &kept).await.map_err(out_of_reach)?;
        Ok(Kept {
            sha256: kept.sha256,
            name: file.name,
            media_type: clean.media.to_owned(),
            bytes: kept.size,
        })
    }
}

fn member(holder: String, held: &impl Fn(&str) -> Option<seat::Held>) -> Member {
    if let Some(held) = held(&holder) {
        return Member { holder, name: held.filled.name, post: held.filled.post };
    }
    // a place on a posted list: the number is all that is known
    let number = holder.rsplit_once('#').map_or(holder.as_str(), |(_, number)| number);
    Member {
        name: format!("名册第{}号", number.trim_start_matches('0')),
        holder,
        post: String::new(),
    }
}
