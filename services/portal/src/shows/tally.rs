//! What happened, to be counted (计数): every public event of a unit with its plain words and numbers, and nothing of who did
//! it. Reports and indicators count these by what their own files say. One read model for each service heard.

use async_trait::async_trait;
use definitions::figure::Figure;
use kernel::Timestamp;
use serde_json::{Map, Value};
use store::{Database, StoreError, Tx};

use super::{Entry, Position, Show, json, position, unjson};

/// The events of one service.
pub struct Tallied {
    source: &'static str,
    name: &'static str,
    table: &'static str,
    tables: &'static [&'static str],
}

macro_rules! tallied {
    ($source:literal) => {
        Tallied {
            source: $source,
            name: concat!("portal-tally-", $source),
            table: concat!("portal_tally_", $source),
            tables: &[
                concat!(
                    "CREATE TABLE portal_tally_", $source, "~ (log TEXT NOT NULL, idx BIGINT NOT NULL, leaf TEXT NOT NULL, \
                     unit TEXT NOT NULL, stream TEXT NOT NULL, fact TEXT NOT NULL, at BIGINT NOT NULL, definition TEXT NOT NULL, \
                     plain TEXT NOT NULL, PRIMARY KEY (log, idx))"
                ),
                concat!(
                    "CREATE INDEX portal_tally_", $source, "_fact~ ON portal_tally_", $source, "~ (unit, fact, at)"
                ),
                concat!(
                    "CREATE TABLE portal_tally_", $source,
                    "_asof~ (log TEXT PRIMARY KEY, idx BIGINT NOT NULL, at BIGINT NOT NULL)"
                ),
            ],
        }
    };
}

/// Of organisation.
pub const ORGANISATION: Tallied = tallied!("organisation");
/// Of funds-oversight.
pub const FUNDS: Tallied = tallied!("funds");
/// Of services.
pub const SERVICES: Tallied = tallied!("services");
/// Of disputes.
pub const DISPUTES: Tallied = tallied!("disputes");
/// All that are kept.
pub const KEPT: [&Tallied; 4] = [&ORGANISATION, &FUNDS, &SERVICES, &DISPUTES];

impl Tallied {
    /// Service and table prefix, for [`position::of`].
    pub fn of(&self) -> (&'static str, &'static str) {
        (self.source, self.table)
    }
}

#[async_trait]
impl Show for Tallied {
    fn name(&self) -> &'static str {
        self.name
    }

    fn source(&self) -> &'static str {
        self.source
    }

    fn tables(&self) -> &'static [&'static str] {
        self.tables
    }

    async fn apply(&self, tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<(), StoreError> {
        let (event, table) = (entry.event, self.table);
        let is_plain = |value: &Value| value.is_string() || value.is_i64() || value.is_u64();
        let plain: Map<String, Value> = event
            .data
            .iter()
            .filter(|(_, value)| is_plain(value))
            .map(|(field, value)| (field.clone(), value.clone()))
            .collect();
        let definition = event.definition.as_ref().map_or("", |reference| reference.as_str());
        let definition = definition.rsplit_once('@').map_or(definition, |(id, _)| id);
        let sql = format!(
            "INSERT INTO {table}~ (log, idx, leaf, unit, stream, fact, at, definition, plain) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (log, idx) DO NOTHING"
        );
        let values = [
            event.log.as_str().into(),
            event.index.into(),
            entry.leaf_hex().into(),
            event.unit.as_str().into(),
            event.stream.as_str().into(),
            event.fact().into(),
            event.time.micros().into(),
            definition.into(),
            json(&plain)?.into(),
        ];
        tx.execute(&sql, &values).await?;
        position::note(tx, self.table, entry).await
    }
}

/// An event that was counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Counted {
    /// The service, as types name it.
    pub source: &'static str,
    /// Where it lies.
    pub stream: String,
    /// What it is.
    pub fact: String,
    /// When it was recorded.
    pub at: Timestamp,
    /// Id of the definition under which it was written; empty for the core's own.
    pub definition: String,
    /// Its plain words and numbers.
    pub plain: Map<String, Value>,
    /// Where it stands.
    pub position: Position,
}

/// The events of a unit that some figures count, up to a moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally(Vec<Counted>);

/// From this moment (`None`: the beginning) to before that one.
pub type Between = (Option<Timestamp>, Timestamp);

/// The name of a service in types, by the one that files use.
fn source(named: &str) -> &str {
    if named == "funds-oversight" { "funds" } else { named }
}

/// Loads what some figures count: a statement for each service that they name.
///
/// # Errors
/// When the database is out of reach.
pub async fn load(db: &Database, unit: &str, figures: &[&Figure]) -> Result<Tally, StoreError> {
    let mut found = Vec::new();
    for kept in KEPT {
        let of = figures.iter().filter(|figure| source(&figure.service) == kept.source);
        let mut facts: Vec<String> = of
            .flat_map(|figure| {
                let after = figure.after.iter().flat_map(|after| &after.events);
                std::iter::once(figure.fact())
                    .chain(after.map(|event| definitions::fact_of(event)))
                    .collect::<Vec<_>>()
            })
            .collect();
        facts.sort_unstable();
        facts.dedup();
        if facts.is_empty() {
            continue;
        }
        let places: Vec<String> = (0..facts.len()).map(|at| format!("${}", at + 2)).collect();
        let sql = format!(
            "SELECT log, idx, leaf, stream, fact, at, definition, plain FROM {} \
             WHERE unit = $1 AND fact IN ({}) ORDER BY at, log, idx",
            kept.table,
            places.join(", ")
        );
        let mut values = vec![unit.into()];
        values.extend(facts.iter().map(|fact| fact.as_str().into()));
        for row in db.query(&sql, &values).await? {
            found.push(Counted {
                source: kept.source,
                position: Position::read(&row, 0)?,
                stream: row.text(3)?.to_owned(),
                fact: row.text(4)?.to_owned(),
                at: Timestamp::from_micros(row.i64(5)?),
                definition: row.text(6)?.to_owned(),
                plain: unjson(row.text(7)?)?,
            });
        }
    }
    Ok(Tally(found))
}

