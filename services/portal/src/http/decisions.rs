//! `/villages/{unit}/decisions`: all decisions of a village, the latest first.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::Uri,
    response::Response,
};
use definitions::Definition;
use pages::{
    Cell, Column, Component, DataTable, EmptyState, EmptyWhy, Pager, Prefs, Tag, table_date,
};
use serde::Deserialize;

use super::{
    frame::{self, Ask, Built, Tab, answer},
    say,
};
use crate::{
    Portal,
    owner::{self, Text},
    shows::{
        decisions::{self, Decision},
        position,
    },
    words,
};

/// Rows on a page.
const ROWS: i64 = 50;

#[derive(Deserialize, Default)]
pub(crate) struct At {
    #[serde(default)]
    page: u32,
}

pub(crate) async fn page(
    State(portal): State<Arc<Portal>>,
    prefs: Prefs,
    uri: Uri,
    Path(id): Path<String>,
) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    let at = frame::asked::<At>(&uri).page.clamp(1, 10_000);
    answer(&ask, build(&ask, &id, at).await)
}

async fn build(ask: &Ask<'_>, id: &str, at: u32) -> Built {
    let unit = frame::village(ask, id, "/decisions").await?;
    let db = &ask.portal.db;
    let mut shell =
        ask.shell_of(&unit, ask.pick("大家的决定", "Decisions"), Tab::Decisions).await?;
    shell.lead = Some(
        ask.pick(
            "村里的大事，从提议到办完，一步一步都在这里。",
            "The village's larger matters, from the proposal to the last step.",
        )
        .into(),
    );
    let skip = i64::from(at - 1) * ROWS;
    let mut found = decisions::of_unit(db, &unit.unit, ROWS + 1, skip).await?;
    let further = found.len() as i64 > ROWS;
    found.truncate(usize::try_from(ROWS).unwrap_or(50));
    let as_of = match found.first() {
        Some(first) => position::of(db, decisions::OF, &first.position.log).await?,
        None => position::all(db, decisions::OF).await?.into_iter().next(),
    };
    shell.facts = Some(ask.facts(as_of));
    let mut table = table(ask, &found).await;
    if further || at > 1 {
        let link = |n: u32| format!("/villages/{}/decisions?page={n}", unit.unit);
        let number = decisions::number(db, &unit.unit).await?;
        let pages = u32::try_from((number + ROWS - 1) / ROWS).unwrap_or(1);
        table.pager = Some(Pager {
            at,
            of: pages.max(at + u32::from(further)),
            previous: (at > 1).then(|| link(at - 1)),
            next: further.then(|| link(at + 1)),
        });
    }
    Ok(shell.page(&table.render(ask.prefs.lang)))
}

/// What a decision is called: its own title while it may be shown, else its kind of matter.
pub(crate) fn title(
    ask: &Ask<'_>,
    decision: &Decision,
    definition: Option<&Definition>,
    title: Option<&Text>,
) -> String {
    match title.and_then(Text::words) {
        Some(words) if !words.trim().is_empty() => words,
        _ => matter(ask, decision, definition),
    }
}

/// The kind of matter in words.
pub(crate) fn matter(
    ask: &Ask<'_>,
    decision: &Decision,
    definition: Option<&Definition>,
) -> String {
    let l = ask.prefs.lang;
    let Some(matter) = decision.matter() else {
        return ask.pick("一件事", "A matter").to_owned();
    };
    let named = definition
        .and_then(|d| d.matter(matter))
        .map_or_else(|| words::matter(matter), |m| m.name.clone());
    words::pick(l, &named).to_owned()
}

/// A table of decisions: what, how far, what comes next.
pub(crate) async fn table(ask: &Ask<'_>, found: &[Decision]) -> DataTable {
    let (l, now) = (ask.prefs.lang, ask.portal.now());
    let mut table = DataTable::new(
        ask.pick("最近有动静的在前", "The latest first"),
        vec![
            Column::text(ask.pick("什么事", "Matter")),
            Column::date(ask.pick("提出日", "Tabled on")),
            Column::text(ask.pick("走到哪一步", "How far")),
            Column::text(ask.pick("下一步", "Next")),
            Column::money(ask.pick("最多花", "Limit")),
        ],
    );
    let owner = ask.portal.owner(decisions::OF.0);
    let wanted: Vec<_> = found.iter().filter_map(|d| d.title.as_ref()).collect();
    let mut titles = owner::texts(owner, &wanted).await.into_iter();
    for decision in found {
        let named = decision.title.as_ref().and_then(|_| titles.next());
        let definition = ask.portal.procedures.of(owner, &decision.history).await;
        let state = say::decision(l, decision, definition.as_deref(), now);
        let next = match (&state.next, decision.ended) {
            (Some(next), _) => Cell::text(next.sentence(l)),
            (None, true) => Cell::not_applicable(),
            (None, false) if decision.annulled => Cell::not_applicable(),
            (None, false) if definition.is_some() => {
                Cell::text(ask.pick("公示期满就办结", "ends with the posting"))
            }
            (None, false) => Cell::text(ask.pick("见里面的记录", "see the record inside")),
        };
        table = table.row(vec![
            Cell::text(title(ask, decision, definition.as_deref(), named.as_ref()))
                .href(format!("/decisions/{}", decision.proposal)),
            Cell::text(table_date(decision.began.micros())),
            Cell::tag(Tag { meaning: None, ..state.tag }),
            next,
            decision.limit().map_or_else(Cell::not_applicable, Cell::money),
        ]);
    }
    table.empty = Some(
        EmptyState::new(ask.pick("村里的决定", "Decisions of the village"), EmptyWhy::None)
            .because(ask.pick("还没有提出过", "nothing was tabled yet")),
    );
    table.id = "decision-table".into();
    table
}
