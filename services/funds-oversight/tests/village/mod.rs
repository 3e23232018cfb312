//! A fictional village for tests: its seats, people, resolutions and books over the in-memory log.
#![allow(dead_code)]

use std::collections::BTreeMap;

use definitions::{Catalogue, Definitions};
use engines::procedure::Act;
use funds_oversight::{
    Ask, Funds, State,
    ask::Take,
    catalogue,
    facts::{month::Month, party::Opened, payment::Payment, warning::Finding},
    funds::EMBEDDED,
    hears,
    hears::Known,
    watching,
};
use kernel::{
    Actor, Answer, Command, Date, DivisionCode, Event, Money, Place, Refusal, Seat, StreamId,
    Timestamp, UnitId, Verdict, WorkCalendar, memory::Memory,
};
use serde_json::{Map, Value, json};

pub const VILLAGE: &str = "u-qingxi";
pub const TOWNSHIP: &str = "u-shimen";
pub const COUNTY: &str = "u-yunhe";

/// Name, unit, body, post. The holder is `h-<name>`, the person `n-<name>`.
pub const PEOPLE: [(&str, &str, &str, &str); 13] = [
    ("Li", VILLAGE, "finance-office", "bookkeeper"),
    ("Zhao", VILLAGE, "finance-office", "cashier"),
    ("Wang", VILLAGE, "collective-board", "legal-representative"),
    ("Chen", VILLAGE, "collective-board", "board-member"),
    ("Sun", VILLAGE, "village-committee", "village-director"),
    ("Zhou", VILLAGE, "supervision-committee", "supervision-chair"),
    ("Wu", VILLAGE, "supervision-committee", "supervision-member"),
    ("Guo", TOWNSHIP, "township-agency", "agency-accountant"),
    ("He", TOWNSHIP, "township-agency", "agency-cashier"),
    ("Ma", TOWNSHIP, "township-agency", "agency-reviewer"),
    ("Lin", TOWNSHIP, "township", "township-officer"),
    // One person in two posts: four eyes compare persons, never seats.
    ("Qian", VILLAGE, "finance-office", "bookkeeper"),
    ("Qian", VILLAGE, "collective-board", "legal-representative"),
];

#[derive(Clone)]
pub struct Village {
    pub log: Memory<Funds>,
    pub now: Timestamp,
    keys: u64,
    heard: u64,
}

pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn noon(text: &str) -> Timestamp {
    Timestamp::start_of(day(text)).plus_micros(kernel::time::DAY / 2)
}

pub fn month(text: &str) -> Month {
    Month::parse(text).unwrap()
}

pub fn yuan(text: &str) -> Money {
    text.parse().unwrap()
}

pub fn place() -> Place {
    Place {
        unit: VILLAGE.into(),
        code: DivisionCode::parse("331125101203").unwrap(),
        keeper: COUNTY.into(),
    }
}

pub fn at_township() -> Place {
    Place { unit: TOWNSHIP.into(), ..place() }
}

/// An actor in the first seat with this post, or in the post given.
pub fn actor(post: &str, name: &str) -> Actor {
    let seat = PEOPLE.iter().find(|(n, _, _, p)| *n == name && *p == post);
    let (unit, body) = seat.map_or((VILLAGE, "none"), |(_, unit, body, _)| (*unit, *body));
    Actor::Official(Seat {
        unit: unit.into(),
        body: body.into(),
        post: post.into(),
        holder: format!("h-{name}"),
    })
}

/// The seat of somebody with one post.
pub fn who(name: &str) -> Actor {
    let post = PEOPLE.iter().find(|(n, ..)| *n == name).unwrap().3;
    actor(post, name)
}

/// The catalogue without anything that the checker would demand: what a hostile province would like.
pub fn lenient() -> Catalogue {
    let mut catalogue = catalogue();
    for guard in &mut catalogue.guards {
        guard.mandatory_for.clear();
    }
    for event in &mut catalogue.events {
        event.four_eyes_with.clear();
        event.only_after.clear();
    }
    catalogue
}

pub fn refusal(verdict: Verdict) -> Refusal {
    match verdict {
        Verdict::Refused(refusal) => refusal,
        other => panic!("not a refusal: {other}"),
    }
}

