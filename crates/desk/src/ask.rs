//! From a step's fields to a form: one input a field, with label, hint, reason and what was typed before.

use std::collections::BTreeMap;

use definitions::{Definition, Field as Asked, FieldType, Optional, Step};
use pages::{Field, Lang};

use crate::{
    Choice,
    read::{self, Wrong},
    show::label,
    terms::{Terms, said},
    typed::{OUTCOME, Typed},
};

/// What may be chosen, by field; `None` where it is typed.
pub(crate) type Choices = BTreeMap<String, Vec<Choice>>;

/// From how many answers on a list to pick from is easier than buttons.
const MANY: usize = 6;

/// All inputs of a step's fields.
pub(crate) fn fields(
    lang: Lang,
    terms: &Terms,
    definition: &Definition,
    step: &Step,
    choices: &Choices,
    typed: &Typed,
) -> Vec<Field> {
    let mut all: Vec<Field> = outcome(lang, terms, step, typed).into_iter().collect();
    for asked in definition.form(step) {
        let list = choices.get(&asked.name);
        all.extend(inputs(lang, terms, definition, asked, list.map(Vec::as_slice), typed));
    }
    all
}

/// The outcomes that the actor chooses from: where there are several and no vote decides.
pub(crate) fn outcomes(step: &Step) -> Vec<&str> {
    let events: Vec<&str> = step.events.iter().map(|event| event.outcome.as_str()).collect();
    if step.vote.is_some() || step.sitting.is_some() || events.len() < 2 {
        Vec::new()
    } else {
        events
    }
}

fn outcome(lang: Lang, terms: &Terms, step: &Step, typed: &Typed) -> Option<Field> {
    let outcomes = outcomes(step);
    if outcomes.is_empty() {
        return None;
    }
    let choices = outcomes.into_iter().map(|outcome| {
        let choice = pages::Choice::new(outcome, said(lang, &terms.outcome(step, outcome)));
        match step.next.get(outcome) {
            Some(next) => choice.hint(match lang {
                Lang::Zh => format!("下一步：{}", next.text.zh),
                Lang::En => format!("Next: {}", next.text.en),
            }),
            None => choice,
        }
    });
    Some(Field::radio(
        OUTCOME,
        lang.pick("决定", "Decision"),
        typed.get(OUTCOME),
        choices.collect(),
    ))
}

fn inputs(
    lang: Lang,
    terms: &Terms,
    definition: &Definition,
    asked: &Asked,
    list: Option<&[Choice]>,
    typed: &Typed,
) -> Vec<Field> {
    let name = asked.name.as_str();
    let text = said(lang, &label(asked));
    let value = typed.get(name);
    let field = match (&asked.kind, list) {
        (_, Some(list)) if is_chosen(&asked.kind) => {
            let field = pick(name, text, value, choices(lang, list));
            if list.is_empty() {
                field.hint(
                    lang.pick("现在没有可选的。", "There is nothing to choose from at present."),
                )
            } else {
                field
            }
        }
        (FieldType::Money, _) => Field::money(name, text, value),
        (FieldType::Enum(words), _) => {
            let word =
                |word: &String| pages::Choice::new(word, said(lang, &terms.choice(asked, word)));
            pick(name, text, value, words.iter().map(word).collect())
        }
        (FieldType::Text { most, .. }, _) if *most > 60 => {
            Field::area(name, text, value).hint(match lang {
                Lang::Zh => format!("至多{most}字"),
                Lang::En => format!("At most {most} characters"),
            })
        }
        (FieldType::Text { .. }, _) => Field::text(name, text, value),
        (FieldType::Date, _) => Field::date(name, text, value),
        (FieldType::Month, _) => {
            Field::digits(name, text, value).hint(lang.pick("例如 2026-03", "For example 2026-03"))
        }
        (FieldType::Count, _) => Field::digits(name, text, value).width(pages::Width::Short),
        (FieldType::MatterType, _) => pick(name, text, value, matters(lang, terms, definition)),
        (FieldType::YesNo, _) => {
            let answers = [("yes", "是", "Yes"), ("no", "否", "No")];
            let answers =
                answers.iter().map(|(value, zh, en)| pages::Choice::new(*value, lang.pick(zh, en)));
            Field::radio(name, text, value, answers.collect())
        }
        (FieldType::Period, _) => Field::text(name, text, value)
            .width(pages::Width::Medium)
            .hint(lang.pick("例如 15 天、10 个工作日", "For example 15 days, 10 working days")),
        (FieldType::Party, _) => return party(lang, asked, &text, typed),
        (FieldType::Ref(_) | FieldType::Holder, _) => {
            Field::text(name, text, value).width(pages::Width::Medium)
        }
        (FieldType::Attachment | FieldType::Photo, _) => file(asked, text, typed),
    };
    vec![finish(lang, asked, field)]
}

