//! Units of the hierarchy as they are now: tree, path, code, name, level. Knows seats of none.

use async_trait::async_trait;
use kernel::{DivisionCode, Event, Level, Place, UnitId, division::VillageKind};
use store::{Reader, ReaderError, Row, Store, StoreError, Tx};

use super::fact;
use crate::facts::{
    divisions::KnownUnit,
    unit::{UNIT_FORMED, UNIT_RENAMED, UnitFormed, UnitRenamed},
};

/// The reader's name.
pub const NAME: &str = "organisation-units";

/// The read model.
pub struct Units;

/// A unit as the read model has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitRow {
    /// Unit, code and keeper.
    pub place: Place,
    /// Its name.
    pub name: String,
    /// Its level.
    pub level: Level,
    /// What stands behind a village code.
    pub kind: Option<VillageKind>,
    /// The unit above.
    pub parent: Option<UnitId>,
    /// The province it lies in; itself for a province.
    pub province: UnitId,
    /// The units above it, from the province down, without itself.
    pub path: Vec<UnitId>,
    /// Their names, in the same order.
    pub above: Vec<String>,
    /// How many units lie directly below.
    pub children: u64,
}

impl UnitRow {
    /// Whether it governs itself as a village or community does.
    pub fn is_village(&self) -> bool {
        self.level == Level::Village && self.kind != Some(VillageKind::Statistical)
    }
}

const COLUMNS: &str = "u.unit, u.code, u.keeper, u.name, u.level, u.kind, u.parent, u.province, u.path, \
     (SELECT COUNT(*) FROM org_unit c WHERE c.parent = u.unit)";

#[async_trait]
impl Reader for Units {
    fn name(&self) -> &str {
        NAME
    }

    fn schema(&self, _suffix: &str) -> Vec<String> {
        [
            "CREATE TABLE org_unit~ (unit TEXT PRIMARY KEY, code TEXT NOT NULL, name TEXT NOT NULL, level TEXT NOT NULL, \
             kind TEXT NOT NULL, parent TEXT NOT NULL, keeper TEXT NOT NULL, province TEXT NOT NULL, path TEXT NOT NULL, formed TEXT NOT NULL)",
            "CREATE INDEX org_unit_parent~ ON org_unit~ (parent, code)",
            "CREATE INDEX org_unit_code~ ON org_unit~ (code)",
        ]
        .map(str::to_owned)
        .into()
    }

    async fn apply(&self, tx: &mut Tx<'_>, event: &Event) -> Result<(), ReaderError> {
        match event.fact() {
            UNIT_FORMED => {
                let formed: UnitFormed = fact(event)?;
                let kind = formed.kind.and_then(|kind| serde_json::to_value(kind).ok());
                let kind = kind.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
                let parent = formed.parent.as_ref().map_or("", UnitId::as_str);
                // the unit above comes before its units in the same log
                tx.execute(
                    "INSERT INTO org_unit~ (unit, code, name, level, kind, parent, keeper, province, path, formed) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, \
                     COALESCE((SELECT p.path || p.unit || '/' FROM org_unit~ p WHERE p.unit = $6), '/'), $9)",
                    &[
                        formed.unit.as_str().into(),
                        formed.code.as_str().into(),
                        formed.name.into(),
                        formed.level.name().into(),
                        kind.into(),
                        parent.into(),
                        formed.keeper.as_str().into(),
                        formed.province.as_str().into(),
                        formed.from.to_string().into(),
                    ],
                )
                .await?;
            }
            UNIT_RENAMED => {
                let renamed: UnitRenamed = fact(event)?;
                tx.execute(
                    "UPDATE org_unit~ SET name = $2 WHERE unit = $1",
                    &[renamed.unit.as_str().into(), renamed.name.into()],
                )
                .await?;
            }
            _ => {}
        }
        Ok(())
    }
}

fn corrupt(what: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(format!("org_unit: {what}"))
}

fn path_of(text: &str) -> Vec<UnitId> {
    text.split('/').filter(|part| !part.is_empty()).map(UnitId::from).collect()
}

