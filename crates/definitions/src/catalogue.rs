//! What the core of a service offers to definitions: events, guards, bodies, posts. Built in Rust, never read from a file.

use kernel::{Class, Text};

use crate::{
    citations::Citations,
    model::{Counted, Tighten},
    number::{Threshold, Value},
};

/// All that a definition of one service may name.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    /// Whether the service keeps cases in closed logs.
    pub closed_cases: bool,
    /// Whether the service keeps ledgers of count.
    pub keeps_ledgers: bool,
    /// The producer's name in types: `organisation`, `services`, `disputes`, `funds`.
    pub service: String,
    /// Events of the core that a definition may bind.
    pub events: Vec<ContractEvent>,
    /// Named guards.
    pub guards: Vec<GuardSpec>,
    /// Bodies that may be named.
    pub bodies: Vec<BodySpec>,
    /// Posts that may be named.
    pub posts: Vec<PostSpec>,
    /// Who may be told besides posts and bodies.
    pub audiences: Vec<AudienceSpec>,
    /// Bounds of the law on parameters, by name.
    pub bounds: Vec<ParameterBound>,
    /// Posting templates.
    pub templates: Vec<String>,
    /// Kinds of thing a `ref` may point to; empty: any.
    pub refs: Vec<String>,
    /// What is the core's alone.
    pub reserved: Reserved,
    /// The table of citations.
    pub citations: Citations,
}

/// What is the core's alone: no definition declares such a fact, nor has a stream of such a kind for events of its own.
#[derive(Debug, Clone, Default)]
pub struct Reserved {
    /// Facts, such as `seat-filled.v1`.
    pub facts: Vec<String>,
    /// Kinds of stream, such as `seats`.
    pub streams: Vec<String>,
}

impl Catalogue {
    /// The event by its name in definitions.
    pub fn event(&self, name: &str) -> Option<&ContractEvent> {
        self.events.iter().find(|event| event.name == name)
    }

    /// The guard by its key.
    pub fn guard(&self, key: &str) -> Option<&GuardSpec> {
        self.guards.iter().find(|guard| guard.key == key)
    }

    /// The body by its key.
    pub fn body(&self, key: &str) -> Option<&BodySpec> {
        self.bodies.iter().find(|body| body.key == key)
    }

    /// The post by its key.
    pub fn post(&self, key: &str) -> Option<&PostSpec> {
        self.posts.iter().find(|post| post.key == key)
    }
}

/// An event of the core, and what the law demands of the step that brings it about.
#[derive(Debug, Clone, Default)]
pub struct ContractEvent {
    /// Its name in definitions: `ToolRequested`.
    pub name: String,
    /// Its type without the producer's prefix: `tool-requested.v1`.
    pub fact: String,
    /// The fields that the definition must supply (the core supplies the rest).
    pub fields: Vec<EventField>,
    /// The step must have a vote.
    pub needs_vote: bool,
    /// The step must have a quorum.
    pub needs_quorum: bool,
    /// Notice must be given before the sitting.
    pub needs_notice: bool,
    /// Who has an interest must leave the vote (`recuse`).
    pub needs_recusal: bool,
    /// A window for objections must open.
    pub needs_window: bool,
    /// Fields whose hash the actor must sign.
    pub must_sign: Vec<String>,
    /// The posting template that the step must use.
    pub must_post: Option<String>,
    /// Events whose person may not bring about this one too: the step needs `not_also` for each of their steps.
    pub four_eyes_with: Vec<String>,
    /// Events that must have happened on every path to this one.
    pub only_after: Vec<String>,
    /// The article behind these demands.
    pub law: Option<String>,
}

impl ContractEvent {
    /// An event with nothing demanded.
    pub fn new(name: &str, fact: &str, fields: Vec<EventField>) -> Self {
        Self { name: name.to_owned(), fact: fact.to_owned(), fields, ..Self::default() }
    }
}

/// A field that a definition must supply to an event of the core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventField {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: TypeSpec,
    /// The lowest class it may have: a definition may raise it, never lower it.
    pub class: Class,
    /// The lowest class when the value is a private person (type `party`).
    pub person_class: Option<Class>,
    /// Whether the event can do without it.
    pub optional: bool,
    /// A natural key that the definition must claim (one paper, one use).
    pub claim: bool,
}

