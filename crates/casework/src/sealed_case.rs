//! The office's sealed cases: shown to their case officers alone, each look on record before anything is shown; for
//! everybody else they are not there.

use std::collections::BTreeSet;

use access::{Action, Resource};
use definitions::Definition;
use desk::{Looked, Office, PlaceShown, Record, Thing, Visitor, Wanted};
use engines::procedure::{governing, open_steps};
use kernel::{Actor, Class, Command, Place, Seat, StreamId, Timestamp, UnitId, Verdict};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{
    board::{self, Line},
    case::Case,
    catalogue::posts_of,
    closed::{CONCERNS, Looks, looked},
    conflicts::{self, Conflicts},
    directory,
    domain::Service,
    hears::copy,
    office::{CaseOffice, away},
    sight::posts,
    state::State,
    take::Ask,
};

/// The most sealed cases of a list that are opened to sort them by what is due.
const MOST: u32 = 1000;

/// The id of a case that somebody begins in a closed log: the same for the same key, since its receipt names none.
pub(crate) fn new_id(account: &str, key: &str) -> String {
    let hash = Sha256::new().chain_update("case\0").chain_update(account).chain_update("\0");
    kernel::Entropy::from_seed(hash.chain_update(key).finalize().into()).opaque()
}

impl<S: Service> CaseOffice<S> {
    /// A sealed case, for a case officer; for all others it is not there. Who holds no post that the procedure names is
    /// answered before anything is looked up.
    pub(crate) async fn sealed_thing(
        &self,
        visitor: &Visitor,
        current: &Definition,
        stream: &StreamId,
    ) -> Result<Option<Thing>, Verdict> {
        let seats = visitor.seats(self.now());
        let Some((version, case)) = self.sealed_case(&seats, current, stream).await? else {
            return Ok(None);
        };
        let Some(closed) = &case.closed else { return Ok(None) };
        let definitions = self.casework().definitions();
        let definition =
            governing(definitions, &current.id, Some(&case.history)).unwrap_or(current);
        let Some(place) = self.place(&case.place.unit).await? else { return Ok(None) };
        let officers = Self::case_officers(definition, &place);
        let unit = place.place.unit.clone();
        let resource = Resource::new(unit, place.path.clone(), S::SERVICE, Class::Sealed)
            .handled_by(officers.clone());
        if self.0.gate.may(&visitor.principal, &Action::Read, &resource, self.now()).is_err() {
            return Ok(None);
        }
        let barred = self.barred(definition, &case.history.values).await?;
        if seats.iter().any(|seat| barred.contains(&seat.holder)) {
            return Ok(None);
        }
        self.look(&seats, &officers, &place, stream).await?;
        let looks = self.looks(stream).await?;
        let happened = case.history.happened.iter();
        let last = happened.clone().last().map(|last| last.at);
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
        let title = self.title(definition, &case.history);
        let thing = Thing::new(place, case.history, version, title);
        Ok(Some(Thing { records, officers, looks, as_of, class: Class::Sealed, ..thing }))
    }

    /// The case, when somebody with these seats could be its officer at all.
    async fn sealed_case(
        &self,
        seats: &[Seat],
        definition: &Definition,
        stream: &StreamId,
    ) -> Result<Option<(u64, Case)>, Verdict> {
        let posts = posts(definition, |body| posts_of(body).map(str::to_owned).collect());
        if !seats.iter().any(|seat| posts.contains(&seat.post)) {
            return Ok(None);
        }
        let (version, state) = self.0.committer.state(stream).await.map_err(away)?;
        let Some(State::Case(case)) = state else { return Ok(None) };
        let began = case.history.began_under.as_ref();
        let of = began.and_then(|began| began.as_str().split_once('@')).map(|(id, _)| id);
        Ok((of == Some(definition.id.as_str())).then_some((version, *case)))
    }

