//! Units and seats of organisation as tables, to find a holder's seats, a body's members and what lies below a unit.
//! Knows no case.

use std::sync::Arc;

use access::{Grants, HeldSeat};
use async_trait::async_trait;
use desk::Member;
use kernel::{Date, Event, Seat, UnitId};
use store::{Reader, ReaderError, Row, Store, StoreError, Tx, Value};

use crate::hears::{SeatFilled, SeatNamed, SeatVacated, UnitFormed, UnitRenamed};

/// The reader that hears organisation into the tables.
pub struct Directory(String);

impl Directory {
    /// `name` as a reader and durable consumer: `<service>-directory`.
    pub fn new(service: &str) -> Arc<Self> {
        Arc::new(Self(format!("{service}-directory")))
    }
}

const TABLES: [&str; 5] = [
    "CREATE TABLE directory_unit~ (unit TEXT NOT NULL PRIMARY KEY, parent TEXT, name TEXT NOT NULL)",
    "CREATE INDEX directory_unit_parent~ ON directory_unit~ (parent)",
    "CREATE TABLE directory_seat~ (seat TEXT NOT NULL PRIMARY KEY, unit TEXT NOT NULL, holder TEXT NOT NULL, \
     name TEXT NOT NULL, body TEXT NOT NULL, post TEXT NOT NULL, first_day TEXT NOT NULL, last_day TEXT, \
     vacated TEXT, suspended BIGINT NOT NULL)",
    "CREATE INDEX directory_seat_holder~ ON directory_seat~ (holder)",
    "CREATE INDEX directory_seat_unit~ ON directory_seat~ (unit, body)",
];

const FORMED: &str = "INSERT INTO directory_unit~ (unit, parent, name) VALUES ($1, $2, $3) ON CONFLICT (unit) DO \
     UPDATE SET parent = excluded.parent, name = excluded.name";
const FILLED: &str = "INSERT INTO directory_seat~ (seat, unit, holder, name, body, post, first_day, last_day, vacated, \
     suspended) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, 0) ON CONFLICT (seat) DO UPDATE SET \
     holder = excluded.holder, name = excluded.name, body = excluded.body, post = excluded.post, \
     first_day = excluded.first_day, last_day = excluded.last_day, vacated = NULL, suspended = 0";
/// Days in one form sort as they follow one another.
const VACATED: &str =
    "UPDATE directory_seat~ SET vacated = $2 WHERE seat = $1 AND (vacated IS NULL OR vacated > $2)";

#[async_trait]
impl Reader for Directory {
    fn name(&self) -> &str {
        &self.0
    }

    fn schema(&self, _: &str) -> Vec<String> {
        TABLES.iter().map(|sql| (*sql).to_owned()).collect()
    }

    async fn apply(&self, tx: &mut Tx<'_>, event: &Event) -> Result<(), ReaderError> {
        if event.source != "/organisation" {
            return Ok(());
        }
        match event.fact() {
            "unit-formed.v1" => {
                let formed: UnitFormed = event.read()?;
                let parent = formed.parent.map(|unit| unit.as_str().to_owned());
                tx.execute(
                    FORMED,
                    &[formed.unit.as_str().into(), parent.into(), formed.name.into()],
                )
                .await?;
            }
            "unit-renamed.v1" => {
                let renamed: UnitRenamed = event.read()?;
                let sql = "UPDATE directory_unit~ SET name = $2 WHERE unit = $1";
                tx.execute(sql, &[renamed.unit.as_str().into(), renamed.name.into()]).await?;
            }
            "seat-filled.v1" => {
                let seat: SeatFilled = event.read()?;
                let values = [
                    seat.seat.into(),
                    event.unit.as_str().into(),
                    seat.holder.into(),
                    seat.name.into(),
                    seat.body.into(),
                    seat.post.into(),
                    seat.from.to_string().into(),
                    seat.to.map(|day| day.to_string()).into(),
                ];
                tx.execute(FILLED, &values).await?;
            }
            "seat-vacated.v1" => {
                let seat: SeatVacated = event.read()?;
                tx.execute(VACATED, &[seat.seat.into(), seat.on.to_string().into()]).await?;
            }
            fact @ ("seat-suspended.v1" | "seat-resumed.v1") => {
                let seat: SeatNamed = event.read()?;
                let sql = "UPDATE directory_seat~ SET suspended = $2 WHERE seat = $1";
                tx.execute(sql, &[seat.seat.into(), (fact == "seat-suspended.v1").into()]).await?;
            }
            _ => {}
        }
        Ok(())
    }
}

