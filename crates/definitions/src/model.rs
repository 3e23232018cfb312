//! What a definition says, typed. Knows no file, no catalogue and no mechanism.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Class, Date, DefinitionRef, Period, Text};

use crate::number::{Threshold, Value};

/// A procedure as one definition file says it: people, order, clock and words around a typed core.
#[derive(Debug, Clone)]
pub struct Definition {
    /// The file it was read from, for findings.
    pub file: String,
    /// Its id: `payment`.
    pub id: String,
    /// Its version, from 1.
    pub version: u32,
    /// What people call it (名称).
    pub term: Text,
    /// The kind of stream its events lie in: `payment/<id>`.
    pub stream: String,
    /// The built-in definition that this one replaces in a region.
    pub extends: Option<String>,
    /// `id@hash`: SHA-256 of the text, in hexadecimal.
    pub reference: DefinitionRef,
    /// The article or rule that the order and the competences rest on, where a step names none.
    pub law: Option<String>,
    /// What a new version means for what is under way.
    pub running: Running,
    /// Dated parameters by name.
    pub parameters: BTreeMap<String, Parameter>,
    /// The fields by name; [`Definition::form`] gives those of a step in the order of the file.
    pub fields: BTreeMap<String, Field>,
    /// Tiers (分级): rows that cover every amount exactly once.
    pub tiers: Vec<Tier>,
    /// The steps in the order of the file.
    pub steps: Vec<Step>,
    /// Kinds of matter (事项) with the body, notice, quorum and majority that each needs.
    pub matters: Vec<Matter>,
    /// What must hold on every path.
    pub proves: Vec<Prove>,
    /// Events that this definition declares itself.
    pub locals: Vec<LocalEvent>,
    /// The law that a burden over the budget rests on.
    pub burden_law: Option<String>,
    /// The text itself: what is adopted, hashed and shown.
    pub text: String,
}

impl Definition {
    /// A step by id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// A kind of matter by its id.
    pub fn matter(&self, id: &str) -> Option<&Matter> {
        self.matters.iter().find(|matter| matter.id == id)
    }

    /// The fields typed at a step, in the order of the file.
    pub fn form(&self, step: &Step) -> Vec<&Field> {
        let mut fields: Vec<&Field> =
            step.takes.iter().filter_map(|name| self.fields.get(name)).collect();
        fields.sort_by_key(|field| field.order);
        fields
    }

    /// The step and outcome that an event of this procedure means. Names are unique, so events need not say it.
    pub fn meaning(&self, fact: &str) -> Option<(&Step, &str)> {
        self.steps.iter().find_map(|step| {
            if let Some(outcome) = step.events.iter().find(|outcome| outcome.fact == fact) {
                return Some((step, outcome.outcome.as_str()));
            }
            if step.missed.as_ref().is_some_and(|missed| missed.fact == fact) {
                return Some((step, MISSED));
            }
            let closes = step.window.as_ref().and_then(|window| window.closes.as_ref());
            closes.is_some_and(|(_, closes)| closes == fact).then_some((step, CLOSED))
        })
    }

