//! `/villages/{unit}/indicators`, `/units/{unit}/indicators`: indicators in bands with their reasons. A village's own page
//! says its numbers, and each opens to its events; of the villages below a township bands alone are said, in the order of
//! their codes. No ranks, no order by value, nobody's name.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{Path, State},
    http::Uri,
    response::Response,
};
use definitions::{
    figure::Figure,
    formula::{Unit, Words},
    indicator::{Called, Indicator},
};
use engines::report::{Measured, Said};
use kernel::{Level, Text};
use pages::{
    Cell, Column, Component, DataTable, EmptyState, EmptyWhy, Lang, Link, Markup, Prefs,
    SummaryList, SummaryRow, Tag, Tone, yuan_with_unit,
};
use serde::Serialize;

use super::{
    api, behind, events,
    frame::{self, Ask, Built, Failure, Tab, answer},
    report::Offered,
};
use crate::{
    Portal,
    shows::{
        divisions::{self, Unit as Place},
        figures::between,
        measured::{self, Village},
        position, vouchers,
    },
    words,
};

/// Villages of one page: more than any township has.
const VILLAGES: i64 = 200;

/// The indicators in the order of their dimensions' names; the order says nothing.
fn sorted(all: &BTreeMap<String, Indicator>) -> Vec<&Indicator> {
    let mut sorted: Vec<&Indicator> = all.values().collect();
    sorted.sort_by_key(|one| (one.dimension.en.clone(), one.head.id.clone()));
    sorted
}

/// A band, or why there is none.
fn band(l: Lang, measured: &Measured<'_>, with_meaning: bool) -> Tag {
    match &measured.said {
        Said::TooFew => {
            let tag = Tag::new(Tone::Neutral, l.pick("件数太少，不评", "Too few to say"));
            let why = l.pick("件数少，一两件就能左右", "one or two would decide it");
            if with_meaning { tag.meaning(why) } else { tag }
        }
        Said::Value { band, .. } => {
            let tag = Tag::new(Tone::Neutral, words::pick(l, &band.name));
            if with_meaning { tag.meaning(words::pick(l, &band.meaning)) } else { tag }
        }
    }
}

/// The value in words; none where there are too few.
fn value(l: Lang, indicator: &Indicator, measured: &Measured<'_>) -> Option<String> {
    let Said::Value { part, whole, .. } = &measured.said else { return None };
    let one = |number: i64, money: bool| match money {
        true => yuan_with_unit(l, number),
        false => pages::money::count(number),
    };
    let is_money = indicator.unit == Unit::Money || is_money(indicator);
    Some(match (whole, l) {
        (Some(whole), Lang::Zh) => {
            format!("{} 里有 {}", one(*whole, is_money), one(*part, is_money))
        }
        (Some(whole), Lang::En) => {
            format!("{} of {}", one(*part, is_money), one(*whole, is_money))
        }
        (None, _) => one(*part, is_money),
    })
}

/// Whether a share is of money: none of its names is counted by the file itself.
fn is_money(indicator: &Indicator) -> bool {
    let counted = |name: &&str| {
        indicator.figures.iter().any(|figure| figure.id == **name && figure.sum.is_none())
    };
    !indicator.is.names().iter().any(counted)
}

fn months(l: Lang, village: &Village, indicator: &Indicator) -> String {
    let (from, _) = village.months(indicator);
    let (from, to) = (from.unwrap_or_default(), village.month.as_str());
    match l {
        Lang::Zh => format!("{}至{}", words::month(l, &from), words::month(l, to)),
        Lang::En => format!("{} to {}", words::month(l, &from), words::month(l, to)),
    }
}

fn nothing_closed(ask: &Ask<'_>) -> EmptyState {
    EmptyState::new(ask.pick("考核指标", "Indicators"), EmptyWhy::NotDue).because(ask.pick(
        "还没有结过账的月份；还会变的数字不拿来评",
        "no month is closed yet, and figures that may still change are judged by nobody",
    ))
}

pub(crate) async fn page(
    State(portal): State<Arc<Portal>>,
    prefs: Prefs,
    uri: Uri,
    Path(id): Path<String>,
) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    answer(&ask, build(&ask, &id).await)
}

