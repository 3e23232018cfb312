//! The made-up service behind the tests: who holds what, and a history folded from events.
#![allow(dead_code)]

use std::collections::BTreeMap;

use definitions::{Citations, Definition, Definitions};
use engines::procedure::{
    Act, Attendee, Channel, Count, Facts, GuardInput, History, Outcome, Roll, Sitting, decide,
    lapse,
};
use kernel::{
    Actor, Citation, DivisionCode, Event, Refusal, Seat, StreamId, Text, Timestamp, Verdict,
    WorkCalendar, event::commitment_field, time::DAY,
};
use serde_json::{Value, json};

use crate::sample::{LENDING, catalogue};

pub struct Shed {
    pub definition: Definition,
    citations: Citations,
    calendar: WorkCalendar,
    history: Option<History>,
    pub now: Timestamp,
    pub fields: Value,
    pub kin: BTreeMap<String, bool>,
    pub unknown: Vec<String>,
    pub refuse: Option<&'static str>,
    events: u64,
}

pub fn official(post: &str, holder: &str) -> Actor {
    Actor::Official(Seat {
        unit: "u1".into(),
        body: post.to_owned(),
        post: post.to_owned(),
        holder: holder.to_owned(),
    })
}

pub fn neighbour(id: &str) -> Actor {
    Actor::Resident(id.to_owned())
}

pub fn refusal(verdict: &Verdict) -> &Refusal {
    match verdict {
        Verdict::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

pub fn code(verdict: &Verdict) -> &str {
    &refusal(verdict).code
}

pub fn law(verdict: &Verdict) -> &str {
    refusal(verdict).law.as_ref().map_or("", |law| law.article.as_str())
}

struct View<'a>(&'a Shed);

impl Facts for View<'_> {
    fn roll(&self, body: &str) -> Option<Roll> {
        let members: Vec<String> = match body {
            "circle" => (1..=5).map(|n| format!("m{n}")).collect(),
            "assembly" => (1..=9).map(|n| format!("a{n}")).collect(),
            "watch" => vec!["wu".to_owned()],
            "warden" => vec!["wang".to_owned()],
            _ => return None,
        };
        Some(Roll { members })
    }

    fn holds(&self, seat: &Seat, key: &str) -> bool {
        seat.post == key
            || (key == "circle" && seat.holder.starts_with('m'))
            || (key == "assembly" && seat.holder.starts_with('a'))
    }

    fn is_resident(&self, _id: &str, kind: &str) -> bool {
        kind == "neighbour"
    }

    fn guard(&self, key: &str, input: &GuardInput<'_>) -> Result<Value, Verdict> {
        if self.0.refuse == Some(key) {
            return Err(Refusal::new(key, Text::new("否", "no"), Text::new("否", "no"))
                .by_law(Citation {
                    article: "county-finance".to_owned(),
                    name: Text::new("县", "county"),
                })
                .into());
        }
        assert!(input.value("tool").is_some(), "what was typed before is known to a guard");
        Ok(if key == "tool-free" { json!({"log": "l", "index": 3}) } else { Value::Null })
    }

    fn conflicted(&self, holder: &str, _with: &Value) -> Option<bool> {
        if self.0.unknown.iter().any(|unknown| unknown == holder) {
            return None;
        }
        Some(self.0.kin.get(holder).copied().unwrap_or(false))
    }
}

impl Shed {
    pub fn new() -> Self {
        let set = Definitions::check(&[("lending.toml", LENDING)], &catalogue()).unwrap();
        Self {
            definition: set.get("lending").unwrap().clone(),
            citations: Citations::builtin(),
            calendar: WorkCalendar::default(),
            history: None,
            now: Timestamp::start_of("2026-03-02".parse().unwrap()).plus_micros(DAY / 2),
            fields: json!({"tool": "t1", "deposit": "300.00", "kind": "ordinary", "borrower": {"person": "p1"}, "purpose": "Repair"}),
            kin: BTreeMap::new(),
            unknown: Vec::new(),
            refuse: None,
            events: 0,
        }
    }

    /// The same shed under a changed text.
    pub fn change(&mut self, changes: &[(&str, &str)]) {
        let mut text = LENDING.to_owned();
        for (from, to) in changes {
            assert_eq!(text.matches(from).count(), 1, "{from}");
            text = text.replace(from, to);
        }
        let set = Definitions::check(&[("lending.toml", &text)], &catalogue()).unwrap();
        self.definition = set.get("lending").unwrap().clone();
    }

    /// Puts another history in its place.
    pub fn become_(&mut self, history: History) {
        self.history = Some(history);
    }

    pub fn history(&self) -> &History {
        self.history.as_ref().unwrap()
    }

