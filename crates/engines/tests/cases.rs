//! The harness on a made-up domain over the in-memory log: all cases hold, each guard taken out makes one fail, and other
//! names change nothing.

#[path = "../../definitions/tests/sample/mod.rs"]
mod sample;

use std::collections::BTreeMap;

use definitions::{
    Citations, Definition, Definitions, FieldType, Step,
    cases::{CaseLine, parse_cases},
    mutate,
};
use engines::{
    cases::{CaseHost, Done, run_cases},
    procedure::{
        Act, Attendee, Channel, Count, Facts, GuardInput, History, Roll, Sitting, decide, lapse,
    },
};
use kernel::{
    Actor, Answer, Claim, Command, Context, Deadline, Decision, Domain, Event, Loaded, Place,
    Refusal, Seat, StreamId, Text, Timestamp, Verdict, WorkCalendar, memory::Memory, time::DAY,
};
use sample::{LENDING, catalogue};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

const CASES: &str = include_str!("../../definitions/tests/sample/lending.cases.toml");

struct ShedDomain {
    definition: Definition,
    citations: Citations,
}

#[derive(Clone, Serialize, Deserialize)]
struct Loan {
    history: History,
    place: Place,
}

struct Know;

impl Facts for Know {
    fn roll(&self, body: &str) -> Option<Roll> {
        let members: Vec<String> = match body {
            "circle" => (1..=5).map(|n| format!("m{n}")).collect(),
            "watch" => vec!["Wu".to_owned()],
            _ => return None,
        };
        Some(Roll { members })
    }

    fn holds(&self, seat: &Seat, key: &str) -> bool {
        seat.post == key || (key == "circle" && seat.post == "member")
    }

    fn guard(&self, key: &str, input: &GuardInput<'_>) -> Result<Value, Verdict> {
        let no = |law: &str| {
            let citations = Citations::builtin();
            Err(Verdict::from(
                Refusal::new(key, Text::new("否", "no"), Text::new("否", "no"))
                    .by_law(citations.cite(law))
                    .warns("W99"),
            ))
        };
        match key {
            "tool-free" if input.value("tool") == Some(&json!("t9")) => no("county-finance"),
            "no-kin" if input.actor.holder() == Some("Kin") => no("OLVC 37"),
            "deposit-within" => {
                let most = input.parameters["most_deposit"].money().unwrap();
                let deposit = input.value("deposit").and_then(Value::as_i64).unwrap();
                if deposit > most.fen() { no("county-finance") } else { Ok(Value::Null) }
            }
            _ => Ok(Value::Null),
        }
    }

    fn conflicted(&self, _holder: &str, _with: &Value) -> Option<bool> {
        Some(false)
    }
}

fn stream() -> StreamId {
    StreamId::of("loan", "1")
}

impl Domain for ShedDomain {
    type Command = Act;
    type State = Loan;
    const SERVICE: &'static str = "shed";
    const STATE_FORMAT: i32 = 1;

    fn reads(&self, _: &Command<Act>, _: &Loaded<Loan>) -> Vec<StreamId> {
        vec![stream()]
    }

    fn claims(&self, _: &Act) -> Vec<Claim> {
        Vec::new()
    }

    fn decide(
        &self,
        context: &mut Context<'_>,
        command: &Command<Act>,
        loaded: &Loaded<Loan>,
    ) -> Result<Decision, Verdict> {
        let history = loaded.state(&stream()).map(|loan| &loan.history);
        let outcome = decide(
            &self.definition,
            &self.citations,
            history,
            &command.body,
            &command.actor,
            &Know,
            context.now,
            context.calendar,
        )?;
        let mut draft = outcome.into_draft(stream(), "p1");
        draft.data.insert("place".to_owned(), serde_json::to_value(&command.place).unwrap());
        Ok(Decision { events: vec![draft], claims: Vec::new() })
    }

    fn lapse(
        &self,
        context: &mut Context<'_>,
        _: &StreamId,
        deadline: &Deadline,
        loaded: &Loaded<Loan>,
    ) -> Vec<kernel::Draft> {
        let loan = loaded.state(&stream()).unwrap();
        lapse(&self.definition, &loan.history, deadline, context.calendar)
            .map(|outcome| outcome.into_draft(stream(), "p1"))
            .into_iter()
            .collect()
    }

    fn deadlines(state: &Loan) -> Vec<Deadline> {
        state.history.deadlines().to_vec()
    }

