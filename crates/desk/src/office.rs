//! What a service tells the desk: who asks, which things there are, what may be chosen; and the one way to act. Knows no
//! HTTP and no page.

use std::{collections::BTreeMap, sync::Arc};

use access::{Principal, Scope};
use async_trait::async_trait;
use definitions::{Catalogue, Definition, Definitions};
use engines::procedure::{Act, History, Open, governing, open_steps};
use kernel::{
    Answer, Class, EventId, Place, Position, Receipt, Refusal, Seat, Sent, Text, Timestamp, UnitId,
    Verdict,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A service as its desk sees it. One implementation gives the staff pages, the API, and their descriptions.
///
/// All answers are as of now. `Ok(None)` means that there is no such thing, or that it is not told; an `Err` is shown as
/// the verdict it is (mostly [`Verdict::Unavailable`]).
#[async_trait]
pub trait Office: Send + Sync + 'static {
    /// The service as the addresses name it: `funds`. Pages lie below `/funds`, the API below `/api/funds`.
    fn service(&self) -> &'static str;

    /// What people call this desk: `集体财务 / Collective finance`.
    fn title(&self) -> Text;

    /// The definitions that govern, checked.
    fn definitions(&self) -> Arc<Definitions>;

    /// What the core offers them: names of posts and bodies, words of guards, the table of citations.
    fn catalogue(&self) -> Arc<Catalogue>;

    /// The word for one of a field's values (`method`, `bank`) or for an outcome (`outcome`, `returned`). The desk has
    /// words for the usual ones; `None` leaves it to them.
    fn word(&self, field: &str, value: &str) -> Option<Text> {
        let _ = (field, value);
        None
    }

    /// Who comes with these headers (`Cookie`, `Authorization`), as `access::Door::claims` reads them; `None` for nobody
    /// signed in.
    async fn visitor(
        &self,
        cookie: Option<&str>,
        authorization: Option<&str>,
    ) -> Result<Option<Visitor>, Verdict>;

    /// A unit.
    async fn place(&self, unit: &UnitId) -> Result<Option<PlaceShown>, Verdict>;

    /// A thing of this procedure, with what this visitor may see opened. The desk asks the gate; the office opens.
    async fn thing(
        &self,
        visitor: &Visitor,
        procedure: &str,
        id: &str,
    ) -> Result<Option<Thing>, Verdict>;

    /// A list of things: what is late and due first comes first, then the newest.
    async fn things(&self, wanted: &Wanted) -> Result<Listing, Verdict>;

    /// What may be chosen for a field of type ref, party or holder: things with what is left of them, accounts,
    /// office holders. For a party the value is `organisation:<name>` or `person:<id>`. `None`: it is typed.
    async fn choices(&self, asked: &Asked<'_>) -> Result<Option<Vec<Choice>>, Verdict> {
        let _ = asked;
        Ok(None)
    }

    /// The members of a body of a unit now, for the roll of a sitting, in the order in which they are read out.
    async fn roll(&self, unit: &UnitId, body: &str) -> Result<Vec<Member>, Verdict>;

    /// Executes a step of a procedure, as a command.
    async fn submit(&self, submission: Submission<'_>) -> Result<Answer, Verdict>;

    /// The id of the thing that a receipt is about. Receipts of closed logs name no stream: such a service answers itself.
    fn thing_of(&self, definition: &Definition, receipt: &Receipt) -> Option<String> {
        let streams = || receipt.events.iter().filter_map(|event| event.stream.as_ref());
        let own = streams().find(|stream| stream.kind() == definition.stream);
        own.or_else(|| streams().next()).map(|stream| stream.key().to_owned())
    }

    /// The id of the thing that a submission began, by who sent it under which key.
    fn begun(
        &self,
        definition: &Definition,
        receipt: &Receipt,
        (account, key): (&str, &str),
    ) -> Option<String> {
        let _ = (account, key);
        self.thing_of(definition, receipt)
    }

    /// The case officers of a procedure at a place: who sees what lies in a closed log.
    fn officers(&self, definition: &Definition, place: &PlaceShown) -> Vec<(UnitId, String)> {
        let _ = (definition, place);
        Vec::new()
    }

    /// Keeps a file: strips what a photo tells of its place, writes it durably, and gives its hash.
    async fn attach(
        &self,
        visitor: &Visitor,
        unit: &UnitId,
        file: Upload,
    ) -> Result<Kept, Verdict> {
        let _ = (visitor, unit, file);
        Err(Refusal::new(
            "malformed",
            Text::new("此处不收附件。", "No attachments are taken here."),
            Text::new("请不带附件办理。", "Go on without an attachment."),
        )
        .into())
    }
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The account with its seats, as the gate wants it.
    pub principal: Principal,
    /// What the person is called.
    pub name: String,
}

impl Visitor {
    /// The account: the scope of idempotency keys.
    pub fn account(&self) -> &str {
        self.principal.account().unwrap_or_default()
    }

    /// The seats in effect at the instant.
    pub fn seats(&self, now: Timestamp) -> Vec<Seat> {
        match &self.principal {
            Principal::Person(person) => {
                person.grants.effective(now).map(|held| held.seat.clone()).collect()
            }
            Principal::Visitor | Principal::Administrator { .. } => Vec::new(),
        }
    }
}

/// A unit as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceShown {
    /// The unit, its code today and who keeps its log.
    pub place: Place,
    /// Its name: `青禾村`.
    pub name: Text,
    /// The units above it, from the province down, without itself.
    pub path: Vec<UnitId>,
    /// Their names joined: `临川县 · 云溪镇`.
    pub above: Text,
    /// Whether it is a village. Lists of a unit above show the things of all units below it too.
    pub village: bool,
}

