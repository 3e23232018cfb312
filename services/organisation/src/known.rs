//! What one command can see: the loaded states, by what they are. Decides nothing.

use kernel::{Actor, Command, Loaded, StreamId, UnitId};

use crate::{
    command::{Ask, State},
    facts::{conflict, definition, proposal::Around, seat, unit, village},
};

/// Streams that a decision about a village reads.
pub(crate) fn village_streams(unit: &UnitId) -> [StreamId; 4] {
    [unit::stream(unit), seat::stream(unit), village::stream(unit), conflict::stream(unit)]
}

pub(crate) fn around<'a>(
    id: &'a str,
    command: &'a Command<Ask>,
    loaded: &'a Loaded<State>,
    now: kernel::Timestamp,
) -> Around<'a> {
    let place = &command.place.unit;
    Around {
        id,
        unit: the_unit(loaded, place),
        seats: the_seats(loaded, place),
        village: the_village(loaded, place),
        conflicts: the_conflicts(loaded, place),
        now,
    }
}

macro_rules! state {
    ($name:ident, $stream:path, $variant:path, $out:ty) => {
        pub(crate) fn $name<'a>(loaded: &'a Loaded<State>, unit: &UnitId) -> Option<&'a $out> {
            match loaded.state(&$stream(unit)) {
                Some($variant(state)) => Some(state),
                _ => None,
            }
        }
    };
}
state!(the_unit, unit::stream, State::Unit, unit::Unit);
state!(the_seats, seat::stream, State::Seats, seat::Seats);
state!(the_village, village::stream, State::Village, village::Village);
state!(the_conflicts, conflict::stream, State::Conflicts, conflict::Conflicts);

/// The seats of the unit that an official of a level above sits in.
pub(crate) fn above<'a>(
    command: &Command<Ask>,
    loaded: &'a Loaded<State>,
) -> Option<&'a seat::Seats> {
    match &command.actor {
        Actor::Official(seat) if seat.unit != command.place.unit => the_seats(loaded, &seat.unit),
        _ => None,
    }
}

pub(crate) fn the_definition<'a>(
    loaded: &'a Loaded<State>,
    id: &str,
) -> Option<&'a definition::AdoptedDefinition> {
    match loaded.state(&definition::stream(id)) {
        Some(State::Definition(known)) => Some(known),
        _ => None,
    }
}
