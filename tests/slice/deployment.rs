//! Services that run apart from each other: each in a runtime of its own that can be shot at any moment and opened
//! again on what its database holds. Knows no story.

use std::{
    collections::BTreeMap,
    future::Future,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use exchange::{Connection, Entries, LogHead, Source, SourceError};
use funds_oversight::Funds;
use host::{
    Asker, Carrier, Host, Opened, Owner, Secrets, Wanted, clock::DemoClock, keep_hearing,
    keep_reacting,
};
use kernel::{Domain, LogId};
use organisation::Organisation;
use portal::shows;
use proof::ProofFile;
use store::{Readers, Store};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::sync::CancellationToken;

use crate::{
    demo::seed,
    house::{self, open::Ground},
};

/// A service that may be away.
pub struct Node<D: Domain>(Mutex<Option<(Runtime, Arc<Host<D>>)>>);

impl<D: Domain> Node<D> {
    fn away() -> Arc<Self> {
        Arc::new(Self(Mutex::new(None)))
    }

    fn live(&self) -> Option<(Handle, Arc<Host<D>>)> {
        let live = self.0.lock().unwrap();
        live.as_ref().map(|(runtime, host)| (runtime.handle().clone(), host.clone()))
    }

    /// Does something in the service; `None` when it is away, or was shot before the answer.
    pub async fn ask<T, F>(&self, what: impl FnOnce(Arc<Host<D>>) -> F) -> Option<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let (handle, host) = self.live()?;
        handle.spawn(what(host)).await.ok()
    }

    /// Ends all its tasks wherever they stand: nothing is finished, nobody is answered.
    fn shoot(&self) {
        let live = self.0.lock().unwrap().take();
        if let Some((runtime, host)) = live {
            runtime.shutdown_background();
            drop(host);
        }
    }
}

/// A service as the others see it: whatever fails on the way is an owner that does not answer.
struct Seen<D: Domain>(Arc<Node<D>>);

fn gone<T>(answer: Option<Result<T, SourceError>>) -> Result<T, SourceError> {
    answer.unwrap_or_else(|| Err(SourceError("away".to_owned())))
}

#[async_trait]
impl<D: Domain> Source for Seen<D> {
    async fn logs(&self) -> Result<Vec<LogHead>, SourceError> {
        gone(self.0.ask(|host| async move { host.owner.logs().await }).await)
    }

    async fn entries(&self, log: &LogId, from: u64, limit: u32) -> Result<Entries, SourceError> {
        let log = log.clone();
        gone(self.0.ask(|host| async move { host.owner.entries(&log, from, limit).await }).await)
    }

    async fn changed(&self, seen: u64) -> u64 {
        match self.0.ask(move |host| async move { host.owner.changed(seen).await }).await {
            Some(mark) => mark,
            None => {
                tokio::time::sleep(Duration::from_millis(100)).await;
                seen
            }
        }
    }
}

#[async_trait]
impl<D: Domain> Owner for Seen<D> {
    async fn open(
        &self,
        asker: &Asker,
        wanted: &[Wanted],
    ) -> Result<Vec<Option<Opened>>, SourceError> {
        let (asker, wanted) = (asker.clone(), wanted.to_vec());
        gone(self.0.ask(|host| async move { host.owner.open(&asker, &wanted).await }).await)
    }

    async fn definition(&self, reference: &str) -> Result<Option<String>, SourceError> {
        let reference = reference.to_owned();
        gone(self.0.ask(|host| async move { host.owner.definition(&reference).await }).await)
    }

    async fn proof(&self, log: &LogId, index: u64) -> Result<Option<ProofFile>, SourceError> {
        let log = log.clone();
        gone(self.0.ask(|host| async move { host.owner.proof(&log, index).await }).await)
    }
}

/// The names of the five, as they are shot.
pub const FIVE: [&str; 5] = ["organisation", "funds", "services", "disputes", "portal"];