/// A thing (事项): one case of a procedure.
#[derive(Debug, Clone)]
pub struct Thing {
    /// Where it lies.
    pub place: PlaceShown,
    /// What happened.
    pub history: History,
    /// The version of its stream: what a caller saw.
    pub version: u64,
    /// What it is called, in a line.
    pub title: Text,
    /// The free texts and other committed values that this visitor may see, by field; opened by the owner, traces left.
    /// Those of class `public` are for everybody.
    pub opened: Map<String, Value>,
    /// The records, in order: one an event of the history.
    pub records: Vec<Record>,
    /// Who may see it beyond what is public.
    pub class: Class,
    /// For a sealed matter: its case officers.
    pub officers: Vec<(UnitId, String)>,
    /// What people call the things, persons and holders that its values name by id: `ref`, `party`
    /// (`organisation:…`, `person:…`) and `holder` values, by the id.
    pub names: BTreeMap<String, Text>,
    /// Where else to look: the public page, the decision relied on.
    pub links: Vec<(Text, String)>,
    /// Who has looked at it, for a sealed matter.
    pub looks: Vec<Looked>,
    /// As of which position this speaks.
    pub as_of: Option<(Timestamp, Position)>,
}

/// Somebody has looked at a sealed matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// When.
    pub at: Timestamp,
    /// In which post.
    pub post: String,
    /// What the office holder is called.
    pub name: String,
}

impl Thing {
    /// A thing for the staff of its place; set what else is known.
    pub fn new(place: PlaceShown, history: History, version: u64, title: Text) -> Self {
        Self {
            place,
            history,
            version,
            title,
            opened: Map::new(),
            records: Vec::new(),
            class: Class::Staff,
            officers: Vec::new(),
            names: BTreeMap::new(),
            links: Vec::new(),
            looks: Vec::new(),
            as_of: None,
        }
    }

    /// The names as choices: what a value is called.
    pub(crate) fn called(&self) -> Vec<Choice> {
        let names = self.names.iter();
        names.map(|(id, name)| Choice::new(id.clone(), name.clone())).collect()
    }

    /// All values known of it: plain, opened for this visitor, and the commitments of those that stay closed.
    pub fn known(&self) -> Map<String, Value> {
        let mut known = Map::new();
        let parts = self.records.iter().map(|record| &record.values);
        for values in parts.chain([&self.history.values, &self.opened]) {
            known.extend(values.clone());
        }
        known
    }
}

/// Where one event of a thing lies.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The event.
    pub event: EventId,
    /// Log and index.
    pub position: Position,
    /// By when it must be in the public log: the signed promise, where there is one.
    pub include_by: Option<Timestamp>,
    /// The values that this event brought: plain ones, opened ones, and the commitments of those that stay closed.
    pub values: Map<String, Value>,
    /// The page or file that proves it.
    pub proof: Option<String>,
}

/// Which things are asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wanted {
    /// In this unit.
    pub unit: Option<UnitId>,
    /// And in all units below it.
    pub below: bool,
    /// Of this procedure.
    pub procedure: Option<String>,
    /// In units that the visitor may see or act in, whatever else is asked: to be filtered by where the list is read.
    pub scope: Scope,
    /// That wait for one of these posts and bodies; empty: whoever they wait for.
    pub who: Vec<String>,
    /// That have not ended.
    pub open_only: bool,
    /// After the item with this key (the last page's [`Listing::next`]).
    pub after: Option<String>,
    /// How many at most.
    pub limit: u32,
}

/// A page of a list.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// The things.
    pub items: Vec<Listed>,
    /// The key after which the next page begins.
    pub next: Option<String>,
    /// As of which position this speaks.
    pub as_of: Option<(Timestamp, Position)>,
}

