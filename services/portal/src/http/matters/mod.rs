//! The pages of matters, made from their definitions: no procedure has a word here. One that has a page of its own, made
//! for it, is listed there and linked to it.

pub(crate) mod api;
pub(crate) mod case;
pub(crate) mod found;
pub(crate) mod list;
mod parts;
mod rule;
pub(crate) mod section;
mod state;
mod values;

use std::sync::Arc;

use definitions::Definition;
use kernel::Text;

use super::{frame::Ask, say};
use crate::{
    owner,
    shows::{
        happened::TextRef,
        matters::{Count, Matter},
    },
    telling, words,
};

/// Kinds of streams with pages of their own: service, kind, where those pages are.
const OWN_PAGES: [(&str, &str, &str); 1] = [("organisation", "proposal", "/decisions")];

fn own_page(service: &str, kind: &str) -> Option<&'static str> {
    let found = OWN_PAGES.iter().find(|(of, stream, _)| *of == service && *stream == kind);
    found.map(|(.., at)| *at)
}

/// Where a matter is shown.
pub(crate) fn href(matter: &Matter) -> String {
    match own_page(matter.service, &matter.kind) {
        Some(at) => format!("{at}/{}", matter.id),
        None => format!("/matters/{}/{}/{}", matter.service, matter.procedure, matter.id),
    }
}

/// Whether a unit's matters of a procedure are listed here.
fn is_listed(count: &Count) -> bool {
    own_page(count.service, &count.kind).is_none()
}

/// A matter with its definition, and what it is called.
pub(crate) struct Named {
    pub matter: Matter,
    pub definition: Option<Arc<Definition>>,
    /// Its headline, while its owner shows it.
    pub headline: Option<String>,
}

impl Named {
    /// Its headline, or what kind of matter it is.
    pub fn title(&self, ask: &Ask<'_>) -> String {
        self.headline.clone().unwrap_or_else(|| self.kind(ask))
    }

    /// What kind of matter it is: 矛盾纠纷排查（定期排查）.
    pub fn kind(&self, ask: &Ask<'_>) -> String {
        let l = ask.prefs.lang;
        let Some(definition) = &self.definition else { return self.matter.procedure.clone() };
        let term = words::pick(l, &definition.term);
        match self.topic(ask) {
            Some(topic) => format!("{term}{}{topic}{}", l.pick("（", " ("), l.pick("）", ")")),
            None => term.to_owned(),
        }
    }

    /// What it is about, in its definition's words.
    pub fn topic(&self, ask: &Ask<'_>) -> Option<String> {
        let field = telling::topic(self.definition.as_deref()?)?;
        let value = self.matter.history.values.get(&field.name)?.as_str()?;
        Some(values::choice(ask, field, value))
    }
}

/// The text of a matter that its definition calls its headline.
fn headline<'a>(matter: &'a Matter, definition: &Definition) -> Option<&'a TextRef> {
    matter.texts.get(&telling::headline(definition)?.name)
}

/// Matters with their definitions and headlines, in the order given; texts are asked for once a service.
pub(crate) async fn named(ask: &Ask<'_>, found: Vec<Matter>) -> Vec<Named> {
    let mut named = Vec::with_capacity(found.len());
    for matter in found {
        let owner = ask.portal.owner(matter.service);
        let definition = ask.portal.procedures.get(owner, &matter.definition).await;
        named.push(Named { matter, definition, headline: None });
    }
    let mut services: Vec<&'static str> = named.iter().map(|n| n.matter.service).collect();
    services.sort_unstable();
    services.dedup();
    for service in services {
        let of_service = |n: &&mut Named| n.matter.service == service;
        let wanted: Vec<TextRef> = named
            .iter()
            .filter(|n| n.matter.service == service)
            .filter_map(|n| headline(&n.matter, n.definition.as_deref()?).cloned())
            .collect();
        let refs: Vec<&TextRef> = wanted.iter().collect();
        let mut texts = owner::texts(ask.portal.owner(service), &refs).await.into_iter();
        for one in named.iter_mut().filter(of_service) {
            let Some(definition) = one.definition.as_deref() else { continue };
            if headline(&one.matter, definition).is_some() {
                let words = texts.next().and_then(|text| text.words());
                one.headline = words.filter(|words| !words.trim().is_empty());
            }
        }
    }
    named
}

/// What came of a step, by what its event means: its name, with the outcome where there are several.
pub(crate) fn meaning(definition: Option<&Definition>, fact: &str) -> Text {
    use definitions::model::{CLOSED, MISSED};
    let Some((step, outcome)) = definition.and_then(|d| d.meaning(fact)) else {
        return words::fact(fact);
    };
    let name = &step.name;
    match outcome {
        MISSED => {
            Text::new(format!("{}：到期没有办", name.zh), format!("{}: not done in time", name.en))
        }
        CLOSED => Text::new(format!("{}：期满", name.zh), format!("{}: its time is over", name.en)),
        _ if step.events.len() < 2 => name.clone(),
        other => {
            let own = step.event_of(other).and_then(|event| event.name.clone());
            let outcome = own.unwrap_or_else(|| words::outcome(other));
            Text::new(
                format!("{}：{}", name.zh, outcome.zh),
                format!("{}: {}", name.en, outcome.en),
            )
        }
    }
}
