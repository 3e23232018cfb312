//! The set-up of a village: how large its bodies are, and how many stand on its lists. Plain counts, no person.
//!
//! Sources: OLVC 8 (committee of 3 to 7), 26 (villagers of eighteen and above, households), 37 (supervision of 3 to 5);
//! RCEO 27, 29 (board of 3 to 7, odd).

use kernel::{Date, Decision, Event, Refusal, StreamId, Text, Timestamp, UnitId, Verdict};
use serde::{Deserialize, Serialize};

use super::{check_day, draft, unit::Unit};
use crate::{bodies::List, laws::law};

/// `village-set-up.v1`: how large the bodies of a village are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VillageSetUp {
    /// The village.
    pub unit: UnitId,
    /// Seats of the village committee, 3 to 7.
    pub committee: u32,
    /// Seats of the supervision committee, 3 to 5.
    pub supervision: u32,
    /// Seats of the collective's board, 3 to 7 and odd; absent: no collective, the village committee acts for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub board: Option<u32>,
    /// Villager groups (村民小组).
    pub groups: u32,
}

/// `electorate-counted.v1`: how many stand on the posted lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElectorateCounted {
    /// The village.
    pub unit: UnitId,
    /// Villagers of eighteen and above.
    pub adults: u32,
    /// Households.
    pub households: u32,
    /// Party members with voting right.
    pub party_members: u32,
    /// Members of the collective with full civil capacity; absent without a collective.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub capable_members: Option<u32>,
    /// The day the lists are of.
    pub on: Date,
}

/// The names of the events.
pub const VILLAGE_SET_UP: &str = "village-set-up.v1";
/// See [`ElectorateCounted`].
pub const ELECTORATE_COUNTED: &str = "electorate-counted.v1";

/// The most people on one list: the largest villages have fewer than twenty thousand.
const LONGEST_LIST: u32 = 100_000;

/// A village as its events leave it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Village {
    /// Its bodies.
    pub set_up: Option<VillageSetUp>,
    /// Its lists.
    pub electorate: Option<ElectorateCounted>,
}

impl Village {
    /// How many seats a body has, with the article; `None` where nothing is set.
    pub fn size_of(&self, body: &str) -> Option<(u32, &'static str)> {
        let set_up = self.set_up.as_ref()?;
        match body {
            "village-committee" => Some((set_up.committee, "OLVC 8")),
            "supervision-committee" => Some((set_up.supervision, "OLVC 37")),
            "collective-board" => Some((set_up.board.unwrap_or(0), "RCEO 29")),
            _ => None,
        }
    }

    /// How many stand on a list.
    pub fn list(&self, list: List) -> Option<u32> {
        let electorate = self.electorate.as_ref()?;
        match list {
            List::Adults => Some(electorate.adults),
            List::Households => Some(electorate.households),
            List::PartyMembers => Some(electorate.party_members),
            List::CapableMembers => electorate.capable_members,
        }
    }
}

/// The stream of a village's set-up.
pub fn stream(unit: &UnitId) -> StreamId {
    StreamId::of("village", unit)
}

fn village_only(unit: &UnitId, known: Option<&Unit>) -> Result<(), Verdict> {
    match known {
        None => Err(super::no_such_unit(unit)),
        Some(known) if known.is_village() => Ok(()),
        Some(known) => Err(Refusal::field(
            "/unit",
            Text::new(
                format!("{}不是村或社区。", known.formed.name),
                format!("{} is not a village or community.", known.formed.name),
            ),
            Text::new("请选择村或社区。", "Choose a village or community."),
        )
        .into()),
    }
}

