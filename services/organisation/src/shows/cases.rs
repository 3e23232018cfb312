//! Cases of all procedures, proposals among them: their history, for whom they wait, where each record lies, which other
//! case they cite; of sealed cases nothing but where they lie. Titles are sealed texts: asked of the owner when shown, never kept here.

use std::sync::Arc;

use access::Scope;
use async_trait::async_trait;
use casework::{
    board::{SEALED_TABLE, apply_sealed, sealed_place},
    openings::OPENING,
    sealed_case::{SealedLine, SealedPlace},
    state::LOOKED,
};
use definitions::{Definition, Definitions, FieldType};
use desk::Wanted;
use engines::procedure::{History, governing, open_steps};
use kernel::{DefinitionRef, Event, EventId, Position, StreamId, Timestamp, UnitId};
use store::{Reader, ReaderError, Row, Store, StoreError, Tx, Value};

/// The reader's name.
pub const NAME: &str = "organisation-cases";
/// No due date: sorts behind every other.
const NEVER: i64 = i64::MAX;
/// Kinds of stream of which there are many and none is a case.
const NO_CASES: [&str; 8] =
    ["unit", "seats", "account", "village", "definition", "conflicts", OPENING, LOOKED];

/// The read model.
pub struct Cases {
    definitions: Arc<Definitions>,
}

impl Cases {
    /// With the definitions that say whose turn it is.
    pub fn new(definitions: Arc<Definitions>) -> Self {
        Self { definitions }
    }

    /// The posts and bodies that are waited for, and the earliest due date.
    fn waiting(&self, procedure: &str, history: &History, now: Timestamp) -> (Vec<String>, i64) {
        let Some(definition) = governing(&self.definitions, procedure, Some(history)) else {
            return (Vec::new(), NEVER);
        };
        let open = open_steps(definition, Some(history), now);
        let due = open.iter().filter_map(|open| open.due).min();
        let mut who: Vec<String> = open.into_iter().flat_map(|open| open.who).collect();
        who.sort_unstable();
        who.dedup();
        (who, due.map_or(NEVER, Timestamp::micros))
    }

    /// The cases that an event cites: its fields of type `ref` to a kind of stream.
    fn cites(&self, procedure: &str, history: &History, event: &Event) -> Vec<StreamId> {
        let Some(definition) = governing(&self.definitions, procedure, Some(history)) else {
            return Vec::new();
        };
        let refs = definition.fields.values().filter_map(|field| match &field.kind {
            FieldType::Ref(to) => Some(StreamId::of(to, event.data.get(&field.name)?.as_str()?)),
            _ => None,
        });
        refs.collect()
    }
}

#[async_trait]
impl Reader for Cases {
    fn name(&self) -> &str {
        NAME
    }

    fn schema(&self, _suffix: &str) -> Vec<String> {
        [
            "CREATE TABLE org_case~ (stream TEXT PRIMARY KEY, unit TEXT NOT NULL, procedure_id TEXT NOT NULL, \
             history TEXT NOT NULL, ended BIGINT NOT NULL, due BIGINT NOT NULL, since BIGINT NOT NULL, version BIGINT NOT NULL)",
            "CREATE INDEX org_case_unit~ ON org_case~ (unit, ended, due)",
            "CREATE TABLE org_waiting~ (stream TEXT NOT NULL, who TEXT NOT NULL, PRIMARY KEY (stream, who))",
            "CREATE INDEX org_waiting_who~ ON org_waiting~ (who)",
            "CREATE TABLE org_record~ (stream TEXT NOT NULL, version BIGINT NOT NULL, event TEXT NOT NULL, \
             log TEXT NOT NULL, idx BIGINT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (stream, version))",
            // `cited`: the stream of the case that another one cites in a field that refers to such cases.
            "CREATE TABLE org_citing~ (cited TEXT NOT NULL, stream TEXT NOT NULL, PRIMARY KEY (cited, stream))",
        ]
        .into_iter()
        .chain(SEALED_TABLE)
        .map(str::to_owned)
        .collect()
    }

