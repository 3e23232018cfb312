//! What the script draws itself (units, office holders, proposals, headroom) the services make anew: which is which, and
//! who signs in under which name. Sends nothing.

use std::collections::BTreeMap;

use funds_oversight::facts::{item::item_id, month::Month};
use kernel::{Place, UnitId};
use serde_json::Value;

/// An office holder of the script.
#[derive(Debug, Clone)]
pub struct Person {
    /// The seat, as organisation calls it.
    pub seat: String,
    pub place: Place,
    /// Once there is an account.
    pub login: Option<String>,
}

/// The script's names, and the services'.
#[derive(Default)]
pub struct Known {
    ids: BTreeMap<String, String>,
    pub people: BTreeMap<String, Person>,
    /// Who keeps the posts of a township's villages, by the township's nine digits.
    pub officers: BTreeMap<String, String>,
}

/// The nine digits of the township that a place is, or lies in.
pub fn township(place: &Place) -> String {
    place.code.as_str()[..9].to_owned()
}

impl Known {
    /// What the script calls so is called otherwise.
    pub fn learn(&mut self, script: &str, theirs: &str) {
        self.ids.insert(script.to_owned(), theirs.to_owned());
    }

    /// A unit, and the months that it hands in, which are called after it.
    pub fn learn_unit(&mut self, script: &UnitId, theirs: &str) {
        self.learn(script.as_str(), theirs);
        for month in (1..=12).filter_map(|month| Month::parse(&format!("2026-{month:02}"))) {
            self.learn(&item_id(script, month), &item_id(&UnitId::new(theirs), month));
        }
    }

    /// The services' name for it, if the script has drawn it.
    pub fn find(&self, script: &str) -> Option<&str> {
        self.ids.get(script).map(String::as_str)
    }

    /// The services' name for it; what the script has not drawn is called the same.
    pub fn id<'a>(&'a self, script: &'a str) -> &'a str {
        self.find(script).unwrap_or(script)
    }

    /// All names in a value.
    pub fn translate(&self, value: Value) -> Value {
        match value {
            Value::String(text) => self.id(&text).into(),
            Value::Array(items) => items.into_iter().map(|item| self.translate(item)).collect(),
            Value::Object(fields) => Value::Object(
                fields.into_iter().map(|(name, v)| (name, self.translate(v))).collect(),
            ),
            other => other,
        }
    }
}
