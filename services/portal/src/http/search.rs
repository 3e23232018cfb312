//! `/search`: units by name (now or before) or code, in the order of codes.

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use pages::{
    Cell, Column, Component, DataTable, EmptyState, EmptyWhy, Link, Markup, Prefs, TreeList,
};
use serde::Deserialize;

use super::{
    frame::{self, Ask, Built, answer},
    home, matters,
};
use crate::{
    Portal,
    shows::{divisions, position},
    words,
};

#[derive(Deserialize, Default)]
pub(crate) struct Search {
    #[serde(default)]
    q: String,
}

pub(crate) async fn page(State(portal): State<Arc<Portal>>, prefs: Prefs, uri: Uri) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    let wanted = frame::asked::<Search>(&uri).q;
    let wanted: String = wanted.chars().take(60).collect();
    answer(&ask, build(&ask, wanted.trim()).await)
}

async fn build(ask: &Ask<'_>, wanted: &str) -> Built {
    let (db, l) = (&ask.portal.db, ask.prefs.lang);
    let mut shell = ask.shell(ask.pick("找村子、找公开的事", "Find a village or a matter"));
    shell.breadcrumb = vec![Link::new(ask.pick("全部村子", "All villages"), "/")];
    let found = divisions::search(db, wanted).await?;
    let tops = divisions::children(db, None).await?;
    if let Some(log) =
        found.first().map(|f| &f.unit.position.log).or(tops.first().map(|t| &t.position.log))
    {
        shell.facts = Some(ask.facts(position::of(db, divisions::OF, log).await?));
    }
    let mut search = home::search_box(ask, wanted);
    let (hits, matters) = matters::found::render(ask, wanted).await?;
    if !wanted.is_empty() {
        search.found = Some(found.len() + hits);
    }
    let mut table = DataTable::new(
        ask.pick("找到的地方，按代码排列", "What was found, in the order of codes"),
        vec![
            Column::text(ask.pick("名称", "Name")),
            Column::text(ask.pick("在哪里", "Where")),
            Column::text(ask.pick("级别", "Level")),
            Column::text(ask.pick("代码", "Code")),
        ],
    );
    for hit in &found {
        let name = match &hit.earlier_name {
            Some(earlier) => {
                format!(
                    "{}{}{earlier}{}",
                    hit.unit.name,
                    ask.pick("（曾用名 ", " (formerly "),
                    ask.pick("）", ")")
                )
            }
            None => hit.unit.name.clone(),
        };
        table = table.row(vec![
            Cell::text(name).href(hit.unit.href()),
            Cell::text(hit.above.join(ask.pick("", ", "))),
            Cell::text(words::level(l, hit.unit.level)),
            Cell::text(hit.unit.code.clone()),
        ]);
    }
    let body = if wanted.is_empty() {
        Markup::paragraph(ask.pick(
            "可以只写一部分：“青禾”“云溪 青禾”，或者代码的前几位。曾用名也找得到。",
            "A part is enough: a few characters, a township and a village, or the first digits of a code. Earlier names are found too.",
        ))
    } else if found.is_empty() {
        EmptyState::new(ask.pick("和这几个字对得上的地方", "Places that match"), EmptyWhy::None)
            .act(
                ask.pick(
                    "少写几个字再试，或者从上往下找：",
                    "Try fewer characters, or look from the top:",
                ),
                Some(Link::new(ask.pick("全部村子", "All villages"), "/")),
            )
            .render(l)
    } else {
        let mut body = table.render(l);
        if found.len() >= divisions::MOST_FOUND {
            body.push(Markup::paragraph(ask.pick(
                "只列出前 50 个，请多写几个字。",
                "Only the first 50 are listed: write more of the name.",
            )));
        }
        body
    };
    let list = TreeList { label: String::new(), search: Some(search), nodes: Vec::new() };
    // What was asked for may be a matter and no place.
    let body = if found.is_empty() && hits > 0 { Markup::default() } else { body };
    Ok(shell.page(&Markup::join([list.render(l), body, matters])))
}
