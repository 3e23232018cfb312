//! `/villages/{unit}/matters/{procedure}`: a unit's matters of one procedure, paged; all, under way, or ended.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::Uri,
    response::Response,
};
use definitions::Definition;
use pages::{
    Cell, Column, Component, DataTable, EmptyState, EmptyWhy, Link, Markup, Pager, Prefs, Tag,
    Views, table_date,
};
use serde::Deserialize;

use super::{Ask, Named, href, named, section, state};
use crate::{
    Portal,
    http::frame::{self, Built, Failure, Tab, answer},
    shows::{
        divisions::Unit,
        matters::{self, Among, Count, Matter},
        position, rules,
    },
};

/// Rows on a page.
pub(crate) const ROWS: i64 = 50;

/// What the address asks: which of them, and which page.
#[derive(Deserialize, Default)]
pub(crate) struct Wanted {
    #[serde(default)]
    show: String,
    #[serde(default)]
    page: u32,
}

impl Wanted {
    /// An unknown word shows all.
    pub fn among(&self) -> Among {
        match self.show.as_str() {
            "running" => Among::Running,
            "ended" => Among::Ended,
            _ => Among::All,
        }
    }

    /// The page, from 1.
    pub fn at(&self) -> u32 {
        self.page.clamp(1, 10_000)
    }
}

fn word(among: Among) -> &'static str {
    match among {
        Among::All => "all",
        Among::Running => "running",
        Among::Ended => "ended",
    }
}

/// A unit's matters of one procedure: how many, and those of a page.
pub(crate) struct Listed {
    pub unit: Unit,
    pub count: Count,
    pub definition: Option<Arc<Definition>>,
    pub matters: Vec<Matter>,
}

/// Reads a page of the list. A procedure that is adopted and has no matter here yet gives an empty one.
pub(crate) async fn load(
    ask: &Ask<'_>,
    (id, procedure): (&str, &str),
    wanted: &Wanted,
) -> Result<Listed, Failure> {
    let unit = frame::unit(ask, id, &format!("/matters/{procedure}")).await?;
    let count =
        section::counts(ask, &unit.unit).await?.into_iter().find(|c| c.procedure == procedure);
    let count = match count {
        Some(count) => count,
        None => none_yet(ask, procedure).await?.ok_or(Failure::Missing)?,
    };
    let skip = i64::from(wanted.at() - 1) * ROWS;
    let of = (count.service, procedure);
    let matters =
        matters::of_unit(&ask.portal.db, &unit.unit, of, wanted.among(), (ROWS, skip)).await?;
    let definition = section::definition_of(ask, &count).await;
    Ok(Listed { unit, count, definition, matters })
}

/// The procedure as it was adopted last, when one of the services heard knows its text.
async fn none_yet(ask: &Ask<'_>, procedure: &str) -> Result<Option<Count>, Failure> {
    for rule in rules::of(&ask.portal.db, procedure).await? {
        let definition = format!("{}@{}", rule.definition, rule.hash);
        for kept in matters::KEPT {
            let owner = ask.portal.owner(kept.service());
            let Some(found) = ask.portal.procedures.get(owner, &definition).await else { continue };
            // What lies in a closed log is in no list, not even in an empty one.
            if found.is_closed() || super::own_page(kept.service(), &found.stream).is_some() {
                return Ok(None);
            }
            return Ok(Some(Count {
                service: kept.service(),
                kind: found.stream.clone(),
                procedure: procedure.to_owned(),
                definition,
                running: 0,
                ended: 0,
                last: kernel::Timestamp::from_micros(0),
            }));
        }
    }
    Ok(None)
}

pub(crate) async fn page(
    State(portal): State<Arc<Portal>>,
    prefs: Prefs,
    uri: Uri,
    Path((id, procedure)): Path<(String, String)>,
) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    answer(&ask, build(&ask, (&id, &procedure), &frame::asked(&uri)).await)
}

