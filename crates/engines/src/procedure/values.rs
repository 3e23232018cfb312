//! Typed values: what was typed becomes money in fen, days, words, references; or is refused with the field's name.

use definitions::{Definition, Field, FieldType, Matter, Optional, Step};
use kernel::{Date, Money, Period, Refusal};
use serde_json::{Map, Value};

use super::say::both;

/// Reads all fields of a step in normal form: money in fen, yes or no as a truth value, numbers as numbers.
pub(super) fn read(
    definition: &Definition,
    step: &Step,
    given: &Map<String, Value>,
    matter: Option<&Matter>,
) -> Result<Map<String, Value>, Refusal> {
    if let Some(unknown) = given.keys().find(|name| !step.takes.contains(name)) {
        let near = definitions::names::nearest(unknown, step.takes.iter().map(String::as_str));
        let remedy = match near {
            Some(near) => both(format!("是否指“{near}”？"), format!("did you mean `{near}`?")),
            None => both(
                format!("本步骤填写：{}", step.takes.join("、")),
                format!("this step takes: {}", step.takes.join(", ")),
            ),
        };
        let mut refusal = Refusal::field(
            format!("/fields/{unknown}"),
            both(
                format!("“{}”不需要填写“{unknown}”", step.name.zh),
                format!("`{unknown}` is not asked for at \"{}\"", step.name.en),
            ),
            remedy,
        );
        "unknown-field".clone_into(&mut refusal.code);
        return Err(refusal);
    }
    let mut values = Map::new();
    for field in definition.form(step) {
        match given.get(&field.name).filter(|value| !is_blank(value)) {
            Some(value) => {
                values.insert(field.name.clone(), typed(definition, field, value)?);
            }
            None if may_lack(field, matter) => {}
            None => {
                return Err(wrong(
                    field,
                    "没有填写",
                    "is missing",
                    both(format!("请填写“{}”", field.label.zh), format!("give `{}`", field.name)),
                ));
            }
        }
    }
    Ok(values)
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

fn may_lack(field: &Field, matter: Option<&Matter>) -> bool {
    match field.optional {
        Optional::Yes => true,
        Optional::No => false,
        Optional::UnlessMatterSpends => matter.is_some_and(|matter| !matter.spends),
    }
}

fn wrong(field: &Field, zh: &str, en: &str, remedy: kernel::Text) -> Refusal {
    Refusal::field(
        format!("/fields/{}", field.name),
        both(format!("“{}”{zh}", field.label.zh), format!("`{}` {en}", field.name)),
        remedy,
    )
}

/// One value in normal form.
pub(super) fn typed(
    definition: &Definition,
    field: &Field,
    value: &Value,
) -> Result<Value, Refusal> {
    let text = value.as_str().map(str::trim);
    let no =
        |zh: &str, en: &str, fix_zh: &str, fix_en: &str| wrong(field, zh, en, both(fix_zh, fix_en));
    match &field.kind {
        FieldType::Money => money(field, value).map(|money| money.fen().into()),
        FieldType::Count => {
            let count = value.as_u64().or_else(|| text.and_then(|text| text.parse().ok()));
            count.filter(|count| i64::try_from(*count).is_ok()).map(Value::from).ok_or_else(|| {
                no(
                    "不是数量",
                    "is not a number of things",
                    "请填写不小于零的整数",
                    "give a whole number from 0",
                )
            })
        }
        FieldType::Enum(words) => text
            .filter(|text| words.iter().any(|word| word == text))
            .map(Value::from)
            .ok_or_else(|| {
                wrong(
                    field,
                    "不在可选范围内",
                    "is none of the choices",
                    both(
                        format!("请选择：{}", words.join("、")),
                        format!("choose one of {}", words.join(", ")),
                    ),
                )
            }),
        FieldType::Text { most, .. } => {
            let text =
                text.ok_or_else(|| no("不是文字", "is not a text", "请填写文字", "give a text"))?;
            if text.chars().count() > *most {
                return Err(wrong(
                    field,
                    "太长",
                    "is too long",
                    both(format!("最多{most}字"), format!("at most {most} characters")),
                ));
            }
            if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
                return Err(no(
                    "含有不可显示的字符",
                    "has characters that cannot be shown",
                    "请删除这些字符",
                    "take them out",
                ));
            }
            Ok(text.into())
        }
        FieldType::Date => text
            .filter(|text| text.len() == 10 && text.parse::<Date>().is_ok())
            .map(Value::from)
            .ok_or_else(|| {
                no("不是日期", "is not a day", "请写成 2026-03-31", "write it as 2026-03-31")
            }),
        FieldType::Month => text.filter(|text| is_month(text)).map(Value::from).ok_or_else(|| {
            no("不是月份", "is not a month", "请写成 2026-03", "write it as 2026-03")
        }),
        FieldType::YesNo => value
            .as_bool()
            .or(match text {
                Some("true" | "yes" | "on" | "是") => Some(true),
                Some("false" | "no" | "off" | "否") => Some(false),
                _ => None,
            })
            .map(Value::from)
            .ok_or_else(|| {
                no("不是是或否", "is neither yes nor no", "请选择是或否", "give yes or no")
            }),
        FieldType::Period => text
            .and_then(|text| text.parse::<Period>().ok())
            .map(|period| period.to_string().into())
            .ok_or_else(|| {
                no(
                    "不是期限",
                    "is not a length of time",
                    "请写成 15 days 或 10 working-days",
                    "write `15 days` or `10 working-days`",
                )
            }),
        FieldType::MatterType => text
            .filter(|text| definition.matter(text).is_some())
            .map(Value::from)
            .ok_or_else(|| {
                let ids: Vec<&str> = definition.matters.iter().map(|m| m.id.as_str()).collect();
                wrong(
                    field,
                    "不是已规定的事项类别",
                    "is not a kind of matter",
                    both(
                        format!("请选择：{}", ids.join("、")),
                        format!("choose one of {}", ids.join(", ")),
                    ),
                )
            }),
        FieldType::Ref(_) | FieldType::Holder => text
            .filter(|text| text.len() <= 200 && !text.chars().any(char::is_control))
            .map(Value::from)
            .ok_or_else(|| {
                no("不是编号", "is not a reference", "请填写编号", "give the id as a text")
            }),
        FieldType::Party => party(value).ok_or_else(|| {
            no(
                "不是单位或个人",
                "is neither an organisation nor a person",
                "请写成 {\"organisation\": 名称} 或 {\"person\": 编号}",
                "write {\"organisation\": name} or {\"person\": id}",
            )
        }),
        FieldType::Attachment | FieldType::Photo => hashes(value).ok_or_else(|| {
            no(
                "不是已上传的附件",
                "is not an uploaded attachment",
                "请先上传，再填写其散列值",
                "upload it first and give its SHA-256",
            )
        }),
    }
}

