//! What is open, and how far a case has come: for forms, steppers and "what happens next".

use definitions::{Competence, Definition};
use kernel::{Text, Timestamp};
use serde::Serialize;

use super::History;

/// A step that can be taken now.
#[derive(Debug, Clone, PartialEq)]
pub struct Open {
    /// Its id.
    pub step: String,
    /// What people call it.
    pub name: Text,
    /// Who may take it.
    pub by: Competence,
    /// The same as one key for pages and filters: a post or body key, resolved through tier and matter.
    pub who: Vec<String>,
    /// What was said to happen next.
    pub next: Option<Text>,
    /// By when.
    pub due: Option<Timestamp>,
    /// Not before (a window or a notice still runs).
    pub not_before: Option<Timestamp>,
    /// Beside the procedure's main line: an objection, a withdrawal, an answer.
    pub beside: bool,
}

/// How far a step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Taken.
    Done,
    /// Can be taken now.
    Now,
    /// Taken, with the outcome that sent the case back or ended it.
    Returned,
    /// Can be taken now, and its deadline has passed.
    Late,
    /// Comes later.
    NotYet,
}

/// One row of the stepper.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The step's id.
    pub step: String,
    /// What people call it.
    pub name: Text,
    /// How far.
    pub status: Status,
    /// When it was taken last.
    pub at: Option<Timestamp>,
    /// By which post.
    pub post: Option<String>,
    /// The article.
    pub law: Option<String>,
    /// By when, when open.
    pub due: Option<Timestamp>,
}

/// The steps that can be taken now, main line first.
pub fn open_steps(definition: &Definition, history: Option<&History>) -> Vec<Open> {
    let _ = (definition, history);
    Vec::new()
}

/// All main steps in the order of the file.
pub fn stepper(definition: &Definition, history: Option<&History>, now: Timestamp) -> Vec<Row> {
    let _ = (history, now);
    definition
        .steps
        .iter()
        .map(|step| Row {
            step: step.id.clone(),
            name: step.name.clone(),
            status: Status::NotYet,
            at: None,
            post: None,
            law: step.law.clone(),
            due: None,
        })
        .collect()
}
