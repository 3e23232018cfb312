//! The tree of divisions (行政区划): units with code, level, parent, names now and before; found by name and by code.

use async_trait::async_trait;
use kernel::Level;
use serde::Serialize;
use store::{Database, Row, StoreError, Tx};

use super::{Entry, Position, Show, grams, opt_text, position, text};

/// The read model.
pub struct Divisions;

/// Service and table prefix, for [`position::of`].
pub const OF: (&str, &str) = ("organisation", "portal_unit");

const TABLES: &[&str] = &[
    "CREATE TABLE portal_unit~ (unit TEXT PRIMARY KEY, code TEXT NOT NULL, name TEXT NOT NULL, level TEXT NOT NULL, \
     kind TEXT, parent TEXT, keeper TEXT NOT NULL, begins TEXT NOT NULL, log TEXT NOT NULL, idx BIGINT NOT NULL, \
     leaf TEXT NOT NULL)",
    "CREATE INDEX portal_unit_parent~ ON portal_unit~ (parent, code)",
    "CREATE INDEX portal_unit_code~ ON portal_unit~ (code)",
    "CREATE TABLE portal_name~ (unit TEXT NOT NULL, name TEXT NOT NULL, begins TEXT NOT NULL, ends TEXT, \
     log TEXT NOT NULL, idx BIGINT NOT NULL, leaf TEXT NOT NULL, PRIMARY KEY (unit, log, idx))",
    "CREATE TABLE portal_gram~ (gram TEXT NOT NULL, unit TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (gram, unit, name))",
    // Everything above a unit, itself included: counts below a county are one join.
    "CREATE TABLE portal_above~ (above TEXT NOT NULL, unit TEXT NOT NULL, level TEXT NOT NULL, governed BIGINT NOT NULL, \
     PRIMARY KEY (above, unit))",
    "CREATE INDEX portal_above_unit~ ON portal_above~ (unit)",
    "CREATE TABLE portal_unit_asof~ (log TEXT PRIMARY KEY, idx BIGINT NOT NULL, at BIGINT NOT NULL)",
];

/// A unit (行政单位).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unit {
    /// Stable id.
    pub unit: String,
    /// 12-digit code.
    pub code: String,
    /// Name now.
    pub name: String,
    /// Level.
    pub level: Level,
    /// `village`, `community` or `statistical`, for villages.
    pub kind: Option<String>,
    /// The unit above.
    pub parent: Option<String>,
    /// In whose logs its things are recorded.
    pub keeper: String,
    /// Since when.
    pub from: String,
    /// The entry that formed it.
    #[serde(flatten)]
    pub position: Position,
}

impl Unit {
    /// Whether it governs itself: a village or community, not a purely statistical area.
    pub fn is_governed_village(&self) -> bool {
        self.level == Level::Village && self.kind.as_deref() != Some("statistical")
    }

    /// Its page.
    pub fn href(&self) -> String {
        if self.level == Level::Village {
            format!("/villages/{}", self.unit)
        } else {
            format!("/units/{}", self.unit)
        }
    }
}

/// A name that a unit bore before (曾用名).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EarlierName {
    /// The name.
    pub name: String,
    /// From which day.
    pub from: String,
    /// Until which day (the first day of the next name).
    pub until: String,
    /// The entry that gave it.
    #[serde(flatten)]
    pub position: Position,
}

#[async_trait]
impl Show for Divisions {
    fn name(&self) -> &'static str {
        "portal-divisions"
    }

    fn source(&self) -> &'static str {
        OF.0
    }

    fn tables(&self) -> &'static [&'static str] {
        TABLES
    }

    async fn apply(&self, tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<(), StoreError> {
        match entry.event.fact() {
            "unit-formed.v1" => formed(tx, entry).await?,
            "unit-renamed.v1" => renamed(tx, entry).await?,
            _ => {}
        }
        position::note(tx, OF.1, entry).await
    }
}

