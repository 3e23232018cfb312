//! What a formula comes to.

use std::{borrow::Cow, cmp::Ordering};

use kernel::{Date, Period};

use super::{
    ast::{Aggregation, Arithmetic, Ast, Comparison, Expr, Kind, Span},
    ratio::Ratio,
};

/// A value: a number in its unit (money in fen), a day, a truth, a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Computed<'a> {
    /// A number.
    Number(Ratio),
    /// A day.
    Date(Date),
    /// True or false.
    Truth(bool),
    /// A word of a list.
    Word(Cow<'a, str>),
}

/// Where names get their values.
pub trait Scope {
    /// The value of a field or parameter; `None` when it was not given.
    fn value(&self, name: &str) -> Option<Computed<'_>>;
    /// Whether something was given under this name, computable or not.
    fn knows(&self, name: &str) -> bool {
        self.value(name).is_some()
    }
    /// The rows of a source no older than so many days; all without a span.
    fn rows(&self, of: &str, over: Option<u16>) -> Vec<Row<'_>> {
        let _ = (of, over);
        Vec::new()
    }
}

/// A row of a source.
pub type Row<'a> = &'a dyn Scope;

/// Why a formula has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// A name has no value, which the checker would have refused.
    #[error("`{0}` is not known")]
    NotKnown(String),
    /// A number out of range.
    #[error("a number is out of range")]
    TooLarge,
}

impl Ast {
    /// What it comes to here. `None`: the least or greatest of no rows.
    ///
    /// # Errors
    /// When a name has no value (the checker refuses such a formula), or a number is out of range.
    pub fn value<'a>(&'a self, scope: &'a dyn Scope) -> Result<Option<Computed<'a>>, EvalError> {
        value(&self.root, scope)
    }

    /// Whether the condition holds here.
    ///
    /// # Errors
    /// As [`Ast::value`].
    pub fn holds(&self, scope: &dyn Scope) -> Result<bool, EvalError> {
        truth(&self.root, scope)
    }
}

fn truth(expr: &Expr, scope: &dyn Scope) -> Result<bool, EvalError> {
    match &expr.kind {
        Kind::And(a, b) => Ok(truth(a, scope)? && truth(b, scope)?),
        Kind::Or(a, b) => Ok(truth(a, scope)? || truth(b, scope)?),
        Kind::Not(a) => Ok(!truth(a, scope)?),
        Kind::Known(name) => Ok(scope.knows(name)),
        Kind::Comparison(how, a, b) => match (value(a, scope)?, value(b, scope)?) {
            (Some(a), Some(b)) => compare(*how, &a, &b),
            // the least of nothing is neither below nor above anything
            _ => Ok(false),
        },
        _ => Ok(value(expr, scope)? == Some(Computed::Truth(true))),
    }
}

fn value<'a>(expr: &'a Expr, scope: &'a dyn Scope) -> Result<Option<Computed<'a>>, EvalError> {
    let whole = |number: i64| Ok(Some(Computed::Number(Ratio::whole(number))));
    match &expr.kind {
        Kind::Count(number) | Kind::Money(number) => whole(*number),
        Kind::Period(period) => whole(days(*period)),
        Kind::Share(share) => Ok(Some(Computed::Number(*share))),
        Kind::Date(date) => Ok(Some(Computed::Date(*date))),
        Kind::Word(word) => Ok(Some(Computed::Word(Cow::Borrowed(word)))),
        Kind::Truth(truth) => Ok(Some(Computed::Truth(*truth))),
        Kind::Name(name) => {
            scope.value(name).map(Some).ok_or_else(|| EvalError::NotKnown(name.clone()))
        }
        Kind::Arithmetic(how, a, b) => {
            let (Some(a), Some(b)) = (value(a, scope)?, value(b, scope)?) else { return Ok(None) };
            arithmetic(*how, a, b).map(Some)
        }
        Kind::Aggregate { aggregation, field, of, over, filter } => {
            aggregate(*aggregation, field.as_deref(), of, over.as_ref(), filter.as_deref(), scope)
        }
        Kind::Known(_) | Kind::Comparison(..) | Kind::And(..) | Kind::Or(..) | Kind::Not(_) => {
            truth(expr, scope).map(|truth| Some(Computed::Truth(truth)))
        }
    }
}

fn days(period: Period) -> i64 {
    match period {
        Period::Days(days) | Period::WorkingDays(days) => i64::from(days),
    }
}