fn is_chosen(kind: &FieldType) -> bool {
    matches!(kind, FieldType::Ref(_) | FieldType::Holder | FieldType::Party)
}

fn pick(name: &str, label: String, value: &str, choices: Vec<pages::Choice>) -> Field {
    if choices.len() < MANY && !choices.is_empty() {
        Field::radio(name, label, value, choices)
    } else {
        Field::select(name, label, value, choices)
    }
}

fn choices(lang: Lang, list: &[Choice]) -> Vec<pages::Choice> {
    let few = list.len() < MANY;
    let choice = |choice: &Choice| {
        let label = said(lang, &choice.label);
        let hint = choice.hint.as_ref().map(|hint| said(lang, hint));
        // A list to pick from has one line a choice.
        match hint {
            Some(hint) if few => pages::Choice::new(&choice.value, label).hint(hint),
            Some(hint) => pages::Choice::new(&choice.value, format!("{label} · {hint}")),
            None => pages::Choice::new(&choice.value, label),
        }
    };
    list.iter().map(choice).collect()
}

fn matters(lang: Lang, terms: &Terms, definition: &Definition) -> Vec<pages::Choice> {
    let choice = |matter: &definitions::Matter| {
        let body = said(lang, &terms.who(&matter.body));
        pages::Choice::new(&matter.id, said(lang, &matter.name)).hint(match lang {
            Lang::Zh => format!("由{body}决定"),
            Lang::En => format!("Decided by {body}"),
        })
    };
    definition.matters.iter().map(choice).collect()
}

fn party(lang: Lang, asked: &Asked, label: &str, typed: &Typed) -> Vec<Field> {
    let kinds = [
        ("organisation", "单位", "An organisation", "名称会公开", "Its name is public"),
        (
            "person",
            "个人",
            "A person",
            "填登记编号，姓名不公开",
            "Give the register id; the name is not public",
        ),
    ];
    let kinds = kinds.iter().map(|(value, zh, en, hint_zh, hint_en)| {
        pages::Choice::new(*value, lang.pick(zh, en)).hint(lang.pick(hint_zh, hint_en))
    });
    let name = format!("{}-name", asked.name);
    let which = match lang {
        Lang::Zh => format!("{label}：名称或登记编号"),
        Lang::En => format!("{label}: name or register id"),
    };
    let value = typed.get(&name).to_owned();
    let mut second = Field::text(name, which, value);
    second.optional = asked.optional != Optional::No;
    vec![
        finish(
            lang,
            asked,
            Field::radio(&asked.name, label, typed.get(&asked.name), kinds.collect()),
        ),
        second,
    ]
}

fn file(asked: &Asked, label: String, typed: &Typed) -> Field {
    let photo = asked.kind == FieldType::Photo;
    let mut field =
        Field::file(&asked.name, label, if photo { "image/*" } else { ".pdf,image/*,.ofd" });
    if let pages::FieldKind::File { sent, multiple, .. } = &mut field.kind {
        *sent = read::kept(typed, &asked.name).into_iter().map(|kept| kept.name).collect();
        *multiple = true;
    }
    field
}

fn finish(lang: Lang, asked: &Asked, mut field: Field) -> Field {
    field.optional = asked.optional == Optional::Yes;
    if asked.optional == Optional::UnlessMatterSpends {
        field = field
            .hint(lang.pick("不花钱的事项不填。", "Leave empty where the matter spends nothing."));
        field.optional = true;
    }
    // The reason is written in one language: shown where it is understood.
    let han = asked.why.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    if !asked.why.is_empty() && han == (lang == Lang::Zh) {
        field = field.why(&asked.why);
    }
    field
}

/// Puts what is wrong beside its field; what belongs to no field is returned.
pub(crate) fn mark(groups: &mut [(String, Vec<Field>)], wrong: &Wrong) -> Vec<String> {
    let mut rest = Vec::new();
    for (name, text) in wrong {
        let field =
            groups.iter_mut().flat_map(|(_, fields)| fields).find(|field| field.name == *name);
        match field {
            Some(field) => match &mut field.error {
                Some(error) if error != text => {
                    error.push(' ');
                    error.push_str(text);
                }
                error => *error = Some(text.clone()),
            },
            None => rest.push(text.clone()),
        }
    }
    rest
}