impl Counted {
    /// When it counts: what says its month belongs to that month, whenever it was recorded.
    fn belongs(&self) -> Timestamp {
        let month = self.plain.get("month").and_then(Value::as_str);
        let first = month.and_then(|month| format!("{month}-01").parse::<kernel::Date>().ok());
        first.map_or(self.at, Timestamp::start_of)
    }
}

impl Tally {
    /// The events that a figure counts. What nothing came after is counted as at the later moment, whenever it began.
    pub fn of(&self, figure: &Figure, (from, before): Between) -> Vec<&Counted> {
        let fact = figure.fact();
        let service = source(&figure.service);
        let after: Vec<String> = figure
            .after
            .iter()
            .flat_map(|after| after.events.iter().map(|event| definitions::fact_of(event)))
            .collect();
        let open = figure.after.as_ref().is_some_and(|after| !after.came);
        let came = |one: &Counted| {
            self.0.iter().any(|later| {
                let follows = (later.at, later.position.index) > (one.at, one.position.index);
                let same = later.source == one.source && later.stream == one.stream;
                follows && same && later.at < before && after.contains(&later.fact)
            })
        };
        let named = |one: &Counted| {
            figure.only.iter().all(|(field, value)| {
                one.plain.get(field).and_then(Value::as_str) == Some(value.as_str())
            })
        };
        self.0
            .iter()
            .filter(|one| one.source == service && one.fact == fact)
            .filter(|one| one.belongs() < before)
            .filter(|one| open || from.is_none_or(|from| one.belongs() >= from))
            .filter(|one| named(one))
            .filter(|one| after.is_empty() || came(one) != open)
            .collect()
    }

    /// What a figure comes to: a count, or fen.
    pub fn figure(&self, figure: &Figure, between: Between) -> i64 {
        let events = self.of(figure, between);
        match &figure.sum {
            Some(field) => events
                .iter()
                .filter_map(|one| one.plain.get(field).and_then(Value::as_i64))
                .fold(0, i64::saturating_add),
            None => i64::try_from(events.len()).unwrap_or(i64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use definitions::figure::After;
    use kernel::{LogId, Text};

    use super::*;

    fn event(index: u64, stream: &str, fact: &str, kind: &str, amount: i64) -> Counted {
        let plain = serde_json::json!({ "kind": kind, "amount": amount });
        Counted {
            source: "funds",
            stream: stream.into(),
            fact: fact.into(),
            at: Timestamp::from_micros(i64::try_from(index).unwrap() * 10),
            definition: String::new(),
            plain: plain.as_object().cloned().unwrap(),
            position: Position { log: LogId::from("l"), index, leaf: String::new() },
        }
    }

    #[test]
    fn what_says_its_month_belongs_to_that_month() {
        let mut closed = event(9, "book/u", "asked.v1", "x", 0);
        closed.at = Timestamp::start_of("2026-03-06".parse().unwrap());
        closed.plain.insert("month".into(), "2026-02".into());
        let tally = Tally(vec![closed]);
        let month = |text: &str| Timestamp::start_of(text.parse().unwrap());
        let count =
            |from, to| tally.figure(&figure(&[], false, None), (Some(month(from)), month(to)));
        assert_eq!(count("2026-02-01", "2026-03-01"), 1);
        assert_eq!(count("2026-03-01", "2026-04-01"), 0);
    }

    fn figure(only: &[(&str, &str)], sum: bool, after: Option<bool>) -> Figure {
        Figure {
            id: "f".into(),
            name: Text::default(),
            service: "funds-oversight".into(),
            event: "Asked".into(),
            only: only.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect(),
            sum: sum.then(|| "amount".into()),
            after: after.map(|came| After { events: vec!["Answered".into()], came }),
            line: 1,
        }
    }

    #[test]
    fn a_figure_counts_its_own_time_and_what_came_after_until_its_end() {
        let tally = Tally(vec![
            event(1, "q/a", "asked.v1", "x", 100),
            event(2, "q/b", "asked.v1", "y", 50),
            event(3, "q/a", "answered.v1", "x", 0),
            event(4, "q/c", "asked.v1", "x", 7),
            event(5, "q/b", "answered.v1", "y", 0),
        ]);
        let at = Timestamp::from_micros;
        let all = (None, at(1000));
        let late = (Some(at(15)), at(45));
        for (figure, between, number) in [
            (figure(&[], false, None), all, 3),
            (figure(&[], false, None), late, 2),
            (figure(&[], true, None), all, 157),
            (figure(&[("kind", "x")], true, None), all, 107),
            (figure(&[("kind", "z")], false, None), all, 0),
            (figure(&[], false, Some(true)), all, 2),
            // answered at 50, after the end
            (figure(&[], false, Some(true)), late, 0),
            (figure(&[], false, Some(false)), all, 1),
            // open as at the end, whenever it began
            (figure(&[], true, Some(false)), late, 57),
        ] {
            assert_eq!(tally.figure(&figure, between), number, "{figure:?} {between:?}");
        }
    }
}