    pub fn days(&mut self, days: i64) {
        self.now = self.now.plus_micros(days * DAY);
    }

    pub fn make(&self, step: &str, fields: Value) -> Act {
        Act::new("lending", step, fields.as_object().unwrap().clone())
    }

    pub fn decide(&mut self, act: Act, actor: Actor) -> Result<Outcome, Verdict> {
        let out = decide(
            &self.definition,
            &self.citations,
            self.history.as_ref(),
            &act,
            &actor,
            &View(self),
            self.now,
            &self.calendar,
        )?;
        self.write(&out, &actor.to_string());
        Ok(out)
    }

    pub fn act(&mut self, step: &str, actor: Actor, fields: Value) -> Result<Outcome, Verdict> {
        let act = self.make(step, fields);
        self.decide(act, actor)
    }

    pub fn request_as_is(&mut self) -> Result<Outcome, Verdict> {
        let fields = self.fields.clone();
        self.act("request", official("keeper", "li"), fields)
    }

    pub fn request(&mut self, deposit: &str) -> Result<Outcome, Verdict> {
        self.fields["deposit"] = json!(deposit);
        self.request_as_is()
    }

    pub fn sitting(&self, yes: u32, no: u32) -> Sitting {
        self.sitting_of("circle", yes, no)
    }

    pub fn sitting_of(&self, body: &str, yes: u32, no: u32) -> Sitting {
        let roll = View(self).roll(body).unwrap();
        let attendance = roll
            .members
            .iter()
            .take((yes + no) as usize)
            .map(|holder| Attendee { holder: holder.clone(), channel: Channel::Hall })
            .collect();
        Sitting {
            held_on: self.now.date(),
            place: "shed".to_owned(),
            noticed_on: None,
            should_attend: roll.members.len() as u32,
            attendance,
            left_before_vote: vec![],
            recused: vec![],
            votes: BTreeMap::from([(
                Channel::Hall,
                Count { for_: yes, against: no, ..Count::default() },
            )]),
            ballot: None,
            difference: None,
            witness: Some("wu".to_owned()),
            minutes: None,
        }
    }

    pub fn sit(&mut self, sitting: Sitting) -> Result<Outcome, Verdict> {
        let mut act = self.make("decide", json!({}));
        act.sitting = Some(sitting);
        let holder = if self.fields["kind"] == "precious" { "a1" } else { "m1" };
        self.decide(act, official("member", holder))
    }

    pub fn vote(&mut self, yes: u32, no: u32) -> Result<Outcome, Verdict> {
        let sitting = self.sitting(yes, no);
        self.sit(sitting)
    }

    pub fn agree(&mut self) {
        self.days(4);
        self.vote(4, 0).unwrap();
    }

    pub fn posted(&mut self) {
        self.act("post", official("keeper", "li"), json!({})).unwrap();
        self.days(18);
        self.pass();
    }

    /// Fires what is due, in order of time; returns the facts, sorted.
    pub fn pass(&mut self) -> Vec<String> {
        let mut facts = Vec::new();
        while let Some(deadline) = self
            .history()
            .deadlines()
            .iter()
            .filter(|d| d.due_at <= self.now)
            .min_by_key(|d| (d.due_at, d.name.clone()))
            .cloned()
        {
            let out = lapse(&self.definition, self.history(), &deadline, &self.calendar).unwrap();
            self.write(&out, "system/due");
            assert!(!self.history().deadlines().contains(&deadline), "it must be consumed");
            facts.push(out.fact);
        }
        facts.sort();
        facts
    }

    fn write(&mut self, out: &Outcome, actor: &str) {
        self.events += 1;
        let mut data = out.data.clone();
        for part in &out.sealed {
            data.insert(part.field.clone(), commitment_field("AAAA", part.class));
        }
        let event = Event {
            id: format!("e{}", self.events).into(),
            source: "/shed".to_owned(),
            kind: format!("cn.cunwu.shed.{}", out.fact),
            time: self.now,
            log: "log".into(),
            index: self.events - 1,
            unit: "u1".into(),
            village: DivisionCode::parse("330102001203").unwrap(),
            villageseq: self.events,
            stream: StreamId::of("loan", "1"),
            version: self.events,
            actor: actor.to_owned(),
            definition: Some(out.reference.clone()),
            causation: None,
            data,
        };
        for key in ["step", "state", "instance", "payload"] {
            assert!(!event.data.contains_key(key));
        }
        let encoded = event.encode().unwrap();
        self.history =
            Some(History::evolve(self.history.take(), &Event::decode(&encoded).unwrap()));
        let json = serde_json::to_string(self.history()).unwrap();
        assert_eq!(&serde_json::from_str::<History>(&json).unwrap(), self.history());
    }
}
