//! The decisions in memory: what is refused or not known yet whatever the definition says, and deadlines nobody knows.

mod house;

use casework::{Ask, Casework, State, Take, catalogue, hears::copy, trial::Trial};
use definitions::Definitions;
use engines::procedure::Act;
use house::{Hall, ROOMS, definitions};
use kernel::{Actor, Command, Domain, Seat, StreamId, Verdict};
use serde_json::{Map, json};

fn lend(receipt: &str) -> Take {
    let fields = json!({"room": "small", "purpose": "读书会", "name": "某某", "receipt": receipt});
    Take::new(Act::new("room-loan", "lend", fields.as_object().unwrap().clone()))
}

fn code(outcome: Result<kernel::Answer, Verdict>) -> String {
    match outcome {
        Err(Verdict::Refused(refusal)) => refusal.code,
        Err(Verdict::NotKnownYet(what)) => format!("not known: {what}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn the_place_is_the_units_own() {
    let mut trial = Trial::<Hall>::new(definitions());
    let clerk = trial.seat("window-clerk", "Gao");
    let mut command = Command {
        principal: "a".into(),
        key: "k".into(),
        actor: clerk,
        place: kernel::Place {
            unit: "u-village".into(),
            code: kernel::DivisionCode::parse("990102104201").unwrap(),
            keeper: "u-elsewhere".into(),
        },
        seen: None,
        causation: None,
        body: Ask::Take(Box::new(lend("r1"))),
    };
    assert_eq!(code(trial.log.execute(&command, trial.now)), "malformed");
    command.place.keeper = "u-county".into();
    command.place.unit = "u-unheard-of".into();
    assert_eq!(code(trial.log.execute(&command, trial.now)), "not known: unit u-unheard-of");
    assert!(trial.log.events().is_empty());
}

#[test]
fn a_case_is_not_acted_on_from_another_village() {
    let mut trial = Trial::<Hall>::new(definitions());
    let clerk = trial.seat("window-clerk", "Gao");
    let answer = trial.take(clerk, lend("r1"), "k1").unwrap();
    let id = trial.events_of(&answer)[0].stream.key().to_owned();
    let back = Take::on(Some(id), Act::new("room-loan", "return", Map::new()));
    let officer = trial.seat("township-officer", "Tao");
    trial.go_to("u-other");
    assert_eq!(code(trial.take(officer.clone(), back.clone(), "k2")), "malformed");
    let nothing = Take { on: Some("nothing".into()), ..back.clone() };
    assert_eq!(code(trial.take(officer.clone(), nothing, "k3")), "malformed");
    trial.go_to("u-village");
    trial.take(officer, back, "k4").unwrap();
}

#[test]
fn seats_decide_who_is_competent() {
    let mut trial = Trial::<Hall>::new(definitions());
    // Claims a seat of the next village, and a post that the person does not hold.
    let clerk = trial.seat("window-clerk", "Gao");
    let Actor::Official(seat) = clerk.clone() else { unreachable!() };
    let elsewhere = Actor::Official(Seat { unit: "u-other".into(), ..seat.clone() });
    assert_eq!(code(trial.take(elsewhere, lend("r1"), "k1")), "not-competent");
    let invented = Actor::Official(Seat { holder: "h-Nobody".into(), ..seat });
    assert_eq!(code(trial.take(invented, lend("r1"), "k2")), "not-competent");
    assert_eq!(code(trial.take(Actor::System("nobody".into()), lend("r1"), "k3")), "not-competent");
    let today = trial.now.date();
    trial.vacate("window-clerk", "Gao", today.tomorrow().unwrap());
    trial.take(clerk.clone(), lend("r1"), "k4").unwrap();
    trial.vacate("window-clerk", "Gao", today);
    assert_eq!(code(trial.take(clerk, lend("r2"), "k5")), "not-competent");
}

#[test]
fn a_text_governs_once_adopted_and_keeps_what_it_began() {
    let mut trial = Trial::<Hall>::new(definitions());
    let clerk = trial.seat("window-clerk", "Gao");
    let unheard = copy("definition", "room-loan");
    let adopted = trial.log.state(&unheard).cloned().unwrap();
    trial.log.know(unheard.clone(), State::Adopted(Default::default()));
    let verdict = code(trial.take(clerk.clone(), lend("r1"), "k1"));
    assert!(verdict.starts_with("not known: the adoption of room-loan@"), "{verdict}");
    trial.log.know(unheard.clone(), adopted);
    let answer = trial.take(clerk, lend("r1"), "k2").unwrap();
    // Taken out of force: what is under way ends under it.
    trial.log.know(unheard, State::Adopted(Default::default()));
    let id = trial.events_of(&answer)[0].stream.key().to_owned();
    let back = Take::on(Some(id), Act::new("room-loan", "return", Map::new()));
    let officer = trial.seat("township-officer", "Tao");
    trial.take(officer, back, "k3").unwrap();
}

#[test]
fn a_deadline_that_no_definition_knows_is_consumed_and_seen() {
    let mut trial = Trial::<Hall>::new(definitions());
    let clerk = trial.seat("window-clerk", "Gao");
    let answer = trial.take(clerk, lend("r1"), "k1").unwrap();
    let event = trial.events_of(&answer).remove(0);
    let state = trial.log.state(&event.stream).cloned().unwrap();
    assert_eq!(Casework::<Hall>::deadlines(&state).len(), 1);
    let without = ROOMS
        .replace(", within = \"back\"", "")
        .lines()
        .filter(|line| !line.starts_with("missed") && !line.starts_with("back "))
        .collect::<Vec<_>>()
        .join("\n")
        .replace("[[local]]\nevent  = \"RoomOverdue\"\nfields = []", "");
    let set = Definitions::check(&[("rooms.toml", &without)], &catalogue("hall")).unwrap();
    let mut next = Trial::<Hall>::new(set);
    next.log.know(event.stream.clone(), state);
    next.log.pass(kernel::Timestamp::from_micros(i64::MAX / 2));
    let written = next.log.events();
    assert_eq!(written.len(), 1);
    assert_eq!(
        (written[0].fact(), &written[0].data["deadline"]),
        ("time-passed.v1", &json!("room-overdue"))
    );
    let after = next.log.state(&event.stream).unwrap();
    assert!(Casework::<Hall>::deadlines(after).is_empty());
}

#[test]
fn replay_needs_no_definition_and_nothing_sealed() {
    let mut trial = Trial::<Hall>::new(definitions());
    let clerk = trial.seat("window-clerk", "Gao");
    let answer = trial.take(clerk, lend("r1"), "k1").unwrap();
    trial.log.pass(kernel::Timestamp::from_micros(i64::MAX / 2));
    let stream: StreamId = trial.events_of(&answer)[0].stream.clone();
    let mine = trial.log.events().iter().filter(|event| event.stream == stream);
    let folded = mine.fold(None, Casework::<Hall>::evolve);
    assert_eq!(folded.as_ref(), trial.log.state(&stream));
    let State::Case(case) = folded.unwrap() else { unreachable!() };
    assert_eq!(case.place.keeper.as_str(), "u-county");
    assert!(case.history.knows("name") && !case.history.values.contains_key("name"));
}