/// Five services, and how they hear each other.
pub struct Deployment {
    pub organisation: Arc<Node<Organisation>>,
    pub funds: Arc<Node<Funds>>,
    pub services: Arc<Node<services::Domain>>,
    pub disputes: Arc<Node<disputes::Domain>>,
    portal: Mutex<Option<Runtime>>,
    pub clock: Arc<DemoClock>,
    pub nats: Option<String>,
    urls: BTreeMap<&'static str, String>,
    folder: PathBuf,
    starts: AtomicU64,
}

impl Deployment {
    /// Nothing runs yet.
    pub fn new(
        folder: PathBuf,
        urls: BTreeMap<&'static str, String>,
        nats: Option<String>,
        clock: Arc<DemoClock>,
    ) -> Arc<Self> {
        Arc::new(Self {
            organisation: Node::away(),
            funds: Node::away(),
            services: Node::away(),
            disputes: Node::away(),
            portal: Mutex::new(None),
            clock,
            nats,
            urls,
            folder,
            starts: AtomicU64::new(0),
        })
    }

    /// The database of a service.
    pub fn url(&self, name: &str) -> &str {
        &self.urls[name]
    }

    /// A second view of a service's database, for the one who looks on.
    pub async fn look(&self, name: &str) -> Store {
        Store::open(self.url(name), name).await.unwrap()
    }

    /// The owner of a service's logs, as others see it.
    pub fn owner(&self, name: &str) -> Arc<dyn Owner> {
        match name {
            "organisation" => Arc::new(Seen(self.organisation.clone())),
            "funds" => Arc::new(Seen(self.funds.clone())),
            "services" => Arc::new(Seen(self.services.clone())),
            "disputes" => Arc::new(Seen(self.disputes.clone())),
            other => panic!("{other} owns no logs"),
        }
    }

    /// Each start draws ids and salts of its own, as in real use: two lives of a service must never draw the same.
    fn ground(&self, name: &str) -> Ground {
        let start = self.starts.fetch_add(1, Ordering::SeqCst);
        Ground {
            data: self.folder.join(name),
            signer_state: self.folder.join("signer"),
            secrets: Secrets::of_demo(7),
            clock: self.clock.clone(),
            real: false,
            seed: seed(start, "ids"),
            calendar: host::holidays::built_in().unwrap(),
            holder: format!("{name}-one"),
        }
    }

    async fn carrier(&self, name: &str) -> Carrier {
        match &self.nats {
            Some(url) => Carrier::Nats(Box::new(
                Connection::open(url, &format!("cunwu-{name}")).await.unwrap(),
            )),
            None => Carrier::Direct,
        }
    }

    async fn open<D: Domain>(
        &self,
        kind: house::open::Kind<D>,
        carrier: &Carrier,
    ) -> anyhow::Result<Arc<Host<D>>> {
        let ground = self.ground(D::SERVICE);
        std::fs::create_dir_all(&ground.data)?;
        let opened = house::open::open(&ground, Some(self.url(D::SERVICE)), kind).await?;
        opened.host.run(CancellationToken::new());
        if let Carrier::Nats(connection) = carrier {
            opened.host.relay(connection.as_ref().clone(), 1, CancellationToken::new()).await?;
        }
        Ok(opened.host)
    }

    async fn open_organisation(self: Arc<Self>) -> anyhow::Result<Arc<Host<Organisation>>> {
        let carrier = self.carrier("organisation").await;
        let host = self.open(house::book::Rulebook::built_in()?.organisation(), &carrier).await?;
        let reacting = house::organisation_reacts(&host, self.owner("funds"));
        keep_reacting(reacting, &carrier, CancellationToken::new()).await?;
        Ok(host)
    }

    async fn open_funds(self: Arc<Self>) -> anyhow::Result<Arc<Host<Funds>>> {
        let carrier = self.carrier("funds").await;
        let host = self.open(house::book::Rulebook::built_in()?.funds(), &carrier).await?;
        let hearing = house::funds_hears(&host, self.owner("organisation"));
        keep_hearing(hearing, &carrier, CancellationToken::new()).await?;
        Ok(host)
    }

