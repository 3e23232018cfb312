//! A made-up village in memory, in which the cases beside the definitions of any service of casework run. For tests.
//!
//! A line's `by=post:Name` seats that person in the post first, in the unit that has such a post; `at=township` takes the
//! case to the township; `on=2026-03-05` is the day; `as=h3` is the id of a case that begins, `case=h3` the one acted on.
//! `present=He、Tao recused=Yu for=2` is a sitting; `Stands points household/h3 12` what an account has. In `given`, fields that a line leaves out get something ordinary.

mod rehearsed;

use std::{collections::BTreeMap, sync::Arc};

use definitions::{
    Definition, Definitions, FieldType, Finding, Optional, Step, Who,
    cases::{Case, CaseLine, parse_cases},
};
use engines::{
    cases::{CaseHost, Done, Failure, run_cases},
    ledger::{Booking, Ledger},
    procedure::{Act, Attendee, Channel, Count, Sitting},
};
use kernel::{
    Actor, Answer, AsOf, Command, Date, DivisionCode, EventId, Level, Place, Seat, StreamId, Text,
    Timestamp, UnitId, Verdict, WorkCalendar, memory::Memory,
};
use serde_json::{Map, Value, json};

use crate::{
    books,
    catalogue::{CONCERNED, body_of, catalogue, level_of, posts_of},
    conflicts::Conflicts,
    domain::{Casework, Service},
    hears::copy,
    state::{Adopted, HeldSeat, Seats, State, Unit},
    take::{Ask, Take},
};

pub use rehearsed::rehearsal;

/// The units: id, code, level, the one above, name. All fictional; the county keeps the logs.
pub const UNITS: [(&str, &str, Level, Option<&str>, &str); 5] = [
    ("u-province", "990000000000", Level::Province, None, "江岚省"),
    ("u-county", "990102000000", Level::County, Some("u-province"), "临川县"),
    ("u-township", "990102104000", Level::Township, Some("u-county"), "云溪镇"),
    ("u-village", "990102104201", Level::Village, Some("u-township"), "青禾村"),
    ("u-other", "990102104202", Level::Village, Some("u-township"), "石桥村"),
];

/// The keys of a line that are no fields.
pub const KEYS: [&str; 7] = ["by", "at", "on", "outcome", "about", "as", "case"];
/// Those that tell of a sitting, at a step that is decided in one; elsewhere a field may bear such a name.
const SITTING: [&str; 4] = ["present", "recused", "for", "against"];

/// Noon of a day, Asia/Shanghai.
pub fn noon(day: Date) -> Timestamp {
    Timestamp::start_of(day).plus_micros(12 * 3_600_000_000)
}

/// A village in memory.
pub struct Trial<S: Service> {
    /// Its log.
    pub log: Memory<Casework<S>>,
    /// The instant.
    pub now: Timestamp,
    /// The definitions beside the one under trial.
    set: Arc<Definitions>,
    seats: BTreeMap<UnitId, Seats>,
    conflicts: BTreeMap<UnitId, Conflicts>,
    place: Option<Place>,
    on: Option<String>,
    sent: BTreeMap<String, Ask>,
}

impl<S: Service> Trial<S> {
    /// A village with no case yet, on Monday, 2026-03-02, where these definitions are adopted.
    pub fn new(set: Definitions) -> Self {
        let domain = Casework::new(set.clone(), catalogue(S::SERVICE));
        let mut log = Memory::new(domain, WorkCalendar::default(), [7; 32]);
        let from = Date::constant(2026, 1, 1);
        for (id, code, level, parent, name) in UNITS {
            let Ok(code) = DivisionCode::parse(code) else { continue };
            let unit = Unit {
                code,
                level,
                parent: parent.map(UnitId::from),
                keeper: "u-county".into(),
                name: name.to_owned(),
                as_of: AsOf::default(),
            };
            log.know(copy("unit", id), State::Unit(unit));
        }
        for definition in set.iter() {
            let hash = definition.reference.as_str().rsplit_once('@').map_or("", |(_, hash)| hash);
            let mut adopted = Adopted::default();
            adopted.versions.insert(definition.version, (hash.to_owned(), from));
            log.know(copy("definition", &definition.id), State::Adopted(adopted));
        }
        Self {
            log,
            now: noon(Date::constant(2026, 3, 2)),
            set: Arc::new(set),
            seats: BTreeMap::new(),
            conflicts: BTreeMap::new(),
            place: place("u-village"),
            on: None,
            sent: BTreeMap::new(),
        }
    }

