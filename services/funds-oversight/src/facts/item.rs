//! A disclosed item (公开事项), stream `item/<id>`: the month's sheet of the collective's money. Knows no reviewer.
//!
//! Its figures are the book's: opening + income − expense = closing. It stays on the board 15 days at least (OLVC 35).

use kernel::{
    Date, Deadline, Draft, Event, Money, Refusal, StreamId, Text, Timestamp, UnitId, Verdict,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    book::{Book, Figures},
    bookkeeping::started,
    fact,
    month::Month,
};
use crate::rules::{law, limits};

/// The catalogue code of the collective's money (G5 财务).
pub const MONEY: &str = "G5";
/// The deadline by which the sheet must be on the board.
pub const PUBLISH_BY: &str = "sheet-on-the-board";
/// The end of the days on the board.
pub const DISPLAY: &str = "display";

/// `disclosure-due.v1` (应公开): written when the month opens, so that silence is noticed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DisclosureDue {
    /// The item.
    pub item: String,
    /// What it is of the catalogue.
    pub catalogue: String,
    /// The month.
    pub month: Month,
    /// The last day on which to publish it.
    pub publish_by: Date,
    /// The unit that keeps the log.
    pub keeper: UnitId,
}

/// `month-submitted.v1` (报账): the bookkeeper hands the month in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MonthSubmitted {
    /// The item.
    pub item: String,
    /// The month.
    pub month: Month,
    /// The hash of the trial balance that was signed.
    pub trial_balance: String,
}

/// `sheet-drawn-up.v1` (公开表拟定): the month is closed and its sheet follows from the book.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SheetDrawnUp {
    /// The item.
    pub item: String,
    /// The month.
    pub month: Month,
    /// The hash of the sheet.
    pub content: String,
    /// Opening, income, expense, closing, in fen.
    #[serde(flatten)]
    pub figures: Figures,
}

/// `item-published.v1` (公开)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemPublished {
    /// The item.
    pub item: String,
    /// What it is of the catalogue.
    pub catalogue: String,
    /// The month.
    pub month: Month,
    /// The hash of the sheet.
    pub content: String,
    /// First day on the board.
    pub from: Date,
    /// Last day on the board.
    pub until: Date,
    /// Opening, income, expense, closing, in fen.
    #[serde(flatten)]
    pub figures: Figures,
}

/// `disclosure-overdue.v1` (逾期未公开)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DisclosureOverdue {
    /// The item.
    pub item: String,
    /// The month.
    pub month: Month,
    /// The day that passed.
    pub publish_by: Date,
}

/// `display-ended.v1` (公示期满)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DisplayEnded {
    /// The item.
    pub item: String,
    /// The last day.
    pub on: Date,
}

/// The state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Whose.
    pub unit: UnitId,
    /// The unit that keeps the log.
    pub keeper: UnitId,
    /// The month.
    pub month: Month,
    /// The last day on which to publish it.
    pub publish_by: Date,
    /// The hash of the sheet once drawn up.
    pub content: Option<String>,
    /// The last day on the board once published.
    pub until: Option<Date>,
    /// It was not published in time.
    pub overdue: bool,
    /// Its days on the board are over.
    pub ended: bool,
}

/// The id of a month's money sheet.
pub fn item_id(unit: &UnitId, month: Month) -> String {
    format!("{unit}.g5.{month}")
}

/// The stream of an item.
pub fn stream(item: &str) -> StreamId {
    StreamId::of("item", item)
}

/// Says when a month's sheet is due: the 15th of the next month, or as the dated limit says.
///
/// # Errors
/// None that a user causes.
pub fn due(unit: &UnitId, keeper: &UnitId, month: Month) -> Result<Draft, Verdict> {
    let item = item_id(unit, month);
    let publish_by = month.publish_by(limits::publish_day(month.last()));
    fact(
        stream(&item),
        "disclosure-due.v1",
        &DisclosureDue {
            item: item.clone(),
            catalogue: MONEY.to_owned(),
            month,
            publish_by,
            keeper: keeper.clone(),
        },
    )
}

/// The hash of a month's sheet: its figures and, through the hash over its vouchers, every line below them.
pub fn content(book: &Book, month: Month) -> Option<(String, Figures)> {
    let figures = book.figures(month)?;
    let of = book.months.get(&month).filter(|m| m.closed)?;
    let text = format!(
        "{}\n{MONEY}\n{month}\n{}\n{}\n{}\n{}\n{}\n{}\n",
        book.unit,
        figures.opening.fen(),
        figures.income.fen(),
        figures.expense.fen(),
        figures.closing.fen(),
        of.content,
        of.trial_balance,
    );
    Some((hex::encode(Sha256::digest(text.as_bytes())), figures))
}