const SEATS: &str = "SELECT seat, unit, holder, name, body, post, first_day, last_day, vacated, suspended \
     FROM directory_seat~ ";

fn day(row: &Row, column: usize) -> Result<Option<Date>, StoreError> {
    let text = row.opt_text(column)?;
    text.map(|text| text.parse().map_err(|_| StoreError::Corrupt(format!("`{text}` is no day"))))
        .transpose()
}

fn seat(row: &Row, path: Vec<UnitId>) -> Result<HeldSeat, StoreError> {
    let text = |column: usize| row.text(column).map(str::to_owned);
    Ok(HeldSeat {
        id: text(0)?,
        seat: Seat { unit: text(1)?.into(), body: text(4)?, post: text(5)?, holder: text(2)? },
        path,
        from: day(row, 6)?.unwrap_or(Date::MIN),
        to: day(row, 7)?,
        vacated: day(row, 8)?,
        suspended: row.i64(9)? != 0,
    })
}

/// The units above one, from the province down, without itself.
///
/// # Errors
/// When the database is out of reach.
pub async fn path(store: &Store, unit: &UnitId) -> Result<Vec<UnitId>, StoreError> {
    let sql = "WITH RECURSIVE above(unit, parent, depth) AS ( \
         SELECT unit, parent, 0 FROM directory_unit~ WHERE unit = $1 UNION ALL \
         SELECT u.unit, u.parent, a.depth + 1 FROM directory_unit~ u JOIN above a ON u.unit = a.parent WHERE a.depth < 8) \
         SELECT unit FROM above WHERE depth > 0 ORDER BY depth DESC";
    let rows = store.query(sql, &[unit.as_str().into()]).await?;
    rows.iter().map(|row| Ok(UnitId::from(row.text(0)?))).collect()
}

/// What a holder is called, and the seats held, past ones included.
///
/// # Errors
/// When the database is out of reach.
pub async fn seats_of(store: &Store, holder: &str) -> Result<(Option<String>, Grants), StoreError> {
    let rows =
        store.query(&format!("{SEATS} WHERE holder = $1 ORDER BY seat"), &[holder.into()]).await?;
    let mut seats = Vec::with_capacity(rows.len());
    let mut name = None;
    for row in &rows {
        let unit = UnitId::from(row.text(1)?);
        seats.push(seat(row, path(store, &unit).await?)?);
        name = Some(row.text(3)?.to_owned()).filter(|name| !name.is_empty()).or(name);
    }
    Ok((name, Grants::new(seats)))
}

/// The members of a body of a unit on the day of an instant.
///
/// # Errors
/// When the database is out of reach.
pub async fn members(
    store: &Store,
    unit: &UnitId,
    body: &str,
    now: kernel::Timestamp,
) -> Result<Vec<Member>, StoreError> {
    let sql = format!("{SEATS} WHERE unit = $1 AND body = $2 ORDER BY post, name, seat");
    let values: [Value; 2] = [unit.as_str().into(), body.into()];
    let mut members: Vec<Member> = Vec::new();
    for row in store.query(&sql, &values).await? {
        let held = seat(&row, Vec::new())?;
        if held.is_effective(now) && !members.iter().any(|member| member.holder == held.seat.holder)
        {
            let Seat { holder, post, .. } = held.seat;
            members.push(Member { holder, name: row.text(3)?.to_owned(), post });
        }
    }
    Ok(members)
}
