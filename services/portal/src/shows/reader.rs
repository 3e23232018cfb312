//! A read model as a reader of the store: position and rows in one transaction, rebuilt beside the live tables.

use async_trait::async_trait;
use kernel::Event;
use store::{Reader, ReaderError, StoreError, Tx};

use super::{Entry, Show};

/// One read model, as [`store::Readers`] applies it.
#[derive(Clone, Copy)]
pub struct ShowReader(pub &'static dyn Show);

#[async_trait]
impl Reader for ShowReader {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn schema(&self, _suffix: &str) -> Vec<String> {
        // The store puts the suffix in the place of each `~` itself.
        self.0.tables().iter().map(|sql| (*sql).to_owned()).collect()
    }

    async fn apply(&self, tx: &mut Tx<'_>, event: &Event) -> Result<(), ReaderError> {
        let bytes = event.encode().map_err(|error| ReaderError::Poison(error.to_string()))?;
        let entry = Entry { event, leaf: proof::leaf_hash(&bytes).0 };
        self.0.apply(tx, &entry).await.map_err(|error| match error {
            // The event lacks something: its unit waits, everybody else goes on.
            StoreError::Corrupt(reason) => ReaderError::Poison(reason),
            other => ReaderError::Store(other),
        })
    }
}
