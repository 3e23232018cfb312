//! A village to test in: a real domain over the in-memory log, with its seats filled and its lists counted.
#![allow(dead_code)]

pub mod host;
pub mod own;
pub mod rehearsed;

use std::collections::BTreeMap;

use definitions::{Definition, Definitions, cases::CaseLine};
use engines::procedure::{Act, Attendee, Channel, Count, Sitting};
use kernel::{
    Actor, Answer, Command, Date, DivisionCode, Level, Place, Timestamp, UnitId, Verdict,
    WorkCalendar, memory::Memory,
};
use organisation::{
    Ask, Organisation, State, bodies,
    catalogue::{DEFINITIONS, catalogue},
    domain::official,
    facts::{
        account::{AccountAsk, AskAccount, Owner},
        definition::{AdoptDefinition, FIRST_START, Running},
        progress::Proposal,
        proposal, roll,
        seat::FillSeat,
        unit::FormUnit,
        village::{ElectorateCounted, VillageSetUp},
    },
    laws,
};
use serde_json::{Map, Value, json};

pub const VILLAGE: &str = "village";
pub const TOWNSHIP: &str = "township";
pub const PROPOSAL: &str = "p1";

#[derive(Clone)]
pub struct Village {
    pub memory: Memory<Organisation>,
    pub now: Timestamp,
    keys: u32,
}

/// All definitions, from these texts instead of the embedded ones.
pub fn checked(texts: &[(&str, &str)]) -> Result<Definitions, String> {
    Definitions::check(texts, &catalogue())
        .map_err(|findings| findings.iter().map(|f| format!("{f}\n")).collect())
}

pub fn embedded() -> Definitions {
    checked(DEFINITIONS).unwrap()
}

pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn morning(day: Date) -> Timestamp {
    Timestamp::start_of(day).plus_micros(9 * 3_600_000_000)
}

pub fn person(holder: &str) -> String {
    format!("person-{holder}")
}

/// Who sits where: body, post, holders.
pub fn seats() -> Vec<(&'static str, &'static str, Vec<String>)> {
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
    let many = |stem: &str, count: usize| (1..=count).map(|n| format!("{stem}{n:02}")).collect();
    vec![
        ("branch-committee", "party-secretary", names(&["Shi"])),
        ("branch-committee", "branch-member", names(&["Bai", "Bian"])),
        ("village-committee", "village-director", names(&["Wang"])),
        ("village-committee", "deputy-director", names(&["Deng"])),
        ("village-committee", "committee-member", names(&["Cai", "Chu", "Cui"])),
        ("supervision-committee", "supervision-chair", names(&["Jian"])),
        ("supervision-committee", "supervision-member", names(&["Jiang", "Jin"])),
        ("collective-board", "legal-representative", names(&["Li"])),
        ("collective-board", "board-member", names(&["Lu", "Luo"])),
        ("finance-office", "bookkeeper", names(&["Bao"])),
        ("finance-office", "cashier", names(&["Zhao"])),
        ("representatives", "representative", many("Rep", 24)),
        ("member-delegates", "delegate", many("Del", 21)),
        ("township", "township-officer", names(&["Tian"])),
        ("township", "township-head", names(&["Ma"])),
    ]
}

impl Village {
    pub fn bare(definitions: Definitions) -> Self {
        let domain = Organisation::new(definitions, laws::table().clone());
        let memory = Memory::new(domain, WorkCalendar::default(), [11; 32]);
        Self { memory, now: morning(day("2026-03-01")), keys: 0 }
    }

    /// With its units, seats and lists.
    pub fn new(definitions: Definitions) -> Self {
        let mut village = Self::bare(definitions);
        village.form_units();
        village.set_up();
        for (body, post, holders) in seats() {
            for holder in holders {
                let declares = bodies::find(body).unwrap().declares;
                village.must(Ask::FillSeat(fill(body, post, &holder, declares)));
            }
        }
        village
    }

