//! Horizontal bars drawn on the server, a sentence above and the same figures as a table below.

use askama::Template;

use crate::lang::Lang;
use crate::markup::{Component, Markup, run};
use crate::money::yuan;
use crate::table::{Cell, Column, DataTable};
use crate::words::{Word, fill, t};

/// Bars that are drawn one by one; what is smaller is one bar 其他 n 项, listed in the table.
const DRAWN: usize = 5;
/// Width of the longest bar in per cent: its amount stands behind it, also at the largest text size.
const LONGEST: u128 = 46;

/// A bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// Name.
    pub label: String,
    /// Amount in fen, not negative.
    pub fen: i64,
    /// Its lines.
    pub href: Option<String>,
}

impl Bar {
    /// A bar.
    pub fn new(label: impl Into<String>, fen: i64) -> Self {
        Self { label: label.into(), fen, href: None }
    }

    /// With a link to its lines.
    #[must_use]
    pub fn href(mut self, href: impl Into<String>) -> Self {
        self.href = Some(href.into());
        self
    }
}

/// Sorted bars from 0. Shares are of the sum of all bars.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bars {
    /// Title.
    pub title: String,
    /// One plain sentence that says what the picture shows.
    pub sentence: String,
    /// Bars in any order.
    pub bars: Vec<Bar>,
    /// An id, when a page has several.
    pub id: String,
}

/// A bar with its place.
struct Drawn {
    label: String,
    amount: String,
    href: Option<String>,
    /// Hundredths of a per cent of the width.
    width: String,
    amount_x: String,
    y: usize,
    rest: bool,
}

impl Bars {
    fn id(&self) -> &str {
        if self.id.is_empty() { "bars" } else { &self.id }
    }

    fn sorted(&self) -> Vec<&Bar> {
        let mut all: Vec<&Bar> = self.bars.iter().collect();
        all.sort_by_key(|bar| std::cmp::Reverse(bar.fen));
        all
    }

    fn drawn(&self, lang: Lang) -> Vec<Drawn> {
        let sorted = self.sorted();
        // one bar too many is drawn as itself rather than as "1 other"
        let split = if sorted.len() > DRAWN + 1 { DRAWN } else { sorted.len() };
        let (shown, others) = sorted.split_at(split);
        let rest: i128 = others.iter().map(|b| i128::from(b.fen)).sum();
        let mut list: Vec<(String, i128, Option<String>, bool)> = shown
            .iter()
            .map(|b| (b.label.clone(), i128::from(b.fen), b.href.clone(), false))
            .collect();
        if !others.is_empty() {
            let label = fill(lang, Word::ChartRest, &[("n", &others.len().to_string())]);
            list.push((label, rest, Some(format!("#{}-table", self.id())), true));
        }
        let largest = list.iter().map(|(_, fen, ..)| fen.unsigned_abs()).max().unwrap_or(0).max(1);
        list.into_iter()
            .enumerate()
            .map(|(i, (label, fen, href, rest))| {
                let hundredths =
                    u128::try_from(fen).unwrap_or(0).saturating_mul(LONGEST * 100) / largest;
                let at = |h: u128| format!("{}.{:02}%", h / 100, h % 100);
                Drawn {
                    label,
                    amount: i64::try_from(fen).map(yuan).unwrap_or_default(),
                    href,
                    width: at(hundredths),
                    amount_x: at(hundredths + 150),
                    y: i,
                    rest,
                }
            })
            .collect()
    }

    fn height(&self, lang: Lang) -> usize {
        self.drawn(lang).len() * 4
    }

    fn description(&self, lang: Lang) -> String {
        let parts: Vec<String> =
            self.drawn(lang).iter().map(|d| format!("{} {}", d.label, d.amount)).collect();
        parts.join(lang.pick("；", "; "))
    }

    fn table(&self, lang: Lang) -> Markup {
        let sum: i64 = self.bars.iter().fold(0i64, |sum, b| sum.saturating_add(b.fen));
        let mut table = DataTable::new(
            t(lang, Word::ChartTable),
            vec![
                Column::text(t(lang, Word::ChartItem)),
                Column::money(t(lang, Word::ChartAmount)),
                Column::number(t(lang, Word::ChartShare)),
            ],
        );
        for bar in self.sorted() {
            let mut name = Cell::text(bar.label.clone());
            name.href = bar.href.clone();
            table.rows.push(vec![name, Cell::money(bar.fen), Cell::text(share(bar.fen, sum))]);
        }
        table.id = format!("{}-table", self.id());
        table
            .total(vec![
                Cell::text(t(lang, Word::Total)),
                Cell::money(sum),
                Cell::text(share(sum, sum)),
            ])
            .render(lang)
    }
}

/// A share of a sum that the same table shows, so its base need not be repeated.
fn share(part: i64, whole: i64) -> String {
    if whole <= 0 {
        return String::new();
    }
    let (p, w) = (i128::from(part), i128::from(whole));
    let tenths = (p * 1000 + w / 2) / w;
    format!("{}.{}\u{a0}%", tenths / 10, tenths % 10)
}

#[derive(Template)]
#[template(path = "bars.html")]
struct BarsTemplate<'a> {
    c: &'a Bars,
    l: Lang,
}

impl Component for Bars {
    fn render(&self, lang: Lang) -> Markup {
        run(&BarsTemplate { c: self, l: lang })
    }
}
