//! The decisions of organisation: which streams a command reads, and which fact decides it. Pure.

use casework::{Case, KeepsOpenings, closed, openings, state::LOOKED};
use definitions::{Citations, Definition, Definitions};
use engines::procedure::{self, Act, History, Outcome};
use kernel::{
    Actor, Claim, Command, Context, Deadline, Decision, Domain, Draft, Event, Loaded, Place,
    Position, Refusal, Seat, StreamId, Text, UnitId, Verdict,
};
use serde_json::{Map, Value, json};

use crate::{
    acting::Acting,
    bodies, cases,
    command::{Ask, State},
    facts::{
        account, conflict, consultation, definition, draft, progress, proposal, seat, seat_filling,
        unit, village,
    },
    forming,
    hears::funds::{self, RecordDrawing},
    known::{
        around, the_conflicts, the_definition, the_seats, the_unit, the_village, village_streams,
    },
    laws::law,
};

/// The service's decisions, with the definitions it runs on.
#[derive(Clone)]
pub struct Organisation {
    definitions: Definitions,
    citations: Citations,
}

impl Organisation {
    /// With a checked set of definitions.
    pub fn new(definitions: Definitions, citations: Citations) -> Self {
        Self { definitions, citations }
    }

    /// The definitions it runs on.
    pub fn definitions(&self) -> &Definitions {
        &self.definitions
    }

    /// The articles that its refusals cite.
    pub(crate) fn citations(&self) -> &Citations {
        &self.citations
    }

    /// Whether a procedure is about proposals; every other one has events of its own.
    pub(crate) fn is_of_proposals(&self, procedure: &str) -> bool {
        self.definitions.get(procedure).is_none_or(|one| one.stream == proposal::KIND)
    }

    /// The definition that governs a case: the one it runs under while this process has it, else the one adopted now.
    pub(crate) fn governing(
        &self,
        id: &str,
        history: Option<&History>,
    ) -> Result<&Definition, Verdict> {
        procedure::governing(&self.definitions, id, history).ok_or_else(|| {
            Refusal::field(
                "/procedure",
                Text::new(
                    format!("没有“{id}”这一办事流程。"),
                    format!("There is no procedure `{id}`."),
                ),
                Text::new("请从列表中选择。", "Choose one from the list."),
            )
            .into()
        })
    }

    fn act(
        &self,
        context: &mut Context<'_>,
        command: &Command<Ask>,
        subject: &str,
        act: &Act,
        loaded: &Loaded<State>,
    ) -> Result<Decision, Verdict> {
        let stream = proposal::stream(subject);
        let (history, facts) = match loaded.state(&stream) {
            Some(State::Proposal { history, facts }) => (Some(history), Some(facts.as_ref())),
            _ => (None, None),
        };
        if facts.is_some_and(|facts| facts.place.unit != command.place.unit) {
            return Err(Refusal::field(
                "/subject",
                Text::new("该提案属于另一个村。", "This proposal belongs to another village."),
                Text::new("请在提案所在的村办理。", "Act in the village that tabled it."),
            )
            .into());
        }
        let definition = self.governing(&act.procedure, history)?;
        let around = around(subject, command, loaded, context.now);
        let acting = Acting::new(&around, facts, (definition, act), command, loaded);
        let outcome = procedure::decide(
            definition,
            &self.citations,
            history,
            act,
            &command.actor,
            &acting,
            context.now,
            context.calendar,
        )?;
        let data = if outcome.local {
            outcome.data.clone()
        } else {
            proposal::settle(&outcome, act.sitting.as_ref(), facts, &command.actor, &around)?
        };
        if let Some(cited) = consulted(act) {
            let case = cases::of(loaded.state(&consultation::stream(cited)));
            consultation::check(case, &command.place.unit)?;
        }
        // a resident's words are sealed under the resident's key, an official's under the proposal's
        let whose = match &command.actor {
            Actor::Resident(id) => id.as_str(),
            Actor::Official(_) | Actor::System(_) => subject,
        };
        let mut events = vec![event(outcome, data, stream, whose)];
        events.extend(interest_in(subject, act, &command.place.unit)?);
        Ok(Decision { events, claims: Vec::new() })
    }
}

/// The consultation that a proposal cites.
fn consulted(act: &Act) -> Option<&str> {
    act.fields.get(consultation::KIND)?.as_str().filter(|cited| !cited.trim().is_empty())
}

