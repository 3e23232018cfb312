//! Runs the cases of the definition on a real domain: a line of a case becomes a command.

use definitions::{Definition, Definitions, Step, Who, cases::CaseLine};
use engines::{
    cases::{CaseHost, Done},
    procedure::Act,
};
use kernel::{Actor, Answer, Date, Event, Timestamp, Verdict};
use organisation::{
    Ask,
    facts::conflict::{Degree, FileDeclaration, Relative},
    hears::funds::RecordDrawing,
    matters,
};
use serde_json::{Value, json};

use super::{PROPOSAL, VILLAGE, Village, day, fields, morning, person, seated};

/// The main line: what must have happened before each of these, when a case does not say.
const LINE: [&str; 11] = [
    "proposal-tabled.v1",
    "proposal-endorsed-by-party.v1",
    "proposal-consulted.v1",
    "materials-sent-to-members.v1",
    "proposal-reviewed.v1",
    "meeting-called.v1",
    "resolution-adopted.v1",
    "resolution-published.v1",
    "execution-reported.v1",
    "result-accepted.v1",
    "result-published.v1",
];

#[derive(Clone)]
pub struct Host {
    definitions: Definitions,
    pub village: Village,
    today: Date,
    meeting: Option<Date>,
    payments: u32,
}

impl Host {
    pub fn new(definitions: Definitions) -> Self {
        let village = Village::new(definitions.clone());
        Self { definitions, village, today: day("2026-03-02"), meeting: None, payments: 0 }
    }

    fn has(&self, fact: &str) -> bool {
        self.village.memory.events().iter().any(|event| event.fact() == fact)
    }

    fn matter(&self) -> String {
        self.village.proposal().map_or_else(|| "public-welfare".to_owned(), |p| p.matter.clone())
    }

    /// The body whose sitting decides a step.
    fn body(&self, step: &Step) -> Option<String> {
        match &step.by.who {
            Who::Body(body) => Some(body.clone()),
            Who::MatterBody => {
                let key = self.matter();
                Some(matters::find(&key)?.body_of(&key).to_owned())
            }
            _ => None,
        }
    }

    fn actor(&self, step: &Step, line: &CaseLine) -> Actor {
        if let Some((post, holder)) = line.by() {
            return match post {
                "resident" => Actor::Resident(holder.to_owned()),
                "nobody" => Actor::System("nobody".to_owned()),
                post => seated(post, holder),
            };
        }
        match &step.by.who {
            Who::Post(posts) => match posts.first().map(String::as_str) {
                Some("party-secretary") => seated("party-secretary", "Shi"),
                Some("township-head" | "township-officer") => seated("township-officer", "Tian"),
                _ => seated("village-director", "Wang"),
            },
            Who::Resident(_) => Actor::Resident("r1".into()),
            _ => match self.body(step).as_deref() {
                Some("supervision-committee") => seated("supervision-chair", "Jian"),
                Some("branch-committee" | "party-members-meeting") => {
                    seated("party-secretary", "Shi")
                }
                Some("member-delegates" | "members-assembly") => {
                    seated("legal-representative", "Li")
                }
                _ => seated("village-director", "Wang"),
            },
        }
    }

    /// The day on which a line happens.
    fn day_of(&self, step: &Step, outcome: &str, line: &CaseLine) -> Date {
        if let Some(on) = line.value("on") {
            return day(on);
        }
        let days = |n: i64| self.today.saturating_add(jiff::Span::new().days(n));
        if let Some(after) = line.value("after") {
            return days(after.parse().unwrap());
        }
        let event = step.event_of(outcome).map(|event| event.fact.as_str()).unwrap_or_default();
        match event {
            "proposal-reviewed.v1" | "proposal-rejected-by-members.v1" => days(6),
            "resolution-adopted.v1" | "resolution-rejected.v1" | "meeting-inquorate.v1" => {
                self.meeting.map_or_else(|| days(10), |held_on| held_on.max(self.today))
            }
            "execution-reported.v1" => days(24),
            "proposal-tabled.v1" => self.today,
            _ => days(1),
        }
    }

    fn build(&self, definition: &Definition, step: &Step, line: &CaseLine, on: Date) -> Act {
        let spends = match line.value("matter") {
            Some(matter) => matters::find(matter).is_some_and(|matter| matter.spends),
            None => matters::find(&self.matter()).is_some_and(|matter| matter.spends),
        };
        let mut typed = fields(definition, &step.id, spends);
        for name in &step.takes {
            let Some(given) = line.value(name) else { continue };
            let value = match name.as_str() {
                "supporters" => json!(given.parse::<u64>().unwrap()),
                "read_out" => json!(given == "true"),
                "interested" => json!({ "person": given }),
                _ if given == "none" => {
                    typed.remove(name);
                    continue;
                }
                _ => json!(given),
            };
            typed.insert(name.clone(), value);
        }
        if step.takes.iter().any(|name| name == "held_on") && line.value("held_on").is_none() {
            let ahead = line.value("in").map_or(12, |n| n.parse().unwrap());
            let held_on = on.saturating_add(jiff::Span::new().days(ahead));
            typed.insert("held_on".into(), json!(held_on));
        }
        let mut act = Act::new(&definition.id, &step.id, typed);
        if step.vote.is_some() || step.sitting.is_some() {
            act.sitting = self.body(step).map(|body| self.village.sitting(&body, line, on));
        }
        act
    }

