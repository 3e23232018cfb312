//! The office's sealed cases: shown to their case officers alone, each look on record before anything is shown; for
//! everybody else they are not there. The same for every house that keeps such cases.

use std::collections::BTreeSet;

use access::{Action, Gate, Resource};
use async_trait::async_trait;
use definitions::Definition;
use desk::{Listed, Looked, Office, PlaceShown, Record, Thing, Visitor, Wanted};
use engines::procedure::{History, governing, open_steps};
use kernel::{Actor, Class, Place, Seat, StreamId, Text, Timestamp, UnitId, Verdict};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{
    case::Case,
    closed::{CONCERNS, Looks},
    conflicts::{self, Kinship},
    sight,
};

/// The most sealed cases of a list that are opened to sort them by what is due.
const MOST: u32 = 1000;

/// The id of a case that somebody begins in a closed log: the same for the same key, since its receipt names none.
pub fn new_id(account: &str, key: &str) -> String {
    let hash = Sha256::new().chain_update("case\0").chain_update(account).chain_update("\0");
    kernel::Entropy::from_seed(hash.chain_update(key).finalize().into()).opaque()
}

/// A look that is put on record.
#[derive(Debug, Clone)]
pub struct LookAsked {
    /// The case.
    pub case: StreamId,
    /// In which seat somebody looks.
    pub actor: Actor,
    /// Where the case lies.
    pub place: Place,
    /// The idempotency key: one look for each office holder, case and day.
    pub key: String,
    /// For what.
    pub reason: &'static str,
}

/// Where a sealed case lies: all that a table tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedPlace {
    /// Its stream.
    pub stream: StreamId,
    /// Its procedure.
    pub procedure: String,
    /// The unit in whose name it is kept.
    pub unit: UnitId,
}

/// A sealed case of a list, opened to tell what is due.
#[derive(Debug, Clone)]
pub struct SealedLine {
    /// Where it lies.
    pub at: SealedPlace,
    /// The version of its stream.
    pub version: u64,
    /// Its course.
    pub history: History,
    /// What is due first.
    pub due: Option<Timestamp>,
    /// When something happened last.
    pub last: Timestamp,
}

/// An office that keeps sealed cases: what it has of them.
#[async_trait]
pub trait SealedHouse: Office {
    /// What it knows of who is in conflict with whom.
    type Kin: Kinship + Send + Sync;

    /// Says what may be seen.
    fn gate(&self) -> &Gate;

    /// The instant.
    fn now(&self) -> Timestamp;

    /// The posts that act for a body.
    fn posts_of(&self, body: &str) -> Vec<String>;

    /// What a case is called.
    fn called(&self, definition: &Definition, history: &History) -> Text;

    /// The case of a stream, with its version.
    async fn case(&self, stream: &StreamId) -> Result<Option<(u64, Case)>, Verdict>;

    /// What is known of a unit's office holders.
    async fn kin(&self, unit: &UnitId) -> Result<Option<Self::Kin>, Verdict>;

    /// Those whom a case concerns, by its values.
    async fn parties(
        &self,
        definition: &Definition,
        values: &Map<String, Value>,
    ) -> Result<Vec<Value>, Verdict> {
        Ok(conflicts::concerned(definition, values))
    }

    /// Puts a look on record.
    async fn record(&self, look: LookAsked) -> Result<(), Verdict>;

    /// The looks at a case so far.
    async fn looks(&self, case: &StreamId) -> Result<Looks, Verdict>;

    /// What an office holder is called.
    async fn name_of(&self, holder: &str) -> Result<Option<String>, Verdict>;

    /// Where the wanted cases lie, at most so many.
    async fn lie(&self, wanted: &Wanted, most: u32) -> Result<Vec<SealedPlace>, Verdict>;
}

/// The case officers of what is sealed at a place.
pub fn officers<H: SealedHouse + ?Sized>(
    house: &H,
    definition: &Definition,
    place: &PlaceShown,
) -> Vec<(UnitId, String)> {
    sight::officers(definition, place, |body| house.posts_of(body))
}

/// A sealed case, for a case officer; for all others it is not there. Who holds no post that the procedure names is
/// answered before anything is looked up.
///
/// # Errors
/// Unavailable, when it cannot be looked up, or the look not be put on record.
pub async fn thing<H: SealedHouse + ?Sized>(
    house: &H,
    visitor: &Visitor,
    current: &Definition,
    stream: &StreamId,
) -> Result<Option<Thing>, Verdict> {
    let seats = visitor.seats(house.now());
    let Some((version, case)) = sealed_case(house, &seats, current, stream).await? else {
        return Ok(None);
    };
    let Some(closed) = &case.closed else { return Ok(None) };
    let definitions = house.definitions();
    let definition = governing(&definitions, &current.id, Some(&case.history)).unwrap_or(current);
    let Some(place) = house.place(&case.place.unit).await? else { return Ok(None) };
    let officers = officers(house, definition, &place);
    let unit = place.place.unit.clone();
    let resource = Resource::new(unit, place.path.clone(), house.service(), Class::Sealed)
        .handled_by(officers.clone());
    if house.gate().may(&visitor.principal, &Action::Read, &resource, house.now()).is_err() {
        return Ok(None);
    }
    let barred = barred(house, definition, &case.history.values).await?;
    if seats.iter().any(|seat| barred.contains(&seat.holder)) {
        return Ok(None);
    }
    look(house, &seats, &officers, &place, stream).await?;
    let looks = looks(house, stream).await?;
    let last = case.history.happened.last().map(|last| last.at);
    let records: Vec<Record> = closed
        .lies
        .iter()
        .map(|(event, position)| Record {
            event: event.clone(),
            position: position.clone(),
            include_by: None,
            values: Map::new(),
            proof: None,
        })
        .collect();
    let as_of = last.zip(closed.lies.last().map(|(_, position)| position.clone()));
    let title = house.called(definition, &case.history);
    let thing = Thing::new(place, case.history, version, title);
    Ok(Some(Thing { records, officers, looks, as_of, class: Class::Sealed, ..thing }))
}

