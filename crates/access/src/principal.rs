//! Who asks: a visitor, a person with seats and a village, or one of the three administrators.

use kernel::{Refusal, Text, UnitId};
use serde::{Deserialize, Serialize};

use crate::{grants::Grants, token::Claims};

/// The three administrators (三员): three accounts, three people, none sees the villages' business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Administrator {
    /// 系统管理员: keeps the system running.
    System,
    /// 安全管理员: accounts, keys, rules of access.
    Security,
    /// 审计管理员: reads the audit trail.
    Audit,
}

impl Administrator {
    /// The name used in tokens and policies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Security => "security",
            Self::Audit => "audit",
        }
    }
}

impl Administrator {
    /// From the post of the operations body: `system-administrator`.
    pub fn of_post(post: &str) -> Option<Self> {
        let name = post.strip_suffix("-administrator")?;
        [Self::System, Self::Security, Self::Audit].into_iter().find(|office| office.name() == name)
    }
}

/// Somebody who logged in and is no administrator.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Person {
    /// The account.
    pub account: String,
    /// The opaque office-holder id, for those who hold or held a seat.
    pub holder: Option<String>,
    /// The resident id, for those who take part in their village.
    pub resident: Option<String>,
    /// The units of whose collective the person is a member.
    pub member_of: Vec<UnitId>,
    /// The seats, past ones included; which are in effect is decided when the gate is asked.
    pub grants: Grants,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// Not logged in.
    Visitor,
    /// Logged in.
    Person(Person),
    /// One of the three administrators.
    Administrator {
        /// The account.
        account: String,
        /// Which of the three.
        office: Administrator,
    },
}

impl Principal {
    /// From a verified token and the seats that this service knows of its holder. An administrator's token never
    /// carries seats along: one account is one thing.
    pub fn from_claims(claims: &Claims, grants: Grants) -> Self {
        match claims.administrator {
            Some(office) => Self::Administrator { account: claims.account.clone(), office },
            None => Self::Person(Person {
                account: claims.account.clone(),
                holder: claims.holder.clone(),
                resident: claims.resident.clone(),
                member_of: claims.member_of.iter().cloned().collect(),
                grants,
            }),
        }
    }

    /// The account, when logged in: the scope of idempotency keys.
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Visitor => None,
            Self::Person(person) => Some(&person.account),
            Self::Administrator { account, .. } => Some(account),
        }
    }
}

/// No right: what the gate answers to somebody who is logged in. Callers decide between 403 and the 404 of a thing whose
/// existence is not told.
pub fn no_right() -> Refusal {
    Refusal::new(
        "no-right",
        Text::new("您没有查看或办理此事项的权限。", "You have no right to see or do this."),
        Text::new(
            "请以本单位任职人员的账号登录，或请有此职责的人员办理。",
            "Log in with a seat of this very unit, or ask somebody who holds one.",
        ),
    )
}

/// Not logged in, and this needs it.
pub fn unauthenticated() -> Refusal {
    Refusal::new(
        "unauthenticated",
        Text::new("请先登录。", "Log in first."),
        Text::new("登录后再试。", "Log in, then try again."),
    )
}
