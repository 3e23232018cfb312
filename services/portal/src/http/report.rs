//! `/villages/{unit}/reports/{report}/{month}`: a report (报表) of a village's book, each number with the lines behind it.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::Uri,
    response::Response,
};
use definitions::{
    figure::Figure,
    formula::Unit,
    report::{Column as Period, Line, Named, Report},
};
use engines::report::{Sheet, compute};
use pages::{
    Cell, Column, Component, DataTable, Lang, Link, Markup, Prefs, SummaryList, SummaryRow, Tag,
    Tone,
};
use serde::{Deserialize, Serialize};
use store::StoreError;

use super::{
    api, behind, events,
    frame::{self, Ask, Built, Failure, Tab, answer},
};
use crate::{
    Portal,
    shows::{
        AsOf,
        figures::{self, Posted},
        position,
        tally::{self, Tally},
        vouchers,
    },
    words,
};

/// A report of one month with what it is computed from.
struct Of {
    report: Report,
    posted: Posted,
    tally: Tally,
    closed: bool,
    as_of: Option<AsOf>,
}

async fn load(portal: &Portal, unit: &str, id: &str, month: &str) -> Result<Of, Failure> {
    if !vouchers::is_month(month) {
        return Err(Failure::Missing);
    }
    let books = vouchers::months(&portal.db, unit).await?;
    let book = books.iter().find(|book| book.month == month).ok_or(Failure::Missing)?;
    let report = portal.reports.in_force(portal).await?.remove(id).ok_or(Failure::Missing)?;
    let as_of = position::all(&portal.db, vouchers::OF).await?.into_iter().next();
    let posted = figures::load(&portal.db, unit, month).await?;
    let counted: Vec<&Figure> = report.figures.iter().collect();
    let tally = tally::load(&portal.db, unit, &counted).await?;
    Ok(Of { report, posted, tally, closed: book.closed.is_some(), as_of })
}

impl Of {
    /// Every report in force was proved when it was adopted; a number out of range is no page.
    fn sheet(&self) -> Result<Sheet<'_>, Failure> {
        let counted = self.report.figures.as_slice();
        let told = figures::Told { counted, posted: &self.posted, tally: &self.tally };
        compute(&self.report, &told).map_err(|error| {
            tracing::error!(report = self.report.head.id, %error, "a report cannot be computed");
            Failure::Store(StoreError::Corrupt(format!("report {}: {error}", self.report.head.id)))
        })
    }
}

/// The reports of a month, for the month's page.
pub(crate) async fn links(ask: &Ask<'_>, unit: &str, month: &str) -> Result<Markup, Failure> {
    let reports = ask.portal.reports.in_force(ask.portal).await?;
    let mut parts = Vec::new();
    let mut reports: Vec<&Report> = reports.values().collect();
    reports.sort_by_key(|report| !report.disclosed);
    for report in reports {
        let name = words::pick(ask.prefs.lang, &report.head.term);
        parts.push(Markup::action(
            &format!("/villages/{unit}/reports/{}/{month}", report.head.id),
            name,
        ));
    }
    if parts.is_empty() {
        return Ok(Markup::default());
    }
    Ok(Markup::section("reports", ask.pick("报表", "Statements"), Markup::join(parts)))
}

pub(crate) async fn page(
    State(portal): State<Arc<Portal>>,
    prefs: Prefs,
    uri: Uri,
    Path((unit, id, month)): Path<(String, String, String)>,
) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    let all = frame::asked::<Wanted>(&uri).all.is_some();
    answer(&ask, build(&ask, &unit, &id, &month, all).await)
}

/// With `all`, lines without a number too.
#[derive(Deserialize, Default)]
struct Wanted {
    all: Option<String>,
}

