//! Seats, held and past, by unit and by holder. The person behind a holder is in no row.

use access::{Grants, HeldSeat};
use async_trait::async_trait;
use kernel::{Date, Event, Seat, UnitId};
use serde::Serialize;
use store::{Reader, ReaderError, Row, Store, StoreError, Tx};

use super::fact;
use crate::facts::seat::{
    SEAT_FILLED, SEAT_RESUMED, SEAT_SUSPENDED, SEAT_VACATED, SeatFilled, SeatPaused, SeatVacated,
};

/// The reader's name.
pub const NAME: &str = "organisation-seats";

/// The read model.
pub struct Seats;

/// A seat as the read model has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeatRow {
    /// The seat's id.
    pub seat: String,
    /// The unit.
    pub unit: UnitId,
    /// The office holder's opaque id.
    pub holder: String,
    /// The office holder's name.
    pub name: String,
    /// The body.
    pub body: String,
    /// The post.
    pub post: String,
    /// First day.
    pub from: Date,
    /// Last day of the term.
    pub to: Date,
    /// The day it was vacated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vacated: Option<Date>,
    /// Suspended.
    pub suspended: bool,
    /// The units above the seat's unit, from the province down.
    #[serde(skip)]
    pub path: Vec<UnitId>,
}

impl SeatRow {
    /// As the gate wants it.
    pub fn held(&self) -> HeldSeat {
        HeldSeat {
            id: self.seat.clone(),
            seat: Seat {
                unit: self.unit.clone(),
                body: self.body.clone(),
                post: self.post.clone(),
                holder: self.holder.clone(),
            },
            path: self.path.clone(),
            from: self.from,
            to: Some(self.to),
            vacated: self.vacated,
            suspended: self.suspended,
        }
    }
}

const COLUMNS: &str = "s.seat, s.unit, s.holder, s.name, s.body, s.post, s.from_day, s.to_day, s.vacated, s.suspended, \
     COALESCE((SELECT u.path FROM org_unit u WHERE u.unit = s.unit), '/')";

#[async_trait]
impl Reader for Seats {
    fn name(&self) -> &str {
        NAME
    }

    fn schema(&self, _suffix: &str) -> Vec<String> {
        [
            "CREATE TABLE org_seat~ (seat TEXT PRIMARY KEY, unit TEXT NOT NULL, holder TEXT NOT NULL, name TEXT NOT NULL, \
             body TEXT NOT NULL, post TEXT NOT NULL, from_day TEXT NOT NULL, to_day TEXT NOT NULL, vacated TEXT NOT NULL, \
             suspended BIGINT NOT NULL)",
            "CREATE INDEX org_seat_unit~ ON org_seat~ (unit, vacated)",
            "CREATE INDEX org_seat_holder~ ON org_seat~ (holder)",
        ]
        .map(str::to_owned)
        .into()
    }

    async fn apply(&self, tx: &mut Tx<'_>, event: &Event) -> Result<(), ReaderError> {
        match event.fact() {
            SEAT_FILLED => {
                let filled: SeatFilled = fact(event)?;
                tx.execute(
                    "INSERT INTO org_seat~ (seat, unit, holder, name, body, post, from_day, to_day, vacated, suspended) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', 0)",
                    &[
                        filled.seat.into(),
                        event.unit.as_str().into(),
                        filled.holder.into(),
                        filled.name.into(),
                        filled.body.into(),
                        filled.post.into(),
                        filled.from.to_string().into(),
                        filled.to.to_string().into(),
                    ],
                )
                .await?;
            }
            SEAT_SUSPENDED | SEAT_RESUMED => {
                let paused: SeatPaused = fact(event)?;
                let suspended = event.fact() == SEAT_SUSPENDED;
                tx.execute(
                    "UPDATE org_seat~ SET suspended = $2 WHERE seat = $1",
                    &[paused.seat.into(), suspended.into()],
                )
                .await?;
            }
            SEAT_VACATED => {
                let vacated: SeatVacated = fact(event)?;
                tx.execute(
                    "UPDATE org_seat~ SET vacated = $2 WHERE seat = $1",
                    &[vacated.seat.into(), vacated.on.to_string().into()],
                )
                .await?;
            }
            _ => {}
        }
        Ok(())
    }
}

fn day(text: &str) -> Result<Date, StoreError> {
    text.parse().map_err(|error| StoreError::Corrupt(format!("org_seat: {error}")))
}

fn read(row: &Row) -> Result<SeatRow, StoreError> {
    let vacated = row.text(8)?;
    Ok(SeatRow {
        seat: row.text(0)?.to_owned(),
        unit: UnitId::from(row.text(1)?),
        holder: row.text(2)?.to_owned(),
        name: row.text(3)?.to_owned(),
        body: row.text(4)?.to_owned(),
        post: row.text(5)?.to_owned(),
        from: day(row.text(6)?)?,
        to: day(row.text(7)?)?,
        vacated: (!vacated.is_empty()).then(|| day(vacated)).transpose()?,
        suspended: row.i64(9)? != 0,
        path: row.text(10)?.split('/').filter(|p| !p.is_empty()).map(UnitId::from).collect(),
    })
}

/// The seats of a unit: those held, or the past ones too; by body, then by post and beginning.
///
/// # Errors
/// When the database is out of reach.
pub async fn of_unit(store: &Store, unit: &UnitId, past: bool) -> Result<Vec<SeatRow>, StoreError> {
    let held = if past { "" } else { " AND s.vacated = ''" };
    let sql = format!(
        "SELECT {COLUMNS} FROM org_seat s WHERE s.unit = $1{held} ORDER BY s.body, s.post, s.from_day, s.seat"
    );
    store.query(&sql, &[unit.as_str().into()]).await?.iter().map(read).collect()
}

/// One seat.
///
/// # Errors
/// When the database is out of reach.
pub async fn one(store: &Store, seat: &str) -> Result<Option<SeatRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM org_seat s WHERE s.seat = $1");
    store.query(&sql, &[seat.into()]).await?.first().map(read).transpose()
}

/// Every seat that somebody has or had.
///
/// # Errors
/// When the database is out of reach.
pub async fn of_holder(store: &Store, holder: &str) -> Result<Vec<SeatRow>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM org_seat s WHERE s.holder = $1 ORDER BY s.from_day, s.seat");
    store.query(&sql, &[holder.into()]).await?.iter().map(read).collect()
}

/// Name and grants of an office holder; the name of the latest seat.
///
/// # Errors
/// When the database is out of reach.
pub async fn grants(store: &Store, holder: &str) -> Result<(String, Grants), StoreError> {
    let seats = of_holder(store, holder).await?;
    let name = seats.last().map(|seat| seat.name.clone()).unwrap_or_default();
    Ok((name, Grants::new(seats.iter().map(SeatRow::held).collect())))
}

/// Whether one of these posts is held in a unit that day, by somebody who may act.
///
/// # Errors
/// When the database is out of reach.
pub async fn somebody(
    store: &Store,
    unit: &UnitId,
    posts: &[&str],
    today: Date,
) -> Result<bool, StoreError> {
    let now = kernel::Timestamp::start_of(today);
    let seats = of_unit(store, unit, false).await?;
    Ok(seats
        .iter()
        .any(|seat| posts.contains(&seat.post.as_str()) && seat.held().is_effective(now)))
}
