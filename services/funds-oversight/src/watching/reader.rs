//! Who looks (预警核对): the reader of the own logs that keeps the rows, and judges each watch when a row comes. What it finds is
//! kept in the same transaction, to be told once by [`super::teller`]; the reader itself sends nothing. Rebuilt, it finds the
//! same again.

use std::sync::Arc;

use async_trait::async_trait;
use definitions::{Watch, watch::Mode};
use engines::watch::{Found, Row, Rows, is_judged_by_day, is_judged_on_row, judge};
use kernel::{Actor, Date, Event, Timestamp, UnitId};
use serde_json::{Map, Value};
use store::{CipherPart, Reader, ReaderError, Sealer, Store, StoreError, Tx};

use super::{
    measures,
    rows::{self, Beside, Change},
};
use crate::{State, facts::warning::Finding, hears::Known, scene::copy};

/// The reader's name.
pub const NAME: &str = "funds-watches";
/// No window reaches further back.
const FURTHEST: i64 = 400 * kernel::time::DAY;

const TABLES: [&str; 4] = [
    // `holders`: who brought it about, and whose kin is paid, as a JSON list.
    "CREATE TABLE funds_watch_row~ (unit TEXT NOT NULL, source TEXT NOT NULL, natural_key TEXT NOT NULL, code TEXT NOT NULL, at BIGINT NOT NULL, \
     event TEXT NOT NULL, fields TEXT NOT NULL, holders TEXT NOT NULL, PRIMARY KEY (unit, source, natural_key))",
    "CREATE INDEX funds_watch_row_at~ ON funds_watch_row~ (unit, at)",
    // `idx`: which of one instant was found first: the place in the log of what brought it about; 0 for a look at the day.
    // `told`: 0 not yet, 1 by this warning, 2 refused. `subject`: watch and natural key, the same thing found again.
    "CREATE TABLE funds_watch_found~ (id TEXT NOT NULL PRIMARY KEY, unit TEXT NOT NULL, code TEXT NOT NULL, at BIGINT NOT NULL, idx BIGINT NOT NULL, rule TEXT NOT NULL, \
     subject TEXT NOT NULL, finding TEXT NOT NULL, holds TEXT NOT NULL, told BIGINT NOT NULL, warning TEXT)",
    "CREATE INDEX funds_watch_found_told~ ON funds_watch_found~ (told, at)",
];

/// The reader.
pub struct Watcher {
    watches: Arc<Vec<Watch>>,
    store: Store,
    sealer: Arc<dyn Sealer>,
}

impl Watcher {
    /// With these watches; opens payees for itself alone.
    pub fn new(watches: Arc<Vec<Watch>>, store: Store, sealer: Arc<dyn Sealer>) -> Self {
        Self { watches, store, sealer }
    }

    /// Who is paid: in the event where it is an organisation, else opened; `None` where it was erased.
    async fn payee(&self, event: &Event) -> Result<Option<Map<String, Value>>, ReaderError> {
        let Some(payee) = event.data.get("payee") else { return Ok(None) };
        if event.commitment("payee").is_none() {
            return Ok(payee.as_object().cloned());
        }
        let part = self.store.sealed_part(&event.log, event.index, "payee").await?;
        let Some(part) = part else { return Ok(None) };
        let part = CipherPart {
            subject: part.subject,
            log: event.log.clone(),
            index: event.index,
            field: "payee".to_owned(),
            ciphertext: part.ciphertext,
        };
        let opened = self.sealer.open(std::slice::from_ref(&part)).await;
        let opened = opened.map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let Some(plain) = opened.into_iter().next().flatten() else { return Ok(None) };
        let json = plain.split_first_chunk::<32>().map(|(_, json)| json).unwrap_or_default();
        Ok(serde_json::from_slice(json).ok())
    }

