//! The desk: staff pages and API of any procedure, from its definition. Knows no mechanism and no service.
//!
//! A service implements [`Office`] and mounts a [`Desk`]; order, people, clock and words come from its definitions.
//! Every route asks the access gate; whether a step is lawful is the engine's business, and a refusal is shown with its
//! article, never hidden behind a greyed button.

mod office;

pub use office::{
    Asked, Choice, Listed, Listing, Member, Names, Office, PlaceShown, Record, Submission, Thing,
    Upload, Visitor, Wanted,
};

use definitions::{Definition, Definitions, RunningMode};
use engines::procedure::History;

/// The definition that governs a thing: the one it began under where a new version says `keep`, else the one in force.
pub fn governing<'a>(
    definitions: &'a Definitions,
    procedure: &str,
    history: Option<&History>,
) -> Option<&'a Definition> {
    let now = definitions.get(procedure)?;
    let began = history
        .and_then(|history| history.began_under.as_ref())
        .and_then(|reference| definitions.by_reference(reference));
    match (now.running.mode, began) {
        (RunningMode::Keep, Some(began)) => Some(began),
        _ => Some(now),
    }
}