/// A thing in a list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its procedure.
    pub procedure: String,
    /// Its id.
    pub id: String,
    /// Where it lies.
    pub unit: UnitId,
    /// What the unit is called.
    pub place: Text,
    /// The units above it, from the province down, without itself.
    pub path: Vec<UnitId>,
    /// Who may see it; [`Class::Staff`] unless the office says otherwise.
    pub class: Class,
    /// For a sealed matter: its case officers.
    pub officers: Vec<(UnitId, String)>,
    /// Office holders for whom it is not there: it is about them or their kin.
    pub barred: Vec<String>,
    /// What it is called.
    pub title: Text,
    /// What may be done now; the main line first.
    pub open: Vec<Open>,
    /// The steps of these that somebody is waited for to take: the main one, what has a deadline, what is to be answered.
    pub waits: Vec<String>,
    /// What happened last: the fact.
    pub last: Option<String>,
    /// When.
    pub since: Option<Timestamp>,
    /// No step is left.
    pub ended: bool,
}

impl Listed {
    /// From the history: what is open comes from the definition that governs it.
    pub fn of(
        definitions: &Definitions,
        procedure: &str,
        id: impl Into<String>,
        place: &PlaceShown,
        title: Text,
        history: &History,
        now: Timestamp,
    ) -> Self {
        let definition = governing(definitions, procedure, Some(history));
        let open = definition
            .map(|definition| open_steps(definition, Some(history), now))
            .unwrap_or_default();
        let waits = definition.map(|definition| waiting(definition, &open)).unwrap_or_default();
        let last = history.happened.last();
        Self {
            procedure: procedure.to_owned(),
            id: id.into(),
            unit: place.place.unit.clone(),
            place: place.name.clone(),
            path: place.path.clone(),
            class: Class::Staff,
            officers: Vec::new(),
            barred: Vec::new(),
            title,
            open,
            waits,
            last: last.map(|happened| happened.fact.clone()),
            since: last.map(|happened| happened.at),
            ended: history.ended,
        }
    }

    /// What is waited for, the main line first.
    pub fn waiting(&self) -> impl Iterator<Item = &Open> {
        self.open.iter().filter(|open| self.waits.contains(&open.step))
    }

    /// Whether something waits for one of these posts and bodies; for the `who` of [`Wanted`].
    pub fn waits_for(&self, who: &[String]) -> bool {
        who.is_empty() || self.waiting().any(|open| open.who.iter().any(|key| who.contains(key)))
    }

    /// The earliest due date of what is open.
    pub fn due(&self) -> Option<Timestamp> {
        self.open.iter().filter_map(|open| open.due).min()
    }
}

/// The steps that wait for somebody: the first of the main line, what has a deadline, and answers. What merely may be done
/// (taking a request back) waits for nobody.
pub(crate) fn waiting(definition: &Definition, open: &[Open]) -> Vec<String> {
    let main = open.iter().find(|open| !open.beside).map(|open| open.step.clone());
    let waits = |open: &&Open| {
        let answers = definition.step(&open.step).is_some_and(|step| step.answers.is_some());
        main.as_ref() == Some(&open.step) || open.due.is_some() || answers
    };
    open.iter().filter(waits).map(|open| open.step.clone()).collect()
}

/// For which field choices are asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Who asks.
    pub visitor: &'a Visitor,
    /// Where.
    pub unit: &'a UnitId,
    /// The definition.
    pub definition: &'a Definition,
    /// The step.
    pub step: &'a str,
    /// The field.
    pub field: &'a str,
    /// The thing, when it exists.
    pub thing: Option<&'a Thing>,
}

/// Something to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: Text,
    /// A plain line below: what is left of it, until when it runs.
    pub hint: Option<Text>,
}

impl Choice {
    /// A choice without a hint.
    pub fn new(value: impl Into<String>, label: Text) -> Self {
        Self { value: value.into(), label, hint: None }
    }
}

/// A member of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The office holder's id, or the id on the roll.
    pub holder: String,
    /// The name.
    pub name: String,
    /// The post in the body: a key of the catalogue, or empty.
    pub post: String,
}

/// A command as the desk hands it over.
#[derive(Debug)]
pub struct Submission<'a> {
    /// Who.
    pub visitor: &'a Visitor,
    /// In which seat.
    pub seat: &'a Seat,
    /// Where.
    pub place: &'a Place,
    /// What.
    pub act: Act,
    /// The thing, when it exists.
    pub thing: Option<&'a str>,
    /// The idempotency key; its scope is the visitor's account.
    pub key: String,
    /// The version of the thing that the visitor saw.
    pub seen: Option<u64>,
    /// The request as it came: what makes a repeat under the same key a repeat.
    pub sent: Sent,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its name, without folders.
    pub name: String,
    /// Its media type, as the sender says.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A file that is kept. Its hash is what stands in a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// SHA-256 of the bytes kept, in hexadecimal.
    pub sha256: String,
    /// Its name.
    pub name: String,
    /// Its media type, as found in the bytes.
    pub media_type: String,
    /// How many bytes.
    pub bytes: u64,
}