/// An amount above zero: fen as a whole number, or yuan as a text.
fn money(field: &Field, value: &Value) -> Result<Money, Refusal> {
    let amount = match value {
        Value::Number(number) => number.as_i64().map(Money::from_fen),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let amount = amount.ok_or_else(|| {
        wrong(
            field,
            "不是金额",
            "is not an amount",
            both(
                "请填写元，最多两位小数，如 1234.50",
                "give yuan with at most two decimals, such as \"1234.50\", or fen as a whole number",
            ),
        )
    })?;
    if amount.is_positive() {
        Ok(amount)
    } else {
        Err(wrong(
            field,
            "必须大于零",
            "must be above zero",
            both("请填写大于零的金额", "give an amount above zero"),
        ))
    }
}

fn is_month(text: &str) -> bool {
    text.len() == 7 && format!("{text}-01").parse::<Date>().is_ok()
}

fn party(value: &Value) -> Option<Value> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    let (kind, who) = object.iter().next()?;
    let known = kind == "organisation" || kind == "person";
    who.as_str().filter(|who| known && !who.trim().is_empty() && who.chars().count() <= 200)?;
    Some(value.clone())
}

fn hashes(value: &Value) -> Option<Value> {
    let is_hash = |value: &Value| {
        value
            .as_str()
            .is_some_and(|text| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    match value {
        Value::Array(items) if !items.is_empty() && items.len() <= 20 => items.iter().all(is_hash),
        other => is_hash(other),
    }
    .then(|| value.clone())
}