async fn formed(tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<(), StoreError> {
    let event = entry.event;
    let (unit, name, level) = (text(event, "unit")?, text(event, "name")?, text(event, "level")?);
    if Level::parse(level).is_none() {
        return Err(super::missing(event, "level", "a level"));
    }
    let (kind, parent) = (opt_text(event, "kind"), opt_text(event, "parent"));
    let from = text(event, "from")?;
    tx.execute(
        "INSERT INTO portal_unit~ (unit, code, name, level, kind, parent, keeper, begins, log, idx, leaf) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (unit) DO NOTHING",
        &[
            unit.into(),
            text(event, "code")?.into(),
            name.into(),
            level.into(),
            kind.into(),
            parent.into(),
            text(event, "keeper")?.into(),
            from.into(),
            event.log.as_str().into(),
            event.index.into(),
            entry.leaf_hex().into(),
        ],
    )
    .await?;
    let governed = i64::from(level == "village" && kind != Some("statistical"));
    tx.execute(
        "INSERT INTO portal_above~ (above, unit, level, governed) \
         SELECT above, $1, $2, $3 FROM portal_above~ WHERE unit = $4 \
         ON CONFLICT (above, unit) DO NOTHING",
        &[unit.into(), level.into(), governed.into(), parent.unwrap_or_default().into()],
    )
    .await?;
    tx.execute(
        "INSERT INTO portal_above~ (above, unit, level, governed) VALUES ($1, $1, $2, $3) \
         ON CONFLICT (above, unit) DO NOTHING",
        &[unit.into(), level.into(), governed.into()],
    )
    .await?;
    named(tx, entry, unit, name, from).await
}

async fn renamed(tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<(), StoreError> {
    let event = entry.event;
    let (unit, name, from) = (text(event, "unit")?, text(event, "name")?, text(event, "from")?);
    tx.execute(
        "UPDATE portal_name~ SET ends = $2 WHERE unit = $1 AND ends IS NULL",
        &[unit.into(), from.into()],
    )
    .await?;
    tx.execute("UPDATE portal_unit~ SET name = $2 WHERE unit = $1", &[unit.into(), name.into()])
        .await?;
    named(tx, entry, unit, name, from).await
}

async fn named(
    tx: &mut Tx<'_>,
    entry: &Entry<'_>,
    unit: &str,
    name: &str,
    from: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO portal_name~ (unit, name, begins, ends, log, idx, leaf) VALUES ($1, $2, $3, NULL, $4, $5, $6) \
         ON CONFLICT (unit, log, idx) DO NOTHING",
        &[
            unit.into(),
            name.into(),
            from.into(),
            entry.event.log.as_str().into(),
            entry.event.index.into(),
            entry.leaf_hex().into(),
        ],
    )
    .await?;
    for gram in grams::of_name(name) {
        tx.execute(
            "INSERT INTO portal_gram~ (gram, unit, name) VALUES ($1, $2, $3) ON CONFLICT (gram, unit, name) DO NOTHING",
            &[gram.into(), unit.into(), name.into()],
        )
        .await?;
    }
    Ok(())
}

const COLUMNS: &str =
    "u.unit, u.code, u.name, u.level, u.kind, u.parent, u.keeper, u.begins, u.log, u.idx, u.leaf";

fn read(row: &Row) -> Result<Unit, StoreError> {
    let level = row.text(3)?;
    Ok(Unit {
        unit: row.text(0)?.to_owned(),
        code: row.text(1)?.to_owned(),
        name: row.text(2)?.to_owned(),
        level: Level::parse(level)
            .ok_or_else(|| StoreError::Corrupt(format!("`{level}` is no level")))?,
        kind: row.opt_text(4)?.map(str::to_owned),
        parent: row.opt_text(5)?.map(str::to_owned),
        keeper: row.text(6)?.to_owned(),
        from: row.text(7)?.to_owned(),
        position: Position::read(row, 8)?,
    })
}

/// A unit by its id.
///
/// # Errors
/// When the database is out of reach.
pub async fn get(db: &Database, unit: &str) -> Result<Option<Unit>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM portal_unit u WHERE u.unit = $1");
    db.query(&sql, &[unit.into()]).await?.first().map(read).transpose()
}

/// A unit by its 12-digit code.
///
/// # Errors
/// When the database is out of reach.
pub async fn by_code(db: &Database, code: &str) -> Result<Option<Unit>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM portal_unit u WHERE u.code = $1");
    db.query(&sql, &[code.into()]).await?.first().map(read).transpose()
}

/// The units right below one, by code; the top of the tree for `None`.
///
/// # Errors
/// When the database is out of reach.
pub async fn children(db: &Database, unit: Option<&str>) -> Result<Vec<Unit>, StoreError> {
    let rows = match unit {
        Some(unit) => {
            let sql =
                format!("SELECT {COLUMNS} FROM portal_unit u WHERE u.parent = $1 ORDER BY u.code");
            db.query(&sql, &[unit.into()]).await?
        }
        None => {
            let sql = format!(
                "SELECT {COLUMNS} FROM portal_unit u WHERE u.parent IS NULL ORDER BY u.code"
            );
            db.query(&sql, &[]).await?
        }
    };
    rows.iter().map(read).collect()
}

/// Everything above a unit, the province first, without the unit itself.
///
/// # Errors
/// When the database is out of reach.
pub async fn path(db: &Database, unit: &str) -> Result<Vec<Unit>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM portal_above a JOIN portal_unit u ON u.unit = a.above WHERE a.unit = $1 AND a.above <> $1"
    );
    let mut above: Vec<Unit> =
        db.query(&sql, &[unit.into()]).await?.iter().map(read).collect::<Result<_, _>>()?;
    above.sort_by_key(|u| u.level.digits());
    Ok(above)
}

