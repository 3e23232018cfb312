//! A made-up service for tests and for looking at: the tool shed of a fictional village, in memory.
#![allow(dead_code)]

pub mod browser;
pub mod domain;

use std::sync::{
    Arc, Mutex, MutexGuard,
    atomic::{AtomicI64, AtomicUsize, Ordering},
};

use access::{Gate, Grants, HeldSeat, Person, Principal};
use async_trait::async_trait;
use definitions::{Catalogue, Definitions};
use desk::{
    Asked, Choice, Desk, Kept, Listed, Listing, Member, Office, PlaceShown, Record, Submission,
    Surroundings, Thing, Upload, Visitor, Wanted,
};
use kernel::{
    Actor, Answer, Class, Clock, Command, DivisionCode, Entropy, Event, Place, Seat, StreamId,
    Text, Timestamp, UnitId, Verdict, WorkCalendar, memory::Memory,
};
use serde_json::{Map, Value};

use domain::{ROLL, Shed};

/// A clock that stands where it is put.
pub struct Still(pub AtomicI64);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

pub struct ShedOffice {
    memory: Mutex<Memory<Shed>>,
    definitions: Arc<Definitions>,
    catalogue: Arc<Catalogue>,
    pub clock: Arc<Still>,
    /// How many submissions fail before one works, and how.
    pub failing: AtomicUsize,
}

pub fn noon(day: &str) -> Timestamp {
    Timestamp::start_of(day.parse().unwrap()).plus_micros(12 * 3_600_000_000)
}

fn held(unit: &str, path: &[&str], body: &str, post: &str, holder: &str) -> HeldSeat {
    HeldSeat {
        id: format!("{unit}-{body}-{post}-{holder}"),
        seat: Seat {
            unit: unit.into(),
            body: body.into(),
            post: post.into(),
            holder: holder.into(),
        },
        path: path.iter().map(|id| UnitId::from(*id)).collect(),
        from: "2026-01-01".parse().unwrap(),
        to: None,
        vacated: None,
        suspended: false,
    }
}

impl ShedOffice {
    pub fn new() -> Arc<Self> {
        let shed = Shed::new();
        let (definitions, catalogue) = (shed.definitions.clone(), shed.catalogue.clone());
        Arc::new(Self {
            memory: Mutex::new(Memory::new(shed, WorkCalendar::default(), [3; 32])),
            definitions,
            catalogue,
            clock: Arc::new(Still(AtomicI64::new(noon("2026-03-02").micros()))),
            failing: AtomicUsize::new(0),
        })
    }

    pub fn desk(self: &Arc<Self>) -> Desk {
        let around = Surroundings {
            gate: Arc::new(Gate::new()),
            clock: self.clock.clone(),
            entropy: Arc::new(Mutex::new(Entropy::from_seed([9; 32]))),
            banner: Some(Text::new(
                "演示数据：人名、地名和数字都是虚构的",
                "Demonstration: all names, places and figures are fictional",
            )),
            nav: Vec::new(),
            burden: Some("/burden".to_owned()),
        };
        Desk::new(self.clone(), around)
    }

    pub fn at(&self, day: &str) {
        self.clock.0.store(noon(day).micros(), Ordering::SeqCst);
        self.memory().pass(noon(day));
    }

    pub fn memory(&self) -> MutexGuard<'_, Memory<Shed>> {
        self.memory.lock().unwrap()
    }

    pub fn events(&self) -> Vec<Event> {
        self.memory().events().to_vec()
    }

    fn shown(unit: &UnitId) -> Option<PlaceShown> {
        let place =
            |code: &str, zh: &str, en: &str, path: &[&str], above: (&str, &str), village: bool| {
                PlaceShown {
                    place: Place {
                        unit: unit.clone(),
                        code: DivisionCode::parse(code).unwrap(),
                        keeper: "county".into(),
                    },
                    name: Text::new(zh, en),
                    path: path.iter().map(|id| UnitId::from(*id)).collect(),
                    above: Text::new(above.0, above.1),
                    village,
                }
            };
        match unit.as_str() {
            "v1" => Some(place(
                "330102001203",
                "青禾村",
                "Qinghe Village",
                &["province", "county", "town"],
                ("临川县 · 云溪镇", "Yunxi Town, Linchuan County"),
                true,
            )),
            "v2" => Some(place(
                "330103001201",
                "石桥头村",
                "Shiqiaotou Village",
                &["province", "county2", "town2"],
                ("东岭县", "Dongling County"),
                true,
            )),
            "county" => Some(place(
                "330102000000",
                "临川县",
                "Linchuan County",
                &["province"],
                ("", ""),
                false,
            )),
            _ => None,
        }
    }

    fn loans(&self) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        for event in self.memory().events() {
            if !ids.contains(&event.stream.key().to_owned()) {
                ids.push(event.stream.key().to_owned());
            }
        }
        ids
    }

    fn title(history: &engines::procedure::History) -> Text {
        let tool = history.values.get("tool").and_then(Value::as_str).unwrap_or_default();
        let name = TOOLS
            .iter()
            .find(|(id, ..)| *id == tool)
            .map_or((tool, tool), |(_, zh, en)| (*zh, *en));
        Text::new(format!("借用{}", name.0), format!("Lending of the {}", name.1.to_lowercase()))
    }
}

