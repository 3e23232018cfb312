//! The store: where a service's events, states, claims, keys and deadlines lie, and the committer that writes them.
//!
//! Architecture invariant: one trait, two databases (SQLite in one file, PostgreSQL in a schema of the service);
//! nothing above [`Database`] can tell which. Knows no service and no mechanism; decisions come in as a
//! [`kernel::Domain`], sealing and signing as ports.
//!
//! - [`Store`] opens the database and reads logs, entries, states and figures.
//! - [`Committer`] executes commands: group commit, idempotency, claims, deadlines, receipts.
//! - [`Readers`] apply entries in order, once, with their position in the same transaction.
//! - [`Lease`] gives a role to one process at a time.

mod backend;
mod committer;
mod database;
mod error;
mod faults;
mod lease;
mod ports;
mod readers;
mod schema;
mod store;
mod value;

pub use committer::{Committer, CommitterHandle};
pub use database::{Database, Tx};
pub use error::StoreError;
pub use faults::Faults;
pub use lease::Lease;
pub use ports::{
    BatchItem, CipherPart, KeySigner, Options, PlainPart, Ports, ReceiptSigner, SealError, Sealer,
};
pub use readers::{Applied, Parked, Reader, ReaderError, Readers, Rebuild};
pub use store::{Entry, Filter, LogInfo, SealedPart, Statistics, Store};
pub use value::{Row, Value};