impl EventField {
    /// A field that must be given.
    pub fn new(name: &str, kind: TypeSpec, class: Class) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            class,
            person_class: None,
            optional: false,
            claim: false,
        }
    }

    /// A field that may be left out.
    pub fn optional(name: &str, kind: TypeSpec, class: Class) -> Self {
        Self { optional: true, ..Self::new(name, kind, class) }
    }

    /// The same field, as a natural key that must be claimed.
    #[must_use]
    pub fn claimed(mut self) -> Self {
        self.claim = true;
        self
    }

    /// A party: the class of an organisation and of a person.
    pub fn party(name: &str, organisation: Class, person: Class) -> Self {
        Self { person_class: Some(person), ..Self::new(name, TypeSpec::Party, organisation) }
    }
}

/// The type of a field of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeSpec {
    /// Amount.
    Money,
    /// One of at most these words.
    Enum(Vec<String>),
    /// Free text.
    Text,
    /// Reference to a kind of thing.
    Ref(String),
    /// Day.
    Date,
    /// Month.
    Month,
    /// Number.
    Count,
    /// Party.
    Party,
    /// Kind of matter.
    MatterType,
    /// Yes or no.
    YesNo,
    /// Office holder.
    Holder,
    /// Length of time.
    Period,
    /// Attachment.
    Attachment,
}

/// A named guard.
#[derive(Debug, Clone, Default)]
pub struct GuardSpec {
    /// Its key in definitions: `cash-limit`.
    pub key: String,
    /// The article it enforces, as the table of citations names it.
    pub law: String,
    /// Events whose step must have it.
    pub mandatory_for: Vec<String>,
    /// Whether every step that an office takes in a closed case must have it.
    pub mandatory_in_closed: bool,
    /// The fields it reads: they must be known at the step.
    pub reads: Vec<String>,
    /// The parameters it reads, and which way is stricter.
    pub parameters: Vec<GuardParameter>,
    /// What it says when it refuses.
    pub message: Text,
    /// Fields that the message shows.
    pub shows: Vec<String>,
    /// Who may read the message; `None` means everybody.
    pub message_class: Option<Class>,
}

/// A parameter that a guard reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardParameter {
    /// Its name in definitions.
    pub name: String,
    /// Its unit: `money`, `days`, `working-days`, `count`, `share`.
    pub unit: String,
    /// Which way is stricter.
    pub tighter: Tighten,
}

impl GuardParameter {
    /// A parameter.
    pub fn new(name: &str, unit: &str, tighter: Tighten) -> Self {
        Self { name: name.to_owned(), unit: unit.to_owned(), tighter }
    }
}

/// A body, with what the law asks of its sittings.
#[derive(Debug, Clone, Default)]
pub struct BodySpec {
    /// Its key: `village-committee`.
    pub key: String,
    /// What people call it.
    pub name: Text,
    /// The least quorum.
    pub quorum: Option<Threshold>,
    /// The least majority and of whom.
    pub majority: Option<(Threshold, Counted)>,
    /// The least notice.
    pub notice: Option<Value>,
    /// The article.
    pub law: Option<String>,
}

impl BodySpec {
    /// A body of whose sittings the law asks nothing.
    pub fn new(key: &str, name: Text) -> Self {
        Self { key: key.to_owned(), name, ..Self::default() }
    }
}

/// A post.
#[derive(Debug, Clone, Default)]
pub struct PostSpec {
    /// Its key: `bookkeeper`.
    pub key: String,
    /// What people call it.
    pub name: Text,
    /// Residents of this kind, not an office.
    pub resident: bool,
}

impl PostSpec {
    /// An office.
    pub fn new(key: &str, name: Text) -> Self {
        Self { key: key.to_owned(), name, resident: false }
    }

    /// A kind of resident.
    pub fn resident(key: &str, name: Text) -> Self {
        Self { key: key.to_owned(), name, resident: true }
    }
}

/// Who may be told.
#[derive(Debug, Clone)]
pub struct AudienceSpec {
    /// Its key: `followers-of-village`.
    pub key: String,
    /// The strictest class they may read.
    pub reads: Class,
}

/// A bound of the law on a parameter of this name, whatever its source says.
#[derive(Debug, Clone)]
pub struct ParameterBound {
    /// The parameter.
    pub name: String,
    /// The loosest value that the law allows.
    pub loosest: Value,
    /// Which way is stricter.
    pub tighter: Tighten,
    /// The article.
    pub law: String,
}