/// That a private person has an interest in what is decided (by person-register id), when the act names one.
pub(crate) fn interest_in(
    subject: &str,
    act: &Act,
    unit: &UnitId,
) -> Result<Option<Draft>, Verdict> {
    let person = act.fields.get("interested").and_then(|party| party.get("person"));
    let person = person.and_then(Value::as_str);
    person.map(|person| conflict::interest(unit, subject, person)).transpose()
}

fn event(outcome: Outcome, data: Map<String, Value>, stream: StreamId, subject: &str) -> Draft {
    Draft { data, ..outcome.into_draft(stream, subject) }
}

/// The unit that a command is about, where that is not the command's own place.
fn concerned(ask: &Ask) -> Option<&UnitId> {
    match ask {
        Ask::SetUpVillage(ask) => Some(&ask.unit),
        Ask::CountElectorate(ask) => Some(&ask.unit),
        Ask::FillSeat(ask) => Some(&ask.unit),
        Ask::SuspendSeat(ask) | Ask::ResumeSeat(ask) => Some(&ask.unit),
        Ask::VacateSeat(ask) => Some(&ask.unit),
        Ask::FileDeclaration(ask) => Some(&ask.unit),
        Ask::EndConflict(ask) => Some(&ask.unit),
        _ => None,
    }
}

fn draw(ask: &RecordDrawing, loaded: &Loaded<State>) -> Result<Decision, Verdict> {
    let stream = proposal::stream(&ask.resolution);
    let Some(State::Proposal { facts, .. }) = loaded.state(&stream) else {
        return Err(Refusal::new(
            "no-such-proposal",
            Text::new("没有这项决议。", "There is no such resolution."),
            Text::new("请核对决议编号。", "Check the resolution."),
        )
        .by_law(law("OLVC 28"))
        .at("/resolution")
        .into());
    };
    if facts.payments.contains(&ask.payment) {
        return Err(Refusal::new(
            "payment-counted",
            Text::new("该笔付款已经计入。", "This payment is counted already."),
            Text::new("无需再次登记。", "Nothing needs to be recorded."),
        )
        .by_law(law("OLVC 35"))
        .at("/payment")
        .into());
    }
    let drawn = facts.drawn.saturating_add(ask.amount);
    let left = facts.adopted.as_ref().and_then(|a| a.limit).map(|l| l.saturating_sub(drawn));
    let fact = json!({
        "resolution": ask.resolution,
        "payment": ask.payment,
        "amount": ask.amount,
        "on": ask.on,
        "drawn": drawn,
        "left": left,
    });
    let event = draft(stream, "resolution-drawn.v1", &fact)?.at(facts.place.clone());
    Ok(Decision { events: vec![event], claims: Vec::new() })
}

impl Domain for Organisation {
    type Command = Ask;
    type State = State;

    const SERVICE: &'static str = "organisation";
    const STATE_FORMAT: i32 = 1;

    fn reads(&self, command: &Command<Ask>, loaded: &Loaded<State>) -> Vec<StreamId> {
        match &command.body {
            Ask::Divisions { form, rename } => {
                let mut streams: Vec<StreamId> = form
                    .iter()
                    .flat_map(|ask| std::iter::once(&ask.unit).chain(&ask.parent))
                    .chain(rename.iter().map(|ask| &ask.unit))
                    .map(unit::stream)
                    .collect();
                streams.sort_unstable();
                streams.dedup();
                streams
            }
            Ask::SetUpVillage(ask) => vec![unit::stream(&ask.unit), village::stream(&ask.unit)],
            Ask::CountElectorate(ask) => vec![unit::stream(&ask.unit), village::stream(&ask.unit)],
            Ask::FillSeat(ask) => village_streams(&ask.unit).to_vec(),
            Ask::VacateSeat(seat::VacateSeat { unit, .. }) => {
                vec![unit::stream(unit), seat::stream(unit)]
            }
            Ask::SuspendSeat(seat::PauseSeat { unit, .. })
            | Ask::ResumeSeat(seat::PauseSeat { unit, .. })
            | Ask::FileDeclaration(conflict::FileDeclaration { unit, .. }) => {
                vec![unit::stream(unit), seat::stream(unit), conflict::stream(unit)]
            }
            Ask::EndConflict(conflict::EndConflict { unit, .. }) => {
                vec![unit::stream(unit), conflict::stream(unit)]
            }
            Ask::Account(ask) => vec![account::stream(&ask.account)],
            Ask::ProposeDefinition(ask) => vec![definition::stream(&ask.definition)],
            Ask::AdoptDefinition(ask) => vec![definition::stream(&ask.definition)],
            Ask::Act { subject, act } => self.act_reads(command, subject, act, loaded),
            Ask::RecordDrawing(ask) => {
                vec![proposal::stream(&ask.resolution), funds::stream(&ask.payment)]
            }
            Ask::RecordOpening { of, .. } => vec![openings::opening(of)],
            Ask::Look { case, .. } => vec![case.clone(), closed::looked(case)],
        }
    }