    /// The steps after which a step may come: `(step, outcome)`; a step named without outcome means each of its outcomes
    /// but `inquorate`.
    pub fn after<'a>(&'a self, step: &'a Step) -> Vec<(&'a str, &'a str)> {
        step.after.iter().flat_map(|item| self.expand(item)).collect()
    }

    /// Whether a step begins the procedure: main, and after nothing.
    pub fn is_first(&self, step: &Step) -> bool {
        step.is_main() && step.after.is_empty()
    }

    /// Resolves `step` or `step.outcome` to pairs of step and outcome.
    pub fn expand<'a>(&'a self, item: &'a str) -> Vec<(&'a str, &'a str)> {
        match item.split_once('.') {
            Some((step, outcome)) => vec![(step, outcome)],
            None => self.step(item).map_or_else(Vec::new, |step| {
                step.events
                    .iter()
                    .filter(|event| event.outcome != INQUORATE)
                    .map(|event| (step.id.as_str(), event.outcome.as_str()))
                    .collect()
            }),
        }
    }

    /// The parameters with the values in force on a date; those not in force yet are absent.
    pub fn parameters_at(&self, date: Date) -> BTreeMap<String, Value> {
        self.parameters
            .iter()
            .filter_map(|(name, parameter)| Some((name.clone(), parameter.at(date)?.is)))
            .collect()
    }

    /// The article that a step rests on, as far as the file says: its own, its vote's, the matter's, the procedure's.
    pub fn law_of<'a>(&'a self, step: &'a Step, matter: Option<&'a Matter>) -> Option<&'a str> {
        let vote = step.vote.as_ref().map(|vote| vote.law.as_ref());
        let sitting = step.sitting.as_ref().map(|sitting| sitting.law.as_ref());
        let decided = vote.or(sitting);
        step.law
            .as_deref()
            .or_else(|| decided.flatten().map(String::as_str))
            .or_else(|| decided.and(matter).map(|matter| matter.law.as_str()))
            .or(self.law.as_deref())
    }

    /// Every date on which a parameter changes, first to last.
    pub fn dates(&self) -> BTreeSet<Date> {
        self.parameters.values().flat_map(|p| p.values.iter().map(|v| v.from)).collect()
    }
}

/// Outcome of a step with one event.
pub const DONE: &str = "done";
/// Outcome of a vote that reached its majority.
pub const PASSED: &str = "passed";
/// Outcome of a sitting without quorum.
pub const INQUORATE: &str = "inquorate";
/// What a deadline writes when it passes.
pub const MISSED: &str = "missed";
/// What the end of a window writes.
pub const CLOSED: &str = "closed";

/// What a new version means for what is under way (在办事项).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Which.
    pub mode: RunningMode,
    /// On what ground: a citation or `default`.
    pub source: String,
}

/// `keep | at next step | at once`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunningMode {
    /// What began under a version ends under it.
    Keep,
    /// The new version governs from the next step on.
    AtNextStep,
    /// The new version governs from the day it is adopted.
    AtOnce,
}

/// A dated, sourced parameter (参数).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Unit: `money`, `days`, `working-days`, `count`, `share`.
    pub unit: String,
    /// The direction in which a region may move it.
    pub tighten: Tighten,
    /// The article that bounds it, when its own source does not.
    pub law: Option<String>,
    /// Values by date, earliest first.
    pub values: Vec<ParameterValue>,
    /// Line in the file.
    pub line: usize,
}

/// Which way is stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tighten {
    /// Higher is stricter.
    Up,
    /// Lower is stricter.
    Down,
}

/// One value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterValue {
    /// In force from this day.
    pub from: Date,
    /// The value.
    pub is: Value,
    /// A citation, or `default`, `local rules`, …
    pub source: String,
    /// Line in the file.
    pub line: usize,
}

impl Parameter {
    /// The value in force on a date.
    pub fn at(&self, date: Date) -> Option<&ParameterValue> {
        self.values.iter().rev().find(|value| value.from <= date)
    }
}

/// A field (栏目): what is asked, why, and who may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name in the event.
    pub name: String,
    /// Its type.
    pub kind: FieldType,
    /// Who may see it.
    pub class: ClassOf,
    /// What the form calls it; the name in both languages when the file gives none.
    pub label: Text,
    /// Why it is needed.
    pub why: String,
    /// A natural key that may be used once.
    pub claim: bool,
    /// Whether it may be left out.
    pub optional: Optional,
    /// Years that the law asks to keep it (0: none), with the article.
    pub keep_years: u16,
    /// The article that asks for keeping it.
    pub keep_basis: Option<String>,
    /// Its place in the file.
    pub order: usize,
    /// Line in the file.
    pub line: usize,
}

