//! `/villages/{unit}/assets`: the register of a village's assets: each card as of a day, who looked last, and for how long it
//! is let. The same page serves any procedure whose matters are cards.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::Uri,
    response::Response,
};
use definitions::{Definition, Field, FieldType};
use engines::register::{Card, Line};
use kernel::{Class, Date, Timestamp};
use pages::{
    Cell, Column, Component, DataTable, EmptyState, EmptyWhy, Lang, Markup, Prefs, Tag, Tone, Views,
};
use serde::Deserialize;

use super::{
    frame::{self, Ask, Built, Tab, answer},
    matters::{self as pages_of_matters, Named, section},
};
use crate::{
    Portal,
    shows::{
        divisions::Unit,
        matters::{self, Among, Matters, Told},
        position,
    },
    telling, words,
};

/// Of funds-oversight: the register of assets.
const ASSETS: (&str, &str) = ("funds", "asset");
/// Cards on the page.
const MOST: i64 = 500;
/// Days after which what a card says is stale (清产核资 is yearly).
const STALE: u32 = 365;

/// What the address asks: as of which day, and which value of the first choice of a card.
#[derive(Deserialize, Default)]
struct Wanted {
    as_of: Option<String>,
    #[serde(default)]
    of: String,
}

pub(crate) async fn assets(
    State(portal): State<Arc<Portal>>,
    prefs: Prefs,
    uri: Uri,
    Path(id): Path<String>,
) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    answer(&ask, build(&ask, &id, &frame::asked(&uri)).await)
}

/// A card with its matter.
struct Shown {
    named: Named,
    card: Card,
}

async fn build(ask: &Ask<'_>, id: &str, wanted: &Wanted) -> Built {
    let unit = frame::village(ask, id, "/assets").await?;
    let (db, l, today) = (&ask.portal.db, ask.prefs.lang, ask.portal.now().date());
    let day: Date =
        wanted.as_of.as_deref().and_then(|d| d.parse().ok()).unwrap_or(today).min(today);
    let found = matters::of_unit(db, &unit.unit, ASSETS, Among::All, (MOST, 0)).await?;
    let mut events = matters::events_of_unit(db, &unit.unit, ASSETS).await?;
    let title = ask.pick("集体资产台账", "Register of assets");
    let mut shell = ask.shell_of(&unit, title, Tab::Money).await?;
    shell.lead = Some(match l {
        Lang::Zh => {
            format!("{day}这一天的台账：每项资产最后由谁看过，看到的样子。写过的不会被抹去。")
        }
        Lang::En => format!(
            "The register as of {day}: who looked at each asset last, and what was found. Nothing is wiped out."
        ),
    });
    let as_of = position::all(db, Matters::of(&matters::FUNDS)).await?.into_iter().next();
    shell.facts = Some(ask.facts(as_of));
    let mut shown = Vec::new();
    for named in pages_of_matters::named(ask, found).await {
        let told = events.remove(&named.matter.id).unwrap_or_default();
        if let Some(card) = Card::as_of(told.iter().map(line), Timestamp::end_of(day)) {
            shown.push(Shown { named, card });
        }
    }
    shown.sort_by(|a, b| a.named.matter.id.cmp(&b.named.matter.id));
    let definition = shown.iter().find_map(|one| one.named.definition.clone());
    let topic = definition.as_deref().and_then(telling::topic);
    let views = topic.map(|field| views(ask, &unit, field, &shown, wanted, day));
    if let Some(field) = topic.filter(|_| !wanted.of.is_empty()) {
        shown.retain(|one| one.card.text(&field.name) == Some(wanted.of.as_str()));
    }
    let table = table(ask, definition.as_deref(), &shown, day);
    let mut parts: Vec<Markup> = views.into_iter().collect();
    parts.push(table.render(l));
    let all = section::list_href(&unit, ASSETS.1);
    parts.push(Markup::action(&all, ask.pick("每一张卡片的经过", "What happened to each")));
    Ok(shell.page(&Markup::join(parts)))
}

fn line(told: &Told) -> Line<'_> {
    Line {
        fact: &told.happening.fact,
        at: told.happening.at,
        post: told.happening.actor.post.as_deref(),
        holder: told.happening.actor.holder.as_deref(),
        of_definition: told.definition.is_some(),
        data: &told.happening.data,
    }
}