/// The case, when somebody with these seats could be its officer at all.
async fn sealed_case<H: SealedHouse + ?Sized>(
    house: &H,
    seats: &[Seat],
    definition: &Definition,
    stream: &StreamId,
) -> Result<Option<(u64, Case)>, Verdict> {
    let posts = sight::posts(definition, |body| house.posts_of(body));
    if !seats.iter().any(|seat| posts.contains(&seat.post)) {
        return Ok(None);
    }
    let Some((version, case)) = house.case(stream).await? else { return Ok(None) };
    let began = case.history.began_under.as_ref();
    let of = began.and_then(|began| began.as_str().split_once('@')).map(|(id, _)| id);
    Ok((of == Some(definition.id.as_str())).then_some((version, case)))
}

/// The office holders whom the matter is about, and their kin, as far as is known: nobody sees what is said of them.
///
/// # Errors
/// Unavailable, when it cannot be looked up.
pub async fn barred<H: SealedHouse + ?Sized>(
    house: &H,
    definition: &Definition,
    values: &Map<String, Value>,
) -> Result<Vec<String>, Verdict> {
    let parties = house.parties(definition, values).await?;
    let concerns = values.get(CONCERNS).and_then(Value::as_str).map(UnitId::from);
    let Some(concerns) = concerns.filter(|_| !parties.is_empty()) else {
        return Ok(Vec::new());
    };
    let mut known = Vec::new();
    let mut units = match house.place(&concerns).await? {
        Some(place) => place.path,
        None => Vec::new(),
    };
    units.push(concerns);
    for unit in units {
        known.extend(house.kin(&unit).await?);
    }
    let known: Vec<&H::Kin> = known.iter().collect();
    let themselves = parties.iter().filter_map(Value::as_str);
    let holders = known.iter().flat_map(|of| of.holders());
    let all: BTreeSet<&str> = themselves.chain(holders).collect();
    let is_about = |holder: &&str| {
        parties.iter().any(|party| conflicts::conflicted(&known, holder, party) == Some(true))
    };
    Ok(all.into_iter().filter(is_about).map(str::to_owned).collect())
}

/// Puts the look on record; once for each person, case and day.
async fn look<H: SealedHouse + ?Sized>(
    house: &H,
    seats: &[Seat],
    officers: &[(UnitId, String)],
    place: &PlaceShown,
    stream: &StreamId,
) -> Result<(), Verdict> {
    let is_officer =
        |seat: &&Seat| officers.iter().any(|(unit, post)| *unit == seat.unit && *post == seat.post);
    let Some(seat) = seats.iter().find(is_officer) else {
        return Err(Verdict::Unavailable("the look cannot be put on record".to_owned()));
    };
    let actor = Actor::Official(seat.clone());
    let key = format!("look/{stream}/{actor}/{}", house.now().date());
    let place = Place::clone(&place.place);
    house.record(LookAsked { case: stream.clone(), actor, place, key, reason: "desk" }).await
}

/// Who has looked at a case.
///
/// # Errors
/// When the database or the key store is out of reach.
pub async fn looks<H: SealedHouse + ?Sized>(
    house: &H,
    case: &StreamId,
) -> Result<Vec<Looked>, Verdict> {
    let Looks { looks } = house.looks(case).await?;
    let mut shown = Vec::with_capacity(looks.len());
    for look in looks {
        let name = house.name_of(&look.holder).await?.unwrap_or_else(|| look.holder.clone());
        shown.push(Looked { at: look.at, post: look.post, name });
    }
    Ok(shown)
}

/// The sealed cases of a list, in no order. Their table tells only where they lie: each is opened to see what is due and
/// for whom it waits.
///
/// # Errors
/// When the database or the key store is out of reach.
pub async fn lines<H: SealedHouse + ?Sized>(
    house: &H,
    wanted: &Wanted,
) -> Result<Vec<SealedLine>, Verdict> {
    let definitions = house.definitions();
    if !definitions.iter().any(Definition::is_closed) {
        return Ok(Vec::new());
    }
    let now = house.now();
    let mut lines = Vec::new();
    for at in house.lie(wanted, MOST).await? {
        let Some((version, case)) = house.case(&at.stream).await? else { continue };
        let history = case.history;
        let Some(definition) = governing(&definitions, &at.procedure, Some(&history)) else {
            continue;
        };
        let open = open_steps(definition, Some(&history), now);
        let waits = wanted.who.is_empty()
            || open.iter().any(|open| open.who.iter().any(|who| wanted.who.contains(who)));
        if !waits {
            continue;
        }
        let due = open.iter().filter_map(|open| open.due).min();
        let last = history.happened.last().map_or(Timestamp::default(), |last| last.at);
        lines.push(SealedLine { at, version, history, due, last });
    }
    Ok(lines)
}

/// What a list tells of a sealed case, to whom alone.
///
/// # Errors
/// Unavailable, when it cannot be looked up.
pub async fn seal<H: SealedHouse + ?Sized>(
    house: &H,
    definition: &Definition,
    place: &PlaceShown,
    history: &History,
    item: &mut Listed,
) -> Result<(), Verdict> {
    item.class = Class::Sealed;
    item.barred = barred(house, definition, &history.values).await?;
    item.officers = officers(house, definition, place);
    Ok(())
}
