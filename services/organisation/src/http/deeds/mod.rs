//! What is recorded beside the procedures (登记): each deed is a form, a body of the API and one command. One handler serves all.

mod declaration;
mod perform;
mod seat;
mod village;

use axum::http::Method;
use kernel::{Class, Entropy, Text};
use pages::{Field, Lang};
use serde::de::DeserializeOwned;
use serde_json::Value;
use web::{Problem, RouteInfo, Routes};

use super::frame::{Shared, Typed};
use crate::{
    Ask, SERVICE,
    facts::{conflict::Conflicts, village::Village},
    shows::{seats::SeatRow, units::UnitRow},
    staff::competence::Matter,
};

/// What a deed is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// A unit: its id is in the address.
    Unit,
    /// A seat: its id is in the address.
    Seat,
}

/// What a deed is done with: the unit, the seat, and what is known there.
pub(crate) struct Around {
    pub unit: UnitRow,
    pub seat: Option<SeatRow>,
    pub conflicts: Conflicts,
    pub village: Village,
    /// The office holder who asks.
    pub me: Option<String>,
    pub today: kernel::Date,
}

/// A deed.
pub(crate) struct Deed {
    /// Its name in addresses and operations.
    pub id: &'static str,
    pub about: About,
    pub matter: Matter,
    pub title: (&'static str, &'static str),
    pub lead: (&'static str, &'static str),
    pub button: (&'static str, &'static str),
    /// The questions, with what was typed.
    pub fields: fn(Lang, &Around, &Typed) -> Vec<Field>,
    /// What was typed, as the API's body.
    pub body: fn(&Around, &Typed) -> Value,
    /// The body as a command.
    pub ask: fn(&Around, Value, &mut Entropy) -> Result<Ask, Problem>,
    /// JSON Schema of the body.
    pub schema: fn() -> Value,
}

impl Deed {
    /// Where the page is.
    pub fn page(&self) -> String {
        match self.about {
            About::Unit => format!("/organisation/units/{{unit}}/{}", self.id),
            About::Seat => format!("/organisation/seats/{{seat}}/{}", self.id),
        }
    }

    /// Where the API is.
    pub fn api(&self) -> String {
        match self.about {
            About::Unit => format!("/api/organisation/units/{{unit}}/{}", self.id),
            About::Seat => format!("/api/organisation/seats/{{seat}}/{}", self.id),
        }
    }

    /// The page of a certain unit or seat.
    pub fn href(&self, id: &str) -> String {
        let id = pages::query_encode(id);
        self.page().replace("{unit}", &id).replace("{seat}", &id)
    }

    pub fn title(&self) -> Text {
        Text::new(self.title.0, self.title.1)
    }
}

/// All deeds.
pub(crate) const ALL: &[&Deed] = &[
    &seat::FILL,
    &seat::SUSPEND,
    &seat::RESUME,
    &seat::VACATE,
    &village::SET_UP,
    &village::COUNT,
    &declaration::DECLARE,
];

pub(crate) use perform::api_fill;

/// A body of the API as its type; errors point to the field.
fn read<T: DeserializeOwned>(body: &Value) -> Result<T, Problem> {
    let bytes = serde_json::to_vec(body).map_err(|_| Problem::generic("malformed"))?;
    web::extract::from_slice(&bytes)
}

/// A text as a number where it is one, so that the API's check finds what is none.
fn number(text: &str) -> Value {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != ',' && *c != '，')
        .map(|c| match u32::from(c) {
            wide @ 0xFF10..=0xFF19 => char::from_u32(wide - 0xFEE0).unwrap_or(c),
            _ => c,
        })
        .collect();
    match plain.parse::<u32>() {
        Ok(number) => number.into(),
        Err(_) if plain.is_empty() => Value::Null,
        Err(_) => text.into(),
    }
}

/// A day as people write it, in the form of the API; what is none stays as typed.
fn day(text: &str) -> Value {
    match pages::parse_date_input(text) {
        Ok(day) => day.iso().into(),
        Err(_) => text.into(),
    }
}

/// The routes of all deeds: page, form sent, API.
pub(crate) fn routes(mut routes: Routes<Shared>) -> Routes<Shared> {
    for deed in ALL {
        let info = |method: Method, path: String, part: &str, zh: &str, en: &str| {
            let text = Text::new(format!("{}{zh}", deed.title.0), format!("{}{en}", deed.title.1));
            let operation = format!("organisation-{}{part}", deed.id);
            RouteInfo::new(method, path, operation, text, (SERVICE, "act", Class::Staff))
        };
        let get = info(Method::GET, deed.page(), "-form", "（表单）", " (form)").html();
        let post = info(Method::POST, deed.page(), "-send", "（提交）", " (send)").html();
        let api = info(Method::POST, deed.api(), "", "", "").takes((deed.schema)()).keyed();
        routes = perform::add(routes, deed, get, post, api);
    }
    routes
}
