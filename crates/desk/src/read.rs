//! From what was typed to the values of a step, field by field; says which field is wrong and what would be right.

use definitions::{Definition, Field, FieldType, Optional, Step};
use kernel::{Period, Text};
use pages::{Lang, parse_date_input, parse_money_input};
use serde_json::{Map, Value, json};

use crate::{
    Kept,
    show::label,
    terms::said,
    typed::{KEPT, Typed},
};

/// Fields that are wrong: the input's name and what to write instead.
pub(crate) type Wrong = Vec<(String, String)>;

/// Reads all fields of a step.
pub(crate) fn fields(
    lang: Lang,
    definition: &Definition,
    step: &Step,
    before: &Map<String, Value>,
    typed: &Typed,
) -> (Map<String, Value>, Wrong) {
    let mut values = Map::new();
    let mut wrong = Wrong::new();
    for field in definition.form(step) {
        match value(lang, definition, field, typed) {
            Ok(Some(read)) => {
                values.insert(field.name.clone(), read);
            }
            Ok(None) => {}
            Err((name, text)) => wrong.push((name, text)),
        }
    }
    for field in definition.form(step) {
        let given =
            values.contains_key(&field.name) || wrong.iter().any(|(name, _)| is_of(name, field));
        if !given && is_needed(definition, field, &values, before) {
            wrong.push((input(field), missing(lang, field)));
        }
    }
    let place = |name: &str| {
        let form = definition.form(step);
        form.iter().position(|field| is_of(name, field)).unwrap_or(usize::MAX)
    };
    wrong.sort_by_key(|(name, _)| place(name));
    (values, wrong)
}

/// The name of the input that an error of this field points at.
pub(crate) fn input(field: &Field) -> String {
    match field.kind {
        FieldType::Party => format!("{}-name", field.name),
        _ => field.name.clone(),
    }
}

fn is_of(name: &str, field: &Field) -> bool {
    name == field.name || name.strip_suffix("-name") == Some(&field.name)
}

/// Whether the field must be given, as far as is known here; the engine has the last word.
pub(crate) fn is_needed(
    definition: &Definition,
    field: &Field,
    values: &Map<String, Value>,
    before: &Map<String, Value>,
) -> bool {
    match field.optional {
        Optional::No => true,
        Optional::Yes => false,
        Optional::UnlessMatterSpends => {
            let known = values.values().chain(before.values()).filter_map(Value::as_str);
            known
                .into_iter()
                .find_map(|id| definition.matter(id))
                .is_some_and(|matter| matter.spends)
        }
    }
}

fn missing(lang: Lang, field: &Field) -> String {
    let label = said(lang, &label(field));
    match field.kind {
        FieldType::Enum(_)
        | FieldType::MatterType
        | FieldType::YesNo
        | FieldType::Ref(_)
        | FieldType::Holder => match lang {
            Lang::Zh => format!("请选择“{label}”"),
            Lang::En => format!("Choose “{label}”"),
        },
        FieldType::Attachment | FieldType::Photo => match lang {
            Lang::Zh => format!("请附上“{label}”"),
            Lang::En => format!("Attach “{label}”"),
        },
        _ => match lang {
            Lang::Zh => format!("请填写“{label}”"),
            Lang::En => format!("Fill in “{label}”"),
        },
    }
}

type Read = Result<Option<Value>, (String, String)>;

fn value(lang: Lang, definition: &Definition, field: &Field, typed: &Typed) -> Read {
    let text = typed.get(&field.name);
    let label = said(lang, &label(field));
    let wrong = |zh: String, en: String| {
        let said = match lang {
            Lang::Zh => format!("{label}：{zh}"),
            Lang::En => format!("{label}: {en}"),
        };
        Err((field.name.clone(), said))
    };
    let fixed = |zh: &str, en: &str| wrong(zh.to_owned(), en.to_owned());
    match &field.kind {
        FieldType::Party => return party(lang, field, typed),
        FieldType::Attachment | FieldType::Photo => return Ok(hashes(typed, &field.name)),
        _ if text.is_empty() => return Ok(None),
        _ => {}
    }
    let value = match &field.kind {
        FieldType::Money => match parse_money_input(text) {
            Ok(0) => return fixed("金额要大于零", "the amount must be above zero"),
            Ok(fen) => json!(fen),
            Err(error) => {
                return wrong(error.message(Lang::Zh), error.message(Lang::En));
            }
        },
        FieldType::Enum(of) => {
            if !of.iter().any(|word| word == text) {
                return fixed("请从所列各项中选择", "choose one of those listed");
            }
            json!(text)
        }
        FieldType::MatterType => {
            if definition.matter(text).is_none() {
                return fixed("请从所列事项中选择", "choose one of the matters listed");
            }
            json!(text)
        }
        FieldType::Text { most, .. } => {
            let count = text.chars().count();
            if count > *most {
                return wrong(
                    format!("至多{most}字，现在有{count}字"),
                    format!("at most {most} characters, these are {count}"),
                );
            }
            json!(text)
        }
        FieldType::Date => match day(text) {
            Ok(iso) => json!(iso),
            Err(said) => return wrong(said.zh, said.en),
        },
        FieldType::Month => match month(text) {
            Some(iso) => json!(iso),
            None => {
                return fixed("请按“年-月”填写，例如 2026-03", "write year-month, such as 2026-03");
            }
        },
        FieldType::Count => match count(text) {
            Some(number) => json!(number),
            None => return fixed("请填整数，例如 12", "write a whole number, such as 12"),
        },
        FieldType::YesNo => match text {
            "yes" => json!(true),
            "no" => json!(false),
            _ => return fixed("请选择是或否", "choose yes or no"),
        },
        FieldType::Period => match period(text) {
            Some(period) => json!(period.to_string()),
            None => {
                return fixed("请写“15 天”或“10 个工作日”", "write `15 days` or `10 working days`");
            }
        },
        FieldType::Ref(_) | FieldType::Holder => {
            if text.chars().count() > 200 {
                return fixed("太长，至多200字", "too long: at most 200 characters");
            }
            json!(text)
        }
        FieldType::Party | FieldType::Attachment | FieldType::Photo => return Ok(None),
    };
    Ok(Some(value))
}

