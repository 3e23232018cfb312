//! The book of one collective (账簿), stream `book/<unit>`: opening balances, months and balances. Knows no procedure.
//!
//! Debit equals credit at every prefix; months open and close in order, by two persons; nothing is posted into a closed
//! month (农村集体经济组织会计制度, 财会〔2023〕14号).

use std::collections::BTreeMap;

use kernel::{Date, Event, Money, Refusal, Text, UnitId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    accounts::AccountCode,
    month::Month,
    voucher::{self, Line},
};
use crate::rules::law;

/// `opening-balances-signed.v1`: what the book starts from (期初余额), signed by two persons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpeningBalancesSigned {
    /// The first month.
    pub month: Month,
    /// The balances, as lines.
    pub lines: Vec<Line>,
    /// The two persons.
    pub persons: [String; 2],
    /// Hash of the lines.
    pub content: String,
}

/// `period-opened.v1` (会计期间启用)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PeriodOpened {
    /// The month.
    pub month: Month,
    /// The two persons.
    pub persons: [String; 2],
}

/// `period-closed.v1` (结账)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PeriodClosed {
    /// The month.
    pub month: Month,
    /// The two persons.
    pub persons: [String; 2],
    /// SHA-256 of the trial balance (试算平衡表) at the month's end, in hexadecimal.
    pub trial_balance: String,
    /// How many vouchers it has.
    pub vouchers: u32,
    /// The hash over all of them.
    pub content: String,
}

/// `first-signature-given.v1`: the first of two persons signed (初签); the second makes it happen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FirstSignatureGiven {
    /// For what.
    pub act: Signed,
    /// The month.
    pub month: Month,
    /// The hash of what was signed.
    pub content: String,
    /// Who signed.
    pub person: String,
}

/// What two persons sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signed {
    /// 期初余额
    OpeningBalances,
    /// 启用会计期间
    PeriodOpening,
    /// 结账
    PeriodClosing,
}

/// `voucher-posted.v1` (记账). The summary is sealed beside the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VoucherPosted {
    /// Its id.
    pub voucher: String,
    /// Its number, dense from 1 in its month.
    pub number: u32,
    /// The month it is posted into.
    pub month: Month,
    /// The day of the business.
    pub date: Date,
    /// The lines; debit equals credit.
    pub lines: Vec<Line>,
    /// The payment it records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<String>,
    /// The voucher it takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverses: Option<String>,
}

/// `voucher-reversed.v1` (冲销): dated today, names what it takes back. The balances move by the voucher `by`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VoucherReversed {
    /// The voucher taken back.
    pub voucher: String,
    /// The voucher that takes it back.
    pub by: String,
    /// The day.
    pub on: Date,
}

/// A month as the book keeps it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct MonthBook {
    /// Whether it is closed.
    pub closed: bool,
    /// Money in, in fen.
    pub income: Money,
    /// Money out, in fen.
    pub expense: Money,
    /// Cash and bank at the start; known once the month is closed, before that it follows from the months before.
    pub opening: Money,
    /// What moved, debit less credit, by account; empty once closed.
    pub moved: BTreeMap<AccountCode, Money>,
    /// How many vouchers.
    pub vouchers: u32,
    /// The hash of each voucher by number; empty once closed.
    pub digests: Vec<String>,
    /// The hash over all vouchers, once closed.
    pub content: String,
    /// The hash of the trial balance, once closed.
    pub trial_balance: String,
}

/// A first signature that waits for the second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FirstSignature {
    /// For what.
    pub act: Signed,
    /// The month.
    pub month: Month,
    /// What was signed.
    pub content: String,
    /// Who signed.
    pub person: String,
}

/// The book.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Book {
    /// Whose book.
    pub unit: UnitId,
    /// The months, first to last.
    pub months: BTreeMap<Month, MonthBook>,
    /// Balances at the end of the last closed month, debit positive.
    pub settled: BTreeMap<AccountCode, Money>,
    /// First signatures that wait.
    pub waiting: Vec<FirstSignature>,
}

/// The month's figures of the money page: opening + income − expense = closing, in fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Cash and bank at the start.
    pub opening: Money,
    /// Money in.
    pub income: Money,
    /// Money out.
    pub expense: Money,
    /// Cash and bank at the end.
    pub closing: Money,
}

fn add(to: &mut BTreeMap<AccountCode, Money>, account: AccountCode, amount: Money) {
    let sum = to.entry(account).or_default();
    *sum = sum.saturating_add(amount);
    if sum.is_zero() {
        to.remove(&account);
    }
}

fn money(balances: &BTreeMap<AccountCode, Money>) -> Money {
    balances.iter().filter(|(code, _)| code.is_money()).map(|(_, m)| *m).sum()
}

impl Book {
    /// The balances of all accounts now, debit positive, zero ones left out.
    pub fn balances(&self) -> BTreeMap<AccountCode, Money> {
        self.balances_at(None)
    }

    /// The balances at the end of a month that is open or the last closed one; of all months with `None`.
    fn balances_at(&self, end: Option<Month>) -> BTreeMap<AccountCode, Money> {
        let mut balances = self.settled.clone();
        for (_, month) in self.months.iter().filter(|(m, _)| end.is_none_or(|end| **m <= end)) {
            for (account, amount) in &month.moved {
                add(&mut balances, *account, *amount);
            }
        }
        balances
    }