    fn claims(&self, command: &Ask) -> Vec<Claim> {
        match command {
            Ask::Divisions { form, .. } => {
                form.iter().map(|ask| unit::code_claim(ask.code)).collect()
            }
            Ask::Account(account::AskAccount {
                ask: account::AccountAsk::Open { owner, .. },
                ..
            }) => vec![account::owner_claim(owner)],
            Ask::Act { act, .. } if !self.is_of_proposals(&act.procedure) => self
                .definitions
                .get(&act.procedure)
                .map(|definition| casework::case::claims(definition, act))
                .unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    fn decide(
        &self,
        context: &mut Context<'_>,
        command: &Command<Ask>,
        loaded: &Loaded<State>,
    ) -> Result<Decision, Verdict> {
        let now = context.now;
        let mut decision = match &command.body {
            Ask::Divisions { form, rename } => forming::divisions(form, rename, context, loaded),
            Ask::SetUpVillage(ask) => village::set_up(ask, the_unit(loaded, &ask.unit)),
            Ask::CountElectorate(ask) => village::count(ask, the_unit(loaded, &ask.unit), now),
            Ask::FillSeat(ask) => seat_filling::fill(
                ask,
                &command.actor,
                &seat_filling::Around {
                    unit: the_unit(loaded, &ask.unit),
                    seats: the_seats(loaded, &ask.unit),
                    conflicts: the_conflicts(loaded, &ask.unit),
                    village: the_village(loaded, &ask.unit),
                },
            ),
            Ask::SuspendSeat(ask) => seat::pause(ask, true, the_seats(loaded, &ask.unit), None),
            Ask::ResumeSeat(ask) => {
                let conflicts = the_conflicts(loaded, &ask.unit);
                seat::pause(ask, false, the_seats(loaded, &ask.unit), conflicts)
            }
            Ask::VacateSeat(ask) => seat::vacate(ask, the_seats(loaded, &ask.unit), now),
            Ask::FileDeclaration(ask) => {
                let (seats, known) =
                    (the_seats(loaded, &ask.unit), the_conflicts(loaded, &ask.unit));
                let mut decision = conflict::file(ask, known)?;
                decision.events.extend(seat::suspend_late(&ask.unit, ask, seats, known)?);
                Ok(decision)
            }
            Ask::EndConflict(ask) => conflict::end(ask, the_conflicts(loaded, &ask.unit)),
            Ask::Account(ask) => {
                let account = match loaded.state(&account::stream(&ask.account)) {
                    Some(State::Account(account)) => Some(account),
                    _ => None,
                };
                account::decide(ask, account, !context.taken.is_empty())
            }
            Ask::ProposeDefinition(ask) => {
                definition::propose(ask, &command.actor, the_definition(loaded, &ask.definition))
            }
            Ask::AdoptDefinition(ask) => {
                let known = the_definition(loaded, &ask.definition);
                definition::adopt(ask, &command.actor, known, now)
            }
            Ask::Act { subject, act } if self.is_of_proposals(&act.procedure) => {
                self.act(context, command, subject, act, loaded)
            }
            Ask::Act { subject, act } => self.take(context, command, (subject, act), loaded),
            Ask::RecordDrawing(ask) => draw(ask, loaded),
            Ask::RecordOpening { of, field, reason } => Ok(Decision {
                events: vec![openings::opened(of, field, reason)],
                claims: Vec::new(),
            }),
            Ask::Look { case, reason } => cases::look(case, reason, loaded),
        }?;
        // what concerns a unit is recorded at that unit, wherever the command came from
        if let Some(unit) = concerned(&command.body) {
            let place = the_unit(loaded, unit)
                .map(unit::Unit::place)
                .ok_or_else(|| crate::facts::no_such_unit(unit))?;
            for event in &mut decision.events {
                event.place = Some(place.clone());
            }
        }
        Ok(decision)
    }

    fn lapse(
        &self,
        context: &mut Context<'_>,
        stream: &StreamId,
        deadline: &Deadline,
        loaded: &Loaded<State>,
    ) -> Vec<Draft> {
        match loaded.state(stream) {
            Some(State::Seats(seats)) => seat::lapse(seats, deadline),
            Some(State::Proposal { history, .. }) => {
                let outcome = history
                    .definition
                    .as_ref()
                    .and_then(|reference| self.definitions.by_reference(reference))
                    .and_then(|definition| {
                        procedure::lapse(definition, history, deadline, context.calendar)
                    });
                let draft = match outcome {
                    Some(outcome) => {
                        let data = outcome.data.clone();
                        event(outcome, data, stream.clone(), stream.key())
                    }
                    None => passed(stream, deadline),
                };
                vec![draft]
            }
            Some(State::Case(case)) => {
                let draft = self.case_lapses(context, stream, case, deadline);
                vec![draft.unwrap_or_else(|| {
                    let passed = passed(stream, deadline);
                    match case.lies() {
                        Some(lies) => closed::keep(passed, lies),
                        None => passed,
                    }
                })]
            }
            _ => Vec::new(),
        }
    }

    fn deadlines(state: &State) -> Vec<Deadline> {
        match state {
            State::Seats(seats) => seat::deadlines(seats),
            State::Proposal { history, .. } => history.deadlines().to_vec(),
            State::Case(case) => case.history.deadlines().to_vec(),
            _ => Vec::new(),
        }
    }

    fn place(state: &State) -> Option<Place> {
        match state {
            State::Seats(seats) => Some(seats.place.clone()),
            State::Proposal { facts, .. } => Some(facts.place.clone()),
            State::Case(case) => Some(case.place.clone()),
            State::Unit(unit) => Some(unit.place()),
            _ => None,
        }
    }

    fn evolve(state: Option<State>, event: &Event) -> Option<State> {
        macro_rules! fold {
            ($variant:path, $evolve:path) => {{
                let inner = match state {
                    Some($variant(inner)) => Some(inner),
                    _ => None,
                };
                $evolve(inner, event).map($variant)
            }};
        }
        match event.stream.kind() {
            "unit" => fold!(State::Unit, unit::evolve),
            "village" => fold!(State::Village, village::evolve),
            "seats" => fold!(State::Seats, seat::evolve),
            "conflicts" => fold!(State::Conflicts, conflict::evolve),
            "account" => fold!(State::Account, account::evolve),
            "definition" => fold!(State::Definition, definition::evolve),
            "proposal" => {
                let (history, facts) = match state {
                    Some(State::Proposal { history, facts }) => (Some(history), Some(*facts)),
                    _ => (None, None),
                };
                let facts = progress::evolve(facts, event)?;
                let history = History::evolve(history, event);
                Some(State::Proposal { history, facts: Box::new(facts) })
            }
            LOOKED => Some(State::Looks(match state {
                Some(State::Looks(looks)) => looks.with(event),
                _ => closed::Looks::default().with(event),
            })),
            _ => match state {
                Some(State::Case(case)) => {
                    Some(State::Case(Box::new(Case::evolve(Some(*case), event))))
                }
                None if event.definition.is_some() => {
                    Some(State::Case(Box::new(Case::evolve(None, event))))
                }
                state => state,
            },
        }
    }
}

impl KeepsOpenings for Organisation {
    fn record_opening(of: Position, field: String, reason: String) -> Ask {
        Ask::RecordOpening { of, field, reason }
    }
}

/// The record of a deadline that no definition of this process knows: it is consumed, and somebody can look.
fn passed(stream: &StreamId, deadline: &Deadline) -> Draft {
    let mut data = Map::new();
    data.insert("deadline".into(), json!(deadline.name));
    data.insert("due_at".into(), json!(deadline.due_at));
    data.insert("stops".into(), json!([deadline.name]));
    Draft {
        log: kernel::LogKind::Open,
        place: None,
        stream: stream.clone(),
        kind: "deadline-passed.v1".to_owned(),
        data,
        sealed: Vec::new(),
        definition: None,
    }
}

/// What a resident, an official or the system may be called in a log: kept here so that tests can build one.
pub fn official(unit: &UnitId, post: &str, holder: &str) -> Option<Actor> {
    let (body, post) = bodies::find_post(post)?;
    Some(Actor::Official(Seat {
        unit: unit.clone(),
        body: body.key.to_owned(),
        post: post.key.to_owned(),
        holder: holder.to_owned(),
    }))
}
