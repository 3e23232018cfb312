//! Definitions adopted (已通过的办事规程), version by version, with the two persons. Knows no text.

use async_trait::async_trait;
use kernel::{Event, Position};
use serde::Serialize;
use store::{Reader, ReaderError, Store, StoreError, Tx};

use super::fact;
use crate::facts::definition::{DEFINITION_ADOPTED, DefinitionAdopted};

/// The reader's name.
pub const NAME: &str = "organisation-adopted";

/// The read model.
pub struct Adopted;

/// An adopted version with its place in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdoptedRow {
    /// What was adopted.
    #[serde(flatten)]
    pub adopted: DefinitionAdopted,
    /// Where it stands.
    pub position: Position,
}

#[async_trait]
impl Reader for Adopted {
    fn name(&self) -> &str {
        NAME
    }

    fn schema(&self, _suffix: &str) -> Vec<String> {
        vec![
            "CREATE TABLE org_adopted~ (definition TEXT NOT NULL, version BIGINT NOT NULL, fact TEXT NOT NULL, \
             log TEXT NOT NULL, idx BIGINT NOT NULL, PRIMARY KEY (log, idx))"
                .to_owned(),
        ]
    }

    async fn apply(&self, tx: &mut Tx<'_>, event: &Event) -> Result<(), ReaderError> {
        if event.fact() != DEFINITION_ADOPTED {
            return Ok(());
        }
        let adopted: DefinitionAdopted = fact(event)?;
        tx.execute(
            "INSERT INTO org_adopted~ (definition, version, fact, log, idx) VALUES ($1, $2, $3, $4, $5)",
            &[
                adopted.definition.as_str().into(),
                u64::from(adopted.version).into(),
                serde_json::to_string(&adopted)?.into(),
                event.log.as_str().into(),
                event.index.into(),
            ],
        )
        .await?;
        Ok(())
    }
}

/// Everything adopted, by definition, the newest version first.
///
/// # Errors
/// When the database is out of reach.
pub async fn all(store: &Store) -> Result<Vec<AdoptedRow>, StoreError> {
    let sql = "SELECT fact, log, idx FROM org_adopted ORDER BY definition, version DESC, idx DESC";
    let rows = store.query(sql, &[]).await?;
    rows.iter()
        .map(|row| {
            let adopted = serde_json::from_str(row.text(0)?)
                .map_err(|error| StoreError::Corrupt(format!("org_adopted: {error}")))?;
            Ok(AdoptedRow {
                adopted,
                position: Position { log: row.text(1)?.into(), index: row.u64(2)? },
            })
        })
        .collect()
}
