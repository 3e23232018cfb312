//! Words: what posts, bodies, outcomes and values are called in both languages. Knows no page.

use std::sync::Arc;

use definitions::{Catalogue, Definition, Field, Step, Who};
use kernel::{Seat, Text};
use pages::Lang;

use crate::{Office, PlaceShown};

/// The words of one service.
#[derive(Clone)]
pub(crate) struct Terms {
    office: Arc<dyn Office>,
    catalogue: Arc<Catalogue>,
}

/// A text in the language of the page.
pub(crate) fn said(lang: Lang, text: &Text) -> String {
    let (first, second) = match lang {
        Lang::Zh => (&text.zh, &text.en),
        Lang::En => (&text.en, &text.zh),
    };
    if first.trim().is_empty() { second.clone() } else { first.clone() }
}

/// Levels and bodies above the village that any definition may name.
const ABOVE: [(&str, &str, &str); 8] = [
    ("township", "乡镇", "the township"),
    ("township-agency", "乡镇农村经营管理机构", "the township's rural accounting agency"),
    ("county", "县（市、区）", "the county"),
    ("county-agriculture", "县级农业农村部门", "the county's agriculture office"),
    ("discipline", "纪检监察机关", "the discipline inspectors"),
    ("province", "省", "the province"),
    ("resident", "村民", "a villager"),
    ("member", "集体经济组织成员", "a member of the collective"),
];

/// The usual outcomes and values.
const USUAL: [(&str, &str, &str); 22] = [
    ("done", "办理", "Done"),
    ("passed", "通过", "Passed"),
    ("failed", "未通过", "Not passed"),
    ("rejected", "不同意", "Rejected"),
    ("approved", "同意", "Approved"),
    ("accepted", "同意", "Accepted"),
    ("refused", "不同意", "Refused"),
    ("returned", "退回补正", "Returned for changes"),
    ("withdrawn", "撤回", "Withdrawn"),
    ("inquorate", "人数不足", "Too few present"),
    ("missed", "逾期", "Overdue"),
    ("closed", "公示期满", "Window closed"),
    ("upheld", "成立", "Upheld"),
    ("dismissed", "不成立", "Dismissed"),
    ("bank", "银行转账", "Bank transfer"),
    ("cash", "现金", "Cash"),
    ("show-of-hands", "举手表决", "Show of hands"),
    ("secret", "无记名投票", "Secret ballot"),
    ("hall", "到场", "In the hall"),
    ("paper", "书面", "On paper"),
    ("phone", "线上", "By phone"),
    ("other", "其他", "Other"),
];

fn found(list: &[(&str, &str, &str)], key: &str) -> Option<Text> {
    list.iter().find(|(name, ..)| *name == key).map(|(_, zh, en)| Text::new(*zh, *en))
}

impl Terms {
    pub(crate) fn new(office: Arc<dyn Office>) -> Self {
        let catalogue = office.catalogue();
        Self { office, catalogue }
    }

    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// A post, a body, or a level above.
    pub(crate) fn who(&self, key: &str) -> Text {
        self.office
            .word("who", key)
            .or_else(|| self.catalogue.post(key).map(|post| post.name.clone()))
            .or_else(|| self.catalogue.body(key).map(|body| body.name.clone()))
            .or_else(|| found(&ABOVE, key))
            .unwrap_or_else(|| Text::new(key, key.replace('-', " ")))
    }

    /// Any of these.
    pub(crate) fn anyone(&self, lang: Lang, keys: &[String]) -> String {
        let names: Vec<String> = keys.iter().map(|key| said(lang, &self.who(key))).collect();
        if names.is_empty() {
            return lang.pick("系统", "the system").to_owned();
        }
        names.join(lang.pick("或", " or "))
    }

    /// A seat: `青禾村 村会计`.
    pub(crate) fn seat(&self, lang: Lang, seat: &Seat, place: Option<&PlaceShown>) -> String {
        let post = said(lang, &self.who(&seat.post));
        match place {
            Some(place) => match lang {
                Lang::Zh => format!("{} · {post}", place.name.zh),
                Lang::En => format!("{post}, {}", said(lang, &place.name)),
            },
            None => post,
        }
    }

    /// One of a field's values.
    pub(crate) fn value(&self, field: &str, value: &str) -> Text {
        self.office
            .word(field, value)
            .or_else(|| found(&USUAL, value))
            .unwrap_or_else(|| Text::new(value, value.replace('-', " ")))
    }

    /// One of the values that a field can be chosen from: as the definition calls it, or else the service.
    pub(crate) fn choice(&self, field: &Field, value: &str) -> Text {
        field.words.get(value).cloned().unwrap_or_else(|| self.value(&field.name, value))
    }

    /// One of a step's outcomes: as the definition calls it, or else the service.
    pub(crate) fn outcome(&self, step: &Step, outcome: &str) -> Text {
        let named = step.event_of(outcome).and_then(|event| event.name.clone());
        named.unwrap_or_else(|| self.value("outcome", outcome))
    }

    /// What came of a step: its name, with the outcome where there are several.
    pub(crate) fn happened(&self, definition: &Definition, fact: &str) -> Text {
        let Some((step, outcome)) = definition.meaning(fact) else {
            return self.value("fact", fact);
        };
        let plain = step.events.len() < 2 && step.event_of(outcome).is_some();
        if plain {
            return step.name.clone();
        }
        let came = self.outcome(step, outcome);
        Text::new(
            format!("{}：{}", step.name.zh, came.zh),
            format!("{}: {}", step.name.en, came.en.to_lowercase()),
        )
    }
}

/// Whom a step names, as keys of posts and bodies: every one that a tier or a matter may name where neither is known yet.
pub(crate) fn named(
    definition: &Definition,
    step: &Step,
    values: Option<&serde_json::Map<String, serde_json::Value>>,
) -> Vec<String> {
    let mut keys = match &step.by.who {
        Who::Post(posts) => posts.clone(),
        Who::Body(body) => vec![body.clone()],
        Who::Resident(kind) => vec![kind.clone()],
        Who::System(_) => Vec::new(),
        Who::MatterBody => {
            let known = values.into_iter().flat_map(|values| values.values()).find_map(|value| {
                value
                    .as_str()
                    .and_then(|id| definition.matter(id))
                    .map(|matter| matter.body.clone())
            });
            match known {
                Some(body) => vec![body],
                None => definition.matters.iter().map(|matter| matter.body.clone()).collect(),
            }
        }
        Who::Tier(role) => {
            let tiers = definition.tiers.iter().filter_map(|tier| tier.roles.get(role));
            tiers
                .flat_map(|who| match who {
                    Who::Post(posts) => posts.clone(),
                    Who::Body(body) => vec![body.clone()],
                    _ => Vec::new(),
                })
                .collect()
        }
    };
    keys.sort();
    keys.dedup();
    keys
}

/// Whether a seat is one of those that are named, at this place or above it.
pub(crate) fn fits(seat: &Seat, place: &PlaceShown, keys: &[String]) -> bool {
    let here = seat.unit == place.place.unit || place.path.contains(&seat.unit);
    here && keys.iter().any(|key| {
        *key == seat.post
            || *key == seat.body
            || (key == "township" && seat.body == "township-agency")
    })
}