    fn place(state: &Loan) -> Option<Place> {
        Some(state.place.clone())
    }

    fn evolve(state: Option<Loan>, event: &Event) -> Option<Loan> {
        let place = match &state {
            Some(loan) => loan.place.clone(),
            None => serde_json::from_value(event.data.get("place")?.clone()).ok()?,
        };
        Some(Loan { history: History::evolve(state.map(|loan| loan.history), event), place })
    }
}

struct Host {
    memory: Option<Memory<ShedDomain>>,
    now: Timestamp,
    keys: u32,
    sent: BTreeMap<String, Command<Act>>,
}

impl Host {
    fn new() -> Self {
        Self { memory: None, now: start(), keys: 0, sent: BTreeMap::new() }
    }

    fn command(
        &self,
        definition: &Definition,
        step: &Step,
        line: &CaseLine,
        key: &str,
    ) -> Command<Act> {
        let (post, holder) = line.by().unwrap_or(("keeper", "Li"));
        let mut fields = Map::new();
        for field in definition.form(step) {
            let given = line.value(&field.name).map(|value| json!(value));
            let usual = match (&field.kind, field.name.as_str()) {
                (_, "surety") => None,
                (_, "deposit") => Some(json!("300.00")),
                (FieldType::Party, _) => Some(json!({"person": "p1"})),
                (FieldType::MatterType, _) => Some(json!("ordinary")),
                (FieldType::Enum(words), _) => Some(json!(words[0])),
                _ => Some(json!("t1")),
            };
            if let Some(value) = given.or(usual) {
                fields.insert(field.name.clone(), value);
            }
        }
        let mut act = Act::new(&definition.id, &step.id, fields);
        if step.vote.is_some() {
            let number = |name: &str, usual| line.value(name).map_or(usual, |n| n.parse().unwrap());
            let (yes, no) = (number("for", 4), number("against", 0));
            act.sitting = Some(Sitting {
                held_on: self.now.date(),
                place: String::new(),
                noticed_on: None,
                should_attend: 5,
                attendance: (1..=yes + no)
                    .map(|n| Attendee { holder: format!("m{n}"), channel: Channel::Hall })
                    .collect(),
                left_before_vote: vec![],
                recused: vec![],
                votes: BTreeMap::from([(
                    Channel::Hall,
                    Count { for_: yes, against: no, ..Count::default() },
                )]),
                ballot: None,
                difference: None,
                witness: Some("Wu".to_owned()),
                minutes: None,
            });
        }
        Command {
            principal: "case".to_owned(),
            key: key.to_owned(),
            actor: Actor::Official(Seat {
                unit: "u1".into(),
                body: post.to_owned(),
                post: post.to_owned(),
                holder: holder.to_owned(),
            }),
            place: Place {
                unit: "u1".into(),
                code: kernel::DivisionCode::parse("330102001203").unwrap(),
                keeper: "k1".into(),
            },
            seen: None,
            causation: None,
            body: act,
        }
    }

    fn send(&mut self, command: &Command<Act>) -> Result<Done, Verdict> {
        let memory = self.memory.as_mut().unwrap();
        let before = memory.events().len();
        let already = matches!(memory.execute(command, self.now)?, Answer::AlreadyDone(_));
        Ok(Done { already, events: memory.events()[before..].to_vec() })
    }
}

fn start() -> Timestamp {
    Timestamp::start_of("2026-03-02".parse().unwrap()).plus_micros(DAY / 2)
}

impl CaseHost for Host {
    fn reset(&mut self, definition: &Definition) {
        let domain = ShedDomain { definition: definition.clone(), citations: Citations::builtin() };
        self.memory = Some(Memory::new(domain, WorkCalendar::default(), [7; 32]));
        self.now = start();
        self.sent.clear();
    }

    fn given(&mut self, definition: &Definition, line: &CaseLine) -> Result<(), String> {
        self.keys += 1;
        let step = definition
            .steps
            .iter()
            .find(|step| step.events.iter().any(|event| event.event == line.what));
        let Some(step) = step else {
            self.now = self.now.plus_micros(20 * DAY);
            let now = self.now;
            self.memory.as_mut().unwrap().pass(now);
            let fact = definitions::fact_of(&line.what);
            let came = self.memory.as_ref().unwrap().events().iter().any(|e| e.fact() == fact);
            return if came { Ok(()) } else { Err(format!("{fact} did not fall due")) };
        };
        let command = self.command(definition, step, line, &format!("given{}", self.keys));
        self.send(&command).map_err(|verdict| verdict.to_string())?;
        self.now = self.now.plus_micros(4 * DAY);
        Ok(())
    }

