//! NATS JetStream as the carrier.

mod feed;
mod relay;

pub use feed::NatsFeed;
pub use relay::{Relay, RelayBook, RelayState};

use async_nats::jetstream;

use crate::source::FeedError;

/// Header with the log's id.
pub(crate) const LOG: &str = "Cunwu-Log";
/// Header with the entry's index.
pub(crate) const INDEX: &str = "Cunwu-Index";
/// Header that tells an open entry from a closed one.
pub(crate) const CONTENT_TYPE: &str = "Content-Type";
/// An open entry: a CloudEvent in structured mode.
pub(crate) const CLOUDEVENT: &str = "application/cloudevents+json";
/// A closed entry: a commitment.
pub(crate) const COMMITMENT: &str = "application/octet-stream";

/// A connection to the broker. Reconnects for ever by itself.
#[derive(Clone)]
pub struct Connection(pub(crate) jetstream::Context);

impl Connection {
    /// Connects to `nats://host:port`; the broker need not be up yet.
    ///
    /// # Errors
    /// When the address cannot be understood.
    pub async fn open(url: &str, name: &str) -> Result<Self, FeedError> {
        let client = async_nats::ConnectOptions::new()
            .name(name)
            .retry_on_initial_connect()
            .max_reconnects(None)
            .reconnect_delay_callback(|attempts| {
                std::time::Duration::from_millis(50 * u64::try_from(attempts.min(20)).unwrap_or(20))
            })
            .connect(url)
            .await
            .map_err(|error| FeedError(error.to_string()))?;
        let context = jetstream::ContextBuilder::new()
            .timeout(std::time::Duration::from_secs(3))
            .ack_timeout(std::time::Duration::from_secs(5))
            .max_ack_inflight(4096)
            .build(client);
        Ok(Self(context))
    }

    /// JetStream itself, for operations and tests.
    pub fn jetstream(&self) -> &jetstream::Context {
        &self.0
    }
}