    fn wants_closed(&self) -> bool {
        self.definitions.iter().any(Definition::is_closed)
    }

    async fn apply(&self, tx: &mut Tx<'_>, event: &Event) -> Result<(), ReaderError> {
        let stream = event.stream.as_str();
        if NO_CASES.contains(&event.stream.kind()) {
            return Ok(());
        }
        if apply_sealed(tx, event).await? {
            return Ok(());
        }
        let sql = "SELECT history, procedure_id FROM org_case~ WHERE stream = $1";
        let rows = tx.fetch(sql, &[stream.into()]).await?;
        let (before, procedure) = match (rows.first(), &event.definition) {
            (Some(row), _) => (Some(serde_json::from_str(row.text(0)?)?), row.text(1)?.to_owned()),
            (None, Some(under)) => (None, procedure_of(under)),
            // what began under no definition is no case
            (None, None) => return Ok(()),
        };
        let history = History::evolve(before, event);
        let (who, due) = self.waiting(&procedure, &history, event.time);
        tx.execute(
            "INSERT INTO org_case~ (stream, unit, procedure_id, history, ended, due, since, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (stream) DO UPDATE SET history = excluded.history, \
             ended = excluded.ended, due = excluded.due, since = excluded.since, version = excluded.version",
            &[
                stream.into(),
                event.unit.as_str().into(),
                procedure.as_str().into(),
                serde_json::to_string(&history)?.into(),
                history.ended.into(),
                due.into(),
                event.time.micros().into(),
                event.version.into(),
            ],
        )
        .await?;
        tx.execute("DELETE FROM org_waiting~ WHERE stream = $1", &[stream.into()]).await?;
        for who in who {
            tx.execute(
                "INSERT INTO org_waiting~ (stream, who) VALUES ($1, $2)",
                &[stream.into(), who.into()],
            )
            .await?;
        }
        tx.execute(
            "INSERT INTO org_record~ (stream, version, event, log, idx, at) VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                stream.into(),
                event.version.into(),
                event.id.as_str().into(),
                event.log.as_str().into(),
                event.index.into(),
                event.time.micros().into(),
            ],
        )
        .await?;
        for cited in self.cites(&procedure, &history, event) {
            let sql =
                "INSERT INTO org_citing~ (cited, stream) VALUES ($1, $2) ON CONFLICT DO NOTHING";
            tx.execute(sql, &[cited.as_str().into(), stream.into()]).await?;
        }
        Ok(())
    }
}

/// The procedure that the first event was decided under: the id before the `@` of its definition.
fn procedure_of(under: &DefinitionRef) -> String {
    let reference = under.as_str();
    reference.split_once('@').map_or(reference, |(id, _)| id).to_owned()
}

/// A case as the read model has it.
#[derive(Debug, Clone)]
pub struct CaseRow {
    /// Its stream.
    pub stream: StreamId,
    /// Where it lies.
    pub unit: UnitId,
    /// Its procedure.
    pub procedure: String,
    /// What happened.
    pub history: History,
    /// The version of its stream.
    pub version: u64,
    /// Where it stands in the list, for the next page.
    pub key: String,
}

impl CaseRow {
    /// Of a sealed case, which was opened for it.
    pub fn sealed(line: SealedLine) -> Self {
        let SealedLine { at: SealedPlace { stream, procedure, unit }, version, history, due, last } =
            line;
        let due = due.map_or(NEVER, Timestamp::micros);
        let key = format!("{}.{due}.{}.{stream}", i64::from(history.ended), last.micros());
        Self { stream, unit, procedure, history, version, key }
    }

    /// Its place in a list: open first, due first, then the newest.
    pub fn order(&self) -> (i64, i64, i64, String) {
        place_in_list(&self.key).unwrap_or((i64::MAX, NEVER, 0, String::new()))
    }

    /// Whether it comes after the item with this key.
    pub fn comes_after(&self, key: Option<&str>) -> bool {
        key.and_then(place_in_list).is_none_or(|after| self.order() > after)
    }
}