    /// The office holders of the unit who are kin of a person who is paid, by the copies that decisions read too.
    async fn kin(&self, unit: &UnitId, person: &str, on: Date) -> Result<Vec<String>, StoreError> {
        let (_, seats) = self.store.state::<State>(&copy("seats", unit)).await?;
        let (_, conflicts) = self.store.state::<State>(&copy("conflicts", unit)).await?;
        let (seats, conflicts) = match (seats, conflicts) {
            (
                Some(State::Known(Known::Seats(seats))),
                Some(State::Known(Known::Conflicts(conflicts))),
            ) => (seats, conflicts),
            _ => return Ok(Vec::new()),
        };
        Ok(measures::kin(person, &seats, &conflicts, on))
    }
}

const COLUMNS: &str = "source, natural_key, at, event, fields, holders";

/// A row with whom it leads to.
struct Kept {
    row: Row,
    holders: Vec<String>,
}

fn kept(row: &store::Row) -> Result<Kept, StoreError> {
    let stale =
        |error: serde_json::Error| StoreError::Corrupt(format!("{NAME}: {error}; rebuild it"));
    Ok(Kept {
        row: Row {
            source: row.text(0)?.to_owned(),
            key: row.text(1)?.to_owned(),
            on: Timestamp::from_micros(row.i64(2)?).date(),
            event: row.text(3)?.into(),
            fields: serde_json::from_str(row.text(4)?).map_err(stale)?,
        },
        holders: serde_json::from_str(row.text(5)?).map_err(stale)?,
    })
}

/// What of a finding is told: whom it leads to, and which payments wait.
fn finding(watch: &Watch, found: Found, rows: &[Kept]) -> (Finding, Vec<String>) {
    let shown = rows.iter().filter(|kept| found.evidence.contains(&kept.row.event));
    let mut concerns: Vec<String> = shown.flat_map(|kept| kept.holders.clone()).collect();
    concerns.sort();
    concerns.dedup();
    let is_payment =
        |key: &&String| rows.iter().any(|k| k.row.source == rows::PAYMENTS && k.row.key == **key);
    let holds = match watch.mode {
        Mode::Hold => found.rows.iter().filter(is_payment).cloned().collect(),
        Mode::Alert | Mode::Refuse => Vec::new(),
    };
    let finding =
        Finding { rule: watch.rule.clone(), watch: watch.reference.to_string(), found, concerns };
    (finding, holds)
}

const FOUND: &str = "INSERT INTO funds_watch_found~ (id, unit, code, at, idx, rule, subject, finding, holds, told) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0) ON CONFLICT (id) DO NOTHING";

async fn note(
    tx: &mut Tx<'_>,
    (unit, code): (&str, &str),
    (watch, cause): (&Watch, &str),
    (at, index): (Timestamp, u64),
    (finding, holds): &(Finding, Vec<String>),
) -> Result<(), ReaderError> {
    let values = [
        format!("{}.{cause}", watch.id).into(),
        unit.into(),
        code.into(),
        at.micros().into(),
        index.into(),
        watch.rule.as_str().into(),
        format!("{}.{}", watch.id, finding.found.key).into(),
        serde_json::to_string(finding)?.into(),
        serde_json::to_string(holds)?.into(),
    ];
    tx.execute(FOUND, &values).await?;
    Ok(())
}

fn unfit(watch: &Watch, error: &definitions::formula::EvalError) -> ReaderError {
    ReaderError::Poison(format!("{}: {error}", watch.id))
}

#[async_trait]
impl Reader for Watcher {
    fn name(&self) -> &str {
        NAME
    }

    fn schema(&self, _: &str) -> Vec<String> {
        TABLES.iter().map(|sql| (*sql).to_owned()).collect()
    }

