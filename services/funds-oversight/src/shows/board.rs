//! The board of cases: payments, months, questions and what a definition has of its own, by unit, with what is due and whom each waits for. What the lists
//! of the desk read. Applies the service's own events; needs nothing sealed.

use std::sync::Arc;

use async_trait::async_trait;
use casework::case;
use definitions::Definitions;
use desk::{Listed, PlaceShown, Wanted};
use engines::procedure::{History, governing};
use kernel::{Event, LogId, Place, Position, StreamId, Text, Timestamp, UnitId};
use serde_json::{Map, Value as Json};
use store::{Reader, ReaderError, Row, Store, StoreError, Tx, Value};

use super::directory::{Values, below, within};
use crate::staff::choices;

/// The reader of the own logs.
pub struct Board(Arc<Definitions>);

impl Board {
    /// Under these definitions.
    pub fn new(definitions: Arc<Definitions>) -> Self {
        Self(definitions)
    }
}

const TABLES: [&str; 5] = [
    // `sort_due`: µs of what is due first, the largest number where nothing is; `newest`: minus the µs of the last event.
    "CREATE TABLE funds_case~ (stream TEXT NOT NULL PRIMARY KEY, procedure_id TEXT NOT NULL, unit TEXT NOT NULL, \
     sort_due BIGINT NOT NULL, newest BIGINT NOT NULL, ended BIGINT NOT NULL, history TEXT NOT NULL, facts TEXT NOT NULL)",
    "CREATE INDEX funds_case_unit~ ON funds_case~ (unit, procedure_id, sort_due, newest)",
    "CREATE TABLE funds_wait~ (stream TEXT NOT NULL, who TEXT NOT NULL, PRIMARY KEY (stream, who))",
    "CREATE INDEX funds_wait_who~ ON funds_wait~ (who, stream)",
    "CREATE TABLE funds_board_log~ (log TEXT NOT NULL PRIMARY KEY, idx BIGINT NOT NULL, at BIGINT NOT NULL)",
];

const CASE: &str = "INSERT INTO funds_case~ (stream, procedure_id, unit, sort_due, newest, ended, history, facts) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (stream) DO UPDATE SET unit = excluded.unit, \
     sort_due = excluded.sort_due, newest = excluded.newest, ended = excluded.ended, history = excluded.history, \
     facts = excluded.facts";

/// Kinds of streams on which no procedure runs.
const NO_CASES: [&str; 3] = ["account", "book", "reserve"];

/// The procedure that runs on a kind of stream whose things are there before their first step.
pub fn procedure_of(kind: &str) -> Option<&'static str> {
    match kind {
        "payment" => Some("payment"),
        "item" => Some("month-close"),
        "query" => Some("supervision-query"),
        "warning" => Some("warning"),
        _ => None,
    }
}

#[async_trait]
impl Reader for Board {
    fn name(&self) -> &str {
        "funds-board"
    }

    fn schema(&self, _: &str) -> Vec<String> {
        TABLES.iter().map(|sql| (*sql).to_owned()).collect()
    }

    async fn apply(&self, tx: &mut Tx<'_>, event: &Event) -> Result<(), ReaderError> {
        let head = "INSERT INTO funds_board_log~ (log, idx, at) VALUES ($1, $2, $3) ON CONFLICT (log) DO UPDATE SET \
             idx = excluded.idx, at = excluded.at";
        let values = [event.log.as_str().into(), event.index.into(), event.time.micros().into()];
        tx.execute(head, &values).await?;
        let core = procedure_of(event.stream.kind());
        if NO_CASES.contains(&event.stream.kind()) {
            return Ok(());
        }
        let stream = event.stream.as_str();
        let sql = "SELECT history, facts, procedure_id FROM funds_case~ WHERE stream = $1";
        let found = tx.fetch(sql, &[stream.into()]).await?;
        let (before, mut facts) = match found.first() {
            Some(row) => {
                let history: Option<History> = serde_json::from_str(row.text(0)?)?;
                (history, serde_json::from_str::<Map<String, Json>>(row.text(1)?)?)
            }
            None => (None, Map::new()),
        };
        let begun = match found.first() {
            Some(row) => Some(row.text(2)?.to_owned()),
            None => core.map(str::to_owned).or_else(|| began_under(event)),
        };
        // What began under no definition is no case.
        let Some(procedure) = begun else { return Ok(()) };
        for name in [
            "amount",
            "account",
            "payee",
            "month",
            "item",
            "voucher",
            "catalogue",
            "severity",
            "result",
            "to_unit",
        ] {
            if event.commitment(name).is_none()
                && let Some(value) = event.data.get(name)
                // A month's own voucher is no title of a payment.
                && (name != "voucher" || procedure == "supervision-query")
            {
                facts.insert(name.to_owned(), value.clone());
            }
        }
        // What no definition brought about is no part of the procedure's course.
        let history = match event.definition {
            Some(_) => Some(History::evolve(before, event)),
            None => before,
        };
        let line = Line {
            stream: event.stream.clone(),
            procedure: procedure.clone(),
            unit: event.unit.clone(),
            history,
            facts,
            key: String::new(),
        };
        let nowhere = PlaceShown {
            place: Place {
                unit: event.unit.clone(),
                code: event.village,
                keeper: event.unit.clone(),
            },
            name: Text::default(),
            path: Vec::new(),
            above: Text::default(),
            village: true,
        };
        let listed = line.listed(&self.0, &nowhere, event.time);
        let values = [
            stream.into(),
            procedure.as_str().into(),
            event.unit.as_str().into(),
            listed.due().map_or(i64::MAX, Timestamp::micros).into(),
            (-event.time.micros()).into(),
            listed.ended.into(),
            serde_json::to_string(&line.history)?.into(),
            serde_json::to_string(&line.facts)?.into(),
        ];
        tx.execute(CASE, &values).await?;
        tx.execute("DELETE FROM funds_wait~ WHERE stream = $1", &[stream.into()]).await?;
        let mut who: Vec<&String> = listed.waiting().flat_map(|open| &open.who).collect();
        who.sort();
        who.dedup();
        for who in who {
            let sql = "INSERT INTO funds_wait~ (stream, who) VALUES ($1, $2)";
            tx.execute(sql, &[stream.into(), who.as_str().into()]).await?;
        }
        Ok(())
    }
}

