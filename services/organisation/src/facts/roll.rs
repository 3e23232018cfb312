//! Who should attend a sitting (应到会人员): members of a body on a day, from its seats and the posted lists.
//!
//! A place on a posted list is a number, such as `adult#0042`: the list itself is in no event.

use kernel::Date;

use super::{seat::Seats, village::Village};
use crate::bodies::{self, List, Members};

/// The members of a body on a day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attending {
    /// Everybody who should attend, by office holder's id or number on the list; sorted, nobody twice.
    pub members: Vec<String>,
    /// How many of them are villager representatives.
    pub representatives: usize,
}

/// The members of a body; `None` when there is no such body, or nobody has counted or filled it.
pub fn of(
    body: &str,
    seats: Option<&Seats>,
    village: Option<&Village>,
    day: Date,
) -> Option<Attending> {
    let body = bodies::find(body)?;
    let own = [body.key];
    let parts: &[&str] = match body.members {
        Members::List(list) => {
            let length = village?.list(list)?;
            let members = (1..=length).map(|number| place_on(list, number)).collect();
            return Some(Attending { members, representatives: 0 });
        }
        Members::Seats => &own,
        Members::Joint(parts) => parts,
    };
    let members = seats?.holders(parts, day);
    let representatives = seats?.holders(&["representatives"], day).len();
    (!members.is_empty()).then_some(Attending { members, representatives })
}

/// A number on a list.
pub fn place_on(list: List, number: u32) -> String {
    let name = match list {
        List::Adults => "adult",
        List::Households => "household",
        List::CapableMembers => "member",
        List::PartyMembers => "party-member",
    };
    format!("{name}#{number:04}")
}

/// Whether this is a number on a list: an office holder's id never holds a `#`.
pub fn is_place_on_list(member: &str) -> bool {
    member.contains('#')
}
