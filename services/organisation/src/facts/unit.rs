//! Units of the hierarchy (行政单位): formed, renamed. Knows no register file and no page.
//!
//! A unit has a stable id and one parent at a time; its code is an attribute. A code is claimed once in the province and
//! resolves for ever. Source of codes and levels: 国统字〔2009〕91号.

use kernel::{
    Claim, Date, Decision, DivisionCode, Event, Level, Place, Refusal, StreamId, Text, UnitId,
    Verdict, division::VillageKind,
};
use serde::{Deserialize, Serialize};

use super::{check_day, check_id, check_name, draft};
use crate::laws::law;

/// `unit-formed.v1`: a unit exists from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitFormed {
    /// The unit's stable id.
    pub unit: UnitId,
    /// Its 12-digit code.
    pub code: DivisionCode,
    /// Its name, such as 清波街道.
    pub name: String,
    /// Its level.
    pub level: Level,
    /// What stands behind a village code; absent above villages.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<VillageKind>,
    /// The unit above; absent for the province.
    pub parent: Option<UnitId>,
    /// The unit whose logs hold this unit's own things: the county, or the unit above the townships.
    pub keeper: UnitId,
    /// The province, in whose log divisions lie.
    pub province: UnitId,
    /// From which day.
    pub from: Date,
}

/// `unit-renamed.v1`: a unit bears another name from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitRenamed {
    /// The unit.
    pub unit: UnitId,
    /// The new name.
    pub name: String,
    /// From which day.
    pub from: Date,
}

/// The names of the events.
pub const UNIT_FORMED: &str = "unit-formed.v1";
/// See [`UnitRenamed`].
pub const UNIT_RENAMED: &str = "unit-renamed.v1";

/// Asks that a unit be formed. The keeper is computed from the unit above, never taken from the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormUnit {
    /// A fresh id.
    pub unit: UnitId,
    /// Its code.
    pub code: DivisionCode,
    /// Its name.
    pub name: String,
    /// Its level.
    pub level: Level,
    /// The unit above; absent for the province.
    pub parent: Option<UnitId>,
    /// From which day.
    pub from: Date,
}

/// Asks that a unit be renamed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenameUnit {
    /// The unit.
    pub unit: UnitId,
    /// The new name.
    pub name: String,
    /// From which day.
    pub from: Date,
}

/// A unit as its events leave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// How it was formed; the name is the present one.
    pub formed: UnitFormed,
    /// Earlier names with the last day each was borne.
    pub earlier_names: Vec<(String, Date)>,
}

impl Unit {
    /// Where this unit's own things are recorded.
    pub fn place(&self) -> Place {
        Place {
            unit: self.formed.unit.clone(),
            code: self.formed.code,
            keeper: self.formed.keeper.clone(),
        }
    }

    /// Whether bodies, seats and decisions exist here; a statistical area is kept, not governed.
    pub fn is_governed(&self) -> bool {
        self.formed.kind != Some(VillageKind::Statistical)
    }

    /// Whether it governs itself as a village or community does.
    pub fn is_village(&self) -> bool {
        self.formed.level == Level::Village && self.is_governed()
    }
}

/// The stream of a unit.
pub fn stream(unit: &UnitId) -> StreamId {
    StreamId::of("unit", unit)
}

/// The claim that makes a code unique for ever.
pub fn code_claim(code: DivisionCode) -> Claim {
    Claim { kind: "division-code", value: code.as_str().to_owned() }
}

fn refuse(code: &str, what: Text, remedy: Text) -> Refusal {
    Refusal::new(code, what, remedy).by_law(law("STAT-2009"))
}

