//! The house: which services run in this process, and how they hear each other.

pub mod book;
pub mod builtin;
pub mod desks;
pub mod figures;
pub mod hears;
pub mod open;
mod own;
pub mod portal;

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context;
use definitions::RunningMode;
use funds_oversight::Funds;
use host::{Asker, Copies, Hearing, Host, Owner, Reacting};
use kernel::{Actor, Command, Domain, Place};
use organisation::{
    Ask, Organisation,
    facts::definition::{self, AdoptDefinition, FIRST_START, Running},
};
use store::{Readers, Store};

use self::{
    book::{Adoptable, Rulebook},
    hears::{
        AnswersProposals, FundsHears, NoCopies, OrganisationHears, RecordsAnswers, RecordsDrawings,
    },
    open::{Ground, Opened},
};

/// All services of one process, open.
pub struct House {
    pub ground: Ground,
    /// The definitions that it runs.
    pub rules: Rulebook,
    pub organisation: Option<Opened<Organisation>>,
    pub funds: Option<Opened<Funds>>,
    pub services: Option<Opened<services::Domain>>,
    pub disputes: Option<Opened<disputes::Domain>>,
    pub portal: Option<Readers>,
}

impl House {
    /// Nothing open yet.
    pub fn empty(ground: Ground, rules: Rulebook) -> Self {
        Self {
            ground,
            rules,
            organisation: None,
            funds: None,
            services: None,
            disputes: None,
            portal: None,
        }
    }

    /// All services in one process, on SQLite.
    ///
    /// # Errors
    /// With the remedy, when something is not there or not right.
    pub async fn whole(ground: Ground, rules: Rulebook) -> anyhow::Result<Self> {
        let organisation = open::open(&ground, None, rules.organisation()).await?;
        let funds = open::open(&ground, None, rules.funds()).await?;
        let services = open::open(&ground, None, rules.services()).await?;
        let disputes = open::open(&ground, None, rules.disputes()).await?;
        let portal = Store::open(&ground.database("portal"), "portal").await?;
        Ok(Self {
            ground,
            rules,
            organisation: Some(organisation),
            funds: Some(funds),
            services: Some(services),
            disputes: Some(disputes),
            portal: Some(Readers::new(portal, None)),
        })
    }

    /// The open organisation.
    ///
    /// # Errors
    /// When this process does not run it.
    pub fn organisation(&self) -> anyhow::Result<Arc<Host<Organisation>>> {
        Ok(self.organisation.as_ref().context("organisation does not run here")?.host.clone())
    }

    /// The open funds-oversight.
    ///
    /// # Errors
    /// When this process does not run it.
    pub fn funds(&self) -> anyhow::Result<Arc<Host<Funds>>> {
        Ok(self.funds.as_ref().context("funds-oversight does not run here")?.host.clone())
    }

    /// Funds hears organisation, both in this process.
    ///
    /// # Errors
    /// When one of them does not run here.
    pub fn funds_hears(&self) -> anyhow::Result<Hearing> {
        let owner: Arc<dyn Owner> = self.organisation()?.owner.clone();
        Ok(funds_hears(&*self.funds()?, owner))
    }

    /// Funds hears itself and reacts.
    ///
    /// # Errors
    /// When it does not run here.
    pub fn funds_reacts(&self) -> anyhow::Result<Reacting<Funds>> {
        Ok(funds_reacts(&*self.funds()?))
    }

    /// Organisation hears funds and reacts, both in this process.
    ///
    /// # Errors
    /// When one of them does not run here.
    pub fn organisation_reacts(&self) -> anyhow::Result<Reacting<Organisation>> {
        let owner: Arc<dyn Owner> = self.funds()?.owner.clone();
        Ok(organisation_reacts(&*self.organisation()?, owner))
    }

    /// Services, and what it hears of organisation, both in this process.
    ///
    /// # Errors
    /// When one of them does not run here.
    pub fn services_hear(&self) -> anyhow::Result<(Arc<Host<services::Domain>>, [Hearing; 2])> {
        let owner: Arc<dyn Owner> = self.organisation()?.owner.clone();
        let host = self.services.as_ref().context("services does not run here")?.host.clone();
        let hears = casework_hears(&host, &owner);
        Ok((host, hears))
    }

    /// Disputes, and what it hears of organisation, both in this process.
    ///
    /// # Errors
    /// When one of them does not run here.
    pub fn disputes_hear(&self) -> anyhow::Result<(Arc<Host<disputes::Domain>>, [Hearing; 2])> {
        let owner: Arc<dyn Owner> = self.organisation()?.owner.clone();
        let host = self.disputes.as_ref().context("disputes does not run here")?.host.clone();
        let hears = casework_hears(&host, &owner);
        Ok((host, hears))
    }

    /// The owners of the logs in this process, by their service's name.
    pub fn owners(&self) -> BTreeMap<&'static str, Arc<dyn Owner>> {
        let mut owners: BTreeMap<&'static str, Arc<dyn Owner>> = BTreeMap::new();
        if let Some(organisation) = &self.organisation {
            owners.insert("organisation", organisation.host.owner.clone());
        }
        if let Some(funds) = &self.funds {
            owners.insert("funds", funds.host.owner.clone());
        }
        if let Some(services) = &self.services {
            owners.insert("services", services.host.owner.clone());
        }
        if let Some(disputes) = &self.disputes {
            owners.insert("disputes", disputes.host.owner.clone());
        }
        owners
    }
}

