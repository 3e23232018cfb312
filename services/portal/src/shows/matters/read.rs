//! What pages ask of the matters: one, those of a unit, how many, the latest. Paged and filtered in SQL.

use std::collections::BTreeMap;

use kernel::Timestamp;
use serde::Serialize;
use store::{Database, Row, StoreError, Value};

use super::{KEPT, Matter, Matters, Told};
use crate::shows::{Position, happened, unjson};

/// Which of a unit's matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Among {
    /// All of them.
    #[default]
    All,
    /// Those under way (办理中).
    Running,
    /// Those that ended (已结束).
    Ended,
}

impl Among {
    fn sql(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Running => " AND ended = 0",
            Self::Ended => " AND ended = 1",
        }
    }
}

/// How many matters of one procedure a unit has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Count {
    /// The service that keeps them.
    pub service: &'static str,
    /// The kind of their streams.
    pub kind: String,
    /// Id of the definition under which they began.
    pub procedure: String,
    /// A definition that one of them follows, `id@hash`: the procedure is named from it.
    pub definition: String,
    /// Under way.
    pub running: i64,
    /// Ended.
    pub ended: i64,
    /// When the last thing happened in any of them.
    pub last: Timestamp,
}

impl Count {
    /// Those of a choice.
    pub fn among(&self, among: Among) -> i64 {
        match among {
            Among::All => self.running + self.ended,
            Among::Running => self.running,
            Among::Ended => self.ended,
        }
    }
}

const COLUMNS: &str = "stream, kind, id, opened_under, definition, unit, began, last, ended, due, history, texts, log, idx, leaf";

fn read(of: &Matters, row: &Row) -> Result<Matter, StoreError> {
    Ok(Matter {
        service: of.service(),
        kind: row.text(1)?.to_owned(),
        id: row.text(2)?.to_owned(),
        procedure: row.text(3)?.to_owned(),
        definition: row.text(4)?.to_owned(),
        unit: row.text(5)?.to_owned(),
        began: Timestamp::from_micros(row.i64(6)?),
        last: Timestamp::from_micros(row.i64(7)?),
        ended: row.i64(8)? != 0,
        due: row.opt_i64(9)?.map(Timestamp::from_micros),
        history: unjson(row.text(10)?)?,
        texts: unjson(row.text(11)?)?,
        position: Position::read(row, 12)?,
    })
}

fn of_service(service: &str) -> Option<&'static Matters> {
    KEPT.into_iter().find(|kept| kept.service() == service)
}

async fn rows(
    db: &Database,
    of: &Matters,
    rest: &str,
    values: &[Value],
) -> Result<Vec<Matter>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM {} {rest}", of.table);
    db.query(&sql, values).await?.iter().map(|row| read(of, row)).collect()
}

/// A matter by service, procedure and id.
///
/// # Errors
/// When the database is out of reach.
pub async fn get(
    db: &Database,
    service: &str,
    procedure: &str,
    id: &str,
) -> Result<Option<Matter>, StoreError> {
    let Some(of) = of_service(service) else { return Ok(None) };
    let values = [procedure.into(), id.into()];
    let found = rows(db, of, "WHERE opened_under = $1 AND id = $2", &values).await?;
    Ok(found.into_iter().next())
}

/// The events of a matter, first to last.
///
/// # Errors
/// When the database is out of reach.
pub async fn events(db: &Database, matter: &Matter) -> Result<Vec<Told>, StoreError> {
    let Some(of) = of_service(matter.service) else { return Ok(Vec::new()) };
    let sql = format!(
        "SELECT log, idx, leaf, fact, at, actor, data, event, definition FROM {}_event WHERE about = $1 \
         ORDER BY at, log, idx",
        of.table
    );
    let stream = format!("{}/{}", matter.kind, matter.id);
    db.query(&sql, &[stream.into()]).await?.iter().map(told).collect()
}

fn told(row: &Row) -> Result<Told, StoreError> {
    Ok(Told {
        happening: happened::read(row)?,
        event: row.text(7)?.to_owned(),
        definition: row.opt_text(8)?.map(str::to_owned),
    })
}