fn some(text: &str) -> Option<UnitId> {
    (!text.is_empty()).then(|| UnitId::from(text))
}

fn read(row: &Row) -> Result<UnitRow, StoreError> {
    let kind = match row.text(5)? {
        "" => None,
        kind => Some(serde_json::from_value(kind.into()).map_err(corrupt)?),
    };
    Ok(UnitRow {
        place: Place {
            unit: UnitId::from(row.text(0)?),
            code: DivisionCode::parse(row.text(1)?).map_err(corrupt)?,
            keeper: UnitId::from(row.text(2)?),
        },
        name: row.text(3)?.to_owned(),
        level: Level::parse(row.text(4)?).ok_or_else(|| corrupt("level"))?,
        kind,
        parent: some(row.text(6)?),
        province: UnitId::from(row.text(7)?),
        path: path_of(row.text(8)?),
        above: Vec::new(),
        children: row.u64(9)?,
    })
}

/// A unit, with the names of those above it.
///
/// # Errors
/// When the database is out of reach.
pub async fn one(store: &Store, unit: &UnitId) -> Result<Option<UnitRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM org_unit u WHERE u.unit = $1");
    let rows = store.query(&sql, &[unit.as_str().into()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let mut unit = read(row)?;
    for above in &unit.path {
        let sql = "SELECT name FROM org_unit WHERE unit = $1";
        let rows = store.query(sql, &[above.as_str().into()]).await?;
        unit.above.push(rows.first().map_or(Ok(""), |row| row.text(0))?.to_owned());
    }
    Ok(Some(unit))
}

/// The units directly below one, by code; the provinces for `None`.
///
/// # Errors
/// When the database is out of reach.
pub async fn below(store: &Store, unit: Option<&UnitId>) -> Result<Vec<UnitRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM org_unit u WHERE u.parent = $1 ORDER BY u.code");
    let parent = unit.map_or("", UnitId::as_str);
    store.query(&sql, &[parent.into()]).await?.iter().map(read).collect()
}

/// Units whose name holds a text, or whose code begins with it; at most so many, by code.
///
/// # Errors
/// When the database is out of reach.
pub async fn find(store: &Store, text: &str, most: u32) -> Result<Vec<UnitRow>, StoreError> {
    let plain: String = text.chars().filter(|c| !matches!(c, '%' | '_' | '\\')).collect();
    if plain.trim().is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM org_unit u WHERE u.name LIKE $1 OR u.code LIKE $2 ORDER BY u.code LIMIT $3"
    );
    let values = [
        format!("%{}%", plain.trim()).into(),
        format!("{}%", plain.trim()).into(),
        u64::from(most).into(),
    ];
    store.query(&sql, &values).await?.iter().map(read).collect()
}

/// The province, when there is one.
///
/// # Errors
/// When the database is out of reach.
pub async fn province(store: &Store) -> Result<Option<UnitRow>, StoreError> {
    Ok(below(store, None).await?.into_iter().next())
}

/// How many units there are of each level, from province to village.
///
/// # Errors
/// When the database is out of reach.
pub async fn counts(store: &Store) -> Result<Vec<(Level, u64)>, StoreError> {
    let rows = store.query("SELECT level, COUNT(*) FROM org_unit GROUP BY level", &[]).await?;
    let mut counts = Vec::with_capacity(rows.len());
    for row in &rows {
        counts.push((Level::parse(row.text(0)?).ok_or_else(|| corrupt("level"))?, row.u64(1)?));
    }
    counts.sort_unstable();
    Ok(counts)
}

/// Every unit as an import of divisions compares it.
///
/// # Errors
/// When the database is out of reach.
pub async fn known(store: &Store) -> Result<Vec<KnownUnit>, StoreError> {
    let rows = store.query("SELECT unit, code, name, parent FROM org_unit", &[]).await?;
    let unit = |row: &Row| {
        Ok(KnownUnit {
            unit: UnitId::from(row.text(0)?),
            code: DivisionCode::parse(row.text(1)?).map_err(corrupt)?,
            name: row.text(2)?.to_owned(),
            parent: some(row.text(3)?),
        })
    };
    rows.iter().map(unit).collect()
}