    async fn open_casework<S: casework::Service>(
        self: Arc<Self>,
        kind: house::open::Kind<casework::Casework<S>>,
    ) -> anyhow::Result<Arc<Host<casework::Casework<S>>>> {
        let carrier = self.carrier(S::SERVICE).await;
        let host = self.open(kind, &carrier).await?;
        for hearing in house::casework_hears(&host, &self.owner("organisation")) {
            keep_hearing(hearing, &carrier, CancellationToken::new()).await?;
        }
        Ok(host)
    }

    async fn open_portal(self: Arc<Self>) -> anyhow::Result<()> {
        let carrier = self.carrier("portal").await;
        let readers = Readers::new(Store::open(self.url("portal"), "portal").await?, None);
        for show in shows::ALL {
            let reader = Arc::new(shows::ShowReader(*show));
            let owner = self.owner(show.source());
            let hearing = house::portal_hears(&readers, show.source(), owner, reader);
            keep_hearing(hearing, &carrier, CancellationToken::new()).await?;
        }
        Ok(())
    }

    /// Starts a service in a runtime of its own.
    pub async fn start(self: &Arc<Self>, name: &str) {
        for attempt in 0.. {
            match self.try_start(name).await {
                Ok(()) => return,
                Err(error) if attempt < 40 => {
                    // The life before may still be letting go of a file or a lock.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    println!("{name} does not start yet: {error:#}");
                }
                Err(error) => panic!("{name} does not start: {error:#}"),
            }
        }
    }

    async fn try_start(self: &Arc<Self>, name: &str) -> anyhow::Result<()> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let this = self.clone();
        let on = runtime.handle().clone();
        macro_rules! start {
            ($node:ident, $opening:expr) => {{
                let opened = on.spawn($opening).await;
                match opened {
                    Ok(Ok(host)) => {
                        *self.$node.0.lock().unwrap() = Some((runtime, host));
                        Ok(())
                    }
                    Ok(Err(error)) => {
                        runtime.shutdown_background();
                        Err(error)
                    }
                    Err(error) => {
                        runtime.shutdown_background();
                        Err(error.into())
                    }
                }
            }};
        }
        match name {
            "organisation" => start!(organisation, this.open_organisation()),
            "funds" => start!(funds, this.open_funds()),
            "services" => {
                start!(services, this.open_casework(house::book::Rulebook::built_in()?.services()))
            }
            "disputes" => {
                start!(disputes, this.open_casework(house::book::Rulebook::built_in()?.disputes()))
            }
            _ => match on.spawn(this.open_portal()).await {
                Ok(Ok(())) => {
                    *self.portal.lock().unwrap() = Some(runtime);
                    Ok(())
                }
                failed => {
                    runtime.shutdown_background();
                    failed?
                }
            },
        }
    }

    /// Starts all five.
    pub async fn start_all(self: &Arc<Self>) {
        for name in FIVE {
            self.start(name).await;
        }
    }

    /// Ends a service wherever it stands.
    pub async fn shoot(&self, name: &str) {
        match name {
            "organisation" => self.organisation.shoot(),
            "funds" => self.funds.shoot(),
            "services" => self.services.shoot(),
            "disputes" => self.disputes.shoot(),
            _ => {
                if let Some(runtime) = self.portal.lock().unwrap().take() {
                    runtime.shutdown_background();
                }
            }
        }
        // What the system does with a killed process's sockets. The pools of lives past cannot be told from others by
        // name: what lies idle for long is cut, and a pool that still lives opens another connection.
        if self.nats.is_some() {
            let database = self.url(name).rsplit('/').next().unwrap_or_default().to_owned();
            let cut = format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'cunwu-%' AND (state = 'idle' \
                 AND state_change < now() - interval '3 seconds' OR datname = '{database}' AND state LIKE 'idle in transaction%')"
            );
            let cut = move || {
                let postgres = testbed::Postgres::shared().unwrap();
                postgres.sql(&postgres.url(), &cut).unwrap();
            };
            tokio::task::spawn_blocking(cut).await.unwrap();
        }
    }
}
