//! Tables that never leave a blank: figures to the right, totals below, cards on phones.

use std::collections::BTreeSet;

use askama::Template;

use crate::dates;
use crate::lang::Lang;
use crate::markup::{Component, Markup, run, safe_href};
use crate::money;
use crate::shell::Link;
use crate::tag::{EmptyState, Tag};
use crate::words::{Word, fill, t};

/// What a column holds; decides alignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// Amounts.
    Money,
    /// Days.
    Date,
    /// Counts, shares.
    Number,
}

/// Which way a column is sorted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sorted {
    /// Not by this column.
    No,
    /// Ascending.
    Up,
    /// Descending.
    Down,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Head.
    pub head: String,
    /// Kind.
    pub kind: Kind,
    /// Link that sorts by this column, and how it is sorted now.
    pub sort: Option<(String, Sorted)>,
}

impl Column {
    /// A column.
    pub fn new(head: impl Into<String>, kind: Kind) -> Self {
        Self { head: head.into(), kind, sort: None }
    }

    /// A column of words.
    pub fn text(head: impl Into<String>) -> Self {
        Self::new(head, Kind::Text)
    }

    /// A column of amounts.
    pub fn money(head: impl Into<String>) -> Self {
        Self::new(head, Kind::Money)
    }

    /// A column of days.
    pub fn date(head: impl Into<String>) -> Self {
        Self::new(head, Kind::Date)
    }

    /// A column of counts or shares.
    pub fn number(head: impl Into<String>) -> Self {
        Self::new(head, Kind::Number)
    }

    /// With a link that sorts by it.
    #[must_use]
    pub fn sort(mut self, href: impl Into<String>, now: Sorted) -> Self {
        self.sort = Some((href.into(), now));
        self
    }

    fn class(&self) -> &'static str {
        match self.kind {
            Kind::Text => "",
            Kind::Date => "date",
            Kind::Money => "num",
            Kind::Number => "num wraps",
        }
    }

    fn aria_sort(&self) -> Option<&'static str> {
        match self.sort.as_ref()?.1 {
            Sorted::No => None,
            Sorted::Up => Some("ascending"),
            Sorted::Down => Some("descending"),
        }
    }
}

/// What a cell holds. There is no empty cell: an empty text is shown as —.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellValue {
    /// Words.
    Text(String),
    /// An amount in fen; nothing is `0.00`.
    Money(i64),
    /// An instant (µs UTC), shown as a day.
    Date(i64),
    /// A count.
    Count(i64),
    /// A share: part, whole, unit of the base (户).
    Percent(i64, i64, String),
    /// A state.
    Tag(Tag),
    /// 未报: it is late, by so many days.
    NotReported(u32),
    /// 未到期
    NotDue,
    /// —: does not apply.
    NotApplicable,
}

/// A cell, with a link where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// What it holds.
    pub value: CellValue,
    /// Where it leads.
    pub href: Option<String>,
}

impl Cell {
    fn of(value: CellValue) -> Self {
        Self { value, href: None }
    }

    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::of(CellValue::Text(text.into()))
    }

    /// An amount in fen.
    pub fn money(fen: i64) -> Self {
        Self::of(CellValue::Money(fen))
    }

    /// The day of an instant (µs UTC).
    pub fn date(micros: i64) -> Self {
        Self::of(CellValue::Date(micros))
    }

    /// A count.
    pub fn count(n: i64) -> Self {
        Self::of(CellValue::Count(n))
    }

    /// A share with its base.
    pub fn percent(part: i64, whole: i64, unit: impl Into<String>) -> Self {
        Self::of(CellValue::Percent(part, whole, unit.into()))
    }

    /// A state.
    pub fn tag(tag: Tag) -> Self {
        Self::of(CellValue::Tag(tag))
    }

    /// 未报, so many days late.
    pub fn not_reported(days_late: u32) -> Self {
        Self::of(CellValue::NotReported(days_late))
    }

    /// 未到期
    pub fn not_due() -> Self {
        Self::of(CellValue::NotDue)
    }

    /// —
    pub fn not_applicable() -> Self {
        Self::of(CellValue::NotApplicable)
    }

    /// With a link.
    #[must_use]
    pub fn href(mut self, href: impl Into<String>) -> Self {
        self.href = Some(href.into());
        self
    }

    fn show(&self, lang: Lang) -> Markup {
        let inner = match &self.value {
            CellValue::Text(text) if text.trim().is_empty() => return Self::dash(lang),
            CellValue::Text(text) => Markup::text(text),
            CellValue::Money(fen) => Markup::text(&money::yuan(*fen)),
            CellValue::Date(micros) => Markup::text(&dates::table_date(*micros)),
            CellValue::Count(n) => Markup::text(&money::count(*n)),
            CellValue::Percent(part, whole, unit) => share(lang, *part, *whole, unit),
            CellValue::Tag(tag) => tag.render(lang),
            CellValue::NotReported(0) => {
                Tag::new(crate::Tone::Wrong, t(lang, Word::NotReported)).render(lang)
            }
            CellValue::NotReported(days) => {
                let text = fill(lang, Word::NotReportedDays, &[("n", &days.to_string())]);
                Tag::new(crate::Tone::Wrong, text).render(lang)
            }
            CellValue::NotDue => {
                Markup::trusted(format!("<span class=\"not-due\">{}</span>", t(lang, Word::NotDue)))
            }
            CellValue::NotApplicable => return Self::dash(lang),
        };
        match &self.href {
            Some(href) => Markup::trusted(format!(
                "<a href=\"{}\">{inner}</a>",
                Markup::text(safe_href(href))
            )),
            None => inner,
        }
    }

    fn dash(lang: Lang) -> Markup {
        Markup::trusted(format!(
            "<span class=\"dash\" aria-hidden=\"true\">{}</span><span class=\"vh\">{}</span>",
            t(lang, Word::NotApplicable),
            t(lang, Word::DoesNotApply)
        ))
    }
}

