//! Posts (任职登记): filled, suspended, resumed, given up.

use kernel::{Date, Entropy};
use pages::{Choice, Field, Lang, Width};
use serde::Deserialize;
use serde_json::{Value, json};
use web::Problem;

use super::{About, Around, Deed, day, declaration, number, read};
use crate::{
    Ask, bodies,
    catalogue::bodies_at,
    facts::{
        conflict::Relative,
        seat::{FillSeat, Leaving, PauseSeat, VacateSeat},
    },
    http::frame::{Typed, typed},
    staff::competence::Matter,
};

/// 登记任职
pub(crate) const FILL: Deed = Deed {
    id: "fill-seat",
    about: About::Unit,
    matter: Matter::Seat,
    title: ("登记任职", "Record the taking of a post"),
    lead: (
        "依据当选结果或任命文件登记。姓名和职务公开，人员登记编号密封。",
        "From the result of the election or the paper of appointment. Name and post are public, the register id is sealed.",
    ),
    button: ("登记", "Record"),
    fields: fill_fields,
    body: fill_body,
    ask: fill,
    schema: || {
        json!({
            "type": "object", "additionalProperties": false,
            "required": ["name", "person", "body", "post", "from", "to"],
            "properties": {
                "name": { "type": "string" },
                "person": { "type": "string", "description": "人员登记编号，密封 / person-register id, sealed" },
                "holder": { "type": "string", "description": "已有的任职人员编号 / the office-holder id that the person has already" },
                "body": { "enum": bodies::BODIES.iter().filter(|b| !b.posts.is_empty()).map(|b| b.key).collect::<Vec<_>>() },
                "post": { "enum": bodies::BODIES.iter().flat_map(|b| b.posts).map(|p| p.key).collect::<Vec<_>>() },
                "from": { "type": "string", "format": "date" },
                "to": { "type": "string", "format": "date" },
                "households": { "type": "integer", "minimum": 1 },
                "relatives": declaration::relatives_schema(),
            },
        })
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fill {
    name: String,
    person: String,
    #[serde(default)]
    holder: Option<String>,
    body: String,
    post: String,
    from: Date,
    to: Date,
    #[serde(default)]
    households: Option<u32>,
    #[serde(default)]
    relatives: Option<Vec<Relative>>,
}

fn fill_fields(lang: Lang, around: &Around, sent: &Typed) -> Vec<Field> {
    let posts = bodies_at(around.unit.level).flat_map(|body| {
        body.posts.iter().map(move |post| {
            let label = match lang {
                Lang::Zh => format!("{} · {}", body.zh, post.zh),
                Lang::En => format!("{} · {}", body.en, post.en),
            };
            Choice::new(format!("{}/{}", body.key, post.key), label)
        })
    });
    let value = |field: &str| typed(sent, field).to_owned();
    let mut fields = vec![
        Field::select(
            "post",
            lang.pick("组织和职务", "Body and post"),
            value("post"),
            posts.collect(),
        ),
        Field::text("name", lang.pick("姓名", "Name"), value("name")).width(Width::Medium),
        Field::text("person", lang.pick("人员登记编号", "Person-register id"), value("person"))
            .hint(lang.pick("密封，不公开。", "Sealed, not public."))
            .why(lang.pick(
                "分清是不是同一个人、有没有回避关系",
                "tells whether it is the same person, and who has to step aside",
            ))
            .width(Width::Medium),
        Field::text(
            "holder",
            lang.pick("已有的任职人员编号", "Office-holder id, if there is one"),
            value("holder"),
        )
        .hint(lang.pick(
            "此人在别处已有任职的才填；本单位的自动沿用。",
            "Only for somebody who holds a post elsewhere; of this unit it is taken by itself.",
        ))
        .width(Width::Medium)
        .optional(),
        Field::date("from", lang.pick("任期第一天", "First day of the term"), value("from")),
        Field::date("to", lang.pick("任期最后一天", "Last day of the term"), value("to")),
    ];
    if around.unit.is_village() {
        fields.push(
            Field::digits(
                "households",
                lang.pick("代表的户数", "Households spoken for"),
                value("households"),
            )
            .hint(lang.pick("只有村民代表填写。", "For a villager representative alone."))
            .width(Width::Short)
            .optional(),
        );
        fields.extend(declaration::relatives(lang, sent));
    }
    fields
}

fn fill_body(_: &Around, sent: &Typed) -> Value {
    let (body, post) = typed(sent, "post").split_once('/').unwrap_or_default();
    let mut fact = json!({
        "name": typed(sent, "name"), "person": typed(sent, "person"), "body": body, "post": post,
        "from": day(typed(sent, "from")), "to": day(typed(sent, "to")),
    });
    let holder = typed(sent, "holder");
    if !holder.is_empty() {
        fact["holder"] = holder.into();
    }
    let households = typed(sent, "households");
    if !households.is_empty() {
        fact["households"] = number(households);
    }
    let relatives = declaration::relatives_of(sent);
    // from what was typed alone: the same form sent twice is the same command
    let declares = bodies::find(body).is_some_and(|body| body.declares);
    if !relatives.is_empty() || declares {
        fact["relatives"] = relatives.into();
    }
    fact
}

fn fill(around: &Around, body: Value, ids: &mut Entropy) -> Result<Ask, Problem> {
    let fill: Fill = read(&body)?;
    let person = fill.person.trim().to_owned();
    let (seat, fresh) = (ids.opaque(), ids.opaque());
    // one person has one id in all seats
    let holder = fill.holder.or_else(|| around.conflicts.holder(&person).map(str::to_owned));
    Ok(Ask::FillSeat(FillSeat {
        unit: around.unit.place.unit.clone(),
        seat,
        holder: holder.unwrap_or(fresh),
        person,
        name: fill.name.trim().to_owned(),
        body: fill.body,
        post: fill.post,
        from: fill.from,
        to: fill.to,
        households: fill.households,
        relatives: fill.relatives,
    }))
}

/// 停职
pub(super) const SUSPEND: Deed = Deed {
    id: "suspend",
    about: About::Seat,
    matter: Matter::Seat,
    title: ("停职", "Suspend from a post"),
    lead: (
        "停职期间既不能查看也不能办理。停职会公开。",
        "While suspended the holder neither sees nor acts. The suspension is public.",
    ),
    button: ("登记停职", "Record the suspension"),
    fields: |_, _, _| Vec::new(),
    body: |_, _| json!({}),
    ask: |around, body, _| pause(around, &body).map(Ask::SuspendSeat),
    schema: nothing,
};

/// 复职
pub(super) const RESUME: Deed = Deed {
    id: "resume",
    title: ("复职", "End a suspension"),
    lead: ("停职结束，恢复履职。", "The suspension has ended: the holder acts again."),
    button: ("登记复职", "Record it"),
    ask: |around, body, _| pause(around, &body).map(Ask::ResumeSeat),
    ..SUSPEND
};

/// 离任
pub(super) const VACATE: Deed = Deed {
    id: "vacate",
    title: ("登记离任", "Record the end of a post"),
    lead: (
        "离任自今天起生效；登记错误的，选“登记有误”更正。",
        "It takes effect today; what was entered by mistake is corrected with “entered wrongly”.",
    ),
    button: ("登记离任", "Record it"),
    fields: |lang, _, sent| {
        let choices = CAUSES.iter().map(|(value, zh, en)| Choice::new(*value, lang.pick(zh, en)));
        let label = lang.pick("原因", "Why");
        vec![Field::select("cause", label, typed(sent, "cause"), choices.collect())]
    },
    body: |_, sent| json!({ "cause": typed(sent, "cause") }),
    ask: vacate,
    schema: || {
        json!({
            "type": "object", "required": ["cause"], "additionalProperties": false,
            "properties": { "cause": { "enum": CAUSES.iter().map(|cause| cause.0).collect::<Vec<_>>() } },
        })
    },
    ..SUSPEND
};

const CAUSES: &[(&str, &str, &str)] = &[
    ("resigned", "辞职（经会议同意）", "Resigned, approved by the meeting"),
    ("recalled", "罢免", "Recalled by the voters"),
    ("ended-by-law", "职务依法终止", "Ended by law"),
    ("called-elsewhere", "调任", "Called to another post"),
    ("term-ended", "任期届满", "The term has ended"),
    ("entered-wrongly", "登记有误", "Entered wrongly"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vacate {
    cause: Leaving,
}

fn nothing() -> Value {
    json!({ "type": "object", "additionalProperties": false })
}

fn seat(around: &Around) -> Result<String, Problem> {
    around.seat.as_ref().map(|seat| seat.seat.clone()).ok_or_else(Problem::not_found)
}

fn pause(around: &Around, body: &Value) -> Result<PauseSeat, Problem> {
    let Nothing {} = read(body)?;
    Ok(PauseSeat { unit: around.unit.place.unit.clone(), seat: seat(around)? })
}

fn vacate(around: &Around, body: Value, _: &mut Entropy) -> Result<Ask, Problem> {
    let Vacate { cause } = read(&body)?;
    Ok(Ask::VacateSeat(VacateSeat {
        unit: around.unit.place.unit.clone(),
        seat: seat(around)?,
        on: around.today,
        cause,
    }))
}