    /// The office holders whom the matter is about, and their kin, as far as is known: nobody sees what is said of them.
    pub(crate) async fn barred(
        &self,
        definition: &Definition,
        values: &Map<String, Value>,
    ) -> Result<Vec<String>, Verdict> {
        let parties = conflicts::concerned(definition, values);
        let concerns = values.get(CONCERNS).and_then(Value::as_str).map(UnitId::from);
        let Some(concerns) = concerns.filter(|_| !parties.is_empty()) else {
            return Ok(Vec::new());
        };
        let mut known: Vec<Conflicts> = Vec::new();
        let mut units = match self.place(&concerns).await? {
            Some(place) => place.path,
            None => Vec::new(),
        };
        units.push(concerns);
        for unit in units {
            let stream = copy("conflicts", &unit);
            let (_, state) = self.0.committer.store().state(&stream).await.map_err(away)?;
            if let Some(State::Conflicts(found)) = state {
                known.push(found);
            }
        }
        let known: Vec<&Conflicts> = known.iter().collect();
        let themselves = parties.iter().filter_map(|party| party.as_str().map(str::to_owned));
        let holders = known.iter().flat_map(|of| of.holders.keys().cloned());
        let all: BTreeSet<String> = themselves.chain(holders).collect();
        let is_about = |holder: &String| {
            parties.iter().any(|party| conflicts::conflicted(&known, holder, party) == Some(true))
        };
        Ok(all.into_iter().filter(is_about).collect())
    }

    /// Puts the look on record; once for each person, case and day.
    async fn look(
        &self,
        seats: &[Seat],
        officers: &[(UnitId, String)],
        place: &PlaceShown,
        stream: &StreamId,
    ) -> Result<(), Verdict> {
        let is_officer = |seat: &&Seat| {
            officers.iter().any(|(unit, post)| *unit == seat.unit && *post == seat.post)
        };
        let Some(seat) = seats.iter().find(is_officer) else {
            return Err(Verdict::Unavailable("the look cannot be put on record".to_owned()));
        };
        let actor = Actor::Official(seat.clone());
        let command = Command {
            principal: "openings".to_owned(),
            key: format!("look/{stream}/{actor}/{}", self.now().date()),
            actor,
            place: Place::clone(&place.place),
            seen: None,
            causation: None,
            body: Ask::Look { case: stream.clone(), reason: "desk".to_owned() },
        };
        self.0.committer.submit(command).await.map(|_| ())
    }

    /// Who has looked at a case.
    ///
    /// # Errors
    /// When the database or the key store is out of reach.
    pub async fn looks(&self, case: &StreamId) -> Result<Vec<Looked>, Verdict> {
        let (_, state) = self.0.committer.state(&looked(case)).await.map_err(away)?;
        let Some(State::Looks(Looks { looks })) = state else { return Ok(Vec::new()) };
        let mut shown = Vec::with_capacity(looks.len());
        for look in looks {
            let store = self.0.committer.store();
            let (name, _) = directory::seats_of(store, &look.holder).await.map_err(away)?;
            let name = name.unwrap_or_else(|| look.holder.clone());
            shown.push(Looked { at: look.at, post: look.post, name });
        }
        Ok(shown)
    }

    /// Adds the sealed cases of a list, in its order. Their table tells only where they lie: each is opened to see what is
    /// due and for whom it waits.
    pub(crate) async fn add_sealed(
        &self,
        lines: &mut Vec<Line>,
        wanted: &Wanted,
    ) -> Result<(), Verdict> {
        let definitions = self.casework().definitions();
        if !definitions.iter().any(Definition::is_closed) {
            return Ok(());
        }
        let store = self.0.committer.store();
        let places = board::sealed(store, wanted, MOST).await.map_err(away)?;
        let now = self.now();
        for (stream, procedure, unit) in places {
            let (_, state) = self.0.committer.state(&stream).await.map_err(away)?;
            let Some(State::Case(case)) = state else { continue };
            let Some(definition) = governing(definitions, &procedure, Some(&case.history)) else {
                continue;
            };
            let open = open_steps(definition, Some(&case.history), now);
            let waits = wanted.who.is_empty()
                || open.iter().any(|open| open.who.iter().any(|who| wanted.who.contains(who)));
            if !waits {
                continue;
            }
            let due = open.iter().filter_map(|open| open.due).min();
            let last = case.history.happened.last().map_or(Timestamp::default(), |last| last.at);
            let line = Line::new(stream, procedure, unit, case.history, due, last);
            if line.comes_after(wanted.after.as_deref()) {
                lines.push(line);
            }
        }
        lines.sort_by_key(Line::order);
        Ok(())
    }
}