/// The id of the definition that an event was written under.
fn began_under(event: &Event) -> Option<String> {
    Some(event.definition.as_ref()?.as_str().rsplit_once('@')?.0.to_owned())
}

/// A case on the board.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its stream.
    pub stream: StreamId,
    /// Its procedure.
    pub procedure: String,
    /// Where it lies.
    pub unit: UnitId,
    /// Its course; none before the first step (a month whose sheet is due).
    pub history: Option<History>,
    /// Plain fields that name it.
    pub facts: Map<String, Json>,
    /// The key after which a next page begins.
    pub key: String,
}

impl Line {
    /// As the desk lists it.
    pub fn listed(&self, definitions: &Definitions, place: &PlaceShown, now: Timestamp) -> Listed {
        let history = self.history.clone().unwrap_or_default();
        let title = called(definitions, &self.procedure, &self.facts, &history);
        Listed::of(definitions, &self.procedure, self.stream.key(), place, title, &history, now)
    }
}

/// What a case is called: by its definition, or from plain fields where those say more.
pub fn called(
    definitions: &Definitions,
    procedure: &str,
    facts: &Map<String, Json>,
    history: &History,
) -> Text {
    let told = ["payment", "month-close", "supervision-query", "warning"].contains(&procedure);
    match governing(definitions, procedure, Some(history)).filter(|_| !told) {
        Some(definition) => numbered(case::called(definition, history, choices::word), history),
        None => title(procedure, facts),
    }
}

/// With the number that people know it by: of a card, of a contract.
fn numbered(called: Text, history: &History) -> Text {
    let number = ["contract_no", "card", "reference"]
        .iter()
        .find_map(|name| history.values.get(*name)?.as_str());
    match number {
        Some(number) => {
            Text::new(format!("{} {number}", called.zh), format!("{} {number}", called.en))
        }
        None => called,
    }
}

fn title(procedure: &str, facts: &Map<String, Json>) -> Text {
    let text = |name: &str| facts.get(name).and_then(Json::as_str).unwrap_or_default();
    match procedure {
        "payment" => {
            let amount = facts.get("amount").and_then(Json::as_i64).unwrap_or_default();
            let amount = pages::yuan(amount);
            let named = crate::facts::accounts::AccountCode::parse(text("account"))
                .and_then(crate::facts::accounts::account)
                .map(|account| account.name.clone())
                .unwrap_or_default();
            Text::new(
                format!("付款{amount}元：{}", named.zh),
                format!("Payment of {amount} yuan: {}", named.en),
            )
        }
        "month-close" => {
            let month = text("month");
            Text::new(format!("{month}财务公开"), format!("Money of {month}"))
        }
        "warning" => choices::word("severity", text("severity")).unwrap_or_default(),
        _ => {
            let about = if text("voucher").is_empty() { text("item") } else { text("voucher") };
            Text::new(format!("质询：{about}"), format!("Question about {about}"))
        }
    }
}