pub const TOOLS: [(&str, &str, &str); 4] = [
    ("thresher", "脱粒机", "Thresher"),
    ("pump", "抽水机", "Water pump"),
    ("tiller", "微耕机", "Tiller"),
    ("far-away", "邻村的插秧机", "Rice planter of the next village"),
];

#[async_trait]
impl Office for ShedOffice {
    fn service(&self) -> &'static str {
        "shed"
    }

    fn title(&self) -> Text {
        Text::new("农具房", "Tool shed")
    }

    fn definitions(&self) -> Arc<Definitions> {
        self.definitions.clone()
    }

    fn catalogue(&self) -> Arc<Catalogue> {
        self.catalogue.clone()
    }

    fn word(&self, field: &str, value: &str) -> Option<Text> {
        match (field, value) {
            ("damage", "none") => Some(Text::new("没有损坏", "None")),
            ("damage", "small") => Some(Text::new("轻微", "Small")),
            ("damage", "large") => Some(Text::new("严重", "Large")),
            _ => None,
        }
    }

    async fn visitor(
        &self,
        cookie: Option<&str>,
        authorization: Option<&str>,
    ) -> Result<Option<Visitor>, Verdict> {
        let bearer = authorization.and_then(|text| text.strip_prefix("Bearer "));
        let cookie = cookie
            .and_then(|text| text.split(';').find_map(|pair| pair.trim().strip_prefix("who=")));
        let Some(who) = bearer.or(cookie) else { return Ok(None) };
        let path = ["province", "county", "town"];
        let (name, seats) = match who {
            "he" => (
                "何光",
                vec![held(
                    "v2",
                    &["province", "county2", "town2"],
                    "finance-office",
                    "bookkeeper",
                    "he",
                )],
            ),
            "inspector" => (
                "严正",
                vec![held("county", &["province"], "discipline", "inspector", "inspector")],
            ),
            "nobody" => ("高远", Vec::new()),
            who => {
                let mine = ROLL.iter().filter(|(_, _, holder, _)| *holder == who);
                let seats: Vec<HeldSeat> = mine
                    .clone()
                    .map(|(body, post, holder, _)| held("v1", &path, body, post, holder))
                    .collect();
                let Some((.., name)) = mine.clone().next() else { return Ok(None) };
                (*name, seats)
            }
        };
        let person = Person {
            account: who.to_owned(),
            holder: Some(who.to_owned()),
            grants: Grants::new(seats),
            ..Person::default()
        };
        Ok(Some(Visitor { principal: Principal::Person(person), name: name.to_owned() }))
    }

    async fn place(&self, unit: &UnitId) -> Result<Option<PlaceShown>, Verdict> {
        Ok(Self::shown(unit))
    }

    async fn thing(
        &self,
        _visitor: &Visitor,
        procedure: &str,
        id: &str,
    ) -> Result<Option<Thing>, Verdict> {
        let stream = StreamId::of("loan", id);
        let memory = self.memory();
        let Some(state) = memory.state(&stream).filter(|_| procedure == "lending") else {
            return Ok(None);
        };
        let mut opened = Map::new();
        let mut records = Vec::new();
        let mut last = None;
        for event in memory.events().iter().filter(|event| event.stream == stream) {
            let position = kernel::Position { log: event.log.clone(), index: event.index };
            let mut values = event.data.clone();
            for field in event.data.keys() {
                if let Some((_, Class::Public)) = event.commitment(field)
                    && let Some((_, value)) = memory.sealed(&position, field)
                {
                    opened.insert(field.clone(), value.clone());
                    values.insert(field.clone(), value.clone());
                }
            }
            last = Some((event.time, position.clone(), event.version));
            let include_by = Some(event.time.plus_micros(3_600_000_000));
            records.push(Record {
                event: event.id.clone(),
                position,
                include_by,
                values,
                proof: None,
            });
        }
        let Some((at, position, version)) = last else { return Ok(None) };
        let Some(place) = Self::shown(&state.place.unit) else { return Ok(None) };
        let names =
            TOOLS.iter().map(|(id, zh, en)| ((*id).to_owned(), Text::new(*zh, *en))).collect();
        let title = Self::title(&state.history);
        Ok(Some(Thing {
            opened,
            records,
            names,
            as_of: Some((at, position)),
            ..Thing::new(place, state.history.clone(), version, title)
        }))
    }

    async fn things(&self, wanted: &Wanted) -> Result<Listing, Verdict> {
        let mut items = Vec::new();
        for id in self.loans() {
            let memory = self.memory();
            let Some(state) = memory.state(&StreamId::of("loan", &id)) else { continue };
            let Some(place) = Self::shown(&state.place.unit) else { continue };
            let near = wanted.scope.contains(&place.place.unit, &place.path)
                && wanted.unit.as_ref().is_none_or(|unit| {
                    *unit == place.place.unit || (wanted.below && place.path.contains(unit))
                });
            let item = Listed::of(
                &self.definitions,
                "lending",
                id,
                &place,
                Self::title(&state.history),
                &state.history,
                self.clock.now(),
            );
            if near && item.waits_for(&wanted.who) && !(wanted.open_only && item.ended) {
                items.push(item);
            }
        }
        items.sort_by_key(|item| (item.due().is_none(), item.due(), item.id.clone()));
        if let Some(after) = &wanted.after {
            let at =
                items.iter().position(|item| item.id == *after).map_or(items.len(), |at| at + 1);
            items.drain(..at);
        }
        let limit = wanted.limit as usize;
        let next = (items.len() > limit).then(|| items[limit - 1].id.clone());
        items.truncate(limit);
        Ok(Listing { items, next, as_of: None })
    }

    async fn choices(&self, asked: &Asked<'_>) -> Result<Option<Vec<Choice>>, Verdict> {
        if asked.field != "tool" {
            return Ok(None);
        }
        let tools = TOOLS.iter().map(|(id, zh, en)| Choice {
            hint: Some(Text::new("放在农具房", "kept in the shed")),
            ..Choice::new(*id, Text::new(*zh, *en))
        });
        Ok(Some(tools.collect()))
    }

    async fn roll(&self, _unit: &UnitId, body: &str) -> Result<Vec<Member>, Verdict> {
        let mut members: Vec<Member> = ROLL
            .iter()
            .filter(|(of, ..)| *of == body)
            .map(|(_, post, holder, name)| Member {
                holder: (*holder).to_owned(),
                name: (*name).to_owned(),
                post: (*post).to_owned(),
            })
            .collect();
        members.dedup_by(|a, b| a.holder == b.holder);
        Ok(members)
    }

    async fn submit(&self, submission: Submission<'_>) -> Result<Answer, Verdict> {
        if self
            .failing
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1))
            .is_ok()
        {
            return Err(Verdict::Unknown);
        }
        let command = Command {
            principal: submission.visitor.account().to_owned(),
            key: submission.key,
            actor: Actor::Official(submission.seat.clone()),
            place: submission.place.clone(),
            seen: submission
                .thing
                .zip(submission.seen)
                .map(|(id, seen)| (StreamId::of("loan", id), seen)),
            causation: None,
            body: domain::Asked { thing: submission.thing.map(str::to_owned), act: submission.act },
        };
        self.memory().execute(&command, self.clock.now())
    }

    async fn attach(
        &self,
        _visitor: &Visitor,
        _unit: &UnitId,
        file: Upload,
    ) -> Result<Kept, Verdict> {
        if file.bytes.is_empty() {
            return Err(kernel::Refusal::field(
                "/file",
                Text::new("文件是空的。", "The file is empty."),
                Text::new("请重新选择。", "Choose it again."),
            )
            .into());
        }
        Ok(Kept {
            sha256: "ab".repeat(32),
            name: file.name,
            media_type: file.media_type,
            bytes: file.bytes.len() as u64,
        })
    }
}
