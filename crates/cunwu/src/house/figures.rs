//! What reports and indicators may name: figures that services offer, and the events that everybody may read, from the same
//! schemas that the events are published with.

use std::collections::BTreeMap;

use definitions::{
    Citations, Definitions, FigureCatalogue, PublicEvent, formula::Unit, names::event_of,
};
use serde_json::Value;

use super::builtin::Room;

/// The catalogue, of the core of each service and of the definitions that it runs.
pub fn catalogue(
    rooms: &[Room],
    sets: &BTreeMap<&'static str, Definitions>,
    citations: &Citations,
) -> FigureCatalogue {
    let mut events: Vec<PublicEvent> = Vec::new();
    for room in rooms {
        let mut put = |fact: &str, schema: &Value| {
            let Some(event) = event_of(fact) else { return };
            if !events.iter().any(|one| one.service == room.named && one.event == event) {
                let fields = plain(schema);
                events.push(PublicEvent { service: room.named.to_owned(), event, fields });
            }
        };
        // the core's own shape of an event is the one that holds, also where a procedure brings it about
        match room.service {
            "organisation" => {
                for shape in organisation::contract::EVENTS.iter().filter(|shape| !shape.closed) {
                    put(shape.fact, &shape.schema());
                }
            }
            "funds" => {
                for (fact, schema) in funds_oversight::contract::schemas() {
                    put(fact, &schema);
                }
            }
            _ => {}
        }
        for definition in sets.get(room.service).iter().flat_map(|set| set.iter()) {
            if definition.is_closed() {
                continue;
            }
            for (fact, schema) in casework::contract::of_definition(definition, &[]) {
                put(&fact, &schema);
            }
        }
    }
    let offered = rooms.iter().flat_map(|room| room.figures.iter().cloned()).collect();
    FigureCatalogue { offered, events, citations: citations.clone() }
}

/// The fields that stand in an event in plain, with the units of those that can be computed with.
fn plain(schema: &Value) -> Vec<(String, Option<Unit>)> {
    let properties = schema["properties"].as_object();
    let fields = properties.into_iter().flatten().filter_map(|(name, property)| {
        let unit = match property["type"].as_str()? {
            "integer" if property["description"] == "fen" => Some(Unit::Money),
            "string" => None,
            _ => return None,
        };
        Some((name.clone(), unit))
    });
    fields.collect()
}

/// What the figures that services offer are called.
pub struct Offered;

impl definitions::formula::Words for Offered {
    fn name(&self, name: &str) -> kernel::Text {
        funds_oversight::reports::called(name)
    }
}
