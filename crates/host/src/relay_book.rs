//! Where the relay keeps what it has published: a row in the service's database, written only while the role is held.

use std::time::Duration;

use async_trait::async_trait;
use exchange::{RelayBook, RelayState};
use store::{Lease, Store, StoreError};
use tokio::sync::Mutex;

/// How long the role is held after each sign of life.
const HELD: Duration = Duration::from_secs(15);
const STEPS: &[&[&str]] =
    &[&["CREATE TABLE relay_state (id BIGINT PRIMARY KEY, body BYTEA NOT NULL)"]];
const LOAD: &str = "SELECT body FROM relay_state WHERE id = $1";
const SAVE: &str = "INSERT INTO relay_state (id, body) VALUES ($1, $2) \
     ON CONFLICT (id) DO UPDATE SET body = excluded.body";

/// The relay's state in the store, under the lease `relay`.
pub struct StoreBook {
    store: Store,
    holder: String,
    lease: Mutex<Option<Lease>>,
}

impl StoreBook {
    /// For a process that calls itself `holder`.
    ///
    /// # Errors
    /// When the table cannot be made.
    pub async fn open(store: Store, holder: &str) -> Result<Self, StoreError> {
        store.database().migrate("relay", STEPS).await?;
        Ok(Self { store, holder: holder.to_owned(), lease: Mutex::new(None) })
    }
}

#[async_trait]
impl RelayBook for StoreBook {
    async fn load(&self) -> Result<RelayState, String> {
        let lease = loop {
            let lease = self.store.acquire("relay", "*", &self.holder, HELD).await;
            match lease.map_err(|error| error.to_string())? {
                Some(lease) => break lease,
                None => tokio::time::sleep(Duration::from_secs(1)).await,
            }
        };
        *self.lease.lock().await = Some(lease);
        let rows = self.store.query(LOAD, &[1_i64.into()]).await.map_err(|e| e.to_string())?;
        match rows.first() {
            Some(row) => serde_json::from_slice(row.bytes(0).map_err(|e| e.to_string())?)
                .map_err(|error| error.to_string()),
            None => Ok(RelayState::default()),
        }
    }

    async fn save(&self, state: &RelayState) -> Result<(), String> {
        let body = serde_json::to_vec(state).map_err(|error| error.to_string())?;
        let lease = self.lease.lock().await.clone().ok_or("the role is not held")?;
        let kept = async {
            if !self.store.renew(&lease, HELD).await? {
                return Err(StoreError::Fenced {
                    role: lease.role.clone(),
                    scope: lease.scope.clone(),
                });
            }
            let mut tx = self.store.begin().await?;
            tx.check(&lease).await?;
            tx.execute(SAVE, &[1_i64.into(), body.into()]).await?;
            tx.commit().await
        };
        kept.await.map_err(|error| error.to_string())
    }
}