    /// A line that brings about this outcome without saying the votes.
    fn against(&self, line: &CaseLine, step: &Step, outcome: &str, on: Date) -> CaseLine {
        let mut line = line.clone();
        if step.vote.is_some() && line.value("for").is_none() && outcome != "passed" {
            let body = self.body(step).unwrap_or_default();
            let size = self.village.roll(&body, on).len();
            if outcome == "inquorate" {
                line.values.insert("present".into(), "1".into());
            } else {
                line.values.insert("against".into(), size.to_string());
            }
        }
        line
    }

    fn happen(&mut self, definition: &Definition, line: &CaseLine) -> Result<(), String> {
        let fact = definitions::fact_of(&line.what);
        let (step, outcome) =
            definition.meaning(&fact).ok_or_else(|| format!("no step brings `{fact}` about"))?;
        let on = self.day_of(step, outcome, line);
        let line = self.against(line, step, outcome, on);
        let act = self.build(definition, step, &line, on);
        let actor = self.actor(step, &line);
        if let Some(held_on) = act.fields.get("held_on").and_then(Value::as_str) {
            self.meeting = held_on.parse().ok();
        }
        self.village.now = morning(on).max(self.village.now);
        let key = format!("given-{}", self.village.memory.events().len());
        let before = self.village.memory.events().len();
        self.village.act(act, actor, &key).map_err(|verdict| format!("{verdict:?}"))?;
        self.today = on;
        let came = self.village.memory.events()[before..].iter().any(|e| e.fact() == fact);
        if came { Ok(()) } else { Err(format!("`{fact}` did not come")) }
    }
}

impl CaseHost for Host {
    fn reset(&mut self, _definition: &Definition) {
        *self = Self::new(self.definitions.clone());
    }

    fn given(&mut self, definition: &Definition, line: &CaseLine) -> Result<(), String> {
        match line.what.as_str() {
            "Kin" => {
                let declaration = FileDeclaration {
                    unit: VILLAGE.into(),
                    party: person(line.value("of").unwrap()),
                    relatives: vec![Relative {
                        person: line.value("person").unwrap().to_owned(),
                        degree: Degree::CloseKin,
                    }],
                };
                self.village.must(Ask::FileDeclaration(declaration));
                return Ok(());
            }
            "PaymentMade" => {
                self.payments += 1;
                let amount = line.value("amount").unwrap().parse().unwrap();
                self.village.must(Ask::RecordDrawing(RecordDrawing {
                    resolution: PROPOSAL.into(),
                    payment: format!("pay{}", self.payments),
                    amount,
                    on: self.today,
                }));
                return Ok(());
            }
            _ => {}
        }
        let fact = definitions::fact_of(&line.what);
        if let Some(at) = LINE.iter().position(|item| *item == fact) {
            let revised = self.has("proposal-revised.v1");
            for before in &LINE[..at] {
                if !self.has(before) || (revised && *before == "proposal-endorsed-by-party.v1") {
                    let name = definition
                        .meaning(before)
                        .and_then(|(step, outcome)| step.event_of(outcome))
                        .map(|event| event.event.clone())
                        .ok_or_else(|| format!("no step brings `{before}` about"))?;
                    self.happen(definition, &CaseLine { what: name, ..CaseLine::default() })?;
                }
            }
        }
        self.happen(definition, line)
    }

    fn act(
        &mut self,
        definition: &Definition,
        line: &CaseLine,
        key: &str,
    ) -> Result<Done, Verdict> {
        let step = definition.step(&line.what).expect("a case names a step");
        let outcome = step.events.first().map(|event| event.outcome.as_str()).unwrap_or_default();
        let on = self.day_of(step, outcome, line);
        let act = self.build(definition, step, line, on);
        let actor = self.actor(step, line);
        self.village.now = morning(on).max(self.village.now);
        let before = self.village.memory.events().len();
        let answer = self.village.act(act, actor, key)?;
        Ok(Done {
            already: matches!(answer, Answer::AlreadyDone(_)),
            events: self.village.memory.events()[before..].to_vec(),
        })
    }

    fn wait(&mut self, _definition: &Definition, until: Timestamp) -> Vec<Event> {
        let before = self.village.memory.events().len();
        self.village.memory.pass(until);
        self.village.memory.events()[before..].to_vec()
    }
}