    /// Seats somebody: `post` of the body that has it, in the village, the township or the county.
    pub fn seat(&mut self, post: &str, name: &str) -> Actor {
        let body = body_of(post).unwrap_or("nobody");
        let unit = UnitId::from(match level_of(body, post) {
            Level::Province => "u-province",
            Level::Prefecture | Level::County => "u-county",
            Level::Township => "u-township",
            Level::Village => "u-village",
        });
        // Known to organisation, and kin of nobody until a line says otherwise.
        let person = format!("p-{name}");
        let known = self.conflicts.entry(unit.clone()).or_default();
        if known.holders.insert(format!("h-{name}"), person.clone()).is_none() {
            known.declared.insert(person, 0);
        }
        self.log.know(copy("conflicts", &unit), State::Conflicts(known.clone()));
        let seat = Seat {
            unit: unit.clone(),
            body: body.to_owned(),
            post: post.to_owned(),
            holder: format!("h-{name}"),
        };
        let seats = self.seats.entry(unit.clone()).or_default();
        seats.seats.entry(format!("s-{post}-{name}")).or_insert_with(|| HeldSeat {
            holder: seat.holder.clone(),
            body: seat.body.clone(),
            post: seat.post.clone(),
            from: Date::constant(2026, 1, 1),
            to: None,
            vacated: None,
            suspended: false,
        });
        self.log.know(copy("seats", &unit), State::Seats(seats.clone()));
        Actor::Official(seat)
    }

    /// An office holder and somebody of the register are kin.
    pub fn kin(&mut self, name: &str, person: &str) {
        let own = format!("p-{name}");
        for (unit, known) in &mut self.conflicts {
            if !known.declared.contains_key(&own) {
                continue;
            }
            let (a, b) = if own.as_str() <= person {
                (own.as_str(), person)
            } else {
                (person, own.as_str())
            };
            known.pairs.insert(format!("{a} {b}"), true);
            known.declared.insert(own.clone(), 1);
            self.log.know(copy("conflicts", unit), State::Conflicts(known.clone()));
        }
    }

    /// An office holder has declared nothing.
    pub fn silent(&mut self, name: &str) {
        for (unit, known) in &mut self.conflicts {
            known.declared.remove(&format!("p-{name}"));
            self.log.know(copy("conflicts", unit), State::Conflicts(known.clone()));
        }
    }

    /// The seat is over from that day on.
    pub fn vacate(&mut self, post: &str, name: &str, on: Date) {
        let id = format!("s-{post}-{name}");
        for (unit, seats) in &mut self.seats {
            if let Some(seat) = seats.seats.get_mut(&id) {
                seat.vacated = Some(on);
                self.log.know(copy("seats", unit), State::Seats(seats.clone()));
            }
        }
    }

    /// Takes a step.
    ///
    /// # Errors
    /// The domain's verdict.
    pub fn take(&mut self, actor: Actor, take: Take, key: &str) -> Result<Answer, Verdict> {
        self.ask(actor, Ask::Take(Box::new(take)), key)
    }

    /// Asks.
    ///
    /// # Errors
    /// The domain's verdict.
    pub fn ask(&mut self, actor: Actor, body: Ask, key: &str) -> Result<Answer, Verdict> {
        let lies = match &body {
            Ask::Take(take) => take.on.as_ref().and_then(|id| {
                let definition = self.log.domain().definitions().get(&take.act.procedure)?;
                let state = self.log.state(&StreamId::of(&definition.stream, id))?;
                Some(state.case()?.lies()?.place.clone())
            }),
            _ => None,
        };
        let nowhere = || Verdict::NotKnownYet(Text::new("单位", "the unit"));
        let command = Command {
            principal: actor.to_string(),
            key: key.to_owned(),
            actor,
            place: lies.or_else(|| self.place.clone()).ok_or_else(nowhere)?,
            seen: None,
            causation: None,
            body,
        };
        self.log.execute(&command, self.now)
    }