/// The events of all matters of one procedure in a unit, by the matter's id, first to last.
///
/// # Errors
/// When the database is out of reach.
pub async fn events_of_unit(
    db: &Database,
    unit: &str,
    (service, procedure): (&str, &str),
) -> Result<BTreeMap<String, Vec<Told>>, StoreError> {
    let Some(of) = of_service(service) else { return Ok(BTreeMap::new()) };
    let table = of.table;
    let sql = format!(
        "SELECT e.log, e.idx, e.leaf, e.fact, e.at, e.actor, e.data, e.event, e.definition, m.id FROM {table}_event e \
         JOIN {table} m ON m.stream = e.about WHERE m.unit = $1 AND m.opened_under = $2 ORDER BY e.at, e.log, e.idx"
    );
    let mut found: BTreeMap<String, Vec<Told>> = BTreeMap::new();
    for row in &db.query(&sql, &[unit.into(), procedure.into()]).await? {
        found.entry(row.text(9)?.to_owned()).or_default().push(told(row)?);
    }
    Ok(found)
}

/// A unit's matters of one procedure, the one in which something happened last first.
///
/// # Errors
/// When the database is out of reach.
pub async fn of_unit(
    db: &Database,
    unit: &str,
    (service, procedure): (&str, &str),
    among: Among,
    (limit, skip): (i64, i64),
) -> Result<Vec<Matter>, StoreError> {
    let Some(of) = of_service(service) else { return Ok(Vec::new()) };
    let rest = format!(
        "WHERE unit = $1 AND opened_under = $2{} ORDER BY last DESC, stream LIMIT $3 OFFSET $4",
        among.sql()
    );
    rows(db, of, &rest, &[unit.into(), procedure.into(), limit.into(), skip.into()]).await
}

/// A unit's matters that are under way, of all procedures: those first in which something happened last.
///
/// # Errors
/// When the database is out of reach.
pub async fn running(db: &Database, unit: &str, limit: i64) -> Result<Vec<Matter>, StoreError> {
    let rest = "WHERE unit = $1 AND ended = 0 ORDER BY last DESC, stream LIMIT $2";
    latest(db, rest, &[unit.into(), limit.into()], limit).await
}

/// The matters in which something happened last, of a unit and all below it, or of all units.
///
/// # Errors
/// When the database is out of reach.
pub async fn lately(
    db: &Database,
    above: Option<&str>,
    limit: i64,
) -> Result<Vec<Matter>, StoreError> {
    match above {
        Some(above) => {
            let rest = "WHERE unit IN (SELECT a.unit FROM portal_above a WHERE a.above = $1) \
                        ORDER BY last DESC, stream LIMIT $2";
            latest(db, rest, &[above.into(), limit.into()], limit).await
        }
        None => latest(db, "ORDER BY last DESC, stream LIMIT $1", &[limit.into()], limit).await,
    }
}

/// The same of every service, merged.
async fn latest(
    db: &Database,
    rest: &str,
    values: &[Value],
    limit: i64,
) -> Result<Vec<Matter>, StoreError> {
    let mut found = Vec::new();
    for of in KEPT {
        found.extend(rows(db, of, rest, values).await?);
    }
    found.sort_by(|a, b| b.last.cmp(&a.last).then_with(|| a.id.cmp(&b.id)));
    found.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(found)
}

/// How many matters a unit has, by procedure; the procedure in which something happened last comes first.
///
/// # Errors
/// When the database is out of reach.
pub async fn counts(db: &Database, unit: &str) -> Result<Vec<Count>, StoreError> {
    let mut found = Vec::new();
    for of in KEPT {
        let sql = format!(
            "SELECT kind, opened_under, MAX(definition), COUNT(CASE WHEN ended = 0 THEN 1 END), \
             COUNT(CASE WHEN ended = 1 THEN 1 END), MAX(last) FROM {} WHERE unit = $1 GROUP BY kind, opened_under",
            of.table
        );
        for row in &db.query(&sql, &[unit.into()]).await? {
            found.push(Count {
                service: of.service(),
                kind: row.text(0)?.to_owned(),
                procedure: row.text(1)?.to_owned(),
                definition: row.text(2)?.to_owned(),
                running: row.i64(3)?,
                ended: row.i64(4)?,
                last: Timestamp::from_micros(row.i64(5)?),
            });
        }
    }
    found.sort_by(|a, b| b.last.cmp(&a.last).then_with(|| a.procedure.cmp(&b.procedure)));
    Ok(found)
}
