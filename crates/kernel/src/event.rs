//! Events: the draft that a decision makes and the envelope that the log keeps (CloudEvents 1.0, structured JSON).
//!
//! The bytes of [`Event::encode`] are the log entry, the NATS message and the export alike. Stored bytes never change:
//! they are hashed as stored and never written again from a parsed form.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    decide::Place,
    division::DivisionCode,
    ids::{DefinitionRef, EventId, LogId, StreamId, UnitId},
    time::Timestamp,
};

/// The largest event, in bytes: lists are an event a line, the rest is attachments.
pub const MAX_EVENT_BYTES: usize = 48 * 1024;

/// Who may see a field. One list everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Everybody.
    Public,
    /// Members of that village's collective, logged in.
    Members,
    /// Supervisors and the levels above, on duty.
    Staff,
    /// The case officers alone.
    Sealed,
}

/// Whether a log's entries can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogKind {
    /// Entries are the events' bytes.
    Open,
    /// Entries are commitments to whole events.
    Closed,
}

/// How long a sealed value is kept, why, and on what basis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// What the value is needed for.
    pub purpose: String,
    /// The article that demands keeping it; erasure inside the period is refused with it.
    pub basis: String,
    /// Years to keep from the event on; 0: no duty to keep, erasable at once.
    pub years: u16,
}

/// A value that goes beside the log. The event holds a commitment in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedValue {
    /// The name of the field in the event's data.
    pub field: String,
    /// The value: JSON, hashed and sealed as these bytes.
    pub value: Value,
    /// Who may see it while it exists. Free text that anyone may read is sealed too, with class `public`.
    pub class: Class,
    /// Whose data it is: the key it is sealed under, and the id by which it is erased. Valid in this service only.
    pub subject: String,
    /// Purpose, basis and period.
    pub retention: Retention,
}

/// An event as a decision makes it, before the log gives it its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Open or closed log of the place.
    pub log: LogKind,
    /// Where it happened, when that is not the command's place.
    pub place: Option<Place>,
    /// The stream it belongs to.
    pub stream: StreamId,
    /// The type without the producer's prefix: `tool-lent.v1`.
    pub kind: String,
    /// The plain fields: enum, money, count, date, reference, post, name of an office holder.
    pub data: Map<String, Value>,
    /// The fields that are committed to.
    pub sealed: Vec<SealedValue>,
    /// The definition it was decided under.
    pub definition: Option<DefinitionRef>,
}

impl Draft {
    /// An open event with plain fields only.
    ///
    /// # Errors
    /// When the fact is not a JSON object.
    pub fn open<T: Serialize>(
        stream: StreamId,
        kind: impl Into<String>,
        fact: &T,
    ) -> Result<Self, serde_json::Error> {
        let data = match serde_json::to_value(fact)? {
            Value::Object(map) => map,
            Value::Null => Map::new(),
            _ => return Err(serde::ser::Error::custom("a fact has named fields")),
        };
        Ok(Self {
            log: LogKind::Open,
            place: None,
            stream,
            kind: kind.into(),
            data,
            sealed: Vec::new(),
            definition: None,
        })
    }

    /// The same event in the closed log.
    #[must_use]
    pub fn closed(mut self) -> Self {
        self.log = LogKind::Closed;
        self
    }

    /// With a field that lies beside the log.
    #[must_use]
    pub fn sealing(mut self, value: SealedValue) -> Self {
        self.sealed.push(value);
        self
    }

    /// At another place than the command's.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Decided under this definition.
    #[must_use]
    pub fn under(mut self, definition: DefinitionRef) -> Self {
        self.definition = Some(definition);
        self
    }
}

/// A position in a log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The log.
    pub log: LogId,
    /// Dense from 0.
    pub index: u64,
}

/// The last index applied of each log that a copy of foreign facts was fed from. One copy is fed by one log, or by two
/// while its unit moves.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AsOf(BTreeMap<LogId, u64>);