/// Sets the size of a village's bodies.
///
/// # Errors
/// A refusal when a size is outside the law's.
pub fn set_up(ask: &VillageSetUp, unit: Option<&Unit>) -> Result<Decision, Verdict> {
    village_only(&ask.unit, unit)?;
    let sizes = [
        (
            "/committee",
            ask.committee,
            3,
            7,
            "OLVC 8",
            "村民委员会由三至七人组成。",
            "The village committee has 3 to 7 members.",
        ),
        (
            "/supervision",
            ask.supervision,
            3,
            5,
            "OLVC 37",
            "村务监督委员会由三至五人组成。",
            "The supervision committee has 3 to 5 members.",
        ),
        (
            "/board",
            ask.board.unwrap_or(3),
            3,
            7,
            "RCEO 29",
            "理事会由三至七名单数成员组成。",
            "The board has 3 to 7 members, an odd number.",
        ),
    ];
    for (field, size, least, most, article, zh, en) in sizes {
        let odd = field != "/board" || size % 2 == 1;
        if !(least..=most).contains(&size) || !odd {
            return Err(Refusal::new(
                "body-size",
                Text::new(format!("填写了{size}人。{zh}"), format!("{size} was written. {en}")),
                Text::new("请填写法律规定的人数。", "Write a number that the law allows."),
            )
            .by_law(law(article))
            .at(field)
            .into());
        }
    }
    if ask.groups > 200 {
        return Err(Refusal::field(
            "/groups",
            Text::new(
                format!("{}个村民小组过多。", ask.groups),
                format!("{} groups are too many.", ask.groups),
            ),
            Text::new("请核对村民小组数。", "Check the number of villager groups."),
        )
        .into());
    }
    let event = draft(stream(&ask.unit), VILLAGE_SET_UP, ask)?;
    Ok(Decision { events: vec![event], claims: Vec::new() })
}

/// Records how many stand on the lists.
///
/// # Errors
/// A refusal when the counts cannot be true together.
pub fn count(
    ask: &ElectorateCounted,
    unit: Option<&Unit>,
    now: Timestamp,
) -> Result<Decision, Verdict> {
    village_only(&ask.unit, unit)?;
    check_day("/on", ask.on)?;
    let wrong = |field: &str, zh: String, en: String, article: &str| {
        Err(Refusal::new(
            "count-impossible",
            Text::new(zh, en),
            Text::new("请按张贴的名册重新清点。", "Count again from the posted list."),
        )
        .by_law(law(article))
        .at(field)
        .into())
    };
    if ask.on > now.date() {
        return wrong(
            "/on",
            format!("名册日期{}在今天之后。", ask.on),
            format!("The lists are of {}, which is after today.", ask.on),
            "OLVC 17",
        );
    }
    let lists = [
        ("/adults", Some(ask.adults), "OLVC 26"),
        ("/households", Some(ask.households), "OLVC 26"),
        ("/party_members", Some(ask.party_members), "PBR 11"),
        ("/capable_members", ask.capable_members, "RCEO 27"),
    ];
    for (field, number, article) in lists {
        let Some(number) = number else { continue };
        let least = u32::from(field != "/party_members");
        if !(least..=LONGEST_LIST).contains(&number) {
            return wrong(
                field,
                format!("{number}人不是名册上可能的人数。"),
                format!("{number} is not a possible number on a list."),
                article,
            );
        }
    }
    if ask.households > ask.adults {
        return wrong(
            "/households",
            format!("{}户多于{}名十八周岁以上村民。", ask.households, ask.adults),
            format!("{} households are more than {} villagers of age.", ask.households, ask.adults),
            "OLVC 26",
        );
    }
    let event = draft(stream(&ask.unit), ELECTORATE_COUNTED, ask)?;
    Ok(Decision { events: vec![event], claims: Vec::new() })
}

/// The village after an event of its stream.
pub fn evolve(village: Option<Village>, event: &Event) -> Option<Village> {
    let mut village = village.unwrap_or_default();
    match event.fact() {
        VILLAGE_SET_UP => village.set_up = super::read(event).or(village.set_up),
        ELECTORATE_COUNTED => village.electorate = super::read(event).or(village.electorate),
        _ => {}
    }
    Some(village)
}
