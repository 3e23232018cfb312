//! The gate: may this principal see or address this unit and class? Deny by default, decided by Cedar policies that
//! anyone can read. Knows no service and no step: legal competence is the definition's business.

use std::collections::{BTreeSet, HashMap, HashSet};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicySet, Request, RestrictedExpression, Schema, ValidationMode, Validator,
};
use kernel::{Class, Refusal, Timestamp, UnitId};
use sha2::{Digest, Sha256};

use crate::{
    TOWNSHIP_AGENCY,
    principal::{Administrator, Person, Principal, no_right, unauthenticated},
    scope::Scope,
};

const SCHEMA: &str = include_str!("../policies/access.cedarschema");
const POLICIES: &str = include_str!("../policies/access.cedar");

/// What somebody wants to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Open what holds no content of a village: log-in page, health, assets.
    Open,
    /// See.
    Read,
    /// Take part as a resident: query, objection, vote, application.
    TakePart,
    /// Act in a seat of the very unit.
    Act,
    /// Act for a unit directly below: the bodies or posts that the definition's `by` names.
    ActFor(Vec<String>),
    /// Run the system.
    Administer,
    /// Keep accounts, keys and rules of access.
    Secure,
    /// Read the audit trail.
    Audit,
}

impl Action {
    /// The name used in policies and routes.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Read => "read",
            Self::TakePart => "take-part",
            Self::Act => "act",
            Self::ActFor(_) => "act-for",
            Self::Administer => "administer",
            Self::Secure => "secure",
            Self::Audit => "audit",
        }
    }

    /// From the name; `act-for` names the township's agency, as a route does that no definition stands behind.
    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::Open,
            Self::Read,
            Self::TakePart,
            Self::Act,
            Self::ActFor(vec![TOWNSHIP_AGENCY.to_owned()]),
            Self::Administer,
            Self::Secure,
            Self::Audit,
        ]
        .into_iter()
        .find(|action| action.name() == name)
    }

    /// Whether something is written in a unit's name or in a resident's.
    pub const fn writes(&self) -> bool {
        matches!(self, Self::Act | Self::ActFor(_) | Self::TakePart)
    }
}

/// What a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// The unit concerned.
    pub unit: UnitId,
    /// The units above it, from the province down; without the unit itself.
    pub path: Vec<UnitId>,
    /// Which service.
    pub service: String,
    /// Who may see it.
    pub class: Class,
    /// For a sealed matter: the unit and post of its case officers.
    pub officers: Vec<(UnitId, String)>,
}

impl Resource {
    /// A matter without case officers.
    pub fn new(unit: UnitId, path: Vec<UnitId>, service: impl Into<String>, class: Class) -> Self {
        Self { unit, path, service: service.into(), class, officers: Vec::new() }
    }

    /// What belongs to no unit: log-in, health, administration of the installation.
    pub fn nowhere(service: impl Into<String>, class: Class) -> Self {
        Self::new(UnitId::new(""), Vec::new(), service, class)
    }

    /// A sealed matter handled by these.
    #[must_use]
    pub fn handled_by(mut self, officers: Vec<(UnitId, String)>) -> Self {
        self.officers = officers;
        self
    }
}

/// The name of a class in policies and routes.
pub const fn class_name(class: Class) -> &'static str {
    match class {
        Class::Public => "public",
        Class::Members => "members",
        Class::Staff => "staff",
        Class::Sealed => "sealed",
    }
}

/// The embedded policies, ready to be asked.
pub struct Gate {
    authorizer: Authorizer,
    policies: PolicySet,
    schema: Schema,
    hash: String,
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

/// Why a set of policies is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the access policies are not valid: {0}")]
pub struct PolicyError(String);

impl Gate {
    /// With the policies of this build.
    #[expect(clippy::missing_panics_doc, reason = "the embedded text is validated by a test")]
    pub fn new() -> Self {
        Self::with_policies(SCHEMA, POLICIES).expect("embedded access policies")
    }

    /// With other policies, checked strictly against the schema.
    ///
    /// # Errors
    /// What is wrong, with the place in the text.
    pub fn with_policies(schema: &str, policies: &str) -> Result<Self, PolicyError> {
        let digest = Sha256::new()
            .chain_update(schema.as_bytes())
            .chain_update([0])
            .chain_update(policies.as_bytes())
            .finalize();
        let wrong = |error: &dyn std::fmt::Display| PolicyError(error.to_string());
        let (schema, _) = Schema::from_cedarschema_str(schema).map_err(|e| wrong(&e))?;
        let policies: PolicySet = policies.parse().map_err(|e| wrong(&e))?;
        let result = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
        if let Some(error) = result.validation_errors().next() {
            return Err(wrong(error));
        }
        if let Some(warning) = result.validation_warnings().next() {
            return Err(wrong(warning));
        }
        Ok(Self { authorizer: Authorizer::new(), policies, schema, hash: hex::encode(digest) })
    }