/// Forms a unit under `above`, the state of its parent (present or just formed by the same command).
///
/// # Errors
/// A refusal when the code does not fit the level, is taken, or the parent is absent, too low or of another place.
pub fn form(
    ask: &FormUnit,
    existing: Option<&Unit>,
    above: Option<&Unit>,
    code_taken: bool,
) -> Result<(Decision, Unit), Verdict> {
    check_id("/unit", ask.unit.as_str())?;
    check_name("/name", &ask.name)?;
    check_day("/from", ask.from)?;
    if existing.is_some() {
        return Err(refuse(
            "unit-exists",
            Text::new("该单位已经存在。", "This unit exists already."),
            Text::new("如名称有变，请登记更名。", "If its name changed, record the renaming."),
        )
        .at("/unit")
        .into());
    }
    if code_taken {
        return Err(refuse(
            "code-taken",
            Text::new(
                format!("区划代码{}已属于另一单位。", ask.code),
                format!("The code {} belongs to another unit.", ask.code),
            ),
            Text::new(
                "代码一经使用永久有效，请核对代码。",
                "A code resolves for ever once used: check the code.",
            ),
        )
        .at("/code")
        .into());
    }
    if ask.code.deepest() != ask.level {
        return Err(refuse(
            "code-level",
            Text::new(
                format!("代码{}不是{}一级的代码。", ask.code, level_zh(ask.level)),
                format!("{} is not a code of level {}.", ask.code, ask.level.name()),
            ),
            Text::new(
                "该级以下各位应为零，该级本身不为零。",
                "The digits below the level are zeros, those of the level itself are not.",
            ),
        )
        .at("/level")
        .into());
    }
    let kind = match ask.level {
        Level::Village => Some(ask.code.village_kind().ok_or_else(|| {
            refuse(
                "code-range",
                Text::new(
                    format!("代码{}的后三位不在已知范围内。", ask.code),
                    format!("The last three digits of {} are in no known range.", ask.code),
                ),
                Text::new(
                    "社区为001至199，村为200至399，统计用区为400至599。",
                    "Communities have 001–199, villages 200–399, statistical areas 400–599.",
                ),
            )
            .at("/code")
        })?),
        _ => None,
    };
    check_parent(ask, above)?;
    // a unit of county level or above keeps its own logs; what lies below is kept by the unit above the townships
    let keeper = match (ask.level, above) {
        (Level::Township, Some(above)) => above.formed.unit.clone(),
        (Level::Village, Some(above)) => above.formed.keeper.clone(),
        _ => ask.unit.clone(),
    };
    let province = above.map_or_else(|| ask.unit.clone(), |unit| unit.formed.province.clone());
    let formed = UnitFormed {
        unit: ask.unit.clone(),
        code: ask.code,
        name: ask.name.clone(),
        level: ask.level,
        kind,
        parent: ask.parent.clone(),
        keeper,
        province: province.clone(),
        from: ask.from,
    };
    let place = Place { unit: ask.unit.clone(), code: ask.code, keeper: province };
    let event = draft(stream(&ask.unit), UNIT_FORMED, &formed)?.at(place);
    let unit = Unit { formed, earlier_names: Vec::new() };
    Ok((Decision { events: vec![event], claims: vec![code_claim(ask.code)] }, unit))
}

fn check_parent(ask: &FormUnit, above: Option<&Unit>) -> Result<(), Refusal> {
    let wrong = |zh: String, en: String| {
        Err(refuse(
            "wrong-parent",
            Text::new(zh, en),
            Text::new(
                "上级应为代码所属的上一级单位。",
                "The unit above is the one that the code belongs to.",
            ),
        )
        .at("/parent"))
    };
    match (ask.level, above) {
        (Level::Province, None) if ask.parent.is_none() => Ok(()),
        (Level::Province, _) => {
            wrong("省级没有上级单位。".to_owned(), "A province has no unit above.".to_owned())
        }
        (_, None) => wrong(
            format!("{}的上级单位不存在。", super::short(&ask.name)),
            format!("The unit above {} does not exist.", super::short(&ask.name)),
        ),
        (level, Some(above)) => {
            let up = &above.formed;
            let higher = up.level < level;
            // a village hangs on a township; a township on a county, or on a prefecture that has none
            let next = match level {
                Level::Village => up.level == Level::Township,
                Level::Township => matches!(up.level, Level::County | Level::Prefecture),
                _ => higher,
            };
            if higher && next && ask.code.at(up.level) == up.code {
                return Ok(());
            }
            wrong(
                format!("代码{}不属于{}（{}）。", ask.code, up.name, up.code),
                format!("The code {} does not belong to {} ({}).", ask.code, up.name, up.code),
            )
        }
    }
}

/// Renames a unit.
///
/// # Errors
/// A refusal when the unit is absent or bears the name already.
pub fn rename(ask: &RenameUnit, unit: Option<&Unit>) -> Result<Decision, Verdict> {
    check_name("/name", &ask.name)?;
    check_day("/from", ask.from)?;
    let Some(unit) = unit else {
        return Err(super::no_such_unit(&ask.unit));
    };
    if unit.formed.name == ask.name {
        return Err(refuse(
            "name-unchanged",
            Text::new(
                format!("该单位现名即为{}。", ask.name),
                format!("The unit is called {} already.", ask.name),
            ),
            Text::new("请填写新的名称。", "Write the new name."),
        )
        .at("/name")
        .into());
    }
    let renamed = UnitRenamed { unit: ask.unit.clone(), name: ask.name.clone(), from: ask.from };
    let place = Place {
        unit: ask.unit.clone(),
        code: unit.formed.code,
        keeper: unit.formed.province.clone(),
    };
    let event = draft(stream(&ask.unit), UNIT_RENAMED, &renamed)?.at(place);
    Ok(Decision { events: vec![event], claims: Vec::new() })
}

/// The unit after an event of its stream.
pub fn evolve(unit: Option<Unit>, event: &Event) -> Option<Unit> {
    match (event.fact(), unit) {
        (UNIT_FORMED, None) => {
            let formed: UnitFormed = super::read(event)?;
            Some(Unit { formed, earlier_names: Vec::new() })
        }
        (UNIT_RENAMED, Some(mut unit)) => {
            if let Some(renamed) = super::read::<UnitRenamed>(event) {
                let before = std::mem::replace(&mut unit.formed.name, renamed.name);
                unit.earlier_names.push((before, renamed.from));
            }
            Some(unit)
        }
        (_, unit) => unit,
    }
}

/// A level in Chinese.
pub const fn level_zh(level: Level) -> &'static str {
    match level {
        Level::Province => "省",
        Level::Prefecture => "地",
        Level::County => "县",
        Level::Township => "乡",
        Level::Village => "村",
    }
}
