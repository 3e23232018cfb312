//! What this service hears of itself: an answer in one unit's log calls for its record in another's (要约—承诺—记录). The
//! two logs may lie in different counties; no command writes both.

use engines::procedure::Act;
use kernel::{Actor, Command, Event, Money, Place, StreamId};
use serde_json::{Map, Value, json};

use crate::{
    Ask, State,
    ask::Take,
    facts::{
        allocation,
        grant::{GrantAnswered, GrantClosed},
    },
};

/// The allocation that an event is the answer to: what must be loaded for the reaction.
pub fn needs(event: &Event) -> Option<StreamId> {
    let answers =
        ["grant-taken.v1", "grant-taken-in-part.v1", "grant-refused.v1", "grant-closed.v1"];
    answers.contains(&event.fact()).then(|| allocation::stream(event.stream.key()))
}

/// The command that records it on the giver's side. Principal, key and causation are set by who sends it.
pub fn reaction(event: &Event, allocation: Option<&State>) -> Option<Command<Ask>> {
    let Some(State::Allocation(case)) = allocation else { return None };
    let (step, outcome, fields) = match event.fact() {
        "grant-closed.v1" => {
            let closed: GrantClosed = event.read().ok()?;
            ("close", None, sums(&[("spent", closed.spent), ("returned", closed.returned)]))
        }
        kind => {
            let answer: GrantAnswered = event.read().ok()?;
            let outcome = match kind {
                "grant-taken.v1" => "taken",
                "grant-taken-in-part.v1" => "part",
                _ => "refused",
            };
            ("answer", Some(outcome), sums(&[("accepted", answer.accepted)]))
        }
    };
    let mut act = Act::new("allocation", step, fields);
    act.outcome = outcome.map(str::to_owned);
    let take = Take {
        on: Some(event.stream.key().to_owned()),
        act,
        shown: None,
        opened: std::collections::BTreeMap::new(),
    };
    Some(command(&case.place, take))
}

/// Sums above zero: what is nothing is left out.
fn sums(list: &[(&str, Money)]) -> Map<String, Value> {
    let some = list.iter().filter(|(_, sum)| sum.is_positive());
    some.map(|(name, sum)| ((*name).to_owned(), json!(sum.to_string()))).collect()
}

fn command(place: &Place, take: Take) -> Command<Ask> {
    Command {
        principal: String::new(),
        key: String::new(),
        actor: Actor::System("heard".to_owned()),
        place: place.clone(),
        seen: None,
        causation: None,
        body: Ask::Take(Box::new(take)),
    }
}