/// Funds-oversight hears organisation from this owner.
pub fn funds_hears(funds: &Host<Funds>, owner: Arc<dyn Owner>) -> Hearing {
    let copies = Copies::<Funds, _>::new("funds-hears-organisation", FundsHears);
    funds.hearing("organisation", owner, Arc::new(copies), Arc::new(hears::sealed_fields))
}

/// Funds-oversight hears itself, and reacts.
pub fn funds_reacts(funds: &Host<Funds>) -> Reacting<Funds> {
    let copies = Copies::<Funds, _>::new("funds-hears-funds", NoCopies);
    let hearing = funds.hearing("funds", funds.owner.clone(), Arc::new(copies), Arc::new(|_| &[]));
    Reacting::new(hearing, funds.committer.clone(), Arc::new(RecordsAnswers))
}

/// Organisation hears funds-oversight from this owner, and reacts.
pub fn organisation_reacts(
    organisation: &Host<Organisation>,
    owner: Arc<dyn Owner>,
) -> Reacting<Organisation> {
    let copies = Copies::<Organisation, _>::new("organisation-hears-funds", OrganisationHears);
    let hearing = organisation.hearing("funds", owner, Arc::new(copies), Arc::new(|_| &[]));
    Reacting::new(hearing, organisation.committer.clone(), Arc::new(RecordsDrawings))
}

/// Funds-oversight hears services from this owner, and answers.
pub fn funds_answer(funds: &Host<Funds>, owner: Arc<dyn Owner>) -> Reacting<Funds> {
    let copies = Copies::<Funds, _>::new("funds-hears-services", NoCopies);
    let hearing = funds.hearing("services", owner, Arc::new(copies), Arc::new(|_| &[]));
    Reacting::new(hearing, funds.committer.clone(), Arc::new(AnswersProposals))
}

/// A service of casework hears organisation from this owner: copies for its decisions, and the desk's directory.
pub fn casework_hears<S: casework::Service>(
    host: &Host<casework::Casework<S>>,
    owner: &Arc<dyn Owner>,
) -> [Hearing; 2] {
    let copies = Copies::<casework::Casework<S>, _>::new(
        &format!("{}-hears-organisation", S::SERVICE),
        casework::FromOrganisation,
    );
    let none: host::SealedFields = Arc::new(|_| &[]);
    [
        host.hearing("organisation", owner.clone(), Arc::new(copies), none.clone()),
        host.hearing("organisation", owner.clone(), casework::Directory::new(S::SERVICE), none),
    ]
}

/// One read model of the portal over a service's public events.
pub fn portal_hears(
    portal: &Readers,
    source: &str,
    owner: Arc<dyn Owner>,
    reader: Arc<dyn store::Reader>,
) -> Hearing {
    Hearing {
        readers: portal.clone(),
        reader,
        source: source.to_owned(),
        owner,
        asker: Asker::Anyone,
        sealed_fields: Arc::new(|_| &[]),
    }
}

/// At first start: adopts the definitions that the program brings along, on record, in the province's log.
///
/// # Errors
/// When organisation refuses.
pub async fn adopt(
    organisation: &Host<Organisation>,
    province: &Place,
    by: &str,
) -> anyhow::Result<usize> {
    let book = Rulebook::built_in()?;
    adopt_these(organisation, province, by, book.adoptable()).await
}

fn running(mode: RunningMode) -> Running {
    match mode {
        RunningMode::Keep => Running::Keep,
        RunningMode::AtNextStep => Running::AtNextStep,
        RunningMode::AtOnce => Running::AtOnce,
    }
}

/// Adopts definitions on record, in the name of those who set the system up, where none of their versions is adopted yet.
///
/// # Errors
/// When organisation refuses.
pub async fn adopt_these<'a>(
    organisation: &Host<Organisation>,
    province: &Place,
    by: &str,
    definitions: impl Iterator<Item = Adoptable<'a>>,
) -> anyhow::Result<usize> {
    let mut adopted = 0;
    for one in definitions {
        let (_, state) = organisation
            .store
            .state::<<Organisation as Domain>::State>(&definition::stream(one.id))
            .await?;
        if state.is_some() {
            continue;
        }
        let hash = one.reference.as_str().rsplit_once('@').map_or("", |(_, hash)| hash);
        let body = Ask::AdoptDefinition(AdoptDefinition {
            definition: one.id.to_owned(),
            version: one.version,
            hash: hash.to_owned(),
            persons: Some([format!("{by}-first"), format!("{by}-second")]),
            from: organisation.committer.now().date(),
            running: running(one.running),
            text: one.text.map(str::to_owned),
        });
        let command = Command {
            principal: FIRST_START.to_owned(),
            key: format!("adopt/{}", one.reference),
            actor: Actor::System(FIRST_START.to_owned()),
            place: province.clone(),
            seen: None,
            causation: None,
            body,
        };
        organisation
            .committer
            .submit(command)
            .await
            .with_context(|| format!("adopting {}", one.id))?;
        adopted += 1;
    }
    Ok(adopted)
}