async fn build(ask: &Ask<'_>, id: &str) -> Built {
    let unit = frame::village(ask, id, "/indicators").await?;
    let (db, l) = (&ask.portal.db, ask.prefs.lang);
    let title = ask.pick("考核指标", "Indicators");
    let mut shell = ask.shell_of(&unit, title, Tab::Matters).await?;
    shell.lead = Some(
        ask.pick(
            "只看结果，分档说明，不排名次，不涉及个人。每个数点开，就是它背后的事。",
            "Outcomes alone, in bands with their reasons: no ranks, and nobody's name. Open a number to see what lies behind it.",
        )
        .to_owned(),
    );
    shell.facts = Some(ask.facts(position::all(db, vouchers::OF).await?.into_iter().next()));
    let all = ask.portal.reports.indicators(ask.portal).await?;
    let sorted = sorted(&all);
    let Some(village) = measured::load(db, &unit.unit, &sorted).await? else {
        return Ok(shell.page(&nothing_closed(ask).render(l)));
    };
    let mut table = DataTable::new(
        title,
        vec![
            Column::text(ask.pick("方面", "Dimension")),
            Column::text(ask.pick("指标", "Indicator")),
            Column::text(ask.pick("数", "Number")),
            Column::text(ask.pick("档", "Band")),
            Column::text(ask.pick("看哪几个月", "Months")),
        ],
    );
    for indicator in sorted {
        let measured = village.measure(indicator)?;
        let at = format!("/villages/{}/indicators/{}", unit.unit, indicator.head.id);
        let number = value(l, indicator, &measured);
        table = table.row(vec![
            Cell::text(words::pick(l, &indicator.dimension)),
            Cell::text(words::pick(l, &indicator.head.term)).href(at),
            number.map_or_else(Cell::not_applicable, Cell::text),
            Cell::tag(band(l, &measured, true)),
            Cell::text(months(l, &village, indicator)),
        ]);
    }
    table.id = "indicators".into();
    table.download = Some(Link::new(
        ask.pick("下载数据（JSON）", "As data (JSON)"),
        format!("/api/portal/villages/{}/indicators", unit.unit),
    ));
    table.empty = Some(
        EmptyState::new(title, EmptyWhy::None)
            .because(ask.pick("还没有采用过指标", "none was adopted yet")),
    );
    Ok(shell.page(&table.render(l)))
}

pub(crate) async fn one(
    State(portal): State<Arc<Portal>>,
    prefs: Prefs,
    uri: Uri,
    Path((unit, id)): Path<(String, String)>,
) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    answer(&ask, build_one(&ask, &unit, &id).await)
}

async fn build_one(ask: &Ask<'_>, unit: &str, id: &str) -> Built {
    let unit = frame::village(ask, unit, &format!("/indicators/{id}")).await?;
    let (db, l) = (&ask.portal.db, ask.prefs.lang);
    let mut all = ask.portal.reports.indicators(ask.portal).await?;
    let indicator = all.remove(id).ok_or(Failure::Missing)?;
    let term = words::pick(l, &indicator.head.term).to_owned();
    let mut shell = ask.shell_of(&unit, term, Tab::Matters).await?;
    let list = format!("/villages/{}/indicators", unit.unit);
    shell.breadcrumb.push(Link::new(ask.pick("考核指标", "Indicators"), list));
    shell.facts = Some(ask.facts(position::all(db, vouchers::OF).await?.into_iter().next()));
    let Some(village) = measured::load(db, &unit.unit, &[&indicator]).await? else {
        return Ok(shell.page(&nothing_closed(ask).render(l)));
    };
    let measured = village.measure(&indicator)?;
    shell.lead = Some(words::pick(l, &formula(&indicator)).to_owned());
    let mut rows = vec![
        SummaryRow::text(ask.pick("方面", "Dimension"), words::pick(l, &indicator.dimension)),
        SummaryRow::markup(ask.pick("档", "Band"), band(l, &measured, true).render(l)),
        SummaryRow::text(ask.pick("看哪几个月", "Months"), months(l, &village, &indicator)),
    ];
    if let Some(number) = value(l, &indicator, &measured) {
        rows.insert(1, SummaryRow::text(ask.pick("数", "Number"), number));
    }
    rows.push(SummaryRow::text(
        ask.pick("依据", "By"),
        words::pick(l, &words::law(&indicator.head.law)),
    ));
    let reference = indicator.head.reference.as_str();
    rows.push(SummaryRow::link(
        ask.pick("算法（已采用的规则）", "How it is computed (adopted rule)"),
        Link::new(
            reference.chars().take(40).collect::<String>(),
            format!("/definitions/{reference}"),
        ),
    ));
    let mut parts = vec![SummaryList::new("", rows).render(l), bands(ask, &indicator).render(l)];
    let between = between(&village.months(&indicator));
    // too few things: neither number nor events are told, or one could be told from them
    if measured.said != Said::TooFew {
        let books = books(ask, &indicator, &village, &unit);
        if !books.rows.is_empty() {
            parts.push(books.render(l));
        }
        let counted: Vec<&Figure> = indicator.figures.iter().collect();
        parts.extend(counted.iter().map(|f| events::table(ask, f, village.tally(), between)));
    }
    Ok(shell.page(&Markup::join(parts)))
}

