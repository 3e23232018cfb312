//! The service as a program mounts it: read models started, the desk's routes and those of bookkeeping. Decides nothing.

mod api;
mod pages;
mod warnings;

use std::sync::Arc;

use access::Door;
use desk::{Desk, Surroundings};
use host::{Hearing, Host, OpenError, Owner};
use sealed::{Attachments, Vault};
use web::Routes;

use crate::{
    Funds,
    shows::{Board, Directory, Ledger},
    staff::{FundsOffice, Parts, papers},
    watching::{reader::Watcher, teller},
};

/// What the program gives the service.
pub struct Ports {
    /// Verifies who comes, with organisation's public keys.
    pub door: Arc<Door>,
    /// Opens what is sealed.
    pub vault: Arc<Vault>,
    /// Keeps papers.
    pub attachments: Arc<Attachments>,
    /// Gate, clock, entropy, banner, navigation.
    pub around: Surroundings,
}

/// Funds-oversight, with its read models running.
#[derive(Clone)]
pub struct Service {
    pub(crate) office: Arc<FundsOffice>,
    pub(crate) around: Surroundings,
}

impl Service {
    /// Starts the read models of the own logs. Organisation is heard besides: see [`Service::directory`].
    ///
    /// # Errors
    /// When tables cannot be made or have changed: rebuild them.
    pub async fn start(host: Arc<Host<Funds>>, ports: Ports) -> Result<Self, OpenError> {
        let Ports { door, vault, attachments, around } = ports;
        papers::prepare(&host.store).await?;
        // Joined by the lists: there also before organisation was heard.
        host.readers.prepare(&Directory).await?;
        let office = FundsOffice::new(Parts {
            host: host.clone(),
            vault,
            attachments,
            door,
            gate: around.gate.clone(),
        });
        let definitions = desk::Office::definitions(office.as_ref());
        host.show(Arc::new(Board::new(definitions))).await?;
        host.show(Arc::new(Ledger)).await?;
        let watches = host.committer.domain().watches().clone();
        let sealer = host.committer.sealer().clone();
        host.show(Arc::new(Watcher::new(watches, host.store.clone(), sealer))).await?;
        teller::keep_telling(&host);
        Ok(Self { office, around })
    }

    /// What hears organisation's units, seats and resolutions by name into the tables of the pages: to be kept hearing
    /// beside the copies that decisions read. Asks for nothing sealed.
    pub fn directory(&self, organisation: Arc<dyn Owner>) -> Hearing {
        let host = self.office.host();
        host.hearing("organisation", organisation, Arc::new(Directory), Arc::new(|_| &[]))
    }

    /// The office, for who needs more than the routes.
    pub fn office(&self) -> &Arc<FundsOffice> {
        &self.office
    }

    /// All routes of the service.
    pub fn routes(&self) -> Routes<()> {
        Desk::new(self.office.clone(), self.around.clone())
            .routes()
            .merge(api::routes(self))
            .merge(pages::routes(self))
            .merge(warnings::routes(self))
    }
}

/// All routes of the service.
pub fn routes(service: &Service) -> Routes<()> {
    service.routes()
}
