//! Kin declaration (亲属回避申报): one's own, into the closed log. The form never shows what was declared before.

use kernel::{Entropy, Refusal, Text};
use pages::{Choice, Field, Lang, Width};
use serde::Deserialize;
use serde_json::{Value, json};
use web::Problem;

use super::{About, Around, Deed, read};
use crate::{
    Ask,
    facts::conflict::{Degree, FileDeclaration, Relative},
    http::frame::{Typed, typed},
    staff::competence::Matter,
};

/// How many lines a form has.
const LINES: usize = 6;

/// 申报本人亲属任职情况
pub(super) const DECLARE: Deed = Deed {
    id: "declaration",
    about: About::Unit,
    matter: Matter::OwnDeclaration,
    title: ("申报亲属任职情况", "Declare relatives in office"),
    lead: (
        "只登记双方编号和远近，不写是什么关系；内容密封，任何页面都不显示。没有亲属任职的也要申报一次。",
        "Only the two ids and how close, never the relation. It is sealed and shown on no page. Who has no relative in office declares that once.",
    ),
    button: ("申报", "Declare"),
    fields: |lang, _, sent| relatives(lang, sent),
    body: |_, sent| json!({ "relatives": relatives_of(sent) }),
    ask,
    schema: || {
        json!({
            "type": "object", "required": ["relatives"], "additionalProperties": false,
            "properties": { "relatives": relatives_schema() },
        })
    },
};

/// The lines for relatives, as several forms have them.
pub(super) fn relatives(lang: Lang, sent: &Typed) -> Vec<Field> {
    let degrees = [
        (
            "close-kin",
            "近亲属（夫妻、父母子女、兄弟姐妹、祖孙）",
            "Close kin (spouse, parents, children, siblings, grandparents)",
        ),
        ("kin", "其他亲属", "Other kin"),
        ("interest", "利害关系", "A common interest"),
    ];
    (0..LINES)
        .flat_map(|at| {
            let (person, degree) =
                (format!("relatives-{at}-person"), format!("relatives-{at}-degree"));
            let label = match lang {
                Lang::Zh => format!("第{}位：人员登记编号", at + 1),
                Lang::En => format!("No. {}: person-register id", at + 1),
            };
            let choices =
                degrees.iter().map(|(value, zh, en)| Choice::new(*value, lang.pick(zh, en)));
            let mut who =
                Field::text(&person, label, typed(sent, &person)).width(Width::Medium).optional();
            if at == 0 {
                who = who.hint(lang.pick(
                    "没有亲属任职的，全部留空。",
                    "Leave all empty if you have no relative in office.",
                ));
            }
            let how = Field::select(
                &degree,
                lang.pick("远近", "How close"),
                typed(sent, &degree),
                choices.collect(),
            );
            [who, how.optional()]
        })
        .collect()
}

/// The lines that were filled in.
pub(super) fn relatives_of(sent: &Typed) -> Vec<Value> {
    (0..LINES)
        .filter_map(|at| {
            let person = typed(sent, &format!("relatives-{at}-person"));
            let degree = typed(sent, &format!("relatives-{at}-degree"));
            let degree = if degree.is_empty() { "close-kin" } else { degree };
            (!person.is_empty()).then(|| json!({ "person": person, "degree": degree }))
        })
        .collect()
}

pub(super) fn relatives_schema() -> Value {
    json!({
        "type": "array",
        "items": {
            "type": "object", "required": ["person", "degree"], "additionalProperties": false,
            "properties": {
                "person": { "type": "string", "description": "人员登记编号 / person-register id" },
                "degree": { "enum": [Degree::CloseKin, Degree::Kin, Degree::Interest] },
            },
        },
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    relatives: Vec<Relative>,
}

fn ask(around: &Around, body: Value, _: &mut Entropy) -> Result<Ask, Problem> {
    let Body { relatives } = read(&body)?;
    let person = around.me.as_deref().and_then(|me| around.conflicts.person(me));
    let Some(person) = person else {
        return Err(Refusal::new(
            "holder-unknown",
            Text::new(
                "本单位没有您的人员登记编号。",
                "Your person-register id is not known in this unit.",
            ),
            Text::new("请登记您任职的单位核对。", "Ask the office that recorded your post."),
        )
        .by_law(crate::laws::law("OLVC 37"))
        .into());
    };
    Ok(Ask::FileDeclaration(FileDeclaration {
        unit: around.unit.place.unit.clone(),
        party: person.to_owned(),
        relatives,
    }))
}
