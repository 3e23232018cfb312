//! The events behind a number: what happened, when, and the page or the proof of each.

use definitions::figure::Figure;
use pages::{
    Cell, Column, Component, DataTable, EmptyState, EmptyWhy, Markup, query_encode, yuan_with_unit,
};

use super::frame::Ask;
use crate::{
    shows::tally::{Between, Counted, Tally},
    words,
};

/// Events listed behind a number.
const MOST: usize = 200;

/// The events that a figure counts, latest first.
pub(crate) fn table(ask: &Ask<'_>, figure: &Figure, tally: &Tally, between: Between) -> Markup {
    let l = ask.prefs.lang;
    let mut events = tally.of(figure, between);
    events.reverse();
    let name = words::pick(l, &figure.name);
    let said = match (&figure.sum, l) {
        (Some(_), _) => {
            format!("{name} · {}", yuan_with_unit(l, tally.figure(figure, between)))
        }
        (None, pages::Lang::Zh) => format!("{name} · {} 件", events.len()),
        (None, pages::Lang::En) => format!("{name} · {}", events.len()),
    };
    let mut table = DataTable::new(
        said,
        vec![
            Column::date(ask.pick("日期", "Date")),
            Column::text(ask.pick("哪一件", "Which")),
            Column::text(ask.pick("在日志里的位置", "Place in the log")),
        ],
    );
    for one in events.iter().take(MOST) {
        let (_, key) = one.stream.split_once('/').unwrap_or(("", &one.stream));
        let mut which = Cell::text(key);
        which.href = page_of(one);
        let place = format!("{} · {}", one.position.log, one.position.index);
        let proof = format!(
            "/verify?log={}&index={}&hash={}",
            query_encode(one.position.log.as_str()),
            one.position.index,
            one.position.leaf.chars().take(16).collect::<String>()
        );
        table = table.row(vec![Cell::date(one.at.micros()), which, Cell::text(place).href(proof)]);
    }
    table.id = format!("events-{}", figure.id);
    table.empty = Some(
        EmptyState::new(name, EmptyWhy::None)
            .because(ask.pick("这段时间没有发生过", "nothing of the kind happened in this time")),
    );
    let mut out = table.render(l);
    if events.len() > MOST {
        out.push(Markup::paragraph(
            ask.pick("只列出最近200件。", "Only the latest 200 are listed."),
        ));
    }
    out
}

/// The page on which the whole of it stands; some things have none of their own.
fn page_of(one: &Counted) -> Option<String> {
    let (kind, key) = one.stream.split_once('/')?;
    match (one.source, kind) {
        ("funds", "payment") => Some(format!("/payments/{key}")),
        ("organisation", "proposal") => Some(format!("/decisions/{key}")),
        ("funds", "book" | "item" | "query" | "reserve" | "account") => None,
        _ if one.definition.is_empty() => None,
        (source, _) => Some(format!("/matters/{source}/{}/{key}", one.definition)),
    }
}
