//! The figures of a village: the size of its bodies (定员), how many stand on its lists (名册人数).

use kernel::{Date, Entropy};
use pages::{Field, Lang, Width};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use web::Problem;

use super::{About, Around, Deed, day, number, read};
use crate::{
    Ask,
    facts::village::{ElectorateCounted, VillageSetUp},
    http::frame::{Typed, typed},
    staff::competence::Matter,
};

/// A number that is asked: its field, its words, whether it may be left out.
type Number = (&'static str, &'static str, &'static str, bool);

const SIZES: &[Number] = &[
    ("committee", "村民委员会定员（3至7人）", "Seats of the village committee (3 to 7)", false),
    (
        "supervision",
        "村务监督委员会定员（3至5人）",
        "Seats of the supervision committee (3 to 5)",
        false,
    ),
    (
        "board",
        "集体理事会定员（3至7人，单数；没有集体经济组织的不填）",
        "Seats of the collective's board (3 to 7, odd; empty without a collective)",
        true,
    ),
    ("groups", "村民小组数", "Villager groups", false),
];

const LISTS: &[Number] = &[
    ("adults", "十八周岁以上村民人数", "Villagers of eighteen and above", false),
    ("households", "户数", "Households", false),
    ("party_members", "有表决权的党员人数", "Party members with voting right", false),
    (
        "capable_members",
        "具有完全民事行为能力的成员人数（没有集体经济组织的不填）",
        "Members of the collective with full civil capacity (empty without a collective)",
        true,
    ),
];

/// 设置组织定员
pub(super) const SET_UP: Deed = Deed {
    id: "set-up",
    about: About::Unit,
    matter: Matter::Figures,
    title: ("登记组织定员", "Record the size of the bodies"),
    lead: (
        "法律规定了每个组织的人数范围，换届时按选举办法确定。",
        "The law bounds the size of each body; it is set before an election.",
    ),
    button: ("登记", "Record"),
    fields: |lang, around, sent| {
        let now = around.village.set_up.as_ref().and_then(|known| serde_json::to_value(known).ok());
        numbers(lang, SIZES, sent, now.as_ref())
    },
    body: |_, sent| Value::Object(numbers_of(SIZES, sent)),
    ask: set_up,
    schema: || schema(SIZES, &[]),
};

/// 登记名册人数
pub(super) const COUNT: Deed = Deed {
    id: "electorate",
    about: About::Unit,
    matter: Matter::Figures,
    title: ("登记名册人数", "Record the numbers on the lists"),
    lead: (
        "按已张贴的名册清点。会议够不够法定人数，就按这些数算。",
        "Counted from the posted lists. Whether a meeting has its quorum is reckoned from these.",
    ),
    button: ("登记", "Record"),
    fields: |lang, around, sent| {
        let now =
            around.village.electorate.as_ref().and_then(|known| serde_json::to_value(known).ok());
        let mut fields = numbers(lang, LISTS, sent, now.as_ref());
        let on = match typed(sent, "on") {
            "" => around.today.to_string(),
            on => on.to_owned(),
        };
        fields.push(Field::date("on", lang.pick("名册日期", "Day of the lists"), on));
        fields
    },
    body: |_, sent| {
        let mut body = numbers_of(LISTS, sent);
        body.insert("on".to_owned(), day(typed(sent, "on")));
        Value::Object(body)
    },
    ask: count,
    schema: || schema(LISTS, &["on"]),
};

fn numbers(lang: Lang, asked: &[Number], sent: &Typed, now: Option<&Value>) -> Vec<Field> {
    let field = |(name, zh, en, optional): &Number| {
        let known = || now.and_then(|now| now.get(*name)).and_then(Value::as_u64);
        let value = match sent.get(*name) {
            Some(typed) => typed.clone(),
            None => known().map(|number| number.to_string()).unwrap_or_default(),
        };
        let field = Field::digits(*name, lang.pick(zh, en), value).width(Width::Short);
        if *optional { field.optional() } else { field }
    };
    asked.iter().map(field).collect()
}

fn numbers_of(asked: &[Number], sent: &Typed) -> Map<String, Value> {
    let number = |(name, _, _, optional): &Number| {
        let typed = typed(sent, name);
        // what is missing is told by the check, with its field
        let left_out = typed.is_empty() && *optional;
        (!left_out).then(|| ((*name).to_owned(), number(typed)))
    };
    asked.iter().filter_map(number).collect()
}

fn schema(asked: &[Number], days: &[&str]) -> Value {
    let mut properties = Map::new();
    for (name, zh, en, _) in asked {
        let described =
            json!({ "type": "integer", "minimum": 0, "description": format!("{zh} / {en}") });
        properties.insert((*name).to_owned(), described);
    }
    for name in days {
        properties.insert((*name).to_owned(), json!({ "type": "string", "format": "date" }));
    }
    let required: Vec<&str> =
        asked.iter().filter(|one| !one.3).map(|one| one.0).chain(days.iter().copied()).collect();
    json!({ "type": "object", "additionalProperties": false, "required": required, "properties": properties })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sizes {
    committee: u32,
    supervision: u32,
    #[serde(default)]
    board: Option<u32>,
    groups: u32,
}

fn set_up(around: &Around, body: Value, _: &mut Entropy) -> Result<Ask, Problem> {
    let Sizes { committee, supervision, board, groups } = read(&body)?;
    let unit = around.unit.place.unit.clone();
    Ok(Ask::SetUpVillage(VillageSetUp { unit, committee, supervision, board, groups }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    adults: u32,
    households: u32,
    party_members: u32,
    #[serde(default)]
    capable_members: Option<u32>,
    on: Date,
}

fn count(around: &Around, body: Value, _: &mut Entropy) -> Result<Ask, Problem> {
    let Lists { adults, households, party_members, capable_members, on } = read(&body)?;
    Ok(Ask::CountElectorate(ElectorateCounted {
        unit: around.unit.place.unit.clone(),
        adults,
        households,
        party_members,
        capable_members,
        on,
    }))
}