pub(crate) async fn figure(
    State(portal): State<Arc<Portal>>,
    prefs: Prefs,
    uri: Uri,
    Path((unit, id, name)): Path<(String, String, String)>,
) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    answer(&ask, build_figure(&ask, &unit, &id, &name).await)
}

async fn build_figure(ask: &Ask<'_>, unit: &str, id: &str, name: &str) -> Built {
    let unit = frame::village(ask, unit, &format!("/indicators/{id}/{name}")).await?;
    let (db, l) = (&ask.portal.db, ask.prefs.lang);
    let mut all = ask.portal.reports.indicators(ask.portal).await?;
    let indicator = all.remove(id).ok_or(Failure::Missing)?;
    let village = measured::load(db, &unit.unit, &[&indicator]).await?.ok_or(Failure::Missing)?;
    let (_, account) = name.split_once('.').ok_or(Failure::Missing)?;
    let named = of_books(&indicator).contains(&name);
    let fen = village.figure(&indicator, name).filter(|_| named).ok_or(Failure::Missing)?;
    if village.measure(&indicator)?.said == Said::TooFew {
        return Err(Failure::Missing);
    }
    let called = Offered.name(name);
    let mut shell = ask.shell_of(&unit, words::pick(l, &called), Tab::Money).await?;
    let list = format!("/villages/{}/indicators", unit.unit);
    shell.breadcrumb.push(Link::new(ask.pick("考核指标", "Indicators"), list.clone()));
    let term = words::pick(l, &indicator.head.term);
    shell.breadcrumb.push(Link::new(term, format!("{list}/{id}")));
    shell.facts = Some(ask.facts(position::all(db, vouchers::OF).await?.into_iter().next()));
    let rows = vec![
        SummaryRow::text(ask.pick("金额", "Amount"), yuan_with_unit(l, fen)),
        SummaryRow::text(ask.pick("看哪几个月", "Months"), months(l, &village, &indicator)),
    ];
    let covered = village.months(&indicator);
    let lines = behind::table(ask, &unit.unit, &[account], &covered).await?;
    Ok(shell.page(&Markup::join([SummaryList::new("", rows).render(l), lines])))
}

/// The names of an indicator that are figures of the books.
fn of_books(indicator: &Indicator) -> Vec<&str> {
    let formulas = [Some(&indicator.is), indicator.of.as_ref(), Some(&indicator.things)];
    let mut names: Vec<&str> = formulas.iter().flatten().flat_map(|ast| ast.names()).collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| !indicator.figures.iter().any(|figure| figure.id == *name));
    names
}

/// How it is computed, as a sentence.
fn formula(indicator: &Indicator) -> Text {
    let called = Called { figures: &indicator.figures, others: &Offered };
    let is = indicator.is.sentence(&called);
    match indicator.of.as_ref().map(|of| of.sentence(&called)) {
        Some(of) => Text::new(
            format!("“{}”占“{}”的比例", is.zh, of.zh),
            format!("{}, as a share of {}", is.en, of.en),
        ),
        None => is,
    }
}

/// The bands and what each means.
fn bands(ask: &Ask<'_>, indicator: &Indicator) -> DataTable {
    let l = ask.prefs.lang;
    let mut table = DataTable::new(
        ask.pick("怎么分档", "The bands"),
        vec![
            Column::text(ask.pick("档", "Band")),
            Column::text(ask.pick("从多少起", "From")),
            Column::text(ask.pick("意思", "What it means")),
        ],
    );
    for band in &indicator.bands {
        let from = band.written.clone().map(Cell::text);
        table = table.row(vec![
            Cell::text(words::pick(l, &band.name)),
            from.unwrap_or_else(|| Cell::text(ask.pick("以下", "below"))),
            Cell::text(words::pick(l, &band.meaning)),
        ]);
    }
    table.id = "bands".into();
    table
}

/// The figures of the books that it names, each leading to its vouchers.
fn books(ask: &Ask<'_>, indicator: &Indicator, village: &Village, unit: &Place) -> DataTable {
    let l = ask.prefs.lang;
    let mut table = DataTable::new(
        ask.pick("账上的数", "From the books"),
        vec![Column::text(ask.pick("哪个数", "Figure")), Column::money(ask.pick("金额", "Amount"))],
    );
    for name in of_books(indicator) {
        let figure = village.figure(indicator, name).unwrap_or_default();
        let href = format!("/villages/{}/indicators/{}/{name}", unit.unit, indicator.head.id);
        let called = Offered.name(name);
        table =
            table.row(vec![Cell::text(words::pick(l, &called)).href(href), Cell::money(figure)]);
    }
    table.id = "books".into();
    table
}