impl AsOf {
    /// Whether the event at this position was applied before.
    pub fn has(&self, position: &Position) -> bool {
        self.0.get(&position.log).is_some_and(|index| *index >= position.index)
    }

    /// With this position as the last one applied.
    pub fn put(&mut self, position: Position) {
        self.0.insert(position.log, position.index);
    }

    /// The positions, as a decision records them.
    pub fn positions(&self) -> impl Iterator<Item = Position> + '_ {
        self.0.iter().map(|(log, index)| Position { log: log.clone(), index: *index })
    }
}

/// An event with its envelope, as the log keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// UUIDv7; also the `Nats-Msg-Id`.
    pub id: EventId,
    /// The service, as a path: `/funds`.
    pub source: String,
    /// `cn.cunwu.funds.tool-lent.v1`.
    pub kind: String,
    /// When it was recorded. Never before the log's last entry.
    pub time: Timestamp,
    /// The log it lies in.
    pub log: LogId,
    /// Its index there, dense from 0.
    pub index: u64,
    /// The unit it concerns, by its stable id.
    pub unit: UnitId,
    /// That unit's 12-digit code at that time.
    pub village: DivisionCode,
    /// Dense per unit and log, from 1: a missing entry is visible to one village alone.
    pub villageseq: u64,
    /// The stream, `kind/key`.
    pub stream: StreamId,
    /// Version of the stream after this event, from 1.
    pub version: u64,
    /// `post/holder`, `resident/id` or `system/cause`.
    pub actor: String,
    /// `id@hash` of the definition it was decided under.
    pub definition: Option<DefinitionRef>,
    /// The event that caused it, when it answers one.
    pub causation: Option<EventId>,
    /// The facts. A committed field is `{"sha256": …, "class": …}`.
    pub data: Map<String, Value>,
}

/// The envelope's attributes in the order of the bytes.
#[derive(Serialize, Deserialize)]
struct Wire<'a> {
    specversion: &'a str,
    id: EventId,
    source: String,
    #[serde(rename = "type")]
    kind: String,
    subject: String,
    time: String,
    datacontenttype: &'a str,
    dataschema: String,
    log: LogId,
    index: u64,
    unit: UnitId,
    village: DivisionCode,
    villageseq: u64,
    stream: StreamId,
    version: u64,
    actor: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    definition: Option<DefinitionRef>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    causationid: Option<EventId>,
    data: Map<String, Value>,
}

/// Why bytes are not an event.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// Not the JSON of an envelope.
    #[error("not an event: {0}")]
    Json(#[from] serde_json::Error),
    /// The time is not RFC 3339.
    #[error("not an event: time: {0}")]
    Time(#[from] jiff::Error),
    /// Above [`MAX_EVENT_BYTES`].
    #[error(
        "an event has at most {MAX_EVENT_BYTES} bytes, this one has {0}: put lists in an event a line, and the rest in attachments"
    )]
    TooLarge(usize),
}

impl Event {
    /// The entry's bytes: compact JSON, attributes in one fixed order.
    ///
    /// # Errors
    /// [`EventError::TooLarge`] above 48 KiB.
    pub fn encode(&self) -> Result<Vec<u8>, EventError> {
        let bytes = serde_json::to_vec(&Wire {
            specversion: "1.0",
            id: self.id.clone(),
            source: self.source.clone(),
            kind: self.kind.clone(),
            subject: self.stream.key().to_owned(),
            time: self.time.to_string(),
            datacontenttype: "application/json",
            dataschema: format!("urn:cunwu:{}", self.kind),
            log: self.log.clone(),
            index: self.index,
            unit: self.unit.clone(),
            village: self.village,
            villageseq: self.villageseq,
            stream: self.stream.clone(),
            version: self.version,
            actor: self.actor.clone(),
            definition: self.definition.clone(),
            causationid: self.causation.clone(),
            data: self.data.clone(),
        })?;
        if bytes.len() > MAX_EVENT_BYTES {
            return Err(EventError::TooLarge(bytes.len()));
        }
        Ok(bytes)
    }