    /// The events of a receipt.
    pub fn events_of(&self, answer: &Answer) -> Vec<kernel::Event> {
        let ids: Vec<&EventId> = answer.receipt().events.iter().map(|event| &event.id).collect();
        self.log.events().iter().filter(|event| ids.contains(&&event.id)).cloned().collect()
    }

    /// Where cases are begun from now on.
    pub fn go_to(&mut self, unit: &str) {
        self.place = place(unit);
    }

    fn line(&mut self, definition: &Definition, step: &Step, line: &CaseLine, fill: bool) -> Take {
        if let Some(unit) = line.value("at") {
            self.go_to(&format!("u-{unit}"));
        }
        if let Some(day) = line.value("on").and_then(|day| day.parse().ok()) {
            self.now = self.now.max(noon(day));
            self.log.pass(self.now);
        }
        let sits = step.vote.is_some() || step.sitting.is_some();
        let beside: Vec<&str> =
            if sits { KEYS.into_iter().chain(SITTING).collect() } else { KEYS.to_vec() };
        let mut act = act_of(definition, step, line, &beside, fill.then(|| self.now.date()));
        act.sitting = if sits { self.sitting(step, line) } else { None };
        let first = definition.is_first(step);
        let on = line.value("case").map(str::to_owned).or_else(|| self.on.clone());
        let mut take = Take::on(if first { None } else { on }, act);
        let id = || match line.value("as") {
            Some(id) => Some(id.to_owned()),
            None => definition.is_closed().then(|| format!("c{}", self.log.events().len())),
        };
        take.new = first.then(id).flatten();
        take
    }

    /// The sitting that a line means: `present=He、Tao recused=Yu for=2 against=0`, on the roll of the step's body.
    fn sitting(&mut self, step: &Step, line: &CaseLine) -> Option<Sitting> {
        let (Who::Body(body), Some(present)) = (&step.by.who, line.value("present")) else {
            return None;
        };
        let post = posts_of(body).next()?;
        let names = |list: &str| -> Vec<String> { list.split('、').map(str::to_owned).collect() };
        let recused = line.value("recused").map(names).unwrap_or_default();
        let mut holders = |names: Vec<String>| -> Vec<String> {
            let seat = |name: String| self.seat(post, &name).holder().map(str::to_owned);
            names.into_iter().filter_map(seat).collect()
        };
        let (present, recused) = (holders(names(present)), holders(recused));
        let on_roll = self.seats.values().flat_map(|seats| seats.seats.values());
        let mut roll: Vec<&str> =
            on_roll.filter(|seat| seat.body == *body).map(|seat| seat.holder.as_str()).collect();
        roll.sort_unstable();
        roll.dedup();
        let number = |key: &str| line.value(key).and_then(|n| n.parse().ok()).unwrap_or(0);
        let count = Count { for_: number("for"), against: number("against"), ..Count::default() };
        let attendance =
            present.into_iter().map(|holder| Attendee { holder, channel: Channel::Hall }).collect();
        Some(Sitting {
            held_on: self.now.date(),
            place: String::new(),
            noticed_on: None,
            should_attend: u32::try_from(roll.len()).unwrap_or(u32::MAX),
            attendance,
            left_before_vote: Vec::new(),
            recused,
            votes: [(Channel::Hall, count)].into(),
            ballot: Some("show-of-hands".to_owned()),
            difference: None,
            witness: None,
            minutes: None,
        })
    }