async fn build(ask: &Ask<'_>, of: (&str, &str), wanted: &Wanted) -> Built {
    let (db, l) = (&ask.portal.db, ask.prefs.lang);
    let Listed { unit, count, definition, matters } = load(ask, of, wanted).await?;
    let title = section::term(ask, definition.as_deref(), &count.procedure);
    let mut shell = ask.shell_of(&unit, title, Tab::Matters).await?;
    shell.lead = Some(match l {
        pages::Lang::Zh => format!("{}公开的全部记录，最近有动静的在前。", unit.name),
        pages::Lang::En => format!("All that {} has published of it, the latest first.", unit.name),
    });
    let as_of = match (matters.first(), kept(count.service)) {
        (Some(first), Some(kept)) => position::of(db, kept, &first.position.log).await?,
        (None, Some(kept)) => position::all(db, kept).await?.into_iter().next(),
        (_, None) => None,
    };
    shell.facts = Some(ask.facts(as_of));
    let named = named(ask, matters).await;
    let mut table = table(ask, &named, &shell.title);
    table.pager = pager(&unit, &count, wanted);
    let mut parts = vec![views(ask, &unit, &count, wanted).render(l), table.render(l)];
    if let Some(definition) = &definition {
        parts.push(super::rule::render(ask, definition).await?);
    }
    Ok(shell.page(&Markup::join(parts)))
}

/// The read model of a service, for its position.
pub(crate) fn kept(service: &str) -> Option<(&'static str, &'static str)> {
    matters::KEPT.into_iter().find(|kept| kept.service() == service).map(matters::Matters::of)
}

fn views(ask: &Ask<'_>, unit: &Unit, count: &Count, wanted: &Wanted) -> Views {
    let at = section::list_href(unit, &count.procedure);
    let choices = [
        (Among::All, ask.pick("全部", "All")),
        (Among::Running, ask.pick("办理中", "Under way")),
        (Among::Ended, ask.pick("已结束", "Ended")),
    ];
    let views = choices.map(|(among, text)| {
        let href =
            if among == Among::All { at.clone() } else { format!("{at}?show={}", word(among)) };
        (format!("{text} {}", count.among(among)), href, among == wanted.among())
    });
    Views { label: ask.pick("看哪些", "Which of them").into(), views: views.to_vec() }
}

fn pager(unit: &Unit, count: &Count, wanted: &Wanted) -> Option<Pager> {
    let (at, all) = (wanted.at(), count.among(wanted.among()));
    let of = u32::try_from((all + ROWS - 1) / ROWS).unwrap_or(1).max(1);
    if of == 1 && at == 1 {
        return None;
    }
    let base = section::list_href(unit, &count.procedure);
    let link = |n: u32| format!("{base}?show={}&page={n}", word(wanted.among()));
    Some(Pager {
        at,
        of: of.max(at),
        previous: (at > 1).then(|| link(at - 1)),
        next: (at < of).then(|| link(at + 1)),
    })
}

fn table(ask: &Ask<'_>, named: &[Named], term: &str) -> DataTable {
    let (l, now) = (ask.prefs.lang, ask.portal.now());
    let mut table = DataTable::new(
        ask.pick("最近有动静的在前", "The latest first"),
        vec![
            Column::text(ask.pick("什么事", "What")),
            Column::date(ask.pick("开始", "Began")),
            Column::text(ask.pick("走到哪一步", "How far")),
            Column::text(ask.pick("下一步", "Next")),
            Column::date(ask.pick("最近动静", "Last event")),
        ],
    );
    for one in named {
        let state = state::line(l, &one.matter, one.definition.as_deref(), now);
        let title = match (&one.headline, one.topic(ask)) {
            (Some(headline), _) => headline.clone(),
            (None, topic) => topic.unwrap_or_else(|| one.kind(ask)),
        };
        table = table.row(vec![
            Cell::text(title).href(href(&one.matter)),
            Cell::date(one.matter.began.micros()),
            Cell::tag(Tag { meaning: None, ..state.tag }),
            state.next.map_or_else(Cell::not_applicable, |next| Cell::text(next.sentence(l))),
            Cell::text(table_date(one.matter.last.micros())),
        ]);
    }
    table.empty = Some(
        EmptyState::new(term, EmptyWhy::None)
            .because(ask.pick("这里还没有过这样的事", "there was none here yet"))
            .act(
                ask.pick("可以看看别的：", "Look elsewhere:"),
                Some(Link::new(ask.pick("全部村子", "All villages"), "/")),
            ),
    );
    table.id = "matter-table".into();
    table
}