    /// Reads an entry.
    ///
    /// # Errors
    /// When the bytes are not an envelope.
    pub fn decode(bytes: &[u8]) -> Result<Self, EventError> {
        let wire: Wire<'_> = serde_json::from_slice(bytes)?;
        Ok(Self {
            id: wire.id,
            source: wire.source,
            kind: wire.kind,
            time: wire.time.parse()?,
            log: wire.log,
            index: wire.index,
            unit: wire.unit,
            village: wire.village,
            villageseq: wire.villageseq,
            stream: wire.stream,
            version: wire.version,
            actor: wire.actor,
            definition: wire.definition,
            causation: wire.causationid,
            data: wire.data,
        })
    }

    /// The type without the producer's prefix: `tool-lent.v1`.
    pub fn fact(&self) -> &str {
        self.kind
            .strip_prefix("cn.cunwu.")
            .and_then(|rest| rest.split_once('.'))
            .map_or(self.kind.as_str(), |(_, fact)| fact)
    }

    /// The facts as a typed value; committed fields are left to the type's own `Option`s.
    ///
    /// # Errors
    /// When the data does not have the type's shape.
    pub fn read<T: for<'de> Deserialize<'de>>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(Value::Object(self.data.clone()))
    }

    /// The commitment that stands in a field, when the field is committed.
    pub fn commitment(&self, field: &str) -> Option<(&str, Class)> {
        let object = self.data.get(field)?.as_object()?;
        let hash = object.get("sha256")?.as_str()?;
        let class = serde_json::from_value(object.get("class")?.clone()).ok()?;
        Some((hash, class))
    }
}

/// What stands in an event in place of a sealed value: base64 of SHA-256(salt ‖ value) and the value's class.
pub fn commitment_field(hash_base64: &str, class: Class) -> Value {
    let mut object = Map::new();
    object.insert("sha256".to_owned(), Value::String(hash_base64.to_owned()));
    object.insert("class".to_owned(), serde_json::to_value(class).unwrap_or(Value::Null));
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        let mut data = Map::new();
        data.insert("amount".into(), 8_000_000.into());
        data.insert("purpose".into(), commitment_field("q83v", Class::Public));
        Event {
            id: "019335a0-0000-7000-8000-000000000000".into(),
            source: "/funds".into(),
            kind: "cn.cunwu.funds.tool-lent.v1".into(),
            time: Timestamp::from_micros(1_772_668_800_000_001),
            log: "abcdefghijkmnpqr".into(),
            index: 7,
            unit: "u1".into(),
            village: DivisionCode::parse("330102001203").unwrap(),
            villageseq: 3,
            stream: StreamId::of("loan", "l1"),
            version: 1,
            actor: "bookkeeper/h1".into(),
            definition: None,
            causation: None,
            data,
        }
    }

    #[test]
    fn bytes_round_trip_and_stay_the_same() {
        let bytes = event().encode().unwrap();
        assert_eq!(Event::decode(&bytes).unwrap(), event());
        assert_eq!(Event::decode(&bytes).unwrap().encode().unwrap(), bytes);
        assert!(bytes.starts_with(br#"{"specversion":"1.0","id":"#));
        assert_eq!(event().fact(), "tool-lent.v1");
        assert_eq!(event().commitment("purpose"), Some(("q83v", Class::Public)));
        assert_eq!(event().commitment("amount"), None);
    }

    #[test]
    fn refuses_what_is_too_large() {
        let mut large = event();
        large.data.insert("note".into(), "x".repeat(MAX_EVENT_BYTES).into());
        assert!(matches!(large.encode(), Err(EventError::TooLarge(_))));
    }
}