fn compare(how: Comparison, a: &Computed<'_>, b: &Computed<'_>) -> Result<bool, EvalError> {
    let ordering = match (a, b) {
        (Computed::Number(a), Computed::Number(b)) => a.compare(*b).ok_or(EvalError::TooLarge)?,
        (Computed::Date(a), Computed::Date(b)) => a.cmp(b),
        // only equal or not: the checker admits no other comparison of words and truths
        (a, b) if a == b => Ordering::Equal,
        _ => Ordering::Less,
    };
    Ok(match how {
        Comparison::Less => ordering.is_lt(),
        Comparison::AtMost => ordering.is_le(),
        Comparison::More => ordering.is_gt(),
        Comparison::AtLeast => ordering.is_ge(),
        Comparison::Equal => ordering.is_eq(),
        Comparison::Other => ordering.is_ne(),
    })
}

fn arithmetic<'a>(
    how: Arithmetic,
    a: Computed<'_>,
    b: Computed<'_>,
) -> Result<Computed<'a>, EvalError> {
    let out = || EvalError::TooLarge;
    match (how, a, b) {
        (how, Computed::Number(a), Computed::Number(b)) => {
            let result = match how {
                Arithmetic::Plus => a.plus(b),
                Arithmetic::Minus => a.minus(b),
                Arithmetic::Times => a.times(b),
            };
            result.map(Computed::Number).ok_or_else(out)
        }
        (Arithmetic::Minus, Computed::Date(a), Computed::Date(b)) => {
            let days = (a - b).get_days();
            Ok(Computed::Number(Ratio::whole(i64::from(days))))
        }
        (how, Computed::Date(day), Computed::Number(days)) => {
            let days = days.as_whole().ok_or_else(out)?;
            let days = if how == Arithmetic::Minus { -days } else { days };
            let span = jiff::Span::new().try_days(days).map_err(|_| out())?;
            day.checked_add(span).map(Computed::Date).map_err(|_| out())
        }
        _ => Err(out()),
    }
}

fn aggregate<'a>(
    aggregation: Aggregation,
    field: Option<&str>,
    of: &str,
    over: Option<&Span>,
    filter: Option<&Expr>,
    scope: &'a dyn Scope,
) -> Result<Option<Computed<'a>>, EvalError> {
    let over = match over {
        None => None,
        Some(Span::Period(period)) => Some(days(*period)),
        Some(Span::Parameter(name)) => match scope.value(name) {
            Some(Computed::Number(days)) => days.as_whole(),
            _ => return Err(EvalError::NotKnown(name.clone())),
        },
    };
    let over = over.map(|days| u16::try_from(days).map_err(|_| EvalError::TooLarge)).transpose()?;
    let mut count = 0_i64;
    let mut found: Option<Computed<'a>> = None;
    for row in scope.rows(of, over) {
        if let Some(filter) = filter
            && !truth(filter, &Inside { row, around: scope })?
        {
            continue;
        }
        count += 1;
        let Some(field) = field else { continue };
        // a row that does not have the field has nothing to add
        let Some(next) = row.value(field) else { continue };
        found = Some(match found {
            None => next,
            Some(before) => match (aggregation, &before, &next) {
                (Aggregation::Sum, Computed::Number(a), Computed::Number(b)) => {
                    Computed::Number(a.plus(*b).ok_or(EvalError::TooLarge)?)
                }
                (Aggregation::Min, a, b) if compare(Comparison::Less, b, a)? => next,
                (Aggregation::Max, a, b) if compare(Comparison::More, b, a)? => next,
                _ => before,
            },
        });
    }
    Ok(match aggregation {
        Aggregation::Count => Some(Computed::Number(Ratio::whole(count))),
        Aggregation::Sum => Some(found.unwrap_or(Computed::Number(Ratio::whole(0)))),
        Aggregation::Min | Aggregation::Max => found,
    })
}

/// A row's values before those around it.
struct Inside<'a> {
    row: Row<'a>,
    around: &'a dyn Scope,
}

impl Scope for Inside<'_> {
    fn value(&self, name: &str) -> Option<Computed<'_>> {
        self.row.value(name).or_else(|| self.around.value(name))
    }

    fn knows(&self, name: &str) -> bool {
        self.row.knows(name) || self.around.knows(name)
    }
}