async fn build(ask: &Ask<'_>, unit: &str, id: &str, month: &str, all: bool) -> Built {
    let unit = frame::village(ask, unit, &format!("/reports/{id}/{month}")).await?;
    let l = ask.prefs.lang;
    let of = load(ask.portal, &unit.unit, id, month).await?;
    let sheet = of.sheet()?;
    let name = words::pick(l, &of.report.head.term);
    let title = match l {
        Lang::Zh => format!("{}{name}", words::month(l, month)),
        Lang::En => format!("{name}, {}", words::month(l, month)),
    };
    let mut shell = ask.shell_of(&unit, title, Tab::Money).await?;
    crumbs(ask, &mut shell.breadcrumb, &unit.unit, month);
    shell.lead = Some(
        ask.pick(
            "每个数都由记过的账算出来；点项目，看它从哪些凭证来。",
            "Every number is computed from what was booked; open a line to see the vouchers behind it.",
        )
        .to_owned(),
    );
    shell.facts = Some(ask.facts(of.as_of.clone()));
    let at = format!("/villages/{}/reports/{id}/{month}", unit.unit);
    let mut columns = vec![Column::text(ask.pick("项目", "Line"))];
    columns
        .extend(of.report.columns.iter().map(|column| Column::money(words::pick(l, &column.name))));
    let mut table = DataTable::new(name, columns);
    let mut hidden = 0_usize;
    for (line, (_, cells)) in of.report.lines.iter().zip(&sheet.lines) {
        if !all && !line.total && cells.iter().all(|fen| *fen == 0) {
            hidden += 1;
            continue;
        }
        let mut row =
            vec![Cell::text(words::pick(l, &line.name)).href(format!("{at}/{}", line.id))];
        row.extend(cells.iter().map(|number| cell(line, *number)));
        table = if line.total { table.sum(row) } else { table.row(row) };
    }
    table.id = "report".into();
    table.download = Some(Link::new(
        ask.pick("下载这张表的数据（JSON）", "This report as data (JSON)"),
        format!("/api/portal{at}"),
    ));
    let proofs = sheet.proofs.iter().map(|(proof, broken)| {
        let said = words::pick(l, &proof.says);
        if broken.is_empty() {
            return Markup::paragraph(&format!(
                "✓ {said}{}",
                ask.pick("，一分不差。", ", to the fen.")
            ));
        }
        let columns: Vec<&str> = broken.iter().map(|column| words::pick(l, &column.name)).collect();
        Tag::new(Tone::Wrong, format!("{said}{}", ask.pick("：对不上", ": it does not")))
            .meaning(columns.join(ask.pick("、", ", ")))
            .render(l)
    });
    let state = if of.closed {
        ask.pick("这个月已经结账。", "The month is closed.")
    } else {
        ask.pick(
            "这个月还没有结账，数字还会变。",
            "The month is not closed: figures may still change.",
        )
    };
    let law = words::law(&of.report.head.law);
    let rule = words::pick(l, &law);
    let reference = of.report.head.reference.as_str();
    let basis = vec![
        SummaryRow::text(ask.pick("依据", "By"), rule),
        SummaryRow::link(
            ask.pick("算法（已采用的规则）", "How it is computed (adopted rule)"),
            Link::new(
                reference.chars().take(40).collect::<String>(),
                format!("/definitions/{reference}"),
            ),
        ),
    ];
    Ok(shell.page(&Markup::join([
        Markup::paragraph(state),
        Markup::join(proofs),
        table.render(l),
        without_numbers(ask, hidden, &at),
        SummaryList::new(ask.pick("这张表怎么来的", "Where this report comes from"), basis)
            .render(l),
    ])))
}

/// Lines that are nothing in every column are left out until somebody asks for them.
fn without_numbers(ask: &Ask<'_>, hidden: usize, at: &str) -> Markup {
    if hidden == 0 {
        return Markup::default();
    }
    let text = match ask.prefs.lang {
        Lang::Zh => format!("显示全部项目（另有{hidden}项都是0.00）"),
        Lang::En => format!("Show every line ({hidden} more are 0.00)"),
    };
    Markup::action(&format!("{at}?all=1"), &text)
}

fn crumbs(ask: &Ask<'_>, breadcrumb: &mut Vec<Link>, unit: &str, month: &str) {
    let all = format!("/villages/{unit}/accounts");
    breadcrumb.push(Link::new(ask.pick("村里的账", "Money"), all.clone()));
    breadcrumb.push(Link::new(words::month(ask.prefs.lang, month), format!("{all}/{month}")));
}

pub(crate) async fn line(
    State(portal): State<Arc<Portal>>,
    prefs: Prefs,
    uri: Uri,
    Path((unit, id, month, line)): Path<(String, String, String, String)>,
) -> Response {
    let ask = Ask::new(&portal, prefs, &uri);
    answer(&ask, build_line(&ask, &unit, &id, &month, &line).await)
}

