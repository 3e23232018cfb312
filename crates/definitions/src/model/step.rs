//! Steps: outcomes, sittings, votes, windows, clocks, messages.

use std::collections::BTreeMap;

use kernel::{Period, Text};

use super::{ledger::Books, people::Competence, require::Require};
use crate::number::Threshold;

/// An outcome of a step and its event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeEvent {
    /// `done`, `passed`, `failed`, `returned`, `inquorate`, …
    pub outcome: String,
    /// What people call this outcome, where the file says it.
    pub name: Option<Text>,
    /// `ToolRequested`.
    pub event: String,
    /// `tool-requested.v1`.
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
    /// The steps whose clocks stand still from here on (期间中止).
    pub pauses: Vec<String>,
    /// The steps whose clocks go on from here with what was left.
    pub resumes: Vec<String>,
    /// The step that gets more time (延长期限).
    pub lengthens: Option<Lengthens>,
    /// How often it may happen in one case; needed where a path returns.
    pub rounds: Option<u32>,
    /// Fields typed here, by name.
    pub takes: Vec<String>,
    /// Named guards.
    pub guards: Vec<String>,
    /// Conditions that the file writes as formulas.
    pub requires: Vec<Require>,
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
    /// What it books on ledgers of count.
    pub books: Vec<Books>,
    /// The steps whose bookings it takes back (冲正).
    pub reverses: Vec<String>,
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
    /// `by due_on`: the day that this field names, or the working day after it.
    Date(String),
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

/// More time for a step whose clock runs or stands still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lengthens {
    /// The step.
    pub step: String,
    /// By how much; in the unit of its clock.
    pub by: Within,
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