impl Field {
    /// Whether the value goes beside the log: all free text, and everything that is not public.
    pub fn is_sealed(&self, value: &serde_json::Value) -> bool {
        matches!(self.kind, FieldType::Text { .. }) || self.class.of(value) != Class::Public
    }
}

/// The type of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    /// An amount above zero; fen as a number, or yuan as a text.
    Money,
    /// One of these words.
    Enum(Vec<String>),
    /// Free text, always sealed; `most` characters at most.
    Text {
        /// `official` or `resident`.
        written_by: String,
        /// Characters at most.
        most: usize,
    },
    /// A reference to a thing of this kind.
    Ref(String),
    /// `YYYY-MM-DD`.
    Date,
    /// `YYYY-MM`.
    Month,
    /// A whole number from 0.
    Count,
    /// `{"organisation": name}` or `{"person": id}`.
    Party,
    /// A kind of matter of the table `[[matter]]`.
    MatterType,
    /// True or false.
    YesNo,
    /// An office holder's opaque id.
    Holder,
    /// A length of time: `15 days`.
    Period,
    /// Attachments by hash; at most so many.
    Attachment,
    /// A photo by hash: never mandatory unless a law is cited.
    Photo,
}

impl FieldType {
    /// The word that files use.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::Enum(_) => "enum",
            Self::Text { .. } => "text",
            Self::Ref(_) => "ref",
            Self::Date => "date",
            Self::Month => "month",
            Self::Count => "count",
            Self::Party => "party",
            Self::MatterType => "matter-type",
            Self::YesNo => "yes-no",
            Self::Holder => "holder",
            Self::Period => "period",
            Self::Attachment => "attachment",
            Self::Photo => "photo",
        }
    }
}

/// The class of a field: one, or one for organisations and one for persons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassOf {
    /// The same for every value.
    One(Class),
    /// A party: an organisation's name and a person's id differ.
    Party {
        /// For an organisation.
        organisation: Class,
        /// For a person.
        person: Class,
    },
}

impl ClassOf {
    /// The class of this value.
    pub fn of(self, value: &serde_json::Value) -> Class {
        match self {
            Self::One(class) => class,
            Self::Party { organisation, person } => {
                if value.get("organisation").is_some() {
                    organisation
                } else {
                    person
                }
            }
        }
    }

    /// The strictest class it can have.
    pub fn strictest(self) -> Class {
        match self {
            Self::One(class) => class,
            Self::Party { organisation, person } => organisation.max(person),
        }
    }
}

/// Whether a field may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Optional {
    /// Must be given.
    No,
    /// May be left out.
    Yes,
    /// Needed only when the matter spends money (`optional = "!matter.spends"`).
    UnlessMatterSpends,
}

/// A tier: a row of conditions and who is competent in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// All must hold.
    pub when: Vec<Condition>,
    /// Who is competent, by role: `approve`.
    pub roles: BTreeMap<String, Who>,
    /// Fields that are needed in this tier.
    pub needs: Vec<String>,
    /// Line of the row.
    pub line: usize,
}

/// `amount < tier2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The field on the left.
    pub field: String,
    /// The comparison.
    pub op: Op,
    /// The parameter on the right.
    pub parameter: String,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

impl Op {
    /// Whether an ordering satisfies it.
    pub fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
            Self::More => ordering.is_gt(),
            Self::AtLeast => ordering.is_ge(),
        }
    }
}

/// Who is competent (有权办理者).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Any of these posts.
    Post(Vec<String>),
    /// A body, by its members or in a sitting.
    Body(String),
    /// The body that the matter's row names.
    MatterBody,
    /// Whom the tier names for this role.
    Tier(String),
    /// A resident of this kind (a post of the catalogue with `resident`).
    Resident(String),
    /// What happens by itself: a fact heard, an answer of a machine.
    System(String),
}