/// All units of the given levels below one (or all, for `None`), by code; at most `limit`.
///
/// # Errors
/// When the database is out of reach.
pub async fn below(db: &Database, top: &str, limit: i64) -> Result<Vec<Unit>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM portal_above a JOIN portal_unit u ON u.unit = a.unit WHERE a.above = $1 AND a.unit <> $1 \
         ORDER BY u.code, u.unit LIMIT $2"
    );
    db.query(&sql, &[top.into(), limit.into()]).await?.iter().map(read).collect()
}

/// How many self-governing villages lie below each of the units right below one, by unit.
///
/// # Errors
/// When the database is out of reach.
pub async fn village_counts(
    db: &Database,
    top: &str,
) -> Result<std::collections::BTreeMap<String, i64>, StoreError> {
    let sql = "SELECT a.above, COUNT(*) FROM portal_above a JOIN portal_above t ON t.unit = a.above \
               WHERE t.above = $1 AND a.governed = 1 AND a.above <> a.unit GROUP BY a.above";
    let rows = db.query(sql, &[top.into()]).await?;
    rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.i64(1)?))).collect()
}

/// The names a unit bore before, latest first.
///
/// # Errors
/// When the database is out of reach.
pub async fn earlier_names(db: &Database, unit: &str) -> Result<Vec<EarlierName>, StoreError> {
    let sql = "SELECT name, begins, ends, log, idx, leaf FROM portal_name WHERE unit = $1 AND ends IS NOT NULL \
               ORDER BY ends DESC";
    let rows = db.query(sql, &[unit.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(EarlierName {
                name: row.text(0)?.to_owned(),
                from: row.text(1)?.to_owned(),
                until: row.text(2)?.to_owned(),
                position: Position::read(row, 3)?,
            })
        })
        .collect()
}

/// A unit that a search found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The unit.
    #[serde(flatten)]
    pub unit: Unit,
    /// The earlier name by which it was found, when its present name does not hold the word.
    pub earlier_name: Option<String>,
    /// The names above it, the province first.
    pub above: Vec<String>,
}

/// Units found at most.
pub const MOST_FOUND: usize = 50;

/// Finds units by name (now or before) or by the beginning of a code, in the order of codes. Of several words the last
/// is the unit's own; the others are names above it.
///
/// # Errors
/// When the database is out of reach.
pub async fn search(db: &Database, query: &str) -> Result<Vec<Found>, StoreError> {
    let words: Vec<String> =
        query.split_whitespace().map(grams::plain).filter(|w| !w.is_empty()).take(4).collect();
    let Some((own, above)) = words.split_last() else { return Ok(Vec::new()) };
    let candidates = if own.bytes().all(|b| b.is_ascii_digit()) {
        by_code_prefix(db, own).await?
    } else {
        by_name(db, own).await?
    };
    let mut found = Vec::new();
    for (unit, earlier_name) in candidates {
        let names: Vec<String> = path(db, &unit.unit).await?.into_iter().map(|u| u.name).collect();
        let inside = |word: &String| names.iter().any(|name| grams::plain(name).contains(word));
        if above.iter().all(inside) {
            found.push(Found { unit, earlier_name, above: names });
        }
        if found.len() >= MOST_FOUND {
            break;
        }
    }
    Ok(found)
}

async fn by_code_prefix(
    db: &Database,
    digits: &str,
) -> Result<Vec<(Unit, Option<String>)>, StoreError> {
    if digits.len() > 12 {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM portal_unit u WHERE u.code >= $1 AND u.code <= $2 ORDER BY u.code, u.unit LIMIT 200"
    );
    let bounds = [format!("{digits:0<12}").into(), format!("{digits:9<12}").into()];
    let rows = db.query(&sql, &bounds).await?;
    rows.iter().map(|row| Ok((read(row)?, None))).collect()
}

async fn by_name(db: &Database, word: &str) -> Result<Vec<(Unit, Option<String>)>, StoreError> {
    let wanted: Vec<String> = grams::of_word(word).into_iter().collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<String> = (1..=wanted.len()).map(|n| format!("${n}")).collect();
    let sql = format!(
        "SELECT {COLUMNS}, g.name FROM portal_unit u JOIN \
         (SELECT unit, name FROM portal_gram WHERE gram IN ({}) GROUP BY unit, name HAVING COUNT(*) = {}) g \
         ON g.unit = u.unit ORDER BY u.code, u.unit LIMIT 400",
        places.join(", "),
        wanted.len()
    );
    let values: Vec<store::Value> = wanted.into_iter().map(Into::into).collect();
    let mut found: Vec<(Unit, Option<String>)> = Vec::new();
    for row in &db.query(&sql, &values).await? {
        let (unit, name) = (read(row)?, row.text(11)?);
        // Pairs may all occur in a name without standing in the word's order.
        if !grams::plain(name).contains(word) {
            continue;
        }
        let earlier = (name != unit.name).then(|| name.to_owned());
        match found.iter_mut().find(|(known, _)| known.unit == unit.unit) {
            Some((_, known)) if earlier.is_none() => *known = None,
            Some(_) => {}
            None => found.push((unit, earlier)),
        }
    }
    Ok(found)
}
