//! Runs the cases of procedures whose events are their own on a real domain: a line becomes a command.
//!
//! `by=post:Holder` acts in that seat, `on=2026-03-05` is the day; in `given`, what a line leaves out of a form gets something
//! ordinary. `Day 2026-03-20` lets time pass; `KinDeclared post:Holder p-other` declares, `NothingDeclared post:Holder` seats
//! somebody who has not.

use std::collections::BTreeMap;

use casework::{
    closed::Closed,
    trial::{KEYS, act_of},
};
use definitions::{Definition, Definitions, Step, Who, cases::CaseLine};
use engines::{
    cases::{CaseHost, Done},
    procedure::{Happened, History},
};
use kernel::{Actor, Answer, Event, EventId, Position, StreamId, Timestamp, Verdict};
use organisation::{
    Ask, State, bodies,
    facts::conflict::{Degree, FileDeclaration, Relative},
};
use serde_json::json;

use super::{Village, checked, day, fill, home, morning, person, seated};

/// The definitions whose events are their own, with the cases beside them; the stages of joining the party in their order.
pub const CASES: [(&str, &str); 6] = [
    ("consultation.toml", include_str!("../../definitions/consultation.cases.toml")),
    ("member-application.toml", include_str!("../../definitions/member-application.cases.toml")),
    ("member-activist.toml", include_str!("../../definitions/member-activist.cases.toml")),
    ("member-object.toml", include_str!("../../definitions/member-object.cases.toml")),
    ("member-admission.toml", include_str!("../../definitions/member-admission.cases.toml")),
    ("member-probation.toml", include_str!("../../definitions/member-probation.cases.toml")),
];

const CASE: &str = "c1";
/// The stages that another follows.
const BEFORE: [&str; 4] =
    ["member-application", "member-activist", "member-object", "member-admission"];
/// Whom the first stage names, by id of the register of persons.
const APPLICANT: &str = "p-bo";

/// What a line says of the stage before: kind, the fact that came last, whether it is over.
const STAGES: [(&str, &str, &str, bool); 5] = [
    ("Applied", "member-application", "application-submitted.v1", false),
    ("TalkedWith", "member-application", "applicant-talk-held.v1", true),
    ("Observed", "member-activist", "second-half-observed.v1", true),
    ("Trained", "member-object", "development-training-completed.v1", true),
    ("Admitted", "member-admission", "admission-filed.v1", true),
];

/// The values of a line that tell of a sitting.
const SITTING: [&str; 10] = [
    "present",
    "for",
    "against",
    "abstain",
    "spoilt",
    "recused",
    "twice",
    "difference",
    "witness",
    "ballot",
];

#[derive(Clone)]
pub struct Own {
    set: Definitions,
    pub village: Village,
    sent: BTreeMap<String, (Ask, Actor)>,
}

impl Own {
    pub fn new(set: Definitions) -> Self {
        let mut village = Village::new(set.clone());
        village.adopt_definitions();
        village.now = morning(day("2026-03-02"));
        let mut own = Self { set, village, sent: BTreeMap::new() };
        // whose bodies ask for no declaration when a seat is taken
        for (post, holder) in [("township-officer", "Tian"), ("township-head", "Ma")] {
            own.declares(post, holder, None);
        }
        own
    }

    /// Somebody declares this one relative, or none.
    fn declares(&mut self, post: &str, holder: &str, relative: Option<String>) {
        let close = |person| Relative { person, degree: Degree::CloseKin };
        self.village.must(Ask::FileDeclaration(FileDeclaration {
            unit: home(post).into(),
            party: person(holder),
            relatives: relative.map(close).into_iter().collect(),
        }));
    }

    /// A stage with this history, and those before it.
    fn stage(&mut self, kind: &str, id: &str, history: History) {
        let place = self.village.command(Ask::Divisions { form: vec![], rename: vec![] }).place;
        let last = BEFORE.iter().position(|stage| *stage == kind).unwrap();
        for (at, stage) in BEFORE.iter().enumerate().take(last + 1) {
            let mut history = if at == last { history.clone() } else { History::default() };
            history.values = match at {
                0 => json!({ "applicant": { "person": APPLICANT } }),
                _ => json!({ "before": id }),
            }
            .as_object()
            .cloned()
            .unwrap();
            let closed = Some(Closed { concerns: place.unit.clone(), lies: Vec::new() });
            let case = casework::Case { place: place.clone(), history, closed };
            self.village.memory.know(StreamId::of(stage, id), State::Case(Box::new(case)));
        }
    }

    fn ask(&mut self, definition: &Definition, step: &Step, line: &CaseLine, fill: bool) -> Ask {
        if let Some(on) = line.value("on") {
            self.village.now = self.village.now.max(morning(day(on)));
            self.village.memory.pass(self.village.now);
        }
        let today = self.village.now.date();
        let sits = step.vote.is_some() || step.sitting.is_some();
        let beside: Vec<&str> =
            if sits { KEYS.into_iter().chain(SITTING).collect() } else { KEYS.to_vec() };
        let mut act = act_of(definition, step, line, &beside, fill.then_some(today));
        if sits && let Who::Body(body) = &step.by.who {
            act.sitting = Some(self.village.sitting(body, line, today));
        }
        Ask::Act { subject: CASE.to_owned(), act: Box::new(act) }
    }

