//! What is going on in a unit: by procedure, what is under way and what ended lately. For the unit's home, and the same as data.

use std::{collections::BTreeMap, sync::Arc};

use definitions::Definition;
use kernel::Timestamp;
use pages::{
    Component, EmptyState, EmptyWhy, Lang, Link, Markup, MatterLine, MatterList, SummaryRow,
};
use store::StoreError;

use super::{
    Ask, Named, href, is_listed, named,
    state::{self, Status},
};
use crate::{
    shows::{
        divisions::Unit,
        matters::{self, Among, Count, Matter},
    },
    words,
};

/// Matters of one procedure that a home shows.
const SHOWN: i64 = 3;
/// Days for which what ended is still news.
const NEWS_DAYS: i64 = 30;
/// Matters under way that are looked at for what is overdue.
const LOOKED_AT: i64 = 100;

/// The procedures of which a unit has matters, the latest first.
pub(crate) async fn counts(ask: &Ask<'_>, unit: &str) -> Result<Vec<Count>, StoreError> {
    let mut counts = matters::counts(&ask.portal.db, unit).await?;
    counts.retain(is_listed);
    Ok(counts)
}

/// The definition that a group of matters is named from.
pub(crate) async fn definition_of(ask: &Ask<'_>, count: &Count) -> Option<Arc<Definition>> {
    ask.portal.procedures.get(ask.portal.owner(count.service), &count.definition).await
}

/// What a procedure is called.
pub(crate) fn term(ask: &Ask<'_>, definition: Option<&Definition>, procedure: &str) -> String {
    definition
        .map_or_else(|| procedure.to_owned(), |d| words::pick(ask.prefs.lang, &d.term).to_owned())
}

/// The list of a unit's matters of one procedure.
pub(crate) fn list_href(unit: &Unit, procedure: &str) -> String {
    format!("{}/matters/{procedure}", unit.href())
}

/// The section on a unit's home.
pub(crate) async fn render(ask: &Ask<'_>, unit: &Unit) -> Result<Markup, StoreError> {
    let l = ask.prefs.lang;
    let title = ask.pick("在办和刚办完的事", "What is going on");
    let mut groups = Vec::new();
    for count in counts(ask, &unit.unit).await? {
        let definition = definition_of(ask, &count).await;
        let term = term(ask, definition.as_deref(), &count.procedure);
        let all = Link::new(said(ask, &count), list_href(unit, &count.procedure));
        groups.push(MatterList {
            title: term,
            all: Some(all),
            items: shown(ask, &count, &unit.unit).await?,
        });
    }
    let body = if groups.is_empty() {
        EmptyState::new(ask.pick("村里正在办的事", "Matters under way"), EmptyWhy::None)
            .because(ask.pick("还没有公开过", "none was published yet"))
            .render(l)
    } else {
        let groups: Vec<Markup> = groups.iter().map(|group| group.render(l)).collect();
        Markup::side_by_side(&groups)
    };
    Ok(Markup::section("going-on", title, body))
}

/// Those under way first, then what ended lately; where there is neither, the one that ended last.
async fn shown(ask: &Ask<'_>, count: &Count, unit: &str) -> Result<Vec<MatterLine>, StoreError> {
    let (db, now) = (&ask.portal.db, ask.portal.now());
    let of = (count.service, count.procedure.as_str());
    let mut found = matters::of_unit(db, unit, of, Among::Running, (SHOWN, 0)).await?;
    let room = SHOWN - i64::try_from(found.len()).unwrap_or(SHOWN);
    if room > 0 && count.ended > 0 {
        let since = now.plus_micros(-NEWS_DAYS * 86_400_000_000);
        let ended = matters::of_unit(db, unit, of, Among::Ended, (room, 0)).await?;
        let none = found.is_empty();
        let is_news = |n: usize, matter: &Matter| matter.last >= since || (none && n == 0);
        let news = ended.into_iter().enumerate().filter(|(n, matter)| is_news(*n, matter));
        found.extend(news.map(|(_, matter)| matter));
    }
    let named = named(ask, found).await;
    Ok(named.iter().map(|one| line(ask, one, now)).collect())
}

/// A matter in two lines: what, since when, how far, what next.
pub(crate) fn line(ask: &Ask<'_>, named: &Named, now: Timestamp) -> MatterLine {
    let l = ask.prefs.lang;
    let definition = named.definition.as_deref();
    let mut state = state::line(l, &named.matter, definition, now);
    if named.matter.ended {
        state.next = None;
    }
    let title = match &named.headline {
        Some(headline) => headline.clone(),
        None => named.topic(ask).unwrap_or_else(|| named.kind(ask)),
    };
    MatterLine {
        title,
        href: href(&named.matter),
        about: named.headline.as_ref().and_then(|_| named.topic(ask)),
        since: pages::table_date(named.matter.began.micros()),
        state,
    }
}

/// 办理中 2 件，已结束 5 件
fn said(ask: &Ask<'_>, count: &Count) -> String {
    match (ask.prefs.lang, count.running, count.ended) {
        (Lang::Zh, running, 0) => format!("全部 {running} 件"),
        (Lang::Zh, 0, ended) => format!("全部 {ended} 件，都已结束"),
        (Lang::Zh, running, ended) => {
            format!("全部 {} 件，其中办理中 {running} 件", running + ended)
        }
        (Lang::En, running, 0) => format!("All {running}"),
        (Lang::En, 0, ended) => format!("All {ended}, ended"),
        (Lang::En, running, ended) => format!("All {}, {running} under way", running + ended),
    }
}

/// Matters in which somebody owes something whose time has passed, for the list of what is missing.
pub(crate) async fn overdue(ask: &Ask<'_>, unit: &str) -> Result<Vec<SummaryRow>, StoreError> {
    let (db, l, now) = (&ask.portal.db, ask.prefs.lang, ask.portal.now());
    let mut running = matters::running(db, unit, LOOKED_AT).await?;
    running.retain(|matter| super::own_page(matter.service, &matter.kind).is_none());
    let mut late = Vec::new();
    for matter in running {
        let owner = ask.portal.owner(matter.service);
        let definition = ask.portal.procedures.get(owner, &matter.definition).await;
        if state::status(&matter, definition.as_deref(), now) == Status::Overdue {
            late.push(matter);
        }
    }
    let mut rows: BTreeMap<i64, SummaryRow> = BTreeMap::new();
    for one in named(ask, late).await {
        let line = state::line(l, &one.matter, one.definition.as_deref(), now);
        let mut said = pages::Tag { meaning: None, ..line.tag }.render(l);
        said.push(Markup::text(" "));
        said.push(Markup::link(&href(&one.matter), &one.title(ask)));
        let term = term(ask, one.definition.as_deref(), &one.matter.procedure);
        rows.insert(one.matter.began.micros(), SummaryRow::markup(term, said));
    }
    Ok(rows.into_values().collect())
}
