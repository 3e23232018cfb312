//! Definitions: what a definition file says, read with line numbers, typed and proved. Pure. `README.md` is the language.
//!
//! Architecture invariant: no IO, no clock. Nothing here knows a mechanism: what the core of a service offers (events,
//! guards, bodies, posts) comes as a [`Catalogue`].

pub mod cases;
pub mod catalogue;
mod check;
pub mod citations;
pub mod figure;
pub mod finding;
pub mod formula;
pub mod head;
pub mod indicator;
pub mod model;
pub mod mutate;
pub mod names;
pub mod number;
pub mod plain;
mod read;
pub mod report;
pub mod set;
pub mod shown;
mod tighten;
pub mod watch;

pub use catalogue::{
    AudienceSpec, BodySpec, Catalogue, ContractEvent, EventField, GuardParameter, GuardSpec,
    ParameterBound, PostSpec, Reserved, TypeSpec,
};
pub use check::Burden;
pub use citations::{CitationEntry, Citations};
pub use figure::{FigureCatalogue, PublicEvent};
pub use finding::{Finding, FindingCode};
pub use model::{
    Account, Ballot, Books, ClassOf, Competence, Condition, Counted, Definition, Field, FieldType,
    Ledger, Lengthens, LocalEvent, Matter, Message, Missed, Next, Optional, OutcomeEvent,
    Parameter, ParameterValue, Prove, Require, RollSpec, Running, RunningMode, Sitting, Step,
    StepNames, Tell, Tier, Tighten, Vote, Who, Window, Within,
};
pub use names::fact_of;
pub use number::{Fraction, Threshold, Value};
pub use read::keys;
pub use set::Definitions;
pub use shown::Shown;
pub use watch::{Watch, WatchCatalogue};
