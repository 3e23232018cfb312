//! Organisation's units, seats and resolutions as tables: to find a holder's seats, a body's members, what lies below a
//! unit, and what may be cited. Heard from organisation's open logs; knows no payment.

use access::{Grants, HeldSeat, Scope};
use async_trait::async_trait;
use desk::{Member, PlaceShown};
use kernel::{Date, DivisionCode, Event, Level, Money, Place, Seat, Text, Timestamp, UnitId};
use serde::Deserialize;
use store::{Reader, ReaderError, Row, Store, StoreError, Tx, Value};

/// The reader that hears organisation into the tables.
pub struct Directory;

/// Its name as a reader and durable consumer.
pub const NAME: &str = "funds-directory";

const TABLES: [&str; 7] = [
    "CREATE TABLE funds_unit~ (unit TEXT NOT NULL PRIMARY KEY, parent TEXT, keeper TEXT NOT NULL, code TEXT NOT NULL, \
     level TEXT NOT NULL, name TEXT NOT NULL)",
    "CREATE INDEX funds_unit_parent~ ON funds_unit~ (parent)",
    "CREATE TABLE funds_seat~ (seat TEXT NOT NULL PRIMARY KEY, unit TEXT NOT NULL, holder TEXT NOT NULL, \
     name TEXT NOT NULL, body TEXT NOT NULL, post TEXT NOT NULL, first_day TEXT NOT NULL, last_day TEXT, \
     vacated TEXT, suspended BIGINT NOT NULL)",
    "CREATE INDEX funds_seat_holder~ ON funds_seat~ (holder)",
    "CREATE INDEX funds_seat_unit~ ON funds_seat~ (unit, body)",
    "CREATE TABLE funds_resolution~ (resolution TEXT NOT NULL PRIMARY KEY, unit TEXT, matter TEXT, amount BIGINT, \
     valid_from TEXT, published TEXT, annulled BIGINT NOT NULL)",
    "CREATE INDEX funds_resolution_unit~ ON funds_resolution~ (unit, published)",
];

#[derive(Deserialize)]
struct Formed {
    unit: UnitId,
    code: String,
    name: String,
    level: String,
    parent: Option<UnitId>,
    keeper: UnitId,
}

#[derive(Deserialize)]
struct Filled {
    seat: String,
    holder: String,
    #[serde(default)]
    name: String,
    body: String,
    post: String,
    from: Date,
    to: Option<Date>,
}

#[derive(Deserialize)]
struct Adopted {
    resolution: String,
    matter: String,
    limit: Option<i64>,
    valid_from: Option<Date>,
}

const FORMED: &str = "INSERT INTO funds_unit~ (unit, parent, keeper, code, level, name) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (unit) DO UPDATE SET parent = excluded.parent, keeper = excluded.keeper, code = excluded.code, \
     level = excluded.level, name = excluded.name";
const FILLED: &str = "INSERT INTO funds_seat~ (seat, unit, holder, name, body, post, first_day, last_day, vacated, \
     suspended) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, 0) ON CONFLICT (seat) DO UPDATE SET \
     holder = excluded.holder, name = excluded.name, body = excluded.body, post = excluded.post, \
     first_day = excluded.first_day, last_day = excluded.last_day, vacated = NULL, suspended = 0";
/// Days in one form sort as they follow one another.
const VACATED: &str =
    "UPDATE funds_seat~ SET vacated = $2 WHERE seat = $1 AND (vacated IS NULL OR vacated > $2)";
/// A publication may be heard before the adoption: each fills in its own columns.
const ADOPTED: &str = "INSERT INTO funds_resolution~ (resolution, unit, matter, amount, valid_from, annulled) \
     VALUES ($1, $2, $3, $4, $5, 0) ON CONFLICT (resolution) DO UPDATE SET unit = excluded.unit, \
     matter = excluded.matter, amount = excluded.amount, valid_from = excluded.valid_from";
const PUBLISHED: &str = "INSERT INTO funds_resolution~ (resolution, published, annulled) VALUES ($1, $2, 0) \
     ON CONFLICT (resolution) DO UPDATE SET published = excluded.published";
const ANNULLED: &str = "INSERT INTO funds_resolution~ (resolution, annulled) VALUES ($1, 1) \
     ON CONFLICT (resolution) DO UPDATE SET annulled = 1";

