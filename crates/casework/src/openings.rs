//! Whoever opens a sealed value leaves a trace: each opening becomes an event before the value is handed out.
//! Knows no definition.

use std::sync::OnceLock;

use async_trait::async_trait;
use kernel::{Actor, Command, Domain, Draft, Event, LogKind, Place, Position, Seat, StreamId};
use sealed::{Opening, OpeningLog};
use serde_json::json;
use store::CommitterHandle;

/// The stream kind under which openings of sealed values are recorded.
pub const OPENING: &str = "opening";
/// Somebody opened a sealed value.
pub const TEXT_OPENED: &str = "text-opened.v1";

/// The stream of the openings of one event's values.
pub fn opening(of: &Position) -> StreamId {
    StreamId::of(OPENING, format!("{}-{}", of.log, of.index))
}

/// The event that a value was opened.
pub fn opened(of: &Position, field: &str, reason: &str) -> Draft {
    let data = json!({"log": of.log, "index": of.index, "field": field, "reason": reason});
    Draft {
        log: LogKind::Open,
        place: None,
        stream: opening(of),
        kind: TEXT_OPENED.to_owned(),
        data: data.as_object().cloned().unwrap_or_default(),
        sealed: Vec::new(),
        definition: None,
    }
}

/// A service whose own log says who opened what is sealed in it.
pub trait KeepsOpenings: Domain {
    /// The command that records an opening: asked by the vault alone, never through a page.
    fn record_opening(of: Position, field: String, reason: String) -> Self::Command;
}

/// Where the vault records openings. The committer needs the vault first: it is given afterwards.
pub struct Openings<D: Domain>(OnceLock<CommitterHandle<D>>);

impl<D: Domain> Default for Openings<D> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<D: KeepsOpenings> Openings<D> {
    /// Records with this committer; given once, at start.
    pub fn record_with(&self, committer: CommitterHandle<D>) {
        // A second call changes nothing.
        let _ = self.0.set(committer);
    }
}

#[async_trait]
impl<D: KeepsOpenings> OpeningLog for Openings<D> {
    /// One trace for each person, value and day.
    async fn record(&self, opening: Opening) -> Result<(), String> {
        let committer = self.0.get().ok_or("the committer has not started")?;
        let told = |error: store::StoreError| error.to_string();
        let of = opening.position;
        let entries = committer.store().entries(&of.log, of.index, 1).await.map_err(told)?;
        let entry = entries.first().ok_or("there is no such entry")?;
        let event = Event::decode(&entry.bytes).map_err(|error| error.to_string())?;
        let (_, state) = committer.state(&event.stream).await.map_err(told)?;
        let place = state.as_ref().and_then(D::place).ok_or("the entry is of no case")?;
        let place = Place { code: event.village, ..place };
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
            body: D::record_opening(of, opening.field, opening.opener.reason),
        };
        committer.submit(command).await.map(|_| ()).map_err(|verdict| verdict.to_string())
    }
}
