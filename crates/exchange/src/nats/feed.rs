//! A reader's end: a durable pull consumer. Lost or out of order makes no difference to the follower.

use std::time::Duration;

use async_nats::jetstream::{
    self,
    consumer::{AckPolicy, DeliverPolicy, PullConsumer, pull},
};
use async_trait::async_trait;
use futures::StreamExt;
use kernel::{LogId, LogKind};

use super::{CLOUDEVENT, CONTENT_TYPE, Connection, INDEX, LOG};
use crate::{
    message::{Message, stream_name},
    source::{Batch, Feed, FeedError},
};

/// Messages taken at once.
const BATCH: usize = 500;
/// How long a fetch waits for the first message.
const WAIT: Duration = Duration::from_millis(700);

/// Hears one service over JetStream.
pub struct NatsFeed {
    connection: Connection,
    service: String,
    durable: String,
    consumer: Option<PullConsumer>,
}

impl NatsFeed {
    /// `durable` names the reader, such as `funds-hears`.
    pub fn new(connection: Connection, service: &str, durable: &str) -> Self {
        Self {
            connection,
            service: service.to_owned(),
            durable: durable.to_owned(),
            consumer: None,
        }
    }

    async fn consumer(&mut self) -> Result<PullConsumer, FeedError> {
        if let Some(consumer) = &self.consumer {
            return Ok(consumer.clone());
        }
        let fail = |error: String| FeedError(error);
        let stream = self
            .connection
            .0
            .get_stream(stream_name(&self.service))
            .await
            .map_err(|e| fail(e.to_string()))?;
        let consumer: PullConsumer = stream
            .get_or_create_consumer(
                &self.durable,
                pull::Config {
                    durable_name: Some(self.durable.clone()),
                    deliver_policy: DeliverPolicy::All,
                    ack_policy: AckPolicy::Explicit,
                    ack_wait: Duration::from_secs(30),
                    max_ack_pending: 4096,
                    ..pull::Config::default()
                },
            )
            .await
            .map_err(|e| fail(e.to_string()))?;
        self.consumer = Some(consumer.clone());
        Ok(consumer)
    }

    async fn fetch(&mut self) -> Result<Batch, FeedError> {
        let consumer = self.consumer().await?;
        let mut messages = consumer
            .fetch()
            .max_messages(BATCH)
            .expires(WAIT)
            .messages()
            .await
            .map_err(|e| FeedError(e.to_string()))?;
        let mut batch = Batch::default();
        while let Some(message) = messages.next().await {
            let message = message.map_err(|e| FeedError(e.to_string()))?;
            let (message, ack) = message.split();
            // A message without a place was not put there by a relay: acknowledged, so that it does not come again.
            batch.messages.extend(read(&message));
            batch.acks.push(ack);
        }
        if batch.messages.is_empty() && batch.acks.is_empty() {
            // Nothing came: the consumer may be gone with its stream. Asking costs one round trip a quiet second.
            if consumer.get_info().await.is_err() {
                self.consumer = None;
            }
        }
        Ok(batch)
    }
}

fn read(message: &async_nats::Message) -> Option<Message> {
    let headers = message.headers.as_ref()?;
    let kind = match headers.get(CONTENT_TYPE)?.as_str() {
        CLOUDEVENT => LogKind::Open,
        _ => LogKind::Closed,
    };
    Some(Message {
        log: LogId::new(headers.get(LOG)?.as_str()),
        index: headers.get(INDEX)?.as_str().parse().ok()?,
        kind,
        bytes: message.payload.clone(),
    })
}

#[async_trait]
impl Feed for NatsFeed {
    async fn next(&mut self) -> Result<Batch, FeedError> {
        let fetched = tokio::time::timeout(WAIT + Duration::from_secs(3), self.fetch()).await;
        match fetched {
            Ok(Ok(batch)) => Ok(batch),
            Ok(Err(error)) => {
                self.consumer = None;
                Err(error)
            }
            Err(_) => {
                self.consumer = None;
                Err(FeedError("no answer from the broker".to_owned()))
            }
        }
    }

    async fn done(&mut self, batch: Batch) -> Result<(), FeedError> {
        for ack in batch.acks {
            // A lost acknowledgement means a repeat, which the position ignores.
            ack.ack_with(jetstream::AckKind::Ack).await.map_err(|e| FeedError(e.to_string()))?;
        }
        Ok(())
    }
}
