//! A service's process: opens what it needs, and runs what goes on by itself (deadlines, publishing, relaying, hearing).

use std::{path::PathBuf, sync::Arc, time::Duration};

use exchange::{Apply, Connection, Feed, Follow, LocalFeed, NatsFeed, Relay, Source, follow};
use kernel::{Clock, Domain, Entropy, LogKind, WorkCalendar};
use proof::SignerKey;
use publish::{Publisher, ServedLogs, SignerState};
use store::{
    Committer, CommitterHandle, KeySigner, Options, Ports, Reader, Readers, Sealer, Store,
};
use tokio_util::sync::CancellationToken;

use crate::{
    hear::{Hearing, SealedFields},
    owner::{Asker, Grant, Own, Owner},
    react::Reacting,
    relay_book::StoreBook,
    secrets::Secrets,
};

/// Closed logs are published at these hours of the day in Asia/Shanghai: 00:00 and 12:00.
const HOURS: i64 = 12 * 3_600_000_000;
/// Asia/Shanghai is eight hours ahead of UTC.
const SHANGHAI: i64 = 8 * 3_600_000_000;

/// What a service is opened with.
pub struct Settings {
    /// Its store, open.
    pub store: Store,
    /// Folder of the tiles.
    pub tiles: PathBuf,
    /// Folder of the signer's memory; outside the data folder in real use.
    pub signer_state: PathBuf,
    /// Its secrets.
    pub secrets: Secrets,
    /// Seals values.
    pub sealer: Arc<dyn Sealer>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Seed of ids and salts.
    pub seed: [u8; 32],
    /// Refuse writing when the clock is more than 2 s from the database's; off for a virtual clock.
    pub check_clock: bool,
    /// Idempotency records are kept for ever, not 90 days.
    pub keep_keys: bool,
    /// Holidays.
    pub calendar: WorkCalendar,
    /// How this process is called in leases.
    pub holder: String,
}

