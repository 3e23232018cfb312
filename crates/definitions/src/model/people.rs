//! Who is competent: tiers, posts, bodies; and kinds of matter with the body that each needs.

use std::collections::BTreeMap;

use kernel::Text;

use super::step::{Ballot, Counted, Within};
use crate::number::Threshold;

/// A tier: a row of conditions and who is competent in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// All must hold.
    pub when: Vec<Condition>,
    /// Who is competent, by role: `approve`.
    pub roles: BTreeMap<String, Who>,
    /// Fields that are needed in this tier.
    pub needs: Vec<String>,
    /// Line of the row.
    pub line: usize,
}

/// `amount < tier2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The field on the left.
    pub field: String,
    /// The comparison.
    pub op: Op,
    /// The parameter on the right.
    pub parameter: String,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

impl Op {
    /// Whether an ordering satisfies it.
    pub fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
            Self::More => ordering.is_gt(),
            Self::AtLeast => ordering.is_ge(),
        }
    }
}

/// Who is competent (有权办理者).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Any of these posts.
    Post(Vec<String>),
    /// A body, by its members or in a sitting.
    Body(String),
    /// The body that the matter's row names.
    MatterBody,
    /// Whom the tier names for this role.
    Tier(String),
    /// A resident of this kind (a post of the catalogue with `resident`).
    Resident(String),
    /// What happens by itself: a fact heard, an answer of a machine.
    System(String),
}

/// Who may take a step, who may not also, and who instead when all are barred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Competence {
    /// Who.
    pub who: Who,
    /// Steps whose person may not take this one too (四眼原则).
    pub not_also: Vec<String>,
    /// The post or body above that acts where all are barred.
    pub otherwise: Option<String>,
    /// The article behind it, where it is another than the step's.
    pub law: Option<String>,
}

/// A kind of matter (事项类别).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matter {
    /// Its id: the value of a field of type `matter-type`.
    pub id: String,
    /// What people call it.
    pub name: Text,
    /// The body that decides.
    pub body: String,
    /// Notice before its sitting.
    pub notice: Within,
    /// Quorum.
    pub quorum: Threshold,
    /// Majority.
    pub majority: Threshold,
    /// Of whom.
    pub counted: Counted,
    /// How votes are given; `None`: either.
    pub ballot: Option<Ballot>,
    /// The article.
    pub law: String,
    /// Whether it spends money.
    pub spends: bool,
    /// Line of the row.
    pub line: usize,
}
