//! What can be asked of organisation, and the state of its streams.

use engines::procedure::{Act, History};
use kernel::{Position, StreamId};
use serde::{Deserialize, Serialize};

use crate::{
    facts::{
        account::{Account, AskAccount},
        conflict::{Conflicts, EndConflict, FileDeclaration},
        definition::{AdoptDefinition, AdoptedDefinition, ProposeDefinition},
        progress::Proposal,
        seat::{FillSeat, PauseSeat, Seats, VacateSeat},
        unit::{FormUnit, RenameUnit, Unit},
        village::{ElectorateCounted, Village, VillageSetUp},
    },
    hears::funds::{PaymentHeard, RecordDrawing},
};

/// A command of this service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Form units and rename others, in this order; all or none. A register of divisions comes as a row of these.
    Divisions {
        /// Units to form; a parent may come earlier in the same list.
        form: Vec<FormUnit>,
        /// Units to rename.
        rename: Vec<RenameUnit>,
    },
    /// Set the size of a village's bodies.
    SetUpVillage(VillageSetUp),
    /// Record how many stand on the lists.
    CountElectorate(ElectorateCounted),
    /// Fill a seat.
    FillSeat(FillSeat),
    /// Bar a holder from acting for now.
    SuspendSeat(PauseSeat),
    /// Let the holder act again.
    ResumeSeat(PauseSeat),
    /// Give a seat up.
    VacateSeat(VacateSeat),
    /// Record a declaration of relatives in office.
    FileDeclaration(FileDeclaration),
    /// Record that a conflict has ended.
    EndConflict(EndConflict),
    /// Open, suspend, resume or close an account, or void its tokens.
    Account(AskAccount),
    /// Propose a definition.
    ProposeDefinition(ProposeDefinition),
    /// Adopt a definition.
    AdoptDefinition(AdoptDefinition),
    /// Take a step of a procedure.
    Act {
        /// The proposal's id, or the case's.
        subject: String,
        /// The step.
        act: Box<Act>,
    },
    /// Record that a payment was made under a resolution (heard from funds).
    RecordDrawing(RecordDrawing),
    /// Record that somebody opened a sealed value: asked by the vault alone, never through a page.
    RecordOpening {
        /// The event whose value was opened.
        of: Position,
        /// The field.
        field: String,
        /// For what.
        reason: String,
    },
    /// Record that somebody looks at a closed case: asked by the office alone, before it shows one.
    Look {
        /// The case.
        case: StreamId,
        /// For what.
        reason: String,
    },
}

/// The state of a stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// `unit/…`
    Unit(Unit),
    /// `village/…`
    Village(Village),
    /// `seats/…`
    Seats(Seats),
    /// `conflicts/…`, closed
    Conflicts(Conflicts),
    /// `account/…`
    Account(Account),
    /// `definition/…`
    Definition(AdoptedDefinition),
    /// `proposal/…`
    Proposal {
        /// What the engine needs.
        history: History,
        /// What the core needs.
        facts: Box<Proposal>,
    },
    /// A case of a procedure whose events are its own, in streams of the kind that its definition names.
    Case(Box<casework::Case>),
    /// `looked/…`, closed: who looked at a closed case
    Looks(casework::closed::Looks),
    /// `funds:payment/…`, a copy
    PaymentHeard(PaymentHeard),
}