async fn build_line(ask: &Ask<'_>, unit: &str, id: &str, month: &str, line: &str) -> Built {
    let unit = frame::village(ask, unit, &format!("/reports/{id}/{month}/{line}")).await?;
    let l = ask.prefs.lang;
    let of = load(ask.portal, &unit.unit, id, month).await?;
    let sheet = of.sheet()?;
    let (line, cells) = of
        .report
        .lines
        .iter()
        .zip(&sheet.lines)
        .find(|(found, _)| found.id == line)
        .map(|(line, (_, cells))| (line, cells))
        .ok_or(Failure::Missing)?;
    let name = words::pick(l, &line.name);
    let mut shell = ask.shell_of(&unit, name, Tab::Money).await?;
    crumbs(ask, &mut shell.breadcrumb, &unit.unit, month);
    let report = words::pick(l, &of.report.head.term);
    let at = format!("/villages/{}/reports/{id}/{month}", unit.unit);
    shell.breadcrumb.push(Link::new(report, at));
    shell.facts = Some(ask.facts(of.as_of.clone()));
    let is = line.is.sentence(&Named { report: &of.report, others: &Offered });
    shell.lead = Some(match l {
        Lang::Zh => format!("{name} = {}", is.zh),
        Lang::En => format!("{name} = {}", is.en),
    });
    let rows = of
        .report
        .columns
        .iter()
        .zip(cells)
        .map(|(column, fen)| {
            let said = match line.unit {
                Unit::Count => pages::money::count(*fen),
                _ => pages::yuan_with_unit(l, *fen),
            };
            SummaryRow::text(words::pick(l, &column.name), said)
        })
        .collect();
    let names = of.report.figures_of(&line.id);
    let mut accounts: Vec<&str> = names
        .iter()
        .filter_map(|figure| figure.split_once('.').map(|(_, account)| account))
        .collect();
    accounts.sort_unstable();
    accounts.dedup();
    let covered = covered(&of.report, month);
    let counted: Vec<&Figure> =
        of.report.figures.iter().filter(|figure| names.contains(&figure.id.as_str())).collect();
    let mut parts =
        vec![SummaryList::new(ask.pick("这一行的数", "The numbers of this line"), rows).render(l)];
    let between = figures::between(&covered);
    parts.extend(counted.iter().map(|figure| events::table(ask, figure, &of.tally, between)));
    if !accounts.is_empty() || counted.is_empty() {
        parts.push(behind::table(ask, &unit.unit, &accounts, &covered).await?);
    }
    Ok(shell.page(&Markup::join(parts)))
}

/// The months that any column of a report covers.
fn covered(report: &Report, month: &str) -> figures::Months {
    let all: Vec<figures::Months> =
        report.columns.iter().map(|column: &Period| figures::months_of(month, column)).collect();
    let from = all.iter().map(|(from, _)| from.clone()).min().flatten();
    let to = all.into_iter().filter_map(|(_, to)| to).max();
    (from, to)
}

/// A number of a line in its unit.
fn cell(line: &Line, number: i64) -> Cell {
    if line.unit == Unit::Count { Cell::count(number) } else { Cell::money(number) }
}

/// What the figures of the books are called.
pub(crate) struct Offered;

impl definitions::formula::Words for Offered {
    fn name(&self, name: &str) -> kernel::Text {
        let Some((kind, account)) = name.split_once('.') else {
            return kernel::Text::new(name, name);
        };
        let account = words::account(account).name;
        let (zh, en) = match kind {
            "balance" => ("余额", "balance of"),
            "opening" => ("期初余额", "opening balance of"),
            "debit" => ("借方余额", "debit balance of"),
            "credit" => ("贷方余额", "credit balance of"),
            "received" => ("收到的钱", "money received through"),
            "spent" => ("付出的钱", "money spent through"),
            _ => ("发生额", "movement of"),
        };
        kernel::Text::new(format!("{}{zh}", account.zh), format!("{en} {}", account.en))
    }
}

/// `/api/portal/villages/{unit}/reports/{report}/{month}`: the same numbers for programs, in fen.
pub(crate) async fn api(
    State(portal): State<Arc<Portal>>,
    Path((unit, id, month)): Path<(String, String, String)>,
) -> Response {
    #[derive(Serialize)]
    struct Row {
        id: String,
        name: kernel::Text,
        total: bool,
        unit: &'static str,
        is: String,
        cells: Vec<i64>,
    }
    #[derive(Serialize)]
    struct Held {
        that: String,
        says: kernel::Text,
        holds: bool,
    }
    #[derive(Serialize)]
    struct Said {
        report: String,
        definition: String,
        unit: String,
        month: String,
        closed: bool,
        columns: Vec<String>,
        lines: Vec<Row>,
        proofs: Vec<Held>,
    }
    let built = async {
        let of = load(&portal, &unit, &id, &month).await?;
        let sheet = of.sheet()?;
        let lines = of.report.lines.iter().zip(&sheet.lines).map(|(line, (_, cells))| Row {
            id: line.id.clone(),
            name: line.name.clone(),
            total: line.total,
            unit: line.unit.word(),
            is: line.is.text.clone(),
            cells: cells.clone(),
        });
        let proofs = sheet.proofs.iter().map(|(proof, broken)| Held {
            that: proof.that.text.clone(),
            says: proof.says.clone(),
            holds: broken.is_empty(),
        });
        let said = Said {
            report: of.report.head.id.clone(),
            definition: of.report.head.reference.to_string(),
            unit: unit.clone(),
            month: month.clone(),
            closed: of.closed,
            columns: of.report.columns.iter().map(|column| column.id.clone()).collect(),
            lines: lines.collect(),
            proofs: proofs.collect(),
        };
        Ok((of.as_of.clone().into_iter().collect(), said))
    };
    api::answer(built.await)
}