    pub fn form_units(&mut self) {
        let form = [
            ("province", None, "330000000000", "青山省", Level::Province),
            ("prefecture", Some("province"), "330100000000", "临江市", Level::Prefecture),
            ("county", Some("prefecture"), "330102000000", "云溪县", Level::County),
            (TOWNSHIP, Some("county"), "330102001000", "石桥镇", Level::Township),
            (VILLAGE, Some(TOWNSHIP), "330102001203", "青禾村", Level::Village),
        ]
        .into_iter()
        .map(|(unit, parent, code, name, level)| FormUnit {
            unit: unit.into(),
            code: DivisionCode::parse(code).unwrap(),
            name: name.into(),
            level,
            parent: parent.map(UnitId::from),
            from: day("2026-01-01"),
        })
        .collect();
        self.must(Ask::Divisions { form, rename: Vec::new() });
    }

    pub fn set_up(&mut self) {
        self.must(Ask::SetUpVillage(VillageSetUp {
            unit: VILLAGE.into(),
            committee: 5,
            supervision: 3,
            board: Some(3),
            groups: 6,
        }));
        self.must(Ask::CountElectorate(ElectorateCounted {
            unit: VILLAGE.into(),
            adults: 120,
            households: 60,
            party_members: 30,
            capable_members: Some(90),
            on: day("2026-02-20"),
        }));
        self.must(Ask::Account(AskAccount {
            account: "a-wang".into(),
            ask: AccountAsk::Open { owner: Owner::Holder("Wang".into()), person: None },
        }));
    }

    pub fn adopt_definitions(&mut self) {
        let all: Vec<_> = self
            .memory
            .domain()
            .definitions()
            .iter()
            .map(|d| (d.id.clone(), d.version, d.reference.clone()))
            .collect();
        for (id, version, reference) in all {
            let hash = reference.as_str().rsplit_once('@').unwrap().1.to_owned();
            let ask = AdoptDefinition {
                definition: id,
                version,
                hash,
                persons: Some(["Rui".into(), "Ren".into()]),
                from: self.now.date(),
                running: Running::Keep,
                text: None,
            };
            let mut command = self.command(Ask::AdoptDefinition(ask));
            command.actor = Actor::System(FIRST_START.into());
            command.place = place("province", "330000000000", "province");
            self.memory.execute(&command, self.now).unwrap();
        }
    }

    pub fn command(&mut self, body: Ask) -> Command<Ask> {
        self.keys += 1;
        Command {
            principal: "test".into(),
            key: format!("k{}", self.keys),
            actor: Actor::System("set-up".into()),
            place: place(VILLAGE, "330102001203", "county"),
            seen: None,
            causation: None,
            body,
        }
    }

    pub fn try_ask(&mut self, body: Ask) -> Result<Answer, Verdict> {
        let command = self.command(body);
        self.memory.execute(&command, self.now)
    }

    pub fn must(&mut self, body: Ask) {
        let shown = format!("{body:?}");
        if let Err(verdict) = self.try_ask(body) {
            panic!("{shown}: {verdict:?}");
        }
    }

    /// A sitting of a body as a line of a case tells it: `present`, `for`, `against`, `abstain`, `spoilt`, `recused`, `twice`,
    /// `difference`, `witness`, `ballot`; the whole body is there and for it unless the line says otherwise.
    pub fn sitting(&self, body: &str, line: &CaseLine, on: Date) -> Sitting {
        let roll = self.roll(body, on);
        let number = |name: &str| line.value(name).map(|n| n.parse::<u32>().unwrap());
        let mut sitting = full_sitting(&roll, on);
        if let Some(recused) = line.value("recused") {
            sitting.recused = vec![recused.to_owned()];
            sitting.attendance.retain(|attendee| attendee.holder != recused);
        }
        if let Some(present) = number("present") {
            sitting.attendance.truncate(present as usize);
        }
        let there = u32::try_from(sitting.attendance.len()).unwrap();
        let mut votes = Count {
            for_: number("for").unwrap_or(0),
            against: number("against").unwrap_or(0),
            abstain: number("abstain").unwrap_or(0),
            spoilt: number("spoilt").unwrap_or(0),
        };
        if votes.total() == 0 {
            votes.for_ = there;
        }
        if line.value("twice").is_some() {
            sitting.attendance.push(sitting.attendance[0].clone());
            votes.for_ += 1;
        }
        sitting.votes = [(Channel::Hall, votes)].into();
        sitting.difference = line.value("difference").map(str::to_owned);
        sitting.ballot = line.value("ballot").map(str::to_owned);
        match line.value("witness") {
            Some("none") => sitting.witness = None,
            Some(witness) => sitting.witness = Some(witness.to_owned()),
            None => {}
        }
        sitting
    }