fn place_in_list(key: &str) -> Option<(i64, i64, i64, String)> {
    let mut parts = key.splitn(4, '.');
    let mut number = || parts.next()?.parse::<i64>().ok();
    let (ended, due, since) = (number()?, number()?, number()?);
    Some((ended, due, since.saturating_neg(), parts.next()?.to_owned()))
}

/// Where one record of a case lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordRow {
    /// The event.
    pub event: EventId,
    /// Log and index.
    pub position: Position,
    /// When.
    pub at: Timestamp,
}

/// Which cases are asked for.
#[derive(Debug, Clone, Default)]
pub struct Query<'a> {
    /// In this unit.
    pub unit: Option<&'a UnitId>,
    /// And below it.
    pub below: bool,
    /// In these units alone.
    pub scope: Option<&'a Scope>,
    /// Of this procedure.
    pub procedure: Option<&'a str>,
    /// That wait for one of these; empty: whoever they wait for.
    pub who: &'a [String],
    /// Not ended.
    pub open_only: bool,
    /// After this key.
    pub after: Option<&'a str>,
    /// At most so many.
    pub limit: u32,
}

impl<'a> Query<'a> {
    /// As the desk asks.
    pub fn of(wanted: &'a Wanted) -> Self {
        Self {
            unit: wanted.unit.as_ref(),
            below: wanted.below,
            scope: Some(&wanted.scope),
            procedure: wanted.procedure.as_deref(),
            who: &wanted.who,
            open_only: wanted.open_only,
            after: wanted.after.as_deref(),
            limit: wanted.limit,
        }
    }
}

const COLUMNS: &str =
    "p.stream, p.unit, p.procedure_id, p.history, p.version, p.ended, p.due, p.since";

fn read(row: &Row) -> Result<CaseRow, StoreError> {
    let history = serde_json::from_str(row.text(3)?)
        .map_err(|error| StoreError::Corrupt(format!("org_case: {error}")))?;
    let stream = StreamId::new(row.text(0)?);
    Ok(CaseRow {
        key: format!("{}.{}.{}.{stream}", row.i64(5)?, row.i64(6)?, row.i64(7)?),
        stream,
        unit: UnitId::from(row.text(1)?),
        procedure: row.text(2)?.to_owned(),
        history,
        version: row.u64(4)?,
    })
}

/// Conditions and their values, in the order of their placeholders.
#[derive(Default)]
struct Conditions {
    parts: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    fn value(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    fn list<'a>(&mut self, values: impl IntoIterator<Item = &'a str>) -> String {
        let names: Vec<String> = values.into_iter().map(|value| self.value(value)).collect();
        names.join(", ")
    }

    /// The units of a scope: themselves, below, directly below.
    fn scope(&mut self, scope: &Scope) {
        if scope.everywhere {
            return;
        }
        let mut any = Vec::new();
        let own = scope.units.iter().chain(&scope.subtrees).map(UnitId::as_str);
        let own = self.list(own);
        if !own.is_empty() {
            any.push(format!("p.unit IN ({own})"));
        }
        for above in &scope.subtrees {
            let pattern = self.value(format!("%/{above}/%"));
            any.push(format!("u.path LIKE {pattern}"));
        }
        let parents = self.list(scope.children_of.iter().map(UnitId::as_str));
        if !parents.is_empty() {
            any.push(format!("u.parent IN ({parents})"));
        }
        self.parts.push(if any.is_empty() {
            "1 = 0".to_owned()
        } else {
            format!("({})", any.join(" OR "))
        });
    }

    /// Where, of which procedure, ended or not.
    fn of(query: &Query<'_>) -> Self {
        let mut on = Self::default();
        if let Some(unit) = query.unit {
            let same = on.value(unit.as_str());
            let part = if query.below {
                let below = on.value(format!("%/{unit}/%"));
                format!("(p.unit = {same} OR u.path LIKE {below})")
            } else {
                format!("p.unit = {same}")
            };
            on.parts.push(part);
        }
        if let Some(scope) = query.scope {
            on.scope(scope);
        }
        if let Some(procedure) = query.procedure {
            let part = on.value(procedure);
            on.parts.push(format!("p.procedure_id = {part}"));
        }
        if query.open_only {
            on.parts.push("p.ended = 0".to_owned());
        }
        on
    }

