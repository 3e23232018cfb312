//! A service opened on a data folder in the test's own process, as the program opens it, by a clock set by hand.
#![allow(dead_code)]

use std::{path::Path, sync::Arc};

use host::{Host, Secrets, Settings, clock::DemoClock};
use kernel::{Actor, Answer, Command, Domain, Place, Timestamp, Verdict};
use sealed::{MasterKey, Vault, VaultConfig};
use store::Store;

/// One service, open.
pub struct House<D: Domain> {
    pub host: Arc<Host<D>>,
    pub vault: Arc<Vault>,
    pub clock: Arc<DemoClock>,
    secrets: Secrets,
}

pub type Funds = House<funds_oversight::Funds>;
pub type Organisation = House<organisation::Organisation>;

impl Funds {
    pub async fn open(data: &Path, signer: &Path) -> Self {
        let definitions = definitions::Definitions::check(
            &funds_oversight::funds::EMBEDDED,
            &funds_oversight::catalogue(),
        )
        .unwrap();
        Self::on(data, signer, funds_oversight::Funds::new(definitions), Vec::new()).await
    }

    /// A bank account is recorded by a village's bookkeeper.
    pub async fn bank_account(&self, account: &str, number: &str) -> Answer {
        let body = funds_oversight::Ask::RecordBankAccount {
            account: account.into(),
            kind: funds_oversight::facts::bank::AccountKind::General,
            held_by: funds_oversight::facts::bank::HeldBy::Collective,
            number: number.into(),
        };
        let (place, actor) = self.first("bank-account-opened.v1").await;
        self.ask(place, actor, body).await.unwrap()
    }

    /// The public key of this service's receipts.
    pub fn receipts_key(&self) -> String {
        let seed = self.secrets.key("funds", "receipts");
        proof::SignerKey::from_seed("cunwu/funds", &seed).unwrap().verifier().to_string()
    }
}

impl Organisation {
    pub async fn open(data: &Path, signer: &Path, grants: Vec<host::Grant>) -> Self {
        let definitions = definitions::Definitions::check(
            organisation::catalogue::DEFINITIONS,
            &organisation::catalogue::catalogue(),
        )
        .unwrap();
        let domain =
            organisation::Organisation::new(definitions, organisation::laws::table().clone());
        Self::on(data, signer, domain, grants).await
    }
}

impl<D: Domain> House<D> {
    async fn on(data: &Path, signer: &Path, domain: D, grants: Vec<host::Grant>) -> Self {
        let service = D::SERVICE;
        let url = |name: &str| format!("sqlite:{}", data.join(format!("{name}.sqlite")).display());
        let store = Store::open(&url(service), service).await.unwrap();
        let secrets = Secrets::open(&data.join("keys/secrets.json")).unwrap();
        let config = VaultConfig {
            keys: url(&format!("{service}.keys")),
            name: format!("{service}_keys"),
            master: MasterKey::from_file_or_new(&data.join(format!("keys/{service}.master")))
                .unwrap(),
            tombstones: signer.join(format!("{service}.tombstones")),
        };
        let vault = Arc::new(Vault::open(config, store.clone()).await.unwrap());
        // The day after all that is written.
        let last = store
            .logs()
            .await
            .unwrap()
            .iter()
            .map(|log| log.last.micros())
            .max()
            .unwrap_or_default();
        let clock = Arc::new(DemoClock::at(Timestamp::from_micros(last + kernel::time::DAY)));
        let settings = Settings {
            store,
            tiles: data.join("tiles").join(service),
            signer_state: signer.join(service),
            secrets: secrets.clone(),
            sealer: vault.clone(),
            clock: clock.clone(),
            seed: [77; 32],
            check_clock: false,
            keep_keys: true,
            calendar: host::holidays::built_in().unwrap(),
            holder: "test".to_owned(),
        };
        let host = Arc::new(Host::open(settings, domain, Vec::new(), grants).await.unwrap());
        Self { host, vault, clock, secrets }
    }

    /// Asks under a key of its own.
    pub async fn ask(
        &self,
        place: Place,
        actor: Actor,
        body: D::Command,
    ) -> Result<Answer, Verdict> {
        static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let command = Command {
            principal: "test".to_owned(),
            key: format!("test-{count}"),
            actor,
            place,
            seen: None,
            causation: None,
            body,
        };
        self.host.committer.submit(command).await
    }

    /// Where and by whom the first event of this fact was written.
    pub async fn first(&self, fact: &str) -> (Place, Actor) {
        let event =
            self.events(fact).await.into_iter().next().unwrap_or_else(|| panic!("no {fact}"));
        let logs = self.host.store.logs().await.unwrap();
        let keeper = logs.iter().find(|log| log.id == event.log).unwrap().keeper.clone();
        let actor = seated(&event);
        (Place { unit: event.unit, code: event.village, keeper }, actor)
    }

    /// All events of this fact in the open logs.
    pub async fn events(&self, fact: &str) -> Vec<kernel::Event> {
        self.host
            .store
            .query("SELECT bytes FROM core_entry WHERE fact = $1 ORDER BY log, idx", &[fact.into()])
            .await
            .unwrap()
            .iter()
            .map(|row| kernel::Event::decode(row.bytes(0).unwrap()).unwrap())
            .collect()
    }

    /// Ends it.
    pub async fn close(self) {
        self.host.store.close().await;
    }
}

/// The seat that wrote an event.
fn seated(event: &kernel::Event) -> Actor {
    let (post, holder) = Actor::parse_official(event.actor.as_str()).unwrap();
    organisation::domain::official(&event.unit, post, holder).unwrap()
}
