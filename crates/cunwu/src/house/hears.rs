//! Who hears whom: the services' own pure hearing, put on the exchange.

use async_trait::async_trait;
use funds_oversight::{Funds, State as FundsState, hears};
use host::{Grant, Hears, Reacts};
use kernel::{Actor, Command, Event, Place, StreamId};
use organisation::{Ask, Organisation, State as OrganisationState, hears::funds};
use serde_json::{Map, Value};
use store::{CommitterHandle, StoreError};

/// What organisation grants: kinship as conflict facts, and who stands behind an office; each service for its own purpose.
pub fn grants_of_organisation() -> Vec<Grant> {
    let payments = "keeps payments from the kin of who acts (OLVC 37, RCEO 34)";
    let cases = "keeps quarrels and petitions from the kin of who handles them (PML 15, XFTL 28)";
    let points = "keeps the kin of a household from the vote on its points (village rules)";
    let of = |reader, purpose| {
        casework::conflicts::HEARD.map(|fact| Grant { reader, fact, field: "", purpose })
    };
    let person =
        Grant { reader: "funds", fact: "seat-filled.v1", field: "person", purpose: payments };
    [of("funds", payments), of("disputes", cases), of("services", points)]
        .concat()
        .into_iter()
        .chain([person])
        .collect()
}

/// Funds-oversight hears organisation.
pub struct FundsHears;

impl Hears<Funds> for FundsHears {
    fn sealed_fields(&self, fact: &str) -> &'static [&'static str] {
        sealed_fields(fact)
    }

    fn concerns(&self, event: &Event) -> Result<Option<StreamId>, String> {
        hears::concerns(event).map_err(|error| error.to_string())
    }

    fn hear(
        &self,
        this: Option<FundsState>,
        event: &Event,
        opened: &Map<String, Value>,
    ) -> Result<Option<FundsState>, String> {
        let known = match this {
            Some(FundsState::Known(known)) => Some(known),
            _ => None,
        };
        let known = hears::hear(known, event, opened).map_err(|error| error.to_string())?;
        Ok(known.map(FundsState::Known))
    }
}

/// Funds-oversight answers each payment that is proposed, once.
pub struct AnswersProposals;

#[async_trait]
impl Reacts<Funds> for AnswersProposals {
    async fn react(
        &self,
        _: &CommitterHandle<Funds>,
        event: &Event,
    ) -> Result<Option<Command<funds_oversight::Ask>>, StoreError> {
        let Some((body, keeper)) = hears::payment_proposed::reaction(event) else {
            return Ok(None);
        };
        Ok(Some(Command {
            principal: String::new(),
            key: String::new(),
            actor: Actor::System("heard".to_owned()),
            place: Place { unit: event.unit.clone(), code: event.village, keeper },
            seen: None,
            causation: None,
            body,
        }))
    }
}

/// Sealed fields that funds-oversight asks organisation for.
pub fn sealed_fields(fact: &str) -> &'static [&'static str] {
    match fact {
        "seat-filled.v1" => &["person"],
        _ => &[],
    }
}

/// Funds-oversight hears the other services, and itself where one unit answers the other, to react: it keeps no copy of it.
pub struct NoCopies;

impl Hears<Funds> for NoCopies {
    fn sealed_fields(&self, _: &str) -> &'static [&'static str] {
        &[]
    }

    fn concerns(&self, _: &Event) -> Result<Option<StreamId>, String> {
        Ok(None)
    }

    fn hear(
        &self,
        this: Option<FundsState>,
        _: &Event,
        _: &Map<String, Value>,
    ) -> Result<Option<FundsState>, String> {
        Ok(this)
    }
}

/// Records on the giver's side what became of the money there.
pub struct RecordsAnswers;

#[async_trait]
impl Reacts<Funds> for RecordsAnswers {
    async fn react(
        &self,
        committer: &CommitterHandle<Funds>,
        event: &Event,
    ) -> Result<Option<Command<funds_oversight::Ask>>, StoreError> {
        let Some(stream) = hears::own::needs(event) else { return Ok(None) };
        let (_, offer) = committer.store().state::<FundsState>(&stream).await?;
        Ok(hears::own::reaction(event, offer.as_ref()))
    }
}

/// Organisation hears funds-oversight: which payments were made under a resolution.
pub struct OrganisationHears;

impl Hears<Organisation> for OrganisationHears {
    fn sealed_fields(&self, _: &str) -> &'static [&'static str] {
        &[]
    }

    fn concerns(&self, event: &Event) -> Result<Option<StreamId>, String> {
        Ok(funds::copy(event).map(|(stream, _)| stream))
    }

    fn hear(
        &self,
        _: Option<OrganisationState>,
        event: &Event,
        _: &Map<String, Value>,
    ) -> Result<Option<OrganisationState>, String> {
        Ok(funds::copy(event).map(|(_, heard)| OrganisationState::PaymentHeard(heard)))
    }
}

/// Organisation records each payment under the resolution that it cites.
pub struct RecordsDrawings;

#[async_trait]
impl Reacts<Organisation> for RecordsDrawings {
    async fn react(
        &self,
        committer: &CommitterHandle<Organisation>,
        event: &Event,
    ) -> Result<Option<Command<Ask>>, StoreError> {
        let Some(stream) = funds::needs(event) else { return Ok(None) };
        let (_, copy) = committer.store().state::<OrganisationState>(&stream).await?;
        let copy = match &copy {
            Some(OrganisationState::PaymentHeard(copy)) => Some(copy),
            _ => None,
        };
        let Some(drawing) = funds::reaction(event, copy) else { return Ok(None) };
        let unit = organisation::facts::unit::stream(&event.unit);
        let (_, unit) = committer.store().state::<OrganisationState>(&unit).await?;
        let Some(OrganisationState::Unit(unit)) = unit else {
            return Err(StoreError::Corrupt(format!("{} is no unit here", event.unit)));
        };
        Ok(Some(Command {
            principal: String::new(),
            key: String::new(),
            actor: Actor::System("heard".to_owned()),
            place: unit.place(),
            seen: None,
            causation: None,
            body: Ask::RecordDrawing(drawing),
        }))
    }
}