    fn actor(&mut self, line: &CaseLine, take: &Take) -> Actor {
        match line.by() {
            Some((CONCERNED, _)) => {
                Actor::Resident(take.on.clone().or_else(|| take.new.clone()).unwrap_or_default())
            }
            Some(("resident", id)) => Actor::Resident(id.to_owned()),
            Some(("nobody", _)) | None => Actor::System("nobody".to_owned()),
            Some((post, name)) => self.seat(post, name),
        }
    }
}

/// The act that a line means: its values as typed, but for those that say something else (`beside`); with a day, what it
/// leaves out of a form gets something ordinary.
pub fn act_of(
    definition: &Definition,
    step: &Step,
    line: &CaseLine,
    beside: &[&str],
    fill_on: Option<Date>,
) -> Act {
    let mut fields = Map::new();
    for (name, value) in line.values.iter().filter(|(name, _)| !beside.contains(&name.as_str())) {
        let value = match value.split_once(':') {
            Some((kind @ ("person" | "organisation"), who)) => json!({ kind: who }),
            _ => Value::String(value.clone()),
        };
        fields.insert(name.clone(), value);
    }
    if let Some(today) = fill_on {
        for field in definition.form(step).iter().filter(|f| f.optional == Optional::No) {
            let ordinary = match &field.kind {
                FieldType::Enum(words) => words.first().cloned().unwrap_or_default(),
                FieldType::Date => today.to_string(),
                FieldType::Month => today.to_string().chars().take(7).collect(),
                FieldType::Count => "1".to_owned(),
                FieldType::Money => "1.00".to_owned(),
                FieldType::YesNo => "yes".to_owned(),
                FieldType::Period => "15 days".to_owned(),
                FieldType::Party => {
                    let somebody = json!({ "person": "p-Somebody" });
                    fields.entry(field.name.clone()).or_insert(somebody);
                    continue;
                }
                _ => "内容".to_owned(),
            };
            fields.entry(field.name.clone()).or_insert(Value::String(ordinary));
        }
    }
    let mut act = Act::new(&definition.id, &step.id, fields);
    act.outcome = line.value("outcome").map(str::to_owned);
    act
}

/// The place of one of the units.
fn place(unit: &str) -> Option<Place> {
    let (id, code, ..) = UNITS.iter().find(|(id, ..)| *id == unit)?;
    let code = DivisionCode::parse(code).ok()?;
    Some(Place { unit: (*id).into(), code, keeper: "u-county".into() })
}

impl<S: Service> CaseHost for Trial<S> {
    fn reset(&mut self, definition: &Definition) {
        if self.set.by_reference(&definition.reference).is_some() {
            *self = Self::new(Definitions::clone(&self.set));
            return;
        }
        // The text under trial may be another than the one of the set: a guard taken out, other names.
        let others: Vec<(&str, &str)> = self
            .set
            .iter()
            .filter(|other| other.file != definition.file)
            .map(|other| (other.file.as_str(), other.text.as_str()))
            .chain([(definition.file.as_str(), definition.text.as_str())])
            .collect();
        let set = Definitions::check(&others, &catalogue(S::SERVICE)).unwrap_or_default();
        *self = Self::new(set);
    }