/// `organisation:<name>`, `person:<id>` where it was chosen; else what kind it is and its name.
fn party(lang: Lang, field: &Field, typed: &Typed) -> Read {
    let chosen = typed.get(&field.name);
    if let Some((kind @ ("organisation" | "person"), rest)) = chosen.split_once(':') {
        return Ok(Some(json!({ kind: rest })));
    }
    let name = typed.get(&format!("{}-name", field.name));
    if name.is_empty() {
        return Ok(None);
    }
    match chosen {
        kind @ ("organisation" | "person") => Ok(Some(json!({ kind: name }))),
        _ => Err((
            field.name.clone(),
            lang.pick("请选择是单位还是个人", "Say whether it is an organisation or a person")
                .to_owned(),
        )),
    }
}

/// The files received for a field.
pub(crate) fn kept(typed: &Typed, name: &str) -> Vec<Kept> {
    let sent = typed.all(&format!("{name}{KEPT}"));
    sent.iter().filter_map(|text| serde_json::from_str(text).ok()).collect()
}

fn hashes(typed: &Typed, name: &str) -> Option<Value> {
    let mut hashes: Vec<Value> =
        kept(typed, name).into_iter().map(|kept| kept.sha256.into()).collect();
    if hashes.len() > 1 { Some(Value::Array(hashes)) } else { hashes.pop() }
}

/// A day as `YYYY-MM-DD`.
pub(crate) fn day(text: &str) -> Result<String, Text> {
    parse_date_input(text)
        .map(pages::Day::iso)
        .map_err(|error| Text::new(error.message(Lang::Zh), error.message(Lang::En)))
}

/// A whole number from 0; full-width digits are taken.
pub(crate) fn count(text: &str) -> Option<u32> {
    let plain = pages::money::half_width(text);
    let plain: String = plain.chars().filter(|c| !c.is_whitespace() && *c != ',').collect();
    if plain.is_empty() || !plain.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    plain.parse().ok()
}

fn month(text: &str) -> Option<String> {
    let plain = pages::money::half_width(text).replace(['年', '/', '.'], "-");
    let (year, month) = plain.trim().trim_end_matches('月').split_once('-')?;
    let (year, month): (u32, u32) = (year.trim().parse().ok()?, month.trim().parse().ok()?);
    ((1949..=9999).contains(&year) && (1..=12).contains(&month))
        .then(|| format!("{year:04}-{month:02}"))
}

fn period(text: &str) -> Option<Period> {
    let plain = pages::money::half_width(text);
    let plain = plain.trim();
    let end = plain.find(|c: char| !c.is_ascii_digit())?;
    let number: u16 = plain.get(..end)?.parse().ok()?;
    match plain.get(end..)?.trim() {
        "天" | "日" | "day" | "days" => Some(Period::Days(number)),
        "个工作日" | "工作日" | "working days" | "working-days" => {
            Some(Period::WorkingDays(number))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_type() {
        assert_eq!(month("２０２６年3月"), Some("2026-03".into()));
        assert_eq!(month("2026-13"), None);
        assert_eq!(count("１,２００"), Some(1200));
        assert_eq!(count("-1"), None);
        assert_eq!(period("15天"), Some(Period::Days(15)));
        assert_eq!(period("10 个工作日"), Some(Period::WorkingDays(10)));
        assert_eq!(period("soon"), None);
        assert_eq!(day("2026年3月5日").unwrap(), "2026-03-05");
    }
}