    pub fn proposal(&self) -> Option<&Proposal> {
        match self.memory.state(&proposal::stream(PROPOSAL)) {
            Some(State::Proposal { facts, .. }) => Some(facts),
            _ => None,
        }
    }

    pub fn roll(&self, body: &str, day: Date) -> Vec<String> {
        let unit = UnitId::from(VILLAGE);
        let seats = match self.memory.state(&organisation::facts::seat::stream(&unit)) {
            Some(State::Seats(seats)) => Some(seats),
            _ => None,
        };
        let village = match self.memory.state(&organisation::facts::village::stream(&unit)) {
            Some(State::Village(village)) => Some(village),
            _ => None,
        };
        roll::of(body, seats, village, day).map(|attending| attending.members).unwrap_or_default()
    }

    pub fn act(&mut self, act: Act, actor: Actor, key: &str) -> Result<Answer, Verdict> {
        let mut command = self.command(Ask::Act { subject: PROPOSAL.into(), act: Box::new(act) });
        command.actor = actor;
        command.key = key.to_owned();
        self.memory.execute(&command, self.now)
    }
}

pub fn place(unit: &str, code: &str, keeper: &str) -> Place {
    Place { unit: unit.into(), code: DivisionCode::parse(code).unwrap(), keeper: keeper.into() }
}

pub fn fill(body: &str, post: &str, holder: &str, declares: bool) -> FillSeat {
    FillSeat {
        unit: home(post).into(),
        seat: format!("seat-{post}-{holder}"),
        holder: holder.to_owned(),
        person: person(holder),
        name: holder.to_owned(),
        body: body.to_owned(),
        post: post.to_owned(),
        from: day("2026-01-01"),
        to: day("2030-12-31"),
        households: (post == "representative").then_some(10),
        relatives: declares.then(Vec::new),
    }
}

/// An official in a post, where posts of that kind sit.
pub fn seated(post: &str, holder: &str) -> Actor {
    official(&home(post).into(), post, holder).unwrap()
}

pub fn home(post: &str) -> &'static str {
    match post {
        "township-officer" | "township-head" => TOWNSHIP,
        _ => VILLAGE,
    }
}

/// A sitting of everybody on the roll, all in favour, witnessed by the chair of supervision.
pub fn full_sitting(roll: &[String], held_on: Date) -> Sitting {
    let votes = Count { for_: u32::try_from(roll.len()).unwrap(), ..Count::default() };
    Sitting {
        held_on,
        place: "村部".into(),
        noticed_on: None,
        should_attend: u32::try_from(roll.len()).unwrap(),
        attendance: roll
            .iter()
            .map(|holder| Attendee { holder: holder.clone(), channel: Channel::Hall })
            .collect(),
        left_before_vote: Vec::new(),
        recused: Vec::new(),
        votes: BTreeMap::from([(Channel::Hall, votes)]),
        ballot: None,
        difference: None,
        witness: Some("Jian".into()),
        minutes: None,
    }
}

/// What is typed at a step when a test does not say otherwise.
pub fn fields(definition: &Definition, step: &str, spends: bool) -> Map<String, Value> {
    let mut fields = Map::new();
    let Some(step) = definition.step(step) else { return fields };
    for name in &step.takes {
        let value = match name.as_str() {
            "title" => json!("修通村东机耕路"),
            "matter" => json!("public-welfare"),
            "limit" if spends => json!("80000.00"),
            "grounds" => json!("村东道路雨天无法通行，拟硬化六百米。"),
            "proposer" => json!("party-organisation"),
            "read_out" => json!(true),
            "objection" => json!("路线为何绕开三组？"),
            "note" => json!("已按方案办理。"),
            _ => continue,
        };
        fields.insert(name.clone(), value);
    }
    fields
}