    /// SHA-256 (hex) over schema and policies: a decision records under which policies it was let in.
    pub fn policy_hash(&self) -> &str {
        &self.hash
    }

    /// The text of the policies, for everybody to read.
    pub fn policy_text() -> &'static str {
        POLICIES
    }

    /// May this principal do this here, at this instant?
    ///
    /// # Errors
    /// `no-right`, or `unauthenticated` for a visitor. Whatever Cedar can't evaluate is refused too.
    pub fn may(
        &self,
        principal: &Principal,
        action: &Action,
        resource: &Resource,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if self.allows(principal, action, resource, now).unwrap_or(false) {
            return Ok(());
        }
        Err(if *principal == Principal::Visitor { unauthenticated() } else { no_right() })
    }

    fn allows(
        &self,
        principal: &Principal,
        action: &Action,
        resource: &Resource,
        now: Timestamp,
    ) -> Option<bool> {
        let who = principal_entity(principal, action, now)?;
        let about = matter_entity(resource)?;
        let request = Request::new(
            who.uid(),
            uid("Action", action.name())?,
            about.uid(),
            Context::empty(),
            Some(&self.schema),
        )
        .ok()?;
        let mut entities = unit_entities(principal, resource, now)?;
        entities.push(who);
        entities.push(about);
        let entities = Entities::from_entities(entities, Some(&self.schema)).ok()?;
        let response = self.authorizer.is_authorized(&request, &self.policies, &entities);
        let clean = response.diagnostics().errors().next().is_none();
        Some(clean && response.decision() == Decision::Allow)
    }

    /// The units of which a list of one service may show matters of this class to this principal, for this action. The
    /// same answer as [`Gate::may`] unit by unit (a test compares them), except for sealed matters: there it is the
    /// units in which a seat is held, and each matter is asked by itself, with its case officers.
    pub fn scope(
        &self,
        principal: &Principal,
        action: &Action,
        service: &str,
        class: Class,
        now: Timestamp,
    ) -> Scope {
        if *action == Action::Open || (*action == Action::Read && class == Class::Public) {
            return Scope::everything();
        }
        match principal {
            Principal::Visitor => Scope::default(),
            Principal::Administrator { office, .. } => match (action, office) {
                (Action::Administer, Administrator::System)
                | (Action::Secure, Administrator::Security)
                | (Action::Audit, Administrator::Audit) => Scope::everything(),
                _ => Scope::default(),
            },
            Principal::Person(person) => person_scope(person, action, service, class, now),
        }
    }
}

fn person_scope(
    person: &Person,
    action: &Action,
    service: &str,
    class: Class,
    now: Timestamp,
) -> Scope {
    let grants = &person.grants;
    let members = || person.member_of.iter().cloned().collect();
    let only = |units: BTreeSet<UnitId>| Scope { units, ..Scope::default() };
    match (action, class) {
        (Action::Read, Class::Members) => {
            Scope { subtrees: grants.watched(now), ..only(members()) }
        }
        (Action::Read, Class::Staff) => {
            let desks = grants.desks(now).into_iter();
            let own = desks.filter(|(_, of)| *of == service).map(|(unit, _)| unit);
            Scope { subtrees: grants.watched(now), ..only(own.collect()) }
        }
        (Action::Read, Class::Sealed) | (Action::Act, _) => only(grants.units(now)),
        (Action::TakePart, _) => only(members()),
        (Action::ActFor(named), Class::Public | Class::Members | Class::Staff) => {
            Scope { children_of: grants.acts_for(named, now), ..Scope::default() }
        }
        _ => Scope::default(),
    }
}

fn uid(kind: &str, id: &str) -> Option<EntityUid> {
    let kind: EntityTypeName = kind.parse().ok()?;
    Some(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}

fn unit_reference(unit: &UnitId) -> Option<RestrictedExpression> {
    uid("Unit", unit.as_str()).map(RestrictedExpression::new_entity_uid)
}

fn unit_set<'a>(units: impl IntoIterator<Item = &'a UnitId>) -> Option<RestrictedExpression> {
    let units: Option<Vec<_>> = units.into_iter().map(unit_reference).collect();
    Some(RestrictedExpression::new_set(units?))
}

