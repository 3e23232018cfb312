//! Which units a list may show to somebody: the one answer from which every list filters in SQL.

use std::collections::BTreeSet;

use kernel::UnitId;

/// Units that a list may show. Compared by whole ids along the path, never by a prefix of a code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// No restriction.
    pub everywhere: bool,
    /// These units and all below them.
    pub subtrees: BTreeSet<UnitId>,
    /// These units alone.
    pub units: BTreeSet<UnitId>,
    /// The units directly below these.
    pub children_of: BTreeSet<UnitId>,
}

impl Scope {
    /// Everything.
    pub fn everything() -> Self {
        Self { everywhere: true, ..Self::default() }
    }

    /// Nothing: a list is empty without asking the database.
    pub fn is_nothing(&self) -> bool {
        !self.everywhere
            && self.subtrees.is_empty()
            && self.units.is_empty()
            && self.children_of.is_empty()
    }

    /// Whether the unit is in the scope. `path`: the units above it, from the province down, without itself.
    pub fn contains(&self, unit: &UnitId, path: &[UnitId]) -> bool {
        self.everywhere
            || self.units.contains(unit)
            || self.subtrees.contains(unit)
            || path.iter().any(|above| self.subtrees.contains(above))
            || path.last().is_some_and(|parent| self.children_of.contains(parent))
    }
}
