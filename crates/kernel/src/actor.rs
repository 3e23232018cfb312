//! Who acts: a seat for officials, an id valid in one stream for residents, the calendar for what falls due.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::UnitId;

/// A seat (任职): one person holds one post of one body of one unit for a term.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Seat {
    /// The unit whose body this is: a village, or a level above.
    pub unit: UnitId,
    /// The body, such as `village-committee`.
    pub body: String,
    /// The post in it, such as `bookkeeper`.
    pub post: String,
    /// The office holder: an opaque id used for offices alone. Two seats with one holder are one person.
    pub holder: String,
}

/// Who a command comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// An office holder acting in a seat.
    Official(Seat),
    /// A resident (村民), under an id that is valid in one stream only.
    Resident(String),
    /// What happens by itself: a deadline that passes, an import, a fact heard from another service.
    System(String),
}

impl Actor {
    /// The person behind an official act; `None` for residents and what happens by itself.
    pub fn holder(&self) -> Option<&str> {
        match self {
            Self::Official(seat) => Some(&seat.holder),
            Self::Resident(_) | Self::System(_) => None,
        }
    }

    /// The post, for officials.
    pub fn post(&self) -> Option<&str> {
        match self {
            Self::Official(seat) => Some(&seat.post),
            Self::Resident(_) | Self::System(_) => None,
        }
    }

    /// Reads back what [`fmt::Display`] writes into an envelope: `(post, holder)` of an official.
    pub fn parse_official(text: &str) -> Option<(&str, &str)> {
        let (post, holder) = text.split_once('/')?;
        (post != "resident" && post != "system").then_some((post, holder))
    }
}

impl fmt::Display for Actor {
    /// The envelope's `actor`: `post/holder`, `resident/id` or `system/cause`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Official(seat) => write!(f, "{}/{}", seat.post, seat.holder),
            Self::Resident(id) => write!(f, "resident/{id}"),
            Self::System(cause) => write!(f, "system/{cause}"),
        }
    }
}