    fn sql(&self) -> String {
        if self.parts.is_empty() { "1 = 1".to_owned() } else { self.parts.join(" AND ") }
    }

    /// Behind the last one of the page before: open first, due first, then the newest.
    fn after(&mut self, key: &str) {
        let Some((ended, due, newest, id)) = place_in_list(key) else { return };
        let since = newest.saturating_neg();
        let (e, d, s, i) = (self.value(ended), self.value(due), self.value(since), self.value(id));
        self.parts.push(format!(
            "(p.ended > {e} OR (p.ended = {e} AND (p.due > {d} OR (p.due = {d} AND (p.since < {s} OR (p.since = {s} AND p.stream > {i}))))))"
        ));
    }
}

/// A page of cases: what is open and due first comes first, then the newest. One more than the limit tells that
/// there is another page.
///
/// # Errors
/// When the database is out of reach.
pub async fn list(store: &Store, query: &Query<'_>) -> Result<Vec<CaseRow>, StoreError> {
    let mut on = Conditions::of(query);
    if !query.who.is_empty() {
        let who = on.list(query.who.iter().map(String::as_str));
        on.parts.push(format!(
            "EXISTS (SELECT 1 FROM org_waiting w WHERE w.stream = p.stream AND w.who IN ({who}))"
        ));
    }
    if let Some(key) = query.after {
        on.after(key);
    }
    let limit = on.value(u64::from(query.limit).saturating_add(1));
    let condition = on.sql();
    let sql = format!(
        "SELECT {COLUMNS} FROM org_case p LEFT JOIN org_unit u ON u.unit = p.unit WHERE {condition} \
         ORDER BY p.ended, p.due, p.since DESC, p.stream LIMIT {limit}"
    );
    store.query(&sql, &on.values).await?.iter().map(read).collect()
}

/// Where sealed cases lie, at most so many; for whom they wait is told by none of them here.
///
/// # Errors
/// When the database is out of reach.
pub async fn sealed(
    store: &Store,
    query: &Query<'_>,
    most: u32,
) -> Result<Vec<SealedPlace>, StoreError> {
    let mut on = Conditions::of(query);
    let limit = on.value(u64::from(most));
    let condition = on.sql();
    let sql = format!(
        "SELECT p.stream, p.procedure_id, p.unit FROM board_sealed p LEFT JOIN org_unit u ON u.unit = p.unit \
         WHERE {condition} ORDER BY p.stream LIMIT {limit}"
    );
    store.query(&sql, &on.values).await?.iter().map(sealed_place).collect()
}

/// One case.
///
/// # Errors
/// When the database is out of reach.
pub async fn one(store: &Store, stream: &StreamId) -> Result<Option<CaseRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM org_case p WHERE p.stream = $1");
    store.query(&sql, &[stream.as_str().into()]).await?.first().map(read).transpose()
}

/// The cases that cite one.
///
/// # Errors
/// When the database is out of reach.
pub async fn citing(store: &Store, cited: &StreamId) -> Result<Vec<CaseRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM org_citing c JOIN org_case p ON p.stream = c.stream WHERE c.cited = $1 ORDER BY p.stream"
    );
    store.query(&sql, &[cited.as_str().into()]).await?.iter().map(read).collect()
}

/// Where the records of a case lie, in order.
///
/// # Errors
/// When the database is out of reach.
pub async fn records(store: &Store, stream: &StreamId) -> Result<Vec<RecordRow>, StoreError> {
    let sql = "SELECT event, log, idx, at FROM org_record WHERE stream = $1 ORDER BY version";
    let rows = store.query(sql, &[stream.as_str().into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(RecordRow {
                event: EventId::from(row.text(0)?),
                position: Position { log: row.text(1)?.into(), index: row.u64(2)? },
                at: Timestamp::from_micros(row.i64(3)?),
            })
        })
        .collect()
}