    async fn apply(&self, tx: &mut Tx<'_>, event: &Event) -> Result<(), ReaderError> {
        let Some((source, key)) = rows::of(event) else { return Ok(()) };
        let unit = event.unit.as_str();
        let sql = format!(
            "SELECT {COLUMNS} FROM funds_watch_row~ WHERE unit = $1 AND source = $2 AND natural_key = $3"
        );
        let found = tx.fetch(&sql, &[unit.into(), source.into(), key.as_str().into()]).await?;
        let before = found.first().map(kept).transpose()?;
        let payee = self.payee(event).await?;
        let person = payee.as_ref().and_then(|payee| payee.get("person")?.as_str());
        let kin = match person {
            Some(person) => self.kin(&event.unit, person, event.time.date()).await?,
            None => Vec::new(),
        };
        let stands_for = payee.as_ref().and_then(rows::stands_for);
        let beside = Beside {
            payee: stands_for.as_deref(),
            kin: !kin.is_empty(),
            before: before.as_ref().map(|kept| &kept.row),
        };
        let row = match rows::change(event, &beside) {
            None => return Ok(()),
            Some(Change::Drop(source, key)) => {
                let sql = "DELETE FROM funds_watch_row~ WHERE unit = $1 AND source = $2 AND natural_key = $3";
                tx.execute(sql, &[unit.into(), source.into(), key.into()]).await?;
                return Ok(());
            }
            Some(Change::Put(row)) => row,
        };
        let mut holders = kin;
        holders.extend(Actor::parse_official(&event.actor).map(|(_, holder)| holder.to_owned()));
        let sql = format!(
            "INSERT INTO funds_watch_row~ (unit, {COLUMNS}, code) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
             ON CONFLICT (unit, source, natural_key) DO UPDATE SET at = excluded.at, event = excluded.event, \
             fields = excluded.fields, holders = excluded.holders"
        );
        let values = [
            unit.into(),
            row.source.as_str().into(),
            row.key.as_str().into(),
            event.time.micros().into(),
            row.event.as_str().into(),
            serde_json::to_string(&row.fields)?.into(),
            serde_json::to_string(&holders)?.into(),
            event.village.as_str().into(),
        ];
        tx.execute(&sql, &values).await?;
        let judged: Vec<&Watch> =
            self.watches.iter().filter(|watch| is_judged_on_row(watch, &row.source)).collect();
        if judged.is_empty() {
            return Ok(());
        }
        let near = near(tx, unit, event.time).await?;
        let all: Vec<Row> = near.iter().map(|kept| kept.row.clone()).collect();
        for watch in judged {
            let found = judge(watch, &row, &Rows { all: &all }, row.on)
                .map_err(|error| unfit(watch, &error))?;
            if let Some(found) = found {
                let told = finding(watch, found, &near);
                note(
                    tx,
                    (unit, event.village.as_str()),
                    (watch, event.id.as_str()),
                    (event.time, event.index),
                    &told,
                )
                .await?;
            }
        }
        Ok(())
    }
}

async fn near(tx: &mut Tx<'_>, unit: &str, at: Timestamp) -> Result<Vec<Kept>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM funds_watch_row~ WHERE unit = $1 AND at >= $2 ORDER BY at, event"
    );
    let from = at.micros().saturating_sub(FURTHEST);
    tx.fetch(&sql, &[unit.into(), from.into()]).await?.iter().map(kept).collect()
}

/// Judges the watches of each day. What is found on one day is the same on the next: it is noted once for each severity.
///
/// # Errors
/// When the database is out of reach.
pub async fn look_at_day(
    store: &Store,
    watches: &[Watch],
    now: Timestamp,
) -> Result<(), ReaderError> {
    for watch in watches {
        for source in super::sources().iter().filter(|source| is_judged_by_day(watch, &source.key))
        {
            let sql = format!(
                "SELECT {COLUMNS}, unit, code FROM funds_watch_row~ WHERE source = $1 ORDER BY unit, at, event"
            );
            let rows = store.query(&sql, &[source.key.as_str().into()]).await?;
            let mut tx = store.begin().await?;
            for row in &rows {
                let (one, at) = (kept(row)?, (row.text(6)?, row.text(7)?));
                let alone = Rows { all: std::slice::from_ref(&one.row) };
                let found = judge(watch, &one.row, &alone, now.date())
                    .map_err(|error| unfit(watch, &error))?;
                let Some(found) = found else { continue };
                let cause = format!("{}.{}", one.row.key, found.severity.word());
                let told = finding(watch, found, std::slice::from_ref(&one));
                note(&mut tx, at, (watch, &cause), (now, 0), &told).await?;
            }
            tx.commit().await?;
        }
    }
    Ok(())
}