    fn given(&mut self, definition: &Definition, line: &CaseLine) -> Result<(), String> {
        let word = |index: usize| line.words.get(index).map(String::as_str).unwrap_or_default();
        match line.what.as_str() {
            "Day" => {
                let day: Date = word(0).parse().map_err(|_| "`Day 2026-03-02`".to_owned())?;
                self.now = noon(day);
                self.log.pass(self.now);
                return Ok(());
            }
            "SeatVacated" => {
                let (post, name) =
                    word(0).split_once(':').ok_or_else(|| "`SeatVacated post:Name`".to_owned())?;
                self.seat(post, name);
                let today = self.now.date();
                self.vacate(post, name, today);
                return Ok(());
            }
            "KinDeclared" => {
                let (post, name) =
                    word(0).split_once(':').ok_or("`KinDeclared post:Name p-Other`")?;
                self.seat(post, name);
                self.kin(name, word(1));
                return Ok(());
            }
            "SeatKnown" => {
                let (post, name) = word(0).split_once(':').ok_or("`SeatKnown post:Name`")?;
                self.seat(post, name);
                return Ok(());
            }
            "Stands" => {
                let amount = word(2).parse::<i64>().map_err(|_| "`Stands ledger account 12`")?;
                let booking = Booking::new("before", word(1), amount);
                let mut ledger = Ledger::default();
                ledger.apply(&booking.map_err(|error| error.to_string())?);
                let stream = books::stream(word(0), &"u-village".into());
                self.log.know(stream, State::Ledger(ledger));
                return Ok(());
            }
            "NothingDeclared" => {
                let (post, name) = word(0).split_once(':').ok_or("`NothingDeclared post:Name`")?;
                self.seat(post, name);
                self.silent(name);
                return Ok(());
            }
            _ => {}
        }
        let of_event = |step: &&Step| step.events.iter().any(|event| event.event == line.what);
        // What happens in another matter of the service: somebody else's definition says how.
        let others = self.set.clone();
        let mut all = [definition].into_iter().chain(others.iter());
        let (of, step) = all
            .find_map(|of| Some((of, of.steps.iter().find(of_event)?)))
            .ok_or_else(|| format!("nothing brings about `{}`", line.what))?;
        let here = of.id == definition.id;
        let definition = of;
        let mut take = self.line(definition, step, line, true);
        if step.events.len() > 1 && take.act.sitting.is_none() {
            let event = step.events.iter().find(|event| event.event == line.what);
            take.act.outcome = event.map(|event| event.outcome.clone());
        }
        let actor = self.actor(line, &take);
        let key = format!("given-{}", self.log.events().len());
        let answer = self.take(actor, take, &key).map_err(|verdict| verdict.to_string())?;
        if let Some(event) = self.events_of(&answer).first().filter(|_| here) {
            self.on = Some(event.stream.key().to_owned());
        }
        Ok(())
    }

    fn act(
        &mut self,
        definition: &Definition,
        line: &CaseLine,
        key: &str,
    ) -> Result<Done, Verdict> {
        let ask = match (self.sent.get(key), definition.step(&line.what)) {
            (Some(ask), _) => ask.clone(),
            (None, Some(step)) => Ask::Take(Box::new(self.line(definition, step, line, false))),
            (None, None) => {
                let on = self.on.clone();
                let act = Act::new(&definition.id, &line.what, Map::new());
                Ask::Take(Box::new(Take::on(on, act)))
            }
        };
        self.sent.insert(key.to_owned(), ask.clone());
        let actor = match &ask {
            Ask::Take(take) => self.actor(line, take),
            _ => Actor::System("nobody".to_owned()),
        };
        let answer = self.ask(actor, ask, key)?;
        let already = matches!(answer, Answer::AlreadyDone(_));
        Ok(Done { already, events: self.events_of(&answer) })
    }

    fn wait(&mut self, _: &Definition, until: Timestamp) -> Vec<kernel::Event> {
        let before = self.log.events().len();
        self.now = until;
        self.log.pass(until);
        self.log.events().iter().skip(before).cloned().collect()
    }

    fn shows(&self, event: &kernel::Event, name: &str, value: &str) -> Option<bool> {
        if name == "by" {
            return Some(event.actor == value.replacen(':', "/h-", 1));
        }
        let position = kernel::Position { log: event.log.clone(), index: event.index };
        event.commitment(name)?;
        let (_, sealed) = self.log.sealed(&position, name)?;
        Some(sealed.as_str() == Some(value))
    }
}

/// Runs the cases of one definition of a checked set.
///
/// # Errors
/// What is wrong with the file of cases.
pub fn run<S: Service>(
    set: &Definitions,
    id: &str,
    file: &str,
    text: &str,
) -> Result<Vec<Failure>, Vec<Finding>> {
    let cases: Vec<Case> = parse_cases(file, text)?;
    let Some(definition) = set.get(id) else { return Ok(Vec::new()) };
    Ok(run_cases(definition, &cases, &mut Trial::<S>::new(set.clone())))
}
