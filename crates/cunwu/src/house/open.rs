//! Opens one service: its database, its keys, its vault, its host.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use casework::{KeepsOpenings, Openings};
use host::{Grant, Host, Secrets, Settings};
use kernel::{Clock, Domain, WorkCalendar};
use sealed::{Attachments, MasterKey, OpeningLog, Vault, VaultConfig};
use store::{CommitterHandle, Store};

/// Where a process keeps things, and by which clock it goes.
#[derive(Clone)]
pub struct Ground {
    /// The data folder.
    pub data: PathBuf,
    /// The signer's memory.
    pub signer_state: PathBuf,
    /// The deployment's secrets.
    pub secrets: Secrets,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Whether the clock is the real one.
    pub real: bool,
    /// Seed of ids and salts.
    pub seed: [u8; 32],
    /// Holidays.
    pub calendar: WorkCalendar,
    /// How this process is called in leases.
    pub holder: String,
}

impl Ground {
    /// For real use: secrets made at the first start, randomness of the system, the real clock.
    ///
    /// # Errors
    /// When the folder cannot be used, with the remedy.
    pub fn real(data: &Path, signer_state: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(data)
            .with_context(|| format!("making the data folder {}", data.display()))?;
        let mut seed = [0; 32];
        let mut own = [0; 8];
        for bytes in [&mut seed[..], &mut own[..]] {
            getrandom::fill(bytes).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        }
        Ok(Self {
            data: data.to_owned(),
            signer_state: signer_state.to_owned(),
            secrets: Secrets::open(&data.join("keys/secrets.json"))?,
            clock: Arc::new(host::clock::SystemClock),
            real: true,
            seed,
            calendar: host::holidays::built_in().map_err(anyhow::Error::msg)?,
            // Processes in containers all have the same number; two of one name would both hold a role.
            holder: format!("process-{}-{}", std::process::id(), hex::encode(own)),
        })
    }

    /// A seed of its own for each service, so that two never draw the same ids.
    fn seed_of(&self, service: &str) -> [u8; 32] {
        use sha2::{Digest, Sha256};
        Sha256::new().chain_update(self.seed).chain_update(service).finalize().into()
    }

    /// The default database of a service: a file in the data folder.
    pub fn database(&self, name: &str) -> String {
        format!("sqlite:{}", self.data.join(format!("{name}.sqlite")).display())
    }
}

/// One service, open, with what its pages need besides.
pub struct Opened<D: Domain> {
    /// The service.
    pub host: Arc<Host<D>>,
    /// Opens and erases.
    pub vault: Arc<Vault>,
    /// Files.
    pub attachments: Arc<Attachments>,
}

/// What a service brings.
pub struct Kind<D: Domain> {
    /// Its decisions.
    pub domain: D,
    /// Its definitions: (reference, text).
    pub definitions: Vec<(String, String)>,
    /// What it grants others.
    pub grants: Vec<Grant>,
    /// Idempotency records are kept for ever.
    pub keep_keys: bool,
    /// Where it says who opened a sealed value; without it none is opened.
    pub openings: Option<Arc<dyn RecordsOpenings<D>>>,
}

/// A place for openings that records them with the service's own committer, which needs the vault first.
pub trait RecordsOpenings<D: Domain>: OpeningLog {
    /// The committer; given once.
    fn record_with(&self, committer: CommitterHandle<D>);
}

impl<D: KeepsOpenings> RecordsOpenings<D> for Openings<D> {
    fn record_with(&self, committer: CommitterHandle<D>) {
        Openings::record_with(self, committer);
    }
}

/// Opens a service on its ground; `database` when it is not the default one.
///
/// # Errors
/// With the remedy, when something it needs is not there or not right.
pub async fn open<D: Domain>(
    ground: &Ground,
    database: Option<&str>,
    kind: Kind<D>,
) -> anyhow::Result<Opened<D>> {
    let service = D::SERVICE;
    let url = database.map_or_else(|| ground.database(service), str::to_owned);
    let store = Store::open(&url, service).await.with_context(|| format!("opening {service}"))?;
    let keys = if url.starts_with("postgres") {
        std::env::var("CUNWU_KEYS_URL").unwrap_or_else(|_| url.clone())
    } else {
        ground.database(&format!("{service}.keys"))
    };
    let config = VaultConfig {
        keys,
        name: format!("{service}_keys"),
        master: MasterKey::from_file_or_new(&ground.data.join(format!("keys/{service}.master")))?,
        tombstones: ground.signer_state.join(format!("{service}.tombstones")),
    };
    std::fs::create_dir_all(&ground.signer_state)?;
    let mut vault = Vault::open(config, store.clone()).await?;
    if let Some(openings) = kind.openings.clone() {
        vault = vault.recording(openings);
    }
    let vault = Arc::new(vault);
    let attachments =
        Arc::new(Attachments::open(ground.data.join("attachments").join(service), vault.clone())?);
    let settings = Settings {
        store,
        tiles: ground.data.join("tiles").join(service),
        signer_state: ground.signer_state.join(service),
        secrets: ground.secrets.clone(),
        sealer: vault.clone(),
        clock: ground.clock.clone(),
        seed: ground.seed_of(service),
        check_clock: ground.real,
        keep_keys: kind.keep_keys,
        calendar: ground.calendar.clone(),
        holder: ground.holder.clone(),
    };
    let host = Host::open(settings, kind.domain, kind.definitions, kind.grants).await?;
    if let Some(openings) = kind.openings {
        openings.record_with(host.committer.clone());
    }
    Ok(Opened { host: Arc::new(host), vault, attachments })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_processes_hold_a_role_under_one_name() {
        let folder = tempfile::tempdir().unwrap();
        let ground = |name: &str| {
            let data = folder.path().join(name);
            Ground::real(&data, &data.join("signer")).unwrap().holder
        };
        assert_ne!(ground("one"), ground("two"));
    }
}