/// Publishes the month's sheet as the book has it.
///
/// # Errors
/// When the month is not closed, the sheet is on the board already, or the days are fewer than the law's.
pub fn publish(
    id: &str,
    item: &Item,
    book: Option<&Book>,
    days: u16,
    today: Date,
) -> Result<Draft, Verdict> {
    let known = started(book)?;
    if item.until.is_some() {
        return Err(Refusal::new(
            "on-the-board",
            Text::new("已经公开", "It is on the board already"),
            Text::new("更正请发更正公告", "Correct it by a notice of correction"),
        )
        .by_law(law("OLVC 35"))
        .into());
    }
    let Some((content, figures)) = content(known, item.month) else {
        return Err(Refusal::new(
            "month-not-closed",
            Text::new(
                format!("{}还没有结账，数字还会变", item.month),
                format!("{} is not closed: its figures may still change", item.month),
            ),
            Text::new("请先结账", "Close the month first"),
        )
        .by_law(law("RCEO 45"))
        .into());
    };
    let least = limits::display_days(today);
    if days < least {
        return Err(Refusal::new(
            "display-too-short",
            Text::new(
                format!("公示{days}天，少于{least}天"),
                format!("{days} days on the board are fewer than {least}"),
            ),
            Text::new(format!("至少公示{least}天"), format!("Show it {least} days at least")),
        )
        .by_law(law("OLVC 35"))
        .into());
    }
    let span = jiff::Span::new().days(i64::from(days.min(3650)));
    let until = today.checked_add(span).unwrap_or(today);
    fact(
        stream(id),
        "item-published.v1",
        &ItemPublished {
            item: id.to_owned(),
            catalogue: MONEY.to_owned(),
            month: item.month,
            content,
            from: today,
            until,
            figures,
        },
    )
}

impl Item {
    /// What it has open by itself, whatever a definition says.
    pub fn deadlines(&self) -> Vec<Deadline> {
        // After a definition's own deadline of that day, which says whom it tells.
        let at = |name: &str, day| Deadline {
            name: name.to_owned(),
            due_at: Timestamp::end_of(day).plus_micros(1),
        };
        match self.until {
            None if !self.overdue => vec![at(PUBLISH_BY, self.publish_by)],
            Some(until) if !self.ended => vec![at(DISPLAY, until)],
            _ => Vec::new(),
        }
    }

    /// What happens when one of these passes.
    pub fn lapse(&self, id: &str, deadline: &str) -> Option<Result<Draft, Verdict>> {
        match (deadline, self.until) {
            (PUBLISH_BY, None) => Some(fact(
                stream(id),
                "disclosure-overdue.v1",
                &DisclosureOverdue {
                    item: id.to_owned(),
                    month: self.month,
                    publish_by: self.publish_by,
                },
            )),
            (DISPLAY, Some(on)) => Some(fact(
                stream(id),
                "display-ended.v1",
                &DisplayEnded { item: id.to_owned(), on },
            )),
            _ => None,
        }
    }

    /// The state after an event of the stream.
    pub fn evolve(this: Option<Self>, event: &Event) -> Option<Self> {
        match (event.fact(), this) {
            ("disclosure-due.v1", None) => {
                let due: DisclosureDue = event.read().ok()?;
                Some(Self {
                    unit: event.unit.clone(),
                    keeper: due.keeper,
                    month: due.month,
                    publish_by: due.publish_by,
                    content: None,
                    until: None,
                    overdue: false,
                    ended: false,
                })
            }
            (kind, Some(mut item)) => {
                match kind {
                    "sheet-drawn-up.v1" => {
                        item.content = event.read::<SheetDrawnUp>().ok().map(|e| e.content);
                    }
                    "item-published.v1" => {
                        item.until = event.read::<ItemPublished>().ok().map(|e| e.until);
                    }
                    "disclosure-overdue.v1" => item.overdue = true,
                    "display-ended.v1" => item.ended = true,
                    _ => {}
                }
                Some(item)
            }
            (_, None) => None,
        }
    }
}

/// Whether figures add up; used by tests and by readers.
pub fn adds_up(figures: &Figures) -> bool {
    let sum: Option<Money> =
        figures.opening.checked_add(figures.income).and_then(|s| s.checked_sub(figures.expense));
    sum == Some(figures.closing)
}
