//! Proposals: their history, for whom they wait, where each record lies. Titles are sealed texts: asked of the owner
//! when shown, never kept here.

use std::sync::Arc;

use access::Scope;
use async_trait::async_trait;
use definitions::Definitions;
use engines::procedure::{History, governing, open_steps};
use kernel::{Event, EventId, Position, Timestamp, UnitId};
use store::{Reader, ReaderError, Row, Store, StoreError, Tx, Value};

/// The reader's name.
pub const NAME: &str = "organisation-proposals";
/// No due date: sorts behind every other.
const NEVER: i64 = i64::MAX;

/// The read model.
pub struct Proposals {
    definitions: Arc<Definitions>,
}

impl Proposals {
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
}

#[async_trait]
impl Reader for Proposals {
    fn name(&self) -> &str {
        NAME
    }

    fn schema(&self, _suffix: &str) -> Vec<String> {
        [
            "CREATE TABLE org_proposal~ (proposal TEXT PRIMARY KEY, unit TEXT NOT NULL, procedure_id TEXT NOT NULL, \
             history TEXT NOT NULL, ended BIGINT NOT NULL, due BIGINT NOT NULL, since BIGINT NOT NULL, version BIGINT NOT NULL)",
            "CREATE INDEX org_proposal_unit~ ON org_proposal~ (unit, ended, due)",
            "CREATE TABLE org_waiting~ (proposal TEXT NOT NULL, who TEXT NOT NULL, PRIMARY KEY (proposal, who))",
            "CREATE INDEX org_waiting_who~ ON org_waiting~ (who)",
            "CREATE TABLE org_record~ (proposal TEXT NOT NULL, version BIGINT NOT NULL, event TEXT NOT NULL, \
             log TEXT NOT NULL, idx BIGINT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (proposal, version))",
        ]
        .map(str::to_owned)
        .into()
    }

    async fn apply(&self, tx: &mut Tx<'_>, event: &Event) -> Result<(), ReaderError> {
        if event.stream.kind() != "proposal" {
            return Ok(());
        }
        let id = event.stream.key();
        let rows = tx
            .fetch(
                "SELECT history, procedure_id FROM org_proposal~ WHERE proposal = $1",
                &[id.into()],
            )
            .await?;
        let (before, procedure) = match rows.first() {
            Some(row) => (Some(serde_json::from_str(row.text(0)?)?), row.text(1)?.to_owned()),
            None => (None, procedure_of(event)),
        };
        let history = History::evolve(before, event);
        let (who, due) = self.waiting(&procedure, &history, event.time);
        tx.execute(
            "INSERT INTO org_proposal~ (proposal, unit, procedure_id, history, ended, due, since, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (proposal) DO UPDATE SET history = excluded.history, \
             ended = excluded.ended, due = excluded.due, since = excluded.since, version = excluded.version",
            &[
                id.into(),
                event.unit.as_str().into(),
                procedure.into(),
                serde_json::to_string(&history)?.into(),
                history.ended.into(),
                due.into(),
                event.time.micros().into(),
                event.version.into(),
            ],
        )
        .await?;
        tx.execute("DELETE FROM org_waiting~ WHERE proposal = $1", &[id.into()]).await?;
        for who in who {
            tx.execute(
                "INSERT INTO org_waiting~ (proposal, who) VALUES ($1, $2)",
                &[id.into(), who.into()],
            )
            .await?;
        }
        tx.execute(
            "INSERT INTO org_record~ (proposal, version, event, log, idx, at) VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                id.into(),
                event.version.into(),
                event.id.as_str().into(),
                event.log.as_str().into(),
                event.index.into(),
                event.time.micros().into(),
            ],
        )
        .await?;
        Ok(())
    }
}

/// The procedure that the first event was decided under: the id before the `@` of its definition.
fn procedure_of(event: &Event) -> String {
    let reference =
        event.definition.as_ref().map(kernel::DefinitionRef::as_str).unwrap_or_default();
    reference.split_once('@').map_or(reference, |(id, _)| id).to_owned()
}

/// A proposal as the read model has it.
#[derive(Debug, Clone)]
pub struct ProposalRow {
    /// Its id.
    pub id: String,
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

/// Where one record of a proposal lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordRow {
    /// The event.
    pub event: EventId,
    /// Log and index.
    pub position: Position,
    /// When.
    pub at: Timestamp,
}

/// Which proposals are asked for.
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

const COLUMNS: &str =
    "p.proposal, p.unit, p.procedure_id, p.history, p.version, p.ended, p.due, p.since";

fn read(row: &Row) -> Result<ProposalRow, StoreError> {
    let history = serde_json::from_str(row.text(3)?)
        .map_err(|error| StoreError::Corrupt(format!("org_proposal: {error}")))?;
    let id = row.text(0)?.to_owned();
    Ok(ProposalRow {
        key: format!("{}.{}.{}.{id}", row.i64(5)?, row.i64(6)?, row.i64(7)?),
        id,
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

    /// Behind the last one of the page before: open first, due first, then the newest.
    fn after(&mut self, key: &str) {
        let mut parts = key.splitn(4, '.');
        let mut number = || parts.next().and_then(|part| part.parse::<i64>().ok());
        let (Some(ended), Some(due), Some(since)) = (number(), number(), number()) else { return };
        let id = parts.next().unwrap_or_default();
        let (e, d, s, i) = (self.value(ended), self.value(due), self.value(since), self.value(id));
        self.parts.push(format!(
            "(p.ended > {e} OR (p.ended = {e} AND (p.due > {d} OR (p.due = {d} AND (p.since < {s} OR (p.since = {s} AND p.proposal > {i}))))))"
        ));
    }
}

/// A page of proposals: what is open and due first comes first, then the newest. One more than the limit tells that
/// there is another page.
///
/// # Errors
/// When the database is out of reach.
pub async fn list(store: &Store, query: &Query<'_>) -> Result<Vec<ProposalRow>, StoreError> {
    let mut on = Conditions::default();
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
    if !query.who.is_empty() {
        let who = on.list(query.who.iter().map(String::as_str));
        on.parts.push(format!(
            "EXISTS (SELECT 1 FROM org_waiting w WHERE w.proposal = p.proposal AND w.who IN ({who}))"
        ));
    }
    if query.open_only {
        on.parts.push("p.ended = 0".to_owned());
    }
    if let Some(key) = query.after {
        on.after(key);
    }
    let limit = on.value(u64::from(query.limit).saturating_add(1));
    let condition = if on.parts.is_empty() { "1 = 1".to_owned() } else { on.parts.join(" AND ") };
    let sql = format!(
        "SELECT {COLUMNS} FROM org_proposal p LEFT JOIN org_unit u ON u.unit = p.unit WHERE {condition} \
         ORDER BY p.ended, p.due, p.since DESC, p.proposal LIMIT {limit}"
    );
    store.query(&sql, &on.values).await?.iter().map(read).collect()
}

/// One proposal.
///
/// # Errors
/// When the database is out of reach.
pub async fn one(store: &Store, id: &str) -> Result<Option<ProposalRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM org_proposal p WHERE p.proposal = $1");
    store.query(&sql, &[id.into()]).await?.first().map(read).transpose()
}

/// Where the records of a proposal lie, in order.
///
/// # Errors
/// When the database is out of reach.
pub async fn records(store: &Store, id: &str) -> Result<Vec<RecordRow>, StoreError> {
    let sql = "SELECT event, log, idx, at FROM org_record WHERE proposal = $1 ORDER BY version";
    let rows = store.query(sql, &[id.into()]).await?;
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