    /// SHA-256 of the trial balance at a month's end: unit, month, then code and balance in fen a line.
    pub fn trial_balance(&self, month: Month) -> String {
        let mut text = format!("{}\n{month}\n", self.unit);
        for (account, amount) in self.balances_at(Some(month)) {
            text.push_str(&format!("{account} {}\n", amount.fen()));
        }
        hex::encode(Sha256::digest(text.as_bytes()))
    }

    /// The figures of the month's money page.
    pub fn figures(&self, month: Month) -> Option<Figures> {
        let of = self.months.get(&month)?;
        let opening = if of.closed {
            of.opening
        } else {
            let before = self.months.iter().filter(|(m, b)| **m < month && !b.closed);
            before.fold(money(&self.settled), |sum, (_, b)| sum.saturating_add(money(&b.moved)))
        };
        let closing = opening.saturating_add(of.income).saturating_sub(of.expense);
        Some(Figures { opening, income: of.income, expense: of.expense, closing })
    }

    /// Whether a voucher with this id was posted.
    pub fn has_voucher(&self, id: &str) -> bool {
        voucher::parse_voucher_id(&self.unit, id).is_some_and(|(month, number)| {
            number > 0 && self.months.get(&month).is_some_and(|m| number <= m.vouchers)
        })
    }

    /// The month when it is open for posting.
    ///
    /// # Errors
    /// When it is closed or was never opened.
    pub fn open_month(&self, month: Month) -> Result<&MonthBook, Refusal> {
        match self.months.get(&month) {
            Some(found) if !found.closed => Ok(found),
            found => Err(not_open(month, found.is_some())),
        }
    }

    /// The first signature for an act of a month that waits.
    pub fn waiting(&self, act: Signed, month: Month) -> Option<&FirstSignature> {
        self.waiting.iter().find(|w| w.act == act && w.month == month)
    }

    /// The state after an event of the stream.
    pub fn evolve(this: Option<Self>, event: &Event) -> Option<Self> {
        let mut book = this.unwrap_or_else(|| Self {
            unit: event.unit.clone(),
            months: BTreeMap::new(),
            settled: BTreeMap::new(),
            waiting: Vec::new(),
        });
        match event.fact() {
            "first-signature-given.v1" => {
                if let Ok(first) = event.read::<FirstSignatureGiven>() {
                    let FirstSignatureGiven { act, month, content, person } = first;
                    book.waiting.retain(|w| (w.act, w.month) != (act, month));
                    book.waiting.push(FirstSignature { act, month, content, person });
                }
            }
            "opening-balances-signed.v1" => {
                if let Ok(signed) = event.read::<OpeningBalancesSigned>() {
                    for line in &signed.lines {
                        add(&mut book.settled, line.account, line.net());
                    }
                    book.waiting.retain(|w| w.act != Signed::OpeningBalances);
                }
            }
            "period-opened.v1" => {
                if let Ok(opened) = event.read::<PeriodOpened>() {
                    book.months.entry(opened.month).or_default();
                    book.waiting
                        .retain(|w| (w.act, w.month) != (Signed::PeriodOpening, opened.month));
                }
            }
            "voucher-posted.v1" => {
                if let Ok(posted) = event.read::<VoucherPosted>() {
                    book.post(&posted);
                }
            }
            "period-closed.v1" => {
                if let Ok(closed) = event.read::<PeriodClosed>() {
                    book.close(&closed);
                }
            }
            _ => {}
        }
        Some(book)
    }

    /// The book as it will be when a month is closed by these fields of `period-closed.v1`.
    pub(crate) fn apply_closing(&mut self, fields: &serde_json::Value) {
        if let Ok(closed) = PeriodClosed::deserialize(fields) {
            self.close(&closed);
        }
    }

    fn post(&mut self, posted: &VoucherPosted) {
        let month = self.months.entry(posted.month).or_default();
        for line in &posted.lines {
            add(&mut month.moved, line.account, line.net());
        }
        let flow = voucher::flow(&posted.lines, posted.reverses.is_some());
        month.income = month.income.saturating_add(flow.income);
        month.expense = month.expense.saturating_add(flow.expense);
        month.vouchers = posted.number;
        month.digests.push(voucher::digest(
            &posted.voucher,
            posted.date,
            posted.reverses.as_deref(),
            &posted.lines,
        ));
    }

    fn close(&mut self, closed: &PeriodClosed) {
        let opening = self.figures(closed.month).map(|f| f.opening).unwrap_or_default();
        let month = self.months.entry(closed.month).or_default();
        month.closed = true;
        month.opening = opening;
        month.digests = Vec::new();
        month.content.clone_from(&closed.content);
        month.trial_balance.clone_from(&closed.trial_balance);
        for (account, amount) in std::mem::take(&mut month.moved) {
            add(&mut self.settled, account, amount);
        }
        self.waiting.retain(|w| (w.act, w.month) != (Signed::PeriodClosing, closed.month));
    }
}

/// The refusal of a month in which nothing can be posted.
pub(crate) fn not_open(month: Month, closed: bool) -> Refusal {
    let (zh, en) = if closed {
        (format!("{month}已经结账"), format!("{month} is closed"))
    } else {
        (format!("{month}还没有启用"), format!("{month} was not opened"))
    };
    Refusal::new(
        "month-not-open",
        Text::new(zh, en),
        Text::new(
            "请记入已启用、未结账的月份；更正已结账的月份用今天的冲销凭证",
            "Post into an open month; what a closed month got wrong is taken back by a voucher dated today",
        ),
    )
    .by_law(law("ACC-2023"))
    .at("month")
}
