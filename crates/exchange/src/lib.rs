//! How services hear each other: over NATS JetStream, or inside one process. The code above cannot tell which.
//!
//! Architecture invariant: the owner's log is the truth, a message is a hint. Whatever the carrier delays, repeats, drops
//! or loses for ever, a reader applies every entry of every log exactly once and in order, because its position is
//! (log, index), it ignores repeats, and it fills holes from the owner. Nothing here knows a service or an event's meaning.

mod follow;
mod local;
mod message;
mod nats;
mod source;

pub use follow::{Follow, Trouble, catch_up, follow};
pub use local::LocalFeed;
pub use message::{Message, closed_subject, event_subject, stream_name};
pub use nats::{Connection, NatsFeed, Relay, RelayBook, RelayState};
pub use source::{
    Apply, ApplyError, Batch, Entries, Feed, FeedError, LogHead, Source, SourceError,
};