/// A share; the Chinese base, which is short, goes to the next line as a whole.
fn share(lang: Lang, part: i64, whole: i64, unit: &str) -> Markup {
    let text = money::percent(lang, part, whole, unit);
    match text.find('（') {
        Some(at) => Markup::trusted(format!(
            "{}<wbr><span class=\"nb\">{}</span>",
            Markup::text(&text[..at]),
            Markup::text(&text[at..])
        )),
        None => Markup::text(&text),
    }
}

/// Where a list stands among its pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pager {
    /// This page, from 1.
    pub at: u32,
    /// How many there are.
    pub of: u32,
    /// Link to the page before.
    pub previous: Option<String>,
    /// Link to the page after.
    pub next: Option<String>,
}

/// A table. Rows with too few cells are filled with —, never with blanks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DataTable {
    /// Caption: what it shows.
    pub caption: String,
    /// Columns; the first names the row.
    pub columns: Vec<Column>,
    /// Rows.
    pub rows: Vec<Vec<Cell>>,
    /// Rows, by place, that sum up those above them and are set apart (小计).
    pub sums: BTreeSet<usize>,
    /// The total, one cell a column (the first is usually 合计).
    pub total: Option<Vec<Cell>>,
    /// Shown instead of a table without rows.
    pub empty: Option<EmptyState>,
    /// A form whose shape the law gives: scrolls sideways on phones instead of becoming cards.
    pub statutory: bool,
    /// Exactly what is shown, as a file.
    pub download: Option<Link>,
    /// Pages of a long list (50 rows each).
    pub pager: Option<Pager>,
    /// An id, for links and labels; needed when a page has several scrolling tables.
    pub id: String,
}

impl DataTable {
    /// A table without rows.
    pub fn new(caption: impl Into<String>, columns: Vec<Column>) -> Self {
        Self { caption: caption.into(), columns, ..Self::default() }
    }

    /// Adds a row.
    #[must_use]
    pub fn row(mut self, cells: Vec<Cell>) -> Self {
        self.rows.push(cells);
        self
    }

    /// Adds a row that sums up rows above it.
    #[must_use]
    pub fn sum(mut self, cells: Vec<Cell>) -> Self {
        self.sums.insert(self.rows.len());
        self.row(cells)
    }

    /// The total.
    #[must_use]
    pub fn total(mut self, cells: Vec<Cell>) -> Self {
        self.total = Some(cells);
        self
    }

    fn has_money(&self) -> bool {
        self.columns.iter().any(|c| c.kind == Kind::Money)
    }

    fn class(&self) -> &'static str {
        if self.statutory {
            "table statutory"
        } else if self.columns.len() >= 4 || !self.sums.is_empty() {
            "table cards"
        } else {
            "table"
        }
    }

    fn region_id(&self) -> String {
        if self.id.is_empty() { "table".to_owned() } else { self.id.clone() }
    }

    /// Column and cell together, so that none is missing.
    fn line<'a>(&'a self, cells: &'a [Cell], lang: Lang) -> Vec<(&'a Column, Markup)> {
        self.columns
            .iter()
            .enumerate()
            .map(|(i, c)| {
                (c, cells.get(i).map_or_else(|| Cell::dash(lang), |cell| cell.show(lang)))
            })
            .collect()
    }

    /// The totals that say something, for the top on phones.
    fn total_top(&self, lang: Lang) -> Vec<(&Column, Markup)> {
        let Some(total) = &self.total else { return Vec::new() };
        self.columns
            .iter()
            .zip(total)
            .skip(1)
            .filter(|(_, cell)| {
                matches!(
                    cell.value,
                    CellValue::Money(_) | CellValue::Count(_) | CellValue::Percent(..)
                )
            })
            .map(|(c, cell)| (c, cell.show(lang)))
            .collect()
    }

    fn page_of(&self, lang: Lang, pager: &Pager) -> String {
        fill(lang, Word::PageOf, &[("at", &pager.at.to_string()), ("n", &pager.of.to_string())])
    }
}

#[derive(Template)]
#[template(path = "table.html")]
struct TableTemplate<'a> {
    c: &'a DataTable,
    l: Lang,
}

impl Component for DataTable {
    fn render(&self, lang: Lang) -> Markup {
        run(&TableTemplate { c: self, l: lang })
    }
}