/// Why a service did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// A folder.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// A key.
    #[error("{0}")]
    Key(#[from] proof::NoteError),
    /// The broker's address.
    #[error("{0}")]
    Broker(#[from] exchange::FeedError),
    /// Publishing what was there.
    #[error("{0}")]
    Publish(#[from] publish::PublishError),
}

/// One service, open.
pub struct Host<D: Domain> {
    /// Where everything lies.
    pub store: Store,
    /// Takes commands.
    pub committer: CommitterHandle<D>,
    /// What others may have.
    pub owner: Arc<Own<D>>,
    /// Signs and serves the logs.
    pub publisher: Arc<Publisher>,
    /// Applies entries to readers.
    pub readers: Readers,
    holder: String,
    clock: Arc<dyn Clock>,
}

/// From where another service is heard.
pub enum Carrier {
    /// From the owner in this process, or by asking the owner again and again.
    Direct,
    /// Over JetStream.
    Nats(Box<Connection>),
}

impl<D: Domain> Host<D> {
    /// Opens the service. `definitions` are (reference, text).
    ///
    /// # Errors
    /// With the remedy, when something it needs is not there or not right.
    pub async fn open(
        settings: Settings,
        domain: D,
        definitions: Vec<(String, String)>,
        grants: Vec<Grant>,
    ) -> Result<Self, OpenError> {
        let Settings { store, tiles, signer_state, secrets, sealer, clock, seed, .. } = settings;
        let service = store.service().to_owned();
        let service = service.as_str();
        let receipts =
            SignerKey::from_seed(&format!("cunwu/{service}"), &secrets.key(service, "receipts"))?;
        let ports = Ports {
            clock: clock.clone(),
            entropy: Entropy::from_seed(seed),
            calendar: settings.calendar,
            sealer: sealer.clone(),
            signer: Arc::new(KeySigner::new(receipts, publish::origin)),
            hmac_key: secrets.key(service, "hmac"),
            options: Options {
                check_clock: settings.check_clock,
                keep_keys: settings.keep_keys,
                ..Options::default()
            },
        };
        let committer = Committer::start(store.clone(), domain, ports);
        let owner = Arc::new(Own::new(committer.clone(), definitions, grants));
        let publisher = Arc::new(Publisher::new(
            owner.clone(),
            tiles,
            SignerState::open(signer_state)?,
            secrets.key(service, "logs"),
        ));
        owner.publish_with(publisher.clone());
        let readers = Readers::new(store.clone(), Some(sealer));
        Ok(Self { store, committer, owner, publisher, readers, holder: settings.holder, clock })
    }

    /// For the routes of the logs.
    pub fn served_logs(&self) -> ServedLogs {
        ServedLogs { publisher: self.publisher.clone(), owner: self.owner.clone() }
    }

    /// Publishes what there is now; with closed logs, padded, when `closed_too`.
    ///
    /// # Errors
    /// When a log is refused or out of reach.
    pub async fn publish_now(&self, closed_too: bool) -> Result<usize, OpenError> {
        if closed_too {
            for log in self.store.logs().await? {
                if log.kind == LogKind::Closed {
                    self.committer.pad_closed(&log.id).await?;
                }
            }
        }
        Ok(self.publisher.publish(closed_too).await?)
    }

    /// Starts what goes on by itself: deadlines and publishing.
    pub fn run(self: &Arc<Self>, stop: CancellationToken) {
        let due = self.committer.spawn_due_worker(self.holder.clone(), Duration::from_secs(1));
        let host = self.clone();
        tokio::spawn(async move {
            host.keep_publishing(&stop).await;
            due.abort();
        });
    }

    async fn keep_publishing(&self, stop: &CancellationToken) {
        let hour = |micros: i64| (micros + SHANGHAI).div_euclid(HOURS);
        let mut published = hour(self.clock.now().micros()) - 1;
        while !stop.is_cancelled() {
            match self.publish_when_ours(&mut published, hour(self.clock.now().micros())).await {
                Ok(()) => {}
                Err(error) => {
                    tracing::error!(service = self.store.service(), %error, "publishing");
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
        }
    }

    async fn publish_when_ours(&self, published: &mut i64, hour: i64) -> Result<(), OpenError> {
        let held = Duration::from_secs(15);
        if self.store.acquire("sign", "*", &self.holder, held).await?.is_none() {
            return Ok(());
        }
        let closed_too = *published < hour;
        self.publish_now(closed_too).await?;
        *published = hour;
        Ok(())
    }

    /// Relays the logs to the broker until told to stop.
    ///
    /// # Errors
    /// When the relay's table cannot be made.
    pub async fn relay(
        self: &Arc<Self>,
        connection: Connection,
        replicas: usize,
        stop: CancellationToken,
    ) -> Result<(), OpenError> {
        let relay = Relay {
            connection,
            service: self.store.service().to_owned(),
            owner: self.owner.clone(),
            book: Arc::new(StoreBook::open(self.store.clone(), &self.holder).await?),
            replicas,
        };
        tokio::spawn(relay.run(stop));
        Ok(())
    }

    /// Keeps a read model of the own logs until told to stop. Its tables are made first.
    ///
    /// # Errors
    /// When its tables have changed: rebuild it.
    pub async fn show(&self, reader: Arc<dyn Reader>) -> Result<(), OpenError> {
        self.readers.prepare(reader.as_ref()).await?;
        self.readers.follow(reader).await?;
        Ok(())
    }

    /// What hears another service in this one's name.
    pub fn hearing(
        &self,
        source: &str,
        owner: Arc<dyn Owner>,
        reader: Arc<dyn Reader>,
        sealed_fields: SealedFields,
    ) -> Hearing {
        Hearing {
            readers: self.readers.clone(),
            reader,
            source: source.to_owned(),
            owner,
            asker: Asker::Service(self.store.service().to_owned()),
            sealed_fields,
        }
    }
}

/// Goes on hearing until told to stop.
///
/// # Errors
/// When the reader's tables have changed: rebuild it.
pub async fn keep_hearing(
    hearing: Hearing,
    carrier: &Carrier,
    stop: CancellationToken,
) -> Result<(), OpenError> {
    hearing.readers.prepare(hearing.reader.as_ref()).await?;
    let (owner, source) = (hearing.owner.clone(), hearing.source.clone());
    spawn_following(Arc::new(hearing), owner, &source, carrier, stop);
    Ok(())
}

/// Goes on hearing and reacting until told to stop.
///
/// # Errors
/// When the reader's tables have changed: rebuild it.
pub async fn keep_reacting<D: Domain>(
    reacting: Reacting<D>,
    carrier: &Carrier,
    stop: CancellationToken,
) -> Result<(), OpenError> {
    reacting.prepare().await?;
    let (owner, source) = (reacting.hearing().owner.clone(), reacting.hearing().source.clone());
    spawn_following(Arc::new(reacting), owner, &source, carrier, stop);
    Ok(())
}

fn spawn_following(
    reader: Arc<dyn Apply>,
    owner: Arc<dyn Owner>,
    source: &str,
    carrier: &Carrier,
    stop: CancellationToken,
) {
    let feed: Box<dyn Feed> = match carrier {
        Carrier::Direct => Box::new(LocalFeed::new(owner.clone() as Arc<dyn Source>)),
        Carrier::Nats(connection) => {
            Box::new(NatsFeed::new(connection.as_ref().clone(), source, reader.name()))
        }
    };
    tokio::spawn(follow(Follow { reader, owner, feed }, stop));
}
