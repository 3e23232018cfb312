//! The desk: staff pages and API of any procedure, from its definition. Knows no mechanism and no service.
//!
//! A service implements [`Office`] and mounts a [`Desk`]; order, people, clock and words come from its definitions.
//! Every route asks the access gate; whether a step is lawful is the engine's business, and a refusal is shown with its
//! article, never hidden behind a greyed button.

mod api;
mod ask;
mod case;
mod desk;
mod look;
mod office;
mod paths;
mod read;
mod refused;
mod routes;
mod schema;
mod show;
mod sitting;
mod step;
mod terms;
mod typed;
mod words;

pub use desk::{Desk, Surroundings};

pub use office::{
    Asked, Choice, Kept, Listed, Listing, Looked, Member, Office, PlaceShown, Record, Submission,
    Thing, Upload, Visitor, Wanted,
};
