//! The made-up village, looked into and copied: what the harness over every definition asks of it.

use definitions::PostSpec;
use engines::rehearsal::{Rehearsal, Rehearsed, Role, rehearse};
use kernel::{Date, Deadline, Event, StreamId};

use crate::catalogue::NO_CONFLICT;

use super::{Case, Definitions, Finding, Service, Trial, body_of, catalogue, parse_cases};

impl<S: Service> Clone for Trial<S> {
    fn clone(&self) -> Self {
        Self {
            log: self.log.clone(),
            now: self.now,
            set: self.set.clone(),
            seats: self.seats.clone(),
            conflicts: self.conflicts.clone(),
            place: self.place.clone(),
            on: self.on.clone(),
            sent: self.sent.clone(),
        }
    }
}

impl<S: Service> Rehearsed for Trial<S> {
    fn written(&self) -> &[Event] {
        self.log.events()
    }

    fn open(&self) -> Vec<(StreamId, Deadline)> {
        self.log.open().map(|(stream, deadline)| (stream.clone(), deadline)).collect()
    }

    fn somebody(&self, post: &PostSpec) -> Role {
        let body = body_of(&post.key).map(str::to_owned);
        Role::new(format!("{}:Somebody", post.key), body.into_iter().chain([post.key.clone()]))
    }

    fn today(&self) -> Date {
        self.now.date()
    }

    fn refuses(&self, guard: &str) -> Vec<String> {
        match guard {
            NO_CONFLICT => ["conflict", "conflict-unknown"].map(str::to_owned).to_vec(),
            guard => vec![guard.to_owned()],
        }
    }
}

/// Rehearses one definition of a checked set.
///
/// # Errors
/// What is wrong with the file of cases.
pub fn rehearsal<S: Service>(
    set: &Definitions,
    id: &str,
    (file, text): (&str, &str),
) -> Result<Rehearsal, Vec<Finding>> {
    let cases: Vec<Case> = parse_cases(file, text)?;
    let Some(definition) = set.get(id) else { return Ok(Rehearsal::default()) };
    let posts = catalogue(S::SERVICE).posts;
    Ok(rehearse(definition, &cases, &posts, &mut Trial::<S>::new(set.clone())))
}
