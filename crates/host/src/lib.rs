//! What a process of any service is made of: store, keys, committer, publisher, relay, readers. Knows no service.

pub mod clock;
pub mod hear;
pub mod holidays;
pub mod owner;
pub mod react;
mod relay_book;
pub mod remote;
pub mod secrets;
pub mod service;

pub use hear::{Copies, Hearing, Hears, SealedFields};
pub use owner::{Asker, Grant, Opened, Own, Owner, Wanted};
pub use react::{Reacting, Reacts};
pub use remote::{Remote, ServiceKey};
pub use secrets::Secrets;
pub use service::{Carrier, Host, OpenError, Settings, keep_hearing, keep_reacting};