fn office(unit: &UnitId, post: &str) -> Option<RestrictedExpression> {
    RestrictedExpression::new_record([
        ("unit".to_owned(), unit_reference(unit)?),
        ("post".to_owned(), RestrictedExpression::new_string(post.to_owned())),
    ])
    .ok()
}

fn offices<'a>(
    held: impl IntoIterator<Item = (&'a UnitId, &'a str)>,
) -> Option<RestrictedExpression> {
    let all: Option<Vec<_>> = held.into_iter().map(|(unit, post)| office(unit, post)).collect();
    Some(RestrictedExpression::new_set(all?))
}

fn desks(held: BTreeSet<(UnitId, &'static str)>) -> Option<RestrictedExpression> {
    let all: Option<Vec<_>> = held
        .iter()
        .map(|(unit, service)| {
            RestrictedExpression::new_record([
                ("unit".to_owned(), unit_reference(unit)?),
                ("service".to_owned(), RestrictedExpression::new_string((*service).to_owned())),
            ])
            .ok()
        })
        .collect();
    Some(RestrictedExpression::new_set(all?))
}

fn principal_entity(principal: &Principal, action: &Action, now: Timestamp) -> Option<Entity> {
    let (kind, id, attributes) = match principal {
        Principal::Visitor => ("Visitor", "", HashMap::new()),
        Principal::Administrator { account, office } => (
            "Administrator",
            account.as_str(),
            HashMap::from([(
                "office".to_owned(),
                RestrictedExpression::new_string(office.name().to_owned()),
            )]),
        ),
        Principal::Person(person) => {
            let held = person.grants.effective(now);
            let posts = held.map(|held| (&held.seat.unit, held.seat.post.as_str()));
            let acts_for = match action {
                Action::ActFor(named) => person.grants.acts_for(named, now),
                _ => BTreeSet::new(),
            };
            let attributes = HashMap::from([
                ("actsIn".to_owned(), unit_set(&person.grants.units(now))?),
                ("watches".to_owned(), unit_set(&person.grants.watched(now))?),
                ("desks".to_owned(), desks(person.grants.desks(now))?),
                ("actsFor".to_owned(), unit_set(&acts_for)?),
                ("memberOf".to_owned(), unit_set(&person.member_of)?),
                ("offices".to_owned(), offices(posts)?),
            ]);
            ("Person", person.account.as_str(), attributes)
        }
    };
    Entity::new(uid(kind, id)?, attributes, HashSet::new()).ok()
}

fn matter_entity(resource: &Resource) -> Option<Entity> {
    let officers = resource.officers.iter().map(|(unit, post)| (unit, post.as_str()));
    let attributes = HashMap::from([
        ("unit".to_owned(), unit_reference(&resource.unit)?),
        ("service".to_owned(), RestrictedExpression::new_string(resource.service.clone())),
        (
            "class".to_owned(),
            RestrictedExpression::new_string(class_name(resource.class).to_owned()),
        ),
        ("officers".to_owned(), offices(officers)?),
    ]);
    Entity::new(uid("Matter", "")?, attributes, HashSet::new()).ok()
}

/// The unit concerned and those above it, each below its parent. Other units that the principal has to do with need no
/// entity: nothing is below them here.
fn unit_entities(
    principal: &Principal,
    resource: &Resource,
    now: Timestamp,
) -> Option<Vec<Entity>> {
    let mut entities = Vec::with_capacity(resource.path.len() + 3);
    let mut parent: Option<&UnitId> = None;
    let mut seen = BTreeSet::new();
    for unit in resource.path.iter().chain([&resource.unit]) {
        if !seen.insert(unit) {
            return None;
        }
        let (attributes, parents) = match parent {
            None => (HashMap::new(), HashSet::new()),
            Some(above) => (
                HashMap::from([("parent".to_owned(), unit_reference(above)?)]),
                HashSet::from([uid("Unit", above.as_str())?]),
            ),
        };
        entities.push(Entity::new(uid("Unit", unit.as_str())?, attributes, parents).ok()?);
        parent = Some(unit);
    }
    let mut others: BTreeSet<&UnitId> = resource.officers.iter().map(|(unit, _)| unit).collect();
    if let Principal::Person(person) = principal {
        others.extend(person.member_of.iter());
        others.extend(person.grants.effective(now).map(|held| &held.seat.unit));
    }
    for unit in others.difference(&seen) {
        entities.push(Entity::new_no_attrs(uid("Unit", unit.as_str())?, HashSet::new()));
    }
    Some(entities)
}
