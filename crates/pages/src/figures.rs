//! Money in the large: the headline figure and the strip opening + in − out = closing; knows no ledger.

use askama::Template;

use crate::lang::Lang;
use crate::markup::{Component, Markup, run};
use crate::money::{headline, yuan};
use crate::words::{Word, fill, t};

/// A headline amount: 12.35 万元, always with 123,456.78 元.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MoneyFigure {
    /// What it is.
    pub label: String,
    /// Amount in fen.
    pub fen: i64,
    /// A line below, like 比上月多 1,200.00 元.
    pub note: Option<String>,
    /// Prints the amount in capital characters (大写) too: vouchers, notices, reviews.
    pub capitals: bool,
    /// Where its lines are.
    pub href: Option<String>,
}

impl MoneyFigure {
    /// A figure.
    pub fn new(label: impl Into<String>, fen: i64) -> Self {
        Self { label: label.into(), fen, ..Self::default() }
    }

    fn parts(&self, lang: Lang) -> (String, String) {
        let text = headline(lang, self.fen);
        match text.split_once('\u{a0}') {
            Some((figure, unit)) => (figure.to_owned(), unit.to_owned()),
            None => (text, String::new()),
        }
    }

    fn is_rounded(&self, lang: Lang) -> bool {
        self.parts(lang).0 != yuan(self.fen)
    }
}

#[derive(Template)]
#[template(path = "money_figure.html")]
struct MoneyFigureTemplate<'a> {
    c: &'a MoneyFigure,
    l: Lang,
}

impl Component for MoneyFigure {
    fn render(&self, lang: Lang) -> Markup {
        run(&MoneyFigureTemplate { c: self, l: lang })
    }
}

/// What the bank says at the same day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bank {
    /// Balance in fen.
    pub balance: i64,
    /// Day of the statement, already formatted.
    pub date: String,
    /// What explains bank − books: reason and signed fen. What these leave open is shown as unexplained.
    pub reasons: Vec<(String, i64)>,
}

impl Bank {
    fn said(&self) -> Vec<(&str, String)> {
        self.reasons.iter().map(|(reason, fen)| (reason.as_str(), signed(*fen))).collect()
    }
}

/// 上月余额 + 收入 − 支出 = 本月余额, the bank's balance beside it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EquationStrip {
    /// The period, like 2026年3月; shown in the heading.
    pub period: String,
    /// Opening balance, fen.
    pub opening: i64,
    /// Income, fen, not negative.
    pub income: i64,
    /// Spending, fen, not negative.
    pub spending: i64,
    /// Closing balance as the ledger has it, fen; if the four do not add up, the strip says so.
    pub closing: i64,
    /// Words instead of 上月余额 and 本月余额, for other periods.
    pub labels: Option<(String, String)>,
    /// Links to the lines of income and of spending.
    pub links: Option<(String, String)>,
    /// The bank; None says that no statement came yet.
    pub bank: Option<Bank>,
}

impl EquationStrip {
    /// What the four figures do not add up by, fen.
    fn gap(&self) -> i128 {
        i128::from(self.opening) + i128::from(self.income)
            - i128::from(self.spending)
            - i128::from(self.closing)
    }

    fn gap_text(&self, lang: Lang) -> Option<String> {
        let gap = self.gap();
        (gap != 0).then(|| fill(lang, Word::Unbalanced, &[("amount", &wide(gap.abs()))]))
    }

    fn opening_label(&self, lang: Lang) -> &str {
        self.labels.as_ref().map_or(t(lang, Word::Opening), |l| &l.0)
    }

    fn closing_label(&self, lang: Lang) -> &str {
        self.labels.as_ref().map_or(t(lang, Word::Closing), |l| &l.1)
    }

    fn difference(&self, bank: &Bank) -> i128 {
        i128::from(bank.balance) - i128::from(self.closing)
    }

    fn bank_differs(&self, lang: Lang, bank: &Bank) -> Option<String> {
        let d = self.difference(bank);
        let more = t(lang, if d > 0 { Word::More } else { Word::Less });
        (d != 0)
            .then(|| fill(lang, Word::BankDiffers, &[("more", more), ("amount", &wide(d.abs()))]))
    }

    fn unexplained(&self, lang: Lang, bank: &Bank) -> Option<String> {
        let said: i128 = bank.reasons.iter().map(|(_, fen)| i128::from(*fen)).sum();
        let open = self.difference(bank) - said;
        (open != 0).then(|| fill(lang, Word::BankUnexplained, &[("amount", &wide(open.abs()))]))
    }

    /// The day never breaks at its hyphens.
    fn bank_date(&self, lang: Lang, bank: &Bank) -> Markup {
        let date = format!("<span class=\"nb\">{}</span>", Markup::text(&bank.date));
        Markup::trusted(t(lang, Word::BankAsOf).replace("{date}", &date))
    }
}

/// An amount that may be beyond i64, for differences of extremes.
fn wide(fen: i128) -> String {
    match i64::try_from(fen) {
        Ok(fen) => yuan(fen),
        Err(_) => format!("{}.{:02}", fen / 100, fen % 100),
    }
}

/// `+1,200.00` or `−1,200.00`.
fn signed(fen: i64) -> String {
    if fen > 0 { format!("+{}", yuan(fen)) } else { yuan(fen) }
}

#[derive(Template)]
#[template(path = "equation.html")]
struct EquationTemplate<'a> {
    c: &'a EquationStrip,
    l: Lang,
}

impl Component for EquationStrip {
    fn render(&self, lang: Lang) -> Markup {
        run(&EquationTemplate { c: self, l: lang })
    }
}