    fn act(
        &mut self,
        definition: &Definition,
        line: &CaseLine,
        key: &str,
    ) -> Result<Done, Verdict> {
        let step = definition.step(&line.what).expect("the case names a step");
        let command = match self.sent.get(key) {
            Some(first) => first.clone(),
            None => self.command(definition, step, line, key),
        };
        self.sent.insert(key.to_owned(), command.clone());
        self.send(&command)
    }

    fn wait(&mut self, _: &Definition, until: Timestamp) -> Vec<Event> {
        let memory = self.memory.as_mut().unwrap();
        let before = memory.events().len();
        memory.pass(until);
        memory.events()[before..].to_vec()
    }
}

fn read(text: &str) -> Definition {
    Definitions::unproved("lending.toml", text, &catalogue()).unwrap()
}

#[test]
fn all_cases_hold() {
    let cases = parse_cases("lending.cases.toml", CASES).unwrap();
    assert_eq!(cases.len(), 17);
    let failures = run_cases(&read(LENDING), &cases, &mut Host::new());
    assert_eq!(failures, vec![]);
}

#[test]
fn each_guard_taken_out_makes_a_case_fail() {
    let cases = parse_cases("lending.cases.toml", CASES).unwrap();
    let guards = mutate::guards(LENDING);
    assert_eq!(guards, ["tool-free", "no-kin", "deposit-within"]);
    for guard in guards {
        let without = read(&mutate::without_guard(LENDING, &guard).unwrap());
        let failures = run_cases(&without, &cases, &mut Host::new());
        assert!(failures.iter().any(|f| f.what.contains(&guard)), "no case misses `{guard}`");
    }
}

#[test]
fn each_condition_taken_out_makes_a_case_fail() {
    let cases = parse_cases("lending.cases.toml", CASES).unwrap();
    let codes = mutate::requires(LENDING);
    assert_eq!(codes, ["deposit-too-low", "surety-for-small"]);
    for code in codes {
        let without = read(&mutate::without_require(LENDING, &code).unwrap());
        let failures = run_cases(&without, &cases, &mut Host::new());
        assert!(failures.iter().any(|f| f.what.contains(&code)), "no case misses `{code}`");
    }
}

#[test]
fn a_condition_says_what_would_be_right() {
    let definition = read(LENDING);
    let require = &definition.step("request").unwrap().requires[0];
    let on = kernel::Timestamp::from_micros(1_780_000_000_000_000).date();
    let said = definition.sentence(&require.that, on);
    assert_eq!(
        (said.zh.as_str(), said.en.as_str()),
        ("押金不低于10.00元", "Deposit is at least 10.00 yuan")
    );
}

#[test]
fn other_names_change_nothing() {
    let (text, renamed) = mutate::rename_ids(LENDING, CASES, &catalogue()).unwrap();
    for name in ["hand-over", "damage", "RequestSentBack", "\"lending\"\nterm"] {
        assert!(!text.replace('=', "").contains(name) || name == "damage", "{name}");
    }
    let set = Definitions::check(&[("renamed.toml", &text)], &catalogue());
    let report = set
        .as_ref()
        .err()
        .map(|found| found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    assert!(set.is_ok(), "{report:?}");
    let cases = parse_cases("renamed.cases.toml", &renamed).unwrap();
    let failures = run_cases(&read(&text), &cases, &mut Host::new());
    assert_eq!(failures, vec![]);
}

#[test]
fn a_wrong_case_fails() {
    let wrong = CASES.replace("LendingAgreed for=3", "LendingAgreed for=2");
    let cases = parse_cases("lending.cases.toml", &wrong).unwrap();
    let failures = run_cases(&read(LENDING), &cases, &mut Host::new());
    assert_eq!(failures.len(), 1);
    let wrong = CASES
        .replace("code = \"no-kin\", law = \"OLVC 37\"", "code = \"no-kin\", law = \"OLVC 38\"");
    let cases = parse_cases("lending.cases.toml", &wrong).unwrap();
    assert!(run_cases(&read(LENDING), &cases, &mut Host::new())[0].what.contains("OLVC 38"));
}