fn named<'e>(event: &'e Event, field: &str) -> Result<&'e str, ReaderError> {
    event.data.get(field).and_then(serde_json::Value::as_str).ok_or_else(|| {
        ReaderError::Poison(format!("{} {}: `{field}` is missing", event.fact(), event.id))
    })
}

#[async_trait]
impl Reader for Directory {
    fn name(&self) -> &str {
        NAME
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
                let formed: Formed = event.read()?;
                let values = [
                    formed.unit.as_str().into(),
                    formed.parent.map(|unit| unit.as_str().to_owned()).into(),
                    formed.keeper.as_str().into(),
                    formed.code.into(),
                    formed.level.into(),
                    formed.name.into(),
                ];
                tx.execute(FORMED, &values).await?;
            }
            "unit-renamed.v1" => {
                let sql = "UPDATE funds_unit~ SET name = $2 WHERE unit = $1";
                let values = [named(event, "unit")?.into(), named(event, "name")?.into()];
                tx.execute(sql, &values).await?;
            }
            "seat-filled.v1" => {
                let seat: Filled = event.read()?;
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
                let values = [named(event, "seat")?.into(), named(event, "on")?.into()];
                tx.execute(VACATED, &values).await?;
            }
            fact @ ("seat-suspended.v1" | "seat-resumed.v1") => {
                let sql = "UPDATE funds_seat~ SET suspended = $2 WHERE seat = $1";
                let values = [named(event, "seat")?.into(), (fact == "seat-suspended.v1").into()];
                tx.execute(sql, &values).await?;
            }
            "resolution-adopted.v1" => {
                let adopted: Adopted = event.read()?;
                let values = [
                    adopted.resolution.into(),
                    event.unit.as_str().into(),
                    adopted.matter.into(),
                    adopted.limit.into(),
                    adopted.valid_from.map(|day| day.to_string()).into(),
                ];
                tx.execute(ADOPTED, &values).await?;
            }
            "resolution-published.v1" => {
                let values = [named(event, "resolution")?.into(), named(event, "from")?.into()];
                tx.execute(PUBLISHED, &values).await?;
            }
            "resolution-annulled.v1" => {
                tx.execute(ANNULLED, &[named(event, "resolution")?.into()]).await?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// A unit with those above it.
///
/// # Errors
/// When the database is out of reach.
pub async fn place(store: &Store, unit: &UnitId) -> Result<Option<PlaceShown>, StoreError> {
    let sql = "WITH RECURSIVE above(unit, parent, depth) AS ( \
         SELECT unit, parent, 0 FROM funds_unit~ WHERE unit = $1 UNION ALL \
         SELECT u.unit, u.parent, a.depth + 1 FROM funds_unit~ u JOIN above a ON u.unit = a.parent WHERE a.depth < 8) \
         SELECT u.unit, u.keeper, u.code, u.level, u.name FROM above a JOIN funds_unit~ u ON u.unit = a.unit \
         ORDER BY a.depth DESC";
    let rows = store.query(sql, &[unit.as_str().into()]).await?;
    let Some((own, above)) = rows.split_last() else { return Ok(None) };
    let mut names = Vec::new();
    let mut path = Vec::with_capacity(above.len());
    for row in above {
        path.push(UnitId::from(row.text(0)?));
        if row.text(3)? != Level::Province.name() {
            names.push(row.text(4)?);
        }
    }
    let code = DivisionCode::parse(own.text(2)?)
        .map_err(|error| StoreError::Corrupt(format!("unit {unit}: {error}")))?;
    let name = own.text(4)?;
    let above = names.join(" · ");
    Ok(Some(PlaceShown {
        place: Place { unit: unit.clone(), code, keeper: own.text(1)?.into() },
        name: Text::new(name, name),
        path,
        above: Text::new(above.clone(), above),
        village: own.text(3)? == Level::Village.name(),
    }))
}

const SEATS: &str = "SELECT seat, unit, holder, name, body, post, first_day, last_day, vacated, suspended \
     FROM funds_seat~";

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

/// What a holder is called, and the seats held, past ones included.
///
/// # Errors
/// When the database is out of reach.
pub async fn seats_of(store: &Store, holder: &str) -> Result<(Option<String>, Grants), StoreError> {
    let sql = format!("{SEATS} WHERE holder = $1 ORDER BY seat");
    let rows = store.query(&sql, &[holder.into()]).await?;
    let mut seats = Vec::with_capacity(rows.len());
    let mut name = None;
    for row in &rows {
        let unit = UnitId::from(row.text(1)?);
        let path = place(store, &unit).await?.map(|place| place.path).unwrap_or_default();
        seats.push(seat(row, path)?);
        name = Some(row.text(3)?.to_owned()).filter(|name| !name.is_empty()).or(name);
    }
    Ok((name, Grants::new(seats)))
}

/// What a holder is called.
///
/// # Errors
/// When the database is out of reach.
pub async fn name_of(store: &Store, holder: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT name FROM funds_seat~ WHERE holder = $1 AND name <> '' ORDER BY first_day DESC LIMIT 1";
    let rows = store.query(sql, &[holder.into()]).await?;
    rows.first().map(|row| row.text(0).map(str::to_owned)).transpose()
}

/// The members of a body of a unit at an instant. `two-committees` are the members of both.
///
/// # Errors
/// When the database is out of reach.
pub async fn members(
    store: &Store,
    unit: &UnitId,
    body: &str,
    now: Timestamp,
) -> Result<Vec<Member>, StoreError> {
    let (first, second) = match body {
        "two-committees" => ("branch-committee", "village-committee"),
        other => (other, other),
    };
    let sql =
        format!("{SEATS} WHERE unit = $1 AND body IN ($2, $3) ORDER BY body, post, name, seat");
    let values: [Value; 3] = [unit.as_str().into(), first.into(), second.into()];
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

/// A resolution that may be cited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citable {
    /// Its id.
    pub resolution: String,
    /// The kind of matter.
    pub matter: String,
    /// What it allows to spend, in fen.
    pub limit: Option<Money>,
    /// First day on the board.
    pub published: String,
}

/// The resolutions of a unit in force on a day, the newest first; at most 100.
///
/// # Errors
/// When the database is out of reach.
pub async fn citable(store: &Store, unit: &UnitId, on: Date) -> Result<Vec<Citable>, StoreError> {
    let sql = "SELECT resolution, matter, amount, published FROM funds_resolution~ WHERE unit = $1 AND annulled = 0 \
         AND published <= $2 AND valid_from <= $2 ORDER BY published DESC, resolution LIMIT 100";
    let rows = store.query(sql, &[unit.as_str().into(), on.to_string().into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(Citable {
                resolution: row.text(0)?.to_owned(),
                matter: row.opt_text(1)?.unwrap_or_default().to_owned(),
                limit: row.opt_i64(2)?.map(Money::from_fen),
                published: row.text(3)?.to_owned(),
            })
        })
        .collect()
}

/// Values that a statement is built with: each gives its place.
#[derive(Default)]
pub(crate) struct Values(pub Vec<Value>);

impl Values {
    pub(crate) fn put(&mut self, value: impl Into<Value>) -> String {
        self.0.push(value.into());
        format!("${}", self.0.len())
    }

    fn list<'a>(&mut self, units: impl Iterator<Item = &'a UnitId>) -> String {
        let places: Vec<String> = units.map(|unit| self.put(unit.as_str())).collect();
        places.join(", ")
    }
}

/// The condition that a column of units lies in a scope; units below are found in the directory.
pub(crate) fn within(scope: &Scope, column: &str, values: &mut Values) -> String {
    if scope.everywhere {
        return "true".to_owned();
    }
    let mut any = Vec::new();
    if !scope.units.is_empty() {
        any.push(format!("{column} IN ({})", values.list(scope.units.iter())));
    }
    if !scope.children_of.is_empty() {
        let parents = values.list(scope.children_of.iter());
        any.push(format!("{column} IN (SELECT unit FROM funds_unit~ WHERE parent IN ({parents}))"));
    }
    if !scope.subtrees.is_empty() {
        let tops = values.list(scope.subtrees.iter());
        any.push(format!("{column} IN ({})", below(&tops)));
    }
    if any.is_empty() { "false".to_owned() } else { format!("({})", any.join(" OR ")) }
}

/// The units at these places and all below them, as a subquery.
pub(crate) fn below(places: &str) -> String {
    format!(
        "WITH RECURSIVE seen(unit) AS (SELECT unit FROM funds_unit~ WHERE unit IN ({places}) UNION \
         SELECT u.unit FROM funds_unit~ u JOIN seen s ON u.parent = s.unit) SELECT unit FROM seen"
    )
}