fn views(
    ask: &Ask<'_>,
    unit: &Unit,
    field: &Field,
    shown: &[Shown],
    wanted: &Wanted,
    day: Date,
) -> Markup {
    let at = |value: &str| format!("/villages/{}/assets?as_of={day}&of={value}", unit.unit);
    let count =
        |value: &str| shown.iter().filter(|one| one.card.text(&field.name) == Some(value)).count();
    let all = format!("{} {}", ask.pick("全部", "All"), shown.len());
    let mut views = vec![(all, at(""), wanted.of.is_empty())];
    if let FieldType::Enum(values) = &field.kind {
        for value in values.iter().filter(|value| count(value) > 0) {
            let name = field.words.get(value).map(|word| words::pick(ask.prefs.lang, word));
            let text = format!("{} {}", name.unwrap_or(value), count(value));
            views.push((text, at(value), wanted.of == *value));
        }
    }
    Views { label: ask.pick("看哪一类", "Which of them").into(), views }.render(ask.prefs.lang)
}

/// The public choices, amounts and days of a card, in the order of the file, up to four.
fn columns(definition: &Definition) -> Vec<&Field> {
    let mut fields: Vec<&Field> = definition
        .fields
        .values()
        .filter(|field| field.class.strictest() == Class::Public)
        .filter(|field| matches!(field.kind, FieldType::Enum(_) | FieldType::Money))
        .collect();
    fields.sort_by_key(|field| field.order);
    fields.truncate(3);
    fields
}

fn table(ask: &Ask<'_>, definition: Option<&Definition>, shown: &[Shown], day: Date) -> DataTable {
    let l = ask.prefs.lang;
    let fields = definition.map(columns).unwrap_or_default();
    let mut heads =
        vec![Column::text(ask.pick("卡号", "Card")), Column::text(ask.pick("名称", "What it is"))];
    heads.extend(fields.iter().map(|field| match field.kind {
        FieldType::Money => Column::money(words::pick(l, &field.label)),
        _ => Column::text(words::pick(l, &field.label)),
    }));
    heads.push(Column::text(ask.pick("出租到", "Let until")));
    heads.push(Column::text(ask.pick("最后查看", "Last seen")));
    let mut table = DataTable::new(ask.pick("每项资产一行", "A line for each"), heads);
    for Shown { named, card } in shown {
        let number = card.text("card").unwrap_or(&named.matter.id).to_owned();
        let name = named.headline.clone().unwrap_or_default();
        let mut cells =
            vec![Cell::text(number).href(pages_of_matters::href(&named.matter)), Cell::text(name)];
        for field in &fields {
            cells.push(match (&field.kind, card.values.get(&field.name)) {
                (_, None) => Cell::not_applicable(),
                (FieldType::Money, _) => {
                    card.number(&field.name).map_or_else(Cell::not_applicable, Cell::money)
                }
                _ => {
                    let value = card.text(&field.name).unwrap_or_default();
                    let word = field.words.get(value).map(|word| words::pick(l, word));
                    Cell::text(word.unwrap_or(value))
                }
            });
        }
        let until = card.text("until").filter(|_| card.last != "asset-handed-back.v1");
        cells.push(until.map_or_else(Cell::not_applicable, Cell::text));
        cells.push(seen(ask, card, day));
        table = table.row(cells);
    }
    table.empty = Some(
        EmptyState::new(ask.pick("集体资产", "Assets"), EmptyWhy::None)
            .because(ask.pick("这一天台账里还没有资产", "the register was empty on that day")),
    );
    table.id = "register".into();
    table
}

fn seen(ask: &Ask<'_>, card: &Card, day: Date) -> Cell {
    if card.ended {
        return Cell::tag(Tag::new(Tone::Neutral, ask.pick("已处置", "Gone")));
    }
    let Some(seen) = &card.seen else { return Cell::not_applicable() };
    let (l, on) = (ask.prefs.lang, seen.at.date());
    let who = words::post(&seen.post);
    let said = match l {
        Lang::Zh => format!("{on} {}", who.zh),
        Lang::En => format!("{on}, {}", who.en),
    };
    if seen.days_ago(day) > STALE {
        return Cell::tag(Tag::new(Tone::Wait, said));
    }
    Cell::text(said)
}
