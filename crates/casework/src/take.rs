//! What can be asked: a step of a procedure, or that somebody opened a sealed value. Knows no definition.

use engines::procedure::Act;
use kernel::Position;
use serde::{Deserialize, Serialize};

/// What can be asked of the service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Ask {
    /// 办理一步
    Take(Box<Take>),
    /// 记录查阅密封内容: asked by the vault alone, never through a page.
    RecordOpening {
        /// The event whose value was opened.
        of: Position,
        /// The field.
        field: String,
        /// For what.
        reason: String,
    },
}

/// A step of a procedure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Take {
    /// The case; absent for a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// The step, with what was typed.
    pub act: Act,
}
