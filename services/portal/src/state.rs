//! What every handler of the portal has: the read models, the owners, the clock, the address under which it is found.

use std::{collections::BTreeMap, sync::Arc};

use kernel::{Clock, Timestamp};
use store::Database;

use crate::{http::Headlines, owner::Owner, procedures::Procedures, reports::Reports};

/// What the host sets.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The address that QR codes lead to, without a slash at the end: `https://cunwu.example`.
    pub base_url: String,
    /// A line on every page and sheet, such as 演示数据; in Chinese and English.
    pub banner: Option<kernel::Text>,
}

/// The portal.
pub struct Portal {
    pub(crate) db: Database,
    pub(crate) owners: BTreeMap<String, Arc<dyn Owner>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Settings,
    pub(crate) procedures: Procedures,
    pub(crate) reports: Reports,
    pub(crate) headlines: Headlines,
}

impl Portal {
    /// Over the database that its readers fill; `owners` by the service's name in types (`organisation`, `funds`).
    pub fn new(
        db: Database,
        owners: BTreeMap<String, Arc<dyn Owner>>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Self {
        let (procedures, reports) = (Procedures::default(), Reports::default());
        Self { db, owners, clock, settings, procedures, reports, headlines: Headlines::default() }
    }

    /// The owner of a service's facts, when the host gave one.
    pub fn owner(&self, source: &str) -> Option<&dyn Owner> {
        self.owners.get(source).map(AsRef::as_ref)
    }

    /// The instant now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
