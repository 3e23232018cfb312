//! The value of an indicator and its band; nothing below its smallest number of things.

use std::cmp::Ordering;

use definitions::{
    formula::{Ast, Computed, EvalError, Ratio, Scope, Unit},
    indicator::{Band, Indicator},
};

/// What an indicator comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured<'i> {
    /// The number of things it rests on.
    pub things: i64,
    /// What may be said.
    pub said: Said<'i>,
}

/// What may be said of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said<'i> {
    /// Too few things: neither value nor band.
    TooFew,
    /// The value and the band that holds it.
    Value {
        /// The upper part; the value itself where it is no share. Money in fen.
        part: i64,
        /// The lower part of a share; never 0.
        whole: Option<i64>,
        /// The band.
        band: &'i Band,
    },
}

struct Named<'a>(&'a dyn Fn(&str) -> Option<i64>);

impl Scope for Named<'_> {
    fn value(&self, name: &str) -> Option<Computed<'_>> {
        (self.0)(name).map(|number| Computed::Number(Ratio::whole(number)))
    }
}

/// Computes an indicator from its figures, money in fen.
///
/// # Errors
/// A figure that is not offered, or a number out of range.
pub fn measure<'i>(
    indicator: &'i Indicator,
    figures: &dyn Fn(&str) -> Option<i64>,
) -> Result<Measured<'i>, EvalError> {
    let scope = Named(figures);
    let number = |ast: &Ast| match ast.value(&scope)? {
        Some(Computed::Number(number)) => number.as_whole().ok_or(EvalError::TooLarge),
        _ => Err(EvalError::TooLarge),
    };
    let things = number(&indicator.things)?;
    let part = number(&indicator.is)?;
    let whole = indicator.of.as_ref().map(number).transpose()?;
    let too_few = Measured { things, said: Said::TooFew };
    if things < indicator.smallest || whole == Some(0) {
        return Ok(too_few);
    }
    let value = match (&indicator.unit, whole) {
        (Unit::Share, Some(whole)) => {
            Ratio::new(i128::from(part), i128::from(whole)).ok_or(EvalError::TooLarge)?
        }
        _ => Ratio::whole(part),
    };
    let holds = |band: &&Band| {
        band.from.is_none_or(|from| value.compare(from).is_some_and(|how| how != Ordering::Less))
    };
    // the last band holds whatever is below: proved when it was adopted
    let band = indicator.bands.iter().find(holds);
    Ok(band.map_or(too_few, |band| Measured { things, said: Said::Value { part, whole, band } }))
}
