//! Whoever opens a sealed value leaves a trace: each opening becomes an event before the value is handed out.
//! Knows no definition.

use std::sync::OnceLock;

use async_trait::async_trait;
use kernel::{Actor, Command, Event, Place, Seat};
use sealed::{Opening, OpeningLog};
use store::CommitterHandle;

use crate::{
    domain::{Casework, Service},
    state::State,
    take::Ask,
};

/// Where the vault records openings. The committer needs the vault first: it is given afterwards.
pub struct Openings<S: Service>(OnceLock<CommitterHandle<Casework<S>>>);

impl<S: Service> Default for Openings<S> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<S: Service> Openings<S> {
    /// Records with this committer; given once, at start.
    pub fn record_with(&self, committer: CommitterHandle<Casework<S>>) {
        // A second call changes nothing.
        let _ = self.0.set(committer);
    }
}

#[async_trait]
impl<S: Service> OpeningLog for Openings<S> {
    /// One trace for each person, value and day.
    async fn record(&self, opening: Opening) -> Result<(), String> {
        let committer = self.0.get().ok_or("the committer has not started")?;
        let told = |error: store::StoreError| error.to_string();
        let of = opening.position;
        let entries = committer.store().entries(&of.log, of.index, 1).await.map_err(told)?;
        let entry = entries.first().ok_or("there is no such entry")?;
        let event = Event::decode(&entry.bytes).map_err(|error| error.to_string())?;
        let (_, state) = committer.state(&event.stream).await.map_err(told)?;
        let case = state.as_ref().and_then(State::case).ok_or("the entry is of no case")?;
        let place = Place { code: event.village, ..case.place.clone() };
        let actor = match Actor::parse_official(&opening.opener.actor) {
            Some((post, holder)) => Actor::Official(Seat {
                unit: place.unit.clone(),
                body: String::new(),
                post: post.to_owned(),
                holder: holder.to_owned(),
            }),
            None => return Err("only office holders open values here".to_owned()),
        };
        let day = committer.now().date();
        let command = Command {
            principal: "openings".to_owned(),
            key: format!("{}/{}/{}/{actor}/{day}", of.log, of.index, opening.field),
            actor,
            place,
            seen: None,
            causation: None,
            body: Ask::RecordOpening { of, field: opening.field, reason: opening.opener.reason },
        };
        committer.submit(command).await.map(|_| ()).map_err(|verdict| verdict.to_string())
    }
}
