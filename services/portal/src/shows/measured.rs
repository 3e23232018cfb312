//! What indicators come to in a village: over its latest closed months, from one loading of books and events.

use definitions::{figure::Figure, indicator::Indicator};
use engines::report::{Measured, measure};
use kernel::Date;
use store::{Database, StoreError};

use super::{
    figures::{self, Months, Posted, Told},
    tally::{self, Tally},
    vouchers,
};

/// The books and events of a village up to its latest closed month.
pub struct Village {
    /// The latest closed month.
    pub month: String,
    posted: Posted,
    tally: Tally,
}

/// Loads what some indicators are made of; `None` where no month is closed: figures that may still change are compared
/// with nothing.
///
/// # Errors
/// When the database is out of reach.
pub async fn load(
    db: &Database,
    unit: &str,
    indicators: &[&Indicator],
) -> Result<Option<Village>, StoreError> {
    let books = vouchers::months(db, unit).await?;
    let Some(book) = books.into_iter().find(|book| book.closed.is_some()) else { return Ok(None) };
    let posted = figures::load(db, unit, &book.month).await?;
    let counted: Vec<&Figure> = indicators.iter().flat_map(|one| &one.figures).collect();
    let tally = tally::load(db, unit, &counted).await?;
    Ok(Some(Village { month: book.month, posted, tally }))
}

impl Village {
    /// The months that an indicator looks at.
    pub fn months(&self, indicator: &Indicator) -> Months {
        let first = format!("{}-01", self.month).parse::<Date>().ok();
        let (mut from, mut left) = (first, indicator.months.saturating_sub(1));
        while let Some(date) = from.filter(|_| left > 0) {
            from = date.yesterday().ok().map(Date::first_of_month);
            left -= 1;
        }
        let to = first.and_then(|first| first.last_of_month().tomorrow().ok());
        let month = |date: Date| format!("{:04}-{:02}", date.year(), date.month());
        (from.map(month), to.map(month))
    }

    /// What happened.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// A figure of an indicator.
    pub fn figure(&self, indicator: &Indicator, name: &str) -> Option<i64> {
        let told = Told { counted: &indicator.figures, posted: &self.posted, tally: &self.tally };
        told.over(name, &self.months(indicator))
    }

    /// What an indicator comes to.
    ///
    /// # Errors
    /// A number out of range; every figure was proved when the indicator was adopted.
    pub fn measure<'i>(&self, indicator: &'i Indicator) -> Result<Measured<'i>, StoreError> {
        measure(indicator, &|name| self.figure(indicator, name)).map_err(|error| {
            StoreError::Corrupt(format!("indicator {}: {error}", indicator.head.id))
        })
    }
}