impl Village {
    /// The village under the embedded definitions.
    pub fn new() -> Self {
        Self::under(Definitions::check(&EMBEDDED, &catalogue()).unwrap_or_else(|f| {
            panic!("{}", f.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        }))
    }

    /// The village under these definitions, all adopted, books not started.
    pub fn under(definitions: Definitions) -> Self {
        let adopted: Vec<(String, u32, String)> = definitions
            .iter()
            .map(|d| {
                let hash = d.reference.as_str().split_once('@').unwrap().1.to_owned();
                (d.id.clone(), d.version, hash)
            })
            .collect();
        let mut village = Self {
            log: Memory::new(Funds::new(definitions), WorkCalendar::default(), [9; 32]),
            now: noon("2026-03-02"),
            keys: 0,
            heard: 0,
        };
        for (unit, level, parent) in [
            (COUNTY, "county", None),
            (TOWNSHIP, "township", Some(COUNTY)),
            (VILLAGE, "village", Some(TOWNSHIP)),
        ] {
            village.hear(
                unit,
                "unit-formed.v1",
                json!({"unit": unit, "code": "331125101203", "name": unit, "level": level,
                    "parent": parent, "keeper": COUNTY, "province": "u-p", "from": "2020-01-01"}),
            );
        }
        for (definition, version, hash) in adopted {
            village.hear(
                "u-p",
                "definition-adopted.v1",
                json!({"definition": definition, "version": version, "hash": hash,
                    "persons": ["h-a", "h-b"], "from": "2026-01-01", "running": "keep"}),
            );
        }
        for watch in watching::embedded().unwrap() {
            let hash = watch.reference.as_str().split_once('@').unwrap().1;
            village.hear(
                "u-p",
                "definition-adopted.v1",
                json!({"definition": watch.id, "version": watch.version, "hash": hash,
                    "persons": ["h-a", "h-b"], "from": "2026-01-01", "running": "keep"}),
            );
        }
        for (index, (name, unit, body, post)) in PEOPLE.iter().enumerate() {
            village.hear(
                unit,
                "seat-filled.v1",
                json!({"seat": format!("s-{index}"), "holder": format!("h-{name}"), "name": name,
                    "body": body, "post": post, "from": "2026-01-01", "to": "2030-12-31",
                    "keeper": COUNTY}),
            );
            village.hear(
                unit,
                "declaration-filed.v1",
                json!({"party": format!("n-{name}"), "pairs": 0}),
            );
        }
        village
    }

    /// Hears a fact of organisation.
    pub fn hear(&mut self, unit: &str, fact: &str, data: Value) {
        let Value::Object(data) = data else { panic!("a fact has fields") };
        let mut opened = Map::new();
        if let Some(holder) = data.get("holder").and_then(Value::as_str) {
            opened.insert("person".into(), holder.replacen("h-", "n-", 1).into());
        }
        let event = Event {
            id: format!("heard-{}", self.heard).into(),
            source: "/organisation".into(),
            kind: format!("cn.cunwu.organisation.{fact}"),
            time: self.now,
            log: "organisation-log".into(),
            index: self.heard,
            unit: unit.into(),
            village: place().code,
            villageseq: self.heard + 1,
            stream: StreamId::of("heard", self.heard),
            version: 1,
            actor: "system/test".into(),
            definition: None,
            causation: None,
            data,
        };
        self.heard += 1;
        let stream = hears::concerns(&event).unwrap().expect("a fact that is heard");
        let before = match self.log.state(&stream) {
            Some(State::Known(known)) => Some(known.clone()),
            _ => None,
        };
        let known: Known = hears::hear(before, &event, &opened).unwrap().unwrap();
        self.log.know(stream, State::Known(known));
    }

    /// A watch has found something: the warning's id.
    pub fn warned(&mut self, severity: &str, concerns: &[String], holds: &[String]) -> String {
        self.found(None, severity, concerns, holds)[0].stream.key().to_owned()
    }

    /// A watch has found something, perhaps once more; the events.
    pub fn found(
        &mut self,
        warning: Option<&str>,
        severity: &str,
        concerns: &[String],
        holds: &[String],
    ) -> Vec<Event> {
        let watch = &watching::embedded().unwrap()[0];
        let (answer_in, result_in) = if severity == "red" { (1, 15) } else { (5, 15) };
        let found = json!({"severity": severity, "key": "a", "value": "1", "threshold": "0",
            "evidence": [], "rows": [], "parameters": {}, "answer_in": answer_in, "result_in": result_in});
        let finding = Finding {
            rule: watch.rule.clone(),
            watch: watch.reference.to_string(),
            found: serde_json::from_value(found).unwrap(),
            concerns: concerns.to_vec(),
        };
        let holds = holds.to_vec();
        let warning = warning.map(str::to_owned);
        let ask = Ask::RaiseWarning { warning, finding: Box::new(finding), holds };
        self.ask(Actor::System("watch".into()), ask).unwrap()
    }

    /// A resolution on the board.
    pub fn resolved(&mut self, id: &str, limit: &str) {
        self.adopted(id, limit);
        self.hear(
            VILLAGE,
            "resolution-published.v1",
            json!({"resolution": id, "from": self.now.date().to_string(), "until": "2026-12-31"}),
        );
    }

    /// A resolution that is adopted and not yet on the board.
    pub fn adopted(&mut self, id: &str, limit: &str) {
        self.hear(
            VILLAGE,
            "resolution-adopted.v1",
            json!({"resolution": id, "matter": "annual-budget", "body": "member-delegates",
                "for": 30, "against": 1, "abstain": 0, "present": 31, "should_attend": 33,
                "limit": yuan(limit).fen(), "valid_from": self.now.date().to_string()}),
        );
    }

    /// Hears that a resolution is on the board from this day.
    pub fn posted(&mut self, id: &str, from: &str) {
        let body = json!({"resolution": id, "from": from, "until": "2026-12-31"});
        self.hear(VILLAGE, "resolution-published.v1", body);
    }

    /// Executes a command under a new key.
    pub fn ask(&mut self, actor: Actor, body: Ask) -> Result<Vec<Event>, Verdict> {
        self.keys += 1;
        let key = format!("k{}", self.keys);
        self.ask_with(&key, actor, body)
    }

    /// Executes a command in another place under a new key.
    pub fn ask_at(&mut self, place: Place, actor: Actor, body: Ask) -> Result<Vec<Event>, Verdict> {
        self.keys += 1;
        let key = format!("k{}", self.keys);
        self.ask_from(place, &key, actor, body)
    }

    /// Executes a command under this key; the events of the receipt.
    pub fn ask_with(&mut self, key: &str, actor: Actor, body: Ask) -> Result<Vec<Event>, Verdict> {
        self.ask_from(place(), key, actor, body)
    }

    fn ask_from(
        &mut self,
        place: Place,
        key: &str,
        actor: Actor,
        body: Ask,
    ) -> Result<Vec<Event>, Verdict> {
        let command = Command {
            principal: actor.to_string(),
            key: key.to_owned(),
            actor,
            place,
            seen: None,
            causation: None,
            body,
        };
        let answer = self.log.execute(&command, self.now)?;
        Ok(self.of_receipt(&answer))
    }

    pub fn of_receipt(&self, answer: &Answer) -> Vec<Event> {
        let ids: Vec<_> = answer.receipt().events.iter().map(|e| e.id.clone()).collect();
        self.log.events().iter().filter(|e| ids.contains(&e.id)).cloned().collect()
    }

    /// Both signatures of a thing that two persons sign.
    pub fn both(&mut self, body: Ask) -> Vec<Event> {
        self.try_both(body).unwrap()
    }

    /// Both signatures, where they may be refused.
    pub fn try_both(&mut self, body: Ask) -> Result<Vec<Event>, Verdict> {
        self.ask(who("Li"), body.clone())?;
        self.ask(who("Guo"), body)
    }

    /// Starts the books with 1,000,000 yuan in the bank, 5,000 in cash, one account, and a budget line `admin`.
    pub fn start(&mut self, budget: &str) {
        let line = |code: &str, debit: Option<i64>, credit: Option<i64>| {
            serde_json::from_value(json!({"account": code, "debit": debit, "credit": credit}))
                .unwrap()
        };
        self.both(Ask::SignOpeningBalances {
            month: month("2026-03"),
            lines: vec![
                line("102", Some(100_000_000), None),
                line("101", Some(500_000), None),
                line("301", None, Some(100_500_000)),
            ],
        });
        self.ask(
            who("Li"),
            Ask::RecordBankAccount {
                account: "basic".into(),
                kind: funds_oversight::facts::bank::AccountKind::Basic,
                held_by: funds_oversight::facts::bank::HeldBy::Collective,
                number: "33112500012345678".into(),
            },
        )
        .unwrap();
        self.resolved("r-budget", budget);
        self.ask(
            who("Li"),
            Ask::AdoptBudget {
                reserve: "admin".into(),
                line: funds_oversight::facts::accounts::AccountCode::parse("513").unwrap(),
                year: 2026,
                amount: yuan(budget),
                resolution: "r-budget".into(),
            },
        )
        .unwrap();
    }

    /// The fields of a request for so much, with an invoice of its own.
    pub fn request(amount: &str, invoice: u32) -> Map<String, Value> {
        let Value::Object(fields) = json!({
            "amount": amount,
            "method": "bank",
            "account": "513",
            "purpose": "打印纸和墨盒",
            "payee": {"organisation": "清溪文具店"},
            "invoice": format!("033001900104:{invoice:08}"),
            "reserve": "admin",
        }) else {
            unreachable!()
        };
        fields
    }

    /// A step of a procedure, with everything shown that is sealed.
    pub fn step(
        &self,
        procedure: &str,
        step: &str,
        on: Option<&str>,
        fields: Map<String, Value>,
    ) -> Ask {
        let shown = on.and_then(|id| self.payment(id).map(|p| p.shown(id)));
        let opened = on.map(|id| self.opened(id)).unwrap_or_default();
        Ask::Take(Box::new(Take {
            on: on.map(str::to_owned),
            act: Act::new(procedure, step, fields),
            shown,
            opened,
        }))
    }

    /// Takes a step of the payment procedure.
    pub fn pay_step(
        &mut self,
        by: Actor,
        step: &str,
        on: Option<&str>,
        fields: Map<String, Value>,
    ) -> Result<Vec<Event>, Verdict> {
        let body = self.step("payment", step, on, fields);
        self.ask(by, body)
    }

    /// Requests, and gives the payment's id.
    pub fn requested(&mut self, fields: Map<String, Value>) -> String {
        let events = self.pay_step(who("Li"), "request", None, fields).unwrap();
        events[0].stream.key().to_owned()
    }

    pub fn bank() -> Map<String, Value> {
        Map::from_iter([("bank_account".to_owned(), "basic".into())])
    }

    /// Requests, approves and pays.
    pub fn paid(&mut self, fields: Map<String, Value>) -> Result<String, Verdict> {
        let events = self.pay_step(who("Li"), "request", None, fields)?;
        let id = events[0].stream.key().to_owned();
        self.pay_step(who("Wang"), "approve", Some(&id), Map::new())?;
        self.pay_step(who("Zhao"), "pay", Some(&id), Self::bank())?;
        Ok(id)
    }

    pub fn payment(&self, id: &str) -> Option<&Payment> {
        match self.log.state(&StreamId::of("payment", id))? {
            State::Payment(case) => Some(&case.core),
            _ => None,
        }
    }

    /// The sealed parts of the latest request of a payment, opened.
    pub fn opened(&self, id: &str) -> BTreeMap<String, Opened> {
        let streams = ["payment", "warning"].map(|kind| StreamId::of(kind, id));
        let shown = [
            "payment-requested.v1",
            "payment-corrected.v1",
            "warning-raised.v1",
            "warning-repeated.v1",
        ];
        let of = self.log.events().iter().rev();
        let of = of.filter(|e| streams.contains(&e.stream)).find(|e| shown.contains(&e.fact()));
        let mut opened = BTreeMap::new();
        for (event, field) in of.iter().flat_map(|e| e.data.keys().map(move |f| (e, f))) {
            let position = kernel::Position { log: event.log.clone(), index: event.index };
            if let Some((salt, value)) = self.log.sealed(&position, field) {
                let part = Opened { value: value.clone(), salt: hex::encode(salt) };
                opened.insert(field.clone(), part);
            }
        }
        opened
    }

    pub fn reserve(&self, id: &str) -> &funds_oversight::facts::reserve::Reserve {
        match self.log.state(&StreamId::of("reserve", id)) {
            Some(State::Reserve(reserve)) => reserve,
            other => panic!("no headroom {id}: {other:?}"),
        }
    }

    pub fn book(&self) -> &funds_oversight::facts::book::Book {
        match self.log.state(&StreamId::of("book", UnitId::new(VILLAGE))) {
            Some(State::Book(book)) => book,
            other => panic!("no book: {other:?}"),
        }
    }

    /// The township offers the village money; the id of the offer.
    pub fn offered(&mut self, reference: &str, amount: &str) -> String {
        let Value::Object(fields) = json!({
            "reference": reference, "to_unit": VILLAGE, "amount": amount, "purpose": "厕所改造",
        }) else {
            unreachable!()
        };
        let body = self.step("allocation", "allocate", None, fields);
        self.ask_at(at_township(), who("Lin"), body).unwrap()[0].stream.key().to_owned()
    }

    /// Enters the card of a pond; its id.
    pub fn registered(&mut self, card: &str) -> String {
        let Value::Object(fields) = json!({
            "card": card, "class": "resource", "name": "村东鱼塘", "where": "村东，东至水渠",
            "since": "2008-05-01",
        }) else {
            unreachable!()
        };
        let body = self.step("asset", "register", None, fields);
        self.ask(who("Li"), body).unwrap()[0].stream.key().to_owned()
    }

    /// Closes March with a sheet, at noon of that day in April.
    pub fn closed_march(&mut self) {
        self.both(Ask::SignPeriodOpening { month: month("2026-04") });
        self.now = noon("2026-04-02");
        self.both(Ask::SignPeriodClosing { month: month("2026-03") });
    }
}
