//! A register (台账): things told apart by a number, each with a life told by events. The card of a thing is the stream of a
//! case; what the register adds is the fold over it: the values as of an instant, each with when and by whom it was said,
//! and who looked last. Nothing is overwritten: another instant gives what was known then.

use std::collections::BTreeMap;

use kernel::{Date, Event, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::procedure::ENGINE_KEYS;

/// One event of a thing, as the register reads it.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// Its type without the producer's prefix.
    pub fact: &'a str,
    /// When.
    pub at: Timestamp,
    /// In which post, for officials.
    pub post: Option<&'a str>,
    /// By whom, for officials.
    pub holder: Option<&'a str>,
    /// Whether the register's own definition brought it about: only that is a look at the thing.
    pub of_definition: bool,
    /// Its fields.
    pub data: &'a Map<String, Value>,
}

impl<'a> Line<'a> {
    /// From an event.
    pub fn of(event: &'a Event) -> Self {
        let official = kernel::Actor::parse_official(&event.actor);
        Self {
            fact: event.fact(),
            at: event.time,
            post: official.map(|(post, _)| post),
            holder: official.map(|(_, holder)| holder),
            of_definition: event.definition.is_some(),
            data: &event.data,
        }
    }
}

/// When somebody in office looked, and who (最后查看).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// When.
    pub at: Timestamp,
    /// In which post.
    pub post: String,
    /// By whom.
    pub holder: String,
}

impl Seen {
    /// Days between the look and a day: how fresh what the card says is.
    pub fn days_ago(&self, today: Date) -> u32 {
        u32::try_from((today - self.at.date()).get_days()).unwrap_or(0)
    }
}

/// A value and since when it is known.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Known {
    /// The value; what stands for it where it lies beside the log.
    pub value: Value,
    /// Since when.
    pub since: Timestamp,
}

/// What a card says as of an instant (卡片).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Card {
    /// When it was entered.
    pub entered: Timestamp,
    /// The values, by field.
    pub values: BTreeMap<String, Known>,
    /// What happened last.
    pub last: String,
    /// Who looked last; nobody where it was only ever written to by itself.
    pub seen: Option<Seen>,
    /// Its life is over.
    pub ended: bool,
}

impl Card {
    /// What the events up to and at an instant say, first to last; `None` before the first.
    pub fn as_of<'a>(
        events: impl IntoIterator<Item = Line<'a>>,
        instant: Timestamp,
    ) -> Option<Self> {
        let mut card: Option<Self> = None;
        for line in events.into_iter().filter(|line| line.at <= instant) {
            let card = card.get_or_insert_with(|| Self {
                entered: line.at,
                values: BTreeMap::new(),
                last: String::new(),
                seen: None,
                ended: false,
            });
            card.tell(line);
        }
        card
    }

    fn tell(&mut self, line: Line<'_>) {
        line.fact.clone_into(&mut self.last);
        self.ended |= line.data.get("concluded").and_then(Value::as_bool) == Some(true);
        for (field, value) in line.data {
            let same = self.values.get(field).is_some_and(|known| known.value == *value);
            if !same && !ENGINE_KEYS.contains(&field.as_str()) {
                let known = Known { value: value.clone(), since: line.at };
                self.values.insert(field.clone(), known);
            }
        }
        if let (true, Some(post), Some(holder)) = (line.of_definition, line.post, line.holder) {
            let (post, holder) = (post.to_owned(), holder.to_owned());
            self.seen = Some(Seen { at: line.at, post, holder });
        }
    }

    /// A plain text among its values.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.values.get(field)?.value.as_str()
    }

    /// A plain whole number among its values.
    pub fn number(&self, field: &str) -> Option<i64> {
        self.values.get(field)?.value.as_i64()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(day: &str) -> Timestamp {
        Timestamp::start_of(day.parse().unwrap())
    }

    #[test]
    fn a_card_says_what_was_known_then_and_who_looked_last() {
        let data = [
            json!({"number": "T-1", "state_of_it": "good", "due": {}}),
            json!({"state_of_it": "broken"}),
            json!({"kept_in": "shed", "concluded": true}),
        ];
        let said = |n: usize, day: &str, holder: Option<&'static str>, own: bool| Line {
            fact: "thing-told.v1",
            at: at(day),
            post: holder.map(|_| "keeper"),
            holder,
            of_definition: own,
            data: data[n].as_object().unwrap(),
        };
        let life = [
            said(0, "2026-01-10", Some("h-1"), true),
            said(1, "2026-02-10", Some("h-2"), true),
            // Written by another matter: no look.
            said(2, "2026-03-10", Some("h-3"), false),
        ];
        assert_eq!(Card::as_of(life, at("2026-01-09")), None);
        let then = Card::as_of(life, at("2026-01-31")).unwrap();
        assert_eq!((then.text("state_of_it"), then.ended), (Some("good"), false));
        assert!(!then.values.contains_key("due"), "what the engine adds is no value");
        let now = Card::as_of(life, at("2026-04-01")).unwrap();
        assert_eq!(now.text("state_of_it"), Some("broken"));
        assert_eq!(now.values["number"].since, at("2026-01-10"));
        let seen = now.seen.unwrap();
        assert_eq!(
            (seen.holder.as_str(), seen.days_ago("2026-03-01".parse().unwrap())),
            ("h-2", 19)
        );
        assert!(now.ended);
    }
}