pub(crate) async fn below(
    State(portal): State<Arc<Portal>>,
    prefs: Prefs,
    uri: Uri,
    Path(id): Path<String>,
) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    answer(&ask, build_below(&ask, &id).await)
}

async fn build_below(ask: &Ask<'_>, id: &str) -> Built {
    let unit = frame::unit(ask, id, "/indicators").await?;
    if unit.level != Level::Township {
        return Err(Failure::Missing);
    }
    let (db, l) = (&ask.portal.db, ask.prefs.lang);
    let title = ask.pick("各村的考核指标", "Indicators of the villages");
    let mut shell = ask.shell_of(&unit, title, Tab::Matters).await?;
    shell.lead = Some(
        ask.pick(
            "按区划代码排列，只写档次。村和村情况不同，档次不是名次。",
            "In the order of their codes, in bands alone. Villages differ; a band is no rank.",
        )
        .to_owned(),
    );
    shell.facts = Some(ask.facts(position::all(db, vouchers::OF).await?.into_iter().next()));
    let all = ask.portal.reports.indicators(ask.portal).await?;
    let sorted = sorted(&all);
    let mut columns = vec![Column::text(ask.pick("村", "Village"))];
    columns.extend(sorted.iter().map(|one| Column::text(words::pick(l, &one.dimension))));
    let mut table = DataTable::new(title, columns);
    for village in divisions::below(db, &unit.unit, VILLAGES).await? {
        if !village.is_governed_village() {
            continue;
        }
        let href = format!("/villages/{}/indicators", village.unit);
        let mut row = vec![Cell::text(village.name.clone()).href(href)];
        match measured::load(db, &village.unit, &sorted).await? {
            Some(loaded) => {
                for indicator in &sorted {
                    row.push(Cell::tag(band(l, &loaded.measure(indicator)?, false)));
                }
            }
            None => row.extend(sorted.iter().map(|_| Cell::not_due())),
        }
        table = table.row(row);
    }
    table.id = "bands-below".into();
    let rows = sorted.iter().map(|one| {
        SummaryRow::text(words::pick(l, &one.dimension), words::pick(l, &one.head.term))
    });
    let what = SummaryList::new(ask.pick("看的是什么", "What is looked at"), rows.collect());
    Ok(shell.page(&Markup::join([table.render(l), what.render(l)])))
}

/// `/api/portal/villages/{unit}/indicators`: the same for programs.
pub(crate) async fn api(State(portal): State<Arc<Portal>>, Path(unit): Path<String>) -> Response {
    #[derive(Serialize)]
    struct One {
        indicator: String,
        definition: String,
        term: Text,
        dimension: Text,
        months: (Option<String>, Option<String>),
        #[serde(skip_serializing_if = "Option::is_none")]
        part: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        whole: Option<i64>,
        /// `too-few` where nothing is said.
        band: String,
    }
    #[derive(Serialize)]
    struct Answer {
        unit: String,
        /// The latest closed month; none where no month is closed.
        closed: Option<String>,
        indicators: Vec<One>,
    }
    let built = async {
        divisions::get(&portal.db, &unit).await?.ok_or(Failure::Missing)?;
        let all = portal.reports.indicators(&portal).await?;
        let sorted = sorted(&all);
        let village = measured::load(&portal.db, &unit, &sorted).await?;
        let mut indicators = Vec::new();
        for indicator in village.iter().flat_map(|_| &sorted) {
            let Some(village) = &village else { continue };
            let (part, whole, band) = match village.measure(indicator)?.said {
                Said::TooFew => (None, None, "too-few".to_owned()),
                Said::Value { part, whole, band } => (Some(part), whole, band.id.clone()),
            };
            let (from, _) = village.months(indicator);
            indicators.push(One {
                indicator: indicator.head.id.clone(),
                definition: indicator.head.reference.to_string(),
                term: indicator.head.term.clone(),
                dimension: indicator.dimension.clone(),
                months: (from, Some(village.month.clone())),
                part,
                whole,
                band,
            });
        }
        let as_of = position::all(&portal.db, vouchers::OF).await?;
        let closed = village.map(|village| village.month);
        Ok((as_of, Answer { unit: unit.clone(), closed, indicators }))
    };
    api::answer(built.await)
}
