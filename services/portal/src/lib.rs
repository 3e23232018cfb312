//! The public portal (公开门户): what everybody may read, from the published events of the services. It holds no truth and
//! no key, knows no service's inside, and writes nothing but its own read models.

pub mod http;
pub mod owner;
pub mod procedures;
pub mod reports;
pub mod shows;
mod state;
pub mod telling;
pub mod words;

pub use http::router;
pub use owner::{Opened, Owner};
pub use state::{Portal, Settings};