/// Who may take a step, who may not also, and who instead when all are barred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Competence {
    /// Who.
    pub who: Who,
    /// Steps whose person may not take this one too (四眼原则).
    pub not_also: Vec<String>,
    /// The post or body above that acts where all are barred.
    pub otherwise: Option<String>,
    /// The article behind it, where it is another than the step's.
    pub law: Option<String>,
}

/// An outcome of a step and its event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeEvent {
    /// `done`, `passed`, `failed`, `returned`, `inquorate`, …
    pub outcome: String,
    /// `PaymentRequested`.
    pub event: String,
    /// `payment-requested.v1`.
    pub fact: String,
    /// Line in the file.
    pub line: usize,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its id in the file; never in an event.
    pub id: String,
    /// What people call it; the term of the id when the file gives none.
    pub name: Text,
    /// Its outcomes, in the order of the file.
    pub events: Vec<OutcomeEvent>,
    /// Who may take it.
    pub by: Competence,
    /// `step` or `step.outcome`: any of these must be what happened last. Empty for the first.
    pub after: Vec<String>,
    /// Open while one of these is the last that happened; does not move the procedure on, unless it says `after` too: then
    /// it does, and need not wait for a window to end.
    pub during: Vec<String>,
    /// The step whose events (objections, questions) this one answers, one each.
    pub answers: Option<String>,
    /// How often it may happen in one case; needed where a path returns.
    pub rounds: Option<u32>,
    /// Fields typed here, by name.
    pub takes: Vec<String>,
    /// Named guards.
    pub guards: Vec<String>,
    /// A sitting with a quorum and no vote.
    pub sitting: Option<Sitting>,
    /// A vote.
    pub vote: Option<Vote>,
    /// How the roll is kept.
    pub roll: Option<RollSpec>,
    /// Notice that must lie between the step before and the sitting.
    pub notice_before: Option<Within>,
    /// A window that opens with this step.
    pub window: Option<Window>,
    /// What is written when this step is not taken in time.
    pub missed: Option<Missed>,
    /// What happens next; one for each outcome that needs its own, under `""` the general one.
    pub next: BTreeMap<String, Next>,
    /// Whom the event tells.
    pub tell: Vec<Tell>,
    /// Posting template of the core.
    pub posts: Option<String>,
    /// Fields whose hash the actor signs: what was shown.
    pub signs: Vec<String>,
    /// The item of the list of small powers (小微权力清单) that this step exercises.
    pub power: Option<String>,
    /// The article the step's order rests on.
    pub law: Option<String>,
    /// Line of the step's id.
    pub line: usize,
}

impl Step {
    /// The outcome's event.
    pub fn event_of(&self, outcome: &str) -> Option<&OutcomeEvent> {
        self.events.iter().find(|event| event.outcome == outcome)
    }

    /// What happens next after an outcome.
    pub fn next_of(&self, outcome: &str) -> Option<&Next> {
        self.next.get(outcome).or_else(|| self.next.get(""))
    }

    /// Whether it moves the procedure on: neither beside another step nor an answer.
    pub fn is_main(&self) -> bool {
        self.answers.is_none() && (self.during.is_empty() || !self.after.is_empty())
    }
}

/// A number that the file gives, or the matter's row does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrMatter<T> {
    /// Given here.
    Is(T),
    /// `matter.…`.
    Matter,
}

/// Of whom a fraction counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Those present (到会).
    Present,
    /// Those who should attend, without the recused (应到会).
    ShouldAttend,
    /// All members of the body, without the recused (全体).
    All,
}

/// A sitting's quorum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sitting {
    /// Of those who should attend.
    pub quorum: OrMatter<Threshold>,
    /// The article; `None`: the matter's.
    pub law: Option<String>,
}

/// A vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    /// Of those who should attend, at opening and at the vote.
    pub quorum: Option<OrMatter<Threshold>>,
    /// How much passes.
    pub majority: OrMatter<Threshold>,
    /// Of whom.
    pub of: OrMatter<Counted>,
    /// `kin-or-interest`: who has an interest leaves and is not counted.
    pub recuse: Option<String>,
    /// `show-of-hands` or `secret`; `None`: either.
    pub ballot: Option<OrMatter<Ballot>>,
    /// The article; `None`: the matter's.
    pub law: Option<String>,
}