    fn actor(line: &CaseLine) -> Actor {
        match line.by() {
            Some(("resident", id)) => Actor::Resident(id.to_owned()),
            Some((post, holder)) if post != "nobody" => seated(post, holder),
            _ => Actor::System("nobody".to_owned()),
        }
    }

    fn send(&mut self, ask: Ask, actor: Actor, key: &str) -> Result<Answer, Verdict> {
        let mut command = self.village.command(ask);
        command.actor = actor;
        command.key = key.to_owned();
        self.village.memory.execute(&command, self.village.now)
    }
}

impl CaseHost for Own {
    fn reset(&mut self, definition: &Definition) {
        if self.set.iter().any(|one| one.reference == definition.reference) {
            *self = Self::new(self.set.clone());
            return;
        }
        let others: Vec<(&str, &str)> = self
            .set
            .iter()
            .filter(|other| other.file != definition.file)
            .map(|other| (other.file.as_str(), other.text.as_str()))
            .chain([(definition.file.as_str(), definition.text.as_str())])
            .collect();
        *self = Self::new(checked(&others).unwrap());
    }

    fn given(&mut self, definition: &Definition, line: &CaseLine) -> Result<(), String> {
        if line.what == "Day" {
            let until = line.words.first().map(|word| day(word)).ok_or("`Day 2026-03-02`")?;
            self.village.now = morning(until);
            self.village.memory.pass(self.village.now);
            return Ok(());
        }
        if let Some((_, kind, fact, ended)) = STAGES.iter().find(|(word, ..)| *word == line.what) {
            let id = line.words.first().ok_or("which one?")?;
            let happened = Happened {
                fact: (*fact).to_owned(),
                at: self.village.now,
                post: None,
                holder: None,
                event: EventId::new(format!("e-{id}")),
                about: None,
            };
            let history = History { happened: vec![happened], ended: *ended, ..History::default() };
            self.stage(kind, id, history);
            return Ok(());
        }
        let person = |word: usize| line.words.get(word).cloned().ok_or("who?");
        if let Some(fact) = ["KinDeclared", "NothingDeclared"].iter().find(|f| **f == line.what) {
            let who = person(0)?;
            let (post, name) = who.split_once(':').ok_or("`KinDeclared post:Name p-other`")?;
            if *fact == "KinDeclared" {
                self.declares(post, name, Some(person(1)?));
            } else {
                let (body, _) = bodies::find_post(post).ok_or("no such post")?;
                self.village.must(Ask::FillSeat(fill(body.key, post, name, false)));
            }
            return Ok(());
        }
        let of_event = |step: &&Step| step.events.iter().any(|event| event.event == line.what);
        let step = definition.steps.iter().find(of_event).ok_or("nothing brings it about")?;
        let ask = self.ask(definition, step, line, true);
        let ask = match ask {
            Ask::Act { subject, mut act } if step.events.len() > 1 && step.vote.is_none() => {
                let event = step.events.iter().find(|event| event.event == line.what);
                act.outcome = event.map(|event| event.outcome.clone());
                Ask::Act { subject, act }
            }
            ask => ask,
        };
        let before = self.village.memory.events().len();
        self.send(ask, Self::actor(line), &format!("given-{before}"))
            .map_err(|verdict| verdict.to_string())?;
        let fact = definitions::fact_of(&line.what);
        let came = self.village.memory.events()[before..].iter().any(|e| e.fact() == fact);
        if came { Ok(()) } else { Err(format!("`{fact}` did not come")) }
    }

    fn act(
        &mut self,
        definition: &Definition,
        line: &CaseLine,
        key: &str,
    ) -> Result<Done, Verdict> {
        let (ask, actor) = match (self.sent.get(key), definition.step(&line.what)) {
            (Some(sent), _) => sent.clone(),
            (None, Some(step)) => (self.ask(definition, step, line, false), Self::actor(line)),
            (None, None) => panic!("a case names a step, not `{}`", line.what),
        };
        self.sent.insert(key.to_owned(), (ask.clone(), actor.clone()));
        let answer = self.send(ask, actor, key)?;
        let ids: Vec<&EventId> = answer.receipt().events.iter().map(|event| &event.id).collect();
        let all = self.village.memory.events().iter();
        let events = all.filter(|event| ids.contains(&&event.id)).cloned().collect();
        Ok(Done { already: matches!(answer, Answer::AlreadyDone(_)), events })
    }

    fn wait(&mut self, _: &Definition, until: Timestamp) -> Vec<Event> {
        let before = self.village.memory.events().len();
        self.village.memory.pass(until);
        self.village.memory.events()[before..].to_vec()
    }

    fn shows(&self, event: &Event, name: &str, value: &str) -> Option<bool> {
        let position = Position { log: event.log.clone(), index: event.index };
        event.commitment(name)?;
        let (_, sealed) = self.village.memory.sealed(&position, name)?;
        Some(sealed.as_str() == Some(value))
    }
}
