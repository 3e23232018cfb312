//! What can be asked: a step of a procedure, or that somebody opened what is sealed. Knows no definition.

use engines::procedure::Act;
use kernel::{Position, StreamId};
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
    /// 记录查阅密封事项: asked by the office alone, before it shows a closed case.
    Look {
        /// The case.
        case: StreamId,
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
    /// The id that a new case gets, where its receipt cannot tell it: never taken from a request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// The step, with what was typed.
    pub act: Act,
}

impl Take {
    /// The first step of a new case.
    pub fn new(act: Act) -> Self {
        Self { on: None, new: None, act }
    }

    /// A step of a case, or the first one of a new one.
    pub fn on(case: Option<String>, act: Act) -> Self {
        Self { on: case, new: None, act }
    }
}