/// How votes are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ballot {
    /// 举手表决
    ShowOfHands,
    /// 无记名投票
    Secret,
}

/// How the roll is kept (签到册).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollSpec {
    /// Where it is marked: `table`.
    pub kept_at: String,
    /// Channels allowed: `hall`, `paper`, `phone`.
    pub channels: Vec<String>,
    /// The body whose member witnesses it.
    pub witness: Option<String>,
}

/// A length that a rule names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Within {
    /// `15 working-days`.
    Period(Period),
    /// A parameter.
    Parameter(String),
    /// `month-end + 15 days`.
    MonthEnd(Period),
    /// `matter.meeting_notice`.
    Matter,
}

/// A window for objections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// How long.
    pub lasts: Within,
    /// The step by which somebody objects.
    pub objections: Option<String>,
    /// Within which each is answered.
    pub answered_within: Option<Within>,
    /// The step that starts it anew.
    pub restarts_on: Option<String>,
    /// The event at its end: name and fact. Without one nothing is written.
    pub closes: Option<(String, String)>,
    /// Whether the next steps wait for its end and for the answers.
    pub blocks: bool,
    /// Line in the file.
    pub line: usize,
}

/// What is written when a step is late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// `ApprovalOverdue`.
    pub event: String,
    /// `approval-overdue.v1`.
    pub fact: String,
    /// Who is told.
    pub tell: Vec<String>,
    /// Line in the file.
    pub line: usize,
}

/// What happens next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// In words.
    pub text: Text,
    /// Who: a post, a body, `tier.role`, `matter.required_body`.
    pub who: String,
    /// By when.
    pub within: Option<Within>,
    /// Line in the file.
    pub line: usize,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tell {
    /// A post, a body or an audience.
    pub who: String,
    /// The words; `{field}` is filled in.
    pub text: Text,
    /// Line in the file.
    pub line: usize,
}

/// A message with its readers, as [`Definition::messages`] lists them.
pub type Message<'a> = (&'a Step, &'a Tell);

/// A kind of matter (事项类别).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matter {
    /// Its id: the value of a field of type `matter-type`.
    pub id: String,
    /// What people call it.
    pub name: Text,
    /// The body that decides.
    pub body: String,
    /// Notice before its sitting.
    pub notice: Within,
    /// Quorum.
    pub quorum: Threshold,
    /// Majority.
    pub majority: Threshold,
    /// Of whom.
    pub counted: Counted,
    /// How votes are given; `None`: either.
    pub ballot: Option<Ballot>,
    /// The article.
    pub law: String,
    /// Whether it spends money.
    pub spends: bool,
    /// Line of the row.
    pub line: usize,
}

/// What must hold on every path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prove {
    /// `never = "A without B"`: no path has A unless B came before.
    NeverWithout {
        /// `step` or `step.outcome`.
        what: String,
        /// What must have come before.
        without: String,
        /// Line in the file.
        line: usize,
    },
    /// `never = "A after B"`.
    NeverAfter {
        /// `step` or `step.outcome`.
        what: String,
        /// What may not have come before.
        after: String,
        /// Line in the file.
        line: usize,
    },
    /// `always = "A leads to B or C"`: every path from A ends through one of them.
    LeadsTo {
        /// `step` or `step.outcome`.
        what: String,
        /// One of these comes.
        to: Vec<String>,
        /// Line in the file.
        line: usize,
    },
}

/// An event that the definition declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalEvent {
    /// `ToolLent`.
    pub event: String,
    /// `tool-lent.v1`.
    pub fact: String,
    /// The fields it carries; `None`: all that are typed at its step.
    pub fields: Option<Vec<String>>,
    /// Line in the file.
    pub line: usize,
}
