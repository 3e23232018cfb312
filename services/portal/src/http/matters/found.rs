//! Search by headline. A headline lies beside its owner's log and may be erased: no copy of it is stored here. What is searched
//! are the matters in which something happened last; their headlines are asked of their owners and kept in memory for minutes,
//! and a hit is shown only with its text asked for anew.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use kernel::{LogId, Timestamp};
use pages::{Component, Markup, MatterLine, MatterList};
use store::StoreError;

use super::{Ask, Named, headline, named, section};
use crate::{
    Portal, owner,
    shows::{
        divisions, grams,
        happened::TextRef,
        matters::{self, Matter},
    },
};

/// Matters that a search looks through: the latest of the portal, or of a unit and all below it.
const LOOKED_THROUGH: i64 = 400;
/// Hits at most.
const MOST: usize = 20;
/// For how long a headline is kept in memory: 10 minutes in µs.
const KEPT: i64 = 10 * 60 * 1_000_000;

/// A headline as it was asked for, in the form in which it is compared; `None` where there was none to show.
#[derive(Clone)]
struct Heard {
    at: Timestamp,
    words: Option<Arc<str>>,
}

impl Heard {
    fn is_fresh(&self, now: Timestamp) -> bool {
        now.micros() - self.at.micros() < KEPT
    }
}

/// Headlines asked for lately, by the entry that commits to them.
#[derive(Default)]
pub(crate) struct Headlines(Mutex<HashMap<(LogId, u64), Heard>>);

impl Headlines {
    fn known(&self, text: &TextRef, now: Timestamp) -> Option<Heard> {
        let kept = self.0.lock().ok()?;
        let heard = kept.get(&(text.position.log.clone(), text.position.index))?;
        heard.is_fresh(now).then(|| heard.clone())
    }

    fn keep(&self, heard: Vec<(&TextRef, Option<Arc<str>>)>, now: Timestamp) {
        let Ok(mut kept) = self.0.lock() else { return };
        // What is too old to be used is not held on to either.
        kept.retain(|_, heard| heard.is_fresh(now));
        kept.extend(heard.into_iter().map(|(text, words)| {
            ((text.position.log.clone(), text.position.index), Heard { at: now, words })
        }));
    }
}

/// The matters whose headline has all words of a query, the latest first.
pub(crate) async fn search(
    ask: &Ask<'_>,
    query: &str,
    above: Option<&str>,
) -> Result<Vec<Named>, StoreError> {
    let wanted: Vec<String> =
        query.split_whitespace().map(grams::plain).filter(|word| !word.is_empty()).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let looked = matters::lately(&ask.portal.db, above, LOOKED_THROUGH).await?;
    let mut with: Vec<(Matter, TextRef)> = Vec::new();
    for matter in looked {
        let owner = ask.portal.owner(matter.service);
        let definition = ask.portal.procedures.get(owner, &matter.definition).await;
        if let Some(text) = definition.and_then(|d| headline(&matter, &d).cloned()) {
            with.push((matter, text));
        }
    }
    ask_for_unknown(ask.portal, &with).await;
    let now = ask.portal.now();
    let fits = |text: &TextRef| {
        let words = ask.portal.headlines.known(text, now).and_then(|heard| heard.words);
        words.is_some_and(|words| wanted.iter().all(|word| words.contains(word.as_str())))
    };
    with.retain(|(_, text)| fits(text));
    with.truncate(MOST);
    let mut hits = named(ask, with.into_iter().map(|(matter, _)| matter).collect()).await;
    hits.retain(|hit| hit.headline.is_some());
    Ok(hits)
}

async fn ask_for_unknown(portal: &Portal, with: &[(Matter, TextRef)]) {
    let now = portal.now();
    for kept in matters::KEPT {
        let unknown: Vec<&TextRef> = with
            .iter()
            .filter(|(matter, text)| {
                matter.service == kept.service() && portal.headlines.known(text, now).is_none()
            })
            .map(|(_, text)| text)
            .collect();
        let texts = owner::texts(portal.owner(kept.service()), &unknown).await;
        let plain = |text: owner::Text| text.words().map(|w| Arc::from(grams::plain(&w).as_str()));
        let heard = unknown.into_iter().zip(texts.into_iter().map(plain));
        portal.headlines.keep(heard.collect(), now);
    }
}

/// What was found, as a part of the page of a search: where, of which kind, and how far; with how many there are.
pub(crate) async fn render(ask: &Ask<'_>, query: &str) -> Result<(usize, Markup), StoreError> {
    let (l, now) = (ask.prefs.lang, ask.portal.now());
    let hits = search(ask, query, None).await?;
    if hits.is_empty() {
        return Ok((0, Markup::default()));
    }
    let mut items = Vec::with_capacity(hits.len());
    for hit in &hits {
        let unit = divisions::get(&ask.portal.db, &hit.matter.unit).await?;
        let place = unit.map_or_else(|| hit.matter.unit.clone(), |unit| unit.name);
        let term = section::term(ask, hit.definition.as_deref(), &hit.matter.procedure);
        let about = Some(format!("{place}{}{term}", l.pick("，", ", ")));
        items.push(MatterLine { about, ..section::line(ask, hit, now) });
    }
    let list = MatterList { title: String::new(), all: None, items }.render(l);
    let note = Markup::paragraph(ask.pick(
        "按标题找，只找最近有动静的 400 件。",
        "By headline, among the 400 in which something happened last.",
    ));
    let title = ask.pick("找到的事", "Matters that match");
    Ok((hits.len(), Markup::section("matters-found", title, Markup::join([list, note]))))
}
