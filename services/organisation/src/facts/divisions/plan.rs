//! What a register means for the units that exist: which are formed, which renamed, which are only reported.

use std::collections::HashMap;

use kernel::{Date, DivisionCode, Entropy, Level, UnitId};

use super::{Register, read::fresh};
use crate::{
    command::Ask,
    facts::unit::{FormUnit, RenameUnit},
};

/// A unit that exists, as a read model tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownUnit {
    /// Its stable id.
    pub unit: UnitId,
    /// Its code.
    pub code: DivisionCode,
    /// Its present name.
    pub name: String,
    /// The unit above.
    pub parent: Option<UnitId>,
}

/// A unit that the register puts under another unit than it is: a merger or transfer, which people decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differs {
    /// Line in the file.
    pub line: u32,
    /// The unit as it is.
    pub known: KnownUnit,
    /// The code of the unit above, as the file says.
    pub above: DivisionCode,
}

/// What is to be done, in an order in which every unit comes after the one above it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Units to form.
    pub form: Vec<FormUnit>,
    /// Units to rename.
    pub rename: Vec<RenameUnit>,
    /// Units of this province that the file does not have: reported, never deleted.
    pub missing: Vec<KnownUnit>,
    /// Units that the file puts elsewhere: reported, never moved by a file.
    pub differs: Vec<Differs>,
    /// How many lines say what is so already.
    pub unchanged: usize,
}

impl Plan {
    /// Compares a register with the units that exist, of this province or others. New units get ids from `entropy`.
    pub fn against(
        register: &Register,
        existing: impl IntoIterator<Item = KnownUnit>,
        from: Date,
        entropy: &mut Entropy,
    ) -> Self {
        let rows = register.rows();
        let province = rows.first().map(|row| row.code);
        let mut known: HashMap<DivisionCode, KnownUnit> = existing
            .into_iter()
            .filter(|unit| province == Some(unit.code.at(Level::Province)))
            .map(|unit| (unit.code, unit))
            .collect();
        let mut plan = Self::default();
        let mut ids: Vec<UnitId> = Vec::with_capacity(rows.len());
        for row in rows {
            let at = row.parent.map(|at| at as usize);
            let above = at.and_then(|at| rows.get(at)).map(|row| row.code);
            let parent = at.and_then(|at| ids.get(at)).cloned();
            let Some(unit) = known.remove(&row.code) else {
                let unit = fresh(entropy);
                ids.push(unit.clone());
                plan.form.push(FormUnit {
                    unit,
                    code: row.code,
                    name: row.name.to_string(),
                    level: row.level,
                    parent,
                    from,
                });
                continue;
            };
            ids.push(unit.unit.clone());
            let renamed = unit.name != *row.name;
            if renamed {
                plan.rename.push(RenameUnit {
                    unit: unit.unit.clone(),
                    name: row.name.to_string(),
                    from,
                });
            }
            if let Some(above) = above
                && unit.parent != parent
            {
                plan.differs.push(Differs { line: row.line, known: unit, above });
            } else if !renamed {
                plan.unchanged += 1;
            }
        }
        plan.missing = known.into_values().collect();
        plan.missing.sort_by_key(|unit| unit.code);
        plan
    }

    /// The commands, at most `size` units each, in an order in which every unit comes after the one above it. A command
    /// that fails leaves the earlier ones done: planning anew against what exists then goes on where it stopped.
    pub fn asks(self, size: usize) -> impl Iterator<Item = Ask> {
        let size = size.max(1);
        let mut form = self.form.into_iter();
        let mut rename = self.rename.into_iter();
        std::iter::from_fn(move || {
            let form: Vec<FormUnit> = form.by_ref().take(size).collect();
            let rename: Vec<RenameUnit> = rename.by_ref().take(size - form.len()).collect();
            (!form.is_empty() || !rename.is_empty()).then_some(Ask::Divisions { form, rename })
        })
    }

    /// Whether there is nothing to do and nothing to report.
    pub fn is_empty(&self) -> bool {
        self.form.is_empty()
            && self.rename.is_empty()
            && self.missing.is_empty()
            && self.differs.is_empty()
    }
}