/// One more than `wanted.limit` cases, if there are so many: what is due first, then the newest.
///
/// # Errors
/// When the database is out of reach.
pub async fn lines(store: &Store, wanted: &Wanted) -> Result<Vec<Line>, StoreError> {
    let mut values = Values::default();
    let scope = within(&wanted.scope, "c.unit", &mut values);
    let mut sql = format!(
        "SELECT c.stream, c.procedure_id, c.unit, c.history, c.facts, c.sort_due, c.newest FROM funds_case~ c WHERE {scope}"
    );
    if let Some(unit) = &wanted.unit {
        let at = values.put(unit.as_str());
        if wanted.below {
            sql.push_str(&format!(" AND c.unit IN ({})", below(&at)));
        } else {
            sql.push_str(&format!(" AND c.unit = {at}"));
        }
    }
    if let Some(procedure) = &wanted.procedure {
        sql.push_str(&format!(" AND c.procedure_id = {}", values.put(procedure.as_str())));
    }
    if wanted.open_only {
        sql.push_str(" AND c.ended = 0");
    }
    if !wanted.who.is_empty() {
        let who: Vec<String> = wanted.who.iter().map(|who| values.put(who.as_str())).collect();
        sql.push_str(&format!(
            " AND EXISTS (SELECT 1 FROM funds_wait~ w WHERE w.stream = c.stream AND w.who IN ({}))",
            who.join(", ")
        ));
    }
    if let Some((due, newest, stream)) = wanted.after.as_deref().and_then(parse_key) {
        let (due, newest, stream) = (values.put(due), values.put(newest), values.put(stream));
        sql.push_str(&format!(
            " AND (c.sort_due, c.newest, c.stream) > ({due}, {newest}, {stream})"
        ));
    }
    let limit = values.put(i64::from(wanted.limit) + 1);
    sql.push_str(&format!(" ORDER BY c.sort_due, c.newest, c.stream LIMIT {limit}"));
    let rows = store.query(&sql, &values.0).await?;
    rows.iter()
        .map(|row| {
            let stream = row.text(0)?;
            let stale = |error: serde_json::Error| {
                StoreError::Corrupt(format!("{stream}: {error}; rebuild the board"))
            };
            Ok(Line {
                stream: stream.into(),
                procedure: row.text(1)?.to_owned(),
                unit: row.text(2)?.into(),
                history: serde_json::from_str(row.text(3)?).map_err(stale)?,
                facts: serde_json::from_str(row.text(4)?).map_err(stale)?,
                key: format!("{}.{}.{stream}", row.i64(5)?, row.i64(6)?),
            })
        })
        .collect()
}

fn parse_key(key: &str) -> Option<(i64, i64, &str)> {
    let (due, rest) = key.split_once('.')?;
    let (newest, stream) = rest.split_once('.')?;
    Some((due.parse().ok()?, newest.parse().ok()?, stream))
}

/// The cases of a kind in a unit, the newest first; at most 500.
///
/// # Errors
/// When the database is out of reach.
pub async fn of_kind(
    store: &Store,
    definitions: &Definitions,
    unit: &UnitId,
    procedure: &str,
) -> Result<Vec<(String, Text)>, StoreError> {
    let sql = "SELECT stream, facts, history FROM funds_case~ WHERE unit = $1 AND procedure_id = $2 AND ended = 0 \
         ORDER BY newest LIMIT 500";
    let values: [Value; 2] = [unit.as_str().into(), procedure.into()];
    titled(definitions, procedure, &store.query(sql, &values).await?)
}

/// Rows of stream, facts and history, as ids with what they are called.
fn titled(
    definitions: &Definitions,
    procedure: &str,
    rows: &[Row],
) -> Result<Vec<(String, Text)>, StoreError> {
    let stale = |error: serde_json::Error| StoreError::Corrupt(error.to_string());
    rows.iter()
        .map(|row| {
            let facts = serde_json::from_str(row.text(1)?).map_err(stale)?;
            let history: Option<History> = serde_json::from_str(row.text(2)?).map_err(stale)?;
            let title = called(definitions, procedure, &facts, &history.unwrap_or_default());
            Ok((StreamId::from(row.text(0)?).key().to_owned(), title))
        })
        .collect()
}

/// What was offered to a unit and is not over, the newest first; at most 100.
///
/// # Errors
/// When the database is out of reach.
pub async fn offered_to(
    store: &Store,
    definitions: &Definitions,
    unit: &UnitId,
) -> Result<Vec<(String, Text)>, StoreError> {
    let sql = "SELECT stream, facts, history FROM funds_case~ WHERE procedure_id = 'allocation' AND ended = 0 \
         AND facts LIKE $1 ORDER BY newest LIMIT 100";
    let named = serde_json::json!({ "to_unit": unit }).to_string();
    let named = format!("%{}%", named.trim_matches(['{', '}']));
    titled(definitions, "allocation", &store.query(sql, &[named.into()]).await?)
}

/// The last entry applied: as of when the board speaks.
///
/// # Errors
/// When the database is out of reach.
pub async fn as_of(store: &Store) -> Result<Option<(Timestamp, Position)>, StoreError> {
    let sql = "SELECT at, log, idx FROM funds_board_log~ ORDER BY at DESC LIMIT 1";
    let rows = store.query(sql, &[]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let position = Position { log: LogId::from(row.text(1)?), index: row.u64(2)? };
    Ok(Some((Timestamp::from_micros(row.i64(0)?), position)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_pages_are_read_back() {
        assert_eq!(parse_key("9.-5.payment/a.b"), Some((9, -5, "payment/a.b")));
        assert_eq!(parse_key("x"), None);
    }
}
